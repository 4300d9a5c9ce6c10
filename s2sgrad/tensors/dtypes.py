"""Element types, sizes and the one device, printed as PyTorch prints them."""

from __future__ import annotations

import numpy as np


class dtype:
    """The type of a tensor's elements: a name around a NumPy dtype."""

    __slots__ = ("is_complex", "is_floating_point", "name", "numpy", "title")

    def __init__(self, name: str, title: str):
        self.name = name
        self.title = title
        self.numpy = np.dtype(name)
        self.is_floating_point = self.numpy.kind == "f"
        self.is_complex = self.numpy.kind == "c"

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.numpy.itemsize

    @property
    def is_signed(self) -> bool:
        """Whether negative values exist."""
        return self.numpy.kind in "ifc"

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self):
        return named, (self.name,)


# name, and PyTorch's word for a tensor of that type
DTYPES = {
    name: dtype(name, title)
    for name, title in (
        ("float16", "Half"),
        ("float32", "Float"),
        ("float64", "Double"),
        ("complex64", "ComplexFloat"),
        ("complex128", "ComplexDouble"),
        ("uint8", "Byte"),
        ("int8", "Char"),
        ("int16", "Short"),
        ("int32", "Int"),
        ("int64", "Long"),
        ("bool", "Bool"),
    )
}
ALIASES = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "short": "int16",
    "int": "int32",
    "long": "int64",
}
FLOAT32, FLOAT64, INT64, BOOL = (DTYPES[name].numpy for name in ("float32", "float64", "int64", "bool"))
_BY_NUMPY = {entry.numpy: entry for entry in DTYPES.values()}
_default = FLOAT32


def named(name: str) -> dtype:
    """The dtype called `name`, aliases included."""
    return DTYPES[ALIASES.get(name, name)]


def of(array_dtype: np.dtype) -> dtype:
    """The shim's name for a NumPy dtype."""
    try:
        return _BY_NUMPY[array_dtype]
    except KeyError:
        raise TypeError(f"can't convert np.ndarray of type numpy.{array_dtype}.") from None


def as_numpy(wanted: dtype | type | np.dtype | str | None) -> np.dtype | None:
    """The NumPy dtype meant by a `dtype=` argument; None stays None."""
    if wanted is None or isinstance(wanted, np.dtype):
        return wanted
    return wanted.numpy if isinstance(wanted, dtype) else np.dtype(wanted)


def get_default_dtype() -> dtype:
    """The dtype of tensors made from Python floats."""
    return _BY_NUMPY[_default]


def set_default_dtype(d: dtype) -> None:
    """Make `d` the dtype of tensors made from Python floats."""
    global _default
    if not as_numpy(d).kind == "f":
        raise TypeError(f"only floating-point types are supported as the default type, but got {d}")
    _default = as_numpy(d)


def default() -> np.dtype:
    """NumPy's name for the default dtype."""
    return _default


class Size(tuple):
    """A shape."""

    __slots__ = ()

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        count = 1
        for length in self:
            count *= length
        return count

    def __getitem__(self, key):
        part = tuple.__getitem__(self, key)
        return Size(part) if isinstance(key, slice) else part

    def __add__(self, other) -> Size:
        return Size(tuple.__add__(self, tuple(other)))

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    __str__ = __repr__


class device:
    """Where a tensor lives: always the CPU."""

    __slots__ = ("index", "type")

    def __init__(self, type: str = "cpu", index: int | None = None):
        if str(type).partition(":")[0] != "cpu":
            raise RuntimeError(f"tensors live on the CPU; there is no device '{type}'")
        self.type, self.index = "cpu", index

    def __eq__(self, other) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash("cpu")

    def __str__(self) -> str:
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


# ---- promotion: tensors outweigh 0-d tensors outweigh Python numbers, unless of a lower category ----

_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def promote_types(a: np.dtype, b: np.dtype) -> np.dtype:
    """The common dtype of two; int64 with float32 is float32, unlike NumPy."""
    if a == b:
        return a
    category_a, category_b = _CATEGORY[a.kind], _CATEGORY[b.kind]
    if category_a != category_b and max(category_a, category_b) == 2:
        return a if category_a > category_b else b
    return np.promote_types(a, b)


def of_number(number: bool | int | float | complex) -> np.dtype:
    """The dtype that a Python number takes when nothing else decides."""
    if isinstance(number, bool):
        return BOOL
    if isinstance(number, int):
        return INT64
    if isinstance(number, complex):
        return DTYPES["complex64" if _default == FLOAT32 else "complex128"].numpy
    return _default


def common_dtype(ranked: list[tuple[int, np.dtype]]) -> np.dtype:
    """The dtype of an operation on operands given as (weight, dtype): 2 an array, 1 a 0-d array, 0 a Python number."""
    result = None
    for weight in (2, 1, 0):
        group = None
        for rank, operand in ranked:
            if rank == weight:
                group = operand if group is None else promote_types(group, operand)
        if group is None:
            continue
        if result is None:
            result = group
        elif _CATEGORY[group.kind] > _CATEGORY[result.kind]:
            result = promote_types(result, group)
    return result
