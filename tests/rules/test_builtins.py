"""Python's own numeric functions and `math`, the constants, and the helpers behind them."""

import builtins
import math

import numpy as np
import pytest
import scipy.special

import s2sgrad.runtime as runtime
from s2sgrad import rules
from tests.rules.oracle import Template, check

MATH = {
    "sqrt": [0.7], "cbrt": [0.7, -0.7], "exp": [0.7], "exp2": [0.7], "expm1": [0.7], "log": [0.7], "log2": [0.7],
    "log10": [0.7], "log1p": [0.7], "sin": [0.7], "cos": [0.7], "tan": [0.7], "asin": [0.7], "acos": [0.7],
    "atan": [0.7], "sinh": [0.7], "cosh": [0.7], "tanh": [0.7], "asinh": [0.7], "acosh": [1.7], "atanh": [0.7],
    "degrees": [0.7], "radians": [0.7], "erf": [0.7], "erfc": [0.7], "gamma": [0.7, 4.2, -0.6],
    "lgamma": [0.7, 4.2, -1.6], "fabs": [0.7, -0.7], "modf": [1.7, -1.7],
}  # fmt: skip
CASES = (
    [(getattr(math, name), (x,), {}) for name, xs in MATH.items() for x in xs]
    + [(math.log, (2.3, 3.1), {}), (math.pow, (1.3, 2.7), {}), (math.pow, (-1.3, 3), {}), (math.atan2, (0.3, -1.2), {})]
    + [(math.hypot, args, {}) for args in [(0.3, -0.4), (0.3,), (1.0, 2.0, -0.5)]]
    + [(math.fmod, (-7.3, 2.1), {}), (math.remainder, (7.3, 2.1), {}), (math.copysign, (0.7, -1.3), {})]
    + [(math.dist, pair, {}) for pair in [((0.3, 1.0), (1.0, -0.5)), ([0.3, 1], [1.0, 2.5])]]
    + [(math.prod, args, kw) for args, kw in [(([0.5, 1.5, 2],), {}), (((0.5, 0.0, 3.0),), {"start": 1.5})]]
    + [(math.frexp, (5.3,), {}), (math.nextafter, (0.7, 2.0), {})]
    + [(math.ldexp, (0.7, 3), {}), (math.fsum, ([0.5, 1.5, 2],), {}), (math.fsum, (np.array([0.5, 1.5]),), {})]
    + [(abs, (-1.3,), {}), (pow, (1.3, 2.7), {}), (pow, (-1.3, 2), {}), (pow, (0.5, np.array([1.0, 2.0])), {})]
    + [(divmod, (7.3, 2.1), {}), (divmod, (-7.3, 2.1), {}), (divmod, (np.array([7.3, -0.3]), 2.1), {})]
    + [(f, args, {}) for f in (max, min) for args in [(1.5, 0.5), (0.5, 2, 1.5, 0.2), ([0.5, 1.5, 0.2],)]]
    + [(f, (np.array([0.5, 1.5, 0.2]),), {}) for f in (max, min)]
    + [(max, (1.0, -2.5), {"key": abs}), (min, ((0.3, 1.0),), {})]
    + [(sum, (xs,), {}) for xs in [[0.5, 1.5], (0.5, 2, 1.5), np.array([0.5, 1.5]), [np.ones((2, 3)), 0.5, np.ones(3)]]]
    + [(sum, ([0.5, 1.5], 2.5), {}), (sum, (np.ones((2, 3)),), {"start": np.ones(3)}), (sum, ([],), {"start": 0.5})]
    + [(float, (np.float64(1.5),), {}), (float, (1.5,), {}), (float, (np.array(1.5),), {})]
    + [(f, (v,), {}) for f in (np.float64, np.longdouble) for v in (1.5, np.array([0.5, 1.5]))]
    + [(runtime.divide, (1.3, 0.7), {}), (runtime.polygamma, (0, 0.7), {}), (runtime.polygamma, (2, 1.7), {})]
    + [(runtime.selected_bars, ((1.0, 3.0), 3.0, 0.5), {}), (runtime.selected_bars, (([1.0, 3.0],), 3.0, 0.5), {})]
    + [(runtime.selected_dot, ((1.0, 3.0), 3.0, [0.5, 1.5]), {})]
    + [(runtime.sum_bars, ((1.0, np.ones(2)), np.ones(2)), {})]
    + [(runtime.scale_all, ((1.0, 2.0), 0.5), {}), (runtime.inner, ((1.0, 2.0), (0.5, -1.0)), {})]
    + [(f, (v,), {}) for f in (list, tuple) for v in ([0.5, 1.5], (0.5, 1.5))]
    + [(runtime.unpack, ([0.5, 1.5], 2), {})]
    + [(np.arange, (0.5, 3.0), {}), (np.arange, (0.5, 3.2, 0.4), {})]
    + [(runtime.captured, ([0.5, 1.5], [None, None]), {})]
    + [(np.bincount, (np.array([0, 2, 2]), np.array([0.5, 1.5, 2.5])), {"minlength": 5})]
)  # fmt: skip
if hasattr(math, "fma"):
    CASES.append((math.fma, (0.7, 1.3, 0.2), {}))


@pytest.mark.parametrize(("function", "args", "kwargs"), CASES)
def test_differences(function, args, kwargs):
    check(function, *args, **kwargs)


@pytest.mark.parametrize("function", [np.float16, np.float32])
def test_narrowing(function):
    """Differences see the rounding; the derivative does not."""
    template = Template(rules.lookup(function), (np.array([0.5, 0.1]),), {}, function([0.5, 0.1]), True)
    bar = template.pullback(function([1.0, 2.0]), ["x"])["x"]
    assert bar.dtype == np.float64 and bar.tolist() == [1.0, 2.0]


def test_every_rule_is_tried():
    tried = {function for function, _, _ in CASES} | {np.float16, np.float32}
    own = [r for r in rules.all_rules() if r.scope and r.scope.file.endswith(("builtins.py", "constant.py"))]
    assert [r.path.path for r in own if r.operands and r.target not in tried] == []


def bars(function, *args, **kwargs):
    rule = rules.lookup(function)
    template = Template(rule, args, kwargs, function(*args, **kwargs), known=False)
    return template.pullback(1.0, list(rule.operands))


def test_max_and_min_follow_the_branch_taken():
    assert bars(max, 2.0, 2.0)["args"] == [1.0, None]  # the first of equals is the one Python returns
    assert bars(min, [3.0, 1.0, 1.0])["args"] == [[None, 1.0, None]]
    assert bars(max, 1.0, -2.0, key=abs)["args"] == [None, 1.0]
    nan = math.nan
    assert bars(max, nan, 1.0)["args"] == [1.0, None]
    assert bars(max, 1.0, nan)["args"] == [1.0, None]


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (math.sqrt, (0.0,), math.inf),
        (math.cbrt, (0.0,), math.inf),
        (math.asin, (1.0,), math.inf),
        (math.acos, (1.0,), -math.inf),
        (math.acosh, (1.0,), math.inf),
        (math.fabs, (0.0,), 0.0),
        (abs, (0.0,), 0.0),
        (math.pow, (0.0, 0.5), math.inf),
        (math.pow, (0.0, 0.0), 0.0),
        (pow, (0.0, 2), 0.0),
        (math.hypot, (0.0, 0.0), 0.0),
        (math.copysign, (0.0, -1.0), 0.0),
    ],
)
def test_no_error_that_numpy_would_not_raise(function, args, expected):
    first = next(iter(bars(function, *args).values()))
    assert (first[0] if isinstance(first, list) else first) == expected


@pytest.mark.parametrize("n", range(4))
def test_polygamma_agrees_with_scipy(n):
    points = [0.01, 0.3, 1.5, 2.7, 11.9, 40.0, 1e5] + ([] if n else [-0.3, -2.7, -10.2])
    for x in points:
        expected = float(scipy.special.polygamma(n, x) if n else scipy.special.digamma(x))
        assert runtime.polygamma(n, x) == pytest.approx(expected, rel=1e-13, abs=1e-14)


def test_a_sum_of_lists_is_refused():
    with pytest.raises(TypeError, match="sum of lists"):
        runtime.sum_bars([[1.0], [2.0]], [1.0, 1.0])


CONSTANT = [
    np.floor, np.round, np.argmax, np.greater, np.isnan, np.zeros_like, np.shape, np.eye, np.floor_divide,
    np.logical_and, np.searchsorted, np.allclose, np.int64, math.floor, math.isnan, len, isinstance, int, bool, str,
    print,
]  # fmt: skip


@pytest.mark.parametrize("function", CONSTANT, ids=lambda f: f.__name__)
def test_constants_have_no_operands(function):
    rule = rules.lookup(function)
    assert rule.family == "zero" and rule.operands == () and rule.pullback == () and rule.partials == {}


def test_what_has_a_derivative_is_not_called_constant():
    """Differences at a smooth point vanish for every constant that takes and returns floats."""
    x = np.array([0.3, 1.7, -0.6])
    for rule in rules.all_rules():
        random = (np.empty, np.empty_like, np.ix_, print, id, hash, runtime.stop_gradient)
        if rule.family != "zero" or rule.target in random:
            continue
        try:
            below, above = (np.asarray(rule.target(x + h)) for h in (0.0, 1e-9))
        except Exception:
            continue
        if below.dtype.kind == "f":
            assert np.array_equal(below, above) or rule.target in (np.spacing,), rule.path.path


def test_random_numbers_have_no_rules():
    assert rules.lookup(np.random.rand) is None and rules.lookup(np.random.normal) is None


def test_every_builtin_function_of_numbers_is_known():
    numeric = ["abs", "bool", "divmod", "float", "int", "len", "max", "min", "pow", "round", "sum"]
    assert all(rules.lookup(getattr(builtins, name)) for name in numeric)


def test_every_function_of_math_is_known():
    refused = ["dist", "frexp", "nextafter", "prod", "sumprod", "fmax", "fmin", "isnormal", "issubnormal", "signbit"]
    unknown = {n for n, f in vars(math).items() if callable(f) and n[0] != "_" and rules.lookup(f) is None}
    assert unknown <= set(refused)
