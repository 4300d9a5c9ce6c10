"""Tensors as text, exactly as PyTorch prints them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from s2sgrad.tensors import dtypes

if TYPE_CHECKING:
    from s2sgrad.tensors.tensor import Tensor


@dataclass(frozen=True)
class Options:
    """How much to print, and how."""

    precision: int = 4
    threshold: float = 1000  # more elements than that are summarised
    edgeitems: int = 3  # shown at both ends of a summarised dimension
    linewidth: int = 80
    sci_mode: bool | None = None  # None: decide by the values


PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}
_options = Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed; what is not named stays, unless a `profile` resets it."""
    global _options
    if profile is not None:
        _options = PROFILES[profile]
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes = {name: value for name, value in given.items() if value is not None}
    _options = replace(_options, sci_mode=sci_mode, **changes)


def describe(tensor: Tensor) -> str:
    """The `repr` of a tensor."""
    array, prefix = tensor._array, "tensor("
    if array.size:
        body = _Body(array).text(array, len(prefix))
    else:
        body = "[]"
    text = _with_suffixes(prefix + body, _suffixes(tensor), len(prefix))
    return f"{type(tensor).__name__} containing:\n{text}" if type(tensor).__name__ == "Parameter" else text


def _suffixes(tensor: Tensor) -> list[str]:
    """What follows the numbers: whatever they don't tell."""
    array, suffixes = tensor._array, []
    told = {dtypes.default()}
    if array.size:
        told |= {dtypes.of_number(1j), dtypes.INT64, dtypes.BOOL}
    if not array.size and array.ndim != 1:
        suffixes.append(f"size={tuple(array.shape)}")
    if array.dtype not in told:
        suffixes.append(f"dtype={tensor.dtype}")
    if tensor.grad_fn is not None:
        suffixes.append(f"grad_fn=<{tensor.grad_fn.name()}>")
    elif tensor.requires_grad:
        suffixes.append("requires_grad=True")
    return suffixes


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Each suffix on the last line if it fits, else on one of its own."""
    width = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if width + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            width = indent + len(suffix)
        else:
            text += ", " + suffix
            width += len(suffix) + 2
    return text + ")"


# ---- one element ----


class _Plain:
    """Integers and truth values: as Python prints them."""

    def __init__(self, values: list):
        self.width = max(map(len, map(str, values)))

    def __call__(self, value) -> str:
        return str(value).rjust(self.width)


class _Real:
    """Floating-point numbers: whole, fixed or scientific, all alike."""

    def __init__(self, values: list[float]):
        values = [value for value in values if value and math.isfinite(value)]
        self.whole = all(value == math.ceil(value) for value in values)
        self.scientific = self._spread(values) if _options.sci_mode is None else _options.sci_mode
        self.width = 1
        self.width = max(map(len, map(self, values)), default=1)

    def _spread(self, values: list[float]) -> bool:
        """Whether fixed notation would lose too much."""
        if not values:
            return False
        low, high = min(map(abs, values)), max(map(abs, values))
        return high / low > 1000.0 or high > 1.0e8 or (not self.whole and low < 1.0e-4)

    def __call__(self, value: float) -> str:
        if self.scientific:
            text = f"{value:.{_options.precision}e}"
        elif self.whole:
            text = f"{value:.0f}" + ("." if math.isfinite(value) else "")
        else:
            text = f"{value:.{_options.precision}f}"
        return text.rjust(self.width)


class _Complex:
    """Complex numbers: both parts, each formatted among its like."""

    def __init__(self, values: list[complex]):
        self.real = _Real([value.real for value in values])
        self.imag = _Real([value.imag for value in values])
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, value: complex) -> str:
        imag = self.imag(value.imag).lstrip()
        return self.real(value.real) + ("" if imag.startswith("-") else "+") + imag + "j"


_FORMATS = {"f": _Real, "c": _Complex}


# ---- all of them ----


class _Body:
    """Lays out the elements of one array."""

    def __init__(self, array: np.ndarray):
        self.summarise = array.size > _options.threshold
        shown = _edges(array) if self.summarise else array
        kind = array.dtype.kind
        self.format = _FORMATS.get(kind, _Plain)(shown.ravel().tolist())

    def text(self, array: np.ndarray, indent: int) -> str:
        """The array in brackets; `indent` columns stand before it."""
        if not array.ndim:
            return self.format(array.item())
        if array.ndim == 1:
            return self._line(array, indent)
        cut, edge = self._cut(array), _options.edgeitems
        rows = [*array[:edge], None, *array[-edge:]] if cut else array
        parts = ["..." if row is None else self.text(row, indent + 1) for row in rows]
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"

    def _cut(self, array: np.ndarray) -> bool:
        return self.summarise and len(array) > 2 * _options.edgeitems

    def _line(self, array: np.ndarray, indent: int) -> str:
        """One dimension, broken into lines."""
        per_line = max(1, (_options.linewidth - indent) // (self.format.width + 2))
        edge = _options.edgeitems
        if self._cut(array):
            parts = [self.format(value) for value in array[:edge].tolist()] + [" ..."]
            parts += [self.format(value) for value in array[-edge:].tolist()]
        else:
            parts = [self.format(value) for value in array.tolist()]
        lines = [", ".join(parts[start : start + per_line]) for start in range(0, len(parts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows."""
    edge = _options.edgeitems
    for axis, length in enumerate(array.shape):
        if length > 2 * edge:
            array = np.take(array, [*range(edge), *range(length - edge, length)], axis=axis)
    return array
