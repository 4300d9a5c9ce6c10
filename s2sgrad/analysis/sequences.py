"""Builtins that make containers of containers: list, tuple, dict, set, sorted, reversed, enumerate, zip.

Where lengths and keys are known their results are displays; else they are said in loops and methods, as comprehensions
are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.arguments import Arg, describe, known_items
from s2sgrad.analysis.containers import ALL, example_slice, named, stand_for
from s2sgrad.analysis.primitives import defined
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    Array,
    Dict,
    Kind,
    List,
    Scalar,
    Set,
    Static,
    Tuple,
    Value,
    Weak,
    element,
    generalise,
    join,
    key_of,
    of,
    parts,
    unknown,
    with_parts,
)
from s2sgrad.ir.targets import Expand, Opaque, Primitive

SHORT = 64  # items of a text or range that are told apart


def primitive(interp: Any, expr: ir.Call, function: Callable, *args: ir.Expr) -> None:
    """The call is one of this function, which has a rule."""
    interp.analysis.targets[expr] = Primitive(interp.inference.rules.lookup(function), args)


def call_sequence(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """An iterable as something that can be indexed."""
    node, value = args[0]
    kinds = defined(value).kinds
    if kinds and all(isinstance(k, (Array, Tuple, List)) for k in kinds):
        interp.analysis.targets[expr] = Expand(node)
        return value
    if kinds and all(isinstance(k, Dict) for k in kinds):
        return keys_of_dict(interp, expr, node, value)
    if kinds and all(isinstance(k, Set) for k in kinds):
        interp.analysis.targets[expr] = Opaque("a set")
        return of(List(None, join(*map(element, kinds))))
    kind = value.one
    if isinstance(kind, Static) and isinstance(kind.value, (str, range)):
        return of(List(tuple(of(Static(v)) for v in kind.value))) if len(kind.value) < SHORT else None
    return unknown("the items of " + (describe(kind) if kind else "a value of several kinds"), expr.span)


def keys_of_dict(interp: Any, expr: ir.Call, node: ir.Expr, value: Value) -> Value:
    """The keys of a dict as a list."""
    kind = value.one
    if isinstance(kind, Dict) and kind.keys is not None and all(type(k) in (str, int, bool) for k in kind.keys):
        keys = tuple(ir.Const(k, span=expr.span) for k in kind.keys)
        interp.analysis.targets[expr] = Expand(ir.List(keys, span=expr.span))
        return of(List(tuple(of(Static(k)) for k in kind.keys)))
    primitive(interp, expr, runtime.dict_keys, node)
    return of(List(None, join(*map(key_of, defined(value).kinds))))


def call_keys(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`dict_keys(d)`."""
    node, value = args[0]
    return keys_of_dict(interp, expr, node, value) if all(isinstance(k, Dict) for k in value.kinds) else None


def call_zeros(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`zeros_like(x)` and `zero_tangent(x)` of a list or dict: of the same structure, made anew."""
    node, value = args[0]
    if not value.kinds or not all(isinstance(k, (List, Dict)) for k in value.kinds):
        return None
    function = interp.values[expr.func].static
    primitive(interp, expr, function, node)
    return Value(tuple(zero_kind(k, function is runtime.zeros_like) for k in value.kinds))


def zero_kind(kind: Kind, listed: bool) -> Kind:
    """The kind of a zero adjoint, where tuples are lists, or of a zero tangent."""
    new = with_parts(kind, tuple(Value(tuple(zero_kind(k, listed) for k in v.kinds)) for v in parts(kind)))
    match new:
        case List(items=items, element=e):
            return List(items, e, length=new.length)
        case Dict():
            return Dict(new.keys, new.items, new.element, kind.key, new.fields)
        case Tuple(items=items) if listed:
            return List(items)
        case Static() | Weak() | Scalar() | Array() if not Value((new,)).differentiable:
            return Static(None)
    return generalise(new)


def call_unpack(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """The items for `a, b = x`: the container itself where its length is known to fit."""
    value, n = args[0][1], args[1][1].static
    items = known_items(value)
    if (items is not None and len(items) == n) or isinstance(value.one, Array):
        interp.analysis.targets[expr] = Expand(args[0][0])
        return value
    if value.kinds and all(isinstance(k, Dict) for k in value.kinds):
        return keys_of_dict(interp, expr, args[0][0], value)
    if value.kinds and all(isinstance(k, (List, Tuple)) for k in value.kinds):
        test = ir.Call(ir.Ref("unpack", runtime.unpack), tuple(e for e, _ in args), span=expr.span)
        interp.analysis.targets[expr] = Expand(args[0][0], (ir.Evaluate(test, span=expr.span),))
    return value


def call_container(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """tuple(x), list(x) of a container: its items, anew."""
    cls = interp.values[expr.func].static
    items = known_items(args[0][1]) if args else ()
    if not args or items is not None:
        made = tuple(ir.Index(args[0][0], ir.Const(i), span=expr.span) for i in range(len(items)))
        interp.analysis.targets[expr] = Expand((ir.Tuple if cls is tuple else ir.List)(made, span=expr.span))
        return of(Tuple(tuple, items) if cls is tuple else List(items))
    node, value = args[0]
    kinds = defined(value).kinds
    kind = value.one
    if isinstance(kind, Array) and kind.rank:
        primitive(interp, expr, list, node)
        first = kind.witness[0] if kind.shape[0] else np.ones(kind.shape[1:], kind.dtype)[()]
        return of(List(None, of(interp.runner.lift(first)), cls, length=kind.shape[0]))
    if kinds and all(isinstance(k, (List, Tuple)) for k in kinds):
        if cls is list and all(isinstance(k, List) and k.cls is list for k in kinds):
            return stand_for(interp, expr, lambda fresh: ((), ir.Index(node, ALL, span=expr.span)))
        primitive(interp, expr, cls, node)
        length = max(example_slice(k, Static(slice(None))) for k in kinds)
        return of(List(None, join(*map(element, kinds)), cls, length=length))
    if (kinds and all(isinstance(k, (Dict, Set)) for k in kinds)) or isinstance(
        getattr(kind, "value", None), (str, range)
    ):
        listed = ir.Call(ir.Ref("sequence", runtime.sequence), (node,), span=expr.span)
        again = lambda e: ir.Call(ir.Ref(cls.__name__, cls), (e,), span=expr.span)  # noqa: E731

        def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
            name = fresh("t", expr.span)
            return (ir.Assign(name, listed, span=expr.span),), again(named(name))

        return stand_for(interp, expr, build)
    return unknown(f"{cls.__name__}() of what is no container", expr.span)


def call_set(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict) -> Value | None:
    """`set(items)`: no derivative flows through what it holds."""
    kinds = defined(args[0][1]).kinds if args else ()
    if not all(isinstance(k, (List, Tuple, Set, Dict)) for k in kinds):
        return unknown("a set of " + describe(kinds[0]), expr.span)
    items = join(*(key_of(k) if isinstance(k, Dict) else element(k) for k in kinds)) if kinds else BOTTOM
    if items.differentiable:
        error = UnsupportedError("S107", "no derivative flows through a set", expr.span, "use a tuple or a list")
        interp.analysis.targets[expr] = Opaque("a set of floats", error)
        return unknown("a set of floats", expr.span)
    interp.analysis.targets[expr] = Opaque("a set")
    return of(Set(items))


def call_dict(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`dict(k=v)`: a display; `dict(other)`: a copy; `dict(pairs)`: filled in a loop."""
    span = expr.span
    keys, values = tuple(ir.Const(k) for k in kwargs), tuple(e for e, _ in kwargs.values())
    if not args:
        node = ir.Dict(keys, values, span=span)
        interp.analysis.targets[expr] = Expand(node)
        return of(Dict(tuple(kwargs), tuple(v for _, v in kwargs.values())))
    node, value = args[0]

    def copied(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made = fresh("t", span)
        copy = ir.Call(ir.Attr(node, "copy", span=span), (), span=span)
        stores = (
            ir.Store(ir.Index(named(made), k, span=span), v, span=span) for k, v in zip(keys, values, strict=True)
        )
        return (ir.Assign(made, copy, span=span), *stores), named(made)

    def filled(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made, pair, key, item = fresh("made", span), fresh("pair", span), fresh("key", span), fresh("t", span)
        body = (
            ir.Assign(key, ir.Index(named(pair), ir.Const(0), span=span), span=span),
            ir.Assign(item, ir.Index(named(pair), ir.Const(1), span=span), span=span),
            ir.Store(ir.Index(named(made), named(key), span=span), named(item), span=span),
        )
        loop = loop_over(node, pair, body, fresh, span)
        return (ir.Assign(made, ir.Dict((), (), span=span), span=span), *loop), named(made)

    if value.kinds and all(isinstance(k, Dict) for k in value.kinds):
        return stand_for(interp, expr, copied)
    if value.kinds and all(isinstance(k, (List, Tuple)) for k in value.kinds) and not kwargs:
        return stand_for(interp, expr, filled)
    return unknown("dict() of what is no container", span)


def loop_over(node: ir.Expr, item: ir.Name, body: ir.Block, fresh: Any, span: Any) -> ir.Block:
    """`for item in node: body`, by index."""
    count, k = fresh("n", span), fresh("k", span)
    first = ir.Assign(item, ir.Index(node, named(k), span=span), span=span)
    return (
        ir.Assign(count, ir.Call(ir.Ref("len", len), (node,), span=span), span=span),
        ir.For(k, ir.Call(ir.Ref("range", range), (named(count),), span=span), (first, *body), span=span),
    )


def call_sorted(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`sorted(items, key=…, reverse=…)`: a list of them that is sorted."""
    if len(args) != 1:
        return None
    span = expr.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made = fresh("t", span)
        new = ir.Call(ir.Ref("list", list), (args[0][0],), span=span)
        keywords = tuple(ir.Keyword(k, e) for k, (e, _) in kwargs.items())
        sort = ir.Call(ir.Attr(named(made), "sort", span=span), (), keywords, span=span)
        return (ir.Assign(made, new, span=span), ir.Evaluate(sort, span=span)), named(made)

    return stand_for(interp, expr, build)


def call_reversed(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`reversed(items)` as a value: a list of them, the last first."""
    if len(args) != 1 or not all(isinstance(k, (List, Tuple, Array)) for k in args[0][1].kinds):
        return None
    backwards = ir.Slice(None, None, ir.Const(-1), span=expr.span)
    return stand_for(interp, expr, lambda fresh: ((), ir.Index(args[0][0], backwards, span=expr.span)))


def call_zip(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`zip(a, b, …)` as a value: a list of tuples."""
    if kwargs or not args:
        return None
    return rows(interp, expr, [e for e, _ in args], [v for _, v in args], None)


def call_enumerate(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`enumerate(items, start)` as a value: a list of pairs."""
    start = args[1][0] if len(args) > 1 else kwargs["start"][0] if "start" in kwargs else ir.Const(0)
    return rows(interp, expr, [args[0][0]], [args[0][1]], start) if args else None


def rows(interp: Any, expr: ir.Call, nodes: list[ir.Expr], values: list[Value], start: ir.Expr | None) -> Value | None:
    """A list of tuples with an item of each sequence; with `start`, of its number, too."""
    span = expr.span
    if not all(v.kinds and all(isinstance(k, (List, Tuple, Array, Dict, Set)) for k in v.kinds) for v in values):
        return None
    known = [known_items(v) for v in values]
    if all(items is not None for items in known) and (start is None or isinstance(start, ir.Const)):

        def display(fresh: Any) -> tuple[ir.Block, ir.Expr]:
            made = []
            for i in range(min(map(len, known))):
                count = () if start is None else (ir.Const(start.value + i, span=span),)
                items = tuple(ir.Index(e, ir.Const(i), span=span) for e in nodes)
                made.append(ir.Tuple((*count, *items), span=span))
            return (), ir.List(tuple(made), span=span)

        return stand_for(interp, expr, display)

    def filled(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made, k, before, lengths, seqs = fresh("made", span), fresh("k", span), [], [], []
        for e in nodes:
            seq, count = fresh("seq", span), fresh("n", span)
            before.append(ir.Assign(seq, ir.Call(ir.Ref("sequence", runtime.sequence), (e,), span=span), span=span))
            before.append(ir.Assign(count, ir.Call(ir.Ref("len", len), (named(seq),), span=span), span=span))
            seqs.append(seq)
            lengths.append(named(count))
        least: ir.Expr = lengths[0]
        if len(lengths) > 1:
            least = fresh("n", span)
            before.append(ir.Assign(least, ir.Call(ir.Ref("min", min), tuple(lengths), span=span), span=span))
        items, body = [], []
        if start is not None:
            items.append(fresh("count", span))
            body.append(ir.Assign(items[0], ir.Binary("+", start, named(k), span=span), span=span))
        for seq in seqs:
            items.append(fresh("t", span))
            body.append(ir.Assign(items[-1], ir.Index(named(seq), named(k), span=span), span=span))
        row = fresh("row", span)
        body.append(ir.Assign(row, ir.Tuple(tuple(map(named, items)), span=span), span=span))
        call = ir.Call(ir.Attr(named(made), "append", span=span), (named(row),), span=span)
        body.append(ir.Evaluate(call, span=span))
        trips = ir.Call(ir.Ref("range", range), (named(least),), span=span)
        before += [ir.Assign(made, ir.List((), span=span), span=span), ir.For(k, trips, tuple(body), span=span)]
        return tuple(before), named(made)

    return stand_for(interp, expr, filled)


def call_sum(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`sum(lists, [])`: they are joined one by one. Sums of numbers and arrays have a rule."""
    start = args[1] if len(args) > 1 else kwargs.get("start")
    if start is None or not start[1].kinds or not all(isinstance(k, List) for k in start[1].kinds):
        return None
    span = expr.span
    node = args[0][0]

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made, item = fresh("made", span), fresh("t", span)
        first = ir.Call(ir.Ref("list", list), (start[0],), span=span)
        extend = ir.Call(ir.Attr(named(made), "extend", span=span), (named(item),), span=span)
        loop = loop_over(node, item, (ir.Evaluate(extend, span=span),), fresh, span)
        return (ir.Assign(made, first, span=span), *loop), named(made)

    return stand_for(interp, expr, build)


def call_sorting_order(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`sorting_order(keys, backwards)`: the places of the items in their order."""
    primitive(interp, expr, runtime.sorting_order, *(e for e, _ in args))
    return of(List(None, of(Weak(int, 0))))


def starred(interp: Any, expr: ir.List | ir.Tuple) -> Value:
    """`[*a, b]` where it is not known how many items `a` has: a list that is filled."""
    span = expr.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made = fresh("made", span)
        out: list[ir.Stmt] = [ir.Assign(made, ir.List((), span=span), span=span)]
        for item in expr.items:
            many = isinstance(item, ir.Starred)
            method = ir.Attr(named(made), "extend" if many else "append", span=span)
            out.append(ir.Evaluate(ir.Call(method, (item.value if many else item,), span=span), span=span))
        if isinstance(expr, ir.List):
            return tuple(out), named(made)
        return tuple(out), ir.Call(ir.Ref("tuple", tuple), (named(made),), span=span)

    return stand_for(interp, expr, build)


def filled_dict(interp: Any, expr: ir.Dict) -> Value:
    """`{k: v, …}` where it is not known whether keys are equal: an empty dict that is filled."""
    span = expr.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made = fresh("made", span)
        out: list[ir.Stmt] = [ir.Assign(made, ir.Dict((), (), span=span), span=span)]
        for key, value in zip(expr.keys, expr.values, strict=True):
            if key is None:
                update = ir.Call(ir.Attr(named(made), "update", span=span), (value,), span=span)
                out.append(ir.Evaluate(update, span=span))
            else:
                out.append(ir.Store(ir.Index(named(made), key, span=span), value, span=span))
        return tuple(out), named(made)

    return stand_for(interp, expr, build)


def merged(interp: Any, expr: ir.Binary, left: Value, right: Value) -> Value:
    """`a | b` of dicts: a display where the keys are known, else a copy that is updated."""
    span = expr.span
    kinds = left.one, right.one
    if all(isinstance(k, Dict) and k.keys is not None for k in kinds):
        return stand_for(interp, expr, lambda fresh: ((), ir.Dict((None, None), (expr.left, expr.right), span=span)))

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        made = fresh("made", span)
        copy = ir.Call(ir.Attr(expr.left, "copy", span=span), (), span=span)
        update = ir.Call(ir.Attr(named(made), "update", span=span), (expr.right,), span=span)
        return (ir.Assign(made, copy, span=span), ir.Evaluate(update, span=span)), named(made)

    return stand_for(interp, expr, build)
