"""A call said in other statements, which the compiler differentiates.

The statements are in normal form. Each is run on kinds as it is written, so that what it reaches is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sgrad.analysis.arguments import Arg
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Value
from s2sgrad.ir.targets import Expand

__all__ = ["Args", "Kwargs", "Lowering", "Writer", "given", "is_array"]

Args = list[Arg]
Kwargs = dict[str, Arg]


class Lowering:
    """The statements that one call stands for."""

    def __init__(self, interp: Any, expr: ir.Call) -> None:
        self.interp = interp
        self.expr = expr
        self.span = expr.span
        self.before: list[ir.Stmt] = []

    def fresh(self) -> str:
        """A name that is the same whenever this call is analysed."""
        return self.interp.frame.temporary(self.expr, len(self.before))

    def run(self, stmt: ir.Stmt) -> None:
        """Append a statement, and run it on kinds."""
        self.before.append(stmt)
        self.interp.statement(stmt)

    def keep(self, value: ir.Expr) -> ir.Name:
        """The value of an expression under a name."""
        name = self.fresh()
        self.run(ir.Assign(ir.Name(name, span=self.span), value, span=self.span))
        return ir.Name(name, span=self.span)

    def atom(self, arg: Arg) -> ir.Expr:
        """An argument as a new atom."""
        expr, value = arg
        match expr:
            case ir.Const(value=v):
                return ir.Const(v, span=self.span)
            case ir.Name(id=name):
                return ir.Name(name, span=self.span)
        name = self.fresh()
        self.before.append(ir.Assign(ir.Name(name, span=self.span), expr, span=self.span))
        self.interp.values[expr] = value
        self.interp.bind(name, value)
        return ir.Name(name, span=self.span)

    def base(self, arg: Arg) -> ir.Name:
        """What is written into: an array that has a name."""
        atom = self.atom(arg)
        return atom if isinstance(atom, ir.Name) else self.keep(atom)

    def const(self, value: Any) -> ir.Const:
        """A literal."""
        return ir.Const(value, span=self.span)

    def call(self, function: ir.Ref, args: Sequence[ir.Expr], kwargs: Sequence[ir.Keyword] = ()) -> ir.Name:
        """The value of a call under a name."""
        return self.keep(ir.Call(function, tuple(args), tuple(kwargs), span=self.span))

    def numpy(self, name: str, *args: ir.Expr) -> ir.Name:
        """The value of `np.name(*args)` under a name."""
        return self.call(ir.Ref(f"np.{name}", getattr(np, name), np), args)

    def value(self, e: ir.Expr) -> Value:
        """The kind of an atom."""
        return self.interp.eval(e)

    def store(self, base: ir.Name, index: ir.Expr, value: ir.Expr) -> None:
        """`base[index] = value`."""
        self.run(ir.Store(self.place(base, index), value, span=self.span))

    def fill(self, base: ir.Name, value: ir.Expr) -> None:
        """`base[...] = value`."""
        self.store(base, self.const(Ellipsis), value)

    def accumulate(self, function: np.ufunc, base: ir.Name, index: ir.Expr, value: ir.Expr) -> None:
        """`function.at(base, index, value)`."""
        by = ir.Ref(f"np.{function.__name__}.at", function.at, np)
        op = "+" if function is np.add else "-"
        self.run(ir.Augment(self.place(base, index), op, value, by, span=self.span))

    def place(self, base: ir.Name, index: ir.Expr) -> ir.Index:
        """`base[index]` as a target."""
        return ir.Index(ir.Name(base.id, span=self.span), index, span=self.span)

    def done(self, value: ir.Expr) -> Value:
        """The call stands for these statements and then this value."""
        self.interp.analysis.targets[self.expr] = Expand(value, tuple(self.before))
        return self.value(value)

    def refuse(self, message: str, hint: str) -> UnsupportedError:
        """A refusal of the call."""
        return UnsupportedError("S013", message, self.span, hint)


Writer = Callable[[Lowering, Any, Args, Kwargs], Value | None]


def given(write: Lowering, names: str, args: Args, kwargs: Kwargs) -> dict[str, Arg] | None:
    """The arguments by their names; None if they do not fit."""
    parameters = names.split()
    bound = dict(zip(parameters, args, strict=False)) | kwargs
    return bound if len(args) <= len(parameters) and bound.keys() <= set(parameters) else None


def is_array(arg: Arg | None) -> bool:
    """Is the argument an array?"""
    return arg is not None and arg[1].is_array
