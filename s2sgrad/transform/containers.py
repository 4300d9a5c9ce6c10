"""Changes of lists and dicts: the adjoint of a container has the structure that the container has at that point.

What lengthens the container shortens its adjoint in the reverse sweep, and the other way round. The adjoint of a
container that changes is owned: its lists, dicts and arrays are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from s2sgrad import runtime
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Dict, List, element
from s2sgrad.rules.mutators import Mutator
from s2sgrad.transform.program import OWNED, helper
from s2sgrad.transform.shadows import Shadows

Taken = tuple[ir.Name, str] | None


def method(name: str, *args: ir.Expr) -> ir.Call:
    """A call of a method of lists or dicts: `list.append`."""
    owner, _, attribute = name.partition(".")
    cls = {"list": list, "dict": dict}[owner]
    return ir.Call(ir.Ref(name, getattr(cls, attribute), cls), args)


def call(name: str, *args: ir.Expr) -> ir.Call:
    """A call of a function of `s2sgrad.runtime`."""
    return ir.Call(helper(name), args)


def length(e: ir.Expr) -> ir.Call:
    """`len(e)`."""
    return ir.Call(ir.Ref("len", len), (e,))


class Containers(Shadows):
    """Adjoints of `append`, `pop`, writes of items, and their like."""

    def mutation(self, stmt: ir.Assign | ir.Evaluate, entry: Mutator, args: tuple[ir.Expr, ...]) -> None:
        """The adjoint of a call that changes a container."""
        base = args[entry.written]
        self.current = stmt
        y = stmt.target if isinstance(stmt, ir.Assign) else None
        taken = self.take(y.id) if y is not None else None
        if self.is_active(base) and (taken is not None or self.has_bar(base.id)):
            self.ensure(base.id, OWNED)
        self.CHANGES[entry.target](self, stmt, args, taken)

    def follows(self, base: ir.Expr) -> ir.Expr | None:
        """The adjoint that has to follow a change of the container; None if it is zero, and not there."""
        return self.place(base.id) if self.is_active(base) and self.has_bar(base.id) else None

    def undone(self, stmt: ir.Stmt, change: ir.Call) -> None:
        """Undo a change whose old contents are read in the reverse sweep."""
        if stmt in self.p.undo:
            self.emit(ir.Evaluate, change)

    def before(self, stmt: ir.Stmt, value: ir.Expr) -> ir.Name:
        """What the forward sweep holds on to before the change, under a name."""
        old = ir.Name(self.p.names.fresh("old"))
        self.replaced[stmt] = [ir.Assign(old, value, span=stmt.span), stmt]
        return old

    def handed(self, x: ir.Expr, g: ir.Expr) -> None:
        """The adjoint of what was stored, which is taken out of the container's."""
        if self.is_active(x) and x.id not in self.p.shadows:
            self.contribute(x, self.temp(g, "g"), OWNED)
        elif isinstance(g, ir.Call):
            self.emit(ir.Evaluate, g)

    def scalars(self, base: ir.Expr) -> bool:
        """Does the container hold nothing but differentiable numbers?"""
        kinds = self.kind_of(base).kinds
        return all(element(k).is_scalar and element(k).differentiable for k in kinds)

    def cleared(self, base: ir.Expr, old: ir.Expr) -> ir.Expr:
        """The zero adjoint of what a container held."""
        return ir.Const(0.0) if self.scalars(base) else call("zeros_like", old)

    # ---- lists

    def append(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        base, value = args
        self.undone(stmt, method("list.pop", base))
        bar = self.follows(base)
        if bar is not None:
            self.handed(value, method("list.pop", bar))

    def extend(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        base, values = args
        self.undone(stmt, call("take_last", base, length(values)))
        bar = self.follows(base)
        if bar is not None:
            self.handed(values, call("take_last", bar, length(values)))

    def insert(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        base, index, value = args
        self.undone(stmt, call("take_out", base, index))
        bar = self.follows(base)
        if bar is not None:
            self.handed(value, call("take_out", bar, index))

    def pop(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        base, *index = args
        y = self.result_of(stmt)

        def back(items: ir.Expr, item: ir.Expr) -> ir.Call:
            return call("put_back", items, *index, item) if index else method("list.append", items, item)

        self.undone(stmt, back(base, y))
        bar = self.follows(base)
        if bar is not None:
            self.emit(ir.Evaluate, back(bar, self.returned(base, y, taken)))

    def result_of(self, stmt: ir.Stmt) -> ir.Name:
        """The name of what a call returns, given one if it had none."""
        if isinstance(stmt, ir.Assign):
            return stmt.target
        y = ir.Name(self.p.names.fresh("popped"))
        self.replaced[stmt] = [ir.Assign(y, stmt.value, span=stmt.span)]
        return y

    def returned(self, base: ir.Expr, y: ir.Name, taken: Taken) -> ir.Expr:
        """The adjoint of an item that was taken out of a container."""
        if y.id in self.p.shadows:
            return self.bar(y.id)
        if base.id in self.p.shadows and not self.value(y.id).is_scalar:
            return self.held_before(self.current)
        if taken is None:
            return self.cleared(base, y)
        g, state = self.full(y, *taken)
        if state == OWNED or self.value(y.id).is_scalar:
            return g
        return ir.Call(ir.Attr(g, "copy")) if self.value(y.id).is_array else call("detached", g)

    def clear(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        (base,) = args
        old = self.before(stmt, ir.Index(base, ir.Slice(None, None, None)))
        self.undone(stmt, method("list.extend", base, old))
        bar = self.follows(base)
        if bar is not None:
            self.emit(ir.Evaluate, method("list.extend", bar, call("zeros_like", old)))

    def reversed(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        (base,) = args
        self.undone(stmt, method("list.reverse", base))
        bar = self.follows(base)
        if bar is not None:
            self.emit(ir.Evaluate, method("list.reverse", bar))

    def permuted(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        base, order = args
        self.undone(stmt, call("unpermute", base, order))
        bar = self.follows(base)
        if bar is not None:
            self.emit(ir.Evaluate, call("unpermute", bar, order))

    # ---- dicts

    def dict_pop(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        base, key = args
        y = self.result_of(stmt)
        bar = self.follows(base)
        if stmt in self.p.undo:
            old = ir.Name(self.p.names.fresh("old"))
            copy = ir.Assign(old, method("dict.copy", base), span=stmt.span)
            self.replaced[stmt] = [copy, *self.replaced.get(stmt, [stmt])]
            self.undone(stmt, call("restore_items", base, old))
        if bar is not None:
            self.emit(ir.Store, ir.Index(bar, key), self.returned(base, y, taken))

    def dict_clear(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        (base,) = args
        old = self.before(stmt, method("dict.copy", base))
        self.undone(stmt, call("restore_items", base, old))
        bar = self.follows(base)
        if bar is not None:
            self.emit(ir.Evaluate, call("restore_items", bar, call("zeros_like", old)))

    def dict_update(self, stmt: ir.Stmt, args: tuple[ir.Expr, ...], taken: Taken) -> None:
        base, other = args
        old = self.before(stmt, call("items_before", base, other))
        self.undone(stmt, call("restore_update", base, other, old))
        bar = self.follows(base)
        if bar is not None:
            self.handed(other, call("take_items", bar, other, old))

    CHANGES: ClassVar[dict[Callable, Callable]] = {
        list.append: append,
        list.extend: extend,
        list.insert: insert,
        list.pop: pop,
        list.clear: clear,
        list.reverse: reversed,
        runtime.permute: permuted,
        dict.pop: dict_pop,
        dict.clear: dict_clear,
        dict.update: dict_update,
    }

    # ---- items

    def store_item(self, stmt: ir.Store) -> None:
        """`l[i] = v`, `d[k] = v`: the adjoint at the place goes to the value, and is that of what it replaced."""
        base, index = stmt.target.value, stmt.target.index
        if base.id in self.p.shadows:
            self.store_mirrored(stmt, base, index)
            return
        if self.has_bar(base.id) and self.is_active(base):
            self.ensure(base.id, OWNED)
        if any(isinstance(k, Dict) and k.keys is None for k in self.kind_of(base).kinds):
            self.store_key(stmt, base, index)
        elif isinstance(index, ir.Slice) or (not self.kind_of(index).is_scalar and self.is_list(base)):
            self.store_slice(stmt, base, index)
        else:
            self.store_place(stmt, base, stmt.target)

    def store_mirrored(self, stmt: ir.Store, base: ir.Name, index: ir.Expr) -> None:
        """A write into a container whose adjoint is made in the forward sweep: that, too, gets back what it held."""
        if stmt in self.p.undo:
            old = self.before(stmt, call("item_before", base, index))
            self.undone(stmt, call("restore_item", base, index, old))
        bar = self.bar(base.id)
        g = None
        if self.is_active(stmt.value) and stmt.value.id not in self.p.shadows:
            g = self.temp(ir.Index(bar, index), "g")
        self.emit(ir.Evaluate, call("restore_item", bar, index, self.held_before(stmt)))
        if g is not None:
            self.contribute(stmt.value, g, OWNED)

    def is_list(self, base: ir.Expr) -> bool:
        """Is the container a list?"""
        return all(isinstance(k, List) for k in self.kind_of(base).kinds)

    def store_place(self, stmt: ir.Store, base: ir.Expr, place: ir.Index) -> None:
        """A place that was there before."""
        bar = self.follows(base)
        needed = stmt in self.p.undo or (bar is not None and not self.scalars(base))
        old = self.before(stmt, place) if needed else ir.Const(None)
        if stmt in self.p.undo:
            self.emit(ir.Store, place, old)
        if bar is None:
            return
        at = ir.Index(bar, place.index)
        g = self.temp(at, "g") if self.is_active(stmt.value) else None
        self.emit(ir.Store, at, self.cleared(base, old))
        if g is not None:
            self.contribute(stmt.value, g, OWNED)

    def store_slice(self, stmt: ir.Store, base: ir.Expr, index: ir.Expr) -> None:
        """`l[a:b] = values`, which may change the length."""
        parts = index if isinstance(index, ir.Slice) else None
        none = ir.Const(None)
        bounds = (parts.lower or none, parts.upper or none, parts.step or none) if parts is not None else ()
        where = ir.Call(ir.Ref("slice", slice), bounds) if parts is not None else index
        old = self.before(stmt, stmt.target)
        count = length(stmt.value)
        self.undone(stmt, call("replace_slice", base, where, count, old))
        bar = self.follows(base)
        if bar is not None:
            self.handed(stmt.value, call("replace_slice", bar, where, count, call("zeros_like", old)))

    def store_key(self, stmt: ir.Store, base: ir.Expr, key: ir.Expr) -> None:
        """`d[k] = v` where the key may be new."""
        bar = self.follows(base)
        if bar is None and stmt not in self.p.undo:
            return
        old = self.before(stmt, call("item_before", base, key))
        self.undone(stmt, call("restore_item", base, key, old))
        if bar is not None:
            self.handed(stmt.value, call("take_item", bar, key, old))
