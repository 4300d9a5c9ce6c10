"""Sequences, and operands that are lists of arrays."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import cast, zeros_like
from s2sgrad.runtime.shapes import reshape_like

SEQUENCES = (list, tuple, ndarray, range, str)


def sequence(iterable: Any) -> Any:
    """The same items as something that can be indexed: what is a sequence already is returned unchanged.

    >>> sequence((1, 2)), sequence(zip("ab", (1, 2)))
    ((1, 2), [('a', 1), ('b', 2)])
    """
    return iterable if isinstance(iterable, SEQUENCES) else list(iterable)


def is_sequence(value: Any) -> bool:
    """Does a pattern of items, `case [a, b]`, ask it for its items?

    >>> is_sequence((1, 2)), is_sequence("ab"), is_sequence(np.ones(2))
    (True, False, False)
    """
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def is_mapping(value: Any) -> bool:
    """Does a pattern of keys, `case {"a": a}`, ask it for its keys?

    >>> is_mapping({}), is_mapping([])
    (True, False)
    """
    return isinstance(value, Mapping)


def choices(name: str, n: int, r: int) -> list[tuple[int, ...]]:
    """The indices that a function of `itertools` chooses of `n` items.

    >>> choices("combinations", 3, 2)
    [(0, 1), (0, 2), (1, 2)]
    """
    return list(getattr(itertools, name)(range(n), r))


def all_indices(shape: Any) -> list[tuple[int, ...]]:
    """The indices of an array of this shape.

    >>> all_indices((1, 2))
    [(0, 0), (0, 1)]
    """
    return list(np.ndindex(shape))


def unpack(value: Any, n: int) -> Any:
    """The items of `value`, of which there must be exactly `n`, as something that can be indexed.

    >>> unpack((1, 2), 2), unpack({"a": 1, "b": 2}, 2)
    ((1, 2), ['a', 'b'])
    >>> unpack((1, 2), 3)
    Traceback (most recent call last):
    ...
    ValueError: not enough values to unpack (expected 3, got 2)
    """
    iterator = not isinstance(value, SEQUENCES) and hasattr(value, "__iter__")
    items = list(islice(value, n + 1)) if iterator else value
    try:
        if len(items) == n:
            return items
    except TypeError:  # nothing that has items
        pass
    exec(f"[{'_, ' * n}] = items", {"items": iter(items) if iterator else items})  # Python's own complaint


def stack_like(y: Any, parts: Any) -> ndarray:
    """`np.array(parts)` in the shape and dtype of the array `y`, where None stands for zero.

    >>> stack_like(np.array([1.0, 3.0]), [0.5, None])
    array([0.5, 0. ])
    """
    if type(parts) is not list and type(parts) is not tuple:
        return np.asarray(parts, dtype=y.dtype)
    stacked = np.zeros_like(y)
    for i, part in enumerate(parts):
        if part is not None:
            stacked[i] = stack_like(stacked[i], part) if isinstance(part, (list, tuple)) else part
    return stacked


def dense(parts: Any, xs: Any) -> Any:
    """Adjoints or tangents of the items of `xs`, with zeros in place of None.

    >>> dense([1.0, None], [2.0, 3])
    [1.0, 0.0]
    """
    if type(parts) is not list and type(parts) is not tuple:
        return parts
    return [_dense_zeros(x) if part is None else dense(part, x) for part, x in zip(parts, xs, strict=True)]


def _dense_zeros(x: Any) -> Any:
    """Zeros in the shape of any operand, of integers too."""
    if isinstance(x, (list, tuple)):
        return [_dense_zeros(item) for item in x]
    zeros = zeros_like(x)
    return zeros if zeros is not None else np.zeros(np.shape(x)) if np.ndim(x) else 0.0


def split_like(g: ndarray, xs: Any, axis: int | None = 0) -> Any:
    """The adjoint of `xs` where `g` is the adjoint of `np.concatenate(xs, axis)`.

    >>> split_like(np.arange(3.0), [np.zeros(1), np.zeros(2)])
    [array([0.]), array([1., 2.])]
    """
    parts, start = [], 0
    for x in xs:
        if axis is None:
            stop = start + np.size(x)
            part = g[start:stop].reshape(np.shape(x))
        else:
            stop = start + np.shape(x)[axis]
            part = g[(slice(None),) * (axis % g.ndim) + (slice(start, stop),)]
        parts.append(None if zeros_like(x) is None else cast(part, x))
        start = stop
    return np.stack(parts) if type(xs) is ndarray else parts


def split_stacked(g: ndarray, xs: Any, lift: Callable[[Any], ndarray], axis: int) -> Any:
    """The adjoint of `xs` where `g` is that of a concatenation of `lift(x)` for each of them, as in `np.vstack`.

    >>> split_stacked(np.arange(4.0).reshape(2, 2), [np.zeros(2), np.zeros(2)], np.atleast_2d, 0)
    [array([0., 1.]), array([2., 3.])]
    """
    parts = split_like(g, [lift(x) for x in xs], axis)
    parts = [None if part is None else reshape_like(part, x) for part, x in zip(parts, xs, strict=True)]
    return np.stack(parts) if type(xs) is ndarray else parts


def join_stacked(parts: Any, xs: Any, lift: Callable[[Any], ndarray], axis: int) -> ndarray:
    """The concatenation of `lift(part)` for each part, with zeros in place of None: the transpose of `split_stacked`.

    >>> join_stacked([np.ones(2), None], [np.zeros(2), np.zeros(2)], np.atleast_2d, 0)
    array([[1., 1.],
           [0., 0.]])
    """
    return np.concatenate([lift(part) for part in dense(parts, xs)], axis=axis)


def as_column(x: Any) -> ndarray:
    """`x` as `np.column_stack` takes it: a vector or number as one column.

    >>> as_column([1.0, 2.0])
    array([[1.],
           [2.]])
    """
    return np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else np.asarray(x)
