"""Reads and writes of arrays: the adjoint is read, cleared and added to at the same place."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import constant_of, np_call
from s2sgrad.ir.kinds import (
    Array,
    Scalar,
    Static,
    Weak,
    slice_axis,
)
from s2sgrad.ir.traverse import index_parts
from s2sgrad.transform.contributions import Contributions
from s2sgrad.transform.program import OWNED, SHARED, helper


class Memory(Contributions):
    """Adjoints of indexing, item assignment and updates in place."""

    def read(self, y: ir.Name, base: ir.Expr, index: ir.Expr, g: ir.Expr, state: str) -> None:
        """`y = base[index]`: the adjoint goes to the same place."""
        if not self.is_active(base):
            return
        if base.id in self.parts:
            self.contribute(ir.Name(self.part(base.id, index.value)), g, state)
            return
        value = self.value(base.id)
        if value.is_scalar:  # a NumPy scalar is indexed by `()`, or to make an array of it
            self.contribute(base, g if self.kind_of(y).is_scalar else np_call("sum", g), state)
            return
        self.ensure(base.id, OWNED)
        place = ir.Index(self.place(base.id), index)
        if value.is_array or self.repeats(index):  # an array that one path does not assign is read by the same indices
            self.accumulate(place, g)
        else:
            g, _ = self.full(y, g, state)
            self.emit(ir.Store, place, ir.Call(helper("add"), (place, g)))

    def accumulate(self, place: ir.Index, g: ir.Expr) -> None:
        """Add to the adjoint at a place; at indices that repeat, once for each."""
        if self.repeats(place.index):
            self.emit(ir.Evaluate, ir.Call(helper("add_at"), (place.value, as_index(place.index), g)))
        else:
            self.emit(ir.Augment, place, "+", g)

    def repeats(self, index: ir.Expr) -> bool:
        """May an index reach an element twice? Integers, slices and masks do not."""
        for item in index_parts(index):
            if isinstance(item, (ir.Slice, ir.Const)):
                continue
            kind = self.kind_of(item).one
            match kind:
                case Weak() | Static() | Scalar():
                    continue
                case Array(dtype=d) if d.kind == "b" or kind.rank == 0:
                    continue
                case None if self.kind_of(item).is_scalar:
                    continue
            return True
        return False

    def element(self, base: ir.Expr, index: ir.Expr) -> bool:
        """Does the index name a single element?"""
        kind = self.kind_of(base).one
        items = index_parts(index)
        whole = all(self.kind_of(i).is_scalar and type(self.kind_of(i).static) is not bool for i in items)
        return isinstance(kind, Array) and len(items) == kind.rank and whole

    def restore(self, stmt: ir.Stmt, place: ir.Expr) -> None:
        """Undo a write whose old contents are read in the reverse sweep."""
        if stmt not in self.p.undo:
            return
        old = ir.Name(self.p.names.fresh("old"))
        saved: ir.Expr = place
        if not (isinstance(place, ir.Index) and self.element(place.value, place.index)):
            saved = ir.Call(ir.Attr(place, "copy"))
        self.replaced[stmt] = [ir.Assign(old, saved, span=stmt.span), stmt]
        target = place if isinstance(place, ir.Index) else ir.Index(place, ir.Const(Ellipsis))
        self.emit(ir.Store, target, old)

    def store(self, stmt: ir.Store) -> None:
        """`a[i] = v`: the adjoint of the place goes to the value, and is zero before the write."""
        base, index = stmt.target.value, stmt.target.index
        self.restore(stmt, stmt.target)
        if not self.is_active(base) or not self.has_bar(base.id):
            return
        self.ensure(base.id, OWNED)
        place = ir.Index(self.place(base.id), index)
        if self.is_active(stmt.value):
            saved: ir.Expr = place if self.element(base, index) else ir.Call(ir.Attr(place, "copy"))
            if self.repeats(index):
                last = ir.Call(helper("last_writes"), (base, as_index(index)))
                saved = ir.Binary("*", place, last)
            g = self.temp(saved, "g")
            self.emit(ir.Store, place, ir.Const(0.0))
            self.passed(stmt.value, g, self.element(base, index), self.fills(stmt.value, base, index))
        else:
            self.emit(ir.Store, place, ir.Const(0.0))

    def passed(self, x: ir.Expr, g: ir.Expr, element: bool, same: bool) -> None:
        """The adjoint of a place that was assigned (or added to), handed to the value: broadcasting is undone."""
        value = self.kind_of(x)
        if value.is_scalar:
            self.contribute(x, g if element else np_call("sum", g), OWNED)
        elif same:
            self.contribute(x, g, OWNED)
        else:
            self.contribute(x, ir.Call(helper("unbroadcast"), (g, x)), SHARED)

    def augment(self, stmt: ir.Augment | ir.AugAssign, target: ir.Expr) -> None:
        """`a[i] += v`, `a -= v`: the adjoint of the place stays, and flows on to the value."""
        base = target.value if isinstance(target, ir.Index) else target
        self.restore(stmt, target)
        if not self.is_active(base) or not self.has_bar(base.id) or not self.is_active(stmt.value):
            return
        self.ensure(base.id, SHARED)
        bar = self.place(base.id)
        place = ir.Index(bar, target.index) if isinstance(target, ir.Index) else bar
        element = isinstance(target, ir.Index) and self.element(base, target.index)
        g: ir.Expr
        if stmt.op == "-":
            g = ir.Unary("-", place)
        else:
            g = place if element else ir.Call(ir.Attr(place, "copy"))
        index = target.index if isinstance(target, ir.Index) else None
        self.passed(stmt.value, self.temp(g, "g"), element, self.fills(stmt.value, base, index))

    def fills(self, x: ir.Expr, base: ir.Expr, index: ir.Expr | None) -> bool:
        """Is a value proved to have the shape of the place that it is written to?"""
        a, b = self.kind_of(x).one, self.kind_of(base).one
        if not isinstance(a, Array) or not isinstance(b, Array):
            return False
        axes: list[Any] = []
        rest = list(b.axes)
        for item in () if index is None else index_parts(index):
            if isinstance(item, ir.Const) and item.value is Ellipsis and item is index_parts(index)[-1]:
                break
            if not rest or (isinstance(item, ir.Const) and type(item.value) is not int):
                return False
            axis = rest.pop(0)
            if isinstance(item, ir.Slice):
                bounds = [None if e is None else constant_of(e) for e in (item.lower, item.upper, item.step)]
                known = all(
                    e is None or isinstance(v, int)
                    for e, v in zip((item.lower, item.upper, item.step), bounds, strict=True)
                )
                axes.append(slice_axis(self.p.axes.find(axis), slice(*bounds)) if known else None)
            elif not self.kind_of(item).is_scalar:
                return False
        axes += [self.p.axes.find(axis) for axis in rest]
        return len(axes) == a.rank and all(
            q is not None and self.p.axes.find(p) == q for p, q in zip(a.axes, axes, strict=True)
        )


def as_index(index: ir.Expr) -> ir.Expr:
    """An index as an argument: `np.s_[...]` where it holds slices."""
    if any(isinstance(i, ir.Slice) for i in index_parts(index)):
        return ir.Index(ir.Ref("np.s_", np.s_, np), index)
    return index
