"""New tensors."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from s2sgrad.tensors import dtypes, inplace, random
from s2sgrad.tensors.operands import sizes_of, to_dtype
from s2sgrad.tensors.tensor import Tensor

COPY_WARNING = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)


def tensor(data, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of the data: nested lists, an array, a number."""
    if isinstance(data, Tensor):
        warnings.warn(COPY_WARNING, UserWarning, stacklevel=2)
    array = _array(data, dtypes.as_numpy(dtype))
    return _placed(np.array(array, copy=True), device, requires_grad)


def _array(data, dtype: np.dtype | None) -> np.ndarray:
    """The data as an array: NumPy values keep their dtype, Python numbers take the default one."""
    if isinstance(data, (Tensor, np.ndarray, np.generic)):
        array = data._array if isinstance(data, Tensor) else np.asarray(data)
        return array if dtype is None else array.astype(dtype)
    if data is None:
        raise RuntimeError("Could not infer dtype of NoneType")
    _check_regular(data)
    array = np.array(_without_tensors(data))
    if array.dtype.kind not in "biufc":
        raise TypeError(f"new(): invalid data type '{_first(data).__class__.__name__}'")
    if dtype is None:
        dtype = _natural_dtype(data, array.dtype)
    return array.astype(dtype)


def _natural_dtype(data, found: np.dtype) -> np.dtype:
    first = _first(data)
    if isinstance(first, (Tensor, np.generic, np.ndarray)):
        return found
    return dtypes.default() if found.kind == "f" else dtypes.of_number(1j) if found.kind == "c" else found


def _first(data):
    while isinstance(data, (list, tuple)) and len(data):
        data = data[0]
    return 0.0 if isinstance(data, (list, tuple)) else data


def _without_tensors(data):
    if isinstance(data, Tensor):
        return data._array
    return [_without_tensors(part) for part in data] if isinstance(data, (list, tuple)) else data


def _check_regular(data, dim: int = 0) -> int | None:
    """Refuse nested lists of unequal lengths; returns the length of the parts."""
    if not isinstance(data, (list, tuple)):
        return None
    lengths = [_check_regular(part, dim + 1) for part in data]
    for length in lengths:
        if length != lengths[0]:
            raise ValueError(f"expected sequence of length {lengths[0]} at dim {dim + 1} (got {length})")
    return len(data)


def _placed(array: np.ndarray, device, requires_grad: bool) -> Tensor:
    if device is not None:
        dtypes.device(str(device))
    return Tensor._of(array, requires_grad)


def as_tensor(data, *, dtype=None, device=None) -> Tensor:
    """A tensor that shares memory with the data if it can."""
    if isinstance(data, Tensor):
        return data if dtype is None else to_dtype(data, dtypes.as_numpy(dtype))
    return _placed(_array(data, dtypes.as_numpy(dtype)), device, False)


asarray = as_tensor


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares memory with an array."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    dtypes.of(ndarray.dtype)
    return Tensor._of(ndarray)


def is_tensor(obj) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


# ---- of a size ----


def _sized(name: str, make: Callable[[tuple, np.dtype], np.ndarray], doc: str) -> Callable[..., Tensor]:
    def create(*size, dtype=None, device=None, requires_grad: bool = False, generator=None, **_) -> Tensor:
        shape = sizes_of(size or (_.pop("size", ()),))
        if any(length < 0 for length in shape):
            raise RuntimeError(f"{name}: Dimension size must be non-negative.")
        wanted = dtypes.default() if dtype is None else dtypes.as_numpy(dtype)
        array = make(shape, wanted, generator) if name.startswith("rand") else make(shape, wanted)
        return _placed(array, device, requires_grad)

    create.__name__ = create.__qualname__ = name
    create.__doc__ = doc
    return create


def _like(name: str, of_size: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def create(input: Tensor, *, dtype=None, device=None, requires_grad: bool = False, **_) -> Tensor:
        wanted = input.dtype if dtype is None else dtype
        return of_size(input.shape, dtype=wanted, device=device, requires_grad=requires_grad)

    create.__name__ = create.__qualname__ = f"{name}_like"
    create.__doc__ = f"`{name}`, with the size and dtype of another tensor."
    return create


def _uniform(shape: tuple, dtype: np.dtype, generator: random.Generator | None = None) -> np.ndarray:
    return (generator or random.default_generator).uniform(dtypes.Size(shape).numel(), dtype).reshape(shape)


def _normal(shape: tuple, dtype: np.dtype, generator: random.Generator | None = None) -> np.ndarray:
    return (generator or random.default_generator).normal(dtypes.Size(shape).numel(), dtype).reshape(shape)


empty = _sized("empty", np.empty, "An uninitialised tensor of a size.")
zeros = _sized("zeros", np.zeros, "Zeros.")
ones = _sized("ones", np.ones, "Ones.")
rand = _sized("rand", _uniform, "Random numbers, uniform in [0, 1).")
randn = _sized("randn", _normal, "Random numbers, normally distributed.")
empty_like, zeros_like, ones_like = _like("empty", empty), _like("zeros", zeros), _like("ones", ones)
rand_like, randn_like = _like("rand", rand), _like("randn", randn)


def full(size, fill_value, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """One value throughout."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    wanted = dtypes.of_number(value) if dtype is None else dtypes.as_numpy(dtype)
    return _placed(np.full(sizes_of((size,)), value, wanted), device, requires_grad)


def full_like(input: Tensor, fill_value, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """`full`, with the size and dtype of another tensor."""
    wanted = input.dtype if dtype is None else dtype
    return full(input.shape, fill_value, dtype=wanted, device=device, requires_grad=requires_grad)


def arange(start, end=None, step=1, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Evenly spaced numbers in [start, end)."""
    if end is None:
        start, end = 0, start
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    whole = all(isinstance(bound, int) for bound in (start, end, step))
    wanted = dtypes.as_numpy(dtype) or (dtypes.INT64 if whole else dtypes.default())
    return _placed(np.arange(start, end, step).astype(wanted), device, requires_grad)


def linspace(start, end, steps: int, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """So many evenly spaced numbers from `start` to `end`."""
    wanted = dtypes.as_numpy(dtype) or dtypes.default()
    return _placed(np.linspace(float(start), float(end), steps).astype(wanted), device, requires_grad)


def logspace(start, end, steps: int, base: float = 10.0, *, dtype=None, requires_grad: bool = False) -> Tensor:
    """So many numbers from base**start to base**end, evenly spaced in the exponent."""
    wanted = dtypes.as_numpy(dtype) or dtypes.default()
    return Tensor._of(np.logspace(start, end, steps, base=base).astype(wanted), requires_grad)


def eye(n: int, m: int | None = None, *, dtype=None, device=None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal."""
    return _placed(np.eye(n, m, dtype=dtypes.as_numpy(dtype) or dtypes.default()), device, requires_grad)


def randint(low: int, high=None, size=None, *, dtype=None, generator=None, requires_grad: bool = False) -> Tensor:
    """Random integers in [low, high)."""
    if size is None:
        low, high, size = 0, low, high
    shape = sizes_of((size,))
    numbers = (generator or random.default_generator).integers(low, high, dtypes.Size(shape).numel())
    return Tensor._of(numbers.reshape(shape).astype(dtypes.as_numpy(dtype) or dtypes.INT64), requires_grad)


def randperm(n: int, *, generator=None) -> Tensor:
    """The integers below `n`, shuffled."""
    return Tensor._of((generator or random.default_generator).permutation(n))


def normal(mean, std=1.0, size=None, *, generator=None, requires_grad: bool = False) -> Tensor:
    """Random numbers, normally distributed with a mean and a standard deviation."""
    mean, std = (value._array if isinstance(value, Tensor) else value for value in (mean, std))
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std)) if size is None else sizes_of((size,))
    array = _normal(shape, dtypes.default(), generator) * std + mean
    return Tensor._of(np.asarray(array, dtypes.default()), requires_grad)


# ---- methods ----


def new_tensor(self: Tensor, data, *, dtype=None, requires_grad: bool = False) -> Tensor:
    """A tensor with other data, of this dtype."""
    return tensor(data, dtype=dtype or self.dtype, requires_grad=requires_grad)


def _new(of_size: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def method(self: Tensor, *size, dtype=None, **options) -> Tensor:
        return of_size(*size, dtype=dtype or self.dtype, **options)

    method.__name__ = f"new_{of_size.__name__}"
    method.__doc__ = f"`{of_size.__name__}`, of this dtype."
    return method


new_zeros, new_ones, new_empty, new_full = map(_new, (zeros, ones, empty, full))


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator=None) -> Tensor:
    """Overwrite with normally distributed random numbers."""
    return inplace.copy_(self, Tensor._of(_normal(self.shape, self._array.dtype, generator) * std + mean))


def uniform_(self: Tensor, a: float = 0.0, b: float = 1.0, *, generator=None) -> Tensor:
    """Overwrite with uniform random numbers in [a, b)."""
    return inplace.copy_(self, Tensor._of(_uniform(self.shape, self._array.dtype, generator) * (b - a) + a))


# ---- constructors named after a dtype ----


def _constructor(entry: dtypes.dtype) -> Callable[..., Tensor]:
    def create(*data) -> Tensor:
        if len(data) == 1 and not isinstance(data[0], int):
            return Tensor._of(np.array(_without_tensors(data[0]), entry.numpy))
        return empty(*data, dtype=entry)

    create.__name__ = create.__qualname__ = f"{entry.title}Tensor"
    create.__doc__ = f"A tensor of {entry} from a nested list, or of a size."
    return create


CONSTRUCTORS = {f"{entry.title}Tensor": _constructor(entry) for entry in dtypes.DTYPES.values()}
globals().update(CONSTRUCTORS)
