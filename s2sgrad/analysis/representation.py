"""How the adjoint of each name is kept, so that every write is seen through every name of the memory.

The adjoint of a memory cell is the sum of the adjoints of all live names that reach it; a write must collect and clear
all of them. Three representations make that cheap (docs/adr/0005):

- *value*: an adjoint of its own, made at the first contribution in the reverse sweep; the default.
- *path*: the adjoint of a stable view is the same view of its base's adjoint.
- *shadow*: an array made in the forward sweep, beside the one it belongs to, and mirrored wherever that goes. Names get
  one where a write is not *exclusive*: another live name, not a stable view of the same root, may see it.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable

from s2sgrad.analysis.effects import Aliases, called
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    Array,
    Bound,
    Dict,
    Function,
    Kind,
    List,
    Object,
    Tuple,
    Undefined,
    Unknown,
    element,
)
from s2sgrad.ir.targets import callee_of
from s2sgrad.ir.traverse import blocks, expressions, names_in, statements, targets
from s2sgrad.rules.mutators import mutation

Pair = tuple[str, str]


# ------------------------------------------------------------------------------------------------- stable views


class Views:
    """Names that are defined as a view of another name which still means the same array at each of their uses."""

    def __init__(self, aliases: Aliases, relevant: set[str]) -> None:
        self.aliases = aliases
        self.relevant = relevant
        self.views: dict[str, tuple[str, ir.Expr]] = {}  # view -> its base, and the expression that makes it
        self.doubtful: dict[str, tuple[str, ir.Expr]] = {}  # those that may be copies
        self.touched: dict[ir.Stmt, tuple[Counter[str], set[str]]] = {}
        self.reads: dict[int, Counter[str]] = {}
        self.definitions = Counter(n for s in statements(aliases.fn.body) for n in targets(s))
        self.block(aliases.fn.body)

    def root(self, name: str) -> str:
        """The name whose adjoint holds that of a stable view."""
        while name in self.views:
            name = self.views[name][0]
        return name

    def chain(self, name: str) -> list[str]:
        """The name, its base, the base's base …"""
        found = [name]
        while found[-1] in self.views:
            found.append(self.views[found[-1]][0])
        return found

    def block(self, block: ir.Block) -> None:
        """Find the stable views that a block defines, and those of nested blocks."""
        last = {n: i for i, s in enumerate(block) for n in self.touch(s)[0]}
        for i, stmt in enumerate(block):
            for inner in blocks(stmt):
                self.block(inner)
            match stmt:
                case ir.Assign(target=ir.Name(id=name), value=value) if name in self.relevant:
                    base = self.base(name, value)
                    if base is None or not self.is_local(name, block):
                        continue
                    if self.stable(base, block[i + 1 : last.get(name, i) + 1]):
                        doubt = isinstance(value, ir.Call) and value.func.path in MAYBE_VIEWS
                        (self.doubtful if doubt else self.views)[name] = (base, value)

    def take_for_views(self, wanted: Iterable[str]) -> None:
        """Take those of the names that may be copies for views, and no others."""
        for name, view in self.doubtful.items():
            self.views.pop(name, None)
            if name in wanted:
                self.views[name] = view

    def base(self, name: str, value: ir.Expr) -> str | None:
        """What the value of an expression is surely a view of (for `reshape` and its like the program checks it)."""
        if not self.aliases.is_array(name) and not self.aliases.holds_items(name):
            return None
        match value:
            case ir.Index(value=ir.Name(id=base), index=index) if self.aliases.basic(base, index):
                return base
            case ir.Field(value=ir.Name(id=base)) if all(map(is_dataclass, self.aliases.kinds[base].kinds)):
                return base
            case ir.Call(func=ir.Ref(value=target), args=(ir.Name(id=base), *_)):
                rule = self.aliases.lookup(target)
                if rule is None or rule.aliasing == "fresh" or rule.path.path not in VIEWS:
                    return None
                return base if self.aliases.is_array(base) or rule.path.path == "unpack" else None
        return None

    def is_local(self, name: str, block: ir.Block) -> bool:
        """Is a name, which a block defines, assigned once, and read in that block alone, nested ones included?"""
        if not self.reads:
            self.count(self.aliases.fn.body)
        everywhere = self.reads[id(self.aliases.fn.body)]
        return self.definitions[name] == 1 and self.reads[id(block)][name] == everywhere[name]

    def count(self, block: ir.Block) -> None:
        """Count how often a block reads each name, and the blocks nested in it."""
        total: Counter[str] = Counter()
        for stmt in block:
            for inner in blocks(stmt):
                self.count(inner)
            total.update(self.touch(stmt)[0])
        self.reads[id(block)] = total

    def stable(self, base: str, rest: ir.Block) -> bool:
        """Does the base mean the same array, and hold the same item, in all of these statements?"""
        for stmt in rest:
            for holder in self.chain(base):
                if holder in self.touch(stmt)[1]:
                    return False
                if self.aliases.holds_items(holder) and self.replaces_items(stmt, holder):
                    return False
        return True

    def replaces_items(self, stmt: ir.Stmt, base: str) -> bool:
        """Is anything in a container of the base's class changed here, nested statements included?"""
        root = self.aliases.find(base)
        return any(
            not self.aliases.is_array(n) and self.aliases.find(n) == root and self.may_be(n, base)
            for s in statements((stmt,))
            for n in self.aliases.written.get(s, ())
        )

    def may_be(self, name: str, base: str) -> bool:
        """May what is changed through a name be the base itself, not only what it holds?"""
        if not self.aliases.changes_structure(name) or not self.aliases.known(base):
            return True
        mine = {c for k in self.aliases.kinds[name].kinds for c in k.cells}
        return any(not mine.isdisjoint(getattr(k, "cells", ())) for k in self.aliases.kinds[base].kinds)

    def touch(self, stmt: ir.Stmt) -> tuple[Counter[str], set[str]]:
        """The names that a statement reads, and how often, and those it binds, nested statements included."""
        if stmt not in self.touched:
            read = Counter(n for e in expressions(stmt) for n in names_in(e))
            bound = set(targets(stmt))
            for inner in blocks(stmt):
                for s in inner:
                    nested = self.touch(s)
                    read.update(nested[0])
                    bound |= nested[1]
            self.touched[stmt] = (read, bound)
        return self.touched[stmt]


MAYBE_VIEWS = frozenset(
    ("np.reshape", "np.ndarray.reshape", "np.ravel", "np.asarray", "np.asanyarray", "np.ascontiguousarray",
     "np.asfortranarray", "np.squeeze", "np.atleast_1d", "np.atleast_2d", "np.atleast_3d", "reshape_like")
)  # fmt: skip
VIEWS = MAYBE_VIEWS | frozenset(
    ("np.transpose", "np.ndarray.transpose", "np.matrix_transpose", "np.swapaxes", "np.moveaxis", "np.flip",
     "np.flipud", "np.fliplr", "np.expand_dims", "unpack", "np.split", "np.array_split", "np.vsplit", "np.hsplit",
     "np.dsplit")
)  # fmt: skip
"""Functions whose views can be written through; they make the same view of the adjoint."""


# ------------------------------------------------------------------------------------------------- the choice


class Representation:
    """Checks every write: flow-sensitive pairs of names that may share memory, and what is read afterwards."""

    def __init__(
        self,
        aliases: Aliases,
        rebound: frozenset[ir.Stmt] = frozenset(),
        forced: frozenset[int] = frozenset(),
        root: bool = True,
        shadow_all: bool = False,
    ) -> None:
        self.aliases = aliases
        self.rebound = rebound
        self.is_root = root  # the user's own call: arguments are left as they are
        self.copied: set[str] = set()  # parameters that are written into
        self.held: dict[ir.Stmt, set[str]] = {}  # writes into arrays that objects hold by then -> these objects
        self.shared: dict[str, ir.Stmt] = {}  # a name of a class that needs shadows -> the write that says so
        groups = aliases.written_classes()
        self.relevant = {n for g in groups for n in g}
        forced_names = {n for n, i in aliases.positions.items() if i in forced}
        self.relevant |= {n for g in aliases.classes(forced_names) for n in g}
        for stmt in rebound:
            if isinstance(stmt.value.left, ir.Name):
                self.relevant |= {n for g in aliases.classes({stmt.value.left.id}) for n in g}
        self.at_write: dict[ir.Stmt, frozenset[Pair]] = {}
        self.ends: dict[int, dict[int, set[str]]] = {}
        self.views = Views(aliases, self.relevant)
        if self.relevant or aliases.written:
            self.forward(aliases.fn.body, frozenset())
            self.views.take_for_views(())
            self.backward(aliases.fn.body, set())
            if self.shared and self.views.doubtful:  # with `reshape` and its like taken for views, checked when run
                self.views.take_for_views({n for g in aliases.classes(self.shared) for n in g})
                self.shared.clear()
                self.backward(aliases.fn.body, set())
        wanted = set(self.shared) | forced_names
        if shadow_all:
            wanted |= {n for g in groups if all(map(aliases.is_array, g)) for n in g}
        self.shadows = frozenset(n for g in aliases.classes(wanted) for n in g)
        self.paths = {n: v for n, v in self.views.views.items() if n not in self.shadows}

    # ---- forward: pairs

    def forward(self, block: ir.Block, pairs: frozenset[Pair]) -> frozenset[Pair]:
        """The pairs behind a block; a name that is read no more has no part in them."""
        gone = self.last_uses(block)
        for i, stmt in enumerate(block):
            pairs = self.step(stmt, pairs)
            if i in gone:
                dead = gone[i]
                pairs = frozenset(p for p in pairs if p[0] not in dead and p[1] not in dead)
        return pairs

    def last_uses(self, block: ir.Block) -> dict[int, set[str]]:
        """Of the names that a block defines, and that no other reads: where they are read for the last time."""
        if id(block) not in self.ends:
            defined = {n for s in block for n in targets(s) if n in self.relevant and n not in self.aliases.external}
            own = {n for n in defined if self.views.is_local(n, block)}
            last = {n: i for i, s in enumerate(block) for n in (*self.views.touch(s)[0], *targets(s)) if n in own}
            found: dict[int, set[str]] = {}
            for name, i in last.items():
                found.setdefault(i, set()).add(name)
            self.ends[id(block)] = found
        return self.ends[id(block)]

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
        if stmt in self.aliases.written or stmt in self.rebound:
            self.at_write[stmt] = self.at_write.get(stmt, frozenset()) | pairs
        pairs = self.put(self.aliases.stored_by(stmt), pairs)
        match stmt:
            case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
                return self.bind([(a.id, tuple(names_in(b))) for a, b in zip(left, right, strict=True)], pairs)
            case ir.Assign(target=ir.Name(id=name), value=value):
                times = 2 if isinstance(value, ir.Binary) and value.op == "*" else 1  # `[row] * 2` holds one row twice
                return self.bind([(name, self.aliases.sources(name, value) * times)], pairs)
        return pairs

    def put(self, stored: list[Pair], pairs: frozenset[Pair]) -> frozenset[Pair]:
        """One thing is put into another: nothing is dropped. What is there twice makes a pair with itself."""
        for into, item in stored:
            if into not in self.relevant or item not in self.relevant:
                continue
            first = {into, *(b for a, b in pairs if a == into)}
            second = {item, *(b for a, b in pairs if a == item)}
            if item in first:
                pairs |= {(into, into)}
            pairs |= {both for a in first for b in second if a != b for both in ((a, b), (b, a))}
        return pairs

    def bind(self, bindings: list[tuple[str, tuple[str, ...]]], pairs: frozenset[Pair]) -> frozenset[Pair]:
        """Parallel assignment: the right sides are read before the left sides are dropped."""
        if not any(t in self.relevant for t, _ in bindings):
            return pairs
        dropped = {t for t, _ in bindings}
        new: set[Pair] = set()
        for i, (t, sources) in enumerate(bindings):
            known = [s for s in sources if s in self.relevant]
            for s in known:
                for w in (s, *(b for a, b in pairs if a == s)):
                    if w not in dropped:
                        new |= {(t, w), (w, t)}
            if self.aliases.holds_items(t) and self.twice(known, pairs):
                new.add((t, t))
            for u, others in bindings[i + 1 :]:
                if any(a == b or (a, b) in pairs for a in sources for b in others):
                    new |= {(t, u), (u, t)}
        return frozenset(p for p in pairs if p[0] not in dropped and p[1] not in dropped) | new

    def twice(self, sources: list[str], pairs: frozenset[Pair]) -> bool:
        """May a container made of these hold some memory twice?"""
        return len(set(sources)) < len(sources) or any((a, b) in pairs for a in sources for b in sources)

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
                if stmt in self.rebound:
                    self.check_rebound(stmt, live)
                for name in self.aliases.written.get(stmt, ()):
                    self.check(stmt, name, live - set(targets(stmt)))
                live = live - set(targets(stmt))
        for e in expressions(stmt):
            live.update(names_in(e))
        return live

    # ---- the check

    def check_objects(self, varied: frozenset[str]) -> None:
        """Refuse writes into arrays that objects hold, where a derivative may flow through them."""
        for stmt, held in self.held.items():
            group = {n for g in self.aliases.classes(held) for n in g} | held
            if group & varied:
                raise UnsupportedError(
                    "S012", f"this writes into an array that {shown(min(held), stmt)}, an object, holds", stmt.span,
                    "work on a copy of the array, and make a new object of it",
                )  # fmt: skip

    def check_shadows(self, active: frozenset[str]) -> None:
        """Adjoint arrays stand beside arrays; what else is shared and written into is refused."""
        for name, stmt in self.shared.items():
            group = {n for g in self.aliases.classes({name}) for n in g} & active
            if self.changes_containers(group) or not all(map(self.can_mirror, group)):
                raise UnsupportedError(
                    "S012", f"another name may share memory with {shown(name, stmt)} and is used after this write",
                    stmt.span, f"make a copy where they part: {copying(name, stmt)}",
                )  # fmt: skip
        for stmt in statements(self.aliases.fn.body):
            match stmt:
                case ir.Assign(target=ir.Name(id=name), value=value) if name in self.shadows & active:
                    self.check_mirror(stmt, name, value)

    def changes_containers(self, group: set[str]) -> bool:
        """Is anything but an array changed through one of these names, in a way that its adjoint cannot follow?"""
        return any(
            n in group and not self.aliases.is_array(n) and not self.followed(stmt)
            for stmt, names in self.aliases.written.items()
            for n in names
        )

    def followed(self, stmt: ir.Stmt) -> bool:
        """Is it a change that an adjoint made in the forward sweep can go through, too?"""
        change = mutation(stmt)
        if change is not None:
            return change[0].target in (list.append, list.pop, list.insert)
        index = stmt.target.index if isinstance(stmt, ir.Store) and isinstance(stmt.target, ir.Index) else None
        return index is not None and not isinstance(index, ir.Slice) and self.aliases.is_number(index, text=True)

    def can_mirror(self, name: str) -> bool:
        """Is it an array, or a container of known kind?"""
        kinds = self.aliases.kinds[name].kinds
        return all(isinstance(k, (Array, Tuple, List, Dict, Undefined)) for k in kinds)

    def has_items_of(self, value: ir.Expr) -> bool:
        """Is it a new container of another's items, none of them a number that a derivative flows to?"""
        match value:
            case ir.Index(value=ir.Name(id=base), index=ir.Slice()):
                pass
            case ir.Call(func=ir.Ref(value=target), args=(ir.Name(id=base),)) if target is list or target is tuple:
                pass
            case ir.Binary(op="+" | "*", left=left, right=right):
                sides = [e.id for e in (left, right) if isinstance(e, ir.Name) and self.aliases.holds_items(e.id)]
                return bool(sides) and all(map(self.holds_arrays, sides)) and (value.op == "*" or len(sides) == 2)
            case _:
                return False
        return self.holds_arrays(base)

    def holds_arrays(self, name: str) -> bool:
        """Is it a list or tuple, none of whose items is a number that a derivative flows to?"""
        kinds = self.aliases.kinds[name].kinds
        return all(isinstance(k, (Tuple, List)) and not holds_numbers(k) for k in kinds)

    def check_mirror(self, stmt: ir.Stmt, name: str, value: ir.Expr) -> None:
        """The adjoint array of a name is new, another name's, or a view of another's."""
        plain = isinstance(value, (ir.Name, ir.Const, ir.Tuple, ir.List, ir.Dict))
        if plain or called(stmt) or mutation(stmt) is not None or not self.aliases.sources(name, value):
            return
        if self.views.base(name, value) is None and not self.has_items_of(value):
            raise UnsupportedError(
                "S012", "cannot tell whether this is a view, and another name of its memory is written into", stmt.span,
                "make a copy: `.copy()`",
            )  # fmt: skip

    def check_rebound(self, stmt: ir.Stmt, live: set[str]) -> None:
        """`a += b` where `a` may be an array or a number: both must come to the same."""
        name = stmt.value.left.id if isinstance(stmt.value.left, ir.Name) else None
        others = {name, *(b for a, b in self.at_write[stmt] if a == name)} - set(targets(stmt))
        if name in self.aliases.params or others & (live | self.aliases.params | self.aliases.external):
            raise UnsupportedError(
                "S012", "this may change an array that has another name, or make a new one", stmt.span,
                "write `a = a + b` for a new array; make both branches arrays for a change in place",
            )  # fmt: skip

    def check(self, stmt: ir.Stmt, name: str, live: set[str]) -> None:
        """Is a write through a name exclusive? If not, its class gets shadows, or is refused."""
        pairs = self.at_write[stmt]
        structure = self.aliases.changes_structure(name)
        others = self.aliases.seeing(name, {b for a, b in pairs if a == name})
        objects = {n for n in (name, *others) if any(isinstance(k, Object) for k in self.aliases.kinds[n].kinds)}
        chain = self.views.chain(name)
        objects -= {n for n in chain if all(map(is_dataclass, self.aliases.kinds[n].kinds))}  # followed by path
        if objects:
            self.held.setdefault(stmt, set()).update(objects)
        if not self.writeable(name):
            raise UnsupportedError(
                "S012", "cannot tell which array this write changes", stmt.span,
                "only arrays and containers are written into",
            )  # fmt: skip
        if isinstance(stmt, (ir.Store, ir.Augment)) and not self.aliases.is_array(name) and not structure:
            raise UnsupportedError(
                "S012", "this changes a container", stmt.span, "build a new container, or use an array"
            )  # fmt: skip
        if {name, *others} & self.aliases.external:
            raise UnsupportedError(
                "S021", "this writes into an array that the function did not make", stmt.span,
                f"work on a copy: {copying(name, stmt)} before the write",
            )  # fmt: skip
        if self.is_root:
            self.copy_parameters(stmt, {name, *others} & self.aliases.params)
        root = self.views.root(name)
        if any((n, n) in pairs for n in (chain[1:] if structure else chain)):
            self.shared.setdefault(name, stmt)
        if any(self.views.root(n) != root for n in others & live if n != name):
            self.shared.setdefault(name, stmt)
        self.check_call(stmt, name, pairs)

    def copy_parameters(self, stmt: ir.Stmt, params: set[str]) -> None:
        """Parameters that are written into are copied at entry, as far as they can be."""
        for name in params:
            if not all(map(can_be_copied, self.aliases.kinds[name].kinds)):
                raise UnsupportedError(
                    "S021", f"this writes into an array that {shown(name, stmt)} holds", stmt.span,
                    f"work on a copy: {copying(name, stmt)} before the write",
                )  # fmt: skip
        self.copied |= params

    def check_call(self, stmt: ir.Stmt, name: str, pairs: frozenset[Pair]) -> None:
        """A function that writes into an argument takes it for granted that no other argument shares that memory."""
        call = called(stmt)
        if call is None:
            return
        summary = self.aliases.summary(callee_of(call))
        memory = [a.id for a in call.args if self.aliases.is_memory(a)]
        for other in memory:
            if (other != name and (name, other) in pairs) or memory.count(name) > 1:
                raise UnsupportedError(
                    "S012", f"`{callee_of(call).function.name}` writes into {shown(name, stmt)}, and another of its "
                    "arguments may share that memory", stmt.span, "pass a copy: `.copy()`",
                )  # fmt: skip
        if any(i in summary.shadowed for i, a in enumerate(call.args) if isinstance(a, ir.Name) and a.id == name):
            self.shared.setdefault(name, stmt)

    def writeable(self, name: str) -> bool:
        """Is it known what the name holds?"""
        value = self.aliases.kinds.get(name)
        return value is not None and bool(value.kinds) and (
            value.is_array or all(isinstance(k, (Array, Tuple, List, Dict, Object)) for k in value.kinds)
        )  # fmt: skip


def is_dataclass(kind: Kind) -> bool:
    """Is it an instance of a dataclass? Its adjoint is a dict by field."""
    return isinstance(kind, Object) and dataclasses.is_dataclass(kind.cls)


def can_be_copied(kind: Kind) -> bool:
    """Can everything that is reached from a value be copied?"""
    match kind:
        case Tuple() | List() | Dict():
            items = kind.items or ()
            return all(can_be_copied(k) for v in (*items, element(kind)) for k in v.kinds)
        case Object(cls=cls):
            return dataclasses.is_dataclass(cls)
        case Function() | Bound() | Unknown():
            return False
    return True


def holds_numbers(kind: Tuple | List) -> bool:
    """May an item be a number that a derivative flows to?"""
    items = kind.items if kind.items is not None else (element(kind),)
    return any(v.differentiable and not isinstance(k, (Array, Tuple, List, Dict)) for v in items for k in v.kinds)


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
