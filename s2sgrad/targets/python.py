"""Generated text becomes functions: compiled under a name of its own that tracebacks, pdb and inspect can read."""

from __future__ import annotations

import builtins
import itertools
import linecache
import types
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["compile_text"]

_numbers = itertools.count(1)


def compile_text(text: str, name: str, bindings: Mapping[str, object]) -> dict[str, Any]:
    """Run a generated module's text in a fresh namespace of the given bindings; returns the namespace.

    The text is kept in `linecache` for as long as any of its code lives.

    >>> compile_text("def twice(x):\\n    return two * x", "twice", {"two": 2})["twice"](21)
    42
    """
    if not text.endswith("\n"):
        text += "\n"
    file = f"<s2sgrad {name} {next(_numbers)}>"
    code = compile(text, file, "exec", dont_inherit=True)
    _register(file, text, code)
    namespace: dict[str, Any] = {**bindings, "__name__": "s2sgrad.generated", "__builtins__": builtins}
    exec(code, namespace)
    return namespace


def _register(file: str, text: str, code: types.CodeType) -> None:
    """Show the text to linecache until the last code object that came of it is gone."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # no time: never out of date
    alive = 0

    def release() -> None:
        nonlocal alive
        alive -= 1
        if not alive:
            linecache.cache.pop(file, None)

    for part in _parts(code):
        alive += 1
        weakref.finalize(part, release).atexit = False


def _parts(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and all those nested in it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _parts(const)
