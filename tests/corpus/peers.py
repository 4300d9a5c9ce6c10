"""Programs for which an ancestor of this compiler gives a wrong gradient without a word."""

import numpy as np

from tests.corpus import program, sample


def affine(a, b=1.0, *, c=0.0):
    return a * b + c


@program((sample(4),))
def augmented_element(x):
    a = np.zeros(4)
    for i in range(4):
        a[i] += x[i] * x[0]
        a[i] += x[i]
    return np.sum(a * a)


@program((0.7, 1.3))
def active_keyword_argument(x, y):
    return affine(x, b=y) + affine(a=2.0, c=x * y)


@program((sample(4),))
def broadcast_division(x):
    e = np.exp(x)
    p = e / np.sum(e)
    return np.sum(p * p)


@program((sample(2, 3), sample(3, seed=1), 1.2))
def broadcast_power_and_maximum(a, v, s):
    return np.sum(a**v) + np.sum(v**s) + np.sum(np.maximum(a, v)) + np.sum(np.maximum(s, v)) + np.sum(s / a)


@program((sample(4),))
def element_read_twice(x):
    return x[0] * x[0]


@program((sample(4),))
def element_read_twice_in_a_while_loop(x):
    total = 0.0
    i = 0
    while i < 4:
        total += x[i] * x[i]
        i += 1
    return total


@program(({"a": 0.7, "b": 1.3},))
def key_read_twice(p):
    return p["a"] * p["a"] + p["b"]


@program((sample(4),))
def repeated_fancy_index(x):
    return np.sum(x[np.array([0, 0, 1])] * np.array([1.0, 2.0, 3.0]))


@program((sample(4),))
def write_through_an_alias(x):
    a = x * 1.0
    b = a
    b[0] = x[1] * x[1]
    return np.sum(a * a)


@program((0.7, 5), (0.7, 1))
def loop_left_by_break(x, n):
    y = x
    for i in range(n):
        y = y * x
        if i == 2:
            break
    return y


@program((sample(3), sample(2, seed=1)))
def concatenated(x, y):
    return np.sum(np.concatenate([x, y, x]) ** 2)


@program((0.7,), (-1.3,))
def two_to_the(x):
    return 2**x


@program((sample(2, 2, 3), sample(2, 3, 2, seed=1)))
def dot_of_three_dimensions(a, b):
    return np.sum(np.dot(a, b) ** 2)


@program((0.7,))
def closure_value(x):
    scale = x * 2.0

    def inner(t):
        return t * scale

    return inner(x) * inner(3.0)


def left(x):
    def callee(t):
        return t * t

    return callee(x)


def right(x):
    def callee(t):
        return t * t * t

    return callee(x)


@program((0.7, 1.3))
def two_callees_of_one_name(x, y):
    return left(x) * right(y)


@program((0.7, 1.3))
def argument_named_like_an_operator(d, x):
    y = d * x
    return y * y / d


@program((0.7,))
def twenty_eight_statements(x):
    a = x * 1.01 + 0.01
    a = a * 1.02 + 0.02
    a = a * 1.03 - 0.03
    a = a * a
    a = a * 1.01 + 0.01
    a = a * 1.02 + 0.02
    a = a * 1.03 - 0.03
    a = a * x
    a = a * 1.01 + 0.01
    a = a * 1.02 + 0.02
    a = a * 1.03 - 0.03
    a = a * x
    a = a * 1.01 + 0.01
    a = a * 1.02 + 0.02
    a = a * 1.03 - 0.03
    a = a * x
    a = a * 1.01 + 0.01
    a = a * 1.02 + 0.02
    a = a * 1.03 - 0.03
    a = a * x
    a = a * 1.01 + 0.01
    a = a * 1.02 + 0.02
    a = a * 1.03 - 0.03
    a = a * x
    a = a * 1.01 + 0.01
    a = a * 1.02 + 0.02
    a = a * 1.03 - 0.03
    a = a * x
    return a
