"""`vjp`: a value and its pullback."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.api.binding import Argnums, Binder, check_differentiable, has_derivative, numbers
from s2sgrad.api.derived import hand_out
from s2sgrad.api.specialise import Specialisations, compiler
from s2sgrad.diagnostics import UnsupportedError


class Pullback:
    """What `vjp` returns: a cotangent of the result goes in, those of the arguments come out, any number of times."""

    def __init__(
        self,
        halves: Any,
        args: tuple[Any, ...],
        residuals: Any,
        places: Any,
        single: bool,
        wrt: tuple[int, ...],
        outside: list[tuple[str, np.ndarray, np.ndarray]],
    ) -> None:
        self.halves, self.args, self.residuals = halves, args, residuals
        self.places, self.single, self.wrt = places, single, wrt
        self.outside = outside  # arrays of modules, closures and objects: name, the array, what it held

    def __call__(self, cotangent: Any) -> Any:
        for name, array, contents in self.outside:
            if not np.array_equal(array, contents, equal_nan=array.dtype.kind in "fc"):
                raise RuntimeError(f"`{name}` was changed between vjp and this call of its pullback; call vjp again")
        if not self.halves.one_shot:
            return self.pull(cotangent)
        with runtime.preserved(self.residuals):  # the reverse sweep restores arrays as it passes
            return self.pull(cotangent)

    def pull(self, cotangent: Any) -> Any:
        """The cotangents of the arguments for a cotangent of the result."""
        bars = self.halves.backward(self.residuals, runtime.by_name(cotangent))
        found = dict(zip(self.wrt, bars if len(self.wrt) > 1 else (bars,), strict=True))
        out = []
        for place, item in self.places:
            bar, primal = found[place], self.args[place]
            out.append(hand_out(bar if item is None else bar[item], primal if item is None else primal[item]))
        return out[0] if self.single else tuple(out)

    @property
    def source(self) -> str:
        """The generated forward and backward functions."""
        return self.halves.text


def arrays_outside(dependencies: Iterable[Any], args: tuple[Any, ...]) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """The arrays that a function reads without being given them, and copies of what they hold."""
    found = []
    for where, name, how, _ in dependencies:
        if how == "kind":
            held = where.get(name) if isinstance(where, dict) else getattr(where, name, None)
            found += [(name, a, a.copy()) for a in runtime.writeable_arrays(held)]
    for arg in args:
        for name, held in getattr(arg, "__dict__", {}).items():
            found += [(name, a, a.copy()) for a in runtime.writeable_arrays(held)]
    return found


def vjp(
    f: Callable[..., Any],
    *primals: Any,
    argnums: Argnums | None = None,
    has_aux: bool = False,
    target: str = "numpy",
    optimize: bool = True,
    **kwargs: Any,
) -> Any:
    """The value of a function, and its pullback: the function that multiplies by the transposed Jacobian.

    Args:
        f: any function; its result may be an array or a container.
        primals: its positional arguments; further keyword arguments are passed through.
        argnums: which arguments to differentiate by; None: all that have a derivative.
        has_aux: `f` returns `(result, aux)`.

    Returns:
        `(value, pullback)`, or `(value, pullback, aux)`. The pullback takes a cotangent in the form of the value and
        returns a tuple of cotangents, one for each differentiated argument; with an int `argnums` the cotangent itself.

    >>> import numpy as np, s2sgrad as sg
    >>> def scaled(x, k):
    ...     return k * x
    >>> value, pullback = sg.vjp(scaled, np.array([1.0, 2.0]), 3.0)
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 3., 30.]), 21.0)
    """
    if target != "numpy":
        raise UnsupportedError("S041", f"target={target!r} is not available yet", hint='use target="numpy"')
    binder = Binder(f)
    single = isinstance(argnums, (int, np.integer))
    wanted = tuple(i for i, p in enumerate(primals) if has_derivative(p)) if argnums is None else numbers(argnums)
    places = binder.places(wanted, primals)
    bound = binder(primals, kwargs)
    for place, _ in places:
        check_differentiable(binder.parameters[place].name, bound[place])
    wrt = tuple(dict.fromkeys(p for p, _ in places))
    args = tuple(map(runtime.detached, bound))  # what the caller does to its arrays afterwards changes nothing
    if not wrt:
        raise TypeError(
            f"{binder.function.__name__} was given no argument that has a derivative; pass floats or float arrays"
        )
    halves = halves_of(binder.function, optimize)(args, wrt)
    outside = arrays_outside(halves.compiler.dependencies.values(), args)
    value, residuals = halves.forward(*args)
    value = runtime.detached(value)
    if not has_aux:
        return value, Pullback(halves, args, residuals, places, single, wrt, outside)
    if not (isinstance(value, tuple) and len(value) == 2):
        raise TypeError(f"with has_aux=True, {binder.function.__name__} must return a pair (result, aux)")
    inner = Pullback(halves, args, residuals, places, single, wrt, outside)
    nothing = runtime.zeros_like(value[1])
    return value[0], lambda cotangent: inner([cotangent, nothing]), value[1]


def halves_of(function: types.FunctionType, optimize: bool = True) -> Specialisations:
    """Compiled forward and backward functions of a function, kept with it."""
    owner, cache = function.__dict__.get("__s2sgrad_halves__", (None, {}))
    if owner is not function:  # functools.wraps copies what a function holds
        _, cache = function.__dict__["__s2sgrad_halves__"] = (function, {})
    if optimize not in cache:
        cache[optimize] = Specialisations(lambda args, wrt: compile_halves(function, args, wrt, optimize))
    return cache[optimize]


def compile_halves(
    function: types.FunctionType, args: tuple[Any, ...], wrt: tuple[int, ...], optimize: bool
) -> tuple[Any, Any]:
    """Forward and backward function for these arguments, and the compilation that knows their dependencies."""
    halves = compiler().compile_split(function, args, wrt, optimize=optimize)
    return halves, halves.compiler


vjp.__s2sgrad_operator__ = "vjp"
