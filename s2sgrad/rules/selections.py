"""Selections and rearrangements: each element of the result is an element of an operand.

Which one, the function itself tells, when it is applied to the places of the elements instead of the elements.
"""

import numpy as np

from s2sgrad import runtime
from s2sgrad.rules.notation import bar, dot, methods, refused, rule, zero
from s2sgrad.runtime import (
    cast,
    cropped_like,
    dense,
    gather_at,
    own_places,
    reshape_like,
    scatter_at,
    split_like,
    unblock,
    unbroadcast,
    unbroadcast_each,
    unchoose,
    unmeshgrid,
    unselect,
)

zero(runtime.own_places)

# ------------------------------------------------------------------------------------------------------ selections


@rule(np.take)
def take(y, a, indices, axis=None, *, mode="raise"):
    dot[y] = np.take(dot[a], indices, axis, mode=mode)
    bar[a] = scatter_at(bar[y], np.take(own_places(a), indices, axis, mode=mode), a)


@rule(np.take_along_axis)
def take_along_axis(y, arr, indices, axis=-1):
    dot[y] = np.take_along_axis(dot[arr], indices, axis)
    bar[arr] = scatter_at(bar[y], np.take_along_axis(own_places(arr), indices, axis), arr)


@rule(np.compress)
def compress(y, condition, a, axis=None):
    dot[y] = np.compress(condition, dot[a], axis)
    bar[a] = scatter_at(bar[y], np.compress(condition, own_places(a), axis), a)


@rule(np.ndarray.compress)
def compress_method(y, a, condition, axis=None):
    dot[y] = np.compress(condition, dot[a], axis)
    bar[a] = scatter_at(bar[y], np.compress(condition, own_places(a), axis), a)


@rule(np.extract)
def extract(y, condition, arr):
    dot[y] = np.extract(condition, dot[arr])
    bar[arr] = scatter_at(bar[y], np.extract(condition, own_places(arr)), arr)


@rule(np.delete)
def delete(y, arr, obj, axis=None):
    dot[y] = np.delete(dot[arr], obj, axis)
    bar[arr] = scatter_at(bar[y], np.delete(own_places(arr), obj, axis), arr)


@rule(np.choose, lists=True)
def choose(y, a, choices, *, mode="raise"):
    if mode != "raise":
        raise NotImplementedError("np.choose with a mode")
    dot[y] = np.choose(a, dense(dot[choices], choices))
    bar[choices] = unchoose(bar[y], a, choices)


@rule(np.select, lists=True)
def select(y, condlist, choicelist, default=0):
    dot[y] = np.select(condlist, dense(dot[choicelist], choicelist), dot[default])
    bar[choicelist] = unselect(bar[y], condlist, choicelist)
    bar[default] = unbroadcast(np.select(condlist, [0.0] * len(condlist), bar[y]), default)


# -------------------------------------------------------------------------------------------------- rearrangements


@rule(np.sort)
def sort(y, a, axis=-1, *, kind=None, stable=None):
    """At ties, the order is that of the places."""
    order = np.argsort(a, axis=axis, kind="stable")
    dot[y] = np.take_along_axis(dot[a], order, axis)
    if axis in (-1, 0, 1):
        bar[a] = np.take_along_axis(bar[y], np.argsort(order, axis=axis), axis)
    else:
        bar[a] = scatter_at(bar[y], np.take_along_axis(own_places(a), order, axis), a)


@rule(np.partition)
def partition(y, a, kth, axis=-1):
    """An element of the result stands where its rank says that it came from."""
    order = np.take_along_axis(np.argsort(a, axis=axis), np.argsort(np.argsort(y, axis=axis), axis=axis), axis)
    dot[y] = np.take_along_axis(dot[a], order, axis)
    bar[a] = scatter_at(bar[y], np.take_along_axis(own_places(a), order, axis), a)


@rule(np.unique)
def unique(
    y, ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):
    """Of equal elements the first has the derivative."""
    if axis is not None or return_index or return_inverse or return_counts:
        raise NotImplementedError("np.unique of more than the values, or along an axis")
    where = np.unique(ar, return_index=True)[1]
    dot[y] = np.ravel(dot[ar])[where]
    bar[ar] = scatter_at(bar[y], where, ar)


@rule(np.rot90, aliasing="view")
def rot90(y, m, k=1, axes=(0, 1)):
    dot[y] = np.rot90(dot[m], k, axes)
    bar[m] = np.rot90(bar[y], -k, axes)


@rule(np.rollaxis, aliasing="view")
def rollaxis(y, a, axis, start=0):
    dot[y] = np.rollaxis(dot[a], axis, start)
    bar[a] = scatter_at(bar[y], np.rollaxis(own_places(a), axis, start), a)


@rule(np.resize)
def resize(y, a, new_shape):
    dot[y] = np.resize(dot[a], new_shape)
    bar[a] = scatter_at(bar[y], np.resize(own_places(a), new_shape), a)


@rule(np.diagflat)
def diagflat(y, v, k=0):
    dot[y] = np.diagflat(dot[v], k)
    bar[v] = scatter_at(bar[y], np.diagflat(own_places(v) + 1, k) - 1, v)


@rule(np.unwrap)
def unwrap(y, p, discont=None, axis=-1, *, period=6.283185307179586):
    """Multiples of the period are added, which are constant."""
    dot[y] = np.positive(dot[p])
    bar[p] = bar[y]
    bar[period] = refused


# ---------------------------------------------------------------------------------------------------- more elements


@rule(np.pad)
def pad(y, array, pad_width, mode="constant", *, constant_values=0, reflect_type="even"):
    if mode == "constant":
        dot[y] = np.pad(dot[array], pad_width, constant_values=dot[constant_values])
        bar[array] = scatter_at(bar[y], np.pad(own_places(array), pad_width, constant_values=-1), array)
        where = np.pad(np.full(array.shape, -1), pad_width, constant_values=own_places(constant_values))
        bar[constant_values] = scatter_at(bar[y], where, constant_values)
    elif mode == "edge" or mode == "wrap" or ((mode == "reflect" or mode == "symmetric") and reflect_type == "even"):
        dot[y] = np.pad(dot[array], pad_width, mode=mode)
        bar[array] = scatter_at(bar[y], np.pad(own_places(array), pad_width, mode=mode), array)
    else:
        raise NotImplementedError("np.pad with another mode than constant, edge, wrap, reflect or symmetric")


@rule(np.insert)
def insert(y, arr, obj, values, axis=None):
    dot[y] = np.insert(dot[arr], obj, dot[values], axis)
    bar[arr] = scatter_at(bar[y], np.insert(own_places(arr), obj, -1, axis), arr)
    bar[values] = scatter_at(bar[y], np.insert(np.full(arr.shape, -1), obj, own_places(values), axis), values)


@rule(np.append)
def append(y, arr, values, axis=None):
    dot[y] = np.append(dot[arr], dot[values], axis)
    parts = split_like(bar[y], [arr, values], axis)
    bar[arr] = reshape_like(parts[0], arr)
    bar[values] = reshape_like(parts[1], values)


@rule(np.block, lists=True)
def block(y, arrays):
    dot[y] = np.block(dense(dot[arrays], arrays))
    bar[arrays] = unblock(bar[y], arrays)


@rule(np.broadcast_arrays, aliasing="maybe", lists=True)
def broadcast_arrays(y, *args):
    dot[y] = np.broadcast_arrays(*dense(dot[args], args))
    bar[args] = unbroadcast_each(bar[y], args)


@rule(np.meshgrid, aliasing="maybe", lists=True)
def meshgrid(y, *xi, copy=True, sparse=False, indexing="xy"):
    dot[y] = np.meshgrid(*dense(dot[xi], xi), copy=copy, sparse=sparse, indexing=indexing)
    bar[xi] = unmeshgrid(bar[y], xi, sparse, indexing)


methods({
    "take": np.take, "compress": np.ndarray.compress, "choose": np.choose,
})  # fmt: skip

# ------------------------------------------------------------------------------------ the derivatives of the helpers


@rule(gather_at)
def gather_at_(y, x, where):
    dot[y] = gather_at(dot[x], where)
    bar[x] = scatter_at(bar[y], where, x)


@rule(scatter_at)
def scatter_at_(y, g, where, x):
    dot[y] = scatter_at(dot[g], where, x)
    bar[g] = cast(gather_at(bar[y], where), g)


@rule(cropped_like, aliasing="maybe")
def cropped_like_(y, g, x):
    dot[y] = cropped_like(dot[g], x)
    bar[g] = cropped_like(bar[y], g)


@rule(unbroadcast_each, aliasing="maybe", lists=True)
def unbroadcast_each_(y, gs, xs):
    dot[y] = unbroadcast_each(dot[gs], xs)
    bar[gs] = np.broadcast_arrays(*dense(bar[y], xs))


@rule(unmeshgrid, lists=True)
def unmeshgrid_(y, gs, xs, sparse=False, indexing="xy"):
    dot[y] = unmeshgrid(dot[gs], xs, sparse, indexing)
    bar[gs] = np.meshgrid(*dense(bar[y], xs), sparse=sparse, indexing=indexing)


@rule(unchoose, lists=True)
def unchoose_(y, g, a, choices):
    dot[y] = unchoose(dot[g], a, choices)
    bar[g] = np.choose(a, dense(bar[y], choices))


@rule(unselect, lists=True)
def unselect_(y, g, conditions, choices):
    dot[y] = unselect(dot[g], conditions, choices)
    bar[g] = np.select(conditions, dense(bar[y], choices), 0.0)


@rule(unblock, lists=True)
def unblock_(y, g, arrays):
    dot[y] = unblock(dot[g], arrays)
    bar[g] = np.block(dense(bar[y], arrays))
