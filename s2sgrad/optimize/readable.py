"""The passes, in order, that make generated code what a person would write."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import blocks, expressions, names_in, roots, statements, targets, with_blocks
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
    return tidy(without_unread(body, buffers, pure), fixed, {*reserved, *roots(body)})


def without_unread(body: ir.Block, buffers: frozenset[str], pure: Callable[[ir.Expr], bool]) -> ir.Block:
    """A block without the adjoints that nobody reads, now that containers were taken apart."""
    read = {n for s in statements(body) for e in expressions(s) for n in names_in(e)}

    def kept(stmt: ir.Stmt) -> bool:
        match stmt:
            case ir.Assign(target=ir.Name(id=name), value=value):
                return name not in buffers or name in read or not pure(value)
        return True

    def cleaned(block: ir.Block) -> ir.Block:
        return tuple(with_blocks(s, tuple(map(cleaned, blocks(s)))) if blocks(s) else s for s in block if kept(s))

    return cleaned(body)


def returned(body: ir.Block, buffers: frozenset[str]) -> set[str]:
    """The adjoints that a function returns: each keeps its line, and the note behind it."""
    last = body[-1] if body else None
    return {n for n in names_in(last.value) if n in buffers} if isinstance(last, ir.Return) else set()
