"""`import s2sgrad` loads neither the compiler nor the tensors. (How long it takes: `python -m benchmarks overhead`.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMPILER = ("rules", "frontend", "analysis", "transform", "optimize", "targets", "pipeline")


def loaded_after(statements: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after some statements."""
    program = f"{statements}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def rooms(modules: set[str]) -> set[str]:
    return {module.split(".")[1] for module in modules if module.startswith("s2sgrad.")}


def test_importing_the_package_loads_no_parser_and_no_compiler() -> None:
    modules = loaded_after("import s2sgrad")
    assert not {"gast", "astunparse", "numba", "scipy", "matplotlib"} & modules
    assert not {*COMPILER, "tensors", "tour"} & rooms(modules)


def test_listing_the_public_names_loads_nothing() -> None:
    modules = loaded_after("import s2sgrad; names = dir(s2sgrad); assert 'grad' in names and 'tensor' in names")
    assert not {*COMPILER, "tensors"} & rooms(modules)


def test_decorating_and_calling_a_function_loads_no_parser() -> None:
    modules = loaded_after("import s2sgrad as sg\n@sg.differentiable\ndef f(x): return x\nassert f(2.0) == 2.0")
    assert not {"gast", "astunparse"} & modules
