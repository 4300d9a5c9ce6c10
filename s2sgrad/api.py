"""The functional interface: `differentiable`, `grad`, `value_and_grad`, `vjp` and what belongs to them.

Arguments are handled here, around the pipeline: which of them to differentiate, whether they can be, which compiled
code fits their kinds, and in what form the gradient is handed back.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import threading
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from s2sgrad import rules, runtime
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.targets import dispatch
from s2sgrad.targets.keys import functions_in, key_of

__all__ = [
    "Differentiable", "check_grads", "differentiable", "explain", "grad", "rule", "stop_gradient", "value_and_grad",
    "vjp",
]  # fmt: skip

rule = rules.rule
stop_gradient = runtime.stop_gradient
Argnums = int | Sequence[int]


def compiler() -> Any:
    """The pipeline; loaded when something is first compiled."""
    return importlib.import_module("s2sgrad.pipeline")


# ------------------------------------------------------------------------------------------------------ functions


def plain(f: Callable[..., Any]) -> tuple[types.FunctionType, tuple[Any, ...], dict[str, Any]]:
    """The Python function behind a callable, and the arguments that are bound already."""
    if isinstance(f, Differentiable):
        return plain(f.__wrapped__)
    if isinstance(f, types.FunctionType):
        return f, (), {}
    if isinstance(f, types.MethodType):
        function, args, kwargs = plain(f.__func__)
        return function, (f.__self__, *args), kwargs
    if isinstance(f, functools.partial):
        function, args, kwargs = plain(f.func)
        return function, (*args, *f.args), {**kwargs, **f.keywords}
    if isinstance(f, Derived):
        raise UnsupportedError("S040", "derivatives of derivatives are not available yet", hint="differentiate once")
    call = inspect.getattr_static(type(f), "__call__", None)
    if isinstance(call, types.FunctionType):
        return call, (f,), {}
    name = getattr(f, "__name__", repr(f))
    if callable(f):
        raise UnsupportedError(
            "S001", f"`{name}` has no Python source", hint="wrap it: lambda x: f(x), or write it in Python"
        )
    raise TypeError(f"a function is needed, not {name} of type {type(f).__name__}")


class Binder:
    """Puts a call's arguments into the order of the function's parameters."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.function, self.first, self.keywords = plain(f)
        self.signature = inspect.signature(self.function, follow_wrapped=False)
        self.parameters = tuple(self.signature.parameters.values())
        simple = all(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in self.parameters)
        self.simple = len(self.parameters) if simple and not self.first and not self.keywords else -1
        self.made_for = self.stamp()

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
    if isinstance(value, (complex, np.complexfloating)) or (isinstance(value, np.ndarray) and value.dtype.kind == "c"):
        raise TypeError(
            f"cannot differentiate with respect to `{name}`, which is complex; pass its real and imaginary parts"
        )
    if isinstance(value, np.ndarray) and value.dtype.kind != "f":
        raise TypeError(
            f"cannot differentiate with respect to `{name}`, an array of {value.dtype}; "
            f"pass {name}.astype(float) instead"
        )
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"cannot differentiate with respect to `{name}`, the bool {value}; pass {float(value)} instead")
    known = isinstance(value, (float, complex, np.generic, np.ndarray, list, tuple, dict)) or hasattr(
        value, "__array_function__"
    )
    if (
        not (known or hasattr(type(value), "__dataclass_fields__"))
        or isinstance(value, (np.str_, np.bytes_))
        or callable(value)
    ):
        raise TypeError(f"cannot differentiate with respect to `{name}`, a value of type {type(value).__name__}")


# ------------------------------------------------------------------------------------------------------ derivatives


class Specialisations:
    """Compiled code by the kinds of the arguments; made at first sight, checked against what it depends on."""

    def __init__(self, compile_for: Callable[[tuple[Any, ...], tuple[int, ...]], Any]) -> None:
        self.compile_for = compile_for
        self.found: dict[Any, tuple[Any, list[Any]]] = {}
        self.latest: Any = None
        self.made: Callable[..., None] | None = None  # told of each new specialisation
        self.lock = threading.RLock()

    def __call__(self, args: tuple[Any, ...], wrt: tuple[int, ...]) -> Any:
        key = (wrt, *map(key_of, args))
        entry = self.found.get(key)
        if entry is not None and unchanged(entry[1]):
            self.latest = entry[0]
            return entry[0]
        with self.lock:
            rules.lookup(None)  # loads them, which changes their version
            version = rules.version()
            compiled, job = self.compile_for(args, wrt)
            checks = [Dependency(*d) for d in job.dependencies.values()]
            self.found[key] = (compiled, [version, *checks])
            self.latest = compiled
            if self.made is not None:
                self.made(args, wrt, compiled, [version, *checks])
        return compiled


class Dependency:
    """A global or captured variable that compiled code relies on."""

    __slots__ = ("found", "how", "last", "mutable", "name", "where")

    def __init__(self, where: Any, name: str, how: str, found: Any) -> None:
        self.where, self.name, self.how, self.found = where, name, how, found
        self.last = found if how == "same" else self.now()
        self.mutable = how == "kind" and type(self.last) not in (float, int, complex, bool, str, np.ndarray, type(None))
        if how == "kind":
            self.found = (key_of(self.last), functions_in(self.last))

    def now(self) -> Any:
        where = self.where
        return where.get(self.name, where) if type(where) is dict else getattr(where, self.name, where)

    def holds(self) -> bool:
        """Is it still what the code was compiled for?"""
        now = self.now()
        if now is self.last and not self.mutable:
            return True
        if self.how == "absent":
            return now is self.where
        if self.how == "same":
            return False
        if (key_of(now), functions_in(now)) != self.found:
            return False
        self.last = now
        return True


def unchanged(checks: list[Any]) -> bool:
    if checks[0] != rules.version():
        return False
    return all(check.holds() for check in checks[1:])


class Derived:
    """A function derived from another one: called like it, it returns a derivative."""

    def __init__(
        self, f: Callable[..., Any], argnums: Argnums, has_aux: bool, target: str, optimize: bool, value: bool
    ) -> None:
        if target not in ("numpy", "numba", "auto"):
            raise ValueError(f'target is "numpy", not {target!r}')
        if target != "numpy":
            raise UnsupportedError("S041", f"target={target!r} is not available yet", hint='use target="numpy"')
        self.differentiated = f
        self.binder = Binder(f)
        self.single = isinstance(argnums, (int, np.integer))
        self.argnums = numbers(argnums)
        self.has_aux, self.optimize, self.value = has_aux, optimize, value
        self.specialisations = Specialisations(self.compile_for)
        self.specialisations.made = self.add_guard
        self.plans: dict[int, Any] = {}
        self.guards: list[tuple[Callable[..., bool], Callable[..., Any]]] = []
        functools.update_wrapper(self, self.binder.function)
        self.__name__ = f"{self.binder.function.__name__}_{'value_and_grad' if value else 'grad'}"

    def compile_for(self, args: tuple[Any, ...], wrt: tuple[int, ...]) -> tuple[Any, Any]:
        compiled, job, _ = compiler().compile_gradient(
            self.binder.function, args, wrt, value=self.value, aux=self.has_aux, optimize=self.optimize
        )
        return compiled, job

    def plan(self, args: tuple[Any, ...]) -> tuple[tuple[tuple[int, int | None], ...], tuple[int, ...]]:
        """Which parameters to differentiate, for this number of positional arguments."""
        found = self.plans.get(len(args))
        if found is None:
            places = self.binder.places(self.argnums, args)
            found = self.plans[len(args)] = (places, tuple(dict.fromkeys(p for p, _ in places)))
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) == self.binder.simple:
            for fits, run in self.guards:
                if fits(*args):
                    return run(*args)
        return self.general(args, kwargs)

    def add_guard(self, args: tuple[Any, ...], wrt: tuple[int, ...], compiled: Any, checks: list[Any]) -> None:
        """Put the guard of a new specialisation before the others."""
        if self.has_aux or self.binder.simple != len(args) or any(item is not None for _, item in self.plan(args)[0]):
            return
        if wrt != tuple(p for p, _ in self.plan(args)[0]):
            return
        try:
            text, bindings = dispatch.write(
                args, wrt, checks[1:], compiled.function, value=self.value, single=self.single, owned=compiled.owned
            )
        except dispatch.NoGuard:
            return
        namespace = {**bindings, "hand_out": hand_out, "finish": runtime.finish}
        exec(compile(text, "<s2sgrad dispatch>", "exec"), namespace)
        fits, version = namespace["fits"], checks[0]
        self.guards.insert(0, (current(fits, version), namespace["run"]))
        del self.guards[dispatch.CHAIN :]

    def general(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The long way: bind and check the arguments, find or compile the code for their kinds, hand out the result."""
        if self.binder.stale:
            self.binder = Binder(self.differentiated)
            self.plans.clear()
        places, wrt = self.plan(args)
        bound = self.binder(args, kwargs)
        for place, _ in places:
            kind = type(bound[place])
            if kind is not float and (kind is not np.ndarray or bound[place].dtype.kind != "f"):
                check_differentiable(self.binder.parameters[place].name, bound[place])
        result = self.specialisations(bound, wrt).function(*bound)
        value = None
        if self.value or self.has_aux:
            value, result = result
        bars = dict(zip(wrt, result if len(wrt) > 1 else (result,), strict=True))
        gradient = tuple(
            hand_out(
                bars[place] if item is None else bars[place][item], bound[place] if item is None else bound[place][item]
            )
            for place, item in places
        )
        if self.has_aux and not self.value:
            return (gradient[0] if self.single else gradient), value[1]
        if self.value:
            return value, (gradient[0] if self.single else gradient)
        return gradient[0] if self.single else gradient

    @property
    def source(self) -> str:
        """The generated code: of the latest call's kinds; before any call, of arguments of unknown kind."""
        if self.specialisations.latest is None:
            return self.source_unknown()
        return self.specialisations.latest.text

    def source_unknown(self) -> str:
        from s2sgrad.ir.kinds import UNKNOWN

        parameters = self.binder.parameters
        needed = tuple(self.binder.first) + tuple(
            UNKNOWN if p.default is p.empty else p.default for p in parameters[len(self.binder.first) :]
        )
        wrt = tuple(n if n >= 0 else n + len(parameters) for n in self.argnums)
        try:
            compiled, _, _ = compiler().compile_gradient(
                self.binder.function, needed, tuple(n + len(self.binder.first) for n in wrt),
                value=self.value, aux=False, optimize=self.optimize, assume_arrays=True,
            )  # fmt: skip
        except UnsupportedError as error:
            hint = "what it does depends on the arguments: use .source_for(*args), or call it first"
            raise UnsupportedError(error.code, error.message, error.span, hint) from None
        return compiled.text

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The generated code for arguments of these kinds."""
        _, wrt = self.plan(args)
        return self.specialisations(self.binder(args, kwargs), wrt).text

    def __repr__(self) -> str:
        return f"<{self.__name__}, argnums={self.argnums[0] if self.single else self.argnums}>"


def current(fits: Callable[..., bool], version: int) -> Callable[..., bool]:
    """A guard that also fails once rules have changed."""
    found = rules.version

    def guard(*args: Any) -> bool:
        return found() == version and fits(*args)

    return guard


def hand_out(bar: Any, primal: Any) -> Any:
    """A gradient in the form of its argument, with memory of its own."""
    cls = type(primal)
    if cls is float:
        return bar if type(bar) is float else float(bar)
    if cls is np.ndarray and type(bar) is np.ndarray and bar.dtype is primal.dtype and bar.shape == primal.shape:
        return bar
    return runtime.finish(bar, primal)


def grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    target: str = "numpy",
    optimize: bool = True,
) -> Derived:
    """The gradient of a function with a scalar result.

    Args:
        f: a Python function of numbers, arrays and containers of them. It is read, not traced.
        argnums: the position of the argument to differentiate by, or several; negative ones count from the end.
        has_aux: `f` returns `(result, aux)`; the gradient function then returns `(gradient, aux)`.
        target: what to generate code for; "numpy".
        optimize: False shows the plain adjoint.

    Returns:
        A function of the same arguments that returns the gradient, in the structure, type, shape and dtype of the
        argument (of each of them, in a tuple, where `argnums` is a sequence). Arguments are never changed.

    Raises:
        UnsupportedError: at the first call, if the function does what cannot be differentiated; it names the line.
        TypeError: if the result is not a scalar, or the argument not differentiable.

    >>> import s2sgrad as sg
    >>> def cube(x):
    ...     return x * x * x
    >>> sg.grad(cube)(2.0)
    12.0
    """
    return Derived(f, argnums, has_aux, target, optimize, value=False)


def value_and_grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    target: str = "numpy",
    optimize: bool = True,
) -> Derived:
    """Like `grad`, but the derived function returns `(value, gradient)`; with `has_aux` `((value, aux), gradient)`.

    Arguments are not changed, even where `f` would write into them.

    >>> import s2sgrad as sg
    >>> def cube(x):
    ...     return x * x * x
    >>> sg.value_and_grad(cube)(2.0)
    (8.0, 12.0)
    """
    return Derived(f, argnums, has_aux, target, optimize, value=True)


# ------------------------------------------------------------------------------------------------------------- vjp


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
        bars = self.halves.backward(self.residuals, cotangent)
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
    halves = compiler().compile_split(function, args, wrt, optimize=optimize)
    return halves, halves.compiler


def has_derivative(value: Any) -> bool:
    """Is there a float in it?"""
    if isinstance(value, (list, tuple)):
        return any(map(has_derivative, value))
    if isinstance(value, dict):
        return any(map(has_derivative, value.values()))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "fc"
    return isinstance(value, (float, complex))  # complex ones are refused with a word


# ---------------------------------------------------------------------------------------------------- the decorator


class Differentiable:
    """A function with its derivatives: called, it is the function itself."""

    def __init__(self, f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> None:
        self.argnums, self.has_aux = argnums, has_aux
        functools.update_wrapper(self, f)
        self.__wrapped__ = f
        self._made: dict[str, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        apply = tensor_call(args, kwargs)
        return self.__wrapped__(*args, **kwargs) if apply is None else apply(self.__wrapped__, args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return Differentiable(self.__wrapped__.__get__(instance, owner), self.argnums, self.has_aux)

    @property
    def __s2sgrad_function__(self) -> Any:
        return self.__wrapped__

    @property
    def grad(self) -> Derived:
        """The gradient with respect to the decorator's `argnums`."""
        if "grad" not in self._made:
            self._made["grad"] = grad(self.__wrapped__, self.argnums, has_aux=self.has_aux)
        return self._made["grad"]

    @property
    def value_and_grad(self) -> Derived:
        """Value and gradient with respect to the decorator's `argnums`."""
        if "value_and_grad" not in self._made:
            self._made["value_and_grad"] = value_and_grad(self.__wrapped__, self.argnums, has_aux=self.has_aux)
        return self._made["value_and_grad"]

    def vjp(self, *primals: Any, **kwargs: Any) -> Any:
        """`s2sgrad.vjp` of this function."""
        return vjp(self.__wrapped__, *primals, **kwargs)

    def __reduce__(self) -> Any:
        return (function_by_name, (self.__module__, self.__qualname__))

    def __repr__(self) -> str:
        return f"<differentiable {self.__qualname__}>"


def function_by_name(module: str, qualname: str) -> Any:
    """What a pickled decorated function is loaded as: itself, by its name."""
    import importlib

    return functools.reduce(getattr, qualname.split("."), importlib.import_module(module))


def tensor_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """How to call a function on these arguments, if a tensor is among them."""
    for value in (*args, *kwargs.values()):
        cls = type(value)
        if cls is np.ndarray or cls is float:
            continue
        if cls in (list, tuple):
            found = tensor_call(tuple(value), {})
        elif cls is dict:
            found = tensor_call((), value)
        else:
            found = getattr(cls, "__s2sgrad_apply__", None)
        if found is not None:
            return found
    return None


def differentiable(f: Callable[..., Any] | None = None, *, argnums: Argnums = 0, has_aux: bool = False) -> Any:
    """Decorate a function with its derivatives: `.grad`, `.value_and_grad`, `.vjp`.

    Called, it is the function itself; called with tensors, it returns a tensor that knows how to go backward.

    >>> import s2sgrad as sg
    >>> @sg.differentiable
    ... def cube(x):
    ...     return x * x * x
    >>> cube(2.0), cube.grad(2.0)
    (8.0, 12.0)
    """
    if f is None:
        return functools.partial(differentiable, argnums=argnums, has_aux=has_aux)
    if isinstance(f, (staticmethod, classmethod)):
        raise TypeError(f"put @{type(f).__name__} above @differentiable, not below it")
    return Differentiable(f, argnums, has_aux)


# --------------------------------------------------------------------------------------------------------- looking


class Stages(tuple):
    """(name, text) of each stage; prints readably. `namespace` holds what the names in the texts stand for."""

    namespace: dict[str, Any]

    def __str__(self) -> str:
        return "\n\n".join(f"# ---- {name}\n{text.rstrip()}" for name, text in self)

    __repr__ = __str__


def explain(f: Callable[..., Any], *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Stages:
    """What each stage of the compiler makes of a function, as (name, text): all of it is Python that runs.

    Up to the single-assignment form the text computes the function, from the adjoint on its gradient.

    >>> import s2sgrad as sg
    >>> def square(x):
    ...     return x * x
    >>> [name for name, text in sg.explain(square, 3.0)]
    ['desugared', 'exits', 'normal', 'resolved', 'ssa', 'adjoint', 'optimized']
    """
    if isinstance(f, Derived):
        f, argnums = f.__wrapped__, f.argnums
    binder = Binder(f)
    places = binder.places(numbers(argnums), args)
    wrt = tuple(dict.fromkeys(p for p, _ in places))
    texts, namespace = compiler().stages(binder.function, binder(args, kwargs), wrt)
    found = Stages(texts)
    found.namespace = namespace
    return found


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 1,
    modes: Sequence[str] = ("rev",),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float = 1e-5,
) -> None:
    """Compare the derivative of a function with central differences, element by element.

    Args:
        f: the function; its result may be an array or a container.
        args: the arguments, all of which are differentiated that can be.
        order: up to which order; 1.
        modes: "rev", reverse mode.
        atol, rtol: tolerances; by default 1e-6 for float64, 2e-2 for float32.
        eps: the relative step of the differences.

    Raises:
        AssertionError: naming the argument and element that differ.

    >>> import numpy as np, s2sgrad as sg
    >>> sg.check_grads(lambda x: np.sum(np.sin(x)), (np.array([1.0, 2.0]),))
    """
    if order != 1 or tuple(modes) != ("rev",):
        raise UnsupportedError("S040", "only order=1 and modes=('rev',) are available yet")
    argnums = [number for number, arg in enumerate(args) if has_derivative(arg)]
    if not argnums:
        raise TypeError("check_grads was given no argument that has a derivative; pass floats or float arrays")
    differences = importlib.import_module("s2sgrad.differences")
    differences.compare(f, lambda *a: vjp(f, *a, argnums=argnums), args, argnums, atol, rtol, eps)
