"""Classes with an `__init__` of their own: it is followed as a function that returns the fields.

    def __init__(self, w):          def Net(w):
        self.w = w                      self_w = w
        self.n = len(self.w)            self_n = len(self_w)
                                        return made(Net, w=self_w, n=self_n)

So it is where the object is used for nothing but its fields, and each of them gets a value whichever way it goes.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from typing import Any

from s2sgrad import runtime
from s2sgrad.analysis.arguments import bind
from s2sgrad.analysis.functions import constant, function_defaults, invoke
from s2sgrad.analysis.lowering import Args, Kwargs, Lowering, Writer
from s2sgrad.analysis.objects import SLOTS, lookup
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Value
from s2sgrad.ir.names import Names
from s2sgrad.ir.scopes import all_names, walk
from s2sgrad.ir.traverse import blocks, map_expressions, rebuild, with_blocks

__all__ = ["constructor"]


@dataclass(frozen=True)
class Constructor:
    """An `__init__` that makes the fields of an instance of a class, which may inherit it."""

    cls: type
    owner: type  # the class that it stands in


class NotFields(Exception):
    """The object is used for something else than its fields."""


def is_constructed(cls: Any) -> bool:
    """Is it a class whose instances are made by an `__init__` in Python, and by that alone?"""
    if not isinstance(cls, type) or type(cls).__call__ is not type.__call__ or issubclass(cls, BaseException):
        return False
    if cls.__module__.split(".")[0] in ("builtins", "numpy", "scipy", "s2sgrad"):
        return False
    plain = lookup(cls, "__new__") in (None, object.__new__) and lookup(cls, "__setattr__") is object.__setattr__
    return plain and isinstance(lookup(cls, "__init__"), types.FunctionType)


def constructor(target: Any) -> Writer | None:
    """How a call of a class is said that has an `__init__` of its own."""
    return write_instance if isinstance(target, Constructor) or is_constructed(target) else None


def write_instance(write: Lowering, target: type | Constructor, args: Args, kwargs: Kwargs) -> Value | None:
    """`Net(w)`: a call of the function that its `__init__` is."""
    interp = write.interp
    known = target if isinstance(target, Constructor) else Constructor(target, home_of(target, "__init__"))
    function, _ = fields_of(interp, known)
    if function is None:
        return None
    init = known.owner.__dict__["__init__"]
    interp.frame.namespace.note_method(known.cls, "__init__")
    _, namespace = interp.inference.load(init)
    frame = interp.inference.frame_of(function, None, namespace)
    defaults = {p: constant(f"{function.name}_{p}", v) for p, v in function_defaults(init).items()}
    return invoke(interp, write.expr, function, frame, (), bind(write.expr, function, args, kwargs, defaults))


def home_of(cls: type, name: str, behind: type | None = None) -> type:
    """The class that a method stands in; the first behind another one, if that is given."""
    mro = cls.__mro__ if behind is None else cls.__mro__[cls.__mro__.index(behind) + 1 :]
    return next(base for base in mro if name in base.__dict__)


def fields_of(interp: Any, known: Constructor) -> tuple[ir.Function | None, tuple[str, ...]]:
    """The function that makes the fields, and their names; no function where the object is used for more."""
    made = interp.inference.constructors
    if known not in made:
        function, _ = interp.inference.load(known.owner.__dict__["__init__"])
        try:
            made[known] = Fields(interp, known, function).run()
        except NotFields:
            made[known] = None, ()
    return made[known]


class Fields:
    """Rewrites one `__init__`."""

    def __init__(self, interp: Any, known: Constructor, function: ir.Function) -> None:
        self.interp, self.known, self.function = interp, known, function
        if not function.params or function.params[0].kind not in ("positional", "positional-only"):
            raise NotFields
        self.self_ = function.params[0].name
        self.names = Names(all_names(function))
        self.locals: dict[str, str] = {}
        self.parents: set[str] = set()  # names of `super()`

    def run(self) -> tuple[ir.Function, tuple[str, ...]]:
        """The function, and the names of the fields."""
        *body, last = self.function.body if isinstance(self.function.body[-1], ir.Return) else (
            *self.function.body, ir.Return(ir.Const(None), span=self.function.span)
        )  # fmt: skip
        new = self.block(tuple(body))
        if set(self.locals) - assigned(new, self.locals):
            raise NotFields
        names = tuple(self.locals)
        cls = self.known.cls
        if any(hasattr(type(lookup(cls, n)), "__set__") and not isinstance(lookup(cls, n), SLOTS) for n in names):
            raise NotFields  # a property that is set
        values = tuple(ir.Name(self.locals[n], span=last.span) for n in names)
        maker = ir.Ref("made", runtime.made)
        result = self.names.fresh("instance")
        record = ir.Record(ir.Ref(cls.__name__, cls), names, values, maker, span=last.span)
        end = ir.Assign(ir.Name(result), record, span=last.span), ir.Return(ir.Name(result), span=last.span)
        function = replace(self.function, name=cls.__name__, params=self.function.params[1:], body=(*new, *end))
        if any(isinstance(n, ir.Name) and n.id == self.self_ for n in walk(function)) or self.self_ in captured(
            function
        ):
            raise NotFields
        return function, names

    def block(self, block: ir.Block) -> ir.Block:
        """A block, with variables in place of the fields."""
        return tuple(new for stmt in block for new in self.statement(stmt))

    def statement(self, stmt: ir.Stmt) -> tuple[ir.Stmt, ...]:
        """A statement, with variables in place of the fields."""
        match stmt:
            case ir.Store(target=ir.Attr(value=ir.Name(id=self.self_), name=name), value=value):
                value = self.expr(value)
                return (ir.Assign(self.local(name, stmt.span), value, span=stmt.span),)
            case ir.Augment(target=ir.Attr(value=ir.Name(id=self.self_), name=name), op=op, value=value):
                if name not in self.locals:
                    raise NotFields
                return (ir.AugAssign(self.local(name, stmt.span), op, self.expr(value), span=stmt.span),)
            case ir.Assign(target=ir.Name(id=name), value=ir.Call(func=ir.Ref(value=value))) if value is super:
                self.parents.add(name)
                return ()
            case ir.Evaluate(value=ir.Call(func=ir.Attr(value=ir.Name(id=name), name="__init__")) as call) if (
                name in self.parents
            ):
                return self.inherited(call)
            case ir.Return():
                raise NotFields
        new = map_expressions(stmt, self.expr)
        return (with_blocks(new, tuple(map(self.block, blocks(new)))),)

    def inherited(self, call: ir.Call) -> tuple[ir.Stmt, ...]:
        """`super().__init__(…)`: the fields that the class behind makes."""
        owner = home_of(self.known.cls, "__init__", self.known.owner)
        if owner is object:
            return ()
        known = Constructor(self.known.cls, owner)
        if not isinstance(owner.__dict__["__init__"], types.FunctionType):
            raise NotFields
        function, names = fields_of(self.interp, known)
        if function is None:
            raise NotFields
        self.interp.frame.namespace.note_method(owner, "__init__")
        part = ir.Name(self.names.fresh(owner.__name__.lower()), span=call.span)
        args = tuple(map(self.expr, call.args))
        kwargs = tuple(ir.Keyword(k.name, self.expr(k.value)) for k in call.kwargs)
        made = ir.Call(ir.Ref(owner.__name__, known), args, kwargs, span=call.span)
        out = [ir.Assign(part, made, span=call.span)]
        for name in names:
            read = ir.Attr(replace(part), name, span=call.span)
            out.append(ir.Assign(self.local(name, call.span), read, span=call.span))
        return tuple(out)

    def local(self, name: str, span: Any) -> ir.Name:
        """The variable of a field."""
        if name not in self.locals:
            self.locals[name] = self.names.fresh(f"self_{name}")
        return ir.Name(self.locals[name], span=span)

    def expr(self, e: ir.Expr) -> ir.Expr:
        """An expression, with variables in place of the fields that have a value by now."""
        match e:
            case ir.Attr(value=ir.Name(id=self.self_), name=name) if name in self.locals:
                return self.local(name, e.span)
        return rebuild(e, self.expr)


def assigned(block: ir.Block, fields: dict[str, str]) -> set[str]:
    """The fields that get a value whichever way a block goes."""
    found: set[str] = set()
    for stmt in block:
        match stmt:
            case ir.Assign(target=ir.Name(id=target)):
                found.update(n for n, v in fields.items() if v == target)
            case ir.If(body=body, orelse=orelse):
                found |= assigned(body, fields) & assigned(orelse, fields)
    return found


def captured(function: ir.Function) -> set[str]:
    """The names that nested functions capture."""
    return {n for f in walk(function) if isinstance(f, ir.Function) and f is not function for n in f.free}
