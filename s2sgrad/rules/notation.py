"""How derivatives are written: once, as mathematics.

    elementwise("y = np.tanh(x)",      "1 - y*y")            # one ∂y/∂operand each; None where there is none
    elementwise("y = np.divide(x, z)", "1 / z", "-y / z")
    zero(np.floor, np.argmax)                                # the derivative is zero, or the result no real quantity

    @rule(np.linalg.inv)                                     # result's name first, then the primitive's signature
    def inv(y, x):
        dot[y] = -y @ dot[x] @ y
        bar[x] = -y.T @ bar[y] @ y.T

The body of a rule is read, never run: `dot[y] = …` states the tangent of the result, each `bar[x] = …` a contribution
to the adjoint of an operand. Between them stand temporaries and `if` statements (in `elementwise`, `a if test else b`)
on what the compiler knows: None or not, literal values, `x.ndim`, `x.dtype`. Where a test cannot be decided, its last
`else` is taken: the general case stands last.

Containers keep their structure. For `*args`, `bar[args]` is a list, one contribution for each argument; for an operand
that is a list or tuple, `bar[xs]` is a list, one for each item; for a result that is a tuple, `bar[y][i]` is the
adjoint of item i and `dot[y]` a tuple. Tangents have the same form.

An operand that the rule does not name has derivative zero. Where there is a derivative and it is not stated, the rule
says `bar[x] = refused`.
"""

from __future__ import annotations

import builtins
import cmath
import inspect
import math
import operator
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from s2sgrad.ir.nodes import Block, Expr, Ref
from s2sgrad.rules import template
from s2sgrad.rules.template import RuleError, Scope

__all__ = [
    "Rule",
    "RuleError",
    "also",
    "attributes",
    "bar",
    "dot",
    "elementwise",
    "methods",
    "operators",
    "refused",
    "rule",
    "zero",
]

ALIASING = ("fresh", "view", "maybe")


class _Marker:
    """Stands in a rule for adjoints or tangents. Rules are read, not run."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, operand: Any) -> Any:
        raise TypeError(f"{self.name}[...] belongs into the body of a rule, which is read and never run")

    def __setitem__(self, operand: Any, value: Any) -> None:
        self[operand]

    def __repr__(self) -> str:
        return self.name


bar = _Marker("bar")
dot = _Marker("dot")
refused = _Marker("refused")


@dataclass(frozen=True, eq=False)
class Rule:
    """The derivative of one primitive. Its text is parsed when it is first asked for."""

    target: Callable[..., Any]
    path: Ref
    signature: inspect.Signature
    result: str
    family: str  # "elementwise", "general" or "zero"
    aliasing: str = "fresh"  # may the result share memory with an operand: "fresh", "view" or "maybe"
    lists: bool = False  # does the text take operands that are lists? Else they are made arrays first
    text: tuple[str | None, ...] | types.FunctionType = field(default=(), repr=False)
    scope: Scope | None = field(default=None, repr=False)

    @cached_property
    def partials(self) -> dict[str, Expr]:
        """Of an elementwise rule: operand → ∂result/∂operand."""
        if self.family != "elementwise":
            return {}
        pairs = zip(self.signature.parameters, self.text, strict=True)
        return {name: template.read_expression(text, self.scope) for name, text in pairs if text is not None}

    @cached_property
    def body(self) -> Block:
        """Of a general rule: its statements, as written."""
        if self.family != "general":
            return ()
        body = template.read_function(self.text, self.scope)
        self._check(template.operands_of(body), template.assigned(body, refused))
        return body

    @cached_property
    def tangent(self) -> Block:
        """Of a general rule: the statements that define `dot[result]`; none if it has no forward mode."""
        return template.select(self.body, "dot") if (self.result, "dot") in template.operands_of(self.body) else ()

    @cached_property
    def pullback(self) -> Block:
        """Of a general rule: the statements that contribute to `bar[operand]`; none if it has no reverse mode."""
        named = template.operands_of(self.body)
        return template.select(self.body, "bar") if any((o, "bar") in named for o in self.operands) else ()

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The operands with a derivative, in the order of the signature."""
        if self.family == "elementwise":
            return tuple(name for name, text in zip(self.signature.parameters, self.text, strict=True) if text)
        named = {name for name, _ in template.operands_of(self.body)}
        return tuple(name for name in self.signature.parameters if name in named)

    @cached_property
    def refused(self) -> frozenset[str]:
        """The operands whose derivative exists, and is not known to this rule: `bar[x] = refused`."""
        return frozenset(template.assigned(self.body, refused)) if self.family == "general" else frozenset()

    def _check(self, named: frozenset[tuple[str, str]], unknown: set[str]) -> None:
        pulled = {name for name, part in named if part == "bar"} - {self.result} - unknown
        pushed = {name for name, part in named if part == "dot"} - {self.result}
        if not pulled and (self.result, "dot") not in named:
            raise self.scope.error("it assigns neither dot[...] nor bar[...]")
        if pulled and (self.result, "dot") in named and pulled != pushed:
            name = min(pulled ^ pushed)
            given, missing = ("bar", "dot") if name in pulled else ("dot", "bar")
            raise self.scope.error(f"it has {given}[{name}] but not {missing}[{name}]")


# ---------------------------------------------------------------------------------------------------- tables

_rules: dict[Any, Rule] = {}
_methods: dict[str, Callable[..., Any]] = {}
_attributes: dict[str, Callable[..., Any]] = {}
_operators: dict[tuple[str, int], Callable[..., Any]] = {}
_version = 0


def register(entry: Rule) -> None:
    """Put a rule into the table; a later one for the same function replaces it."""
    global _version
    _rules[entry.target] = entry
    _version += 1


def version() -> int:
    """A number that grows with every registration: what was compiled under another one may be out of date."""
    return _version


def find(target: Any) -> Rule | None:
    """The rule of a callable among those registered so far."""
    try:
        return _rules.get(target)
    except TypeError:  # unhashable
        return None


def registered() -> Iterator[Rule]:
    """All rules registered so far."""
    return iter(tuple(_rules.values()))


def keep(entries: Iterable[Rule]) -> None:
    """Put rules back that others have replaced meanwhile."""
    _rules.update({entry.target: entry for entry in entries})


def find_method(name: str) -> Callable[..., Any] | None:
    """The function that an array's method of this name means, among those registered so far."""
    return _methods.get(name)


def find_attribute(name: str) -> Callable[..., Any] | None:
    """The function that an array's attribute of this name means, among those registered so far."""
    return _attributes.get(name)


def find_operator(op: str, arity: int) -> Callable[..., Any] | None:
    """The function that an operator means, among those registered so far."""
    return _operators.get((op, arity))


def methods(table: Mapping[str, Callable[..., Any]]) -> None:
    """State what an array's methods mean: `methods({"sum": np.sum})` reads `x.sum(...)` as `np.sum(x, ...)`."""
    _methods.update(table)


def attributes(table: Mapping[str, Callable[..., Any]]) -> None:
    """State what an array's attributes mean: `attributes({"T": np.transpose})`."""
    _attributes.update(table)


def operators(table: Mapping[tuple[str, int], Callable[..., Any]]) -> None:
    """State what operators mean, by text and number of operands: `operators({("+", 2): np.add})`."""
    _operators.update(table)


# ---------------------------------------------------------------------------------------------------- entries

_HEAD = re.compile(r"\s*(\w+)\s*=\s*([\w.]+)\(([\w\s,]*)\)\s*")
_ANYTHING = inspect.signature(lambda *args, **kwargs: None)


def elementwise(head: str, *partials: str | None) -> None:
    """State an elementwise primitive and its partial derivatives, one for each operand, None for those without."""
    frame = sys._getframe(1)
    file, line = frame.f_code.co_filename, frame.f_lineno
    match = _HEAD.fullmatch(head)
    if match is None:
        raise RuleError(f'{file}:{line}: elementwise: `{head}` is not of the form "y = f(x, z)"')
    result, path, names = match[1], match[2], tuple(n.strip() for n in match[3].split(",") if n.strip())
    scope = Scope(path, result, names, frame.f_globals, file, line)
    try:
        ref = template.resolve(path, frame.f_globals)
    except (KeyError, AttributeError):
        raise scope.error(f"`{path}` is not known here") from None
    if len(partials) != len(names):
        raise scope.error(f"{len(names)} operands but {len(partials)} partial derivatives (None where there is none)")
    _check_names(scope)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if isinstance(ref.value, (np.ufunc, types.BuiltinFunctionType)):
        kind = inspect.Parameter.POSITIONAL_ONLY
    signature = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    register(Rule(ref.value, ref, signature, result, "elementwise", text=partials, scope=scope))


def zero(*targets: Callable[..., Any], aliasing: str = "fresh") -> None:
    """State that these functions have derivative zero wherever they have one, or results that are no real quantity."""
    for target in targets:
        signature = _ANYTHING
        if isinstance(target, np.ufunc):
            names = [f"x{i + 1}" for i in range(target.nin)]
            signature = inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_ONLY) for n in names])
        register(Rule(target, path_of(target), signature, "y", "zero", aliasing))


def also(table: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
    """State that functions have the rule of others: `also({operator.add: np.add})`."""
    for target, other in table.items():
        register(replace(_rules[other], target=target, path=path_of(target)))


def rule(
    *targets: Callable[..., Any], aliasing: str = "fresh", lists: bool = False
) -> Callable[[types.FunctionType], types.FunctionType]:
    """Decorator: the function states the derivative of `targets`, in the notation that this module describes.

    Its first parameter names the result, the others are the operands as the primitive declares them. `lists`: the text
    takes lists of numbers or arrays for operands; otherwise NumPy's functions are given arrays in their place.
    """
    if not targets or not all(map(callable, targets)):
        raise RuleError("rule takes the functions whose derivative it states: @rule(f)")
    if aliasing not in ALIASING:
        raise RuleError(f"aliasing={aliasing!r} is none of {', '.join(map(repr, ALIASING))}")

    def add(function: types.FunctionType) -> types.FunctionType:
        for target in targets:
            path = path_of(target)
            scope, signature = _general_scope(function, path.path)
            _check_names(scope)
            signature = _check_signature(signature, target, scope)
            register(Rule(target, path, signature, scope.result, "general", aliasing, lists, function, scope))
        return function

    return add


def _general_scope(function: types.FunctionType, label: str) -> tuple[Scope, inspect.Signature]:
    code = function.__code__
    first, *others = inspect.signature(function).parameters.values()
    names = tuple(p.name for p in others)
    scope = Scope(label, first.name, names, function.__globals__, code.co_filename, code.co_firstlineno)
    return scope, inspect.Signature(others)


def _check_names(scope: Scope) -> None:
    names = (scope.result, *scope.operands)
    if len(set(names)) < len(names):
        raise scope.error(f"the names {', '.join(names)} are not distinct")
    for name in names:
        if name in template.PARTS:
            raise scope.error(f"`{name}` is a marker, give the operand another name")


def _check_signature(signature: inspect.Signature, target: Any, scope: Scope) -> inspect.Signature:
    """The signature to use; that of a Python function must be repeated by its rule, save for the defaults."""
    for parameter in signature.parameters.values():
        if not _literal(parameter.default):
            raise scope.error(f"the default of `{parameter.name}` is not a literal constant")
    if not isinstance(target, types.FunctionType):
        return signature
    declared = inspect.signature(target)
    if tuple(declared.parameters) != tuple(signature.parameters):
        wanted, given = ", ".join((scope.result, *declared.parameters)), ", ".join((scope.result, *scope.operands))
        raise scope.error(f"its parameters are ({given}); the result and the function's own are ({wanted})")
    return declared


def _literal(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_literal, value))
    return value is inspect.Parameter.empty or value is None or isinstance(value, (bool, int, float, complex, str))


_HOMES: tuple[tuple[str, Any, Any], ...] = (
    ("np.", np, np),
    ("np.linalg.", np.linalg, np),
    ("np.fft.", np.fft, np),
    ("np.ndarray.", np.ndarray, np),
    ("math.", math, math),
    ("list.", list, list),
    ("dict.", dict, dict),
    ("cmath.", cmath, cmath),
    ("operator.", operator, operator),
    ("", builtins, None),
)


def path_of(target: Any) -> Ref:
    """How generated code writes a function: by its public path, a user's by its own name."""
    name = getattr(target, "__name__", type(target).__name__)
    for prefix, module, root in _HOMES:
        if vars(module).get(name) is target:
            return Ref(prefix + name, target, root)
    owner = getattr(target, "__self__", None)
    if isinstance(owner, np.ufunc):
        return Ref(f"np.{owner.__name__}.{name}", target, np)
    package = (getattr(target, "__module__", None) or "").partition(".")[0]
    if package == "scipy":
        for public in ("special", "linalg", "fft", "signal", "integrate", "stats"):
            module = sys.modules.get(f"scipy.{public}")
            if getattr(module, name, None) is target:
                return Ref(f"scipy.{public}.{name}", target, sys.modules["scipy"])
    return Ref(name if name.isidentifier() else "function", target)
