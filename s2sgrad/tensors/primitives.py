"""What the operators compute: one small NumPy function each, which the compiler differentiates.

No derivative is written here, or anywhere in the shim. `x` is the tensor operated on, `z` a second one or a number;
`dim` is an axis, a tuple of axes, or None.
"""

from __future__ import annotations

import numpy as np

# ---- arithmetic ----


def add(x, z):
    return x + z


def add_scaled(x, z, alpha):
    return x + alpha * z


def sub(x, z):
    return x - z


def rsub(x, z):
    return z - x


def mul(x, z):
    return x * z


def div(x, z):
    return x / z


def rdiv(x, z):
    return z / x


def power(x, z):
    return x**z


def rpower(x, z):
    return z**x


def remainder(x, z):
    return x % z


def neg(x):
    return -x


def maximum(x, z):
    return np.maximum(x, z)


def minimum(x, z):
    return np.minimum(x, z)


def atan2(x, z):
    return np.arctan2(x, z)


def where(condition, x, z):
    return np.where(condition, x, z)


def clamp_min(x, low):
    return np.where(x < low, low, x)


def clamp_max(x, high):
    return np.where(x > high, high, x)


def clamp(x, low, high):
    return np.where(x < low, low, np.where(x > high, high, x))


# ---- elementwise functions ----


def absolute(x):
    return np.abs(x)


def sign(x):
    return np.sign(x)


def floor(x):
    return np.floor(x)


def ceil(x):
    return np.ceil(x)


def trunc(x):
    return np.trunc(x)


def rint(x):
    return np.rint(x)


def exp(x):
    return np.exp(x)


def exp2(x):
    return np.exp2(x)


def expm1(x):
    return np.expm1(x)


def log(x):
    return np.log(x)


def log2(x):
    return np.log2(x)


def log10(x):
    return np.log10(x)


def log1p(x):
    return np.log1p(x)


def sqrt(x):
    return np.sqrt(x)


def rsqrt(x):
    return 1.0 / np.sqrt(x)


def reciprocal(x):
    return 1.0 / x


def sin(x):
    return np.sin(x)


def cos(x):
    return np.cos(x)


def tan(x):
    return np.tan(x)


def asin(x):
    return np.arcsin(x)


def acos(x):
    return np.arccos(x)


def atan(x):
    return np.arctan(x)


def sinh(x):
    return np.sinh(x)


def cosh(x):
    return np.cosh(x)


def tanh(x):
    return np.tanh(x)


def sigmoid(x):
    e = np.exp(np.where(x < 0, x, -x))  # never overflows, and neither does the adjoint
    return np.where(x < 0, e, 1.0) / (1.0 + e)


def relu(x):
    return np.where(x > 0, x, 0)


def softplus(x):
    return np.logaddexp(x, 0.0)


# ---- along dimensions ----


def total(x, dim, keepdim):
    return np.sum(x, axis=dim, keepdims=keepdim)


def mean(x, dim, keepdim):
    return np.mean(x, axis=dim, keepdims=keepdim)


def product(x, dim, keepdim):
    return np.prod(x, axis=dim, keepdims=keepdim)


def largest(x, dim, keepdim):
    return np.max(x, axis=dim, keepdims=keepdim)


def smallest(x, dim, keepdim):
    return np.min(x, axis=dim, keepdims=keepdim)


def variance(x, dim, keepdim, correction):
    return np.var(x, axis=dim, keepdims=keepdim, ddof=correction)


def deviation(x, dim, keepdim, correction):
    return np.std(x, axis=dim, keepdims=keepdim, ddof=correction)


def euclidean_norm(x, dim, keepdim):
    return np.linalg.norm(x, axis=dim, keepdims=keepdim)


def taxicab_norm(x, dim, keepdim):
    return np.sum(np.abs(x), axis=dim, keepdims=keepdim)


def maximum_norm(x, dim, keepdim):
    return np.max(np.abs(x), axis=dim, keepdims=keepdim)


def power_norm(x, p, dim, keepdim):
    return np.sum(np.abs(x) ** p, axis=dim, keepdims=keepdim) ** (1.0 / p)


def softmax(x, dim):
    e = np.exp(x - np.max(x, axis=dim, keepdims=True))
    return e / np.sum(e, axis=dim, keepdims=True)


def log_softmax(x, dim):
    s = x - np.max(x, axis=dim, keepdims=True)
    return s - np.log(np.sum(np.exp(s), axis=dim, keepdims=True))


def logsumexp(x, dim, keepdim):
    m = np.max(x, axis=dim, keepdims=True)
    s = np.log(np.sum(np.exp(x - m), axis=dim, keepdims=True)) + m
    return s if keepdim else np.squeeze(s, axis=dim)


def cumsum(x, dim):
    return np.cumsum(x, axis=dim)


def cumprod(x, dim):
    y = np.moveaxis(x, dim, 0).copy()
    for i in range(1, len(y)):
        y[i] *= y[i - 1]
    return np.moveaxis(y, 0, dim)


# ---- products ----


def matmul(x, z):
    return x @ z


def outer(x, z):
    return np.outer(x, z)


def einsum_of_one(subscripts, x):
    return np.einsum(subscripts, x)


def einsum_of_two(subscripts, x, z):
    return np.einsum(subscripts, x, z)


# ---- shape ----


def reshape(x, shape):
    return np.reshape(x, shape)


def permute(x, dims):
    return np.transpose(x, dims)


def expand(x, shape):
    return np.broadcast_to(x, shape)


def repeat(x, repeats):
    return np.tile(x, repeats)


def flip(x, dims):
    return np.flip(x, axis=dims)


def roll(x, shifts, dims):
    return np.roll(x, shifts, axis=dims)


def diagonal(x, offset, dim1, dim2):
    return np.diagonal(x, offset, dim1, dim2)


def diagonal_matrix(x, offset):
    return np.diag(x, offset)


def tril(x, diagonal):
    return np.tril(x, diagonal)


def triu(x, diagonal):
    return np.triu(x, diagonal)


def cat(tensors, dim):
    return np.concatenate(tensors, axis=dim)


def stack(tensors, dim):
    return np.stack(tensors, axis=dim)


# ---- elements, copies ----


def index(x, key):
    return x[key]


def index_put(x, key, z):
    y = x.copy()
    y[key] = z
    return y


def put_flat(x, positions, z):
    """The view of `x` whose elements are at `positions` in row-major order, overwritten."""
    y = x.flatten()
    y[positions] = z
    return np.reshape(y, x.shape)


def clone(x):
    return x.copy()


def cast(x, dtype):
    return x.astype(dtype)


def fill(x, z):
    return np.full_like(x, z)


def overwrite(x, z):
    return np.broadcast_to(z, x.shape)
