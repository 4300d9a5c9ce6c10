"""What the rule of a primitive contributes to the adjoints of its operands."""

from __future__ import annotations

from typing import Any

from s2sgrad import runtime
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import mul
from s2sgrad.ir.kinds import (
    List,
    Tuple,
    Unknown,
)
from s2sgrad.ir.traverse import children, names_in
from s2sgrad.transform.bars import Bars
from s2sgrad.transform.operands import as_operand, check_refused
from s2sgrad.transform.program import LAZY, OWNED, SHARED, helper
from s2sgrad.transform.templates import Facts, instantiate, selected


class Contributions(Bars):
    """Splices the texts of rules."""

    def operation(
        self, stmt: ir.Stmt, y: ir.Name, rule: Any, args: tuple, g: ir.Expr, state: str, kwargs: dict | None = None
    ) -> None:
        """The contributions of `y = op(*args)`, by the family of its rule."""
        if rule is None:
            if any(map(self.is_active, args)):
                message, hint = "no derivative is known for this operation", "write it with NumPy functions"
                raise UnsupportedError("S020", message, stmt.span, hint)
            return
        result = self.value(y.id).one
        if isinstance(result, Unknown) and result.raises:
            raise UnsupportedError(
                "S022", f"`{rule.path.path}` does not take these operands: {result.reason}", stmt.span
            )
        try:
            binding = self.bind(rule, args, kwargs or {})
        except TypeError as error:
            raise UnsupportedError(
                "S022", f"the rule of `{rule.path.path}` does not take these arguments ({error})", stmt.span,
                "write it with other NumPy functions",
            ) from None  # fmt: skip
        binding[rule.result] = y
        facts = Facts(binding, self.kind_of, lambda e: self.alike(e.id) if isinstance(e, ir.Name) else e)
        try:
            if self.containers(y, rule, binding, g):
                return
            if rule.family == "elementwise":
                self.elementwise(y, rule, facts, g, state)
            elif rule.family == "general":
                self.general(y, rule, facts, g, state)
        except UnsupportedError as error:
            raise UnsupportedError(error.code, error.message, error.span or stmt.span, error.hint) from None

    def bind(self, rule: Any, args: tuple, kwargs: dict[str, ir.Expr]) -> dict[str, ir.Expr]:
        """The operands by the names that the rule gives them, defaults included."""
        bound = rule.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        out: dict[str, ir.Expr] = {}
        for name, e in bound.arguments.items():
            out[name] = as_operand(e)
        return out

    def containers(self, y: ir.Name, rule: Any, binding: dict[str, ir.Expr], g: ir.Expr) -> bool:
        """`+` and `*` of lists and tuples."""
        operands = [binding[n] for n in rule.signature.parameters if n in binding]
        if rule.path.path not in ("np.add", "np.multiply") or len(operands) != 2:
            return False
        a, b = operands
        result = self.value(y.id)
        sequences = [isinstance(k, (Tuple, List)) for e in (y, a, b) for k in self.kind_of(e).kinds]
        plain = result.is_array or result.is_scalar or result.is_container
        if not plain and rule.path.path == "np.add" and any(sequences):
            self.contribute(a, ir.Call(helper("left_part"), (g, a)), SHARED)  # joined or added: known at run time
            self.contribute(b, ir.Call(helper("right_part"), (g, b)), SHARED)
            return True
        if not any(isinstance(k, (Tuple, List)) for k in result.kinds):
            return False
        if rule.path.path == "np.add":
            cut = ir.Call(ir.Ref("len", len), (a,))
            self.contribute(a, ir.Index(g, ir.Slice(None, cut, None)), SHARED)
            self.contribute(b, ir.Index(g, ir.Slice(cut, None, None)), SHARED)
        else:
            a = a if self.is_active(a) else b
            self.contribute(a, ir.Call(helper("fold_repeats"), (g, ir.Call(ir.Ref("len", len), (a,)))), SHARED)
        return True

    def elementwise(self, y: ir.Name, rule: Any, facts: Facts, g: ir.Expr, state: str) -> None:
        """Adjoint times partial, in the shape of each operand."""
        for name, partial in rule.partials.items():
            x = facts.binding[name]
            if not self.is_active(x):
                continue
            p = instantiate(partial, facts, {}, {})
            if isinstance(p, ir.Const) and p.value == 0:
                continue
            product = mul(g, p)
            alone = self.alone(name, rule, facts)
            shaped = state != LAZY or any(e.id == y.id or (alone and e is x) or self.same_shape(e, y) for e in atoms(p))
            if product is g:
                new = state
            else:
                new = OWNED if shaped else LAZY
            if product is g and new == OWNED and sum(map(self.is_active, facts.binding.values())) > 2:
                new = SHARED  # several operands are given the same memory
            if alone:
                self.contribute(x, product, new)
            else:
                self.contribute(x, *self.fit(x, y, product, new))

    def alone(self, name: str, rule: Any, facts: Facts) -> bool:
        """Is this the only operand that may be an array? Then nothing was broadcast to another shape."""
        others = [facts.binding[n] for n in rule.signature.parameters if n != name and n in facts.binding]
        if not all(self.kind_of(e).is_scalar for e in others):
            return False
        x = self.kind_of(facts.binding[name])
        return x.is_array or not others

    def general(self, y: ir.Name, rule: Any, facts: Facts, g: ir.Expr, state: str) -> None:
        """The statements of a rule's pullback, as far as active operands need them."""
        wanted = [n for n in rule.operands if self.any_active(facts.binding[n])]
        if not wanted:
            return
        check_refused(rule, wanted)
        g, _ = self.full(y, g, state)
        if not isinstance(g, ir.Name):
            g = self.temp(g, f"{y.id}_bar")
        bars = {rule.result: g}
        temps: dict[str, ir.Expr] = {}
        block = selected(rule.pullback, facts)
        for stmt in needed(block, set(wanted)):
            match stmt:
                case ir.Assign(target=ir.Name(id=name), value=value):
                    temps[name] = self.temp(instantiate(value, facts, bars, temps), name)
                case ir.Assign(target=ir.Hole(name=name), value=value) if name in wanted:
                    self.pulled(
                        facts.binding[name],
                        y,
                        instantiate(value, facts, bars, temps),
                        state if len(wanted) == 1 else SHARED,
                    )

    def any_active(self, e: ir.Expr) -> bool:
        """Does a derivative flow through anything in an operand?"""
        return any(n in self.p.active for n in names_in(e))

    def pulled(self, x: ir.Expr, y: ir.Name, value: ir.Expr, moved: str) -> None:
        """One contribution of a general rule; its marker functions are dropped where facts allow it."""
        if isinstance(x, ir.Tuple):
            parts = self.temp(value, "parts")
            for i, item in enumerate(x.items):
                if self.is_active(item):
                    part = ir.Index(parts, ir.Const(i))
                    dense = ir.Call(helper("add"), (part, ir.Call(helper("zeros_like"), (item,))))
                    self.contribute(item, dense, SHARED)
            return
        kind = self.kind_of(x)
        if kind.is_array or kind.is_scalar:
            value = without_casts(value)
        match value:
            case ir.Call(func=ir.Ref(value=runtime.broadcast), args=(g, _)) if kind.is_array:
                self.contribute(x, g, LAZY)
            case ir.Call(func=ir.Ref(value=runtime.broadcast), args=(g, _)) if kind.is_scalar:
                self.contribute(x, g, OWNED)
            case ir.Call(func=ir.Ref(value=runtime.unbroadcast), args=(g, _)) if self.same_shape(x, y):
                self.contribute(x, g, self.freshness(g))
            case ir.Call(func=ir.Ref(value=runtime.unbroadcast), args=(g, _)) if (
                kind.is_scalar and self.value(y.id).is_scalar
            ):
                self.contribute(x, g, OWNED)
            case _ if kind.is_container or not kind.known:
                dense = (
                    ir.Call(helper("dense"), (value, x))
                    if any(isinstance(k, (Tuple, List)) for k in kind.kinds)
                    else value
                )
                self.contribute(x, dense, SHARED)
            case ir.Name(id=name) if kind.is_array and name == self.bar_names.get(y.id) and moved == OWNED:
                self.contribute(x, value, OWNED)  # the adjoint of the result is handed on as it is
            case _:
                self.contribute(x, value, self.freshness(value))

    def freshness(self, e: ir.Expr) -> str:
        """Is the memory of an expression's value its own?"""
        match e:
            case ir.Binary():
                return OWNED
            case ir.Unary(op="-"):
                return OWNED
            case ir.Call(func=ir.Ref(value=target)):
                rule = self.p.lookup(target)
                return (
                    OWNED
                    if rule is not None and rule.aliasing == "fresh" and rule.path.path.startswith("np.")
                    else SHARED
                )
        return SHARED


def without_casts(e: ir.Expr) -> ir.Expr:
    """Conversions to the operand's dtype are left to the end, where gradients are handed out."""
    match e:
        case ir.Call(func=ir.Ref(value=runtime.cast), args=(g, _)):
            return without_casts(g)
    return e


def atoms(e: ir.Expr) -> list[ir.Name]:
    """The operands that an elementwise partial reads elementwise."""
    match e:
        case ir.Name():
            return [e]
        case ir.Attr():
            return []
    return [n for child in children(e) for n in atoms(child)]


def needed(block: list[ir.Stmt], wanted: set[str]) -> list[ir.Stmt]:
    """The statements of a rule that the wanted adjoints need."""
    live: set[str] = set()
    out: list[ir.Stmt] = []
    for stmt in reversed(block):
        match stmt:
            case ir.Assign(target=ir.Hole(name=name, part="bar"), value=value) if name in wanted:
                out.append(stmt)
                live |= set(names_in(value))
            case ir.Assign(target=ir.Name(id=name), value=value) if name in live:
                out.append(stmt)
                live |= set(names_in(value))
    return out[::-1]
