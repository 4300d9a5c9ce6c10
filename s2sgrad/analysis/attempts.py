"""Bodies of `try`: how far one came must not matter, so it writes into nothing that is there outside of it."""

from __future__ import annotations

from s2sgrad.analysis.effects import Aliases
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import statements, targets

__all__ = ["check_attempts"]


def check_attempts(fn: ir.Function, aliases: Aliases) -> None:
    """Refuse a body of `try` that writes into an array or a container which was there before."""
    before = {p.name for p in fn.params}
    opaque = dict(aliases.opaque)
    for stmt in statements(fn.body):
        if isinstance(stmt, ir.Try):
            outside = {aliases.find(n) for n in before}
            for inner in statements(stmt.body):
                through = (*aliases.written.get(inner, ()), *opaque.get(inner, ()))
                if any(aliases.find(n) in outside for n in through):
                    raise UnsupportedError(
                        "S100", "this writes into something that the handler sees, perhaps half written", inner.span,
                        "compute the value in the body of `try`, and write it after",
                    )  # fmt: skip
        before.update(targets(stmt))
