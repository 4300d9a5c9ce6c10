"""Cotangents in the shape, type and dtype of what they belong to."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import _cast_array, cast, zeros_like

SMALL = 512  # up to so many elements, filling an array is faster than making a broadcast view


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
        if type(g) is list:
            raise TypeError(
                "no derivative is known for `+` or `*` of sequences that grow like this: fill an array by index"
            )
        return unstack_like(x, unbroadcast(g, _inexact(x)))
    shape = getattr(x, "shape", ())
    if np.shape(g) != shape:
        g = _sum_to(g, shape)
    return cast(g, x)


def _inexact(x: Any) -> ndarray:
    """A list of numbers as an array of floating or complex ones."""
    array = np.asarray(x)
    return array if array.dtype.kind in "fc" else array.astype(float)


def left_part(g: Any, x: Any) -> Any:
    """The adjoint of `x` where `g` is that of `x + …`, which added numbers or joined sequences.

    >>> left_part([1.0, 2.0, 3.0], (0.5, 0.5)), left_part(2.0, 0.5)
    ([1.0, 2.0], 2.0)
    """
    return g[: len(x)] if type(g) is list else unbroadcast(g, x)


def right_part(g: Any, x: Any) -> Any:
    """The adjoint of `x` where `g` is that of `… + x`, which added numbers or joined sequences.

    >>> right_part([1.0, 2.0, 3.0], (0.5, 0.5)), right_part(2.0, 0.5)
    ([2.0, 3.0], 2.0)
    """
    return g[len(g) - len(x) :] if type(g) is list else unbroadcast(g, x)


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
        return unstack_like(x, broadcast(g, _inexact(x)))
    if hasattr(x, "ndim") and not isinstance(x, np.generic):
        return np.broadcast_to(g, x.shape)
    return cast(g, x)


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


def unrepeat(g: ndarray, x: Any, repeats: Any, axis: int | None = None) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `np.repeat(x, repeats, axis)`.

    >>> unrepeat(np.arange(4.0), np.zeros(2), 2), unrepeat(np.arange(4.0), np.zeros(2), [1, 3])
    (array([1., 5.]), array([0., 6.]))
    """
    shape = np.shape(x)
    if axis is None:
        return reshape_like(unrepeat(g, np.zeros(np.size(x), np.asarray(x).dtype), repeats, 0), x)
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
    """The derivative of `product_of_others(x, axis)` along `v`; as a matrix it is symmetric.

    >>> product_of_others_dot(np.array([2.0, 0.0, 5.0]), np.array([1.0, 0.0, 0.0]))
    array([0., 5., 0.])
    """
    return _product_slope(x, (v,), axis)


def product_of_others_dot2(x: ndarray, v: ndarray, w: ndarray, axis: int | tuple[int, ...] | None = None) -> ndarray:
    """The derivative of `product_of_others_dot(x, v, axis)` along `w`; the order of `v` and `w` does not matter.

    >>> product_of_others_dot2(np.array([2.0, 0.0, 5.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    return _product_slope(x, (v, w), axis)


def product_of_others_dot3(
    x: ndarray, u: ndarray, v: ndarray, w: ndarray, axis: int | tuple[int, ...] | None = None
) -> ndarray:
    """The derivative of `product_of_others_dot2(x, u, v, axis)` along `w`.

    >>> product_of_others_dot3(np.ones(4), np.eye(4)[0], np.eye(4)[1], np.eye(4)[2])
    array([0., 0., 0., 1.])
    """
    return _product_slope(x, (u, v, w), axis)


def _product_slope(x: Any, directions: tuple[Any, ...], axis: int | tuple[int, ...] | None) -> ndarray:
    """The derivative of `product_of_others` along several directions: a coefficient of ∏ (x + Σ εᵢ vᵢ), where εᵢ² = 0.

    A number of that kind is kept as its coefficients by the set of ε that they belong to.
    """
    x = np.asarray(x)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    shape = (*moved.shape[: x.ndim - len(axes)], count(x, axis))
    whole = (1 << len(directions)) - 1
    factors = {0: moved.reshape(shape)}
    factors |= {1 << i: np.moveaxis(np.asarray(v), axes, last).reshape(shape) for i, v in enumerate(directions)}
    found = np.zeros_like(factors[0])
    before = {0: np.ones_like(found[..., 0])}
    after = [{0: np.ones_like(found[..., 0])}]
    for j in range(shape[-1] - 1, 0, -1):
        after.append(_times(after[-1], factors, j))
    for j in range(shape[-1]):
        rest = after[shape[-1] - 1 - j]
        found[..., j] = sum(before[s] * rest[whole ^ s] for s in before if whole ^ s in rest)
        before = _times(before, factors, j)
    return cast(np.moveaxis(found.reshape(moved.shape), last, axes), x)


def _times(number: dict[int, Any], factors: dict[int, ndarray], j: int) -> dict[int, Any]:
    """The product of such a number with the factor at `j`."""
    out: dict[int, Any] = {}
    for s, a in number.items():
        for t, b in factors.items():
            if not s & t:
                out[s | t] = out.get(s | t, 0.0) + a * b[..., j]
    return out


def unstack_like(xs: Any, g: Any) -> Any:
    """The adjoint of `xs` where `g` is the adjoint of `np.array(xs)`: the same numbers in the nesting of `xs`.

    >>> unstack_like([1.0, 3, (2.0,)[0]], np.array([4.0, 5.0, 6.0]))
    [4.0, None, 6.0]
    """
    if isinstance(xs, (list, tuple)):
        return [unstack_like(x, part) for x, part in zip(xs, g, strict=True)]
    return None if zeros_like(xs) is None else cast(g, xs)


def along_axis(shape: tuple[int, ...], indices: Any, axis: int) -> tuple[Any, ...]:
    """The index that reaches what `np.put_along_axis` does in an array of this shape.

    >>> np.arange(6.0).reshape(2, 3)[along_axis((2, 3), np.array([[2], [0]]), 1)]
    array([[2.],
           [3.]])
    """
    axis %= len(shape)
    ones = [1] * len(shape)
    return tuple(
        indices if i == axis else np.arange(n).reshape(*ones[:i], -1, *ones[i + 1 :]) for i, n in enumerate(shape)
    )
