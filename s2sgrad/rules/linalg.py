"""Products of vectors, matrices and stacks of matrices.

`cast` matters only where the operands differ in dtype: float32 times float64 is float64, its cotangent too.
"""

import numpy as np

from s2sgrad.rules.notation import bar, dot, methods, rule
from s2sgrad.runtime import (
    cast,
    columns,
    divide_or_zero,
    dot_left,
    dot_right,
    inner_left,
    inner_right,
    matmul_left,
    matmul_right,
    reshape_like,
    tensordot_left,
    tensordot_right,
    unbroadcast,
    uncolumns,
    unreduce,
)


@rule(np.matmul)
def matmul(y, x1, x2):
    dot[y] = dot[x1] @ x2 + x1 @ dot[x2]
    if x1.ndim == 2 and x2.ndim == 2:
        bar[x1] = cast(bar[y] @ x2.T, x1)
        bar[x2] = cast(x1.T @ bar[y], x2)
    elif x1.ndim == 2 and x2.ndim == 1:
        bar[x1] = cast(bar[y][:, None] * x2, x1)
        bar[x2] = cast(x1.T @ bar[y], x2)
    elif x1.ndim == 1 and x2.ndim == 2:
        bar[x1] = cast(x2 @ bar[y], x1)
        bar[x2] = cast(x1[:, None] * bar[y], x2)
    elif x1.ndim == 1 and x2.ndim == 1:
        bar[x1] = cast(bar[y] * x2, x1)
        bar[x2] = cast(bar[y] * x1, x2)
    else:
        bar[x1] = matmul_left(bar[y], x1, x2)
        bar[x2] = matmul_right(bar[y], x1, x2)


@rule(np.dot)
def dot_(y, a, b):
    dot[y] = np.dot(dot[a], b) + np.dot(a, dot[b])
    if a.ndim == 2 and b.ndim == 2:
        bar[a] = cast(bar[y] @ b.T, a)
        bar[b] = cast(a.T @ bar[y], b)
    elif a.ndim == 2 and b.ndim == 1:
        bar[a] = cast(bar[y][:, None] * b, a)
        bar[b] = cast(a.T @ bar[y], b)
    elif a.ndim == 1 and b.ndim == 2:
        bar[a] = cast(b @ bar[y], a)
        bar[b] = cast(a[:, None] * bar[y], b)
    elif a.ndim == 1 and b.ndim == 1:
        bar[a] = cast(bar[y] * b, a)
        bar[b] = cast(bar[y] * a, b)
    else:
        bar[a] = dot_left(bar[y], a, b)
        bar[b] = dot_right(bar[y], a, b)


@rule(np.inner)
def inner(y, a, b):
    dot[y] = np.inner(dot[a], b) + np.inner(a, dot[b])
    if a.ndim == 1 and b.ndim == 1:
        bar[a] = cast(bar[y] * b, a)
        bar[b] = cast(bar[y] * a, b)
    elif a.ndim == 2 and b.ndim == 2:
        bar[a] = cast(bar[y] @ b, a)
        bar[b] = cast(bar[y].T @ a, b)
    else:
        bar[a] = inner_left(bar[y], a, b)
        bar[b] = inner_right(bar[y], a, b)


@rule(np.outer)
def outer(y, a, b):
    dot[y] = np.outer(dot[a], b) + np.outer(a, dot[b])
    if a.ndim == 1 and b.ndim == 1:
        bar[a] = cast(bar[y] @ b, a)
        bar[b] = cast(a @ bar[y], b)
    else:
        bar[a] = reshape_like(bar[y] @ np.ravel(b), a)
        bar[b] = reshape_like(np.ravel(a) @ bar[y], b)


@rule(np.vdot)
def vdot(y, a, b):
    """Σ a̅ᵢ bᵢ"""
    if np.isrealobj(a) and np.isrealobj(b):
        dot[y] = np.vdot(dot[a], b) + np.vdot(a, dot[b])
        if a.ndim == b.ndim:
            bar[a] = cast(bar[y] * b, a)
            bar[b] = cast(bar[y] * a, b)
        else:
            bar[a] = reshape_like(bar[y] * b, a)
            bar[b] = reshape_like(bar[y] * a, b)
    else:
        dot[y] = np.vdot(dot[a], b) + np.vdot(a, dot[b])
        bar[a] = reshape_like(np.conjugate(bar[y] * b), a)
        bar[b] = reshape_like(bar[y] * np.conjugate(a), b)


@rule(np.tensordot)
def tensordot(y, a, b, axes=2):
    dot[y] = np.tensordot(dot[a], b, axes) + np.tensordot(a, dot[b], axes)
    bar[a] = tensordot_left(bar[y], a, b, axes)
    bar[b] = tensordot_right(bar[y], a, b, axes)


# ------------------------------------------------------------------------------------- inverses, determinants, norms


@rule(np.linalg.inv)
def inv(y, a):
    """d(A⁻¹) = -A⁻¹ dA A⁻¹"""
    dot[y] = -y @ dot[a] @ y
    if a.ndim == 2:
        bar[a] = -y.T @ bar[y] @ y.T
    else:
        bar[a] = -np.matrix_transpose(y) @ bar[y] @ np.matrix_transpose(y)


@rule(np.linalg.solve)
def solve(y, a, b):
    """A dy = db - dA y"""
    dot[y] = uncolumns(np.linalg.solve(a, columns(dot[b], b) - dot[a] @ columns(y, b)), b)
    if a.ndim == 2 and b.ndim == 1:
        g = np.linalg.solve(a.T, bar[y])
        bar[a] = cast(-g[:, None] * y, a)
        bar[b] = cast(g, b)
    elif a.ndim == 2 and b.ndim == 2:
        g = np.linalg.solve(a.T, bar[y])
        bar[a] = cast(-g @ y.T, a)
        bar[b] = cast(g, b)
    else:
        g = np.linalg.solve(np.matrix_transpose(a), columns(bar[y], b))
        bar[a] = unbroadcast(-g @ np.matrix_transpose(columns(y, b)), a)
        bar[b] = unbroadcast(uncolumns(g, b), b)


@rule(np.linalg.det)
def det(y, a):
    """d det A = det A tr(A⁻¹ dA); a singular matrix is refused by `np.linalg.inv`."""
    dot[y] = y * np.trace(np.linalg.inv(a) @ dot[a], axis1=-2, axis2=-1)
    if a.ndim == 2:
        bar[a] = bar[y] * y * np.linalg.inv(a).T
    else:
        bar[a] = unreduce(bar[y] * y, a, (-2, -1)) * np.matrix_transpose(np.linalg.inv(a))


@rule(np.linalg.slogdet)
def slogdet(y, a):
    """`y` is (sign, logarithm); d log det A = tr(A⁻¹ dA), of which a complex sign takes the imaginary part."""
    if np.isrealobj(a):
        dot[y] = (0.0 * y[0], np.trace(np.linalg.inv(a) @ dot[a], axis1=-2, axis2=-1))
        if a.ndim == 2:
            bar[a] = bar[y][1] * np.linalg.inv(a).T
        else:
            bar[a] = unreduce(bar[y][1], a, (-2, -1)) * np.matrix_transpose(np.linalg.inv(a))
    else:
        turn = np.trace(np.linalg.inv(a) @ dot[a], axis1=-2, axis2=-1)
        dot[y] = (1j * y[0] * np.imag(turn), np.real(turn))
        g = bar[y][1] - 1j * np.real(1j * y[0] * bar[y][0])
        bar[a] = cast(unreduce(g, a, (-2, -1)) * np.matrix_transpose(np.linalg.inv(a)), a)


@rule(np.linalg.norm)
def norm(y, x, ord=None, axis=None, keepdims=False):
    """The root of the sum of squares; its slope at zero is taken as zero."""
    if ord is not None and ord != "fro" and not (ord == 2 and (x.ndim == 1 or axis in (-1, 0, 1, 2))):
        raise NotImplementedError("norms other than the root of the sum of squares")
    if np.isrealobj(x):
        mirrored = x
    else:
        mirrored = np.conjugate(x)
    dot[y] = divide_or_zero(np.real(np.sum(mirrored * dot[x], axis=axis, keepdims=keepdims)), y)
    if axis is None or keepdims:
        bar[x] = divide_or_zero(bar[y], y) * mirrored
    elif axis is not None and not keepdims:
        bar[x] = np.expand_dims(divide_or_zero(bar[y], y), axis) * mirrored
    else:
        bar[x] = unreduce(divide_or_zero(bar[y], y), x, axis) * mirrored


methods({"dot": np.dot})
