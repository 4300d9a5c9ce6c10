"""Functions whose derivative is zero wherever they have one, or whose result is no real quantity."""

from __future__ import annotations

import math
import operator

import numpy as np

from s2sgrad.rules.notation import attributes, bar, dot, methods, rule, zero
from s2sgrad.runtime import captured, cast, instance_of, made_by, stop_gradient

zero(stop_gradient, aliasing="maybe")

# steps
zero(np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.floor_divide, np.spacing)
zero(getattr(np, "fix", np.trunc))  # deprecated in NumPy 2.4
zero(round, int, math.floor, math.ceil, math.trunc, math.ulp, operator.floordiv)

# questions: the answer is a bool, or an int
zero(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)
zero(np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
zero(np.isnan, np.isinf, np.isfinite, np.isneginf, np.isposinf, np.isnat, np.signbit, np.isreal, np.iscomplex)
zero(np.isrealobj, np.iscomplexobj, np.isscalar, np.iterable, np.isclose, np.allclose, np.array_equal, np.array_equiv)
zero(np.any, np.all, np.isin, np.may_share_memory, np.shares_memory, np.count_nonzero)
zero(math.isnan, math.isinf, math.isfinite, math.isclose)
zero(bool, isinstance, issubclass, callable, hasattr, len, hash, id, type, any, all)
zero(made_by, instance_of)
zero(operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)
zero(operator.not_, operator.truth, operator.is_, operator.is_not, operator.contains, operator.index)

# places
zero(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort, np.searchsorted)
zero(np.nonzero, np.flatnonzero, np.argwhere, np.digitize, np.unravel_index, np.ravel_multi_index)
zero(np.ix_, aliasing="view")
zero(np.indices, np.ndindex, np.tril_indices, np.triu_indices, np.tril_indices_from, np.triu_indices_from)
zero(np.diag_indices, np.diag_indices_from, np.mask_indices)

# integers and bits
zero(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count)
zero(np.gcd, np.lcm, np.packbits, np.unpackbits, math.gcd, math.lcm, math.comb, math.perm, math.factorial, math.isqrt)
zero(operator.and_, operator.or_, operator.xor, operator.invert, operator.lshift, operator.rshift)
zero(np.bool_, np.int8, np.int16, np.int32, np.int64, np.intp, aliasing="maybe")
zero(np.uint8, np.uint16, np.uint32, np.uint64, np.uintp, aliasing="maybe")

# shapes, dtypes, text
zero(np.shape, np.ndim, np.size, np.broadcast_shapes)
zero(np.result_type, np.can_cast, np.promote_types, np.min_scalar_type, np.common_type, np.issubdtype)
zero(np.dtype, np.finfo, np.iinfo, np.isdtype)
zero(str, repr, format, ascii, ord, chr, bin, oct, hex, print, range, slice, bytes)
zero(np.array2string, np.array_repr, np.array_str, np.format_float_positional, np.format_float_scientific)

# fresh arrays, of which the arguments give at most the shape
zero(np.zeros, np.ones, np.empty, np.zeros_like, np.ones_like, np.empty_like, np.eye, np.identity, np.tri)
zero(np.hanning, np.hamming, np.blackman, np.bartlett)


@rule(captured, aliasing="view")
def captured_(y, value, spec):
    """Functions are told by text; everything else stays as it is."""
    dot[y] = dot[value]
    bar[value] = bar[y]


@rule(np.arange)
def arange(y, start, stop=None, step=None, *, dtype=None):
    """The length is a step function of the arguments; the numbers are `start + step * [0, 1, 2, …]`."""
    if stop is None:
        dot[y] = np.zeros_like(y)
    elif step is None:
        dot[y] = dot[start] + np.zeros_like(y)
        bar[start] = cast(np.sum(bar[y]), start)
    else:
        dot[y] = dot[start] + dot[step] * np.arange(len(y))
        bar[start] = cast(np.sum(bar[y]), start)
        bar[step] = cast(np.sum(bar[y] * np.arange(len(y))), step)


@rule(np.bincount)
def bincount(y, x, weights=None, minlength=0):
    """Linear in the weights."""
    if weights is None:
        pass
    else:
        dot[y] = np.bincount(x, dot[weights], minlength)
        bar[weights] = cast(bar[y][x], weights)


methods({
    "all": np.all, "any": np.any, "argmax": np.argmax, "argmin": np.argmin, "argpartition": np.argpartition,
    "argsort": np.argsort, "nonzero": np.nonzero, "round": np.round, "searchsorted": np.searchsorted,
})  # fmt: skip
attributes({"ndim": np.ndim, "shape": np.shape, "size": np.size})
