"""Operators that a user's class defines: each is a call of its method."""

from __future__ import annotations

import types
from typing import Any

from s2sgrad.analysis.objects import is_instance, lookup
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import BOTTOM, Kind, Static, Tuple, Value, is_scalar, unknown
from s2sgrad.ir.targets import Expand

BINARY = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "<<": "lshift", ">>": "rshift", "&": "and", "|": "or", "^": "xor",
}  # fmt: skip
UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}


def defines(kind: Kind | None, name: str) -> bool:
    """Is it an instance of a class that defines this method, in Python?"""
    return kind is not None and is_instance(kind) and isinstance(lookup(kind.cls, name), types.FunctionType)


def call(interp: Any, expr: ir.Expr, owner: ir.Expr, name: str, *args: ir.Expr) -> Value:
    """The expression is a call of a method."""
    inner = ir.Call(ir.Attr(owner, name, span=expr.span), args, span=expr.span)
    value = interp.eval(inner)
    if any(isinstance(k, Static) and k.value is NotImplemented for k in value.kinds):
        return unknown(f"`{name}` may be not implemented for these operands", expr.span)
    interp.analysis.targets[expr] = Expand(inner)
    return value


def binary(
    interp: Any, expr: ir.Binary | ir.AugAssign, a: ir.Expr, b: ir.Expr, left: Value, right: Value
) -> Value | None:
    """`a + b` where a class defines it: the left operand's, or where that is a number, the right operand's."""
    if BOTTOM in (left, right) or not any(is_instance(k) for k in (*left.kinds, *right.kinds)):
        return None
    interp.analysis.targets.pop(expr, None)
    name = BINARY[expr.op]
    one, two = left.one, right.one
    if isinstance(one, Tuple) and not defines(one, f"__{name}__"):
        return None  # joined or repeated, as tuples are
    overrides = two is not None and is_instance(two) and one is not None and is_instance(one) and one.cls is not two.cls
    if overrides and issubclass(two.cls, one.cls) and lookup(two.cls, f"__r{name}__") is not None:
        return unknown("the class on the right may answer first", expr.span)
    if defines(one, f"__{name}__"):
        return call(interp, expr, a, f"__{name}__", b)
    if one is not None and is_scalar(one) and defines(two, f"__r{name}__") and not is_array_like(two.cls):
        return call(interp, expr, b, f"__r{name}__", a)
    return None


def is_array_like(cls: type) -> bool:
    """Would a NumPy scalar on the left take it for an array?"""
    return any(lookup(cls, n) is not None for n in ("__array__", "__array_ufunc__", "__len__", "__getitem__"))


def unary(interp: Any, expr: ir.Unary, value: Value) -> Value | None:
    """`-a` where a class defines it."""
    interp.analysis.targets.pop(expr, None)
    return call(interp, expr, expr.operand, UNARY[expr.op]) if defines(value.one, UNARY[expr.op]) else None


def item(interp: Any, expr: ir.Index, base: Value) -> Value | None:
    """`a[i]` where a class defines it."""
    parts = expr.index.items if isinstance(expr.index, ir.Tuple) else (expr.index,)
    if not defines(base.one, "__getitem__") or any(isinstance(p, ir.Slice) for p in parts):
        return None
    return call(interp, expr, expr.value, "__getitem__", expr.index)


def updated(interp: Any, stmt: ir.AugAssign, left: Value, right: Value) -> Value | None:
    """`a += b` where a class defines the operator but not the change in place."""
    interp.analysis.targets.pop(stmt, None)
    kind = left.one
    if kind is None or not is_instance(kind) or lookup(kind.cls, f"__i{BINARY[stmt.op]}__") is not None:
        return None
    return binary(interp, stmt, stmt.target, stmt.value, left, right)
