"""Matrix products."""

from __future__ import annotations

from s2sgrad.tensors import primitives
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.tensor import Tensor

# PyTorch's name of the step by the ranks of the operands; higher ranks are batches
NAMES = {(1, 1): "DotBackward0", (2, 2): "MmBackward0", (2, 1): "MvBackward0", (1, 2): "SqueezeBackward4"}


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product, batched over leading dimensions."""
    _check_dtypes(input, other)
    ranks = input.ndim, other.ndim
    if 0 in ranks:
        dims = f"{ranks[0]}D and {ranks[1]}D"
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {dims}")
    try:
        return call(primitives.matmul, NAMES.get(ranks, "UnsafeViewBackward0"), input, other)
    except ValueError:
        raise RuntimeError(_mismatch(input.shape, other.shape)) from None


def _mismatch(a: tuple, b: tuple) -> str:
    if len(a) == len(b) == 1:
        return (
            f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same number of elements, "
            f"but got {a[0]} and {b[0]} elements respectively"
        )
    if len(a) == 2 and len(b) == 1:
        return f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({b[0]})"
    rows, columns = "x".join(map(str, (1, *a)[-2:])), "x".join(map(str, b[-2:]))
    return f"mat1 and mat2 shapes cannot be multiplied ({rows} and {columns})"


def _check_dtypes(a: Tensor, b: Tensor) -> None:
    if a._array.dtype != b._array.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {_spoken(a)} != {_spoken(b)}")


def _spoken(tensor: Tensor) -> str:
    return tensor.dtype.title.lower()


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices."""
    for name, tensor in (("self", input), ("mat2", mat2)):
        if tensor.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix")
    return matmul(input, mat2)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector."""
    if (input.ndim, vec.ndim) != (2, 1):
        raise RuntimeError(f"vector + matrix @ vector expected, got {vec.ndim}, {input.ndim}, {vec.ndim}")
    return matmul(input, vec)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Products of matrices, one per batch."""
    if (input.ndim, mat2.ndim) != (3, 3):
        raise RuntimeError("batch1 must be a 3D tensor")
    _check_dtypes(input, mat2)
    return call(primitives.matmul, "BmmBackward0", input, mat2)


def dot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors."""
    if (input.ndim, other.ndim) != (1, 1):
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {other.ndim}D tensors")
    return matmul(input, other)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The outer product of two vectors."""
    return call(primitives.outer, "MulBackward0", input, vec2)


def einsum(equation: str, *operands: Tensor) -> Tensor:
    """Einstein's summation convention, for one or two tensors."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if len(operands) > 2:
        raise NotImplementedError("einsum of more than two tensors")
    function = primitives.einsum_of_one if len(operands) == 1 else primitives.einsum_of_two
    return call(function, "ViewBackward0", equation, *operands)
