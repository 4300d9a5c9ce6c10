"""Functions that change a container: which argument they write into, and which arguments they store in it.

How each is differentiated and undone stands in `transform/containers.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from s2sgrad import runtime
from s2sgrad.ir.nodes import Assign, Call, Evaluate, Ref, Stmt

__all__ = ["Mutator", "mutation", "mutator"]


@dataclass(frozen=True, eq=False)
class Mutator:
    """A function that changes its argument number `written`, a container, and stores there those of `stored`.

    Of an argument in `spread` the items are stored, not the container itself.
    """

    target: Callable[..., Any]
    path: Ref
    written: int = 0
    stored: tuple[int, ...] = ()
    spread: tuple[int, ...] = ()

    @property
    def writes(self) -> tuple[int, ...]:
        """The positions of the arguments that it writes into, as of a rule."""
        return (self.written,)

    @property
    def stores(self) -> tuple[int, ...]:
        """The positions of the arguments that it stores, or whose items it stores."""
        return (*self.stored, *self.spread)


def _method(owner: type, name: str, **facts: tuple[int, ...]) -> Mutator:
    function = getattr(owner, name)
    return Mutator(function, Ref(f"{owner.__name__}.{name}", function, owner), **facts)


_ALL = (
    _method(list, "append", stored=(1,)),
    _method(list, "extend", spread=(1,)),
    _method(list, "insert", stored=(2,)),
    _method(list, "pop"),
    _method(list, "clear"),
    _method(list, "reverse"),
    Mutator(runtime.permute, Ref("permute", runtime.permute)),
    _method(dict, "pop"),
    _method(dict, "clear"),
    _method(dict, "update", spread=(1,)),
)
_MUTATORS = {m.target: m for m in _ALL}


def mutation(stmt: Stmt) -> tuple[Mutator, Call] | None:
    """The change of a container that a statement is, if it is a call of such a function."""
    if isinstance(stmt, (Assign, Evaluate)) and isinstance(stmt.value, Call) and isinstance(stmt.value.func, Ref):
        entry = mutator(stmt.value.func.value)
        if entry is not None:
            return entry, stmt.value
    return None


def mutator(target: Any) -> Mutator | None:
    """The entry of a function that changes a container, or None."""
    try:
        return _MUTATORS.get(target)
    except TypeError:  # unhashable
        return None
