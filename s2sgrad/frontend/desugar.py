"""Python's syntax tree becomes IR: every construct is said in the few words that the IR has, or refused by name.

Nothing is put into an order here yet: expressions stay nested, `break` and early `return` stay. What goes is sugar:
annotations, chained assignments and comparisons, and loops over anything but `range`, which become loops over indices:

    for x in xs: …            s = sequence(xs)
                              for k in range(len(s)):
                                  x = s[k]
"""

from __future__ import annotations

import builtins
import functools
import importlib
import operator
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn, Protocol

import gast

from s2sgrad import runtime
from s2sgrad.diagnostics import Span, UnsupportedError
from s2sgrad.frontend import comprehensions, contexts, iteration
from s2sgrad.frontend.patterns import bound_by_patterns, match
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.names import Names
from s2sgrad.ir.scopes import free_names

__all__ = ["MISSING", "REFUSED", "desugar"]

MISSING = type("Missing", (), {"__repr__": lambda self: "MISSING"})()
"""What `resolve` returns for a name that means nothing now."""

BINARY = {
    gast.Add: "+", gast.Sub: "-", gast.Mult: "*", gast.Div: "/", gast.FloorDiv: "//", gast.Mod: "%", gast.Pow: "**",
    gast.MatMult: "@", gast.LShift: "<<", gast.RShift: ">>", gast.BitAnd: "&", gast.BitOr: "|", gast.BitXor: "^",
}  # fmt: skip
UNARY = {gast.USub: "-", gast.UAdd: "+", gast.Invert: "~", gast.Not: "not"}
COMPARE = {
    gast.Lt: "<", gast.LtE: "<=", gast.Gt: ">", gast.GtE: ">=", gast.Eq: "==", gast.NotEq: "!=", gast.Is: "is",
    gast.IsNot: "is not", gast.In: "in", gast.NotIn: "not in",
}  # fmt: skip

HELPERS = frozenset(("sequence", "unpack", "is_sequence", "is_mapping", "choices", "all_indices"))

LIBRARIES = frozenset(("numpy", "math", "cmath"))  # modules whose functions write into no argument but `out`
LONG_CHAIN = 16  # so many tests in one `if … elif … elif …` may stay nested

_LIST = "write a list: [… for … in …]"
_ASYNC = ("S105", "asynchronous code has no derivative", "compute the values first; differentiate a plain function")
_GENERATOR = ("S104", "a generator has no derivative", "return a list or an array")
_DECLARATION = ("S109", "this writes a variable of an outer scope", "return the value, and assign it in the caller")
_TRY = ("S100", "groups of exceptions are not understood", "catch plain exceptions")

REFUSED: dict[type, tuple[str, str, str]] = {
    getattr(gast, name): reason
    for name, reason in {
        "TryStar": _TRY,
        "AsyncWith": _ASYNC,
        "Yield": _GENERATOR,
        "YieldFrom": _GENERATOR,
        "AsyncFunctionDef": _ASYNC,
        "AsyncFor": _ASYNC,
        "Await": _ASYNC,
        "GeneratorExp": ("S106", "a generator expression that is not consumed where it stands", _LIST),
        "ClassDef": ("S108", "a class inside a function", "define the class at module level"),
        "Global": _DECLARATION,
        "Nonlocal": _DECLARATION,
        "TypeAlias": ("S111", "a type alias inside a function", "define it at module level"),
        "TemplateStr": ("S113", "a template string is not understood", "use an f-string"),
    }.items()
    if hasattr(gast, name)
}
"""What is refused: the node of the syntax tree → code, message, hint."""

_DELETE = ("S103", "`del` of an attribute is not understood", "leave it out, or make a new object")
_CALLS: dict[str, tuple[str, str, str]] = {
    "super": (
        "S114",
        "`super()` needs the class that it was written in",
        "name the class whose method is meant: Base.method(self, …)",
    ),
    **dict.fromkeys(
        ("locals", "vars", "eval", "exec", "dir", "globals"),
        ("S115", "this looks at variables by name, which the derivative does not keep", "use a dict"),
    ),
}

OUTSIDE = (MISSING, type(builtins))  # what `__class__` means in a function that is no method: an attribute of builtins

Resolve = Callable[[str], Any]
Build = Callable[[], ir.Expr]  # makes the same expression anew at every call: no node may stand in two places


class Tree(Protocol):
    """What is read of a source: its syntax tree, and the file that its positions count in."""

    tree: gast.FunctionDef | gast.Lambda
    file: str


def desugar(source: Tree, resolve: Resolve) -> ir.Function:
    """The IR of a function's syntax tree; `resolve` tells what a name that the function does not bind means now."""
    return _Desugar(source, resolve).function(source.tree)


# --------------------------------------------------------------------------------------------------------- scopes


def _own_nodes(*roots: gast.AST) -> Iterator[gast.AST]:
    """The nodes below the roots that belong to the same scope: nested functions are yielded, but not entered."""
    todo = list(roots)
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)):
            todo += [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
        elif isinstance(node, gast.comprehension):
            todo += [node.iter, *node.ifs]  # the target is a variable of the comprehension's own
        elif not isinstance(node, gast.ClassDef):
            todo += gast.iter_child_nodes(node)


def _bound(*roots: gast.AST) -> set[str]:
    """The names that these nodes bind."""
    found = set()
    for node in _own_nodes(*roots):
        match node:
            case gast.Name() if not isinstance(node.ctx, gast.Load):
                found.add(node.id)
            case gast.FunctionDef() | gast.AsyncFunctionDef() | gast.ClassDef():
                found.add(node.name)
            case gast.alias():
                found.add((node.asname or node.name).partition(".")[0])
        found.update(bound_by_patterns(node))
    return found


def _parameters(args: gast.arguments) -> Iterator[tuple[gast.Name, str, gast.AST | None]]:
    """The parameters in order: name, kind, default."""
    plain = [*((a, "positional-only") for a in args.posonlyargs), *((a, "positional") for a in args.args)]
    missing = [None] * (len(plain) - len(args.defaults))
    for (arg, kind), default in zip(plain, missing + args.defaults):
        yield arg, kind, default
    if args.vararg:
        yield args.vararg, "star", None
    for arg, default in zip(args.kwonlyargs, args.kw_defaults):
        yield arg, "keyword", default
    if args.kwarg:
        yield args.kwarg, "starstar", None


# ------------------------------------------------------------------------------------------------------ iteration


@dataclass(frozen=True)
class _Items:
    """How to walk something by index: how many items, and the item at an index."""

    length: Build
    item: Callable[[Build], ir.Expr]
    over: tuple[str, ...] = ()  # the names of the sequences that are walked


def _plus(left: Build, right: Build) -> Build:
    """`left + right`; left out where one of them is a literal zero."""

    def build() -> ir.Expr:
        a, b = left(), right()
        if isinstance(a, ir.Const) and type(a.value) is int and a.value == 0:
            return b
        if isinstance(b, ir.Const) and type(b.value) is int and b.value == 0:
            return a
        return ir.Binary("+", a, b, span=a.span)

    return build


def _constant(value: Any, span: Span) -> Build:
    """A literal, wherever it is needed."""
    return lambda: ir.Const(value, span=span)


# ------------------------------------------------------------------------------------------------------- the pass


class _Desugar:
    """The walk over one function and those nested in it."""

    def __init__(self, source: Tree, resolve: Resolve) -> None:
        self.file = source.file
        self.resolve = resolve
        nodes = list(gast.walk(source.tree))
        names = [n for n in nodes if isinstance(n, gast.Name)]
        defined = [n.name for n in nodes if isinstance(n, gast.FunctionDef)]
        defined += [(n.asname or n.name).partition(".")[0] for n in nodes if isinstance(n, gast.alias)]
        defined += [name for n in nodes for name in bound_by_patterns(n)]
        self.bindings = Counter([*(n.id for n in names if not isinstance(n.ctx, gast.Load)), *defined])  # in any scope
        self.bound = set(self.bindings)
        self.imported: dict[str, Any] = {}  # modules and what they hold, by the only name that they get
        self.read = {n.id for n in names} - self.bound
        self.occurrences = Counter([*(n.id for n in names), *defined])
        self.names = Names(self.bound | self.read | HELPERS)
        self.scopes: list[set[str]] = []
        self.receivers: list[str | None] = []  # the first parameter of each function around, which `super()` means
        self.paths: dict[str, str] = {}

    def span(self, node: gast.AST) -> Span:
        """Where a node stands in the user's file."""
        return Span(self.file, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)

    def refuse(self, node: gast.AST, reason: tuple[str, str, str]) -> NoReturn:
        """Raise the refusal of a construct."""
        code, message, hint = reason
        raise UnsupportedError(code, message, self.span(node), hint)

    def builtin(self, node: gast.AST) -> str | None:
        """The name of the builtin that this node surely means, if it means one."""
        if not isinstance(node, gast.Name) or any(node.id in scope for scope in self.scopes):
            return None
        known = getattr(builtins, node.id, MISSING)
        return node.id if known is not MISSING and self.resolve(node.id) is known else None

    def ref(self, name: str, span: Span) -> ir.Ref:
        """A builtin or helper by name, whatever the user has made of that name."""
        value = getattr(builtins, name, None) or getattr(runtime, name)
        if name not in self.paths:
            taken = name in self.bound or (name in self.read and self.resolve(name) is not value)
            self.paths[name] = self.names.fresh(name) if taken else name
        return ir.Ref(self.paths[name], value, span=span)

    def call(self, name: str, span: Span, *args: ir.Expr) -> ir.Call:
        """A call of a builtin or helper."""
        return ir.Call(self.ref(name, span), args, span=span)

    # ---- functions

    def function(self, node: gast.FunctionDef | gast.Lambda) -> ir.Function:
        """A function; defaults are evaluated outside of it."""
        is_lambda = isinstance(node, gast.Lambda)
        params = tuple(self.param(*param) for param in _parameters(node.args))
        body = [node.body] if is_lambda else node.body
        self.scopes.append({param.name for param in params} | _bound(*body))
        first = params[0].name if params and params[0].name not in _bound(*body) else None
        self.receivers.append(first if len(self.receivers) == 0 else None)
        doc = None
        if is_lambda:
            block: ir.Block = (ir.Return(self.expr(node.body), span=self.span(node.body)),)
        else:
            doc = gast.get_docstring(node, clean=False)
            self.check_declarations(body)
            block = self.block(body[1:] if doc is not None else body, self.span(node))
        local = self.scopes.pop()
        self.receivers.pop()
        name = self.names.fresh("function") if is_lambda else node.name
        fn = ir.Function(name, params, block, (), doc, span=self.span(node))
        free = free_names(fn)
        if not local.isdisjoint(free):
            self.refuse_unassigned(node, min(local & set(free)))
        return replace(fn, free=free)

    def refuse_unassigned(self, node: gast.AST, name: str) -> NoReturn:
        """A name that an annotation without a value makes local: reading it is an error in Python."""
        reads = [n for n in gast.walk(node) if isinstance(n, gast.Name) and n.id == name]
        message = f"`{name}` is local here, but never assigned"
        self.refuse(reads[-1], ("S116", message, f"assign `{name}`, or rename it if a global is meant"))

    def param(self, arg: gast.Name, kind: str, default: gast.AST | None) -> ir.Param:
        """A parameter. What the outermost function's defaults are is known from its object, not from its text."""
        value = None
        if default is not None:
            try:
                value = self.expr(default)
            except UnsupportedError:
                if self.scopes:
                    raise
                value = ir.Const(None, span=self.span(default))
        return ir.Param(arg.id, kind, value, span=self.span(arg))

    def check_declarations(self, body: list[gast.AST]) -> None:
        """Refuse `global` and `nonlocal` for a name that is written here, or that has a nearer meaning."""
        nodes = list(_own_nodes(*body))
        declared = {name: n for n in nodes if isinstance(n, (gast.Global, gast.Nonlocal)) for name in n.names}
        if not declared:
            return
        bound = self.scopes[-1]
        for name, node in declared.items():
            hidden = isinstance(node, gast.Global) and any(name in scope for scope in self.scopes[:-1])
            if name in bound or hidden:
                self.refuse(node, REFUSED[type(node)])

    # ---- statements

    def block(self, nodes: Iterable[gast.AST], span: Span) -> ir.Block:
        """A block of statements, never empty."""
        out: list[ir.Stmt] = []
        for node in nodes:
            self.statement(node, out)
        return tuple(out) or (ir.Pass(span=span),)

    def statement(self, node: gast.AST, out: list[ir.Stmt]) -> None:
        """One statement of Python, which may be several of the IR, or none."""
        kind = type(node)
        if kind in REFUSED and kind not in (gast.Global, gast.Nonlocal):
            self.refuse(node, REFUSED[kind])
        getattr(self, "do_" + kind.__name__)(node, out)

    def do_Global(self, node: gast.Global, out: list[ir.Stmt]) -> None:
        """Changes nothing for a name that is only read (see `check_declarations`)."""

    do_Nonlocal = do_Global

    def do_Expr(self, node: gast.Expr, out: list[ir.Stmt]) -> None:
        out.append(ir.Evaluate(self.expr(node.value), span=self.span(node)))

    def do_Assign(self, node: gast.Assign, out: list[ir.Stmt]) -> None:
        """`a = b = v` evaluates once, and assigns from left to right."""
        value, span = self.expr(node.value), self.span(node)
        first, *rest = node.targets
        if not rest:
            self.assign(first, value, span, out)
            return
        named = isinstance(first, gast.Name)
        rebound = _bound(*(rest if named else node.targets))
        if isinstance(value, (ir.Name, ir.Const)) and getattr(value, "id", None) not in rebound:
            shared, rest = value, node.targets
        else:
            if not (named and first.id not in rebound):
                first, rest = gast.Name(self.names.fresh("t"), gast.Store(), None, None), node.targets
            shared = ir.Name(first.id, span=span)
            out.append(ir.Assign(replace(shared), value, span=span))
        for target in rest:
            self.assign(target, replace(shared), span, out)

    def assign(self, target: gast.AST, value: ir.Expr, span: Span, out: list[ir.Stmt]) -> None:
        """A write to one target."""
        kind = ir.Store if isinstance(target, (gast.Attribute, gast.Subscript)) else ir.Assign
        out.append(kind(self.expr(target), value, span=span))

    def do_AnnAssign(self, node: gast.AnnAssign, out: list[ir.Stmt]) -> None:
        if node.value is not None:
            self.assign(node.target, self.expr(node.value), self.span(node), out)

    def do_AugAssign(self, node: gast.AugAssign, out: list[ir.Stmt]) -> None:
        target, op, span = self.expr(node.target), BINARY[type(node.op)], self.span(node)
        if isinstance(node.target, gast.Name):
            out.append(ir.AugAssign(target, op, self.expr(node.value), span=span))
            return
        calls = (n for n in _own_nodes(node.value) if isinstance(n, gast.Call))
        out.append(ir.Augment(target, op, self.expr(node.value), stepwise=not all(map(self.is_safe, calls)), span=span))

    def is_safe(self, node: gast.Call) -> bool:
        """Whether this calls a builtin or a function of a library's module, which changes no array that it is given."""
        func = node.func
        if any(keyword.arg == "out" for keyword in node.keywords):
            return False
        if self.builtin(func) is not None:
            return True
        while isinstance(func, gast.Attribute) and isinstance(func.value, gast.Attribute):
            func = func.value
        root = func.value if isinstance(func, gast.Attribute) else None
        if not isinstance(root, gast.Name) or any(root.id in scope for scope in self.scopes):
            return False
        module = self.resolve(root.id)
        return isinstance(module, types.ModuleType) and module.__name__ in LIBRARIES

    def do_If(self, node: gast.If, out: list[ir.Stmt]) -> None:
        """A chain of `elif` is nested, as in Python's own tree; a long one is laid flat, for it would nest too deep."""
        chain = [node]
        while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], gast.If):
            chain.append(chain[-1].orelse[0])
        if len(chain) > LONG_CHAIN:
            self.flat_chain(chain, out)
            return
        span = self.span(node)
        test, body = self.expr(node.test), self.block(node.body, span)
        out.append(ir.If(test, body, self.block(node.orelse, span) if node.orelse else (), span=span))

    def flat_chain(self, chain: list[gast.If], out: list[ir.Stmt]) -> None:
        """`if a: … elif b: … elif c: …` as `if` statements side by side, each run if none before it was taken."""
        test, todo = self.names.fresh("t"), self.names.fresh("todo")
        block = out
        for node in chain:
            span = self.span(node)
            block.append(ir.Assign(ir.Name(test, span=span), self.expr(node.test), span=span))
            negated = ir.Unary("not", ir.Name(test, span=span), span=span)
            block.append(ir.Assign(ir.Name(todo, span=span), negated, span=span))
            block.append(ir.If(ir.Name(test, span=span), self.block(node.body, span), span=span))
            if block is not out:
                out.append(ir.If(ir.Name(todo, span=span), tuple(block), span=span))
            block = []
        if chain[-1].orelse:
            span = self.span(chain[-1])
            out.append(ir.If(ir.Name(todo, span=span), self.block(chain[-1].orelse, span), span=span))

    def do_While(self, node: gast.While, out: list[ir.Stmt]) -> None:
        span = self.span(node)
        test, body = self.expr(node.test), self.block(node.body, span)
        out.append(ir.While(test, body, self.block(node.orelse, span) if node.orelse else (), span=span))

    def do_Break(self, node: gast.Break, out: list[ir.Stmt]) -> None:
        out.append(ir.Break(span=self.span(node)))

    def do_Continue(self, node: gast.Continue, out: list[ir.Stmt]) -> None:
        out.append(ir.Continue(span=self.span(node)))

    def do_Pass(self, node: gast.Pass, out: list[ir.Stmt]) -> None:
        out.append(ir.Pass(span=self.span(node)))

    def do_Return(self, node: gast.Return, out: list[ir.Stmt]) -> None:
        out.append(ir.Return(self.optional(node.value), span=self.span(node)))

    def do_Assert(self, node: gast.Assert, out: list[ir.Stmt]) -> None:
        out.append(ir.Assert(self.expr(node.test), self.optional(node.msg), span=self.span(node)))

    def do_Raise(self, node: gast.Raise, out: list[ir.Stmt]) -> None:
        out.append(ir.Raise(self.optional(node.exc), self.optional(node.cause), span=self.span(node)))

    def do_FunctionDef(self, node: gast.FunctionDef, out: list[ir.Stmt]) -> None:
        """Decorators are called, the last one first; those that change nothing of what a function computes are not."""
        span = self.span(node)
        decorators = [d for d in node.decorator_list if not self.is_transparent(d)]
        if not decorators:
            out.append(ir.Define(node.name, self.function(node), span=span))
            return
        calls = [self.keep(self.expr(d), "decorator", self.span(d), out) for d in decorators]
        inner = self.names.fresh(node.name)
        out.append(ir.Define(inner, replace(self.function(node), name=inner), span=span))
        value: ir.Expr = ir.Name(inner, span=span)
        for decorator in reversed(calls):
            value = ir.Call(decorator(), (value,), span=span)
        out.append(ir.Assign(ir.Name(node.name, span=span), value, span=span))

    def is_transparent(self, node: gast.AST) -> bool:
        """Whether a decorator leaves alone what a function computes."""
        if isinstance(node, gast.Call) and self.meaning(node.func) in (functools.lru_cache, functools.wraps):
            return True
        return self.meaning(node) in (functools.cache, functools.lru_cache)

    def meaning(self, node: gast.AST) -> Any:
        """What a name, or an attribute of a module by its name, surely means now; else MISSING."""
        if isinstance(node, gast.Attribute):
            owner = self.meaning(node.value)
            return getattr(owner, node.attr, MISSING) if isinstance(owner, types.ModuleType) else MISSING
        if not isinstance(node, gast.Name):
            return MISSING
        if node.id in self.imported:
            return self.imported[node.id]
        return MISSING if any(node.id in scope for scope in self.scopes) else self.resolve(node.id)

    def do_Delete(self, node: gast.Delete, out: list[ir.Stmt]) -> None:
        """A variable that is deleted is read no more: nothing is done. The items of containers are deleted."""
        for target in node.targets:
            if isinstance(target, gast.Subscript):
                args = self.expr(target.value), self.expr(target.slice)
                span = self.span(target)
                if isinstance(args[1], ir.Slice):  # of a list: it is assigned nothing
                    place = ir.Index(*args, span=span)
                    out.append(ir.Store(place, ir.List((), span=span), span=span))
                    continue
                out.append(
                    ir.Evaluate(ir.Call(ir.Ref("delitem", operator.delitem, span=span), args, span=span), span=span)
                )
            elif not isinstance(target, gast.Name):
                self.refuse(target, _DELETE)

    def do_With(self, node: gast.With, out: list[ir.Stmt]) -> None:
        contexts.with_statement(self, node, out)

    def do_Try(self, node: gast.Try, out: list[ir.Stmt]) -> None:
        contexts.try_statement(self, node, out)

    def do_Match(self, node: gast.Match, out: list[ir.Stmt]) -> None:
        match(self, node, out)

    # ---- imports

    def do_Import(self, node: gast.Import, out: list[ir.Stmt]) -> None:
        """A module is what it is when the function is compiled."""
        for alias in node.names:
            module = self.module(alias.name)
            if alias.asname is None and "." in alias.name and module is not None:
                module = sys.modules[alias.name.partition(".")[0]]
            self.bind_import(alias.asname or alias.name.partition(".")[0], module, alias.name, node, out)

    def do_ImportFrom(self, node: gast.ImportFrom, out: list[ir.Stmt]) -> None:
        name = "." * (node.level or 0) + (node.module or "")
        module = self.module(name)
        for alias in node.names:
            value = getattr(module, alias.name, None) if module is not None else None
            if value is None and isinstance(module, types.ModuleType) and hasattr(module, "__path__"):
                value = self.module(f"{module.__name__}.{alias.name}")
            self.bind_import(alias.asname or alias.name, value, f"{name}.{alias.name}", node, out)

    def module(self, name: str) -> types.ModuleType | None:
        """A module by name; None if there is none."""
        package = self.resolve("__package__") if name.startswith(".") else None
        try:
            return importlib.import_module(name, package if isinstance(package, str) else None)
        except ImportError:
            return None

    def bind_import(self, name: str, value: Any, source: str, node: gast.AST, out: list[ir.Stmt]) -> None:
        """`name = value`; what is not there raises an error when the program comes to it."""
        span = self.span(node)
        if value is None:
            message = ir.Const(f"cannot import {source!r}", span=span)
            out.append(ir.Raise(self.call("ImportError", span, message), span=span))
            return
        path = self.names.fresh(getattr(value, "__name__", name).split(".")[-1].strip("<>") or name)
        if self.bindings[name] == 1:
            self.imported[name] = value
        out.append(ir.Assign(ir.Name(name, span=span), ir.Ref(path, value, span=span), span=span))

    # ---- loops

    def do_For(self, node: gast.For, out: list[ir.Stmt]) -> None:
        """Over `range` as it is; over anything else by index."""
        if isinstance(node.iter, gast.GeneratorExp) and len(node.iter.generators) == 1:
            node = comprehensions.as_loop(self, node)
        span = self.span(node)
        orelse_of = lambda: self.block(node.orelse, span) if node.orelse else ()  # noqa: E731
        iter, target, over, body = self.walked(node.iter, node.target, node.body, out)
        body.extend(self.block(node.body, span))
        name = ir.Name(target, span=self.span(node.target))
        out.append(ir.For(name, iter, tuple(body), orelse_of(), over=over, span=span))

    def walked(
        self, iter: gast.AST, target: gast.AST, inside: list[gast.AST], out: list[ir.Stmt]
    ) -> tuple[ir.Call, str, tuple[str, ...], list[ir.Stmt]]:
        """How a loop over an iterable is made one over a range: the range, the index, and how each trip begins."""
        span = self.span(target)
        body: list[ir.Stmt] = []
        counted = self.counted(iter, out)
        if counted is not None:
            simple = isinstance(target, gast.Name) and target.id not in _bound(*inside)
            index = target.id if simple else self.names.fresh("k")
            if not simple:
                self.assign(target, ir.Name(index, span=span), span, body)
            return counted, index, (), body
        backwards = self.is_reversed(iter)
        items = self.items(iter.args[0] if backwards else iter, out)
        index, skip = self.index_name(iter, target, inside, backwards)
        self.assign_item(target, items.item(lambda: ir.Name(index, span=span)), skip, body)
        return self.trips(items.length(), backwards, span), index, items.over, body

    def trips(self, length: ir.Expr, backwards: bool, span: Span) -> ir.Call:
        """`range(length)`, or the same backwards."""
        if not backwards:
            return self.call("range", span, length)
        last = ir.Binary("-", length, ir.Const(1, span=span), span=span)
        return self.call("range", span, last, ir.Const(-1, span=span), ir.Const(-1, span=span))

    def is_call(self, node: gast.AST, name: str, least: int, most: int | None = None) -> bool:
        """Whether this is a plain call of that builtin with so many arguments."""
        return (
            isinstance(node, gast.Call)
            and least <= len(node.args) <= (least if most is None else most)
            and not node.keywords
            and not any(isinstance(arg, gast.Starred) for arg in node.args)
            and self.builtin(node.func) == name
        )

    def counted(self, node: gast.AST, out: list[ir.Stmt]) -> ir.Call | None:
        """The call of `range` for a loop over `range(…)` or over `reversed(range(a, b))`."""
        span = self.span(node)
        if self.is_call(node, "range", 1, 3):
            return ir.Call(self.ref("range", span), tuple(map(self.expr, node.args)), span=span)
        if not (self.is_call(node, "reversed", 1) and self.is_call(node.args[0], "range", 1, 2)):
            return None
        *first, last = node.args[0].args
        if not first:
            start = _constant(0, span)
        elif isinstance(first[0], gast.Name) and isinstance(last, (gast.Name, gast.Constant)):
            start = lambda: self.expr(first[0])  # noqa: E731
        else:
            start = self.once(first[0], "start", out)
        stop = self.expr(last)
        before = lambda e: (  # noqa: E731
            ir.Const(e.value - 1, span=span)
            if isinstance(e, ir.Const) and type(e.value) is int
            else ir.Binary("-", e, ir.Const(1, span=span), span=span)
        )
        return ir.Call(self.ref("range", span), (before(stop), before(start()), ir.Const(-1, span=span)), span=span)

    def once(self, node: gast.AST, hint: str, out: list[ir.Stmt]) -> Build:
        """Evaluate now, so that the value can be used later, any number of times."""
        value, span = self.expr(node), self.span(node)
        if isinstance(value, ir.Const):
            return _constant(value.value, span)
        return self.keep(value, hint, span, out)

    def keep(self, value: ir.Expr, hint: str, span: Span, out: list[ir.Stmt]) -> Build:
        """Give a value a name."""
        name = self.names.fresh(hint)
        out.append(ir.Assign(ir.Name(name, span=span), value, span=span))
        return lambda: ir.Name(name, span=span)

    def items(self, node: gast.AST, out: list[ir.Stmt]) -> _Items:
        """Evaluate an iterable once, and tell how to walk it."""
        known = iteration.items(self, node, out)
        if known is not None:
            return known
        if self.is_call(node, "range", 1, 3):
            return self.items_of_range(node, out)
        if self.is_enumerate(node):
            return self.items_of_enumerate(node, out)
        if self.is_call(node, "zip", 1, len(getattr(node, "args", ()))):
            return self.items_of_zip(node, out)
        if self.is_reversed(node):
            return self.items_of_reversed(node, out)
        if isinstance(node, gast.GeneratorExp) and len(node.generators) == 1 and not node.generators[0].ifs:
            return self.items_of_generator(node, out)
        return self.items_of_sequence(node, out)

    def walk(self, length: Build, item: Callable[[Build], ir.Expr]) -> _Items:
        """How to walk something that is no sequence of the user's."""
        return _Items(length, item)

    def items_of_sequence(self, node: gast.AST, out: list[ir.Stmt]) -> _Items:
        value, span = self.expr(node), self.span(node)
        if not isinstance(value, (ir.Tuple, ir.List)):
            value = self.call("sequence", span, value)
        seq = self.keep(value, "seq", span, out)
        return _Items(lambda: self.call("len", span, seq()), lambda k: ir.Index(seq(), k(), span=span), (seq().id,))

    def items_of_generator(self, node: gast.GeneratorExp, out: list[ir.Stmt]) -> _Items:
        """Each item is made when its turn comes, as Python does."""
        node, span = comprehensions.apart(self, node), self.span(node)
        clause = node.generators[0]
        inner = self.items(clause.iter, out)

        def item(k: Build) -> ir.Expr:
            body: list[ir.Stmt] = []
            self.assign_item(clause.target, inner.item(k), False, body)
            return ir.Do(tuple(body), self.expr(node.elt), span=span)

        return _Items(inner.length, item, inner.over)

    def items_of_range(self, node: gast.Call, out: list[ir.Stmt]) -> _Items:
        span = self.span(node)
        if len(node.args) == 1:
            return _Items(self.once(node.args[0], "end", out), lambda k: k())
        start, *others = ends = [self.once(arg, hint, out) for arg, hint in zip(node.args, ("start", "end", "step"))]
        step = others[1] if len(others) == 2 else None

        def item(k: Build) -> ir.Expr:
            return _plus(start, k if step is None else lambda: ir.Binary("*", k(), step(), span=span))()

        def length() -> ir.Expr:
            return self.call("len", span, self.call("range", span, *(end() for end in ends)))

        return _Items(length, item)

    def is_enumerate(self, node: gast.AST) -> bool:
        """Whether this is `enumerate(it)`, `enumerate(it, start)` or `enumerate(it, start=start)`."""
        if self.is_call(node, "enumerate", 1, 2):
            return True
        return (
            isinstance(node, gast.Call)
            and self.builtin(node.func) == "enumerate"
            and len(node.args) == 1
            and not isinstance(node.args[0], gast.Starred)
            and [keyword.arg for keyword in node.keywords] == ["start"]
        )

    def items_of_enumerate(self, node: gast.Call, out: list[ir.Stmt]) -> _Items:
        span = self.span(node)
        inner = self.items(node.args[0], out)
        starts = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        start = self.once(starts[0], "start", out) if starts else _constant(0, span)
        return _Items(inner.length, lambda k: ir.Tuple((_plus(start, k)(), inner.item(k)), span=span), inner.over)

    def items_of_zip(self, node: gast.Call, out: list[ir.Stmt]) -> _Items:
        span = self.span(node)
        parts = [self.items(arg, out) for arg in node.args]

        def length() -> ir.Expr:
            lengths = [part.length() for part in parts]
            lengths = [e for e in lengths if not iteration.endless(e)] or lengths[:1]
            return lengths[0] if len(lengths) == 1 else self.call("min", span, *lengths)

        over = tuple(name for part in parts for name in part.over)
        return _Items(length, lambda k: ir.Tuple(tuple(part.item(k) for part in parts), span=span), over)

    def is_reversed(self, node: gast.AST) -> bool:
        """Whether this is `reversed` of something that Python can reverse; the rest fails at run time, as it should."""
        if not self.is_call(node, "reversed", 1):
            return False
        inner = node.args[0]
        return not (isinstance(inner, gast.Call) and self.builtin(inner.func) in ("zip", "enumerate", "reversed"))

    def items_of_reversed(self, node: gast.Call, out: list[ir.Stmt]) -> _Items:
        span, items = self.span(node), self.items(node.args[0], out)
        last = self.keep(ir.Binary("-", items.length(), ir.Const(1, span=span), span=span), "last", span, out)
        return _Items(items.length, lambda k: items.item(lambda: ir.Binary("-", last(), k(), span=span)), items.over)

    def index_name(self, iter: gast.AST, target: gast.AST, inside: list[gast.AST], backwards: bool) -> tuple[str, bool]:
        """The index of a loop: the user's own where `enumerate` counts from 0 and the body does not touch the count."""
        if self.is_call(iter, "enumerate", 1) and not backwards:
            if isinstance(target, (gast.Tuple, gast.List)) and len(target.elts) == 2:
                count, item = target.elts
                if isinstance(count, gast.Name) and count.id not in _bound(item, *inside):
                    return count.id, True
        return self.names.fresh("k"), False

    def assign_item(self, target: gast.AST, item: ir.Expr, skip_count: bool, out: list[ir.Stmt]) -> None:
        """`target = item`, part by part where the item is written as a tuple and all targets are names."""
        parts = getattr(target, "elts", None)
        paired = parts is not None and isinstance(item, ir.Tuple) and len(parts) == len(item.items)
        if not paired or not all(isinstance(n, (gast.Name, gast.Tuple, gast.List)) for n in _targets(target)):
            self.assign(target, item, self.span(target), out)
            return
        for i, (part, value) in enumerate(zip(parts, item.items)):
            if not (skip_count and i == 0):
                self.assign_item(part, value, False, out)

    # ---- expressions

    def optional(self, node: gast.AST | None) -> ir.Expr | None:
        return None if node is None else self.expr(node)

    def exprs(self, nodes: Iterable[gast.AST]) -> tuple[ir.Expr, ...]:
        return tuple(map(self.expr, nodes))

    def expr(self, node: gast.AST) -> ir.Expr:
        """An expression, or the target of an assignment."""
        kind = type(node)
        if kind in REFUSED:
            self.refuse(node, REFUSED[kind])
        return getattr(self, "on_" + kind.__name__)(node, self.span(node))

    def on_Name(self, node: gast.Name, span: Span) -> ir.Expr:
        return ir.Name(node.id, span=span)

    def on_Constant(self, node: gast.Constant, span: Span) -> ir.Expr:
        return ir.Const(node.value, span=span)

    def on_Attribute(self, node: gast.Attribute, span: Span) -> ir.Expr:
        return ir.Attr(self.expr(node.value), node.attr, span=span)

    def on_Subscript(self, node: gast.Subscript, span: Span) -> ir.Expr:
        return ir.Index(self.expr(node.value), self.expr(node.slice), span=span)

    def on_Slice(self, node: gast.Slice, span: Span) -> ir.Expr:
        return ir.Slice(self.optional(node.lower), self.optional(node.upper), self.optional(node.step), span=span)

    def on_Tuple(self, node: gast.Tuple, span: Span) -> ir.Expr:
        return ir.Tuple(self.exprs(node.elts), span=span)

    def on_List(self, node: gast.List, span: Span) -> ir.Expr:
        return ir.List(self.exprs(node.elts), span=span)

    def on_Set(self, node: gast.Set, span: Span) -> ir.Expr:
        return self.call("set", span, ir.List(self.exprs(node.elts), span=span))

    def on_ListComp(self, node: gast.ListComp, span: Span) -> ir.Expr:
        return comprehensions.comprehension(self, node, span)

    on_SetComp = on_DictComp = on_ListComp

    def on_Dict(self, node: gast.Dict, span: Span) -> ir.Expr:
        return ir.Dict(tuple(map(self.optional, node.keys)), self.exprs(node.values), span=span)

    def on_Starred(self, node: gast.Starred, span: Span) -> ir.Expr:
        return ir.Starred(self.expr(node.value), span=span)

    def on_UnaryOp(self, node: gast.UnaryOp, span: Span) -> ir.Expr:
        op, operand = UNARY[type(node.op)], self.expr(node.operand)
        if op == "-" and isinstance(operand, ir.Const) and type(operand.value) in (int, float):
            return ir.Const(-operand.value, span=span)  # Python has no negative literals; the IR does
        return ir.Unary(op, operand, span=span)

    def on_BinOp(self, node: gast.BinOp, span: Span) -> ir.Expr:
        """Sums of thousands of terms lean to the left: walk down that side without recursion."""
        spine = [node]
        while isinstance(spine[-1].left, gast.BinOp):
            spine.append(spine[-1].left)
        value = self.expr(spine[-1].left)
        for part in reversed(spine):
            value = ir.Binary(BINARY[type(part.op)], value, self.expr(part.right), span=self.span(part))
        return value

    def on_BoolOp(self, node: gast.BoolOp, span: Span) -> ir.Expr:
        op = "and" if isinstance(node.op, gast.And) else "or"
        return ir.BoolOp(op, self.exprs(node.values), span=span)

    def on_Compare(self, node: gast.Compare, span: Span) -> ir.Expr:
        """`a < b < c` is `a < (t := b) and t < c`."""
        left, links = self.expr(node.left), []
        for i, (op, right) in enumerate(zip(node.ops, node.comparators)):
            value = self.expr(right)
            following = value
            if i + 1 < len(node.ops):
                if isinstance(value, (ir.Name, ir.Const)):
                    following = replace(value)
                else:
                    following = ir.Name(self.names.fresh("t"), span=value.span)
                    value = ir.Walrus(replace(following), value, span=value.span)
            links.append(ir.Compare(COMPARE[type(op)], left, value, span=span))
            left = following
        return links[0] if len(links) == 1 else ir.BoolOp("and", tuple(links), span=span)

    def on_IfExp(self, node: gast.IfExp, span: Span) -> ir.Expr:
        test = self.expr(node.test)
        return ir.IfExp(test, self.expr(node.body), self.expr(node.orelse), span=span)

    def on_NamedExpr(self, node: gast.NamedExpr, span: Span) -> ir.Expr:
        return ir.Walrus(ir.Name(node.target.id, span=self.span(node.target)), self.expr(node.value), span=span)

    def on_Lambda(self, node: gast.Lambda, span: Span) -> ir.Expr:
        return ir.Closure(self.function(node), span=span)

    def on_Call(self, node: gast.Call, span: Span) -> ir.Expr:
        name = self.builtin(node.func)
        known = self.receivers and self.receivers[-1] is not None and self.resolve("__class__") not in OUTSIDE
        if name == "super" and not node.args and known:
            around = ir.Name("__class__", span=span), ir.Name(self.receivers[-1], span=span)
            return ir.Call(self.ref("super", span), around, span=span)
        if name in _CALLS and not (name in ("super", "vars", "dir") and node.args):
            self.refuse(node, _CALLS[name])
        consumed = comprehensions.consumed(self, node, span)
        if consumed is not None:
            return consumed
        func, args = self.expr(node.func), self.exprs(node.args)
        kwargs = tuple(ir.Keyword(k.arg, self.expr(k.value), span=self.span(k.value)) for k in node.keywords)
        return ir.Call(func, args, kwargs, span=span)

    def on_JoinedStr(self, node: gast.JoinedStr, span: Span) -> ir.Expr:
        return ir.Format(tuple(self.format_part(part) for part in node.values), span=span)

    def format_part(self, node: gast.AST) -> str | ir.FormatField:
        """A piece of an f-string."""
        if isinstance(node, gast.Constant):
            return node.value
        spec = None if node.format_spec is None else self.expr(node.format_spec)
        return ir.FormatField(self.expr(node.value), node.conversion, spec, span=self.span(node))


def _targets(target: gast.AST) -> Iterator[gast.AST]:
    """A target and the targets in it."""
    yield target
    for part in getattr(target, "elts", ()):
        yield from _targets(part)
