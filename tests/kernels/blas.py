"""Products of matrices and vectors, by hand and by NumPy, in place and not."""

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel((1.5, 1.2, sample(3, 4), sample(3, 5, seed=1), sample(5, 4, seed=2)), exercises="`c[:] = …` of a parameter")
def gemm(alpha, beta, c, a, b):
    c[:] = beta * c + alpha * (a @ b)
    return c


@kernel(
    (0.7, 0.4, sample(4, 4), *(sample(4, seed=k) for k in range(1, 9))),
    exercises="np.outer, parameters added to in place and read afterwards",
)
def gemver(alpha, beta, a, u1, v1, u2, v2, w, x, y, z):
    a += np.outer(u1, v1)
    a += np.outer(u2, v2)
    x += beta * (a.T @ y)
    x += z
    w += alpha * (a @ x)
    return np.sum(w * w)


@kernel((0.7, 0.4, sample(3, 3), sample(3, 3, seed=1), sample(3, seed=2)), exercises="an expression, no more")
def gesummv(alpha, beta, a, b, x):
    return alpha * (a @ x) + beta * (b @ x)


@kernel((sample(4), sample(4, seed=1), sample(4, seed=2), sample(4, seed=3), sample(4, 4)), exercises="`x += a @ y`")
def mvt(x1, x2, y1, y2, a):
    x1 += a @ y1
    x2 += a.T @ y2
    return np.sum(x1 * x2)


@kernel((sample(3, 4), sample(4, seed=1)), exercises="a product with a transpose")
def atax(a, x):
    return a.T @ (a @ x)


@kernel((sample(4, 3), sample(3, seed=1), sample(4, seed=2)), exercises="a tuple of results")
def bicg(a, p, r):
    q = a @ p
    s = r @ a
    return q, s


@kernel(
    (0.7, 0.4, sample(2, 3), sample(3, 4, seed=1), sample(4, 2, seed=2), sample(2, 2, seed=3)),
    exercises="a parameter scaled, then added to",
)
def two_products(alpha, beta, a, b, c, d):
    d *= beta
    d += alpha * (a @ b) @ c
    return d


@kernel(
    (sample(2, 3), sample(3, 2, seed=1), sample(2, 4, seed=2), sample(4, 2, seed=3)),
    exercises="three loops of multiply-and-add into zeros, in a function called three times",
)
def three_products(a, b, c, d):
    def product(x, y):
        z = np.zeros((x.shape[0], y.shape[1]))
        for i in range(x.shape[0]):
            for j in range(y.shape[1]):
                for k in range(x.shape[1]):
                    z[i, j] += x[i, k] * y[k, j]
        return z

    return product(product(a, b), product(c, d))


@kernel((sample(2, 3, 4), sample(4, 4, seed=1)), exercises="rank three, rows of a parameter replaced one by one")
def doitgen(a, c):
    for r in range(a.shape[0]):
        for q in range(a.shape[1]):
            row = np.zeros(a.shape[2])
            for p in range(a.shape[2]):
                row[p] = np.sum(a[r, q] * c[:, p])
            a[r, q] = row
    return a


@kernel((sample(2, 3, 4), sample(4, 4, seed=1)), exercises="a product of reshaped arrays back into the parameter")
def doitgen_by_matmul(a, c):
    flat = a.reshape(-1, a.shape[2]) @ c
    a[...] = flat.reshape(a.shape)
    return np.sum(a * a)


@kernel((0.7, 0.4, sample(3, 3), sample(3, 4, seed=1), sample(3, 4, seed=2)), exercises="half a matrix read twice")
def symm(alpha, beta, a, b, c):
    rows, columns = c.shape
    for i in range(rows):
        for j in range(columns):
            total = a[i, i] * b[i, j]
            for k in range(i):
                c[k, j] += alpha * b[i, j] * a[i, k]
                total += b[k, j] * a[i, k]
            c[i, j] = beta * c[i, j] + alpha * total
    return c


@kernel((0.7, 0.4, sample(4, 4), sample(4, 3, seed=1)), exercises="rows up to the diagonal, scaled and added to")
def syrk(alpha, beta, c, a):
    for i in range(len(a)):
        c[i, : i + 1] *= beta
        for column in a.T:
            c[i, : i + 1] += alpha * column[i] * column[: i + 1]
    return c


@kernel(
    (0.7, 0.4, sample(3, 3), sample(3, 2, seed=1), sample(3, 2, seed=2)), exercises="np.tril_indices, both triangles"
)
def syr2k(alpha, beta, c, a, b):
    lower = np.tril_indices(len(c))
    full = alpha * (a @ b.T + b @ a.T)
    c[lower] = beta * c[lower] + full[lower]
    return c


@kernel((0.7, sample(4, 4), sample(4, 3, seed=1)), exercises="a row made of rows that are not yet written")
def trmm(alpha, a, b):
    for i in range(len(b)):
        b[i] = b[i] + a[i + 1 :, i] @ b[i + 1 :]
    b *= alpha
    return b


@kernel(
    (np.array([0, 2, 3, 5]), np.array([0, 2, 1, 0, 2]), sample(5), sample(3, seed=1)),
    exercises="compressed sparse rows: slices between entries of an index array, gather by an index array",
)
def spmv(starts, columns, values, x):
    y = np.empty(len(starts) - 1, values.dtype)
    for i in range(len(y)):
        row = slice(starts[i], starts[i + 1])
        y[i] = values[row] @ x[columns[row]]
    return y


@kernel(
    (np.array([0, 2, 3, 5]), np.array([0, 2, 1, 0, 2]), sample(5), sample(3, seed=1)),
    exercises="the same by two loops with indirect indices, and its transpose by scatter",
)
def spmv_loops(starts, columns, values, x):
    y = np.zeros(len(starts) - 1)
    back = np.zeros(len(x))
    for i in range(len(starts) - 1):
        for k in range(starts[i], starts[i + 1]):
            y[i] += values[k] * x[columns[k]]
            back[columns[k]] += values[k] * x[i]
    return np.sum(y * back)


@kernel((sample(4, 4),), exercises="a loop over the diagonal, np.tanh of an element, an array added at the end")
def trace_of_tanh(a):
    total = 0.0
    for i in range(len(a)):
        total += np.tanh(a[i, i])
    return a + total
