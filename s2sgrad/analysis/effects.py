"""Writes and aliases: which names may share memory, and which writes the derivative can follow.

A write through a name is allowed where no other name of the same memory is read afterwards; so the adjoint of the array
is one buffer. Where that cannot be shown, the write is refused: never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Array, Dict, Function, List, Tuple, Unknown, Value
from s2sgrad.ir.targets import Callee
from s2sgrad.ir.traverse import blocks, children, expressions, index_parts, names_in, statements, targets

Pair = tuple[str, str]
Write = ir.Store | ir.Augment | ir.AugAssign


def holds_memory(value: Value | None) -> bool:
    """May the value be, or hold, an array?"""
    return value is None or any(isinstance(k, (Array, Tuple, List, Dict, Function, Unknown)) for k in value.kinds)


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


def own(name: str) -> str:
    """The user's name for a name in single assignment."""
    return re.sub(r"_\d+$", "", name)


def shown(name: str, stmt: ir.Stmt) -> str:
    """A name as a message quotes it: temporaries have none."""
    line = stmt.span.text() if stmt.span is not None else ""
    for known in (name, own(name)):
        if re.search(rf"\b{re.escape(known)}\b", line):
            return f"`{known}`"
    return "another name" if own(name) == "t" else f"`{own(name)}`"


def copying(name: str, stmt: ir.Stmt) -> str:
    """How to copy an array, as a hint says it."""
    known = shown(name, stmt)
    return f"`{known[1:-1]} = {known[1:-1]}.copy()`" if known[0] == "`" else "`.copy()` of it"


class Aliases:
    """May-alias facts of a function in single assignment."""

    def __init__(self, fn: ir.Function, kinds: dict[str, Value], lookup: Any, fresh: Callable[[Any], bool]) -> None:
        self.fn = fn
        self.kinds = kinds
        self.lookup = lookup
        self.fresh = fresh  # is the result of a user's function memory of its own?
        self.params = {p.name for p in fn.params}
        self.parent: dict[str, str] = {}
        self.writes: list[Write] = []
        self.external: set[str] = set()  # memory that the caller or a module owns
        self.opaque: list[tuple[ir.Stmt, frozenset[str]]] = []  # calls that may write into these names
        for stmt in statements(fn.body):
            self.collect(stmt)

    def collect(self, stmt: ir.Stmt) -> None:
        """Note what a statement writes into, and which names it makes share memory."""
        if isinstance(stmt, (ir.Assign, ir.Evaluate)) and isinstance(stmt.value, ir.Call):
            changed = self.changed_by(stmt.value)
            if changed:
                self.opaque.append((stmt, changed))
        match stmt:
            case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
                for a, b in zip(left, right, strict=True):
                    for name in names_in(b):
                        self.unite(a.id, name)
            case ir.Assign(target=ir.Name(id=name), value=value):
                if isinstance(value, ir.Attr) and isinstance(value.value, ir.Ref):
                    self.external.add(name)
                for source in self.sources(name, value):
                    self.unite(name, source)
            case ir.Store(target=ir.Index(value=ir.Name(id=base)), value=value):
                self.writes.append(stmt)
                if isinstance(value, ir.Name) and not self.is_array(base):
                    self.unite(base, value.id)
            case ir.Augment() | ir.AugAssign():
                self.writes.append(stmt)

    def changed_by(self, call: ir.Call) -> frozenset[str]:
        """The arguments that a call of a function without a rule and without followed source may write into."""
        func = call.func
        if isinstance(func, ir.Ref):
            if isinstance(func.value, Callee) or self.lookup(func.value) is not None or writes_nothing(func.value):
                return frozenset()
        return frozenset(n for n in names_in(call) if holds_memory(self.kinds.get(n)))

    def is_array(self, name: str) -> bool:
        """Is it an array, and nothing else?"""
        value = self.kinds.get(name)
        return value is not None and value.is_array

    def holds_items(self, name: str) -> bool:
        """May it be a container? Sums of arrays and numbers are new arrays, sums of containers hold their items."""
        value = self.kinds.get(name)
        return value is None or any(isinstance(k, (Tuple, List, Dict, Function, Unknown)) for k in value.kinds)

    @property
    def result_is_fresh(self) -> bool:
        """Does the function return memory that neither its caller nor a module knows?"""
        value = self.fn.body[-1].value if self.fn.body and isinstance(self.fn.body[-1], ir.Return) else None
        known = {self.find(n) for n in self.params | self.external}
        return not any(self.find(n) in known for n in names_in(value))

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

    def written_classes(self) -> list[set[str]]:
        """The alias classes that are written into."""
        wanted = {self.find(base_of(w)) for w in self.writes}
        groups: dict[str, set[str]] = {}
        for name in list(self.parent):
            root = self.find(name)
            if root in wanted:
                groups.setdefault(root, set()).add(name)
        return list(groups.values())

    def sources(self, name: str, value: ir.Expr) -> tuple[str, ...]:
        """The names whose memory the value of an expression may share."""
        if not holds_memory(self.kinds.get(name)):
            return ()
        match value:
            case ir.Name(id=n):
                return (n,)
            case ir.Index(value=base, index=index):
                return tuple(names_in(base)) if self.may_view(base, index) else ()
            case ir.Tuple() | ir.List() | ir.Dict():
                return tuple(n for e in children(value) for n in names_in(e))
            case ir.Attr(value=base):
                return tuple(names_in(base))
            case ir.Call(func=ir.Ref(value=Callee() as callee)) if self.fresh(callee):
                return ()
            case ir.Call(func=func, args=args, kwargs=kwargs):
                rule = self.lookup(func.value) if isinstance(func, ir.Ref) else None
                if rule is not None and rule.aliasing == "fresh":
                    return ()
                found = [n for e in (*args, *(k.value for k in kwargs)) for n in names_in(e)]
                return tuple(found) + tuple(names_in(func))
            case ir.Binary(op="+" | "*", left=left, right=right) if self.holds_items(name):
                return (*names_in(left), *names_in(right))
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


class Exclusive:
    """Checks every write: flow-sensitive pairs of names that may share memory, and what is read afterwards."""

    def __init__(self, aliases: Aliases, rebound: frozenset[ir.Stmt]) -> None:
        self.aliases = aliases
        self.rebound = rebound
        groups = aliases.written_classes()
        self.relevant = {n for g in groups for n in g}
        for stmt in rebound:
            root = aliases.find(stmt.value.left.id) if isinstance(stmt.value.left, ir.Name) else None
            self.relevant |= {n for n in list(aliases.parent) if aliases.find(n) == root}
        self.at_write: dict[ir.Stmt, frozenset[Pair]] = {}
        if self.relevant or aliases.writes:
            self.forward(aliases.fn.body, self.entry())
            self.backward(aliases.fn.body, set())

    def entry(self) -> frozenset[Pair]:
        """Any two parameters may share memory."""
        params = sorted(self.aliases.params & self.relevant)
        return frozenset(both for i, a in enumerate(params) for b in params[i + 1 :] for both in ((a, b), (b, a)))

    # ---- forward: pairs

    def forward(self, block: ir.Block, pairs: frozenset[Pair]) -> frozenset[Pair]:
        """The pairs behind a block."""
        for stmt in block:
            pairs = self.step(stmt, pairs)
        return pairs

    def step(self, stmt: ir.Stmt, pairs: frozenset[Pair]) -> frozenset[Pair]:
        """The pairs behind a statement; those before each write are kept."""
        match stmt:
            case ir.If(body=body, orelse=orelse):
                return self.forward(body, pairs) | self.forward(orelse, pairs)
            case ir.For() | ir.While():
                while True:
                    after = pairs
                    for inner in blocks(stmt):
                        after = self.forward(inner, after)
                    if after <= pairs:
                        return pairs
                    pairs |= after
            case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
                return self.bind([(a.id, tuple(names_in(b))) for a, b in zip(left, right, strict=True)], pairs)
            case ir.Assign(target=ir.Name(id=name), value=value):
                if stmt in self.rebound:
                    self.at_write[stmt] = pairs
                return self.bind([(name, self.aliases.sources(name, value))], pairs)
            case ir.Store() | ir.Augment() | ir.AugAssign():
                self.at_write[stmt] = self.at_write.get(stmt, frozenset()) | pairs
                if (
                    isinstance(stmt, ir.Store)
                    and isinstance(stmt.value, ir.Name)
                    and not self.aliases.is_array(base_of(stmt))
                ):
                    return pairs | self.bind([(base_of(stmt), (stmt.value.id,))], pairs)
        return pairs

    def bind(self, bindings: list[tuple[str, tuple[str, ...]]], pairs: frozenset[Pair]) -> frozenset[Pair]:
        """Parallel assignment: the right sides are read before the left sides are dropped."""
        if not any(t in self.relevant for t, _ in bindings):
            return pairs
        dropped = {t for t, _ in bindings}
        new: set[Pair] = set()
        for i, (t, sources) in enumerate(bindings):
            for s in sources:
                if s not in self.relevant:
                    continue
                for w in (s, *(b for a, b in pairs if a == s)):
                    if w not in dropped:
                        new |= {(t, w), (w, t)}
            for u, others in bindings[i + 1 :]:
                if any(a == b or (a, b) in pairs for a in sources for b in others):
                    new |= {(t, u), (u, t)}
        return frozenset(p for p in pairs if p[0] not in dropped and p[1] not in dropped) | new

    # ---- backward: what is live after each write

    def backward(self, block: ir.Block, live: set[str]) -> set[str]:
        """The names that are live before a block."""
        for stmt in reversed(block):
            live = self.before(stmt, live)
        return live

    def before(self, stmt: ir.Stmt, live: set[str]) -> set[str]:
        """The names that are live before a statement; each write is checked against those live after it."""
        match stmt:
            case ir.If(body=body, orelse=orelse):
                live = self.backward(body, set(live)) | self.backward(orelse, set(live))
            case ir.For() | ir.While():
                while True:
                    end = set(live)
                    if stmt.until is not None:
                        end.update(names_in(stmt.until))
                    start = self.backward(stmt.body, end) - set(targets(stmt))
                    if isinstance(stmt, ir.While):
                        start = self.backward(stmt.head, start | live | set(names_in(stmt.test)))
                    if start <= live:
                        break
                    live = live | start
            case _:
                if stmt in self.at_write:
                    self.check(stmt, live)
                live = live - set(targets(stmt))
        for e in expressions(stmt):
            live.update(names_in(e))
        return live

    def check(self, stmt: ir.Stmt, live: set[str]) -> None:
        """Refuse a write where another live name may see it, or the memory is not the function's own."""
        pairs = self.at_write[stmt]
        if stmt in self.rebound:
            name = stmt.value.left.id if isinstance(stmt.value.left, ir.Name) else None
            others = {name, *(b for a, b in pairs if a == name)} - set(targets(stmt))
            if name in self.aliases.params or others & (live | self.aliases.params | self.aliases.external):
                raise UnsupportedError(
                    "S012", "this may change an array that has another name, or make a new one", stmt.span,
                    "write `a = a + b` for a new array; make both branches arrays for a change in place",
                )  # fmt: skip
            return
        name = base_of(stmt)
        others = {b for a, b in pairs if a == name}
        if not self.aliases.is_array(name):
            raise UnsupportedError(
                "S012", "cannot tell which array this write changes", stmt.span,
                "only arrays are written into: use an array, or build a new container",
            )  # fmt: skip
        owned = self.aliases.params | self.aliases.external
        if name in owned or others & owned:
            raise UnsupportedError(
                "S021", "this writes into an array that the function did not make", stmt.span,
                f"work on a copy: {copying(name, stmt)} before the write",
            )  # fmt: skip
        if others & live:
            other = min(others & live)
            raise UnsupportedError(
                "S012",
                f"{shown(other, stmt)} may share memory with {shown(name, stmt)} and is used after this write",
                stmt.span,
                f"make a copy where they part: `.copy()`, or read {shown(other, stmt)} anew after the write",
            )  # fmt: skip
