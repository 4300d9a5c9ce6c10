"""The corpus: small programs of the kinds people write, each with examples that take different paths through it.

Adding a function here is adding a test: every program is run through every mode of the compiler and compared with
finite differences. A program is plain Python and NumPy; `program` returns it unchanged.

    @program((0.7,), (-1.3,))
    def square(x):
        return x * x
"""

import dataclasses
import importlib
import pkgutil
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Program:
    """A function, the argument tuples to try it with, and how exactly its gradient can be known."""

    name: str
    function: Callable[..., Any]
    examples: tuple[tuple[Any, ...], ...]
    argnums: tuple[int, ...] | None
    tol: float

    def active(self, args: Sequence[Any]) -> tuple[int, ...]:
        """The positions to differentiate for: those given, or every argument that holds a floating number."""
        if self.argnums is not None:
            return self.argnums
        return tuple(position for position, arg in enumerate(args) if holds_float(arg))


PROGRAMS: list[Program] = []


def program(*examples: tuple[Any, ...], argnums: tuple[int, ...] | None = None, tol: float = 1e-6) -> Callable:
    """Register the function below, with one tuple of arguments per example."""

    def register(function: Callable) -> Callable:
        family = function.__module__.rsplit(".", 1)[-1]
        PROGRAMS.append(Program(f"{family}.{function.__name__}", function, examples, argnums, tol))
        return function

    return register


def holds_float(tree: Any) -> bool:
    """Whether a value is a floating number, an array of such, or a container with one inside."""
    if isinstance(tree, dict):
        return any(holds_float(value) for value in tree.values())
    if isinstance(tree, (list, tuple)):
        return any(holds_float(value) for value in tree)
    if isinstance(tree, types.SimpleNamespace):
        return holds_float(vars(tree))
    if dataclasses.is_dataclass(tree):
        return any(holds_float(getattr(tree, f.name)) for f in dataclasses.fields(tree))
    if isinstance(tree, (np.ndarray, np.generic)):
        return np.issubdtype(tree.dtype, np.inexact)
    return isinstance(tree, (float, complex))


def sample(*shape: int, seed: int = 0, low: float = 0.4, high: float = 1.6) -> np.ndarray:
    """Fixed numbers of the given shape, spread over [low, high] without ties."""
    count = int(np.prod(shape))
    order = np.random.RandomState(seed).permutation(count)
    jitter = np.random.RandomState(seed + 1000).uniform(0.2, 0.8, count)
    return (low + (high - low) * (order + jitter) / count).reshape(shape)


def named(name: str) -> Program:
    """The program registered as `family.function`."""
    return next(program for program in PROGRAMS if program.name == name)


for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
