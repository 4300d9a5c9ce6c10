"""Walking and rebuilding the IR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from s2sgrad.ir import nodes as ir


@dataclass(frozen=True)
class End:
    """The place behind a statement and the blocks in it."""

    stmt: ir.Stmt


def children(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """The direct operands of an expression."""
    match expr:
        case ir.Name() | ir.Const() | ir.Ref() | ir.Hole():
            return ()
        case ir.Binary(left=a, right=b) | ir.Compare(left=a, right=b) | ir.Index(value=a, index=b):
            return a, b
        case ir.Unary(operand=a) | ir.Attr(value=a) | ir.Field(value=a) | ir.Starred(value=a):
            return (a,)
        case ir.Call(func=f, args=args, kwargs=kwargs):
            return (f, *args, *(k.value for k in kwargs))
        case ir.Tuple(items=items) | ir.List(items=items) | ir.BoolOp(values=items):
            return items
        case ir.Record(cls=cls, values=values, maker=maker):
            return (cls, *values) if maker is None else (maker, cls, *values)
        case ir.Slice(lower=a, upper=b, step=c):
            return tuple(e for e in (a, b, c) if e is not None)
        case ir.Dict(keys=keys, values=values):
            return (*(k for k in keys if k is not None), *values)
        case ir.IfExp(test=a, body=b, orelse=c):
            return a, b, c
        case ir.Format(parts=parts):
            return tuple(p.value for p in parts if isinstance(p, ir.FormatField))
        case ir.Closure(captures=captures):
            return tuple(e for _, e in captures)
    raise TypeError(type(expr).__name__)


def index_parts(index: ir.Expr) -> tuple[ir.Expr, ...]:
    """What stands between the brackets: one part for each axis that is indexed."""
    return index.items if isinstance(index, ir.Tuple) else (index,)


def rebuild(expr: ir.Expr, f: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    """The expression with `f` applied to its direct operands; itself if none of them changes."""
    match expr:
        case ir.Name() | ir.Const() | ir.Ref() | ir.Hole():
            return expr
        case ir.Binary(left=a, right=b):
            x, y = f(a), f(b)
            return expr if x is a and y is b else ir.Binary(expr.op, x, y, span=expr.span)
        case ir.Compare(left=a, right=b):
            return ir.Compare(expr.op, f(a), f(b), span=expr.span)
        case ir.Index(value=a, index=b):
            x, y = f(a), f(b)
            return expr if x is a and y is b else ir.Index(x, y, span=expr.span)
        case ir.Unary(operand=a):
            x = f(a)
            return expr if x is a else ir.Unary(expr.op, x, span=expr.span)
        case ir.Attr(value=a):
            x = f(a)
            return expr if x is a else ir.Attr(x, expr.name, span=expr.span)
        case ir.Field(value=a):
            x = f(a)
            return expr if x is a else ir.Field(x, expr.name, span=expr.span)
        case ir.Record(cls=cls, values=values, maker=maker):
            maker = None if maker is None else f(maker)
            return ir.Record(f(cls), expr.names, tuple(map(f, values)), maker, span=expr.span)
        case ir.Starred(value=a):
            return ir.Starred(f(a), span=expr.span)
        case ir.Call(func=func, args=args, kwargs=kwargs):
            new = tuple(map(f, args))
            named = tuple(ir.Keyword(k.name, f(k.value)) for k in kwargs) if kwargs else ()
            return ir.Call(f(func), new, named, span=expr.span)
        case ir.Tuple(items=items):
            return ir.Tuple(tuple(map(f, items)), span=expr.span)
        case ir.List(items=items):
            return ir.List(tuple(map(f, items)), span=expr.span)
        case ir.Slice(lower=a, upper=b, step=c):
            return ir.Slice(*(e if e is None else f(e) for e in (a, b, c)), span=expr.span)
        case ir.Dict(keys=keys, values=values):
            return ir.Dict(tuple(k if k is None else f(k) for k in keys), tuple(map(f, values)), span=expr.span)
        case ir.IfExp(test=a, body=b, orelse=c):
            return ir.IfExp(f(a), f(b), f(c), span=expr.span)
        case ir.BoolOp(values=values):
            return ir.BoolOp(expr.op, tuple(map(f, values)), span=expr.span)
        case ir.Format(parts=parts):
            new = (p if isinstance(p, str) else ir.FormatField(f(p.value), p.conversion, p.spec) for p in parts)
            return ir.Format(tuple(new), span=expr.span)
        case ir.Closure(captures=captures):
            return ir.Closure(expr.function, tuple((n, f(e)) for n, e in captures), span=expr.span)
    raise TypeError(type(expr).__name__)


def substitute(expr: ir.Expr, names: dict[str, ir.Expr]) -> ir.Expr:
    """The expression with names replaced."""
    if isinstance(expr, ir.Name):
        return names.get(expr.id, expr)
    return rebuild(expr, lambda e: substitute(e, names))


def names_in(expr: ir.Expr | None) -> Iterator[str]:
    """The names an expression reads, with repetition; iterative, for expressions may be long."""
    if expr is None:
        return
    todo = [expr]
    while todo:
        e = todo.pop()
        if isinstance(e, ir.Name):
            yield e.id
        elif not isinstance(e, (ir.Const, ir.Ref, ir.Hole)):
            todo.extend(children(e))


def expressions(stmt: ir.Stmt) -> tuple[ir.Expr, ...]:
    """What a statement reads itself, nested blocks left out; assigned names are not among them."""
    match stmt:
        case ir.Assign(value=v) | ir.Evaluate(value=v):
            return (v,)
        case ir.AugAssign(target=t, value=v):
            return t, v
        case ir.Store(target=t, value=v) | ir.Augment(target=t, value=v, accumulate=None):
            return (*children(t), v)
        case ir.Augment(target=t, value=v, accumulate=f):
            return (*children(t), v, f)
        case ir.Try(exceptions=e):
            return (e,)
        case ir.If(test=t) | ir.While(test=t, until=None):
            return (t,)
        case ir.Enter(manager=m) | ir.With(manager=m) if m is not None:
            return (m,)
        case ir.While(test=t, until=u):
            return t, u
        case ir.For(iter=i, until=u):
            return (i,) if u is None else (i, u)
        case ir.Return(value=v):
            return () if v is None else (v,)
        case ir.Assert(test=t, message=m):
            return (t,) if m is None else (t, m)
        case ir.Raise(exception=e, cause=c):
            return tuple(x for x in (e, c) if x is not None)
        case ir.Push(tape=t, values=v):
            return (t, *v)
        case ir.Pop(tape=t):
            return (t,)
    return ()


def blocks(stmt: ir.Stmt) -> tuple[ir.Block, ...]:
    """The nested blocks of a statement, in program order."""
    match stmt:
        case ir.If(body=b, orelse=o):
            return b, o
        case ir.For(body=b):
            return (b,)
        case ir.While(head=h, body=b):
            return h, b
    return ()


def with_blocks(stmt: ir.Stmt, new: tuple[ir.Block, ...]) -> ir.Stmt:
    """The statement with other nested blocks, in the order of `blocks`."""
    match stmt:
        case ir.If():
            return replace(stmt, body=new[0], orelse=new[1])
        case ir.For():
            return replace(stmt, body=new[0])
        case ir.While():
            return replace(stmt, head=new[0], body=new[1])
    return stmt


def targets(stmt: ir.Stmt) -> tuple[str, ...]:
    """The names that a statement itself binds."""
    match stmt:
        case ir.Assign(target=ir.Name(id=n)):
            return (n,)
        case ir.Assign(target=ir.Tuple(items=items)):
            return tuple(t.id for t in items)
        case ir.For(target=ir.Name(id=n)):
            return (n,)
        case ir.Pop(targets=names):
            return tuple(t.id for t in names)
        case ir.Enter(target=ir.Name(id=n)) | ir.With(target=ir.Name(id=n)) | ir.Try(name=ir.Name(id=n)):
            return (n,)
    return ()


def statements(block: ir.Block) -> Iterator[ir.Stmt]:
    """All statements, nested ones included, in program order."""
    stack = [iter(block)]
    while stack:
        for stmt in stack[-1]:
            yield stmt
            inner = blocks(stmt)
            if inner:
                stack.extend(iter(b) for b in reversed(inner))
                break
        else:
            stack.pop()


def pairs(block: ir.Block) -> dict[ir.Stmt, ir.Enter]:
    """The end of each `with` and `try` that lies in a block -> its beginning."""
    found: dict[ir.Stmt, ir.Enter] = {}
    opened: list[ir.Enter] = []
    for stmt in block:
        if isinstance(stmt, ir.Enter):
            opened.append(stmt)
        elif isinstance(stmt, ir.Leave):
            found[stmt] = opened.pop()
    return found


def map_expressions(stmt: ir.Stmt, f: Callable[[ir.Expr], ir.Expr]) -> ir.Stmt:
    """The statement with `f` applied to the expressions it reads; nested blocks and bound names stay."""
    match stmt:
        case ir.Assign(value=v):
            return ir.Assign(stmt.target, f(v), span=stmt.span, note=stmt.note)
        case ir.Evaluate(value=v):
            return ir.Evaluate(f(v), span=stmt.span, note=stmt.note)
        case ir.AugAssign(target=t, value=v):
            return ir.AugAssign(t, stmt.op, f(v), span=stmt.span, note=stmt.note)
        case ir.Store(target=t, value=v):
            return ir.Store(rebuild(t, f), f(v), span=stmt.span, note=stmt.note)
        case ir.Augment(target=t, value=v):
            by = stmt.accumulate
            return replace(stmt, target=rebuild(t, f), value=f(v), accumulate=by if by is None else f(by))
        case ir.Try(exceptions=e):
            return replace(stmt, exceptions=f(e))
        case ir.If(test=t):
            return replace(stmt, test=f(t))
        case ir.Enter(manager=m) if m is not None:
            return replace(stmt, manager=f(m))
        case ir.While(test=t, until=u):
            return replace(stmt, test=f(t), until=u if u is None else f(u))
        case ir.For(iter=i, until=u):
            return replace(stmt, iter=f(i), until=u if u is None else f(u))
        case ir.Return(value=v):
            return replace(stmt, value=v if v is None else f(v))
        case ir.Assert(test=t, message=m):
            return replace(stmt, test=f(t), message=m if m is None else f(m))
        case ir.Raise(exception=e, cause=c):
            return replace(stmt, exception=e if e is None else f(e), cause=c if c is None else f(c))
    return stmt


def map_block(block: ir.Block, f: Callable[[ir.Expr], ir.Expr]) -> ir.Block:
    """The block with `f` applied to every expression that its statements read, nested ones included."""
    out = []
    for stmt in block:
        new = map_expressions(stmt, f)
        inner = blocks(new)
        out.append(with_blocks(new, tuple(map_block(b, f) for b in inner)) if inner else new)
    return tuple(out)


def refs(block: ir.Block) -> Iterator[ir.Ref]:
    """Every reference to a known object in a block."""
    for stmt in statements(block):
        todo = list(expressions(stmt))
        while todo:
            e = todo.pop()
            if isinstance(e, ir.Ref):
                yield e
            else:
                todo.extend(children(e))


def roots(block: ir.Block) -> set[str]:
    """The names that a block's references begin with."""
    return {ref.path.split(".")[0] for ref in refs(block)}
