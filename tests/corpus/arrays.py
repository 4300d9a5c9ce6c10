"""Elementwise arithmetic on arrays, and broadcasting in every direction."""

import numpy as np

from tests.corpus import program, sample


@program((sample(3), sample(3, seed=1)))
def dot_by_hand(x, y):
    return np.sum(x * y)


@program((sample(3), sample(3, seed=1)))
def sum_of_both(x, y):
    return np.sum(x + y)


@program((sample(3), 0.7))
def array_times_scalar(x, s):
    return np.sum(s * x + x / s - s)


@program((sample(3), 0.7))
def scalar_power_of_array(x, s):
    return np.sum(x**s + s**x)


@program((sample(2, 3), sample(3, seed=1)))
def row_broadcast(a, v):
    return np.sum(a * v + a / v - v**a)


@program((sample(2, 3), sample(2, 1, seed=1)))
def column_broadcast(a, v):
    return np.sum(a * v + v / a - a**v)


@program((sample(3), sample(4, seed=1)))
def outer_by_broadcast(x, y):
    return np.sum(np.sin(x[:, None] * y[None, :]) / y)


@program((sample(2, 1, 3), sample(4, 1, seed=1)))
def both_sides_broadcast(a, b):
    return np.sum((a - b) ** 2 * a / b)


@program((sample(1), sample(3, seed=1)))
def length_one(x, y):
    return np.sum(x * y) + np.sum(y / x)


@program((sample(1, 1), 0.6), (sample(3, 1), 0.6))
def maybe_length_one(x, s):
    y = np.ones((3, 2)) * x
    return np.sum(y * y * s)


@program((sample(2, 2, 3), sample(3, seed=1)))
def three_dimensions(a, v):
    return np.sum(np.exp(-a * v) * a)


@program((sample(3),))
def vector_result(x):
    return x * x + np.sin(x)


@program((sample(2, 3), sample(3, seed=1)))
def matrix_result(a, v):
    return a * v - v / a


@program((sample(3), sample(3, seed=1)))
def array_maximum(x, y):
    return np.sum(np.maximum(x, y) * x + np.minimum(x, y) ** 2)


@program((sample(2, 3), sample(3, seed=1)))
def broadcast_maximum(a, v):
    return np.sum(np.maximum(a, v) * np.minimum(v, 2.0 * a) + np.fmax(a, 0.7) - np.fmin(0.9, v))


@program((sample(4, low=-1.0, high=1.0),))
def unary_ufuncs(x):
    y = np.sin(x) + np.cos(x) * np.tan(x) + np.exp(x) - np.expm1(x) * np.tanh(x)
    return np.sum(y + np.sinh(x) / np.cosh(x) + np.arctan(x) + np.arcsinh(x) + np.abs(x) + np.exp2(x))


@program((sample(4),))
def positive_ufuncs(x):
    y = np.log(x) + np.log2(x) * np.log10(x) + np.log1p(x) + np.sqrt(x) + np.cbrt(x) + np.reciprocal(x)
    return np.sum(y * np.square(x) + np.negative(x) + np.positive(x) + np.fabs(x))


@program((sample(4, low=-0.8, high=0.8),))
def inverse_ufuncs(x):
    return np.sum(np.arcsin(x) * np.arccos(x) + np.arctanh(x) + np.arccosh(2.0 + x) + np.sign(x) * x)


@program((sample(3), sample(3, seed=1)))
def binary_ufuncs(x, y):
    y2 = np.add(x, y) * np.subtract(x, y) + np.multiply(x, y) / np.divide(x, y) + np.power(x, y)
    return np.sum(y2 + np.hypot(x, y) + np.arctan2(x, y) + np.logaddexp(x, y) + np.true_divide(x, y))


@program((sample(3, low=2.1, high=2.9), sample(3, seed=1, low=1.1, high=1.4)))
def remainders(x, y):
    return np.sum(np.mod(x, y) * x + np.floor_divide(x, y) * y + x % 0.8 + np.floor(x) * y)


@program((sample(2, 3), sample(3, seed=1), 0.3))
def augmented_arrays(a, v, s):
    b = a * 1.0
    b += v
    b *= a
    b -= s
    b /= v
    b **= 2
    return np.sum(b)


@program((sample(3), 0.7))
def augmented_scalar_by_array(x, s):
    s += x
    s *= x
    return np.sum(s)


@program((sample(3, low=-1.0, high=1.0), 0.4))
def mask_arithmetic(x, s):
    positive = x > 0
    return np.sum(positive * x * s) + np.sum((x < s) * s)


@program((sample(3), sample(3, seed=1)))
def normalised(x, y):
    e = np.exp(x - y)
    p = e / np.sum(e)
    return np.sum(p * y)


@program((sample(3), sample(3, seed=1)))
def log_sum_exp(x, y):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top) * y))


@program((sample(2, 3),))
def softmax_rows(a):
    e = np.exp(a - np.max(a, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.sum(np.log(p[:, 0]) * p[:, 1])


@program((sample(3),))
def same_array_everywhere(x):
    return np.sum(x * x / (x + x) - x**x)


@program((sample(4), sample(4, seed=1)))
def cosine_similarity(x, y):
    return np.sum(x * y) / np.sqrt(np.sum(x * x) * np.sum(y * y))


@program((sample(3), np.array([1, 2, 3])), (sample(3), np.array([2, 0, 1])))
def integer_array_argument(x, n):
    return np.sum(x * n + x**n)


@program((sample(3),))
def integer_constants(x):
    n = np.array([1, 2, 3])
    return np.sum((x - n) ** 2 * np.arange(3) + n)


@program((sample(0), 0.4))
def empty_array(x, s):
    return np.sum(x * s) + s


@program((np.array(0.7), sample(3)))
def zero_dimensional(s, x):
    return np.sum(s * x) * s


@program((sample(3), 0.7))
def where_with_scalars(x, s):
    return np.sum(np.where(x > 1.0, x * s, s)) + np.sum(np.where(x > 0.8, 1.0, x))


@program((sample(2, 3), sample(3, seed=1)))
def where_broadcast(a, v):
    return np.sum(np.where(v > 0.9, a, v) * a)


@program((sample(5, low=-1.0, high=2.0), 0.31))
def clipped(x, low):
    return np.sum(np.clip(x, 0.1, 1.2) * x) + np.sum(np.clip(x, low, None) ** 2) + np.sum(x.clip(low, 0.9))


@program((sample(3), sample(3, seed=1)))
def chained_temporaries(x, y):
    h = np.tanh(x)
    r = h - y
    return np.mean(r**2)


@program((sample(3), 0.4))
def alias_without_writes(x, s):
    y = x
    z = y
    y = y * s
    return np.sum(y * z * x)


@program((0.7, sample(3), sample(3, seed=1), sample(3, 3, seed=2)))
def joined_by_brackets(x, v, w, m):
    return np.r_[v, x, 1.0, w] @ np.r_[w, v, 2.0, x] + np.sum(np.c_[v, w] ** 2) + np.sum(np.c_[m, v] * np.c_[w, m])


@program((sample(3), sample(2)))
def numbers_beside_tangents(v, w):
    padded = np.pad(v, 1, constant_values=2) * np.pad(v, (0, 2))
    return (
        np.sum(padded) + np.sum(np.where(v > 0.8, 1, v) * np.linspace(w[0], 1, 3)) + np.sum(np.append(w, [1, 2]) ** 2)
    )


@program((sample(2, 3),))
def iterator_over_all_elements(a):
    return sum(a.flat) * a.flat[1]
