"""What is known of operands: their kinds, whether a derivative flows through them, whether shapes are equal."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import UNKNOWN, Array, Object, Static, Tuple, Value, named, of
from s2sgrad.ir.traverse import children
from s2sgrad.transform.program import Program


class Operands:
    """Facts about the operands of a program."""

    def __init__(self, program: Program) -> None:
        self.p = program

    def kind_of(self, e: ir.Expr) -> Value:
        """The kind of an operand."""
        match e:
            case ir.Name(id=name):
                return self.p.kinds.get(name, UNKNOWN)
            case ir.Const(value=v) | ir.Ref(value=v):
                return of(Static(v))
            case ir.Unary(op="-", operand=ir.Const(value=v)):
                return of(Static(-v))
            case ir.Tuple(items=items):
                return of(Tuple(tuple, tuple(map(self.kind_of, items))))
        return UNKNOWN

    def is_active(self, e: ir.Expr) -> bool:
        """Does a derivative flow through an operand?"""
        return isinstance(e, ir.Name) and e.id in self.p.active

    def bind(self, rule: Any, args: tuple, kwargs: dict[str, ir.Expr]) -> dict[str, ir.Expr]:
        """The operands by the names that the rule gives them, defaults included."""
        bound = rule.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        out: dict[str, ir.Expr] = {}
        for name, e in bound.arguments.items():
            out[name] = as_operand(e)
        return out

    def same_shape(self, x: ir.Expr, y: ir.Expr) -> bool:
        """Is it proved that `x`, an operand of the elementwise result `y`, has its shape?"""
        a, b = self.kind_of(x).one, self.kind_of(y).one
        if not isinstance(a, Array) or not isinstance(b, Array) or a.rank != b.rank:
            return False
        pairs = ((self.p.axes.find(p), self.p.axes.find(q)) for p, q in zip(a.axes, b.axes, strict=True))
        return all(p is not None and (p == q or (named(p) and named(q))) for p, q in pairs)

    def alone(self, name: str, rule: Any, binding: dict[str, ir.Expr]) -> bool:
        """Is this the only operand that may be an array? Then nothing was broadcast to another shape."""
        others = [binding[n] for n in rule.signature.parameters if n != name and n in binding]
        if not all(self.kind_of(e).is_scalar for e in others):
            return False
        return self.kind_of(binding[name]).is_array or not others


def as_operand(e: Any) -> ir.Expr:
    """An argument as it is, several as a tuple, a default as a constant."""
    if isinstance(e, tuple):
        return ir.Tuple(tuple(map(as_operand, e)))
    return e if isinstance(e, ir.Expr) else ir.Const(e)


def check_refused(rule: Any, active: list[str]) -> None:
    """Refuse operands by which a rule knows no derivative."""
    for name in active:
        if name in rule.refused:
            raise UnsupportedError(
                "S022", f"no derivative of `{rule.path.path}` by its argument `{name}` is known", None,
                "write it with other NumPy functions, or wrap the argument in s2sgrad.stop_gradient",
            )  # fmt: skip


def atoms(e: ir.Expr) -> list[ir.Name]:
    """The operands that an elementwise partial reads elementwise."""
    match e:
        case ir.Name():
            return [e]
        case ir.Attr():
            return []
    return [n for child in children(e) for n in atoms(child)]


def check_field(base: Value, name: str, span: Any) -> None:
    """Refuse to differentiate by an object whose class does not tell its fields."""
    for kind in base.kinds:
        if isinstance(kind, Object) and kind.fields is None and not has_fields(kind.cls):
            raise no_field(name, span)


def has_fields(cls: type) -> bool:
    """Does a class tell the fields of its instances? Then a gradient is an instance of it, too."""
    return dataclasses.is_dataclass(cls) or issubclass(cls, types.SimpleNamespace)


def no_field(name: str, span: Any) -> UnsupportedError:
    """The refusal of an attribute that a derivative would have to flow through."""
    return UnsupportedError(
        "S026", f"no derivative is known for the attribute `{name}` of a differentiated value", span,
        "keep what is differentiated in dataclasses, namedtuples, dicts, lists or tuples",
    )  # fmt: skip
