"""`match` becomes branches:

match p:                        subject = p
    case (x, 0): …              if is_sequence(subject) and len(subject) == 2 and subject[1] == 0:
                                    x = subject[0]
                                    …
    case {"k": k} if k > 1: …   else:
                                    matched = False
                                    if is_mapping(subject) and "k" in subject:
                                        k = subject["k"]
                                        matched = k > 1
                                    if matched: …
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gast

from s2sgrad.diagnostics import Span
from s2sgrad.ir import nodes as ir

__all__ = ["bound_by_patterns", "match"]

Build = Callable[[], ir.Expr]  # makes the same expression anew at every call: no node may stand in two places

WHOLE = frozenset((bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple))
"""Classes whose one positional pattern is about the object itself."""


def bound_by_patterns(node: gast.AST) -> tuple[str, ...]:
    """The names that a pattern itself binds."""
    match node:
        case gast.MatchAs() | gast.MatchStar() if node.name is not None:
            return (node.name,)
        case gast.MatchMapping() if node.rest is not None:
            return (node.rest,)
    return ()


def binds(pattern: gast.AST) -> bool:
    """Does a pattern, or one in it, bind a name?"""
    return any(bound_by_patterns(node) for node in gast.walk(pattern))


@dataclass(frozen=True)
class Way:
    """A way to match: the tests, in order, and what is bound if all of them hold."""

    tests: tuple[Build, ...] = ()
    names: tuple[tuple[str, Build], ...] = ()

    def __add__(self, other: Way) -> Way:
        return Way(self.tests + other.tests, self.names + other.names)


def match(desugar: Any, node: gast.Match, out: list[ir.Stmt]) -> None:
    """The statement as branches."""
    subject = desugar.keep(desugar.expr(node.subject), "subject", desugar.span(node.subject), out)
    out += _Patterns(desugar, node).cases(node.cases, subject)


class _Patterns:
    """The branches of one `match`."""

    def __init__(self, desugar: Any, node: gast.Match) -> None:
        self.desugar = desugar
        self.node = node
        self.span: Span = desugar.span(node)

    def cases(self, cases: Sequence[gast.match_case], subject: Build) -> list[ir.Stmt]:
        """Each case in turn; those that follow stand in its `else`."""
        if not cases:
            return []
        case, *rest = cases
        ways = self.ways(case.pattern, subject)
        if len(ways) == 1 and case.guard is None:
            (way,) = ways
            body = [*self.bindings(way), *self.desugar.block(case.body, self.span)]
            return body if not way.tests else [self.branch(self.test(way), body, self.cases(rest, subject))]
        matched = self.desugar.names.fresh("matched")
        body = list(self.desugar.block(case.body, self.span))
        return [
            self.assign(matched, ir.Const(False, span=self.span)),
            *self.tried(ways, matched, case.guard),
            self.branch(self.name(matched), body, self.cases(rest, subject)),
        ]

    def tried(self, ways: Sequence[Way], matched: str, guard: gast.AST | None) -> list[ir.Stmt]:
        """The first way that holds binds its names; then the guard decides."""
        if not ways:
            return []
        way, *rest = ways
        value = ir.Const(True, span=self.span) if guard is None else self.desugar.expr(guard)
        found = [*self.bindings(way), self.assign(matched, value)]
        return found if not way.tests else [self.branch(self.test(way), found, self.tried(rest, matched, guard))]

    def branch(self, test: ir.Expr, body: list[ir.Stmt], orelse: list[ir.Stmt]) -> ir.Stmt:
        """`if test: body else: orelse`."""
        return ir.If(test, tuple(body) or (ir.Pass(span=self.span),), tuple(orelse), span=self.span)

    def assign(self, name: str, value: ir.Expr) -> ir.Stmt:
        """`name = value`."""
        return ir.Assign(self.name(name), value, span=self.span)

    def name(self, name: str) -> ir.Name:
        """A variable."""
        return ir.Name(name, span=self.span)

    def bindings(self, way: Way) -> list[ir.Stmt]:
        """What a match binds."""
        return [self.assign(name, build()) for name, build in way.names]

    def test(self, way: Way) -> ir.Expr:
        """All tests of a way, as far as they are needed."""
        tests = tuple(build() for build in way.tests)
        return tests[0] if len(tests) == 1 else ir.BoolOp("and", tests, span=self.span)

    # ---- patterns

    def ways(self, pattern: gast.AST, at: Build) -> list[Way]:
        """The ways in which what stands there may match, in order."""
        return list(getattr(self, "on_" + type(pattern).__name__)(pattern, at))

    def all_of(self, first: Way, parts: Sequence[tuple[gast.AST, Build]]) -> Iterator[Way]:
        """Every part must match, in one of its ways."""
        for ways in itertools.product(*(self.ways(pattern, at) for pattern, at in parts)):
            yield sum(ways, first)

    def on_MatchValue(self, pattern: gast.MatchValue, at: Build) -> Iterator[Way]:
        yield Way((lambda: ir.Compare("==", at(), self.desugar.expr(pattern.value), span=self.span),))

    def on_MatchSingleton(self, pattern: gast.MatchSingleton, at: Build) -> Iterator[Way]:
        yield Way((lambda: ir.Compare("is", at(), ir.Const(pattern.value, span=self.span), span=self.span),))

    def on_MatchAs(self, pattern: gast.MatchAs, at: Build) -> Iterator[Way]:
        named = Way(names=((pattern.name, at),) if pattern.name is not None else ())
        for way in [Way()] if pattern.pattern is None else self.ways(pattern.pattern, at):
            yield way + named

    def on_MatchOr(self, pattern: gast.MatchOr, at: Build) -> Iterator[Way]:
        ways = [way for part in pattern.patterns for way in self.ways(part, at)]
        if binds(pattern):
            yield from ways
        elif not all(way.tests for way in ways):
            yield Way()
        else:
            yield Way((lambda: ir.BoolOp("or", tuple(map(self.test, ways)), span=self.span),))

    def on_MatchSequence(self, pattern: gast.MatchSequence, at: Build) -> Iterator[Way]:
        parts, n = pattern.patterns, len(pattern.patterns)
        star = next((i for i, p in enumerate(parts) if isinstance(p, gast.MatchStar)), None)
        least, op = (n, "==") if star is None else (n - 1, ">=")
        length = lambda: self.desugar.call("len", self.span, at())  # noqa: E731
        tests: tuple[Build, ...] = (
            lambda: self.desugar.call("is_sequence", self.span, at()),
            lambda: ir.Compare(op, length(), ir.Const(least, span=self.span), span=self.span),
        )
        names: tuple[tuple[str, Build], ...] = ()
        if star is not None and parts[star].name is not None:
            names = ((parts[star].name, self.between(at, star, star + 1 - n)),)
        inner = [(p, self.item(at, i if star is None or i < star else i - n)) for i, p in enumerate(parts) if i != star]
        for way in self.all_of(Way(tests), inner):
            yield way + Way(names=names)

    def between(self, at: Build, first: int, last: int) -> Build:
        """The list of the items from one index to another, which counts from the end."""
        stop = lambda: ir.Const(last, span=self.span) if last else None  # noqa: E731
        part = lambda: ir.Slice(ir.Const(first, span=self.span), stop(), None, span=self.span)  # noqa: E731
        return lambda: self.desugar.call("list", self.span, ir.Index(at(), part(), span=self.span))

    def item(self, at: Build, key: int) -> Build:
        """The item at an index."""
        return lambda: ir.Index(at(), ir.Const(key, span=self.span), span=self.span)

    def on_MatchMapping(self, pattern: gast.MatchMapping, at: Build) -> Iterator[Way]:
        if pattern.rest is not None:
            self.refuse("the rest of a dict in a pattern is not understood")
        tests: list[Build] = [lambda: self.desugar.call("is_mapping", self.span, at())]
        tests += [
            lambda key=key: ir.Compare("in", self.desugar.expr(key), at(), span=self.span) for key in pattern.keys
        ]
        parts = [
            (part, lambda key=key: ir.Index(at(), self.desugar.expr(key), span=self.span))
            for key, part in zip(pattern.keys, pattern.patterns)
        ]
        yield from self.all_of(Way(tuple(tests)), parts)

    def on_MatchClass(self, pattern: gast.MatchClass, at: Build) -> Iterator[Way]:
        first = Way((lambda: self.desugar.call("isinstance", self.span, at(), self.desugar.expr(pattern.cls)),))
        parts: list[tuple[gast.AST, Build]] = []
        if pattern.patterns:
            cls = self.desugar.meaning(pattern.cls)
            if cls in WHOLE and len(pattern.patterns) == 1:
                parts = [(pattern.patterns[0], at)]
            else:
                names = getattr(cls, "__match_args__", ())
                if len(names) < len(pattern.patterns):
                    self.refuse("which attributes this pattern is about is not known")
                parts = [(p, self.attribute(at, name)) for p, name in zip(pattern.patterns, names)]
        named = list(zip(pattern.kwd_attrs, pattern.kwd_patterns))
        has = lambda name: lambda: self.desugar.call("hasattr", self.span, at(), ir.Const(name, span=self.span))  # noqa: E731
        first += Way(tuple(has(name) for name, _ in named))
        yield from self.all_of(first, [*parts, *((p, self.attribute(at, name)) for name, p in named)])

    def attribute(self, at: Build, name: str) -> Build:
        """An attribute."""
        return lambda: ir.Attr(at(), name, span=self.span)

    def refuse(self, message: str) -> None:
        """Raise the refusal of a pattern."""
        self.desugar.refuse(self.node, ("S102", message, "test with `if` and `elif`"))
