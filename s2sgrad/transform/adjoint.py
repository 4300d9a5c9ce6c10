"""Reverse mode: one case for each statement, walked backwards.

The adjoint of a name `x` is `x_bar`. It is zero, and not there, until its first contribution, which assigns it. From
then on it is *lazy* (a smaller array or a number that stands for an array of the shape of `x`), *shared* (its memory may
have another name), or *owned* (contributions may be added in place).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from s2sgrad import runtime
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.contents import contents
from s2sgrad.ir.build import constant_of, mul, neg, np_call
from s2sgrad.ir.kinds import UNKNOWN, Array, AxisNames, Dict, List, Static, Tuple, Value, Weak, named, of, slice_axis
from s2sgrad.ir.names import Names
from s2sgrad.ir.traverse import blocks, children, expressions, names_in, statements, targets, with_blocks
from s2sgrad.transform.templates import Facts, instantiate, selected

TEMPORARY = re.compile(r"t(_\d+)?")  # names that the user did not give
LAZY, SHARED, OWNED = "lazy", "shared", "owned"
RANK = {LAZY: 0, SHARED: 1, OWNED: 2}


def helper(name: str) -> ir.Ref:
    return ir.Ref(name, getattr(runtime, name))


@dataclass(eq=False)
class Program:
    """What the adjoint is made of: a function in single assignment, and the facts about it."""

    function: ir.Function
    kinds: dict[str, Value]
    joins: dict[str, ir.Stmt]
    active: frozenset[str]
    names: Names
    axes: AxisNames
    lookup: Callable[[Any], Any]  # callable -> rule
    operator: Callable[[str, int], Any]  # operator -> rule
    callee: Callable[[Any, tuple[bool, ...]], tuple[ir.Ref, ir.Ref]]  # analysis, active arguments -> forward, backward
    written: frozenset[str]  # names of arrays that are written into, and their aliases
    assume_arrays: bool = False  # code to be read, not run: what is unknown is taken for an array
    active_parts: set[str] = field(default_factory=set)  # names that stand for items of active containers
    undo: frozenset[ir.Stmt] = frozenset()  # writes whose old contents the reverse sweep restores


@dataclass(eq=False)
class Sweeps:
    """The forward sweep, the reverse sweep, and the adjoints of the parameters: name -> (expression, is it owned?)."""

    forward: ir.Block
    reverse: ir.Block
    result: ir.Expr
    bars: dict[str, tuple[ir.Expr, bool]]
    reads: list[tuple[ir.Stmt, frozenset[str]]] = field(default_factory=list)


class Adjoint:
    """Writes the reverse sweep of one function."""

    def __init__(self, program: Program) -> None:
        self.p = program
        self.kinds = program.kinds
        self.state: dict[str, str] = {}
        self.bar_names: dict[str, str] = {}
        self.out: list[ir.Stmt] = []
        self.note: str | None = None
        self.replaced: dict[ir.Stmt, list[ir.Stmt]] = {}  # forward statements that differ from the primal's
        self.counters: dict[ir.Stmt, ir.Name] = {}
        self.olds: dict[ir.Stmt, ir.Name] = {}
        self.tapes: dict[int, ir.Name] = {}  # block -> its tape
        self.reads: list[tuple[ir.Stmt, frozenset[str]]] = []
        self.depth = 0  # loops around the current statement
        self.parts = apart(program)  # containers of which only known items are read: one adjoint for each item
        self.leaders = self.same_shapes()
        self.again = read_again(program)  # elements that the reverse sweep reads anew
        self.places: dict[str, ir.Expr] = {}  # the name that stands for an item -> how the primal reads it
        self.items_of: dict[str, dict[Any, str]] = {}

    # ------------------------------------------------------------------------------------------- the whole

    def run(self, seed: ir.Expr, wrt: Iterable[str], aux: bool = False) -> Sweeps:
        body = self.p.function.body
        result = body[-1].value
        self.mark(body[-1])
        self.seed(result, seed, aux)
        inner = body[:-1]
        self.reverse(inner)
        bars = {name: self.finished(name) for name in wrt}
        forward = self.forward(inner, None)
        tapes = tuple(ir.Assign(t, ir.List(())) for t in self.tapes.values())
        return Sweeps(tapes + forward, tuple(self.out), result, bars, self.reads)

    def seed(self, result: ir.Expr, seed: ir.Expr, aux: bool) -> None:
        if not isinstance(result, ir.Name):
            return
        if not aux:
            self.contribute(result, seed, SHARED)
            return
        for stmt in self.p.function.body:
            if isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and stmt.target.id == result.id:
                if isinstance(stmt.value, ir.Tuple) and len(stmt.value.items) == 2:
                    self.contribute(stmt.value.items[0], seed, SHARED)
                    return
        rest = ir.Call(helper("zeros_like"), (ir.Index(result, ir.Const(1)),))
        self.contribute(result, ir.List((seed, rest)), SHARED)

    def finished(self, name: str) -> tuple[ir.Expr, bool]:
        """The adjoint of a parameter as it is handed out."""
        if name in self.parts:
            return self.gathered(name, self.owned), True
        state = self.state.get(name)
        if state is None:
            return self.zero(name), True
        if state == LAZY:
            return np_call("full_like", self.alike(name), self.bar(name)), True
        return self.bar(name), state == OWNED or self.value(name).is_scalar

    def owned(self, name: str) -> ir.Expr:
        """The adjoint of an item, with memory of its own."""
        bar, owned = self.finished(name)
        return bar if owned or not self.value(name).is_array else ir.Call(ir.Attr(bar, "copy"))

    def borrowed(self, name: str) -> ir.Expr:
        """The adjoint of an item, in full shape."""
        state = self.state.get(name)
        if state is None:
            return self.zero(name)
        return self.filled(name, self.bar(name)) if state == LAZY else self.bar(name)

    def gathered(self, name: str, item: Callable[[str], ir.Expr]) -> ir.Expr:
        """The adjoint of a container, built of those of its items."""
        kind = self.value(name).one
        keys = kind.keys if isinstance(kind, Dict) else range(len(kind.items))
        bars = tuple(item(self.part(name, key)) if v.differentiable else ir.Const(None) for key, v in zip(keys, kind.items, strict=True))
        return ir.Dict(tuple(map(ir.Const, keys)), bars) if isinstance(kind, Dict) else ir.List(bars)

    def part(self, name: str, key: Any) -> str:
        """The name that stands for an item of a container."""
        found = self.items_of.setdefault(name, {})
        kind = self.value(name).one
        keys = list(kind.keys) if isinstance(kind, Dict) else list(range(len(kind.items)))
        key = keys[keys.index(key) if isinstance(kind, Dict) else range(len(keys))[key]]
        if key not in found:
            text = key if isinstance(key, str) and key.isidentifier() else f"{name}_{key}"
            part = found[key] = self.p.names.fresh(text)
            self.kinds[part] = kind.items[keys.index(key)]
            self.places[part] = ir.Index(self.primal(name), ir.Const(key))
            self.p.active_parts.add(part)
        return found[key]

    def primal(self, name: str) -> ir.Expr:
        """How the primal reads what a name stands for."""
        return self.places.get(name) or ir.Name(name)

    def same_shapes(self) -> dict[str, str]:
        """Temporaries that are the result of one elementwise operation, and an operand that has their shape and dtype."""
        found: dict[str, str] = {}
        for stmt in self.p.function.body:
            match stmt:
                case ir.Assign(target=ir.Name(id=name) as y, value=ir.Binary() | ir.Unary() | ir.Call() as value) if TEMPORARY.fullmatch(name):
                    if not self.is_elementwise(value):
                        continue
                    kind = self.value(name).one
                    for e in children(value):
                        if isinstance(kind, Array) and isinstance(e, ir.Name) and self.same_shape(e, y):
                            if self.value(e.id).one.dtype == kind.dtype and e.id not in self.p.joins:
                                found[name] = e.id
                                break
        return found

    def is_elementwise(self, e: ir.Expr) -> bool:
        match e:
            case ir.Binary(op=op):
                return op != "@"
            case ir.Unary(op=op):
                return op != "not"
            case ir.Call(func=ir.Ref(value=target)):
                rule = self.p.lookup(target)
                return rule is not None and rule.family == "elementwise"
        return False

    # ------------------------------------------------------------------------------------------- adjoints

    def value(self, name: str) -> Value:
        return self.kinds.get(name, UNKNOWN)

    def kind_of(self, e: ir.Expr) -> Value:
        match e:
            case ir.Name(id=name):
                return self.value(name)
            case ir.Const(value=v) | ir.Ref(value=v):
                return of(Static(v))
            case ir.Unary(op="-", operand=ir.Const(value=v)):
                return of(Static(-v))
            case ir.Tuple(items=items):
                return of(Tuple(tuple, tuple(map(self.kind_of, items))))
        return UNKNOWN

    def bar(self, name: str) -> ir.Name:
        if name not in self.bar_names:
            self.bar_names[name] = self.p.names.fresh(f"{name}_bar")
        return ir.Name(self.bar_names[name])

    def emit(self, stmt_type: type, *args: Any) -> None:
        self.out.append(stmt_type(*args, note=self.note))

    def assign(self, target: ir.Expr, value: ir.Expr) -> None:
        self.emit(ir.Assign, target, value)

    def temp(self, value: ir.Expr, base: str = "t") -> ir.Name:
        name = ir.Name(self.p.names.fresh(base))
        self.assign(name, value)
        return name

    def is_active(self, e: ir.Expr) -> bool:
        return isinstance(e, ir.Name) and (e.id in self.p.active or e.id in self.p.active_parts)

    def contribute(self, target: ir.Expr, g: ir.Expr, state: str) -> None:
        """Add `g` to the adjoint of an operand."""
        if not self.is_active(target):
            return
        name = target.id
        before = self.state.get(name)
        bar = self.bar(name)
        value = self.value(name)
        if before is None:
            if not (isinstance(g, ir.Name) and g.id == bar.id):
                self.assign(bar, g)
            self.state[name] = state
        elif value.is_scalar or (value.is_array and before == OWNED):
            self.emit(ir.AugAssign, bar, "+", g)
        elif value.is_array or self.p.assume_arrays:
            self.assign(bar, ir.Binary("+", bar, g))
            self.state[name] = LAZY if before == state == LAZY else OWNED
        else:
            self.assign(bar, ir.Call(helper("add"), (bar, g)))
            self.state[name] = SHARED

    def take(self, name: str) -> tuple[ir.Name, str] | None:
        """The adjoint of a name whose definition is passed; from here on the name has none."""
        if name in self.parts and name in self.p.active:
            return self.take_parts(name)
        state = self.state.pop(name, None)
        return None if state is None or name not in self.p.active else (self.bar(name), state)

    def take_parts(self, name: str) -> tuple[ir.Name, str] | None:
        """The adjoint of a container whose definition is passed, gathered of its items."""
        parts = self.items_of.get(name, {}).values()
        if not any(part in self.state for part in parts):
            return None
        gathered = self.gathered(name, self.borrowed)
        for part in parts:
            self.state.pop(part, None)
        self.assign(self.bar(name), gathered)
        return self.bar(name), SHARED

    def zero(self, name: str) -> ir.Expr:
        value = self.value(name)
        if value.is_array:
            return np_call("zeros_like", self.alike(name))
        if value.is_scalar:
            return ir.Const(0.0)
        return ir.Call(helper("zeros_like"), (self.primal(name),))

    def filled(self, name: str, g: ir.Expr) -> ir.Expr:
        return ir.Call(helper("broadcast"), (g, self.alike(name)))

    def alike(self, name: str) -> ir.Expr:
        """The name itself, or an earlier one of the same shape and dtype, so that a temporary need not be kept."""
        if name in self.places:
            return self.places[name]
        while name in self.leaders:
            name = self.leaders[name]
        return ir.Name(name)

    def ensure(self, name: str, state: str) -> None:
        """Bring an adjoint into a state at least as good: there, of full shape, owned."""
        before = self.state.get(name)
        value = self.value(name)
        bar = self.bar(name)
        if before is None:
            self.assign(bar, self.zero(name))
            self.state[name] = OWNED
        elif value.is_scalar or RANK[before] >= RANK[state]:
            return
        elif state == SHARED:
            self.assign(bar, self.filled(name, bar))
            self.state[name] = SHARED
        elif before == LAZY:
            self.assign(bar, np_call("full_like", self.alike(name), bar))
            self.state[name] = OWNED
        elif value.is_array:
            self.assign(bar, ir.Call(ir.Attr(bar, "copy")))
            self.state[name] = OWNED
        else:
            self.assign(bar, ir.Call(helper("add"), (bar, ir.Call(helper("zeros_like"), (self.primal(name),)))))
            self.state[name] = OWNED

    def full(self, y: ir.Name, g: ir.Expr, state: str) -> tuple[ir.Expr, str]:
        """An adjoint in the full shape of what it belongs to."""
        if state != LAZY or self.value(y.id).is_scalar:
            return g, state
        return self.filled(y.id, g), SHARED

    def same_shape(self, x: ir.Expr, y: ir.Expr) -> bool:
        """Is it proved that `x`, an operand of the elementwise result `y`, has its shape?"""
        a, b = self.kind_of(x).one, self.kind_of(y).one
        if not isinstance(a, Array) or not isinstance(b, Array) or a.rank != b.rank:
            return False
        pairs = ((self.p.axes.find(p), self.p.axes.find(q)) for p, q in zip(a.axes, b.axes, strict=True))
        return all(p is not None and (p == q or (named(p) and named(q))) for p, q in pairs)

    def fit(self, x: ir.Expr, y: ir.Name, g: ir.Expr, state: str) -> tuple[ir.Expr, str]:
        """`g`, a contribution in the shape of `y`, summed down to the shape of its operand `x`."""
        xv, yv = self.kind_of(x), self.value(y.id)
        if xv.is_scalar and yv.is_scalar:
            return g, OWNED
        if self.same_shape(x, y):
            return g, state
        g, state = self.full(y, g, state)
        if xv.is_scalar and yv.is_array:
            return np_call("sum", g), OWNED
        summed = self.summed(x, y, g)
        if summed is not None:
            return summed, OWNED
        return ir.Call(helper("unbroadcast"), (g, x)), SHARED

    def summed(self, x: ir.Expr, y: ir.Name, g: ir.Expr) -> ir.Expr | None:
        """The sum over the axes that `x` was broadcast along, where it is proved which these are."""
        a, b = self.kind_of(x).one, self.value(y.id).one
        if not isinstance(a, Array) or not isinstance(b, Array) or not a.rank:
            return None
        lead = b.rank - a.rank
        stretched = []
        for i, (p, q) in enumerate(zip(a.axes, b.axes[lead:], strict=True)):
            p, q = self.p.axes.find(p), self.p.axes.find(q)
            if p == 1 and named(q):
                stretched.append(i + lead)
            elif p is None or not (p == q or (named(p) and named(q))):
                return None
        axes = tuple(range(lead)) or tuple(stretched)
        if not axes or (lead and stretched):
            return None
        axis = ir.Const(axes[0]) if len(axes) == 1 else ir.Tuple(tuple(map(ir.Const, axes)))
        keywords = [ir.Keyword("axis", axis)] + ([ir.Keyword("keepdims", ir.Const(True))] if stretched else [])
        return ir.Call(np_call("sum").func, (g,), tuple(keywords))

    # ------------------------------------------------------------------------------------------- statements

    def mark(self, stmt: ir.Stmt) -> None:
        """From here on, adjoint lines belong to this statement."""
        self.current = stmt
        self.note = stmt.span.text().strip() if stmt.span is not None else None

    def reverse(self, block: ir.Block) -> None:
        for stmt in reversed(block):
            self.mark(stmt)
            first = len(self.out)
            self.statement(stmt)
            read = {n for new in self.out[first:] for n in contents(new)}
            if len(self.out) > first and isinstance(stmt, ir.Assign) and is_user_call(stmt.value):
                read.update(targets(stmt), names_in(stmt.value))  # the callee's residuals hold them
            self.reads.append((stmt, frozenset(read)))

    def statement(self, stmt: ir.Stmt) -> None:
        match stmt:
            case ir.Assign(target=ir.Tuple()):
                self.parallel(stmt)
            case ir.Assign(target=ir.Name(id=name), value=value):
                taken = self.take(name)
                if taken is not None:
                    self.definition(stmt, stmt.target, value, *taken)
            case ir.Store():
                self.store(stmt)
            case ir.Augment():
                self.augment(stmt, stmt.target)
            case ir.AugAssign():
                self.augment(stmt, stmt.target)
            case ir.If():
                self.branch(stmt)
            case ir.For() | ir.While():
                self.loop(stmt)
            case ir.Evaluate() | ir.Assert() | ir.Raise() | ir.Pass():
                pass
            case _:
                raise UnsupportedError("S023", f"the compiler has no case for the statement {type(stmt).__name__}", stmt.span)

    def parallel(self, stmt: ir.Assign) -> None:
        """`a, b = b, a`: all adjoints are read before any is assigned."""
        moves = []
        for target, source in zip(stmt.target.items, stmt.value.items, strict=True):
            taken = self.take(target.id)
            if taken is not None and self.is_active(source):
                moves.append((source, *taken))
        sources = [s.id for s, _, _ in moves]
        if len(moves) > 1 and len(set(sources)) == len(sources) and not any(s in self.state for s in sources):
            left, right = tuple(self.bar(s) for s in sources), tuple(g for _, g, _ in moves)
            self.assign(ir.Tuple(left), ir.Tuple(right))
            self.state.update({s.id: state for s, _, state in moves})
            return
        held = [(s, self.temp(g, "g"), state) for s, g, state in moves]
        for i, (source, g, state) in enumerate(held):
            again = source.id in sources[:i] or source.id in sources[i + 1 :]
            self.contribute(source, g, SHARED if again and state == OWNED else state)

    def definition(self, stmt: ir.Assign, y: ir.Name, value: ir.Expr, g: ir.Expr, state: str) -> None:
        match value:
            case ir.Name():
                self.contribute(value, g, state)
            case ir.Binary(op=op, left=a, right=b):
                self.operation(stmt, y, self.p.operator(op, 2), (a, b), g, state)
            case ir.Unary(op=op, operand=a):
                self.operation(stmt, y, self.p.operator(op, 1), (a,), g, state)
            case ir.Index(value=base, index=index):
                self.read(y, base, index, g, state)
            case ir.Tuple(items=items) | ir.List(items=items):
                for i, item in enumerate(items):
                    self.contribute(item, ir.Index(g, ir.Const(i)), SHARED)
            case ir.Dict(keys=keys, values=values):
                for key, item in zip(keys, values, strict=True):
                    self.contribute(item, ir.Index(g, key), SHARED)
            case ir.Attr(value=base, name=name) if self.is_active(base):
                fields = getattr(getattr(self.kind_of(base).one, "cls", None), "_fields", ())
                if name not in fields:
                    raise UnsupportedError(
                        "S026", f"no derivative is known for the attribute `{name}` of a differentiated value", stmt.span,
                        "keep what is differentiated in dicts, lists, tuples or namedtuples",
                    )  # fmt: skip
                self.read(y, base, ir.Const(fields.index(name)), g, state)
            case ir.Call(func=ir.Ref(value=target), args=args) if hasattr(target, "params"):
                self.user_call(stmt, y, target, args, g, state)
            case ir.Call(func=ir.Ref(value=target), args=args, kwargs=kwargs):
                named = {k.name: k.value for k in kwargs}
                self.operation(stmt, y, self.p.lookup(target), args, g, state, named)
            case ir.Const() | ir.Ref():
                pass
            case _:
                raise UnsupportedError("S020", "no derivative is known for this expression", stmt.span)

    # ------------------------------------------------------------------------------------------- primitives

    def operation(
        self, stmt: ir.Stmt, y: ir.Name, rule: Any, args: tuple, g: ir.Expr, state: str, kwargs: dict | None = None
    ) -> None:
        if rule is None:
            if any(map(self.is_active, args)):
                raise UnsupportedError("S020", "no derivative is known for this operation", stmt.span)
            return
        binding = self.bind(rule, args, kwargs or {})
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
        bound = rule.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        out: dict[str, ir.Expr] = {}
        for name, e in bound.arguments.items():
            if isinstance(e, tuple):
                out[name] = ir.Tuple(e)
            else:
                out[name] = e if isinstance(e, ir.Expr) else ir.Const(e)
        return out

    def containers(self, y: ir.Name, rule: Any, binding: dict[str, ir.Expr], g: ir.Expr) -> bool:
        """`+` and `*` of lists and tuples."""
        if not any(isinstance(k, (Tuple, List)) for k in self.value(y.id).kinds):
            return False
        operands = [binding[n] for n in rule.signature.parameters if n in binding]
        if rule.path.path not in ("np.add", "np.multiply") or len(operands) != 2:
            return False
        a, b = operands
        if rule.path.path == "np.add":
            cut = ir.Call(ir.Ref("len", len), (a,))
            self.contribute(a, ir.Index(g, ir.Slice(None, cut, None)), SHARED)
            self.contribute(b, ir.Index(g, ir.Slice(cut, None, None)), SHARED)
        else:
            a = a if self.is_active(a) else b
            self.contribute(a, ir.Call(helper("fold_repeats"), (g, ir.Call(ir.Ref("len", len), (a,)))), SHARED)
        return True

    def elementwise(self, y: ir.Name, rule: Any, facts: Facts, g: ir.Expr, state: str) -> None:
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
        wanted = [n for n in rule.operands if self.any_active(facts.binding[n])]
        if not wanted:
            return
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
                    self.pulled(facts.binding[name], y, instantiate(value, facts, bars, temps), state if len(wanted) == 1 else SHARED)

    def any_active(self, e: ir.Expr) -> bool:
        return any(n in self.p.active for n in names_in(e))

    def pulled(self, x: ir.Expr, y: ir.Name, value: ir.Expr, moved: str = SHARED) -> None:
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
            case ir.Call(func=ir.Ref(value=runtime.unbroadcast), args=(g, _)) if kind.is_scalar and self.value(y.id).is_scalar:
                self.contribute(x, g, OWNED)
            case _ if kind.is_container or not kind.known:
                dense = ir.Call(helper("dense"), (value, x)) if any(isinstance(k, (Tuple, List)) for k in kind.kinds) else value
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
                return OWNED if rule is not None and rule.aliasing == "fresh" and rule.path.path.startswith("np.") else SHARED
        return SHARED

    # ------------------------------------------------------------------------------------------- memory

    def read(self, y: ir.Name, base: ir.Expr, index: ir.Expr, g: ir.Expr, state: str) -> None:
        """`y = base[index]`: the adjoint goes to the same place."""
        if not self.is_active(base):
            return
        if base.id in self.parts:
            self.contribute(ir.Name(self.part(base.id, index.value)), g, state)
            return
        value = self.value(base.id)
        self.ensure(base.id, OWNED)
        place = ir.Index(self.bar(base.id), index)
        if value.is_array:
            self.accumulate(place, g)
        else:
            g, _ = self.full(y, g, state)
            self.emit(ir.Store, place, ir.Call(helper("add"), (place, g)))

    def accumulate(self, place: ir.Index, g: ir.Expr) -> None:
        if self.repeats(place.index):
            self.emit(ir.Evaluate, ir.Call(helper("add_at"), (place.value, as_index(place.index), g)))
        else:
            self.emit(ir.Augment, place, "+", g)

    def items(self, index: ir.Expr) -> tuple[ir.Expr, ...]:
        return index.items if isinstance(index, ir.Tuple) else (index,)

    def repeats(self, index: ir.Expr) -> bool:
        """May an index reach an element twice? Integers, slices and masks do not."""
        for item in self.items(index):
            if isinstance(item, (ir.Slice, ir.Const)):
                continue
            kind = self.kind_of(item).one
            match kind:
                case Weak() | Static():
                    continue
                case Array(dtype=d) if d.kind == "b" or (kind.rank == 0):
                    continue
                case None if self.kind_of(item).is_scalar:
                    continue
            if type(kind).__name__ == "Scalar":
                continue
            return True
        return False

    def element(self, base: ir.Expr, index: ir.Expr) -> bool:
        """Does the index name a single element?"""
        kind = self.kind_of(base).one
        items = self.items(index)
        scalars = all(self.kind_of(i).is_scalar and self.kind_of(i).static is not None for i in items if not isinstance(i, ir.Slice))
        return isinstance(kind, Array) and len(items) == kind.rank and scalars and not any(isinstance(i, ir.Slice) for i in items)

    def restore(self, stmt: ir.Stmt, place: ir.Expr) -> None:
        """Undo a write whose old contents are read in the reverse sweep."""
        if stmt not in self.p.undo:
            return
        old = ir.Name(self.p.names.fresh("old"))
        self.olds[stmt] = old
        saved: ir.Expr = place
        if not (isinstance(place, ir.Index) and self.element(place.value, place.index)):
            saved = ir.Call(ir.Attr(place, "copy"))
        self.replaced[stmt] = [ir.Assign(old, saved, span=stmt.span), stmt]
        target = place if isinstance(place, ir.Index) else ir.Index(place, ir.Const(Ellipsis))
        self.emit(ir.Store, target, old)

    def store(self, stmt: ir.Store) -> None:
        base, index = stmt.target.value, stmt.target.index
        self.restore(stmt, stmt.target)
        if not self.is_active(base) or base.id not in self.state:
            return
        self.ensure(base.id, OWNED)
        place = ir.Index(self.bar(base.id), index)
        if self.is_active(stmt.value):
            saved: ir.Expr = place if self.element(base, index) else ir.Call(ir.Attr(place, "copy"))
            if self.repeats(index):
                last = ir.Call(helper("last_writes"), (base, as_index(index)))
                saved = ir.Binary("*", place, last)
            g = self.temp(saved, "g")
            self.emit(ir.Store, place, ir.Const(0.0))
            self.passed(stmt.value, g, self.element(base, index), self.fills(stmt.value, base, index))
        else:
            self.emit(ir.Store, place, ir.Const(0.0))

    def passed(self, x: ir.Expr, g: ir.Expr, element: bool, same: bool) -> None:
        """The adjoint of a place that was assigned (or added to), handed to the value: broadcasting is undone."""
        value = self.kind_of(x)
        if value.is_scalar:
            self.contribute(x, g if element else np_call("sum", g), OWNED)
        elif same:
            self.contribute(x, g, OWNED)
        else:
            self.contribute(x, ir.Call(helper("unbroadcast"), (g, x)), SHARED)

    def augment(self, stmt: ir.Augment | ir.AugAssign, target: ir.Expr) -> None:
        """`a[i] += v`, `a -= v`: the adjoint of the place stays, and flows on to the value."""
        base = target.value if isinstance(target, ir.Index) else target
        self.restore(stmt, target)
        if not self.is_active(base) or base.id not in self.state or not self.is_active(stmt.value):
            return
        self.ensure(base.id, SHARED)
        bar = self.bar(base.id)
        place = ir.Index(bar, target.index) if isinstance(target, ir.Index) else bar
        element = isinstance(target, ir.Index) and self.element(base, target.index)
        g: ir.Expr
        if stmt.op == "-":
            g = ir.Unary("-", place)
        else:
            g = place if element else ir.Call(ir.Attr(place, "copy"))
        index = target.index if isinstance(target, ir.Index) else None
        self.passed(stmt.value, self.temp(g, "g"), element, self.fills(stmt.value, base, index))

    def fills(self, x: ir.Expr, base: ir.Expr, index: ir.Expr | None) -> bool:
        """Is a value proved to have the shape of the place that it is written to?"""
        a, b = self.kind_of(x).one, self.kind_of(base).one
        if not isinstance(a, Array) or not isinstance(b, Array):
            return False
        axes: list[Any] = []
        rest = list(b.axes)
        for item in () if index is None else self.items(index):
            if isinstance(item, ir.Const) and item.value is Ellipsis and item is self.items(index)[-1]:
                break
            if not rest or isinstance(item, ir.Const) and type(item.value) is not int:
                return False
            axis = rest.pop(0)
            if isinstance(item, ir.Slice):
                bounds = [None if e is None else constant_of(e) for e in (item.lower, item.upper, item.step)]
                known = all(e is None or isinstance(v, int) for e, v in zip((item.lower, item.upper, item.step), bounds, strict=True))
                axes.append(slice_axis(self.p.axes.find(axis), slice(*bounds)) if known else None)
            elif not self.kind_of(item).is_scalar:
                return False
        axes += [self.p.axes.find(axis) for axis in rest]
        return len(axes) == a.rank and all(q is not None and self.p.axes.find(p) == q for p, q in zip(a.axes, axes, strict=True))

    # ------------------------------------------------------------------------------------------- calls

    def user_call(self, stmt: ir.Assign, y: ir.Name, analysis: Any, args: tuple, g: ir.Expr, state: str) -> None:
        wanted = tuple(self.is_active(a) for a in args)
        if not any(wanted):
            return
        forward, backward = self.p.callee(analysis, wanted)
        residuals = ir.Name(self.p.names.fresh(f"{analysis.function.name.strip('<>')}_residuals"))
        call = ir.Call(forward, args, span=stmt.span)
        self.replaced[stmt] = [ir.Assign(ir.Tuple((y, residuals)), call, span=stmt.span)]
        g, _ = self.full(y, g, state)
        pulled = ir.Call(backward, (residuals, g))
        active = [a for a, w in zip(args, wanted, strict=True) if w]
        if len(active) == 1:
            self.contribute(active[0], pulled, SHARED)
            return
        parts = [ir.Name(self.p.names.fresh(f"{a.id}_part")) for a in active]
        self.assign(ir.Tuple(tuple(parts)), pulled)
        for a, part in zip(active, parts, strict=True):
            self.contribute(a, part, SHARED)

    # ------------------------------------------------------------------------------------------- control flow

    def nested(self, block: ir.Block, owner: ir.Stmt) -> ir.Block:
        """The reverse sweep of a nested block; inside a loop it starts by taking back what the block recorded."""
        outer, self.out = self.out, []
        note = self.note
        if self.depth:
            tape = self.tapes.setdefault(id(block), ir.Name(self.p.names.fresh("tape")))
            self.out.append(ir.Pop(tape, ()))
            self.out += [ir.Assign(s.target, s.value) for s in block if s in self.again]
        self.reverse(block)
        new, self.out = self.out, outer
        self.mark(owner)
        self.note = note
        return tuple(new)

    def branch(self, stmt: ir.If) -> None:
        before = dict(self.state)
        body = self.nested(stmt.body, stmt)
        after_body, self.state = self.state, dict(before)
        orelse = self.nested(stmt.orelse, stmt)
        after_else = self.state
        body, orelse = self.meet(body, after_body, orelse, after_else)
        if body or orelse:
            self.emit(ir.If, stmt.test, body, orelse)

    def meet(self, body: ir.Block, one: dict[str, str], orelse: ir.Block, two: dict[str, str]) -> tuple[ir.Block, ir.Block]:
        """Where two branches meet, an adjoint is in one state."""
        merged: dict[str, str] = {}
        ends: dict[int, list[ir.Stmt]] = {0: [], 1: []}
        for name in sorted(one.keys() | two.keys()):
            a, b = one.get(name), two.get(name)
            if a is None or b is None:
                side = 0 if a is None else 1
                ends[side].append(ir.Assign(self.bar(name), self.zero(name), note=self.note))
                a = b = a or b
                if a == LAZY:
                    keep = 1 - side
                    ends[keep].append(ir.Assign(self.bar(name), self.filled(name, self.bar(name)), note=self.note))
                    a = b = SHARED
            if (a == LAZY) != (b == LAZY):
                side = 0 if a == LAZY else 1
                if not self.value(name).is_scalar:
                    ends[side].append(ir.Assign(self.bar(name), self.filled(name, self.bar(name)), note=self.note))
                a = b = SHARED
            merged[name] = min(a, b, key=RANK.__getitem__)
        self.state = merged
        return body + tuple(ends[0]), orelse + tuple(ends[1])

    def loop(self, stmt: ir.For | ir.While) -> None:
        note = self.note
        carried = [n for n, owner in self.p.joins.items() if owner is stmt and n in self.p.active]
        self.enter_loop(stmt, carried)
        self.depth += 1
        outer = self.state
        body = self.nested(stmt.body, stmt)
        self.depth -= 1
        self.note = note
        outside, self.out = self.out, list(body)
        for name in carried:
            self.ensure(name, OWNED if name in self.p.written else SHARED)
            self.state[name] = OWNED if name in self.p.written else SHARED
        body, self.out = tuple(self.out), outside
        del outer
        count = self.count(stmt)
        if isinstance(stmt, ir.For):
            iter_: ir.Expr = stmt.iter if count is None else ir.Index(stmt.iter, ir.Slice(None, count, None))
            target: ir.Name = stmt.target
            iter_ = ir.Call(ir.Ref("reversed", reversed), (iter_,))
        else:
            target = ir.Name(self.p.names.fresh("_"))
            iter_ = ir.Call(ir.Ref("range", range), (count,))
        self.emit(ir.For, target, iter_, body)

    def enter_loop(self, stmt: ir.For | ir.While, carried: list[str]) -> None:
        """Before the reverse loop every adjoint that its trips add to is there."""
        inside = {n for s in statements(stmt.body) for n in targets(s)} | set(targets(stmt))
        inside |= {n for n, owner in self.p.joins.items() if owner is stmt}
        read = {n for s in statements(stmt.body) for n in differentiable_reads(s)}
        for name in sorted((read & self.p.active) - inside):
            if name not in self.parts:
                self.ensure(name, OWNED)
        for s in statements(stmt.body):
            match s:
                case ir.Assign(value=ir.Index(value=ir.Name(id=name), index=ir.Const(value=key))):
                    if name in self.parts and name in self.p.active and name not in inside:
                        if self.value(part := self.part(name, key)).differentiable:
                            self.ensure(part, OWNED)
        for name in carried:
            state = OWNED if name in self.p.written else SHARED
            self.ensure(name, state)
            self.state[name] = state

    def count(self, stmt: ir.For | ir.While) -> ir.Name | None:
        """The name that counts the trips of a loop whose number of trips is not known beforehand."""
        if isinstance(stmt, ir.For) and stmt.until is None:
            return None
        if stmt not in self.counters:
            self.counters[stmt] = ir.Name(self.p.names.fresh("trips"))
        return self.counters[stmt]

    # ------------------------------------------------------------------------------------------- forward sweep

    def forward(self, block: ir.Block, owner: ir.Stmt | None) -> ir.Block:
        """The primal, recording what the reverse sweep may want of each block that runs many times."""
        out: list[ir.Stmt] = []
        defined: list[str] = []
        for stmt in block:
            for new in self.replaced.get(stmt, [stmt]):
                out.extend(self.forward_statement(new, defined))
        if id(block) in self.tapes:
            defined += [n for n, o in self.p.joins.items() if o is owner and isinstance(owner, (ir.For, ir.While))]
            end = len(out)
            while end and isinstance(out[end - 1], ir.Assign) and all(self.p.joins.get(n) is owner for n in targets(out[end - 1])):
                end -= 1
            names = tuple(ir.Name(n) for n in dict.fromkeys(defined))
            out.insert(end, ir.Push(self.tapes[id(block)], names))
        return tuple(out)

    def forward_statement(self, stmt: ir.Stmt, defined: list[str]) -> list[ir.Stmt]:
        inner = blocks(stmt)
        if not inner:
            if stmt not in self.again:
                defined.extend(targets(stmt))
            return [stmt]
        defined.extend(n for n, owner in self.p.joins.items() if owner is stmt)
        new = list(inner)
        at = range(len(inner)) if isinstance(stmt, ir.If) else [len(inner) - 1]
        for i in at:
            new[i] = self.forward(inner[i], stmt)
        counter = self.counters.get(stmt)
        if counter is None:
            return [with_blocks(stmt, tuple(new))]
        defined.append(counter.id)
        new[-1] += (ir.AugAssign(counter, "+", ir.Const(1)),)
        return [ir.Assign(counter, ir.Const(0)), with_blocks(stmt, tuple(new))]


# ------------------------------------------------------------------------------------------------------ helpers


def without_casts(e: ir.Expr) -> ir.Expr:
    """Conversions to the operand's dtype are left to the end, where gradients are handed out."""
    match e:
        case ir.Call(func=ir.Ref(value=runtime.cast), args=(g, _)):
            return without_casts(g)
    return e


def read_again(program: Program) -> frozenset[ir.Stmt]:
    """Reads `t = x[i]` in a loop that the reverse sweep can repeat: `x` and `i` are what they were, nobody writes into `x`."""
    fixed = {p.name for p in program.function.params}
    found: set[ir.Stmt] = set()

    def walk(block: ir.Block, known: set[str], inside: bool) -> None:
        for stmt in block:
            match stmt:
                case ir.Assign(target=ir.Name(), value=ir.Index(value=ir.Name(id=base)) as value) if inside:
                    if all(n in known and n not in program.written for n in names_in(value)):
                        found.add(stmt)
            if not inside:
                known.update(n for n in targets(stmt) if n not in program.joins)
            loop = isinstance(stmt, (ir.For, ir.While))
            for b in blocks(stmt):
                walk(b, known | set(targets(stmt)) if loop else known, inside or loop)

    walk(program.function.body, fixed, False)
    return frozenset(found)


def apart(program: Program) -> frozenset[str]:
    """Containers of known items that are only read item by item."""
    found = {
        n for n, v in program.kinds.items()
        if n in program.active and isinstance(v.one, (Tuple, List, Dict)) and v.one.items and getattr(v.one, "keys", 0) is not None
    }  # fmt: skip
    if not found:
        return frozenset()
    for stmt in statements(program.function.body):
        match stmt:
            case ir.Assign(value=ir.Index(value=ir.Name(id=name), index=ir.Const(value=key))) if readable(program.kinds.get(name), key):
                continue
        for e in expressions(stmt):
            found.difference_update(names_in(e))
        found.difference_update(n for n in targets(stmt) if n in program.joins)
    return frozenset(found)


def readable(value: Value | None, key: Any) -> bool:
    """Is it an item that is known to be there?"""
    kind = value.one if value is not None else None
    if isinstance(kind, Dict):
        return kind.keys is not None and key in kind.keys
    items = getattr(kind, "items", None)
    return isinstance(key, int) and bool(items) and -len(items) <= key < len(items)


def as_index(index: ir.Expr) -> ir.Expr:
    """An index as an argument: `np.s_[...]` where it holds slices."""
    import numpy as np

    items = index.items if isinstance(index, ir.Tuple) else (index,)
    if any(isinstance(i, ir.Slice) for i in items):
        return ir.Index(ir.Ref("np.s_", np.s_, np), index)
    return index


def atoms(e: ir.Expr) -> list[ir.Name]:
    """The operands that an elementwise partial reads elementwise."""
    match e:
        case ir.Name():
            return [e]
        case ir.Attr():
            return []
    return [n for child in children(e) for n in atoms(child)]


def is_user_call(e: ir.Expr) -> bool:
    """A call of a function that is differentiated by its source."""
    return isinstance(e, ir.Call) and isinstance(e.func, ir.Ref) and hasattr(e.func.value, "params")


def differentiable_reads(stmt: ir.Stmt) -> set[str]:
    """The names that an adjoint may flow to from a statement."""
    match stmt:
        case ir.Assign(value=value):
            return set(names_in(value))
        case ir.Store(target=ir.Index(value=base), value=value) | ir.Augment(target=ir.Index(value=base), value=value):
            return set(names_in(base)) | set(names_in(value))
        case ir.AugAssign(target=target, value=value):
            return set(names_in(target)) | set(names_in(value))
    return set()


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


__all__ = ["Adjoint", "Program", "Sweeps", "Dict", "neg"]
