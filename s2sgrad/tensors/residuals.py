"""What a node saved for its adjoint: which of it are values, and which operands and results these are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from s2sgrad.tensors import structure
from s2sgrad.tensors.tensor import Tensor


class Saved(NamedTuple):
    """An operand or result whose memory the residuals share, as it was then."""

    array: np.ndarray
    counter: list
    version: int
    operand: Tensor | None  # None for a result …
    slot: int  # … which is this one


def values_in(residuals) -> Iterator:
    """Arrays and floating-point numbers; shapes are integers and don't count."""
    stack = [residuals]
    while stack:
        leaf = stack.pop()
        if isinstance(leaf, (np.ndarray, float, complex, np.generic)):
            yield leaf
        elif isinstance(leaf, (tuple, list)):
            stack.extend(leaf)
        elif isinstance(leaf, dict):
            stack.extend(leaf.values())


def holds_values(residuals) -> bool:
    """Whether anything but shapes was saved."""
    return next(values_in(residuals), None) is not None


def _memory(array: np.ndarray) -> int:
    """Which block of memory an array lies in."""
    return id(array if array.base is None else array.base)


def saved(residuals, operands: Iterable[Tensor], results: Iterable[Tensor]) -> tuple[Saved, ...]:
    """The operands and results whose memory the residuals share."""
    blocks = {_memory(value) for value in values_in(residuals) if isinstance(value, np.ndarray)}
    if not blocks:
        return ()
    found = [(tensor, tensor, 0) for tensor in operands if _memory(tensor._array) in blocks]
    found += [(tensor, None, slot) for slot, tensor in enumerate(results) if _memory(tensor._array) in blocks]
    return tuple(Saved(t._array, t._counter, t._version, operand, slot) for t, operand, slot in found)


def explained(residuals, args: tuple, value) -> bool:
    """Whether every value in the residuals is an argument or a result itself, not something computed on the way."""
    known = {id(leaf) for leaf in (*structure.leaves(args), *structure.leaves(value))}
    return all(id(leaf) in known for leaf in values_in(residuals))
