"""Selections, sorting, padding, repeating, joining: the same numbers elsewhere."""

import numpy as np

from tests.corpus import program, sample


@program((sample(6), np.array([0, 2, 2, 5])))
def taken(x, where):
    return np.take(x, where) @ x.take([1, 1, 0, 3])


@program((sample(3, 4),))
def sorted_rows(x):
    order = np.argsort(x, axis=1)
    return np.sum(np.take_along_axis(x, order, 1) * np.arange(4.0)) + np.sum(np.sort(x, axis=0)[1] ** 2)


@program((sample(7),))
def spacings(x):
    ordered = np.sort(x)
    return np.sum((ordered[1:] - ordered[:-1]) ** 3) - ordered[-1] * x[0]


@program((sample(4, 5),))
def padded_stencil(u):
    p = np.pad(u, 1, mode="edge")
    return np.sum((p[2:, 1:-1] + p[:-2, 1:-1] + p[1:-1, 2:] + p[1:-1, :-2] - 4.0 * u) ** 2)


@program((sample(5), 0.3))
def padded_with_a_value(x, edge):
    y = np.pad(x, (1, 2), constant_values=edge)
    return np.sum(y[1:] * y[:-1]) + np.sum(np.pad(x, 2, mode="reflect") ** 2)


@program((sample(3), sample(3, seed=1)))
def on_a_grid(x, y):
    xx, yy = np.meshgrid(x, y, indexing="ij")
    return np.sum(np.sin(xx) * yy**2)


@program((sample(2, 2), sample(2), 0.4))
def saddle_point_matrix(a, b, c):
    m = np.block([[a, b[:, None]], [b[None, :], c * np.ones((1, 1))]])
    return np.linalg.det(m)


@program((sample(4),))
def inserted_and_deleted(x):
    y = np.insert(x, 1, x[0] * x[1])
    z = np.delete(y, 3)
    return np.sum(np.append(z, x) ** 2 * np.arange(8.0))


@program((sample(3, 4), 0.9))
def chosen_piece_by_piece(x, k):
    y = np.select([x < 0.7, x < 1.1], [x**2, k * x], default=k)
    return np.sum(np.choose(np.array([0, 1, 1, 0]), [y, 2.0 * k]))


@program((sample(4, 3),))
def views_of_views(x):
    parts = np.split(np.rot90(x), 2, axis=1)
    return np.sum(parts[0] * parts[1]) + np.sum(np.roll(x, 1, axis=0) * x)


@program((sample(3), sample(1)))
def broadcast_together(x, y):
    a, b = np.broadcast_arrays(x, y)
    return np.sum(a * b) + np.mean([x[0], y[0] ** 2]) + np.dot([x[0], x[1]], [y[0], 2.0])


@program((sample(2, 3),))
def compressed(x):
    kept = x[x > 0.8]
    return np.sum(kept**2) + np.sum(np.extract(x < 0.8, x)) + np.sum(np.compress([True, False, True], x, axis=1) ** 3)


@program((sample(6, low=0.0, high=12.0),))
def unwrapped_phase(x):
    return np.sum(np.unwrap(x) * x)


@program((sample(5),))
def sorted_in_place(x):
    a = x * x
    a.sort()
    return np.sum(a * x)
