"""Objects: attributes, methods and properties of instances of users' classes."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from s2sgrad import runtime
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    Bound,
    Kind,
    Object,
    Source,
    Static,
    Super,
    Tuple,
    Value,
    Weak,
    join,
    lift,
    of,
    unknown,
)
from s2sgrad.ir.targets import Dispatch, Expand
from s2sgrad.runtime import functional

PLAIN = tuple(cls.__getattribute__ for cls in (object, tuple, types.SimpleNamespace))
SLOTS = types.MemberDescriptorType
OWN = {"_replace": functional.replaced, "_asdict": functional.as_dict}  # of namedtuples


def lookup(cls: type, name: str) -> Any:
    """What a class has under a name, as it stands there; None if nothing."""
    return inspect.getattr_static(cls, name, None)


def made(cls: type, names: tuple[str, ...], values: tuple[Value, ...]) -> Value:
    """The kind of a new instance of a class, by its fields."""
    if any(not v.kinds for v in values):
        return BOTTOM
    if issubclass(cls, tuple):
        return of(Tuple(cls, values))
    return of(Object(cls, (), tuple(zip(names, values, strict=True))))


def method(interp: Any, expr: ir.Attr, owner: Kind, function: Any) -> Value:
    """A method of what the attribute is looked up on."""
    interp.analysis.methods.add(expr)
    return of(Bound(of(owner), function))


def attribute(interp: Any, expr: ir.Attr, kind: Object | Tuple, name: str) -> Value:
    """An attribute of an instance: a field, a method, a class's; what was read is noted as a dependency."""
    cls = kind.cls
    if lookup(cls, "__getattribute__") not in PLAIN:
        return unknown(f"attribute `{name}` of a `{cls.__name__}`, which has attributes of its own making", expr.span)
    if name == "__class__":
        return of(Static(cls))
    if isinstance(kind, Tuple) and name in OWN:
        return method(interp, expr, kind, OWN[name])
    found = lookup(cls, name)
    if found is not None:
        interp.frame.namespace.note_method(cls, name)
    if isinstance(found, property):
        return computed(interp, expr, kind, found.fget, name)
    value = field(interp, kind, name)
    if value is not None:
        return value
    if isinstance(found, functools.cached_property):
        return computed(interp, expr, kind, found.func, name)
    return of_class(interp, expr, kind, cls, found)


def is_instance(kind: Kind) -> bool:
    """Is it an instance of a class that has attributes of its own?"""
    return isinstance(kind, Object) or (isinstance(kind, Tuple) and hasattr(kind.cls, "_fields"))


def attribute_of_one(
    interp: Any, expr: ir.Attr, kinds: tuple[Kind, ...], read: Callable[[ir.Attr, Kind], Value]
) -> Value:
    """An attribute of one of several kinds of object: by a branch on its class, unless it is a field of all of them."""
    if any(not is_instance(k) and k != Static(None) for k in kinds):  # None has no fields: it raises
        return unknown("an attribute of an object or of something else", expr.span)
    kinds = tuple(k for k in kinds if is_instance(k))
    each = [ir.Attr(expr.value, expr.name, span=expr.span) for _ in kinds]
    values = []
    with interp.doubt():
        for one, kind in zip(each, kinds, strict=True):
            value = interp.values[one] = read(one, kind)
            values.append(value)
    analysis = interp.analysis
    if all(one in analysis.methods for one in each):
        analysis.methods.add(expr)
    elif any(one in analysis.methods or one in analysis.targets for one in each):
        tests = tuple(instance_test(interp, expr.value, kind.cls, expr.span) for kind in kinds)
        analysis.targets[expr] = Dispatch(tests, tuple(each))
    return join(*values)


def instance_test(interp: Any, node: ir.Expr, cls: type, span: Any) -> ir.Call:
    """The test whether an object is of a class."""
    test = ir.Call(ir.Ref("instance_of", runtime.instance_of), (node, ir.Ref(cls.__name__, cls)), span=span)
    interp.values[test] = of(Weak(bool, False))
    return test


def of_class(interp: Any, expr: ir.Attr, kind: Kind, cls: type, found: Any) -> Value:
    """What the class of an instance has under a name: a method, or data."""
    name, namespace = expr.name, interp.frame.namespace
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
    read = ir.Attr(ir.Ref(cls.__name__, cls), name, span=expr.span)
    value = interp.values[read] = namespace.attribute(cls, name, expr.span)
    interp.values[read.value] = of(Static(cls))
    interp.analysis.targets[expr] = Expand(read)
    return value


def field(interp: Any, kind: Object | Tuple, name: str) -> Value | None:
    """A field of an instance, if it has one of this name."""
    if isinstance(kind, Tuple):
        return kind.items[kind.cls._fields.index(name)] if name in kind.cls._fields else None
    if kind.fields is not None:
        return dict(kind.fields).get(name)
    found = [stored(interp, source, kind.cls, name) for source in kind.sources]
    if None in found:
        return None
    return join(*found)


def stored(interp: Any, source: Source, cls: type, name: str) -> Value | None:
    """A field of an object from outside."""
    if name in getattr(source.object, "__dict__", {}):
        value = source.object.__dict__[name]
    elif isinstance(lookup(cls, name), SLOTS) and hasattr(source.object, name):
        value = getattr(source.object, name)
    else:
        return None
    interp.frame.namespace.note_field(source, name, value)
    fields = interp.inference.fields
    if (id(source.object), name) not in fields:
        names = interp.inference.names if source.path is not None else None
        path = None if source.path is None else f"{source.path}.{name}"
        fields[id(source.object), name] = lift(value, names, path)
    return fields[id(source.object), name]


def computed(interp: Any, expr: ir.Attr, kind: Kind, getter: Any, name: str) -> Value:
    """A property: a call of its function."""
    if not isinstance(getter, types.FunctionType):
        raise UnsupportedError("S020", f"the property `{name}` has no source", expr.span, "write it as a method")
    inner = ir.Call(ir.Ref(name, getter), (expr.value,), span=expr.span)
    value = interp.values[inner] = interp.call_value(inner, of(Static(getter)), [(expr.value, of(kind))], {})
    interp.analysis.targets[expr] = Expand(inner)
    return value


# ----------------------------------------------------------------------------------------------------- super()


def call_super(interp: Any, expr: ir.Call, args: list[Any], kwargs: dict[str, Any]) -> Value | None:
    """`super()`: at run time the object itself; its methods are looked up behind the class that it stands in."""
    if len(args) != 2 or not isinstance(args[0][1].static, type):
        return None
    interp.analysis.targets[expr] = Expand(args[1][0])
    return of(Super(args[0][1].static, args[1][1]))


def inherited(interp: Any, expr: ir.Attr, kind: Super, name: str) -> Value:
    """An attribute of `super()`."""
    owner = kind.self_.one
    cls = getattr(owner, "cls", None)
    if not isinstance(owner, (Object, Tuple)) or kind.cls not in cls.__mro__:
        return unknown("`super()` of what is no instance of the class", expr.span)
    for base in cls.__mro__[cls.__mro__.index(kind.cls) + 1 :]:
        if name in base.__dict__:
            interp.frame.namespace.note_method(base, name)
            found = base.__dict__[name]
            if isinstance(found, property):
                return computed(interp, expr, owner, found.fget, name)
            return of_class(interp, expr, owner, base, found)
    return unknown(f"attribute `{name}` of `super()`", expr.span)
