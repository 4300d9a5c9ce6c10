"""Context managers: they are entered as they are, in the forward sweep; no derivative flows through them."""

from __future__ import annotations

import contextlib
from typing import Any

from s2sgrad import runtime
from s2sgrad.analysis.arguments import arguments, keywords
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Array, Dict, List, Object, Static, Tuple, Unknown, Value, of, unknown
from s2sgrad.ir.targets import Opaque

__all__ = ["enter", "is_null"]


def enter(interp: Any, stmt: ir.Enter) -> None:
    """`with manager as target:`."""
    if stmt.manager is None:
        return
    value = call(interp, stmt.manager) if isinstance(stmt.manager, ir.Call) else interp.eval(stmt.manager)
    if any(isinstance(k, (Array, Tuple, List, Dict)) or made_here(k) for k in value.kinds):
        raise UnsupportedError(
            "S101", "what this context manager does is not known", stmt.span,
            "enter the context outside, around the call of the function",
        )  # fmt: skip
    if stmt.target is not None:
        interp.bind(stmt.target.id, entered(interp, stmt))


def made_here(kind: Any) -> bool:
    """Is it an object that the program made, which is there in parts only?"""
    return isinstance(kind, Object) and kind.witness is None


def call(interp: Any, expr: ir.Call) -> Value:
    """A manager that is made on entering."""
    interp.eval(expr.func)
    args, kwargs = arguments(interp, expr.args), keywords(interp, expr.kwargs)
    target = interp.values[expr.func].static
    if target is not contextlib.nullcontext:
        given = args[1:] if target is runtime.strict else args
        for _, value in (*given, *kwargs.values()):
            if any(isinstance(k, (Array, List, Dict, Object, Unknown)) for k in value.kinds):
                raise UnsupportedError(
                    "S101", "what this context manager does to its arguments is not known", expr.span,
                    "enter the context outside, around the call of the function",
                )  # fmt: skip
    interp.analysis.targets[expr] = Opaque("a context manager")
    value = interp.values[expr] = unknown("a context manager", expr.span)
    return value


def entered(interp: Any, stmt: ir.Enter) -> Value:
    """What stands behind `as`: of a `nullcontext` its argument, else nothing is known of it."""
    if is_null(interp.values, stmt):
        return interp.values[stmt.manager.args[0]] if stmt.manager.args else of(Static(None))
    return unknown("what a context manager returns", stmt.span)


def is_null(values: dict[ir.Node, Value], stmt: ir.Enter) -> bool:
    """Is the manager a `nullcontext(x)`?"""
    manager = stmt.manager
    plain = isinstance(manager, ir.Call) and values[manager.func].static is contextlib.nullcontext
    return plain and not manager.kwargs and len(manager.args) < 2 and not any(map(starred, manager.args))


def starred(e: ir.Expr) -> bool:
    """Is it `*e`?"""
    return isinstance(e, ir.Starred)
