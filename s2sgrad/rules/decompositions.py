"""Factorisations of matrices, and what is computed by them; of real matrices, and of stacks of such.

`np.linalg.cholesky` and `np.linalg.eigh` read one triangle of their operand, so its adjoint is in that triangle. Where
two eigenvalues or singular values are equal, the vectors that belong to them have no derivative: no contribution passes
between the two.
"""

import numpy as np

from s2sgrad.rules.notation import bar, dot, rule, zero
from s2sgrad.runtime import cast, divide_or_zero, lower_half, lstsq_bars, lstsq_dot, reciprocal_gaps

zero(np.linalg.matrix_rank)


@rule(np.linalg.cholesky)
def cholesky(y, a, *, upper=False):
    """L⁻¹ dA L⁻ᵀ = L⁻¹ dL + (L⁻¹ dL)ᵀ"""
    if not np.isrealobj(a) or upper:
        raise NotImplementedError("np.linalg.cholesky of complex matrices, or of the upper triangle")
    inverse = np.linalg.inv(y)
    half = lower_half(dot[a])
    dot[y] = y @ lower_half(inverse @ (half + np.matrix_transpose(half)) @ np.matrix_transpose(inverse))
    part = np.matrix_transpose(inverse) @ lower_half(np.matrix_transpose(y) @ bar[y]) @ inverse
    bar[a] = lower_half(part + np.matrix_transpose(part))


@rule(np.linalg.eigh)
def eigh(y, a):
    """dλ = diag(Vᵀ dA V), dV = V (F ∘ Vᵀ dA V) with F_ij = 1 / (λ_j - λ_i)"""
    if not np.isrealobj(a):
        raise NotImplementedError("np.linalg.eigh of complex matrices")
    vt = np.matrix_transpose(y[1])
    half = lower_half(dot[a])
    turned = vt @ (half + np.matrix_transpose(half)) @ y[1]
    dot[y] = (np.diagonal(turned, 0, -2, -1), y[1] @ (reciprocal_gaps(y[0]) * turned))
    inner = np.eye(a.shape[-1]) * bar[y][0][..., None] + reciprocal_gaps(y[0]) * (vt @ bar[y][1])
    part = y[1] @ inner @ vt
    bar[a] = cast(lower_half(part + np.matrix_transpose(part)), a)


@rule(np.linalg.eigvalsh)
def eigvalsh(y, a):
    if not np.isrealobj(a):
        raise NotImplementedError("np.linalg.eigvalsh of complex matrices")
    v = np.linalg.eigh(a)[1]
    half = lower_half(dot[a])
    dot[y] = np.diagonal(np.matrix_transpose(v) @ (half + np.matrix_transpose(half)) @ v, 0, -2, -1)
    part = (v * bar[y][..., None, :]) @ np.matrix_transpose(v)
    bar[a] = lower_half(part + np.matrix_transpose(part))


@rule(np.linalg.svd)
def svd(y, a, full_matrices=True, compute_uv=True):
    """A = U S Vᵀ, reduced. F_ij = 1 / (s_j² - s_i²)"""
    if not np.isrealobj(a):
        raise NotImplementedError("np.linalg.svd of complex matrices")
    if compute_uv is False:
        decomposed = np.linalg.svd(a, full_matrices=False)
        u = decomposed[0]
        vt = decomposed[2]
        dot[y] = np.diagonal(np.matrix_transpose(u) @ dot[a] @ np.matrix_transpose(vt), 0, -2, -1)
        bar[a] = (u * bar[y][..., None, :]) @ vt
    elif compute_uv is True and full_matrices is False:
        u = y[0]
        s = y[1]
        ut = np.matrix_transpose(u)
        v = np.matrix_transpose(y[2])
        gaps = reciprocal_gaps(s * s)
        p = ut @ dot[a] @ v
        sp = s[..., :, None] * p
        ps = p * s[..., None, :]
        beside_u = divide_or_zero(dot[a] @ v - u @ p, s[..., None, :])
        beside_v = divide_or_zero(np.matrix_transpose(dot[a]) @ u - v @ np.matrix_transpose(p), s[..., None, :])
        turn_v = gaps * (sp + np.matrix_transpose(sp))
        dot[y] = (
            u @ (gaps * (ps + np.matrix_transpose(ps))) + beside_u,
            np.diagonal(p, 0, -2, -1),
            np.matrix_transpose(v @ turn_v + beside_v),
        )
        gu = bar[y][0]
        gv = np.matrix_transpose(bar[y][2])
        uu = gaps * (ut @ gu - np.matrix_transpose(gu) @ u)
        vv = gaps * (np.matrix_transpose(v) @ gv - np.matrix_transpose(gv) @ v)
        inner = np.eye(s.shape[-1]) * bar[y][1][..., None, :] + uu * s[..., None, :] + s[..., :, None] * vv
        part = u @ inner + divide_or_zero(gu - u @ (ut @ gu), s[..., None, :])
        rest = divide_or_zero(gv - v @ (np.matrix_transpose(v) @ gv), s[..., None, :])
        bar[a] = cast(part @ y[2] + u @ np.matrix_transpose(rest), a)
    else:
        raise NotImplementedError("np.linalg.svd with full_matrices=True: pass full_matrices=False")


@rule(np.linalg.svdvals)
def svdvals(y, x):
    if not np.isrealobj(x):
        raise NotImplementedError("np.linalg.svdvals of complex matrices")
    decomposed = np.linalg.svd(x, full_matrices=False)
    ut = np.matrix_transpose(decomposed[0])
    dot[y] = np.diagonal(ut @ dot[x] @ np.matrix_transpose(decomposed[2]), 0, -2, -1)
    bar[x] = (decomposed[0] * bar[y][..., None, :]) @ decomposed[2]


@rule(np.linalg.qr)
def qr(y, a, mode="reduced"):
    """A = Q [U W], with U square; columns beyond it (of a wide matrix) make W = Qᵀ Y."""
    if mode != "reduced" or not np.isrealobj(a):
        raise NotImplementedError("np.linalg.qr in another mode than reduced, or of complex matrices")
    q = y[0]
    qt = np.matrix_transpose(q)
    k = q.shape[-1]
    inverse = np.linalg.inv(y[1][..., :k])
    change = dot[a][..., :k] @ inverse
    c = qt @ change
    turn = np.tril(c, -1) - np.matrix_transpose(np.tril(c, -1))
    moved = q @ turn + change - q @ c
    beyond = np.matrix_transpose(moved) @ a[..., k:] + qt @ dot[a][..., k:]
    dot[y] = (moved, np.concatenate([(c - turn) @ y[1][..., :k], beyond], axis=-1))
    square = bar[y][1][..., :k]
    wide = bar[y][1][..., k:]
    g = bar[y][0] + a[..., k:] @ np.matrix_transpose(wide)
    m = y[1][..., :k] @ np.matrix_transpose(square) - np.matrix_transpose(g) @ q
    inner = g + q @ (np.tril(m) + np.matrix_transpose(np.tril(m, -1)))
    bar[a] = cast(np.concatenate([inner @ np.matrix_transpose(inverse), q @ wide], axis=-1), a)


@rule(np.linalg.pinv)
def pinv(y, a):
    """Of constant rank: dP = -P dA P + P Pᵀ dAᵀ (I - A P) + (I - P A) dAᵀ Pᵀ P"""
    if not np.isrealobj(a):
        raise NotImplementedError("np.linalg.pinv of complex matrices")
    yt = np.matrix_transpose(y)
    da = np.matrix_transpose(dot[a])
    dot[y] = -y @ dot[a] @ y + y @ yt @ (da - da @ a @ y) + (da - y @ a @ da) @ yt @ y
    g = np.matrix_transpose(bar[y])
    left = g @ y @ yt
    right = yt @ y @ g
    bar[a] = -yt @ bar[y] @ yt + left - a @ y @ left + right - right @ y @ a


@rule(np.linalg.lstsq)
def lstsq(y, a, b, rcond=None):
    """`y` is (solution, sums of squared residuals, rank, singular values), of a matrix of full rank."""
    if not (np.isrealobj(a) and np.isrealobj(b)):
        raise NotImplementedError("np.linalg.lstsq of complex operands")
    dot[y] = lstsq_dot(y, a, b, dot[a], dot[b])
    bars = lstsq_bars(y, a, b, bar[y])
    bar[a] = bars[0]
    bar[b] = bars[1]


@rule(np.linalg.matrix_power, aliasing="maybe")
def matrix_power(y, a, n):
    """[[A, dA], [0, A]]ⁿ has d(Aⁿ) beside Aⁿ."""
    double = np.linalg.matrix_power(np.block([[a, dot[a]], [np.zeros_like(a), a]]), n)
    dot[y] = double[..., : a.shape[-1], a.shape[-1] :]
    at = np.matrix_transpose(a)
    turned = np.linalg.matrix_power(np.block([[at, bar[y]], [np.zeros_like(a), at]]), n)
    bar[a] = turned[..., : a.shape[-1], a.shape[-1] :]


# ------------------------------------------------------------------------------------ the derivatives of the helpers


@rule(lower_half)
def lower_half_(y, x):
    dot[y] = lower_half(dot[x])
    bar[x] = lower_half(bar[y])


@rule(reciprocal_gaps)
def reciprocal_gaps_(y, w):
    """F_ij = 1 / (w_j - w_i): dF = F² ∘ (dw_i - dw_j)"""
    dot[y] = y * y * (dot[w][..., :, None] - dot[w][..., None, :])
    g = bar[y] * y * y
    bar[w] = np.sum(g, axis=-1) - np.sum(g, axis=-2)
