"""`sum mean prod max min var std`, as functions and as methods, along every axis."""

import numpy as np

from tests.corpus import program, sample


@program((sample(3),))
def sum_all(x):
    return np.sum(x) * x.sum()


@program((sample(2, 3),))
def sum_rows(a):
    return np.sum(a, axis=0) * a[1]


@program((sample(2, 3),))
def sum_columns(a):
    return np.sum(a * a, axis=1)


@program((sample(2, 3),))
def sum_negative_axis(a):
    return np.sum(np.sum(a**2, axis=-1) ** 2)


@program((sample(2, 3),))
def sum_keepdims(a):
    return np.sum(a / np.sum(a, axis=1, keepdims=True) * a)


@program((sample(2, 3, 2),))
def sum_two_axes(a):
    return np.sum(np.sum(a * a, axis=(0, 2)) ** 2) + np.sum(a.sum(axis=(0, -1), keepdims=True) * a)


@program((sample(2, 3),))
def sum_method(a):
    return (a.sum(axis=0) * a.sum(0)).sum() + a.sum(axis=1, keepdims=True).sum()


@program((sample(2, 3),))
def mean_everywhere(a):
    return np.mean(a) * np.mean(a * a, axis=0).sum() + a.mean(axis=1).mean() ** 2


@program((sample(2, 3),))
def centred(a):
    b = a - a.mean(axis=0, keepdims=True)
    return np.sum(b * b * a)


@program((sample(4),))
def product(x):
    return np.prod(x) + x.prod() ** 2


@program((np.array([0.5, 0.0, 1.5]),))
def product_with_a_zero(x):
    return np.prod(x)


@program((sample(2, 3),))
def product_along_axes(a):
    return np.sum(np.prod(a, axis=0) ** 2) + np.sum(np.prod(a, axis=1, keepdims=True) * a)


@program((sample(5),))
def maximum_of_all(x):
    return np.max(x) * np.min(x) + x.max() ** 2 - x.min()


@program((sample(2, 3),))
def maximum_along_axes(a):
    return np.sum(np.max(a, axis=0) * a[0]) + np.sum(a.min(axis=1, keepdims=True) * a)


@program((sample(5),))
def variance(x):
    return np.var(x) * np.std(x) + x.var() + x.std() ** 3


@program((sample(3, 2),))
def variance_along_axes(a):
    return np.sum(np.var(a, axis=0) * a[0]) + np.sum(a.std(axis=1, keepdims=True) / a)


@program((sample(4, 2),))
def standardised(a):
    z = (a - np.mean(a, axis=0)) / np.std(a, axis=0)
    return np.sum(z[0] * z[1] * a[2])


@program((sample(3),))
def sample_variance(x):
    return np.var(x, ddof=1) * x.std(ddof=1)


@program((0.7,))
def reductions_of_a_scalar(x):
    return np.sum(x) * np.mean(x * x) + np.max(x)


@program((sample(2, 3), 0), (sample(2, 3), 1), (sample(2, 3), None))
def axis_as_an_argument(a, axis):
    return np.sum(np.sum(a * a, axis=axis) ** 2)


@program((sample(3),))
def nested_reductions(x):
    return np.sum(x * np.sum(x * np.sum(x)))


@program((sample(3), 0.6, -0.2))
def builtin_sum_max_min(x, y, z):
    return sum([y, z, y * z]) * max(y, z) + min(x[0], x[1], y) + sum(x) ** 2


@program((sample(2, 2, 2),))
def reduce_three_dimensions(a):
    return np.sum(np.mean(a * a, axis=1) * np.max(a, axis=0))
