"""Linear systems, factorisations, eigenvalues and roots."""

import math

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


def dominant(n, seed=0):
    """A matrix whose diagonal is large."""
    return sample(n, n, seed=seed, low=-0.5, high=0.5) + 3.0 * np.eye(n)


def positive(n, seed=0):
    """A symmetric positive definite matrix."""
    a = sample(n, n, seed=seed)
    return a @ a.T + n * np.eye(n)


@kernel((positive(4),), exercises="a parameter overwritten by its factor, column by column; np.sqrt and `/=` in place")
def cholesky(a):
    n = len(a)
    for j in range(n):
        a[j, j] = np.sqrt(a[j, j] - a[j, :j] @ a[j, :j])
        for i in range(j + 1, n):
            a[i, j] -= a[i, :j] @ a[j, :j]
            a[i, j] /= a[j, j]
    return np.tril(a)


@kernel((positive(3), sample(3, seed=1)), exercises="a factor of its own, then substitution up and down; math.sqrt")
def cholesky_solve(a, b):
    n = len(b)
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            low[i, j] = math.sqrt(s) if i == j else s / low[j, j]
    y = np.zeros(n)
    for i in range(n):
        y[i] = (b[i] - low[i, :i] @ y[:i]) / low[i, i]
    x = np.zeros(n)
    for i in reversed(range(n)):
        x[i] = (y[i] - low[i + 1 :, i] @ x[i + 1 :]) / low[i, i]
    return np.sum(x * x)


@kernel((dominant(4),), exercises="elimination in place: an outer product taken from a shrinking block")
def lu(a):
    for k in range(len(a) - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a


@kernel((dominant(4), sample(4, seed=1)), exercises="the same row by row, then two substitutions into fresh arrays")
def lu_solve(a, b):
    n = len(b)
    for i in range(1, n):
        for k in range(i):
            a[i, k] = a[i, k] / a[k, k]
            a[i, k + 1 :] -= a[i, k] * a[k, k + 1 :]
    y = np.empty_like(b)
    for i in range(n):
        y[i] = b[i] - a[i, :i] @ y[:i]
    x = np.empty_like(b)
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x, y


@kernel(
    (dominant(4)[[2, 0, 3, 1]], sample(4, seed=1)),
    exercises="partial pivoting: rows swapped by an index pair, np.argmax, an augmented matrix",
)
def gauss_with_pivoting(a, b):
    n = len(b)
    m = np.hstack([a, b[:, None]])
    for k in range(n):
        p = k + np.argmax(np.abs(m[k:, k]))
        if p != k:
            m[[k, p]] = m[[p, k]]
        for i in range(k + 1, n):
            m[i] -= m[i, k] / m[k, k] * m[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (m[i, n] - m[i, i + 1 : n] @ x[i + 1 :]) / m[i, i]
    return x


@kernel((sample(4, 3, low=-1.0, high=1.0, seed=4),), exercises="columns of a parameter made orthonormal; two results")
def gram_schmidt(a):
    n = a.shape[1]
    r = np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.sum(a[:, k] ** 2))
        a[:, k] /= r[k, k]
        for j in range(k + 1, n):
            r[k, j] = a[:, k] @ a[:, j]
            a[:, j] -= r[k, j] * a[:, k]
    return a, r


@kernel((sample(4, 3, low=-1.0, high=1.0, seed=4),), exercises="reflections applied to a shrinking block, np.copysign")
def householder_qr(a):
    r = a.copy()
    m, n = r.shape
    q = np.eye(m)
    for k in range(n):
        v = r[k:, k].copy()
        v[0] += np.copysign(np.linalg.norm(v), v[0])
        v /= np.linalg.norm(v)
        r[k:, k:] -= 2.0 * np.outer(v, v @ r[k:, k:])
        q[:, k:] -= 2.0 * np.outer(q[:, k:] @ v, v)
    return q, r


@kernel((sample(4),), exercises="Toeplitz recursion: a vector extended by its own reverse")
def durbin(r):
    y = np.zeros_like(r)
    error, reflection = 1.0, -r[0]
    y[0] = reflection
    for k in range(1, len(r)):
        error *= 1.0 - reflection**2
        reflection = -(r[k] + r[:k][::-1] @ y[:k]) / error
        y[:k] += reflection * y[:k][::-1]
        y[k] = reflection
    return y


@kernel((dominant(4), sample(4, seed=1), sample(4, seed=2)), exercises="forward substitution into a parameter")
def triangular_solve(low, x, b):
    for i, right in enumerate(b):
        x[i] = right
        for j in range(i):
            x[i] -= low[i, j] * x[j]
        x[i] /= low[i, i]
    return x


@kernel((dominant(4), sample(4, seed=1), 4), exercises="sweeps over a solution that is its own input")
def gauss_seidel(a, b, sweeps):
    x = np.zeros_like(b)
    for _ in range(sweeps):
        for i in range(len(b)):
            x[i] = (b[i] - a[i, :i] @ x[:i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@kernel((positive(4), sample(4, seed=1), np.zeros(4)), exercises="a loop left at convergence, vectors updated in place")
def conjugate_gradient(a, b, x):
    r = b - a @ x
    p = r.copy()
    rr = r @ r
    for _ in range(3):
        q = a @ p
        step = rr / (p @ q)
        x += step * p
        r -= step * q
        rr, before = r @ r, rr
        if math.sqrt(rr) < 1e-10:
            break
        p = r + rr / before * p
    return x


@kernel(
    (
        sample(4, seed=1, low=0.1, high=0.4),
        sample(5, low=2.0, high=3.0),
        sample(4, seed=2, low=0.1, high=0.4),
        sample(5, seed=3),
    ),
    exercises="the tridiagonal solver: bands and right side overwritten, the answer in the right side",
)
def thomas(lower, diagonal, upper, d):
    n = len(d)
    for i in range(1, n):
        factor = lower[i - 1] / diagonal[i - 1]
        diagonal[i] -= factor * upper[i - 1]
        d[i] -= factor * d[i - 1]
    d[-1] /= diagonal[-1]
    for i in range(n - 2, -1, -1):
        d[i] = (d[i] - upper[i] * d[i + 1]) / diagonal[i]
    return d


@kernel((positive(3), sample(3, seed=1), 5), exercises="normalisation on each trip, a Rayleigh quotient")
def power_iteration(a, v, steps):
    for _ in range(steps):
        v = a @ v
        v = v / np.linalg.norm(v)
    return v @ a @ v


@kernel((positive(3, seed=2), 3), exercises="rotations built by chained item assignment, np.arctan2, np.diag")
def jacobi_eigenvalues(a, sweeps):
    a = (a + a.T) / 2
    n = len(a)
    for _ in range(sweeps):
        for p in range(n - 1):
            for q in range(p + 1, n):
                theta = 0.5 * np.arctan2(2.0 * a[p, q], a[q, q] - a[p, p])
                c, s = np.cos(theta), np.sin(theta)
                rotation = np.eye(n)
                rotation[p, p] = rotation[q, q] = c
                rotation[p, q], rotation[q, p] = s, -s
                a = rotation.T @ a @ rotation
    return np.diag(a)


@kernel((np.array([0.9, 1.1]), 0.7), exercises="Newton's method, its Jacobian an array of expressions; solve; while")
def newton_system(x, k):
    step = 1.0
    while step > 1e-4:
        f = np.array([x[0] ** 2 + x[1] ** 2 - 3.0 * k, x[0] * x[1] - 0.5 * k])
        jacobian = np.array([[2 * x[0], 2 * x[1]], [x[1], x[0]]])
        dx = np.linalg.solve(jacobian, -f)
        x = x + dx
        step = np.max(np.abs(dx))
    return x


@kernel((2.0, 3.0), exercises="a lambda that captures parameters, a parallel assignment, an early end")
def secant_root(a, c):
    f = lambda t: t**3 - a * t - c  # noqa: E731
    x0, x1 = 1.0, 3.0
    for _ in range(5):
        if abs(x1 - x0) < 1e-9:
            break
        x0, x1 = x1, x1 - f(x1) * (x1 - x0) / (f(x1) - f(x0))
    return x1


@kernel((sample(3, 3, low=-0.4, high=0.4), 8), exercises="scaling, a Taylor series summed in place, repeated squaring")
def matrix_exponential(a, terms):
    squarings = 2
    a = a / 2**squarings
    result = np.eye(len(a))
    term = np.eye(len(a))
    for k in range(1, terms):
        term = term @ a / k
        result += term
    for _ in range(squarings):
        result = result @ result
    return result
