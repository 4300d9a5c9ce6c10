"""Function values: a function is a tuple of a text that tells what it is, and of what it captured."""

from __future__ import annotations

import functools
import types
from typing import Any


def captured(value: Any, spec: Any) -> Any:
    """A function that was passed in, as a tuple: a text, then what its free variables hold now. In containers, too.

    `spec` says where the functions are: the text of a function; a tuple of a text and specs of what the function
    holds; a list or a dict of specs of items; None where there is none.

    >>> captured((lambda k: lambda x: k * x)(3.0), "scale")
    ('scale', 3.0)
    >>> captured([1.0, functools.partial(pow, 2.0)], [None, "partial"])
    [1.0, ('partial', <built-in function pow>, 2.0)]
    """
    if spec is None:
        return value
    if isinstance(spec, (str, tuple)):
        if made_by(value, spec if isinstance(spec, str) else spec[0]):
            return value  # a program that calls itself passes on what it made of it
        if isinstance(spec, str):
            return (spec, *_held(value))
        return (spec[0], *map(captured, _held(value), spec[1:]))
    if isinstance(spec, dict):
        return {key: captured(value[key], part) for key, part in spec.items()}
    items = map(captured, value, spec)
    return type(value)._make(items) if hasattr(value, "_fields") else type(value)(items)


def _held(function: Any) -> tuple[Any, ...]:
    """What a function holds: in the order of its code's `co_freevars`; of a partial the function and its arguments."""
    if isinstance(function, functools.partial):
        return (function.func, *function.args, *function.keywords.values())
    if isinstance(function, types.MethodType):
        return (function.__self__,)
    return tuple([cell.cell_contents for cell in function.__closure__ or ()])


def made_by(value: Any, name: str) -> bool:
    """Is this function value the function of that name?

    >>> made_by(("scale", 3.0), "scale"), made_by(abs, "scale")
    (True, False)
    """
    return type(value) is tuple and len(value) > 0 and type(value[0]) is str and value[0] == name


def made(cls: type, **fields: Any) -> Any:
    """An instance of a class with these fields, its `__init__` left out.

    >>> class Point:
    ...     pass
    >>> made(Point, x=1.0).x
    1.0
    """
    instance = cls.__new__(cls)
    for name, value in fields.items():
        object.__setattr__(instance, name, value)
    return instance


def instance_of(value: Any, cls: type) -> bool:
    """Is it of this very class?

    >>> instance_of(True, int)
    False
    """
    return type(value) is cls
