"""What a call reaches: kinds are inferred and calls resolved by one account of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir


@dataclass(frozen=True, eq=False, slots=True)
class Primitive:
    """A call of a function with a rule, in that function's own form: methods have become functions."""

    rule: Any
    args: tuple[ir.Expr, ...]
    kwargs: tuple[ir.Keyword, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class UserCall:
    """A call of a user's function: one argument for each of its (captured and ordinary) parameters."""

    analysis: Callee
    args: tuple[ir.Expr, ...]
    values: tuple[Any, ...] = ()  # their kinds, as the caller names them


@dataclass(frozen=True, eq=False, slots=True)
class Expand:
    """A call that stands for statements and an expression."""

    value: ir.Expr
    before: ir.Block = ()


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    """A call that is only run: allowed while nothing that is differentiated flows into it."""

    reason: str
    error: UnsupportedError | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Dispatch:
    """One of several expressions, mostly calls: the first whose test is true; the last one where there is none left."""

    tests: tuple[ir.Expr, ...]  # as many as calls: it may be none of them; one less: it is the last one then
    calls: tuple[ir.Expr, ...]


Target = Primitive | UserCall | Expand | Dispatch | Opaque


class Callee:
    """A user's function as it was analysed: what a reference holds to one that is differentiated by its source."""

    function: ir.Function


@dataclass(eq=False)
class Derivative(Callee):
    """The gradient of an analysed function by some of its arguments; or its pullback, with a cotangent behind them."""

    function: ir.Function  # its name
    inner: Any  # the analysis of the differentiated function
    wrt: tuple[int, ...]
    seeded: bool = False
    has_aux: bool = False


def callee_of(expr: ir.Expr) -> Callee | None:
    """The analysed function that an expression calls, if it is such a call."""
    if isinstance(expr, ir.Call) and isinstance(expr.func, ir.Ref) and isinstance(expr.func.value, Callee):
        return expr.func.value
    return None
