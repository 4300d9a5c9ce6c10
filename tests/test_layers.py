"""The floors of the house: a room imports only from floors below it, rooms on one floor never import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "s2sgrad"

FLOORS = (
    {"diagnostics"},
    {"runtime", "differences", "data"},
    {"ir"},
    {"rules"},
    {"frontend", "analysis", "transform", "optimize", "targets"},
    {"derivatives"},
    {"pipeline"},
    {"api"},
    {"tensors"},
    {"tour"},
    {"__main__"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ABOVE_ALL = {"tour", "__main__"}  # these use the public names, like any user
FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def imported_rooms(text: str, module: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, room) of each import from s2sgrad, wherever it stands; room "" is the package itself."""
    here = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{origin}.{alias.name}" for alias in node.names] if origin == "s2sgrad" else [origin]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}:
            names = [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "s2sgrad":
                room = parts[1] if len(parts) > 1 else ""
                yield node.lineno, room if room in FLOOR else ""


def violations(text: str, module: str, *, is_package: bool = False) -> list[str]:
    """What a module imports that it must not."""
    parts = module.split(".")
    room = parts[1] if len(parts) > 1 else ""
    found = []
    for line, other in imported_rooms(text, module, is_package=is_package):
        if other == room or (other == "" and room in ABOVE_ALL):
            continue
        if other == "" or FLOOR[other] >= FLOOR[room]:
            found.append(f"{module}:{line} imports {'the package itself' if other == '' else other}")
    return found


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_go_down(path: Path) -> None:
    module = module_name(path)
    if module == "s2sgrad":
        pytest.skip("the package's own names: see the next test")
    assert module.split(".")[1] in FLOOR, f"{module} has no floor: add it to FLOORS, and to docs/compiler.md"
    assert violations(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py") == []


def test_the_package_loads_its_names_on_first_use() -> None:
    """PEP 562: outside functions and `if TYPE_CHECKING:`, `__init__` imports nothing of the package."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    eager = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    text = "\n".join(ast.unparse(node) for node in eager)
    assert list(imported_rooms(text, "s2sgrad", is_package=True)) == []


def test_data_imports_nothing_of_the_package() -> None:
    assert list(imported_rooms((PACKAGE / "data/__init__.py").read_text(), "s2sgrad.data", is_package=True)) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("s2sgrad.ir.nodes", "import s2sgrad.rules"),
        ("s2sgrad.ir.nodes", "def f():\n    from s2sgrad.pipeline import derive"),
        ("s2sgrad.analysis.kinds", "from s2sgrad.transform import adjoint"),
        ("s2sgrad.analysis.kinds", "from ..transform.adjoint import run"),
        ("s2sgrad.analysis.kinds", "from s2sgrad import transform"),
        ("s2sgrad.analysis.kinds", "from .. import api"),
        ("s2sgrad.diagnostics", "from s2sgrad.runtime import add"),
        ("s2sgrad.rules.linalg", "import s2sgrad as sg"),
        ("s2sgrad.rules.linalg", "from s2sgrad import grad"),
        ("s2sgrad.api", "import importlib\nimportlib.import_module('s2sgrad.tensors.tensor')"),
    ],
)
def test_a_way_up_is_noticed(module: str, text: str) -> None:
    assert len(violations(text, module)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (
            "s2sgrad.analysis.kinds",
            "from s2sgrad.ir import nodes\nfrom s2sgrad.analysis.effects import run\nimport numpy",
        ),
        ("s2sgrad.analysis.kinds", "from . import effects\nfrom .effects import pairs"),
        ("s2sgrad.tensors.tensor", "from s2sgrad import api, rules"),
        ("s2sgrad.__main__", "import s2sgrad\nfrom s2sgrad.tour import tour"),
    ],
)
def test_a_way_down_is_allowed(module: str, text: str) -> None:
    assert violations(text, module) == []
