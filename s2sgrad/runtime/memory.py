"""Whose memory is whose, and what has to be put back."""

from __future__ import annotations

import copy
import math
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.runtime.adjoints import add, field_names


def bound(value: Any, name: str) -> None:
    """Complain as Python does about a local variable that was not assigned.

    >>> bound(1.0, "x")
    """
    if value is None:
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")


def returned(value: Any, name: str) -> None:
    """Complain of a function that did not return a number, as it might have done.

    >>> returned(1.0, "f")
    """
    if value is None or np.ndim(value):
        what = "None" if value is None else f"an array of shape {np.shape(value)}"
        raise TypeError(f"grad needs a function with a scalar result, but {name} returned {what}")


def stop_gradient(x: Any) -> Any:
    """The value itself, through which no derivative flows.

    >>> stop_gradient(3.0)
    3.0
    """
    return x


def detached(value: Any) -> Any:
    """The value with arrays of its own: what happens to the original later does not touch it.

    >>> detached((1.0, [2.0]))
    (1.0, [2.0])
    """
    cls = type(value)
    if cls is ndarray:
        return duplicate(value)
    if cls is list or cls is tuple:
        return cls([detached(v) for v in value])
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(map(detached, value))
    if isinstance(value, (list, dict)):
        new = copy.copy(value)
        for key in value if isinstance(value, dict) else range(len(value)):
            new[key] = detached(value[key])
        return new
    names = field_names(value)
    if not names:
        return value
    new = copy.copy(value)
    for name in names:
        object.__setattr__(new, name, detached(getattr(value, name)))
    return new


def duplicate(x: ndarray) -> ndarray:
    """A copy that lies in memory as the original does: `reshape` makes views of both, or copies of both.

    >>> x = np.arange(6.0).reshape(2, 3)[:, ::2]
    >>> duplicate(x).strides == x.strides
    True
    """
    if x.flags.forc or not x.size or 0 in x.strides:
        return x.copy("K")
    low, high = np.lib.array_utils.byte_bounds(x)
    start = x.__array_interface__["data"][0] - low
    new = ndarray(x.shape, x.dtype, bytearray(high - low), start, x.strides)
    new[...] = x
    return new


def deeply_copied(value: Any) -> Any:
    """The value with lists, dicts and arrays of its own.

    >>> deeply_copied((1.0, [2.0]))
    (1.0, [2.0])
    """
    return copy.deepcopy(value)


def separate(labels: tuple[str, ...], x: Any, *others: Any) -> None:
    """Complain if an argument that a function writes into shares memory with another: its derivative would be wrong.

    `labels` are the names of the function, of the argument and of the others.

    >>> separate(("loss", "x", "z"), np.ones(2), np.ones(2))
    """
    mine = [(None, a) for a in occurrences(x) if not isinstance(a, ndarray) or a.flags.writeable]
    others = [(label, a) for label, other in zip(labels[2:], others, strict=True) for a in occurrences(other)]
    for label, other in sharing(mine + others):
        if label is None and other is None:
            raise UnsupportedError(
                "S017", f"two parts of {labels[1]} share memory, and {labels[0]} writes into {labels[1]}",
                hint="pass copies of them",
            )  # fmt: skip
        if label is None or other is None:
            label = label or other
            raise UnsupportedError(
                "S017", f"arguments {labels[1]} and {label} share memory, and {labels[0]} writes into {labels[1]}",
                hint=f"pass {label}.copy()",
            )  # fmt: skip


def sharing(parts: list[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """The labels of every two parts that are one container, or overlapping arrays; neighbours are compared."""
    containers: dict[int, Any] = {}
    placed = []
    for label, part in parts:
        if isinstance(part, ndarray):
            placed.append((*np.lib.array_utils.byte_bounds(part), len(placed), label, part))
        elif id(part) in containers:
            yield containers[id(part)], label
        else:
            containers[id(part)] = label
    before: list[tuple] = []
    for low, high, _, label, part in sorted(placed):
        before = [item for item in before if item[0] > low]
        for _, other, array in before:
            if overlap(array, part):
                yield other, label
        before.append((high, label, part))


def overlap(a: ndarray, b: ndarray) -> bool:
    """Have two arrays an element in common, or can it not be told?

    >>> x = np.zeros(4); overlap(x[::2], x[1::2]), overlap(x[1:], x[:2])
    (False, True)
    """
    try:
        return bool(np.may_share_memory(a, b)) and bool(np.shares_memory(a, b, max_work=10_000))
    except np.exceptions.TooHardError:
        return True


def shared(view: ndarray, base: ndarray) -> None:
    """Complain if what was compiled as a view is a copy: writes into it would not reach the original.

    >>> x = np.zeros((2, 3)); shared(x.reshape(-1), x)
    """
    if view.size and base.size and not np.may_share_memory(view, base):
        raise UnsupportedError(
            "S018", "this is a copy here, for the array is not contiguous, and one of the two is written into",
            hint="use np.ascontiguousarray before, or .copy() after it",
        )  # fmt: skip


def forget(tape: list, length: int) -> None:
    """Drop what was recorded since the tape had this length.

    >>> tape = [1, 2, 3]; forget(tape, 1); tape
    [1]
    """
    del tape[length:]


def fold_repeats(g: Any, n: int) -> list:
    """The adjoint of a list of length `n` where `g` is the adjoint of its repetition.

    >>> fold_repeats([1.0, 2.0, 3.0, 4.0], 2)
    [4.0, 6.0]
    """
    total = list(g[:n])
    for start in range(n, len(g), n):
        total = add(total, list(g[start : start + n]))
    return total


def last_writes(x: ndarray, index: Any) -> Any:
    """1 where a write `x[index] = v` is the last one to its element, else 0: of repeated indices only the last counts.

    >>> last_writes(np.zeros(3), np.array([0, 1, 0]))
    array([0., 1., 1.])
    """
    order = np.zeros(x.shape, int)
    shape = order[index].shape
    numbers = np.arange(1, math.prod(shape) + 1).reshape(shape)
    order[index] = numbers
    return (order[index] == numbers).astype(x.dtype)


_NOTHING = bytes(16)


def outline(x: Any) -> Any:
    """An array's shape and dtype without its elements: an array of zeros that takes no memory. In containers, too.

    >>> outline(np.ones((2, 3))).shape
    (2, 3)
    """
    if type(x) in (list, tuple):
        return type(x)([outline(v) for v in x])
    if type(x) is not ndarray or x.dtype.itemsize > 16:
        return x
    return ndarray(x.shape, x.dtype, _NOTHING, 0, (0,) * x.ndim)


def writeable_arrays(tree: Any) -> list[ndarray]:
    """The arrays in a nesting of tuples, lists and dicts that can be written into, each once."""
    return [a for a in arrays(tree) if a.flags.writeable]


def arrays(tree: Any) -> list[ndarray]:
    """The arrays in a nesting of tuples, lists, dicts and dataclasses, each once; empty ones have no memory."""
    found: dict[int, ndarray] = {}
    todo = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, ndarray):
            if item.size:
                found[id(item)] = item
        elif isinstance(item, (tuple, list)):
            todo.extend(item)
        elif isinstance(item, dict):
            todo.extend(item.values())
        else:
            todo.extend(getattr(item, name) for name in field_names(item))
    return list(found.values())


def occurrences(tree: Any) -> list[Any]:
    """The arrays, lists, dicts and sets in a nesting of such, tuples and objects, as often as they occur in it."""
    found: list[Any] = []
    objects: set[int] = set()
    todo = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, ndarray):
            found += [item] * (item.size > 0)
        elif isinstance(item, tuple):
            todo.extend(item)
        elif isinstance(item, (list, dict, set)):
            found.append(item)
            if id(item) not in objects:
                objects.add(id(item))
                todo.extend(item.values() if isinstance(item, dict) else item)
        elif id(item) not in objects and not isinstance(item, (type, types.ModuleType, types.FunctionType)):
            objects.add(id(item))
            names = {*getattr(item, "__dict__", ()), *field_names(item)}
            todo.extend(getattr(item, name) for name in names)
    return found


@contextmanager
def preserved(tree: Any) -> Iterator[None]:
    """Whatever is written meanwhile into the arrays, lists and dicts of `tree`: afterwards they hold what they did.

    >>> x = np.ones(2)
    >>> with preserved((x, 1.0)):
    ...     x[0] = 5.0
    >>> x
    array([1., 1.])
    """
    held = [(array, array.copy()) for array in writeable_arrays(tree)]
    kept = [(container, container.copy()) for container in containers(tree)]
    try:
        yield
    finally:
        for array, contents in held:
            array[...] = contents
        for container, contents in kept:
            if type(container) is list:
                container[:] = contents
            else:
                container.clear()
                container.update(contents)


def containers(tree: Any) -> list[Any]:
    """The lists and dicts in a nesting of tuples, lists and dicts, each once."""
    found: dict[int, Any] = {}
    todo = [tree]
    while todo:
        item = todo.pop()
        if type(item) in (list, dict) and id(item) not in found:
            found[id(item)] = item
            todo.extend(item.values() if type(item) is dict else item)
        elif isinstance(item, tuple):
            todo.extend(item)
    return list(found.values())


def is_outline(x: Any) -> bool:
    """Was the array made by `outline`?"""
    return type(x) is ndarray and x.base is _NOTHING


@contextmanager
def strict(make: Any, *args: Any, **options: Any) -> Iterator[Any]:
    """A context manager, or what makes one, that must not swallow an exception: half a body would be taken for all.

    >>> import contextlib
    >>> with strict(contextlib.nullcontext, 1) as x:
    ...     x
    1
    """
    with make if hasattr(type(make), "__enter__") else make(*args, **options) as entered:
        yield entered
        return
    raise RuntimeError(
        "a context manager has swallowed an exception, behind which no derivative is known: catch it with `try`"
    )
