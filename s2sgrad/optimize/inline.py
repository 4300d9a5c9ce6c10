"""One use, one expression: temporaries that are read once move to where they are read.

An expression moves only past statements that change nothing of what it reads. It stays where it is if the line that it
would join becomes too long to read, and names that the user gave are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from s2sgrad.ir import nodes as ir
from s2sgrad.ir.build import fold, mul, negated
from s2sgrad.ir.traverse import (
    blocks,
    children,
    expressions,
    map_expressions,
    names_in,
    rebuild,
    statements,
    targets,
    with_blocks,
)

AHEAD = 40  # statements to look through for reads of a copy
LIMIT = 16  # operands and operators of one line


def size(e: ir.Expr) -> int:
    """The number of nodes, a measure of length."""
    count, todo = 0, [e]
    while todo:
        current = todo.pop()
        count += 1
        if not isinstance(current, ir.Ref):
            todo.extend(children(current))
    return count


class Inline:
    """Moves expressions within each block of a function."""

    def __init__(
        self, body: ir.Block, kept: Iterable[str], buffers: frozenset[str], pure: Callable[[ir.Expr], bool]
    ) -> None:
        self.pure = pure
        self.buffers = buffers  # names whose memory no other name reaches, when it is written through them
        self.uses: Counter[str] = Counter()
        self.definitions: Counter[str] = Counter()
        self.kept = set(kept)
        for stmt in statements(body):
            for e in expressions(stmt):
                self.uses.update(names_in(e))
            self.definitions.update(targets(stmt))
            if isinstance(stmt, ir.AugAssign):
                self.definitions[stmt.target.id] += 1

    def block(self, block: ir.Block) -> ir.Block:
        return Window(self).run(block)

    def tested(self, stmt: ir.While) -> ir.While:
        """`while test:` where what is run before each test fits into the test."""
        *rest, last = Window(self).run((*stmt.head, ir.Evaluate(stmt.test)))
        if rest:
            return stmt
        return ir.While(last.value, stmt.body, until=stmt.until, span=stmt.span, note=stmt.note)

    def movable(self, stmt: ir.Stmt) -> bool:
        match stmt:
            case ir.Assign(target=ir.Name(id=name), value=value):
                return (
                    self.definitions[name] == 1 and self.uses[name] == 1 and name not in self.kept and self.pure(value)
                )
        return False


class Window:
    """One block: the definitions that may still move, and where they stand."""

    def __init__(self, inline: Inline) -> None:
        self.inline = inline
        self.out: list[ir.Stmt | None] = []
        self.waiting: dict[str, int] = {}
        self.readers: dict[str, set[str]] = {}  # name -> waiting definitions that read it
        self.sums: dict[str, int] = {}  # name -> where its first contribution stands, while nobody has read it

        self.copies: dict[str, list] = {}  # name -> [the name it is a copy of, where that stands, reads to come]

    def run(self, block: ir.Block) -> ir.Block:
        for i, stmt in enumerate(block):
            self.statement(stmt)
            self.copy(self.out[-1], block, i + 1)
        return tuple(s for s in self.out if s is not None)

    def statement(self, stmt: ir.Stmt) -> None:
        if not isinstance(stmt, ir.While):
            stmt = self.fill(self.through(stmt))
        stmt = self.added(stmt)
        inner = blocks(stmt)
        if isinstance(stmt, ir.While) and stmt.head:
            stmt = self.inline.tested(stmt)
            inner = blocks(stmt)
        if isinstance(stmt, ir.Try):
            stmt = with_blocks(stmt, (stmt.body, self.inline.block(stmt.orelse)))  # the body fails where it did
        elif inner:
            stmt = with_blocks(stmt, tuple(self.inline.block(b) for b in inner))
        for each in (stmt, *statements(tuple(s for b in inner for s in b))):
            self.changed(each)
        self.out.append(stmt)
        if self.inline.movable(stmt):
            self.wait(self.waiting, stmt)
        elif isinstance(stmt, ir.Assign) and isinstance(stmt.target, ir.Name) and stmt.target.id in self.inline.buffers:
            if self.inline.pure(stmt.value):
                self.wait(self.sums, stmt)

    def copy(self, stmt: ir.Stmt, block: ir.Block, start: int) -> None:
        """Note a copy `a = b` if all that reads `a` does so before `b` is assigned: it can read `b`."""
        match stmt:
            case ir.Assign(target=ir.Name(id=a), value=ir.Name(id=b)) if a not in self.inline.kept:
                if self.inline.definitions[a] != 1 or a in self.waiting:
                    return
                left = self.inline.uses[a]
                for later in block[start : start + AHEAD]:
                    left -= sum(n == a for e in expressions(later) for n in names_in(e))
                    if left == 0:
                        self.copies[a] = [b, len(self.out) - 1, self.inline.uses[a]]
                    if left == 0 or isinstance(later, ir.While) or b in assigned(later):
                        return

    def through(self, stmt: ir.Stmt) -> ir.Stmt:
        """The statement with originals in place of their copies; a copy that nobody reads any more is gone."""
        if not self.copies or isinstance(stmt, (ir.Push, ir.Pop)):
            return stmt
        read = [n for e in expressions(stmt) for n in names_in(e) if n in self.copies]
        if not read:
            return stmt
        originals: dict[str, ir.Expr] = {n: ir.Name(self.copies[n][0]) for n in read}
        for name in read:
            self.inline.uses[self.copies[name][0]] += 1
            self.copies[name][2] -= 1
        for name in originals:
            if self.copies[name][2] == 0:
                self.out[self.copies.pop(name)[1]] = None
        return map_expressions(stmt, lambda e: put(e, originals))

    def wait(self, where: dict[str, int], stmt: ir.Assign) -> None:
        name = stmt.target.id
        where[name] = len(self.out) - 1
        for n in names_in(stmt.value):
            self.readers.setdefault(n, set()).add(name)

    def changed(self, stmt: ir.Stmt) -> None:
        """Nothing moves past a statement that assigns what it reads, or writes into memory that it may read."""
        bound = targets(stmt)
        if not all(map(self.inline.pure, expressions(stmt))):  # what it calls may write into arguments
            self.waiting.clear()
            self.sums.clear()
        match stmt:
            case ir.AugAssign(target=ir.Name(id=name)) if name in self.inline.buffers:
                bound = (name,)
            case ir.Augment(target=ir.Index(value=ir.Name(id=name))) if name in self.inline.buffers:
                bound = (name,)
            case ir.Store() | ir.Augment() | ir.AugAssign() | ir.Evaluate() | ir.Enter() | ir.Lastly() | ir.Leave():
                self.waiting.clear()
                self.sums.clear()
        if self.copies and bound:
            self.copies = {a: c for a, c in self.copies.items() if a not in bound and c[0] not in bound}
        for name in bound:
            for reader in self.readers.pop(name, ()):
                self.waiting.pop(reader, None)
                self.sums.pop(reader, None)
            self.sums.pop(name, None)
        if self.sums:
            for e in expressions(stmt):
                for n in names_in(e):
                    self.sums.pop(n, None)

    def addition(self, stmt: ir.Stmt) -> tuple[str, ir.Expr] | None:
        """Name and value of `x += value`, or of `x = x + value`."""
        match stmt:
            case ir.AugAssign(target=ir.Name(id=name), op="+", value=value):
                return name, value
            case ir.Assign(target=ir.Name(id=name), value=ir.Binary(op="+", left=ir.Name(id=left), right=value)):
                return (name, value) if left == name else None
        return None

    def added(self, stmt: ir.Stmt) -> ir.Stmt:
        """`x_bar = a`, `x_bar += b` as `x_bar = a + b`, where nothing reads it in between and the line stays short."""
        match self.addition(stmt):
            case name, value if name in self.sums and name not in names_in(value):
                first = self.out[self.sums[name]].value
                if size(first) + size(value) > LIMIT:
                    return stmt
                self.out[self.sums.pop(name)] = None
                new = twice(first) if same(first, value) else fold(ir.Binary("+", first, value))
                if isinstance(first, ir.Const) and first.value == 0:
                    new = value
                if isinstance(first, ir.Unary) and first.op == "-":
                    new = fold(ir.Binary("-", value, first.operand))
                return ir.Assign(stmt.target, new, span=stmt.span, note=stmt.note)
        return stmt

    def fill(self, stmt: ir.Stmt) -> ir.Stmt:
        """The statement with waiting definitions in place of their names, as long as the line stays readable."""
        wanted = [n for e in expressions(stmt) for n in names_in(e) if n in self.waiting]
        if not wanted:
            return stmt
        if isinstance(stmt, (ir.Push, ir.Pop)):
            return stmt
        room = LIMIT - sum(map(size, expressions(stmt)))
        chosen: dict[str, ir.Expr] = {}
        for name in wanted:
            value = self.out[self.waiting[name]].value
            cost = size(value) - 1
            if cost > room and cost > 1:
                continue
            room -= cost
            chosen[name] = value
        if not chosen:
            return stmt
        for name, value in chosen.items():
            self.out[self.waiting.pop(name)] = None
            for n in names_in(value):
                self.readers.setdefault(n, set())
        return map_expressions(stmt, lambda e: put(e, chosen))


def assigned(stmt: ir.Stmt) -> set[str]:
    """The names that a statement assigns or updates, nested blocks included."""
    found: set[str] = set()
    for each in statements((stmt,)):
        found.update(targets(each))
        if isinstance(each, (ir.AugAssign, ir.Augment, ir.Store)):
            found.update(names_in(each.target))
    return found


def put(e: ir.Expr, chosen: dict[str, ir.Expr]) -> ir.Expr:
    """Names replaced by expressions, constants folded."""
    if isinstance(e, ir.Name):
        return chosen.get(e.id, e)
    new = rebuild(e, lambda child: put(child, chosen))
    if new is e:
        return e
    match new:
        case ir.Index(value=ir.Tuple(items=items) | ir.List(items=items), index=ir.Const(value=int() as i)):
            if -len(items) <= i < len(items) and all(isinstance(item, (ir.Name, ir.Const)) for item in items):
                return items[i]
    folded = fold(new)
    kept = {id(o) for child in children(new) for o in (child, *children(child))}
    return new if id(folded) in kept else folded  # `x[:2] * 1.0` is an array of its own, `n * 1.0` a float


def same(a: ir.Expr, b: ir.Expr) -> bool:
    """Are two expressions the same text?"""
    if type(a) is not type(b):
        return False
    match a:
        case ir.Name():
            return a.id == b.id
        case ir.Const():
            return type(a.value) is type(b.value) and a.value == b.value
        case ir.Ref():
            return a.value is b.value and a.path == b.path
        case ir.Binary() | ir.Unary():
            if a.op != b.op:
                return False
        case ir.Attr() | ir.Field():
            if a.name != b.name:
                return False
        case ir.Call() if a.kwargs or b.kwargs:
            return False
    one, two = children(a), children(b)
    return len(one) == len(two) and all(map(same, one, two))


def twice(e: ir.Expr) -> ir.Expr:
    """`2 * e`, the number in front."""
    if isinstance(e, ir.Binary) and e.op in "*/":
        return ir.Binary(e.op, twice(e.left), e.right, span=e.span)
    return mul(ir.Const(2), e)


def is_call(stmt: ir.AugAssign | ir.Augment) -> bool:
    """Is the update written as a call (`np.add.at`)?"""
    return isinstance(stmt, ir.Augment) and stmt.accumulate is not None


def signs(block: ir.Block) -> ir.Block:
    """`x -= e` for `x += -e`, `if not test` where only the other branch has anything left."""
    out = []
    for stmt in block:
        if isinstance(stmt, ir.If) and not isinstance(stmt, ir.Try) and not stmt.body:
            if not stmt.orelse:
                continue
            stmt = ir.If(ir.Unary("not", stmt.test), stmt.orelse, (), span=stmt.span, note=stmt.note)
        if isinstance(stmt, (ir.AugAssign, ir.Augment)) and stmt.op == "+" and not is_call(stmt):
            positive = negated(stmt.value)
            if positive is not None:
                stmt = replace(stmt, op="-", value=positive)
        inner = blocks(stmt)
        out.append(with_blocks(stmt, tuple(map(signs, inner))) if inner else stmt)
    return tuple(out)
