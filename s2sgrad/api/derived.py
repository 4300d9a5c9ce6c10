"""`grad`, `value_and_grad`: functions that return derivatives."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.operators import Operator
from s2sgrad.api.binding import Argnums, Binder, check_differentiable, numbers
from s2sgrad.api.specialise import Specialisations, compiler
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir.kinds import UNKNOWN
from s2sgrad.targets import dispatch


class Derived:
    """A function derived from another one: called like it, it returns a derivative."""

    __s2sgrad_derived__ = True

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

    @property
    def __s2sgrad_operator__(self) -> Operator:
        """What a call of it inside a compiled function means."""
        return Operator("value_and_grad" if self.value else "grad", self.argnums, self.single, self.has_aux)

    @property
    def signature(self) -> inspect.Signature:
        """The parameters of a call."""
        return self.binder.free

    def compile_for(self, args: tuple[Any, ...], wrt: tuple[int, ...]) -> tuple[Any, Any]:
        """The gradient compiled for these arguments, and the compilation that knows its dependencies."""
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
                args, wrt, checks, compiled.function, value=self.value, single=self.single, owned=compiled.owned
            )
        except dispatch.NoGuard:
            return
        namespace = {**bindings, "hand_out": hand_out, "finish": runtime.finish}
        exec(compile(text, "<s2sgrad dispatch>", "exec"), namespace)
        self.guards.insert(0, (namespace["fits"], namespace["run"]))
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
        """The generated code for arguments of unknown kind; operands are taken for arrays."""
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


grad.__s2sgrad_operator__ = "grad"
value_and_grad.__s2sgrad_operator__ = "value_and_grad"
