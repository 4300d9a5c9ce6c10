"""What the compiler makes of a function, and whether it is right."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any

from s2sgrad.api.binding import Argnums, Binder, has_derivative, numbers
from s2sgrad.api.derived import Derived
from s2sgrad.api.forward import Jvp, jvp
from s2sgrad.api.pullback import vjp
from s2sgrad.api.specialise import compiler
from s2sgrad.targets.python import compile_text


class Stages(tuple):
    """(name, text) of each stage; prints readably. `namespace` holds what the names in the texts stand for."""

    namespace: dict[str, Any]

    def __str__(self) -> str:
        return "\n\n".join(f"# ---- {name}\n{text.rstrip()}" for name, text in self)

    __repr__ = __str__


def explain(f: Callable[..., Any], *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Stages:
    """What each stage of the compiler makes of a function, as (name, text): all of it is Python that runs.

    Up to the single-assignment form the text computes the function, from the adjoint on its gradient. For the tangent
    of a decorated function, `explain(f.jvp, x)`, from the tangent on value and tangent.

    >>> import s2sgrad as sg
    >>> def square(x):
    ...     return x * x
    >>> [name for name, text in sg.explain(square, 3.0)]
    ['desugared', 'exits', 'normal', 'resolved', 'ssa', 'adjoint', 'optimized']
    """
    if isinstance(f, Derived):
        f, argnums = f.__wrapped__, f.argnums
    forward = isinstance(f, Jvp)
    if forward:
        f, argnums = f.differentiated, [i for i, a in enumerate(args) if has_derivative(a)]
    binder = Binder(f)
    places = binder.places(numbers(argnums), args)
    wrt = tuple(dict.fromkeys(p for p, _ in places))
    texts, namespace = compiler().stages(binder.function, binder(args, kwargs), wrt, forward)
    found = Stages(texts)
    found.namespace = namespace
    return found


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 1,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float = 1e-5,
) -> None:
    """Compare the derivatives of a function with central differences, element by element.

    Args:
        f: the function; its result may be an array or a container.
        args: the arguments, all of which are differentiated that can be.
        order: up to which order; the second derivative is compared with differences of the first, in each of `modes`.
        modes: "fwd", forward mode, "rev", reverse mode.
        atol, rtol: tolerances; by default 1e-6 for float64, 2e-2 for float32.
        eps: the relative step of the differences.

    Raises:
        AssertionError: naming the argument and element, or the element of the result, that differ.

    >>> import numpy as np, s2sgrad as sg
    >>> sg.check_grads(lambda x: np.sum(np.sin(x)), (np.array([1.0, 2.0]),), order=2)
    """
    if order < 1 or not modes or not set(modes) <= {"fwd", "rev"}:
        raise ValueError(f"check_grads takes an order from 1 on and modes of 'fwd' and 'rev', not {order} and {modes}")
    args = tuple(args)
    argnums = [number for number, arg in enumerate(args) if has_derivative(arg)]
    if not argnums:
        raise TypeError("check_grads was given no argument that has a derivative; pass floats or float arrays")
    differences = importlib.import_module("s2sgrad.differences")
    for mode in modes:
        if mode == "fwd":
            push = functools.partial(jvp, f)
            differences.compare_tangent(f, push, args, argnums, atol, rtol, eps)
        else:
            differences.compare(f, lambda *a: vjp(f, *a, argnums=argnums), args, argnums, atol, rtol, eps)
        if order > 1:
            check_grads(derivative_of(f, args, argnums, mode), args, order - 1, modes, atol, rtol, eps)


def derivative_of(f: Callable[..., Any], args: tuple[Any, ...], argnums: list[int], mode: str) -> Callable[..., Any]:
    """The derivative along a fixed direction, or weighted by fixed cotangents, as a function to be differentiated."""
    differences = importlib.import_module("s2sgrad.differences")
    names = [f"a{i}" for i in range(len(args))]
    bindings: dict[str, Any] = {"f": f, "jvp": jvp, "vjp": vjp}
    if mode == "fwd":
        dots = differences.random_direction(args, argnums)
        bindings |= {f"v{i}": dots[i] for i in argnums}
        tangents = ", ".join(f"v{i}" if i in argnums else "None" for i in range(len(args)))
        body = f"jvp(f, ({', '.join(names)},), ({tangents},))[1]"
    else:
        value = f(*map(differences.duplicate, args))
        bindings["w"] = differences.random_direction((value,), (0,))[0]
        body = f"vjp(f, {', '.join(names)}, argnums={tuple(argnums)})[1](w)"
    text = f"def derivative({', '.join(names)}):\n    return {body}\n"
    return compile_text(text, "derivative", bindings)["derivative"]
