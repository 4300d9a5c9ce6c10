"""Dead code: what nobody reads is not computed, and what the reverse sweep does not read is not recorded.

One walk backwards. Of every tape it keeps the names that are read after the block's `Pop`; `Push` then records just
those, so that pushes and pops stay in step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from s2sgrad import runtime
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import blocks, expressions, names_in, statements, targets

Live = set[str]


class DeadCode:
    """Removes dead code from a forward and a reverse sweep, in one function or in two."""

    def __init__(self, pure: Callable[[ir.Expr], bool], buffers: Iterable[str], forward: ir.Block) -> None:
        self.pure = pure
        self.buffers = frozenset(buffers)  # names that own what they hold: a write into a dead one is dead
        self.recorded = {
            s.tape.id: tuple(n.id for n in s.values) for s in statements(forward) if isinstance(s, ir.Push)
        }
        self.kept: dict[str, set[str]] = {}
        self.trying = 0  # bodies of `try` around the current statement

    def run(self, block: ir.Block, live: Live) -> tuple[ir.Block, Live]:
        """The block without what is dead, and what is live before it."""
        out: list[ir.Stmt] = []
        live = set(live)
        for stmt in reversed(block):
            new = self.statement(stmt, live)
            if new is None:
                continue
            if isinstance(new, ir.Enter) and is_errstate(new) and out and isinstance(out[-1], ir.Leave):
                out.pop()  # nothing is left in between
                continue
            out.append(new)
        return tuple(reversed(out)), live

    def statement(self, stmt: ir.Stmt, live: Live) -> ir.Stmt | None:
        """The statement, or None if it is dead; updates `live` to what is live before it."""
        match stmt:
            case ir.Assign(target=ir.Tuple(), value=ir.Tuple()):
                return self.parallel(stmt, live)
            case ir.Assign(value=value):
                names = targets(stmt)
                if not any(n in live for n in names) and self.pure(value):
                    if not self.trying or isinstance(value, (ir.Name, ir.Const, ir.Ref)):
                        return None
                    stmt = ir.Evaluate(value, span=stmt.span, note=stmt.note)  # it may fail
                live.difference_update(names)
            case ir.AugAssign(target=ir.Name(id=name)) if name in self.buffers and name not in live:
                return None
            case (
                ir.Store(target=ir.Index(value=ir.Name(id=name))) | ir.Augment(target=ir.Index(value=ir.Name(id=name)))
            ):
                if name in self.buffers and name not in live:
                    return None
            case ir.Evaluate(value=ir.Call(func=ir.Ref(value=runtime.add_at), args=args)):
                if isinstance(args[0], ir.Name) and args[0].id in self.buffers and args[0].id not in live:
                    return None
            case ir.Evaluate(value=ir.Call(func=ir.Ref(value=runtime.forget), args=(ir.Name(id=tape), _))):
                if not self.kept.get(tape):
                    return None
            case ir.Pop():
                return self.pop(stmt, live)
            case ir.Push(tape=tape, values=values):
                values = tuple(v for v in values if v.id in self.kept.get(tape.id, ()))
                if not values:
                    return None
                stmt = ir.Push(tape, values, span=stmt.span, note=stmt.note)
            case ir.Try():
                return self.attempt(stmt, live)
            case ir.If():
                return self.branch(stmt, live)
            case ir.For() | ir.While():
                return self.loop(stmt, live)
        for e in expressions(stmt):
            live.update(names_in(e))
        return stmt

    def parallel(self, stmt: ir.Assign, live: Live) -> ir.Stmt | None:
        pairs = [(t, s) for t, s in zip(stmt.target.items, stmt.value.items, strict=True) if t.id in live]
        live.difference_update(targets(stmt))
        if not pairs:
            return None
        for _, s in pairs:
            live.update(names_in(s))
        if len(pairs) == 1:
            return ir.Assign(*pairs[0], span=stmt.span, note=stmt.note)
        left, right = (ir.Tuple(tuple(side)) for side in zip(*pairs, strict=True))
        return ir.Assign(left, right, span=stmt.span, note=stmt.note)

    def pop(self, stmt: ir.Pop, live: Live) -> ir.Stmt | None:
        tape = stmt.tape.id
        kept = self.kept.setdefault(tape, set())
        kept.update(n for n in self.recorded.get(tape, ()) if n in live)
        names = tuple(ir.Name(n) for n in self.recorded.get(tape, ()) if n in kept)
        live.difference_update(kept)
        if not names:
            return None
        live.add(tape)
        return ir.Pop(stmt.tape, names, span=stmt.span)

    def attempt(self, stmt: ir.Try, live: Live) -> ir.Stmt:
        """The body of a `try` stays whole: whether something in it fails decides what is done."""
        handler, two = self.run(stmt.orelse, live)
        self.trying += 1
        body, one = self.run(stmt.body, live | two)
        self.trying -= 1
        live.clear()
        live.update(one, two, names_in(stmt.exceptions))
        return replace(stmt, body=body, orelse=handler)

    def branch(self, stmt: ir.If, live: Live) -> ir.Stmt | None:
        body, one = self.run(stmt.body, live)
        orelse, two = self.run(stmt.orelse, live)
        live.clear()
        live.update(one, two)
        if not body and not orelse:
            return None
        live.update(names_in(stmt.test))
        if not body:
            return ir.If(ir.Unary("not", stmt.test), orelse, (), span=stmt.span, note=stmt.note)
        return ir.If(stmt.test, body, orelse, span=stmt.span, note=stmt.note)

    def loop(self, stmt: ir.For | ir.While, live: Live) -> ir.Stmt | None:
        after = set(live)
        head: ir.Block = ()
        while True:
            end = set(live)
            if stmt.until is not None:
                end.update(names_in(stmt.until))
            body, start = self.run(stmt.body, end)
            if isinstance(stmt, ir.While):
                head, start = self.run(stmt.head, start | live | set(names_in(stmt.test)))
            else:
                start.difference_update(targets(stmt))
            if start <= live:
                break
            live |= start
        if not body:
            live.clear()
            live.update(after)
            return None
        if isinstance(stmt, ir.For):
            live.update(names_in(stmt.iter))
            return ir.For(stmt.target, stmt.iter, body, until=stmt.until, span=stmt.span, note=stmt.note)
        return ir.While(stmt.test, body, head=head, until=stmt.until, span=stmt.span, note=stmt.note)


def is_errstate(stmt: ir.Enter) -> bool:
    """Is it `with np.errstate(…)`?"""
    return isinstance(stmt.manager, ir.Call) and getattr(stmt.manager.func, "value", None) is np.errstate


def free_names(block: ir.Block) -> list[str]:
    """Names that a block reads and does not bind first, in order of appearance; tapes included."""
    read: dict[str, None] = {}
    bound: set[str] = set()
    for stmt in statements(block):
        for e in expressions(stmt):
            for n in names_in(e):
                if n not in bound:
                    read[n] = None
        if not blocks(stmt) or isinstance(stmt, ir.For):
            bound.update(targets(stmt))
    return list(read)
