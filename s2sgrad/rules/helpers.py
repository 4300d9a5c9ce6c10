"""The derivatives of the functions that generated code calls: what derivatives of derivatives need.

Most are linear, and the transposes of each other. An operand that gives no more than its shape or type has none.
"""

import numpy as np

from s2sgrad import runtime
from s2sgrad.rules.notation import bar, dot, rule, zero
from s2sgrad.runtime import (
    add,
    broadcast,
    cast,
    columns,
    dense,
    detached,
    dot_left,
    dot_right,
    finish,
    inner_left,
    inner_right,
    join_stacked,
    matmul_left,
    matmul_right,
    place,
    product_of_others,
    product_of_others_dot,
    product_of_others_dot2,
    product_of_others_dot3,
    reshape_like,
    shared_alike,
    split_like,
    split_stacked,
    stack_like,
    tensordot_left,
    tensordot_right,
    unbroadcast,
    uncolumns,
    undiag,
    undiagonal,
    unreduce,
    unrepeat,
    unstack_like,
    untile,
)

zero(
    runtime.along_axis,
    runtime.count,
    runtime.inverse_axes,
    runtime.may_repeat,
    runtime.zeros_like,
    runtime.outline,
    runtime.bound,
    runtime.choices,
    runtime.all_indices,
    runtime.is_mapping,
    runtime.is_sequence,
    runtime.returned,
)
zero(runtime.zero_tangent)
zero(runtime.separate, runtime.shared)


@rule(unbroadcast, aliasing="maybe")
def unbroadcast_(y, g, x):
    dot[y] = unbroadcast(dot[g], x)
    bar[g] = broadcast(bar[y], g)


@rule(broadcast, aliasing="maybe")
def broadcast_(y, g, x):
    dot[y] = broadcast(dot[g], x)
    bar[g] = unbroadcast(bar[y], g)


@rule(cast, aliasing="maybe")
def cast_(y, g, x):
    dot[y] = cast(dot[g], x)
    bar[g] = cast(bar[y], g)


@rule(unreduce, aliasing="maybe")
def unreduce_(y, g, x, axis=None):
    dot[y] = unreduce(dot[g], x, axis)
    bar[g] = reshape_like(bar[y], g)


@rule(reshape_like, aliasing="maybe")
def reshape_like_(y, g, x, order="C"):
    dot[y] = reshape_like(dot[g], x, order)
    bar[g] = reshape_like(bar[y], g, order)


@rule(place)
def place_(y, g, x, args):
    dot[y] = place(dot[g], x, args)
    bar[g] = cast(bar[y].item(*args), g)


@rule(add, aliasing="maybe")
def add_(y, a, b):
    dot[y] = add(dot[a], dot[b])
    bar[a] = bar[y]
    bar[b] = bar[y]


@rule(detached)
def detached_(y, value):
    dot[y] = detached(dot[value])
    bar[value] = bar[y]


@rule(finish, aliasing="maybe")
def finish_(y, g, primal, owned=False):
    dot[y] = finish(dot[g], primal, owned)
    bar[g] = bar[y]


@rule(shared_alike, aliasing="maybe")
def shared_alike_(w, y_dot, y, x_dot, x):
    """`y_dot` itself, or a copy of it."""
    dot[w] = shared_alike(dot[y_dot], w, dot[x_dot], x_dot)
    bar[y_dot] = bar[w]
    bar[x_dot] = np.zeros_like(x_dot)


# ---------------------------------------------------------------------------------- operands that are lists of arrays


@rule(split_like, aliasing="maybe")
def split_like_(y, g, xs, axis=0):
    dot[y] = split_like(dot[g], xs, axis)
    bar[g] = cast(np.concatenate(dense(bar[y], xs), axis=axis), g)


@rule(unstack_like, aliasing="maybe")
def unstack_like_(y, xs, g):
    dot[y] = unstack_like(xs, dot[g])
    bar[g] = stack_like(g, bar[y])


@rule(stack_like, aliasing="maybe")
def stack_like_(w, y, parts):
    dot[w] = stack_like(y, dot[parts])
    bar[parts] = unstack_like(parts, bar[w])


@rule(dense, aliasing="maybe")
def dense_(y, parts, xs):
    dot[y] = dense(dot[parts], xs)
    bar[parts] = bar[y]


# ------------------------------------------------------------------------------------------------------- products


@rule(dot_left)
def dot_left_(y, g, x, z):
    dot[y] = dot_left(dot[g], x, z) + dot_left(g, x, dot[z])
    bar[g] = cast(np.dot(bar[y], z), g)
    bar[z] = dot_right(g, bar[y], z)


@rule(dot_right)
def dot_right_(y, g, x, z):
    dot[y] = dot_right(dot[g], x, z) + dot_right(g, dot[x], z)
    bar[g] = cast(np.dot(x, bar[y]), g)
    bar[x] = dot_left(g, x, bar[y])


@rule(matmul_left)
def matmul_left_(y, g, x, z):
    dot[y] = matmul_left(dot[g], x, z) + matmul_left(g, x, dot[z])
    bar[g] = cast(bar[y] @ z, g)
    bar[z] = matmul_right(g, bar[y], z)


@rule(matmul_right)
def matmul_right_(y, g, x, z):
    dot[y] = matmul_right(dot[g], x, z) + matmul_right(g, dot[x], z)
    bar[g] = cast(x @ bar[y], g)
    bar[x] = matmul_left(g, x, bar[y])


@rule(inner_left)
def inner_left_(y, g, x, z):
    dot[y] = inner_left(dot[g], x, z) + inner_left(g, x, dot[z])
    bar[g] = cast(np.inner(bar[y], z), g)
    bar[z] = inner_right(g, bar[y], z)


@rule(inner_right)
def inner_right_(y, g, x, z):
    dot[y] = inner_right(dot[g], x, z) + inner_right(g, dot[x], z)
    bar[g] = cast(np.inner(x, bar[y]), g)
    bar[x] = inner_left(g, x, bar[y])


@rule(product_of_others)
def product_of_others_(y, x, axis=None):
    """Derivatives of a product are symmetric in the directions."""
    dot[y] = product_of_others_dot(x, dot[x], axis)
    bar[x] = product_of_others_dot(x, bar[y], axis)


@rule(product_of_others_dot)
def product_of_others_dot_(y, x, v, axis=None):
    dot[y] = product_of_others_dot(x, dot[v], axis) + product_of_others_dot2(x, v, dot[x], axis)
    bar[v] = product_of_others_dot(x, bar[y], axis)
    bar[x] = product_of_others_dot2(x, v, bar[y], axis)


@rule(product_of_others_dot2)
def product_of_others_dot2_(y, x, v, w, axis=None):
    """What follows, `product_of_others_dot3`, has no rule: fifth derivatives of products are refused."""
    dot[y] = (
        product_of_others_dot2(x, dot[v], w, axis)
        + product_of_others_dot2(x, v, dot[w], axis)
        + product_of_others_dot3(x, v, w, dot[x], axis)
    )
    bar[v] = product_of_others_dot2(x, w, bar[y], axis)
    bar[w] = product_of_others_dot2(x, v, bar[y], axis)
    bar[x] = product_of_others_dot3(x, v, w, bar[y], axis)


@rule(tensordot_left)
def tensordot_left_(y, g, x, z, axes=2):
    dot[y] = tensordot_left(dot[g], x, z, axes) + tensordot_left(g, x, dot[z], axes)
    bar[g] = cast(np.tensordot(bar[y], z, axes), g)
    bar[z] = tensordot_right(g, bar[y], z, axes)


@rule(tensordot_right)
def tensordot_right_(y, g, x, z, axes=2):
    dot[y] = tensordot_right(dot[g], x, z, axes) + tensordot_right(g, dot[x], z, axes)
    bar[g] = cast(np.tensordot(x, bar[y], axes), g)
    bar[x] = tensordot_left(g, x, bar[y], axes)


# ------------------------------------------------------------------------------------------------- rearrangements


@rule(split_stacked, aliasing="maybe")
def split_stacked_(y, g, xs, lift, axis):
    dot[y] = split_stacked(dot[g], xs, lift, axis)
    bar[g] = cast(join_stacked(bar[y], xs, lift, axis), g)


@rule(join_stacked)
def join_stacked_(y, parts, xs, lift, axis):
    dot[y] = join_stacked(dot[parts], xs, lift, axis)
    bar[parts] = split_stacked(bar[y], xs, lift, axis)


@rule(unrepeat)
def unrepeat_(y, g, x, repeats, axis=None):
    dot[y] = unrepeat(dot[g], x, repeats, axis)
    bar[g] = cast(np.repeat(bar[y], repeats, axis), g)


@rule(untile)
def untile_(y, g, x, reps):
    dot[y] = untile(dot[g], x, reps)
    bar[g] = cast(np.tile(bar[y], reps), g)


@rule(undiagonal)
def undiagonal_(y, g, x, offset=0, axis1=0, axis2=1):
    dot[y] = undiagonal(dot[g], x, offset, axis1, axis2)
    bar[g] = unbroadcast(np.diagonal(bar[y], offset, axis1, axis2), g)


@rule(undiag, aliasing="maybe")
def undiag_(y, g, x, k=0):
    dot[y] = undiag(dot[g], x, k)
    bar[g] = np.diag(bar[y], k)


@rule(columns, aliasing="maybe")
def columns_(y, v, b):
    dot[y] = columns(dot[v], b)
    bar[v] = uncolumns(bar[y], b)


@rule(uncolumns, aliasing="maybe")
def uncolumns_(y, v, b):
    dot[y] = uncolumns(dot[v], b)
    bar[v] = columns(bar[y], b)


@rule(runtime.deeply_copied)
def deeply_copied(y, value):
    dot[y] = dot[value]
    bar[value] = bar[y]
