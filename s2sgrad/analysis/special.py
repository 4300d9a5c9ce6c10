"""Builtins whose result depends on kinds rather than on values: containers, their lengths, what something is."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis import containers, overloads, sequences
from s2sgrad.analysis.arguments import Arg, known_items, numeric
from s2sgrad.analysis.functions import is_callable, make_partial
from s2sgrad.analysis.objects import call_super
from s2sgrad.analysis.overloads import defines
from s2sgrad.analysis.primitives import NoWitness, defined, example
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    Array,
    Dict,
    Function,
    Kind,
    List,
    Object,
    Scalar,
    Set,
    Static,
    Tuple,
    Unknown,
    Value,
    Weak,
    element,
    example_length,
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
    return of(Weak(int, example_length(kind) if isinstance(kind, List) else 1))


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
        case List(cls=c):
            return c
        case Dict():
            return dict
        case Set():
            return set
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


def call_dict_method(interp: Any, expr: ir.Call, owner: Arg, name: str, args: list[Arg]) -> Value:
    """`items`, `keys`, `values` and `get` of a dict of known keys: displays and items."""
    node, base = owner
    kind = base.one
    at = [ir.Index(node, ir.Const(k), span=expr.span) for k in kind.keys]
    keys = [of(Static(k)) for k in kind.keys]
    if name == "get":
        key = args[0][1].static
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


def displayed(base: Value, name: str, args: list[Arg]) -> bool:
    """Is it a method of a dict of known keys that is an item, or a display of items?"""
    kind = base.one
    if not isinstance(kind, Dict) or kind.keys is None or not all(type(k) in (str, int, bool) for k in kind.keys):
        return False
    if name == "get":
        return 1 <= len(args) <= 2 and args[0][1].static is not NotImplemented
    return name in ("keys", "values", "items") and not args


def call_range(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`range(…)` as a value: a list of ints."""
    interp.analysis.targets[expr] = Opaque("range")
    try:
        length = len(range(*(int(example(v)) for _, v in args)))
    except (NoWitness, TypeError, ValueError):
        length = 2
    return of(List(None, of(Weak(int, 0)), range, length=length))


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


def call_getattr(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`getattr(x, "name")`."""
    if len(args) != 2 or not isinstance(args[1][1].static, str):
        return None
    node = ir.Attr(args[0][0], args[1][1].static, span=expr.span)
    interp.analysis.targets[expr] = Expand(node)
    return interp.eval(node)


def call_method_of(name: str) -> Any:
    """`len(x)`, `abs(x)` of an object whose class defines it."""

    def special(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
        if len(args) != 1 or kwargs or not defines(args[0][1].one, name):
            return call_len(interp, expr, args, kwargs) if name == "__len__" else None
        return overloads.call(interp, expr, args[0][0], name)

    return special


def call_print(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """Output is written when the program runs, not when it is compiled."""
    named = tuple(ir.Keyword(k, e) for k, (e, _) in kwargs.items())
    interp.analysis.targets[expr] = Primitive(interp.inference.rules.lookup(print), tuple(e for e, _ in args), named)
    return of(Static(None))


def call_captured(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """What generated code does to functions that it is given: they come taken apart already."""
    interp.analysis.targets[expr] = Expand(args[0][0])
    return args[0][1]


SPECIAL: dict[Any, Any] = {
    runtime.captured: call_captured,
    callable: call_callable,
    super: call_super,
    functools.partial: make_partial,
    print: call_print,
    np.ndim: call_ndim,
    len: call_method_of("__len__"),
    abs: call_method_of("__abs__"),
    getattr: call_getattr,
    isinstance: call_isinstance,
    tuple: sequences.call_container,
    list: sequences.call_container,
    dict: sequences.call_dict,
    set: sequences.call_set,
    frozenset: sequences.call_set,
    sorted: sequences.call_sorted,
    reversed: sequences.call_reversed,
    enumerate: sequences.call_enumerate,
    zip: sequences.call_zip,
    sum: sequences.call_sum,
    range: call_range,
    type: call_type,
    runtime.is_sequence: call_is_sequence,
    runtime.choices: call_choices,
    runtime.all_indices: call_all_indices,
    runtime.is_mapping: call_is_mapping,
    runtime.sequence: sequences.call_sequence,
    runtime.unpack: sequences.call_unpack,
    runtime.zero_tangent: sequences.call_zeros,
    runtime.zeros_like: sequences.call_zeros,
    runtime.dict_keys: sequences.call_keys,
    runtime.sorting_order: sequences.call_sorting_order,
    runtime.permute: containers.call_permute,
    operator.delitem: containers.call_delitem,
}


def concatenated(op: str, args: tuple[Value, ...]) -> Value | None:
    """`+` and `*` of lists and tuples."""
    a, b = args[0].one, args[1].one
    if op == "+" and isinstance(a, (Tuple, List)) and isinstance(b, (Tuple, List)) and class_of(a) is class_of(b):
        if a.items is not None and b.items is not None:
            return of(Tuple(tuple, a.items + b.items) if isinstance(a, Tuple) else List(a.items + b.items))
        length = sum(example_length(k) if isinstance(k, List) else len(k.items) for k in (a, b))
        return of(List(None, join(element(a), element(b)), class_of(a), length=length))
    if op == "*" and (isinstance(a, (Tuple, List)) or isinstance(b, (Tuple, List))):
        sequence, count = (a, args[1]) if isinstance(a, (Tuple, List)) else (b, args[0])
        if isinstance(count.one, (Array, Unknown)) or count.differentiable:
            return None  # NumPy multiplies
        n = count.static
        if sequence.items is not None and isinstance(n, int):
            return of(Tuple(tuple, sequence.items * n) if isinstance(sequence, Tuple) else List(sequence.items * n))
        length = example_length(sequence) if isinstance(sequence, List) else len(sequence.items)
        times = getattr(count.one, "witness", 2)
        length *= int(times) if isinstance(times, (int, np.integer)) else 2
        return of(List(None, element(sequence), class_of(sequence), length=length))
    return None
