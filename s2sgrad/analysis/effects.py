"""Writes and aliases: which names may share memory, and what a function does to the memory of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    Array,
    Bound,
    Dict,
    Function,
    List,
    Object,
    Scalar,
    Static,
    Super,
    Tuple,
    Unknown,
    Value,
    Weak,
    cells_of,
    element,
)
from s2sgrad.ir.targets import Callee, callee_of
from s2sgrad.ir.traverse import children, index_parts, names_in, statements
from s2sgrad.rules.mutators import mutator

Write = ir.Store | ir.Augment | ir.AugAssign


@dataclass(frozen=True)
class Summary:
    """What a function does to the memory of its parameters, told by their positions."""

    written: frozenset[int] = frozenset()
    returned: frozenset[int] = frozenset()  # the result may share memory with these
    stored: frozenset[tuple[int, int]] = frozenset()  # the first may have been put into the second, or the reverse
    shadowed: frozenset[int] = frozenset()  # their adjoint arrays must be there in the forward sweep
    external: bool = False  # the result may be an array of a module


ZERO_ATTRIBUTES = frozenset(("shape", "size", "ndim", "dtype", "nbytes", "itemsize"))  # facts, not contents
MEMORY = (Array, Tuple, List, Dict, Object, Super, Function, Bound, Unknown)  # kinds that are, or hold, arrays


def holds_memory(value: Value | None) -> bool:
    """May the value be, or hold, an array?"""
    return value is None or any(isinstance(k, MEMORY) for k in value.kinds)


WRITERS = frozenset((np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal))


def writes_nothing(target: Any) -> bool:
    """Is it known of a function without a rule that it leaves its arguments as they are?"""
    if isinstance(target, type):
        return issubclass(target, (BaseException, tuple))
    numpys = (getattr(target, "__module__", None) or type(target).__module__ or "").split(".")[0] == "numpy"
    return numpys and getattr(target, "__self__", None) is None and target not in WRITERS


def base_of(stmt: Write) -> str:
    """The name through which a statement writes."""
    target = stmt.target
    return target.id if isinstance(target, ir.Name) else target.value.id


def called(stmt: ir.Stmt) -> ir.Call | None:
    """The call of a user's function that a statement is, if it is one."""
    value = getattr(stmt, "value", None)
    return value if isinstance(stmt, (ir.Assign, ir.Evaluate)) and callee_of(value) is not None else None


class Aliases:
    """May-alias facts of a function in single assignment, whatever the order of its statements."""

    def __init__(
        self, fn: ir.Function, kinds: dict[str, Value], lookup: Any, summary: Callable[[Callee], Summary]
    ) -> None:
        self.fn = fn
        self.kinds = kinds
        self.lookup = lookup
        self.summary = summary  # what a user's function does to its arguments
        self.positions = {p.name: i for i, p in enumerate(fn.params)}
        self.params = set(self.positions)
        self.parent: dict[str, str] = {}
        self.written: dict[ir.Stmt, tuple[str, ...]] = {}  # statement -> the names through which it writes
        self.external: set[str] = set()  # memory that a module owns
        self.opaque: list[tuple[ir.Stmt, frozenset[str]]] = []  # calls that may write into these names
        for stmt in statements(fn.body):
            self.collect(stmt)

    def collect(self, stmt: ir.Stmt) -> None:
        """Note what a statement writes into, and which names it makes share memory."""
        if isinstance(stmt, (ir.Assign, ir.Evaluate)) and isinstance(stmt.value, ir.Call):
            changed = self.changed_by(stmt.value)
            if changed:
                self.opaque.append((stmt, changed))
        through = self.written_by(stmt)
        if through:
            self.written[stmt] = through
        for a, b in self.stored_by(stmt):
            self.unite(a, b)
        match stmt:
            case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
                for a, b in zip(left, right, strict=True):
                    for name in names_in(b):
                        self.unite(a.id, name)
            case ir.Assign(target=ir.Name(id=name), value=value):
                if isinstance(value, (ir.Attr, ir.Field)) and isinstance(value.value, ir.Ref):
                    self.external.add(name)
                if callee_of(value) is not None and self.summary(callee_of(value)).external:
                    self.external.add(name)
                for source in self.sources(name, value):
                    self.unite(name, source)

    def written_by(self, stmt: ir.Stmt) -> tuple[str, ...]:
        """The names through which a statement writes."""
        match stmt:
            case ir.Store() | ir.Augment() | ir.AugAssign():
                return (base_of(stmt),)
        call = called(stmt)
        if call is not None:
            written = self.summary(callee_of(call)).written
            return tuple(dict.fromkeys(a.id for i, a in enumerate(call.args) if i in written and self.is_memory(a)))
        if isinstance(stmt, (ir.Assign, ir.Evaluate)) and isinstance(stmt.value, ir.Call):
            return tuple(a.id for a in self.operands(stmt.value, "writes"))
        return ()

    def stored_by(self, stmt: ir.Stmt) -> list[tuple[str, str]]:
        """What a statement puts into what: (container, item), or (argument, argument) of a call that may do so."""
        match stmt:
            case ir.Store(value=ir.Name(id=item)) if not self.is_array(base_of(stmt)):
                return [(base_of(stmt), item)]
        call = called(stmt)
        if call is not None:
            pairs = ((call.args[i], call.args[j]) for i, j in self.summary(callee_of(call)).stored)
            return [(a.id, b.id) for a, b in pairs if self.is_memory(a) and self.is_memory(b)]
        if isinstance(stmt, (ir.Assign, ir.Evaluate)) and isinstance(stmt.value, ir.Call):
            into = self.operands(stmt.value, "writes")
            return [(a.id, b.id) for a in into for b in self.operands(stmt.value, "stores")]
        return []

    def operands(self, call: ir.Call, role: str) -> list[ir.Name]:
        """The arguments that a primitive, by its rule, writes into or stores."""
        target = call.func.value if isinstance(call.func, ir.Ref) else None
        at = getattr(mutator(target) or self.lookup(target), role, ())
        return [a for i, a in enumerate(call.args) if i in at and self.is_memory(a)]

    def is_memory(self, e: ir.Expr) -> bool:
        """Is the operand a name that may hold arrays?"""
        return isinstance(e, ir.Name) and holds_memory(self.kinds.get(e.id))

    def changed_by(self, call: ir.Call) -> frozenset[str]:
        """The arguments that a call of a function without a rule and without followed source may write into."""
        func = call.func
        if isinstance(func, ir.Ref):
            if isinstance(func.value, Callee) or self.lookup(func.value) is not None or writes_nothing(func.value):
                return frozenset()
            if mutator(func.value) is not None:
                return frozenset()
        return frozenset(n for n in names_in(call) if holds_memory(self.kinds.get(n)))

    def is_array(self, name: str) -> bool:
        """Is it an array, and nothing else?"""
        value = self.kinds.get(name)
        return value is not None and value.is_array

    def changes_structure(self, name: str) -> bool:
        """Is it a list or dict that changes, so that a write through the name is one of its structure?"""
        value = self.kinds.get(name)
        return value is not None and bool(value.kinds) and all(getattr(k, "changed", False) for k in value.kinds)

    def seeing(self, name: str, others: Iterable[str]) -> set[str]:
        """Those of the other names that see what is written through a name.

        A change of a container is seen through names of what may be that container, or hold it: not through those of
        its items.
        """
        if self.is_array(name) or not self.changes_structure(name):
            return set(others)
        cells = {c for k in self.kinds[name].kinds for c in k.cells}
        return {n for n in others if not self.known(n) or not cells.isdisjoint(cells_of(self.kinds[n]))}

    def known(self, name: str) -> bool:
        """Is it known what the name may hold?"""
        value = self.kinds.get(name)
        return value is not None and value.known

    def holds_items(self, name: str) -> bool:
        """May it be a container? Sums of arrays and numbers are new arrays, sums of containers hold their items."""
        value = self.kinds.get(name)
        return value is None or any(isinstance(k, (Tuple, List, Dict, Function, Unknown)) for k in value.kinds)

    def holds_numbers(self, name: str) -> bool:
        """Is it a list or tuple of numbers, texts and the like, and nothing else?"""
        value = self.kinds.get(name)
        if value is None or not value.kinds or not all(isinstance(k, (List, Tuple)) for k in value.kinds):
            return False
        return not any(holds_memory(v) for k in value.kinds for v in (k.items or ()) + (element(k),))

    # ---- classes

    def find(self, name: str) -> str:
        """The representative of a name's alias class."""
        parent = self.parent.setdefault(name, name)
        while parent != self.parent.setdefault(parent, parent):
            self.parent[name] = self.parent[parent]
            name, parent = parent, self.parent[parent]
        return parent

    def unite(self, a: str, b: str) -> None:
        """The two names may share memory, if both may hold any."""
        if holds_memory(self.kinds.get(a)) and holds_memory(self.kinds.get(b)):
            self.parent[self.find(a)] = self.find(b)

    def classes(self, names: Iterable[str]) -> list[set[str]]:
        """The alias classes of these names."""
        groups: dict[str, set[str]] = {self.find(n): set() for n in names}
        for name in list(self.parent):
            root = self.find(name)
            if root in groups:
                groups[root].add(name)
        return list(groups.values())

    def written_classes(self) -> list[set[str]]:
        """The alias classes that are written into."""
        return self.classes({n for through in self.written.values() for n in through})

    def summarize(self, shadows: frozenset[str]) -> Summary:
        """What the function does to its parameters; `shadows`: names whose adjoints are made in the forward sweep."""
        classes = {self.find(n) for through in self.written.values() for n in through}
        held = [(p, i) for p, i in self.positions.items() if holds_memory(self.kinds.get(p))]
        value = self.fn.body[-1].value if self.fn.body and isinstance(self.fn.body[-1], ir.Return) else None
        results = {self.find(n) for n in names_in(value) if holds_memory(self.kinds.get(n))}
        together = {(i, j) for p, i in held for q, j in held if i < j and self.find(p) == self.find(q)}
        return Summary(
            written=frozenset(i for p, i in held if self.find(p) in classes),
            returned=frozenset(i for p, i in held if self.find(p) in results),
            stored=frozenset(together),
            shadowed=frozenset(i for p, i in held if p in shadows),
            external=any(self.find(n) in results for n in self.external),
        )

    # ---- what an expression shares memory with

    def sources(self, name: str, value: ir.Expr) -> tuple[str, ...]:
        """The names whose memory the value of an expression may share."""
        if not holds_memory(self.kinds.get(name)):
            return ()
        match value:
            case ir.Name(id=n):
                return (n,)
            case ir.Index(index=ir.Slice()) | ir.Binary(op="+" | "*") if self.holds_numbers(name):
                return ()  # a new container, of which nothing can be written into
            case ir.Index(value=base, index=index):
                return tuple(names_in(base)) if self.may_view(base, index) else ()
            case ir.Tuple() | ir.List() | ir.Dict() | ir.Record():
                return tuple(n for e in children(value) for n in names_in(e))
            case ir.Field(value=base):
                return tuple(names_in(base))
            case ir.Attr(value=base, name=attribute):
                return () if attribute in ZERO_ATTRIBUTES else tuple(names_in(base))
            case ir.Call(func=ir.Ref(value=Callee() as callee), args=args):
                returned = self.summary(callee).returned
                return tuple(n for i, a in enumerate(args) if i in returned for n in names_in(a))
            case ir.Call(func=func, args=args, kwargs=kwargs):
                rule = self.lookup(func.value) if isinstance(func, ir.Ref) else None
                if rule is not None and rule.aliasing == "fresh":
                    return ()
                found = [n for e in (*args, *(k.value for k in kwargs)) for n in names_in(e)]
                return tuple(found) + tuple(names_in(func))
            case ir.Binary(op="+", left=left, right=right) if self.holds_items(name):
                return (*names_in(left), *names_in(right))
            case ir.Binary(op="*", left=left, right=right) if self.holds_items(name):
                return 2 * (*names_in(left), *names_in(right))  # the items are there several times
        return ()

    def may_view(self, base: ir.Expr, index: ir.Expr) -> bool:
        """Basic indices make views, index arrays and masks make copies."""
        value = self.kinds.get(base.id) if isinstance(base, ir.Name) else None
        if value is None or not value.is_array:
            return True
        for item in index_parts(index):
            if isinstance(item, ir.Name):
                kind = self.kinds.get(item.id)
                if kind is not None and (kind.is_array or isinstance(kind.one, List)):
                    return False
        return True

    def basic(self, base: str, index: ir.Expr) -> bool:
        """Is `base[index]` surely a view, or the item itself?"""
        kinds = self.kinds[base].kinds if base in self.kinds else ()
        parts = index_parts(index)
        if kinds and all(isinstance(k, (Tuple, List, Dict)) for k in kinds):
            return len(parts) == 1 and not isinstance(parts[0], ir.Slice) and self.is_number(parts[0], text=True)
        return self.is_array(base) and all(isinstance(i, ir.Slice) or self.is_number(i) for i in parts)

    def is_number(self, e: ir.Expr, text: bool = False) -> bool:
        """Is a part of an index one number (or text, of a dict), None or an ellipsis?"""
        if isinstance(e, ir.Const):
            return not isinstance(e.value, bool)
        value = self.kinds.get(e.id) if isinstance(e, ir.Name) else None
        if value is None or not value.kinds:
            return False
        return all(
            (isinstance(k, Weak) and (k.type is int or (text and k.type is str)))
            or (isinstance(k, Scalar) and k.dtype.kind in "iu")
            or (isinstance(k, Static) and (type(k.value) is int or (text and type(k.value) is str)))
            for k in value.kinds
        )
