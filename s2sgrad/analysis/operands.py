"""Operands that are containers: NumPy makes arrays of them."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from s2sgrad.analysis.arguments import Arg
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Array, List, Object, Scalar, Tuple, Value
from s2sgrad.ir.targets import Expand, Primitive


def binary(interp: Any, expr: ir.Binary, left: Value, right: Value) -> tuple[Value, Value]:
    """The operands' kinds. `array * [x, y]` is said as `array * np.asarray([x, y])`."""
    interp.analysis.targets.pop(expr, None)
    if not (of_numpy(left) or of_numpy(right)):
        return left, right
    (a, x), (b, y) = as_array(interp, (expr.left, left)), as_array(interp, (expr.right, right))
    if a is not expr.left or b is not expr.right:
        interp.analysis.targets[expr] = Expand(ir.Binary(expr.op, a, b, span=expr.span))
    return x, y


def joined(interp: Any, expr: ir.Index, base: Value) -> Value | None:
    """`np.r_[a, b]` and `np.c_[a, b]` of arrays and numbers are joins of their items."""
    interp.analysis.targets.pop(expr, None)
    builder = base.one.witness if isinstance(base.one, Object) else None
    items = expr.index.items if isinstance(expr.index, ir.Tuple) else (expr.index,)
    if (builder is not np.r_ and builder is not np.c_) or any(not joins(interp.eval(item)) for item in items):
        return None
    if builder is np.r_:
        items = tuple(numpy_call(np.atleast_1d, item) for item in items)
    call = numpy_call(np.concatenate if builder is np.r_ else np.column_stack, ir.List(items, span=expr.span))
    interp.analysis.targets[expr] = Expand(call)
    return interp.eval(call)


def joins(value: Value) -> bool:
    """Is it an array, a number or a list of such, rather than a range or an order in words?"""
    return value.is_array or value.is_scalar or isinstance(value.one, List)


def numpy_call(function: Any, arg: ir.Expr) -> ir.Call:
    """A call of a function of NumPy."""
    return ir.Call(ir.Ref(f"np.{function.__name__}", function), (arg,), span=arg.span)


def of_arrays(interp: Any, rule: Any, args: list[Arg], kwargs: dict[str, Arg]) -> tuple[list[Arg], dict[str, Arg]]:
    """The arguments of a NumPy function: containers of numbers are made arrays, unless its rule takes them."""
    if not rule.path.path.startswith("np.") or rule.lists or rule.family == "zero":
        return args, kwargs
    return [as_array(interp, a) for a in args], {n: as_array(interp, a) for n, a in kwargs.items()}


def is_outer(target: Any) -> bool:
    """Is it the method `outer` of one of NumPy's elementwise functions?"""
    method = isinstance(target, types.BuiltinFunctionType) and target.__name__ == "outer"
    return method and isinstance(target.__self__, np.ufunc)


def outer(interp: Any, expr: ir.Call, ufunc: np.ufunc, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`np.add.outer(x, z)` of a vector `z` is `np.add(x[..., None], z)`; None where the rank of `z` is not known."""
    if len(args) != 2 or kwargs:
        return None
    (left, first), (right, value) = (as_array(interp, a) for a in args)
    rank = value.one.rank if isinstance(value.one, Array) else 0 if value.is_scalar else None
    if rank is None:
        return None
    if rank and not first.is_scalar:
        left = ir.Index(left, ir.Tuple((ir.Const(Ellipsis), *[ir.Const(None)] * rank)), span=expr.span)
    call = ir.Call(ir.Ref(f"np.{ufunc.__name__}", ufunc, np), (left, right), span=expr.span)
    interp.analysis.targets[expr] = Expand(call)
    return interp.eval(call)


def of_numpy(value: Value) -> bool:
    """Is it an array, or a number of NumPy's?"""
    return isinstance(value.one, (Array, Scalar))


def as_array(interp: Any, arg: Arg) -> Arg:
    """An operand as it is, or as an array if it is a list or tuple that a derivative may flow through."""
    expr, value = arg
    if not (isinstance(value.one, (List, Tuple)) and value.differentiable):
        return arg
    rule = interp.inference.rules.lookup(np.asarray)
    call = ir.Call(ir.Ref("np.asarray", np.asarray), (expr,), span=expr.span)
    interp.analysis.targets[call] = Primitive(rule, (expr,))
    interp.values[call] = interp.runner.apply(np.asarray, (value,), {}, elementwise=False)
    return call, interp.values[call]
