"""Which writes must be undone: those that destroy what the reverse sweep reads."""

from __future__ import annotations

from s2sgrad.analysis.effects import Aliases
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import End, blocks, targets


class Positions:
    """Program order, and the loops around each statement."""

    def __init__(self, body: ir.Block) -> None:
        self.order: dict[ir.Stmt, int] = {}
        self.last: dict[ir.Stmt, int] = {}  # of a statement and those in it
        self.loops: dict[ir.Stmt, tuple[ir.Stmt, ...]] = {}
        self.inside: dict[ir.Stmt, set[str]] = {}  # loop -> names that each trip defines anew
        self.walk(body, ())

    def walk(self, block: ir.Block, loops: tuple[ir.Stmt, ...]) -> None:
        """Number the statements of a block, nested ones included."""
        for stmt in block:
            self.order[stmt] = len(self.order)
            self.loops[stmt] = loops
            for loop in loops:
                self.inside[loop].update(targets(stmt))
            inner = loops
            if isinstance(stmt, (ir.For, ir.While)):
                inner = (*loops, stmt)
                self.inside[stmt] = set(targets(stmt))
            for b in blocks(stmt):
                self.walk(b, inner)
            self.last[stmt] = len(self.order) - 1


Reads = list[tuple[ir.Stmt | End, frozenset[str]]]


class Seen:
    """What the reverse sweep reads of some memory, and in which loops that lives from one trip to the next."""

    def __init__(self, group: set[str], reads: Reads, at: Positions, joins: dict[str, ir.Stmt]) -> None:
        self.first: tuple[int, str] | None = None  # the earliest read, and a name that it goes by
        self.loops: dict[ir.Stmt, str] = {}
        for place, names in reads:
            stmt = place.stmt if isinstance(place, End) else place
            if stmt not in at.order or names.isdisjoint(group):
                continue
            name = min(names & group)
            here = (at.last[stmt] if isinstance(place, End) else at.order[stmt], name)
            self.first = here if self.first is None else min(here, self.first)
            self.loops.update(dict.fromkeys(at.loops[stmt], name))
        self.loops = {loop: name for loop, name in self.loops.items() if outlives(group, loop, at, joins)}

    def clash(self, write: ir.Stmt, at: Positions) -> str | None:
        """A name of the memory that is read as it was before the write: earlier, or on another trip of a loop."""
        if self.first is not None and at.order[write] > self.first[0]:
            return self.first[1]
        return next((self.loops[loop] for loop in at.loops[write] if loop in self.loops), None)


def undo(fn: ir.Function, reads: Reads, aliases: Aliases, joins: dict[str, ir.Stmt]) -> frozenset[ir.Stmt]:
    """The writes whose old contents the reverse sweep reads: they come after the read, or both are in one loop."""
    at = Positions(fn.body)
    groups = {aliases.find(next(iter(g))): g for g in aliases.written_classes()}
    memo: dict[str, Seen] = {}

    def seen(name: str) -> Seen:
        """What is read of the memory that a write through this name changes."""
        key = name if aliases.changes_structure(name) else aliases.find(name)
        if key not in memo:
            group = groups.get(aliases.find(name), {name})
            memo[key] = Seen(aliases.seeing(name, group), reads, at, joins)
        return memo[key]

    found = {w for w, names in aliases.written.items() if any(seen(n).clash(w, at) is not None for n in names)}
    for call, names in aliases.opaque:
        roots = {aliases.find(n) for n in names}
        group = {n for n in list(aliases.parent) if aliases.find(n) in roots} | names
        name = Seen(group, reads, at, joins).clash(call, at)
        if name is not None:
            raise UnsupportedError(
                "S013", f"cannot tell whether this call changes `{name}`, which the derivative reads", call.value.span,
                f"pass a copy: `{min(names)}.copy()`, or give the function a rule (s2sgrad.rule)",
            )  # fmt: skip
    return frozenset(found)


def outlives(group: set[str], loop: ir.Stmt, at: Positions, joins: dict[str, ir.Stmt]) -> bool:
    """Does the array live from one trip to the next? Not if every name of it is defined within the trip."""
    return any(n not in at.inside[loop] or joins.get(n) is loop for n in group)
