"""Single assignment on structured code.

Every variable is assigned once, except those that carry a value across a join: they are assigned by copies, at the ends
of the branches, and before and at the end of a loop's body. So a name means one value within a trip, and the reverse
sweep can read it. Copies and constants are propagated: two names of one array become one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import BOTTOM, UNKNOWN, Scalar, Static, Undefined, Value, Weak, join, of
from s2sgrad.ir.names import Names
from s2sgrad.ir.raising import is_plain, quiet
from s2sgrad.ir.traverse import blocks, expressions, map_expressions, names_in, statements, substitute, targets

NONE = ir.Const(None)
Versions = dict[str, ir.Expr]


@dataclass(eq=False)
class Ssa:
    """A function in single assignment, the kinds of its names, and which names are joins."""

    function: ir.Function
    kinds: dict[str, Value]
    joins: dict[str, ir.Stmt] = field(default_factory=dict)  # name -> the branch or loop that it joins
    original: dict[ir.Stmt, ir.Stmt] = field(default_factory=dict)  # new statement -> resolved one


def assigned_in(block: ir.Block, memo: dict[int, frozenset[str]]) -> frozenset[str]:
    """Names bound anywhere in a block."""
    key = id(block)
    if key not in memo:
        found: set[str] = set()
        for stmt in block:
            found.update(targets(stmt))
            for inner in blocks(stmt):
                found |= assigned_in(inner, memo)
        memo[key] = frozenset(found)
    return memo[key]


class Liveness:
    """Which names are read later, at each branch and loop."""

    def __init__(self, body: ir.Block) -> None:
        self.after: dict[ir.Stmt, frozenset[str]] = {}
        self.head: dict[ir.Stmt, frozenset[str]] = {}
        self.block(body, set())

    def block(self, block: ir.Block, live: set[str]) -> set[str]:
        end = frozenset(live)
        for i in reversed(range(len(block))):
            if isinstance(block[i], ir.Try):
                live = self.attempt(block[i], live, block[i + 1 :], end)
            else:
                live = self.statement(block[i], live)
        return live

    def attempt(self, stmt: ir.Try, live: set[str], rest: ir.Block, end: frozenset[str]) -> set[str]:
        """Before a `try`; its handler may set flags by which what follows in the block is left out."""
        self.after[stmt] = frozenset(live | set(names_in(stmt.test)))
        flags = {s.target.id for s in stmt.orelse if isinstance(s, ir.Assign) and is_true(s.value)}
        left = self.block(without(rest, flags), set(end)) if flags else set(live)
        inside = self.block(stmt.orelse, left) - set(targets(stmt))
        self.head[stmt] = frozenset(inside)
        live = self.block(stmt.body, set(live)) | inside
        return live | set(names_in(stmt.exceptions))

    def statement(self, stmt: ir.Stmt, live: set[str]) -> set[str]:
        match stmt:
            case ir.If(body=body, orelse=orelse):
                self.after[stmt] = frozenset(live)
                live = self.block(body, set(live)) | self.block(orelse, set(live))
            case ir.For() | ir.While():
                self.after[stmt] = frozenset(live)
                live = self.loop(stmt, live)
                self.head[stmt] = frozenset(live)
            case ir.Raise():
                live = set()
            case _:
                live.difference_update(targets(stmt))
        for e in expressions(stmt):
            live.update(names_in(e))
        return live

    def loop(self, stmt: ir.For | ir.While, live: set[str]) -> set[str]:
        while True:
            end = set(live)
            if stmt.until is not None:
                end.update(names_in(stmt.until))
            start = self.block(stmt.body, end)
            if isinstance(stmt, ir.While):
                start |= live | set(names_in(stmt.test))
                start = self.block(stmt.head, start)
            else:
                start.difference_update(targets(stmt))
            if start <= live:
                return live
            live = live | start


class Renamer:
    """Walks the function once with the current version of every variable."""

    def __init__(self, fn: ir.Function, values: dict[ir.Node, Value], reserved: Iterable[str]) -> None:
        self.values = values
        self.names = Names(reserved)
        self.kinds: dict[str, Value] = {}
        self.joins: dict[str, ir.Stmt] = {}
        self.phis: dict[str, list[ir.Expr]] = {}
        self.original: dict[ir.Stmt, ir.Stmt] = {}
        self.live = Liveness(fn.body)
        self.memo: dict[int, frozenset[str]] = {}
        self.env: dict[str, ir.Expr] | None = {}

    def run(self, fn: ir.Function, args: tuple[Value, ...]) -> Ssa:
        params = []
        for param, value in zip(fn.params, args, strict=True):
            name = self.define(param.name, value)
            params.append(ir.Param(name.id, span=param.span))
        body = self.block(fn.body)
        self.solve()
        function = ir.Function(fn.name, tuple(params), body, doc=fn.doc, span=fn.span)
        return Ssa(function, self.kinds, self.joins, self.original)

    def solve(self) -> None:
        """Kinds of joins: the union of what is copied into them, to a fixpoint."""
        for name in self.phis:
            self.kinds[name] = BOTTOM
        changed = bool(self.phis)
        while changed:
            changed = False
            for name, sources in self.phis.items():
                value = join(self.kinds[name], *map(self.kind_of, sources))
                if value != self.kinds[name]:
                    self.kinds[name] = value
                    changed = True

    def kind_of(self, atom: ir.Expr) -> Value:
        if atom is NONE:
            return of(Undefined())
        if isinstance(atom, ir.Const):
            return of(Static(atom.value))
        return self.kinds.get(atom.id, UNKNOWN) if isinstance(atom, ir.Name) else UNKNOWN

    # ---- names

    def define(self, name: str, value: Value) -> ir.Name:
        """A new version of a variable."""
        new = ir.Name(self.names.fresh(name))
        self.kinds[new.id] = value
        self.env[name] = new
        return new

    def rename(self, expr: ir.Expr) -> ir.Expr:
        new = substitute(expr, self.env)
        if new is not expr and expr in self.values:
            self.values[new] = self.values[expr]
        return new

    # ---- statements

    def block(self, block: ir.Block) -> ir.Block:
        out: list[ir.Stmt] = []
        for stmt in block:
            if self.env is None:
                break
            self.statement(stmt, out)
        return tuple(out)

    def statement(self, stmt: ir.Stmt, out: list[ir.Stmt]) -> None:
        match stmt:
            case ir.Assign(target=ir.Name(id=name), value=value):
                new = self.rename(value)
                if isinstance(new, (ir.Name, ir.Const)):
                    self.env[name] = new
                    return
                value_kind = self.values.get(value, UNKNOWN)
                made = ir.Assign(self.define(name, value_kind), new, span=stmt.span)
                self.original[made] = stmt
                out.append(made)
            case ir.Try():
                self.attempt(stmt, out)
            case ir.If():
                self.branch(stmt, out)
            case ir.Enter(target=ir.Name(id=name)):
                new = map_expressions(stmt, self.rename)
                made = ir.Enter(new.manager, self.define(name, UNKNOWN), span=stmt.span)
                self.original[made] = stmt
                out.append(made)
            case ir.For() | ir.While():
                self.loop(stmt, out)
            case ir.AugAssign(target=target, value=value):
                new = ir.AugAssign(self.rename(target), stmt.op, self.rename(value), span=stmt.span)
                self.original[new] = stmt
                out.append(new)
            case ir.Raise():
                out.append(map_expressions(stmt, self.rename))
                self.env = None
            case _:
                new = map_expressions(stmt, self.rename)
                self.original[new] = stmt
                if isinstance(new, (ir.Store, ir.Augment)) and stmt.target in self.values:
                    self.values[new.target] = self.values[stmt.target]
                out.append(new)

    def branch(self, stmt: ir.If, out: list[ir.Stmt]) -> None:
        test = self.rename(stmt.test)
        before = dict(self.env)
        body = self.block(stmt.body)
        env_body, self.env = self.env, dict(before)
        orelse = self.block(stmt.orelse)
        env_else = self.env
        self.join(stmt, ir.If(test, body, orelse, span=stmt.span), before, (env_body, env_else), out)

    def attempt(self, stmt: ir.Try, out: list[ir.Stmt]) -> None:
        """A body and its handler, which reads nothing that the body may have assigned or not."""
        check_handler(stmt, self.live.head[stmt], self.numbers(stmt.body))
        before = dict(self.env)
        exceptions = self.rename(stmt.exceptions)
        body = self.block(stmt.body)
        env_body, self.env = self.env, dict(before)
        name = None if stmt.name is None else self.define(stmt.name.id, UNKNOWN)
        handler = self.block(stmt.orelse)
        test = ir.Const(env_body is None)  # as long as one of both never comes to its end
        new = ir.Try(test, body, handler, exceptions, name, span=stmt.span)
        self.join(stmt, new, before, (env_body, self.env), out)

    def numbers(self, block: ir.Block) -> set[str]:
        """The names that a block assigns numbers: asking for their truth cannot fail."""
        kinds: dict[str, list[Value]] = {}
        for stmt in statements(block):
            if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name):
                kinds.setdefault(stmt.target.id, []).append(self.values.get(stmt.value, UNKNOWN))
        return {n for n, values in kinds.items() if all(isinstance(k, (Weak, Scalar)) for v in values for k in v.kinds)}

    def join(
        self,
        stmt: ir.If,
        new: ir.If,
        before: Versions,
        after: tuple[Versions | None, Versions | None],
        out: list[ir.Stmt],
    ) -> None:
        """Where two branches meet, one name stands for the values of both."""
        env_body, env_else = after
        if env_body is None or env_else is None:
            self.env = env_else if env_body is None else env_body
            out.append(new)
            return
        self.env = before
        changed = assigned_in(stmt.body, self.memo) | assigned_in(stmt.orelse, self.memo)
        one, two = [], []
        joined = []
        for name in sorted(changed & self.live.after[stmt]):
            a, b = env_body.get(name, NONE), env_else.get(name, NONE)
            if same_atom(a, b):
                self.env[name] = a
                continue
            phi = self.define(name, BOTTOM)
            self.phis[phi.id] = [a, b]
            one.append((phi, a))
            two.append((phi, b))
            joined.append(phi.id)
        body, orelse = new.body + copies(one, stmt.span), new.orelse + copies(two, stmt.span)
        test = self.rename(stmt.test) if isinstance(stmt, ir.Try) else new.test
        new = replace(new, test=test, body=body, orelse=orelse)
        self.joins.update(dict.fromkeys(joined, new))
        out.append(new)

    def loop(self, stmt: ir.For | ir.While, out: list[ir.Stmt]) -> None:
        iter_ = self.rename(stmt.iter) if isinstance(stmt, ir.For) else None
        changed = assigned_in(stmt.body, self.memo) | set(targets(stmt))
        needed = self.live.head[stmt] | self.live.after[stmt]
        carried = sorted(changed & needed)
        entry = []
        for name in carried:
            start = self.env.get(name, NONE)
            phi = self.define(name, BOTTOM)
            self.phis[phi.id] = [start]
            entry.append((phi, start))
        heads = {name: phi for name, (phi, _) in zip(carried, entry, strict=True)}
        out.extend(copies(entry, stmt.span))
        outside = dict(self.env)
        if isinstance(stmt, ir.For):
            target = self.define(stmt.target.id, of(Weak(int, 0)))
            head: ir.Block = ()
            test = None
        else:
            head = self.block(stmt.head)
            test = self.rename(stmt.test)
        body = self.block(stmt.body)
        ends = []
        until = None
        if self.env is not None:
            until = None if stmt.until is None else self.rename(stmt.until)
            for name, phi in heads.items():
                end = self.env.get(name, NONE)
                self.phis[phi.id].append(end)
                if not same_atom(end, phi):
                    ends.append((phi, end))
            if isinstance(until, ir.Name):
                until = next((phi for phi, end in ends if same_atom(end, until)), until)
        body += copies(ends, stmt.span)
        if isinstance(until, ir.Const) and not until.value:
            until = None
        if isinstance(stmt, ir.For):
            new: ir.Stmt = ir.For(target, iter_, body, until=until, span=stmt.span)
        else:
            new = ir.While(test, body, head=head, until=until, span=stmt.span)
        self.joins.update({phi.id: new for phi in heads.values()})
        self.env = outside
        out.append(new)


def is_true(e: ir.Expr) -> bool:
    """Is it the literal `True`?"""
    return isinstance(e, ir.Const) and e.value is True


def without(block: ir.Block, flags: set[str]) -> ir.Block:
    """The statements of a block, as far as these flags let them run."""
    out: list[ir.Stmt] = []
    negated: set[str] = set()
    for stmt in block:
        match stmt:
            case ir.Assign(target=ir.Name(id=name), value=ir.Unary(op="not", operand=ir.Name(id=flag))) if (
                flag in flags
            ):
                negated.add(name)
            case ir.If(test=ir.Name(id=name), orelse=orelse) if name in negated:
                out += orelse
                continue
            case ir.If(test=ir.Name(id=name), body=body) if name in flags and not isinstance(stmt, ir.Try):
                out += body
                continue
        out.append(stmt)
    return tuple(out)


def check_handler(stmt: ir.Try, live: frozenset[str], numbers: set[str]) -> None:
    """Refuse a body of which it matters to the handler how far it came; `numbers`: names that it assigns numbers."""
    inner = unsettled(stmt.body, live, numbers)
    if inner is None:
        return
    span = inner.span or stmt.span
    line = span.text() if span is not None else ""
    named = (f"`{n}`" for n in sorted(live & assigned_in((inner,), {})) if re.search(rf"\b{n}\b", line))
    raise UnsupportedError(
        "S100", f"{next(named, 'what this line decides')} may have been assigned or not where the exception is caught",
        span, "assign it in the last line of the body, or by another name there",
    )  # fmt: skip


def unsettled(block: ir.Block, live: frozenset[str], numbers: set[str]) -> ir.Stmt | None:
    """A statement that assigns one of these names, while an exception may still be raised behind that."""
    for i, stmt in enumerate(block):
        if not live & assigned_in((stmt,), {}):
            continue
        if not all(quiet(later, numbers) for later in block[i + 1 :]):
            return stmt
        if not isinstance(stmt, ir.Assign):
            if not is_plain(stmt, numbers):
                return stmt
            for inner in blocks(stmt):
                found = unsettled(inner, live, numbers)
                if found is not None:
                    return found
    return None


def copies(pairs: list[tuple[ir.Name, ir.Expr]], span: ir.Span | None) -> ir.Block:
    """Parallel copies: one by one where none overwrites what another reads, else as a tuple."""
    written = {target.id for target, _ in pairs}
    tangled = [p for p in pairs if isinstance(p[1], ir.Name) and p[1].id in written]
    if tangled:
        sources = {p[1].id for p in tangled}
        tangled = [p for p in pairs if p in tangled or p[0].id in sources]
    free = [p for p in pairs if p not in tangled]
    out: list[ir.Stmt] = [ir.Assign(t, s, span=span) for t, s in free]
    if tangled:
        left, right = ir.Tuple(tuple(t for t, _ in tangled)), ir.Tuple(tuple(s for _, s in tangled))
        out.append(ir.Assign(left, right, span=span))
    return tuple(out)


def same_atom(a: ir.Expr, b: ir.Expr) -> bool:
    if isinstance(a, ir.Name) and isinstance(b, ir.Name):
        return a.id == b.id
    if isinstance(a, ir.Const) and isinstance(b, ir.Const):
        return a is b or (type(a.value) is type(b.value) and a.value == b.value and repr(a.value) == repr(b.value))
    return isinstance(a, ir.Ref) and isinstance(b, ir.Ref) and a.value is b.value


def ssa(fn: ir.Function, values: dict[ir.Node, Value], args: tuple[Value, ...], reserved: Iterable[str]) -> Ssa:
    """The function in single assignment."""
    return Renamer(fn, values, reserved).run(fn, args)
