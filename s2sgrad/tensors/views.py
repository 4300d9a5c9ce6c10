"""Shapes: operators whose results share memory with their operand, and remember what they are a view of."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from s2sgrad.tensors import primitives
from s2sgrad.tensors.aliasing import view_of
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.operands import dims_of, sizes_of, wrap_dim
from s2sgrad.tensors.tensor import Tensor


def _fitting(input: Tensor, sizes: tuple) -> tuple[int, ...]:
    """Sizes for all elements, with -1 worked out."""
    shape, count = sizes_of(sizes), input._array.size
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    known = 1
    for size in shape:
        known *= 1 if size == -1 else size
    fits = (known and count % known == 0) if -1 in shape else known == count
    if not fits:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")
    return tuple(count // known if size == -1 else size for size in shape)


def reshape(input: Tensor, *shape) -> Tensor:
    """The elements in another shape, a view if possible."""
    name = "ViewBackward0" if input._array.flags.c_contiguous else "UnsafeViewBackward0"
    return view_of(primitives.reshape, name, input, _fitting(input, shape))


def view(input: Tensor, *shape) -> Tensor:
    """The same memory in another shape."""
    sizes = _fitting(input, shape)
    if not np.may_share_memory(np.reshape(input._array, sizes), input._array) and input._array.size:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return view_of(primitives.reshape, "ViewBackward0", input, sizes)


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of `other`."""
    return view(input, *other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The elements in the shape of `other`."""
    return reshape(input, *other.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Several dimensions as one."""
    start, end = wrap_dim(start_dim, input.ndim), wrap_dim(end_dim, input.ndim)
    return reshape(input, *input.shape[:start], -1, *input.shape[end + 1 :])


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return reshape(input, -1)


def permute(input: Tensor, *dims) -> Tensor:
    """The dimensions in another order."""
    order = sizes_of(dims)
    if len(order) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = {len(order)}"
        )
    dims = tuple(wrap_dim(dim, input.ndim) for dim in order)
    return view_of(primitives.permute, "PermuteBackward0", input, dims)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    order = list(range(input.ndim))
    dim0, dim1 = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    if input.ndim:
        order[dim0], order[dim1] = dim1, dim0
    return view_of(primitives.permute, "TransposeBackward0", input, tuple(order))


swapaxes = swapdims = transpose


def movedim(input: Tensor, source: int, destination: int) -> Tensor:
    """One dimension moved elsewhere."""
    order = list(range(input.ndim))
    order.insert(wrap_dim(destination, input.ndim), order.pop(wrap_dim(source, input.ndim)))
    return permute(input, order)


def t(input: Tensor) -> Tensor:
    """A matrix transposed."""
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return view_of(primitives.permute, "TBackward0", input, tuple(reversed(range(input.ndim))))


def squeeze(input: Tensor, dim: int | Iterable[int] | None = None) -> Tensor:
    """Without dimensions of length 1."""
    name = f"SqueezeBackward{0 if dim is None else 1 if isinstance(dim, int) else 2}"
    dims = range(input.ndim) if dim is None else dims_of(input, dim)
    chosen = {dims} if isinstance(dims, int) else set(dims or ())
    shape = tuple(size for place, size in enumerate(input.shape) if size != 1 or place not in chosen)
    return view_of(primitives.reshape, name, input, shape)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a dimension of length 1 inserted."""
    place = wrap_dim(dim, input.ndim + 1)
    shape = (*input.shape[:place], 1, *input.shape[place:])
    return view_of(primitives.reshape, "UnsqueezeBackward0", input, shape)


def expand(input: Tensor, *sizes) -> Tensor:
    """Dimensions of length 1 repeated, without a copy; -1 keeps a length."""
    wanted, shape = sizes_of(sizes), input.shape
    old = (1,) * (len(wanted) - len(shape)) + tuple(shape)
    target = tuple(had if size == -1 else size for size, had in zip(wanted, old))
    for dim, (size, had) in enumerate(zip(target, old)):
        if had not in (1, size):
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size ({had}) at non-singleton "
                f"dimension {dim}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
            )
    return view_of(primitives.expand, "ExpandBackward0", input, target)


broadcast_to = expand


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expanded to the shape of `other`."""
    return expand(input, *other.shape)


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal."""
    return view_of(primitives.diagonal, "DiagonalBackward0", input, offset, dim1, dim2)


# ---- copies ----


def repeat(input: Tensor, *repeats) -> Tensor:
    """Copies side by side."""
    return call(primitives.repeat, "RepeatBackward0", input, sizes_of(repeats))


tile = repeat


def flip(input: Tensor, *dims) -> Tensor:
    """Dimensions backwards."""
    return call(primitives.flip, "FlipBackward0", input, sizes_of(dims))


def roll(input: Tensor, shifts, dims=None) -> Tensor:
    """Elements shifted round."""
    return call(primitives.roll, "RollBackward0", input, shifts, dims)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix with a diagonal."""
    name = "DiagEmbedBackward0" if input.ndim == 1 else "DiagonalBackward0_copy"
    return call(primitives.diagonal_matrix, name, input, diagonal)


def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal."""
    return call(primitives.total, "TraceBackward0", diagonal(input), None, False)


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle."""
    return call(primitives.tril, "TrilBackward0", input, diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle."""
    return call(primitives.triu, "TriuBackward0", input, diagonal)


def clone(input: Tensor) -> Tensor:
    """A copy; gradients pass through it."""
    return call(primitives.clone, "CloneBackward0", input)


def contiguous(input: Tensor) -> Tensor:
    """Row-major in memory: the tensor itself if it is."""
    return input if input.is_contiguous() else clone(input)
