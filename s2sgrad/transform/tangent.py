"""Forward mode: beside every active name `x` a tangent `x_dot`, one case for each statement.

A tangent has type, shape and dtype of its primal, and its memory mirrors the primal's: where `v` is a view of `x`,
`v_dot` is the same view of `x_dot`; where `y` is an array of its own, so is `y_dot`. So writes need no analysis:
`x[i] = v` is followed by `x_dot[i] = v_dot`. What is not active has tangent zero, and no name for it.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import fold, neg, np_call
from s2sgrad.ir.kinds import (
    Array,
    Dict,
    Function,
    List,
    Scalar,
    Static,
    Tuple,
    Unknown,
    Value,
    element,
    is_complex,
)
from s2sgrad.ir.targets import Callee, Derivative
from s2sgrad.ir.traverse import blocks, children, expressions, names_in, rebuild, statements, with_blocks
from s2sgrad.rules.mutators import mutation, mutator
from s2sgrad.transform.operands import Operands, atoms, check_field, check_refused, no_field
from s2sgrad.transform.program import Program, helper
from s2sgrad.transform.ssa import NONE
from s2sgrad.transform.templates import Facts, instantiate, selected

FLOAT = np.dtype(float)
TangentCallee = Callable[[Callee, tuple[bool, ...]], ir.Ref]


class Tangent(Operands):
    """Writes the tangent program of one function."""

    def __init__(self, program: Program, callee: TangentCallee, derivative: Any) -> None:
        super().__init__(program)
        self.derivative = derivative  # derivative, active arguments, arguments, their tangents -> tangent of a call
        self.callee = callee  # analysis, active arguments -> its tangent function
        self.dot_names: dict[str, str] = {}
        self.out: list[ir.Stmt] = []
        self.shared = kept_names(program)

    def run(self, wrt: Iterable[str]) -> tuple[tuple[str, ...], ir.Block]:
        """The names of the parameters' tangents, and a body that returns the value and its tangent."""
        params = tuple(self.dot(name).id for name in wrt)
        names = [p.name for p in self.p.function.params]
        constant = [n for n in names if self.is_active(ir.Name(n)) and self.dot(n).id not in params]
        start = tuple(ir.Assign(self.dot(n), self.zero(ir.Name(n))) for n in constant)  # written beside what varies
        return params, start + self.block(self.p.function.body)

    def block(self, block: ir.Block) -> ir.Block:
        """The statements of a block, each with its tangent."""
        outer, self.out = self.out, []
        for stmt in block:
            self.statement(stmt)
        new, self.out = tuple(self.out), outer
        return new

    # ------------------------------------------------------------------------------------------- tangents

    def dot(self, name: str) -> ir.Name:
        """The name of a name's tangent."""
        if name not in self.dot_names:
            self.dot_names[name] = self.p.names.fresh(f"{name}_dot")
        return ir.Name(self.dot_names[name])

    def tangent(self, e: ir.Expr) -> ir.Expr:
        """The tangent of an operand; zero, in full shape, if it is not active."""
        if e is NONE:
            return e
        return self.dot(e.id) if self.is_active(e) else self.zero(e)

    def zero(self, e: ir.Expr) -> ir.Expr:
        """A zero tangent, in full shape, for an operand."""
        value = self.kind_of(e)
        if value.kinds and not value.differentiable and not any(isinstance(k, (List, Dict)) for k in value.kinds):
            return ir.Const(None)
        if isinstance(e, ir.Const):
            return ir.Const(0.0 if isinstance(e.value, (int, float, complex)) else None)
        if value.is_scalar:
            return ir.Const(0.0)
        if value.is_array:
            return np_call("zeros_like", e)
        return ir.Call(helper("zero_tangent"), (e,))

    def emit(self, stmt: ir.Stmt) -> None:
        """Append a statement."""
        self.out.append(stmt)

    def assign(self, target: ir.Expr, value: ir.Expr) -> None:
        """Append an assignment."""
        self.emit(ir.Assign(target, value))

    # ------------------------------------------------------------------------------------------- statements

    def statement(self, stmt: ir.Stmt) -> None:
        """A statement and its tangent."""
        match stmt:
            case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
                self.parallel(stmt, left, right)
            case ir.Assign(target=ir.Name() as y, value=value):
                self.definition(stmt, y, value)
                if not self.is_active(y) and mutation(stmt) and self.is_active(written_argument(value)):
                    self.emit(ir.Evaluate(self.mirrored(value)))
            case ir.Evaluate(value=ir.Call(func=ir.Ref(value=Callee() as callee), args=args)) if any(
                map(self.is_active, args)
            ):
                self.user_call(stmt, ir.Name(self.p.names.fresh("_")), callee, args)
            case ir.Evaluate(value=ir.Call(func=ir.Ref(value=target), args=args)) if is_mutator(target):
                self.emit(stmt)
                if self.is_active(written_argument(stmt.value)):
                    self.emit(ir.Evaluate(self.mirrored(stmt.value)))
            case ir.Store(target=ir.Index(value=base, index=index), value=value):
                self.emit(stmt)
                if self.is_active(base):
                    dot = self.stored(base, value) if not isinstance(index, ir.Slice) else self.spread(base, value)
                    self.emit(ir.Store(ir.Index(self.dot(base.id), index), dot))
            case ir.Augment(target=ir.Index(value=base, index=index), op=op, value=value):
                self.emit(stmt)
                if self.is_active(base) and self.is_active(value):
                    place = ir.Index(self.dot(base.id), index)
                    self.emit(ir.Augment(place, op, self.dot(value.id), stmt.accumulate))
            case ir.AugAssign(target=target, op=op, value=value):
                self.emit(stmt)
                if self.is_active(target) and self.is_active(value):
                    self.emit(ir.AugAssign(self.dot(target.id), op, self.dot(value.id)))
            case ir.Return(value=value):
                result = ir.Const(None) if value is None else value
                self.emit(ir.Return(ir.Tuple((result, self.tangent(result))), span=stmt.span))
            case ir.If() | ir.For() | ir.While():
                self.emit(with_blocks(stmt, tuple(map(self.block, blocks(stmt)))))
            case ir.Evaluate() | ir.Assert() | ir.Raise() | ir.Pass() | ir.Enter() | ir.Lastly() | ir.Leave():
                self.emit(stmt)
            case _:
                raise AssertionError(f"no case for the statement {type(stmt).__name__}")

    def stored(self, base: ir.Expr, value: ir.Expr) -> ir.Expr:
        """The tangent of what is written into an array or a container."""
        if self.is_active(value):
            return self.dot(value.id)
        kinds = self.kind_of(base).kinds
        mixed = any(isinstance(k, (List, Dict)) and element(k).differentiable for k in kinds)
        if self.kind_of(base).is_array or (mixed and self.kind_of(value).is_scalar):  # an int among other things, too
            return ir.Const(0.0)
        return self.tangent(value)

    def spread(self, base: ir.Expr, value: ir.Expr) -> ir.Expr:
        """The tangent of what is written into a slice: of a list, one for each item."""
        return self.stored(base, value) if self.kind_of(base).is_array else self.items_tangent(value)

    def parallel(self, stmt: ir.Assign, left: tuple, right: tuple) -> None:
        """`a, b = b, a`: the tangents first, for zeros look at what the primal overwrites."""
        moves = [(self.dot(a.id), self.tangent(b)) for a, b in zip(left, right, strict=True) if self.is_active(a)]
        if len(moves) == 1:
            self.assign(*moves[0])
        elif moves:
            targets, sources = zip(*moves, strict=True)
            self.assign(ir.Tuple(targets), ir.Tuple(sources))
        self.emit(stmt)

    def definition(self, stmt: ir.Assign, y: ir.Name, value: ir.Expr) -> None:
        """`y = value` and its tangent."""
        match value:
            case ir.Call(func=ir.Ref(value=Callee() as callee), args=args) if any(map(self.is_active, args)):
                self.user_call(stmt, y, callee, args)
                return
        self.emit(stmt)
        if not self.is_active(y):
            return
        self.check_dtypes(stmt, y)
        display = isinstance(value, (ir.Tuple, ir.List, ir.Dict))
        if not display and not any(n in self.p.active for n in names_in(value)):
            self.assign(self.dot(y.id), self.zero(y))
            return
        match value:
            case ir.Name():
                self.assign(self.dot(y.id), self.tangent(value))
            case ir.Binary(op=op, left=a, right=b):
                self.operation(stmt, y, self.p.operator(op, 2), (a, b), {})
            case ir.Unary(op=op, operand=a):
                self.operation(stmt, y, self.p.operator(op, 1), (a,), {})
            case ir.Index(value=base, index=index) if self.is_active(base):
                self.assign(self.dot(y.id), ir.Index(self.dot(base.id), index))
            case ir.Tuple(items=items) | ir.List(items=items):
                self.assign(self.dot(y.id), type(value)(tuple(map(self.tangent, items))))
            case ir.Dict(keys=keys, values=values):
                self.assign(self.dot(y.id), ir.Dict(keys, tuple(map(self.tangent, values))))
            case ir.Record(cls=cls, names=names, values=values):
                dots = tuple(map(self.tangent, values))
                dot = ir.Tuple(dots) if issubclass(cls.value, tuple) else ir.Dict(tuple(map(ir.Const, names)), dots)
                self.assign(self.dot(y.id), dot)
            case ir.Field(value=base, name=name) if self.is_active(base):
                check_field(self.kind_of(base), name, stmt.span)
                self.assign(self.dot(y.id), ir.Index(self.dot(base.id), ir.Const(name)))
            case ir.Attr(value=base, name=name) if self.is_active(base):
                raise no_field(name, stmt.span)
            case ir.Call(func=ir.Ref(value=target)) if is_mutator(target):
                self.assign(self.dot(y.id), self.mirrored(value))
            case ir.Call(func=ir.Ref(value=target), args=args, kwargs=kwargs):
                self.operation(stmt, y, self.p.lookup(target), args, {k.name: k.value for k in kwargs})
            case _:
                raise UnsupportedError("S020", "no derivative is known for this expression", stmt.span)

    def check_dtypes(self, stmt: ir.Stmt, y: ir.Name) -> None:
        """An array that is written into has one dtype; integers would cut a tangent short."""
        dtypes = {k.dtype.kind for k in self.kind_of(y).kinds if isinstance(k, Array)}
        if y.id in self.p.written and dtypes & set("iub") and dtypes & set("fc"):
            raise UnsupportedError(
                "S020", "this array may be of integers or of floating numbers, and is written into", stmt.span,
                "make it one of floating numbers: `.astype(float)`",
            )  # fmt: skip

    def mirrored(self, call: ir.Call) -> ir.Call:
        """A method that changes a container, on its tangent: positions and keys stay, values become tangents."""
        entry = mutator(call.func.value)
        spread = () if entry is None else entry.spread
        places = MUTATORS[call.func.value] if entry is None else {entry.written, *entry.stored, *spread}
        args = list(call.args)
        for i in places:
            args[i] = self.items_tangent(args[i]) if i in spread else self.stored(call.args[0], args[i])
        return ir.Call(call.func, tuple(args))

    def items_tangent(self, e: ir.Expr) -> ir.Expr:
        """The tangent of a container, item for item where no derivative flows through them, too."""
        dot = self.tangent(e)
        return ir.Call(helper("zero_tangent"), (e,)) if isinstance(dot, ir.Const) and dot.value is None else dot

    def user_call(self, stmt: ir.Stmt, y: ir.Name, callee: Callee, args: tuple[ir.Expr, ...]) -> None:
        """A call of a function that is followed: its tangent function takes its place."""
        wanted = tuple(map(self.is_active, args))
        if isinstance(callee, Derivative):
            self.emit(stmt)
            if self.is_active(y):
                moving = tuple(self.dot(a.id) for a, w in zip(args, wanted, strict=True) if w)
                self.assign(self.dot(y.id), self.derivative(callee, wanted, args, moving))
            return
        if not self.is_active(y) and not any(
            w and may_be_written(self.kind_of(a)) for a, w in zip(args, wanted, strict=True)
        ):
            self.emit(stmt)
            return
        dots = tuple(self.dot(a.id) for a, w in zip(args, wanted, strict=True) if w)
        call = ir.Call(self.callee(callee, wanted), (*args, *dots), span=stmt.span)
        y_dot = self.dot(y.id) if self.is_active(y) else ir.Name(self.p.names.fresh("_"))
        self.emit(ir.Assign(ir.Tuple((y, y_dot)), call, span=stmt.span))

    # ------------------------------------------------------------------------------------------- operations

    def operation(self, stmt: ir.Stmt, y: ir.Name, rule: Any, args: tuple, kwargs: dict[str, ir.Expr]) -> None:
        """The tangent of `y = op(*args)`, by the family of its rule."""
        if rule is None:
            raise UnsupportedError("S020", "no derivative is known for this operation", stmt.span)
        try:
            binding = self.bind(rule, args, kwargs)
        except TypeError as error:
            raise UnsupportedError(
                "S022", f"the rule of `{rule.path.path}` does not take these arguments ({error})", stmt.span,
                "write it with other NumPy functions",
            ) from None  # fmt: skip
        binding[rule.result] = y
        facts = Facts(binding, self.kind_of, lambda e: e)
        try:
            if rule.target in MULTILINEAR:
                new = self.multilinear(stmt.value)
            else:
                new = self.sequences(y, rule, binding) or self.by_rule(stmt, y, rule, facts)
        except UnsupportedError as error:
            raise UnsupportedError(error.code, error.message, error.span or stmt.span, error.hint) from None
        self.assign(self.dot(y.id), self.zero(y) if new is None else new)

    def by_rule(self, stmt: ir.Stmt, y: ir.Name, rule: Any, facts: Facts) -> ir.Expr | None:
        """The tangent of the result as its rule states it; None if it is zero."""
        if rule.family == "elementwise":
            return self.elementwise(y, rule, facts)
        if rule.family == "general":
            if not rule.tangent:
                raise UnsupportedError(
                    "S020", f"the rule of `{rule.path.path}` has no forward mode", stmt.span,
                    f"state the tangent of its result in the rule: dot[{rule.result}] = …",
                )  # fmt: skip
            return self.general(y, rule, facts)
        return None

    def sequences(self, y: ir.Name, rule: Any, binding: dict[str, ir.Expr]) -> ir.Expr | None:
        """`+` and `*` of lists and tuples: those of their tangents."""
        operands = [binding[n] for n in rule.signature.parameters if n in binding]
        if rule.path.path not in ("np.add", "np.multiply") or len(operands) != 2:
            return None
        if not any(isinstance(k, (Tuple, List)) for e in (y, *operands) for k in self.kind_of(e).kinds):
            return None
        a, b = operands
        if rule.path.path == "np.add":
            return ir.Binary("+", self.tangent(a), self.tangent(b))
        return ir.Binary("*", self.dot(a.id), b) if self.is_active(a) else ir.Binary("*", a, self.dot(b.id))

    def multilinear(self, call: ir.Call) -> ir.Expr:
        """The sum, over the operands that move, of the call with the tangent in place of the operand."""
        total: ir.Expr | None = None
        for i, a in enumerate(call.args):
            if self.is_active(a):
                term = ir.Call(call.func, (*call.args[:i], self.dot(a.id), *call.args[i + 1 :]), call.kwargs)
                total = term if total is None else ir.Binary("+", total, term)
        return total

    def elementwise(self, y: ir.Name, rule: Any, facts: Facts) -> ir.Expr | None:
        """The sum of the partials times the tangents of the operands, in shape and dtype of the result."""
        total: ir.Expr | None = None
        shaped = False
        used: list[ir.Expr] = []
        for name, partial in rule.partials.items():
            x = facts.binding[name]
            if not self.is_active(x):
                continue
            p = instantiate(partial, facts, {}, {})
            if isinstance(p, ir.Const) and p.value == 0:
                continue
            d = self.dot(x.id)
            used += [x, p]
            shaped |= self.alone(name, rule, facts.binding)
            shaped |= any(e.id == y.id or self.same_shape(e, y) for e in (x, *atoms(p)))
            term = scaled(p, d)
            if total is None:
                total = term
            elif is_twice(used):
                total = scaled(ir.Const(2), total)
            else:
                total = fold(ir.Binary("+", total, term))
        return None if total is None else self.fitted(y, total, shaped, used)

    def fitted(self, y: ir.Name, e: ir.Expr, shaped: bool, used: list[ir.Expr]) -> ir.Expr:
        """The tangent of an elementwise result in its shape and dtype, in memory of its own if that matters."""
        value = self.kind_of(y)
        if self.p.assume_arrays and not value.known:
            return self.own(y, e)
        if any(is_complex(k) for x in used for k in self.kind_of(x).kinds):
            if not any(is_complex(k) or isinstance(k, Unknown) for k in value.kinds):
                e = np_call("real", e)  # |z| moves by Re(p dz)
            elif not all(map(is_complex, value.kinds)):
                e = ir.Call(helper("cast"), (e, y))
        if not value.is_scalar and not shaped:
            e = ir.Call(helper("broadcast"), (e, y))
        elif not self.keeps_dtype(value, used):
            e = ir.Call(helper("cast"), (e, y))
        return self.own(y, e)

    def keeps_dtype(self, value: Value, used: list[ir.Expr]) -> bool:
        """Is it known that an expression of these operands has the result's dtype?"""
        dtypes = {k.dtype for k in value.kinds if isinstance(k, (Array, Scalar))}
        if not dtypes:
            return value.is_scalar
        if len(dtypes) > 1:
            return False
        wanted = dtypes.pop()
        found = []
        for e in used:
            if wanted != FLOAT and not plain_ufuncs(e):
                return False
            for name in names_in(e):
                kinds = self.kind_of(ir.Name(name)).kinds
                if any(not isinstance(k, (Array, Scalar)) for k in kinds):
                    continue  # Python's numbers adapt themselves
                found += [k.dtype for k in kinds if isinstance(k, (Array, Scalar))]
        return not found or np.result_type(*found) == wanted

    def general(self, y: ir.Name, rule: Any, facts: Facts) -> ir.Expr | None:
        """The statements of a rule's forward mode; what is not active is left out."""
        dots: dict[str, ir.Expr] = {}
        zeros: dict[ir.Expr, ir.Expr] = {}
        for name in rule.operands:
            dots[name] = self.operand_tangent(facts.binding[name], zeros)
        check_refused(rule, [name for name, d in dots.items() if d not in zeros])
        live = {n for d in dots.values() for n in names_in(d)}
        linear = Linear(self, y, zeros, live)
        temps: dict[str, ir.Expr] = {}
        found: ir.Expr | None = None
        for stmt in selected(rule.tangent, facts):
            new = linear(instantiate(stmt.value, facts, dots, temps))
            if isinstance(stmt.target, ir.Hole):
                found = new
                continue
            name = temps[stmt.target.id] = ir.Name(self.p.names.fresh(stmt.target.id))
            if new is None:
                zeros[name] = ir.Const(0.0)
                continue
            if linear.depends(new):
                live.add(name.id)
            self.assign(name, new)
        if found is None:
            return None
        if rule.aliasing == "fresh":
            return self.own(y, found)
        if rule.aliasing == "maybe":
            return self.sharing(y, found, facts)
        return found

    def operand_tangent(self, e: ir.Expr, zeros: dict[ir.Expr, ir.Expr]) -> ir.Expr:
        """The tangent of an operand of a rule, or a mark that it is zero."""
        if self.is_active(e):
            return self.dot(e.id)
        if isinstance(e, ir.Tuple) and any(map(self.is_active, e.items)):
            return ir.List(tuple(self.dot(i.id) if self.is_active(i) else ir.Const(None) for i in e.items))
        mark = ir.Const("zero")
        zeros[mark] = e
        return mark

    # ------------------------------------------------------------------------------------------- memory

    def own(self, y: ir.Name, e: ir.Expr) -> ir.Expr:
        """The expression with memory of its own, where `y` has and somebody may notice."""
        value = self.kind_of(y)
        if value.is_scalar or self.is_fresh(e):
            return e
        if not value.is_array and not self.p.assume_arrays:
            return e if y.id not in self.shared else ir.Call(helper("detached"), (e,))
        written = any(n in self.p.written for n in self.primals_of(e))
        if y.id in self.shared or y.id in self.p.written or written:
            return ir.Call(ir.Attr(e, "copy"))
        return e

    def primals_of(self, e: ir.Expr) -> list[str]:
        """The names whose tangents an expression reads."""
        back = {dot: name for name, dot in self.dot_names.items()}
        return [back.get(n, n) for n in names_in(e)]

    def is_fresh(self, e: ir.Expr) -> bool:
        """Is the memory of an expression's value its own?"""
        match e:
            case ir.Binary() | ir.Unary():
                return True
            case ir.Call(func=ir.Ref(value=runtime.zero_tangent)):
                return True
            case ir.Call(func=ir.Ref(value=target)):
                rule = self.p.lookup(target)
                return rule is not None and rule.aliasing == "fresh" and rule.path.path.startswith("np.")
            case ir.Tuple(items=items):
                return all(map(self.is_fresh, items))
        return False

    def sharing(self, y: ir.Name, e: ir.Expr, facts: Facts) -> ir.Expr:
        """The tangent of a result that may be a view: it is one if the primal is."""
        if y.id not in self.p.written or not self.kind_of(y).is_array:
            return e
        for x in facts.binding.values():
            if x is not y and self.is_active(x) and self.kind_of(x).is_array:
                e = ir.Call(helper("shared_alike"), (e, y, self.dot(x.id), x))
        return e


class Linear:
    """Leaves the terms out of a linear expression whose tangents are zero."""

    def __init__(self, owner: Tangent, y: ir.Name, zeros: dict[ir.Expr, ir.Expr], live: set[str]) -> None:
        self.owner, self.y = owner, y
        self.zeros = zeros  # mark -> the operand whose tangent is zero
        self.live = live  # names of tangents

    def __call__(self, e: ir.Expr) -> ir.Expr | None:
        """The expression, or None if it is zero."""
        if not self.depends(e):
            return e
        match e:
            case ir.Const():
                return None
            case ir.Name():
                return None if e in self.zeros else e
            case ir.Unary(op="-", operand=a):
                a = self(a)
                return None if a is None else neg(a)
            case ir.Binary(op="+" | "-" as op, left=a, right=b):
                a, b = self(a), self(b)
                if a is None or b is None:
                    return (b if op == "+" or b is None else neg(b)) if a is None else a
                return fold(ir.Binary(op, a, b))
            case ir.Binary(op=op, left=a, right=b):
                a, b = self(a), self(b)
                return None if a is None or b is None else fold(ir.Binary(op, a, b))
            case ir.Index(value=a, index=index):
                a = self(a)
                return None if a is None else ir.Index(a, index, span=e.span)
            case ir.Attr(value=a, name=name):
                a = self(a)
                return None if a is None else ir.Attr(a, name, span=e.span)
            case ir.Tuple(items=items):
                made = tuple(map(self, items))
                return ir.Tuple(tuple(self.item(i) if m is None else m for i, m in enumerate(made)))
            case ir.Call(func=func):
                parts = [a for a in children(e) if self.depends(a)]
                if all(self(a) is None for a in parts):
                    return None
                if isinstance(func, ir.Ref) and func.value is runtime.dense and self.is_dense(e.args[1]):
                    return e.args[0]
                if isinstance(func, ir.Ref) and func.value is runtime.cast and self.same_dtype(*e.args):
                    return self(e.args[0])
                return without_defaults(rebuild(e, self.filled))
        return rebuild(e, self.filled)

    def depends(self, e: ir.Expr) -> bool:
        """Is there a tangent in an expression, zero or not?"""
        todo = [e]
        while todo:
            current = todo.pop()
            if current in self.zeros or (isinstance(current, ir.Name) and current.id in self.live):
                return True
            todo.extend(children(current))
        return False

    def filled(self, e: ir.Expr) -> ir.Expr:
        """An argument, zeros written out."""
        if e in self.zeros:
            return self.written_out(self.zeros[e])
        new = self(e)
        return ir.Const(0.0) if new is None else new

    def written_out(self, operand: ir.Expr) -> ir.Expr:
        """The zero tangent of an operand beside one that has a tangent; of an int too, which has none by itself."""
        value = self.owner.kind_of(operand)
        if (value.is_array or value.is_container) and not value.differentiable:
            return np_call("zeros_like", operand)
        return ir.Const(0.0) if value.is_scalar else self.owner.zero(operand)

    def item(self, i: int) -> ir.Expr:
        """The zero tangent of an item of the result."""
        return ir.Call(helper("zero_tangent"), (ir.Index(self.y, ir.Const(i)),))

    def is_dense(self, xs: ir.Expr) -> bool:
        """Has every item a tangent, so that none of them is None?"""
        kind = self.owner.kind_of(xs).one
        items = getattr(kind, "items", None)
        if items is None:
            items = (kind.element,) if getattr(kind, "element", None) is not None else ()
        return bool(items) and all(v.is_array or v.is_scalar for v in items) and all(v.differentiable for v in items)

    def same_dtype(self, dot: ir.Expr, like: ir.Expr) -> bool:
        """Is a tangent of the type and dtype that it would be cast to?"""
        primals = [n for n, d in self.owner.dot_names.items() if isinstance(dot, ir.Name) and d == dot.id]
        if not primals:
            return False
        a, b = self.owner.kind_of(ir.Name(primals[0])).one, self.owner.kind_of(like).one
        return type(a) is type(b) and isinstance(a, (Array, Scalar)) and a.dtype == b.dtype


def written_argument(call: ir.Call) -> ir.Expr:
    """The container that a call changes, or takes apart."""
    entry = mutator(call.func.value)
    return call.args[0 if entry is None else entry.written]


MULTILINEAR = frozenset((np.einsum,))  # linear in each operand

# other methods of containers -> the positions of the arguments that have tangents
MUTATORS: dict[Any, frozenset[int]] = {
    list.copy: frozenset((0,)),
    dict.setdefault: frozenset((0, 2)),
    dict.copy: frozenset((0,)),
    dict.popitem: frozenset((0,)),
}


def is_mutator(target: Any) -> bool:
    """Is it a method that changes a container, or takes it apart?"""
    return mutator(target) is not None or (isinstance(target, types.MethodDescriptorType) and target in MUTATORS)


def kept_names(program: Program) -> frozenset[str]:
    """Names that something else may come to refer to: they are returned, stored, passed on, or looked at as views."""
    found: set[str] = set()
    for stmt in statements(program.function.body):
        match stmt:
            case ir.Assign(value=ir.Binary() | ir.Unary() | ir.Compare()) | ir.If() | ir.While() | ir.For():
                continue
            case ir.Assign(value=ir.Call(func=ir.Ref(value=target))) if is_fresh_rule(program.lookup(target)):
                continue
            case ir.Store(target=ir.Index(value=base)) | ir.Augment(target=ir.Index(value=base)):
                found.update(names_in(base))
                if program.kinds[base.id].is_array:
                    continue
        for e in expressions(stmt):
            found.update(names_in(e))
    return frozenset(found)


def is_fresh_rule(rule: Any) -> bool:
    """Does a function with this rule return memory of its own?"""
    return rule is not None and rule.aliasing == "fresh"


def may_be_written(value: Value) -> bool:
    """Could a function that is given the value change it?"""
    return any(not isinstance(k, Static) and not of_numbers(k) for k in value.kinds)


def of_numbers(kind: Any) -> bool:
    """Is it a number, or a tuple of such?"""
    if isinstance(kind, (Array, List, Dict, Function)):
        return False
    if isinstance(kind, Tuple):
        return all(of_numbers(k) for v in kind.items for k in v.kinds)
    return Value((kind,)).is_scalar


def plain_ufuncs(e: ir.Expr) -> bool:
    """Is it made of operators and NumPy's elementwise functions?"""
    if isinstance(e, ir.Call) and not (isinstance(e.func, ir.Ref) and isinstance(e.func.value, np.ufunc)):
        return False
    return all(map(plain_ufuncs, children(e)))


def is_twice(used: list[ir.Expr]) -> bool:
    """Are the two terms of `x * x` the same?"""
    return len(used) == 4 and all(isinstance(e, ir.Name) and e.id == used[0].id for e in used)


def without_defaults(call: ir.Call) -> ir.Call:
    """The call without keywords that say what goes without saying: `axis=None`, `keepdims=False`."""
    kept = tuple(k for k in call.kwargs if not is_default(call.func, k))
    return call if len(kept) == len(call.kwargs) else ir.Call(call.func, call.args, kept, span=call.span)


def is_default(func: ir.Expr, keyword: ir.Keyword) -> bool:
    """Is the keyword given the value that it has by default?"""
    if not isinstance(func, ir.Ref) or not isinstance(keyword.value, ir.Const):
        return False
    try:
        parameter = inspect.signature(func.value).parameters.get(keyword.name)
    except ValueError:
        return False
    value = keyword.value.value
    if parameter is None:
        return False
    unset = parameter.default is getattr(np, "_NoValue", None) and value is False
    return unset or (type(parameter.default) is type(value) and parameter.default == value)


def without_copies(e: ir.Expr) -> ir.Expr:
    """`(x * y).copy()` is `x * y`: the product is an array of its own."""
    e = rebuild(e, without_copies)
    match e:
        case ir.Call(func=ir.Attr(value=ir.Binary() | ir.Unary() as value, name="copy"), args=()):
            return value
    return e


def scaled(p: ir.Expr, d: ir.Expr) -> ir.Expr:
    """`p * d`, a partial derivative times a tangent: no `1 * d`, signs in front, the divisor behind."""
    match p:
        case ir.Const(value=v) if v == 1 and not isinstance(v, bool):
            return d
        case ir.Unary(op="-", operand=inner):
            return neg(scaled(inner, d))
        case ir.Binary(op="/", left=top, right=bottom):
            return ir.Binary("/", scaled(top, d), bottom)
        case ir.Binary(op="*", left=ir.Unary(op="-", operand=a), right=b):
            return neg(scaled(ir.Binary("*", a, b), d))
    return ir.Binary("*", p, d)
