"""Statements beyond assignments, branches and loops."""

import functools
from typing import NamedTuple

import numpy as np

from tests.corpus import program, sample


@program((sample(5),), ([1.5, 0.4, 2.0],))
def least_so_far(x):
    best = None
    for v in x:
        if best is None or v < best:
            best = v * v
    return best


@program((sample(5),))
def largest_and_where(x):
    best = where = None
    for i in range(len(x)):
        if best is None or x[i] > best:
            best, where = x[i] * 2.0, i
    return best * x[where]


@program((sample(4),))
def previous_value(x):
    previous, total = None, 0.0
    for v in x:
        if previous is not None:
            total += v * previous
        previous = v * v
    return total


@program((sample(3), 0), (sample(3), 3))
def hidden_state_made_when_needed(x, n):
    h = None
    for i in range(n):
        h = x * (i + 1) if h is None else np.tanh(h * x)
    if h is None:
        return np.sum(x)
    return np.sum(h)


@program((sample(3), None), (sample(3), sample(3, seed=1)))
def weights_by_default(x, w):
    if w is None:
        w = np.ones(3)
    return np.sum(w * x * x)


class Pair(NamedTuple):
    """Two numbers."""

    a: float
    b: float


@program(
    (sample(3), "square"), (sample(3), "third"), (sample(3), None), (sample(3), 3), (sample(3), 1.0),
    (sample(3), (1.0, 2.0)), (sample(3), [1.0, 2.0, 3.0, 4.0]), (sample(3), {"w": 2.0, "u": 1}), (sample(3), [2.0]),
)  # fmt: skip
def matched_modes(x, mode):
    match mode:
        case "square":
            return np.sum(x * x)
        case "cube" | "third":
            return np.sum(x**3)
        case None:
            return x[0]
        case int() | float() as k if k > 2:
            return np.sum(x) * k
        case (a, b, *rest):
            return a * x[0] + b * x[1] ** 2 + len(rest) * x[2]
        case {"w": w}:
            return w * x[2]
        case [a]:
            return np.sum(np.sin(x)) * a
        case _:
            return x[0] * x[1]


@program((0.4, 1.2, 2, 1), (0.4, 1.2, 1, 2), (0.4, 1.2, 0, 0), (1.4, 1.2, 0, 0))
def matched_values(u, v, m, n):
    match (m, n, (u, v)):
        case (2, 1, (x, _)) | (1, 2, (_, x)):
            z = x * x
        case (_, _, (x, y)) if x > y:
            z = x * y
        case (_, 0, (x, y)):
            z = x - y * y
    return z


@program((Pair(1.0, 2.0),), (Pair(2.0, 1.0),))
def matched_fields(p):
    match p:
        case Pair(a=u, b=v) if u > v:
            return u * v
        case Pair(u, v):
            return u - v * v


@program((sample(3),))
def names_deleted(x):
    y = x * x
    z = np.sum(y)
    del y
    a, b = z, z * 2.0
    del a, b
    return z * z


@program((sample(3),))
def imported_inside(x):
    import math

    import numpy as xp
    import numpy.linalg as la
    from numpy import cos
    from numpy import sin as s

    def scaled(v):
        return xp.sum(v) * math.pi

    total = 0.0
    for v in x:
        from math import exp

        total += exp(v) * math.sqrt(v)
    return la.norm(s(x)) * cos(x[1]) * scaled(x) + total


@program((sample(3),))
def decorated_inside(x):
    @functools.lru_cache(maxsize=None)
    def square(n):
        return x[n] ** 2

    @functools.wraps(square)
    def double(n):
        return square(n) * 2.0

    def twice(f):
        return lambda t: f(f(t))

    @twice
    def scaled(v):
        return v * v * x[0]

    return square(0) + double(1) + scaled(x[2])
