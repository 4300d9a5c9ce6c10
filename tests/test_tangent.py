"""Forward mode: the text that each statement becomes, the memory of tangents, and what `jvp` asks of its arguments."""

from collections import namedtuple

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.api.forward import Jvp
from s2sgrad.rules import notation
from s2sgrad.transform.tangent import Tangent
from tests import harness, oracle
from tests.corpus import named, sample
from tests.staged import text


def source(f, *primals, tangents=None, **kwargs) -> str:
    """The generated tangent function."""
    return Jvp(f).source_for(primals, tangents, **kwargs).strip()


def check(f, *args, tol=1e-6):
    """The tangent is right along one direction through all arguments that have one."""
    dots = harness.direction(args, tuple(i for i, a in enumerate(args) if not isinstance(a, int)))
    value, tangent = sg.jvp(f, oracle.fresh(args), dots)
    oracle.assert_close(value, f(*oracle.fresh(args)), 1e-12, "value")
    oracle.assert_close(tangent, oracle.along(f, args, dots), tol, "tangent")
    return tangent


x, y = sample(3), sample(3, seed=1)

# ------------------------------------------------------------------------------------------------- before and after


def sines(x):
    y = np.sin(x)
    return y * x


def test_a_tangent_stands_beside_each_value():
    assert source(sines, x) == text("""
        def sines_jvp(x, x_dot):
            y = np.sin(x)
            y_dot = np.cos(x) * x_dot
            return y * x, x * y_dot + y * x_dot
    """)


def scaled(x, k):
    return np.sum(k * x)


def test_what_does_not_move_has_no_tangent():
    assert source(scaled, x, 3.0, tangents=(x, None)) == text("""
        def scaled_jvp(x, k, x_dot):
            return np.sum(k * x), np.sum(k * x_dot)
    """)


def quotient(x, y):
    return -x / y


def test_signs_and_divisors_stand_where_they_belong():
    assert source(quotient, 2.0, 3.0) == text("""
        def quotient_jvp(x, y, x_dot, y_dot):
            t = -x / y
            return t, -x_dot / y - t * y_dot / y
    """)


def smoothed(u, k, steps):
    u = u.copy()
    for t in range(steps):
        u[1:-1] += k * (u[2:] + u[:-2])
        u[0] = 1.0
    return u


def test_writes_are_mirrored():
    assert source(smoothed, sample(5), 0.1, 3, tangents=(sample(5), None, None)) == text("""
        def smoothed_jvp(u, k, steps, u_dot):
            u_1 = u.copy()
            u_dot_1 = u_dot.copy()
            for t in range(steps):
                t_dot = k * (u_dot_1[2:] + u_dot_1[:-2])
                u_1[1:-1] += k * (u_1[2:] + u_1[:-2])
                u_dot_1[1:-1] += t_dot
                u_1[0] = 1.0
                u_dot_1[0] = 0.0
            return u_1, u_dot_1
    """)


def fibonacci(a, b, n):
    for _ in range(n):
        a, b = b, a + b
    return a


def test_names_that_trade_places_do_so_with_their_tangents():
    assert source(fibonacci, 1.0, 2.0, 5) == text("""
        def fibonacci_jvp(a, b, n, a_dot, b_dot):
            for _ in range(n):
                a_dot, b_dot = b_dot, a_dot + b_dot
                a, b = b, a + b
            return a, a_dot
    """)


def bounded(x):
    y = 0.0
    if x > 1.0:
        y = x * x
    return y


def test_branches_meet_with_a_zero():
    assert source(bounded, 2.0) == text("""
        def bounded_jvp(x, x_dot):
            if x > 1.0:
                y = x * x
                y_dot = 2 * (x * x_dot)
            else:
                y = 0.0
                y_dot = 0.0
            return y, y_dot
    """)


def halved(x):
    while x * x > 1.0:
        x = x / 2
    return x


def test_the_test_of_a_loop_has_no_tangent():
    assert source(halved, 5.0) == text("""
        def halved_jvp(x, x_dot):
            while x * x > 1.0:
                x = x / 2
                x_dot = x_dot / 2
            return x, x_dot
    """)


def cube(v, k):
    return k * v * v * v


def cubes(x, y):
    return cube(x, 2.0) + cube(y, x)


def test_each_callee_has_a_tangent_function_for_what_is_active():
    assert source(cubes, 2.0, 3.0, tangents=(1.0, None)) == text("""
        def cube_tangent(v, k, v_dot):
            t = k * v
            t_1 = t * v
            t_dot = v * (v * (k * v_dot) + t * v_dot) + t_1 * v_dot
            return t_1 * v, t_dot


        def cube_tangent_1(v, k, k_dot):
            return k * v * v * v, v * (v * (v * k_dot))


        def cubes_jvp(x, y, x_dot):
            t, t_dot = cube_tangent(x, 2.0, x_dot)
            t_1, t_dot_1 = cube_tangent_1(y, x, x_dot)
            return t + t_1, t_dot + t_dot_1
    """)


def power(x, n):
    return x if n == 1 else x * power(x, n - 1)


def test_recursion():
    assert source(power, 2.0, 3).count("def power_tangent") == 1
    assert sg.jvp(power, (2.0, 5), (1.0, None)) == (32.0, 80.0)


def parts(p):
    q = {"a": p["w"] * 2.0, "n": 3, "pair": (p["b"], p["w"])}
    return q["a"] + q["pair"][0], q


def test_containers_have_tangents_of_their_form():
    value, tangent = sg.jvp(parts, ({"w": 1.0, "b": 2.0},), ({"w": 10.0, "b": 20.0},))
    assert value == (4.0, {"a": 2.0, "n": 3, "pair": (2.0, 1.0)})
    assert tangent == (40.0, {"a": 20.0, "n": None, "pair": (20.0, 10.0)})


def test_rules_leave_out_what_does_not_move():
    assert "zeros" not in source(lambda a, b: a @ b, sample(2, 2), sample(2), tangents=(sample(2, 2), None))


def test_raw_text_computes_the_same():
    for f, args in ((sines, (x,)), (smoothed, (sample(5), 0.1, 3)), (cubes, (2.0, 3.0))):
        dots = harness.direction(args, tuple(i for i, a in enumerate(args) if not isinstance(a, int)))
        plain, readable = (sg.jvp(f, args, dots, optimize=o) for o in (False, True))
        oracle.assert_close(readable, plain, 1e-14)


# ------------------------------------------------------------------------------------------------------------ memory


def shared_then_written(x):
    y = x + 1.0
    y[0] = 5.0
    return np.sum(y * x)


def copied_then_written(x):
    y = x.copy()
    z = y + 0.0
    z[1] = 2.0 * y[0]
    y[2] = 0.0
    return np.sum(y * z * x)


def flattened_then_written(x):
    y = np.array(x)
    z = y.flatten()
    z[0] = 3.0 * y[1]
    return np.sum(z * y)


def returned_by_a_callee(x):
    def shifted(v):
        return v + 1.0

    y = x * 1.0
    z = shifted(y)
    z[0] = y[1]
    return np.sum(y * z)


def operand_written_later(x):
    y = x * x
    z = y - 1.0
    y[0] = 7.0
    return np.sum(z * z) + np.sum(y)


def broadcast_then_written(x):
    y = x + np.zeros((2, 3))
    y[1, 0] = x[0] * x[1]
    return np.sum(y * y * x)


def made_by_where(x):
    y = np.where(x > 0.0, x, 0.0)
    y[0] = 1.0
    return np.sum(x * y)


def converted_then_written(x):
    y = x.astype(float)
    y[0] = 1.0
    return np.sum(x * y)


def kept_in_a_tuple(x):
    y = x * 1.0
    pair = (y + 0.0, 2.0)
    z = pair[0]
    z[1] = 4.0 * y[0]
    return np.sum(z * y)


MEMORY = [
    shared_then_written, copied_then_written, flattened_then_written, returned_by_a_callee, operand_written_later,
    broadcast_then_written, made_by_where, converted_then_written, kept_in_a_tuple,
]  # fmt: skip


@pytest.mark.parametrize("f", MEMORY, ids=lambda f: f.__name__)
def test_tangents_share_memory_as_their_primals_do(f):
    check(f, sample(3))


def test_without_copies_of_its_own_a_tangent_is_overwritten(monkeypatch):
    """The programs above can tell."""
    monkeypatch.setattr(Tangent, "own", lambda self, y, e: e)
    wrong = 0
    for f in MEMORY:
        f.__dict__.pop("__s2sgrad_tangents__", None)
        try:
            check(f, sample(3))
        except (AssertionError, ValueError):
            wrong += 1
        f.__dict__.pop("__s2sgrad_tangents__", None)
    assert wrong >= 5


def test_views_of_arrays_in_another_layout():
    def rows(a):
        b = a * 1.0
        c = b.reshape(-1)
        c[0] = 2.0 * c[1]
        return c

    check(rows, sample(2, 3))
    check(rows, np.asfortranarray(sample(2, 3)))


def test_what_comes_back_is_the_callers():
    v = np.ones(3)
    for f in (lambda a: a, lambda a: a[::-1], lambda a: a + 1.0, lambda a: (a, a)):
        _, tangent = sg.jvp(f, (x,), (v,))
        for leaf in tangent if isinstance(tangent, tuple) else (tangent,):
            assert leaf.flags.writeable and not np.may_share_memory(leaf, v)
    assert not np.may_share_memory(*tangent)


def test_dtypes_are_those_of_the_value():
    single = x.astype(np.float32)
    for f in (lambda a: a + y, lambda a: a * y, lambda a: np.maximum(a, y), lambda a: np.exp(a), lambda a: np.sum(a)):
        value, tangent = sg.jvp(f, (single,), (np.ones(3),))
        assert value.dtype == tangent.dtype, f


# -------------------------------------------------------------------------------------------------------- arguments

Point = namedtuple("Point", "x y")


def test_integers_do_not_move():
    def f(x, n, names):
        return x**n + len(names)

    assert sg.jvp(f, (3.0, 2, ["a"]), (1.0, None, None)) == (10.0, 6.0)
    assert sg.jvp(f, (3.0, 2, ["a"]), (1.0, 0, None)) == (10.0, 6.0)
    with pytest.raises(TypeError, match=r"the integer 2, is zero; pass 2\.0"):
        sg.jvp(f, (3.0, 2, ["a"]), (1.0, 1, None))
    with pytest.raises(TypeError, match=r"has no tangent: pass None"):
        sg.jvp(f, (3.0, 2, ["a"]), (1.0, 0, [1.0]))


def test_nothing_moves():
    assert sg.jvp(lambda x: x * x, (3.0,), (None,)) == (9.0, 0.0)
    value, tangent = sg.jvp(lambda x: (x, 2, x > 1.0), (3.0,), (0.0,))
    assert value == (3.0, 2, True) and tangent == (0.0, None, None)


def test_forms_must_agree():
    with pytest.raises(TypeError, match="2 primals, but 1 tangents"):
        sg.jvp(scaled, (x, 2.0), (x,))
    with pytest.raises(TypeError, match="in tuples"):
        sg.jvp(sines, x, x)
    with pytest.raises(ValueError, match=r"tangent of `x` is an array of float64 of shape \(2,\)"):
        sg.jvp(sines, (x,), (np.ones(2),))
    with pytest.raises(ValueError, match=r"tangent of `x` is the float 1\.0"):
        sg.jvp(sines, (x,), (1.0,))
    with pytest.raises(TypeError, match=r"tangent of `p` is a dict with keys \['w'\]"):
        sg.jvp(parts, ({"w": 1.0, "b": 2.0},), ({"w": 1.0},))
    with pytest.raises(TypeError, match="complex"):
        sg.jvp(lambda x: x, (1.0,), (1j,))
    with pytest.raises(TypeError, match=r"tangent of `p\[0\]`"):
        sg.jvp(lambda p: p[0], ([[1.0]],), ([1.0],))


def test_namedtuples_stars_and_keywords():
    def f(p, *rest, k=2.0):
        return k * p.x * p.y + rest[0] * rest[1]

    value, tangent = sg.jvp(f, (Point(2.0, 3.0), 5.0, 7.0), (Point(1.0, 0.0), None, 1.0), k=10.0)
    assert (value, tangent) == (95.0, 35.0)


def test_aux():
    def f(x):
        return x * x, {"x": x}

    assert sg.jvp(f, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, {"x": 3.0})
    with pytest.raises(TypeError, match="must return a pair"):
        sg.jvp(sines, (x,), (x,), has_aux=True)


def test_globals_and_captured_variables_are_read_at_each_call():
    k = 2.0

    def f(x):
        return k * x

    assert sg.jvp(f, (3.0,), (1.0,)) == (6.0, 2.0)
    k = 5.0
    assert sg.jvp(f, (3.0,), (1.0,)) == (15.0, 5.0)
    k = np.array([1.0, 2.0])
    assert sg.jvp(f, (3.0,), (1.0,))[1].tolist() == [1.0, 2.0]


def test_arguments_are_compiled_for_once():
    compiled = []
    from s2sgrad import pipeline

    def f(x):
        return np.sin(x)

    original = pipeline.compile_tangent
    try:
        pipeline.compile_tangent = lambda *a, **k: compiled.append(1) or original(*a, **k)
        for _ in range(3):
            sg.jvp(f, (x,), (x,))
        sg.jvp(f, (sample(7),), (sample(7),))
        assert len(compiled) == 1
        sg.jvp(f, (1.0,), (1.0,))
        assert len(compiled) == 2
    finally:
        pipeline.compile_tangent = original


def test_decorated_functions():
    @sg.differentiable
    def energy(x):
        return 0.5 * np.sum(x * x)

    assert "np.sum" in energy.jvp.source  # before the first call
    value, tangent = energy.jvp((x,), (np.ones(3),))
    assert np.isclose(tangent, np.sum(x)) and np.isclose(value, energy(x))
    assert "def energy_jvp(x, x_dot):" in energy.jvp.source
    assert sg.jvp(energy, (x,), (np.ones(3),)) == (value, tangent)


def test_linearize():
    v = x.copy()
    value, push = sg.linearize(sines, v)
    v[:] = 0.0  # the arguments are kept as they were
    assert np.allclose(value, np.sin(x) * x)
    assert np.allclose(push(np.ones(3)), np.cos(x) * x + np.sin(x))
    assert np.allclose(push(2.0 * np.ones(3)), 2.0 * push(np.ones(3)))
    with pytest.raises(TypeError, match="takes 1 tangents"):
        push(x, x)


# ---------------------------------------------------------------------------------------------------------- refusals


def test_a_rule_without_forward_mode_is_refused():
    def doubled(x):
        return 2.0 * float(x)

    @sg.rule(doubled)
    def doubled_rule(y, x):
        bar[x] = 2.0 * bar[y]  # noqa: F821

    try:
        with pytest.raises(sg.UnsupportedError, match="has no forward mode") as caught:
            sg.jvp(lambda x: doubled(x), (1.0,), (1.0,))
    finally:
        notation._rules.pop(doubled)
    assert caught.value.code == "S020" and "dot[y]" in caught.value.hint


def test_calls_without_rule_are_refused():
    with pytest.raises(sg.UnsupportedError, match="no derivative flows through this call"):
        sg.jvp(lambda x: np.trim_zeros(x), (x,), (x,))


def test_the_harness_notices_a_wrong_tangent(monkeypatch):
    program = named("arrays.dot_by_hand")
    harness.check_tangent(program)

    class Wrong:
        vjp = staticmethod(sg.vjp)

        @staticmethod
        def jvp(f, args, dots, optimize):
            value, tangent = sg.jvp(f, args, dots, optimize=optimize)
            return value, tangent * 1.001

    with pytest.raises(AssertionError):
        harness.check_tangent(program, api=Wrong())


def test_grids_that_are_views_have_tangents_that_are():
    def shared(v):
        a = v * v
        rows, _ = np.meshgrid(a, a, copy=False)
        a[0] = v[1]
        return np.sum(rows * v)

    tangent = np.linspace(0.5, 1.5, 3)
    point = np.array([0.3, 0.7, 1.1])
    step = 1e-6 * tangent
    expected = (shared(point + step) - shared(point - step)) / 2e-6
    assert np.isclose(sg.jvp(shared, (point,), (tangent,))[1], expected)
