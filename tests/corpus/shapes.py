"""Reshaping, joining and products of arrays of every rank."""

import numpy as np

from tests.corpus import program, sample


@program((sample(2, 3), sample(3, seed=1)))
def matrix_vector(a, x):
    return np.sum((a @ x) ** 2)


@program((sample(2, 3), sample(2, seed=1)))
def vector_matrix(a, x):
    return np.sum(np.sin(x @ a))


@program((sample(3), sample(3, seed=1)))
def vector_vector(x, y):
    return (x @ y) * np.dot(x, x)


@program((sample(2, 3), sample(3, 2, seed=1)))
def matrix_matrix(a, b):
    return np.sum((a @ b) ** 2) + np.sum(np.dot(b, a) * np.matmul(b, a))


@program((sample(2, 2, 3), sample(3, 2, seed=1)))
def batched_matmul(a, b):
    return np.sum((a @ b) ** 2)


@program((sample(2, 2), sample(3, 2, 2, seed=1)))
def matmul_broadcast_batch(a, b):
    return np.sum(np.matmul(a, b) ** 2)


@program((sample(2, 2, 3), sample(3, seed=1)))
def batched_matrix_vector(a, x):
    return np.sum((a @ x) ** 2)


@program((sample(3), sample(2, 3, 2, seed=1)))
def batched_vector_matrix(x, a):
    return np.sum((x @ a) ** 2)


@program((sample(2, 1, 2, 3), sample(2, 3, 1, seed=1)))
def matmul_four_dimensions(a, b):
    return np.sum((a @ b) ** 2)


@program((sample(2, 2, 3), sample(2, 3, 2, seed=1)))
def three_dimensional_dot(a, b):
    return np.sum(np.dot(a, b) ** 2)


@program((sample(2, 2, 3), sample(3, seed=1)))
def three_dimensional_dot_vector(a, x):
    return np.sum(np.dot(a, x) ** 2) + np.sum(a.dot(x))


@program((0.7, sample(3)))
def dot_with_a_scalar(s, x):
    return np.sum(np.dot(s, x) * x) + np.dot(x, s)[0]


@program((sample(2), sample(3, seed=1)))
def outer_product(x, y):
    m = np.outer(x, y)
    return np.sum(m * m) * m[0, 1]


@program((sample(2, 3),))
def transposes(a):
    return np.sum(a.T[0] * a[:, 0]) + np.sum(np.transpose(a)[1] ** 2) + np.sum(a.transpose(1, 0)[2] * a[0, 0])


@program((sample(2, 3, 2),))
def transpose_axes(a):
    b = np.transpose(a, (2, 0, 1))
    c = a.transpose((1, 2, 0))
    return np.sum(b[0] * b[1]) + np.sum(c[0] * c[1] * c[2]) + np.sum(a.T[0] ** 2)


@program((sample(2, 3),))
def reshaped(a):
    return np.sum(a.reshape(3, 2)[0] * a.reshape((6,))[2:4]) + np.sum(np.reshape(a, (-1, 1))[1] ** 2) * a[0, 0]


@program((sample(2, 3),))
def raveled(a):
    return np.sum(np.ravel(a)[1:] * a.ravel()[:-1]) + np.sum(a.T.ravel() * np.arange(6.0))


@program((sample(3),))
def expanded_and_squeezed(x):
    a = np.expand_dims(x, 0)
    b = np.expand_dims(x, axis=1)
    c = np.squeeze(a * b[:, :1])
    return np.sum(c * c) + np.sum(a.squeeze() * x) + np.sum(np.squeeze(b, axis=1) ** 3)


@program((sample(3), sample(2, seed=1)))
def joined_vectors(x, y):
    z = np.concatenate([x, y, x[:1]])
    return np.sum(z[1:] * z[:-1])


@program((sample(2, 2), sample(1, 2, seed=1)))
def joined_matrices(a, b):
    c = np.concatenate((a, b), axis=0)
    d = np.concatenate([c, c * c], axis=-1)
    return np.sum(d @ d.T)


@program((sample(3), sample(3, seed=1)))
def stacked(x, y):
    a = np.stack([x, y, x * y])
    b = np.stack((x, y), axis=1)
    return np.sum(a @ b) + np.sum(np.stack([x, y], axis=-1)[0] ** 2)


@program((sample(3), 0.6))
def broadcast_on_purpose(x, s):
    a = np.broadcast_to(x, (2, 3))
    b = np.broadcast_to(s, (3,))
    return np.sum(a * a[0] * b) + np.sum(np.broadcast_to(x[:, None], (3, 2)) ** 2)


@program((sample(3), 0.6))
def made_from_shapes(x, s):
    a = np.zeros_like(x) + np.ones(3) * s
    b = np.full(3, 2.0) * np.arange(3) + np.linspace(0.0, 1.0, 3) + np.ones_like(x)
    return np.sum(a * b * x) + np.zeros((2, 2)).sum()


@program((0.6,))
def filled_with_an_active_value(s):
    return np.sum(np.full(3, s) ** 2) + np.sum(np.full((2, 2), s * s))


@program((sample(3), 0.6))
def conversions(x, s):
    a = np.asarray(x) * np.array(x)
    b = np.copy(x).astype(np.float64) * x.copy()
    return np.sum(a * b) * float(s) + np.asarray(s) ** 2 + np.array([s, 2.0])[0]


@program((sample(2, 3), sample(2, seed=1)))
def quadratic_form(a, x):
    return x @ (a @ a.T) @ x


@program((sample(3, 3), sample(3, seed=1)))
def rayleigh_quotient(m, v):
    return (v @ m @ v) / (v @ v)


@program((sample(2, 3),))
def shape_arithmetic(a):
    rows, columns = a.shape
    return np.sum(a) / (rows * columns) + a.size * a[0, 0] ** 2 + len(a) * a[1, 1] / a.ndim


@program((sample(2, 6),))
def reshaped_blocks(a):
    blocks = a.reshape(2, 3, 2).transpose(1, 0, 2).reshape(3, -1)
    return np.sum(blocks[0] * blocks[1]) + np.sum(np.max(blocks, axis=0))
