"""What an expression reads of its operands: their elements, or only their shape and dtype."""

from __future__ import annotations

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import children

ATTRIBUTES = frozenset(("shape", "size", "ndim", "dtype"))

# function -> positions of the arguments of which it reads no element
SHAPE_ONLY: dict[str, frozenset[int]] = {
    **dict.fromkeys(("np.zeros_like", "np.ones_like", "np.full_like", "np.empty_like", "zeros_like"), frozenset((0,))),
    **dict.fromkeys(("np.shape", "np.ndim", "np.size", "len", "count", "outline"), frozenset((0,))),
    **dict.fromkeys(("unbroadcast", "broadcast", "cast", "unreduce", "reshape_like", "place"), frozenset((1,))),
    **dict.fromkeys(("split_like", "split_stacked", "dense"), frozenset((1,))),
    "unstack_like": frozenset((0,)),
}


def reads(e: ir.Expr) -> set[str]:
    """The names whose elements an expression reads."""
    found: set[str] = set()
    todo = [e]
    while todo:
        current = todo.pop()
        match current:
            case ir.Name(id=name):
                found.add(name)
            case ir.Attr(value=ir.Name(), name=name) if name in ATTRIBUTES:
                pass
            case ir.Call(func=ir.Ref(path=path), args=args) if path in SHAPE_ONLY:
                hollow = SHAPE_ONLY[path]
                todo.extend(a for i, a in enumerate(args) if i not in hollow or not isinstance(a, ir.Name))
                todo.extend(k.value for k in current.kwargs)
            case _:
                todo.extend(children(current))
    return found


def contents(stmt: ir.Stmt) -> set[str]:
    """The names whose elements a statement reads itself, nested blocks left out."""
    match stmt:
        case ir.If(test=test):
            return reads(test)
        case ir.For(iter=iter_):
            return reads(iter_)
        case ir.Enter(manager=manager) if manager is not None:
            return reads(manager)
        case (
            ir.Store(target=ir.Index(index=index), value=value) | ir.Augment(target=ir.Index(index=index), value=value)
        ):
            return reads(index) | reads(value)
        case ir.Assign(value=value) | ir.Evaluate(value=value) | ir.Return(value=value) if value is not None:
            return reads(value)
        case ir.AugAssign(target=target, value=value):
            return reads(target) | reads(value)
        case ir.While(test=test):
            return reads(test)
    return set()
