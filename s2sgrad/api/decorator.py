"""`@differentiable`: a function with its derivatives."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.api.binding import Argnums
from s2sgrad.api.derived import Derived, grad, value_and_grad
from s2sgrad.api.forward import Jvp
from s2sgrad.api.pullback import vjp


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

    @property
    def jvp(self) -> Jvp:
        """`s2sgrad.jvp` of this function: `f.jvp(primals, tangents)`."""
        if "jvp" not in self._made:
            self._made["jvp"] = Jvp(self.__wrapped__)
        return self._made["jvp"]

    def vjp(self, *primals: Any, **kwargs: Any) -> Any:
        """`s2sgrad.vjp` of this function."""
        return vjp(self.__wrapped__, *primals, **kwargs)

    vjp.__s2sgrad_operator__ = "vjp"

    def __reduce__(self) -> Any:
        return (function_by_name, (self.__module__, self.__qualname__))

    def __repr__(self) -> str:
        return f"<differentiable {self.__qualname__}>"


def function_by_name(module: str, qualname: str) -> Any:
    """What a pickled decorated function is loaded as: itself, by its name."""

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
