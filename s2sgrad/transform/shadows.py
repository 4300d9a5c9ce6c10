"""Adjoint arrays that are made in the forward sweep, beside the arrays that they belong to.

Where two live names may or may not be one array, the adjoint of each goes wherever the array goes: what makes a new
array is followed by `y_bar = np.zeros_like(y)`, a view or a copy of a name by the same view or copy of its adjoint.
"""

from __future__ import annotations

from s2sgrad.ir import nodes as ir
from s2sgrad.rules.mutators import mutation
from s2sgrad.transform.calls import Calls
from s2sgrad.transform.program import SHARED, helper

MAYBE = "maybe"


class Shadows(Calls):
    """The statements of the forward sweep that make and mirror adjoint arrays."""

    def beginning(self) -> ir.Block:
        """The adjoint arrays of parameters that are not handed in."""
        params = [p.name for p in self.p.function.params]
        return tuple(self.fresh_shadow(n) for n in params if n in self.p.shadows and n not in self.p.handed)

    def mirrored_result(self, result: ir.Expr) -> tuple[ir.Expr, ...]:
        """The result, and its adjoint array where the caller wants it."""
        return (result, self.bar(result.id)) if self.p.mirrored else (result,)

    def is_mirrored(self, stmt: ir.Assign) -> bool:
        """Does a statement give another name to an array, or a view of it, of which the adjoint is the same view?"""
        return stmt.target.id in self.p.shadows and bool(self.p.aliases.sources(stmt.target.id, stmt.value))

    def beside(self, stmt: ir.Stmt) -> list[ir.Stmt]:
        """What follows a statement of the forward sweep: its adjoint array, and the check that a view is one."""
        match stmt:
            case ir.Assign(target=ir.Tuple(items=left), value=ir.Tuple(items=right)):
                pairs = [(a, b) for a, b in zip(left, right, strict=True) if a.id in self.p.shadows]
                if not pairs:
                    return []
                names, views = (tuple(self.bar(a.id) for a, _ in pairs), tuple(self.mirror(b) for _, b in pairs))
                return [ir.Assign(ir.Tuple(names), ir.Tuple(views))]
            case ir.Assign(target=ir.Name(id=name), value=value) if name in self.p.shadows:
                if self.is_mirrored(stmt):
                    return [*self.checked(name, value), ir.Assign(self.bar(name), self.mirror(value))]
                if isinstance(value, ir.Const):  # not assigned on this path
                    return [ir.Assign(self.bar(name), ir.Const(None))]
                return [self.fresh_shadow(name)]
            case ir.Assign(target=ir.Name(id=name), value=value) if name in self.p.paths:
                return self.checked(name, value)
        return self.changed_alike(stmt)

    def changed_alike(self, stmt: ir.Stmt) -> list[ir.Stmt]:
        """What a container's adjoint that is made in the forward sweep goes through, as the container does."""
        change = mutation(stmt)
        match stmt:
            case ir.Store(target=ir.Index(value=ir.Name(id=base)), value=value):
                if base not in self.p.shadows or self.value(base).is_array:
                    return []
                place = ir.Index(self.bar(base), stmt.target.index)
                held = ir.Assign(self.held_before(stmt), ir.Call(helper("item_before"), (self.bar(base), place.index)))
                return [held, ir.Store(place, self.mirrored_item(value))]
            case ir.Assign() | ir.Evaluate() if change is not None and change[1].args[0].id in self.p.shadows:
                base, *rest = change[1].args
                stored = change[0].stored
                items = (self.mirrored_item(a) if i in stored else a for i, a in enumerate(rest, 1))
                made = ir.Call(change[1].func, (self.bar(base.id), *items))
                return [ir.Assign(self.held_before(stmt), made) if change[0].target is list.pop else ir.Evaluate(made)]
        return []

    def held_before(self, stmt: ir.Stmt) -> ir.Name:
        """The name of the adjoint that was at a place before a change."""
        if stmt not in self.before_change:
            self.before_change[stmt] = ir.Name(self.p.names.fresh("old_bar"))
        return self.before_change[stmt]

    def checked(self, name: str, value: ir.Expr) -> list[ir.Stmt]:
        """A check that `reshape` and its like have made a view, where that cannot be known beforehand."""
        match value:
            case ir.Call(func=ir.Ref(value=target), args=(ir.Name() as base, *_)):
                rule = self.p.lookup(target)
                if rule is not None and rule.aliasing == MAYBE:
                    return [ir.Evaluate(ir.Call(helper("shared"), (ir.Name(name), base)))]
        return []

    def mirror(self, value: ir.Expr) -> ir.Expr:
        """The same view of the adjoint."""
        match value:
            case ir.Name(id=name):
                return self.bar(name)
            case ir.Index(value=ir.Name(id=base), index=index):
                return ir.Index(self.bar(base), index)
            case ir.Call(func=func, args=(ir.Name(id=base), *rest), kwargs=kwargs):
                return ir.Call(func, (self.bar(base), *rest), kwargs)
            case ir.Tuple(items=items) | ir.List(items=items):
                return ir.List(tuple(map(self.mirrored_item, items)))
            case ir.Binary(op=op, left=left, right=right):
                a, b = (
                    self.bar(e.id) if isinstance(e, ir.Name) and e.id in self.p.shadows else e for e in (left, right)
                )
                return ir.Binary(op, a, b)
            case ir.Dict(keys=keys, values=values):
                return ir.Dict(keys, tuple(map(self.mirrored_item, values)))
        return ir.Const(None)

    def mirrored_item(self, item: ir.Expr) -> ir.Expr:
        """The adjoint of an item: an array of its own, zero for a number, or nothing."""
        if isinstance(item, ir.Name) and item.id in self.p.shadows:
            return self.bar(item.id)
        return ir.Const(0.0 if self.kind_of(item).is_scalar else None)

    def items_of_display(self, y: ir.Name, value: ir.Tuple | ir.List | ir.Dict) -> None:
        """The adjoints of numbers in a container whose adjoint was made in the forward sweep."""
        items = value.values if isinstance(value, ir.Dict) else value.items
        keys = value.keys if isinstance(value, ir.Dict) else tuple(map(ir.Const, range(len(items))))
        for key, item in zip(keys, items, strict=True):
            if self.is_active(item) and item.id not in self.p.shadows:
                self.contribute(item, ir.Index(self.bar(y.id), key), SHARED)

    def is_joined(self, name: str, owner: ir.Stmt | None) -> bool:
        """Is it a name that carries a value to the next trip of a loop, or the adjoint of one?"""
        joined = [n for n, o in self.p.joins.items() if o is owner]
        return name in joined or any(self.bar(n).id == name for n in joined if n in self.p.shadows)
