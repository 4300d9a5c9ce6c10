"""Differences, slopes, sums and products as they run, integrals, interpolation, convolution."""

import numpy as np

from s2sgrad.rules.notation import bar, dot, methods, refused, rule, zero
from s2sgrad.runtime import (
    broadcast,
    cast,
    cumprod_dot,
    cumprod_twice,
    divide_or_zero,
    edge_layer,
    gather_at,
    mode_margins,
    neighbour_means,
    own_places,
    product_of_others,
    reshape_like,
    running_place,
    scatter_at,
    split_like,
    step_widths,
    unbroadcast,
    uncumprod,
    uncumprod_twice,
    undiff,
    ungradient,
    unneighbour_means,
    unreduce,
    unstep_widths,
)

zero(mode_margins, running_place)

# ------------------------------------------------------------------------------------------------------ differences


@rule(np.diff, aliasing="maybe")
def diff(y, a, n=1, axis=-1, prepend=None, append=None):
    """What is put before and behind belongs to the differences."""
    if prepend is None and append is None:
        dot[y] = np.diff(dot[a], n, axis)
        bar[a] = undiff(bar[y], a, n, axis)
    elif append is None:
        head = edge_layer(prepend, a, axis)
        dot[y] = np.diff(dot[a], n, axis, prepend=dot[prepend])
        parts = split_like(undiff(bar[y], np.concatenate([head, a], axis), n, axis), [head, a], axis)
        bar[prepend] = unbroadcast(parts[0], prepend)
        bar[a] = parts[1]
    elif prepend is None:
        tail = edge_layer(append, a, axis)
        dot[y] = np.diff(dot[a], n, axis, append=dot[append])
        parts = split_like(undiff(bar[y], np.concatenate([a, tail], axis), n, axis), [a, tail], axis)
        bar[a] = parts[0]
        bar[append] = unbroadcast(parts[1], append)
    else:
        head = edge_layer(prepend, a, axis)
        tail = edge_layer(append, a, axis)
        dot[y] = np.diff(dot[a], n, axis, prepend=dot[prepend], append=dot[append])
        parts = split_like(undiff(bar[y], np.concatenate([head, a, tail], axis), n, axis), [head, a, tail], axis)
        bar[prepend] = unbroadcast(parts[0], prepend)
        bar[a] = parts[1]
        bar[append] = unbroadcast(parts[2], append)


@rule(np.ediff1d)
def ediff1d(y, ary, to_end=None, to_begin=None):
    if to_end is not None or to_begin is not None:
        raise NotImplementedError("np.ediff1d with to_begin or to_end: use np.diff with prepend or append")
    dot[y] = np.ediff1d(dot[ary])
    bar[ary] = reshape_like(undiff(bar[y], np.ravel(ary)), ary)


@rule(np.gradient)
def gradient(y, f, *varargs, axis=None, edge_order=1):
    """`y` is an array, or one for each axis."""
    dot[y] = np.gradient(dot[f], *varargs, axis=axis, edge_order=edge_order)
    bar[f] = ungradient(bar[y], f, varargs, axis, edge_order)
    bar[varargs] = refused


@rule(np.trapezoid)
def trapezoid(area, y, x=None, dx=1.0, axis=-1):
    """Σ Δx (yᵢ + yᵢ₊₁) / 2"""
    if x is None:
        middle = neighbour_means(y, axis)
        dot[area] = np.sum(dx * neighbour_means(dot[y], axis) + dot[dx] * middle, axis=axis)
        bar[y] = unneighbour_means(np.expand_dims(bar[area] * dx, axis), y, axis)
        bar[dx] = unbroadcast(np.sum(np.expand_dims(bar[area], axis) * middle), dx)
    else:
        middle = neighbour_means(y, axis)
        wide = step_widths(x, y, axis)
        dot[area] = np.sum(wide * neighbour_means(dot[y], axis) + step_widths(dot[x], y, axis) * middle, axis=axis)
        bar[y] = unneighbour_means(np.expand_dims(bar[area], axis) * wide, y, axis)
        bar[x] = unstep_widths(np.expand_dims(bar[area], axis) * middle, x, y, axis)


# ---------------------------------------------------------------------------------------------- as the axis goes along


@rule(np.cumprod)
def cumprod(y, a, axis=None):
    dot[y] = cumprod_dot(dot[a], a, axis)
    bar[a] = uncumprod(bar[y], a, axis)


if hasattr(np, "cumulative_sum"):  # NumPy 2.1

    @rule(np.cumulative_sum)
    def cumulative_sum(y, x, *, axis=None):
        dot[y] = np.cumsum(dot[x], axis=axis)
        bar[x] = np.flip(np.cumsum(np.flip(bar[y], axis), axis=axis), axis)

    @rule(np.cumulative_prod)
    def cumulative_prod(y, x, *, axis=None):
        dot[y] = cumprod_dot(dot[x], x, axis)
        bar[x] = uncumprod(bar[y], x, axis)


@rule(np.multiply.accumulate)
def multiply_accumulate(y, array, axis=0):
    dot[y] = cumprod_dot(dot[array], array, axis)
    bar[array] = uncumprod(bar[y], array, axis)


@rule(np.add.accumulate)
def add_accumulate(y, array, axis=0):
    dot[y] = np.add.accumulate(dot[array], axis)
    bar[array] = np.flip(np.cumsum(np.flip(bar[y], axis), axis=axis), axis)


@rule(np.maximum.accumulate, np.minimum.accumulate)
def running_extreme(y, array, axis=0):
    """The whole derivative goes to the last of equal elements."""
    where = running_place(y, array, axis)
    dot[y] = np.take_along_axis(dot[array], where, axis)
    bar[array] = scatter_at(bar[y], np.take_along_axis(own_places(array), where, axis), array)


@rule(np.add.reduce)
def add_reduce(y, array, axis=0, *, keepdims=False):
    dot[y] = np.add.reduce(dot[array], axis, keepdims=keepdims)
    bar[array] = broadcast(unreduce(bar[y], array, axis), array)


@rule(np.multiply.reduce)
def multiply_reduce(y, array, axis=0, *, keepdims=False):
    others = product_of_others(array, axis)
    dot[y] = np.sum(dot[array] * others, axis=axis, keepdims=keepdims)
    bar[array] = broadcast(unreduce(bar[y], array, axis), array) * others


@rule(np.maximum.reduce, np.minimum.reduce)
def extreme_reduce(y, array, axis=0, *, keepdims=False):
    """Elements that tie share."""
    hit = array == unreduce(y, array, axis)
    share = hit / np.sum(hit, axis=axis, keepdims=True)
    dot[y] = cast(np.sum(dot[array] * share, axis=axis, keepdims=keepdims), y)
    bar[array] = cast(unreduce(bar[y], array, axis) * share, array)


@rule(np.logaddexp.reduce)
def logaddexp_reduce(y, array, axis=0, *, keepdims=False):
    """The logarithm of a sum of exponentials: each has its share of the sum."""
    share = np.exp(array - unreduce(y, array, axis))
    dot[y] = np.sum(share * dot[array], axis=axis, keepdims=keepdims)
    bar[array] = unreduce(bar[y], array, axis) * share


# ----------------------------------------------------------------------------------------- interpolation, convolution


@rule(np.interp)
def interp(y, x, xp, fp, left=None, right=None):
    """(1 - t) fp[i - 1] + t fp[i], with t between 0 and 1"""
    i = np.clip(np.searchsorted(xp, x, side="right"), 1, len(xp) - 1)
    low = np.maximum(i - 1, 0)
    width = gather_at(xp, i) - gather_at(xp, low)
    t = np.clip(divide_or_zero(x - gather_at(xp, low), width), 0.0, 1.0)
    slope = divide_or_zero(gather_at(fp, i) - gather_at(fp, low), width) * ((xp[0] <= x) & (x <= xp[-1]))
    straight = (1.0 - t) * gather_at(dot[fp], low) + t * gather_at(dot[fp], i)
    moved = straight + slope * (dot[x] - (1.0 - t) * gather_at(dot[xp], low) - t * gather_at(dot[xp], i))
    if left is None and right is None:
        dot[y] = moved
        g = bar[y]
    elif right is None:
        dot[y] = np.where(x < xp[0], dot[left], moved)
        bar[left] = unbroadcast(np.where(x < xp[0], bar[y], 0.0), left)
        g = np.where(x < xp[0], 0.0, bar[y])
    elif left is None:
        dot[y] = np.where(x > xp[-1], dot[right], moved)
        bar[right] = unbroadcast(np.where(x > xp[-1], bar[y], 0.0), right)
        g = np.where(x > xp[-1], 0.0, bar[y])
    else:
        dot[y] = np.where(x < xp[0], dot[left], np.where(x > xp[-1], dot[right], moved))
        bar[left] = unbroadcast(np.where(x < xp[0], bar[y], 0.0), left)
        bar[right] = unbroadcast(np.where(x > xp[-1], bar[y], 0.0), right)
        g = np.where((x < xp[0]) | (x > xp[-1]), 0.0, bar[y])
    bar[x] = cast(g * slope, x)
    bar[xp] = -scatter_at(g * slope * (1.0 - t), low, xp) - scatter_at(g * slope * t, i, xp)
    bar[fp] = scatter_at(g * (1.0 - t), low, fp) + scatter_at(g * t, i, fp)


@rule(np.convolve)
def convolve(y, a, v, mode="full"):
    dot[y] = np.convolve(dot[a], v, mode) + np.convolve(a, dot[v], mode)
    g = np.pad(bar[y], mode_margins(a, v, mode))
    bar[a] = cast(np.convolve(g, v[::-1], "valid"), a)
    bar[v] = cast(np.convolve(g, a[::-1], "valid"), v)


@rule(np.correlate)
def correlate(y, a, v, mode="valid"):
    """The convolution of `a` with the conjugate of `v`, turned round."""
    dot[y] = np.correlate(dot[a], v, mode) + np.correlate(a, dot[v], mode)
    g = np.pad(bar[y], mode_margins(a, v, mode, True))
    bar[a] = cast(np.convolve(g, np.conjugate(v), "valid"), a)
    bar[v] = cast(np.conjugate(np.convolve(g, a[::-1], "valid")[::-1]), v)


methods({"cumprod": np.cumprod})

# ------------------------------------------------------------------------------------ the derivatives of the helpers


@rule(undiff, aliasing="maybe")
def undiff_(y, g, x, n=1, axis=-1):
    dot[y] = undiff(dot[g], x, n, axis)
    bar[g] = np.diff(bar[y], n, axis)


@rule(edge_layer, aliasing="maybe")
def edge_layer_(y, x, a, axis=-1):
    dot[y] = edge_layer(dot[x], a, axis)
    bar[x] = unbroadcast(bar[y], x)


@rule(neighbour_means)
def neighbour_means_(m, y, axis=-1):
    dot[m] = neighbour_means(dot[y], axis)
    bar[y] = unneighbour_means(bar[m], y, axis)


@rule(unneighbour_means)
def unneighbour_means_(w, g, y, axis=-1):
    dot[w] = unneighbour_means(dot[g], y, axis)
    bar[g] = unbroadcast(neighbour_means(bar[w], axis), g)


@rule(step_widths)
def step_widths_(d, x, y, axis=-1):
    dot[d] = step_widths(dot[x], y, axis)
    bar[x] = unstep_widths(bar[d], x, y, axis)


@rule(unstep_widths)
def unstep_widths_(w, g, x, y, axis=-1):
    dot[w] = unstep_widths(dot[g], x, y, axis)
    bar[g] = unbroadcast(broadcast(step_widths(bar[w], y, axis), g), g)


@rule(ungradient)
def ungradient_(y, g, f, spacing, axis=None, edge_order=1):
    dot[y] = ungradient(dot[g], f, spacing, axis, edge_order)
    bar[g] = np.gradient(bar[y], *spacing, axis=axis, edge_order=edge_order)


@rule(uncumprod)
def uncumprod_(y, g, x, axis=None):
    dot[y] = uncumprod(dot[g], x, axis) + uncumprod_twice(g, dot[x], x, axis)
    bar[g] = cumprod_dot(bar[y], x, axis)
    bar[x] = uncumprod_twice(g, bar[y], x, axis)


@rule(cumprod_dot)
def cumprod_dot_(y, v, x, axis=None):
    dot[y] = cumprod_dot(dot[v], x, axis) + cumprod_twice(v, dot[x], x, axis)
    bar[v] = uncumprod(bar[y], x, axis)
    bar[x] = uncumprod_twice(bar[y], v, x, axis)
