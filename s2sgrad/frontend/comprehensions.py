"""Comprehensions, and generator expressions that are consumed where they stand, become loops:

    [f(x) for x in xs if c(x)]          listed = []
                                        for x in xs:
                                            if c(x):
                                                listed.append(f(x))

The variables of a comprehension are its own: where the function has a variable of that name, they get another.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

import gast

from s2sgrad.diagnostics import Span
from s2sgrad.ir import nodes as ir

__all__ = ["apart", "as_loop", "comprehension", "consumed"]

COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
CONSUMERS = frozenset(
    ("sum", "min", "max", "any", "all", "tuple", "list", "set", "frozenset", "sorted", "dict", "next")
)  # builtins that take all items of their first argument, or as many as they need
METHODS = frozenset(("extend", "join", "update"))
FUNCTIONS = (math.fsum, math.prod)

Innermost = Callable[[list[ir.Stmt]], None]  # writes what is done with each item


def targets_of(node: gast.AST) -> set[str]:
    """The names that a comprehension binds for itself."""
    return {n.id for g in node.generators for n in gast.walk(g.target) if isinstance(n, gast.Name)}


# ------------------------------------------------------------------------------------------------------- renaming


class _Rename(gast.NodeTransformer):
    """Other names for the variables of a comprehension, in what belongs to its scope."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: gast.Name) -> gast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_Lambda(self, node: gast.Lambda) -> gast.Lambda:
        own = {n.id for n in gast.walk(node.args) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Param)}
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.args.kw_defaults = [d and self.visit(d) for d in node.args.kw_defaults]
        node.body = self.without(own).visit(node.body)
        return node

    def visit_inner(self, node: gast.AST) -> gast.AST:
        inner = self.without(targets_of(node))
        for i, g in enumerate(node.generators):
            g.iter = (inner if i else self).visit(g.iter)
            g.target = inner.visit(g.target)
            g.ifs = [inner.visit(e) for e in g.ifs]
        for field in ("elt", "key", "value"):
            if hasattr(node, field):
                setattr(node, field, inner.visit(getattr(node, field)))
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_inner

    def without(self, names: set[str]) -> _Rename:
        """The same renaming where these names mean something else."""
        return _Rename({old: new for old, new in self.names.items() if old not in names})


def apart(desugar: Any, node: gast.AST) -> gast.AST:
    """The comprehension with variables that occur nowhere else in the function."""
    inside: dict[str, int] = {}
    for n in gast.walk(node):
        if isinstance(n, gast.Name):
            inside[n.id] = inside.get(n.id, 0) + 1
    names = {}
    for name in sorted(targets_of(node)):
        if desugar.occurrences.get(name, 0) > inside[name] or _nested_again(node, name):
            names[name] = desugar.names.fresh(name)
    if not names:
        return node
    node = copy.deepcopy(node)
    rename = _Rename(names)
    for i, g in enumerate(node.generators):
        if i:
            g.iter = rename.visit(g.iter)
        g.target = rename.visit(g.target)
        g.ifs = [rename.visit(e) for e in g.ifs]
    for field in ("elt", "key", "value"):
        if hasattr(node, field):
            setattr(node, field, rename.visit(getattr(node, field)))
    return node


def _nested_again(node: gast.AST, name: str) -> bool:
    """Does something within the comprehension, or its first iterable, give the name another meaning?"""
    first = {n.id for n in gast.walk(node.generators[0].iter) if isinstance(n, gast.Name)}
    inner = (n for n in gast.walk(node) if n is not node)
    return name in first or any(
        (isinstance(n, COMPREHENSIONS) and name in targets_of(n))
        or (isinstance(n, gast.Lambda) and any(p.id == name for p in gast.walk(n.args) if isinstance(p, gast.Name)))
        for n in inner
    )


# ------------------------------------------------------------------------------------------------------- loops


def comprehension(desugar: Any, node: gast.AST, span: Span) -> ir.Expr:
    """A list, dict or set comprehension as the statements that fill it; of a generator expression, a list."""
    node = apart(desugar, node)
    out: list[ir.Stmt] = []
    made = desugar.names.fresh("made")
    name = lambda: ir.Name(made, span=span)  # noqa: E731

    def add(block: list[ir.Stmt]) -> None:
        if isinstance(node, gast.DictComp):
            key, value = desugar.expr(node.key), desugar.expr(node.value)
            held = ir.Name(desugar.names.fresh("key"), span=span)
            block.append(ir.Assign(held, key, span=span))  # the key is evaluated first
            block.append(ir.Store(ir.Index(name(), ir.Name(held.id, span=span), span=span), value, span=span))
            return
        call = ir.Call(ir.Attr(name(), "append", span=span), (desugar.expr(node.elt),), span=span)
        block.append(ir.Evaluate(call, span=span))

    start = ir.Dict((), (), span=span) if isinstance(node, gast.DictComp) else ir.List((), span=span)
    out.append(ir.Assign(name(), start, span=span))
    _loops(desugar, node.generators, add, None, out)
    value: ir.Expr = name()
    if isinstance(node, gast.SetComp):
        value = desugar.call("set", span, value)
    return ir.Do(tuple(out), value, span=span)


def _loops(desugar: Any, generators: list, innermost: Innermost, until: str | None, out: list[ir.Stmt]) -> None:
    """`for … in … if …` nested as written; all of them end with the trip that sets `until`."""
    if not generators:
        innermost(out)
        return
    first, *rest = generators
    span = desugar.span(first.target)
    inside = [*(g.iter for g in rest), *(e for g in generators for e in g.ifs)]  # walruses could bind the target
    iter_, target, over, body = desugar.walked(first.iter, first.target, inside, out)
    inner = body
    for test in first.ifs:
        block: list[ir.Stmt] = []
        inner.append((desugar.expr(test), block))
        inner = block
    _loops(desugar, rest, innermost, until, inner)
    flag = until and ir.Name(until, span=span)
    out.append(ir.For(ir.Name(target, span=span), iter_, tuple(_closed(body, span)), until=flag, over=over, span=span))


def _closed(block: list, span: Span) -> Iterator[ir.Stmt]:
    """Statements, pairs of a test and a block made branches."""
    for stmt in block:
        if isinstance(stmt, tuple):
            test, inner = stmt
            yield ir.If(test, tuple(_closed(inner, span)), span=span)
        else:
            yield stmt


# ------------------------------------------------------------------------------------------------------- generators


def consumed(desugar: Any, node: gast.Call, span: Span) -> ir.Expr | None:
    """A call that consumes a generator expression, the generator made a list or a loop; None for any other call."""
    if not node.args or not isinstance(node.args[0], gast.GeneratorExp):
        return None
    name = desugar.builtin(node.func)
    first = node.args[0]
    if name in ("any", "all") and len(node.args) == 1:
        return _any_or_all(desugar, first, name == "any", span)
    if name == "next" and not node.keywords:
        return _next(desugar, first, node.args[1:], span)
    known = name in CONSUMERS and name != "next"
    if not known and isinstance(node.func, gast.Attribute):
        known = node.func.attr in METHODS or desugar.meaning(node.func) in FUNCTIONS
    if not known:
        return None
    func = desugar.expr(node.func)
    args = (comprehension(desugar, first, desugar.span(first)), *desugar.exprs(node.args[1:]))
    kwargs = tuple(ir.Keyword(k.arg, desugar.expr(k.value), span=desugar.span(k.value)) for k in node.keywords)
    return ir.Call(func, args, kwargs, span=span)


def _any_or_all(desugar: Any, node: gast.GeneratorExp, is_any: bool, span: Span) -> ir.Expr:
    """`any(…)`, `all(…)`: a loop that ends with the item that decides."""
    node = apart(desugar, node)
    out: list[ir.Stmt] = []
    flag = desugar.names.fresh("found" if is_any else "failed")

    def test(block: list[ir.Stmt]) -> None:
        value = desugar.expr(node.elt)
        decides = value if is_any else ir.Unary("not", value, span=span)
        block.append(ir.If(decides, (_set(flag, True, span),), span=span))

    out.append(_set(flag, False, span))
    _loops(desugar, node.generators, test, flag, out)
    result: ir.Expr = ir.Name(flag, span=span)
    return ir.Do(tuple(out), result if is_any else ir.Unary("not", result, span=span), span=span)


def _next(desugar: Any, node: gast.GeneratorExp, default: list, span: Span) -> ir.Expr:
    """`next(…)`: a loop that ends with the first item."""
    node = apart(desugar, node)
    out: list[ir.Stmt] = []
    flag, first = desugar.names.fresh("found"), desugar.names.fresh("first")

    def take(block: list[ir.Stmt]) -> None:
        block.append(ir.Assign(ir.Name(first, span=span), desugar.expr(node.elt), span=span))
        block.append(_set(flag, True, span))

    if default:
        out.append(ir.Assign(ir.Name(first, span=span), desugar.expr(default[0]), span=span))
    out.append(_set(flag, False, span))
    _loops(desugar, node.generators, take, flag, out)
    if not default:
        missing = ir.Raise(desugar.call("StopIteration", span), span=span)
        out.append(ir.If(ir.Unary("not", ir.Name(flag, span=span), span=span), (missing,), span=span))
    return ir.Do(tuple(out), ir.Name(first, span=span), span=span)


def _set(flag: str, value: bool, span: Span) -> ir.Stmt:
    return ir.Assign(ir.Name(flag, span=span), ir.Const(value, span=span), span=span)


def as_loop(desugar: Any, node: gast.For) -> gast.For:
    """`for a in (e for x in xs if c): …` as a loop over `xs` itself: each item is made when its trip begins."""
    generator = apart(desugar, node.iter)
    (clause,) = generator.generators
    at = {"lineno": node.lineno, "col_offset": node.col_offset, "end_lineno": node.end_lineno,
          "end_col_offset": node.end_col_offset}  # fmt: skip
    body: list = [gast.Assign([node.target], generator.elt, None, **at), *node.body]
    for test in reversed(clause.ifs):
        body = [gast.If(test, body, [], **at)]
    return gast.For(clause.target, clause.iter, body, node.orelse, None, **at)
