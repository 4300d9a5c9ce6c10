"""Numbers behind names: as few and as low as can be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.names import Names
from s2sgrad.ir.traverse import expressions, names_in, statements, targets
from s2sgrad.optimize.coalesce import rename

NUMBERED = re.compile(r"(.+?)_(\d+)((?:_bar|_residuals|(?:_dot)+)?)")


def tidy(block: ir.Block, fixed: Iterable[str], reserved: Iterable[str]) -> ir.Block:
    """Versions of a name renumbered in order of appearance: `h_3` is `h` if no other `h` is left."""
    order: dict[str, None] = {}
    for stmt in statements(block):
        order.update(dict.fromkeys(targets(stmt)))
        for e in expressions(stmt):
            order.update(dict.fromkeys(names_in(e)))
    numbered = {n: m for n in order if (m := NUMBERED.fullmatch(n)) and n not in fixed}
    names = Names({*reserved, *fixed, *(n for n in order if n not in numbered)})
    changes: dict[str, ir.Expr] = {}
    for name, match in numbered.items():
        base, _, suffix = match.groups()
        new = names.fresh(base + suffix)
        if new != name:
            changes[name] = ir.Name(new)
    return rename(block, changes)
