"""Derivatives of elementwise functions and of Python's own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import zeros_like
from s2sgrad.runtime.shapes import broadcast, unbroadcast


def divide(x: Any, z: Any) -> Any:
    """`x / z`, where a zero `z` gives inf or nan as it does for arrays.

    >>> divide(1.0, 4.0)
    0.25
    """
    try:
        return x / z
    except ZeroDivisionError:
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.divide(x, z))


def divide_or_zero(x: Any, z: Any) -> Any:
    """`x / z`, and 0 where `z` is 0.

    >>> divide_or_zero(np.array([1.0, 2.0]), np.array([0.0, 4.0]))
    array([0. , 0.5])
    """
    if not isinstance(z, ndarray):
        return x / z if z != 0 else 0.0 * z
    return np.where(z == 0, 0.0, x / np.where(z == 0, 1.0, z))


def log_or_zero(x: Any) -> Any:
    """`log(x)`, and 0 where `x` is 0; nan where it is negative.

    >>> log_or_zero(0.0), log_or_zero(np.array([0.0, 1.0]))
    (0.0, array([0., 0.]))
    """
    if type(x) is float or type(x) is int:
        return math.log(x) if x > 0 else 0.0 if x == 0 else math.nan
    with np.errstate(invalid="ignore"):
        return np.log(np.where(x == 0, 1.0, x))


def log_in_field(x: Any, y: Any) -> Any:
    """`log_or_zero(x)`, which of a negative `x` is nan where `y` is real, and complex where `y` is.

    >>> log_in_field(2.0, 1.0), log_in_field(-1.0, 1j)
    (0.6931471805599453, np.complex128(3.141592653589793j))
    """
    return log_or_zero(x + 0j if np.iscomplexobj(y) else x)


def power_dx(x: Any, z: Any) -> Any:
    """∂(x ** z)/∂x, which is 0 where `z` is 0 whatever `x`, and inf where `x` is 0 and `z` below 1.

    >>> power_dx(3.0, 2), power_dx(np.zeros(3), np.array([0.0, 1.0, 2.0]))
    (np.float64(6.0), array([0., 1., 0.]))
    """
    less = (z - 1 if z else z) if isinstance(z, (int, float)) else np.where(z == 0, z, z - 1)
    return z * np.power(x, less)


def larger(x: Any, z: Any) -> Any:
    """∂max(x, z)/∂x: 1 where `x` is the larger, 0 where `z` is, 1/2 where they are equal; in their dtype.

    >>> larger(2.0, 1.0), larger(np.array([1.0, 2.0, 3.0], np.float32), 2.0)
    (1.0, array([0. , 0.5, 1. ], dtype=float32))
    """
    if type(x) is not ndarray and type(z) is not ndarray:
        return 1.0 if x > z else 0.5 if x == z else 0.0
    share = np.asarray(np.greater(x, z), np.result_type(x, z))  # of 0-d arrays too
    share[np.equal(x, z)] = 0.5
    return share


def exp_difference(x: Any, y: Any) -> Any:
    """`exp(x - y)` where `y` is a log-sum-exp that `x` is part of: 0 if `x` is -inf, 1 if it is inf.

    >>> exp_difference(np.array([-np.inf, 0.0]), np.array([-np.inf, 0.0]))
    array([0., 1.])
    """
    with np.errstate(invalid="ignore"):
        share = np.exp(np.subtract(x, y))
    return np.where(np.isinf(x), np.greater(x, 0), share)[()]


def sinc_derivative(n: int, x: Any) -> Any:
    """The n-th derivative of `np.sinc`.

    >>> np.round(sinc_derivative(1, np.array([0.0, 1.0])), 14)
    array([ 0., -1.])
    """
    far = np.where(np.abs(x) > 1 + n, x, 1.0)  # where the recurrence f(n) x + n f(n-1) = sin'…'(πx) / π is stable
    by_recurrence = np.sinc(far)
    for k in range(1, n + 1):
        by_recurrence = (math.pi ** (k - 1) * np.sin(math.pi * (far + k / 2)) - k * by_recurrence) / far
    near = np.where(np.abs(x) > 1 + n, 0.0, x)
    first = (n + 1) // 2
    series = np.zeros_like(near)
    for k in range(first, first + 25 + 4 * n):
        factor = (-1) ** k * math.pi ** (2 * k) * math.perm(2 * k, n) / math.factorial(2 * k + 1)
        series = series + factor * near ** (2 * k - n)
    return np.where(np.abs(x) > 1 + n, by_recurrence, series)[()]


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def polygamma(n: int, x: float) -> float:
    """The n-th derivative of the digamma function, at a number that is no pole.

    >>> round(polygamma(0, 1.0), 14), round(polygamma(1, 1.0), 14)
    (-0.57721566490153, 1.64493406684823)
    """
    if n == 0 and x < 0:
        return polygamma(0, 1 - x) - math.pi / math.tan(math.pi * math.fmod(x, 1.0))
    sign, scale, shift = (-1.0) ** n, math.factorial(n), 0.0
    while x < 12 + n:
        shift -= sign * scale / x ** (n + 1)
        x += 1
    leading = math.log(x) if n == 0 else -sign * math.factorial(n - 1) / x**n
    tail = sum(
        b * scale * math.comb(2 * k + n - 1, n) / (2 * k * x ** (2 * k + n)) for k, b in enumerate(_BERNOULLI, 1)
    )
    return shift + leading - sign * (scale / (2 * x ** (n + 1)) + tail)


def _selected(args: Any, y: Any) -> tuple[Any, int | None]:
    """The items that `y = max(*args)` compared (or min), and the place of the one it took."""
    items = args[0] if len(args) == 1 else args
    for i, item in enumerate(items):
        if item is y or item == y:
            return items, i
    return items, None  # nan


def selected_bars(args: Any, y: Any, g: Any) -> list:
    """The adjoints of `args` where `g` is that of `y = max(*args)`, or min: all of it goes to the item taken.

    >>> selected_bars((1.0, 3.0, 3.0), 3.0, 0.5), selected_bars(([1.0, 3.0],), 3.0, 0.5)
    ([None, 0.5, None], [[None, 0.5]])
    """
    items, place = _selected(args, y)
    bars: Any = np.zeros_like(items) if isinstance(items, ndarray) else [None] * len(items)
    if place is not None:
        bars[place] = g
    return [bars] if len(args) == 1 else bars


def selected_dot(args: Any, y: Any, dots: Any) -> Any:
    """The tangent of `y = max(*args)`, or min, where `dots` are those of `args`.

    >>> selected_dot((1.0, 3.0), 3.0, [10.0, 30.0]), selected_dot(([1.0, 3.0],), 3.0, [[10.0, None]])
    (30.0, 0.0)
    """
    if len(args) == 1:
        dots = dots[0]
    _, place = _selected(args, y)
    found = None if dots is None or place is None else dots[place]
    if found is None:
        found = zeros_like(y)
    return 0.0 if found is None else found  # an int may be the largest of floats and ints


def sum_bars(xs: Any, g: Any) -> Any:
    """The adjoint of `xs` where `g` is that of `sum(xs)`, a sum of numbers or arrays.

    >>> sum_bars((1.0, 2, np.zeros(2)), np.array([1.0, 2.0]))
    [3.0, None, array([1., 2.])]
    """
    if isinstance(xs, ndarray):
        return np.array(broadcast(g, xs))
    if type(g) is list:
        raise TypeError("the derivative of a sum of lists is not supported: use itertools.chain")
    return [None if zeros_like(x) is None else unbroadcast(g, x) for x in xs]


def scale_all(xs: Any, factor: Any) -> list:
    """Every item of `xs` times `factor`.

    >>> scale_all((1.0, 2.0), 3.0)
    [3.0, 6.0]
    """
    return [None if x is None else x * factor for x in xs]


def inner(xs: Any, zs: Any) -> Any:
    """The sum of the products of two sequences, where None stands for zero.

    >>> inner((1.0, 2.0), [3.0, None])
    3.0
    """
    return sum(x * z for x, z in zip(xs, zs, strict=True) if x is not None and z is not None)
