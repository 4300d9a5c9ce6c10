"""Arguments of operators, as PyTorch accepts them: promotion of dtypes, dimensions, sizes, and what is refused."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import numpy as np

from s2sgrad.tensors import dtypes, primitives
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.tensor import Tensor

Number = (bool, int, float, complex)
SPELLINGS = {"axis": "dim", "keepdims": "keepdim"}


def is_operand(value) -> bool:
    """Whether `tensor + value` can mean anything."""
    return isinstance(value, (Tensor, *Number, np.ndarray, np.generic))


def require_tensor(value, function: str, argument: str = "input") -> Tensor:
    """`value`, which must be a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{function}(): argument '{argument}' (position 1) must be Tensor, not {type(value).__name__}")
    return value


def cast(tensor: Tensor, dtype: np.dtype) -> Tensor:
    """The tensor in another dtype, without a step in the graph: the sweep casts the cotangent back."""
    return tensor if tensor._array.dtype == dtype else tensor._alias(tensor._array.astype(dtype))


def floating(tensor: Tensor) -> Tensor:
    """Integers as floating-point numbers."""
    return tensor if tensor._array.dtype.kind in "fc" else cast(tensor, dtypes.default())


def common(*values, at_least_float: bool = False) -> list:
    """Tensors in their common dtype; numbers stay Python numbers, which are weak, but become floats beside floats."""
    values = [_operand(value) for value in values]
    ranked = [
        (2 if value._array.ndim else 1, value._array.dtype)
        if isinstance(value, Tensor)
        else (0, dtypes.of_number(value))
        for value in values
    ]
    dtype = ranked[0][1] if all(entry == ranked[0] for entry in ranked) else dtypes.common_dtype(ranked)
    if at_least_float and dtype.kind not in "fc":
        dtype = dtypes.default()
    as_float = dtype.kind == "f"
    return [
        cast(value, dtype) if isinstance(value, Tensor) else float(value) if as_float else value for value in values
    ]


def _operand(value):
    if isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray):
        return Tensor._of(value)
    return value.item() if isinstance(value, np.generic) else value


def elementwise(function: Callable, name: str, *values) -> Tensor:
    """`call`, with PyTorch's words where shapes don't broadcast."""
    try:
        return call(function, name, *values)
    except ValueError:
        check_broadcast(*(value for value in values if isinstance(value, Tensor)))
        raise


def check_broadcast(*tensors: Tensor) -> None:
    """Refuse shapes that don't broadcast."""
    shape: tuple = ()
    for tensor in tensors:
        other = tensor._array.shape
        rank = max(len(shape), len(other))
        shape, other = (1,) * (rank - len(shape)) + shape, (1,) * (rank - len(other)) + other
        for dim in reversed(range(rank)):
            if shape[dim] != other[dim] and 1 not in (shape[dim], other[dim]):
                raise RuntimeError(
                    f"The size of tensor a ({shape[dim]}) must match the size of tensor b ({other[dim]}) "
                    f"at non-singleton dimension {dim}"
                )
        shape = tuple(max(pair) if 0 not in pair else 0 for pair in zip(shape, other))


def numpy_spelling(function: Callable) -> Callable:
    """`axis=` and `keepdims=` may be written for `dim=` and `keepdim=`."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        if kwargs:
            kwargs = {SPELLINGS.get(name, name): value for name, value in kwargs.items()}
        return function(*args, **kwargs)

    return wrapper


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front."""
    span = max(ndim, 1)
    if not -span <= dim < span:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})")
    return dim % span


def dims_of(tensor: Tensor, dim: int | Iterable[int] | None) -> int | tuple[int, ...] | None:
    """NumPy's `axis` for a `dim` argument; every dimension of a 0-d tensor is the whole."""
    ndim = tensor._array.ndim
    if dim is None or isinstance(dim, int):
        dims = () if dim is None else (wrap_dim(dim, ndim),)
    else:
        dims = tuple(wrap_dim(int(one), ndim) for one in dim)
    if not dims or not ndim:
        return None
    return dims[0] if len(dims) == 1 else dims


def sizes_of(sizes: tuple) -> tuple[int, ...]:
    """`f(2, 3)` and `f((2, 3))` mean the same."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = sizes[0]
    return tuple(int(size) for size in sizes)


def to_dtype(tensor: Tensor, dtype: np.dtype) -> Tensor:
    """A copy in another dtype, which is a step of the graph; the tensor itself if it has that dtype."""
    if tensor._array.dtype == dtype:
        return tensor
    if dtype.kind not in "fc":
        return Tensor._of(tensor._array.astype(dtype))
    return call(primitives.cast, "ToCopyBackward0", tensor, dtype)
