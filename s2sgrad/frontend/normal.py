"""Normal form: every operand of an expression is an atom, every statement does one thing.

    h = np.tanh(x @ w) + b        t = x @ w
                                  t_1 = np.tanh(t)
                                  h = t_1 + b

The order in which Python evaluates is kept, left to right, and so is what it does not evaluate: `and`, `or` and `… if …
else …` become branches. A path of attributes that starts at a global name (`np.linalg.inv`) stays one expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from s2sgrad import runtime
from s2sgrad.diagnostics import Span, UnsupportedError
from s2sgrad.ir.names import Names
from s2sgrad.ir.nodes import (
    Assert, Assign, Attr, AugAssign, Augment, Binary, Block, BoolOp, Call, Closure, Compare, Const, Define, Dict,
    Evaluate, Expr, For, Format, FormatField, Function, If, IfExp, Index, Keyword, List, Name, Param, Pass, Raise, Ref,
    Return, Slice, Starred, Stmt, Store, Tuple, Unary, Walrus, While, replace,
)  # fmt: skip
from s2sgrad.ir.scopes import all_names, bound_names, free_names, target_names, walk

__all__ = ["normal"]

ATOMS = (Name, Const, Ref)


def normal(fn: Function) -> Function:
    """The same function in normal form; `fn` has no early exits."""
    return _Normal(fn).function(fn)


class _Normal:
    """The rewriting of one function and those nested in it: statements are emitted into `out`."""

    def __init__(self, fn: Function) -> None:
        nodes = list(walk(fn))
        self.names = Names(all_names(fn) | {"list", "len", "sequence", "unpack"})
        self.out: list[Stmt] = []
        self.scopes: list[set[str]] = []
        self.walruses = {node.target.id for node in nodes if isinstance(node, Walrus)}
        self.captured = {name for node in nodes if isinstance(node, Function) and node is not fn for name in node.free}
        self.everything = fn

    def emit(self, stmt: Stmt) -> None:
        self.out.append(stmt)

    def block(self, stmts: Sequence[Stmt], span: Span | None = None) -> Block:
        """Some statements as a block of their own."""
        return self.collect(lambda: [self.stmt(stmt) for stmt in stmts], span)

    def collect(self, fill: Callable[[], object], span: Span | None = None) -> Block:
        """What `fill` emits, as a block; never empty."""
        saved, self.out = self.out, []
        fill()
        block, self.out = self.out, saved
        return tuple(block) or (Pass(span=span),)

    def keep(self, value: Expr, hint: str = "t") -> Name:
        """Give a value a fresh name."""
        name = self.names.fresh(hint)
        self.emit(Assign(Name(name, span=value.span), value, span=value.span))
        return Name(name, span=value.span)

    def call(self, value: object, span: Span | None, *args: Expr) -> Call:
        """A call of a helper or builtin."""
        return Call(Ref(value.__name__, value, span=span), args, span=span)

    def function(self, fn: Function) -> Function:
        """A function in normal form; the defaults of its parameters are left as they are."""
        self.scopes.append(bound_names(fn))
        new = replace(fn, body=self.block(fn.body, fn.span))
        self.scopes.pop()
        new = replace(new, free=free_names(new))
        unassigned = set(new.free) - set(fn.free)
        if unassigned:
            self.refuse_unassigned(new, min(unassigned))
        return new

    def refuse_unassigned(self, fn: Function, name: str) -> None:
        """A local name that no reachable statement assigns: reading it is an error in Python."""
        spans = [n.span for n in walk(*fn.body) if isinstance(n, Name) and n.id == name]
        message = f"`{name}` is local to `{fn.name}`, but never assigned before it is read"
        raise UnsupportedError("S116", message, spans[0], f"assign `{name}`, or rename it if a global is meant")

    # ---- statements

    def stmt(self, stmt: Stmt) -> None:
        """Emit one statement in normal form."""
        span = stmt.span
        match stmt:
            case Assign(target, value):
                self.assign(target, value, span)
            case AugAssign(target, op, value):
                self.augment_name(target, op, value, span)
            case Store(target, value):
                self.store(target, value, span)
            case Augment(target, op, value):
                base, parts = _place(target)
                *atoms, new = self.operands(base, *parts, value)
                self.emit(Augment(self.place(target, atoms), op, new, span=span))
            case Evaluate(value):
                value = self.simple(value)
                if not isinstance(value, ATOMS):
                    self.emit(Evaluate(value, span=span))
            case If(test, body, orelse):
                test = self.atom(test)
                body = self.block(body, span)
                self.emit(If(test, body, self.block(orelse, span) if orelse else (), span=span))
            case For(target, Call(func, args), body, _, until):
                iter = replace(stmt.iter, func=func, args=tuple(self.operands(*args)))
                self.emit(For(target, iter, self.block(body, span), until=until, span=span))
            case While():
                self.while_loop(stmt)
            case Return(value):
                self.emit(Return(self.atom(value), span=span))
            case Assert(test, message):
                self.assertion(test, message, span)
            case Raise(exception, cause):
                atoms = iter(self.operands(*(e for e in (exception, cause) if e is not None)))
                self.emit(Raise(exception and next(atoms), cause and next(atoms), span=span))
            case Define(name, function):
                self.define(name, function, span)
            case Pass():
                self.emit(stmt)
            case _:
                raise TypeError(f"no statement of a function without early exits: {type(stmt).__name__}")

    def augment_name(self, target: Name, op: str, value: Expr, span: Span | None) -> None:
        """`name op= value`; the old value is read first, should `value` assign the name itself."""
        if not self.assigns(value, target.id):
            self.emit(AugAssign(target, op, self.atom(value), span=span))
            return
        old = self.keep(Name(target.id, span=target.span))
        self.emit(AugAssign(replace(old), op, self.atom(value), span=span))
        self.emit(Assign(target, old, span=span))

    def assertion(self, test: Expr, message: Expr | None, span: Span | None) -> None:
        """`assert`; a message that has to be computed is computed only if the test fails."""
        test = self.atom(test)
        if message is None or isinstance(message, ATOMS):
            self.emit(Assert(test, message, span=span))
            return
        failed = self.keep(Unary("not", test, span=span))
        body = self.collect(lambda: self.emit(Assert(Const(False, span=span), self.atom(message), span=span)))
        self.emit(If(failed, body, span=span))

    def while_loop(self, loop: While) -> None:
        """The test is computed in the head. A test that binds names, which a head may not, is computed in the body."""
        span = loop.span
        if self.binds(loop.test):
            go = self.names.fresh("go")
            self.emit(Assign(Name(go, span=span), Const(True, span=span), span=span))

            def trip() -> None:
                self.assign_name(go, loop.test, span)
                self.emit(If(Name(go, span=span), self.block(loop.body, span), span=span))

            self.emit(While(Name(go, span=span), self.collect(trip), until=loop.until, span=span))
            return
        test: list[Expr] = []
        head = self.collect(lambda: test.append(self.atom(loop.test)))
        head = () if isinstance(head[0], Pass) else head
        self.emit(While(test[0], self.block(loop.body, span), head=head, until=loop.until, span=span))

    def binds(self, test: Expr) -> bool:
        """Whether a test binds a name that is read outside of it, or makes a function."""
        inside = list(walk(test))
        if any(isinstance(node, Closure) for node in inside):
            return True
        bound = {node.target.id for node in inside if isinstance(node, Walrus)}
        if not bound:
            return False
        within = sum(isinstance(node, Name) and node.id in bound for node in inside)
        overall = sum(isinstance(node, Name) and node.id in bound for node in walk(self.everything))
        return overall > within

    def define(self, name: str, fn: Function, span: Span | None) -> None:
        """A nested function. Its defaults are evaluated here, where it is defined."""
        given = [param.default for param in fn.params if param.default is not None]
        atoms = iter(self.operands(*given))
        params = tuple(p if p.default is None else replace(p, default=next(atoms)) for p in fn.params)
        self.emit(Define(name, replace(self.function(fn), name=name, params=params), span=span))

    # ---- assignments

    def assign(self, target: Expr, value: Expr, span: Span | None) -> None:
        """`target = value` for any target."""
        match target:
            case Name(name):
                self.assign_name(name, value, span, target.span)
            case Index() | Attr():
                self.store(target, value, span)
            case Tuple(items) | List(items):
                pairs = list(_pairs(target, value))
                if len(pairs) == 1 and pairs[0][0] is target:
                    self.unpack(items, self.atom(value), span)
                else:
                    self.assign_pairs(pairs, span)

    def assign_name(self, name: str, value: Expr, span: Span | None, at: Span | None = None) -> None:
        """`name = value`; a choice is made by a branch, whose two sides assign the name last of all."""
        match value:
            case IfExp(test, body, orelse):
                test = self.atom(test)
                first = self.collect(lambda: self.assign_name(name, body, span, at))
                second = self.collect(lambda: self.assign_name(name, orelse, span, at))
                self.emit(If(test, first, second, span=span))
            case Closure(function):
                self.define(name, function, span)
            case _:
                self.emit(Assign(Name(name, span=at or span), self.simple(value), span=span))

    def store(self, target: Expr, value: Expr, span: Span | None) -> None:
        """`target = value` where target is a place in an object: the value is evaluated first, then the place."""
        base, parts = _place(target)
        value, *atoms = self.operands(value, base, *parts)
        self.emit(Store(self.place(target, atoms), value, span=span))

    def place(self, target: Expr, atoms: Sequence[Expr]) -> Expr:
        """The target of a write with its operands replaced; what is written into has a name."""
        base, *parts = atoms
        if not isinstance(base, Name):
            base = self.keep(base)
        if isinstance(target, Attr):
            return replace(target, value=base)
        return replace(target, value=base, index=_index(target.index, iter(parts)))

    def assign_pairs(self, pairs: list[tuple[Expr, Expr]], span: Span | None) -> None:
        """`a, b = e, f`: all values first, then all targets in order; no temporary where nobody can tell."""
        later = [frozenset[str]()]
        for _, value in reversed(pairs[1:]):
            later.append(later[-1] | all_names(value))
        pending: list[tuple[Expr, Expr]] = []
        rebound: set[str] = set()
        for (target, value), mentioned in zip(pairs, reversed(later)):
            unseen = isinstance(target, Name) and target.id not in mentioned and target.id not in self.captured
            if unseen and not pending:
                self.assign_name(target.id, value, span, target.span)
                continue
            atom = self.atom(value)
            if isinstance(atom, Name) and atom.id in rebound | (self.walruses & mentioned):
                atom = self.keep(atom)
            pending.append((target, atom))
            rebound.update(target_names(target))
        for target, atom in pending:
            self.assign(target, atom, span)

    def unpack(self, items: Sequence[Expr], value: Expr, span: Span | None) -> None:
        """`a, b = value`, by index."""
        star = next((i for i, item in enumerate(items) if isinstance(item, Starred)), None)
        if star is not None:
            self.unpack_starred(items, star, value, span)
            return
        whole = self.keep(self.call(runtime.unpack, span, value, Const(len(items), span=span)))
        for i, item in enumerate(items):
            self.assign(item, Index(replace(whole), Const(i, span=span), span=item.span), span)

    def unpack_starred(self, items: Sequence[Expr], star: int, value: Expr, span: Span | None) -> None:
        """`a, *b, c = value`: items from either end, and a list of those between."""
        whole, least = self.keep(self.call(runtime.sequence, span, value)), len(items) - 1
        size = self.keep(self.call(len, span, replace(whole)))
        short = self.keep(Compare("<", replace(size), Const(least, span=span), span=span))
        text = Const(f"not enough values to unpack (expected at least {least})", span=span)

        def fail() -> None:
            self.emit(Raise(self.keep(self.call(ValueError, span, text)), span=span))

        self.emit(If(short, self.collect(fail), span=span))

        def from_end(i: int) -> Expr:
            return Binary("-", replace(size), Const(len(items) - i, span=span), span=span)

        for i, item in enumerate(items):
            if i == star:
                stop = None if i == least else from_end(i + 1)
                part = Index(replace(whole), Slice(Const(i, span=span), stop, None, span=span), span=item.span)
                self.assign(item.value, self.call(list, item.span, part), span)
            else:
                at = Const(i, span=span) if i < star else from_end(i)
                self.assign(item, Index(replace(whole), at, span=item.span), span)

    # ---- expressions

    def atom(self, e: Expr) -> Expr:
        """The value of an expression as an atom."""
        if isinstance(e, ATOMS):
            return e
        value = self.simple(e)
        return value if isinstance(value, ATOMS) else self.keep(value)

    def operands(self, *exprs: Expr) -> list[Expr]:
        """Evaluate from left to right; a name that a later operand assigns is read now."""
        atoms = []
        for i, e in enumerate(exprs):
            atom = self.atom(e)
            if isinstance(atom, Name) and any(self.assigns(other, atom.id) for other in exprs[i + 1 :]):
                atom = self.keep(atom)
            atoms.append(atom)
        return atoms

    def assigns(self, e: Expr, name: str) -> bool:
        """Whether evaluating `e` assigns a name."""
        return name in self.walruses and any(isinstance(n, Walrus) and n.target.id == name for n in walk(e))

    def simple(self, e: Expr) -> Expr:
        """The value of an expression as one operation on atoms; what it needs before is emitted."""
        match e:
            case Name() | Const() | Ref():
                return e
            case Binary():
                return self.binary(e)
            case Call():
                return self.call_of(e)
            case Attr(value):
                return e if self.is_path(e) else replace(e, value=self.atom(value))
            case Index():
                return self.index(e)
            case Unary(_, operand):
                return replace(e, operand=self.atom(operand))
            case Compare(_, left, right):
                left, right = self.operands(left, right)
                return replace(e, left=left, right=right)
            case Tuple(items) | List(items):
                atoms = iter(self.operands(*map(_bare, items)))
                return replace(e, items=tuple(_item(item, atoms) for item in items))
            case Dict():
                return self.dict(e)
            case Format():
                return self.format(e)
        return self.choice(e)

    def choice(self, e: Expr) -> Expr:
        """An expression that takes statements to evaluate, as the name that then holds its value."""
        match e:
            case BoolOp(op, values):
                return self.bool_op(op, values, e.span)
            case IfExp():
                name = self.names.fresh("t")
                self.assign_name(name, e, e.span)
                return Name(name, span=e.span)
            case Walrus(target, value):
                self.assign_name(target.id, value, e.span, target.span)
                return Name(target.id, span=e.span)
            case Closure(function):
                self.define(function.name, function, e.span)
                return Name(function.name, span=e.span)
        raise TypeError(f"no value: {type(e).__name__}")

    def binary(self, e: Binary) -> Binary:
        """A long sum is a tree that leans to the left: walk down that side without recursion."""
        spine = [e]
        while isinstance(spine[-1].left, Binary):
            spine.append(spine[-1].left)
        part = spine.pop()
        left, right = self.operands(part.left, part.right)
        value = replace(part, left=left, right=right)
        while spine:
            part, left = spine.pop(), self.keep(value)
            value = replace(part, left=left, right=self.atom(part.right))
        return value

    def is_path(self, e: Expr) -> bool:
        """Whether this is `global.attribute.attribute…`."""
        while isinstance(e, Attr):
            e = e.value
        return isinstance(e, Ref) or (isinstance(e, Name) and not any(e.id in scope for scope in self.scopes))

    def call_of(self, e: Call) -> Call:
        """The function, then positional arguments, then keywords."""
        func, bare = e.func, [*map(_bare, e.args), *(keyword.value for keyword in e.kwargs)]
        if self.is_path(func) and isinstance(func, Attr):
            atoms = iter(self.operands(*bare))
        elif isinstance(func, Attr):
            atoms = iter(self.operands(func.value, *bare))
            func = replace(func, value=next(atoms))
        else:
            atoms = iter(self.operands(func, *bare))
            func = next(atoms)
        args = tuple(_item(arg, atoms) for arg in e.args)
        return replace(e, func=func, args=args, kwargs=tuple(replace(k, value=next(atoms)) for k in e.kwargs))

    def index(self, e: Index) -> Index:
        """`value[index]`; slices and tuples of slices stay in place."""
        base, parts = _place(e)
        base, *atoms = self.operands(base, *parts)
        return replace(e, value=base, index=_index(e.index, iter(atoms)))

    def dict(self, e: Dict) -> Dict:
        """Keys and values take turns."""
        pairs = list(zip(e.keys, e.values))
        atoms = iter(self.operands(*(part for pair in pairs for part in pair if part is not None)))
        done = [(key and next(atoms), next(atoms)) for key, _ in pairs]
        return replace(e, keys=tuple(key for key, _ in done), values=tuple(value for _, value in done))

    def format(self, e: Format) -> Format:
        """An f-string; a field is turned into text before a later field can change its value."""
        parts: list[str | FormatField] = []
        for i, part in enumerate(e.parts):
            if isinstance(part, FormatField):
                spec = part.spec and self.format(part.spec)
                value = self.atom(part.value)
                part = replace(part, value=value, spec=spec)
                later = [other for other in e.parts[i + 1 :] if isinstance(other, FormatField)]
                if any(isinstance(node, (Call, Walrus)) for node in walk(*later)):
                    part = FormatField(self.keep(Format((part,), span=part.span)), span=part.span)
            parts.append(part)
        return replace(e, parts=tuple(parts))

    def bool_op(self, op: str, values: Sequence[Expr], span: Span | None) -> Name:
        """`a and b and c`: each value in turn, as long as those before it do not decide."""
        name = self.names.fresh("t")
        self.assign_name(name, values[0], span)
        for value in values[1:]:
            test: Expr = Name(name, span=span)
            if op == "or":
                test = self.keep(Unary("not", test, span=span))
            self.emit(If(test, self.collect(lambda value=value: self.assign_name(name, value, span)), span=span))
        return Name(name, span=span)


# -------------------------------------------------------------------------------------------------------- helpers


def _bare(e: Expr) -> Expr:
    """An item without its star."""
    return e.value if isinstance(e, Starred) else e


def _parts(index: Expr) -> Iterator[Expr]:
    """The operands of an index: of a slice its bounds, of a tuple those of its items."""
    match index:
        case Slice(lower, upper, step):
            yield from (bound for bound in (lower, upper, step) if bound is not None)
        case Tuple(items) if not any(isinstance(item, Starred) for item in items):
            for item in items:
                if isinstance(item, Slice):
                    yield from _parts(item)
                else:
                    yield item
        case _:
            yield index


def _item(e: Expr, atoms: Iterator[Expr]) -> Expr:
    """An item, starred or not, replaced by the next atom."""
    return replace(e, value=next(atoms)) if isinstance(e, Starred) else next(atoms)


def _index(index: Expr, atoms: Iterator[Expr]) -> Expr:
    """An index with the operands that `_parts` tells replaced by the next atoms."""
    match index:
        case Slice(lower, upper, step):
            lower, upper, step = (bound and next(atoms) for bound in (lower, upper, step))
            return replace(index, lower=lower, upper=upper, step=step)
        case Tuple(items) if not any(isinstance(item, Starred) for item in items):
            return replace(index, items=tuple(_index(i, atoms) if isinstance(i, Slice) else next(atoms) for i in items))
    return next(atoms)


def _place(target: Index | Attr) -> tuple[Expr, list[Expr]]:
    """What a place consists of: the object, and the operands of the index."""
    return target.value, list(_parts(target.index)) if isinstance(target, Index) else []


def _pairs(target: Expr, value: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Targets with their values, as far as both are written as tuples of one length."""
    if isinstance(target, (Tuple, List)) and isinstance(value, (Tuple, List)):
        targets, values = target.items, value.items
        starred = any(isinstance(item, Starred) for item in (*targets, *values))
        if len(targets) == len(values) and not starred:
            for t, v in zip(targets, values):
                yield from _pairs(t, v)
            return
    yield target, value
