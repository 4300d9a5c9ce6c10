"""The passes, in order, that make generated code what a person would write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import expressions, names_in, roots, statements, targets
from s2sgrad.optimize.coalesce import Coalesce, propagate, rename
from s2sgrad.optimize.inline import Inline, signs
from s2sgrad.optimize.tidy import tidy


def readable(
    body: ir.Block,
    params: Iterable[str],
    untouched: Iterable[str],
    buffers: frozenset[str],
    pure: Callable[[ir.Expr], bool],
    reserved: Iterable[str],
    kept: Callable[[str], bool] = lambda name: False,
) -> ir.Block:
    """A function's body, rewritten.

    `params` keep their names, `untouched` (some of them) are not assigned to, `buffers` are the names of adjoints, and
    `reserved` are the names that the module has given away. A name that is `kept` keeps a line of its own.
    """
    fixed = {*params, *untouched}
    body = rename(body, Coalesce(body, params, untouched).names())
    body = propagate(body, fixed)
    lines = {n for s in statements(body) for n in targets(s) if kept(n)}
    body = signs(Inline(body, fixed | lines | returned(body, buffers), buffers, pure).block(body))
    return tidy(without_unread(body, pure), fixed, {*reserved, *roots(body)})


def without_unread(body: ir.Block, pure: Callable[[ir.Expr], bool]) -> ir.Block:
    """A function without what nobody reads any more, outside of loops and branches."""
    reads = Counter(n for s in statements(body) for e in expressions(s) for n in names_in(e))
    out: list[ir.Stmt] = []
    for stmt in reversed(body):
        match stmt:
            case ir.Assign(target=ir.Name(id=name), value=value) if not reads[name] and pure(value):
                reads.subtract(names_in(value))
                continue
        out.append(stmt)
    return tuple(reversed(out))


def returned(body: ir.Block, buffers: frozenset[str]) -> set[str]:
    """The adjoints that a function returns: each keeps its line, and the note behind it."""
    last = body[-1] if body else None
    return {n for n in names_in(last.value) if n in buffers} if isinstance(last, ir.Return) else set()
