"""Rewrite a function for the kinds that inference found.

Afterwards branches whose test is known are gone, methods and attributes are calls of functions, `a += b` on numbers
is a rebinding, closures are tuples of what they captured, and each call names what it reaches: a primitive, or the
analysis of a user's function.
"""

from __future__ import annotations

import contextlib
import math
import types
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    UNKNOWN,
    Array,
    Bound,
    Dict,
    Function,
    List,
    Object,
    Partial,
    Scalar,
    Set,
    Static,
    Tuple,
    Undefined,
    Unknown,
    Value,
    Weak,
    element,
    lift,
    of,
)
from s2sgrad.ir.names import Names
from s2sgrad.ir.targets import Dispatch, Expand, Primitive, UserCall, callee_of
from s2sgrad.ir.traverse import index_parts, statements, targets
from s2sgrad.transform.ssa import NONE

LIBRARIES = {np: "np", math: "math"}
PLAIN_MANAGERS = (
    np.errstate,
    np.printoptions,
    warnings.catch_warnings,
    runtime.strict,
)  # they let every exception pass


class Resolver:
    """One function, for one analysis of it. `values` gets the kind of every right-hand side it writes."""

    def __init__(self, analysis: Any, assume_arrays: bool, tag: Callable[[Any], str]) -> None:
        self.analysis = analysis
        self.tag = tag  # the text that tells a function value from others
        self.old = analysis.values
        self.values: dict[ir.Node, Value] = {}
        self.names = Names(analysis.frame.assigned | set(analysis.params))
        self.loads: dict[str, tuple[ir.Name, ir.Expr]] = {}
        self.out: list[ir.Stmt] = []
        self.rebound: set[ir.Stmt] = set()
        self.made = made_by_exits(analysis.function)
        self.generated = analysis.frame.namespace.globals.get("__name__") == "s2sgrad.generated"
        self.assume_arrays = assume_arrays

    def run(self) -> ir.Function:
        """The function, rewritten."""
        fn = self.analysis.function
        body = self.block(fn.body)
        loads = tuple(ir.Assign(name, expr, span=fn.span) for name, expr in self.loads.values())
        params = tuple(ir.Param(p) for p in self.analysis.params)
        captured = self.externals() if self.analysis.entry else ()
        return ir.Function(fn.name, params, loads + captured + body, doc=fn.doc, span=fn.span)

    def externals(self) -> ir.Block:
        """Functions that were passed in: from here on each is the tuple of what it captured."""
        out = []
        for name, value in zip(self.analysis.params, self.analysis.args, strict=True):
            new = self.taken_apart(ir.Name(name), value)
            if not isinstance(new, ir.Name):
                self.values[new] = value
                out.append(ir.Assign(ir.Name(name), new))
        return tuple(out)

    def taken_apart(self, expr: ir.Expr, value: Value) -> ir.Expr:
        """A value from outside; the functions in it become tuples."""
        spec = self.spec(value)
        if spec is None:
            return expr
        told = ir.Const(spec) if isinstance(spec, str) else ir.Ref("functions_in", spec)
        return ir.Call(ir.Ref("captured", runtime.captured), (expr, told), span=expr.span)

    def spec(self, value: Value) -> Any:
        """Where a value from outside holds functions, as `runtime.captured` wants to know it."""
        kind = value.one
        match kind:
            case Function(captures=captures):
                return self.spec_of_function(kind, [v for _, v in captures] if isinstance(kind.code, Partial) else [])
            case Bound(self_=owner):
                return self.spec_of_function(kind, [owner])
            case Tuple(items=items) | List(items=items) if items:
                specs = list(map(self.spec, items))
                return specs if any(specs) else None
            case Dict(keys=keys, items=items) if items:
                specs = list(map(self.spec, items))
                return dict(zip(keys, specs, strict=True)) if any(specs) else None
        return None

    def spec_of_function(self, kind: Function | Bound, held: list[Value]) -> Any:
        """The text of a function; where it holds functions, with what they are."""
        tag = self.tag(kind)
        specs = list(map(self.spec, held))
        return (tag, *specs) if any(specs) else tag

    # ---- statements

    def block(self, block: ir.Block) -> ir.Block:
        """A block, rewritten up to where control ends."""
        outer, self.out = self.out, []
        for stmt in block:
            if self.statement(stmt):
                break
        body, self.out = tuple(self.out), outer
        return body

    def emit(self, stmt: ir.Stmt) -> None:
        """Append a statement."""
        self.out.append(stmt)

    def statement(self, stmt: ir.Stmt) -> bool:
        """Rewrite one statement; true if nothing behind it is reached."""
        match stmt:
            case ir.Assign(target=target, value=value):
                if isinstance(value, ir.Closure) and value not in self.old:
                    return False
                self.check_bound(value)
                self.emit(ir.Assign(target, self.simple(value), span=stmt.span))
            case ir.AugAssign():
                self.augassign(stmt)
            case ir.Define(name=name, function=function):
                if name not in self.analysis.frame.functions:
                    value = self.closure(function, self.old[stmt].one)
                    self.emit(ir.Assign(ir.Name(name), value, span=stmt.span))
            case ir.Store(target=target, value=value):
                self.emit(ir.Store(self.place(target), self.atom(value), span=stmt.span))
            case ir.Augment():
                self.augment(stmt)
            case ir.Evaluate(value=value):
                value = self.simple(value)
                if not isinstance(value, (ir.Const, ir.Name, ir.Ref)):
                    self.emit(ir.Evaluate(value, span=stmt.span))
            case ir.Try():
                return self.attempt(stmt)
            case ir.If():
                return self.branch(stmt)
            case ir.Enter():
                self.enter(stmt)
            case ir.Leave() | ir.Lastly():
                self.emit(stmt)
            case ir.For():
                bounds = tuple(map(self.atom, stmt.iter.args))
                iter_ = ir.Call(ir.Ref("range", range), bounds, span=stmt.iter.span)
                self.emit(ir.For(stmt.target, iter_, self.block(stmt.body), until=stmt.until, span=stmt.span))
            case ir.While():
                self.while_loop(stmt)
            case ir.Return(value=value):
                self.check_bound(value)
                self.emit(ir.Return(self.atom(value) if value is not None else ir.Const(None), span=stmt.span))
            case ir.Assert(test=test, message=message):
                message = None if message is None else self.atom(message)
                self.emit(ir.Assert(self.atom(test), message, span=stmt.span))
            case ir.Raise(exception=exception, cause=cause):
                exception = None if exception is None else self.atom(exception)
                self.emit(ir.Raise(exception, None if cause is None else self.atom(cause), span=stmt.span))
                return True
        return False

    def while_loop(self, stmt: ir.While) -> None:
        """A loop with a test; what the test needs goes into the head, or into the body if that changes anything."""
        if self.analysis.tests.get(stmt) is False:  # the body never runs: nothing is known of what is in it
            for inner in stmt.head:
                self.statement(inner)
            return
        outer, self.out = self.out, []
        for inner in stmt.head:
            self.statement(inner)
        test = self.atom(stmt.test)
        head, self.out = tuple(self.out), outer
        if any(changes(s) or self.may_change(s) for s in statements(head)):
            go = ir.Name(self.names.fresh("go"), span=stmt.span)
            self.emit(ir.Assign(go, ir.Const(True), span=stmt.span))
            taken = ir.If(go, self.block(stmt.body), span=stmt.span)
            body = (*head, ir.Assign(go, test, span=stmt.span), taken)
            self.emit(ir.While(go, body, until=stmt.until, span=stmt.span))
            return
        self.emit(ir.While(test, self.block(stmt.body), head=head, until=stmt.until, span=stmt.span))

    def may_change(self, stmt: ir.Stmt) -> bool:
        """Is it a call of a user's function that is given more than numbers, and may write into it?"""
        value = getattr(stmt, "value", None)
        return callee_of(value) is not None and not all(self.kind(a).is_scalar for a in value.args)

    def attempt(self, stmt: ir.Try) -> bool:
        """A body and its handler; the classes of exceptions are known objects, or read beforehand."""
        given = stmt.exceptions
        if isinstance(given, ir.Tuple):
            exceptions: ir.Expr = ir.Tuple(tuple(map(self.atom, given.items)), span=given.span)
        else:
            exceptions = self.atom(given)
        body, handler = self.block(stmt.body), self.block(stmt.orelse)
        body, handler = body or (ir.Pass(),), handler or (ir.Pass(),)
        self.emit(ir.Try(stmt.test, body, handler, exceptions, stmt.name, span=stmt.span))
        return ends(body) and ends(handler)

    def enter(self, stmt: ir.Enter) -> None:
        """`with manager as target:`; a manager that may swallow an exception is watched."""
        manager, target = stmt.manager, stmt.target
        if manager is None:
            self.emit(stmt)
            return
        null = isinstance(manager, ir.Call) and self.kind(manager.func).static is contextlib.nullcontext
        if null and not manager.kwargs and not any(isinstance(a, ir.Starred) for a in manager.args):
            self.emit(ir.Enter(ir.Call(ir.Ref("nullcontext", contextlib.nullcontext)), span=stmt.span))
            if target is not None:
                value = self.simple(manager.args[0]) if manager.args else ir.Const(None)
                self.emit(ir.Assign(target, value, span=stmt.span))
            return
        new = self.simple(manager)
        plain = isinstance(new, ir.Call) and isinstance(new.func, ir.Ref) and new.func.value in PLAIN_MANAGERS
        if not plain:
            args, kwargs = ((new.func, *new.args), new.kwargs) if isinstance(new, ir.Call) else ((new,), ())
            new = ir.Call(ir.Ref("strict", runtime.strict), args, kwargs, span=stmt.span)
        self.emit(ir.Enter(new, target, span=stmt.span))

    def branch(self, stmt: ir.If) -> bool:
        """One branch where the test is known, else both."""
        known = self.analysis.tests.get(stmt)
        if known is None:
            test = self.truth(stmt.test)
            body, orelse = self.block(stmt.body), self.block(stmt.orelse)
            self.emit(ir.If(test, body, orelse, span=stmt.span))
            return ends(body) and ends(orelse)
        taken = self.block(stmt.body if known else stmt.orelse)
        self.out.extend(taken)
        return ends(taken)

    def truth(self, test: ir.Expr) -> ir.Expr:
        """A test as it is now: the reverse sweep asks again, when what can change may have changed."""
        atom = self.atom(test)
        if not any(isinstance(k, (Array, List, Dict, Set)) for k in self.kind(test).kinds):
            return atom
        return self.temporary(ir.Call(ir.Ref("bool", bool), (atom,), span=test.span), of(Weak(bool, True)), test.span)

    def augment(self, stmt: ir.Augment) -> None:
        """`a[i] += v` stays; other operators, and indices that may repeat, become a read, an operation and a write."""
        value = self.atom(stmt.value)
        held = self.analysis.elements.get(stmt.target, UNKNOWN)
        if isinstance(stmt.target, ir.Attr) and held.is_array:  # the object keeps the array, which is changed in place
            old = self.temporary(self.rewrite(stmt.target), held, stmt.span)
            self.update(old, held, self.analysis.results.get(stmt, UNKNOWN), stmt.op, value, stmt.span)
            return
        place = self.place(stmt.target)
        if stmt.accumulate and any(map(self.repeats, index_parts(place.index))):
            self.emit(ir.Augment(place, stmt.op, value, accumulate=stmt.accumulate, span=stmt.span))
            return
        base = self.values[place]
        plain = stmt.op in "+-" and not any(map(self.repeats, index_parts(place.index)))
        if base.is_array and (plain or not base.differentiable):
            self.emit(ir.Augment(place, stmt.op, value, span=stmt.span))
            return
        element = self.analysis.elements.get(stmt.target, UNKNOWN)
        if any(isinstance(k, (List, Dict)) for k in base.kinds):
            self.augment_item(stmt, place, element, value)
            return
        old = self.temporary(place, element, stmt.span)
        result = self.analysis.results.get(stmt, UNKNOWN)
        new = self.temporary(ir.Binary(stmt.op, old, value, span=stmt.span), result, stmt.span)
        self.emit(ir.Store(place, new, span=stmt.span))

    def augment_item(self, stmt: ir.Augment, place: ir.Expr, element: Value, value: ir.Expr) -> None:
        """`l[i] += v` of a list or dict: of an array that it holds a write in place, else a read and a write."""
        old = self.temporary(place, element, stmt.span)
        if element.is_array:
            self.update(old, element, self.analysis.results[stmt], stmt.op, value, stmt.span)
            return
        if any(isinstance(k, (Array, List, Dict, Unknown)) for k in element.kinds):
            raise UnsupportedError(
                "S012", f"cannot tell whether `{stmt.op}=` changes an array or a list in place", stmt.span,
                "write the operation out: x[i] = x[i] + …",
            )  # fmt: skip
        binary = ir.Binary(stmt.op, old, value, span=stmt.span)
        self.emit(ir.Store(place, self.temporary(binary, self.analysis.results[stmt], stmt.span), span=stmt.span))

    def temporary(self, expr: ir.Expr, kind: Value, span: Any) -> ir.Name:
        """A new name for an expression of this kind."""
        name = ir.Name(self.names.fresh("t"), span=span)
        read = expr if not isinstance(expr, ir.Index) else ir.Index(expr.value, expr.index, span=span)
        self.values[read] = self.values[name] = kind
        self.emit(ir.Assign(name, read, span=span))
        return name

    def repeats(self, item: ir.Expr) -> bool:
        """May this part of an index reach one element twice?"""
        kind = self.values.get(item, UNKNOWN) if not isinstance(item, ir.Slice) else of(Static(slice(None)))
        return any(
            not (isinstance(k, (Static, Weak, Scalar)) or (isinstance(k, Array) and k.dtype.kind == "b"))
            for k in kind.kinds
        )

    def augassign(self, stmt: ir.AugAssign) -> None:
        """`a += b`: on an array a write in place, on a number a rebinding; refused where it may be either."""
        left = self.old[stmt]
        target = self.analysis.targets.get(stmt)
        if isinstance(target, Expand):  # of a list, a dict or an object: said in other statements
            for step in target.before:
                self.statement(step)
            if not target.before:
                self.emit(ir.Assign(stmt.target, self.simple(target.value), span=stmt.span))
            return
        value = self.atom(stmt.value)
        if left.is_array:
            self.update(stmt.target, left, self.analysis.results[stmt], stmt.op, value, stmt.span)
            return
        binary = ir.Binary(stmt.op, self.atom(stmt.target), value, span=stmt.span)
        if any(isinstance(k, (List, Dict)) for k in left.kinds) and not self.analysis.results[stmt].is_array:
            raise UnsupportedError(
                "S019",
                "this changes a list in place",
                stmt.span,
                f"write `{stmt.target.id} = {stmt.target.id} {stmt.op} …`",
            )
        if any(isinstance(k, Unknown) for k in left.kinds) and not self.assume_arrays:
            raise UnsupportedError(
                "S012",
                f"cannot tell whether `{stmt.target.id} {stmt.op}= …` changes an array in place",
                stmt.span,
                f"write `{stmt.target.id} = {stmt.target.id} {stmt.op} …`",
            )
        self.values[binary] = self.analysis.results[stmt]
        assign = ir.Assign(stmt.target, binary, span=stmt.span)
        if any(isinstance(k, Array) for k in left.kinds):
            self.rebound.add(assign)
        self.emit(assign)

    def update(self, target: ir.Name, kind: Value, result: Value, op: str, value: ir.Expr, span: Any) -> None:
        """`a op= value` for an array."""
        self.values[target] = kind
        if op in "+-" or not kind.differentiable:
            self.emit(ir.AugAssign(target, op, value, span=span))
            return
        new = self.temporary(ir.Binary(op, target, value, span=span), result, span)
        place = ir.Index(target, ir.Const(Ellipsis), span=span)
        self.values[place] = kind
        self.emit(ir.Store(place, new, span=span))

    def place(self, target: ir.Expr) -> ir.Expr:
        """What is written into, with atoms as base and index."""
        if isinstance(target, ir.Attr):
            raise UnsupportedError(
                "S015", "this writes into an object", target.span, "return the value instead of storing it"
            )
        base = self.atom(target.value)
        place = ir.Index(base, self.index(target.index), span=target.span)
        self.values[place] = self.old.get(target, UNKNOWN)
        self.values[base] = self.kind(target.value)
        return place

    # ---- expressions

    def kind(self, expr: ir.Expr) -> Value:
        """The kind of an expression, also of one that inference has not seen but whose operands it has."""
        found = self.values.get(expr) or self.old.get(expr)
        if found is not None:
            return found
        match expr:
            case ir.Const(value=v):
                return of(Static(v))
            case ir.Ref(value=v):
                return lift(v)
            case ir.Tuple(items=items):
                return of(Tuple(tuple, tuple(map(self.kind, items))))
            case ir.List(items=items):
                return of(List(tuple(map(self.kind, items))))
            case ir.Dict(keys=keys, values=values):
                return of(Dict(tuple(k.value for k in keys), tuple(map(self.kind, values))))
            case ir.Index(value=value, index=ir.Const(value=key)):
                return item(self.kind(value), key)
        return UNKNOWN

    def simple(self, expr: ir.Expr) -> ir.Expr:
        """The expression with atoms as operands, resolved; its kind is recorded."""
        new = self.rewrite(expr)
        if new not in self.values:
            self.values[new] = self.kind(expr)
        return new

    def rewrite(self, expr: ir.Expr) -> ir.Expr:
        """The expression with atoms as operands, resolved."""
        target = self.analysis.targets.get(expr)
        if isinstance(target, Expand):
            for stmt in target.before:
                self.statement(stmt)
            new = self.simple(target.value)
            if isinstance(new, (ir.List, ir.Dict)):
                self.values[new] = self.kind(expr)
            return new
        match expr:
            case ir.Name() | ir.Const() | ir.Ref():
                return self.atom(expr)
            case ir.Binary() | ir.Unary() | ir.Index() if expr in self.analysis.targets:
                return self.simple(self.analysis.targets[expr].value)
            case ir.Binary(op=op, left=left, right=right):
                return ir.Binary(op, self.atom(left), self.atom(right), span=expr.span)
            case ir.Unary(op=op, operand=operand):
                return ir.Unary(op, self.atom(operand), span=expr.span)
            case ir.Compare(op=op, left=left, right=right):
                static = self.kind(expr).static
                if isinstance(static, bool):
                    return ir.Const(static, span=expr.span)
                return ir.Compare(op, self.atom(left), self.atom(right), span=expr.span)
            case ir.Attr():
                return self.attribute(expr)
            case ir.Index(value=value, index=index):
                return ir.Index(self.atom(value), self.index(index), span=expr.span)
            case ir.Slice():
                return self.index(expr)
            case ir.Tuple(items=items):
                return ir.Tuple(self.items(items), span=expr.span)
            case ir.List(items=items):
                return ir.List(self.items(items), span=expr.span)
            case ir.Dict():
                return self.dict(expr)
            case ir.Record(cls=cls, names=names, values=values):
                return ir.Record(cls, names, tuple(map(self.atom, values)), expr.maker, span=expr.span)
            case ir.Call():
                return self.call(expr)
            case ir.Closure(function=function):
                return self.closure(function, self.kind(expr).one)
            case ir.Format(parts=parts):
                new = (
                    p if isinstance(p, str) else ir.FormatField(self.atom(p.value), p.conversion, p.spec) for p in parts
                )
                return ir.Format(tuple(new), span=expr.span)
        raise AssertionError(f"no case for the expression {type(expr).__name__}")

    def atom(self, expr: ir.Expr) -> ir.Expr:
        """A name, a constant or a reference: other expressions are assigned to a temporary first."""
        match expr:
            case ir.Const() | ir.Ref():
                return expr
            case ir.Name(id=name):
                return self.name(expr, name)
        new = self.simple(expr)
        if isinstance(new, (ir.Name, ir.Const, ir.Ref)):
            return new
        temp = ir.Name(self.names.fresh("t"), span=expr.span)
        self.emit(ir.Assign(temp, new, span=expr.span))
        self.values[temp] = self.values[new]
        return temp

    def name(self, expr: ir.Name, name: str) -> ir.Expr:
        """A variable as it is, a nested function as what it captured, a module's name as what it is bound to."""
        frame = self.analysis.frame
        if (name in frame.assigned and name not in frame.functions) or name in self.analysis.params:
            return expr
        function = frame.local_function(name)
        if function is not None:
            return self.atom_of(self.closure(function, self.kind(expr).one), expr)
        value = self.kind(expr)
        if isinstance(value.one, Undefined):
            return NONE
        static = value.static
        if static is not NotImplemented and not isinstance(static, (bool, int, float, complex, str)):
            return reference(static, name) if static is not None else ir.Const(None)
        if name not in self.loads:
            self.loads[name] = (ir.Name(name, span=expr.span), frame.namespace.expr(name))
            self.values[self.loads[name][1]] = value
        return self.loads[name][0]

    def atom_of(self, new: ir.Expr, old: ir.Expr) -> ir.Name:
        """A new name for a function value."""
        temp = ir.Name(self.names.fresh("f"), span=old.span)
        self.values[new] = self.values[temp] = self.kind(old)
        self.emit(ir.Assign(temp, new, span=old.span))
        return temp

    def items(self, items: tuple[ir.Expr, ...]) -> tuple[ir.Expr, ...]:
        """The items of a display, stars written out."""
        out: list[ir.Expr] = []
        for e in items:
            if isinstance(e, ir.Starred):
                n = len(self.kind(e.value).one.items)
                out += [self.atom(ir.Index(e.value, ir.Const(i), span=e.span)) for i in range(n)]
            else:
                self.check_bound(e)
                out.append(self.atom(e))
        return tuple(out)

    def dict(self, expr: ir.Dict) -> ir.Dict:
        """Of equal keys the first gives the place and the last the value."""
        pairs: dict[Any, tuple[ir.Expr, ir.Expr]] = {}
        for key, value in zip(expr.keys, expr.values, strict=True):
            if key is not None:
                static = self.kind(key).static
                known = static if static is not NotImplemented else ("unknown", len(pairs))
                pairs[known] = self.atom(key), self.atom(value)
                continue
            for k in self.kind(value).one.keys:
                pairs[k] = ir.Const(k), self.atom(ir.Index(value, ir.Const(k), span=expr.span))
        return ir.Dict(tuple(k for k, _ in pairs.values()), tuple(v for _, v in pairs.values()), span=expr.span)

    def index(self, index: ir.Expr) -> ir.Expr:
        """An index with atoms as parts."""
        match index:
            case ir.Tuple(items=items):
                return ir.Tuple(tuple(self.index(i) for i in items), span=index.span)
            case ir.Slice(lower=lower, upper=upper, step=step):
                parts = (None if p is None else self.atom(p) for p in (lower, upper, step))
                return ir.Slice(*parts, span=index.span)
        atom = self.atom(index)
        self.values[atom] = self.kind(index)
        return atom

    def attribute(self, expr: ir.Attr) -> ir.Expr:
        """An attribute as a call, a reference, or itself."""
        base = self.old.get(expr.value)
        target = self.analysis.targets.get(expr)
        value = self.kind(expr)
        static = value.static
        if isinstance(target, Expand):
            return self.simple(target.value)
        if isinstance(target, Dispatch):
            return self.dispatch(expr, target)
        if target is not None:
            return ir.Call(target.rule.path, tuple(self.atom(a) for a in target.args), span=expr.span)
        if expr in self.analysis.methods:
            return self.method(expr, value)
        owner = base.static if base is not None else NotImplemented
        if isinstance(owner, types.ModuleType):
            if owner in LIBRARIES:
                return ir.Ref(f"{LIBRARIES[owner]}.{expr.name}", getattr(owner, expr.name), owner, span=expr.span)
            if static is NotImplemented or isinstance(static, (int, float, complex, str)):
                return ir.Attr(reference(owner, owner.__name__), expr.name, span=expr.span)
            return reference(static, expr.name)
        if static is not NotImplemented and callable(static):
            return reference(static, expr.name)
        return self.field(expr, base, value)

    def field(self, expr: ir.Attr, base: Value | None, value: Value) -> ir.Expr:
        """A field of an object; of a namedtuple, an item."""
        kinds = (
            () if base is None else tuple(k for k in base.kinds if k != Static(None) and not isinstance(k, Undefined))
        )
        atom = self.atom(expr.value)
        if kinds and all(isinstance(k, Object) for k in kinds):
            read = ir.Field(atom, expr.name, span=expr.span)
            if not any(k.sources for k in kinds):
                return read
            self.values[read] = value
            return self.taken_apart(read, value)
        if kinds and all(isinstance(k, Tuple) and expr.name in getattr(k.cls, "_fields", ()) for k in kinds):
            places = {k.cls._fields.index(expr.name) for k in kinds}
            if len(places) == 1:
                return ir.Index(atom, ir.Const(places.pop()), span=expr.span)
        return ir.Attr(atom, expr.name, span=expr.span)

    def method(self, expr: ir.Attr, value: Value) -> ir.Expr:
        """A method as a value: it holds what it is a method of."""
        if value.one is None:
            raise UnsupportedError(
                "S020", f"`{expr.name}` may be a method of several classes", expr.span, "call it where it is looked up"
            )
        return ir.Tuple((ir.Const(self.tag(value.one)), self.atom(expr.value)), span=expr.span)

    def closure(self, function: ir.Function, kind: Any) -> ir.Expr:
        """A function value is the tuple of what it captured."""
        if not isinstance(kind, Function):
            raise AssertionError(f"the function `{function.name}` has no kind")
        names = [n for n, _ in kind.captures]
        defaults = {"=" + p.name: p.default for p in function.params}
        items = tuple(self.atom(defaults[n]) if n.startswith("=") else ir.Name(n, span=function.span) for n in names)
        return ir.Tuple((ir.Const(self.tag(kind)), *items), span=function.span)

    def dispatch(self, expr: ir.Expr, target: Dispatch) -> ir.Expr:
        """A call of one of several functions: the branches call one each, and assign the same name."""
        result = ir.Name(self.names.fresh("t"), span=expr.span)
        self.values[result] = self.kind(expr)

        def branches(tests: tuple[ir.Expr, ...], calls: tuple[ir.Expr, ...]) -> None:
            if not calls:
                message = ir.Const("this value is none of those that can be used here", span=expr.span)
                error = self.temporary(ir.Call(ir.Ref("TypeError", TypeError), (message,)), UNKNOWN, expr.span)
                self.emit(ir.Raise(error, span=expr.span))
            elif not tests:
                self.emit(ir.Assign(replace(result), self.simple(calls[0]), span=expr.span))
            else:
                test = self.atom(tests[0])
                inside = self.collected(lambda: branches((), calls[:1]))
                outside = self.collected(lambda: branches(tests[1:], calls[1:]))
                self.emit(ir.If(test, inside, outside, span=expr.span))

        branches(target.tests, target.calls)
        return result

    def collected(self, fill: Callable[[], None]) -> ir.Block:
        """What is emitted meanwhile, as a block."""
        outer, self.out = self.out, []
        fill()
        block, self.out = tuple(self.out), outer
        return block

    def call(self, expr: ir.Call) -> ir.Expr:
        """A call of what it reaches."""
        target = self.analysis.targets.get(expr)
        match target:
            case Primitive():
                args = tuple(self.argument(a) for a in target.args)
                kwargs = tuple(ir.Keyword(k.name, self.argument(k.value)) for k in target.kwargs)
                return ir.Call(target.rule.path, args, kwargs, span=expr.span)
            case UserCall():
                args = tuple(self.argument(a) for a in target.args)
                return ir.Call(ir.Ref(target.analysis.function.name, target.analysis), args, span=expr.span)
            case Dispatch():
                return self.dispatch(expr, target)
        args = tuple(
            ir.Starred(self.atom(a.value)) if isinstance(a, ir.Starred) else self.argument(a) for a in expr.args
        )
        kwargs = tuple(ir.Keyword(k.name, self.argument(k.value)) for k in expr.kwargs)
        if isinstance(expr.func, ir.Attr) and (expr.func not in self.old or expr.func in self.analysis.methods):
            func: ir.Expr = ir.Attr(self.atom(expr.func.value), expr.func.name, span=expr.span)
        elif isinstance(expr.func, ir.Attr):
            func = self.attribute(expr.func)
        else:
            func = self.atom(expr.func)
        new = ir.Call(func, args, kwargs, span=expr.span)
        if target is not None:
            self.values[new] = self.kind(expr)
            self.analysis.targets[new] = target
        return new

    def check_bound(self, expr: ir.Expr | None) -> None:
        """Where a value is only handed on, a variable that this path has not assigned would pass for None."""
        if not isinstance(expr, ir.Name) or expr.id in self.made or self.generated:
            return
        kinds = self.old[expr].kinds if expr in self.old else ()
        if any(isinstance(k, Undefined) for k in kinds) and Static(None) not in kinds:
            check = ir.Call(ir.Ref("bound", runtime.bound), (expr, ir.Const(expr.id)), span=expr.span)
            self.emit(ir.Evaluate(check, span=expr.span))

    def argument(self, expr: ir.Expr) -> ir.Expr:
        """An argument, its kind recorded."""
        self.check_bound(expr)
        atom = self.atom(expr)
        if atom not in self.values:
            self.values[atom] = self.kind(expr)
        return atom


def made_by_exits(fn: ir.Function) -> frozenset[str]:
    """The variable that early returns assign, if there is one: it is assigned wherever it is read."""
    last = fn.body[-1] if fn.body else None
    if not isinstance(last, ir.Return) or not isinstance(last.value, ir.Name):
        return frozenset()
    name = last.value.id
    for stmt in statements(fn.body):
        if name in targets(stmt) and stmt.span is not None:
            if stmt.span.text().encode()[stmt.span.col :].startswith(b"return"):
                return frozenset((name,))
    return frozenset()


def reference(obj: Any, name: str) -> ir.Ref:
    """A reference to an object by its usual name, or by the name that it has here."""
    if isinstance(obj, types.ModuleType):
        return ir.Ref(LIBRARIES.get(obj, obj.__name__.split(".")[-1]), obj)
    found = getattr(obj, "__name__", None)
    if found and vars(np).get(found) is obj:
        return ir.Ref(f"np.{found}", obj, np)
    if found and getattr(math, found, None) is obj:
        return ir.Ref(f"math.{found}", obj, math)
    return ir.Ref(found if found and found.isidentifier() else name, obj)


def item(value: Value, key: Any) -> Value:
    """The kind of an item at a known key."""
    kind = value.one
    match kind:
        case Tuple(items=items) | List(items=items) if items is not None:
            return items[key]
        case Dict(keys=keys, items=items) if keys is not None:
            return items[keys.index(key)]
        case Function(captures=captures):
            return captures[key - 1][1] if key else of(Weak(str, ""))
        case Tuple() | List() | Dict():
            return element(kind)
        case Weak():
            return BOTTOM
    return UNKNOWN


def changes(stmt: ir.Stmt) -> bool:
    """Does the statement change an array or a container?"""
    if isinstance(stmt, (ir.Store, ir.Augment, ir.AugAssign)):
        return True
    func = getattr(getattr(stmt, "value", None), "func", None)
    return isinstance(func, ir.Ref) and func.path.partition(".")[0] in ("list", "dict", "set")


def ends(block: ir.Block) -> bool:
    """Does the block end with a raise?"""
    return bool(block) and isinstance(block[-1], ir.Raise)


def resolve(
    analysis: Any, assume_arrays: bool, tag: Callable[[Any], str]
) -> tuple[ir.Function, dict[ir.Node, Value], set[ir.Stmt]]:
    """The function for these kinds, the kinds of its right-hand sides, and what was `a += b` on a possible array."""
    resolver = Resolver(analysis, assume_arrays, tag)
    return resolver.run(), resolver.values, resolver.rebound
