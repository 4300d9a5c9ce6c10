"""Calls of users' functions: a forward function in the place of the call, a backward function in the reverse sweep."""

from __future__ import annotations

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import np_call
from s2sgrad.ir.targets import Derivative, callee_of
from s2sgrad.ir.traverse import names_in
from s2sgrad.transform.memory import Memory
from s2sgrad.transform.program import OWNED, SHARED, helper


def called(stmt: ir.Stmt) -> ir.Call | None:
    """The call of a user's function that a statement is, if it is one."""
    value = getattr(stmt, "value", None)
    return value if isinstance(stmt, (ir.Assign, ir.Evaluate)) and callee_of(value) is not None else None


class Calls(Memory):
    """The adjoints of calls."""

    def user_call(self, stmt: ir.Assign | ir.Evaluate, call: ir.Call) -> None:
        """The adjoint of a call.

        `f_backward(residuals, y_bar, *updated)` is given the adjoints of the arguments that `f` writes into, updates
        them in place, and returns those of the others.
        """
        callee = callee_of(call)
        y = stmt.target if isinstance(stmt, ir.Assign) else None
        taken = self.take(y.id) if y is not None else None
        if isinstance(callee, Derivative):
            self.derivative_call(stmt, call, callee, taken)
            return
        summary = self.p.summary(callee)
        active = tuple(self.is_active(a) for a in call.args)
        written = {i for i in summary.written if active[i]}
        if stmt not in self.p.undo and (not any(active) or (taken is None and not written)):
            return
        handed = frozenset(i for i, a in enumerate(call.args) if active[i] and a.id in self.p.shadows)
        handed &= summary.written | summary.returned | summary.shadowed
        mirrored = y is not None and y.id in self.p.shadows and bool(handed & summary.returned)
        pair = self.p.callee(callee, active, stmt in self.p.undo, handed, taken is None, mirrored)
        self.held[stmt] = {n for i in pair.held for n in names_in(call.args[i])}
        if pair.holds_result and y is not None:
            self.held[stmt].add(y.id)
        residuals = ir.Name(self.p.names.fresh(f"{callee.function.name.strip('<>')}_residuals"))
        first = ir.Call(
            pair.forward, (*call.args, *(self.bar(call.args[i].id) for i in sorted(handed))), span=stmt.span
        )
        self.replaced[stmt] = self.call_forward(stmt, y, first, residuals, mirrored)
        updated = sorted(written - handed)
        for i in updated:
            self.ensure(call.args[i].id, OWNED)
        seed = ir.Const(None) if mirrored or taken is None else self.full(y, *taken)[0]
        pulled = ir.Call(pair.backward, (residuals, seed, *(self.place(call.args[i].id) for i in updated)))
        self.pass_on([a for i, a in enumerate(call.args) if active[i] and i not in written | handed], pulled)

    def derivative_call(
        self, stmt: ir.Assign | ir.Evaluate, call: ir.Call, callee: Derivative, taken: tuple[ir.Name, str] | None
    ) -> None:
        """The adjoint of a call of a derivative: a second derivative, of the arguments as they are."""
        if isinstance(stmt, ir.Assign) and stmt.target.id in self.p.shadows:
            self.replaced[stmt] = [stmt, self.fresh_shadow(stmt.target.id)]
        active = tuple(self.is_active(a) for a in call.args)
        if taken is None or not any(active):
            return
        backward = self.p.pullback(callee, active)
        self.held[stmt] = {n for a in call.args for n in names_in(a)}
        pulled = ir.Call(backward, (*call.args, self.full(stmt.target, *taken)[0]))
        self.pass_on([a for a, w in zip(call.args, active, strict=True) if w], pulled)

    def call_forward(
        self, stmt: ir.Stmt, y: ir.Name | None, forward: ir.Expr, residuals: ir.Name, mirrored: bool
    ) -> list[ir.Stmt]:
        """`y, residuals = f_forward(…)`; where the result may be an argument, its adjoint array comes back, too."""
        result = y if y is not None else ir.Name(self.p.names.fresh("_"))
        if mirrored:
            return [ir.Assign(ir.Tuple((result, self.bar(result.id), residuals)), forward, span=stmt.span)]
        call = ir.Assign(ir.Tuple((result, residuals)), forward, span=stmt.span)
        return [call, self.fresh_shadow(result.id)] if result.id in self.p.shadows else [call]

    def fresh_shadow(self, name: str) -> ir.Stmt:
        """The adjoint array of an array that is new."""
        zeros = np_call("zeros_like").func if self.value(name).is_array else helper("zeros_like")
        return ir.Assign(self.bar(name), ir.Call(zeros, (ir.Name(name),)))

    def pass_on(self, args: list[ir.Expr], pulled: ir.Call) -> None:
        """The cotangents that a backward function returns, to the arguments."""
        if not args:
            self.emit(ir.Evaluate, pulled)
        elif len(args) == 1:
            self.contribute(args[0], pulled, SHARED)
        else:
            parts = [ir.Name(self.p.names.fresh(f"{a.id}_part")) for a in args]
            self.assign(ir.Tuple(tuple(parts)), pulled)
            for a, part in zip(args, parts, strict=True):
                self.contribute(a, part, SHARED)
