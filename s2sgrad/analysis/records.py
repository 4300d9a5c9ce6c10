"""Instances made by the program: namedtuples, dataclasses, SimpleNamespace; and what makes others of them."""

from __future__ import annotations

import dataclasses
import inspect
import types
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.arguments import Arg, known_items
from s2sgrad.analysis.functions import constant, function_defaults
from s2sgrad.analysis.lowering import Args, Kwargs, Lowering, Writer
from s2sgrad.analysis.objects import lookup
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import List, Object, Tuple, Value
from s2sgrad.runtime import functional

__all__ = ["RECORDS", "maker"]


def generated(function: Any) -> bool:
    """Was a method written by `dataclass` or `namedtuple`, not by the user?"""
    return isinstance(function, types.FunctionType) and function.__code__.co_filename.startswith("<")


def is_namedtuple(cls: type) -> bool:
    """Is it a namedtuple, made by nothing but its fields?"""
    own_init = lookup(cls, "__init__") not in (object.__init__, tuple.__init__)
    new = lookup(cls, "__new__")
    new = getattr(new, "__func__", new)
    return issubclass(cls, tuple) and hasattr(cls, "_fields") and generated(new) and not own_init


def is_dataclass(cls: type) -> bool:
    """Is it a dataclass, made by nothing but its fields and `__post_init__`?"""
    if not dataclasses.is_dataclass(cls) or lookup(cls, "__new__") not in (None, object.__new__):
        return False
    setter = lookup(cls, "__setattr__")
    return generated(lookup(cls, "__init__")) and (setter is object.__setattr__ or generated(setter))


def maker(target: Any) -> Writer | None:
    """How a call of a class is said whose instances are known by their fields."""
    if isinstance(target, types.MethodType) and target.__name__ == "_make" and is_class(target.__self__, is_namedtuple):
        return write_make
    if is_class(target, is_namedtuple):
        return write_namedtuple
    if is_class(target, is_dataclass):
        return write_dataclass
    return write_namespace if target is types.SimpleNamespace else None


def is_class(obj: Any, test: Any) -> bool:
    """Is it a class of this sort?"""
    return isinstance(obj, type) and test(obj)


def record(write: Lowering, cls: type, names: tuple[str, ...], values: list[ir.Expr], plain: bool = True) -> ir.Record:
    """A new instance with these fields."""
    helper = None if plain else ir.Ref("made", runtime.made)
    return ir.Record(ir.Ref(cls.__name__, cls), names, tuple(values), helper, span=write.span)


def bound(function: Any, args: Args, kwargs: Kwargs) -> dict[str, Arg] | None:
    """The arguments of a class by the names of its parameters; None if they do not fit."""
    try:
        signature = inspect.signature(function)
        return dict(signature.bind(None, *args, **kwargs).arguments)
    except TypeError:
        return None


def write_namedtuple(write: Lowering, cls: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`Point(x, y)`."""
    given = bound(cls.__new__, args, kwargs)
    if given is None:
        return None
    new = cls.__new__
    write.interp.frame.namespace.note_method(cls, "__new__")
    write.interp.frame.namespace.note((new, "__defaults__"), new, "__defaults__", "same", new.__defaults__)
    defaults = {n: constant(f"{cls.__name__}_{n}", v) for n, v in function_defaults(new).items()}
    return write.done(record(write, cls, cls._fields, [write.atom((defaults | given)[n]) for n in cls._fields]))


def write_make(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`Point._make(items)`."""
    if len(args) != 1 or kwargs:
        return None
    cls = target.__self__
    items = write.call(ir.Ref("unpack", runtime.unpack), (write.atom(args[0]), write.const(len(cls._fields))))
    parts = [write.keep(ir.Index(items, write.const(i), span=write.span)) for i in range(len(cls._fields))]
    return write.done(record(write, cls, cls._fields, parts))


def write_dataclass(write: Lowering, cls: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`Point(x, y)`; then its `__post_init__`, if it has one."""
    given = bound(cls.__init__, args, kwargs)
    if given is None:
        return None
    write.interp.frame.namespace.note_method(cls, "__init__")
    post = lookup(cls, "__post_init__")
    if post is None:
        write.interp.frame.namespace.note((cls, "__post_init__"), cls, "__post_init__", "absent", None)
    else:
        write.interp.frame.namespace.note_method(cls, "__post_init__")
    fields = dataclasses.fields(cls)
    values = [field_value(write, cls, f, given) for f in fields]
    if any(v is None for v in values):
        return None
    plain = post is None and all(f.init for f in fields)
    made = record(write, cls, tuple(f.name for f in fields), values, plain)
    if post is None:
        return write.done(made)
    made = write.keep(made)
    extra = [n for n, f in cls.__dataclass_fields__.items() if f._field_type is dataclasses._FIELD_INITVAR]
    rest = tuple(write.atom(given[n]) if n in given else write.atom(constant(n, getattr(cls, n))) for n in extra)
    call = ir.Call(ir.Attr(made, "__post_init__", span=write.span), rest, span=write.span)
    write.run(ir.Evaluate(call, span=write.span))
    return write.done(made)


def field_value(write: Lowering, cls: type, field: dataclasses.Field, given: dict[str, Arg]) -> ir.Expr | None:
    """What a field of a new dataclass holds."""
    if field.init and field.name in given:
        return write.atom(given[field.name])
    if field.default is not dataclasses.MISSING:
        return write.atom(constant(f"{cls.__name__}_{field.name}", field.default))
    if field.default_factory is not dataclasses.MISSING:
        name = getattr(field.default_factory, "__name__", "factory")
        return write.call(ir.Ref(name if name.isidentifier() else "factory", field.default_factory), ())
    return None


def write_namespace(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`SimpleNamespace(x=…)`."""
    if args:
        return None
    return write.done(record(write, target, tuple(kwargs), [write.atom(a) for a in kwargs.values()]))


# ------------------------------------------------------------------------------------------------ from another one


def names_of(value: Value) -> tuple[type, tuple[str, ...]] | None:
    """The class of a record, and its fields."""
    kind = value.one
    if isinstance(kind, Tuple) and is_namedtuple(kind.cls):
        return kind.cls, kind.cls._fields
    if isinstance(kind, Object) and is_dataclass(kind.cls):
        return kind.cls, tuple(f.name for f in dataclasses.fields(kind.cls))
    return None


def read(write: Lowering, base: ir.Expr, name: str) -> ir.Name:
    """A field under a name."""
    return write.keep(ir.Attr(base, name, span=write.span))


def write_replace(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`dataclasses.replace(p, x=…)`, `p._replace(x=…)`."""
    known = names_of(args[0][1]) if len(args) == 1 else None
    if known is None or kwargs.keys() - set(known[1]):
        return None
    cls, names = known
    base = write.atom(args[0])
    if issubclass(cls, tuple):
        values = [write.atom(kwargs[n]) if n in kwargs else read(write, base, n) for n in names]
        return write.done(record(write, cls, names, values))
    named = {f.name for f in dataclasses.fields(cls) if f.init}
    if kwargs.keys() - named:
        return None
    new = {}
    for name in names:
        if name in named:
            atom = write.atom(kwargs[name]) if name in kwargs else read(write, base, name)
            new[name] = atom, write.value(atom)
    return write_dataclass(write, cls, [], new)


def write_dict(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`p._asdict()`: the fields as they are."""
    known = names_of(args[0][1]) if len(args) == 1 and not kwargs else None
    if known is None:
        return None
    base = write.atom(args[0])
    keys = tuple(write.const(n) for n in known[1])
    return write.done(ir.Dict(keys, tuple(read(write, base, n) for n in known[1]), span=write.span))


def write_asdict(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`dataclasses.asdict(p)`, `dataclasses.astuple(p)`: all the way down, with copies of what they hold."""
    if len(args) != 1 or kwargs or names_of(args[0][1]) is None:
        return None
    found = copied(write, write.atom(args[0]), args[0][1], target is dataclasses.asdict)
    return None if found is None else write.done(found)


def copied(write: Lowering, atom: ir.Expr, value: Value, as_dict: bool) -> ir.Expr | None:
    """A dataclass as a dict or a tuple, and what it holds."""
    kind, items = value.one, known_items(value)
    if isinstance(kind, Object):
        known = names_of(value)
        names = known[1] if known is not None else ()
        parts = [read(write, atom, n) for n in names]
    elif items is not None and type(kind) in (Tuple, List):
        names = None
        parts = [write.keep(ir.Index(atom, write.const(i), span=write.span)) for i in range(len(items))]
    elif value.is_array:
        return write.call(ir.Ref("np.ndarray.copy", np.ndarray.copy, np), (atom,))
    else:
        return atom if value.is_scalar or isinstance(value.static, (str, type(None))) else None
    new = [copied(write, part, write.value(part), as_dict) for part in parts]
    if any(n is None for n in new) or names == ():
        return None
    if names is None:
        made: ir.Expr = ir.List(tuple(new), span=write.span)
        if isinstance(kind, Tuple):
            made = record(write, kind.cls, kind.cls._fields, new) if kind.cls is not tuple else ir.Tuple(tuple(new))
    elif as_dict:
        made = ir.Dict(tuple(map(write.const, names)), tuple(new), span=write.span)
    else:
        made = ir.Tuple(tuple(new), span=write.span)
    return write.keep(made)


RECORDS: dict[Any, Writer] = {
    dataclasses.replace: write_replace,
    functional.replaced: write_replace,
    functional.as_dict: write_dict,
    dataclasses.asdict: write_asdict,
    dataclasses.astuple: write_asdict,
}
