"""Arguments: which function is meant, in which order its arguments stand, which of them can be differentiated."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sgrad import rules, runtime
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.targets.python import compile_text

Argnums = int | Sequence[int]


def plain(f: Callable[..., Any]) -> tuple[types.FunctionType, tuple[Any, ...], dict[str, Any]]:
    """The Python function behind a callable, and the arguments that are bound already."""
    inner = getattr(f, "__s2sgrad_function__", None)
    if inner is not None:
        return plain(inner)
    if isinstance(f, types.FunctionType):
        return f, (), {}
    if isinstance(f, types.MethodType):
        function, args, kwargs = plain(f.__func__)
        return function, (f.__self__, *args), kwargs
    if isinstance(f, functools.partial):
        function, args, kwargs = plain(f.func)
        return function, (*args, *f.args), {**kwargs, **f.keywords}
    if getattr(f, "__s2sgrad_derived__", False):
        return wrapper(f), (), {}
    call = inspect.getattr_static(type(f), "__call__", None)
    if isinstance(call, types.FunctionType):
        return call, (f,), {}
    name = getattr(f, "__name__", repr(f))
    rule = rules.lookup(f)
    if rule is not None and all(p.kind is not p.VAR_KEYWORD for p in rule.signature.parameters.values()):
        return primitive(f, rule.signature), (), {}
    if callable(f):
        raise UnsupportedError(
            "S001", f"`{name}` has no Python source", hint="wrap it: lambda x: f(x), or write it in Python"
        )
    raise TypeError(f"a function is needed, not {name} of type {type(f).__name__}")


@functools.cache
def primitive(f: Callable[..., Any], signature: inspect.Signature) -> types.FunctionType:
    """A function with a rule as one with a source, which calls it."""
    needed = [p.name for p in signature.parameters.values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    name = f.__name__ if f.__name__.isidentifier() else "primitive"
    text = f"def {name}({', '.join(needed)}):\n    return primitive({', '.join(needed)})\n"
    return compile_text(text, name, {"primitive": f})[name]


def wrapper(derived: Any) -> types.FunctionType:
    """A derived function as one with a source of its own, which calls it: so it is differentiated as users' code is."""
    made = derived.__dict__.get("__s2sgrad_wrapper__")
    if made is None:
        signature = derived.signature
        names = {p: f"{'**' if p.kind is p.VAR_KEYWORD else '*' if p.kind is p.VAR_POSITIONAL else ''}{p.name}"
                 for p in signature.parameters.values()}  # fmt: skip
        given = ", ".join(f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else t for p, t in names.items())
        bare = signature.replace(
            parameters=[p.replace(default=p.empty, annotation=p.empty) for p in names],
            return_annotation=signature.empty,
        )
        name = derived.__name__ if derived.__name__.isidentifier() else "derived"
        text = f"def {name}{bare}:\n    return derivative({given})\n"
        made = compile_text(text, name, {"derivative": derived})[name]
        defaults = [p for p in names if p.default is not p.empty]
        made.__defaults__ = tuple(p.default for p in defaults if p.kind is not p.KEYWORD_ONLY) or None
        made.__kwdefaults__ = {p.name: p.default for p in defaults if p.kind is p.KEYWORD_ONLY} or None
        derived.__dict__["__s2sgrad_wrapper__"] = made
    return made


class Binder:
    """Puts a call's arguments into the order of the function's parameters."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.function, self.first, self.keywords = plain(f)
        self.signature = inspect.signature(self.function, follow_wrapped=False)
        self.parameters = tuple(self.signature.parameters.values())
        simple = all(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in self.parameters)
        self.simple = len(self.parameters) if simple and not self.first and not self.keywords else -1
        self.made_for = self.stamp()

    @property
    def free(self) -> inspect.Signature:
        """The signature without the arguments that are bound already."""
        rest = [p for p in self.parameters[len(self.first) :] if p.name not in self.keywords]
        return self.signature.replace(parameters=rest)

    def stamp(self) -> tuple[Any, ...]:
        """What the signature was read from."""
        function = self.function
        return function.__code__, function.__defaults__, function.__kwdefaults__

    @property
    def stale(self) -> bool:
        """Was the function given other code or defaults since?"""
        return any(now is not then for now, then in zip(self.stamp(), self.made_for, strict=True))

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        if not kwargs and len(args) == self.simple:
            return args
        bound = self.signature.bind(*self.first, *args, **{**self.keywords, **kwargs})
        bound.apply_defaults()
        return tuple(bound.arguments[p.name] for p in self.parameters)

    def places(self, argnums: tuple[int, ...], args: tuple[Any, ...]) -> tuple[tuple[int, int | None], ...]:
        """For each argnum the parameter it means, and the place in it if that parameter is `*args`."""
        out = []
        for number in argnums:
            n = number + len(args) if number < 0 else number
            if not 0 <= n < len(args):
                raise TypeError(
                    f"argnums={number}, but {self.function.__name__} was called with {len(args)} positional argument"
                    f"{'' if len(args) == 1 else 's'}; arguments to differentiate are passed by position"
                )
            n += len(self.first)
            star = next((i for i, p in enumerate(self.parameters) if p.kind is p.VAR_POSITIONAL), None)
            out.append((star, n - star) if star is not None and n >= star else (n, None))
        return tuple(out)


def numbers(argnums: Argnums) -> tuple[int, ...]:
    """The argument numbers, as a tuple."""
    found = (argnums,) if isinstance(argnums, (int, np.integer)) else tuple(argnums)
    if not found or not all(isinstance(n, (int, np.integer)) for n in found):
        raise TypeError(f"argnums is an int or a sequence of ints, not {argnums!r}")
    if len(set(found)) != len(found):
        raise ValueError(f"argnums names an argument twice: {argnums!r}")
    return tuple(int(n) for n in found)


def check_differentiable(name: str, value: Any) -> None:
    """Refuse to differentiate with respect to what has no derivative."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        raise TypeError(
            f"cannot differentiate with respect to `{name}`, the integer {value}; pass {float(value)} instead"
        )
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fc":
        raise TypeError(
            f"cannot differentiate with respect to `{name}`, an array of {value.dtype}; "
            f"pass {name}.astype(float) instead"
        )
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"cannot differentiate with respect to `{name}`, the bool {value}; pass {float(value)} instead")
    known = isinstance(value, (float, complex, np.generic, np.ndarray, list, tuple, dict)) or hasattr(
        value, "__array_function__"
    )
    if not (known or runtime.field_names(value)) or isinstance(value, (np.str_, np.bytes_)) or callable(value):
        raise TypeError(f"cannot differentiate with respect to `{name}`, a value of type {type(value).__name__}")


def has_derivative(value: Any) -> bool:
    """Is there a float in it?"""
    if isinstance(value, (list, tuple)):
        return any(map(has_derivative, value))
    if isinstance(value, dict):
        return any(map(has_derivative, value.values()))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "fc"
    if runtime.field_names(value):
        return any(has_derivative(getattr(value, name)) for name in runtime.field_names(value))
    return isinstance(value, (float, complex))
