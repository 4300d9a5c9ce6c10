"""Kinds: what is lifted, joined and inferred; and that everything observed when programs run was inferred."""

import contextlib
import io

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.analysis import inference
from s2sgrad.api.binding import Binder
from s2sgrad.ir import kinds as k
from s2sgrad.pipeline import Compiler
from s2sgrad.targets.keys import key_of
from tests import oracle
from tests.corpus import PROGRAMS
from tests.observed import Run
from tests.staged import analysed, kinds, prepared, result, show

A = np.array([0.5, -1.0, 2.0])
M = np.arange(6.0).reshape(2, 3) + 1
ROW = np.ones((1, 3))
SINGLE = np.ones(3, np.float32)
INTS = np.arange(3)


def many(*objects):
    return k.join(*map(k.lift, objects))


# ------------------------------------------------------------------------------------------------- lift and join


class Subclass(np.ndarray):
    pass


class Point:
    def __init__(self):
        self.x = 1.0


LIFTED = [
    (1.5, "float"),
    (2, "int"),
    (1j, "complex"),
    (True, "=True"),
    (None, "=None"),
    ("a", "='a'"),
    (np.float32(1), "float32"),
    (np.float64(1), "float64"),
    (np.int64(1), "int64"),
    (np.bool_(True), "bool"),
    (np.array(1.0), "float64[]"),
    (ROW, "float64[?,?]"),
    (SINGLE, "float32[?]"),
    (INTS > 1, "bool[?]"),
    (np.array([None]), "unknown"),
    (np.array(["a"]), "unknown"),
    (np.ones(2).view(Subclass), "unknown"),
    ((1.0, 2), "tuple(float, int)"),
    ([A, None], "[float64[?], =None]"),
    ({"w": 1.0, 2: "b"}, "{'w': float, 2: ='b'}"),
    ([], "[]"),
    ((), "tuple()"),
    ({}, "{}"),
    (np.sin, "=sin"),
    (np, "=numpy"),
    (float, "=float"),
    ([[[[[1.0]]]]], "[[[[[float]]]]]"),
    ([[[[[[1.0]]]]]], "[[[[[unknown]]]]]"),
    (slice(1, None), "=slice(1, None, None)"),
]


@pytest.mark.parametrize(("obj", "expected"), LIFTED, ids=repr)
def test_lift(obj, expected):
    assert show(k.lift(obj)) == expected


def test_lift_names_the_axes_that_are_not_one():
    names = k.AxisNames()
    one, two = k.lift(np.ones((2, 1, 3)), names).one, k.lift(np.ones((2, 0)), names).one
    assert [a if a == 1 else "n" for a in one.axes] == ["n", 1, "n"]
    assert len({*one.axes, *two.axes}) == 5, "an axis of length 0 is not 1 either; equal lengths are no proof"


JOINED = [
    ((1.0, 2.0), "float"),
    ((1, 2), "int"),
    ((1, 1.0), "float | int"),
    ((1.0, np.float64(1)), "float | float64"),
    ((True, False), "=False | =True"),
    ((True, True), "=True"),
    ((True, 1), "=True | int"),
    ((None, 1.0), "=None | float"),
    (("a", "b"), "='a' | ='b'"),
    ((1.0, 2, 1j), "complex | float | int"),
    ((A, np.ones(5)), "float64[?]"),
    ((A, SINGLE), "float32[?] | float64[?]"),
    ((A, M), "float64[?,?] | float64[?]"),
    ((np.array(1.0), np.float64(1)), "float64 | float64[]"),
    (((1.0, 2), (3, 4)), "tuple(float | int, int)"),
    (((1.0,), (1.0, 2.0)), "tuple(float) | tuple(float, float)"),
    (([1.0], [2, 3]), "list of float | int"),
    (([1.0, 2], [2, 3]), "[float | int, int]"),
    (([1.0], (1.0,)), "[float] | tuple(float)"),
    (({"a": 1.0}, {"a": 2}), "{'a': float | int}"),
    (({"a": 1.0}, {"b": 2}), "dict of float | int"),
    ((1, 1.0, None, "a"), "='a' | =None | float | int"),
    ((1, 1.0, None, "a", A), "unknown"),
    ((1.0, np.array([None])), "unknown"),
]


@pytest.mark.parametrize(("objects", "expected"), JOINED, ids=repr)
def test_join(objects, expected):
    assert show(many(*objects)) == expected
    assert show(many(*reversed(objects))) == expected, "in either order"
    assert show(k.join(many(*objects), many(*objects))) == expected, "joined with itself"


def test_join_keeps_the_facts_that_agree():
    names = k.AxisNames()
    one, two = k.lift(np.ones((1, 3)), names), k.lift(np.ones((1, 4)), names)
    assert show(k.join(one, two)) == "float64[1,?]"
    assert show(k.join(one, one)) == "float64[1,n]"


def test_the_witness_is_no_part_of_equality():
    assert k.lift(1.0) == k.lift(2.0)
    assert k.lift(np.ones(3)) == k.lift(np.zeros(5))
    assert k.lift(True) != k.lift(False)
    assert k.of(k.Static(1)) != k.of(k.Static(1.0))
    assert k.of(k.Static(1)) != k.of(k.Static(True))


def test_a_length_that_meets_another_number_is_no_length():
    length = k.of(k.Weak(int, 3, -7))
    assert k.join(length, length).one.origin == -7
    for other in (k.of(k.Static(1)), k.of(k.Weak(int, 3, -8)), k.lift(1)):
        assert k.join(length, other).one.origin is None
        assert k.join(other, length).one.origin is None


# --------------------------------------------------------------------------------------------------- results


def helper(x, y):
    return x * y


def factorial(n, x):
    return x if n == 0 else n * factorial(n - 1, x)


def even(n, x):
    return x if n == 0 else odd(n - 1, x)


def odd(n, x):
    return np.float64(2.0) * x if n == 0 else even(n - 1, x)


def never_ends(n, x):
    return never_ends(n + 1, x)


def branch(x):
    if x > 0:
        y = 1.0
    else:
        y = np.sqrt(2.0)
    return y


def maybe(x):
    y = None
    if x > 0:
        y = x
    return y


def default(x, y=None):
    if y is None:
        y = x
    return y


def by_rank(a):
    if a.ndim == 2:
        return a[0]
    if np.ndim(a) == 0:
        return (a,)
    return a


def by_class(x):
    if isinstance(x, (list, tuple)):
        return x[0]
    return x


def by_dtype(a):
    if a.dtype == np.float32:
        return 1
    return "double"


def by_text(x, mode):
    return x if mode == "plain" else (x, mode)


def closure(x):
    def inner(y):
        return x * y

    return inner


def called_closure(x):
    def inner(y):
        return x * y

    return inner(np.float64(1))


def captured_later(x):
    y = 1.0

    def inner():
        return y

    y = x
    return inner()


def raises(x):
    raise ValueError(x)


def five_kinds(x):
    y = None
    if x > 0:
        y = 1.0
    elif x > 1:
        y = np.ones(3)
    elif x > 2:
        y = np.ones((3, 3))
    elif x > 3:
        y = "a"
    elif x > 4:
        y = (1,)
    return y


def summed(a):
    s = 0.0
    for i in range(len(a)):
        s = s + a[i]
    return s


def accumulated(a, n):
    s = 0.0
    for _ in range(n):
        s = s + a
    return s


def halves(x):
    while x > 1:
        x = x / 2
    return x


def swapped(x, y, n):
    for _ in range(n):
        x, y = y, x
    return x


def augmented(x, n):
    for _ in range(n):
        x += n
    return x


def of_either_dict(x):
    d = {"a": x, "b": 1} if x > 0 else {"a": 2, "b": x}
    return d["a"]


def unpacked(pair):
    (_, b), *rest = pair
    return (b, rest)


def starred(*args, **kwargs):
    return (args, kwargs)


def call_starred(x):
    named = {"other": 2}
    return starred(x, 1, *(x, x), key=x, **named)


RESULTS = [
    (lambda x: x + 1, (2.0,), "float"),
    (lambda x: x * 2, (3,), "int"),
    (lambda n, m: n / m, (2, 3), "float"),
    (lambda a: a * 2.0, (SINGLE,), "float32[n]"),
    (lambda a: a[0] * 2.0, (SINGLE,), "float32"),
    (lambda a, b: a * b, (SINGLE, A), "float64[n]"),
    (lambda a: a * np.float64(2), (SINGLE,), "float64[n]"),
    (lambda a: a / 2, (INTS,), "float64[n]"),
    (lambda a: a > 0, (A,), "bool[n]"),
    (lambda x: x > 0, (1.0,), "bool"),
    (np.mean, (SINGLE,), None),
    (lambda a: np.mean(a), (SINGLE,), "float32"),
    (lambda a: a.mean(), (A,), "float64"),
    (lambda a: a.dtype, (A,), "=dtype('float64')"),
    (lambda a: a.shape, (ROW,), "tuple(=1, int)"),
    (lambda a: a.ndim, (M,), "=2"),
    (lambda a: a.size, (M,), "int"),
    (lambda a: len(a), (A,), "int"),
    (lambda a: len(a), ([1.0, 2.0],), "=2"),
    (len, ({},), None),
    (lambda x: f"{x}", (1.0,), "str"),
    (lambda x: isinstance(x, float), (1.0,), "=True"),
    (lambda x: isinstance(x, float), (1,), "=False"),
    (lambda x: x is None, (1.0,), "=False"),
    (lambda x: not x, (None,), "=True"),
    (lambda x: not x, (1.0,), "bool"),
    (lambda d: "a" in d, ({"a": 1.0},), "=True"),
    (lambda d: d.get("b", 7), ({"a": 1.0},), "=7"),
    (lambda d: d["a"], ({"a": 1.0},), "float"),
    (lambda t: t[-1], ((1.0, 2),), "int"),
    (lambda t: t[1:], ([1.0, 2],), "[int]"),
    (lambda t, i: t[i], ([1.0, 2], 0), "float | int"),
    (lambda t: t + (1,), ((1.0,),), "tuple(float, =1)"),
    (lambda t: t * 2, ([1.0],), "[float, float]"),
    (lambda x: (lambda y: y * x)(np.float64(1)), (1.0,), "float64"),
    (lambda f, x: f(x), (np.sum, A), "float64"),
    (lambda f, x: f(x), (lambda a: (a, a), A), "tuple(float64[n], float64[n])"),
    (lambda x, y: helper(y, x), (1.0, A), "float64[n]"),
    (factorial, (3, 1.0), "float"),
    (factorial, (3, A), "float64[n]"),
    (even, (3, 1.0), "float | float64"),
    (never_ends, (1, 1.0), "nothing"),
    (branch, (1.0,), "=1.0 | =np.float64(1.4142135623730951)"),
    (maybe, (1.0,), "=None | float"),
    (default, (1.0, None), "float"),
    (default, (1.0, 2), "int"),
    (by_rank, (M,), "float64[n]"),
    (by_rank, (A,), "float64[n]"),
    (by_rank, (np.array(1.0),), "tuple(float64[])"),
    (by_class, ([1.0, 2],), "float"),
    (by_class, (2,), "int"),
    (by_dtype, (SINGLE,), "=1"),
    (by_dtype, (A,), "='double'"),
    (by_text, (1.0, "plain"), "float"),
    (by_text, (1.0, "fancy"), "tuple(float, ='fancy')"),
    (closure, (A,), "function(x: float64[n])"),
    (called_closure, (A,), "float64[n]"),
    (captured_later, (A,), "float64[n]"),
    (raises, (1.0,), "nothing"),
    (five_kinds, (1.0,), "unknown"),
    (summed, (A,), "=0.0 | float64"),
    (summed, (SINGLE,), "=0.0 | float32"),
    (accumulated, (A, 2), "=0.0 | float64[n]"),
    (halves, (2.0,), "float"),
    (halves, (2,), "float | int"),
    (swapped, (1.0, 2, 3), "float | int"),
    (augmented, (1, 2), "int"),
    (augmented, (A, 2), "float64[n]"),
    (of_either_dict, (1.0,), "=2 | float"),
    (unpacked, (((1.0, 2), "c"),), "tuple(int, [='c'])"),
    (call_starred, (1.0,), "tuple(tuple(float, =1, float, float), {'key': float, 'other': =2})"),
]
RESULTS = [case for case in RESULTS if case[2] is not None]


@pytest.mark.parametrize(("f", "args", "expected"), RESULTS, ids=lambda v: getattr(v, "__name__", None))
def test_result(f, args, expected):
    assert result(f, *args) == expected


def test_kinds_of_variables():
    assert kinds(summed, A) == {
        "a": "float64[n]",
        "t": "int",
        "s": "=0.0 | float64",
        "i": "int",
        "t_1": "float64",
        "s_1": "float64",
    }


def test_growing_structure_is_followed_at_run_time():
    def nested(x, n):
        t = (x, x)
        for _ in range(n):
            t = (t, t[1] * x)
        return t[1]

    assert sg.grad(nested)(2.0, 3) == 32.0


def test_growing_rank_is_unknown():
    def grown(a, n):
        for _ in range(n):
            a = a[None]
        return a

    assert result(grown, A, 3) == "unknown"


def test_a_callee_is_analysed_once_for_equal_kinds():
    def twice(x, a, b):
        return helper(x, x) + helper(x, 2.0) + np.sum(helper(a, x)) + np.sum(helper(b, x))

    _, compiler = analysed(twice, 1.0, A, np.ones(7))
    assert sum(1 for analysis in compiler.inference.memo.values() if analysis.function.name == "helper") == 2


# ------------------------------------------------------------------------------------------- proved of the axes

AXES = [
    (lambda a: a * 2, (A,), "float64[n]"),
    (lambda m, a: m + a, (M, A), "float64[n,n]"),
    (lambda m, r: m + r, (M, ROW), "float64[n,n]"),
    (lambda r: r * r, (ROW,), "float64[1,n]"),
    (lambda a, x: np.where(a > 0, a, x), (A, 1.0), "float64[?]"),
    (lambda m: m.T, (ROW,), "float64[n,1]"),
    (lambda m: np.transpose(m, (1, 0)), (ROW,), "float64[n,1]"),
    (lambda m: m @ m.T, (M,), "float64[n,n]"),
    (lambda m, a: m @ a, (M, A), "float64[n]"),
    (lambda m: m.sum(axis=0), (ROW,), "float64[n]"),
    (lambda m: np.max(m, axis=-1), (ROW,), "float64[1]"),
    (lambda m: np.sum(m, axis=1, keepdims=True), (M,), "float64[n,1]"),
    (lambda m: np.mean(m, keepdims=True), (M,), "float64[1,1]"),
    (lambda m, i: np.sum(m, axis=i), (M, 1), "float64[?]"),
    (lambda m: np.zeros(m.shape), (ROW,), "float64[1,n]"),
    (lambda m: np.ones((m.shape[1], 1)), (M,), "float64[n,1]"),
    (lambda m, n: np.zeros(n), (M, 3), "float64[?]"),
    (lambda a: np.zeros(len(a)), (A,), "float64[n]"),
    (lambda m: np.zeros_like(m), (ROW,), "float64[1,n]"),
    (lambda m: m.copy(), (ROW,), "float64[1,n]"),
    (lambda a: a[None], (A,), "float64[1,n]"),
    (lambda a: a[:, None] * a, (A,), "float64[n,n]"),
    (lambda a: np.expand_dims(a, 1), (A,), "float64[n,1]"),
    (lambda m: m[0], (M,), "float64[n]"),
    (lambda m: m[..., 0], (M,), "float64[n]"),
    (lambda m: m[:, 1], (ROW,), "float64[1]"),
    (lambda a: a[1:], (A,), "float64[n-1]"),
    (lambda a: a[:-2], (A,), "float64[n-2]"),
    (lambda a: a[1:-1], (A,), "float64[n-2]"),
    (lambda a: a[::-1], (A,), "float64[n]"),
    (lambda a: a[:2], (A,), "float64[?]"),
    (lambda a: a[::2], (A,), "float64[?]"),
    (lambda a: a[1:][1:], (A,), "float64[?]"),
    (lambda a, n: a[n:], (A, 1), "float64[?]"),
    (lambda r: r[:, 1:], (ROW,), "float64[1,n-1]"),
    (lambda r: r[1:], (np.ones((1, 1)),), "float64[?,1]"),
    (lambda a: a[a > 0], (A,), "float64[?]"),
    (lambda a: a[[0, 1]], (A,), "float64[?]"),
    (lambda a: a[1:] - a[:-1], (A,), "float64[n-1]"),
    (lambda a: a[2:] - a[:-1], (A,), "float64[?]"),
    (lambda a, b: a[1:] * b, (A, A[:2]), "float64[n]"),
    (lambda a: np.concatenate([a, a]), (A,), "float64[?]"),
    (lambda a: a.reshape(-1), (A,), "float64[?]"),
]


@pytest.mark.parametrize(("f", "args", "expected"), AXES)
def test_axes(f, args, expected):
    assert result(f, *args) == expected


def test_a_length_of_one_that_is_seen_is_no_proof():
    """`a[1:]` of two elements has length 1, that of three has not: one specialisation serves both, in either order."""
    pairs = [(np.array([1.0, 3.0]), A), (A, A[:2])]
    for first, second in (pairs, pairs[::-1]):
        derived = sg.grad(lambda a, b: np.sum(a[1:] * b[1:] ** 2), argnums=(0, 1))
        derived(*first)
        a, b = second
        got = derived(a, b)
        tail = np.broadcast_to(b[1:] ** 2, max(a[1:].shape, b[1:].shape))
        np.testing.assert_allclose(got[0][1:], tail if len(a) == 3 else tail.sum(keepdims=True))
        assert len(derived.specialisations.found) == 1


def same_shape(f, *args):
    """Does the compiler leave out `unbroadcast`, because equal lengths are proved?"""
    text = sg.grad(f, argnums=tuple(range(len(args)))).source_for(*args)
    return "unbroadcast" not in text


def test_equal_lengths_are_proved():
    assert same_shape(lambda a, b: np.sum(a * b), A, A)
    assert same_shape(lambda a: np.sum(a[1:] * a[:-1]), A)
    assert same_shape(lambda a, b: np.sum(a * b) + np.sum(a[1:] * b[:-1]), A, A)
    assert not same_shape(lambda a, b: np.sum(a[1:] * b[:-1]), A, A)
    assert not same_shape(lambda a: np.sum(a[1:] * a[:-2]), A)


def tail(a):
    return a[1:]


def test_what_is_proved_of_one_call_is_not_said_of_another():
    def f(a, b):
        return np.sum(tail(a) * tail(b) ** 2)

    sg.check_grads(f, (np.arange(1.0, 6.0), np.array([1.0, 2.0])))
    sg.check_grads(f, (np.arange(1.0, 3.0), np.arange(1.0, 7.0)))


def in_a_branch(a, b):
    if a.shape == b.shape:
        return np.sum(a * b)
    return np.sum(a[1:] * b[1:] ** 2)


def in_a_loop(a, b, n):
    s = 0.0
    for _ in range(n):
        s = s + np.sum(a * b)
    return s + np.sum(a[1:] * b[1:] ** 2)


def test_what_is_proved_on_one_path_is_not_said_of_another():
    for a, b in ((A, A[::-1].copy()), (A, A[:2].copy()), (A[:2].copy(), A)):
        sg.check_grads(in_a_branch, (a, b))
    sg.check_grads(in_a_loop, (A, A[:2].copy(), 0))
    sg.check_grads(in_a_loop, (A, A + 1, 2))


def length_or_one(x):
    n = 1
    if x[0] > 0:
        n = x.shape[0]
    z = np.zeros(n)
    z[0] = x[0]
    return np.sum(z * x)


def length_then_one(x):
    n, s = x.shape[0], 0.0
    for _ in range(2):
        z = np.zeros(n)
        z[0] = x[0]
        s = s + np.sum(z * x)
        n = 1
    return s


def zeros(n):
    return np.zeros(n)


def length_for_one_call(x, n):
    u, z = zeros(x.shape[0]), zeros(n)
    z[0] = x[0]
    return np.sum(z * x) + np.sum(u)


@pytest.mark.parametrize(
    ("f", "rest"),
    [(length_or_one, ()), (length_then_one, ()), (length_for_one_call, (1,)), (length_for_one_call, (3,))],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_length_is_one_axis_only_on_every_path(f, rest, sign):
    sg.check_grads(f, (sign * np.array([1.0, 2.0, 3.0]), *rest))


# --------------------------------------------------------------- results whose kind depends on the operands' values


def test_maximum_of_numbers_is_one_of_them():
    assert result(lambda x, n: max(x, n), 2.0, 3) == "float | int"
    assert result(lambda x: min(x, 0), -2.0) == "float | int"
    assert result(lambda xs: max(xs), [2.0, 3]) == "float | int"
    assert result(lambda x, y: max(x, y), np.float64(2), 3.0) == "float | float64"
    assert result(lambda xs: min(xs), A) == "float64"


def relu(x):
    return x * max(x, 0)


def clipped(x):
    return x * max(0, min(x, 1))


def of_array(x):
    return np.sum(np.array([max(x, 0), 1]) * x)


def of_list(x):
    return x * sum([max(x, 0), 1, 2])


@pytest.mark.parametrize("f", [relu, clipped, of_array, of_list])
@pytest.mark.parametrize("first", [-1.0, 0.5, 2.0])
def test_one_specialisation_serves_all_values(f, first):
    """Whatever the values of the first call, they settle no kinds."""
    derived = sg.grad(f)
    derived(first)
    for x in (-1.0, 0.5, 2.0):
        assert derived(x) == pytest.approx((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, abs=1e-6)
    assert len(derived.specialisations.found) == 1


def test_power_of_ints_may_be_fractional():
    assert result(lambda m, n: m**n, 2, 3) == "float | int"
    assert result(lambda n: 2**n, 3) == "float | int"
    assert result(lambda n: pow(2, n), 3) == "float | int"
    assert result(lambda n: n**2, 3) == "int"
    assert result(lambda n: n**-1, 3) == "float"

    def by_class_of_power(x, n):
        t = 2**n
        return x * t if isinstance(t, int) else x / t

    derived = sg.grad(by_class_of_power)
    assert derived(2.0, 3) == 8.0
    assert derived(2.0, -1) == 2.0


def test_an_argument_is_not_read_off_its_witness():
    def by_value(x, n):
        if n > 2:
            return x * x
        return x

    derived = sg.grad(by_value)
    assert (derived(3.0, 5), derived(3.0, 1)) == (6.0, 1.0)
    assert len(derived.specialisations.found) == 1


# -------------------------------------------------------------------------- what is observed was inferred

NOT_FOLLOWED = {"arrays.augmented_scalar_by_array", "calls.lambda_after_the_loop", "containers.functions_in_a_tuple"}
"""Refused as they stand, or run by the primal's own closures, which single assignment turns into tuples."""

followed = [program for program in PROGRAMS if program.name not in NOT_FOLLOWED]


def observed(program):
    """What running a program shows that inference did not say; each example is also run by the code of the others."""
    found = []
    binder = Binder(program.function)
    bound = [binder(args, {}) for args in program.examples]
    keys = [list(map(key_of, args)) for args in bound]
    for number, args in enumerate(bound):
        run = Run(binder.function, oracle.fresh(args))
        for other, its_args in enumerate(bound):
            if keys[number] == keys[other]:
                with contextlib.redirect_stdout(io.StringIO()):
                    value, new = run.violations(oracle.fresh(its_args))
                oracle.assert_close(
                    value, program.function(*oracle.fresh(program.examples[other])), 1e-12, program.name
                )
                found += new
    return found


@pytest.mark.parametrize("program", followed, ids=lambda program: program.name)
def test_observed_kinds_were_inferred(program):
    assert observed(program) == []


def test_a_broken_join_is_observed(monkeypatch):
    """Where two paths meet, only the first one's kinds are kept: the check above must turn red."""
    monkeypatch.setattr(inference, "join", lambda *values: next((v for v in values if v.kinds), k.BOTTOM))
    programs = [p for p in followed if p.name.split(".")[0] in ("branches", "loops")]
    assert sum(map(fails, programs)) > 5


def fails(program):
    try:
        return bool(observed(program))
    except Exception:
        return True


def test_a_wrong_axis_is_observed(monkeypatch):
    monkeypatch.setattr("s2sgrad.analysis.primitives.slice_axis", lambda axis, s: axis)
    assert any(map(fails, (p for p in followed if p.name.split(".")[0] in ("indexing", "writes"))))


def test_witnesses_are_not_run_where_that_has_effects():
    """Compiling runs primitives on examples, but neither user code nor output."""
    calls = []

    def noisy(x):
        calls.append(x)
        return x

    def f(x):
        print("hello")
        return noisy(x)

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(sg.UnsupportedError):
        compiler = Compiler(f)
        compiler.analyse(compiler.lift((1.0,)))
    assert (calls, out.getvalue()) == ([], "")


def test_facts_reach_single_assignment():
    """Names that join several kinds carry the union."""
    p = prepared(swapped, 1.0, 2, 3)
    joins = {name: show(p.ssa.kinds[name]) for name in p.ssa.joins}
    assert set(joins.values()) == {"float | int"}


def test_arrays_that_compute_otherwise_have_no_kind():
    for x in (np.ma.array([1.0]), np.asmatrix(M)):
        with pytest.raises(TypeError, match="asarray"):
            k.lift(x)


def test_a_kind_handed_on_by_one_variable_a_trip_arrives(module_from):
    """A delay line: the last variable is a float only after as many trips as there are variables."""
    names = [f"v{i}" for i in range(60)]
    module = module_from(
        f"def f(x, n):\n    {' = '.join(names)} = 0\n    for _ in range(n):\n"
        f"        {', '.join(names)} = x, {', '.join(names[:-1])}\n    return x * {names[-1]}\n"
    )
    assert (sg.grad(module.f)(2.0, 59), sg.grad(module.f)(2.0, 60)) == (0.0, 4.0)
