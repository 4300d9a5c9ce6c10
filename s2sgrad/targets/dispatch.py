"""The dispatcher: for each specialisation a generated guard that tests just what was compiled for, then the call.

    def fits(w, x):
        if type(w) is not ndarray or w.dtype is not dtype_1 or w.ndim != 2 or 1 in w.shape:
            return False
        ...

At most `CHAIN` guards are tried, the newest first; what fits none goes to the general way, by the full key.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

CHAIN = 4
MISSING = type("Missing", (), {"__repr__": lambda self: "MISSING"})()


class NoGuard(Exception):
    """An argument of a kind that only the full key tells apart."""


class Guard:
    """Writes the test of one specialisation."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.bindings: dict[str, Any] = {"ndarray": np.ndarray}

    def bind(self, base: str, obj: Any) -> str:
        """A name for an object in the text of the guard."""
        name = f"{base}_{len(self.bindings)}"
        self.bindings[name] = obj
        return name

    def reject(self, condition: str) -> None:
        """The guard fails where this condition holds."""
        self.lines.append(f"    if {condition}:\n        return False")

    def value(self, text: str, x: Any) -> None:
        """Test that the value of `text` is of the kind of `x`."""
        cls = type(x)
        if cls is np.ndarray:
            self.array(text, x)
        elif cls in (float, int, complex):
            self.reject(f"type({text}) is not {cls.__name__}")
        elif x is None or x is True or x is False:
            self.reject(f"{text} is not {x}")
        elif cls is slice and all(b is None or type(b) is int for b in (x.start, x.stop, x.step)):
            self.reject(f"type({text}) is not slice or {text} != {x!r}")
        elif cls is str:
            self.reject(f"type({text}) is not str or {text} != {x!r}")
        elif cls is list or cls is tuple:
            self.reject(f"type({text}) is not {cls.__name__} or len({text}) != {len(x)}")
            for i, item in enumerate(x):
                self.item(f"{text}[{i}]", item)
        elif cls is dict and all(type(k) is str for k in x):
            keys = self.bind("keys", list(x))
            self.reject(f"type({text}) is not dict or list({text}) != {keys}")
            for key, item in x.items():
                self.item(f"{text}[{key!r}]", item)
        else:
            raise NoGuard

    def item(self, text: str, x: Any) -> None:
        """Test an item, under a name of its own."""
        name = f"v{len(self.lines)}"
        self.lines.append(f"    {name} = {text}")
        self.value(name, x)

    def array(self, text: str, x: np.ndarray) -> None:
        """Test dtype and rank, and which axes are of length 1."""
        dtype = self.bind("dtype", x.dtype)
        test = f"type({text}) is not ndarray or {text}.dtype is not {dtype} or {text}.ndim != {x.ndim}"
        if 1 in x.shape:
            ones = [f"{text}.shape[{i}] {'!=' if n == 1 else '=='} 1" for i, n in enumerate(x.shape)]
            test += " or " + " or ".join(ones)
        elif x.ndim:
            test += f" or 1 in {text}.shape"
        self.reject(test)

    def dependency(self, check: Any) -> None:
        """Test that a global or captured variable is what it was."""
        name = self.bind("check", check)
        if type(check.where) is dict and not check.mutable:
            absent = self.bind("space", check.where)
            default = "" if check.how != "absent" else f", {absent}"
            expected = f"{name}.last" if check.how != "absent" else absent
            self.reject(f"{absent}.get({check.name!r}{default}) is not {expected}")
        elif type(check.where) in (type, types.FunctionType, types.ModuleType) and check.how == "same":
            owner = self.bind("owner", check.where)
            self.reject(f"{owner}.{check.name} is not {name}.last")
        else:
            self.reject(f"not {name}.holds()")


def finisher(text: str, bar: str, x: Any, guard: Guard, owned: bool) -> str:
    """How an adjoint is handed out: in the form of its argument."""
    cls = type(x)
    if cls is float:
        return f"({bar} if type({bar}) is float else float({bar}))"
    if cls is np.ndarray and owned:
        return f"hand_out({bar}, {text})"
    if cls is dict and x and all(type(k) is str for k in x):
        items = (f"{k!r}: {finisher(f'{text}[{k!r}]', f'{bar}[{k!r}]', v, guard, owned)}" for k, v in x.items())
        return "{" + ", ".join(items) + "}"
    return f"finish({bar}, {text})"


def write(
    args: Sequence[Any],
    wrt: tuple[int, ...],
    checks: Sequence[Any],
    function: Callable[..., Any],
    *,
    value: bool,
    single: bool,
    owned: bool,
) -> tuple[str, dict[str, Any]]:
    """The text of `fits` and `run` for one specialisation, and what their names are bound to."""
    guard = Guard()
    names = [f"a{i}" for i in range(len(args))]
    for check in checks:
        guard.dependency(check)
    for name, x in zip(names, args, strict=True):
        guard.value(name, x)
    bars = [f"g{i}" for i in range(len(wrt))]
    handed = [
        finisher(names[w], g, args[w], guard, owned or type(args[w]) is np.ndarray)
        for w, g in zip(wrt, bars, strict=True)
    ]
    result = handed[0] if single else f"({', '.join(handed)},)"
    target = bars[0] if len(bars) == 1 else f"({', '.join(bars)})"
    parameters = ", ".join(names)
    guard.bindings["function"] = function
    text = "\n".join([
        f"def fits({parameters}):", *guard.lines, "    return True", "", "",
        f"def run({parameters}):",
        f"    {'value, ' if value else ''}{target} = function({parameters})",
        f"    return {'value, ' if value else ''}{result}", "",
    ])  # fmt: skip
    return text, guard.bindings
