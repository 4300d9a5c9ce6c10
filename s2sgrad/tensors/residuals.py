"""What a node saved for its adjoint: which of it are values, and which operands and results these are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from s2sgrad.runtime import is_outline
from s2sgrad.tensors import structure
from s2sgrad.tensors.tensor import Tensor

VALUES = (np.ndarray, float, complex, np.generic)


class Saved(NamedTuple):
    """An operand or result whose memory the residuals share, as it was then."""

    array: np.ndarray
    counter: list
    version: int
    operand: Tensor | None  # None for a result …
    slot: int  # … which is this one


def values_of(residuals) -> list:
    """Arrays and floating-point numbers; shapes are integers and don't count."""
    if isinstance(residuals, VALUES):
        return [] if is_outline(residuals) else [residuals]
    found, stack = [], [residuals]
    while stack:
        part = stack.pop()
        if isinstance(part, (tuple, list)):
            for leaf in part:
                if isinstance(leaf, VALUES):
                    if not is_outline(leaf):
                        found.append(leaf)
                elif isinstance(leaf, (tuple, list, dict)):
                    stack.append(leaf)
        elif isinstance(part, dict):
            stack.append(tuple(part.values()))
    return found


def _memory(array: np.ndarray) -> int:
    """Which block of memory an array lies in."""
    return id(array if array.base is None else array.base)


def saved(values: list, operands: Iterable[Tensor], results: Iterable[Tensor]) -> list[Saved]:
    """The operands and results whose memory the saved values share."""
    blocks = {_memory(value) for value in values if isinstance(value, np.ndarray)}
    found = []
    if blocks:
        for tensor in operands:
            if _memory(tensor._array) in blocks:
                found.append(Saved(tensor._array, tensor._counter, tensor._counter[0], tensor, 0))
        for slot, tensor in enumerate(results):
            if _memory(tensor._array) in blocks:
                found.append(Saved(tensor._array, tensor._counter, tensor._counter[0], None, slot))
    return found


def explained(values: list, args: tuple, value) -> bool:
    """Whether every saved value is an argument or a result itself, not something computed on the way."""
    known = {id(leaf) for leaf in (*structure.leaves(args), *structure.leaves(value))}
    return all(id(leaf) in known for leaf in values)
