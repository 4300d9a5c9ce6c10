"""Operators along dimensions: sums, extremes, norms, orders."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable

import numpy as np

from s2sgrad.tensors import dtypes, primitives
from s2sgrad.tensors.arithmetic import maximum, minimum
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.indexing import along
from s2sgrad.tensors.operands import dims_of, floating, numpy_spelling, to_dtype, wrap_dim
from s2sgrad.tensors.tensor import Tensor

Dim = int | Iterable[int] | None


class _Named:
    """Prints as PyTorch prints its named results."""

    __slots__ = ()

    def __repr__(self) -> str:
        parts = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self))
        return f"torch.return_types.{type(self).__name__}(\n{parts})"


def _named(name: str) -> type:
    return type(name, (_Named, namedtuple(name, ("values", "indices"))), {"__slots__": ()})


Max, Min, Median, Sort, Topk = (_named(name) for name in ("max", "min", "median", "sort", "topk"))


def _converted(input: Tensor, dtype) -> Tensor:
    return input if dtype is None else to_dtype(input, dtypes.as_numpy(dtype))


@numpy_spelling
def sum(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The sum of all elements, or along dimensions."""
    tensor = _converted(input, dtype)
    return call(primitives.total, f"SumBackward{int(dim is not None)}", tensor, dims_of(tensor, dim), keepdim)


@numpy_spelling
def mean(input: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The mean of all elements, or along dimensions."""
    tensor = _converted(input, dtype)
    if tensor._array.dtype.kind not in "fc":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {tensor.dtype.title}"
        )
    return call(primitives.mean, f"MeanBackward{int(dim is not None)}", tensor, dims_of(tensor, dim), keepdim)


@numpy_spelling
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The product of all elements, or along a dimension."""
    tensor = _converted(input, dtype)
    return call(primitives.product, f"ProdBackward{int(dim is not None)}", tensor, dims_of(tensor, dim), keepdim)


def _correction(unbiased: bool | None, correction: int | None) -> int:
    return int(unbiased) if unbiased is not None else 1 if correction is None else correction


@numpy_spelling
def var(input, dim: Dim = None, unbiased=None, keepdim: bool = False, *, correction: int | None = None) -> Tensor:
    """The variance, unbiased unless told otherwise."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    ddof = _correction(unbiased, correction)
    return call(primitives.variance, "VarBackward0", input, dims_of(input, dim), keepdim, ddof)


@numpy_spelling
def std(input, dim: Dim = None, unbiased=None, keepdim: bool = False, *, correction: int | None = None) -> Tensor:
    """The standard deviation, unbiased unless told otherwise."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    ddof = _correction(unbiased, correction)
    return call(primitives.deviation, "StdBackward0", input, dims_of(input, dim), keepdim, ddof)


@numpy_spelling
def norm(input: Tensor, p: float | str = "fro", dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The p-norm of all elements, or along dimensions."""
    name, axis = "LinalgVectorNormBackward0", dims_of(input, dim)
    if p in ("fro", 2, 2.0):
        return call(primitives.euclidean_norm, name, input, axis, keepdim)
    if p == 1:
        return call(primitives.taxicab_norm, name, input, axis, keepdim)
    if p == float("inf"):
        return call(primitives.maximum_norm, name, input, axis, keepdim)
    return call(primitives.power_norm, name, input, float(p), axis, keepdim)


def _extreme(input: Tensor, dim, keepdim: bool, primitive, pick, pairwise, named: type):
    """Of all elements; along a dimension, with the indices; or of pairs."""
    if isinstance(dim, Tensor):
        return pairwise(input, dim)
    title = named.__name__.title()
    if dim is None:
        return call(primitive, f"{title}Backward1", input, None, False)
    axis = wrap_dim(dim, input.ndim)
    return named(*_along(input, pick(input._array, axis=axis, keepdims=True), axis, keepdim, f"{title}Backward0"))


def _along(input: Tensor, indices: np.ndarray, axis: int, keepdim: bool, name: str) -> tuple[Tensor, Tensor]:
    """The elements at `indices`, and these."""
    if not input.ndim:
        return call(primitives.clone, name, input), Tensor._of(np.zeros((), np.int64))
    values = call(primitives.index, name, input, along(indices, axis))
    if keepdim:
        return values, Tensor._of(indices)
    inner = np.squeeze(indices, axis)
    squeezed = call(primitives.reshape, name, values, inner.shape)
    return squeezed, Tensor._of(inner)


@numpy_spelling
def max(input: Tensor, dim=None, keepdim: bool = False):
    """The greatest element; along a dimension, (values, indices); with a second tensor, that of each pair."""
    return _extreme(input, dim, keepdim, primitives.largest, np.argmax, maximum, Max)


@numpy_spelling
def min(input: Tensor, dim=None, keepdim: bool = False):
    """The least element; along a dimension, (values, indices); with a second tensor, that of each pair."""
    return _extreme(input, dim, keepdim, primitives.smallest, np.argmin, minimum, Min)


@numpy_spelling
def amax(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The greatest element; equal ones share the gradient."""
    return call(primitives.largest, "AmaxBackward0", input, dims_of(input, dim), keepdim)


@numpy_spelling
def amin(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The least element; equal ones share the gradient."""
    return call(primitives.smallest, "AminBackward0", input, dims_of(input, dim), keepdim)


def median(input: Tensor, dim: int | None = None, keepdim: bool = False):
    """The median, the lower one of two; along a dimension, (values, indices)."""
    array = input._array.reshape(-1) if dim is None else input._array
    axis = 0 if dim is None else wrap_dim(dim, input.ndim)
    middle = (array.shape[axis] - 1) // 2
    indices = np.take(np.argsort(array, axis=axis, kind="stable"), [middle], axis=axis)
    if dim is not None:
        return Median(*_along(input, indices, axis, keepdim, "MedianBackward1"))
    return call(primitives.index, "MedianBackward0", input, np.unravel_index(int(indices[0]), input.shape))


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Sort:
    """The elements in order along a dimension, and where they were."""
    axis = wrap_dim(dim, input.ndim)
    return Sort(*_along(input, _order(input._array, axis, descending), axis, True, "SortBackward0"))


def argsort(input: Tensor, dim: int = -1, descending: bool = False) -> Tensor:
    """Where the elements in order are."""
    return Tensor._of(_order(input._array, wrap_dim(dim, input.ndim), descending))


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True) -> Topk:
    """The k greatest elements along a dimension, and where they are."""
    axis = wrap_dim(dim, input.ndim)
    indices = np.take(_order(input._array, axis, largest), range(k), axis=axis)
    return Topk(*_along(input, indices, axis, True, "TopkBackward0"))


def _order(array: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    """Equal elements stay in order."""
    if not descending:
        return np.argsort(array, axis=axis, kind="stable")
    backwards = np.argsort(np.flip(array, axis), axis=axis, kind="stable")
    return np.flip(array.shape[axis] - 1 - backwards, axis).copy()


@numpy_spelling
def softmax(input: Tensor, dim: int) -> Tensor:
    """Exponentials, divided by their sum along a dimension."""
    return call(primitives.softmax, "SoftmaxBackward0", floating(input), wrap_dim(dim, input.ndim))


@numpy_spelling
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """The logarithm of `softmax`."""
    return call(primitives.log_softmax, "LogSoftmaxBackward0", floating(input), wrap_dim(dim, input.ndim))


@numpy_spelling
def logsumexp(input: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """The logarithm of the sum of exponentials."""
    return call(primitives.logsumexp, "LogsumexpBackward0", floating(input), dims_of(input, dim), keepdim)


@numpy_spelling
def cumsum(input: Tensor, dim: int) -> Tensor:
    """Running sums along a dimension."""
    return call(primitives.cumsum, "CumsumBackward0", input, wrap_dim(dim, input.ndim))


@numpy_spelling
def cumprod(input: Tensor, dim: int) -> Tensor:
    """Running products along a dimension."""
    return call(primitives.cumprod, "CumprodBackward0", input, wrap_dim(dim, input.ndim))


# ---- no derivatives ----


@numpy_spelling
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the greatest element is."""
    return Tensor._of(np.asarray(np.argmax(input._array, axis=dim, keepdims=keepdim)))


@numpy_spelling
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the least element is."""
    return Tensor._of(np.asarray(np.argmin(input._array, axis=dim, keepdims=keepdim)))


@numpy_spelling
def all(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether every element is true."""
    return Tensor._of(np.asarray(np.all(input._array, axis=dims_of(input, dim), keepdims=keepdim)))


@numpy_spelling
def any(input: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether some element is true."""
    return Tensor._of(np.asarray(np.any(input._array, axis=dims_of(input, dim), keepdims=keepdim)))


@numpy_spelling
def count_nonzero(input: Tensor, dim: Dim = None) -> Tensor:
    """How many elements are not zero."""
    return Tensor._of(np.asarray(np.count_nonzero(input._array, axis=dims_of(input, dim))))


def nonzero(input: Tensor) -> Tensor:
    """The indices of the elements that are not zero, one per row."""
    return Tensor._of(np.argwhere(input._array))


def unique(input: Tensor) -> Tensor:
    """The distinct elements, in order."""
    return Tensor._of(np.unique(input._array))
