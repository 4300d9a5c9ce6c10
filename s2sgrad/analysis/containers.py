"""Lists, dicts and sets that change: their methods, and writes into them.

What a method does is said by few functions (`rules/mutators.py`), writes of items, and reads: `d.setdefault(k, v)` is a
test, a write and a read. Such statements are made once for each call, and analysed like the user's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from s2sgrad import runtime
from s2sgrad.analysis.arguments import Arg, describe, opaque
from s2sgrad.analysis.primitives import defined
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    Bound,
    Dict,
    Kind,
    List,
    Set,
    Static,
    Tuple,
    Value,
    Weak,
    containers_in,
    element,
    example_length,
    join,
    key_of,
    of,
)
from s2sgrad.ir.targets import Expand, Opaque, Primitive

Method = Callable[[Any, ir.Call, Value, list[Arg], dict[str, Arg]], Value | None]
Build = Callable[..., tuple[ir.Block, ir.Expr]]

NONE = of(Static(None))
SET_METHODS = {
    "|": "update", "-": "difference_update", "&": "intersection_update", "^": "symmetric_difference_update",
}  # fmt: skip
ALL = ir.Slice(None, None, None)


def holds(value: Value, types: tuple[type, ...] = (List, Dict)) -> bool:
    """May the value be such a container?"""
    return any(isinstance(k, types) for k in value.kinds)


def changeable(value: Value) -> bool:
    """Is the value surely a container of one type that can change?"""
    types = {getattr(k, "cls", type(k)) for k in defined(value).kinds}
    return len(types) == 1 and types <= {list, Dict, Set}


def example_slice(kind: Tuple | List, key: Any) -> int:
    """The length that a slice has in the first call, as far as that is known."""
    bounds = getattr(key, "value", getattr(key, "witness", None))
    length = example_length(kind) if isinstance(kind, List) else len(kind.items)
    try:
        return len(range(length)[bounds])
    except (TypeError, ValueError):
        return length


# ------------------------------------------------------------------------------------------------------- changes


@contextmanager
def at(span: Any) -> Iterator[None]:
    """A refusal in here is shown at this place."""
    try:
        yield
    except UnsupportedError as error:
        if error.span is not None:
            raise
        raise UnsupportedError(error.code, error.message, span, error.hint) from None


def times(interp: Any, kind: List) -> int:
    """How often a statement is run while a list lives, in the first call."""
    depth = max((interp.inference.depths.get(c, 0) for c in kind.cells), default=0)
    return math.prod(interp.trips[depth:])


def lengthen(interp: Any, expr: ir.Node, base: Value, item: Value, by: int = 1) -> None:
    """Items are added to a list, anywhere."""
    check_iteration(interp, base, expr.span)
    for kind in defined(base).kinds:
        interp.heap.append(kind, item, expr, by * times(interp, kind))


def check_iteration(interp: Any, base: Value, span: Any) -> None:
    """Refuse that a list gets longer or shorter while a loop runs over it; Python itself does so for dicts."""
    check_cells(interp, frozenset(c for k in base.kinds for c in getattr(k, "cells", ())), span)


def check_cells(interp: Any, cells: Iterable[Any], span: Any) -> None:
    """The same for the lists of some cells."""
    cells = frozenset(cells)
    if any(not cells.isdisjoint(over) for over in interp.over):
        raise UnsupportedError(
            "S019", "this changes the length of a list that a loop runs over", span,
            "run over a copy: for x in list(…)",
        )  # fmt: skip


def their_cells(inner: tuple[Value, ...], outer: tuple[Value, ...]) -> dict[Any, frozenset[Any]]:
    """The cells of a caller's arguments by those that the callee knows them by."""
    found: dict[Any, frozenset[Any]] = {}
    for a, b in zip(inner, outer, strict=True):
        for mine, theirs in zip(containers_in(a), containers_in(b), strict=True):
            for cell in mine.cells:
                found[cell] = found.get(cell, frozenset()) | theirs.cells
    return found


def mutate(interp: Any, expr: ir.Call, target: Callable, args: list[Arg], value: Value = NONE) -> Value:
    """A call of a function that changes the container that the method belongs to."""
    entry = interp.inference.rules.mutator(target)
    interp.analysis.targets[expr] = Primitive(entry, (expr.func.value, *(e for e, _ in args)))
    return value


def stand_for(interp: Any, expr: ir.Node, build: Build) -> Value:
    """A call that stands for statements and a value: they are made once, and analysed each time."""
    inference, analysis = interp.inference, interp.analysis
    key = (analysis.number, expr)
    if key not in inference.steps:
        before, value = build(interp.frame.fresh)
        inference.steps[key] = Expand(value, before)
    analysis.targets[expr] = target = inference.steps[key]
    interp.block(target.before)
    return interp.eval(target.value) if interp.env is not None else BOTTOM


def named(name: ir.Name) -> ir.Name:
    """The same name, in another place."""
    return ir.Name(name.id, span=name.span)


# ------------------------------------------------------------------------------------------------------- writes


def store(interp: Any, target: ir.Index, base: Value, items: list[Value], value: Value) -> None:
    """`l[i] = v`, `d[k] = v`."""
    with at(target.span):
        if not changeable(base) or holds(base, (Set,)):
            raise UnsupportedError(
                "S012", "cannot tell which container this write changes", hint="use an array, or one kind of container"
            )
        for kind in defined(base).kinds:
            if isinstance(kind, Dict):
                interp.heap.put(kind, items[0], value)
            elif is_slice(items[0]):
                check_iteration(interp, base, target.span)
                interp.heap.append(kind, items_of(value))
            else:
                interp.heap.assign(kind, items[0].static, value)


def is_slice(index: Value) -> bool:
    """Is an index a slice?"""
    kind = index.one
    return (isinstance(kind, Static) and isinstance(kind.value, slice)) or (
        isinstance(kind, Weak) and kind.type is slice
    )


def items_of(value: Value) -> Value:
    """What an item of a sequence is; refused where that is not known."""
    if not value.kinds or not all(isinstance(k, (List, Tuple)) for k in value.kinds):
        raise UnsupportedError(
            "S012", f"a slice of a list is assigned {describe(value.kinds[0]) if value.kinds else 'nothing'}",
            hint="assign a list: list(…)",
        )  # fmt: skip
    return join(*map(element, value.kinds))


def in_place(op: str, left: Value) -> bool:
    """Does `a op= b` change a container, not the variable?"""
    if not changeable(left):
        return False
    return op in ("+*" if holds(left, (List,)) else "|" if holds(left, (Dict,)) else SET_METHODS)


def augassign(interp: Any, stmt: ir.AugAssign, op: str) -> None:
    """`l += items`, `l *= n`, `d |= other`: a change in place, said by a method or a write."""
    span = stmt.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        if op == "*":
            new = fresh("t", span)
            place = ir.Index(named(stmt.target), ALL, span=span)
            whole = ir.Binary("*", named(stmt.target), stmt.value, span=span)
            return (ir.Assign(new, whole, span=span), ir.Store(place, named(new), span=span)), ir.Const(None)
        method = SET_METHODS.get(op, "extend")
        call = ir.Call(ir.Attr(named(stmt.target), method, span=span), (stmt.value,), span=span)
        return (ir.Evaluate(call, span=span),), ir.Const(None)

    stand_for(interp, stmt, build)


# ------------------------------------------------------------------------------------------------------- methods


def call_method(interp: Any, expr: ir.Call, owner: Arg, name: str, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A method of a list, dict or set."""
    node, base = owner
    if not (isinstance(expr.func, ir.Attr) and expr.func.value is node):
        raise UnsupportedError(
            "S013", f"the method `{name}` of {describe(base.kinds[0])} is called under another name", expr.span,
            f"call it where it is looked up: x.{name}(…)",
        )  # fmt: skip
    owners = {type(k) for k in defined(base).kinds}
    method = METHODS.get((owners.pop(), name)) if len(owners) == 1 else None
    value = None
    if method is not None:
        with at(expr.span):
            value = method(interp, expr, base, args, kwargs)
    return opaque(interp, expr, f"the method `{name}` of {describe(base.kinds[0])}") if value is None else value


def is_method(function: Value) -> bool:
    """Is it a method of a container? It changes the container in code, too, that is never reached."""
    kind = function.one
    return isinstance(kind, Bound) and isinstance(kind.function, str)


def plain(args: list[Arg], kwargs: dict[str, Arg], least: int, most: int | None = None) -> bool:
    """Are there so many positional arguments, and no others?"""
    return not kwargs and least <= len(args) <= (least if most is None else most)


def append(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.append(v)`."""
    if not plain(args, kwargs, 1):
        return None
    lengthen(interp, expr, base, args[0][1])
    return mutate(interp, expr, list.append, args)


def insert(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.insert(i, v)`."""
    if not plain(args, kwargs, 2):
        return None
    lengthen(interp, expr, base, args[1][1])
    return mutate(interp, expr, list.insert, args)


def extend(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.extend(items)`."""
    if not plain(args, kwargs, 1):
        return None
    node, value = args[0]
    if all(isinstance(k, (List, Tuple)) for k in value.kinds):
        by = max((example_length(k) if isinstance(k, List) else len(k.items) for k in value.kinds), default=1)
        lengthen(interp, expr, base, join(*map(element, value.kinds)), by)
        return mutate(interp, expr, list.extend, args)
    return with_list(interp, expr, "extend", node)


def with_list(interp: Any, expr: ir.Call, name: str, node: ir.Expr) -> Value:
    """The same method with a list of the items of its argument."""
    span = expr.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        items = fresh("t", span)
        made = ir.Call(ir.Ref("list", list), (node,), span=span)
        call = ir.Call(ir.Attr(expr.func.value, name, span=span), (named(items),), span=span)
        return (ir.Assign(items, made, span=span),), call

    return stand_for(interp, expr, build)


def pop(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.pop()`, `l.pop(i)`."""
    if not plain(args, kwargs, 0, 1):
        return None
    lengthen(interp, expr, base, BOTTOM, 0)
    if args and args[0][1].static == -1:
        args = []
    return mutate(interp, expr, list.pop, args, join(*map(element, defined(base).kinds)))


def remove(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.remove(v)`: `l.pop(l.index(v))`."""
    if not plain(args, kwargs, 1):
        return None
    owner, span = expr.func.value, expr.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        index, removed = fresh("k", span), fresh("t", span)
        where = ir.Call(ir.Attr(owner, "index", span=span), (args[0][0],), span=span)
        popped = ir.Call(ir.Attr(owner, "pop", span=span), (named(index),), span=span)
        return (ir.Assign(index, where, span=span), ir.Assign(removed, popped, span=span)), ir.Const(None)

    return stand_for(interp, expr, build)


def clear(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.clear()`, `d.clear()`."""
    if not plain(args, kwargs, 0):
        return None
    if holds(base, (List,)):
        lengthen(interp, expr, base, BOTTOM, 0)
        return mutate(interp, expr, list.clear, args)
    for kind in defined(base).kinds:
        interp.heap.drop(kind)
    return mutate(interp, expr, dict.clear, args)


def reverse(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.reverse()`."""
    if not plain(args, kwargs, 0):
        return None
    reorder(interp, base)
    return mutate(interp, expr, list.reverse, args)


def reorder(interp: Any, base: Value) -> None:
    """The items of a list trade places."""
    for kind in defined(base).kinds:
        interp.heap.assign(kind, NotImplemented, element(kind))


def sort(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.sort(key=…, reverse=…)`: the items trade places by the order of their keys."""
    if args or not kwargs.keys() <= {"key", "reverse"}:
        return None
    owner, span = expr.func.value, expr.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        order = fresh("order", span)
        before, keys = sort_keys(owner, kwargs.get("key"), fresh, span)
        backwards = kwargs["reverse"][0] if "reverse" in kwargs else ir.Const(False, span=span)
        found = ir.Call(ir.Ref("sorting_order", runtime.sorting_order), (keys, backwards), span=span)
        call = ir.Call(ir.Ref("permute", runtime.permute), (owner, named(order)), span=span)
        return (*before, ir.Assign(order, found, span=span)), call

    return stand_for(interp, expr, build)


def sort_keys(owner: ir.Expr, key: Arg | None, fresh: Any, span: Any) -> tuple[ir.Block, ir.Expr]:
    """What a list is sorted by: its items, or what a function makes of each."""
    if key is None or key[1].static is None:
        return (), owner
    keys, count, k = fresh("keys", span), fresh("n", span), fresh("k", span)
    item, made = fresh("t", span), fresh("t", span)
    body = (
        ir.Assign(item, ir.Index(owner, named(k), span=span), span=span),
        ir.Assign(made, ir.Call(key[0], (named(item),), span=span), span=span),
        ir.Evaluate(ir.Call(ir.Attr(named(keys), "append", span=span), (named(made),), span=span), span=span),
    )
    return (
        ir.Assign(keys, ir.List((), span=span), span=span),
        ir.Assign(count, ir.Call(ir.Ref("len", len), (owner,), span=span), span=span),
        ir.For(k, ir.Call(ir.Ref("range", range), (named(count),), span=span), body, span=span),
    ), named(keys)


def call_delitem(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`del x[i]`: an item is taken out."""
    (node, base), (index, _) = args
    span = expr.span
    if not changeable(base) or holds(base, (Set,)):
        raise UnsupportedError("S012", "cannot tell what this takes out of", span, "use a list or a dict")

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        popped = ir.Call(ir.Attr(node, "pop", span=span), (index,), span=span)
        return (ir.Assign(fresh("t", span), popped, span=span),), ir.Const(None)

    return stand_for(interp, expr, build)


def call_permute(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """`permute(l, order)`: the items of a list trade places."""
    if not args[0][1].kinds or not all(isinstance(k, List) for k in args[0][1].kinds):
        raise UnsupportedError("S012", "cannot tell which list this changes", expr.span, "use a list: list(…)")
    reorder(interp, args[0][1])
    entry = interp.inference.rules.mutator(runtime.permute)
    interp.analysis.targets[expr] = Primitive(entry, tuple(e for e, _ in args))
    return NONE


def find(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.index(v)`, `l.count(v)`."""
    if not plain(args, kwargs, 1, 3):
        return None
    rule = interp.inference.rules.lookup(getattr(list, expr.func.name))
    interp.analysis.targets[expr] = Primitive(rule, (expr.func.value, *(e for e, _ in args)))
    return of(Weak(int, 0))


def copy(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`l.copy()` is `l[:]`."""
    if not plain(args, kwargs, 0):
        return None
    return stand_for(interp, expr, lambda fresh: ((), ir.Index(expr.func.value, ALL, span=expr.span)))


# ------------------------------------------------------------------------------------------------------- dicts


def dict_put(owner: ir.Expr, key: ir.Expr, value: ir.Expr, span: Any) -> ir.Stmt:
    """`d[k] = v`."""
    return ir.Store(ir.Index(owner, key, span=span), value, span=span)


def chosen(
    owner: ir.Expr, key: ir.Expr, fresh: Any, span: Any, present: Callable[[ir.Name], ir.Block],
    absent: Callable[[ir.Name], ir.Block],
) -> tuple[ir.Block, ir.Expr]:  # fmt: skip
    """A value that depends on whether a dict has a key."""
    test, result = fresh("t", span), fresh("t", span)
    found = ir.Compare("in", key, owner, span=span)
    branch = ir.If(named(test), present(result), absent(result), span=span)
    return (ir.Assign(test, found, span=span), branch), named(result)


def get(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`d.get(k, default)`."""
    if not plain(args, kwargs, 1, 2):
        return None
    owner, span, key = expr.func.value, expr.span, args[0][0]
    default = args[1][0] if len(args) > 1 else ir.Const(None, span=span)
    return stand_for(interp, expr, lambda fresh: chosen(
        owner, key, fresh, span,
        lambda t: (ir.Assign(t, ir.Index(owner, key, span=span), span=span),),
        lambda t: (ir.Assign(named(t), default, span=span),),
    ))  # fmt: skip


def setdefault(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`d.setdefault(k, v)`: written where the key is new, then read."""
    if not plain(args, kwargs, 1, 2):
        return None
    owner, span, key = expr.func.value, expr.span, args[0][0]
    default = args[1][0] if len(args) > 1 else ir.Const(None, span=span)

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        test = fresh("t", span)
        found = ir.Compare("not in", key, owner, span=span)
        branch = ir.If(named(test), (dict_put(owner, key, default, span),), span=span)
        return (ir.Assign(test, found, span=span), branch), ir.Index(owner, key, span=span)

    return stand_for(interp, expr, build)


def dict_pop(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`d.pop(k)`, `d.pop(k, default)`."""
    if not plain(args, kwargs, 1, 2):
        return None
    owner, span, key = expr.func.value, expr.span, args[0][0]
    if len(args) == 1:
        for kind in defined(base).kinds:
            interp.heap.drop(kind)
        found = [interp.index_kind(k, [args[0][1]], key) for k in defined(base).kinds]
        return mutate(interp, expr, dict.pop, args, join(*found))
    popped = ir.Call(ir.Attr(owner, "pop", span=span), (key,), span=span)
    return stand_for(interp, expr, lambda fresh: chosen(
        owner, key, fresh, span,
        lambda t: (ir.Assign(t, popped, span=span),),
        lambda t: (ir.Assign(named(t), args[1][0], span=span),),
    ))  # fmt: skip


def popitem(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`d.popitem()`: the last key and its value."""
    if not plain(args, kwargs, 0):
        return None
    owner, span = expr.func.value, expr.span

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        keys, key, value = fresh("keys", span), fresh("key", span), fresh("t", span)
        listed = ir.Call(ir.Ref("dict_keys", runtime.dict_keys), (owner,), span=span)
        popped = ir.Call(ir.Attr(owner, "pop", span=span), (named(key),), span=span)
        before = (
            ir.Assign(keys, listed, span=span),
            ir.Assign(key, ir.Index(named(keys), ir.Const(-1), span=span), span=span),
            ir.Assign(value, popped, span=span),
        )
        return before, ir.Tuple((named(key), named(value)), span=span)

    return stand_for(interp, expr, build)


def update(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`d.update(other, k=v)`: the other's items are written one by one where its keys are known."""
    if len(args) > 1:
        return None
    owner, span = expr.func.value, expr.span
    other = args[0][1].one if args else None
    if args and not isinstance(other, Dict):
        return None
    if args and other.keys is None and not kwargs:
        for kind in defined(base).kinds:
            interp.heap.put(kind, key_of(other), element(other))
        return mutate(interp, expr, dict.update, args)

    def build(fresh: Any) -> tuple[ir.Block, ir.Expr]:
        pairs: list[tuple[ir.Expr, ir.Expr]] = []
        before: list[ir.Stmt] = []
        for key in other.keys if other is not None and other.keys is not None else ():
            item = fresh("t", span)
            before.append(ir.Assign(item, ir.Index(args[0][0], ir.Const(key), span=span), span=span))
            pairs.append((ir.Const(key, span=span), named(item)))
        pairs += [(ir.Const(k, span=span), e) for k, (e, _) in kwargs.items()]
        return (*before, *(dict_put(owner, k, v, span) for k, v in pairs)), ir.Const(None)

    return None if args and other.keys is None else stand_for(interp, expr, build)


def dict_copy(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`d.copy()`: a display where the keys are known."""
    if not plain(args, kwargs, 0):
        return None
    kind = base.one
    owner = expr.func.value
    if isinstance(kind, Dict) and kind.keys is not None:
        return stand_for(interp, expr, lambda fresh: ((), ir.Dict((None,), (owner,), span=expr.span)))
    rule = interp.inference.rules.lookup(dict.copy)
    interp.analysis.targets[expr] = Primitive(rule, (owner,))
    return join(*(of(anew(k)) for k in defined(base).kinds))


def anew(kind: Dict) -> Kind:
    """A new dict with the same items."""
    return Dict(None, (), element(kind), key_of(kind), kind.fields)


def listed(function: Any, item: Callable[[Dict], Value]) -> Method:
    """A method that lists what a dict of unknown keys holds."""

    def method(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
        if not plain(args, kwargs, 0):
            return None
        rule = interp.inference.rules.lookup(function)
        interp.analysis.targets[expr] = Primitive(rule, (expr.func.value,))
        return of(List(None, join(*(item(k) for k in defined(base).kinds))))

    return method


def check_view(interp: Any, value: ir.Expr) -> None:
    """Refuse to keep a view of a dict that changes: what the view shows would change with it."""
    if isinstance(value, ir.Call) and isinstance(value.func, ir.Attr) and value.func.name in VIEWS:
        owner = interp.values.get(value.func.value)
        if owner is not None and any(isinstance(k, Dict) and k.changed for k in owner.kinds):
            raise UnsupportedError(
                "S019", "this keeps a view of a dict that changes", value.span, "make it a list: list(…)"
            )


# ------------------------------------------------------------------------------------------------------- sets


def add(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`s.add(v)`, `s.update(items)`: sets hold nothing that a derivative flows through, so the call is only run."""
    for _, value in args:
        item = value if expr.func.name == "add" else join(*map(element, value.kinds))
        if item.differentiable or not item.known:
            return None
        for kind in defined(base).kinds:
            interp.heap.append(kind, item)
    interp.analysis.targets[expr] = Opaque("a set")
    return NONE


def shrink(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """A method that takes items out of a set."""
    items = join(*(element(k) for _, v in args for k in v.kinds)) if expr.func.name.startswith("symm") else BOTTOM
    for kind in defined(base).kinds:
        interp.heap.append(kind, items)
    interp.analysis.targets[expr] = Opaque("a set")
    return join(*map(element, base.kinds)) if expr.func.name == "pop" else NONE


def combine(interp: Any, expr: ir.Call, base: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """A method that makes another set, or a truth value."""
    interp.analysis.targets[expr] = Opaque("a set")
    if expr.func.name.startswith("is"):
        return of(Weak(bool, False))
    return of(Set(join(*(element(k) for v in (base, *(v for _, v in args)) for k in v.kinds))))


METHODS: dict[tuple[type, str], Method] = {
    (List, "append"): append,
    (List, "extend"): extend,
    (List, "insert"): insert,
    (List, "pop"): pop,
    (List, "remove"): remove,
    (List, "clear"): clear,
    (List, "reverse"): reverse,
    (List, "sort"): sort,
    (List, "index"): find,
    (List, "count"): find,
    (List, "copy"): copy,
    (Dict, "get"): get,
    (Dict, "setdefault"): setdefault,
    (Dict, "pop"): dict_pop,
    (Dict, "popitem"): popitem,
    (Dict, "update"): update,
    (Dict, "clear"): clear,
    (Dict, "copy"): dict_copy,
    (Dict, "keys"): listed(runtime.dict_keys, key_of),
    (Dict, "values"): listed(runtime.dict_values, element),
    (Dict, "items"): listed(runtime.dict_items, lambda k: of(Tuple(tuple, (key_of(k), element(k))))),
    (Set, "add"): add,
    (Set, "update"): add,
    **{
        (Set, name): shrink
        for name in ("remove", "discard", "pop", "clear", "difference_update", "intersection_update",
                     "symmetric_difference_update")
    },
    **{
        (Set, name): combine
        for name in ("union", "intersection", "difference", "symmetric_difference", "copy", "issubset", "issuperset",
                     "isdisjoint")
    },
}  # fmt: skip
NAMES = frozenset(name for _, name in METHODS)
VIEWS = frozenset(("keys", "values", "items"))
