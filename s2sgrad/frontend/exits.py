"""`break`, `continue`, early `return` and the `else` of loops become branches and flags.

Afterwards every block runs from its top to its end, and the only `return` is the last statement:

    for x in xs:              stop = False
        if x > 1:             for x in xs:                       (left when `stop` is true at the end of a trip)
            break                 if x > 1:
        s = s + x                     stop = True
                                  else:
                                      s = s + x

What follows an exit moves into the branch that does not take it, which reads best, while this nests no deeper than
`DEEPEST`; beyond that the rest is cut into guarded blocks side by side (`if not returned: …`), for any number of exits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from s2sgrad.diagnostics import Span
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.names import Names
from s2sgrad.ir.scopes import all_names

__all__ = ["exits"]

DEEPEST = 8

RETURN, BREAK, CONTINUE, FALLS = 1, 2, 4, 8  # how control may leave a statement; FALLS: on to the next one
EXITS = RETURN | BREAK | CONTINUE


def exits(fn: ir.Function) -> ir.Function:
    """The same function with no `break`, `continue`, early `return` or `else` of a loop."""
    return _Exits(Names(all_names(fn))).function(fn)


@dataclass(frozen=True)
class _Flags:
    """The flags that an exit of each kind has to set, where it stands."""

    on_return: tuple[str, ...] = ()
    on_break: tuple[str, ...] = ()
    on_continue: tuple[str, ...] = ()

    def plus(self, kinds: int, flag: str) -> _Flags:
        """The same, and `flag` for these kinds of exit."""

        def add(flags: tuple[str, ...], kind: int) -> tuple[str, ...]:
            return (*flags, flag) if kinds & kind and flag not in flags else flags

        return _Flags(
            add(self.on_return, RETURN),
            add(self.on_break, BREAK),
            add(self.on_continue, CONTINUE),
        )


@dataclass
class _Loop:
    """The flags of a loop: `stop` leaves it, `skip` ends a trip; None: not needed so far."""

    stop: str | None
    skip: str | None = None


class _Exits:
    """The rewriting of one function."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.result: str | None = None
        self.returned: str | None = None
        self.loops: list[_Loop] = []
        self.flows: dict[ir.Stmt, int] = {}
        self.stops: dict[ir.Stmt, str] = {}  # loops whose `else` has been split off → the flag that the `else` reads

    def function(self, fn: ir.Function) -> ir.Function:
        body = self.live(fn.body)
        returns, end = self.flow_of(body), ir.Return(None, span=fn.span)
        if not returns & RETURN:
            block = [*self.block(body, _Flags(), 0), end]
        elif isinstance(body[-1], ir.Return) and not self.flow_of(body[:-1]) & RETURN:
            block = [*self.block(body[:-1], _Flags(), 0), body[-1]]
        else:
            self.result = self.names.fresh("result")
            block = self.block([*body, end] if returns & FALLS else body, _Flags(), 0)
            block = self.with_returned(block)
            block.append(ir.Return(ir.Name(self.result, span=fn.span), span=fn.span))
        last = block[-1]
        if last.value is None:
            block[-1] = replace(last, value=ir.Const(None, span=last.span))
        return replace(fn, body=tuple(block))

    def with_returned(self, block: list[ir.Stmt]) -> list[ir.Stmt]:
        """`returned = False` in front of the first statement that may set it."""
        if self.returned is None:
            return block
        for i, stmt in enumerate(block):
            if any(_sets(n, self.returned) for n in _statements(stmt)):
                return [*block[:i], _set(self.returned, False, stmt.span), *block[i:]]
        return block

    # ---- where control goes

    def flow(self, stmt: ir.Stmt) -> int:
        """How control may leave a statement."""
        known = self.flows.get(stmt)
        if known is None:
            known = self.flows[stmt] = self._flow(stmt)
        return known

    def _flow(self, stmt: ir.Stmt) -> int:
        match stmt:
            case ir.Return():
                return RETURN
            case ir.Break():
                return BREAK
            case ir.Continue():
                return CONTINUE
            case ir.Raise():
                return 0
            case ir.If(_, body, orelse):
                return self.flow_of(body) | self.flow_of(orelse)
            case ir.With(body=body):
                return self.flow_of(body)
            case ir.Finally(body, final):
                last = self.flow_of(final)
                return (self.flow_of(body) | (last & EXITS)) if last & FALLS else last
            case ir.For(body=body, orelse=orelse) | ir.While(body=body, orelse=orelse):
                inside = self.flow_of(body)
                after = 0 if _endless(stmt) else self.flow_of(orelse)
                return (inside & RETURN) | (FALLS if inside & BREAK else 0) | after
        return FALLS

    def flow_of(self, block: Sequence[ir.Stmt]) -> int:
        """How control may leave a block."""
        flow = FALLS
        for stmt in block:
            flow = (flow & ~FALLS) | self.flow(stmt)
            if not flow & FALLS:
                break
        return flow

    def live(self, block: Sequence[ir.Stmt]) -> list[ir.Stmt]:
        """The statements that can be reached, with the `else` of each loop made a statement of its own."""
        found: list[ir.Stmt] = []
        for stmt in block:
            found += self.split_else(stmt) if isinstance(stmt, (ir.For, ir.While)) and stmt.orelse else [stmt]
            if not self.flow(stmt) & FALLS:
                break
        return found

    def split_else(self, loop: ir.For | ir.While) -> list[ir.Stmt]:
        """A loop and its `else`: what follows the loop, unless a `break` has left it."""
        alone = replace(loop, orelse=())
        if _endless(loop):
            return [alone]
        if not self.flow_of(loop.body) & BREAK:
            return [alone, *self.live(loop.orelse)]
        stop = self.stops[alone] = self.names.fresh("stop")
        return [alone, ir.If(_not(stop, loop.span), loop.orelse, span=loop.span)]

    # ---- blocks

    def block(self, block: Sequence[ir.Stmt], flags: _Flags, depth: int) -> list[ir.Stmt]:
        """A block in which whatever leaves sets its flags, and then runs on to the end of the block."""
        stmts = self.live(block)
        leaving = [i for i, stmt in enumerate(stmts[:-1]) if self.flow(stmt) & EXITS]
        if not leaving:
            return [new for stmt in stmts for new in self.stmt(stmt, flags, depth)]
        if depth + len(leaving) > DEEPEST:
            return self.side_by_side(stmts, leaving, flags, depth + 1)
        i = leaving[0]
        stmt, rest = stmts[i], stmts[i + 1 :]
        done = [new for before in stmts[:i] for new in self.stmt(before, flags, depth)]
        if isinstance(stmt, ir.If) and not isinstance(stmt, ir.Try):
            falls, else_falls = self.flow_of(stmt.body) & FALLS, self.flow_of(stmt.orelse) & FALLS
            if not (falls and else_falls):
                body = [*stmt.body, *rest] if falls else stmt.body
                orelse = [*stmt.orelse, *rest] if else_falls else stmt.orelse
                return done + self.branch(stmt, body, orelse, flags, depth + 1)
        flag = self.flag(self.flow(stmt))
        done += self.stmt(stmt, flags.plus(self.flow(stmt), flag), depth + 1)
        return done + self.guard(flag, rest[0].span, self.block(rest, flags, depth + 1))

    def side_by_side(self, stmts: list[ir.Stmt], leaving: list[int], flags: _Flags, depth: int) -> list[ir.Stmt]:
        """The block cut behind each statement that may leave it; each part runs if none before it has left."""
        kinds = 0
        for i in leaving:
            kinds |= self.flow(stmts[i])
        flag = self.flag(kinds & EXITS)
        flagged = flags.plus(kinds, flag)
        done: list[ir.Stmt] = []
        start = 0
        for end in (*(i + 1 for i in leaving), len(stmts)):
            last = end == len(stmts)
            part = [n for s in stmts[start:end] for n in self.stmt(s, flags if last else flagged, depth)]
            done += self.guard(flag, stmts[start].span, part) if start else part
            start = end
        return done

    def guard(self, flag: str, span: Span | None, block: list[ir.Stmt]) -> list[ir.Stmt]:
        """`if not flag: block`."""
        return [ir.If(_not(flag, span), tuple(block), span=span)] if block else []

    def flag(self, kinds: int) -> str:
        """The flag that tells whether one of these kinds of exit was taken."""
        if kinds & CONTINUE:
            loop = self.loops[-1]
            loop.skip = loop.skip or self.names.fresh("skip")
            return loop.skip
        if kinds & BREAK:
            return self.loops[-1].stop
        self.returned = self.returned or self.names.fresh("returned")
        return self.returned

    # ---- statements

    def stmt(self, stmt: ir.Stmt, flags: _Flags, depth: int) -> list[ir.Stmt]:
        """One statement, rewritten."""
        match stmt:
            case ir.Return(value, span=span):
                value = ir.Const(None, span=span) if value is None else value
                return [ir.Assign(ir.Name(self.result, span=span), value, span=span), *_set_all(flags.on_return, span)]
            case ir.Break(span=span):
                return _set_all(flags.on_break, span)
            case ir.Continue(span=span):
                return _set_all(flags.on_continue, span)
            case ir.Try(_, body, orelse):
                return [replace(stmt, body=self.suite(body, flags, depth), orelse=self.suite(orelse, flags, depth))]
            case ir.With(body=body):
                return [replace(stmt, body=self.suite(body, flags, depth))]
            case ir.Finally(body, final):
                return [replace(stmt, body=self.suite(body, flags, depth), final=self.suite(final, flags, depth))]
            case ir.If(_, body, orelse):
                return self.branch(stmt, body, orelse, flags, depth)
            case ir.For() | ir.While():
                return self.loop(stmt, flags, depth)
            case ir.Define(_, function):
                return [replace(stmt, function=_Exits(self.names).function(function))]
        return [stmt]

    def suite(self, block: ir.Block, flags: _Flags, depth: int) -> ir.Block:
        """A block that stays where it is."""
        return tuple(self.block(block, flags, depth + 1)) or (ir.Pass(span=block[0].span),)

    def branch(
        self, stmt: ir.If, body: Sequence[ir.Stmt], orelse: Sequence[ir.Stmt], flags: _Flags, depth: int
    ) -> list[ir.Stmt]:
        """An `if` with these blocks; what was a lone `continue` leaves nothing."""
        test: ir.Expr = stmt.test
        first, second = tuple(self.block(body, flags, depth)), tuple(self.block(orelse, flags, depth))
        if not first and second:
            first, second, test = second, (), ir.Unary("not", test, span=test.span)
        return [replace(stmt, test=test, body=first or (ir.Pass(span=stmt.span),), orelse=second)]

    def loop(self, loop: ir.For | ir.While, flags: _Flags, depth: int) -> list[ir.Stmt]:
        """A loop: `until` names the flag that leaves it."""
        flow, stop, until = self.flow_of(loop.body), None, None
        inside = _Flags(on_return=flags.on_return)
        if flow & BREAK:
            until = stop = self.stops.get(loop) or self.names.fresh("stop")
        elif flow & RETURN:
            until = self.flag(RETURN)
        if until is not None:
            inside = inside.plus(RETURN | BREAK, until)
        self.loops.append(_Loop(stop))
        body = self.block(loop.body, inside, depth)
        skip = self.loops.pop().skip
        if skip is not None:
            body.insert(0, _set(skip, False, loop.span))
        new = replace(
            loop, body=tuple(body) or (ir.Pass(span=loop.span),), until=until and ir.Name(until, span=loop.span)
        )
        return [new] if stop is None else [_set(stop, False, loop.span), new]


# -------------------------------------------------------------------------------------------------------- helpers


def _endless(loop: ir.For | ir.While) -> bool:
    """Whether a loop ends by an exit only."""
    return isinstance(loop, ir.While) and isinstance(loop.test, ir.Const) and bool(loop.test.value)


def _not(flag: str, span: Span | None) -> ir.Expr:
    return ir.Unary("not", ir.Name(flag, span=span), span=span)


def _set(flag: str, value: bool, span: Span | None) -> ir.Stmt:
    return ir.Assign(ir.Name(flag, span=span), ir.Const(value, span=span), span=span)


def _set_all(flags: tuple[str, ...], span: Span | None) -> list[ir.Stmt]:
    return [_set(flag, True, span) for flag in flags]


def _sets(stmt: ir.Stmt, flag: str) -> bool:
    return isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and stmt.target.id == flag


def _statements(stmt: ir.Stmt) -> list[ir.Stmt]:
    """A statement and those in its blocks, without nested functions."""
    found = [stmt]
    for node in found:
        if isinstance(node, (ir.If, ir.For, ir.While)):
            found += (*node.body, *node.orelse)
        elif isinstance(node, ir.With):
            found += node.body
        elif isinstance(node, ir.Finally):
            found += (*node.body, *node.final)
    return found
