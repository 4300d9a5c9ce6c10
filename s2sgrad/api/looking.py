"""What the compiler makes of a function, and whether it is right."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from s2sgrad.api.binding import Argnums, Binder, has_derivative, numbers
from s2sgrad.api.derived import Derived
from s2sgrad.api.pullback import vjp
from s2sgrad.api.specialise import compiler
from s2sgrad.diagnostics import UnsupportedError


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
