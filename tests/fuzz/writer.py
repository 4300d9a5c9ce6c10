"""Scopes, lines and weighted choices: what the constructs write with."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fuzz.values import NUM, Arr, Dim, Flag, Fun, Int, Map, Num, Rec, Seq, Shape, Tup, Type, constant
from tests.fuzz.words import TABLES, NoWay, Word


@dataclass(frozen=True)
class Var:
    """A variable: its type, the memory it may share (`roots`), and whether the program may assign it anew."""

    name: str
    type: Type
    roots: frozenset[int] = frozenset()
    fixed: bool = False


@dataclass
class Scope:
    """The variables that are surely assigned at a point of the program."""

    vars: dict[str, Var] = field(default_factory=dict)

    def child(self) -> Scope:
        """A copy, for a block."""
        return Scope(dict(self.vars))

    def of(self, kind: type) -> list[Var]:
        """The variables of a class of types."""
        return [v for v in self.vars.values() if isinstance(v.type, kind)]

    def typed(self, kind: Type) -> list[Var]:
        """The variables of exactly this type."""
        return [v for v in self.vars.values() if v.type == kind]

    def join(self, one: Scope, other: Scope) -> None:
        """Become what both branches agree on; memory may be either's."""
        for name, a in one.vars.items():
            b = other.vars.get(name)
            if b is not None and a.type == b.type:
                self.vars[name] = replace(a, roots=a.roots | b.roots, fixed=a.fixed or b.fixed)

    def loosen(self, inner: Scope) -> None:
        """After a block that may not have run: its assignments may have changed what memory a name has."""
        for name, var in list(self.vars.items()):
            self.vars[name] = replace(var, roots=var.roots | inner.vars[name].roots)


class Writer:
    """Writes one program."""

    def __init__(self, random_: random.Random, features: frozenset[str]) -> None:
        self.r = random_
        self.features = features
        self.lines: list[str] = []
        self.indent = 0
        self.counts: Counter[str] = Counter()
        self.numbers: dict[str, Iterator[int]] = {}
        self.root = itertools.count(1)
        self.budget = 0  # statements that may still be written
        self.loops = 0  # how many loops are around
        self.trips = 1  # how often a statement here runs
        self.nesting = 0
        self.exits = True  # may the program leave here?
        self.inside = "f"  # what is being written: "f", "helper", "closure"
        self.result: Type = NUM  # what the function being written returns
        self.owned: set[int] = set()  # roots of memory that the function being written made
        self.locked: frozenset[int] = frozenset()  # roots of lists that a loop runs over
        self.records: list[Rec] = []  # the module's classes
        self.methods: dict[str, Fun] = {}
        self.tables = {k: [w for w in words if w.needs is None or w.needs in features] for k, words in TABLES.items()}
        self.weights = {k: [w.weight for w in words] for k, words in self.tables.items()}

    def has(self, feature: str) -> bool:
        """May programs have it?"""
        return feature in self.features

    # ---- lines

    def emit(self, text: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.indent + text)

    @contextlib.contextmanager
    def block(self) -> Iterator[None]:
        """Lines further in; `pass` if there are none."""
        self.indent += 1
        self.nesting += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.emit("pass")
        self.indent -= 1
        self.nesting -= 1

    def fresh(self, stem: str) -> str:
        """A name not used yet."""
        numbers = self.numbers.setdefault(stem, itertools.count())
        return f"{stem}{next(numbers)}"

    # ---- choices

    def chance(self, p: float) -> bool:
        """True with probability `p`."""
        return self.r.random() < p

    def array(self, s: Scope, test: Any = lambda v: True) -> Var:
        """An array that is there and passes a test: the module's own seldom."""
        found = [v for v in s.of(Arr) if test(v)]
        own = [v for v in found if v.name != "W0"]
        return self.pick(own if own and self.chance(0.85) else found)

    def pick(self, items: Any) -> Any:
        """One of some, if there are any."""
        items = list(items)
        if not items:
            raise NoWay
        return self.r.choice(items)

    def const(self) -> str:
        """A literal of moderate size."""
        return f"{self.r.uniform(0.2, 1.4):.2f}" if self.chance(0.85) else self.r.choice(("2.0", "1.0", "0.5", "3"))

    def note(self, name: str) -> None:
        """Count a construct."""
        self.counts[name] += 1

    def make(self, table: str, *args: Any, tries: int = 8) -> Any:
        """One of the constructs of a table, at random by weight; what does not fit leaves no trace."""
        for _ in range(tries):
            word: Word = self.r.choices(self.tables[table], self.weights[table])[0]
            with self.trial(args[0]) as trial:
                result = word.make(self, *args)
                self.note(word.name)
                trial.done = True
            if trial.done:
                return result
        raise NoWay

    @contextlib.contextmanager
    def trial(self, s: Scope) -> Iterator[Any]:
        """Take back all that was written if there turns out to be no way."""
        known = dict(s.vars)
        before = len(self.lines), self.counts.copy(), self.budget, self.loops, self.trips
        deep = self.indent, self.nesting, self.inside, self.result, self.owned, self.exits
        outcome = type("Trial", (), {"done": False})
        try:
            yield outcome
        except NoWay:
            del self.lines[before[0] :]
            s.vars = known
            _, self.counts, self.budget, self.loops, self.trips = before
            self.indent, self.nesting, self.inside, self.result, self.owned, self.exits = deep

    # ---- expressions

    def num(self, s: Scope, depth: int = 0) -> str:
        """A number."""
        if depth >= 2 or self.chance(0.15 + 0.25 * depth):
            return self.leaf(s)
        try:
            return self.make("number", s, depth)
        except NoWay:
            return self.leaf(s)

    def leaf(self, s: Scope) -> str:
        """A number that is there."""
        found = [v.name for v in s.of(Num) if v.name != "K" or self.chance(0.3)]
        if found and self.chance(0.85):
            return self.r.choice(found)
        return self.const()

    def arr(self, s: Scope, shape: Shape, depth: int = 0) -> str:
        """An array of a shape."""
        if depth >= 2 or self.chance(0.1 + 0.25 * depth):
            return self.whole(s, shape)
        try:
            return self.make("array", s, shape, depth)
        except NoWay:
            return self.whole(s, shape)

    def whole(self, s: Scope, shape: Shape) -> str:
        """An array that is there, or one made of constants."""
        found = [v.name for v in s.typed(Arr(shape))]
        own = [name for name in found if name != "W0"]
        if found:
            return self.r.choice(own if own and self.chance(0.8) else found)
        return self.filled(s, shape)

    def filled(self, s: Scope, shape: Shape) -> str:
        """An array of one number."""
        return f"np.full({self.shape_text(s, shape)}, {self.const()})"

    def shape_text(self, s: Scope, shape: Shape) -> str:
        """A shape as text."""
        dims = [self.length(s, d) for d in shape]
        return dims[0] if len(dims) == 1 else f"({', '.join(dims)})"

    def length(self, s: Scope, dim: Dim) -> str:
        """The length of an axis as text: a literal, or that of an array that is there."""
        found = [
            f"len({v.name})" if axis == 0 and self.chance(0.7) else f"{v.name}.shape[{axis}]"
            for v in s.of(Arr)
            for axis, d in enumerate(v.type.shape)
            if d == dim
        ]
        if constant(dim) and (not found or self.chance(0.6)):
            return str(dim[0])
        return self.pick(found)

    def index(self, s: Scope, dim: Dim) -> str:
        """An integer that is a valid index of an axis."""
        if min(dim) < 1:
            raise NoWay
        choices = [str(self.r.randrange(min(dim))), "-1"]
        for v in s.of(Int):
            if all(h <= n for h, n in zip(v.type.high, dim)):
                choices += [v.name] * 4
            elif constant(dim):
                choices.append(f"{v.name} % {dim[0]}")
        return self.r.choice(choices)

    def cond(self, s: Scope, depth: int = 1) -> str:
        """A test: mostly of values, sometimes of integers or flags."""
        o = self.r.random()
        flags, ints = s.of(Flag), s.of(Int)
        if o < 0.1 and flags:
            return self.r.choice(("", "not ")) + self.r.choice(flags).name
        if o < 0.3 and ints:
            return f"{self.r.choice(ints).name} {self.r.choice(('>', '<', '==', '!=', '>='))} {self.r.randint(0, 3)}"
        if o < 0.4 and depth < 2:
            return f"{self.cond(s, 2)} {self.r.choice(('and', 'or'))} {self.cond(s, 2)}"
        if o < 0.45 and depth < 2:
            return f"not ({self.cond(s, 2)})"
        if o < 0.5:
            return f"{self.r.uniform(-1, 0.3):.2f} < {self.num(s, 2)} <= {self.r.uniform(0.4, 2):.2f}"
        return f"{self.num(s, depth)} {self.r.choice('<>')} {self.r.uniform(-0.3, 1.5):.2f}"

    def expr(self, s: Scope, kind: Type, depth: int = 0) -> str:
        """An expression of any type."""
        match kind:
            case Num():
                return self.num(s, depth)
            case Arr(shape=shape):
                return self.arr(s, shape, depth)
            case Flag():
                return self.cond(s)
            case Int(high=high):
                return self.index(s, high).replace("-1", "0")
        return self.container(s, kind, depth)

    def container(self, s: Scope, kind: Type, depth: int = 0) -> str:
        """A container: one that is there, or a display."""
        found = [v.name for v in s.typed(kind)]
        if found and self.chance(0.5):
            return self.r.choice(found)
        match kind:
            case Tup(items=items):
                return f"({', '.join(self.expr(s, item, depth + 1) for item in items)},)"
            case Seq(item=item, length=length) if constant(length):
                return f"[{', '.join(self.expr(s, item, depth + 1) for _ in range(length[0]))}]"
            case Map(items=items):
                return f"{{{', '.join(f'{key!r}: {self.expr(s, item, depth + 1)}' for key, item in items)}}}"
            case Rec(name=name, fields=fields):
                return f"{name}({', '.join(self.expr(s, item, depth + 1) for _, item in fields)})"
        raise NoWay

    # ---- variables

    def declare(self, s: Scope, name: str, kind: Type, roots: frozenset[int] | None = None, fixed: bool = False) -> Var:
        """A variable is assigned; without `roots`, memory of its own."""
        if roots is None:
            mine = next(self.root)
            self.owned = self.owned | {mine}
            roots = frozenset((mine,))
        s.vars[name] = Var(name, kind, roots, fixed)
        return s.vars[name]

    def statements(self, s: Scope, most: int) -> None:
        """Some statements, as the budget allows, but one."""
        for number in range(self.r.randint(1, most)):
            if self.budget <= 0 and number:
                return
            self.budget -= 1
            with contextlib.suppress(NoWay):
                self.make("statement", s)
