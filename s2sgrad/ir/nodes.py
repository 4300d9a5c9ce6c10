"""The intermediate representation: a small, structured subset of Python as frozen dataclasses.

Nodes compare by identity, so that analyses can key facts by node. No pass mutates a node; a pass builds new ones.
Every node carries the `Span` of the user's source that it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from s2sgrad.diagnostics import Span

__all__ = [
    "Assert", "Assign", "Attr", "AugAssign", "Augment", "Binary", "Block", "BoolOp", "Break", "Call", "Closure",
    "Compare", "Const", "Continue", "Define", "Dict", "Do", "Enter", "Evaluate", "Expr", "Field", "Finally", "For",
    "Format", "FormatField", "Function", "Hole", "If", "IfExp", "Index", "Keyword", "Lastly", "Leave", "List", "Name",
    "Node", "Param", "Pass", "Pop", "Push", "Raise", "Record", "Ref", "Return", "Slice", "Span", "Starred", "Stmt",
    "Store", "Try", "Tuple", "Unary", "Walrus", "While", "With", "replace",
]  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """Anything of the IR."""

    span: Span | None = field(default=None, kw_only=True, repr=False)


# ---------------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, eq=False, slots=True)
class Expr(Node):
    """A value. In normal form every operand is an atom: a `Name`, a `Const` or a `Ref`."""


@dataclass(frozen=True, eq=False, slots=True)
class Name(Expr):
    """A local variable or parameter; before names are resolved, also a global or a captured variable."""

    id: str


@dataclass(frozen=True, eq=False, slots=True)
class Const(Expr):
    """A literal: int, float, complex, bool, str, bytes, None, Ellipsis."""

    value: Any


@dataclass(frozen=True, eq=False, slots=True)
class Ref(Expr):
    """A known object, whatever the user's names mean: printed as `path`, bound by the generated module.

    `path` is dotted: its first part is a name of the generated module (`np.tanh`, `unbroadcast`); `root` is the object
    that this first part stands for (`numpy`), `value` the object that the whole path reaches.
    """

    path: str
    value: Any
    root: Any = None  # None: the path has one part, and `value` is the root


@dataclass(frozen=True, eq=False, slots=True)
class Hole(Expr):
    """A placeholder in a rule's template: an operand, its adjoint (`part="bar"`) or its tangent (`part="dot"`)."""

    name: str
    part: str = "primal"


@dataclass(frozen=True, eq=False, slots=True)
class Attr(Expr):
    """`value.name`."""

    value: Expr
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Field(Expr):
    """`value.name` of an instance of a user's class, of which it is known to be a field."""

    value: Expr
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Record(Expr):
    """A new instance of a class, by its fields: `cls(a, b)` of a namedtuple, else `cls(x=a, y=b)`."""

    cls: Ref
    names: tuple[str, ...]
    values: tuple[Expr, ...]
    maker: Ref | None = None  # what makes it of the class and the fields, where calling the class does more than that


@dataclass(frozen=True, eq=False, slots=True)
class Slice(Expr):
    """`lower:upper:step` of an index."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(frozen=True, eq=False, slots=True)
class Index(Expr):
    """`value[index]`; `index` may be a Slice, or a Tuple that holds Slices."""

    value: Expr
    index: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Tuple(Expr):
    """`(a, b)`; as a target, what is unpacked into."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, slots=True)
class List(Expr):
    """`[a, b]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Dict(Expr):
    """`{k: v}`; a key of None stands for `**value`."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Starred(Expr):
    """`*value`, in a call or a display."""

    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Unary(Expr):
    """`op` is one of `-`, `+`, `~`, `not`."""

    op: str
    operand: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Binary(Expr):
    """`op` is one of `+ - * / // % ** @ << >> & | ^`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Compare(Expr):
    """`left op right` with `< <= > >= == != is`, `is not`, `in`, `not in`. Chains are desugared."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False, slots=True)
class BoolOp(Expr):
    """`and`, `or` over expressions; gone in normal form."""

    op: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, slots=True)
class IfExp(Expr):
    """`body if test else orelse`; gone in normal form."""

    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Walrus(Expr):
    """`(target := value)`; gone in normal form."""

    target: Name
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Do(Expr):
    """The value of an expression after some statements have been run: a comprehension; gone in normal form."""

    body: Block
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Keyword(Node):
    """`name=value` of a call; a name of None stands for `**value`."""

    name: str | None
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Call(Expr):
    """A call; positional arguments may be Starred. `func` is an atom or an Attr path of atoms in normal form."""

    func: Expr
    args: tuple[Expr, ...] = ()
    kwargs: tuple[Keyword, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class FormatField(Node):
    """`{value!conversion:spec}` of an f-string."""

    value: Expr
    conversion: int = -1
    spec: Format | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Format(Expr):
    """An f-string."""

    parts: tuple[str | FormatField, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Closure(Expr):
    """A lambda or nested function as a value; `captures` are the values of its free local names, in that order."""

    function: Function
    captures: tuple[tuple[str, Expr], ...] = ()


# ---------------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, eq=False, slots=True)
class Stmt(Node):
    """A statement. `note` is printed behind it as a comment: the primal line that an adjoint line belongs to."""

    note: str | None = field(default=None, kw_only=True, repr=False)


Block = tuple[Stmt, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Assign(Stmt):
    """`target = value`; in normal form the target is a Name."""

    target: Expr
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class AugAssign(Stmt):
    """`name op= value` on a name, as the user wrote it: in place or a rebinding, as the kinds will tell."""

    target: Name
    op: str
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Store(Stmt):
    """`target = value` where target is an Index or an Attr: a write into an object."""

    target: Expr
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Augment(Stmt):
    """`target op= value` where target is an Index or an Attr: an update of an object in place.

    `stepwise`: the value may change what the place holds; gone in normal form.
    `accumulate`: the function `np.add.at` or its like, by which an element that the index names twice is changed twice.
    """

    target: Expr
    op: str
    value: Expr
    accumulate: Ref | None = None
    stepwise: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Evaluate(Stmt):
    """An expression evaluated for its effect."""

    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class If(Stmt):
    """`if test: body else: orelse`."""

    test: Expr
    body: Block
    orelse: Block = ()


@dataclass(frozen=True, eq=False, slots=True)
class Try(If):
    """`try: body` with a handler: a branch that takes `body`, or a part of it and then `orelse`.

    `test` is a variable that is true afterwards if the handler was run; a constant where it always raises. What the
    body assigns is not read by the handler, and the body writes into nothing that the handler can see.
    """

    exceptions: Expr | None = None
    name: Name | None = None


@dataclass(frozen=True, eq=False, slots=True)
class With(Stmt):
    """`with manager as target: body`; in normal form an `Enter` and a `Leave` in the block around."""

    manager: Expr
    target: Name | None
    body: Block


@dataclass(frozen=True, eq=False, slots=True)
class Finally(Stmt):
    """`try: body finally: final`; in normal form an `Enter`, a `Lastly` and a `Leave` in the block around."""

    body: Block
    final: Block


@dataclass(frozen=True, eq=False, slots=True)
class Enter(Stmt):
    """From here to the next `Leave` of the same level: `with manager as target:`, or without a manager `try:`."""

    manager: Expr | None = None
    target: Name | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Lastly(Stmt):
    """What stands between an `Enter` without a manager and this is tried, what follows is its `finally:`."""


@dataclass(frozen=True, eq=False, slots=True)
class Leave(Stmt):
    """The end of what the last `Enter` began."""


@dataclass(frozen=True, eq=False, slots=True)
class For(Stmt):
    """`for target in iter: body`. `until`: when this name is true at the end of a trip, the loop is left.

    `over`: the names of the sequences that the loop runs over by index, as far as inference asks.
    """

    target: Expr
    iter: Expr
    body: Block
    orelse: Block = ()
    until: Name | None = None
    over: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class While(Stmt):
    """`while test: body`. Before each test `head` is run; it defines nothing but what the test reads.

    `until`: when this name is true at the end of a trip, the loop is left.
    """

    test: Expr
    body: Block
    orelse: Block = ()
    head: Block = ()
    until: Name | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Break(Stmt):
    """`break`; gone after exits."""


@dataclass(frozen=True, eq=False, slots=True)
class Continue(Stmt):
    """`continue`; gone after exits."""


@dataclass(frozen=True, eq=False, slots=True)
class Pass(Stmt):
    """`pass`; with a note, a comment line."""


@dataclass(frozen=True, eq=False, slots=True)
class Return(Stmt):
    """`return value`; after exits the last statement only."""

    value: Expr | None


@dataclass(frozen=True, eq=False, slots=True)
class Assert(Stmt):
    """`assert test, message`."""

    test: Expr
    message: Expr | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Raise(Stmt):
    """`raise exception from cause`."""

    exception: Expr | None
    cause: Expr | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Define(Stmt):
    """A nested `def`."""

    name: str
    function: Function


@dataclass(frozen=True, eq=False, slots=True)
class Push(Stmt):
    """Record the residuals of one pass through a block on that block's tape."""

    tape: Name
    values: tuple[Name, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Pop(Stmt):
    """Take back the residuals of one pass through a block."""

    tape: Name
    targets: tuple[Name, ...]


# ---------------------------------------------------------------------------------------------------- functions


@dataclass(frozen=True, eq=False, slots=True)
class Param(Node):
    """A parameter. `kind`: "positional-only", "positional", "star", "keyword" or "starstar", as in `inspect`."""

    name: str
    kind: str = "positional"
    default: Expr | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Function(Node):
    """A function. `free`: the names it reads and does not bind (globals, builtins, captured), sorted."""

    name: str
    params: tuple[Param, ...]
    body: Block
    free: tuple[str, ...] = ()
    doc: str | None = None
