"""Loops over what `itertools` and NumPy make: items by index, as of any other sequence.

for a, b in product(xs, ys):    for k in range(len(xs) * len(ys)):
                                    a, b = xs[k // len(ys)], ys[k % len(ys)]
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gast
import numpy as np

from s2sgrad.diagnostics import Span
from s2sgrad.ir import nodes as ir

__all__ = ["endless", "items"]

Build = Callable[[], ir.Expr]
ENDLESS = sys.maxsize  # the length of what has no end: loops over it are left

CHOICES = (itertools.combinations, itertools.combinations_with_replacement, itertools.permutations)


def endless(e: ir.Expr) -> bool:
    """Whether this is the length of something without an end."""
    return isinstance(e, ir.Const) and e.value is ENDLESS


def items(desugar: Any, node: gast.AST, out: list[ir.Stmt]) -> Any:
    """How to walk the result of a call by index; None where this is no call that is known here."""
    if not isinstance(node, gast.Call) or any(isinstance(arg, gast.Starred) for arg in node.args):
        return None
    if desugar.builtin(node.func) == "zip" and [k.arg for k in node.keywords] == ["strict"]:
        return _Walk(desugar, node, out).strict_zip()
    try:
        known = WALKS.get(desugar.meaning(node.func))
    except TypeError:  # unhashable
        return None
    return None if known is None else known(_Walk(desugar, node, out))


class _Walk:
    """The items of one call."""

    def __init__(self, desugar: Any, node: gast.Call, out: list[ir.Stmt]) -> None:
        self.desugar = desugar
        self.node = node
        self.out = out
        self.span: Span = desugar.span(node)
        self.args = node.args
        self.named = {k.arg: k.value for k in node.keywords}

    # ---- expressions

    def const(self, value: Any) -> ir.Const:
        """A literal."""
        return ir.Const(value, span=self.span)

    def op(self, op: str, left: ir.Expr, right: ir.Expr) -> ir.Expr:
        """`left op right`."""
        return ir.Binary(op, left, right, span=self.span)

    def keep(self, value: ir.Expr, hint: str) -> Build:
        """The value under a name."""
        return self.desugar.keep(value, hint, self.span, self.out)

    def call(self, name: str, *args: ir.Expr) -> ir.Expr:
        """A call of a builtin or helper."""
        return self.desugar.call(name, self.span, *args)

    def inner(self, node: gast.AST) -> Any:
        """How to walk an argument."""
        return self.desugar.items(node, self.out)

    def made(self, parts: list[Any], length: Build, item: Callable[[Build], ir.Expr]) -> Any:
        """Items made of those of other things."""
        new = replace(parts[0], length=length, item=item)
        if hasattr(new, "over"):
            new = replace(new, over=tuple(name for part in parts for name in part.over))
        return new

    def number(self, position: int, name: str, default: Any) -> Build:
        """An argument that is a number."""
        node = self.args[position] if len(self.args) > position else self.named.get(name)
        return (lambda: self.const(default)) if node is None else self.desugar.once(node, name, self.out)

    def literal(self, position: int, name: str) -> int | None:
        """An argument that is written as a number."""
        node = self.args[position] if len(self.args) > position else self.named.get(name)
        return node.value if isinstance(node, gast.Constant) and type(node.value) is int else None

    # ---- one case for each function

    def strict_zip(self) -> Any:
        """`zip(…, strict=True)`: of one length, or an error; it is raised before the first trip."""
        if not isinstance(self.named["strict"], gast.Constant) or not self.args:
            return None
        parts = [self.inner(arg) for arg in self.args]
        length = self.keep(parts[0].length(), "length")
        for i, part in enumerate(parts[1:] if self.named["strict"].value else (), 2):
            before = "argument 1" if i == 2 else f"arguments 1-{i - 1}"
            for op, word in (("<", "shorter"), (">", "longer")):
                message = self.const(f"zip() argument {i} is {word} than {before}")
                differ = ir.Compare(op, part.length(), length(), span=self.span)
                fail = ir.Raise(self.call("ValueError", message), span=self.span)
                self.out.append(ir.If(differ, (fail,), span=self.span))
        if not self.named["strict"].value and len(parts) > 1:
            length = self.keep(self.call("min", *(part.length() for part in parts)), "length")
        return self.made(parts, length, lambda k: ir.Tuple(tuple(part.item(k) for part in parts), span=self.span))

    def product(self) -> Any:
        """`product(xs, ys)`: the last one goes round fastest."""
        repeat = self.literal(len(self.args), "repeat") if "repeat" in self.named else 1
        if repeat is None or not self.args or not 0 < repeat * len(self.args) < 9 or self.named.keys() - {"repeat"}:
            return None
        parts = [self.inner(arg) for arg in self.args] * repeat
        lengths = [self.keep(part.length(), "length") for part in parts[: len(self.args)]] * repeat
        rounds: list[Build] = [lambda: self.const(1)]  # how many items pass until a part takes its next step
        for length in reversed(lengths):
            last = rounds[0]
            rounds.insert(0, length if len(rounds) == 1 else self.keep(self.op("*", length(), last()), "rounds"))

        def index(i: int, k: Build) -> Build:
            def build() -> ir.Expr:
                step = k() if i == len(parts) - 1 else self.op("//", k(), rounds[i + 1]())
                return step if i == 0 else self.op("%", step, lengths[i]())

            return build

        def item(k: Build) -> ir.Expr:
            return ir.Tuple(tuple(part.item(index(i, k)) for i, part in enumerate(parts)), span=self.span)

        return self.made(parts, rounds[0], item)

    def choices(self) -> Any:
        """`combinations(xs, 2)` and its like: the indices that are chosen, of the items at the time."""
        r = self.literal(1, "r")
        if r is None or not 0 < r < 9 or self.named.keys() - {"r"} or not self.args:
            return None
        part = self.inner(self.args[0])
        which = self.desugar.meaning(self.node.func).__name__
        chosen = self.keep(self.call("choices", self.const(which), part.length(), self.const(r)), "chosen")

        def item(k: Build) -> ir.Expr:
            def at(i: int) -> Build:
                return lambda: ir.Index(ir.Index(chosen(), k(), span=self.span), self.const(i), span=self.span)

            return ir.Tuple(tuple(part.item(at(i)) for i in range(r)), span=self.span)

        return self.made([part], lambda: self.call("len", chosen()), item)

    def pairwise(self) -> Any:
        """`pairwise(xs)`: each item with the one behind it."""
        part = self.inner(self.args[0])
        after = lambda k: lambda: self.op("+", k(), self.const(1))  # noqa: E731
        length = lambda: self.call("max", self.op("-", part.length(), self.const(1)), self.const(0))  # noqa: E731
        return self.made([part], length, lambda k: ir.Tuple((part.item(k), part.item(after(k))), span=self.span))

    def chain(self) -> Any:
        """`chain(xs, ys)`: one after the other."""
        parts = [self.inner(arg) for arg in self.args]
        if not parts or self.named:
            return None
        ends = [self.keep(parts[0].length(), "end")]
        for part in parts[1:]:
            ends.append(self.keep(self.op("+", ends[-1](), part.length()), "end"))

        def item(k: Build) -> ir.Expr:
            at = lambda i: lambda: self.op("-", k(), ends[i - 1]())  # noqa: E731
            found = parts[-1].item(at(len(parts) - 1) if len(parts) > 1 else k)
            for i in reversed(range(len(parts) - 1)):
                test = ir.Compare("<", k(), ends[i](), span=self.span)
                found = ir.IfExp(test, parts[i].item(at(i) if i else k), found, span=self.span)
            return found

        return self.made(parts, ends[-1], item)

    def islice(self) -> Any:
        """`islice(xs, start, stop, step)`: with ends that are not negative, as it demands."""
        if not 2 <= len(self.args) <= 4 or self.named:
            return None
        part = self.inner(self.args[0])
        if len(self.args) == 2:
            start, stop, step = (lambda: self.const(0)), self.number(1, "stop", None), (lambda: self.const(1))
        else:
            start, stop, step = (self.number(i, name, None) for i, name in ((1, "start"), (2, "stop"), (3, "step")))
            step = step if len(self.args) == 4 else (lambda: self.const(1))
        size = lambda: self.call("range", part.length())  # noqa: E731
        cut = lambda: ir.Slice(start(), stop(), step(), span=self.span)  # noqa: E731
        length = self.keep(self.call("len", ir.Index(size(), cut(), span=self.span)), "length")

        def at(k: Build) -> Build:
            return lambda: self.op("+", start(), self.op("*", k(), step()))

        return self.made([part], length, lambda k: part.item(at(k)))

    def count(self) -> Any:
        """`count(start, step)`: no end."""
        start, step = self.number(0, "start", 0), self.number(1, "step", 1)
        return self.desugar.walk(
            lambda: self.const(ENDLESS), lambda k: self.op("+", start(), self.op("*", k(), step()))
        )

    def repeat(self) -> Any:
        """`repeat(x, n)`."""
        if not self.args:
            return None
        value = self.keep(self.desugar.expr(self.args[0]), "repeated")
        return self.desugar.walk(self.number(1, "times", ENDLESS), lambda k: value())

    def cycle(self) -> Any:
        """`cycle(xs)`: no end."""
        part = self.inner(self.args[0])
        length = self.keep(part.length(), "length")
        around = lambda k: lambda: self.op("%", k(), length())  # noqa: E731
        return self.made([part], lambda: self.const(ENDLESS), lambda k: part.item(around(k)))

    def ndenumerate(self) -> Any:
        """`np.ndenumerate(a)`: each index with the element there."""
        array = self.keep(self.desugar.expr(self.args[0]), "array")
        shape = ir.Attr(array(), "shape", span=self.span)
        places = self.keep(self.call("all_indices", shape), "places")

        def item(k: Build) -> ir.Expr:
            at = lambda: ir.Index(places(), k(), span=self.span)  # noqa: E731
            return ir.Tuple((at(), ir.Index(array(), at(), span=self.span)), span=self.span)

        return self.desugar.walk(lambda: self.call("len", places()), item)

    def ndindex(self) -> Any:
        """`np.ndindex(n, m)` and `np.ndindex(a.shape)`: each index."""
        shape = self.desugar.expr(self.args[0])
        if len(self.args) > 1:
            shape = ir.Tuple(self.desugar.exprs(self.args), span=self.span)
        places = self.keep(self.call("all_indices", shape), "places")
        return self.desugar.walk(lambda: self.call("len", places()), lambda k: ir.Index(places(), k(), span=self.span))


WALKS: dict[Any, Callable[[_Walk], Any]] = {
    itertools.product: _Walk.product,
    **dict.fromkeys(CHOICES, _Walk.choices),
    itertools.pairwise: _Walk.pairwise,
    itertools.chain: _Walk.chain,
    itertools.islice: _Walk.islice,
    itertools.count: _Walk.count,
    itertools.repeat: _Walk.repeat,
    itertools.cycle: _Walk.cycle,
    np.ndenumerate: _Walk.ndenumerate,
    np.ndindex: _Walk.ndindex,
}
