"""Factorisations, systems of equations, norms, products of several matrices."""

import numpy as np

from tests.corpus import program, sample


def definite(n, seed=0):
    a = sample(n, n, seed=seed)
    return a @ a.T + np.eye(n)


@program((sample(3, 3), sample(3, seed=1)), tol=1e-5)
def gaussian_log_density(a, x):
    s = a @ a.T + 0.5 * np.eye(3)
    chol = np.linalg.cholesky(s)
    z = np.linalg.solve(chol, x)
    return -0.5 * z @ z - np.sum(np.log(np.diag(chol)))


@program((sample(3, 3),), tol=1e-5)
def spectrum(a):
    w, v = np.linalg.eigh(a + a.T)
    return np.sum(np.exp(w)) + np.sum(np.abs(v[:, 0]) ** 3)


@program((sample(3, 3),), tol=1e-5)
def eigenvalues_only(a):
    found = np.linalg.eigh(a + a.T)
    return found.eigenvalues[-1] - np.linalg.eigvalsh(a + a.T)[0] ** 2


@program((sample(4, 3),), (sample(2, 3, seed=1),), tol=1e-5)
def low_rank(a):
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    best = s[0] * np.outer(u[:, 0], vt[0])
    return np.sum((a - best) ** 2) + np.sum(np.linalg.svd(a, compute_uv=False)) + best[1, 2]


@program((sample(4, 2), sample(4, seed=1)), tol=1e-5)
def least_squares(a, b):
    q, r = np.linalg.qr(a)
    x = np.linalg.solve(r, q.T @ b)
    y, rest, rank, s = np.linalg.lstsq(a, b)
    z = np.linalg.pinv(a) @ b
    return np.sum(x * y) + z[0] + rest[0]


@program((sample(3, 3), 3), (sample(3, 3), -1), tol=1e-5)
def markov_chain(a, n):
    p = a / np.sum(a, axis=1, keepdims=True)
    return np.linalg.matrix_power(p, n)[0, 2] + np.linalg.multi_dot([p[0], p, p[:, 1]])


@program((sample(3, 4) - 1.0,), tol=1e-5)
def norms(a):
    total = np.linalg.norm(a) + np.linalg.norm(a, 1) + np.linalg.norm(a, np.inf) + np.linalg.norm(a, "nuc")
    for p in range(3):
        total = total + np.linalg.norm(a[p], 1) + np.linalg.norm(a[p], np.inf) + np.linalg.norm(a[p], 3)
    return total + np.sum(np.linalg.norm(a, axis=1)) + np.linalg.norm(a, 2)


@program((sample(3, 2), sample(2, 4, seed=1), sample(3, seed=2)))
def index_notation(a, b, c):
    y = np.einsum("ij,jk,i->k", a, b, c)
    return np.sum(y**2) + np.einsum("ii", a.T @ a) + np.sum(np.einsum("ij->ji", a) * a.T)


@program((sample(2, 3, 4), sample(2, 4, 3, seed=1)))
def batched(a, b):
    return np.sum(np.einsum("...ij,...jk->...ik", a, b) ** 2) + np.sum(np.einsum("bij,bji->b", a, b) ** 3)


@program((sample(2, 2), sample(2, 3, seed=1), sample(3, seed=2)))
def kronecker_and_cross(a, b, c):
    return np.sum(np.kron(a, b) ** 2) + np.sum(np.cross(b, c) * b[::-1])


@program((sample(3, seed=1), sample(3, seed=2), sample(3, seed=3)))
def triple_product(a, b, c):
    return np.dot(a, np.cross(b, c)) + np.vecdot(a, b)


@program((sample(3, 3), sample(3, seed=1)), tol=1e-5)
def implicit_function(a, b):
    s = a @ a.T + np.eye(3)
    x = np.linalg.solve(s, b)
    sign, logdet = np.linalg.slogdet(s)
    return x @ s @ x + logdet + np.linalg.det(s)


@program((np.stack([definite(3), definite(3, 1)]),), tol=1e-5)
def stacks(a):
    chol = np.linalg.cholesky(a)
    return np.sum(np.linalg.inv(chol) ** 2) + np.sum(np.linalg.eigvalsh(a)[:, 0])
