"""Which statements surely raise no exception."""

from __future__ import annotations

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import blocks

ATOMS = (ir.Name, ir.Const, ir.Ref)


def is_plain(stmt: ir.Stmt, numbers: set[str]) -> bool:
    """Is it a branch whose test cannot fail? `numbers`: names whose truth can be asked for."""
    plain = isinstance(stmt, ir.If) and not isinstance(stmt, ir.Try)
    return plain and (isinstance(stmt.test, ir.Const) or stmt.test.id in numbers)


def quiet(stmt: ir.Stmt, numbers: set[str]) -> bool:
    """Is it sure that the statement raises no exception?"""
    match stmt:
        case ir.Assign(target=ir.Name(), value=ir.Name() | ir.Const() | ir.Ref()) | ir.Pass():
            return True
        case ir.Assign(value=ir.Tuple(items=items)):
            return all(isinstance(e, ATOMS) for e in items)
    return is_plain(stmt, numbers) and all(quiet(inner, numbers) for block in blocks(stmt) for inner in block)
