"""`jvp`, `linearize`: a value and its derivative along a direction."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.operators import Operator
from s2sgrad.api.binding import Binder, has_derivative
from s2sgrad.api.specialise import Specialisations, compiler
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir.kinds import UNKNOWN


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    target: str = "numpy",
    optimize: bool = True,
    **kwargs: Any,
) -> Any:
    """The value of a function, and its derivative along a direction: forward mode.

    Args:
        f: any function; its result may be an array or a container.
        primals: its positional arguments, in a tuple or list; further keyword arguments are passed through.
        tangents: the direction, one for each of `primals` and in its form; None for zero, and beside whatever has no
            derivative (ints, strings).
        has_aux: `f` returns `(result, aux)`.

    Returns:
        `(value, tangent)`, the tangent in the form of the value, with None beside what has no derivative; with
        `has_aux` `(value, tangent, aux)`.

    >>> import numpy as np, s2sgrad as sg
    >>> def scaled(x, k):
    ...     return k * x
    >>> sg.jvp(scaled, (np.array([1.0, 2.0]), 3.0), (np.array([1.0, 0.0]), 0.5))
    (array([3., 6.]), array([3.5, 1. ]))
    """
    if target != "numpy":
        raise UnsupportedError("S041", f"target={target!r} is not available yet", hint='use target="numpy"')
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp takes primals and tangents in tuples: jvp(f, (x,), (x_dot,))")
    if len(primals) != len(tangents):
        raise TypeError(f"jvp was given {len(primals)} primals, but {len(tangents)} tangents")
    binder = Binder(f)
    args, dots, wrt = arguments(binder, tuple(primals), tuple(tangents), kwargs)
    compiled = tangents_of(binder.function, optimize)(args, wrt)
    value, dot = compiled.function(*args, *dots)
    if not has_aux:
        return value, runtime.finish(dot, value)
    if not (isinstance(value, tuple) and len(value) == 2):
        raise TypeError(f"with has_aux=True, {binder.function.__name__} must return a pair (result, aux)")
    return value[0], runtime.finish(None if dot is None else dot[0], value[0]), value[1]


def arguments(
    binder: Binder, primals: tuple[Any, ...], tangents: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], list[Any], tuple[int, ...]]:
    """All arguments in order, the tangents of those that have one, and the places of these."""
    args = binder(primals, kwargs)
    moving = [i for i, dot in enumerate(tangents) if dot is not None]
    places = binder.places(tuple(moving), primals)
    found: dict[int, Any] = {}
    for number, (place, item) in zip(moving, places, strict=True):
        name = binder.parameters[place].name
        dot = fitted(tangents[number], primals[number], name if item is None else f"{name}[{item}]")
        if dot is None:
            continue
        if item is None:
            found[place] = dot
        else:
            found.setdefault(place, list(runtime.zero_tangent(args[place])))[item] = dot
    dots = [tuple(d) if any(p == place and i is not None for p, i in places) else d for place, d in found.items()]
    return args, dots, tuple(found)


def fitted(dot: Any, primal: Any, where: str) -> Any:
    """A tangent in the types, dtypes and structure of its primal; None beside what has no derivative."""
    if dot is None:
        return None if not has_derivative(primal) else runtime.zero_tangent(primal)
    if isinstance(primal, (list, tuple)):
        if not isinstance(dot, (list, tuple)) or len(dot) != len(primal):
            raise TypeError(f"the tangent of `{where}` is {shown(dot)}, but the primal {shown(primal)}")
        items = [fitted(d, p, f"{where}[{i}]") for i, (d, p) in enumerate(zip(dot, primal, strict=True))]
        return primal._make(items) if hasattr(primal, "_fields") else type(primal)(items)
    if isinstance(primal, dict):
        if not isinstance(dot, dict) or dot.keys() != primal.keys():
            raise TypeError(f"the tangent of `{where}` is {shown(dot)}, but the primal {shown(primal)}")
        return {key: fitted(dot[key], p, f"{where}[{key!r}]") for key, p in primal.items()}
    names = runtime.field_names(primal)
    if names:
        if type(dot) is not type(primal) or runtime.field_names(dot) != names:
            raise TypeError(f"the tangent of `{where}` is {shown(dot)}, but the primal {shown(primal)}")
        return {n: fitted(getattr(dot, n), getattr(primal, n), f"{where}.{n}") for n in names}
    return number(dot, primal, where)


def number(dot: Any, primal: Any, where: str) -> Any:
    """The tangent of a number or an array, in its type and dtype."""
    if isinstance(primal, (int, np.integer, np.bool_)) or not has_derivative(primal):
        if isinstance(dot, (int, float, np.generic, np.ndarray)) and not np.any(dot):
            return None
        if isinstance(primal, (int, np.integer)) and not isinstance(primal, bool):
            raise TypeError(f"the tangent of `{where}`, the integer {primal}, is zero; pass {float(primal)} instead")
        raise TypeError(f"`{where}`, {shown(primal)}, has no tangent: pass None")
    if isinstance(dot, (list, tuple, dict, str)) or np.shape(dot) != np.shape(primal):
        raise ValueError(f"the tangent of `{where}` is {shown(dot)}, but the primal {shown(primal)}")
    kind = np.asarray(dot).dtype.kind
    if kind not in "fiubc" or (kind == "c" and not np.iscomplexobj(primal)):
        raise TypeError(f"the tangent of `{where}` is {shown(dot)}, but the primal {shown(primal)}")
    if isinstance(primal, np.ndarray):
        own = np.empty_like(primal, subok=False)  # laid out in memory as the primal is
        own[...] = dot
        return own
    return type(primal)(dot)


def shown(x: Any) -> str:
    """A value as a message calls it."""
    if isinstance(x, np.ndarray):
        return f"an array of {x.dtype} of shape {x.shape}"
    if isinstance(x, dict):
        return f"a dict with keys {list(x)}"
    if isinstance(x, (list, tuple)):
        return f"a {type(x).__name__} of {len(x)}"
    return f"the {type(x).__name__} {x!r}"


def linearize(f: Callable[..., Any], *primals: Any, **kwargs: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function, and its derivative there: a linear function of the tangents.

    Each call of the linear function computes the primal anew, from the arguments as they were.

    >>> import s2sgrad as sg
    >>> value, f_jvp = sg.linearize(lambda x, y: x * y, 3.0, 2.0)
    >>> value, f_jvp(1.0, 0.0), f_jvp(0.0, 1.0)
    (6.0, 2.0, 3.0)
    """
    binder = Binder(f)
    held = runtime.detached(primals)
    zeros = tuple(runtime.zero_tangent(p) for p in held)
    value, _ = jvp(f, held, zeros, **kwargs)

    def f_jvp(*tangents: Any) -> Any:
        if len(tangents) != len(held):
            raise TypeError(f"the derivative takes {len(held)} tangents, one for each primal, not {len(tangents)}")
        return jvp(f, held, tangents, **kwargs)[1]

    f_jvp.__name__ = f"{binder.function.__name__}_jvp"
    return value, f_jvp


class Jvp:
    """`f.jvp` of a decorated function: called with primals and tangents, it returns value and tangent."""

    __s2sgrad_derived__ = True

    def __init__(self, f: Callable[..., Any]) -> None:
        self.differentiated = f
        self.binder = Binder(f)
        functools.update_wrapper(self, self.binder.function)
        self.__name__ = f"{self.binder.function.__name__}_jvp"

    def __call__(self, primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any) -> Any:
        return jvp(self.differentiated, primals, tangents, **kwargs)

    @property
    def __s2sgrad_operator__(self) -> Operator:
        """What a call of it inside a compiled function means."""
        return Operator("jvp")

    @property
    def signature(self) -> inspect.Signature:
        """The parameters of a call."""
        return inspect.signature(lambda primals, tangents: None)

    @property
    def source(self) -> str:
        """The generated code: of the latest call's kinds; before any call, of arguments of unknown kind."""
        known = tangents_of(self.binder.function)
        if known.latest is not None:
            return known.latest.text
        parameters = self.binder.parameters
        unknown = [UNKNOWN if p.default is p.empty else p.default for p in parameters[len(self.binder.first) :]]
        args = (*self.binder.first, *unknown)
        wrt = tuple(i for i, a in enumerate(args) if a is UNKNOWN)
        try:
            compiled, _, _ = compiler().compile_tangent(self.binder.function, args, wrt, assume_arrays=True)
        except UnsupportedError as error:
            hint = "what it does depends on the arguments: use .source_for(primals, tangents), or call it first"
            raise UnsupportedError(error.code, error.message, error.span, hint) from None
        return compiled.text

    def source_for(self, primals: Sequence[Any], tangents: Sequence[Any] | None = None, **kwargs: Any) -> str:
        """The generated code for arguments of these kinds, and for the tangents that are not None."""
        if tangents is None:
            tangents = tuple(runtime.zero_tangent(p) if has_derivative(p) else None for p in primals)
        args, _, wrt = arguments(self.binder, tuple(primals), tuple(tangents), kwargs)
        return tangents_of(self.binder.function)(args, wrt).text

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def tangents_of(function: types.FunctionType, optimize: bool = True) -> Specialisations:
    """Compiled tangent functions of a function, kept with it."""
    owner, cache = function.__dict__.get("__s2sgrad_tangents__", (None, {}))
    if owner is not function:  # functools.wraps copies what a function holds
        _, cache = function.__dict__["__s2sgrad_tangents__"] = (function, {})
    if optimize not in cache:
        cache[optimize] = Specialisations(lambda args, wrt: compile_tangent(function, args, wrt, optimize))
    return cache[optimize]


def compile_tangent(
    function: types.FunctionType, args: tuple[Any, ...], wrt: tuple[int, ...], optimize: bool
) -> tuple[Any, Any]:
    """The tangent function for these arguments, and the compilation that knows its dependencies."""
    compiled, job, _ = compiler().compile_tangent(function, args, wrt, optimize=optimize)
    return compiled, job


jvp.__s2sgrad_operator__ = "jvp"
