"""Which memory an expression's value may share, and which variables may be written into."""

from __future__ import annotations

import ast

from tests.fuzz.values import Arr, Fun, Map, Num, Rec, Seq, Tup, Type
from tests.fuzz.words import NoWay
from tests.fuzz.writer import Scope, Var, Writer

FOREIGN = 0  # the root of memory that belongs to the module or the factory: never written into
VIEWS = frozenset(("ravel", "transpose", "flip", "diag", "reshape", "atleast_1d", "asarray", "broadcast_to"))


def holds_memory(kind: Type) -> bool:
    """May a value of this type be, or hold, an array or a container that changes?"""
    match kind:
        case Arr() | Seq() | Map() | Fun():
            return True
        case Tup(items=items):
            return any(map(holds_memory, items))
        case Rec(fields=fields, form=form):
            return form == "class" or any(holds_memory(item) for _, item in fields)
    return False


def is_fresh(node: ast.AST) -> bool:
    """Is the value of this expression memory of its own?"""
    match node:
        case ast.BinOp() | ast.UnaryOp() | ast.Constant():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name)):
            return name not in VIEWS
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in ("copy", "sum", "mean", "clip", "min", "flatten")
    return False


def shared_names(node: ast.AST) -> set[str]:
    """The names whose memory an expression may hand on."""
    if is_fresh(node):
        return set()
    if isinstance(node, ast.Name):
        return {node.id}
    return {name for child in ast.iter_child_nodes(node) for name in shared_names(child)}


def roots_of(s: Scope, text: str) -> frozenset[int] | None:
    """The memory that the value of an expression may share; None: its own."""
    names = shared_names(ast.parse(text, mode="eval").body)
    found = frozenset(root for name in names if name in s.vars for root in s.vars[name].roots)
    return found or None


def assign(w: Writer, s: Scope, name: str, kind: Type, text: str) -> Var:
    """Write `name = text`."""
    w.emit(f"{name} = {text}")
    roots = roots_of(s, text) if holds_memory(kind) else frozenset()
    return w.declare(s, name, kind, roots)


def writable(w: Writer, s: Scope, v: Var) -> bool:
    """May the program write into this array?"""
    if FOREIGN in v.roots:
        return False
    if not v.roots <= w.owned and not (w.has("parameters") if w.inside == "f" else w.has("callees")):
        return False
    return w.has("views") or not any(v.roots & u.roots for u in s.vars.values() if u.name != v.name)


def target(w: Writer, s: Scope, rank: int | None = None) -> Var:
    """An array to write into, not empty."""
    return w.pick(
        v
        for v in s.of(Arr)
        if writable(w, s, v)
        and all(min(d) > 0 for d in v.type.shape)
        and (len(v.type.shape) == rank if rank is not None else v.type.shape)
    )


def plain(kind: Type) -> bool:
    """A number or an array?"""
    return isinstance(kind, (Num, Arr))


def reject(condition: bool) -> None:
    """No way if so."""
    if condition:
        raise NoWay
