"""Kinds by abstract interpretation: the program is run on kinds, branch by branch, loops to a fixpoint."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sgrad.analysis import calls, containers, functions, managers, objects, operands, overloads, sequences
from s2sgrad.analysis.arguments import known_items
from s2sgrad.analysis.heap import Heap
from s2sgrad.analysis.operators import Operator
from s2sgrad.analysis.primitives import BINARY, COMPARE, UNARY, Runner, defined, indexed_axes, proved_axes
from s2sgrad.analysis.special import concatenated
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import kinds
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    UNKNOWN,
    Array,
    AxisNames,
    Bound,
    Dict,
    Function,
    Kind,
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
    holds_function,
    is_function,
    join,
    lift,
    of,
    origins,
    unknown,
)
from s2sgrad.ir.names import Names
from s2sgrad.ir.scopes import all_names
from s2sgrad.ir.targets import Callee, Derivative, Expand, Target

Env = dict[str, Value]
CONSTANT = (type(None), ir.Const, ir.Ref)
MAX_DEPTH = 24
MAX_PASSES = 24
MAX_RESTARTS = 64


@dataclass(eq=False)
class Analysis(Callee):
    """What inference found of one function for one choice of argument kinds."""

    function: ir.Function
    frame: Frame
    params: tuple[str, ...]  # captured variables first, then the parameters
    args: tuple[Value, ...]
    values: dict[ir.Node, Value] = field(default_factory=dict)
    tests: dict[ir.Stmt, bool] = field(default_factory=dict)  # branches whose test is known, loops that never run
    targets: dict[ir.Node, Target] = field(default_factory=dict)
    elements: dict[ir.Expr, Value] = field(default_factory=dict)  # places of `a[i] op= v`: what `a[i]` is
    results: dict[ir.Stmt, Value] = field(default_factory=dict)  # `a op= b`: what `a op b` is
    methods: set[ir.Expr] = field(default_factory=set)  # attributes that are methods of what stands before the dot
    number: int = 0  # one for each choice of kinds, however often it is analysed
    result: Value = BOTTOM
    active: bool = True  # still being analysed: the result is an estimate
    entry: bool = False  # the program itself: its arguments come from outside
    used: bool = False  # the estimate was read: a recursive function


@dataclass(eq=False)
class Frame:
    """Where a function's free names live: local functions of the enclosing functions, then a namespace."""

    function: ir.Function
    namespace: Any  # has .lookup(name) -> Value
    parent: Frame | None = None
    functions: dict[str, ir.Function] = field(default_factory=dict)  # nested functions that are bound once
    assigned: set[str] = field(default_factory=set)
    nested: set[ir.Function] = field(default_factory=set)
    temporaries: dict[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.functions, self.assigned, self.nested = bindings(self.function)
        self.names = Names(all_names(self.function) | self.assigned)

    def temporary(self, expr: ir.Expr, number: int) -> str:
        """The name of a temporary of an expression that stands for statements: the same one each time."""
        if (expr, number) not in self.temporaries:
            name = self.temporaries[expr, number] = self.names.fresh("t")
            self.assigned.add(name)
        return self.temporaries[expr, number]

    def within(self, other: Frame) -> bool:
        """Is it this frame, or that of a function inside it?"""
        frame: Frame | None = self
        while frame is not None and frame is not other:
            frame = frame.parent
        return frame is other

    def fresh(self, hint: str, span: Any = None) -> ir.Name:
        """A new local name, for a statement that stands for one of the user's."""
        name = self.names.fresh(hint)
        self.assigned.add(name)
        return ir.Name(name, span=span)

    def local_function(self, name: str) -> ir.Function | None:
        """The nested function that a name stands for, here or in a function around."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.functions:
                return frame.functions[name]
            frame = frame.parent
        return None


def bindings(function: ir.Function) -> tuple[dict[str, ir.Function], set[str], set[ir.Function]]:
    """Nested functions by name, as far as they are bound once; all local names; all nested functions."""
    found: dict[str, ir.Function] = {}
    counts = {p.name: 1 for p in function.params}
    nested: set[ir.Function] = set()
    todo = list(function.body)
    while todo:
        stmt = todo.pop()
        name = None
        match stmt:
            case ir.Define(name=name, function=f):
                found[name] = f
                nested.add(f)
            case ir.Assign(target=ir.Name(id=name), value=value):
                if isinstance(value, ir.Closure):
                    nested.add(value.function)
            case ir.AugAssign(target=ir.Name(id=name)):
                pass
            case ir.Enter(target=ir.Name(id=name)):
                pass
            case ir.Try(name=ir.Name(id=name)):
                todo += [*stmt.body, *stmt.orelse]
            case ir.If():
                todo += [*stmt.body, *stmt.orelse]
            case ir.For(target=ir.Name(id=name)):
                todo += stmt.body
            case ir.While():
                todo += [*stmt.head, *stmt.body]
        if name is not None:
            counts[name] = counts.get(name, 0) + 1
    once = {n: f for n, f in found.items() if counts[n] == 1 and all(isinstance(p.default, CONSTANT) for p in f.params)}
    return once, set(counts), nested


class Inference:
    """One compilation: memo of analysed functions, axis names, and what was read from outside."""

    def __init__(self, rules: Any, load: Callable[..., tuple[ir.Function, Any]]) -> None:
        self.rules = rules
        self.load = load
        self.names = AxisNames()
        self.runner = Runner(self.names)
        self.memo: dict[Any, Analysis] = {}
        self.frames: dict[Any, Frame] = {}
        self.depth = 0
        self.tags: dict[Any, str] = {}
        self.fields: dict[Any, Value] = {}  # of objects from outside: what each holds
        self.constructors: dict[Any, Any] = {}  # classes with an `__init__` -> the function that makes the fields
        self.getters: dict[Any, Any] = {}  # what `operator.itemgetter` and its like have made
        self.heap = Heap()
        self.depths: dict[Any, int] = {}  # cell -> loops around the place where it is made
        self.steps: dict[Any, Expand] = {}  # what stands for several statements
        self.numbers: dict[Any, int] = {}
        self.own: dict[Any, tuple[Value, ...]] = {}
        self.wrapper: Any = None  # the pipeline's: a primitive or a derivative as a function of its own
        self.pushforward: Any = None  # the pipeline's: the tangent function of an analysed function
        self.derivatives: dict[Any, Derivative] = {}
        self.assume_arrays = False  # for showing code before a first call: an unknown operand is taken for an array

    def derivative(self, inner: Callee, wrt: tuple[int, ...], seeded: bool, has_aux: bool) -> Derivative:
        """The gradient, or the pullback, of an analysed function."""
        key = (inner, wrt, seeded, has_aux)
        if key not in self.derivatives:
            base = inner.function.name.strip("<>") or "function"
            name = ir.Function(f"{base}_{'pullback' if seeded else 'grad'}", (), ())
            self.derivatives[key] = Derivative(name, *key)
        return self.derivatives[key]

    def tag(self, kind: Function | Bound) -> str:
        """The text that tells a function value from others at run time: its name, with a number if others have it."""
        if kind.identity not in self.tags:
            base = name_of(kind)
            others = set(self.tags.values())
            names = (f"{base}_{n}" if n else base for n in itertools.count())
            self.tags[kind.identity] = next(n for n in names if n not in others)
        return self.tags[kind.identity]

    def frame_of(self, function: ir.Function, parent: Frame | None, namespace: Any) -> Frame:
        """The frame of a function; one for each place it is defined in."""
        key = (id(function), id(parent), id(namespace))
        if key not in self.frames:
            self.frames[key] = Frame(function, namespace, parent)
        return self.frames[key]

    def analyse(
        self,
        function: ir.Function,
        frame: Frame,
        params: tuple[str, ...],
        args: tuple[Value, ...],
        origin: Any = "argument",
    ) -> Analysis:
        """Kinds of everything in a program: once more whenever more is known of a container that changes.

        `origin`: what tells its arguments from those of another program of the same compilation.
        """
        for _ in range(MAX_RESTARTS):
            self.heap.grown = False
            given = tuple(self.heap.made(v, (origin, i)) for i, v in enumerate(args))
            try:
                analysis = self.called(function, frame, params, given)
            except Exception:  # less was known than there is to know: it may have been for that
                if not self.heap.grown:
                    raise
            if not self.heap.grown:
                return analysis
            self.memo.clear()
        raise UnsupportedError(
            "S031", "the kinds of a container's items do not settle", function.span,
            "fill an array of the final size by index",
        )  # fmt: skip

    def called(self, function: ir.Function, frame: Frame, params: tuple[str, ...], args: tuple[Value, ...]) -> Analysis:
        """Kinds of everything in a function, for these kinds of its (captured and ordinary) parameters."""
        key = (id(function), id(frame), params, self.canonical(args))
        found = self.memo.get(key)
        if found is not None:
            found.used |= found.active
            return found
        number = self.numbers.setdefault(key, len(self.numbers))
        args = self.own.setdefault(key, args)  # the same names of axes and cells each time
        analysis = self.memo[key] = Analysis(function, frame, params, args, number=number)
        if self.depth >= MAX_DEPTH:
            raise UnsupportedError(
                "S030",
                f"calls of `{function.name}` are nested too deep, with ever different kinds of arguments",
                function.span,
                "let its arguments be of the same kinds at each level: numbers, arrays of one rank, the same structure",
            )
        self.depth += 1
        doubtful, self.names.doubtful = self.names.doubtful, 0  # the names in here are the function's own
        try:
            before = set(self.memo)
            for _ in range(MAX_PASSES):
                for other in [k for k in self.memo if k not in before]:
                    del self.memo[other]  # callees analysed with an older estimate of this result
                analysis.used = False
                result = Interpreter(self, analysis).run()
                settled = not analysis.used or result == analysis.result
                analysis.result = result
                if settled:
                    break
        except BaseException:
            del self.memo[key]
            raise
        finally:
            self.depth -= 1
            self.names.doubtful = doubtful
        analysis.active = False
        return analysis

    def canonical(self, args: tuple[Value, ...]) -> Any:
        """A key of argument kinds: equal axis names, and equal cells, are numbered in order of appearance."""
        numbers: dict[Any, int] = {}

        def number(axis: Any) -> Any:
            if isinstance(axis, tuple):
                return number(axis[0]), axis[1]
            return axis if axis is None or axis == 1 else numbers.setdefault(axis, -len(numbers) - 1)

        def of_value(value: Value) -> Any:
            return tuple(of_kind(k) for k in value.kinds)

        def of_kind(kind: Kind) -> Any:
            inner = tuple(map(of_value, kinds.parts(kind)))
            match kind:
                case Array(dtype=d, axes=axes):
                    return d, tuple(number(self.names.find(a)) for a in axes)
                case Weak(type=t, origin=int() as token):
                    return t, number(self.names.find(token))
                case Tuple(cls=c):
                    return c, inner
                case List(items=items, cls=c):
                    return c, items is None, inner, cells(kind)
                case Dict(keys=keys, fields=fields):
                    return "dict", keys, tuple(k for k, _ in fields), inner, cells(kind)
                case Set():
                    return "set", inner, cells(kind)
                case Function() | Bound():
                    return kind.identity, inner
                case Object(cls=c, fields=fields) if fields is not None:
                    return c, tuple(n for n, _ in fields), inner
            return kind

        def cells(kind: List | Dict | Set) -> Any:
            known = [c for c in numbers if c in kind.cells]  # in order of appearance
            fresh = len(kind.cells) - len(known)
            for cell in kind.cells:
                numbers.setdefault(cell, -len(numbers) - 1)
            return kind.changed and (tuple(numbers[c] for c in known), fresh)

        return tuple(map(of_value, args))


class Interpreter:
    """Runs one function on kinds."""

    def __init__(self, inference: Inference, analysis: Analysis) -> None:
        self.inference = inference
        self.analysis = analysis
        self.frame = analysis.frame
        self.runner = inference.runner
        self.values = analysis.values
        self.env: Env | None = dict(zip(analysis.params, analysis.args, strict=True))
        self.heap = inference.heap
        self.trips: list[int] = []  # of the loops around, in the first call
        self.over: list[frozenset[Any]] = []  # cells of the lists that the loops around run over
        self.returned: list[Value] = []
        self.captured: set[str] = set()  # variables that functions made so far have captured

    def run(self) -> Value:
        """The kind of the function's result."""
        self.block(self.analysis.function.body)
        return join(*self.returned) if self.returned else BOTTOM

    # ---- statements: `self.env` is None behind a statement that never ends normally

    def block(self, block: ir.Block) -> None:
        """Run statements until one of them does not end normally."""
        for stmt in block:
            if self.env is None:
                return
            self.statement(stmt)

    def statement(self, stmt: ir.Stmt) -> None:
        """Run one statement."""
        match stmt:
            case ir.Assign(target=ir.Name(id=name), value=value):
                found = self.eval(value)
                if target_of_user(stmt):
                    containers.check_view(self, value)
                self.bind(name, found)
            case ir.AugAssign(target=target, op=op, value=value):
                self.bind(target.id, self.augassign(stmt, op, self.eval(target), self.eval(value)))
            case ir.Define(name=name, function=function):
                for param in function.params:
                    if param.default is not None:
                        self.eval(param.default)
                if name not in self.frame.functions:
                    value = self.values[stmt] = self.closure(function)
                    self.bind(name, value)
            case ir.Store(target=target, value=value):
                self.store(target, self.eval(value))
            case ir.Augment(target=target, op=op, value=value):
                right = self.eval(value)
                left = self.analysis.elements[target] = self.eval(target)
                result = self.analysis.results[stmt] = self.operator(op, BINARY[op], (left, right))
                self.store(target, left if left.is_array else result)
            case ir.Evaluate(value=value):
                self.eval(value)
            case ir.Try():
                self.attempt(stmt)
            case ir.If():
                self.branch(stmt)
            case ir.Enter():
                managers.enter(self, stmt)
            case ir.Leave() | ir.Lastly():
                pass
            case ir.For():
                self.for_loop(stmt)
            case ir.While():
                self.while_loop(stmt)
            case ir.Return(value=value):
                self.returned.append(defined(self.eval(value)) if value is not None else of(Static(None)))
            case ir.Assert(test=test, message=message):
                self.eval(test)
                if message is not None:
                    self.eval(message)
            case ir.Raise(exception=exception, cause=cause):
                for e in (exception, cause):
                    if e is not None:
                        self.eval(e)
                self.env = None
            case ir.Pass():
                pass
            case _:
                raise AssertionError(f"no case for the statement {type(stmt).__name__}")

    def bind(self, name: str, value: Value) -> None:
        """Assign a variable. A function made earlier that captured it now sees another value: it is known no more."""
        if name in self.captured:
            for other, held in self.env.items():
                if captures(held, name, self.frame):
                    self.env[other] = unknown(
                        f"a function whose captured variable `{name}` was changed after it was made"
                    )
        self.env[name] = value

    def augassign(self, stmt: ir.AugAssign, op: str, left: Value, right: Value) -> Value:
        """What `a op= b` leaves in `a`: of an array or a list itself, else what `a op b` makes."""
        self.values[stmt] = left
        found = overloads.updated(self, stmt, left, right)
        if found is not None:
            return found
        if containers.in_place(op, left) and not containers.holds(right, (Array, Scalar, Unknown)):
            containers.augassign(self, stmt, op)
            return left
        self.analysis.targets.pop(stmt, None)
        result = self.analysis.results[stmt] = self.runner.apply(BINARY[op], (left, right), {}, elementwise=op != "@")
        if isinstance(left.one, Array):
            return left
        return (concatenated(op, (left, right)) if op in "+*" else None) or result

    def store(self, target: ir.Expr, value: Value) -> None:
        """A write into `a[i]` or `a.x`: the kind of the base is kept with the place."""
        base = self.eval(target.value)
        if isinstance(target, ir.Index):
            items = self.index_items(target.index)
            if containers.holds(base):
                containers.store(self, target, base, items, value)
        self.values[target] = base

    def branch(self, stmt: ir.If) -> None:
        """One branch where the test is known, else both, joined."""
        test = truth(self.eval(stmt.test))
        before = self.env
        if test is not None:
            self.analysis.tests[stmt] = test
            self.block(stmt.body if test else stmt.orelse)
            return
        self.analysis.tests.pop(stmt, None)
        self.env = dict(before)
        with self.doubt():
            self.block(stmt.body)
            after, self.env = self.env, dict(before)
            self.block(stmt.orelse)
        self.env = joined(after, self.env)

    def attempt(self, stmt: ir.Try) -> None:
        """A body and a handler, which begins somewhere in the body."""
        before = self.env
        self.env = dict(before)
        with self.doubt():
            self.eval(stmt.exceptions)
            self.block(stmt.body)
            after, self.env = self.env, joined(dict(before), self.env)
            if stmt.name is not None:
                self.bind(stmt.name.id, unknown("an exception", stmt.span))
            self.block(stmt.orelse)
        self.env = joined(after, self.env)

    def for_loop(self, stmt: ir.For) -> None:
        """A loop over a range."""
        bounds = [self.eval(a) for a in stmt.iter.args]
        start = (
            next((getattr(k, "value", getattr(k, "witness", 0)) for k in bounds[0].kinds), 0) if len(bounds) > 1 else 0
        )
        trip = of(Weak(int, int(start) if isinstance(start, (int, np.integer)) else 0))
        numbers = all(b.is_scalar for b in bounds)

        def body() -> None:
            self.bind(stmt.target.id, trip if numbers else UNKNOWN)
            self.block(stmt.body)

        self.trips.append(trips_of(bounds))
        self.over.append(
            frozenset(c for name in stmt.over for k in self.env[name].kinds for c in getattr(k, "cells", ()))
        )
        self.to_fixpoint(body, stmt.span)
        self.over.pop()
        self.trips.pop()

    def while_loop(self, stmt: ir.While) -> None:
        """A loop with a test; the head runs before each, and what it defines is read by the test alone."""

        def body() -> None:
            self.block(stmt.head)
            if self.env is not None:
                test = truth(self.eval(stmt.test))
                self.analysis.tests.pop(stmt, None)
                if test is False:
                    self.analysis.tests[stmt] = False
                else:
                    self.block(stmt.body)

        self.to_fixpoint(body, stmt.span)

    def to_fixpoint(self, body: Callable[[], None], span: Any) -> None:
        """Run a loop's body until the kinds of the variables do not change any more."""
        for _ in range(MAX_PASSES + len(self.env)):  # a value may be handed on by one variable a trip
            entry = self.env
            self.env = dict(entry)
            with self.doubt():
                body()
            self.env = joined(entry, self.env)
            if same_env(entry, self.env):
                return
        raise UnsupportedError(
            "S031",
            "the kinds of this loop's variables do not settle: a function or structure is nested deeper every trip",
            span,
            "keep values, not functions, from trip to trip; fill an array of the final size by index",
        )

    @contextmanager
    def doubt(self) -> Iterator[None]:
        """Around code that may not run."""
        names = self.inference.names
        names.doubtful += 1
        try:
            yield
        finally:
            names.doubtful -= 1

    # ---- expressions

    def call_value(self, expr: ir.Call, function: Value, args: list, kwargs: dict) -> Value:
        """A call of a function value with these arguments; what it reaches is recorded."""
        return calls.call_value(self, expr, function, args, kwargs)

    def eval(self, expr: ir.Expr) -> Value:
        """The kind of an expression; it is recorded."""
        value = self.expression(expr)
        if value.is_container or any(isinstance(k, (List, Dict, Set)) for k in value.kinds):
            held = isinstance(expr, (ir.Name, ir.Attr, ir.Ref))  # a list that is not known yet was there before
            cell = ("outside", expr) if held else (self.analysis.number, expr)
            value = self.heap.made(value, cell)
            self.inference.depths.setdefault(cell, len(self.trips))
        self.values[expr] = value
        return value

    def expression(self, expr: ir.Expr) -> Value:
        """The kind of an expression, one case for each form."""
        match expr:
            case ir.Name(id=name):
                return self.name(name, expr.span)
            case ir.Const(value=v):
                return of(Static(v))
            case ir.Ref(value=v):
                return of(Static(v))
            case ir.Binary(op=op, left=left, right=right):
                args = self.eval(left), self.eval(right)
                defined_by_class = overloads.binary(self, expr, left, right, *args)
                if defined_by_class is not None:
                    return defined_by_class
                args = operands.binary(self, expr, *args)
                if op == "|" and all(containers.holds(v, (Dict,)) for v in args):
                    return sequences.merged(self, expr, *args)
                return self.operator(op, BINARY[op], args)
            case ir.Unary(op=op, operand=operand):
                value = self.eval(operand)
                if op == "not":
                    known = truth(value)
                    return of(Weak(bool, False)) if known is None else of(Static(not known))
                return overloads.unary(self, expr, value) or self.operator(op, UNARY[op], (value,))
            case ir.Compare(op=op, left=left, right=right):
                return self.compare(op, self.eval(left), self.eval(right), expr.span)
            case ir.Call():
                return calls.call(self, expr)
            case ir.Attr(value=value, name=name):
                return calls.attribute(self, expr, self.eval(value), name)
            case ir.Index(value=value, index=index):
                base = self.eval(value)
                joined = operands.joined(self, expr, base) or overloads.item(self, expr, base)
                return joined or self.index(base, self.index_items(index), index)
            case ir.Slice():
                return self.slice(expr)
            case ir.Tuple(items=items) | ir.List(items=items):
                known = self.items(items)
                if known is None:
                    return sequences.starred(self, expr)
                return shallow(of(Tuple(tuple, known) if isinstance(expr, ir.Tuple) else List(known)), expr.span)
            case ir.Dict():
                return self.dict(expr)
            case ir.Record(cls=cls, names=names, values=values):
                return objects.made(cls.value, names, tuple(map(self.eval, values)))
            case ir.Starred(value=value):
                return self.eval(value)
            case ir.Closure(function=function):
                return self.closure(function)
            case ir.Format(parts=parts):
                for part in parts:
                    if isinstance(part, ir.FormatField):
                        self.eval(part.value)
                return of(Weak(str, ""))
        raise AssertionError(f"no case for the expression {type(expr).__name__}")

    def name(self, name: str, span: Any) -> Value:
        """The kind of a variable, a nested function, or a name of the function's module."""
        if name in self.env:
            return self.env[name]
        function = self.frame.local_function(name)
        if function is not None:
            return self.closure(function)
        return self.frame.namespace.lookup(name, span)

    def closure(self, function: ir.Function) -> Value:
        """A nested function with the values that its free local names have now."""
        needed = functions.captured(function, self.frame, self.env)
        self.captured.update(needed)
        captures = tuple((n, self.eval(e)) for n, e in needed.items())
        return of(Function(function, captures, home=functions.home(self.frame, function)))

    def operator(self, op: str, function: Callable, args: tuple[Value, ...]) -> Value:
        """The kind of an operator's result."""
        if op in "+*" and len(args) == 2:
            joined_containers = concatenated(op, args)
            if joined_containers is not None:
                return joined_containers
        if args and all(v.kinds and all(isinstance(k, Set) for k in v.kinds) for v in args):
            return of(Set(join(*(k.element for v in args for k in v.kinds))))
        result = self.runner.apply(function, args, {}, elementwise=op != "@")
        if op == "@" and isinstance(result.one, Array):
            named = {"x": args[0], "z": args[1]}
            return of(proved_axes("np.matmul", named, result.one, self.inference.names))
        return result

    def compare(self, op: str, left: Value, right: Value, span: Any) -> Value:
        """The kind of a comparison: a constant where the kinds decide it."""
        check_comparable(left, right, span)
        if op in ("is", "is not"):
            answers = {same_object(a, b) for a in defined(left).kinds for b in defined(right).kinds}
            if answers == {True} or answers == {False}:
                return of(Static((answers == {True}) == (op == "is")))
            return of(Weak(bool, False))
        if op in ("in", "not in"):
            kind = right.one
            if isinstance(kind, Dict) and kind.keys is not None and left.static is not NotImplemented:
                return of(Static((left.static in kind.keys) == (op == "in")))
            if left.static is not NotImplemented and isinstance(kind, (Tuple, List)) and kind.items is not None:
                values = [v.static for v in kind.items]
                if NotImplemented not in values:
                    return of(Static((left.static in values) == (op == "in")))
            return of(Weak(bool, False))
        if left.is_container and right.is_container:
            return of(Weak(bool, False))
        return self.runner.apply(COMPARE[op], (left, right), {}, elementwise=True)

    def items(self, items: tuple[ir.Expr, ...]) -> tuple[Value, ...] | None:
        """The kinds of a display's items, stars taken apart; None where it is not known how many there are."""
        out: list[Value] = []
        for item in items:
            value = self.eval(item)
            if not isinstance(item, ir.Starred):
                out.append(value)
                continue
            known = known_items(value)
            if known is None:
                return None
            out.extend(known)
        return tuple(out)

    def dict(self, expr: ir.Dict) -> Value:
        """The kind of a dict display, `**` taken apart."""
        keys: dict[Any, Value] = {}
        for key, value in zip(expr.keys, expr.values, strict=True):
            item = self.eval(value)
            if key is None:
                kind = item.one
                if not isinstance(kind, Dict) or kind.keys is None:
                    return sequences.filled_dict(self, expr)
                keys.update(zip(kind.keys, kind.items, strict=True))
                continue
            name = self.eval(key)
            if name.static is NotImplemented and len(expr.keys) == 1:
                return of(Dict(None, (), item, kinds.loose(name)))
            if name.static is NotImplemented:
                return sequences.filled_dict(self, expr)
            keys[name.static] = item
        return of(Dict(tuple(keys), tuple(keys.values())))

    def slice(self, expr: ir.Slice) -> Value:
        """The kind of a slice: static if its bounds are."""
        parts = [of(Static(None)) if p is None else self.eval(p) for p in (expr.lower, expr.upper, expr.step)]
        if all(isinstance(p.one, Static) for p in parts):
            return of(Static(slice(*(p.static for p in parts))))
        examples = []
        for part in parts:
            kind = part.kinds[0] if part.kinds else Static(None)
            examples.append(kind.value if isinstance(kind, Static) else getattr(kind, "witness", None))
        return of(Weak(slice, slice(*examples)))

    def index_items(self, index: ir.Expr) -> list[Value]:
        """The kinds of the parts of an index."""
        if isinstance(index, ir.Tuple):
            values = [self.eval(i) for i in index.items]
            self.values[index] = of(Tuple(tuple, tuple(values)))
            return values
        value = self.eval(index)
        kind = value.one
        return list(kind.items) if isinstance(kind, Tuple) else [value]

    def index(self, base: Value, items: list[Value], index: ir.Expr) -> Value:
        """The kind of `base[index]`, whichever kind the base is of."""
        results = [self.index_kind(kind, items, index) for kind in defined(base).kinds]
        return join(*results) if results else BOTTOM

    def index_kind(self, kind: Kind, items: list[Value], index: ir.Expr) -> Value:
        """An item of one kind of base."""
        key = items[0].one if len(items) == 1 else None
        static = key.value if isinstance(key, Static) else NotImplemented
        match kind:
            case Array():
                several = [list(map(of, defined(v).kinds)) for v in items]
                found = (self.index_array(kind, list(each)) for each in itertools.product(*several))
                return join(*found)
            case Tuple() | List() if isinstance(static, (int, slice)) and kind.items is not None:
                return index_known(kind, static)
            case Tuple() | List() if isinstance(static, slice) or (isinstance(key, Weak) and key.type is slice):
                cls = kind.cls if isinstance(kind, List) else tuple
                return of(List(None, element(kind), cls, length=containers.example_slice(kind, key)))
            case Tuple() | List() if key is not None and not isinstance(key, Unknown):
                return element(kind)
            case Dict() if kind.keys is not None and static is not NotImplemented:
                if static in kind.keys:
                    return kind.items[kind.keys.index(static)]
                return unknown(f"the dictionary has no key {static!r}", index.span)
            case Dict() if static is not NotImplemented and static in kinds.fields(kind):
                return kinds.fields(kind)[static]
            case Dict():
                return element(kind)
        return unknown("an item of an object of unknown kind", index.span)

    def index_array(self, array: Array, items: list[Value]) -> Value:
        """An item of an array: found on a witness, with axis facts for basic indices."""
        if any(not v.known for v in items):
            return unknown("an array indexed by a value of unknown kind")
        basic = indexed_axes(array, items) if all(is_basic(v) for v in items) else None
        shape = array.shape
        witnesses = tuple(index_witness(v) for v in items)
        example = np.broadcast_to(array.sample, tuple(max(n, 1) for n in shape))
        try:
            result = example[witnesses]
        except IndexError as error:
            return unknown(str(error))
        kind = lift(result).one
        if isinstance(kind, Array) and basic is not None and len(basic) == kind.rank:
            kind = Array(kind.dtype, basic, kind.shape, kind.sample)
        return of(kind)


# ------------------------------------------------------------------------------------------------------ helpers


def name_of(kind: Function | Bound) -> str:
    """What a function is called."""
    match kind:
        case Function(code=ir.Function(name=name)):
            return name
        case Function(code=Partial()):
            return "partial"
        case Function(code=Operator(name=name)):
            return name
        case Function(code=code):
            return code.co_name.strip("<>")
        case Bound(function=function):
            return function if isinstance(function, str) else getattr(function, "__name__", "method")


def shallow(value: Value, span: Any) -> Value:
    """The value, or nothing known where containers are nested so deep that some recursion must be building them."""
    return unknown("containers nested too deep", span) if nested(value, 3 * kinds.MAX_DEPTH) else value


def nested(value: Value, levels: int) -> bool:
    """Are containers nested deeper than this?"""
    if levels < 0:
        return True
    return any(
        nested(item, levels - 1)
        for kind in value.kinds
        if isinstance(kind, (Tuple, List, Dict))
        for item in kinds.parts(kind)
    )


def target_of_user(stmt: ir.Assign) -> bool:
    """Did the user write the name that is assigned? A temporary stands where its value does."""
    return stmt.target.span is not stmt.value.span


def trips_of(bounds: list[Value]) -> int:
    """How many trips a loop over a range makes in the first call."""
    values = [getattr(v.kinds[0], "value", getattr(v.kinds[0], "witness", None)) if v.kinds else None for v in bounds]
    try:
        return len(range(*map(int, values)))
    except (TypeError, ValueError):
        return 1


def is_basic(value: Value) -> bool:
    """Does an index of this kind make a view?"""
    kind = value.one
    match kind:
        case Static(value=v):
            return (
                v is None or v is Ellipsis or isinstance(v, slice) or (isinstance(v, int) and not isinstance(v, bool))
            )
        case Weak(type=t):
            return t is int or t is slice
        case Scalar(dtype=d):
            return d.kind in "iu"
    return False


def index_witness(value: Value) -> Any:
    """An index in range: integers become 0, masks all true; slices are taken as they are."""
    kind = value.kinds[0]
    match kind:
        case Static(value=v) if isinstance(v, bool) or not isinstance(v, int):
            return v
        case Static() | Scalar():
            return 0
        case Weak(type=t, witness=w):
            return w if t is not int else 0
        case Array(dtype=d, shape=shape):
            return np.ones(shape, bool) if d.kind == "b" else np.zeros(shape, int)
        case List(items=items):
            return (
                [0] * len(items or (0,))
                if not items or not isinstance(items[0].static, bool)
                else [v.static for v in items]
            )
    return 0


def index_known(kind: Tuple | List, key: int | slice) -> Value:
    """An item, or a slice, of a list or tuple of known length."""
    if isinstance(key, slice):
        items = kind.items[key]
        return of(Tuple(tuple, items) if isinstance(kind, Tuple) else List(items, cls=kind.cls))
    if -len(kind.items) <= key < len(kind.items):
        return kind.items[key]
    return BOTTOM


def truth(value: Value) -> bool | None:
    """The truth of a value where its kinds decide it."""
    answers = {kind_truth(k) for k in defined(value).kinds}
    return answers.pop() if len(answers) == 1 else None


def kind_truth(kind: Kind) -> bool | None:
    """The truth of one alternative."""
    match kind:
        case Static(value=v):
            try:
                return bool(v)
            except Exception:
                return None
        case Tuple(items=items):
            return bool(items)
        case List(items=items) if items is not None:
            return bool(items)
        case Dict(keys=keys) if keys is not None:
            return bool(keys)
        case Function() | Bound():
            return True
    return None


def same_object(a: Kind, b: Kind) -> bool | None:
    """Does `a is b` hold for values of these kinds?"""
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return None
    if isinstance(a, Static) and isinstance(b, Static):
        return a.value is b.value if type(a.value) not in (int, float, complex, str) else None
    if any(isinstance(k, Static) and k.value in (None, True, False, Ellipsis) for k in (a, b)):
        return False if not any(isinstance(k, Weak) and k.type is bool for k in (a, b)) else None
    return None


def check_comparable(left: Value, right: Value, span: Any) -> None:
    """Refuse to compare functions that are tuples by now with anything but None."""
    for value, other in ((left, right), (right, left)):
        if holds_function(value) and any(is_function(k) or holds_function(of(k)) for k in contents(other)):
            raise UnsupportedError(
                "S038", "cannot tell whether two functions are the same one", span,
                "pass a name or a number that tells which function is meant",
            )  # fmt: skip


def contents(value: Value) -> Iterator[Kind]:
    """The kinds of a value and of what it holds."""
    for kind in value.kinds:
        yield kind
        for item in kinds.parts(kind):
            yield from contents(item)


UNDEFINED = of(Undefined())


def captures(value: Value, name: str, frame: Frame) -> bool:
    """Does the value hold a function that captured this variable of this function?"""
    for kind in value.kinds:
        match kind:
            case Function(captures=found, home=home):
                inside = isinstance(home, Frame) and home.within(frame)
                if any((n == name and inside) or captures(v, name, frame) for n, v in found):
                    return True
            case _ if any(captures(v, name, frame) for v in kinds.parts(kind)):
                return True
    return False


def joined(a: Env | None, b: Env | None) -> Env | None:
    """The state where two paths meet."""
    if a is None or b is None:
        return b if a is None else a
    out = {}
    for name in a | b:
        left, right = a.get(name, UNDEFINED), b.get(name, UNDEFINED)
        out[name] = left if left is right else join(left, right)
    return out


def same_env(a: Env, b: Env | None) -> bool:
    """Have the variables settled?"""
    if b is None:
        return True
    return len(a) == len(b) and all(b[n] is v or (b[n] == v and origins(b[n]) == origins(v)) for n, v in a.items())
