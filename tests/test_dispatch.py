"""Which compiled code fits a call: what is shared, what is not, and the guards that decide."""

import types

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.targets import dispatch
from s2sgrad.targets.keys import key_of
from tests.staged import text

A = np.array([0.5, 1.5, -2.0])
M = np.ones((2, 3))


def counting(derived):
    """A list that grows by the argument kinds of each compilation."""
    made = []
    compile_for = derived.specialisations.compile_for

    def noted(args, wrt):
        made.append(args)
        return compile_for(args, wrt)

    derived.specialisations.compile_for = noted
    return made


def compiled(f, *calls, argnums=0):
    """How many times these calls compile; every one of them is made twice."""
    derived = sg.grad(f, argnums)
    made = counting(derived)
    for args in (*calls, *calls):
        derived(*args)
    return len(made)


class Tagged(np.ndarray):
    pass


def total(x, other=None):
    return np.sum(x * 2.0)


F, B, S = np.float64, np.array([True, False]), slice
SHARED = [
    [(1.0,), (-2.5,), (float("inf"),)],
    [(A,), (np.zeros(7),), (np.zeros(0),)],
    [(M,), (np.zeros((5, 4)),), (np.asfortranarray(M),), (M[::-1],)],
    [(np.ones((1, 3)),), (np.ones((1, 5)),)],
    [(A, 1), (A, 7), (A, -1)],
    [(A, 1.0), (A, 2.0)],
    [(A, "a"), (A, "a")],
    [(A, [1.0, 2]), (A, [3.0, 4])],
    [(A, {"a": A, "b": 1}), (A, {"a": np.zeros(9), "b": 2})],
    [(A, slice(1, 2)), (A, slice(1, 2))],
    [(A, None), (A, None)],
    [(A, np.float32(1)), (A, np.float32(2))],
]
APART = [
    [(1.0,), (A,), (np.float64(1.0),), (np.array(1.0),)],
    [(A,), (M,), (np.ones((2, 3, 4)),)],
    [(A,), (A.astype(np.float32),), (A.astype(">f8"),)],
    [(A,), (np.ones(1),)],
    [(M,), (np.ones((1, 3)),), (np.ones((2, 1)),), (np.ones((1, 1)),)],
    [(A, 1), (A, 1.0), (A, True), (A, False), (A, None), (A, np.int64(1)), (A, 1j)],
    [(A, "a"), (A, "b")],
    [(A, [1.0]), (A, [1.0, 2.0]), (A, (1.0,)), (A, [1]), (A, [None]), (A, []), (A, ())],
    [(A, {"a": 1.0}), (A, {"b": 1.0}), (A, {"a": 1.0, "b": 1.0}), (A, {"b": 1.0, "a": 1.0}), (A, {"a": 1}), (A, {})],
    [(A, slice(1, 2)), (A, slice(1, 3)), (A, slice(1, None))],
    [(A, float), (A, int)],
    [(A, np.sin), (A, np.cos)],
    [(A, [[1.0]]), (A, [[1]]), (A, [(1.0,)])],
]


@pytest.mark.parametrize("calls", SHARED, ids=str)
def test_shared(calls):
    assert compiled(total, *calls) == 1
    assert len({key_of(args) for args in calls}) == 1


@pytest.mark.parametrize("calls", APART, ids=str)
def test_apart(calls):
    assert len({key_of(args) for args in calls}) == len(calls)
    assert compiled(total, *calls) == len(calls)


@pytest.mark.parametrize("calls", APART, ids=str)
def test_guards_tell_apart_what_the_keys_tell_apart(calls):
    """A guard lets through exactly the calls of its own key."""
    for args in calls:
        try:
            source, bindings = dispatch.write(args, (0,), [], total, value=False, single=True, owned=True)
        except dispatch.NoGuard:
            continue
        exec(source, bindings)
        for others in (*calls, *(args for shared in SHARED for args in shared)):
            if len(others) == len(args):
                assert bindings["fits"](*others) == (key_of(others) == key_of(args)), f"{args} and {others}\n{source}"


def test_the_text_of_a_guard():
    source, bindings = dispatch.write(
        (A, np.ones((2, 1)), 1.5, {"k": [2, None]}, "a", True), (0,), [], total, value=False, single=True, owned=True
    )
    assert (
        source
        == text("""
        def fits(a0, a1, a2, a3, a4, a5):
            if type(a0) is not ndarray or a0.dtype is not dtype_1 or a0.ndim != 1 or 1 in a0.shape:
                return False
            if type(a1) is not ndarray or a1.dtype is not dtype_2 or a1.ndim != 2 or SHAPE:
                return False
            if type(a2) is not float:
                return False
            if type(a3) is not dict or list(a3) != keys_3:
                return False
            v4 = a3['k']
            if type(v4) is not list or len(v4) != 2:
                return False
            v6 = v4[0]
            if type(v6) is not int:
                return False
            v8 = v4[1]
            if v8 is not None:
                return False
            if type(a4) is not str or a4 != 'a':
                return False
            if a5 is not True:
                return False
            return True


        def run(a0, a1, a2, a3, a4, a5):
            g0 = function(a0, a1, a2, a3, a4, a5)
            return hand_out(g0, a0)
        """).replace("SHAPE", "a1.shape[0] == 1 or a1.shape[1] != 1")
        + "\n"
    )
    assert bindings["dtype_1"] is A.dtype and bindings["function"] is total


def test_the_text_of_a_run():
    def run_of(args, wrt, **how):
        source, _ = dispatch.write(args, wrt, [], total, **{"value": False, "single": True, "owned": True} | how)
        return source.partition("def run")[2].splitlines()[1:]

    assert run_of((1.0,), (0,), value=True) == [
        "    value, g0 = function(a0)", "    return value, (g0 if type(g0) is float else float(g0))",
    ]  # fmt: skip
    assert run_of((A, A), (0, 1), single=False) == [
        "    (g0, g1) = function(a0, a1)", "    return (hand_out(g0, a0), hand_out(g1, a1),)",
    ]  # fmt: skip
    assert run_of((A, A), (1,), single=False)[1] == "    return (hand_out(g0, a1),)"
    assert run_of(({"w": A},), (0,))[1] == "    return {'w': hand_out(g0['w'], a0['w'])}"
    assert run_of(((A,),), (0,))[1] == "    return finish(g0, a0)"


def test_the_chain_is_short_and_the_newest_comes_first():
    derived = sg.grad(lambda x: np.sum(x * 2.0))
    made = counting(derived)
    kinds = [np.ones((2,) * rank) for rank in range(1, 8)]
    for x in kinds:
        derived(x)
    assert len(derived.guards) == dispatch.CHAIN
    fits, _ = derived.guards[0]
    assert fits(kinds[-1]) and not fits(kinds[-2])
    for x in kinds:
        np.testing.assert_array_equal(derived(x), np.full(x.shape, 2.0))
    assert len(made) == len(kinds), "what has no guard any more is found by its key"


def test_unusual_arguments_go_the_general_way():
    assert compiled(total, (A, A.astype(complex)), (A, A.view(Tagged)), (A, types.SimpleNamespace(a=1))) == 3
    derived = sg.grad(total)
    derived(A, other=1)
    derived(A)
    derived(A, 2)
    assert len(derived.specialisations.found) == 2


@pytest.mark.parametrize("x", [np.ma.array([1.0, 2.0], mask=[0, 1]), np.asmatrix(M)], ids=["masked", "matrix"])
def test_arrays_that_compute_otherwise_are_refused(x):
    """`*` of a matrix is its product, and what is masked counts nowhere."""
    for f, args in ((total, (x,)), (total, (A, x)), (lambda a: np.sum(a * x), (A,)), (lambda t: np.sum(t[0]), ([x],))):
        with pytest.raises(TypeError, match="asarray"):
            sg.grad(f)(*args)


# -------------------------------------------------------------------------------------------- what was relied upon

CONSTANT = 2.0
TABLE = np.array([1.0, 2.0])
CONFIG = {"k": 2.0}


def helper(x):
    return x * x


def with_constant(x):
    return x * CONSTANT


def with_table(x):
    return x * TABLE[1]


def with_config(x):
    return x * CONFIG["k"]


def with_helper(x):
    return helper(x)


def with_builtin(x):
    return x * abs(-2.0)


def with_default(x, k=3.0):
    return x * k


@pytest.fixture
def space(monkeypatch):
    import sys

    return lambda name, value: monkeypatch.setitem(vars(sys.modules[__name__]), name, value)


def test_values_of_globals_are_read_at_each_call(space):
    for f, name, values in [
        (with_constant, "CONSTANT", [(5.0, 5.0), (-1.0, -1.0)]),
        (with_table, "TABLE", [(np.array([3.0, 4.0, 5.0]), 4.0)]),
        (with_config, "CONFIG", [({"k": 7.0}, 7.0)]),
    ]:
        derived = sg.grad(f)
        made = counting(derived)
        assert derived(3.0) == 2.0
        for value, expected in values:
            space(name, value)
            assert derived(3.0) == expected
        assert len(made) == 1, f"{name}: another value of the same kind is no reason to compile"


def test_kinds_of_globals_are_guarded(space):
    derived = sg.grad(with_constant)
    made = counting(derived)
    for value, expected in ((2.0, 2.0), (3, 3.0), (np.float64(4.0), 4.0), (2.5, 2.5)):
        space("CONSTANT", value)
        assert derived(1.0) == expected
    assert len(made) >= 3


def test_tables_changed_in_place_are_read_anew():
    table = np.array([1.0, 2.0])
    derived = sg.grad(lambda x: x * table[1])
    assert derived(1.0) == 2.0
    table[1] = 9.0
    assert derived(1.0) == 9.0


def test_callees_are_guarded_by_identity(space):
    derived = sg.grad(with_helper)
    assert derived(3.0) == 6.0
    space("helper", lambda x: 5 * x)
    assert derived(3.0) == 5.0


def test_code_of_callees_and_of_the_function(monkeypatch):
    def cube(x):
        return x * x * x

    def line(x):
        return 4 * x

    derived = sg.grad(with_helper)
    assert derived(1.0) == 2.0
    monkeypatch.setattr(helper, "__code__", cube.__code__)
    assert derived(1.0) == 3.0
    monkeypatch.setattr(with_helper, "__code__", line.__code__)
    assert derived(1.0) == 4.0


def test_defaults(monkeypatch):
    derived = sg.grad(with_default)
    assert derived(1.0) == 3.0
    monkeypatch.setattr(with_default, "__defaults__", (8.0,))
    assert derived(1.0) == 8.0
    assert derived(1.0, 2.0) == 2.0


def test_cells():
    k = 2.0
    derived = sg.grad(lambda x: x * k)
    made = counting(derived)
    assert derived(1.0) == 2.0
    k = 3.0
    assert derived(1.0) == 3.0
    assert len(made) == 1
    k = np.array([1.0, 2.0])
    with pytest.raises(TypeError):
        derived(1.0)


def test_a_name_that_hides_a_builtin(space):
    derived = sg.grad(with_builtin)
    assert derived(1.0) == 2.0
    space("abs", lambda x: x)
    assert derived(1.0) == -2.0


def times(k):
    return lambda t: t * k


def test_functions_as_arguments_share_code_not_cells():
    def apply(f, x):
        return f(x)

    derived = sg.grad(apply, 1)
    made = counting(derived)
    assert [derived(lambda t, k=k: t * k, 1.0) for k in (2.0, 3.0)] == [2.0, 3.0]
    for factor in (5.0, 6.0):
        assert derived(times(factor), 1.0) == factor
    assert len(made) == 3, "defaults are constants, cells are not"


def test_rules_that_change(monkeypatch):
    from s2sgrad import rules
    from s2sgrad.rules import notation

    def f(x):
        return np.tanh(x)

    derived = sg.grad(f)
    right = derived(0.5)
    rule = rules.lookup(np.tanh)
    import dataclasses

    notation.register(dataclasses.replace(rule, text=("2 * (1 - y*y)",)))
    try:
        assert derived(0.5) == pytest.approx(2 * right)
    finally:
        notation.register(rule)
    assert derived(0.5) == right


def test_argnums_are_part_of_the_key():
    def f(*xs):
        return xs[0] * xs[1] ** 2

    derived = sg.grad(f, -1)
    assert derived(2.0, 3.0) == 12.0
    assert derived(2.0, 3.0, 4.0) == 0.0
