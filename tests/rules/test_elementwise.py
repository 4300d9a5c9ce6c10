"""Every elementwise function against differences: broadcast both ways, numbers, float32, and at special points."""

import math
import operator
import warnings
from dataclasses import replace

import numpy as np
import pytest

import s2sgrad.runtime as runtime
from s2sgrad import rules
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.printer import print_expr
from tests.rules.oracle import Template, check, named

ANY = np.array([[-1.7, -0.6, 0.2], [0.45, 0.9, 2.3]])
POSITIVE = np.abs(ANY) + 0.1
UNIT = 0.8 * np.tanh(ANY)
ABOVE_ONE = POSITIVE + 1.0
ROW = np.array([0.7, -1.3, 0.43])
COLUMN = np.array([[1.6], [-0.35]])

UNARY = {
    np.negative: ANY, np.positive: ANY, np.reciprocal: ANY, np.square: ANY, np.absolute: ANY, np.fabs: ANY,
    np.sqrt: POSITIVE, np.cbrt: ANY, np.exp: ANY, np.exp2: ANY, np.expm1: ANY, np.log: POSITIVE, np.log2: POSITIVE,
    np.log10: POSITIVE, np.log1p: POSITIVE, np.sin: ANY, np.cos: ANY, np.tan: UNIT, np.arcsin: UNIT, np.arccos: UNIT,
    np.arctan: ANY, np.sinh: ANY, np.cosh: ANY, np.tanh: ANY, np.arcsinh: ANY, np.arccosh: ABOVE_ONE,
    np.arctanh: UNIT, np.deg2rad: ANY, np.radians: ANY, np.rad2deg: ANY, np.degrees: ANY, np.sinc: ANY,
    np.conjugate: ANY, np.ndarray.conjugate: ANY, np.sign: ANY, runtime.log_or_zero: POSITIVE,
    np.angle: ANY,
    operator.neg: ANY, operator.pos: ANY, operator.abs: ANY, np.modf: ANY, np.frexp: ANY, np.nan_to_num: ANY,
}  # fmt: skip
BINARY = {
    np.add: (ANY, ROW), np.subtract: (ANY, ROW), np.multiply: (ANY, ROW), np.divide: (ANY, ROW),
    np.remainder: (ANY, ROW), np.fmod: (ANY, ROW), np.divmod: (ANY, ROW), np.copysign: (ANY, ROW),
    np.power: (POSITIVE, ROW), np.float_power: (POSITIVE, ROW), np.logaddexp: (ANY, ROW), np.logaddexp2: (ANY, ROW),
    np.arctan2: (ANY, ROW), np.hypot: (ANY, ROW), np.maximum: (ANY, ROW), np.minimum: (ANY, ROW),
    np.fmax: (ANY, ROW), np.fmin: (ANY, ROW), np.heaviside: (np.array([[0.0], [0.0]]), ROW),
    runtime.divide_or_zero: (ANY, ROW), runtime.power_dx: (POSITIVE, ROW), runtime.exp_difference: (ANY, ROW),
    runtime.log_in_field: (POSITIVE, ROW), np.nextafter: (ANY, ROW),
    operator.add: (ANY, ROW), operator.sub: (ANY, ROW), operator.mul: (ANY, ROW), operator.truediv: (ANY, ROW),
    operator.mod: (ANY, ROW), operator.pow: (POSITIVE, ROW),
}  # fmt: skip
OTHER = (
    [(np.where, (ANY > 0, ANY, ROW), {}), (np.where, (ROW > 0, 1.5, COLUMN), {})]
    + [(np.ldexp, (ANY, np.array([1, -2, 3])), {}), (np.nan_to_num, (ANY,), {"nan": 2.0})]
    + [(runtime.sinc_derivative, (n, 3.0 * ANY), {}) for n in range(4)]
    + [(np.clip, (ANY, *bounds), {}) for bounds in [(-0.5, None), (None, 0.5), (None, None), (ROW, COLUMN)]]
    + [(np.clip, (ANY, *bounds), {}) for bounds in [(-0.5, 0.5), (0.5, -0.5), (ROW, 0.5)]]
    + [(np.clip, (ANY,), kw) for kw in [{"min": ROW}, {"max": 0.5}, {"min": -0.5, "max": COLUMN}, {}]]
    + [(np.power, args, {}) for args in [(ANY, 2), (ANY, -3), (POSITIVE, 0.5), (2, ANY), (ANY, 0)]]
)  # fmt: skip
DOUBLE_ONLY = {np.float_power}


@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
def test_unary(function):
    x = UNARY[function]
    check(function, x)
    check(function, x.astype(np.float32), tol=2e-5)
    if function not in (np.nan_to_num, np.ndarray.conjugate):
        check(function, float(x[1, 2]))


def _pairs(function):
    x, z = BINARY[function]
    if function is np.heaviside:  # in x it is a step
        return [(x, z), (0.0, z)]
    swapped = np.abs(z) if np.all(x > 0) else z
    return [(x, z), (swapped, x), (x, COLUMN), (COLUMN if np.any(x < 0) else np.abs(COLUMN), z), (x, 0.55), (0.55, x),
            (0.55, 0.8), (x, x - 0.13)]  # fmt: skip


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_binary(function):
    for x, z in _pairs(function):
        check(function, x, z)
        if function not in DOUBLE_ONLY:
            narrow = [v.astype(np.float32) if isinstance(v, np.ndarray) else v for v in (x, z)]
            check(function, *narrow, tol=5e-5)


@pytest.mark.parametrize(("function", "args", "kwargs"), OTHER)
def test_other(function, args, kwargs):
    check(function, *args, **kwargs)


def partial(function, operand, *args):
    """One partial derivative, as the rule's text computes it where nothing is known."""
    rule = rules.lookup(function)
    with np.errstate(all="ignore"):
        y = function(*args)
        return [Template(rule, args, {}, y, known).evaluate(rule.partials[operand]) for known in (True, False)]


NAN, INF = math.nan, math.inf
SPECIAL = [
    (np.absolute, "x", (0.0,), 0.0),
    (np.fabs, "x", (0.0,), 0.0),
    (np.copysign, "x", (0.0, -1.0), 0.0),
    (np.sqrt, "x", (0.0,), INF),
    (np.cbrt, "x", (0.0,), INF),
    (np.sinc, "x", (0.0,), 0.0),
    (np.hypot, "x", (0.0, 0.0), 0.0),
    (np.maximum, "x", (1.0, 1.0), 0.5),
    (np.maximum, "z", (1.0, 1.0), 0.5),
    (np.minimum, "x", (1.0, 1.0), 0.5),
    (np.minimum, "z", (1.0, 1.0), 0.5),
    (np.maximum, "x", (INF, INF), 0.5),
    (np.fmax, "x", (1.0, NAN), 1.0),
    (np.fmax, "z", (1.0, NAN), 0.0),
    (np.fmin, "z", (NAN, 1.0), 1.0),
    (np.fmin, "x", (2.0, 2.0), 0.5),
    (np.power, "x", (0.0, 0.0), 0.0),
    (np.power, "x", (2.0, 0.0), 0.0),
    (np.power, "x", (INF, 0.0), 0.0),
    (np.power, "x", (0.0, 1.0), 1.0),
    (np.power, "x", (0.0, 2.0), 0.0),
    (np.power, "x", (0.0, 0.5), INF),
    (np.power, "x", (-2.0, 3.0), 12.0),
    (np.power, "z", (0.0, 0.0), 0.0),
    (np.power, "z", (0.0, 2.0), 0.0),
    (np.power, "z", (1.0, 2.0), 0.0),
    (np.power, "z", (-2.0, 2.0), NAN),
    (np.logaddexp, "x", (-INF, -INF), 0.0),
    (np.logaddexp, "x", (-INF, 1.0), 0.0),
    (np.logaddexp, "z", (-INF, 1.0), 1.0),
    (np.logaddexp, "x", (INF, 1.0), 1.0),
    (np.logaddexp2, "x", (3.0, 3.0), 0.5),
    (np.remainder, "z", (7.0, -2.0), 4.0),
    (np.fmod, "z", (-7.0, 2.0), 3.0),
    (np.heaviside, "z", (1.0, 0.5), 0.0),
]


@pytest.mark.parametrize(("function", "operand", "args", "expected"), SPECIAL)
@pytest.mark.parametrize("form", [float, lambda v: np.array([v, v]), lambda v: np.array([v], np.float32)])
def test_special_points(function, operand, args, expected, form):
    for got in partial(function, operand, *map(form, args)):
        np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_clip_at_its_bounds_has_slope_one():
    a = np.array([-1.0, 0.0, 1.0, 2.0])
    for known in (True, False):
        template = Template(rules.lookup(np.clip), (a, -1.0, 1.0), {}, np.clip(a, -1.0, 1.0), known)
        bars = template.pullback(np.ones(4), ["a", "a_min", "a_max"])
        assert bars["a"].tolist() == [1.0, 1.0, 1.0, 0.0] and bars["a_min"] == 0.0 and bars["a_max"] == 1.0


@pytest.mark.parametrize(
    ("function", "texts"),
    [(np.tanh, ["1 - y * y"]), (np.divide, ["1 / z", "-y / z"]), (np.sin, ["np.cos(x)"]), (np.exp, ["y"])],
)
def test_partials_read_as_mathematics(function, texts):
    assert [print_expr(named(e, {}, suffix=False)) for e in rules.lookup(function).partials.values()] == texts


def _own_rules():
    return [r for r in rules.all_rules() if r.scope and r.scope.file.endswith("elementwise.py") and r.operands]


def test_every_rule_is_tried():
    tried = {*UNARY, *BINARY, *(function for function, _, _ in OTHER)}
    assert [r.path.path for r in _own_rules() if r.target not in tried] == []


REFUSED = {
    "nextafter": "a neighbour's derivative is 1, but no one differentiates rounding",
    "matvec": "`@` says the same",
    "vecmat": "`@` says the same",
    "vecdot": "np.sum(a * b, axis) says the same",
}


def test_every_ufunc_has_a_rule_or_a_reason():
    ufuncs = {name: f for name, f in vars(np).items() if isinstance(f, np.ufunc)}
    assert {name for name, f in ufuncs.items() if rules.lookup(f) is None} <= set(REFUSED)


def _scaled(e):
    """A partial derivative that is off by one percent."""
    if isinstance(e, ir.IfExp):
        return ir.IfExp(e.test, _scaled(e.body), _scaled(e.orelse))
    return ir.Binary("*", ir.Const(1.01), e)


@pytest.mark.parametrize("function", [*UNARY, *BINARY], ids=lambda f: f.__name__)
def test_a_wrong_partial_is_caught(function):
    """The check can fail: with any one partial off by one percent it does."""
    rule = rules.lookup(function)
    args = (UNARY[function],) if function in UNARY else BINARY[function]
    for operand in rule.partials:
        mutant = replace(rule)
        vars(mutant)["partials"] = {**rule.partials, operand: _scaled(rule.partials[operand])}
        with pytest.raises(AssertionError, match=r"bar\["):
            check(function, *args, rule=mutant)


def test_nan_to_num_stops_what_it_replaces():
    x = np.array([np.nan, 1.5, np.inf])
    bars = Template(rules.lookup(np.nan_to_num), (x,), {}, np.nan_to_num(x), True).pullback(np.ones(3), ["x"])
    assert bars["x"].tolist() == [0.0, 1.0, 0.0]


def test_no_warnings_where_the_function_gives_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert runtime.power_dx(np.array([0.0, 2.0]), np.array([2.0, 0.0])).tolist() == [0.0, 0.0]
        assert runtime.log_or_zero(np.array([0.0, -1.0]))[0] == 0.0
        assert runtime.divide_or_zero(np.array([1.0]), np.array([0.0])).tolist() == [0.0]
        assert runtime.exp_difference(-np.inf, -np.inf) == 0.0
