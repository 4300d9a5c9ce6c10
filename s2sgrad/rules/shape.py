"""Functions that put the same numbers into another shape, order, type or container, and those that make arrays.

Methods that differ from the function of their name stand under their own, as `np.ndarray.reshape`.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from s2sgrad.rules.notation import attributes, bar, dot, methods, rule
from s2sgrad.runtime import (
    as_column,
    broadcast,
    cast,
    dense,
    inverse_axes,
    own_places,
    place,
    reshape_like,
    scatter_at,
    split_like,
    split_stacked,
    stack_like,
    unbroadcast,
    undiag,
    undiagonal,
    unrepeat,
    unstack_like,
    untile,
)

# ------------------------------------------------------------------------------------------------ the same order


@rule(np.reshape, aliasing="maybe")
def reshape(y, a, shape, order="C"):
    if order == "A":
        raise NotImplementedError("reshape in the order of memory")
    dot[y] = np.reshape(dot[a], shape, order=order)
    if order == "C" and a.ndim > 0 and y.ndim > 0:
        bar[a] = bar[y].reshape(a.shape)
    else:
        bar[a] = reshape_like(bar[y], a, order)


@rule(np.ndarray.reshape, aliasing="maybe")
def reshape_method(y, a, *shape, order="C"):
    if order == "A":
        raise NotImplementedError("reshape in the order of memory")
    dot[y] = np.reshape(dot[a], y.shape, order=order)
    if order == "C" and a.ndim > 0 and y.ndim > 0:
        bar[a] = bar[y].reshape(a.shape)
    else:
        bar[a] = reshape_like(bar[y], a, order)


def flattening(y, a, order="C"):
    if order == "A" or order == "K":
        raise NotImplementedError("flattening in the order of memory")
    dot[y] = np.ravel(dot[a], order=order)
    if order == "C" and a.ndim > 0:
        bar[a] = bar[y].reshape(a.shape)
    else:
        bar[a] = reshape_like(bar[y], a, order)


rule(np.ravel, aliasing="maybe")(flattening)
rule(np.ndarray.flatten)(flattening)


@rule(np.expand_dims, aliasing="view")
def expand_dims(y, a, axis):
    dot[y] = np.expand_dims(dot[a], axis)
    if a.ndim > 0:
        bar[a] = bar[y].reshape(a.shape)
    else:
        bar[a] = reshape_like(bar[y], a)


@rule(np.squeeze, aliasing="maybe")
def squeeze(y, a, axis=None):
    dot[y] = np.squeeze(dot[a], axis=axis)
    if y.ndim > 0:
        bar[a] = bar[y].reshape(a.shape)
    else:
        bar[a] = reshape_like(bar[y], a)


@rule(np.atleast_1d, aliasing="maybe")
def atleast_1d(y, a):
    dot[y] = np.atleast_1d(dot[a])
    if a.ndim > 0:
        bar[a] = bar[y]
    else:
        bar[a] = reshape_like(bar[y], a)


@rule(np.atleast_2d, aliasing="maybe")
def atleast_2d(y, a):
    dot[y] = np.atleast_2d(dot[a])
    if a.ndim > 0:
        bar[a] = bar[y].reshape(a.shape)
    else:
        bar[a] = reshape_like(bar[y], a)


@rule(np.atleast_3d, aliasing="maybe")
def atleast_3d(y, a):
    dot[y] = np.atleast_3d(dot[a])
    if a.ndim > 0:
        bar[a] = bar[y].reshape(a.shape)
    else:
        bar[a] = reshape_like(bar[y], a)


# ------------------------------------------------------------------------------------------------- another order


@rule(np.transpose, aliasing="view")
def transpose(y, a, axes=None):
    dot[y] = np.transpose(dot[a], axes)
    if axes is None and a.ndim > 0:
        bar[a] = bar[y].T
    else:
        bar[a] = np.transpose(bar[y], inverse_axes(axes, a.ndim))


@rule(np.ndarray.transpose, aliasing="view")
def transpose_method(y, a, *axes):
    if axes == () and a.ndim > 0:
        dot[y] = dot[a].T
        bar[a] = bar[y].T
    else:
        dot[y] = dot[a].transpose(*axes)
        bar[a] = np.transpose(bar[y], inverse_axes(axes, a.ndim))


@rule(np.matrix_transpose, np.linalg.matrix_transpose, aliasing="view")
def matrix_transpose(y, x):
    dot[y] = np.matrix_transpose(dot[x])
    bar[x] = np.matrix_transpose(bar[y])


@rule(np.swapaxes, aliasing="view")
def swapaxes(y, a, axis1, axis2):
    dot[y] = np.swapaxes(dot[a], axis1, axis2)
    bar[a] = np.swapaxes(bar[y], axis1, axis2)


@rule(np.moveaxis, aliasing="view")
def moveaxis(y, a, source, destination):
    dot[y] = np.moveaxis(dot[a], source, destination)
    bar[a] = np.moveaxis(bar[y], destination, source)


@rule(np.flip, aliasing="view")
def flip(y, m, axis=None):
    dot[y] = np.flip(dot[m], axis=axis)
    bar[m] = np.flip(bar[y], axis=axis)


@rule(np.flipud, aliasing="view")
def flipud(y, m):
    dot[y] = dot[m][::-1]
    bar[m] = bar[y][::-1]


@rule(np.fliplr, aliasing="view")
def fliplr(y, m):
    dot[y] = dot[m][:, ::-1]
    bar[m] = bar[y][:, ::-1]


@rule(np.roll)
def roll(y, a, shift, axis=None):
    dot[y] = np.roll(dot[a], shift, axis=axis)
    bar[a] = np.roll(bar[y], np.negative(shift), axis=axis)


# --------------------------------------------------------------------------------------------- more of the same


@rule(np.broadcast_to, aliasing="view")
def broadcast_to(y, array, shape):
    dot[y] = np.broadcast_to(dot[array], shape)
    bar[array] = unbroadcast(bar[y], array)


@rule(np.concatenate, lists=True)
def concatenate(y, arrays, axis=0):
    dot[y] = np.concatenate(dense(dot[arrays], arrays), axis=axis)
    bar[arrays] = split_like(bar[y], arrays, axis)


@rule(np.stack, lists=True)
def stack(y, arrays, axis=0):
    dot[y] = np.stack(dense(dot[arrays], arrays), axis=axis)
    if axis == 0:
        bar[arrays] = unstack_like(arrays, bar[y])
    else:
        bar[arrays] = unstack_like(arrays, np.moveaxis(bar[y], axis, 0))


@rule(np.vstack, lists=True)
def vstack(y, tup):
    dot[y] = np.vstack(dense(dot[tup], tup))
    bar[tup] = split_stacked(bar[y], tup, np.atleast_2d, 0)


@rule(np.hstack, lists=True)
def hstack(y, tup):
    dot[y] = np.hstack(dense(dot[tup], tup))
    if y.ndim == 1:
        bar[tup] = split_stacked(bar[y], tup, np.atleast_1d, 0)
    else:
        bar[tup] = split_stacked(bar[y], tup, np.atleast_1d, min(1, y.ndim - 1))


@rule(np.dstack, lists=True)
def dstack(y, tup):
    dot[y] = np.dstack(dense(dot[tup], tup))
    bar[tup] = split_stacked(bar[y], tup, np.atleast_3d, 2)


@rule(np.column_stack, lists=True)
def column_stack(y, tup):
    dot[y] = np.column_stack(dense(dot[tup], tup))
    bar[tup] = split_stacked(bar[y], tup, as_column, 1)


@rule(np.split, np.array_split, aliasing="view")
def split(y, ary, indices_or_sections, axis=0):
    dot[y] = np.array_split(dot[ary], indices_or_sections, axis)
    bar[ary] = np.concatenate(dense(bar[y], y), axis=axis)


if hasattr(np, "unstack"):  # NumPy 2.1

    @rule(np.unstack, aliasing="view")
    def unstack(y, x, *, axis=0):
        dot[y] = np.unstack(dot[x], axis=axis)
        bar[x] = np.stack(dense(bar[y], y), axis=axis)


@rule(np.vsplit, aliasing="view")
def vsplit(y, ary, indices_or_sections):
    dot[y] = np.vsplit(dot[ary], indices_or_sections)
    bar[ary] = np.concatenate(dense(bar[y], y))


@rule(np.hsplit, aliasing="view")
def hsplit(y, ary, indices_or_sections):
    dot[y] = np.hsplit(dot[ary], indices_or_sections)
    bar[ary] = np.hstack(dense(bar[y], y))


@rule(np.dsplit, aliasing="view")
def dsplit(y, ary, indices_or_sections):
    dot[y] = np.dsplit(dot[ary], indices_or_sections)
    bar[ary] = np.concatenate(dense(bar[y], y), axis=2)


@rule(np.repeat)
def repeat(y, a, repeats, axis=None):
    dot[y] = np.repeat(dot[a], repeats, axis)
    bar[a] = unrepeat(bar[y], a, repeats, axis)


@rule(np.tile)
def tile(y, A, reps):
    dot[y] = np.tile(dot[A], reps)
    bar[A] = untile(bar[y], A, reps)


# -------------------------------------------------------------------------------------------------- parts of it


@rule(sliding_window_view, aliasing="view", lists=True)
def windows(y, x, window_shape, axis=None):
    """The windows overlap: an element is in many of them."""
    dot[y] = sliding_window_view(dot[x], window_shape, axis)
    bar[x] = scatter_at(bar[y], sliding_window_view(own_places(x), window_shape, axis), x)


@rule(np.diagonal, aliasing="view")
def diagonal(y, a, offset=0, axis1=0, axis2=1):
    dot[y] = np.diagonal(dot[a], offset, axis1, axis2)
    bar[a] = undiagonal(bar[y], a, offset, axis1, axis2)


@rule(np.diag, aliasing="maybe")
def diag(y, v, k=0):
    dot[y] = np.diag(dot[v], k)
    if v.ndim == 1:
        bar[v] = np.diag(bar[y], k)
    elif v.ndim == 2:
        bar[v] = undiagonal(bar[y], v, k)
    else:
        bar[v] = undiag(bar[y], v, k)


@rule(np.trace)
def trace(y, a, offset=0, axis1=0, axis2=1):
    dot[y] = np.trace(dot[a], offset, axis1, axis2)
    if a.ndim == 2:
        bar[a] = undiagonal(bar[y], a, offset, axis1, axis2)
    else:
        bar[a] = undiagonal(np.expand_dims(bar[y], -1), a, offset, axis1, axis2)


@rule(np.tril)
def tril(y, m, k=0):
    dot[y] = np.tril(dot[m], k)
    bar[m] = unbroadcast(np.tril(bar[y], k), m)


@rule(np.triu)
def triu(y, m, k=0):
    dot[y] = np.triu(dot[m], k)
    bar[m] = unbroadcast(np.triu(bar[y], k), m)


# -------------------------------------------------------------------------------------------------- made of numbers


@rule(np.full)
def full(y, shape, fill_value, dtype=None, order="C", *, device=None, like=None):
    dot[y] = np.full(shape, dot[fill_value], dtype=dtype)
    bar[fill_value] = unbroadcast(bar[y], fill_value)


@rule(np.full_like)
def full_like(y, a, fill_value, dtype=None):
    dot[y] = np.full_like(a, dot[fill_value], dtype=dtype)
    bar[fill_value] = unbroadcast(bar[y], fill_value)


@rule(np.linspace)
def linspace(y, start, stop, num=50, endpoint=True):
    """y = (1 - t) start + t stop, with t from 0 to 1"""
    dot[y] = np.linspace(dot[start], dot[stop], num, endpoint)
    t = np.linspace(0.0, 1.0, num, endpoint)
    if y.ndim == 1:
        bar[start] = unbroadcast(bar[y] @ (1.0 - t), start)
        bar[stop] = unbroadcast(bar[y] @ t, stop)
    else:
        bar[start] = unbroadcast(np.tensordot(1.0 - t, bar[y], 1), start)
        bar[stop] = unbroadcast(np.tensordot(t, bar[y], 1), stop)


# ------------------------------------------------------------------------------------- another type or container


def conversion(y, object, dtype=None):
    if object.ndim >= 0:  # an array or a number
        dot[y] = cast(dot[object], y)
        bar[object] = cast(bar[y], object)
    else:  # lists of them
        dot[y] = stack_like(y, dot[object])
        bar[object] = unstack_like(object, bar[y])


rule(np.array, lists=True)(conversion)


@rule(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, aliasing="maybe", lists=True)
def asarray(y, a, dtype=None):
    if a.ndim >= 0:
        dot[y] = cast(dot[a], y)
        bar[a] = cast(bar[y], a)
    else:
        dot[y] = stack_like(y, dot[a])
        bar[a] = unstack_like(a, bar[y])


@rule(np.asarray_chkfinite, aliasing="maybe")
def asarray_chkfinite(y, a, dtype=None, order=None):
    dot[y] = cast(dot[a], y)
    bar[a] = cast(bar[y], a)


@rule(np.copy, np.ndarray.copy)
def copy(y, a, order="K"):
    dot[y] = cast(dot[a], y)
    bar[a] = cast(bar[y], a)


@rule(np.ndarray.astype)
def astype(y, a, dtype):
    dot[y] = cast(dot[a], y)
    bar[a] = cast(bar[y], a)


if hasattr(np, "astype"):  # NumPy 2.1

    @rule(np.astype)
    def astype_function(y, x, dtype):
        dot[y] = cast(dot[x], y)
        bar[x] = cast(bar[y], x)


@rule(np.ndarray.item)
def item(y, a, *args):
    if args == ():
        dot[y] = cast(np.sum(dot[a]), y)
        bar[a] = broadcast(bar[y], a)
    else:
        dot[y] = np.asarray(dot[a]).item(*args)
        bar[a] = place(bar[y], a, args)


@rule(np.ndarray.tolist)
def tolist(y, a):
    dot[y] = unstack_like(y, dot[a])
    bar[a] = stack_like(a, bar[y])


@rule(np.imag, aliasing="maybe")
def imag(y, val):
    """Of a complex number -i ȳ; of a real one its real part, zero."""
    if np.isrealobj(val):
        dot[y] = np.zeros_like(y)
    else:
        dot[y] = np.imag(dot[val])
        bar[val] = cast(-1j * bar[y], val)


@rule(np.real, aliasing="view")
def real(y, val):
    """Of a real number the number itself."""
    dot[y] = np.real(dot[val])
    bar[val] = cast(bar[y], val)


attributes({"T": np.transpose, "mT": np.matrix_transpose, "imag": np.imag, "real": np.real})
methods({
    "reshape": np.ndarray.reshape, "ravel": np.ravel, "flatten": np.ndarray.flatten, "squeeze": np.squeeze,
    "transpose": np.ndarray.transpose, "swapaxes": np.swapaxes, "copy": np.ndarray.copy, "astype": np.ndarray.astype,
    "item": np.ndarray.item, "repeat": np.repeat, "diagonal": np.diagonal, "trace": np.trace,
    "tolist": np.ndarray.tolist,
})  # fmt: skip
