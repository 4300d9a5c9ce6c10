"""Reads the text of a rule into IR: the small part of Python that rules are written in.

A template is never run. Its operands become `Hole`s, `bar[x]` and `dot[x]` become holes of that part, names of the
module that holds the rule become `Ref`s, its own temporaries stay `Name`s.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import dis
import inspect
import linecache
import textwrap
import types
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from s2sgrad.ir import nodes as ir

__all__ = ["RuleError", "Scope", "assigned", "operands_of", "read_expression", "read_function", "resolve", "select"]

PARTS = ("bar", "dot")
_FUTURE = annotations.compiler_flag  # does the module of a rule say `from __future__ import annotations`?

_BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}  # fmt: skip
_UNARY = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}
_COMPARE = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


class RuleError(ValueError):
    """A rule that is not written as rules are; the message names its file and line."""


@dataclass(frozen=True)
class Scope:
    """What the names in a template mean, and where the template stands."""

    label: str  # the primitive, for messages
    result: str
    operands: tuple[str, ...]
    namespace: Mapping[str, Any]
    file: str
    line: int  # of the first line of the text
    locals: frozenset[str] = frozenset()

    def error(self, message: str, node: ast.AST | None = None) -> RuleError:
        """The error to raise about a node of this template."""
        line = self.line + getattr(node, "lineno", 1) - 1
        return RuleError(f"{self.file}:{line}: rule for {self.label}: {message}")


# ---------------------------------------------------------------------------------------------------- names


def _captured_and_global(function: types.FunctionType) -> Mapping[str, Any]:
    """What the captured and global names of a function mean, at this moment."""
    captured = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not assigned yet
            captured[name] = cell.cell_contents
    return ChainMap(captured, function.__globals__)


def resolve(path: str, namespace: Mapping[str, Any]) -> ir.Ref:
    """The object that a dotted path reaches; raises KeyError or AttributeError where it reaches none."""
    first, *rest = path.split(".")
    root = value = namespace[first] if first in namespace else vars(builtins)[first]
    for name in rest:
        value = getattr(value, name)
    return ir.Ref(path, value, root if rest else None)


# ---------------------------------------------------------------------------------------------------- expressions


def read_expression(text: str, scope: Scope) -> ir.Expr:
    """The template that an expression's text states."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise scope.error(f"cannot parse `{text}`: {error.msg}") from None
    return _expression(tree.body, scope)


def _expression(node: ast.expr, scope: Scope) -> ir.Expr:
    def read(child: ast.expr) -> ir.Expr:
        return _expression(child, scope)

    match node:
        case ast.Constant():
            return ir.Const(node.value)
        case ast.Name():
            return _name(node, scope)
        case ast.Attribute():
            return _attribute(node, scope)
        case ast.Subscript(value=ast.Name(id=part)) if part in PARTS:
            return _hole(node, scope)
        case ast.Subscript():
            return ir.Index(read(node.value), read(node.slice))
        case ast.Slice():
            return ir.Slice(*(bound and read(bound) for bound in (node.lower, node.upper, node.step)))
        case ast.Tuple():
            return ir.Tuple(tuple(map(read, node.elts)))
        case ast.List():
            return ir.List(tuple(map(read, node.elts)))
        case ast.Starred():
            return ir.Starred(read(node.value))
        case ast.UnaryOp():
            return ir.Unary(_UNARY[type(node.op)], read(node.operand))
        case ast.BinOp():
            return ir.Binary(_BINARY[type(node.op)], read(node.left), read(node.right))
        case ast.BoolOp():
            return ir.BoolOp("and" if isinstance(node.op, ast.And) else "or", tuple(map(read, node.values)))
        case ast.Compare(ops=[op], comparators=[right]):
            return ir.Compare(_COMPARE[type(op)], read(node.left), read(right))
        case ast.IfExp():
            return ir.IfExp(read(node.test), read(node.body), read(node.orelse))
        case ast.Call():
            keywords = tuple(ir.Keyword(k.arg, read(k.value)) for k in node.keywords)
            return ir.Call(read(node.func), tuple(map(read, node.args)), keywords)
    raise scope.error(f"a rule cannot hold `{ast.unparse(node)}`: put it into a function and call that", node)


def _name(node: ast.Name, scope: Scope) -> ir.Expr:
    name = node.id
    if name == scope.result or name in scope.operands:
        return ir.Hole(name)
    if name in scope.locals:
        return ir.Name(name)
    if name in PARTS:
        raise scope.error(f"`{name}` stands alone: write {name}[...] of an operand", node)
    try:
        return resolve(name, scope.namespace)
    except KeyError:
        raise scope.error(f"the name `{name}` is neither an operand nor known in this module", node) from None


def _attribute(node: ast.Attribute, scope: Scope) -> ir.Expr:
    value = _expression(node.value, scope)
    known = isinstance(value, ir.Ref) and (isinstance(value.value, types.ModuleType) or callable(value.value))
    if not known:
        return ir.Attr(value, node.attr)
    try:
        found = getattr(value.value, node.attr)
    except AttributeError:
        raise scope.error(f"`{value.path}` has no `{node.attr}`", node) from None
    root = value.value if value.root is None else value.root
    return ir.Ref(f"{value.path}.{node.attr}", found, root)


def _hole(node: ast.Subscript, scope: Scope) -> ir.Hole:
    part = node.value.id
    if not isinstance(node.slice, ast.Name):
        raise scope.error(f"`{ast.unparse(node)}`: {part}[...] takes the name of an operand or of the result", node)
    name = node.slice.id
    if name != scope.result and name not in scope.operands:
        known = ", ".join((scope.result, *scope.operands))
        raise scope.error(f"{part}[{name}]: there is no operand `{name}`; there are {known}", node)
    reads = isinstance(node.ctx, ast.Load)
    if reads is (part == "bar") and name != scope.result:
        raise scope.error(f"bar[{name}] is read, but only bar[{scope.result}] is known", node)
    if reads and part == "dot" and name == scope.result:
        raise scope.error(f"dot[{name}] is read, but it is what the rule defines", node)
    if not reads and (part == "dot") is not (name == scope.result):
        wanted = f"dot[{scope.result}]" if part == "dot" else "bar[...] of an operand"
        raise scope.error(f"{part}[{name}] cannot be assigned: a rule assigns {wanted}", node)
    return ir.Hole(name, part)


# ---------------------------------------------------------------------------------------------------- statements


def read_function(function: types.FunctionType, scope: Scope) -> ir.Block:
    """The statements of a general rule, from the source of its function."""
    tree = _definition(function, scope)
    assigned = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    clash = assigned & {scope.result, *scope.operands, *PARTS}
    if clash:
        raise scope.error(f"the temporary `{min(clash)}` has the name of an operand or a marker", tree)
    body = tree.body[1:] if ast.get_docstring(tree, clean=False) is not None else tree.body
    return _block(body, replace(scope, namespace=_captured_and_global(function), locals=frozenset(assigned)))


def _definition(function: types.FunctionType, scope: Scope) -> ast.FunctionDef:
    """The syntax tree of a function. The text found must compile to the function itself."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    block = inspect.getblock(lines[code.co_firstlineno - 1 :]) if lines else []
    if not block:
        raise scope.error("its source cannot be found; rules are read from source, define it in a file")
    try:
        tree = ast.parse(textwrap.dedent("".join(block)))
    except SyntaxError as error:
        raise scope.error(f"its source cannot be parsed: {error.msg}") from None
    match tree.body:
        case [ast.FunctionDef() as definition] if _same_code(tree, function):
            return definition
    raise scope.error("the source found is not that of this function (was the file edited since it was loaded?)")


def _same_code(tree: ast.Module, function: types.FunctionType) -> bool:
    code = function.__code__
    compiled = compile(tree, code.co_filename, "exec", flags=code.co_flags & _FUTURE, dont_inherit=True)
    wanted = _instructions(code)
    return any(isinstance(c, types.CodeType) and _instructions(c) == wanted for c in compiled.co_consts)


def _instructions(code: types.CodeType) -> list[tuple[str, Any]]:
    """What a function does, save for what depends on its surroundings: imports above it, functions around it."""
    renamed = {"LOAD_METHOD": "LOAD_ATTR", "LOAD_DEREF": "LOAD_GLOBAL", "LOAD_CLASSDEREF": "LOAD_GLOBAL"}
    skipped = {"CACHE", "COPY_FREE_VARS", "EXTENDED_ARG", "MAKE_CELL", "NOP", "PRECALL", "PUSH_NULL", "RESUME"}
    return [
        (renamed.get(i.opname, i.opname), None if "JUMP" in i.opname else i.argval)
        for i in dis.get_instructions(code)
        if i.opname not in skipped
    ]


def _block(body: list[ast.stmt], scope: Scope) -> ir.Block:
    return tuple(_statement(node, scope) for node in body if not isinstance(node, ast.Pass))


def _statement(node: ast.stmt, scope: Scope) -> ir.Stmt:
    match node:
        case ast.Assign(targets=[ast.Name() | ast.Subscript(value=ast.Name(id="bar" | "dot")) as target]):
            value = _expression(node.value, scope)
            return ir.Assign(_expression(target, scope), value)
        case ast.If():
            return ir.If(_expression(node.test, scope), _block(node.body, scope), _block(node.orelse, scope))
        case ast.Raise(exc=ast.Call(), cause=None):
            return ir.Raise(_expression(node.exc, scope))
    text = ast.unparse(node).splitlines()[0]
    raise scope.error(
        f"`{text}`: a rule holds bar[...] = ..., dot[...] = ..., temporaries and `if` on what is known statically", node
    )


# ---------------------------------------------------------------------------------------------------- halves


def select(block: ir.Block, part: str) -> ir.Block:
    """The statements of a block that its assignments to `bar[...]` (or `dot[...]`) need."""
    return _select(block, part, set())


def _select(block: ir.Block, part: str, needed: set[str]) -> ir.Block:
    kept: list[ir.Stmt] = []
    for statement in reversed(block):
        match statement:
            case ir.If():
                before = set(needed)
                body = _select(statement.body, part, needed)
                orelse = _select(statement.orelse, part, before)
                needed |= before
                if body or orelse:
                    needed |= _names(statement.test)
                    kept.append(ir.If(statement.test, body, orelse))
            case ir.Assign(target=ir.Hole(part=p), value=value) if p == part:
                needed |= _names(value)
                kept.append(statement)
            case ir.Assign(target=ir.Name(id=name), value=value) if name in needed:
                needed |= _names(value)
                kept.append(statement)
            case ir.Raise():
                kept.append(statement)
    return tuple(reversed(kept))


def operands_of(block: ir.Block) -> frozenset[tuple[str, str]]:
    """The (name, part) of every `bar[...]` and `dot[...]` in a block."""
    found: set[tuple[str, str]] = set()
    _visit(block, lambda n: found.add((n.name, n.part)) if isinstance(n, ir.Hole) and n.part != "primal" else None)
    return frozenset(found)


def assigned(block: ir.Block, value: object) -> set[str]:
    """The operands x with `bar[x] = value` in a block, where value is this very object."""
    found: set[str] = set()

    def see(n: ir.Node) -> None:
        if isinstance(n, ir.Assign) and isinstance(n.target, ir.Hole) and isinstance(n.value, ir.Ref):
            if n.value.value is value:
                found.add(n.target.name)

    _visit(block, see)
    return found


def _names(node: ir.Node) -> set[str]:
    found: set[str] = set()
    _visit(node, lambda n: found.add(n.id) if isinstance(n, ir.Name) else None)
    return found


def _visit(node: Any, see: Callable[[ir.Node], object]) -> None:
    if isinstance(node, tuple):
        for item in node:
            _visit(item, see)
    elif isinstance(node, ir.Node):
        see(node)
        if not isinstance(node, (ir.Ref, ir.Const)):  # what these hold is a value of the program, not IR
            for name in node.__dataclass_fields__:
                _visit(getattr(node, name), see)
