"""The few functions that generated code calls: plain NumPy, each with a rule of its own.

In these pages `g` is a cotangent (an adjoint on its way down). Adjoints mirror values: a number for a number, an array
for an array, a list for a list or tuple, a dict for a dict (and, by field name, for a dataclass), None for whatever has
no derivative. None also reads as "zero so far".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from numpy import ndarray

__all__ = [
    "add", "add_at", "as_column", "broadcast", "captured", "cast", "columns", "count", "dense", "detached",
    "divide", "divide_or_zero", "dot_left", "dot_right", "exp_difference", "finish", "fold_repeats", "inner",
    "inner_left", "inner_right", "inverse_axes", "is_outline", "join_stacked", "larger", "last_writes",
    "log_or_zero", "matmul_left", "matmul_right", "may_repeat", "outline", "place", "polygamma", "preserved", "power_dx",
    "product_of_others", "product_of_others_dot", "reshape_like", "scale_all", "selected_bars", "selected_dot",
    "sequence", "sinc_derivative", "split_like", "split_stacked", "stack_like", "stop_gradient", "sum_bars",
    "tensordot_left", "tensordot_right", "unbroadcast", "uncolumns", "undiag", "undiagonal", "unpack", "unpad",
    "unreduce", "unrepeat", "unstack_like", "untile", "writeable_arrays", "zeros_like",
]  # fmt: skip

SEQUENCES = (list, tuple, ndarray, range, str)
SMALL = 512  # up to so many elements, filling an array is faster than making a broadcast view


# -------------------------------------------------------------------------------------- shapes and dtypes of cotangents


def unbroadcast(g: Any, x: Any) -> Any:
    """`g` summed down to the shape of `x`, in the type and dtype of `x`: the transpose of broadcasting.

    >>> unbroadcast(np.ones((3, 2)), np.zeros(2)), unbroadcast(np.ones((3, 2)), 0.5)
    (array([3., 3.]), 6.0)
    """
    if type(x) is not ndarray:
        return _unbroadcast_other(g, x)
    if type(g) is not ndarray:
        g = np.asarray(g)
    if g.shape != x.shape:
        g = np.asarray(_sum_to(g, x.shape))
    return g if g.dtype is x.dtype else _cast_array(g, x.dtype)


def _unbroadcast_other(g: Any, x: Any) -> Any:
    """`unbroadcast` where `x` is no NumPy array: a number, a list of numbers, or some other library's array."""
    if type(x) is float:
        return g if type(g) is float else float((g.sum() if type(g) is ndarray else g).real)
    if type(g) is type(x) and isinstance(x, np.generic):
        return g
    if isinstance(x, (list, tuple)):
        return unstack_like(x, unbroadcast(g, np.asarray(x, dtype=float)))
    shape = getattr(x, "shape", ())
    if np.shape(g) != shape:
        g = _sum_to(g, shape)
    return cast(g, x)


def _sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over the axes that broadcasting has added to an array of this shape, or stretched."""
    if not shape:
        return g.sum()
    extra = g.ndim - len(shape)
    if g.shape[extra:] == shape:
        return g.sum(axis=0 if extra == 1 else tuple(range(extra)))
    stretched = [i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1]
    return g.sum(axis=(*range(extra), *stretched), keepdims=True).reshape(shape)


def broadcast(g: Any, x: Any) -> Any:
    """`g` read as an array of the shape, rank and dtype of `x`; read-only. For a number `x` it is `g` itself.

    >>> broadcast(2.0, np.zeros((2, 2), np.float32))
    array([[2., 2.],
           [2., 2.]], dtype=float32)
    """
    if type(x) is not ndarray:
        return _broadcast_other(g, x)
    dtype = x.dtype
    if type(g) is not ndarray:
        g = np.asarray(g, dtype if type(g) is float and dtype.kind in "fc" else None)
    if g.dtype is not dtype:
        g = _cast_array(g, dtype)
    if g.shape == x.shape:
        return g
    if x.size > SMALL:
        return np.broadcast_to(g, x.shape)
    view = np.empty(x.shape, g.dtype)
    view[...] = g
    view.setflags(write=False)  # as it would be, were it large
    return view


def _broadcast_other(g: Any, x: Any) -> Any:
    """`broadcast` where `x` is no NumPy array."""
    if isinstance(x, (list, tuple)):
        return unstack_like(x, broadcast(g, np.asarray(x, dtype=float)))
    if hasattr(x, "ndim") and not isinstance(x, np.generic):
        return np.broadcast_to(g, x.shape)
    return cast(g, x)


def cast(g: Any, x: Any) -> Any:
    """`g`, which has the shape of `x` already, in the type and dtype of `x`.

    >>> cast(np.float64(0.5), np.float32(1)), cast(np.array(0.5), 1.0), cast(0.5 + 1j, 1.0)
    (np.float32(0.5), 0.5, 0.5)
    """
    kind = type(x)
    if kind is ndarray:
        g = g if type(g) is ndarray else np.asarray(g)
        return g if g.dtype is x.dtype else _cast_array(g, x.dtype)
    if kind is float:
        return g if type(g) is float else float(g.real)
    if isinstance(x, np.inexact):
        return g if type(g) is kind else _cast_array(np.asarray(g), x.dtype)[()]
    if kind is complex:
        return complex(g)
    return g


def _cast_array(g: ndarray, dtype: np.dtype) -> ndarray:
    """`g` in a floating dtype; what is cast to any other dtype has no derivative, and stays as it is."""
    if dtype.kind == "f":
        return (g.real if g.dtype.kind == "c" else g).astype(dtype, copy=False)
    return g.astype(dtype, copy=False) if dtype.kind == "c" else g


def count(x: Any, axis: int | tuple[int, ...] | None = None) -> int:
    """How many elements of `x` a reduction over `axis` takes together.

    >>> count(np.zeros((2, 3, 4)), (0, -1)), count(np.zeros((2, 3)))
    (8, 6)
    """
    shape = np.shape(x)
    if axis is None:
        return prod(shape)
    if isinstance(axis, tuple):
        return prod([shape[i] for i in axis])
    return shape[axis]


def unreduce(g: Any, x: Any, axis: int | tuple[int, ...] | None = None) -> ndarray:
    """`g`, from a reduction of `x` over `axis`, in the shape that `keepdims=True` would have given it.

    >>> unreduce(np.ones(2), np.zeros((3, 2)), 0)
    array([[1., 1.]])
    """
    shape = list(np.shape(x))
    for i in range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,):
        shape[i] = 1
    return np.reshape(g, shape)


def reshape_like(g: Any, x: Any, order: str = "C") -> Any:
    """The numbers of `g` in the shape, type and dtype of `x`.

    >>> reshape_like(np.array([[2.0]]), 1.0)
    2.0
    """
    part = np.reshape(g, np.shape(x), order=order)
    return unstack_like(x, part) if isinstance(x, (list, tuple)) else cast(part, x)


def inverse_axes(axes: Any, rank: int) -> tuple[int, ...] | None:
    """The axes that undo `np.transpose(x, axes)`, also as the method takes them: one by one, or none at all.

    >>> inverse_axes((1, 2, 0), 3), inverse_axes((-1, 0), 2), inverse_axes(((0, 1),), 2), inverse_axes((), 3)
    ((2, 0, 1), (1, 0), (0, 1), None)
    """
    if axes is None or not len(axes) or axes[0] is None:
        return None
    if not isinstance(axes[0], (int, np.integer)):
        axes = axes[0]
    inverse = [0] * rank
    for i, axis in enumerate(axes):
        inverse[axis] = i
    return tuple(inverse)


def place(g: Any, x: ndarray, args: tuple) -> ndarray:
    """The adjoint of `x` where `g` is the adjoint of `x.item(*args)`.

    >>> place(2.0, np.zeros((2, 2)), (3,))
    array([[0., 0.],
           [0., 2.]])
    """
    placed = np.zeros(np.shape(x), x.dtype)
    where = args[0] if args and isinstance(args[0], tuple) else args
    placed[np.unravel_index(where[0] % placed.size, placed.shape) if len(where) == 1 and placed.ndim > 1 else where] = g
    return placed


# ----------------------------------------------------------------------------------------------- adjoints as values


def zeros_like(value: Any) -> Any:
    """The zero adjoint of any value; fresh memory.

    >>> zeros_like([1.5, (np.ones(2), 3), "text"])
    [0.0, [array([0., 0.]), None], None]
    """
    kind = type(value)
    if kind is float:
        return 0.0
    if kind is ndarray:
        if value.dtype.kind not in "fc":
            return None
        return np.zeros(value.shape, value.dtype, "F" if value.flags.fnc else "C")
    if kind is list or kind is tuple:
        return [zeros_like(item) for item in value]
    if kind is dict:
        return {key: zeros_like(item) for key, item in value.items()}
    return _zeros_like_other(value)


def _zeros_like_other(value: Any) -> Any:
    """`zeros_like` of the rarer types."""
    if isinstance(value, (np.inexact, complex, float)):
        return type(value)(0) if type(value) is not bool else None
    if isinstance(value, (list, tuple)):
        return [zeros_like(item) for item in value]
    if isinstance(value, dict):
        return {key: zeros_like(item) for key, item in value.items()}
    if isinstance(value, ndarray) or (hasattr(value, "__array_function__") and hasattr(value, "dtype")):
        return np.zeros_like(value) if value.dtype.kind in "fc" else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: zeros_like(getattr(value, name)) for name in _fields(value)}
    return None


def _fields(value: Any) -> list[str]:
    """The names of the fields of a dataclass."""
    return [field.name for field in dataclasses.fields(value)]


def add(a: Any, b: Any) -> Any:
    """The sum of two adjoints of one structure, never in place; None is zero, so `add(None, b)` is `b` itself.

    >>> add([1.0, None, {"w": 2.0}], [0.5, 3.0, {"w": 1.0}])
    [1.5, 3.0, {'w': 3.0}]
    """
    if a is None:
        return b
    if b is None:
        return a
    if type(a) is list or isinstance(a, tuple):  # a tuple is the caller's cotangent
        return [add(p, q) for p, q in zip(a, b, strict=True)]
    if type(a) is dict:
        both = {key: add(value, b.get(key)) for key, value in a.items()}
        return both | {key: value for key, value in b.items() if key not in a}
    return a + b


def add_at(total: Any, index: Any, g: Any) -> None:
    """`total[index] += g` in place, for an index that may reach one element several times.

    >>> total = np.zeros(3); add_at(total, np.array([0, 2, 2]), 1.0); total
    array([1., 0., 2.])
    >>> total = [0.0, 0.0]; add_at(total, -1, 0.5); total
    [0.0, 0.5]
    """
    if total is None or g is None:
        return
    if type(total) is list:
        if type(index) is slice:
            total[index] = [add(p, q) for p, q in zip(total[index], g, strict=True)]
        else:
            total[index] = add(total[index], g)
    elif type(total) is dict:
        total[index] = add(total.get(index), g)
    elif may_repeat(index):
        np.add.at(total, index, g)
    else:
        total[index] += g


def may_repeat(index: Any) -> bool:
    """Whether an index may reach one element twice: it does so by an array or list of integers only.

    >>> may_repeat((0, slice(2))), may_repeat(([0, 0], 1)), may_repeat(np.array([True]))
    (False, True, False)
    """
    if type(index) is tuple:
        return any(map(may_repeat, index))
    if isinstance(index, (ndarray, list)):
        index = np.asarray(index)
        return index.ndim > 0 and index.dtype.kind != "b"
    return False


# ------------------------------------------------------------------------------------------------------- sequences


def sequence(iterable: Any) -> Any:
    """The same items as something that can be indexed: what is a sequence already is returned unchanged.

    >>> sequence((1, 2)), sequence(zip("ab", (1, 2)))
    ((1, 2), [('a', 1), ('b', 2)])
    """
    return iterable if isinstance(iterable, SEQUENCES) else list(iterable)


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


# ---------------------------------------------------------------------------------- operands that are lists of arrays


def unstack_like(xs: Any, g: Any) -> Any:
    """The adjoint of `xs` where `g` is the adjoint of `np.array(xs)`: the same numbers in the nesting of `xs`.

    >>> unstack_like([1.0, 3, (2.0,)[0]], np.array([4.0, 5.0, 6.0]))
    [4.0, None, 6.0]
    """
    if isinstance(xs, (list, tuple)):
        return [unstack_like(x, part) for x, part in zip(xs, g, strict=True)]
    return None if zeros_like(xs) is None else cast(g, xs)


def stack_like(y: Any, parts: Any) -> ndarray:
    """`np.array(parts)` in the shape and dtype of the array `y`, where None stands for zero.

    >>> stack_like(np.array([1.0, 3.0]), [0.5, None])
    array([0.5, 0. ])
    """
    if type(parts) is not list:
        return np.asarray(parts, dtype=y.dtype)
    stacked = np.zeros_like(y)
    for i, part in enumerate(parts):
        if part is not None:
            stacked[i] = stack_like(stacked[i], part) if isinstance(part, list) else part
    return stacked


def dense(parts: Any, xs: Any) -> Any:
    """Adjoints or tangents of the items of `xs`, with zeros in place of None.

    >>> dense([1.0, None], [2.0, 3])
    [1.0, 0.0]
    """
    if type(parts) is not list:
        return parts
    return [_dense_zeros(x) if part is None else part for part, x in zip(parts, xs, strict=True)]


def _dense_zeros(x: Any) -> Any:
    """Zeros in the shape of any operand, of integers too."""
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


# ---------------------------------------------------------------------------- the transposes of rearrangements


def unrepeat(g: ndarray, x: Any, repeats: Any, axis: int | None = None) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `np.repeat(x, repeats, axis)`.

    >>> unrepeat(np.arange(4.0), np.zeros(2), 2), unrepeat(np.arange(4.0), np.zeros(2), [1, 3])
    (array([1., 5.]), array([0., 6.]))
    """
    shape = np.shape(x)
    if axis is None:
        return reshape_like(unrepeat(g, np.zeros(np.size(x)), repeats, 0), x)
    axis %= len(shape)
    if np.size(repeats) == 1:
        each = int(np.reshape(repeats, ()))
        return cast(g.reshape(*shape[: axis + 1], each, *shape[axis + 1 :]).sum(axis=axis + 1), x)
    total = np.zeros(shape, g.dtype)
    np.add.at(total, (slice(None),) * axis + (np.repeat(np.arange(shape[axis]), repeats),), g)
    return cast(total, x)


def untile(g: ndarray, x: Any, reps: int | tuple[int, ...]) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `np.tile(x, reps)`.

    >>> untile(np.arange(4.0), np.zeros(2), 2)
    array([2., 4.])
    """
    reps = tuple(reps) if np.ndim(reps) else (reps,)
    shape = (1,) * (len(reps) - np.ndim(x)) + np.shape(x)
    reps = (1,) * (len(shape) - len(reps)) + reps
    pairs = [n for pair in zip(reps, shape, strict=True) for n in pair]
    return reshape_like(np.reshape(g, pairs).sum(axis=tuple(range(0, len(pairs), 2))), x)


def undiagonal(g: Any, x: ndarray, offset: int = 0, axis1: int = 0, axis2: int = 1) -> ndarray:
    """The adjoint of `x` where `g` is the adjoint of `np.diagonal(x, offset, axis1, axis2)`.

    >>> undiagonal(np.array([1.0, 2.0]), np.zeros((2, 2)))
    array([[1., 0.],
           [0., 2.]])
    """
    total = np.zeros(x.shape, x.dtype)
    diagonal = np.diagonal(total, offset, axis1, axis2)
    diagonal.setflags(write=True)  # NumPy hands it out read-only
    diagonal[...] = g
    return total


def undiag(g: ndarray, x: ndarray, k: int = 0) -> ndarray:
    """The adjoint of `x` where `g` is the adjoint of `np.diag(x, k)`.

    >>> undiag(np.arange(4.0).reshape(2, 2), np.zeros(2))
    array([0., 3.])
    """
    return np.diagonal(g, k) if np.ndim(x) == 1 else undiagonal(g, x, k)


def unpad(g: ndarray, x: Any, pad_width: Any) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `np.pad(x, pad_width)`.

    >>> unpad(np.arange(4.0), np.zeros(2), (1, 1))
    array([1., 2.])
    """
    shape = np.shape(x)
    before = np.broadcast_to(pad_width, (len(shape), 2))[:, 0]
    return g[tuple([slice(start, start + n) for start, n in zip(before, shape, strict=True)])]


# ---------------------------------------------------------------------------------------------- products of matrices


def tensordot_left(g: Any, x: ndarray, z: ndarray, axes: Any = 2) -> ndarray:
    """The adjoint of `x` where `g` is the adjoint of `np.tensordot(x, z, axes)`.

    >>> tensordot_left(np.ones((2, 4)), np.zeros((2, 3)), np.ones((3, 4)), 1)
    array([[4., 4., 4.],
           [4., 4., 4.]])
    """
    mine, others = _contracted(axes, np.ndim(x), np.ndim(z))
    free = [i for i in range(np.ndim(x)) if i not in mine]
    other_free = [i for i in range(np.ndim(z)) if i not in others]
    part = np.tensordot(g, z, (list(range(len(free), len(free) + len(other_free))), other_free))
    order = free + [i for _, i in sorted(zip(others, mine, strict=True))]
    return cast(np.transpose(part, np.argsort(order)), x)


def tensordot_right(g: Any, x: ndarray, z: ndarray, axes: Any = 2) -> ndarray:
    """The adjoint of `z` where `g` is the adjoint of `np.tensordot(x, z, axes)`.

    >>> tensordot_right(np.ones((2, 4)), np.ones((2, 3)), np.zeros((3, 4)), 1)
    array([[2., 2., 2., 2.],
           [2., 2., 2., 2.],
           [2., 2., 2., 2.]])
    """
    mine, others = _contracted(axes, np.ndim(x), np.ndim(z))
    rows = np.ndim(x) - len(mine)
    turned = np.transpose(g, (*range(rows, np.ndim(g)), *range(rows)))
    return tensordot_left(turned, z, x, (others, mine))


def _contracted(axes: Any, rank: int, other_rank: int) -> tuple[list[int], list[int]]:
    """The axes of both operands that `np.tensordot` sums over, counted from 0."""
    if isinstance(axes, (int, np.integer)):
        return list(range(rank - axes, rank)), list(range(axes))
    mine, others = ([a] if np.ndim(a) == 0 else list(a) for a in axes)
    return [a % rank for a in mine], [a % other_rank for a in others]


def columns(v: Any, b: Any) -> Any:
    """`v` as a stack of matrices, where it is one of vectors because `b` is a vector: `np.linalg.solve(a, b)`.

    >>> columns(np.ones(3), np.ones(3)).shape, columns(np.ones((3, 2)), np.ones((3, 2))).shape
    ((3, 1), (3, 2))
    """
    return v[..., None] if np.ndim(b) == 1 else v


def uncolumns(v: Any, b: Any) -> Any:
    """What `columns` has made of a stack of vectors, as vectors again.

    >>> uncolumns(np.ones((3, 1)), np.ones(3)).shape
    (3,)
    """
    return v[..., 0] if np.ndim(b) == 1 else v


def dot_left(g: Any, x: Any, z: Any) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `np.dot(x, z)`; any ranks.

    >>> dot_left(1.0, np.zeros(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    rank = np.ndim(z)
    if rank == 0 or np.ndim(x) == 0:
        return unbroadcast(g * z, x)
    turned = z if rank == 1 else np.swapaxes(z, -1, -2) if rank == 2 else np.moveaxis(z, -2, -1)
    return cast(np.tensordot(g, turned, rank - 1), x)


def dot_right(g: Any, x: Any, z: Any) -> Any:
    """The adjoint of `z` where `g` is the adjoint of `np.dot(x, z)`; any ranks.

    >>> dot_right(1.0, np.array([3.0, 4.0]), np.zeros(2))
    array([3., 4.])
    """
    rank = np.ndim(x)
    if rank == 0 or np.ndim(z) == 0:
        return unbroadcast(g * x, z)
    axes = list(range(rank - 1))
    part = np.tensordot(g, x, (axes, axes))
    return cast(part if np.ndim(z) == 1 else np.moveaxis(part, -1, -2), z)


def matmul_left(g: Any, x: ndarray, z: ndarray) -> ndarray:
    """The adjoint of `x` where `g` is the adjoint of `x @ z`; vectors, matrices, stacks of matrices.

    >>> matmul_left(np.ones((5, 2, 4)), np.zeros((2, 3)), np.ones((5, 3, 4)))
    array([[20., 20., 20.],
           [20., 20., 20.]])
    """
    if z.ndim == 1:
        return unbroadcast(np.multiply.outer(g, z), x)
    if x.ndim == 1:
        return unbroadcast((z @ g[..., None])[..., 0], x)
    return unbroadcast(g @ np.swapaxes(z, -1, -2), x)


def matmul_right(g: Any, x: ndarray, z: ndarray) -> ndarray:
    """The adjoint of `z` where `g` is the adjoint of `x @ z`; vectors, matrices, stacks of matrices.

    >>> matmul_right(np.ones((5, 2)), np.ones((5, 2, 3)), np.zeros(3))
    array([10., 10., 10.])
    """
    if x.ndim == 1:
        return unbroadcast(g * x if z.ndim == 1 else x[:, None] * g[..., None, :], z)
    turned = np.swapaxes(x, -1, -2)
    if z.ndim == 1:
        return unbroadcast((turned @ g[..., None])[..., 0], z)
    return unbroadcast(turned @ g, z)


def inner_left(g: Any, x: Any, z: Any) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `np.inner(x, z)`; any ranks.

    >>> inner_left(np.ones(2), np.zeros(3), np.ones((2, 3)))
    array([2., 2., 2.])
    """
    if np.ndim(x) == 0 or np.ndim(z) == 0:
        return unbroadcast(g * z, x)
    return cast(np.tensordot(g, z, np.ndim(z) - 1), x)


def inner_right(g: Any, x: Any, z: Any) -> Any:
    """The adjoint of `z` where `g` is the adjoint of `np.inner(x, z)`; any ranks.

    >>> inner_right(np.ones(2), np.ones((2, 3)), np.zeros(3))
    array([2., 2., 2.])
    """
    if np.ndim(x) == 0 or np.ndim(z) == 0:
        return unbroadcast(g * x, z)
    axes = list(range(np.ndim(x) - 1))
    return cast(np.tensordot(g, x, (axes, axes)), z)


# ------------------------------------------------------------------------------------------------------- reductions


def product_of_others(x: Any, axis: int | tuple[int, ...] | None = None) -> ndarray:
    """For each element the product of all others along `axis`; no division, so zeros do no harm.

    >>> product_of_others(np.array([2.0, 0.0, 5.0]))
    array([ 0., 10.,  0.])
    """
    x = np.asarray(x)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    flat = moved.reshape(*moved.shape[: x.ndim - len(axes)], count(x, axis))
    before, after = np.ones_like(flat), np.ones_like(flat)
    np.cumprod(flat[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(flat[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return np.moveaxis((before * after).reshape(moved.shape), last, axes)


def product_of_others_dot(x: ndarray, v: ndarray, axis: int | tuple[int, ...] | None = None) -> ndarray:
    """The derivative of `product_of_others(x, axis)` along `v`; as a matrix it is symmetric. Quadratic in the length.

    >>> product_of_others_dot(np.array([2.0, 0.0, 5.0]), np.array([1.0, 0.0, 0.0]))
    array([0., 5., 0.])
    """
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    n = count(x, axis)
    flat = moved.reshape(*moved.shape[: x.ndim - len(axes)], 1, n)
    itself = np.eye(n, dtype=bool)
    pairs = np.where(itself, 0.0, product_of_others(np.where(itself, 1.0, flat), -1))
    along = np.moveaxis(v, axes, last).reshape(*flat.shape[:-2], n, 1)
    return cast(np.moveaxis((pairs @ along).reshape(moved.shape), last, axes), x)


# ---------------------------------------------------------------------------------------------------- what users get


def finish(g: Any, primal: Any, owned: bool = False) -> Any:
    """The gradient that the user gets for `primal`: its structure, leaf types, shapes and dtypes; memory of its own.

    `owned` says that nothing else refers to the arrays in `g`, so they need no copy (read-only ones are copied all
    the same). Leaves without derivative become None; where nothing has arrived, there are zeros.

    >>> finish([np.float64(2.0), None, None], (1.5, 3, np.ones(1)))
    (2.0, None, array([0.]))
    """
    if type(primal) is ndarray:
        if owned and type(g) is ndarray and g.dtype is primal.dtype and g.shape == primal.shape:
            return g if g.flags.writeable else g.copy()
        return _finish_array(g, primal)
    if type(primal) is float:
        return float(g.real) if g is not None else 0.0
    if isinstance(primal, (list, tuple)):
        items = [finish(b, p, owned) for b, p in zip(g or [None] * len(primal), primal, strict=True)]
        if type(primal) is list:
            return items
        return primal._make(items) if hasattr(primal, "_fields") else tuple(items)
    if isinstance(primal, dict):
        items = {key: finish(g.get(key) if g else None, p, owned) for key, p in primal.items()}
        return items if type(primal) is dict else _like_dict(items, primal)
    return _finish_other(g, primal, owned)


def _like_dict(items: dict, primal: dict) -> dict:
    """The same items in a dict of the type of `primal`, which knows how to copy itself."""
    result = primal.copy()
    result.update(items)
    return result


def _finish_array(g: Any, primal: ndarray) -> ndarray | None:
    """`finish` of an array, when something is left to do."""
    if g is None or primal.dtype.kind not in "fc":
        return zeros_like(primal)
    if np.shape(g) not in ((), primal.shape):
        raise ValueError(f"a gradient of shape {np.shape(g)} arrived at an array of shape {primal.shape}")
    result = np.empty_like(primal, subok=False)
    result[...] = g if primal.dtype.kind == "c" else np.real(g)
    return result


def _finish_other(g: Any, primal: Any, owned: bool) -> Any:
    """`finish` of NumPy scalars, complex numbers, dataclasses, arrays of other libraries; None for all the rest."""
    if isinstance(primal, (np.inexact, complex)):
        return zeros_like(primal) if g is None else type(primal)(cast(g, primal))
    if dataclasses.is_dataclass(primal) and not isinstance(primal, type):
        result = object.__new__(type(primal))  # not by __init__, which may refuse None or count instances
        for name in _fields(primal):
            value = finish(g.get(name) if g else None, getattr(primal, name), owned)
            object.__setattr__(result, name, value)
        return result
    if hasattr(primal, "__array_function__") and hasattr(primal, "dtype"):
        return zeros_like(primal) if g is None else g if owned else g.copy()
    return None


# ------------------------------------------------------------------------------------------- elementwise derivatives


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
    share = np.greater(x, z).astype(np.result_type(x, z))
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


# ------------------------------------------------------------------------------------------- Python's own functions


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
    return zeros_like(y) if found is None else found


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


# ------------------------------------------------------------------------------------------------------- functions


def captured(function: Any) -> tuple[Any, ...]:
    """What the free variables of a function hold now, in the order of its code's `co_freevars`.

    >>> k = 3.0
    >>> captured((lambda k: lambda x: k * x)(3.0))
    (3.0,)
    """
    if type(function) is tuple:
        return function  # it comes from a caller that was passed the function
    return tuple([cell.cell_contents for cell in function.__closure__ or ()])


def stop_gradient(x: Any) -> Any:
    """The value itself, through which no derivative flows.

    >>> stop_gradient(3.0)
    3.0
    """
    return x


def detached(value: Any) -> Any:
    """The value with arrays of its own: what happens to the original later does not touch it.

    >>> detached((1.0, [2.0]))
    (1.0, [2.0])
    """
    cls = type(value)
    if cls is ndarray:
        return value.copy()
    if cls is list or cls is tuple:
        return cls([detached(v) for v in value])
    if cls is dict:
        return {k: detached(v) for k, v in value.items()}
    return value


def fold_repeats(g: Any, n: int) -> list:
    """The adjoint of a list of length `n` where `g` is the adjoint of its repetition.

    >>> fold_repeats([1.0, 2.0, 3.0, 4.0], 2)
    [4.0, 6.0]
    """
    total = list(g[:n])
    for start in range(n, len(g), n):
        total = add(total, list(g[start : start + n]))
    return total


def last_writes(x: ndarray, index: Any) -> Any:
    """1 where a write `x[index] = v` is the last one to its element, else 0: of repeated indices only the last counts.

    >>> last_writes(np.zeros(3), np.array([0, 1, 0]))
    array([0., 1., 1.])
    """
    order = np.zeros(x.shape, int)
    shape = order[index].shape
    numbers = np.arange(1, math.prod(shape) + 1).reshape(shape)
    order[index] = numbers
    return (order[index] == numbers).astype(x.dtype)


_NOTHING = bytes(16)


def outline(x: Any) -> Any:
    """An array's shape and dtype without its elements: an array of zeros that takes no memory. In containers, too.

    >>> outline(np.ones((2, 3))).shape
    (2, 3)
    """
    if type(x) in (list, tuple):
        return type(x)([outline(v) for v in x])
    if type(x) is not ndarray or x.dtype.itemsize > 16:
        return x
    return ndarray(x.shape, x.dtype, _NOTHING, 0, (0,) * x.ndim)


def writeable_arrays(tree: Any) -> list[ndarray]:
    """The arrays in a nesting of tuples, lists and dicts that can be written into, each once."""
    found: dict[int, ndarray] = {}
    todo = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, ndarray):
            if item.flags.writeable and item.size:
                found[id(item)] = item
        elif isinstance(item, (tuple, list)):
            todo.extend(item)
        elif isinstance(item, dict):
            todo.extend(item.values())
    return list(found.values())


@contextmanager
def preserved(tree: Any) -> Iterator[None]:
    """Whatever is written meanwhile into the arrays of `tree`, afterwards they hold what they held before.

    >>> x = np.ones(2)
    >>> with preserved((x, 1.0)):
    ...     x[0] = 5.0
    >>> x
    array([1., 1.])
    """
    held = [(array, array.copy()) for array in writeable_arrays(tree)]
    try:
        yield
    finally:
        for array, contents in held:
            array[...] = contents


def is_outline(x: Any) -> bool:
    """Was the array made by `outline`?"""
    return type(x) is ndarray and x.base is _NOTHING
