"""Normal form: every operand of an expression is an atom, every statement does one thing.

    h = np.tanh(x @ w) + b        t = x @ w
                                  t_1 = np.tanh(t)
                                  h = t_1 + b

The order in which Python evaluates is kept, left to right, and so is what it does not evaluate: `and`, `or` and `… if …
else …` become branches. A path of attributes that starts at a global name (`np.linalg.inv`) stays one expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from s2sgrad import runtime
from s2sgrad.diagnostics import Span, UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.names import Names
from s2sgrad.ir.scopes import all_names, bound_names, free_names, target_names, walk

__all__ = ["normal"]

ATOMS = (ir.Name, ir.Const, ir.Ref)


def normal(fn: ir.Function) -> ir.Function:
    """The same function in normal form; `fn` has no early exits."""
    return _Normal(fn).function(fn)


class _Normal:
    """The rewriting of one function and those nested in it: statements are emitted into `out`."""

    def __init__(self, fn: ir.Function) -> None:
        nodes = list(walk(fn))
        self.names = Names(all_names(fn) | {"list", "len", "sequence", "unpack"})
        self.out: list[ir.Stmt] = []
        self.scopes: list[set[str]] = []
        self.walruses = {node.target.id for node in nodes if isinstance(node, ir.Walrus)}
        self.captured = {
            name for node in nodes if isinstance(node, ir.Function) and node is not fn for name in node.free
        }
        self.everything = fn
        self.used = {node.id for node in nodes if isinstance(node, ir.Name)}
        self.used |= {param.name for node in nodes if isinstance(node, ir.Function) for param in node.params}
        self.paths: dict[str, str] = {}

    def emit(self, stmt: ir.Stmt) -> None:
        self.out.append(stmt)

    def block(self, stmts: Sequence[ir.Stmt], span: Span | None = None) -> ir.Block:
        """Some statements as a block of their own."""
        return self.collect(lambda: [self.stmt(stmt) for stmt in stmts], span)

    def collect(self, fill: Callable[[], object], span: Span | None = None) -> ir.Block:
        """What `fill` emits, as a block; never empty."""
        saved, self.out = self.out, []
        fill()
        block, self.out = self.out, saved
        return tuple(block) or (ir.Pass(span=span),)

    def keep(self, value: ir.Expr, hint: str = "t") -> ir.Name:
        """Give a value a fresh name."""
        name = self.names.fresh(hint)
        self.emit(ir.Assign(ir.Name(name, span=value.span), value, span=value.span))
        return ir.Name(name, span=value.span)

    def call(self, value: object, span: Span | None, *args: ir.Expr) -> ir.Call:
        """A call of a helper or builtin."""
        name = value.__name__
        if name not in self.paths:
            self.paths[name] = self.names.fresh(name) if name in self.used else name
        return ir.Call(ir.Ref(self.paths[name], value, span=span), args, span=span)

    def function(self, fn: ir.Function) -> ir.Function:
        """A function in normal form; the defaults of its parameters are left as they are."""
        self.scopes.append(bound_names(fn))
        new = replace(fn, body=self.block(fn.body, fn.span))
        self.scopes.pop()
        new = replace(new, free=free_names(new))
        unassigned = set(new.free) - set(fn.free)
        if unassigned:
            self.refuse_unassigned(new, min(unassigned))
        return new

    def refuse_unassigned(self, fn: ir.Function, name: str) -> None:
        """A local name that no reachable statement assigns: reading it is an error in Python."""
        spans = [n.span for n in walk(*fn.body) if isinstance(n, ir.Name) and n.id == name]
        message = f"`{name}` is local to `{fn.name}`, but never assigned before it is read"
        raise UnsupportedError("S116", message, spans[0], f"assign `{name}`, or rename it if a global is meant")

    # ---- statements

    def stmt(self, stmt: ir.Stmt) -> None:
        """Emit one statement in normal form."""
        span = stmt.span
        match stmt:
            case ir.Assign(target, value):
                self.assign(target, value, span)
            case ir.AugAssign(target, op, value):
                self.augment_name(target, op, value, span)
            case ir.Store(target, value):
                self.store(target, value, span)
            case ir.Augment(target, op, value, stepwise=True):
                self.augment_in_steps(target, op, value, span)
            case ir.Augment(target, op, value):
                base, parts = _place(target)
                *atoms, new = self.operands(base, *parts, value)
                self.emit(ir.Augment(self.place(target, atoms), op, new, span=span))
            case ir.Evaluate(value):
                value = self.simple(value)
                if not isinstance(value, ATOMS):
                    self.emit(ir.Evaluate(value, span=span))
            case ir.Try(test, body, orelse):
                self.emit(replace(stmt, test=test, body=self.block(body, span), orelse=self.block(orelse, span)))
            case ir.With(manager, target, body):
                self.emit(ir.Enter(self.simple(manager), target, span=span))
                self.inline(body)
                self.emit(ir.Leave(span=span))
            case ir.Finally(body, final):
                self.emit(ir.Enter(span=span))
                self.inline(body)
                self.emit(ir.Lastly(span=span))
                self.inline(final)
                self.emit(ir.Leave(span=span))
            case ir.If(test, body, orelse):
                test = self.atom(test)
                body = self.block(body, span)
                self.emit(ir.If(test, body, self.block(orelse, span) if orelse else (), span=span))
            case ir.For(iter=ir.Call(func, args), body=body):
                trips = replace(stmt.iter, func=func, args=tuple(self.operands(*args)))
                self.emit(replace(stmt, iter=trips, body=self.block(body, span), orelse=()))
            case ir.While():
                self.while_loop(stmt)
            case ir.Return(value):
                self.emit(ir.Return(self.atom(value), span=span))
            case ir.Assert(test, message):
                self.assertion(test, message, span)
            case ir.Raise(exception, cause):
                atoms = iter(self.operands(*(e for e in (exception, cause) if e is not None)))
                self.emit(ir.Raise(exception and next(atoms), cause and next(atoms), span=span))
            case ir.Define(name, function):
                self.define(name, function, span)
            case ir.Pass():
                self.emit(stmt)
            case _:
                raise TypeError(f"no statement of a function without early exits: {type(stmt).__name__}")

    def inline(self, block: ir.Block) -> None:
        """The statements of a block, one after another."""
        for stmt in block:
            self.stmt(stmt)

    def augment_in_steps(self, target: ir.Index | ir.Attr, op: str, value: ir.Expr, span: Span | None) -> None:
        """`place op= value` as Python does it: what is there is read before the value is computed, and put back."""
        base, parts = _place(target)
        base, *parts = self.operands(base, *parts)
        base = base if isinstance(base, ir.Name) else self.keep(base)
        old = self.keep(self.place(target, (base, *parts)))
        self.emit(ir.AugAssign(replace(old), op, self.atom(value), span=span))
        self.emit(ir.Store(self.place(target, [replace(e) for e in (base, *parts)]), replace(old), span=span))

    def augment_name(self, target: ir.Name, op: str, value: ir.Expr, span: Span | None) -> None:
        """`name op= value`; the old value is read first, should `value` assign the name itself."""
        if not self.assigns(value, target.id):
            self.emit(ir.AugAssign(target, op, self.atom(value), span=span))
            return
        old = self.keep(ir.Name(target.id, span=target.span))
        self.emit(ir.AugAssign(replace(old), op, self.atom(value), span=span))
        self.emit(ir.Assign(target, old, span=span))

    def assertion(self, test: ir.Expr, message: ir.Expr | None, span: Span | None) -> None:
        """`assert`; a message that has to be computed is computed only if the test fails."""
        test = self.atom(test)
        if message is None or isinstance(message, ATOMS):
            self.emit(ir.Assert(test, message, span=span))
            return
        failed = self.keep(ir.Unary("not", test, span=span))
        body = self.collect(lambda: self.emit(ir.Assert(ir.Const(False, span=span), self.atom(message), span=span)))
        self.emit(ir.If(failed, body, span=span))

    def while_loop(self, loop: ir.While) -> None:
        """The test is computed in the head. A test that binds names, which a head may not, is computed in the body."""
        span = loop.span
        if self.binds(loop.test):
            go = self.names.fresh("go")
            self.emit(ir.Assign(ir.Name(go, span=span), ir.Const(True, span=span), span=span))

            def trip() -> None:
                self.assign_name(go, loop.test, span)
                self.emit(ir.If(ir.Name(go, span=span), self.block(loop.body, span), span=span))

            self.emit(ir.While(ir.Name(go, span=span), self.collect(trip), until=loop.until, span=span))
            return
        test: list[ir.Expr] = []
        head = self.collect(lambda: test.append(self.atom(loop.test)))
        head = () if isinstance(head[0], ir.Pass) else head
        self.emit(ir.While(test[0], self.block(loop.body, span), head=head, until=loop.until, span=span))

    def binds(self, test: ir.Expr) -> bool:
        """Whether a test binds a name that is read outside of it, or makes a function or a container in a loop."""
        inside = list(walk(test))
        if any(isinstance(node, (ir.Closure, ir.Do)) for node in inside):
            return True
        bound = {node.target.id for node in inside if isinstance(node, ir.Walrus)}
        if not bound:
            return False
        within = sum(isinstance(node, ir.Name) and node.id in bound for node in inside)
        overall = sum(isinstance(node, ir.Name) and node.id in bound for node in walk(self.everything))
        return overall > within

    def define(self, name: str, fn: ir.Function, span: Span | None) -> None:
        """A nested function. Its defaults are evaluated here, where it is defined."""
        given = [param.default for param in fn.params if param.default is not None]
        atoms = iter(self.operands(*given))
        params = tuple(p if p.default is None else replace(p, default=next(atoms)) for p in fn.params)
        self.emit(ir.Define(name, replace(self.function(fn), name=name, params=params), span=span))

    # ---- assignments

    def assign(self, target: ir.Expr, value: ir.Expr, span: Span | None) -> None:
        """`target = value` for any target."""
        match target:
            case ir.Name(name):
                self.assign_name(name, value, span, target.span)
            case ir.Index() | ir.Attr():
                self.store(target, value, span)
            case ir.Tuple(items) | ir.List(items):
                pairs = list(_pairs(target, value))
                if len(pairs) == 1 and pairs[0][0] is target:
                    self.unpack(items, self.atom(value), span)
                else:
                    self.assign_pairs(pairs, span)

    def assign_name(self, name: str, value: ir.Expr, span: Span | None, at: Span | None = None) -> None:
        """`name = value`; a choice is made by a branch, whose two sides assign the name last of all."""
        match value:
            case ir.IfExp(test, body, orelse):
                test = self.atom(test)
                first = self.collect(lambda: self.assign_name(name, body, span, at))
                second = self.collect(lambda: self.assign_name(name, orelse, span, at))
                self.emit(ir.If(test, first, second, span=span))
            case ir.Closure(function):
                self.define(name, function, span)
            case ir.Do(body, result):
                for stmt in body:
                    self.stmt(stmt)
                self.assign_name(name, result, span, at)
            case _:
                self.emit(ir.Assign(ir.Name(name, span=at or span), self.simple(value), span=span))

    def store(self, target: ir.Expr, value: ir.Expr, span: Span | None) -> None:
        """`target = value` where target is a place in an object: the value is evaluated first, then the place."""
        base, parts = _place(target)
        value, *atoms = self.operands(value, base, *parts)
        self.emit(ir.Store(self.place(target, atoms), value, span=span))

    def place(self, target: ir.Expr, atoms: Sequence[ir.Expr]) -> ir.Expr:
        """The target of a write with its operands replaced; what is written into has a name."""
        base, *parts = atoms
        if not isinstance(base, ir.Name):
            base = self.keep(base)
        if isinstance(target, ir.Attr):
            return replace(target, value=base)
        return replace(target, value=base, index=_index(target.index, iter(parts)))

    def assign_pairs(self, pairs: list[tuple[ir.Expr, ir.Expr]], span: Span | None) -> None:
        """`a, b = e, f`: all values first, then all targets in order; no temporary where nobody can tell."""
        later = [frozenset[str]()]
        for _, value in reversed(pairs[1:]):
            later.append(later[-1] | all_names(value))
        pending: list[tuple[ir.Expr, ir.Expr]] = []
        rebound: set[str] = set()
        for (target, value), mentioned in zip(pairs, reversed(later)):
            unseen = isinstance(target, ir.Name) and target.id not in mentioned and target.id not in self.captured
            if unseen and not pending:
                self.assign_name(target.id, value, span, target.span)
                continue
            atom = self.atom(value)
            if isinstance(atom, ir.Name) and atom.id in rebound | (self.walruses & mentioned):
                atom = self.keep(atom)
            pending.append((target, atom))
            rebound.update(target_names(target))
        for target, atom in pending:
            self.assign(target, atom, span)

    def unpack(self, items: Sequence[ir.Expr], value: ir.Expr, span: Span | None) -> None:
        """`a, b = value`, by index."""
        star = next((i for i, item in enumerate(items) if isinstance(item, ir.Starred)), None)
        if star is not None:
            self.unpack_starred(items, star, value, span)
            return
        whole = self.keep(self.call(runtime.unpack, span, value, ir.Const(len(items), span=span)))
        for i, item in enumerate(items):
            self.assign(item, ir.Index(replace(whole), ir.Const(i, span=span), span=item.span), span)

    def unpack_starred(self, items: Sequence[ir.Expr], star: int, value: ir.Expr, span: Span | None) -> None:
        """`a, *b, c = value`: items from either end, and a list of those between."""
        whole, least = self.keep(self.call(runtime.sequence, span, value)), len(items) - 1
        size = self.keep(self.call(len, span, replace(whole)))
        short = self.keep(ir.Compare("<", replace(size), ir.Const(least, span=span), span=span))
        text = f"not enough values to unpack (expected at least {least}, got "

        def fail() -> None:
            message = self.keep(ir.Format((text, ir.FormatField(replace(size), span=span), ")"), span=span))
            self.emit(ir.Raise(self.keep(self.call(ValueError, span, message)), span=span))

        self.emit(ir.If(short, self.collect(fail), span=span))

        def from_end(i: int) -> ir.Expr:
            return ir.Binary("-", replace(size), ir.Const(len(items) - i, span=span), span=span)

        for i, item in enumerate(items):
            if i == star:
                stop = None if i == least else from_end(i + 1)
                part = ir.Index(replace(whole), ir.Slice(ir.Const(i, span=span), stop, None, span=span), span=item.span)
                self.assign(item.value, self.call(list, item.span, part), span)
            else:
                at = ir.Const(i, span=span) if i < star else from_end(i)
                self.assign(item, ir.Index(replace(whole), at, span=item.span), span)

    # ---- expressions

    def atom(self, e: ir.Expr) -> ir.Expr:
        """The value of an expression as an atom."""
        if isinstance(e, ATOMS):
            return e
        value = self.simple(e)
        return value if isinstance(value, ATOMS) else self.keep(value)

    def operands(self, *exprs: ir.Expr) -> list[ir.Expr]:
        """Evaluate from left to right; a name that a later operand assigns is read now."""
        atoms = []
        for i, e in enumerate(exprs):
            atom = self.atom(e)
            if isinstance(atom, ir.Name) and any(self.assigns(other, atom.id) for other in exprs[i + 1 :]):
                atom = self.keep(atom)
            atoms.append(atom)
        return atoms

    def assigns(self, e: ir.Expr, name: str) -> bool:
        """Whether evaluating `e` assigns a name."""
        return name in self.walruses and any(isinstance(n, ir.Walrus) and n.target.id == name for n in walk(e))

    def simple(self, e: ir.Expr) -> ir.Expr:
        """The value of an expression as one operation on atoms; what it needs before is emitted."""
        match e:
            case ir.Name() | ir.Const() | ir.Ref():
                return e
            case ir.Binary():
                return self.binary(e)
            case ir.Call():
                return self.call_of(e)
            case ir.Attr(value):
                return e if self.is_path(e) else replace(e, value=self.atom(value))
            case ir.Index():
                return self.index(e)
            case ir.Unary(_, operand):
                return replace(e, operand=self.atom(operand))
            case ir.Compare(_, left, right):
                left, right = self.operands(left, right)
                return replace(e, left=left, right=right)
            case ir.Tuple(items) | ir.List(items):
                atoms = iter(self.operands(*map(_bare, items)))
                return replace(e, items=tuple(_item(item, atoms) for item in items))
            case ir.Dict():
                return self.dict(e)
            case ir.Format():
                return self.format(e)
        return self.choice(e)

    def choice(self, e: ir.Expr) -> ir.Expr:
        """An expression that takes statements to evaluate, as the name that then holds its value."""
        match e:
            case ir.BoolOp(op, values):
                return self.bool_op(op, values, e.span)
            case ir.IfExp():
                name = self.names.fresh("t")
                self.assign_name(name, e, e.span)
                return ir.Name(name, span=e.span)
            case ir.Walrus(target, value):
                self.assign_name(target.id, value, e.span, target.span)
                return ir.Name(target.id, span=e.span)
            case ir.Closure(function):
                self.define(function.name, function, e.span)
                return ir.Name(function.name, span=e.span)
            case ir.Do(body, value):
                for stmt in body:
                    self.stmt(stmt)
                return self.atom(value)
        raise TypeError(f"no value: {type(e).__name__}")

    def binary(self, e: ir.Binary) -> ir.Binary:
        """A long sum is a tree that leans to the left: walk down that side without recursion."""
        spine = [e]
        while isinstance(spine[-1].left, ir.Binary):
            spine.append(spine[-1].left)
        part = spine.pop()
        left, right = self.operands(part.left, part.right)
        value = replace(part, left=left, right=right)
        while spine:
            part, left = spine.pop(), self.keep(value)
            value = replace(part, left=left, right=self.atom(part.right))
        return value

    def is_path(self, e: ir.Expr) -> bool:
        """Whether this is `global.attribute.attribute…`."""
        while isinstance(e, ir.Attr):
            e = e.value
        return isinstance(e, ir.Ref) or (isinstance(e, ir.Name) and not any(e.id in scope for scope in self.scopes))

    def call_of(self, e: ir.Call) -> ir.Call:
        """The function, then positional arguments, then keywords."""
        func, bare = e.func, [*map(_bare, e.args), *(keyword.value for keyword in e.kwargs)]
        if self.is_path(func) and isinstance(func, ir.Attr):
            atoms = iter(self.operands(*bare))
        elif isinstance(func, ir.Attr):
            atoms = iter(self.operands(func.value, *bare))
            func = replace(func, value=next(atoms))
        else:
            atoms = iter(self.operands(func, *bare))
            func = next(atoms)
        args = tuple(_item(arg, atoms) for arg in e.args)
        return replace(e, func=func, args=args, kwargs=tuple(replace(k, value=next(atoms)) for k in e.kwargs))

    def index(self, e: ir.Index) -> ir.Index:
        """`value[index]`; slices and tuples of slices stay in place."""
        base, parts = _place(e)
        base, *atoms = self.operands(base, *parts)
        return replace(e, value=base, index=_index(e.index, iter(atoms)))

    def dict(self, e: ir.Dict) -> ir.Dict:
        """Keys and values take turns."""
        pairs = list(zip(e.keys, e.values))
        atoms = iter(self.operands(*(part for pair in pairs for part in pair if part is not None)))
        done = [(key and next(atoms), next(atoms)) for key, _ in pairs]
        return replace(e, keys=tuple(key for key, _ in done), values=tuple(value for _, value in done))

    def format(self, e: ir.Format) -> ir.Format:
        """An f-string; a field is turned into text before a later field can change its value."""
        parts: list[str | ir.FormatField] = []
        for i, part in enumerate(e.parts):
            if isinstance(part, ir.FormatField):
                value = self.atom(part.value)
                if part.spec and isinstance(value, ir.Name) and self.assigns(part.spec, value.id):
                    value = self.keep(value)
                part = replace(part, value=value, spec=part.spec and self.format(part.spec))
                later = [other for other in e.parts[i + 1 :] if isinstance(other, ir.FormatField)]
                if any(isinstance(node, (ir.Call, ir.Walrus)) for node in walk(*later)):
                    part = ir.FormatField(self.keep(ir.Format((part,), span=part.span)), span=part.span)
            parts.append(part)
        return replace(e, parts=tuple(parts))

    def bool_op(self, op: str, values: Sequence[ir.Expr], span: Span | None) -> ir.Name:
        """`a and b and c`: each value in turn, as long as those before it do not decide."""
        name = self.names.fresh("t")
        self.assign_name(name, values[0], span)
        for value in values[1:]:
            test: ir.Expr = ir.Name(name, span=span)
            if op == "or":
                test = self.keep(ir.Unary("not", test, span=span))
            self.emit(ir.If(test, self.collect(lambda value=value: self.assign_name(name, value, span)), span=span))
        return ir.Name(name, span=span)


# -------------------------------------------------------------------------------------------------------- helpers


def _bare(e: ir.Expr) -> ir.Expr:
    """An item without its star."""
    return e.value if isinstance(e, ir.Starred) else e


def _parts(index: ir.Expr) -> Iterator[ir.Expr]:
    """The operands of an index: of a slice its bounds, of a tuple those of its items."""
    match index:
        case ir.Slice(lower, upper, step):
            yield from (bound for bound in (lower, upper, step) if bound is not None)
        case ir.Tuple(items) if not any(isinstance(item, ir.Starred) for item in items):
            for item in items:
                if isinstance(item, ir.Slice):
                    yield from _parts(item)
                else:
                    yield item
        case _:
            yield index


def _item(e: ir.Expr, atoms: Iterator[ir.Expr]) -> ir.Expr:
    """An item, starred or not, replaced by the next atom."""
    return replace(e, value=next(atoms)) if isinstance(e, ir.Starred) else next(atoms)


def _index(index: ir.Expr, atoms: Iterator[ir.Expr]) -> ir.Expr:
    """An index with the operands that `_parts` tells replaced by the next atoms."""
    match index:
        case ir.Slice(lower, upper, step):
            lower, upper, step = (bound and next(atoms) for bound in (lower, upper, step))
            return replace(index, lower=lower, upper=upper, step=step)
        case ir.Tuple(items) if not any(isinstance(item, ir.Starred) for item in items):
            return replace(
                index, items=tuple(_index(i, atoms) if isinstance(i, ir.Slice) else next(atoms) for i in items)
            )
    return next(atoms)


def _place(target: ir.Index | ir.Attr) -> tuple[ir.Expr, list[ir.Expr]]:
    """What a place consists of: the object, and the operands of the index."""
    return target.value, list(_parts(target.index)) if isinstance(target, ir.Index) else []


def _pairs(target: ir.Expr, value: ir.Expr) -> Iterator[tuple[ir.Expr, ir.Expr]]:
    """Targets with their values, as far as both are written as tuples of one length."""
    if isinstance(target, (ir.Tuple, ir.List)) and isinstance(value, (ir.Tuple, ir.List)):
        targets, values = target.items, value.items
        starred = any(isinstance(item, ir.Starred) for item in (*targets, *values))
        if len(targets) == len(values) and not starred:
            for t, v in zip(targets, values):
                yield from _pairs(t, v)
            return
    yield target, value
