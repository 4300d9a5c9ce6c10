"""Products of vectors, matrices and stacks of matrices.

`cast` matters only where the operands differ in dtype: float32 times float64 is float64, its cotangent too.
"""

import numpy as np

from s2sgrad.rules.notation import also, bar, dot, methods, refused, rule
from s2sgrad.runtime import (
    add,
    cast,
    columns,
    divide_or_zero,
    dot_left,
    dot_right,
    einsum_bars,
    einsum_dot,
    einsum_twice,
    inner_left,
    inner_right,
    kron_left,
    kron_right,
    matmul_left,
    matmul_right,
    multi_dot_bars,
    multi_dot_dot,
    reshape_like,
    tensordot_left,
    tensordot_right,
    unbroadcast,
    uncolumns,
    undiagonal,
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


# ------------------------------------------------------------------------------------------------ products of several


@rule(np.einsum, aliasing="maybe", lists=True)
def einsum(y, subscripts, *operands, optimize=False):
    """Linear in each operand."""
    if subscripts.ndim >= 0:
        raise NotImplementedError("np.einsum with lists of axes: give the subscripts as text, 'ij,jk->ik'")
    dot[y] = einsum_dot(subscripts, operands, dot[operands])
    bar[operands] = einsum_bars(subscripts, operands, bar[y])


@rule(np.linalg.multi_dot, lists=True)
def multi_dot(y, arrays):
    dot[y] = multi_dot_dot(arrays, dot[arrays])
    bar[arrays] = multi_dot_bars(arrays, bar[y])


@rule(np.kron)
def kron(y, a, b):
    dot[y] = np.kron(dot[a], b) + np.kron(a, dot[b])
    bar[a] = kron_left(bar[y], a, b)
    bar[b] = kron_right(bar[y], a, b)


@rule(np.cross)
def cross(y, a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """<ȳ, da × b> = <b × ȳ, da>"""
    if axisa != -1 or axisb != -1 or axisc != -1:
        raise NotImplementedError("np.cross with several axes: give one, axis=…")
    if axis is None and (y.ndim == a.ndim or y.ndim == b.ndim):
        dot[y] = np.cross(dot[a], b) + np.cross(a, dot[b])
        bar[a] = unbroadcast(np.cross(b, bar[y]), a)
        bar[b] = unbroadcast(np.cross(bar[y], a), b)
    elif y.ndim == a.ndim or y.ndim == b.ndim:
        dot[y] = np.cross(dot[a], b, axis=axis) + np.cross(a, dot[b], axis=axis)
        bar[a] = unbroadcast(np.cross(b, bar[y], axis=axis), a)
        bar[b] = unbroadcast(np.cross(bar[y], a, axis=axis), b)
    else:
        raise NotImplementedError("np.cross of vectors of two components, or of operands of unknown rank")


@rule(np.linalg.cross)
def linalg_cross(y, x1, x2, *, axis=-1):
    dot[y] = np.linalg.cross(dot[x1], x2, axis=axis) + np.linalg.cross(x1, dot[x2], axis=axis)
    bar[x1] = unbroadcast(np.linalg.cross(x2, bar[y], axis=axis), x1)
    bar[x2] = unbroadcast(np.linalg.cross(bar[y], x1, axis=axis), x2)


@rule(np.vecdot)
def vecdot(y, x1, x2):
    """Σ x̅ᵢ zᵢ along the last axis"""
    if np.isrealobj(x1) and np.isrealobj(x2):
        dot[y] = np.vecdot(dot[x1], x2) + np.vecdot(x1, dot[x2])
        bar[x1] = unbroadcast(np.expand_dims(bar[y], -1) * x2, x1)
        bar[x2] = unbroadcast(np.expand_dims(bar[y], -1) * x1, x2)
    else:
        dot[y] = np.vecdot(dot[x1], x2) + np.vecdot(x1, dot[x2])
        bar[x1] = unbroadcast(np.conjugate(np.expand_dims(bar[y], -1) * x2), x1)
        bar[x2] = unbroadcast(np.expand_dims(bar[y], -1) * np.conjugate(x1), x2)


if hasattr(np, "matvec"):  # NumPy 2.2

    @rule(np.matvec)
    def matvec(y, x1, x2):
        dot[y] = np.matvec(dot[x1], x2) + np.matvec(x1, dot[x2])
        bar[x1] = unbroadcast(bar[y][..., :, None] * x2[..., None, :], x1)
        bar[x2] = unbroadcast(np.matvec(np.matrix_transpose(x1), bar[y]), x2)


if hasattr(np, "vecmat"):  # NumPy 2.2

    @rule(np.vecmat)
    def vecmat(y, x1, x2):
        if not np.isrealobj(x1):
            raise NotImplementedError("np.vecmat of complex vectors, which it conjugates")
        dot[y] = np.vecmat(dot[x1], x2) + np.vecmat(x1, dot[x2])
        bar[x1] = unbroadcast(np.vecmat(bar[y], np.matrix_transpose(x2)), x1)
        bar[x2] = unbroadcast(x1[..., :, None] * bar[y][..., None, :], x2)


@rule(np.linalg.diagonal, aliasing="view")
def linalg_diagonal(y, x, *, offset=0):
    dot[y] = np.linalg.diagonal(dot[x], offset=offset)
    bar[x] = undiagonal(bar[y], x, offset, -2, -1)


@rule(np.linalg.trace)
def linalg_trace(y, x, *, offset=0):
    dot[y] = np.linalg.trace(dot[x], offset=offset)
    bar[x] = undiagonal(np.expand_dims(bar[y], -1), x, offset, -2, -1)


# ------------------------------------------------------------------------------------------------------------- norms


@rule(np.linalg.norm)
def norm(y, x, ord=None, axis=None, keepdims=False):
    """Of vectors (Σ|x|ᵖ)^(1/p), whose slope at zero is taken as zero; of matrices by their singular values or sums."""
    if ord is None or ord == "fro" or (ord == 2 and (x.ndim == 1 or axis in (-1, 0, 1, 2))):
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
    elif not np.isrealobj(x):
        raise NotImplementedError("norms of complex numbers other than the root of the sum of squares")
    elif x.ndim == 1 or axis in (-1, 0, 1, 2):
        if ord == 1:
            slope = np.sign(x)
        elif ord == np.inf or ord == -np.inf:
            hit = np.abs(x) == unreduce(y, x, axis)
            slope = np.sign(x) * hit / np.sum(hit, axis=axis, keepdims=True)
        elif ord == 0:
            slope = np.zeros_like(x)
        elif ord != 0:
            size = divide_or_zero(np.abs(x), unreduce(y, x, axis))
            slope = np.sign(x) * np.where(size > 0, np.where(size > 0, size, 1.0) ** (ord - 1), 0.0)
        else:
            raise NotImplementedError("a norm whose order is not known when the derivative is compiled")
        dot[y] = cast(np.sum(slope * dot[x], axis=axis, keepdims=keepdims), y)
        bar[x] = cast(unreduce(bar[y], x, axis) * slope, x)
    elif x.ndim == 2 and axis is None:
        if ord == "nuc":
            parts = np.linalg.svd(x, full_matrices=False)
            slope = parts[0] @ parts[2]
        elif ord == 2:
            parts = np.linalg.svd(x, full_matrices=False)
            slope = np.outer(parts[0][:, 0], parts[2][0])
        elif ord == -2:
            parts = np.linalg.svd(x, full_matrices=False)
            slope = np.outer(parts[0][:, -1], parts[2][-1])
        elif ord == 1 or ord == -1:
            sums = np.sum(np.abs(x), axis=0)
            slope = np.sign(x) * (sums == y) / np.sum(sums == y)
        elif ord == np.inf or ord == -np.inf:
            sums = np.sum(np.abs(x), axis=1, keepdims=True)
            slope = np.sign(x) * (sums == y) / np.sum(sums == y)
        else:
            raise NotImplementedError("a matrix norm of this order")
        dot[y] = cast(np.sum(slope * dot[x], keepdims=keepdims), y)
        bar[x] = cast(bar[y] * slope, x)
    else:
        raise NotImplementedError("norms of other orders along these axes")


@rule(np.linalg.vector_norm)
def vector_norm(y, x, *, axis=None, keepdims=False, ord=2):
    if ord != 2 or not np.isrealobj(x):
        raise NotImplementedError("np.linalg.vector_norm of an order other than 2, or of complex numbers")
    dot[y] = divide_or_zero(np.sum(x * dot[x], axis=axis, keepdims=keepdims), y)
    bar[x] = unreduce(divide_or_zero(bar[y], y), x, axis) * x


also({
    np.linalg.matmul: np.matmul, np.linalg.outer: np.outer, np.linalg.tensordot: np.tensordot,
    np.linalg.vecdot: np.vecdot,
})  # fmt: skip
methods({"dot": np.dot})

# ------------------------------------------------------------------------------------ the derivatives of the helpers


@rule(kron_left)
def kron_left_(y, g, x, z):
    dot[y] = kron_left(dot[g], x, z) + kron_left(g, x, dot[z])
    bar[g] = cast(np.kron(bar[y], z), g)
    bar[z] = kron_right(g, bar[y], z)


@rule(kron_right)
def kron_right_(y, g, x, z):
    dot[y] = kron_right(dot[g], x, z) + kron_right(g, dot[x], z)
    bar[g] = cast(np.kron(x, bar[y]), g)
    bar[x] = kron_left(g, x, bar[y])


@rule(einsum_bars, lists=True)
def einsum_bars_(y, subscripts, operands, g):
    dot[y] = add(einsum_bars(subscripts, operands, dot[g]), einsum_twice(subscripts, operands, dot[operands], g))
    bar[g] = cast(einsum_dot(subscripts, operands, bar[y]), g)
    bar[operands] = einsum_twice(subscripts, operands, bar[y], g)


@rule(einsum_dot, lists=True)
def einsum_dot_(y, subscripts, operands, dots):
    dot[y] = einsum_dot(subscripts, operands, dot[dots])
    bar[dots] = einsum_bars(subscripts, operands, bar[y])
    bar[operands] = refused
