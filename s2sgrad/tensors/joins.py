"""Several tensors as one, and one as several."""

from __future__ import annotations

import numpy as np

from s2sgrad.tensors import primitives
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.indexing import along, getitem
from s2sgrad.tensors.operands import common, dims_of, wrap_dim
from s2sgrad.tensors.tensor import Tensor
from s2sgrad.tensors.views import expand, reshape, transpose, unsqueeze


def cat(tensors: list[Tensor] | tuple[Tensor, ...], dim: int = 0) -> Tensor:
    """Tensors joined along a dimension they have."""
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    first = tensors[0]
    for tensor in tensors:
        if tensor.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {tensor.ndim}")
    return call(primitives.cat, "CatBackward0", common(*tensors), wrap_dim(dim, first.ndim))


concat = concatenate = cat


def stack(tensors: list[Tensor] | tuple[Tensor, ...], dim: int = 0) -> Tensor:
    """Tensors joined along a new dimension."""
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0].shape
    for entry, tensor in enumerate(tensors):
        if tensor.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(tensor.shape)} at entry {entry}"
            )
    return call(primitives.stack, "StackBackward0", common(*tensors), wrap_dim(dim, len(first) + 1))


def hstack(tensors: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """Tensors side by side."""
    tensors = [reshape(tensor, 1) if not tensor.ndim else tensor for tensor in tensors]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


def vstack(tensors: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """Tensors on top of each other."""
    return cat([unsqueeze(reshape(tensor, -1), 0) if tensor.ndim < 2 else tensor for tensor in tensors])


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension."""
    axis = wrap_dim(dim, input.ndim)
    before = (slice(None),) * axis
    return tuple(getitem(input, (*before, place), "UnbindBackward0") for place in range(input.shape[axis]))


def split(input: Tensor, split_size_or_sections: int | list[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces along a dimension: of one size, or of the sizes given."""
    axis = wrap_dim(dim, input.ndim)
    length, sizes = input.shape[axis], split_size_or_sections
    if isinstance(sizes, int):
        sizes = [min(sizes, length - start) for start in range(0, length, sizes)]
    ends = np.cumsum(sizes).tolist()
    before = (slice(None),) * axis
    return tuple(getitem(input, (*before, slice(end - size, end)), "SplitBackward0") for size, end in zip(sizes, ends))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many equal pieces along a dimension."""
    return split(input, -(-input.shape[wrap_dim(dim, input.ndim)] // chunks), dim)


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The elements at `index` along a dimension."""
    return call(primitives.index, "GatherBackward0", input, along(index._array, wrap_dim(dim, input.ndim)))


def take_along_dim(input: Tensor, indices: Tensor, dim: int) -> Tensor:
    """The elements at `indices` along a dimension."""
    return gather(input, dim, indices)


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices at `index` along a dimension."""
    before = (slice(None),) * dims_of(input, dim)
    return getitem(input, (*before, index), "IndexSelectBackward0")


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds."""
    return getitem(input, mask, "MaskedSelectBackward0")


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A stretch of a dimension."""
    before = (slice(None),) * wrap_dim(dim, input.ndim)
    return getitem(input, (*before, slice(start, start + length)))


def meshgrid(*tensors: Tensor, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of the points of a grid."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    lengths = [tensor.numel() for tensor in tensors]
    grids = []
    for place, tensor in enumerate(tensors):
        along = [1] * len(tensors)
        along[place] = lengths[place]
        grid = expand(reshape(tensor, along), lengths)
        grids.append(transpose(grid, 0, 1) if indexing == "xy" and len(tensors) > 1 else grid)
    return tuple(grids)
