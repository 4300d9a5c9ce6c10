"""Reverse mode: one case for each statement, walked backwards."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.contents import contents
from s2sgrad.ir.kinds import Object
from s2sgrad.ir.traverse import End, blocks, expressions, names_in, pairs, statements, targets, with_blocks
from s2sgrad.rules.mutators import mutation
from s2sgrad.transform.calls import called
from s2sgrad.transform.containers import Containers
from s2sgrad.transform.operands import check_field, has_fields, no_field
from s2sgrad.transform.program import LAZY, OWNED, RANK, SHARED, Sweeps, helper


class Adjoint(Containers):
    """Writes the forward and the reverse sweep of one function."""

    def run(self, seed: ir.Expr, wrt: Iterable[str], aux: bool = False) -> Sweeps:
        """Both sweeps, for the adjoints of these parameters."""
        body = self.p.function.body
        returns = isinstance(body[-1], ir.Return)  # if not, it raises whatever happens
        result = body[-1].value if returns else ir.Const(None)
        self.mark(body[-1])
        self.seed(result, seed, aux)
        inner = body[:-1] if returns else body
        self.reverse(inner)
        given = [p.name for p in self.p.function.params if p.name in self.p.active]
        inout = tuple(self.bar(n).id for n in given if n in self.p.inout)
        handed = tuple(self.bar(n).id for n in given if n in self.p.handed)
        bars = {n: self.finished(n) for n in wrt if n not in self.p.inout and n not in self.p.handed}
        forward = self.beginning() + self.forward(inner, None)
        tapes = tuple(ir.Assign(t, ir.List(())) for t in self.tapes.values())
        results, counters = self.mirrored_result(result), tuple(n.id for n in self.counters.values())
        return Sweeps(tapes + forward, tuple(self.out), results, bars, inout, counters, handed, self.reads)

    def seed(self, result: ir.Expr, seed: ir.Expr, aux: bool) -> None:
        """The first contribution: to the result, or with `aux` to the first of the pair that is returned."""
        if self.p.silent or self.p.mirrored or not isinstance(result, ir.Name):
            return
        if not aux:
            self.contribute(result, seed, SHARED)
            return
        for stmt in self.p.function.body:
            if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and stmt.target.id == result.id:
                if isinstance(stmt.value, ir.Tuple) and len(stmt.value.items) == 2:
                    self.contribute(stmt.value.items[0], seed, SHARED)
                    return
        rest = ir.Call(helper("zeros_like"), (ir.Index(result, ir.Const(1)),))
        self.contribute(result, ir.List((seed, rest)), SHARED)

    # ------------------------------------------------------------------------------------------- statements

    def mark(self, stmt: ir.Stmt) -> None:
        """From here on, adjoint lines belong to this statement."""
        self.note = stmt.span.text().strip() if stmt.span is not None else None

    def reverse(self, block: ir.Block) -> None:
        """The reverse sweep of a block; what each statement's adjoint reads is noted."""
        self.entered |= pairs(block)
        for stmt in reversed(block):
            self.mark(stmt)
            first = len(self.out)
            self.statement(stmt)
            self.note_structure(stmt, self.out[first:])
            read = {n for new in self.out[first:] for n in contents(new)}
            read.update(self.held.get(stmt, ()))
            self.reads.append((stmt, frozenset(read)))

    def note_structure(self, stmt: ir.Stmt, new: list[ir.Stmt]) -> None:
        """Whatever the reverse sweep reads of a container that changes, it reads its structure."""
        if not self.changing:
            return
        for each in new:
            inner = {n for s in statements((each,)) for e in expressions(s) for n in names_in(e)}
            inner &= self.changing
            if inner:
                self.reads.append((stmt if blocks(each) or not blocks(stmt) else End(stmt), frozenset(inner)))

    def statement(self, stmt: ir.Stmt) -> None:
        """The adjoint of one statement."""
        change = mutation(stmt)
        if change is not None:
            self.mutation(stmt, change[0], change[1].args)
            return
        match stmt:
            case ir.Assign(target=ir.Tuple()):
                self.parallel(stmt)
            case ir.Assign() | ir.Evaluate() if called(stmt) is not None:
                self.user_call(stmt, called(stmt))
            case ir.Assign(target=ir.Name(id=name), value=value):
                if name in self.p.paths or self.is_mirrored(stmt):
                    if isinstance(value, (ir.Tuple, ir.List, ir.Dict)):
                        self.items_of_display(stmt.target, value)
                    return
                taken = self.take(name)
                if taken is not None:
                    self.definition(stmt, stmt.target, value, *taken)
            case ir.Store(target=ir.Index(value=base)) if not self.kind_of(base).is_array:
                self.store_item(stmt)
            case ir.Store():
                self.store(stmt)
            case ir.Augment() | ir.AugAssign():
                self.augment(stmt, stmt.target)
            case ir.Try(test=ir.Const(value=handled)):
                self.out += self.nested(stmt.orelse if handled else stmt.body, stmt)  # the other one always raises
            case ir.If():
                self.branch(stmt)
            case ir.Leave():
                self.enter_again(self.entered[stmt])
            case ir.Enter():
                if again(stmt) is not None:
                    self.emit(ir.Leave)
            case ir.For() | ir.While():
                self.loop(stmt)
            case ir.Evaluate() | ir.Assert() | ir.Raise() | ir.Pass() | ir.Lastly():
                pass
            case _:
                raise AssertionError(f"no case for the statement {type(stmt).__name__}")

    def parallel(self, stmt: ir.Assign) -> None:
        """`a, b = b, a`: all adjoints are read before any is assigned."""
        moves = []
        for target, source in zip(stmt.target.items, stmt.value.items, strict=True):
            if target.id in self.p.shadows:
                continue
            taken = self.take(target.id)
            if taken is not None and self.is_active(source):
                moves.append((source, *taken))
        sources = [s.id for s, _, _ in moves]
        if len(moves) > 1 and len(set(sources)) == len(sources) and not any(s in self.state for s in sources):
            left, right = tuple(self.bar(s) for s in sources), tuple(g for _, g, _ in moves)
            self.assign(ir.Tuple(left), ir.Tuple(right))
            self.state.update({s.id: state for s, _, state in moves})
            return
        held = [(s, self.temp(g, "g"), state) for s, g, state in moves]
        for i, (source, g, state) in enumerate(held):
            again = source.id in sources[:i] or source.id in sources[i + 1 :]
            self.contribute(source, g, SHARED if again and state == OWNED else state)

    def definition(self, stmt: ir.Assign, y: ir.Name, value: ir.Expr, g: ir.Expr, state: str) -> None:
        """The adjoint of `y = value`: contributions of `g`, the adjoint of `y`, to what it is made of."""
        match value:
            case ir.Name():
                self.contribute(value, g, state)
            case ir.Binary(op=op, left=a, right=b):
                self.operation(stmt, y, self.p.operator(op, 2), (a, b), g, state)
            case ir.Unary(op=op, operand=a):
                self.operation(stmt, y, self.p.operator(op, 1), (a,), g, state)
            case ir.Index(value=base, index=index):
                self.read(y, base, index, g, state)
            case ir.Tuple(items=items) | ir.List(items=items):
                for i, item in enumerate(items):
                    self.contribute(item, ir.Index(g, ir.Const(i)), SHARED)
            case ir.Dict(keys=keys, values=values):
                if len(keys) > 1 and any(self.kind_of(k).static is NotImplemented for k in keys):
                    raise UnsupportedError(
                        "S020", "two keys of this dict may be equal, and the derivative would count both", stmt.span,
                        "use literal keys, or a tuple",
                    )  # fmt: skip
                for key, item in zip(keys, values, strict=True):
                    self.contribute(item, ir.Index(g, key), SHARED)
            case ir.Record(cls=cls, names=names, values=values):
                keys = range(len(values)) if issubclass(cls.value, tuple) else names
                known = issubclass(cls.value, tuple) or has_fields(cls.value)
                for key, item in zip(map(ir.Const, keys), values, strict=True):
                    part = ir.Index(g, key) if known else ir.Call(helper("field_bar"), (g, key, item))
                    self.contribute(item, part, SHARED)
            case ir.Field(value=base, name=name) if self.is_active(base):
                check_field(self.kind_of(base), name, stmt.span)
                self.read_field(y, base, name, g, state)
            case ir.Attr(value=base, name=name) if self.is_active(base):
                raise no_field(name, stmt.span)
            case ir.Call(func=ir.Ref(value=target), args=args, kwargs=kwargs):
                named = {k.name: k.value for k in kwargs}
                self.operation(stmt, y, self.p.lookup(target), args, g, state, named)
            case ir.Const() | ir.Ref() | ir.Attr(value=ir.Ref()):
                pass
            case _:
                message, hint = "no derivative is known for this expression", "write it with NumPy functions"
                raise UnsupportedError("S020", message, stmt.span, hint)

    def read_field(self, y: ir.Name, base: ir.Name, name: str, g: ir.Expr, state: str) -> None:
        """`y = base.name`: the adjoint goes to the same field."""
        if all(isinstance(k, Object) and has_fields(k.cls) for k in self.kind_of(base).kinds):
            self.read(y, base, ir.Const(name), g, state)
            return
        self.ensure(base.id, OWNED)
        g, _ = self.full(y, g, state)
        self.emit(ir.Evaluate, ir.Call(helper("add_at"), (self.place(base.id), ir.Const(name), g)))

    # ------------------------------------------------------------------------------------------- control flow

    def nested(self, block: ir.Block, owner: ir.Stmt) -> ir.Block:
        """The reverse sweep of a nested block; inside a loop it starts by taking back what the block recorded."""
        outer, self.out = self.out, []
        note = self.note
        if self.depth:
            tape = self.tapes.setdefault(id(block), ir.Name(self.p.names.fresh("tape")))
            self.out.append(ir.Pop(tape, ()))
            self.out += [ir.Assign(s.target, s.value) for s in block if s in self.again]
        self.reverse(block)
        new, self.out = self.out, outer
        self.mark(owner)
        self.note = note
        return tuple(new)

    def branch(self, stmt: ir.If) -> None:
        """The adjoint of a branch: the same test chooses the reverse sweep."""
        before = dict(self.state)
        body = self.nested(stmt.body, stmt)
        after_body, self.state = self.state, dict(before)
        orelse = self.nested(stmt.orelse, stmt)
        after_else = self.state
        body, orelse = self.meet(body, after_body, orelse, after_else)
        if isinstance(stmt, ir.Try):
            body, orelse = orelse, body  # the test tells whether the handler was run
        if body or orelse:
            self.emit(ir.If, stmt.test, body, orelse)

    def enter_again(self, stmt: ir.Enter) -> None:
        """What holds for the body of a `with` holds for its reverse sweep, too."""
        manager = again(stmt)
        if manager is not None:
            self.emit(ir.Enter, manager)

    def meet(
        self, body: ir.Block, one: dict[str, str], orelse: ir.Block, two: dict[str, str]
    ) -> tuple[ir.Block, ir.Block]:
        """Where two branches meet, an adjoint is in one state."""
        merged: dict[str, str] = {}
        ends: dict[int, list[ir.Stmt]] = {0: [], 1: []}
        for name in sorted(one.keys() | two.keys()):
            a, b = one.get(name), two.get(name)
            if a is None or b is None:
                side = 0 if a is None else 1
                ends[side].append(ir.Assign(self.bar(name), self.zero(name), note=self.note))
                a = b = a or b
                if a == LAZY:
                    keep = 1 - side
                    ends[keep].append(ir.Assign(self.bar(name), self.filled(name, self.bar(name)), note=self.note))
                    a = b = SHARED
            if (a == LAZY) != (b == LAZY):
                side = 0 if a == LAZY else 1
                if not self.value(name).is_scalar:
                    ends[side].append(ir.Assign(self.bar(name), self.filled(name, self.bar(name)), note=self.note))
                a = b = SHARED
            merged[name] = min(a, b, key=RANK.__getitem__)
        self.state = merged
        return body + tuple(ends[0]), orelse + tuple(ends[1])

    def loop(self, stmt: ir.For | ir.While) -> None:
        """The adjoint of a loop: as many trips, backwards."""
        note = self.note
        carried = [n for n, owner in self.p.joins.items() if owner is stmt and n in self.p.active]
        self.enter_loop(stmt, carried)
        self.depth += 1
        body = self.nested(stmt.body, stmt)
        self.depth -= 1
        self.note = note
        outside, self.out = self.out, list(body)
        for name in carried:
            self.ensure(name, OWNED if name in self.p.written else SHARED)
            self.state[name] = OWNED if name in self.p.written else SHARED
        body, self.out = tuple(self.out), outside
        count = self.count(stmt)
        if isinstance(stmt, ir.For):
            iter_: ir.Expr = stmt.iter if count is None else ir.Index(stmt.iter, ir.Slice(None, count, None))
            target: ir.Name = stmt.target
            iter_ = ir.Call(ir.Ref("reversed", reversed), (iter_,))
        else:
            target = ir.Name(self.p.names.fresh("_"))
            iter_ = ir.Call(ir.Ref("range", range), (count,))
        self.emit(ir.For, target, iter_, body)

    def enter_loop(self, stmt: ir.For | ir.While, carried: list[str]) -> None:
        """Before the reverse loop every adjoint that its trips add to is there."""
        inside = {n for s in statements(stmt.body) for n in targets(s)} | set(targets(stmt))
        inside |= {n for n, owner in self.p.joins.items() if owner is stmt}
        read = {n for s in statements(stmt.body) for n in differentiable_reads(s)}
        for name in sorted((read & self.p.active) - inside):
            if name not in self.parts:
                self.ensure(name, OWNED)
        for s in statements(stmt.body):
            match s:
                case ir.Assign(value=ir.Index(value=ir.Name(id=name), index=ir.Const(value=key))):
                    if name in self.parts and name in self.p.active and name not in inside:
                        if self.value(part := self.part(name, key)).differentiable:
                            self.ensure(part, OWNED)
        for name in carried:
            state = OWNED if name in self.p.written else SHARED
            self.ensure(name, state)
            self.state[name] = state

    def count(self, stmt: ir.For | ir.While) -> ir.Name | None:
        """The name that counts the trips of a loop whose number of trips is not known beforehand."""
        if isinstance(stmt, ir.For) and stmt.until is None:
            return None
        if stmt not in self.counters:
            self.counters[stmt] = ir.Name(self.p.names.fresh("trips"))
        return self.counters[stmt]

    # ------------------------------------------------------------------------------------------- forward sweep

    def forward(self, block: ir.Block, owner: ir.Stmt | None) -> ir.Block:
        """The primal, recording what the reverse sweep may want of each block that runs many times."""
        out: list[ir.Stmt] = []
        defined: list[str] = []
        for stmt in block:
            for new in self.replaced.get(stmt, [stmt]):
                out.extend(self.forward_statement(new, defined))
        if id(block) in self.tapes:
            if isinstance(owner, (ir.For, ir.While)):
                joined = [n for n, o in self.p.joins.items() if o is owner]
                defined += joined + [self.bar(n).id for n in joined if n in self.p.shadows]
            end = len(out)
            while (
                end
                and isinstance(out[end - 1], ir.Assign)
                and all(self.is_joined(n, owner) for n in targets(out[end - 1]))
            ):
                end -= 1
            names = tuple(ir.Name(n) for n in dict.fromkeys(defined))
            out.insert(end, ir.Push(self.tapes[id(block)], names))
        return tuple(out)

    def forward_statement(self, stmt: ir.Stmt, defined: list[str]) -> list[ir.Stmt]:
        """A statement of the forward sweep; the names it defines are added to `defined`."""
        inner = blocks(stmt)
        if not inner:
            if stmt not in self.again:
                defined.extend(targets(stmt))
            beside = self.beside(stmt)
            defined.extend(n for s in beside for n in targets(s))
            return [stmt, *beside]
        joined = [n for n, owner in self.p.joins.items() if owner is stmt]
        defined.extend(joined + [self.bar(n).id for n in joined if n in self.p.shadows])
        new = list(inner)
        at = range(len(inner)) if isinstance(stmt, ir.If) else [len(inner) - 1]
        for i in at:
            new[i] = self.forward(inner[i], stmt)
        counter = self.counters.get(stmt)
        if isinstance(stmt, ir.Try):
            return self.forgetting(stmt, new)
        if counter is None:
            return [with_blocks(stmt, tuple(new))]
        defined.append(counter.id)
        new[-1] += (ir.AugAssign(counter, "+", ir.Const(1)),)
        return [ir.Assign(counter, ir.Const(0)), with_blocks(stmt, tuple(new))]

    def forgetting(self, stmt: ir.Try, inner: list[ir.Block]) -> list[ir.Stmt]:
        """A `try` whose handler forgets what the loops and branches in the body have recorded until it was left."""
        tapes = [self.tapes[id(b)] for s in statements(stmt.body) for b in blocks(s) if id(b) in self.tapes]
        start: list[ir.Stmt] = []
        for tape in tapes:
            length = ir.Name(self.p.names.fresh("recorded"))
            start.append(ir.Assign(length, ir.Call(ir.Ref("len", len), (tape,))))
            forget = ir.Evaluate(ir.Call(helper("forget"), (tape, length)))
            inner[1] = (forget, *inner[1])
        return [*start, with_blocks(stmt, tuple(inner))]


def again(stmt: ir.Enter) -> ir.Expr | None:
    """The manager of the reverse sweep, if it needs one: NumPy's treatment of errors is as it was."""
    match stmt.manager:
        case ir.Call(func=ir.Ref(value=np.errstate)):
            return stmt.manager
        case ir.Call(func=ir.Ref(value=warnings.catch_warnings)):
            return ir.Call(ir.Ref("np.errstate", np.errstate, np), (), (ir.Keyword("all", ir.Const("ignore")),))
    return None


def differentiable_reads(stmt: ir.Stmt) -> set[str]:
    """The names that an adjoint may flow to from a statement."""
    match stmt:
        case ir.Assign(value=value) | ir.Evaluate(value=value):
            return set(names_in(value))
        case ir.Store(target=ir.Index(value=base), value=value) | ir.Augment(target=ir.Index(value=base), value=value):
            return set(names_in(base)) | set(names_in(value))
        case ir.AugAssign(target=target, value=value):
            return set(names_in(target)) | set(names_in(value))
    return set()
