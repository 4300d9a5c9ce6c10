"""Numerical kernels as scientists write them: stencils, solvers, steppers, networks, dynamic programmes.

They are written for NumPy, with no thought of derivatives; many write into their parameters, as such kernels do.
README.md has the table of them: what each is there to exercise, and which refusal it meets today, if any.

    @kernel((3, sample(8)), exercises="a loop of vector statements")
    def smooth(steps, a): ...
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.corpus import Program


@dataclass(frozen=True)
class Kernel:
    """A program of the corpus' form, and what it is there to exercise."""

    program: Program
    exercises: str


KERNELS: list[Kernel] = []


def kernel(
    *examples: tuple[Any, ...], exercises: str, argnums: tuple[int, ...] | None = None, tol: float = 1e-6
) -> Callable:
    """Register the function below, with one tuple of arguments per example."""

    def register(function: Callable) -> Callable:
        family = function.__module__.rsplit(".", 1)[-1]
        found = Program(f"{family}.{function.__name__}", function, examples, argnums, tol)
        KERNELS.append(Kernel(found, exercises))
        return function

    return register


for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
