"""Which names a derivative flows through: those that depend on a differentiated argument (varied) and that the result
depends on (useful)."""

from __future__ import annotations

from typing import Any

from s2sgrad import runtime
from s2sgrad.analysis.effects import ZERO_ATTRIBUTES, Aliases
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Value, lift, user_class
from s2sgrad.ir.targets import Callee, Opaque, callee_of
from s2sgrad.ir.traverse import children, expressions, names_in, statements
from s2sgrad.rules import mutators

Kinds = dict[str, Value]


def flows(expr: ir.Expr, lookup: Any) -> tuple[str, ...]:
    """The names from which a derivative flows into the value of an expression."""
    match expr:
        case ir.Name(id=name):
            return (name,)
        case ir.Compare() | ir.Format() | ir.Const() | ir.Ref() | ir.Slice():
            return ()
        case ir.Unary(op="not" | "~"):
            return ()
        case ir.Index(value=value):
            return flows(value, lookup)
        case ir.Attr(name=name) if name in ZERO_ATTRIBUTES:
            return ()
        case ir.Call(func=ir.Ref(value=target)):
            rule = lookup(target)
            if rule is not None:
                return () if rule.family == "zero" else argument_names(expr)
    return tuple(n for e in children(expr) for n in names_in(e))


def is_text_of(value: ir.Expr, names: frozenset[str]) -> bool:
    """Is it a text that tells what one of these names holds?"""
    made = isinstance(value, ir.Format)
    if isinstance(value, ir.Call) and isinstance(value.func, ir.Ref):
        made = value.func.value in (str, repr, format)
    return made and any(n in names for n in names_in(value))


def texts_in(value: ir.Expr) -> tuple[str, ...]:
    """The names whose text goes into a value: not those that only say where in a container it stands."""
    return tuple(names_in(value.value if isinstance(value, ir.Index) else value))


def argument_names(expr: ir.Call) -> tuple[str, ...]:
    """The names in the arguments of a call."""
    return tuple(n for e in (*expr.args, *(k.value for k in expr.kwargs)) for n in names_in(e))


def raised(body: ir.Block) -> tuple[str, ...]:
    """The names that an exception which leaves a block may hold."""
    return tuple(
        n
        for stmt in statements(body)
        if isinstance(stmt, ir.Raise) or callee_of(getattr(stmt, "value", None)) is not None
        for e in expressions(stmt)
        for n in names_in(e)
    )


class Activity:
    """The active names of a function in single assignment."""

    def __init__(
        self,
        fn: ir.Function,
        kinds: Kinds,
        differentiated: frozenset[str],
        aliases: Aliases,
        lookup: Any,
        reasons: dict[Any, Opaque],
        kept: tuple[str, ...] = (),
        silent: bool = False,
    ) -> None:
        self.kinds = kinds
        self.lookup = lookup
        self.reasons = reasons  # why calls have no derivative, by their place in the source
        self.aliases = aliases
        self.edges: list[tuple[str, tuple[str, ...], ir.Stmt]] = []
        self.returned: tuple[str, ...] = ()
        for stmt in statements(fn.body):
            self.collect(stmt)
        self.returned = kept if silent else self.returned + kept  # what is in written parameters is a result, too
        self.varied = self.reach(differentiated, forward=True)
        self.check(fn)
        self.check_texts(fn)
        self.active = self.varied & self.reach(frozenset(self.returned), forward=False)

    def collect(self, stmt: ir.Stmt) -> None:
        """Note from which names a derivative may flow to those that a statement changes."""
        if not isinstance(stmt, (ir.Store, ir.Augment, ir.AugAssign)):
            for name in self.aliases.written.get(stmt, ()):
                self.edges.append((name, argument_names(stmt.value), stmt))
        match stmt:
            case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
                for a, b in zip(left, right, strict=True):
                    self.edges.append((a.id, tuple(names_in(b)), stmt))
            case ir.Assign(target=ir.Name(id=name), value=value):
                self.edges.append((name, flows(value, self.lookup), stmt))
            case ir.Store(target=ir.Index(value=ir.Name(id=name)), value=value):
                self.edges.append((name, flows(value, self.lookup), stmt))
            case ir.Augment(target=ir.Index(value=ir.Name(id=name)), value=value):
                self.edges.append((name, flows(value, self.lookup), stmt))
            case ir.AugAssign(target=ir.Name(id=name), value=value):
                self.edges.append((name, flows(value, self.lookup), stmt))
            case ir.Enter(target=ir.Name(id=name), manager=manager):
                self.edges.append((name, tuple(names_in(manager)), stmt))
            case ir.Try(name=ir.Name(id=name), body=body):
                self.edges.append((name, raised(body), stmt))
            case ir.Return(value=value) if value is not None:
                self.returned = tuple(names_in(value))

    def carries(self, name: str) -> bool:
        """Can the name hold a value with a derivative?"""
        value = self.kinds.get(name)
        return value is None or value.differentiable

    def reach(self, start: frozenset[str], forward: bool) -> frozenset[str]:
        """All names reached along the edges; a name of a written alias class brings the others along."""
        graph: dict[str, list[str]] = {}
        for target, sources, _ in self.edges:
            for source in sources:
                a, b = (source, target) if forward else (target, source)
                graph.setdefault(a, []).append(b)
        for group in self.aliases.written_classes():
            carriers = sorted(filter(self.carries, group))
            first = next(iter(carriers), "")
            for name in carriers:
                graph.setdefault(first, []).append(name)
                graph.setdefault(name, []).append(first)
        found = set()
        todo = [n for n in start if self.carries(n)]
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            todo.extend(n for n in graph.get(name, ()) if n not in found and self.carries(n))
        return frozenset(found)

    def check(self, fn: ir.Function) -> None:
        """Refuse calls without a derivative that a derivative would have to flow through."""
        for stmt in statements(fn.body):
            value = getattr(stmt, "value", None)
            if isinstance(stmt, ir.Enter) and any(n in self.varied for n in names_in(stmt.manager)):
                raise UnsupportedError(
                    "S101", "what this context manager does to its arguments is not known", stmt.span,
                    "enter the context outside, around the call of the function",
                )  # fmt: skip
            if isinstance(stmt, (ir.Assign, ir.Evaluate)) and isinstance(value, ir.Call) and self.opaque(value.func):
                self.check_call(stmt, value)
            elif isinstance(stmt, ir.Assign):
                self.check_operands(value)

    def check_texts(self, fn: ir.Function) -> None:
        """Refuse numbers made from text that was made from what varies: the derivative would be lost on the way."""
        texts: set[str] = set()
        before = -1
        while before < len(texts):
            before = len(texts)
            for stmt in statements(fn.body):
                match stmt:
                    case ir.Assign(target=ir.Name(id=name), value=value):
                        if is_text_of(value, self.varied):
                            texts.add(name)
                        elif not texts.isdisjoint(texts_in(value)):
                            self.check_number(stmt, name, value)
                            if not self.is_number(name):
                                texts.add(name)

    def is_number(self, name: str) -> bool:
        """Is it known to be a number or an array?"""
        value = self.kinds.get(name)
        return value is not None and (value.is_scalar or value.is_array)

    def check_number(self, stmt: ir.Assign, name: str, value: ir.Expr) -> None:
        """Refuse a call of a function with a derivative: it turns text into a number."""
        if not isinstance(value, ir.Call) or not isinstance(value.func, ir.Ref) or not self.carries(name):
            return
        rule = self.lookup(value.func.value)
        if rule is not None and rule.family != "zero":
            raise UnsupportedError(
                "S020", "no derivative flows through a number that is made from text", value.span or stmt.span,
                "compute with the number itself",
            )  # fmt: skip

    def check_operands(self, value: ir.Expr) -> None:
        """Refuse operators, items and NumPy functions of objects: their classes say what these do, not a rule."""
        match value:
            case ir.Binary() | ir.Unary() | ir.Compare() | ir.Index():
                operands = children(value)
            case ir.Call(func=ir.Ref(value=runtime.detached)):  # a parameter that is written into, copied
                return
            case ir.Call(func=ir.Ref(value=target)) if getattr(self.lookup(target), "family", "zero") != "zero":
                operands = (*value.args, *(k.value for k in value.kwargs))
            case _:
                return
        if isinstance(value, ir.Compare) and value.op in ("is", "is not"):
            return
        found = next((cls for e in operands for cls in self.classes(e)), None)
        if found is not None and any(n in self.varied for n in names_in(value)):
            raise UnsupportedError(
                "S020", f"no derivative flows through operators and items of an object of class `{found.__name__}`",
                value.span, "call a function or a method, by its name, that computes the same from numbers and arrays",
            )  # fmt: skip

    def classes(self, e: ir.Expr) -> list[type]:
        """The classes of users that an operand may be an instance of."""
        match e:
            case ir.Name(id=name):
                found = self.kinds.get(name)
            case ir.Ref(value=obj):
                found = lift(obj)
            case _:
                found = None
        classes = map(user_class, found.kinds if found is not None else ())
        return [cls for cls in classes if cls is not None]

    def opaque(self, func: ir.Expr) -> bool:
        """Is a call of this function only run, without a derivative?"""
        return not (
            isinstance(func, ir.Ref)
            and (isinstance(func.value, Callee) or self.lookup(func.value) is not None or mutators.mutator(func.value))
        )

    def check_call(self, stmt: ir.Assign | ir.Evaluate, call: ir.Call) -> None:
        """Refuse a call without a derivative if what varies goes in and could come out."""
        target = self.reasons.get(call.span)
        reason = (target and target.reason) or "what is called here is not known"
        names = (*argument_names(call), *names_in(call.func))
        if not any(n in self.varied for n in names):
            return
        if target is not None and target.error is not None:
            raise target.error
        if isinstance(stmt, ir.Evaluate) or any(n in self.varied for n in self.aliases.changed_by(call)):
            raise UnsupportedError(
                "S013", f"cannot tell what this call does to its arguments: {reason}", call.span,
                "assign by index, or give the function a rule (s2sgrad.rule)",
            )  # fmt: skip
        if stmt.target.id in self.varied:
            raise UnsupportedError(
                "S020", f"no derivative flows through this call: {reason}", call.span,
                "write it with NumPy functions, give it a rule (s2sgrad.rule), or wrap the argument in "
                "s2sgrad.stop_gradient",
            )  # fmt: skip
