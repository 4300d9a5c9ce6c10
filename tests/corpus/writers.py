"""Calls that write into arrays, and calls that copy them or may."""

import copy

import numpy as np

from tests.corpus import program, sample


@program((sample(3),))
def results_written_into_an_array(x):
    a = np.zeros(3)
    np.sin(x, out=a)
    np.multiply(a, x, a)
    b = np.add(a, 1.0, out=a)
    return np.sum(b * a)


@program((sample(4), sample(4, seed=1)))
def the_result_is_the_array_itself(x, y):
    a = x * 1.0
    b = np.multiply(a, y, out=a)
    b[1] = x[0]
    b *= b
    return np.sum(b)


@program((np.array([0.3, -0.7, 1.1, 0.1]), np.array([2, 0, 1, 0])))
def divided_where_it_can_be(x, n):
    a = np.ones(4)
    np.divide(x, n, out=a, where=n != 0)
    np.log(x, out=a, where=x > 1.0)
    np.sqrt(x, where=x > 0.2, out=a)
    return np.sum(a * x)


@program((np.array([0.3, -0.7, 2.1]), 0.7))
def power_where_it_can_be(x, p):
    a = x * 0.5
    np.power(x, p, out=a, where=x > 0.0)
    np.arccosh(x, out=a, where=x > 1.5)
    return np.sum(a * a)


@program((sample(2, 3),))
def broadcast_into_the_output(x):
    a = np.zeros((2, 3))
    np.multiply(x[0], x[1, 0], out=a)
    np.add(a, x, out=a, where=np.array([True, False, True]))
    return np.sum(a * a)


@program((sample(3),))
def reductions_written_into_arrays(x):
    a = np.zeros(())
    np.sum(x * x, out=a)
    b = np.zeros(3)
    np.cumsum(x, out=b)
    m = np.zeros(1)
    np.mean(x * b, axis=0, keepdims=True, out=m)
    np.clip(b, 0.5, 1.5, out=b)
    (x * x).sum(0, None, a)
    return a * np.sum(b) * m[0]


@program((sample(3),))
def products_written_into_arrays(x):
    a = x * 2.0
    q, r = np.zeros(3), np.zeros(3)
    np.dot(np.outer(x, x), a, out=q)
    np.matmul(np.outer(a, x), a, r)
    np.outer(q, r).dot(a, q)
    return q @ r


@program((sample(4, high=0.9), 3), (sample(4), 0))
def buffer_reused_in_a_loop(x, n):
    a, t = x.copy(), np.zeros(4)
    for _ in range(n):
        np.multiply(a, a, out=t)
        np.subtract(a, 0.1, out=a)
        np.multiply(t, a, out=a)
    return np.sum(a)


@program((np.array([0.3, 0.7, 0.4]),))
def a_test_that_writes(x):
    a = x.copy()
    trips = 0
    while np.multiply(a, 1.5, out=a)[0] < 3.0:
        trips += 1
    return np.sum(a * a) * trips


@program((sample(3), sample(3, seed=1)))
def copied_into(x, y):
    a = np.zeros(3)
    np.copyto(a, x)
    np.copyto(a, x * y, where=x > y)
    np.copyto(a, y[0], where=np.array([False, True, False]))
    return np.sum(a * a)


@program((sample(3),))
def filled_in_place(x):
    a = np.zeros(3)
    a.fill(x[0])
    a[1:] *= x[1:]
    b = a * a
    a.fill(2.0)
    return np.sum(a * b)


@program((sample(3), np.array([0, 2, 0, 0])))
def added_at_repeated_indices(x, where):
    a = np.zeros(3)
    np.add.at(a, where, x[[0, 1, 2, 1]] ** 2)
    np.subtract.at(a, [1, 1], x[0])
    np.add.at(a, 0, x[1])
    np.add.at(a, where, -x[0])
    return np.sum(a * a)


@program((sample(3, 2), np.array([0, 1, 0, 2])))
def added_at_rows(x, segments):
    total = np.zeros((3, 2))
    np.add.at(total, segments, x[[0, 1, 2, 1]] * 2.0)
    np.add.at(total, (segments, 0), 0.5)
    np.add.at(total, (np.array([1, 1]), np.array([0, 0])), x[0])
    return np.sum(total * total * total)


@program((sample(3), 3))
def added_at_in_a_loop(x, n):
    a = x.copy()
    for _ in range(n):
        np.add.at(a, np.array([0, 0, 1]), 0.3 * a * a)
    return np.sum(a)


@program((sample(3),))
def put_in_places(x):
    a = np.zeros((2, 3))
    np.put(a, [0, 4, 5], x)
    a.put(1, x[1] * x[2])
    np.put_along_axis(a, np.array([[1], [2]]), x[:2].reshape(2, 1) * 2.0, 1)
    np.fill_diagonal(a, x[0] ** 2)
    b = x * 2.0
    b.put([2, 2], x[:2])
    return np.sum(a * a) + np.sum(np.sin(a)) * np.sum(b * b)


@program((sample(3, 3), sample(3)))
def diagonal_of_an_array(a, d):
    b = a * a
    np.fill_diagonal(b, d)
    return np.sum(b @ b)


@program((sample(4, low=-1.0, high=1.0),))
def placed_under_a_mask(x):
    a = x.copy()
    np.place(a, a > 0.5, x[0] * 2.0)
    np.putmask(a, x < 0.0, x[1] ** 2)
    np.nan_to_num(a, copy=False)
    return np.sum(a * a)


@program((sample(4),))
def constant_arrays_written_by_functions(x):
    a = np.array([4.0, 3.0, 2.0, 1.0])
    y = np.sum(x * a)
    np.copyto(a, np.zeros(4))
    a.fill(3.0)
    b = np.ones((4, 4))
    y = y * np.sum(x @ b)
    np.fill_diagonal(b, 9.0)
    return y + np.sum(b * x)


@program((sample(3),))
def integers_in_place(x):
    n = np.arange(3)
    n[1:] *= 2
    n[0] += 1
    n <<= 1
    np.add(n, 1, out=n)
    mask = np.ones(3, bool)
    mask &= x > 0.5
    np.logical_not(mask, out=mask)
    return np.sum(n * x) + np.sum(x[mask] ** 2)


@program((sample(3),))
def copies_that_are_copies(x):
    z = np.array(x, copy=True)
    z[0] = x[1]
    w = np.array(x, dtype=float, copy=True)
    w *= z
    u = x.astype(np.float64, copy=True)
    u[1] = w[0]
    v = copy.copy(x)
    v *= 2.0
    return np.sum(z * w * u * v)


@program((sample(3),))
def what_may_be_a_copy(x):
    y = np.asarray(x, copy=None)
    z = x.astype(float, copy=False)
    w = np.require(x, float, ["C"])
    return np.sum(y * z * w)


@program((sample(3), 0.6))
def deep_copies(x, k):
    d = {"a": x * x, "b": [x, k]}
    e = copy.deepcopy(d)
    f = copy.copy(d)
    g = copy.deepcopy(k)
    h = copy.deepcopy(x)
    h *= x
    return np.sum(e["a"] * d["b"][0]) * e["b"][1] + np.sum(f["a"] * h) * g


@program((sample(3),))
def assignments_of_elements_crossed(x):
    a = x * 1.0
    a[0], a[2] = a[2], a[0] * a[1]
    i, j = 0, 1
    a[i], a[j] = a[j], a[i]
    return a[0] + 2.0 * a[1] + 3.0 * a[2] * a[0]


@program((sample(3, 2),))
def rows_crossed_as_copies(m):
    a = m * 1.0
    a[0], a[2] = a[2].copy(), a[0].copy()
    a[1], a[0] = a[0] * 2.0, a[1] * a[2]
    return np.sum(np.sin(a) * m)


@program((sample(2, 3), sample(3)))
def written_through_views_of_views(m, x):
    c = m.copy()
    for i in range(2):
        for j in range(3):
            c[i][j] += c[i][0] * 2.0
        np.multiply(m[i], x, out=c[i])
    c.T[0] = c.T[1] * 2.0
    c.reshape(-1)[4] = c[0, 0] ** 2
    np.sin(c[:, 1:], out=c[:, 1:])
    np.add(c[:-1], 1.0, out=c[1:])
    c[0].fill(x[1] ** 2)
    np.add.at(c[1], [0, 0, 2], x)
    return np.sum(c**3)


@program((sample(2, 3),))
def rows_crossed_without_copies(m):
    a = m.copy()
    a[0], a[1] = a[1], a[0]
    return np.sum(a * m**2)


@program((sample(2, 3),))
def elements_counted_through(m):
    a = m.copy()
    a.flat[3] = a.flat[1] ** 2
    a.real[0] = a[1] * m[0]
    total = 0.0
    for v in a.flat:
        total = total * 0.5 + v * v
    return total * sum(m.flat)


@program((sample(4),))
def sorted_in_place(x):
    a = x * 1.0
    a.sort()
    b = a * x
    b.partition(1)
    return a[0] * a[1] ** 2 * b[1]
