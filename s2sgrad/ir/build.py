"""Expressions built with the obvious simplifications: no `1 * x`, no `x + 0`, signs and divisions where they belong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sgrad.ir import nodes as ir

NUMBERS = (int, float)


def number(e: ir.Expr) -> Any:
    """The value of a literal number, else None."""
    return e.value if isinstance(e, ir.Const) and type(e.value) in NUMBERS else None


def literal(value: Any) -> ir.Expr:
    """A number as an expression; a negative one as a negation, as it is written."""
    if value < 0 and not math.isnan(value):
        return ir.Unary("-", ir.Const(-value))
    return ir.Const(value)


def constant_of(e: ir.Expr) -> Any:
    """The value of a literal number, negated ones included, else None."""
    if isinstance(e, ir.Unary) and e.op == "-":
        inner = number(e.operand)
        return None if inner is None else -inner
    return number(e)


def negated(e: ir.Expr) -> ir.Expr | None:
    """The expression without its leading minus, if it has one."""
    match e:
        case ir.Unary(op="-", operand=inner):
            return inner
        case ir.Binary(op="*" | "/" | "@", left=a, right=b):
            positive = negated(a)
            return None if positive is None else ir.Binary(e.op, positive, b, span=e.span)
    return None


def neg(e: ir.Expr) -> ir.Expr:
    """`-e`, without two signs in a row."""
    positive = negated(e)
    if positive is not None:
        return positive
    if isinstance(e, ir.Binary) and e.op == "-":
        return ir.Binary("-", e.right, e.left)
    return ir.Unary("-", e)


def mul(a: ir.Expr, b: ir.Expr) -> ir.Expr:
    """`a * b`, where `a` is the adjoint and `b` the partial derivative."""
    for one, other in ((a, b), (b, a)):
        value = constant_of(one)
        if value == 1:
            return other
        if value == -1:
            return neg(other)
    match b:
        case ir.Unary(op="-", operand=inner):
            return neg(mul(a, inner))
        case ir.Binary(op="/", left=top, right=bottom):
            return ir.Binary("/", mul(a, top), bottom)
        case ir.Binary(op="*", left=c, right=inner) if constant_of(c) is not None:
            return mul(mul(c, a), inner)
    match a:
        case ir.Unary(op="-", operand=inner):
            return neg(mul(inner, b))
        case ir.Const() if isinstance(b, ir.Binary) and b.op == "*" and number(b.left) is not None:
            return mul(ir.Const(a.value * b.left.value), b.right)
    return ir.Binary("*", a, b)


def fold(e: ir.Expr) -> ir.Expr:
    """One node simplified; its operands are already."""
    match e:
        case ir.Binary(op=op, left=a, right=b):
            return fold_binary(e, op, a, b, constant_of(a), constant_of(b))
        case ir.Unary(op="-", operand=ir.Unary(op="-", operand=inner)):
            return inner
    return e


def fold_binary(e: ir.Binary, op: str, a: ir.Expr, b: ir.Expr, x: Any, y: Any) -> ir.Expr:
    """The operation without neutral operands and double signs; `x` and `y` are the values of literal operands."""
    if x is not None and y is not None:
        try:
            value = {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "**": lambda: x**y}[op]()
        except (KeyError, OverflowError, ZeroDivisionError):
            return e
        if isinstance(value, (int, float)) and len(repr(value)) < 12:
            return literal(value)
    match op:
        case "**" if y == 1:
            return a
        case "*" if x == 1:
            return b
        case "*" | "/" if y == 1:
            return a
        case "+" | "-" if y == 0 and type(y) is int:
            return a
        case "+" | "-":
            positive = negated(b)
            if positive is not None:
                return ir.Binary("-" if op == "+" else "+", a, positive, span=e.span)
    return e


def np_call(name: str, *args: ir.Expr) -> ir.Call:
    """`np.name(*args)`."""
    return ir.Call(ir.Ref(f"np.{name}", getattr(np, name), np), args)
