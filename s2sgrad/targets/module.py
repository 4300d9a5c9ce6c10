"""A generated module: functions as text, and the objects that their names stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.names import Names
from s2sgrad.ir.printer import print_function
from s2sgrad.ir.traverse import map_block, rebuild, refs, statements, targets


class Module:
    """Collects functions. `primal(obj)` makes the functions for a reference to an object that stands for a primal."""

    def __init__(
        self, names: Names, is_primal: Callable[[Any], bool], primal: Callable[[Any, str], list[ir.Function]]
    ) -> None:
        self.names = names
        self.is_primal = is_primal
        self.primal = primal
        self.made: dict[Any, str] = {}

    def write(self, functions: list[ir.Function]) -> tuple[str, dict[str, Any]]:
        """The text of the functions and of the primals they call, and what the names in it are bound to."""
        functions = self.with_primals(functions)
        bindings, functions = bound(functions, self.names)
        functions = [with_body(f, map_block(f.body, as_written)) for f in functions]
        return "\n\n\n".join(map(print_function, functions)) + "\n", bindings

    def with_primals(self, functions: list[ir.Function]) -> list[ir.Function]:
        """Callees that no derivative flows through are called as they are; their code stands first."""
        helpers: list[ir.Function] = []
        todo: list[ir.Function] = []

        def visit(e: ir.Expr) -> ir.Expr:
            if not isinstance(e, ir.Ref):
                return rebuild(e, visit)
            if not self.is_primal(e.value):
                return e
            if e.value not in self.made:
                self.made[e.value] = self.names.fresh(e.value.function.name.strip("<>") or "function")
                todo.extend(self.primal(e.value, self.made[e.value]))
            return ir.Ref(self.made[e.value], None)

        out = [with_body(f, map_block(f.body, visit)) for f in functions]
        while todo:
            f = todo.pop(0)
            helpers.append(with_body(f, map_block(f.body, visit)))
        return helpers + out


def with_body(f: ir.Function, body: ir.Block) -> ir.Function:
    """The function with another body."""
    return ir.Function(f.name, f.params, body, doc=f.doc, span=f.span)


def as_written(e: ir.Expr) -> ir.Expr:
    """Functions by their usual names: `x.copy()` for `np.ndarray.copy(x)`, `x.T`, `np.abs`."""
    match e:
        case ir.Call(func=ir.Ref(path=path), args=(x, *rest)) if path.startswith("np.ndarray."):
            method = ir.Attr(as_written(x), path.rsplit(".", 1)[1])
            kwargs = tuple(ir.Keyword(k.name, as_written(k.value)) for k in e.kwargs)
            return ir.Call(method, tuple(map(as_written, rest)), kwargs)
        case ir.Call(func=ir.Ref(path="np.transpose"), args=(x,), kwargs=()):
            return ir.Attr(as_written(x), "T", span=e.span)
        case ir.Ref(path="np.absolute"):
            return ir.Ref("np.abs", e.value, e.root)
        case ir.Ref():
            return e
    return rebuild(e, as_written)


def bound(functions: list[ir.Function], names: Names) -> tuple[dict[str, Any], list[ir.Function]]:
    """Names for the objects that the functions refer to; two objects of one name are told apart."""
    defined = {f.name for f in functions}
    names.take(*(n for f in functions for s in statements(f.body) for n in targets(s)))
    bindings: dict[str, Any] = {}
    renamed: dict[tuple[str, int], str] = {}
    for ref in (r for f in functions for r in refs(f.body)):
        root = ref.path.split(".")[0]
        if ref.value is None and ref.root is None and root in defined:
            continue
        obj = ref.value if ref.root is None else ref.root
        if (root, id(obj)) in renamed:
            continue
        taken = (root in bindings and bindings[root] is not obj) or root in defined
        names.take(root)  # else another object of this name would get it, too
        name = renamed[root, id(obj)] = names.fresh(root) if taken else root
        bindings[name] = obj
    if all(new == old for (old, _), new in renamed.items()):
        return bindings, functions

    def visit(e: ir.Expr) -> ir.Expr:
        if not isinstance(e, ir.Ref):
            return rebuild(e, visit)
        root, *rest = e.path.split(".")
        new = renamed.get((root, id(e.value if e.root is None else e.root)), root)
        return e if new == root else ir.Ref(".".join((new, *rest)), e.value, e.root)

    return bindings, [with_body(f, map_block(f.body, visit)) for f in functions]
