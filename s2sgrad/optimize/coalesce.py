"""One variable, one name: versions that copies connect share a name where their lives do not overlap."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import (
    blocks,
    expressions,
    map_expressions,
    names_in,
    rebuild,
    statements,
    targets,
    with_blocks,
)

TEMPORARY = re.compile(r"(t|g|k|result)(_\d+)?(_bar|(_dot)*)?(_\d+)?")  # names that the user did not give


class Coalesce:
    """Finds the copies whose two sides can be one name, and renames."""

    def __init__(self, body: ir.Block, params: Iterable[str], untouched: Iterable[str]) -> None:
        self.fixed = set(params)  # they keep their names
        kept = set(untouched)  # these are not assigned to, either
        self.copies = [(t, s) for stmt in statements(body) for t, s in copies(stmt) if s not in kept]
        self.relevant = {n for pair in self.copies for n in pair}
        self.overlap: dict[str, set[str]] = {n: set() for n in self.relevant}
        self.group: dict[str, set[str]] = {n: {n} for n in self.relevant}
        if self.copies:
            self.backward(body, set())
            for target, source in self.copies:
                self.merge(target, source)

    def merge(self, a: str, b: str) -> None:
        one, two = self.group[a], self.group[b]
        if one is two or (self.fixed & one and self.fixed & two):
            return
        if any(self.overlap[n] & two for n in one):
            return
        one |= two
        for n in two:
            self.group[n] = one

    def names(self) -> dict[str, ir.Expr]:
        """old name -> new name."""
        chosen: dict[str, ir.Expr] = {}
        for name, group in self.group.items():
            best = min(group, key=lambda n: (n not in self.fixed, TEMPORARY.fullmatch(n) is not None, len(n), n))
            if best != name:
                chosen[name] = ir.Name(best)
        return chosen

    # ---- lives

    def backward(self, block: ir.Block, live: set[str]) -> set[str]:
        for stmt in reversed(block):
            live = self.statement(stmt, live)
        return live

    def statement(self, stmt: ir.Stmt, live: set[str]) -> set[str]:
        match stmt:
            case ir.Try(body=body, orelse=orelse):
                handler = self.backward(orelse, set(live)) - set(targets(stmt))
                live = self.backward(body, live | handler) | handler  # the handler may begin anywhere in the body
            case ir.If(body=body, orelse=orelse):
                live = self.backward(body, set(live)) | self.backward(orelse, set(live))
            case ir.For() | ir.While():
                live = self.loop(stmt, live)
            case _:
                self.define(stmt, live)
                live = live - set(targets(stmt))
        for e in expressions(stmt):
            live.update(n for n in names_in(e) if n in self.relevant)
        return live

    def define(self, stmt: ir.Stmt, live: set[str]) -> None:
        """A name that is assigned lives beside everything that is live then, but for the name it is a copy of."""
        source_of = dict(copies(stmt))
        bound = targets(stmt)
        for name in bound:
            if name not in self.relevant:
                continue
            for other in live | (set(bound) & self.relevant):
                if other != name and other != source_of.get(name):
                    self.overlap[name].add(other)
                    self.overlap[other].add(name)

    def loop(self, stmt: ir.For | ir.While, live: set[str]) -> set[str]:
        while True:
            end = set(live)
            if stmt.until is not None:
                end.update(n for n in names_in(stmt.until) if n in self.relevant)
            start = self.backward(stmt.body, end)
            if isinstance(stmt, ir.While):
                test = {n for n in names_in(stmt.test) if n in self.relevant}
                start = self.backward(stmt.head, start | live | test)
            else:
                self.define(stmt, start)
                start -= set(targets(stmt))
            if start <= live:
                return live
            live = live | start


def copies(stmt: ir.Stmt) -> list[tuple[str, str]]:
    """The copies from name to name that a statement makes."""
    match stmt:
        case ir.Assign(target=ir.Name(id=a), value=ir.Name(id=b)):
            return [(a, b)]
        case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
            return [(a.id, b.id) for a, b in zip(left, right, strict=True) if isinstance(b, ir.Name)]
    return []


def rename(block: ir.Block, names: dict[str, ir.Expr]) -> ir.Block:
    """The block with names replaced, bound ones too; copies of a name to itself vanish."""
    if not names:
        return block

    def read(e: ir.Expr) -> ir.Expr:
        return names.get(e.id, e) if isinstance(e, ir.Name) else rebuild(e, read)

    out: list[ir.Stmt] = []
    for stmt in block:
        new = map_expressions(stmt, read)
        match new:
            case ir.Assign(target=target) | ir.AugAssign(target=target):
                new = replace(new, target=read(target))
            case ir.For(target=target):
                new = replace(new, target=read(target))
            case ir.Enter(target=ir.Name() as target):
                new = replace(new, target=read(target))
            case ir.Try(name=ir.Name() as target):
                new = replace(new, name=read(target))
            case ir.Push(tape=tape, values=values):
                new = replace(new, values=tuple(dict.fromkeys(map(read, values))), tape=read(tape))
            case ir.Pop(tape=tape, targets=popped):
                new = replace(new, targets=tuple(map(read, popped)), tape=read(tape))
        new = with_blocks(new, tuple(rename(b, names) for b in blocks(new)))
        new = without_self_copies(new)
        if new is not None:
            out.append(new)
    return tuple(out)


def without_self_copies(stmt: ir.Stmt) -> ir.Stmt | None:
    match stmt:
        case ir.Assign(target=ir.Name(id=a), value=ir.Name(id=b)) if a == b:
            return None
        case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
            pairs = [(a, b) for a, b in zip(left, right, strict=True) if not (isinstance(b, ir.Name) and a.id == b.id)]
            if not pairs:
                return None
            if len(pairs) == 1:
                return replace(stmt, target=pairs[0][0], value=pairs[0][1])
            return replace(
                stmt, target=ir.Tuple(tuple(a for a, _ in pairs)), value=ir.Tuple(tuple(b for _, b in pairs))
            )
    return stmt


def propagate(block: ir.Block, fixed: Iterable[str]) -> ir.Block:
    """Copies of a name that is assigned once, to a name that is assigned once: one of them goes."""
    counts: dict[str, int] = dict.fromkeys(fixed, 1)
    pairs: list[tuple[str, str]] = []
    for stmt in statements(block):
        bound = (stmt.target.id,) if isinstance(stmt, ir.AugAssign) else targets(stmt)
        for name in bound:
            counts[name] = counts.get(name, 0) + 1
        if isinstance(stmt, (ir.Augment, ir.Store)) and isinstance(stmt.target.value, ir.Name):
            counts[stmt.target.value.id] = 2  # written in place: its copies are no longer the same
        if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and isinstance(stmt.value, ir.Name):
            pairs.append((stmt.target.id, stmt.value.id))
    names: dict[str, ir.Expr] = {}
    for a, b in pairs:
        if counts.get(a) == 1 and counts.get(b) == 1 and a not in fixed:
            names[a] = names.get(b, ir.Name(b))
    return rename(block, names)
