"""Which compiled code fits a call: the key of its arguments' kinds."""

from __future__ import annotations

import enum
import functools
import types
from typing import Any

import numpy as np

from s2sgrad.ir.kinds import baked

ndarray = np.ndarray
STATIC = frozenset((bool, str, type(None), type, types.ModuleType, types.BuiltinFunctionType, np.ufunc))


DEEP = 6  # deeper than kinds are inferred: from there on an object is its own key


def key_of(x: Any, depth: int = 0) -> Any:
    """What the compiled code may rely on about an argument: its kind, not its value.

    >>> key_of(1.5) == key_of(2.5), key_of(1.5) == key_of(2), key_of("a") == key_of("b")
    (True, False, False)
    >>> key_of(np.zeros((2, 3))) == key_of(np.ones((5, 7))), key_of(np.zeros((2, 3))) == key_of(np.zeros((2, 1)))
    (True, False)
    """
    cls = type(x)
    if cls is ndarray:
        shape = x.shape
        return (x.dtype, tuple([n == 1 for n in shape])) if 1 in shape else (x.dtype, len(shape))
    if cls is float or cls is int or cls is complex:
        return cls
    if cls is list or cls is tuple:
        return (cls, *[key_of(v, depth + 1) for v in x])
    if cls is dict:
        return (cls, tuple(x), *[key_of(v, depth + 1) for v in x.values()])
    if cls in STATIC:
        return (cls, x)
    return rare_key(x, cls, depth)


def rare_key(x: Any, cls: type, depth: int) -> Any:
    """Keys of the rarer kinds of argument."""
    if isinstance(x, np.generic):
        return cls if x.dtype.kind in "fciub" else (cls, x)
    if isinstance(x, (type, enum.Enum)) or depth > DEEP:
        return (cls, x) if getattr(cls, "__hash__", None) else (cls, id(x))
    if cls is slice:
        return (cls, type(x.start), x.start, type(x.stop), x.stop, type(x.step), x.step)
    if isinstance(x, tuple):
        return (cls, *[key_of(v, depth + 1) for v in x])
    if cls is types.FunctionType:
        cells = tuple([key_of(content(c), depth + 2) for c in x.__closure__ or ()])
        defaults = key_of(x.__defaults__, depth + 1), key_of(x.__kwdefaults__, depth + 1)
        return (x.__code__, x.__module__, cells, baked(x), defaults)
    if isinstance(x, ndarray):
        return (cls, x.dtype, x.shape)
    if cls is types.MethodType:
        return (cls, x.__func__, key_of(x.__self__, depth + 1))
    if cls is functools.partial:
        return (cls, *[key_of(v, depth + 1) for v in (x.func, x.args, x.keywords)])
    fields = fields_of(x)
    if fields:
        return (cls, tuple(fields), *[field_key(v, depth + 1) for v in fields.values()])
    try:
        hash(x)
    except TypeError:
        return (cls, id(x))
    return (cls, x)


def functions_in(x: Any, depth: int = 0) -> tuple[Any, ...]:
    """The functions in what a name outside refers to: compiled code calls them themselves."""
    cls = type(x)
    if cls is types.FunctionType:
        return (x,)
    if cls is dict:
        x = tuple(x.values())
    elif not isinstance(x, (list, tuple)):
        x = tuple(fields_of(x).values())
    return tuple([f for item in x for f in functions_in(item, depth + 1)]) if depth < DEEP else ()


def fields_of(x: Any) -> dict[str, Any]:
    """What an instance of a user's class holds, in its dictionary or its slots."""
    cls = type(x)
    if cls.__module__ in ("builtins", "numpy") or isinstance(x, (type, types.ModuleType, types.FunctionType)):
        return {}
    found = dict(getattr(x, "__dict__", ()))
    for base in cls.__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(x, name) and name != "__weakref__":
                found.setdefault(name, getattr(x, name))
    return found


def content(cell: Any) -> Any:
    """What a function has captured; None if nothing yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def field_key(x: Any, depth: int) -> Any:
    """An object's field: deep structures hanging on objects are told apart by identity, but for dataclasses."""
    known = not hasattr(x, "__dict__") or callable(x) or hasattr(type(x), "__dataclass_fields__")
    return key_of(x, depth) if known else (type(x), id(x))
