"""Functions that call functions: map, filter, reduce, max and min with a key, np.vectorize, itemgetter.

Over few items, and of a known number, the calls are written out; else the source in `runtime.functional` is followed.
"""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.arguments import Arg, known_items
from s2sgrad.analysis.functions import is_callable
from s2sgrad.analysis.lowering import Args, Kwargs, Lowering, Writer, is_array
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Value
from s2sgrad.ir.traverse import blocks, expressions, names_in, statements, targets
from s2sgrad.runtime import functional

__all__ = ["HIGHER", "writer_of"]

FEW = 8  # calls that are written out

CONSUMERS = frozenset((
    list, tuple, sum, max, min, sorted, any, all, set, frozenset, dict, zip, enumerate, map, filter, functools.reduce,
    math.fsum, math.prod, runtime.sequence, runtime.unpack,
))  # fmt: skip


def follow(write: Lowering, function: Any, *args: ir.Expr) -> Value:
    """The call is one of this function, whose source is followed."""
    return write.done(ir.Call(ir.Ref(function.__name__, function), args, span=write.span))


def sequence(write: Lowering, arg: Arg) -> ir.Expr:
    """An iterable as something that can be indexed."""
    return write.call(ir.Ref("sequence", runtime.sequence), (write.atom(arg),))


def few(values: list[Value]) -> int | None:
    """How many items there are, where it is known and they are few: as many as the shortest has."""
    items = [known_items(v) for v in values]
    if any(i is None for i in items):
        return None
    length = min(map(len, items))
    return length if length <= FEW else None


def check_consumed(write: Lowering, name: str) -> None:
    """An iterator may be consumed once, and computes then: refuse it unless it is consumed where it is made."""
    if not consumed_at_once(write.interp, write.expr):
        raise UnsupportedError(
            "S039", f"the iterator that `{name}` returns is not consumed where it is made", write.span,
            f"make a list of it: list({name}(…))",
        )  # fmt: skip


def consumed_at_once(interp: Any, expr: ir.Call) -> bool:
    """Is the value of a call read once, in the same block, by what goes through an iterator from end to end?"""
    found = place_of(interp.frame.function.body, expr)
    if found is None:
        return False
    block, at = found
    name = block[at].target.id
    readers = [s for s in statements(interp.frame.function.body) if any(name in names_in(e) for e in expressions(s))]
    if len(readers) != 1 or readers[0] not in block[at:]:
        return False
    between = block[at + 1 : block.index(readers[0])]
    captured = {n for f in interp.frame.nested for n in f.free}
    if any(blocks(s) or captured & set(targets(s)) for s in between):
        return False
    return consumes(interp, getattr(readers[0], "value", None), name)


def place_of(block: ir.Block, expr: ir.Call) -> tuple[ir.Block, int] | None:
    """The block that assigns an expression to a name, and where in it."""
    todo = [block]
    while todo:
        block = todo.pop()
        for i, stmt in enumerate(block):
            if isinstance(stmt, ir.Assign) and stmt.value is expr:
                return block, i
            todo.extend(blocks(stmt))
    return None


def consumes(interp: Any, reader: ir.Expr | None, name: str) -> bool:
    """Does an expression go through the iterator of that name from end to end?"""
    match reader:
        case ir.Tuple(items=items) | ir.List(items=items):
            return not any(isinstance(i, ir.Name) and i.id == name for i in items)  # else it stands behind a star
        case ir.Call(func=func, args=args):
            if any(isinstance(a, ir.Starred) and a.value.id == name for a in args if isinstance(a, ir.Starred)):
                return True
            called = interp.eval(func).static
            return called is not NotImplemented and any(called is c for c in CONSUMERS)
    return False


# ------------------------------------------------------------------------------------------------- map and its like


def write_map(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`map(f, xs, …)`."""
    if len(args) < 2 or kwargs:
        return None
    check_consumed(write, "map")
    function = write.atom(args[0])
    length = few([v for _, v in args[1:]])
    if length is None:
        followed = {2: functional.mapped, 3: functional.mapped_2}.get(len(args))
        return None if followed is None else follow(write, followed, function, *(sequence(write, a) for a in args[1:]))
    lists = [write.atom(a) for a in args[1:]]
    items = []
    for i in range(length):
        each = [write.keep(ir.Index(node, ir.Const(i), span=write.span)) for node in lists]
        items.append(write.call(function, each))
    return write.done(ir.List(tuple(items), span=write.span))


def write_filter(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`filter(f, xs)`; with None in place of a function the items that are true."""
    if len(args) != 2 or kwargs:
        return None
    check_consumed(write, "filter")
    function = ir.Ref("bool", bool) if args[0][1].static is None else write.atom(args[0])
    return follow(write, functional.filtered, function, sequence(write, args[1]))


def write_along_axis(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.apply_along_axis(f, axis, a)`."""
    if len(args) != 3 or kwargs or not is_array(args[2]):
        return None
    return follow(write, functional.along_an_axis, *map(write.atom, args))


def write_reduce(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`functools.reduce(f, xs, start)`."""
    start = kwargs.pop("initial", args[2] if len(args) == 3 else None)
    if not 2 <= len(args) <= 3 or kwargs:
        return None
    function, items = write.atom(args[0]), write.atom(args[1])
    length = few([args[1][1]])
    if length is None or (length == 0 and start is None):
        items = sequence(write, args[1])
        if start is None:
            return follow(write, functional.reduced, function, items)
        return follow(write, functional.reduced_from, function, items, write.atom(start))
    each = [ir.Index(items, ir.Const(i), span=write.span) for i in range(length)]
    total = write.atom(start) if start is not None else write.keep(each.pop(0))
    for item in each:
        total = write.call(function, (total, write.keep(item)))
    return write.done(total)


def write_best(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`max(xs, key=f)`, `min(a, b, key=f)`; without a key they have rules."""
    key = kwargs.pop("key", None)
    if key is None or not is_callable(key[1].kinds[0]) or kwargs or not args:
        return None
    if len(args) == 1:
        items = sequence(write, args[0])
    else:
        items = write.keep(ir.Tuple(tuple(write.atom(a) for a in args), span=write.span))
    return follow(write, functional.greatest if target is max else functional.least, items, write.atom(key))


# ------------------------------------------------------------------------------------------------------- of NumPy


def write_vectorize(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.vectorize(f)`: a function value that holds `f`."""
    if len(args) != 1 or kwargs:
        return None
    held = ir.Ref("vectorized", functional.vectorized), write.atom(args[0])
    return write.done(ir.Call(ir.Ref("partial", functools.partial), held, span=write.span))


def write_vectorized(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """A call of what `np.vectorize(f)` made, of two operands."""
    if len(args) != 3 or kwargs:
        return None
    return follow(write, functional.vectorized_2, *map(write.atom, args))


def call_vectorize(write: Lowering, target: np.vectorize, args: Args, kwargs: Kwargs) -> Value | None:
    """A call of an `np.vectorize` known at compile time, as the decorator makes one."""
    plain = not target.cache and target.otypes is None and target.signature is None and not target.excluded
    if not plain or kwargs or not 1 <= len(args) <= 2:
        return None
    write.interp.frame.namespace.note((id(target), "pyfunc"), target, "pyfunc", "same", target.pyfunc)
    function = functional.vectorized if len(args) == 1 else functional.vectorized_2
    return follow(write, function, ir.Ref("pyfunc", target.pyfunc), *map(write.atom, args))


def write_fromfunction(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.fromfunction(f, shape)`: a call of `f` with the indices as arrays."""
    shape = known_items(args[1][1]) if len(args) == 2 else None
    if shape is None or kwargs:
        return None
    function, shape_atom = write.atom(args[0]), write.atom(args[1])
    indices = ir.Call(ir.Ref("np.indices", np.indices, np), (shape_atom, ir.Ref("float", float)), span=write.span)
    grid = write.keep(indices)
    axes = [write.keep(ir.Index(grid, write.const(i), span=write.span)) for i in range(len(shape))]
    return write.done(write.call(function, axes))


def write_piecewise(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.piecewise(x, conditions, functions)`, piece by piece; a later one overrides."""
    conditions, functions = (known_items(args[i][1]) if len(args) == 3 else None for i in (1, 2))
    if conditions is None or functions is None or kwargs or not is_array(args[0]):
        return None
    x, tests, pieces = (write.atom(a) for a in args)
    masks = [write.keep(ir.Index(tests, write.const(i), span=write.span)) for i in range(len(conditions))]
    if len(functions) == len(masks) + 1:
        some = write.numpy("any", tests, write.const(0))
        masks.append(write.numpy("logical_not", some))
    if len(functions) != len(masks):
        return None
    y = write.numpy("zeros_like", x)
    for i, (mask, function) in enumerate(zip(masks, functions, strict=True)):
        piece = write.keep(ir.Index(pieces, write.const(i), span=write.span))
        if function.kinds and all(map(is_callable, function.kinds)):
            y = write.call(ir.Ref("piecewise", functional.piecewise), (y, x, mask, piece))
        else:
            write.store(y, mask, piece)
    return write.done(y)


# ------------------------------------------------------------------------------------------------------- itemgetter


def write_itemgetter(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`operator.itemgetter(1)`, `operator.attrgetter("x")`: the same object each time, for it is known."""
    keys = tuple(v.static for _, v in args)
    if kwargs or not keys or NotImplemented in keys:
        return None
    made = write.interp.inference.getters
    known = (target, *((type(k), k) for k in keys))
    if known not in made:
        made[known] = target(*keys)
    return write.done(ir.Ref(target.__name__, made[known], span=write.span))


def getter(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """A call of what `itemgetter` or `attrgetter` made."""
    if len(args) != 1 or kwargs:
        return None
    base, keys = write.atom(args[0]), target.__reduce__()[1]
    found = [part(write, base, key, isinstance(target, operator.attrgetter)) for key in keys]
    if len(found) == 1:
        return write.done(found[0])
    return write.done(ir.Tuple(tuple(map(write.keep, found)), span=write.span))


def part(write: Lowering, base: ir.Expr, key: Any, attribute: bool) -> ir.Expr:
    """`base[key]`, or `base.a.b` for a key "a.b"."""
    if not attribute:
        return ir.Index(base, ir.Const(key), span=write.span)
    *path, last = key.split(".")
    for name in path:
        base = write.keep(ir.Attr(base, name, span=write.span))
    return ir.Attr(base, last, span=write.span)


def writer_of(target: Any) -> Writer | None:
    """How a call of an object that holds a function, or tells a place, is said."""
    if isinstance(target, (operator.itemgetter, operator.attrgetter)):
        return getter
    return call_vectorize if isinstance(target, np.vectorize) else None


HIGHER: dict[Any, Writer] = {
    map: write_map,
    filter: write_filter,
    np.apply_along_axis: write_along_axis,
    functools.reduce: write_reduce,
    max: write_best,
    min: write_best,
    np.vectorize: write_vectorize,
    functional.vectorized: write_vectorized,
    np.fromfunction: write_fromfunction,
    np.piecewise: write_piecewise,
    operator.itemgetter: write_itemgetter,
    operator.attrgetter: write_itemgetter,
}
