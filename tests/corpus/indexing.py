"""Reading parts of arrays: basic, fancy, with repeats, with masks."""

import numpy as np

from tests.corpus import program, sample


@program((sample(4),))
def one_element_twice(x):
    return x[0] * x[0]


@program((sample(4),))
def negative_indices(x):
    return x[-1] * x[1] + x[-2] ** 2


@program((sample(4), 0), (sample(4), 3), (sample(4), -1))
def variable_index(x, i):
    return x[i] * x[0] + x[i] ** 2


@program((sample(2, 3),))
def matrix_elements(a):
    return a[0, 1] * a[1, 2] + a[1, -1] ** 2 * a[0][1]


@program((sample(5),))
def slices(x):
    return np.sum(x[1:] * x[:-1]) + np.sum(x[::2]) ** 2 + np.sum(x[1:4] ** 3) * x[-2:][0]


@program((sample(5),))
def reversed_slice(x):
    return np.sum(x[::-1] * x * x[0]) + np.sum(x[3:0:-2] ** 2)


@program((sample(3, 4),))
def rows_and_columns(a):
    return np.sum(a[0] * a[1:, :].sum(axis=0)) + np.sum(a[:, 0] * a[:, -1]) + np.sum(a[1:, 1:3] ** 2)


@program((sample(2, 3, 2),))
def ellipsis_and_newaxis(a):
    return np.sum(a[..., 0] * a[:, :, 1]) + np.sum(a[0][:, None] * a[1][None]) + np.sum(a[..., np.newaxis] ** 2)


@program((sample(4),))
def fancy(x):
    return np.sum(x[np.array([2, 0])] * x[[1, 3]])


@program((sample(4),))
def fancy_with_repeats(x):
    return np.sum(x[[0, 0, 2, 0]] * np.array([1.0, 2.0, 3.0, 4.0])) + np.sum(x[np.array([1, 1])] ** 2)


@program((sample(4), np.array([3, 1, 1])), (sample(4), np.array([], dtype=int)))
def fancy_by_argument(x, index):
    picked = x[index]
    return np.sum(picked * picked)


@program((sample(3, 4),))
def fancy_rows(a):
    return np.sum(a[[0, 2, 0]] ** 2) + np.sum(a[:, [1, 1]] ** 3)


@program((sample(3, 4),))
def fancy_pairs(a):
    return np.sum(a[[0, 1, 1], [2, 3, 3]] ** 2) + np.sum(a[np.arange(3), np.array([0, 0, 1])])


@program((sample(3, 4),))
def fancy_with_a_slice(a):
    return np.sum(a[1, [0, 0, 3]] ** 2) + np.sum(a[[0, 2], 1:3] ** 2) + np.sum(a[1:, [0, 2]] * a[0, 0])


@program((sample(3, 4),))
def fancy_matrix_index(a):
    index = np.array([[0, 1], [2, 0]])
    return np.sum(a[index] ** 2)


@program((sample(5, low=-1.0, high=1.0),))
def mask(x):
    return np.sum(x[x > 0] ** 2) + np.sum(x[x < 0.5] ** 3)


@program((sample(2, 3), np.array([[True, False, True], [False, False, True]])))
def mask_by_argument(a, keep):
    return np.sum(a[keep] ** 2) + np.sum(a[~keep])


@program((sample(3, 2), np.array([True, False, True])))
def mask_of_rows(a, keep):
    return np.sum(a[keep] ** 2 * a[0])


@program((sample(5),))
def slice_of_a_slice(x):
    y = x[1:]
    z = y[:3]
    return np.sum(z * z) * y[0] * x[1]


@program((sample(3, 3),))
def view_read_after_the_base(a):
    row = a[1]
    column = a[:, 1]
    return np.sum(row * column) * a[1, 1]


@program((sample(5), 1, 4), (sample(5), 2, 2), (sample(5), None, -1))
def variable_slice(x, start, stop):
    return np.sum(x[start:stop] ** 2) + x[0]


@program((sample(3, 3),))
def unpacked_array(a):
    x, y, z = a
    p, q, r = y
    return np.sum(x * z) * p + q * r


@program((sample(2, 2),))
def unpacked_nested(m):
    (a, b), (c, d) = m
    return a * d - b * c


@program((sample(4),))
def unpacked_vector(x):
    a, b, *rest = x
    return a * b


@program((sample(5),))
def index_computed_from_values(x):
    i = int(np.argmax(x))
    j = np.argmin(x)
    return x[i] ** 2 * x[j]


@program((sample(4),))
def permutation_by_sorting(x):
    order = np.argsort(x)
    y = x[order]
    return np.sum(y * np.array([1.0, 2.0, 3.0, 4.0]))


@program((sample(4), 2))
def index_arithmetic(x, n):
    total = 0.0
    for i in range(n):
        total += x[2 * i] * x[i + 1] * x[len(x) - 1 - i]
    return total


@program((sample(4),))
def indexing_a_result(x):
    return np.sin(x)[1] * (x * x)[2:].sum() + np.exp(x * x[0])[-1]


@program((sample(3, 4),))
def trace_by_index(a):
    i = np.arange(3)
    return np.sum(a[i, i] ** 2)


@program((sample(5),))
def ints_from_numpy(x):
    for i in np.arange(3):
        x = x * x[i]
    return x[np.int64(2)]
