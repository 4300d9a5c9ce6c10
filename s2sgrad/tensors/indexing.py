"""`x[key]`: keys as NumPy understands them, and PyTorch's words for what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from s2sgrad.tensors import primitives
from s2sgrad.tensors.aliasing import view_of
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.tensor import Tensor

BASIC = (int, slice, type(None), type(Ellipsis))
BAD_INDEX = "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {})"


def plain_key(key) -> tuple:
    """The key as a tuple of what NumPy indexes by; one that selects a view always yields an array, never a scalar."""
    parts = tuple(map(_plain_part, key if isinstance(key, tuple) else (key,)))
    return (*parts, Ellipsis) if is_basic(parts) and Ellipsis not in parts else parts


def is_basic(parts: tuple) -> bool:
    """Whether a key selects a view."""
    return all(isinstance(part, BASIC) and not isinstance(part, bool) for part in parts)


def _plain_part(part):
    if isinstance(part, Tensor):
        return int(part) if not part.ndim and part._array.dtype.kind in "iu" else part._array
    if isinstance(part, slice):
        if part.step is not None and part.step <= 0:
            raise ValueError("step must be greater than zero")
        return slice(*(None if end is None else end.__index__() for end in (part.start, part.stop, part.step)))
    if isinstance(part, (list, tuple, range)):
        return np.array([_plain_part(one) for one in part], dtype=None if len(part) else np.int64)
    if isinstance(part, str):
        raise TypeError("new(): invalid data type 'str'")
    if isinstance(part, (float, complex)):
        raise IndexError(BAD_INDEX.format(type(part).__name__))
    return int(part) if isinstance(part, np.integer) else part


def step_name(key) -> str:
    """PyTorch's name for the last step that the key amounts to."""
    parts = key if isinstance(key, tuple) else (key,)
    if not is_basic(tuple(map(_plain_part, parts))):
        return "IndexBackward0"
    name = "SliceBackward0" if isinstance(key, slice) else "AliasBackward0"
    for part in parts:
        if part is None:
            name = "UnsqueezeBackward0"
        elif isinstance(part, slice):
            name = name if part == slice(None) else "SliceBackward0"
        elif part is not Ellipsis:
            name = "SelectBackward0"
    return name


def guarded(function: Callable, *args):
    """PyTorch's words for keys out of range."""
    try:
        return function(*args)
    except IndexError as error:
        raise IndexError(_in_other_words(str(error))) from None


def _in_other_words(message: str) -> str:
    found = re.search(r"array is (\d+)-dimensional, but \d+ were indexed", message)
    if found:
        return f"too many indices for tensor of dimension {found[1]}"
    return message.replace("for axis", "for dimension")


def along(indices: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    """The key of the elements at `indices` along an axis, each in its own row."""
    key = list(np.ogrid[tuple(map(slice, indices.shape))])
    key[axis] = indices
    return tuple(key)


def getitem(input: Tensor, key, name: str | None = None) -> Tensor:
    """`input[key]`."""
    if type(key) is int and name is None:
        return guarded(view_of, primitives.index, "SelectBackward0", input, (key, Ellipsis))
    parts = plain_key(key)
    single = parts[0] if len(parts) == 1 else parts
    operation = view_of if is_basic(parts) else call
    return guarded(operation, primitives.index, name or step_name(key), input, single)
