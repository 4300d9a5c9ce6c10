"""The arguments of a call, and what is said of a call that cannot be followed."""

from __future__ import annotations

from typing import Any

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    Array,
    Dict,
    Kind,
    List,
    Object,
    Scalar,
    Static,
    Tuple,
    Unknown,
    Value,
    Weak,
    of,
    unknown,
)
from s2sgrad.ir.targets import Opaque

Arg = tuple[ir.Expr, Value]


def describe(kind: Kind) -> str:
    """A kind as a message calls it."""
    match kind:
        case Array():
            return "an array"
        case Tuple():
            return "a tuple"
        case List():
            return "a list"
        case Dict():
            return "a dict"
        case Weak(type=t):
            return f"a {t.__name__}"
        case Static(value=v):
            return f"{v!r}"
        case Object(cls=c):
            return f"a `{c.__name__}`"
        case Unknown(reason=r):
            return r or "a value of unknown kind"
    return "a " + type(kind).__name__.lower()


def numeric(kind: Kind) -> bool:
    """Is it an array or a number?"""
    return isinstance(kind, (Array, Scalar, Static)) or (isinstance(kind, Weak) and kind.type not in (str, slice))


def known_items(value: Value) -> tuple[Value, ...] | None:
    """The items of a list or tuple of known length."""
    kind = value.one
    return kind.items if isinstance(kind, (Tuple, List)) else None


def opaque(interp: Any, expr: ir.Call, reason: str, error: UnsupportedError | None = None) -> Value:
    """A call that is only run: its result is unknown. A method of a container or an array might change it: refused."""
    owner = interp.values.get(expr.func.value) if isinstance(expr.func, ir.Attr) else None
    if owner is not None and any(isinstance(k, (List, Dict, Array, Object)) for k in owner.kinds):
        raise UnsupportedError(
            "S013",
            f"cannot tell what `.{expr.func.name}()` does to {describe(owner.kinds[0])}",
            expr.span,
            "lists that grow are not followed yet: build an array of the final size and assign by index"
            if isinstance(owner.kinds[0], List)
            else "write it with NumPy functions, or give the function a rule (s2sgrad.rule)",
        )
    interp.analysis.targets[expr] = Opaque(reason, error)
    return unknown(reason, expr.span)


def arguments(interp: Any, exprs: tuple[ir.Expr, ...]) -> list[Arg]:
    """Positional arguments, `*args` taken apart."""
    out: list[Arg] = []
    for e in exprs:
        if not isinstance(e, ir.Starred):
            out.append((e, interp.eval(e)))
            continue
        items = known_items(interp.eval(e.value))
        if items is None:
            raise UnsupportedError(
                "S032", "the number of arguments behind this star is not known", e.span, "write the arguments out"
            )
        out += [(ir.Index(e.value, ir.Const(i), span=e.span), v) for i, v in enumerate(items)]
    return out


def keywords(interp: Any, kwargs: tuple[ir.Keyword, ...]) -> dict[str, Arg]:
    """Keyword arguments, `**kwargs` taken apart."""
    out: dict[str, Arg] = {}
    for k in kwargs:
        value = interp.eval(k.value)
        if k.name is not None:
            out[k.name] = (k.value, value)
            continue
        kind = value.one
        if not isinstance(kind, Dict) or kind.keys is None:
            raise UnsupportedError(
                "S032", "the keyword arguments behind `**` are not known", k.value.span, "write the arguments out"
            )
        for key, item in zip(kind.keys, kind.items, strict=True):
            out[key] = (ir.Index(k.value, ir.Const(key), span=k.value.span), item)
    return out


def bind(
    expr: ir.Call,
    function: ir.Function,
    args: list[Arg],
    kwargs: dict[str, Arg],
    defaults: dict[str, Arg],
) -> list[Arg]:
    """One argument for each parameter, as Python binds them."""
    kwargs = dict(kwargs)
    rest = list(args)
    out: list[Arg] = []
    for param in function.params:
        if param.kind == "star":
            node = ir.Tuple(tuple(e for e, _ in rest), span=expr.span)
            out.append((node, of(Tuple(tuple, tuple(v for _, v in rest)))))
            rest = []
        elif param.kind == "starstar":
            keys = tuple(ir.Const(k) for k in kwargs)
            pairs = ir.Dict(keys, tuple(e for e, _ in kwargs.values()), span=expr.span)
            out.append((pairs, of(Dict(tuple(kwargs), tuple(v for _, v in kwargs.values())))))
            kwargs = {}
        elif rest and param.kind != "keyword":
            out.append(rest.pop(0))
        elif param.name in kwargs and param.kind != "positional-only":
            out.append(kwargs.pop(param.name))
        elif param.name in defaults:
            out.append(defaults[param.name])
        else:
            message = f"`{function.name}` is called without its argument `{param.name}`"
            raise UnsupportedError("S034", message, expr.span, signature_hint(function))
    if rest or kwargs:
        name = f"`{next(iter(kwargs))}`" if kwargs else "positional"
        message = f"`{function.name}` is called with a {name} argument too many"
        raise UnsupportedError("S034", message, expr.span, signature_hint(function))
    return out


def signature_hint(function: ir.Function) -> str:
    """What a call of a function may look like."""
    stars = {"star": "*", "starstar": "**"}
    return f"its parameters are ({', '.join(stars.get(p.kind, '') + p.name for p in function.params)})"
