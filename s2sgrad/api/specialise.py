"""Compiled code by the kinds of the arguments, and what it depends on."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import rules
from s2sgrad.targets.keys import functions_in, key_of


def compiler() -> Any:
    """The pipeline; loaded when something is first compiled."""
    return importlib.import_module("s2sgrad.pipeline")


class Specialisations:
    """Compiled code by the kinds of the arguments; made at first sight, checked against what it depends on."""

    def __init__(self, compile_for: Callable[[tuple[Any, ...], tuple[int, ...]], Any]) -> None:
        self.compile_for = compile_for
        self.found: dict[Any, tuple[Any, list[Any]]] = {}
        self.latest: Any = None
        self.made: Callable[..., None] | None = None  # told of each new specialisation
        self.lock = threading.RLock()

    def __call__(self, args: tuple[Any, ...], wrt: tuple[int, ...]) -> Any:
        key = (wrt, *map(key_of, args))
        entry = self.found.get(key)
        if entry is not None and unchanged(entry[1]):
            self.latest = entry[0]
            return entry[0]
        with self.lock:
            rules.lookup(None)  # loads them, which changes their version
            version = rules.version()
            compiled, job = self.compile_for(args, wrt)
            table = Dependency(vars(rules.notation), "_version", "same", version)
            checks = [table, *(Dependency(*d) for d in job.dependencies.values())]
            self.found[key] = (compiled, checks)
            self.latest = compiled
            if self.made is not None:
                self.made(args, wrt, compiled, checks)
        return compiled


class Dependency:
    """A global or captured variable that compiled code relies on."""

    __slots__ = ("found", "how", "last", "mutable", "name", "where")

    def __init__(self, where: Any, name: str, how: str, found: Any) -> None:
        self.where, self.name, self.how, self.found = where, name, how, found
        self.last = found if how == "same" else self.now()
        self.mutable = how == "kind" and type(self.last) not in (float, int, complex, bool, str, np.ndarray, type(None))
        if how == "kind":
            self.found = (key_of(self.last), functions_in(self.last))

    def now(self) -> Any:
        """What the name is bound to now; `where` itself if it is not bound."""
        where = self.where
        return where.get(self.name, where) if type(where) is dict else getattr(where, self.name, where)

    def holds(self) -> bool:
        """Is it still what the code was compiled for?"""
        now = self.now()
        if now is self.last and not self.mutable:
            return True
        if self.how == "absent":
            return now is self.where
        if self.how == "same":
            return False
        if (key_of(now), functions_in(now)) != self.found:
            return False
        self.last = now
        return True


def unchanged(checks: list[Dependency]) -> bool:
    """Does everything still hold that compiled code relies on?"""
    return all(check.holds() for check in checks)
