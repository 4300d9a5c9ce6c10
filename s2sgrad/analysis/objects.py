"""Objects: attributes, methods and properties of instances of users' classes."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Bound, Kind, Object, Static, Value, lift, of, unknown
from s2sgrad.ir.targets import Expand

SLOTS = types.MemberDescriptorType


def lookup(cls: type, name: str) -> Any:
    """What a class has under a name, as it stands there; None if nothing."""
    return inspect.getattr_static(cls, name, None)


def method(interp: Any, expr: ir.Attr, owner: Kind, function: Any) -> Value:
    """A method of what the attribute is looked up on."""
    interp.analysis.methods.add(expr)
    return of(Bound(of(owner), function))


def attribute(interp: Any, expr: ir.Attr, kind: Object, name: str) -> Value:
    """An attribute of an instance: a field, a method, a class's; what was read is noted as a dependency."""
    cls, namespace = kind.cls, interp.frame.namespace
    if lookup(cls, "__getattribute__") is not object.__getattribute__:
        return unknown(f"attribute `{name}` of a `{cls.__name__}`, which has attributes of its own making", expr.span)
    found = lookup(cls, name)
    if found is not None:
        namespace.note_method(cls, name)
    if isinstance(found, (property, functools.cached_property)):
        return computed(interp, expr, kind, found, name)
    value = field(interp, kind, name)
    if value is not None:
        return value
    match found:
        case types.FunctionType():
            return method(interp, expr, kind, found)
        case staticmethod():
            return of(Static(found.__func__))
        case classmethod():
            return of(Static(getattr(cls, name)))
    inner = getattr(found, "__s2sgrad_function__", None)
    if isinstance(inner, types.FunctionType):
        return method(interp, expr, kind, inner)
    if found is None or hasattr(type(found), "__get__"):
        return unknown(f"attribute `{name}` of a `{cls.__name__}`", expr.span)
    return namespace.attribute(cls, name, expr.span)


def field(interp: Any, kind: Object, name: str) -> Value | None:
    """A field of an instance, if it has one of this name."""
    instance = getattr(kind.witness, "__dict__", {})
    if name in instance:
        value = instance[name]
    elif isinstance(lookup(kind.cls, name), SLOTS) and hasattr(kind.witness, name):
        value = getattr(kind.witness, name)
    else:
        return None
    interp.frame.namespace.note_field(kind, name, value)
    return lift(value, None, None if kind.path is None else f"{kind.path}.{name}")


def computed(interp: Any, expr: ir.Attr, kind: Object, found: Any, name: str) -> Value:
    """A property: a call of its function."""
    if isinstance(found, functools.cached_property):
        stored = field(interp, kind, name)
        if stored is not None:
            return stored
    getter = found.fget if isinstance(found, property) else found.func
    if not isinstance(getter, types.FunctionType):
        raise UnsupportedError("S020", f"the property `{name}` has no source", expr.span, "write it as a method")
    inner = ir.Call(ir.Ref(name, getter), (expr.value,), span=expr.span)
    value = interp.values[inner] = interp.call_value(inner, of(Static(getter)), [(expr.value, of(kind))], {})
    interp.analysis.targets[expr] = Expand(inner)
    return value
