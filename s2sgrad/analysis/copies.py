"""Calls that make copies, or that may: each said by a function of which it is known whether it does."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.lowering import Args, Kwargs, Lowering, Writer, given
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Array, Dict, List, Scalar, Static, Tuple, Value, Weak
from s2sgrad.ir.targets import Primitive

__all__ = ["COPIES"]

ASARRAY = ir.Ref("np.asarray", np.asarray, np)


def array(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.array(x, copy=…)` and `np.asarray(x, copy=…)`: without a copy wherever that can be."""
    if "copy" not in kwargs or len(args) > 2:
        return None
    copies = kwargs.pop("copy")[1].static
    if type(copies) is not bool and copies is not None:
        raise write.refuse("whether this call makes a copy is not known", "write `copy=True`")
    function = ir.Ref("np.array", np.array, np) if copies else ASARRAY
    return converted(write, function, args, kwargs)


def astype(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`a.astype(dtype, copy=…)`: without a copy where the array has that dtype."""
    found = given(write, "self dtype order casting subok copy", args, kwargs)
    if found is None or "copy" not in found or found.keys() - {"self", "dtype", "copy"}:
        return None
    copies = found["copy"][1].static
    if type(copies) is not bool:
        raise write.refuse("whether this call makes a copy is not known", "write `copy=True`")
    function = ir.Ref("np.ndarray.astype", np.ndarray.astype, np) if copies else ASARRAY
    return converted(write, function, [found["self"], found["dtype"]], {})


def require(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.require(a, dtype, requirements)`: where `a` meets them, it is `a` itself."""
    found = given(write, "a dtype requirements", args, kwargs)
    if found is None or "a" not in found:
        return None
    return converted(write, ASARRAY, [found[name] for name in ("a", "dtype") if name in found], {})


def converted(write: Lowering, function: ir.Ref, args: Args, kwargs: Kwargs) -> Value:
    """A call of this function in place of the other."""
    keywords = tuple(ir.Keyword(k, write.atom(a)) for k, a in kwargs.items())
    return write.done(ir.Call(function, tuple(map(write.atom, args)), keywords, span=write.span))


def shallow(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`copy.copy(x)`."""
    if len(args) != 1 or kwargs:
        return None
    kind, x = args[0][1].one, write.atom(args[0])
    match kind:
        case Array():
            return write.done(ir.Call(ir.Ref("np.ndarray.copy", np.ndarray.copy, np), (x,), span=write.span))
        case List():
            return write.done(ir.Call(ir.Ref("list", list), (x,), span=write.span))
        case Dict(keys=keys) if keys is not None:
            return write.done(ir.Dict((None,), (x,), span=write.span))
        case Tuple() | Scalar() | Weak() | Static():
            return write.done(x)
    return None


def deep(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`copy.deepcopy(x)`: of the same kind, with memory of its own."""
    if len(args) != 1 or kwargs:
        return None
    value = args[0][1]
    if value.is_array:
        return shallow(write, target, args, kwargs)
    if value.is_scalar:
        return write.done(write.atom(args[0]))
    if not value.is_container or holds_functions(value):
        return None
    rule = write.interp.inference.rules.lookup(runtime.deeply_copied)
    write.interp.analysis.targets[write.expr] = Primitive(rule, (args[0][0],))
    return value


def holds_functions(value: Value) -> bool:
    """Is there anything in it but arrays, numbers and containers of them?"""
    for kind in value.kinds:
        if isinstance(kind, (Tuple, List, Dict)):
            inner = (*(kind.items or ()), *((kind.element,) if getattr(kind, "element", None) is not None else ()))
            if any(map(holds_functions, inner)):
                return True
        elif not isinstance(kind, (Array, Scalar, Weak, Static)):
            return True
    return False


COPIES: dict[Any, Writer] = {
    np.array: array,
    np.asarray: array,
    np.ndarray.astype: astype,
    np.require: require,
    copy.copy: shallow,
    copy.deepcopy: deep,
}
