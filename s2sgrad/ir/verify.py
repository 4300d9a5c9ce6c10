"""What is legal after each stage of the frontend: `raw` (desugared), `exits` (no early exits), `normal` (normal form)."""

from __future__ import annotations

from collections.abc import Iterator

from s2sgrad.ir.nodes import (
    Assert, Assign, Attr, AugAssign, Augment, Binary, Block, BoolOp, Break, Call, Closure, Compare, Const, Continue,
    Define, Dict, Evaluate, Expr, For, Format, FormatField, Function, Hole, If, IfExp, Index, List, Name, Node, Pass,
    Pop, Push, Raise, Ref, Return, Slice, Starred, Stmt, Store, Tuple, Unary, Walrus, While,
)  # fmt: skip
from s2sgrad.ir.printer import print_block
from s2sgrad.ir.scopes import bound_names, children, free_names, target_names, walk

__all__ = ["verify"]

ATOMS = (Name, Const, Ref)
ILLEGAL: dict[str, tuple[type, ...]] = {
    "raw": (Hole, Push, Pop),
    "exits": (Hole, Push, Pop, Break, Continue),
    "normal": (Hole, Push, Pop, Break, Continue, BoolOp, IfExp, Walrus, Closure),
}
OPERATORS: dict[type, frozenset[str]] = {
    Unary: frozenset({"-", "+", "~", "not"}),
    Binary: frozenset("+ - * / // % ** @ << >> & | ^".split()),
    Compare: frozenset({"<", "<=", ">", ">=", "==", "!=", "is", "is not", "in", "not in"}),
    BoolOp: frozenset({"and", "or"}),
}


def verify(fn: Function, form: str) -> None:
    """Raise AssertionError, which shows the statement, for anything that is illegal in this form."""
    seen: set[Node] = set()
    for stmt in _statements(fn.body):
        fault = _fault(stmt, form, seen)
        assert fault is None, f"{fault}, in the {form} form of {fn.name}:\n{_shown(stmt)}"
        if isinstance(stmt, Define):
            assert stmt.name == stmt.function.name, f"{stmt.name} defines {stmt.function.name}"
        for nested in _functions(stmt):
            verify(nested, form)
    if form != "raw":
        last = fn.body[-1] if fn.body else None
        assert isinstance(last, Return), f"{fn.name} does not end with a return"
        early = [stmt for stmt in _statements(fn.body) if isinstance(stmt, Return) and stmt is not last]
        assert not early, f"an early return in {fn.name}:\n{_shown(early[0])}" if early else ""
    _verify_names(fn)


def _verify_names(fn: Function) -> None:
    """Every name that is read is a parameter, is assigned somewhere, or is declared free."""
    unknown = set(free_names(fn)) - set(fn.free)
    assert not unknown, f"{fn.name} reads names that are neither bound nor free: {sorted(unknown)}"
    both = set(fn.free) & bound_names(fn)
    assert not both, f"{fn.name} binds names that it declares free: {sorted(both)}"


def _shown(stmt: Stmt) -> str:
    try:
        return print_block([stmt])
    except Exception:  # what is illegal may well be unprintable
        return repr(stmt)


def _blocks(stmt: Stmt) -> tuple[Block, ...]:
    """The blocks of a statement."""
    match stmt:
        case If(_, body, orelse) | For(body=body, orelse=orelse):
            return body, orelse
        case While(_, body, orelse, head):
            return head, body, orelse
    return ()


def _statements(block: Block) -> Iterator[Stmt]:
    """All statements of a block and of the blocks in it, but not those of nested functions."""
    todo = list(reversed(block))
    while todo:
        stmt = todo.pop()
        yield stmt
        for inner in _blocks(stmt):
            todo.extend(inner)


def _own(stmt: Stmt) -> list[Node]:
    """What belongs to a statement itself: neither its blocks nor the functions it makes."""
    inner = {id(s) for block in _blocks(stmt) for s in block}
    return [node for node in children(stmt) if id(node) not in inner and not isinstance(node, Function)]


def _functions(stmt: Stmt) -> Iterator[Function]:
    """The functions that a statement makes."""
    if isinstance(stmt, Define):
        yield stmt.function
    for node in walk(*_own(stmt)):
        if isinstance(node, Closure):
            yield node.function


def _fault(stmt: Stmt, form: str, seen: set[Node]) -> str | None:
    """What is wrong with a statement, if anything is."""
    nodes = [stmt]
    for node in nodes:
        nodes += [child for child in (_own(node) if isinstance(node, Stmt) else children(node))
                  if not isinstance(child, Function)]
    for node in nodes:
        if isinstance(node, ILLEGAL[form]):
            return f"{type(node).__name__} is not allowed"
        if node.__class__ in OPERATORS and node.op not in OPERATORS[type(node)]:
            return f"{node.op} is no operator"
        if node in seen:
            return f"{type(node).__name__} stands in two places"
        seen.add(node)
    if any(not block for block in _required(stmt)):
        return "an empty block"
    if form != "raw" and isinstance(stmt, (For, While)) and stmt.orelse:
        return "a loop with an else"
    return _not_normal(stmt) if form == "normal" else None


def _required(stmt: Stmt) -> tuple[Block, ...]:
    """The blocks that may not be empty."""
    return (stmt.body,) if isinstance(stmt, (If, For, While)) else ()


# -------------------------------------------------------------------------------------------------------- normal form


def _not_normal(stmt: Stmt) -> str | None:
    """Why a statement is not in normal form, if it is not."""
    match stmt:
        case Assign(Name(), value) | Evaluate(value):
            return None if _simple(value) else "the value is not simple"
        case Store(target, value) | Augment(target, _, value):
            ok = isinstance(target, (Index, Attr)) and isinstance(target.value, Name) and _simple(target)
            return None if ok and isinstance(value, ATOMS) else "no write of an atom into an object with a name"
        case For(target, Call(Ref(path="range"), args, ())):
            ok = isinstance(target, Name) and all(isinstance(arg, ATOMS) for arg in args)
            return None if ok else "no loop of a name over a range of atoms"
        case While(Name(), head=head) if head:
            return _not_head(stmt)
        case AugAssign(Name(), _, value) | If(value) | While(value) | Return(value):
            return None if isinstance(value, ATOMS) else "no atom"
        case Assert(value, other) | Raise(value, other):
            ok = all(e is None or isinstance(e, ATOMS) for e in (value, other))
            return None if ok else "no atom"
        case Define(_, function):
            ok = all(p.default is None or isinstance(p.default, ATOMS) for p in function.params)
            return None if ok else "a default is no atom"
        case Pass():
            return None
    return "no statement of normal form"


def _not_head(stmt: While) -> str | None:
    """A head computes the test: assignments of names, and branches of them."""
    for inner in _statements(stmt.head):
        if not isinstance(inner, (Assign, If, Pass, Evaluate)):
            return "the head of a loop does more than compute its test"
    return None


def _simple(e: Expr) -> bool:
    """Whether this is one operation on atoms."""
    match e:
        case Name() | Const() | Ref():
            return True
        case Attr(value):
            return _path(value)
        case Index(value, index):
            items = index.items if isinstance(index, Tuple) else (index,)
            return isinstance(value, ATOMS) and all(map(_index_part, items))
        case Call(func, args, kwargs):
            known = isinstance(func, ATOMS) or (isinstance(func, Attr) and _path(func.value))
            return known and all(map(_item, args)) and all(isinstance(k.value, ATOMS) for k in kwargs)
        case Tuple(items) | List(items):
            return all(map(_item, items))
        case Format(parts):
            fields = [part for part in parts if isinstance(part, FormatField)]
            return all(isinstance(f.value, ATOMS) and (f.spec is None or _simple(f.spec)) for f in fields)
        case Unary() | Binary() | Compare() | Dict():
            return all(isinstance(child, ATOMS) for child in children(e))
    return False


def _path(e: Expr) -> bool:
    """An atom, or attributes of one."""
    while isinstance(e, Attr):
        e = e.value
    return isinstance(e, ATOMS)


def _item(e: Expr) -> bool:
    return isinstance(e.value if isinstance(e, Starred) else e, ATOMS)


def _index_part(e: Expr) -> bool:
    if isinstance(e, Slice):
        return all(isinstance(bound, ATOMS) for bound in children(e))
    return isinstance(e, ATOMS)
