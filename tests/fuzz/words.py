"""The constructs of the generator: functions registered with a weight, by what they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: what the library may or may not support yet; `--features` chooses
FEATURES = frozenset((
    "writers", "views", "parameters", "callees", "lists", "dicts", "records", "objects", "comprehensions",
    "generators", "with", "match", "try", "del", "sort",
))  # fmt: skip
SUPPORTED = FEATURES - {"objects"}


class NoWay(Exception):
    """The construct does not fit here: nothing in scope to make it of."""


@dataclass(frozen=True)
class Word:
    """One construct."""

    name: str
    weight: float
    needs: str | None
    make: Callable[..., Any]


TABLES: dict[str, list[Word]] = {"number": [], "array": [], "statement": []}


def word(table: str, weight: float = 1.0, needs: str | None = None) -> Callable[[Callable], Callable]:
    """Register a construct under its function's name."""

    def register(make: Callable) -> Callable:
        TABLES[table].append(Word(make.__name__.rstrip("_").replace("_", " "), weight, needs, make))
        return make

    return register


def number(weight: float = 1.0, needs: str | None = None) -> Callable[[Callable], Callable]:
    """A form of expressions that are numbers: `make(w, scope, depth) -> text`."""
    return word("number", weight, needs)


def array(weight: float = 1.0, needs: str | None = None) -> Callable[[Callable], Callable]:
    """A form of expressions that are arrays of a given shape: `make(w, scope, shape, depth) -> text`."""
    return word("array", weight, needs)


def statement(weight: float = 1.0, needs: str | None = None) -> Callable[[Callable], Callable]:
    """A form of statements: `make(w, scope) -> None`, which writes lines and adds to the scope."""
    return word("statement", weight, needs)
