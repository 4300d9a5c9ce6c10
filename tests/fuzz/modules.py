"""A program's text as a real module, in a real file, for as long as it is needed."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import linecache
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tests import oracle
from tests.fuzz.program import Program, Record

_count = itertools.count()


class Slow(Exception):
    """It took too long."""


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for modules."""
    with tempfile.TemporaryDirectory(prefix="s2sgrad-fuzz-") as name:
        yield Path(name)


@contextlib.contextmanager
def imported(text: str, where: Path) -> Iterator[ModuleType]:
    """The module of a text; gone afterwards."""
    name = f"fuzzed_{next(_count)}"
    path = where / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile(text, str(path), "exec"), vars(module))
        yield module
    finally:
        sys.modules.pop(name, None)
        linecache.cache.pop(str(path), None)
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """`Slow` is raised where the block takes longer."""

    def ring(*_: Any) -> None:
        raise Slow(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def arguments(program: Program, module: ModuleType) -> list[tuple[Any, ...]]:
    """The program's examples, records of the module's own classes among them."""

    def built(_: tuple, leaf: Any) -> Any:
        return getattr(module, leaf.name)(*leaf.items) if isinstance(leaf, Record) else leaf

    return [tuple(oracle.transform(built, arg) for arg in args) for args in program.examples]
