"""The guided tour: plays the files of `examples/`, statement by statement, and shows a function beside its gradient.

The programs live in one place, where users copy them from; the tour only runs them aloud.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["beside", "examples", "play", "tour"]

GOAL = 0.95  # held-out accuracy that the training must pass


def examples() -> Path:
    """The folder of the examples: inside an installed package, next to the package in a checkout."""
    package = Path(__file__).parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent / "examples"


def play(path: Path, *, aloud: bool = True) -> dict[str, Any]:
    """Run a program; aloud, print each statement as if it were typed, before its output. Return its globals.

    Code under `if __name__ == "__main__":` is not for the tour: the program's name is its file's here.
    """
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    shown = 0
    for statement in ast.parse(text).body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
        if aloud and not _is_main_guard(statement):
            _print_remarks(lines[shown : first - 1])
            _print_statement(lines[first - 1 : statement.end_lineno])
        shown = statement.end_lineno or shown
        # Compiled under the file's own name and lines: tracebacks point at it, and functions find their source.
        exec(compile(ast.Module([statement], []), str(path), "exec"), namespace)
    return namespace


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"


def _print_remarks(lines: list[str]) -> None:
    """Comments between statements are the tour's prose."""
    remarks = [line.removeprefix("#").strip() for line in lines if line.strip()]
    if remarks:
        print("", *remarks, sep="\n")


def _print_statement(lines: list[str]) -> None:
    if lines[0].startswith('"""'):  # the file's docstring
        print("\n".join(lines).strip('"'))
        return
    for i, line in enumerate(lines):
        print((("... " if i else ">>> ") + line).rstrip(), flush=True)


def beside(left: str, right: str, width: int | None = None) -> str:
    """Two texts in columns; one below the other where `width` (the terminal's by default) is too narrow."""
    if width is None:
        width = shutil.get_terminal_size(fallback=(160, 24)).columns
    lefts, rights = left.rstrip("\n").splitlines(), right.rstrip("\n").splitlines()
    column = max(map(len, lefts))
    if column + 3 + max(map(len, rights)) > width:
        return "\n".join([*lefts, "", *rights])
    rows = itertools.zip_longest(lefts, rights, fillvalue="")
    return "\n".join(f"{a:{column}} │ {b}".rstrip() for a, b in rows)


def _title(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}", flush=True)


def tour() -> int:
    """Tutorial, a function beside its gradient, training on real data. The exit status: 1 if the training failed."""
    folder = examples()

    _title("1. The tensor tutorial (examples/tutorial.py)")
    play(folder / "tutorial.py")

    _title("2. A function beside its gradient (examples/reading.py)")
    heat = play(folder / "reading.py", aloud=False)["heat"]
    arguments = (np.array([0.0, 1.0, 0.0, 0.0, 2.0]), 0.2, 3)
    print(beside(inspect.getsource(heat.__wrapped__), heat.grad.source_for(*arguments)))
    print(f"\n>>> heat.grad(np.array([0.0, 1.0, 0.0, 0.0, 2.0]), 0.2, 3)\n{heat.grad(*arguments)}")

    _title("3. A plain NumPy network on real handwritten digits (examples/digits.py)")
    started = time.perf_counter()
    held_out = play(folder / "digits.py")["held_out"]
    print(f"\nHeld-out digits read rightly: {held_out:.1%}, after {time.perf_counter() - started:.1f} s of training.")
    return 0 if held_out > GOAL else 1
