"""Python's functions that call functions, said in Python: a derivative follows this source in their place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def mapped(function: Callable, items: Sequence) -> list:
    """`list(map(function, items))`.

    >>> mapped(abs, [1.0, -2.0])
    [1.0, 2.0]
    """
    return [function(item) for item in items]


def mapped_2(function: Callable, items: Sequence, others: Sequence) -> list:
    """`list(map(function, items, others))`.

    >>> mapped_2(pow, [1.0, 2.0], [3.0, 2.0])
    [1.0, 4.0]
    """
    return [function(item, other) for item, other in zip(items, others)]


def filtered(function: Callable, items: Sequence) -> list:
    """`list(filter(function, items))`.

    >>> filtered(bool, [0.0, 2.0])
    [2.0]
    """
    return [item for item in items if function(item)]


def reduced(function: Callable, items: Sequence) -> Any:
    """`functools.reduce(function, items)`.

    >>> reduced(max, [1.0, 3.0, 2.0])
    3.0
    """
    if len(items) == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    total = items[0]
    for i in range(1, len(items)):
        total = function(total, items[i])
    return total


def reduced_from(function: Callable, items: Sequence, total: Any) -> Any:
    """`functools.reduce(function, items, total)`.

    >>> reduced_from(min, [1.0, 3.0], 0.5)
    0.5
    """
    for i in range(len(items)):
        total = function(total, items[i])
    return total


def greatest(items: Sequence, key: Callable) -> Any:
    """`max(items, key=key)`: the first of equals.

    >>> greatest([1.0, -3.0, 3.0], abs)
    -3.0
    """
    if len(items) == 0:
        raise ValueError("max() iterable argument is empty")
    best = items[0]
    most = key(best)
    for i in range(1, len(items)):
        this = key(items[i])
        if this > most:
            best = items[i]
            most = this
    return best


def least(items: Sequence, key: Callable) -> Any:
    """`min(items, key=key)`: the first of equals.

    >>> least([2.0, -1.0, 1.0], abs)
    -1.0
    """
    if len(items) == 0:
        raise ValueError("min() iterable argument is empty")
    best = items[0]
    fewest = key(best)
    for i in range(1, len(items)):
        this = key(items[i])
        if this < fewest:
            best = items[i]
            fewest = this
    return best


def along_an_axis(function: Callable, axis: int, array: np.ndarray) -> np.ndarray:
    """`np.apply_along_axis(function, axis, array)`.

    >>> along_an_axis(np.sum, 1, np.ones((2, 3)))
    array([3., 3.])
    """
    moved = np.moveaxis(array, axis, -1)
    shape = moved.shape[:-1]
    rows = np.reshape(moved, (-1, moved.shape[-1]))
    results = np.array([function(rows[i]) for i in range(len(rows))])
    if results.ndim == 1:
        return np.reshape(results, shape)
    return np.moveaxis(np.reshape(results, (*shape, results.shape[1])), -1, axis)


def replaced(record: Any, **changes: Any) -> Any:
    """A namedtuple with other values of some fields."""
    return record._replace(**changes)


def as_dict(record: Any) -> dict[str, Any]:
    """The fields of a namedtuple."""
    return record._asdict()


def vectorized(function: Callable, x: Any) -> Any:
    """`np.vectorize(function)(x)` where the function returns floats.

    >>> vectorized(lambda t: t * t, np.array([[1.0, 2.0]]))
    array([[1., 4.]])
    """
    flat = np.ravel(x)
    out = np.zeros(len(flat))
    for i in range(len(flat)):
        out[i] = as_float(function(flat[i]))
    return np.reshape(out, np.shape(x))


def vectorized_2(function: Callable, x: Any, y: Any) -> Any:
    """`np.vectorize(function)(x, y)` where the function returns floats.

    >>> vectorized_2(pow, np.array([1.0, 2.0]), 2.0)
    array([1., 4.])
    """
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    left = np.ravel(np.broadcast_to(x, shape))
    right = np.ravel(np.broadcast_to(y, shape))
    out = np.zeros(len(left))
    for i in range(len(left)):
        out[i] = as_float(function(left[i], right[i]))
    return np.reshape(out, shape)


def as_float(x: Any) -> Any:
    """The number itself, if it is a float of double precision: `np.vectorize` takes its dtype from the first result.

    >>> as_float(1.5)
    1.5
    """
    if not isinstance(x, float):
        raise TypeError(
            f"a function that np.vectorize calls returned {x!r}; to be differentiated, it must return floats"
        )
    return x


def piecewise(y: np.ndarray, x: np.ndarray, where: np.ndarray, function: Callable) -> np.ndarray:
    """One piece of `np.piecewise`: `y` with the function's values where the condition holds.

    >>> piecewise(np.zeros(2), np.array([2.0, 3.0]), np.array([True, False]), lambda t: t * t)
    array([4., 0.])
    """
    values = x[where]
    y = y.copy()
    if values.size > 0:
        y[where] = function(values)
    return y
