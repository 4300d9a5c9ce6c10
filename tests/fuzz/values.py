"""Types of a generated program's variables. An axis has one length for each example that the program is called with."""

from __future__ import annotations

from dataclasses import dataclass

Dim = tuple[int, ...]
Shape = tuple[Dim, ...]

EXAMPLES = 2


def always(length: int) -> Dim:
    """An axis of one length in all examples."""
    return (length,) * EXAMPLES


def shift(dim: Dim, by: int) -> Dim:
    """An axis longer or shorter by some."""
    return tuple(n + by for n in dim)


def constant(dim: Dim) -> bool:
    """Has the axis one length in all examples?"""
    return len(set(dim)) == 1


@dataclass(frozen=True)
class Num:
    """A float, or a NumPy scalar."""


@dataclass(frozen=True)
class Int:
    """An integer from 0 up to below `high` of each example."""

    high: Dim


@dataclass(frozen=True)
class Flag:
    """A bool."""


@dataclass(frozen=True)
class Arr:
    """An array of floats."""

    shape: Shape


@dataclass(frozen=True)
class Tup:
    """A tuple."""

    items: tuple[Type, ...]


@dataclass(frozen=True)
class Seq:
    """A list of `length` equal items."""

    item: Type
    length: Dim


@dataclass(frozen=True)
class Map:
    """A dict with these keys."""

    items: tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class Rec:
    """A namedtuple, dataclass or object with these attributes; `form` says which."""

    name: str
    form: str
    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class Fun:
    """A function."""

    params: tuple[Type, ...]
    result: Type


Type = Num | Int | Flag | Arr | Tup | Seq | Map | Rec | Fun

NUM = Num()
FLAG = Flag()
SCALAR = Arr(())


def vector(dim: Dim) -> Arr:
    """The type of a 1-d array."""
    return Arr((dim,))


def parts(kind: Type) -> tuple[tuple[str, Type], ...]:
    """The parts of a container that have names: how each is written behind the container's name, and its type."""
    match kind:
        case Tup(items=items):
            return tuple((f"[{i}]", item) for i, item in enumerate(items))
        case Seq(item=item, length=length):
            return tuple((f"[{i}]", item) for i in range(min(length)))
        case Map(items=items):
            return tuple((f"[{key!r}]", item) for key, item in items)
        case Rec(fields=fields):
            return tuple((f".{name}", item) for name, item in fields)
    return ()
