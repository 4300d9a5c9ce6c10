"""Which names a piece of IR reads, binds and leaves free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

from s2sgrad.ir import nodes as ir

__all__ = ["all_names", "bound_names", "children", "free_names", "target_names", "walk"]

_LEAVES = {
    "Span | None",
    "str",
    "str | None",
    "tuple[str, ...]",
    "Any",
    "int",
    "bool",
}  # fields of these types hold no nodes


@cache
def _links(cls: type[ir.Node]) -> tuple[str, ...]:
    """The fields of a node class that may hold nodes."""
    return tuple(f.name for f in fields(cls) if f.type not in _LEAVES)


def children(node: ir.Node) -> list[ir.Node]:
    """The nodes directly below `node`, in the order in which they are written."""
    found: list[ir.Node] = []
    for name in _links(type(node)):
        value = getattr(node, name)
        if isinstance(value, ir.Node):
            found.append(value)
        elif value:
            for item in value:
                if isinstance(item, ir.Node):
                    found.append(item)
                elif isinstance(item, tuple):  # the captures of a closure
                    found.append(item[1])
    return found


def walk(*roots: ir.Node) -> Iterator[ir.Node]:
    """Every node below the roots, themselves and nested functions included, in no particular order."""
    todo = list(roots)
    while todo:
        node = todo.pop()
        yield node
        todo.extend(children(node))


def target_names(target: ir.Expr) -> Iterator[str]:
    """The names that an assignment to `target` binds."""
    todo = [target]
    while todo:
        node = todo.pop()
        if isinstance(node, ir.Name):
            yield node.id
        elif isinstance(node, (ir.Tuple, ir.List)):
            todo.extend(node.items)
        elif isinstance(node, ir.Starred):
            todo.append(node.value)


def _bindings(node: ir.Node) -> Iterator[str]:
    """The names that this node itself binds."""
    match node:
        case ir.Assign(target) | ir.AugAssign(target) | ir.For(target) | ir.Walrus(target):
            yield from target_names(target)
        case ir.Define(name):
            yield name
        case ir.Pop(_, targets):
            yield from (target.id for target in targets)
        case ir.Enter(target=ir.Name(id=name)) | ir.With(target=ir.Name(id=name)) | ir.Try(name=ir.Name(id=name)):
            yield name


def _scope(fn: ir.Function) -> tuple[set[str], set[str]]:
    """The names that a function binds, and those it reads; of nested functions their free names count as read."""
    bound = {param.name for param in fn.params}
    read: set[str] = set()
    todo: list[ir.Node] = list(fn.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ir.Name):
            read.add(node.id)
            continue
        if isinstance(node, ir.Function):
            read.update(node.free)
            todo.extend(param.default for param in node.params if param.default is not None)
            continue
        bound.update(_bindings(node))
        below = children(node)
        if isinstance(node, (ir.Assign, ir.For, ir.Walrus)) and isinstance(node.target, (ir.Name, ir.Tuple, ir.List)):
            below.remove(node.target)
            todo.extend(_reads_of_target(node.target))
        elif isinstance(node, (ir.Enter, ir.With)) and node.target is not None:
            below.remove(node.target)
        elif isinstance(node, ir.Try) and node.name is not None:
            below.remove(node.name)
        todo.extend(below)
    return bound, read


def _reads_of_target(target: ir.Expr) -> list[ir.Expr]:
    """What an assignment to `target` evaluates: the objects that are written into, not the names that are bound."""
    todo, found = [target], []
    while todo:
        node = todo.pop()
        if isinstance(node, (ir.Tuple, ir.List)):
            todo.extend(node.items)
        elif isinstance(node, ir.Starred):
            todo.append(node.value)
        elif not isinstance(node, ir.Name):
            found.append(node)
    return found


def bound_names(fn: ir.Function) -> set[str]:
    """The names that are local to a function: its parameters, and what is assigned anywhere in its own body."""
    return _scope(fn)[0]


def free_names(fn: ir.Function) -> tuple[str, ...]:
    """The names that a function reads and does not bind, sorted; relies on `free` of the functions nested in it."""
    bound, read = _scope(fn)
    return tuple(sorted(read - bound))


def all_names(*roots: ir.Node) -> set[str]:
    """Every name that occurs in the text of these nodes, nested functions included: what fresh names must avoid."""
    found = set()
    for node in walk(*roots):
        match node:
            case ir.Name(id=name) | ir.Define(name=name) | ir.Param(name=name) | ir.Function(name=name):
                found.add(name)
            case ir.Ref(path=path):
                found.add(path.partition(".")[0])
    return found
