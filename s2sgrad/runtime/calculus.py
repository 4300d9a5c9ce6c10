"""Differences, running products, integrals, convolutions, interpolation: what their derivatives need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import cast
from s2sgrad.runtime.shapes import unbroadcast

TURNS_ROWS = tuple(map(int, np.__version__.split(".")[:2])) >= (2, 2)  # takes np.cov a single row for a column?


def undiff(g: ndarray, x: Any, n: int = 1, axis: int = -1) -> ndarray:
    """The adjoint of `x` where `g` is that of `np.diff(x, n, axis)`.

    >>> undiff(np.array([1.0, 10.0]), np.zeros(3))
    array([-1., -9., 10.])
    """
    shape = np.shape(x)
    if not g.size or not n:
        return g.reshape(shape) if g.size == np.size(x) else np.zeros(shape, g.dtype)
    width = [(0, 0)] * len(shape)
    width[axis] = (n, n)
    return cast((-1) ** n * np.diff(np.pad(g, width), n, axis), x)


def edge_layer(x: Any, a: Any, axis: int = -1) -> ndarray:
    """What `np.diff(a, axis=axis, prepend=x)` puts before `a`: a number as a layer of one.

    >>> edge_layer(0.5, np.zeros((2, 3)))
    array([[0.5],
           [0.5]])
    """
    if np.ndim(x):
        return np.asarray(x)
    shape = list(np.shape(a))
    shape[axis] = 1
    return np.broadcast_to(x, shape)


def product_before(x: Any, axis: int) -> ndarray:
    """For each element the product of those before it along the axis.

    >>> product_before(np.array([2.0, 3.0, 4.0]), 0)
    array([1., 2., 6.])
    """
    moved = np.moveaxis(np.asarray(x), axis, -1)
    out = np.ones_like(moved)
    np.cumprod(moved[..., :-1], axis=-1, out=out[..., 1:])
    return np.moveaxis(out, -1, axis)


def uncumprod(g: ndarray, x: Any, axis: int | None = None) -> Any:
    """The adjoint of `x` where `g` is that of `np.cumprod(x, axis)`; no division, so zeros do no harm.

    >>> uncumprod(np.array([1.0, 1.0, 1.0]), np.array([2.0, 0.0, 5.0]))
    array([ 1., 12.,  0.])
    """
    if axis is None:
        return cast(uncumprod(g, np.ravel(x), 0).reshape(np.shape(x)), x)
    g, a = np.moveaxis(g, axis, -1), np.moveaxis(np.asarray(x), axis, -1)
    after = np.array(g)
    for i in range(a.shape[-1] - 2, -1, -1):
        after[..., i] += a[..., i + 1] * after[..., i + 1]
    return cast(np.moveaxis(after * product_before(a, -1), -1, axis), x)


def cumprod_dot(v: ndarray, x: Any, axis: int | None = None) -> ndarray:
    """The tangent of `np.cumprod(x, axis)` where `v` is that of `x`.

    >>> cumprod_dot(np.array([0.0, 1.0, 0.0]), np.array([2.0, 0.0, 5.0]))
    array([ 0.,  2., 10.])
    """
    if axis is None:
        return cumprod_dot(np.ravel(v), np.ravel(x), 0)
    v, a = np.moveaxis(v, axis, -1), np.moveaxis(np.asarray(x), axis, -1)
    out = v * product_before(a, -1)
    for i in range(1, a.shape[-1]):
        out[..., i] += a[..., i] * out[..., i - 1]
    return np.moveaxis(out, -1, axis)


def cumprod_twice(v: ndarray, w: ndarray, x: Any, axis: int | None = None) -> ndarray:
    """The second derivative of `np.cumprod(x, axis)`, along `v` and `w`.

    >>> cumprod_twice(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]), np.array([2.0, 3.0, 5.0]))
    array([0., 1., 5.])
    """
    if axis is None:
        return cumprod_twice(np.ravel(v), np.ravel(w), np.ravel(x), 0)
    along_v, along_w = (np.moveaxis(cumprod_dot(d, x, axis), axis, -1) for d in (v, w))
    v, w, a = np.moveaxis(v, axis, -1), np.moveaxis(w, axis, -1), np.moveaxis(np.asarray(x), axis, -1)
    out = np.zeros_like(along_v)
    for i in range(1, a.shape[-1]):
        out[..., i] = a[..., i] * out[..., i - 1] + along_v[..., i - 1] * w[..., i] + along_w[..., i - 1] * v[..., i]
    return np.moveaxis(out, -1, axis)


def uncumprod_twice(g: ndarray, v: ndarray, x: Any, axis: int | None = None) -> Any:
    """The adjoint of `w` where `g` is that of `cumprod_twice(v, w, x, axis)`.

    >>> uncumprod_twice(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]), np.array([2.0, 3.0, 5.0]))
    array([0., 5., 3.])
    """
    if axis is None:
        return cast(uncumprod_twice(np.ravel(g), np.ravel(v), np.ravel(x), 0).reshape(np.shape(x)), x)
    along = np.moveaxis(cumprod_dot(v, x, axis), axis, -1)
    ahead = product_before(np.moveaxis(np.asarray(x), axis, -1), -1)
    g, v, a = np.moveaxis(g, axis, -1), np.moveaxis(v, axis, -1), np.moveaxis(np.asarray(x), axis, -1)
    out = np.zeros_like(along)
    behind, crossed = np.zeros_like(a[..., :1]), np.zeros_like(a[..., :1])  # of what comes later
    for i in range(a.shape[-1] - 1, -1, -1):
        now = g[..., i : i + 1] + behind
        before = along[..., i - 1 : i] if i else 0.0
        out[..., i : i + 1] = now * before + crossed * ahead[..., i : i + 1]
        crossed = v[..., i : i + 1] * now + a[..., i : i + 1] * crossed
        behind = a[..., i : i + 1] * now
    return cast(np.moveaxis(out, -1, axis), x)


def running_place(y: ndarray, x: ndarray, axis: int = 0) -> ndarray:
    """Where along the axis stands the element that `y = np.maximum.accumulate(x, axis)` has at each place; or minimum.

    >>> running_place(np.array([2.0, 2.0, 3.0]), np.array([2.0, 1.0, 3.0]))
    array([0, 0, 2])
    """
    shape = [1] * np.ndim(x)
    shape[axis] = -1
    numbers = np.arange(np.shape(x)[axis]).reshape(shape)
    return np.maximum.accumulate(np.where(np.equal(x, y), numbers, 0), axis=axis)


def neighbour_means(y: Any, axis: int = -1) -> ndarray:
    """The means of neighbours along an axis.

    >>> neighbour_means(np.array([1.0, 3.0, 4.0]))
    array([2. , 3.5])
    """
    moved = np.moveaxis(np.asarray(y), axis, -1)
    return np.moveaxis(0.5 * (moved[..., 1:] + moved[..., :-1]), -1, axis)


def unneighbour_means(g: ndarray, y: Any, axis: int = -1) -> ndarray:
    """The adjoint of `y` where `g` is that of `neighbour_means(y, axis)`, or may be broadcast to it.

    >>> unneighbour_means(np.array([1.0, 2.0]), np.zeros(3))
    array([0.5, 1.5, 1. ])
    """
    total = np.zeros(np.shape(y), np.result_type(g, float))
    moved = np.moveaxis(total, axis, -1)
    g = 0.5 * (np.moveaxis(g, axis, -1) if np.ndim(g) else g)
    moved[..., 1:] += g
    moved[..., :-1] += g
    return cast(total, y)


def step_widths(x: Any, y: Any, axis: int = -1) -> ndarray:
    """The distances of the points `x` as `np.trapezoid(y, x, axis=axis)` takes them, beside the midpoints of `y`.

    >>> step_widths(np.array([0.0, 1.0, 3.0]), np.zeros((3, 2)), 0)
    array([[1.],
           [2.]])
    """
    if np.ndim(x) != 1:
        return np.diff(x, axis=axis)
    shape = [1] * np.ndim(y)
    shape[axis] = -1
    return np.diff(x).reshape(shape)


def unstep_widths(g: ndarray, x: Any, y: Any, axis: int = -1) -> ndarray:
    """The adjoint of `x` where `g` is that of `step_widths(x, y, axis)`, or may be broadcast from it.

    >>> unstep_widths(np.array([[1.0, 1.0], [0.0, 3.0]]), np.zeros(3), np.zeros((3, 2)), 0)
    array([-2., -1.,  3.])
    """
    if np.ndim(x) == 1:
        return undiff(np.moveaxis(g, axis, -1).reshape(-1, len(x) - 1).sum(axis=0), x)
    shape = list(np.shape(x))
    shape[axis] -= 1
    return undiff(unbroadcast(g, np.zeros(shape, g.dtype)), x, 1, axis)


def _weights(length: int, h: Any) -> tuple[ndarray, ndarray, ndarray]:
    """At the inner points, `np.gradient` takes these multiples of the one before, of the point, of the one after."""
    if np.ndim(h) == 0:
        inner = np.full(length - 2, 0.5 / h)
        return -inner, np.zeros(length - 2), inner
    left, right = np.diff(h)[:-1], np.diff(h)[1:]
    both = left * right * (left + right)
    return -(right * right) / both, (right * right - left * left) / both, left * left / both


def _edges(length: int, h: Any, edge_order: int) -> list[tuple[int, dict[int, Any]]]:
    """At the first and at the last point: place -> multiple."""
    out = []
    for end, sign in ((0, 1), (length - 1, -1)):
        near, far = end + sign, end + 2 * sign
        if np.ndim(h) == 0:
            d1 = d2 = h * sign
        else:
            d1, d2 = h[near] - h[end], h[far] - h[near] if edge_order == 2 else 0.0
        if edge_order == 1:
            out.append((end, {end: -1 / d1, near: 1 / d1}))
        else:
            first = -(2 * d1 + d2) / (d1 * (d1 + d2))
            out.append((end, {end: first, near: (d1 + d2) / (d1 * d2), far: -d1 / (d2 * (d1 + d2))}))
    return out


def _ungradient(g: ndarray, f: Any, h: Any, axis: int, edge_order: int) -> ndarray:
    """The adjoint of `f` from that of its slope along one axis."""
    total = np.zeros(np.shape(f), g.dtype)
    back, g = np.moveaxis(total, axis, -1), np.moveaxis(g, axis, -1)
    lower, at, upper = _weights(g.shape[-1], h)
    back[..., :-2] += lower * g[..., 1:-1]
    back[..., 1:-1] += at * g[..., 1:-1]
    back[..., 2:] += upper * g[..., 1:-1]
    for end, multiples in _edges(g.shape[-1], h, edge_order):
        for place, multiple in multiples.items():
            back[..., place] += multiple * g[..., end]
    return total


def ungradient(g: Any, f: Any, spacing: tuple, axis: Any = None, edge_order: int = 1) -> ndarray:
    """The adjoint of `f` where `g` is that of `np.gradient(f, *spacing, axis=axis, edge_order=edge_order)`.

    >>> ungradient(np.array([1.0, 1.0, 1.0]), np.zeros(3), ())
    array([-1.5,  0. ,  1.5])
    """
    rank = np.ndim(f)
    axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1 and not isinstance(g, (list, tuple)):
        g = [g]
    widths = [1.0] * len(axes) if not spacing else list(spacing) * (len(axes) if len(spacing) == 1 else 1)
    parts = [
        _ungradient(part, f, h, k % rank, edge_order)
        for part, h, k in zip(g, widths, axes, strict=True)
        if part is not None
    ]
    return cast(sum(parts[1:], parts[0]), f)


def mode_margins(a: Any, v: Any, mode: str, turned: bool = False) -> tuple[int, int]:
    """How many elements at either end of the full convolution of `a` and `v` another mode leaves out.

    `turned`: as `np.correlate` has it, where `v` is the longer one.

    >>> mode_margins(np.zeros(5), np.zeros(4), "same"), mode_margins(np.zeros(5), np.zeros(4), "valid")
    ((1, 2), (3, 3))
    """
    short = min(len(a), len(v))
    if mode == "full":
        return 0, 0
    if mode == "valid":
        return short - 1, short - 1
    left = short - 1 - short // 2
    return (short - 1 - left, left) if turned and len(v) > len(a) else (left, short - 1 - left)


def falling_factors(n: int, m: int) -> ndarray:
    """What differentiating a polynomial of `n` coefficients `m` times multiplies each of those that stay by.

    >>> falling_factors(4, 2)
    array([6., 2.])
    """
    degrees = np.arange(n - 1, m - 1, -1.0)
    factors = np.ones_like(degrees)
    for k in range(m):
        factors *= degrees - k
    return factors


def quantile_places(a: Any, q: Any, axis: Any = None) -> tuple[ndarray, ndarray, ndarray]:
    """Which elements of `a` a quantile is between, as places in `a`, and how far from the lower to the upper one.

    >>> [part.tolist() for part in quantile_places(np.array([3.0, 1.0, 2.0, 5.0]), 0.5)]
    [2, 0, 0.5]
    """
    a = np.asarray(a)
    axes = tuple(range(a.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    last = tuple(range(-len(axes), 0))
    numbers = np.moveaxis(np.arange(a.size).reshape(a.shape), axes, last)
    kept = numbers.shape[: a.ndim - len(axes)]
    numbers = numbers.reshape(*kept, -1)
    order = np.take_along_axis(numbers, np.argsort(a.reshape(-1)[numbers], axis=-1, kind="stable"), -1)
    position = np.asarray(q, float) * (order.shape[-1] - 1)
    low = np.clip(np.floor(position).astype(int), 0, order.shape[-1] - 1)
    high = np.minimum(low + 1, order.shape[-1] - 1)
    share = np.reshape(position - low, np.shape(q) + (1,) * len(kept))
    lower, upper = (np.moveaxis(order[..., k], -1, 0) if np.ndim(q) else order[..., k] for k in (low, high))
    return lower, upper, np.broadcast_to(share, lower.shape)


def centred_rows(m: Any, rowvar: bool = True) -> ndarray:
    """The variables that `np.cov(m, rowvar=rowvar)` compares, a row for each, less their means.

    >>> centred_rows(np.array([1.0, 3.0]))
    array([[-1.,  1.]])
    """
    rows = np.atleast_2d(np.asarray(m, dtype=np.result_type(m, float)))
    if not rowvar and np.ndim(m) == 2 and (rows.shape[0] != 1 or TURNS_ROWS):
        rows = rows.T
    return rows - rows.mean(axis=1, keepdims=True)


def uncentred_rows(g: ndarray, m: Any, rowvar: bool = True) -> Any:
    """The adjoint of `m` where `g` is that of `centred_rows(m, rowvar)`.

    >>> uncentred_rows(np.array([[2.0, 0.0]]), np.array([1.0, 3.0]))
    array([ 1., -1.])
    """
    g = g - g.mean(axis=1, keepdims=True)
    if not rowvar and np.ndim(m) == 2 and (np.shape(m)[0] != 1 or TURNS_ROWS):
        g = g.T
    return cast(g.reshape(np.shape(m)), m)
