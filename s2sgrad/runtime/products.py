"""The transposes of products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import cast
from s2sgrad.runtime.shapes import unbroadcast


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
