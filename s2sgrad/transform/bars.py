"""Adjoints: their names, the state each is in, and contributions to them.

The adjoint of a name `x` is `x_bar`. It is zero, and not there, until its first contribution, which assigns it. From
then on it is *lazy* (a smaller array or a number that stands for an array of the shape of `x`), *shared* (its
memory may have another name), or *owned* (contributions may be added in place).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import np_call
from s2sgrad.ir.kinds import (
    UNKNOWN,
    Array,
    Dict,
    Kind,
    List,
    Static,
    Tuple,
    Unknown,
    Value,
    is_complex,
    named,
    of,
)
from s2sgrad.ir.traverse import children
from s2sgrad.transform.program import LAZY, OWNED, RANK, SHARED, Program, apart, helper, read_again

TEMPORARY = re.compile(r"t(_\d+)?")  # names that the user did not give


REAL = (np.real, np.imag, np.absolute, np.abs, np.angle, abs, len)
AS_OPERAND = (runtime.cast, runtime.unbroadcast, runtime.broadcast, runtime.reshape_like)  # f(g, x) is as real as x


def may_be_complex(kind: Kind) -> bool:
    """Is it complex, or of unknown kind?"""
    return is_complex(kind) or isinstance(kind, Unknown)


class Bars:
    """The adjoints of one function while its reverse sweep is written."""

    def __init__(self, program: Program) -> None:
        self.p = program
        self.kinds = program.kinds
        self.state: dict[str, str] = {}
        self.bar_names: dict[str, str] = {}
        self.out: list[ir.Stmt] = []
        self.note: str | None = None
        self.replaced: dict[ir.Stmt, list[ir.Stmt]] = {}  # forward statements that differ from the primal's
        self.counters: dict[ir.Stmt, ir.Name] = {}
        self.entered: dict[ir.Stmt, ir.Enter] = {}  # the end of a `with` -> its beginning
        self.tapes: dict[int, ir.Name] = {}  # block -> its tape
        self.reads: list[tuple[ir.Stmt, frozenset[str]]] = []
        self.held: dict[ir.Stmt, set[str]] = {}  # call -> arrays whose elements the callee's residuals hold
        self.before_change: dict[ir.Stmt, ir.Name] = {}  # change of a mirrored container -> the adjoint that was there
        self.changing = {n for n in program.written if any(isinstance(k, (List, Dict)) for k in self.value(n).kinds)}
        self.depth = 0  # loops around the current statement
        self.parts = apart(program)  # containers of which only known items are read: one adjoint for each item
        self.leaders = self.same_shapes()
        self.again = read_again(program)  # elements that the reverse sweep reads anew
        self.places: dict[str, ir.Expr] = {}  # the name that stands for an item -> how the primal reads it
        self.items_of: dict[str, dict[Any, str]] = {}
        self.maybe_complex = {n for n, v in self.kinds.items() if any(map(may_be_complex, v.kinds))}
        self.state.update(dict.fromkeys(program.shadows | program.inout, OWNED))

    # ------------------------------------------------------------------------------------------- adjoints

    def value(self, name: str) -> Value:
        """The kind of a name."""
        return self.kinds.get(name, UNKNOWN)

    def kind_of(self, e: ir.Expr) -> Value:
        """The kind of an operand."""
        match e:
            case ir.Name(id=name):
                return self.value(name)
            case ir.Const(value=v) | ir.Ref(value=v):
                return of(Static(v))
            case ir.Unary(op="-", operand=ir.Const(value=v)):
                return of(Static(-v))
            case ir.Tuple(items=items):
                return of(Tuple(tuple, tuple(map(self.kind_of, items))))
        return UNKNOWN

    def bar(self, name: str) -> ir.Name:
        """The name of a name's adjoint."""
        if name not in self.bar_names:
            self.bar_names[name] = self.p.names.fresh(f"{name}_bar")
            if name in self.maybe_complex:
                self.maybe_complex.add(self.bar_names[name])
        return ir.Name(self.bar_names[name])

    def place(self, name: str) -> ir.Expr:
        """Where the adjoint of a name is kept: under its own name, or as the same view of its base's adjoint."""
        if name not in self.p.paths:
            return self.bar(name)
        base, view = self.p.paths[name]
        if isinstance(view, ir.Index):
            return ir.Index(self.place(base), view.index)
        if isinstance(view, ir.Field):
            return ir.Index(self.place(base), ir.Const(view.name))
        return ir.Call(view.func, (self.place(base), *view.args[1:]), view.kwargs)

    def has_bar(self, name: str) -> bool:
        """Has anything been contributed to the adjoint of a name, or of what it is a view of?"""
        while name in self.p.paths:
            name = self.p.paths[name][0]
        return name in self.state

    def emit(self, stmt_type: type, *args: Any) -> None:
        """Append a statement to the reverse sweep, with the note of the primal line."""
        self.out.append(stmt_type(*args, note=self.note))

    def assign(self, target: ir.Expr, value: ir.Expr) -> None:
        """Append an assignment."""
        self.emit(ir.Assign, target, value)

    def temp(self, value: ir.Expr, base: str) -> ir.Name:
        """A new name for a value."""
        name = ir.Name(self.p.names.fresh(base))
        self.assign(name, value)
        if self.maybe_complex and self.has_complex(value):
            self.maybe_complex.add(name.id)
        return name

    def is_active(self, e: ir.Expr) -> bool:
        """Does a derivative flow through an operand?"""
        return isinstance(e, ir.Name) and (e.id in self.p.active or e.id in self.p.active_parts)

    def contribute(self, target: ir.Expr, g: ir.Expr, state: str) -> None:
        """Add `g` to the adjoint of an operand."""
        if not self.is_active(target):
            return
        name = target.id
        if self.maybe_complex:
            g, state = self.in_field(target, g, state)
        if name in self.p.paths:
            self.add_to_view(name, g)
            return
        if name in self.p.shadows:
            self.add_to_shadow(name, g)
            return
        before = self.state.get(name)
        bar = self.bar(name)
        value = self.value(name)
        if before is None:
            if not (isinstance(g, ir.Name) and g.id == bar.id):
                self.assign(bar, g)
            self.state[name] = state
        elif value.is_scalar or (value.is_array and before == OWNED):
            self.emit(ir.AugAssign, bar, "+", g)
        elif before == OWNED and name in self.p.written and value.is_container:
            self.emit(ir.Evaluate, ir.Call(helper("add_into"), (bar, g)))
        elif value.is_array or self.p.assume_arrays:
            self.assign(bar, ir.Binary("+", bar, g))
            self.state[name] = LAZY if before == state == LAZY else OWNED
        else:
            self.assign(bar, ir.Call(helper("add"), (bar, g)))
            self.state[name] = SHARED

    def in_field(self, x: ir.Expr, g: ir.Expr, state: str) -> tuple[ir.Expr, str]:
        """A contribution to a real operand is real, to a complex array complex, so that more can be added in place.

        The adjoint of z is ∂/∂Re z - i ∂/∂Im z: then d = Re(z_bar dz), and holomorphic rules are those of real numbers.
        """
        value = self.value(x.id)
        if not (value.is_array or value.is_scalar):
            return g, state
        fields, arriving = {is_complex(k) for k in value.kinds}, self.has_complex(g)
        if fields == {False}:
            return (np_call("real", g), SHARED if isinstance(g, ir.Name) else state) if arriving else (g, state)
        if len(fields) > 1 and state == LAZY:
            return self.filled(x.id, g), SHARED
        if len(fields) > 1 or (value.is_array and state != LAZY and not arriving):
            return ir.Call(helper("cast"), (g, self.alike(x.id))), SHARED
        return g, state

    def has_complex(self, e: ir.Expr) -> bool:
        """May the value of an expression of the reverse sweep be complex?"""
        match e:
            case ir.Name(id=name):
                return name in self.maybe_complex
            case ir.Const(value=v):
                return isinstance(v, complex)
            case ir.Index(value=value):
                return self.has_complex(value)
            case ir.Attr(name="size" | "shape" | "ndim" | "dtype") | ir.Compare():
                return False
            case ir.Call(func=ir.Ref(value=f)) if f in REAL:
                return False
            case ir.Call(func=ir.Ref(value=f), args=(_, x, *_)) if f in AS_OPERAND:
                return self.has_complex(x)
        return any(map(self.has_complex, children(e)))

    def add_to_view(self, name: str, g: ir.Expr) -> None:
        """Add `g` to the adjoint of a stable view: to the same view of its base's adjoint."""
        self.ensure(name, OWNED)
        place = self.place(name)
        if self.value(name).is_container:
            self.emit(ir.Evaluate, ir.Call(helper("add_into"), (place, g)))
        else:
            self.emit(ir.Augment, place if isinstance(place, ir.Index) else whole(place), "+", g)

    def add_to_shadow(self, name: str, g: ir.Expr) -> None:
        """Add `g` to an adjoint that was made in the forward sweep: in place, whoever else holds it."""
        if any(isinstance(k, Array) for k in self.value(name).kinds):
            self.emit(ir.AugAssign, self.bar(name), "+", g)
        else:
            self.emit(ir.Evaluate, ir.Call(helper("add_into"), (self.bar(name), g)))

    def take(self, name: str) -> tuple[ir.Name, str] | None:
        """The adjoint of a name whose definition is passed; from here on the name has none."""
        if name in self.p.shadows:
            return self.bar(name), SHARED
        if name in self.parts and name in self.p.active:
            return self.take_parts(name)
        state = self.state.pop(name, None)
        return None if state is None or name not in self.p.active else (self.bar(name), state)

    def take_parts(self, name: str) -> tuple[ir.Name, str] | None:
        """The adjoint of a container whose definition is passed, gathered of its items."""
        parts = self.items_of.get(name, {}).values()
        if not any(part in self.state for part in parts):
            return None
        gathered = self.gathered(name, self.borrowed)
        for part in parts:
            self.state.pop(part, None)
        self.assign(self.bar(name), gathered)
        return self.bar(name), SHARED

    def zero(self, name: str) -> ir.Expr:
        """A zero adjoint, in full shape."""
        value = self.value(name)
        if value.is_array:
            return np_call("zeros_like", self.alike(name))
        if value.is_scalar:
            return ir.Const(0.0)
        return ir.Call(helper("zeros_like"), (self.primal(name),))

    def filled(self, name: str, g: ir.Expr) -> ir.Expr:
        """A lazy adjoint in full shape."""
        return ir.Call(helper("broadcast"), (g, self.alike(name)))

    def alike(self, name: str) -> ir.Expr:
        """The name itself, or an earlier one of the same shape and dtype, so that a temporary need not be kept."""
        if name in self.places:
            return self.places[name]
        while name in self.leaders:
            name = self.leaders[name]
        return ir.Name(name)

    def ensure(self, name: str, state: str) -> None:
        """Bring an adjoint into a state at least as good: there, of full shape, owned."""
        if name in self.p.paths:
            self.ensure(self.p.paths[name][0], OWNED)
            return
        if name in self.p.shadows or name in self.p.inout:
            return
        before = self.state.get(name)
        value = self.value(name)
        bar = self.bar(name)
        single = value.is_array and not any(k.rank for k in value.kinds)  # arithmetic of 0-d arrays makes numbers
        if before is None:
            self.assign(bar, self.zero(name))
            self.state[name] = OWNED
        elif value.is_scalar or (RANK[before] >= RANK[state] and not (single and state == OWNED)):
            return
        elif state == SHARED:
            self.assign(bar, self.filled(name, bar))
            self.state[name] = SHARED
        elif before == LAZY or single:
            self.assign(bar, np_call("full_like", self.alike(name), bar))
            self.state[name] = OWNED
        elif value.is_array:
            self.assign(bar, ir.Call(ir.Attr(bar, "copy")))
            self.state[name] = OWNED
        else:
            self.assign(bar, ir.Call(helper("add"), (bar, ir.Call(helper("zeros_like"), (self.primal(name),)))))
            self.state[name] = OWNED

    def full(self, y: ir.Name, g: ir.Expr, state: str) -> tuple[ir.Expr, str]:
        """An adjoint in the full shape of what it belongs to."""
        if state != LAZY or self.value(y.id).is_scalar:
            return g, state
        return self.filled(y.id, g), SHARED

    def same_shape(self, x: ir.Expr, y: ir.Expr) -> bool:
        """Is it proved that `x`, an operand of the elementwise result `y`, has its shape?"""
        a, b = self.kind_of(x).one, self.kind_of(y).one
        if not isinstance(a, Array) or not isinstance(b, Array) or a.rank != b.rank:
            return False
        pairs = ((self.p.axes.find(p), self.p.axes.find(q)) for p, q in zip(a.axes, b.axes, strict=True))
        return all(p is not None and (p == q or (named(p) and named(q))) for p, q in pairs)

    def fit(self, x: ir.Expr, y: ir.Name, g: ir.Expr, state: str) -> tuple[ir.Expr, str]:
        """`g`, a contribution in the shape of `y`, summed down to the shape of its operand `x`."""
        xv, yv = self.kind_of(x), self.value(y.id)
        if xv.is_scalar and yv.is_scalar:
            return g, OWNED
        if self.same_shape(x, y):
            return g, state
        g, state = self.full(y, g, state)
        if xv.is_scalar and yv.is_array:
            return np_call("sum", g), OWNED
        summed = self.summed(x, y, g)
        if summed is not None:
            return summed, OWNED
        return ir.Call(helper("unbroadcast"), (g, x)), SHARED

    def summed(self, x: ir.Expr, y: ir.Name, g: ir.Expr) -> ir.Expr | None:
        """The sum over the axes that `x` was broadcast along, where it is proved which these are."""
        a, b = self.kind_of(x).one, self.value(y.id).one
        if not isinstance(a, Array) or not isinstance(b, Array) or not a.rank:
            return None
        lead = b.rank - a.rank
        stretched = []
        for i, (p, q) in enumerate(zip(a.axes, b.axes[lead:], strict=True)):
            p, q = self.p.axes.find(p), self.p.axes.find(q)
            if p == 1 and named(q):
                stretched.append(i + lead)
            elif p is None or not (p == q or (named(p) and named(q))):
                return None
        axes = tuple(range(lead)) or tuple(stretched)
        if not axes or (lead and stretched):
            return None
        axis = ir.Const(axes[0]) if len(axes) == 1 else ir.Tuple(tuple(map(ir.Const, axes)))
        keywords = [ir.Keyword("axis", axis)] + ([ir.Keyword("keepdims", ir.Const(True))] if stretched else [])
        return ir.Call(np_call("sum").func, (g,), tuple(keywords))

    # ------------------------------------------------------------------------------------------- results and items

    def finished(self, name: str) -> tuple[ir.Expr, bool]:
        """The adjoint of a parameter as it is handed out."""
        if name in self.parts:
            return self.gathered(name, self.owned), True
        state = self.state.get(name)
        if state is None:
            return self.zero(name), True
        if state == LAZY:
            return np_call("full_like", self.alike(name), self.bar(name)), True
        owned = state == OWNED and name not in self.p.shadows  # a pullback that serves again uses shadows again
        return self.bar(name), owned or self.value(name).is_scalar

    def owned(self, name: str) -> ir.Expr:
        """The adjoint of an item, with memory of its own."""
        bar, owned = self.finished(name)
        return bar if owned or not self.value(name).is_array else ir.Call(ir.Attr(bar, "copy"))

    def borrowed(self, name: str) -> ir.Expr:
        """The adjoint of an item, in full shape."""
        state = self.state.get(name)
        if state is None:
            return self.zero(name)
        return self.filled(name, self.bar(name)) if state == LAZY else self.bar(name)

    def gathered(self, name: str, item: Callable[[str], ir.Expr]) -> ir.Expr:
        """The adjoint of a container, built of those of its items."""
        kind = self.value(name).one
        keys = kind.keys if isinstance(kind, Dict) else range(len(kind.items))
        bars = tuple(
            item(self.part(name, key)) if v.differentiable else ir.Const(None)
            for key, v in zip(keys, kind.items, strict=True)
        )
        return ir.Dict(tuple(map(ir.Const, keys)), bars) if isinstance(kind, Dict) else ir.List(bars)

    def part(self, name: str, key: Any) -> str:
        """The name that stands for an item of a container."""
        found = self.items_of.setdefault(name, {})
        kind = self.value(name).one
        keys = list(kind.keys) if isinstance(kind, Dict) else list(range(len(kind.items)))
        key = keys[keys.index(key) if isinstance(kind, Dict) else range(len(keys))[key]]
        if key not in found:
            text = key if isinstance(key, str) and key.isidentifier() else f"{name}_{key}"
            part = found[key] = self.p.names.fresh(text)
            self.kinds[part] = kind.items[keys.index(key)]
            if any(map(may_be_complex, self.kinds[part].kinds)):
                self.maybe_complex.add(part)
            self.places[part] = ir.Index(self.primal(name), ir.Const(key))
            self.p.active_parts.add(part)
        return found[key]

    def primal(self, name: str) -> ir.Expr:
        """How the primal reads what a name stands for."""
        return self.places.get(name) or ir.Name(name)

    def same_shapes(self) -> dict[str, str]:
        """Temporaries that an elementwise operation makes, and an operand that has their shape and dtype."""
        found: dict[str, str] = {}
        for stmt in self.p.function.body:
            match stmt:
                case ir.Assign(target=ir.Name(id=name) as y, value=ir.Binary() | ir.Unary() | ir.Call() as value) if (
                    TEMPORARY.fullmatch(name)
                ):
                    if not self.is_elementwise(value):
                        continue
                    kind = self.value(name).one
                    for e in children(value):
                        if isinstance(kind, Array) and isinstance(e, ir.Name) and self.same_shape(e, y):
                            if self.value(e.id).one.dtype == kind.dtype and e.id not in self.p.joins:
                                found[name] = e.id
                                break
        return found

    def is_elementwise(self, e: ir.Expr) -> bool:
        """Has the result the shape that its operands broadcast to?"""
        match e:
            case ir.Binary(op=op):
                return op != "@"
            case ir.Unary(op=op):
                return op != "not"
            case ir.Call(func=ir.Ref(value=target)):
                rule = self.p.lookup(target)
                return rule is not None and rule.family == "elementwise"
        return False


def whole(place: ir.Expr) -> ir.Index:
    """All of an array, as a place to write to."""
    return ir.Index(place, ir.Const(Ellipsis))
