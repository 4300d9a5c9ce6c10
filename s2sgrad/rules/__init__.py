"""The derivatives of NumPy's and Python's functions, a file for each family, in the notation of `notation.py`.

The families are loaded when a rule is first looked up; every other module of this folder is one.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from s2sgrad.rules import notation
from s2sgrad.rules.mutators import mutator
from s2sgrad.rules.notation import Rule, RuleError, rule, version

__all__ = ["Rule", "RuleError", "all_rules", "attribute", "lookup", "method", "mutator", "operator", "rule", "version"]

_NO_FAMILY = {"mutators", "notation", "template"}
_OPTIONAL = {"special": "scipy.special"}  # families that wait until the program itself has loaded that package

_lock = threading.RLock()
_waiting: set[str] | None = None  # the families not loaded yet; None: not even looked for


def _load() -> None:
    """Import the families that are due; rules that users gave before stay in force."""
    global _waiting
    with _lock:
        if _waiting is None:
            _waiting = {m.name for m in pkgutil.iter_modules(__path__)} - _NO_FAMILY
        due = sorted(name for name in _waiting if _OPTIONAL.get(name, "sys") in sys.modules)
        before = tuple(notation.registered())
        for name in due:
            _waiting.discard(name)
            importlib.import_module(f"{__name__}.{name}")
        notation.keep(before)


def _ready() -> None:
    if _waiting is None or any(_OPTIONAL[name] in sys.modules for name in _waiting):
        _load()


def lookup(target: Any) -> Rule | None:
    """The rule of a callable, or None."""
    _ready()
    return notation.find(target)


def method(name: str) -> Callable[..., Any] | None:
    """The function that an array's method means: `x.sum(...)` is `np.sum(x, ...)`."""
    _ready()
    return notation.find_method(name)


def attribute(name: str) -> Callable[..., Any] | None:
    """The function that an array's attribute means: `x.T` is `np.transpose(x)`."""
    _ready()
    return notation.find_attribute(name)


def operator(op: str, arity: int = 2) -> Rule | None:
    """The rule of an operator: `operator("+", 2)`, `operator("-", 1)`."""
    _ready()
    return notation.find(notation.find_operator(op, arity))


def all_rules() -> Iterator[Rule]:
    """Every rule, in the order of registration."""
    _ready()
    return notation.registered()
