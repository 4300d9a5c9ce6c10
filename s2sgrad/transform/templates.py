"""A rule's text, filled in: static tests decided, operands put in place of the holes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import fold
from s2sgrad.ir.kinds import Array, Kind, List, Scalar, Tuple, Value, is_complex, is_scalar
from s2sgrad.ir.traverse import rebuild

Binding = dict[str, ir.Expr]


class Undecided(Exception):
    """A test that the kinds do not decide."""


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
}  # fmt: skip
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod,
    "**": operator.pow,
}  # fmt: skip


class Facts:
    """What a static test may ask about the operands of one call."""

    def __init__(
        self, binding: Binding, kind_of: Callable[[ir.Expr], Value], alike: Callable[[ir.Expr], ir.Expr]
    ) -> None:
        self.binding = binding
        self.alike = alike  # an operand of the same shape that is at hand anyway
        self.kind_of = kind_of

    def decide(self, test: ir.Expr) -> bool | None:
        """The truth of a test, or None where it is not known at compile time."""
        try:
            return bool(self.value(test))
        except (Undecided, TypeError):  # a comparison of complex numbers, say
            return None

    def value(self, e: ir.Expr) -> Any:
        """The value of a test's operand; raises Undecided where it is not known."""
        match e:
            case ir.Const(value=v) | ir.Ref(value=v):
                return v
            case ir.Tuple(items=items):
                return tuple(map(self.value, items))
            case ir.Hole(name=name):
                return self.static(name)
            case ir.Unary(op="not", operand=a):
                return not self.truth(a)
            case ir.Unary(op="-", operand=a):
                return -self.value(a)
            case ir.BoolOp(op=op, values=values):
                return self.both(op, values)
            case ir.Compare(op="is" | "is not", left=a, right=b):
                return self.same(a, b) == (e.op == "is")
            case ir.Compare(op=op, left=a, right=b):
                return COMPARE[op](self.value(a), self.value(b))
            case ir.Binary(op=op, left=a, right=b) if op in ARITHMETIC:
                return ARITHMETIC[op](self.value(a), self.value(b))
            case ir.Attr(value=ir.Hole(name=name), name=attribute):
                return self.attribute(name, attribute)
            case ir.Attr(value=inner, name=attribute):
                return getattr(self.value(inner), attribute)
            case ir.Call(func=ir.Ref(value=np.ndim), args=(ir.Hole(name=name),)):
                return self.attribute(name, "ndim")
            case ir.Call(func=ir.Ref(value=np.isrealobj), args=(ir.Hole(name=name),)):
                return self.is_real(name)
            case ir.Call(func=ir.Ref(value=f), args=args) if f in (len, isinstance, type):
                return self.call(f, args)
        raise Undecided

    def truth(self, e: ir.Expr) -> bool:
        """The truth of an operand."""
        return bool(self.value(e))

    def both(self, op: str, values: tuple[ir.Expr, ...]) -> bool:
        """`and`, `or`: one decided operand may decide the whole."""
        undecided = False
        for e in values:
            try:
                if bool(self.value(e)) == (op == "or"):
                    return op == "or"
            except Undecided:
                undecided = True
        if undecided:
            raise Undecided
        return op == "and"

    def same(self, a: ir.Expr, b: ir.Expr) -> bool:
        """`a is b`; of an operand, whether it is None."""
        for one, other in ((a, b), (b, a)):
            if isinstance(other, ir.Const) and other.value is None and isinstance(one, ir.Hole):
                answers = {getattr(k, "value", ...) is None for k in self.operand(one.name).kinds}
                if len(answers) == 1:
                    return answers.pop()
                raise Undecided
        return self.value(a) is self.value(b)

    def operand(self, name: str) -> Value:
        """The kind of an operand."""
        value = self.kind_of(self.binding[name]) if name in self.binding else None
        if value is None or not value.known:
            raise Undecided
        return value

    def static(self, name: str) -> Any:
        """The value of an operand."""
        value = self.operand(name).static
        if value is NotImplemented:
            raise Undecided
        return value

    def attribute(self, name: str, attribute: str) -> Any:
        """The rank or the dtype of an operand."""
        kinds = self.operand(name).kinds
        found = set()
        for kind in kinds:
            if attribute == "ndim" and (isinstance(kind, Array) or is_scalar(kind)):
                found.add(kind.rank if isinstance(kind, Array) else 0)
            elif attribute == "dtype" and isinstance(kind, (Array, Scalar)):
                found.add(kind.dtype)
            else:
                raise Undecided
        if len(found) != 1:
            raise Undecided
        return found.pop()

    def is_real(self, name: str) -> bool:
        """Is the operand known not to be complex, or an item of it?"""
        answers = set(map(real, self.operand(name).kinds))
        if len(answers) != 1:
            raise Undecided
        return answers.pop()

    def is_number(self, name: str) -> bool:
        """Is the operand a number, not an array?"""
        return name in self.binding and self.kind_of(self.binding[name]).is_scalar

    def call(self, function: Any, args: tuple[ir.Expr, ...]) -> Any:
        """`len(operand)`."""
        if function is len and isinstance(args[0], ir.Hole):
            bound = self.binding.get(args[0].name)
            if isinstance(bound, ir.Tuple):
                return len(bound.items)
            kind = self.operand(args[0].name).one
            if isinstance(kind, (Tuple, List)) and kind.items is not None:
                return len(kind.items)
        raise Undecided


def real(kind: Kind) -> bool:
    """Is a kind, are the items of a container, real?"""
    if isinstance(kind, (Tuple, List)):
        items = kind.items if kind.items is not None else (kind.element,)
        return all(real(k) for v in items if v is not None for k in v.kinds)
    return not is_complex(kind)


def instantiate(template: ir.Expr, facts: Facts, bars: dict[str, ir.Expr], temps: dict[str, ir.Expr]) -> ir.Expr:
    """The template with operands, adjoints and temporaries in place, constants folded."""

    def fill(e: ir.Expr) -> ir.Expr:
        match e:
            case ir.Hole(name=name, part="primal"):
                return facts.binding[name]
            case ir.Hole(name=name):
                return bars[name]
            case ir.Name(id=name):
                return temps[name]
            case ir.IfExp(test=test, body=body, orelse=orelse):
                return fill(body) if facts.decide(test) else fill(orelse)
            case ir.Const() | ir.Ref():
                return e
            case ir.Attr(value=ir.Hole(name=name), name="size") if facts.is_number(name):
                return ir.Const(1)
            case ir.Attr(value=ir.Hole(name=name), name="size" | "shape"):
                return ir.Attr(facts.alike(facts.binding[name]), e.name)
        return fold(rebuild(e, fill))

    return fill(template)


def selected(block: ir.Block, facts: Facts) -> list[ir.Stmt]:
    """The statements of a rule that apply: of each `if`, the branch taken; the last one where nothing is known."""
    out: list[ir.Stmt] = []
    for stmt in block:
        match stmt:
            case ir.If(test=test, body=body, orelse=orelse):
                out += selected(body if facts.decide(test) else orelse, facts)
            case ir.Raise(exception=ir.Call(args=args)):
                message = (
                    args[0].value if args and isinstance(args[0], ir.Const) else "no derivative is known for this case"
                )
                raise UnsupportedError("S022", str(message), hint="write it with other NumPy functions")
            case _:
                out.append(stmt)
    return out
