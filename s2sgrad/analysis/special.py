"""Builtins whose result depends on kinds rather than on values: containers, their lengths, what something is."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.arguments import Arg, describe, known_items, numeric, opaque
from s2sgrad.analysis.functions import is_callable, make_partial
from s2sgrad.analysis.objects import call_super
from s2sgrad.analysis.primitives import defined
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    Array,
    Dict,
    Function,
    Kind,
    List,
    Object,
    Scalar,
    Static,
    Tuple,
    Unknown,
    Value,
    Weak,
    element,
    join,
    of,
    unknown,
)
from s2sgrad.ir.targets import Expand, Opaque, Primitive


def call_len(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`len(x)`; of an array it is the length of the first axis, by name."""
    kind = args[0][1].one if args else None
    items = known_items(args[0][1]) if args else None
    if items is not None:
        return of(Static(len(items)))
    if isinstance(kind, Dict) and kind.keys is not None:
        return of(Static(len(kind.keys)))
    if isinstance(kind, Array) and kind.rank:
        names = interp.inference.names
        return of(Weak(int, kind.shape[0], names.find(kind.axes[0]) if kind.axes[0] != 1 else None))
    return of(Weak(int, 1))


def call_isinstance(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`isinstance(x, cls)`: a constant where the kinds decide it."""
    classes = args[1][1]
    if isinstance(classes.one, Tuple):
        wanted = tuple(v.static for v in classes.one.items)
    else:
        wanted = (classes.static,)
    if any(not isinstance(c, (type, types.UnionType)) for c in wanted):
        return of(Weak(bool, False))
    return decided(args[0][1], lambda cls: issubclass(cls, wanted))


def class_of(kind: Kind) -> type | None:
    """The class that values of a kind have."""
    match kind:
        case Static(value=v):
            return type(v)
        case Weak(type=t):
            return t
        case Scalar(dtype=d):
            return d.type
        case Array():
            return np.ndarray
        case Tuple(cls=c) | Object(cls=c):
            return c
        case List():
            return list
        case Dict():
            return dict
        case Function():
            return types.FunctionType
    return None


def call_choices(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """So many indices at a time."""
    return indices(interp, expr, args, args[2][1].static)


def call_all_indices(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """An index for each axis."""
    items = known_items(args[0][1])
    return indices(interp, expr, args, len(items) if items is not None else 1 if args[0][1].is_scalar else None)


def indices(interp: Any, expr: ir.Call, args: list[Arg], n: int | None) -> Value | None:
    """A list of tuples of `n` indices each."""
    if n is None:
        return unknown("the number of axes is not known", expr.span)
    rule = interp.inference.rules.lookup(interp.values[expr.func].static)
    interp.analysis.targets[expr] = Primitive(rule, tuple(e for e, _ in args))
    return of(List(None, of(Tuple(tuple, (of(Weak(int, 0)),) * n))))


def call_is_sequence(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """Does a pattern of items ask it for its items?"""
    return decided(args[0][1], lambda cls: issubclass(cls, Sequence) and not issubclass(cls, (str, bytes, bytearray)))


def call_is_mapping(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """Does a pattern of keys ask it for its keys?"""
    return decided(args[0][1], lambda cls: issubclass(cls, Mapping))


def decided(value: Value, test: Callable[[type], bool]) -> Value:
    """A question about the class: a constant where the kinds answer it."""
    answers = {None if cls is None else test(cls) for cls in map(class_of, defined(value).kinds)}
    return of(Static(answers.pop())) if len(answers) == 1 and None not in answers else of(Weak(bool, False))


def call_sequence(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """An iterable as something that can be indexed."""
    node, value = args[0]
    kind = value.one
    if isinstance(kind, (Array, Tuple, List)) or (value.is_container and not isinstance(kind, Dict)):
        interp.analysis.targets[expr] = Expand(node)
        return value
    if isinstance(kind, Dict):
        if kind.keys is not None and all(type(k) in (str, int, bool) for k in kind.keys):
            keys = tuple(ir.Const(k, span=expr.span) for k in kind.keys)
            interp.analysis.targets[expr] = Expand(ir.List(keys, span=expr.span))
            return of(List(tuple(of(Static(k)) for k in kind.keys)))
        return unknown("the keys of a dict that are not known", expr.span)
    if isinstance(kind, Static) and isinstance(kind.value, (str, range)):
        return of(List(tuple(of(Static(v)) for v in kind.value))) if len(kind.value) < 64 else None
    return unknown("the items of " + (describe(kind) if kind else "a value of several kinds"), expr.span)


def call_unpack(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """The items for `a, b = x`: the container itself where its length is known to fit."""
    value, n = args[0][1], args[1][1].static
    items = known_items(value)
    if (items is not None and len(items) == n) or isinstance(value.one, Array):
        interp.analysis.targets[expr] = Expand(args[0][0])
        return value
    if isinstance(value.one, Dict):
        return call_sequence(interp, expr, args, kwargs)
    if items is None and isinstance(value.one, (List, Tuple)) and isinstance(n, int):
        rule = interp.inference.rules.lookup(runtime.unpack)
        interp.analysis.targets[expr] = Primitive(rule, tuple(e for e, _ in args))
        return of(List((element(value.one),) * n))
    return value


def call_container(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """tuple(x), list(x) of a container: its items, anew."""
    kind = args[0][1].one if args else None
    items = known_items(args[0][1]) if args else ()
    if not args or (items is not None and isinstance(kind, (Tuple, List))):
        made = tuple(ir.Index(args[0][0], ir.Const(i), span=expr.span) for i in range(len(items)))
        is_tuple = interp.values[expr.func].static is tuple
        interp.analysis.targets[expr] = Expand((ir.Tuple if is_tuple else ir.List)(made, span=expr.span))
        return of(Tuple(tuple, items) if is_tuple else List(items))
    if isinstance(kind, Array) and kind.rank:
        rule = interp.inference.rules.lookup(list)
        interp.analysis.targets[expr] = Primitive(rule, (args[0][0],))
        return of(
            List(
                None,
                of(interp.runner.lift(kind.witness[0] if kind.shape[0] else np.ones(kind.shape[1:], kind.dtype)[()])),
            )
        )
    return unknown("list() or tuple() of what is no container")


def call_dict(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`dict(k=v)`: a display."""
    if args:
        return None
    node = ir.Dict(tuple(ir.Const(k) for k in kwargs), tuple(e for e, _ in kwargs.values()), span=expr.span)
    interp.analysis.targets[expr] = Expand(node)
    return of(Dict(tuple(kwargs), tuple(v for _, v in kwargs.values())))


def call_dict_method(interp: Any, expr: ir.Call, owner: Arg, name: str, args: list[Arg]) -> Value:
    """`items`, `keys`, `values` and `get` of a dict of known keys: displays and items."""
    node, base = owner
    kind = base.one
    if not isinstance(kind, Dict) or kind.keys is None or len(args) > (2 if name == "get" else 0):
        return opaque(interp, expr, "a dict whose keys are not known")
    at = [ir.Index(node, ir.Const(k), span=expr.span) for k in kind.keys]
    keys = [of(Static(k)) for k in kind.keys]
    if name == "get":
        key = args[0][1].static
        if key is NotImplemented:
            return opaque(interp, expr, "a key that is not known")
        if key in kind.keys:
            target, value = at[kind.keys.index(key)], kind.items[kind.keys.index(key)]
        else:
            target, value = args[1] if len(args) > 1 else (ir.Const(None), of(Static(None)))
        interp.analysis.targets[expr] = Expand(target)
        return value
    if name == "keys":
        nodes, values = [ir.Const(k) for k in kind.keys], keys
    elif name == "values":
        nodes, values = at, list(kind.items)
    else:
        nodes = [ir.Tuple((ir.Const(k), a), span=expr.span) for k, a in zip(kind.keys, at, strict=True)]
        values = [of(Tuple(tuple, pair)) for pair in zip(keys, kind.items, strict=True)]
    interp.analysis.targets[expr] = Expand(ir.List(tuple(nodes), span=expr.span))
    return of(List(tuple(values)))


def call_range(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`range(…)` as a value: a list of ints."""
    interp.analysis.targets[expr] = Opaque("range")
    return of(List(None, of(Weak(int, 0))))


def call_type(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`type(x)`, where it is one class."""
    classes = {class_of(k) for k in defined(args[0][1]).kinds}
    return of(Static(classes.pop())) if len(classes) == 1 and None not in classes else None


def call_ndim(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`np.ndim(x)`, where it is one rank."""
    ranks = {k.rank if isinstance(k, Array) else 0 if numeric(k) else None for k in defined(args[0][1]).kinds}
    return of(Static(ranks.pop())) if len(ranks) == 1 and None not in ranks else None


def call_callable(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`callable(x)`, where the kinds decide it."""
    answers = {is_callable(kind) for kind in defined(args[0][1]).kinds}
    return of(Static(answers.pop())) if len(answers) == 1 and args[0][1].known else None


def call_print(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """Output is written when the program runs, not when it is compiled."""
    named = tuple(ir.Keyword(k, e) for k, (e, _) in kwargs.items())
    interp.analysis.targets[expr] = Primitive(interp.inference.rules.lookup(print), tuple(e for e, _ in args), named)
    return of(Static(None))


SPECIAL: dict[Any, Any] = {
    callable: call_callable,
    super: call_super,
    functools.partial: make_partial,
    print: call_print,
    np.ndim: call_ndim,
    len: call_len,
    isinstance: call_isinstance,
    tuple: call_container,
    list: call_container,
    dict: call_dict,
    range: call_range,
    type: call_type,
    runtime.sequence: call_sequence,
    runtime.is_sequence: call_is_sequence,
    runtime.choices: call_choices,
    runtime.all_indices: call_all_indices,
    runtime.is_mapping: call_is_mapping,
    runtime.unpack: call_unpack,
}


def concatenated(op: str, args: tuple[Value, ...]) -> Value | None:
    """`+` and `*` of lists and tuples."""
    a, b = args[0].one, args[1].one
    if op == "+" and isinstance(a, (Tuple, List)) and type(a) is type(b):
        if a.items is not None and b.items is not None:
            return of(Tuple(tuple, a.items + b.items) if isinstance(a, Tuple) else List(a.items + b.items))
        return of(List(None, join(element(a), element(b))))
    if op == "*" and (isinstance(a, (Tuple, List)) or isinstance(b, (Tuple, List))):
        sequence, count = (a, args[1]) if isinstance(a, (Tuple, List)) else (b, args[0])
        if isinstance(count.one, (Array, Unknown)) or count.differentiable:
            return None  # NumPy multiplies
        n = count.static
        if sequence.items is not None and isinstance(n, int):
            return of(Tuple(tuple, sequence.items * n) if isinstance(sequence, Tuple) else List(sequence.items * n))
        return of(List(None, element(sequence)))
    return None
