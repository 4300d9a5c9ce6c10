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


def undo(
    fn: ir.Function, reads: list[tuple[ir.Stmt | End, frozenset[str]]], aliases: Aliases, joins: dict[str, ir.Stmt]
) -> frozenset[ir.Stmt]:
    """The writes whose old contents the reverse sweep reads: they come after the read, or both are in one loop."""
    at = Positions(fn.body)
    groups = {aliases.find(next(iter(g))): g for g in aliases.written_classes()}
    found = set()
    for write, names in aliases.written.items():
        seen = (aliases.seeing(n, groups.get(aliases.find(n), {n})) for n in names)
        if any(clash(write, group, reads, at, joins) is not None for group in seen):
            found.add(write)
    for call, names in aliases.opaque:
        roots = {aliases.find(n) for n in names}
        group = {n for n in list(aliases.parent) if aliases.find(n) in roots} | names
        name = clash(call, group, reads, at, joins)
        if name is not None:
            raise UnsupportedError(
                "S013", f"cannot tell whether this call changes `{name}`, which the derivative reads", call.value.span,
                f"pass a copy: `{min(names)}.copy()`, or give the function a rule (s2sgrad.rule)",
            )  # fmt: skip
    return frozenset(found)


def clash(
    write: ir.Stmt,
    group: set[str],
    reads: list[tuple[ir.Stmt | End, frozenset[str]]],
    at: Positions,
    joins: dict[str, ir.Stmt],
) -> str | None:
    """A name of the written memory that the reverse sweep reads as it was before the write."""
    for place, names in reads:
        stmt = place.stmt if isinstance(place, End) else place
        if not names & group or stmt not in at.order:
            continue
        shared = [loop for loop in at.loops[write] if loop in at.loops[stmt]]
        last = at.last[stmt] if isinstance(place, End) else at.order[stmt]
        if at.order[write] > last or any(outlives(group, loop, at, joins) for loop in shared):
            return min(names & group)
    return None


def outlives(group: set[str], loop: ir.Stmt, at: Positions, joins: dict[str, ir.Stmt]) -> bool:
    """Does the array live from one trip to the next? Not if every name of it is defined within the trip."""
    return any(n not in at.inside[loop] or joins.get(n) is loop for n in group)
