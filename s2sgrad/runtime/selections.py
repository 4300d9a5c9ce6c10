"""Where each element of a result was taken from: the transposes of selections and rearrangements.

A selection is known by the places it takes: run on `own_places(x)` in place of `x`, it tells for each element of its
result the place in `x`. Negative places mean that the element is not from `x`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import cast, zeros_like
from s2sgrad.runtime.shapes import unbroadcast, unstack_like


def own_places(x: Any) -> ndarray:
    """Each element's place in `x`, in the shape of `x`.

    >>> own_places(np.zeros((2, 3)))
    array([[0, 1, 2],
           [3, 4, 5]])
    """
    return np.arange(np.size(x)).reshape(np.shape(x))


def gather_at(x: Any, where: ndarray) -> ndarray:
    """The elements of `x` at these places, 0 where the place is negative.

    >>> gather_at(np.array([1.0, 2.0]), np.array([1, 1, -1]))
    array([2., 2., 0.])
    """
    flat = np.ravel(x)
    if not flat.size:
        return np.zeros(np.shape(where), flat.dtype)
    return np.where(np.less(where, 0), flat.dtype.type(0), flat[where])


def scatter_at(g: Any, where: Any, x: Any) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `gather_at(x, where)`.

    >>> scatter_at(np.array([1.0, 2.0, 4.0]), np.array([1, 1, -1]), np.zeros(2))
    array([0., 3.])
    """
    g, where = np.asarray(g), np.asarray(where)
    total = np.zeros(np.size(x), g.dtype)
    if where.size and where.min() < 0:
        taken = where >= 0
        g, where = g[taken], where[taken]
    np.add.at(total, where, g)
    total = total.reshape(np.shape(x))
    return unstack_like(x, total) if isinstance(x, (list, tuple)) else cast(total, x)


def cropped_like(g: ndarray, x: Any) -> ndarray:
    """`g` cut at the far end of its axes, or continued there with zeros, to the shape of `x`; in its dtype.

    >>> cropped_like(np.array([1.0, 2.0, 3.0]), np.zeros(2)), cropped_like(np.array([1.0]), np.zeros(2))
    (array([1., 2.]), array([1., 0.]))
    """
    if g.shape == np.shape(x):
        return cast(g, x)
    total = np.zeros(np.shape(x), g.dtype)
    common = tuple([slice(0, min(m, n)) for m, n in zip(g.shape, total.shape, strict=True)])
    total[common] = g[common]
    return cast(total, x)


def unbroadcast_each(gs: Any, xs: Any) -> list:
    """The adjoints of `xs` where `gs` are those of the arrays that they were broadcast to.

    >>> unbroadcast_each([np.ones(3), None], [2.0, 1])
    [3.0, None]
    """
    pairs = zip(gs, xs, strict=True)
    return [None if g is None or zeros_like(x) is None else unbroadcast(g, x) for g, x in pairs]


def unmeshgrid(gs: Any, xs: Any, sparse: bool = False, indexing: str = "xy") -> list:
    """The adjoints of `xs` where `gs` are those of `np.meshgrid(*xs, sparse=…, indexing=…)`.

    >>> unmeshgrid([np.ones((3, 2)), None], [np.zeros(2), np.zeros(3)])
    [array([3., 3.]), None]
    """
    bars = []
    for i, (g, x) in enumerate(zip(gs, xs, strict=True)):
        axis = 1 - i if i < 2 and indexing == "xy" and len(xs) > 1 else i
        if g is None or zeros_like(x) is None:
            bars.append(None)
        else:
            bars.append(cast(np.sum(g, axis=tuple(k for k in range(len(xs)) if k != axis)).reshape(np.shape(x)), x))
    return bars


def unchoose(g: ndarray, a: Any, choices: Any) -> Any:
    """The adjoint of `choices` where `g` is that of `np.choose(a, choices)`.

    >>> unchoose(np.array([1.0, 2.0]), np.array([1, 0]), (np.zeros(2), 0.5))
    [array([0., 2.]), 1.0]
    """
    bars = [
        None if zeros_like(x) is None else unbroadcast(np.where(np.equal(a, i), g, 0.0), x)
        for i, x in enumerate(choices)
    ]
    return np.stack(bars) if isinstance(choices, ndarray) else bars


def unselect(g: ndarray, conditions: Any, choices: Any) -> list:
    """The adjoints of `choices` where `g` is that of `np.select(conditions, choices)`.

    >>> unselect(np.array([1.0, 2.0]), [np.array([True, True]), np.array([True, False])], [0.5, 0.5])
    [3.0, 0.0]
    """
    bars, free = [], True
    for condition, x in zip(conditions, choices, strict=True):
        bars.append(None if zeros_like(x) is None else unbroadcast(np.where(free & condition, g, 0.0), x))
        free = free & ~condition
    return bars


def unblock(g: ndarray, arrays: Any) -> Any:
    """The adjoint of `arrays`, nested lists of arrays, where `g` is that of `np.block(arrays)`.

    >>> unblock(np.array([1.0, 2.0, 3.0]), [0.5, np.zeros(2)])
    [1.0, array([2., 3.])]
    """
    count = 0

    def numbered(tree: Any) -> Any:
        nonlocal count
        if isinstance(tree, list):
            return [numbered(item) for item in tree]
        start, count = count, count + np.size(tree)
        return start + own_places(tree)

    def part(where: Any, tree: Any) -> Any:
        if isinstance(tree, list):
            return [part(w, item) for w, item in zip(where, tree, strict=True)]
        return None if zeros_like(tree) is None else cast(flat[where], tree)

    where = numbered(arrays)
    flat = np.zeros(count, g.dtype)
    flat[np.block(where)] = g
    return part(where, arrays)
