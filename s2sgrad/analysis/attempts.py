"""Bodies of `try`: how far one came must not matter, so it writes into nothing that is there outside of it.

The last thing that a body does may be such a write, if it is done in full or not at all.
"""

from __future__ import annotations

import numpy as np

from s2sgrad.analysis.effects import Aliases
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Array, Dict, List
from s2sgrad.ir.raising import quiet
from s2sgrad.ir.traverse import statements, targets

__all__ = ["check_attempts"]

AT_ONCE = (list.append, list.insert, list.pop, list.remove, dict.pop, dict.popitem, dict.setdefault)
WIDE = (np.dtype(float), np.dtype(complex))  # nothing that is written into these arrays overflows


def check_attempts(fn: ir.Function, aliases: Aliases) -> None:
    """Refuse a body of `try` that writes into an array or a container which was there before."""
    before = {p.name for p in fn.params}
    for stmt in statements(fn.body):
        if isinstance(stmt, ir.Try):
            check_body(stmt, aliases, {aliases.find(n) for n in before})
        before.update(targets(stmt))


def check_body(stmt: ir.Try, aliases: Aliases, outside: set[str]) -> None:
    """Refuse the writes of one body, but for its last act."""
    opaque = dict(aliases.opaque)
    for i, part in enumerate(stmt.body):
        last = at_once(part, aliases) and all(quiet(later, set()) for later in stmt.body[i + 1 :])
        for inner in statements((part,)):
            through = (*aliases.written.get(inner, ()), *opaque.get(inner, ()))
            if any(aliases.find(n) in outside for n in through) and not (last and inner is part):
                raise UnsupportedError(
                    "S100", "this writes into something that the handler sees, perhaps half written", inner.span,
                    "compute the value in the body of `try`, and write it after",
                )  # fmt: skip


def at_once(stmt: ir.Stmt, aliases: Aliases) -> bool:
    """Is the write done in full if it is done at all?"""
    match stmt:
        case ir.Store(target=ir.Index(value=ir.Name(id=base))) if base in aliases.kinds:
            return all(
                isinstance(k, (List, Dict)) or (isinstance(k, Array) and k.dtype in WIDE)
                for k in aliases.kinds[base].kinds
            )
        case ir.Assign(value=ir.Call(func=ir.Ref(value=f))) | ir.Evaluate(value=ir.Call(func=ir.Ref(value=f))):
            return f in AT_ONCE
    return False
