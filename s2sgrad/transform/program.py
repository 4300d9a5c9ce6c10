"""What an adjoint is made of, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from s2sgrad import runtime
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    AxisNames,
    Dict,
    List,
    Tuple,
    Value,
)
from s2sgrad.ir.names import Names
from s2sgrad.ir.targets import Callee
from s2sgrad.ir.traverse import blocks, expressions, names_in, statements, targets

LAZY, SHARED, OWNED = "lazy", "shared", "owned"
RANK = {LAZY: 0, SHARED: 1, OWNED: 2}


def helper(name: str) -> ir.Ref:
    """A reference to a function of `s2sgrad.runtime`."""
    return ir.Ref(name, getattr(runtime, name))


@dataclass(frozen=True)
class Pair:
    """The forward and the backward function of a callee, and what its residuals hold."""

    forward: ir.Ref
    backward: ir.Ref
    held: frozenset[int]  # arguments whose elements the backward function reads
    holds_result: bool


@dataclass(eq=False)
class Program:
    """What the adjoint is made of: a function in single assignment, and the facts about it."""

    function: ir.Function
    kinds: dict[str, Value]
    joins: dict[str, ir.Stmt]
    active: frozenset[str]
    names: Names
    axes: AxisNames
    lookup: Callable[[Any], Any]  # callable -> rule
    operator: Callable[[str, int], Any]  # operator -> rule
    callee: Callable[..., Pair]  # analysis, active arguments, … -> forward and backward function
    pullback: Callable[..., ir.Ref]  # derivative, active arguments -> its own pullback
    written: frozenset[str]  # names of arrays that are written into, and their aliases
    assume_arrays: bool = False  # code to be read, not run: what is unknown is taken for an array
    active_parts: set[str] = field(default_factory=set)  # names that stand for items of active containers
    undo: frozenset[ir.Stmt] = frozenset()  # writes whose old contents the reverse sweep restores
    paths: Mapping[str, tuple[str, ir.Expr]] = field(default_factory=dict)  # stable view -> its base, what makes it
    shadows: frozenset[str] = frozenset()  # names whose adjoint arrays are made in the forward sweep
    inout: frozenset[str] = frozenset()  # parameters whose adjoints the backward function is given, and updates
    handed: frozenset[str] = frozenset()  # parameters whose adjoint arrays the forward function is given
    silent: bool = False  # nothing arrives at the result
    mirrored: bool = False  # the result may be what was handed in: its adjoint array is returned beside it
    summary: Callable[[Callee], Any] | None = None  # what a user's function does to its arguments
    aliases: Any = None  # which names may share memory


@dataclass(eq=False)
class Sweeps:
    """The forward sweep, the reverse sweep, and the adjoints of the parameters: name -> (expression, is it owned?)."""

    forward: ir.Block
    reverse: ir.Block
    results: tuple[ir.Expr, ...]  # the value; and its adjoint array, where that belongs to one that was handed in
    bars: dict[str, tuple[ir.Expr, bool]]
    inout: tuple[str, ...] = ()  # the adjoints that the backward function is given, beside the result's
    counters: tuple[str, ...] = ()  # names that count the trips of loops
    handed: tuple[str, ...] = ()  # the adjoint arrays that the forward function is given
    reads: list[tuple[ir.Stmt, frozenset[str]]] = field(default_factory=list)


def apart(program: Program) -> frozenset[str]:
    """Containers of known items that are only read item by item."""
    found = {
        name for name, value in program.kinds.items()
        if name in program.active and isinstance(kind := value.one, (Tuple, List, Dict))
        if kind.items and getattr(kind, "keys", 0) is not None
    }  # fmt: skip
    found -= program.written
    if not found:
        return frozenset()
    for stmt in statements(program.function.body):
        match stmt:
            case ir.Assign(value=ir.Index(value=ir.Name(id=name), index=ir.Const(value=key))) if readable(
                program.kinds.get(name), key
            ):
                continue
        for e in expressions(stmt):
            found.difference_update(names_in(e))
        found.difference_update(n for n in targets(stmt) if n in program.joins)
    return frozenset(found)


def readable(value: Value | None, key: Any) -> bool:
    """Is it an item that is known to be there?"""
    kind = value.one if value is not None else None
    if isinstance(kind, Dict):
        return kind.keys is not None and key in kind.keys
    items = getattr(kind, "items", None)
    return isinstance(key, int) and bool(items) and -len(items) <= key < len(items)


def read_again(program: Program) -> frozenset[ir.Stmt]:
    """Reads `t = x[i]` in a loop that the reverse sweep can repeat: nobody writes into `x` or changes `i`."""
    fixed = {p.name for p in program.function.params}
    found: set[ir.Stmt] = set()

    def walk(block: ir.Block, known: set[str], inside: bool) -> None:
        for stmt in block:
            match stmt:
                case ir.Assign(target=ir.Name(), value=ir.Index(value=ir.Name()) as value) if inside:
                    if all(n in known and n not in program.written for n in names_in(value)):
                        found.add(stmt)
            if not inside:
                known.update(n for n in targets(stmt) if n not in program.joins)
            loop = isinstance(stmt, (ir.For, ir.While))
            for b in blocks(stmt):
                walk(b, known | set(targets(stmt)) if loop else known, inside or loop)

    walk(program.function.body, fixed, False)
    return frozenset(found)
