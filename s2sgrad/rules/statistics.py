"""Means with weights, order statistics, covariances, and reductions that leave nan out."""

import numpy as np

from s2sgrad.rules.notation import bar, dot, refused, rule, zero
from s2sgrad.runtime import (
    cast,
    centred_rows,
    divide_or_zero,
    gather_at,
    product_of_others,
    quantile_places,
    reshape_like,
    scatter_at,
    unbroadcast,
    uncentred_rows,
    unreduce,
)

zero(quantile_places)

# -------------------------------------------------------------------------------------------- means, order statistics


@rule(np.average)
def average(y, a, axis=None, weights=None, *, keepdims=False):
    """Σ w a / Σ w"""
    if weights is None:
        share = np.ones_like(a) / (np.size(a) / np.size(y))
        dot[y] = np.sum(share * dot[a], axis=axis, keepdims=keepdims)
        bar[a] = cast(unreduce(bar[y], a, axis) * share, a)
    elif a.ndim == weights.ndim:
        total = np.sum(weights, axis=axis, keepdims=True)
        off = (a - unreduce(y, a, axis)) / total
        dot[y] = np.sum(weights / total * dot[a] + off * dot[weights], axis=axis, keepdims=keepdims)
        bar[a] = cast(unreduce(bar[y], a, axis) * weights / total, a)
        bar[weights] = cast(unreduce(bar[y], a, axis) * off, weights)
    elif weights.ndim == 1 and (axis == -1 or axis == a.ndim - 1):
        total = np.sum(weights)
        off = (a - unreduce(y, a, axis)) / total
        dot[y] = np.sum(weights / total * dot[a] + off * dot[weights], axis=axis, keepdims=keepdims)
        bar[a] = cast(unreduce(bar[y], a, axis) * weights / total, a)
        bar[weights] = unbroadcast(unreduce(bar[y], a, axis) * off, weights)
    elif weights.ndim == 1 and axis == 0 and a.ndim == 2:
        total = np.sum(weights)
        off = (a - unreduce(y, a, axis)) / total
        dot[y] = np.sum(weights[:, None] / total * dot[a] + off * dot[weights][:, None], axis=axis, keepdims=keepdims)
        bar[a] = cast(unreduce(bar[y], a, axis) * weights[:, None] / total, a)
        bar[weights] = cast(np.sum(unreduce(bar[y], a, axis) * off, axis=1), weights)
    else:
        raise NotImplementedError("np.average with weights along another axis than the first or the last")


@rule(np.median)
def median(y, a, axis=None, *, keepdims=False):
    """The element in the middle, or the mean of the two there."""
    where = quantile_places(a, 0.5, axis)
    dot[y] = np.reshape(
        gather_at(dot[a], where[0]) * (1.0 - where[2]) + gather_at(dot[a], where[1]) * where[2], np.shape(y)
    )
    g = np.reshape(bar[y], np.shape(where[0]))
    bar[a] = scatter_at(g * (1.0 - where[2]), where[0], a) + scatter_at(g * where[2], where[1], a)


@rule(np.quantile)
def quantile(y, a, q, axis=None, *, method="linear", keepdims=False):
    if method != "linear":
        raise NotImplementedError("np.quantile by another method than linear")
    where = quantile_places(a, q, axis)
    dot[y] = np.reshape(
        gather_at(dot[a], where[0]) * (1.0 - where[2]) + gather_at(dot[a], where[1]) * where[2], np.shape(y)
    )
    g = np.reshape(bar[y], np.shape(where[0]))
    bar[a] = scatter_at(g * (1.0 - where[2]), where[0], a) + scatter_at(g * where[2], where[1], a)
    bar[q] = refused


@rule(np.percentile)
def percentile(y, a, q, axis=None, *, method="linear", keepdims=False):
    if method != "linear":
        raise NotImplementedError("np.percentile by another method than linear")
    where = quantile_places(a, np.asarray(q) / 100.0, axis)
    dot[y] = np.reshape(
        gather_at(dot[a], where[0]) * (1.0 - where[2]) + gather_at(dot[a], where[1]) * where[2], np.shape(y)
    )
    g = np.reshape(bar[y], np.shape(where[0]))
    bar[a] = scatter_at(g * (1.0 - where[2]), where[0], a) + scatter_at(g * where[2], where[1], a)
    bar[q] = refused


# ------------------------------------------------------------------------------------------------------- covariances


@rule(np.cov)
def cov(c, m, y=None, rowvar=True, bias=False, ddof=None):
    """X Xᵀ / f, where the rows of X are the variables less their means."""
    if y is not None or not np.isrealobj(m):
        raise NotImplementedError("np.cov of two arrays, or of complex numbers: stack the arrays")
    off = centred_rows(m, rowvar)
    if ddof is not None:
        f = off.shape[1] - ddof
    elif bias is False:
        f = off.shape[1] - 1
    else:
        f = off.shape[1] - 1 + bias
    change = centred_rows(dot[m], rowvar) @ off.T
    dot[c] = np.reshape((change + change.T) / f, np.shape(c))
    g = np.reshape(bar[c], (len(off), len(off)))
    bar[m] = uncentred_rows((g + g.T) @ off / f, m, rowvar)


@rule(np.corrcoef)
def corrcoef(c, x, y=None, rowvar=True):
    """U Uᵀ, where the rows of U are those of the covariance, brought to length 1."""
    if y is not None or not np.isrealobj(x):
        raise NotImplementedError("np.corrcoef of two arrays, or of complex numbers: stack the arrays")
    off = centred_rows(x, rowvar)
    length = np.linalg.norm(off, axis=1, keepdims=True)
    unit = off / length
    turned = centred_rows(dot[x], rowvar) / length
    turned_unit = turned - unit * np.sum(turned * unit, axis=1, keepdims=True)
    dot[c] = np.reshape(turned_unit @ unit.T + unit @ turned_unit.T, np.shape(c))
    g = np.reshape(bar[c], (len(off), len(off)))
    back = (g + g.T) @ unit
    bar[x] = uncentred_rows((back - unit * np.sum(back * unit, axis=1, keepdims=True)) / length, x, rowvar)


# ------------------------------------------------------------------------------------------------------ without nan


@rule(np.nansum)
def nansum(y, a, axis=None, *, keepdims=False):
    seen = ~np.isnan(a)
    dot[y] = np.sum(np.where(seen, dot[a], 0.0), axis=axis, keepdims=keepdims)
    bar[a] = cast(unreduce(bar[y], a, axis) * seen, a)


@rule(np.nanmean)
def nanmean(y, a, axis=None, *, keepdims=False):
    seen = ~np.isnan(a)
    share = seen / np.sum(seen, axis=axis, keepdims=True)
    dot[y] = np.sum(np.where(seen, dot[a], 0.0) * share, axis=axis, keepdims=keepdims)
    bar[a] = cast(unreduce(bar[y], a, axis) * share, a)


@rule(np.nanprod)
def nanprod(y, a, axis=None, *, keepdims=False):
    seen = ~np.isnan(a)
    others = product_of_others(np.where(seen, a, 1.0), axis) * seen
    dot[y] = np.sum(np.where(seen, dot[a], 0.0) * others, axis=axis, keepdims=keepdims)
    bar[a] = cast(unreduce(bar[y], a, axis) * others, a)


@rule(np.nanmax, np.nanmin)
def nan_extreme(y, a, axis=None, *, keepdims=False):
    """Elements that tie share."""
    hit = a == unreduce(y, a, axis)
    share = divide_or_zero(hit, np.sum(hit, axis=axis, keepdims=True))
    dot[y] = cast(np.sum(np.where(hit, dot[a], 0.0) * share, axis=axis, keepdims=keepdims), y)
    bar[a] = cast(unreduce(bar[y], a, axis) * share, a)


@rule(np.nanvar)
def nanvar(y, a, axis=None, *, ddof=0, keepdims=False):
    if not np.isrealobj(a):
        raise NotImplementedError("np.nanvar of complex numbers")
    seen = ~np.isnan(a)
    off = np.where(seen, a - np.nanmean(a, axis=axis, keepdims=True), 0.0)
    n = np.sum(seen, axis=axis, keepdims=True) - ddof
    dot[y] = np.sum(np.where(seen, dot[a], 0.0) * off * 2.0 / n, axis=axis, keepdims=keepdims)
    bar[a] = cast(unreduce(bar[y], a, axis) * off * 2.0 / n, a)


@rule(np.nanstd)
def nanstd(y, a, axis=None, *, ddof=0, keepdims=False):
    if not np.isrealobj(a):
        raise NotImplementedError("np.nanstd of complex numbers")
    seen = ~np.isnan(a)
    off = np.where(seen, a - np.nanmean(a, axis=axis, keepdims=True), 0.0)
    n = np.sum(seen, axis=axis, keepdims=True) - ddof
    dot[y] = np.sum(np.where(seen, dot[a], 0.0) * off / (n * unreduce(y, a, axis)), axis=axis, keepdims=keepdims)
    bar[a] = cast(unreduce(bar[y] / y, a, axis) * off / n, a)


@rule(np.nancumsum)
def nancumsum(y, a, axis=None):
    seen = ~np.isnan(a)
    dot[y] = np.cumsum(np.where(seen, dot[a], 0.0), axis=axis)
    if axis is None:
        bar[a] = reshape_like(np.cumsum(bar[y][::-1])[::-1], a) * seen
    elif axis is not None:
        bar[a] = np.flip(np.cumsum(np.flip(bar[y], axis), axis=axis), axis) * seen
    else:
        raise NotImplementedError("np.nancumsum along an axis that is not known when the derivative is compiled")


# ------------------------------------------------------------------------------------ the derivatives of the helpers


@rule(centred_rows)
def centred_rows_(y, m, rowvar=True):
    dot[y] = centred_rows(dot[m], rowvar)
    bar[m] = uncentred_rows(bar[y], m, rowvar)


@rule(uncentred_rows)
def uncentred_rows_(y, g, m, rowvar=True):
    dot[y] = uncentred_rows(dot[g], m, rowvar)
    bar[g] = centred_rows(bar[y], rowvar)
