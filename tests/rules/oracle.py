"""Judges a rule by itself: evaluates its text on real values and compares with differences of the primitive.

    check(np.hypot, a, b)        # pullback = differences, tangent = differences, <w, J v> = <Jᵀ w, v>

Each check runs twice: once with every test of the rule decided as the values are, once with nothing known but what is
always known (None, bools, strings), so that the general branch is tried too, or the rule refuses.
"""

import inspect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from s2sgrad import rules
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.printer import print_expr
from s2sgrad.rules import Rule
from s2sgrad.runtime import unbroadcast
from tests.oracle import cotangents, differences, double, fresh, is_float, transform


def check(target: Callable, *args: Any, rule: Rule | None = None, tol: float = 1e-7, **kwargs: Any) -> None:
    """Assert that the rule of `target` is right at these arguments."""
    rule = rule or rules.lookup(target)
    assert rule is not None, f"{target} has no rule"
    call = rule.signature.bind(*args, **kwargs)
    names = list(call.arguments)

    def run(*values: Any) -> Any:
        bound = inspect.BoundArguments(rule.signature, dict(zip(names, values, strict=True)))
        return target(*bound.args, **bound.kwargs)

    values = [call.arguments[name] for name in names]
    y = run(*fresh(values))
    weights = cotangents(y)
    stated = set(rule.operands) - rule.refused
    active = [i for i, name in enumerate(names) if name in stated and any(leaves(values[i]))]
    assert active, "no operand here has a derivative"
    slopes = dict(zip([names[i] for i in active], differences(run, values, active, weights), strict=True))
    for known in (True, False):
        template = Template(rule, args, kwargs, y, known)
        label = f"{rule.path.path}, {'values known' if known else 'nothing known'}"
        try:
            _check_pullback(template, weights, slopes, tol, label)
            _check_tangent(template, weights, slopes, tol, label)
        except Refused:
            assert not known, f"{label}: refused"


def _check_pullback(template: "Template", weights: Any, slopes: dict[str, Any], tol: float, label: str) -> None:
    bars = template.pullback(weights, list(slopes))
    for name, expected in slopes.items():
        value, bar = template.values[name], bars.get(name)
        for (leaf, got), (_, want) in zip(aligned(value, bar), aligned(value, expected), strict=True):
            got = np.zeros(np.shape(leaf)) if got is None else got
            if not np.iscomplexobj(leaf):
                got = np.real(got)  # as the compiler does
            assert np.shape(got) == np.shape(leaf), f"{label}: bar[{name}] has shape {np.shape(got)}"
            if isinstance(leaf, np.ndarray):
                assert got.dtype == leaf.dtype or not got.any(), f"{label}: bar[{name}] is {got.dtype}"
            scale = max(np.max(np.abs(want), initial=0.0), 1.0)
            assert np.max(np.abs(got - want), initial=0.0) <= tol * scale, f"{label}: bar[{name}] {got}, not {want}"


def _check_tangent(template: "Template", weights: Any, slopes: dict[str, Any], tol: float, label: str) -> None:
    for seed, name in enumerate(slopes):  # each operand alone, then all of them
        for chosen in ([name], list(slopes)):
            dots = {n: cotangents(template.values[n], seed + 11) for n in chosen}
            pushed = template.tangent(dots)
            left = product(template.y, weights, pushed)
            right = sum(product(template.values[n], slopes[n], dots[n]) for n in chosen)
            scale = max(abs(left), sum(abs(product(template.values[n], slopes[n], dots[n])) for n in chosen), 1.0)
            assert abs(left - right) <= 4 * tol * scale, f"{label}: <w, dot[y]> by {chosen} is {left}, not {right}"


def aligned(value: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """The floating leaves of a value beside those of its adjoint, None where that has nothing."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from aligned(item, None if other is None else other[key])
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from aligned(item, None if other is None else other[i])
    elif is_float(value):
        yield value, other


def leaves(value: Any) -> Iterator[bool]:
    """True for each floating leaf."""
    return (True for _ in aligned(value, None))


def product(value: Any, a: Any, b: Any) -> float:
    """<a, b>, for two trees in the structure of a value."""
    pairs = zip(aligned(value, a), aligned(value, b), strict=True)
    return sum(float(np.sum(p * np.asarray(q)).real) for (_, p), (_, q) in pairs if p is not None and q is not None)


class Refused(Exception):
    """The rule refuses what it is given."""


class Undecided(Exception):
    """A test asks for what is not known."""


class Unknown:
    """A value of which only that it is not None is known."""

    def _ask(self, *_: Any) -> Any:
        raise Undecided

    __getattr__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __len__ = __contains__ = _ask
    __hash__ = None


class Outline(Unknown):
    """An array of which the shape and dtype are known, and no element."""

    def __init__(self, array: np.ndarray) -> None:
        vars(self).update(ndim=array.ndim, shape=array.shape, size=array.size, dtype=array.dtype)


class Template:
    """The text of a rule, evaluated statement by statement."""

    def __init__(self, rule: Rule, args: tuple, kwargs: dict, y: Any, known: bool) -> None:
        bound = rule.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        self.rule, self.values, self.y, self.known = rule, dict(bound.arguments), y, known
        self.names: dict[str, Any] = {f"{rule.result}_": y, **{f"{n}_": v for n, v in self.values.items()}}

    def pullback(self, weights: Any, operands: list[str]) -> dict[str, Any]:
        """The adjoint of each operand, from that of the result."""
        if self.rule.family == "elementwise":
            partials = {n: self.evaluate(self.rule.partials[n]) for n in operands}
            for name, p in partials.items() if isinstance(weights, np.ndarray) else ():
                wide = np.result_type(weights, p)
                assert wide == weights.dtype or np.iscomplexobj(p), (
                    f"{self.rule.path.path}: ∂/∂{name} makes {wide} of {weights.dtype}"
                )
            return {n: unbroadcast(np.asarray(weights)[()] * p, self.values[n]) for n, p in partials.items()}
        self.names[f"{self.rule.result}_bar"] = _dense(self.y, weights)
        return self.run(self.rule.pullback, "bar", operands)

    def tangent(self, dots: dict[str, Any]) -> Any:
        """The tangent of the result, from those of the operands; where none is given it is zero."""
        full = {
            n: dots[n] if n in dots else _zero(self.values[n]) for n in self.rule.operands if n not in self.rule.refused
        }
        if self.rule.family == "elementwise":
            terms = [self.evaluate(self.rule.partials[n]) * np.asarray(dots[n])[()] for n in dots]
            return sum(terms) + np.zeros(np.shape(self.y))
        self.names |= {f"{n}_dot": _dense(self.values[n], dot) for n, dot in full.items()}
        return self.run(self.rule.tangent, "dot", [self.rule.result])[self.rule.result]

    def run(self, block: ir.Block, part: str, wanted: list[str]) -> dict[str, Any]:
        """What the statements assign to `part[...]`; contributions to adjoints of the others are left out."""
        found: dict[str, Any] = {}
        for statement in self.path(block):
            match statement:
                case ir.Assign(target=ir.Hole(name=name, part=p), value=value):
                    assert p == part, f"the {part} half assigns {p}[{name}]"
                    if name in wanted:
                        assert name not in found or part == "bar"
                        new = self.evaluate(value)
                        found[name] = new if name not in found else found[name] + new
                case ir.Assign(target=ir.Name(id=name), value=value):
                    self.names[name] = self.evaluate(value)
                case ir.Raise():
                    raise Refused
                case _:
                    raise AssertionError(f"a rule holds a {type(statement).__name__}")
        return found

    def path(self, block: ir.Block) -> Iterator[ir.Stmt]:
        """The statements on the way that the tests choose."""
        for statement in block:
            if isinstance(statement, ir.If):
                yield from self.path(statement.body if self.decide(statement.test) else statement.orelse)
            else:
                yield statement

    def decide(self, test: ir.Expr) -> bool:
        """Whether a test holds; one that cannot be decided does not."""
        try:
            return bool(self.evaluate(test, {name: self._seen(value) for name, value in self.names.items()}))
        except (Undecided, AttributeError, TypeError, ValueError):
            return False

    def _seen(self, value: Any) -> Any:
        """What a test may know of a value."""
        if self.known:
            return Outline(value) if isinstance(value, np.ndarray) else value
        hidden = isinstance(value, (int, float, np.ndarray, np.generic, list, tuple)) and not isinstance(value, bool)
        return Unknown() if hidden else value

    def evaluate(self, e: ir.Expr, names: dict[str, Any] | None = None) -> Any:
        """The value of an expression of the rule; conditional expressions take what their tests decide."""
        if isinstance(e, ir.IfExp):
            return self.evaluate(e.body if self.decide(e.test) else e.orelse)
        refs: dict[str, Any] = {}
        text = print_expr(named(e, refs))
        with np.errstate(all="ignore"):
            return eval(text, refs, self.names if names is None else names)


def named(node: Any, refs: dict[str, Any], suffix: bool = True) -> Any:
    """The expression with names in place of holes; with a suffix they cannot clash with what the rule refers to."""
    if isinstance(node, tuple):
        return tuple(named(item, refs, suffix) for item in node)
    if isinstance(node, ir.Hole):
        if not suffix and node.part == "primal":
            return ir.Name(node.name)
        return ir.Name(f"{node.name}_" if node.part == "primal" else f"{node.name}_{node.part}")
    if isinstance(node, ir.Ref):
        refs[node.path.partition(".")[0]] = node.value if node.root is None else node.root
        return node
    if not isinstance(node, ir.Node) or isinstance(node, (ir.Name, ir.Const)):
        return node
    fields = (f for f in node.__dataclass_fields__ if f not in ("span", "note"))
    return replace(node, **{f: named(getattr(node, f), refs, suffix) for f in fields})


def _dense(value: Any, part: Any) -> Any:
    """Adjoints or tangents beside a value, as the compiler hands them over: zeros for None where a float stands."""
    if isinstance(value, (list, tuple)):
        return [
            _dense(v, None if part is None else p) for v, p in zip(value, part or itertools.repeat(None), strict=False)
        ]
    return _zero(value) if part is None else part


def _zero(value: Any) -> Any:
    """Zeros in the structure of a value, None beside strings and the like."""
    numbers = (float, int, complex, np.generic, np.ndarray)
    return transform(
        lambda _, leaf: np.zeros(np.shape(leaf), double(leaf))[()] if isinstance(leaf, numbers) else None, value
    )
