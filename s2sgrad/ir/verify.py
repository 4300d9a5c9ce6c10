"""What is legal after each stage of the frontend: `raw` (desugared), `exits` (no early exits), `normal`."""

from __future__ import annotations

from collections.abc import Iterator

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.printer import print_block
from s2sgrad.ir.scopes import bound_names, children, free_names, walk
from s2sgrad.ir.traverse import index_parts

__all__ = ["verify"]

ATOMS = (ir.Name, ir.Const, ir.Ref)
ILLEGAL: dict[str, tuple[type, ...]] = {
    "raw": (ir.Hole, ir.Push, ir.Pop),
    "exits": (ir.Hole, ir.Push, ir.Pop, ir.Break, ir.Continue),
    "normal": (
        *(ir.Hole, ir.Push, ir.Pop, ir.Break, ir.Continue),
        *(ir.BoolOp, ir.IfExp, ir.Walrus, ir.Closure, ir.Do, ir.With, ir.Finally),
    ),
}
OPERATORS: dict[type, frozenset[str]] = {
    ir.Unary: frozenset({"-", "+", "~", "not"}),
    ir.Binary: frozenset(["+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>", "&", "|", "^"]),
    ir.Compare: frozenset({"<", "<=", ">", ">=", "==", "!=", "is", "is not", "in", "not in"}),
    ir.BoolOp: frozenset({"and", "or"}),
}


def verify(fn: ir.Function, form: str) -> None:
    """Raise AssertionError, which shows the statement, for anything that is illegal in this form."""
    seen: set[ir.Node] = set()
    for stmt in _statements(fn.body):
        fault = _fault(stmt, form, seen)
        assert fault is None, f"{fault}, in the {form} form of {fn.name}:\n{_shown(stmt)}"
        if isinstance(stmt, ir.Define):
            assert stmt.name == stmt.function.name, f"{stmt.name} defines {stmt.function.name}"
        for nested in _functions(stmt):
            verify(nested, form)
    if form != "raw":
        last = fn.body[-1] if fn.body else None
        assert isinstance(last, ir.Return), f"{fn.name} does not end with a return"
        early = [stmt for stmt in _statements(fn.body) if isinstance(stmt, ir.Return) and stmt is not last]
        assert not early, f"an early return in {fn.name}:\n{_shown(early[0])}" if early else ""
    _verify_names(fn)


def _verify_names(fn: ir.Function) -> None:
    """Every name that is read is a parameter, is assigned somewhere, or is declared free."""
    unknown = set(free_names(fn)) - set(fn.free)
    assert not unknown, f"{fn.name} reads names that are neither bound nor free: {sorted(unknown)}"
    both = set(fn.free) & bound_names(fn)
    assert not both, f"{fn.name} binds names that it declares free: {sorted(both)}"


def _shown(stmt: ir.Stmt) -> str:
    try:
        return print_block([stmt])
    except Exception:  # what is illegal may well be unprintable
        return repr(stmt)


def _blocks(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The blocks of a statement."""
    match stmt:
        case ir.If(_, body, orelse) | ir.For(body=body, orelse=orelse):
            return body, orelse
        case ir.With(body=body):
            return (body,)
        case ir.Finally(body, final):
            return body, final
        case ir.While(_, body, orelse, head):
            return head, body, orelse
    return ()


def _statements(block: ir.Block) -> Iterator[ir.Stmt]:
    """All statements of a block and of the blocks in it, but not those of nested functions."""
    todo = list(reversed(block))
    while todo:
        stmt = todo.pop()
        yield stmt
        for inner in _blocks(stmt):
            todo.extend(inner)


def _own(stmt: ir.Stmt) -> list[ir.Node]:
    """What belongs to a statement itself: neither its blocks nor the functions it makes."""
    inner = {id(s) for block in _blocks(stmt) for s in block}
    return [node for node in children(stmt) if id(node) not in inner and not isinstance(node, ir.Function)]


def _functions(stmt: ir.Stmt) -> Iterator[ir.Function]:
    """The functions that a statement makes."""
    if isinstance(stmt, ir.Define):
        yield stmt.function
    for node in walk(*_own(stmt)):
        if isinstance(node, ir.Closure):
            yield node.function


def _fault(stmt: ir.Stmt, form: str, seen: set[ir.Node]) -> str | None:
    """What is wrong with a statement, if anything is."""
    nodes = [stmt]
    for node in nodes:
        nodes += [
            child
            for child in (_own(node) if isinstance(node, ir.Stmt) else children(node))
            if not isinstance(child, ir.Function)
        ]
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
    if form != "raw" and isinstance(stmt, (ir.For, ir.While)) and stmt.orelse:
        return "a loop with an else"
    return _not_normal(stmt) if form == "normal" else None


def _required(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The blocks that may not be empty."""
    if isinstance(stmt, ir.Try):
        return stmt.body, stmt.orelse
    return (stmt.body,) if isinstance(stmt, (ir.If, ir.For, ir.While, ir.With, ir.Finally)) else ()


# -------------------------------------------------------------------------------------------------------- normal form


def _not_normal(stmt: ir.Stmt) -> str | None:
    """Why a statement is not in normal form, if it is not."""
    match stmt:
        case ir.Assign(ir.Name(), value) | ir.Evaluate(value):
            return None if _simple(value) else "the value is not simple"
        case ir.Store(target, value) | ir.Augment(target, _, value):
            ok = isinstance(target, (ir.Index, ir.Attr)) and isinstance(target.value, ir.Name) and _simple(target)
            return None if ok and isinstance(value, ATOMS) else "no write of an atom into an object with a name"
        case ir.For(target, ir.Call(ir.Ref(value=value), args, ())) if value is range:
            ok = isinstance(target, ir.Name) and all(isinstance(arg, ATOMS) for arg in args)
            return None if ok else "no loop of a name over a range of atoms"
        case ir.While(ir.Name(), head=head) if head:
            return _not_head(stmt)
        case ir.Try(exceptions=exceptions):
            items = exceptions.items if isinstance(exceptions, ir.Tuple) else (exceptions,)
            return None if all(map(_path, items)) else "the exceptions are no paths"
        case ir.AugAssign(ir.Name(), _, value) | ir.If(value) | ir.While(value) | ir.Return(value):
            return None if isinstance(value, ATOMS) else "no atom"
        case ir.Enter(manager):
            return None if manager is None or _simple(manager) else "the manager is not simple"
        case ir.Leave() | ir.Lastly():
            return None
        case ir.Assert(value, other) | ir.Raise(value, other):
            ok = all(e is None or isinstance(e, ATOMS) for e in (value, other))
            return None if ok else "no atom"
        case ir.Define(_, function):
            ok = all(p.default is None or isinstance(p.default, ATOMS) for p in function.params)
            return None if ok else "a default is no atom"
        case ir.Pass():
            return None
    return "no statement of normal form"


def _not_head(stmt: ir.While) -> str | None:
    """A head computes the test: assignments of names, and branches of them."""
    for inner in _statements(stmt.head):
        if not isinstance(inner, (ir.Assign, ir.If, ir.Pass, ir.Evaluate)):
            return "the head of a loop does more than compute its test"
    return None


def _simple(e: ir.Expr) -> bool:
    """Whether this is one operation on atoms."""
    match e:
        case ir.Name() | ir.Const() | ir.Ref():
            return True
        case ir.Attr(value):
            return _path(value)
        case ir.Index(value, index):
            items = index_parts(index)
            return isinstance(value, ATOMS) and all(map(_index_part, items))
        case ir.Call(func, args, kwargs):
            known = isinstance(func, ATOMS) or (isinstance(func, ir.Attr) and _path(func.value))
            return known and all(map(_item, args)) and all(isinstance(k.value, ATOMS) for k in kwargs)
        case ir.Tuple(items) | ir.List(items):
            return all(map(_item, items))
        case ir.Format(parts):
            fields = [part for part in parts if isinstance(part, ir.FormatField)]
            return all(isinstance(f.value, ATOMS) and (f.spec is None or _simple(f.spec)) for f in fields)
        case ir.Unary() | ir.Binary() | ir.Compare() | ir.Dict():
            return all(isinstance(child, ATOMS) for child in children(e))
    return False


def _path(e: ir.Expr) -> bool:
    """An atom, or attributes of one."""
    while isinstance(e, ir.Attr):
        e = e.value
    return isinstance(e, ATOMS)


def _item(e: ir.Expr) -> bool:
    return isinstance(e.value if isinstance(e, ir.Starred) else e, ATOMS)


def _index_part(e: ir.Expr) -> bool:
    if isinstance(e, ir.Slice):
        return all(isinstance(bound, ATOMS) for bound in children(e))
    return isinstance(e, ATOMS)
