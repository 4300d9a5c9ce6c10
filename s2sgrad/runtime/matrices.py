"""Parts of the derivatives of factorisations, norms and products of several matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import cast
from s2sgrad.runtime.products import columns, uncolumns


def lower_half(x: ndarray) -> ndarray:
    """The lower triangle with half the diagonal: what makes a symmetric matrix, together with its transpose.

    >>> lower_half(np.array([[2.0, 4.0], [4.0, 6.0]]))
    array([[1., 0.],
           [4., 3.]])
    """
    return np.tril(x) - 0.5 * x * np.eye(x.shape[-1], dtype=x.dtype)


def reciprocal_gaps(w: ndarray) -> ndarray:
    """1 / (w_j - w_i), and 0 where the two are equal.

    >>> reciprocal_gaps(np.array([1.0, 3.0]))
    array([[ 0. ,  0.5],
           [-0.5,  0. ]])
    """
    gaps = w[..., None, :] - w[..., :, None]
    return np.divide(1.0, gaps, out=np.zeros_like(gaps), where=gaps != 0)


def lstsq_bars(y: Any, a: ndarray, b: ndarray, g: Any) -> list[ndarray]:
    """The adjoints of `a` and `b` where `g` is that of `y = np.linalg.lstsq(a, b)`, for a matrix of full rank.

    >>> a, b = np.array([[1.0], [1.0]]), np.array([1.0, 3.0])
    >>> [np.round(part, 9).tolist() for part in lstsq_bars(np.linalg.lstsq(a, b), a, b, [np.ones(1), None, None, None])]
    [[[-1.5], [-0.5]], [0.5, 0.5]]
    """
    x, p = columns(y[0], b), np.linalg.pinv(a)
    rest = columns(b, b) - a @ x
    a_bar, b_bar = np.zeros(a.shape), np.zeros((len(b), x.shape[1]))
    if g[0] is not None:
        back = columns(g[0], b)
        b_bar += p.T @ back
        a_bar += rest @ back.T @ p @ p.T - p.T @ back @ x.T
        if a.shape[0] < a.shape[1]:  # the shortest of many solutions
            right = p.T @ p @ columns(b, b) @ back.T
            a_bar += right - right @ p @ a
    if g[1] is not None and np.size(g[1]):
        b_bar += 2.0 * rest * g[1]
        a_bar -= 2.0 * rest * g[1] @ x.T
    if g[3] is not None:
        u, _, vt = np.linalg.svd(a, full_matrices=False)
        a_bar += (u * g[3]) @ vt
    return [cast(a_bar, a), cast(uncolumns(b_bar, b), b)]


def lstsq_dot(y: Any, a: ndarray, b: ndarray, a_dot: Any, b_dot: Any) -> tuple:
    """The tangent of `y = np.linalg.lstsq(a, b)` where those of `a` and `b` are given, for a matrix of full rank.

    >>> a, b = np.array([[1.0], [1.0]]), np.array([1.0, 3.0])
    >>> np.round(lstsq_dot(np.linalg.lstsq(a, b), a, b, np.zeros((2, 1)), np.ones(2))[0], 9)
    array([1.])
    """
    a_dot, b_dot = np.broadcast_to(a_dot, a.shape), columns(np.broadcast_to(b_dot, b.shape), b)
    x, p = columns(y[0], b), np.linalg.pinv(a)
    rest = columns(b, b) - a @ x
    moved = b_dot - a_dot @ x
    x_dot = p @ moved + p @ p.T @ a_dot.T @ rest
    if a.shape[0] < a.shape[1]:
        x_dot += (np.eye(a.shape[1]) - p @ a) @ a_dot.T @ p.T @ p @ columns(b, b)
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    squares = 2.0 * np.sum(rest * moved, axis=0) if np.size(y[1]) else np.zeros_like(y[1])
    return uncolumns(x_dot, b), squares, 0, np.sum(u * (a_dot @ vt.T), axis=0)


def _interleaved(g: Any, x: Any, z: Any) -> tuple[ndarray, int, tuple, tuple]:
    """`g` with the axes of `x` and of `z` in turn, as `np.kron(x, z)` takes them together; and what they are."""
    rank = max(np.ndim(x), np.ndim(z))
    first = (1,) * (rank - np.ndim(x)) + np.shape(x)
    second = (1,) * (rank - np.ndim(z)) + np.shape(z)
    return np.reshape(g, [n for pair in zip(first, second, strict=True) for n in pair]), rank, first, second


def kron_left(g: Any, x: Any, z: Any) -> Any:
    """The adjoint of `x` where `g` is the adjoint of `np.kron(x, z)`.

    >>> kron_left(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(2), np.array([10.0, 1.0]))
    array([12., 34.])
    """
    turned, rank, _, second = _interleaved(g, x, z)
    part = np.tensordot(turned, np.reshape(z, second), (list(range(1, 2 * rank, 2)), list(range(rank))))
    return cast(np.reshape(part, np.shape(x)), x)


def kron_right(g: Any, x: Any, z: Any) -> Any:
    """The adjoint of `z` where `g` is the adjoint of `np.kron(x, z)`.

    >>> kron_right(np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 1.0]), np.zeros(2))
    array([13., 24.])
    """
    turned, rank, first, _ = _interleaved(g, x, z)
    part = np.tensordot(np.reshape(x, first), turned, (list(range(rank)), list(range(0, 2 * rank, 2))))
    return cast(np.reshape(part, np.shape(z)), z)


def multi_dot_bars(arrays: Any, g: Any) -> list[ndarray]:
    """The adjoints of `arrays` where `g` is that of `np.linalg.multi_dot(arrays)`.

    >>> [bar.tolist() for bar in multi_dot_bars([np.array([1.0, 2.0]), np.array([[3.0], [4.0]])], np.array([1.0]))]
    [[3.0, 4.0], [[1.0], [2.0]]]
    """
    shapes = [np.shape(a) for a in arrays]
    full = [np.atleast_2d(a) for a in arrays]  # the first may be a row
    if len(shapes[-1]) == 1:
        full[-1] = full[-1].T
    back = np.reshape(g, (len(full[0]), full[-1].shape[1]))
    bars = []
    for i, a in enumerate(arrays):
        before, after = full[:i], full[i + 1 :]
        chain = [*([_product(before).T] if before else []), back, *([_product(after).T] if after else [])]
        bars.append(cast(np.reshape(_product(chain), shapes[i]), a))
    return bars


def _product(matrices: list[ndarray]) -> ndarray:
    """The product of one or more matrices."""
    return matrices[0] if len(matrices) == 1 else np.linalg.multi_dot(matrices)


def multi_dot_dot(arrays: Any, dots: Any) -> Any:
    """The tangent of `np.linalg.multi_dot(arrays)` where `dots` are those of `arrays`.

    >>> multi_dot_dot([np.ones(2), np.ones((2, 1))], [np.array([1.0, 2.0]), None])
    array([3.])
    """
    terms = [np.linalg.multi_dot([*arrays[:i], dot, *arrays[i + 1 :]]) for i, dot in enumerate(dots) if dot is not None]
    return sum(terms) if terms else 0.0 * np.linalg.multi_dot(list(arrays))
