"""Sums, means, products, extremes: functions that take the elements along some axes together.

`keepdims=True` leaves axes of length 1, along which a cotangent broadcasts. Otherwise they must be put back: where the
axis was the first, broadcasting does so; where it was the last, `[..., None]`, which is quicker than `np.expand_dims`.
The last branch of each rule holds whatever `axis` and `keepdims` turn out to be, the others where their test is true.
"""

import numpy as np

from s2sgrad.rules.notation import bar, dot, methods, rule
from s2sgrad.runtime import broadcast, cast, count, product_of_others, reshape_like, unreduce


@rule(np.sum)
def sum_(y, a, axis=None, *, keepdims=False):
    dot[y] = np.sum(dot[a], axis=axis, keepdims=keepdims)
    if axis is None or keepdims or axis == 0:
        bar[a] = broadcast(bar[y], a)
    elif axis == -1 and a.ndim > 1 and not keepdims:
        bar[a] = broadcast(bar[y][..., None], a)
    elif axis is not None and not keepdims:
        bar[a] = broadcast(np.expand_dims(bar[y], axis), a)
    else:
        bar[a] = broadcast(unreduce(bar[y], a, axis), a)


@rule(np.mean)
def mean(y, a, axis=None, *, keepdims=False):
    dot[y] = np.mean(dot[a], axis=axis, keepdims=keepdims)
    if axis is None:
        bar[a] = broadcast(bar[y] / a.size, a)
    elif keepdims:
        bar[a] = broadcast(bar[y] / count(a, axis), a)
    elif axis == 0 and not keepdims:
        bar[a] = broadcast(bar[y] / len(a), a)
    elif axis == -1 and a.ndim > 1 and not keepdims:
        bar[a] = broadcast(bar[y][..., None] / a.shape[-1], a)
    elif axis is not None and not keepdims:
        bar[a] = broadcast(np.expand_dims(bar[y] / count(a, axis), axis), a)
    else:
        bar[a] = broadcast(unreduce(bar[y] / count(a, axis), a, axis), a)


@rule(np.prod)
def prod(y, a, axis=None, *, keepdims=False):
    """∂y/∂aᵢ is the product of the others: no division, so that zeros do no harm."""
    if axis is None:
        others = product_of_others(a)
    else:
        others = product_of_others(a, axis)
    dot[y] = np.sum(dot[a] * others, axis=axis, keepdims=keepdims)
    if axis is None or keepdims or axis == 0:
        bar[a] = broadcast(bar[y], a) * others
    elif axis == -1 and a.ndim > 1 and not keepdims:
        bar[a] = broadcast(bar[y][..., None], a) * others
    elif axis is not None and not keepdims:
        bar[a] = broadcast(np.expand_dims(bar[y], axis), a) * others
    else:
        bar[a] = broadcast(unreduce(bar[y], a, axis), a) * others


@rule(np.max, np.amax, np.min, np.amin)
def extreme(y, a, axis=None, *, keepdims=False):
    """Elements that tie for the extreme share its cotangent equally."""
    if axis is None or keepdims or axis == 0:
        hit = a == y
    elif axis == -1 and a.ndim > 1 and not keepdims:
        hit = a == y[..., None]
    elif axis is not None and not keepdims:
        hit = a == np.expand_dims(y, axis)
    else:
        hit = a == unreduce(y, a, axis)
    ties = np.sum(hit, axis=axis, keepdims=keepdims)
    dot[y] = cast(np.sum(dot[a] * hit, axis=axis, keepdims=keepdims) / ties, y)
    if axis is None or keepdims or axis == 0:
        bar[a] = broadcast(bar[y] / ties, a) * hit
    elif axis == -1 and a.ndim > 1 and not keepdims:
        bar[a] = broadcast((bar[y] / ties)[..., None], a) * hit
    elif axis is not None and not keepdims:
        bar[a] = broadcast(np.expand_dims(bar[y] / ties, axis), a) * hit
    else:
        bar[a] = broadcast(unreduce(bar[y] / ties, a, axis), a) * hit


@rule(np.var)
def var(y, a, axis=None, *, ddof=0, keepdims=False):
    """Of complex numbers the mean of the squares of their distances."""
    if axis is None:
        n = a.size - ddof
        off = a - np.mean(a)
    else:
        n = count(a, axis) - ddof
        off = a - np.mean(a, axis=axis, keepdims=True)
    if np.isrealobj(a):
        dot[y] = np.sum(dot[a] * off, axis=axis, keepdims=keepdims) * 2.0 / n
    else:
        off = np.conjugate(off)
        dot[y] = np.real(np.sum(dot[a] * off, axis=axis, keepdims=keepdims)) * 2.0 / n
    if axis is None or keepdims:
        bar[a] = (2.0 * bar[y] / n) * off
    elif axis is not None and not keepdims:
        bar[a] = np.expand_dims(2.0 * bar[y] / n, axis) * off
    else:
        bar[a] = unreduce(2.0 * bar[y] / n, a, axis) * off


@rule(np.std)
def std(y, a, axis=None, *, ddof=0, keepdims=False):
    if axis is None:
        n = a.size - ddof
        off = a - np.mean(a)
    else:
        n = count(a, axis) - ddof
        off = a - np.mean(a, axis=axis, keepdims=True)
    if np.isrealobj(a):
        dot[y] = np.sum(dot[a] * off, axis=axis, keepdims=keepdims) / (n * y)
    else:
        off = np.conjugate(off)
        dot[y] = np.real(np.sum(dot[a] * off, axis=axis, keepdims=keepdims)) / (n * y)
    if axis is None or keepdims:
        bar[a] = bar[y] / (n * y) * off
    elif axis is not None and not keepdims:
        bar[a] = np.expand_dims(bar[y] / (n * y), axis) * off
    else:
        bar[a] = unreduce(bar[y] / (n * y), a, axis) * off


@rule(np.ptp)
def ptp(y, a, axis=None, *, keepdims=False):
    """The cotangent goes to the largest and, with the other sign, to the smallest elements; ties share."""
    top = a == np.max(a, axis=axis, keepdims=True)
    low = a == np.min(a, axis=axis, keepdims=True)
    share = top / np.sum(top, axis=axis, keepdims=True) - low / np.sum(low, axis=axis, keepdims=True)
    dot[y] = cast(np.sum(dot[a] * share, axis=axis, keepdims=keepdims), y)
    if axis is None or keepdims or axis == 0:
        bar[a] = cast(bar[y] * share, a)
    elif axis == -1 and a.ndim > 1 and not keepdims:
        bar[a] = cast(bar[y][..., None] * share, a)
    elif axis is not None and not keepdims:
        bar[a] = cast(np.expand_dims(bar[y], axis) * share, a)
    else:
        bar[a] = cast(unreduce(bar[y], a, axis) * share, a)


@rule(np.cumsum)
def cumsum(y, a, axis=None):
    dot[y] = np.cumsum(dot[a], axis=axis)
    if axis is None:
        bar[a] = np.cumsum(bar[y][::-1])[::-1].reshape(a.shape)
    elif axis is not None:
        bar[a] = np.flip(np.cumsum(np.flip(bar[y], axis), axis=axis), axis)
    else:
        bar[a] = reshape_like(np.flip(np.cumsum(np.flip(bar[y], axis), axis=axis), axis), a)


methods({
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "var": np.var, "std": np.std,
    "cumsum": np.cumsum,
})  # fmt: skip
