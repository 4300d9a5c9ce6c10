"""How adjoints are kept: by value, by path, in shadows; what callees do to arguments. Texts before any optimisation."""

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.analysis.effects import Summary
from tests.staged import prepared, stage, text

A = np.array([0.5, 1.5, -2.0, 2.5])
M = np.ones((2, 2))


def facts(f, *args):
    """The names kept by path and in shadows, parameters copied."""
    found = prepared(f, *args).facts
    return set(found.paths), set(found.shadows)


def summary(f, *args):
    return prepared(f, *args).summary


def functions(f, *args, argnums=0):
    """The plain gradient with the functions before it."""
    return stage("adjoint", f, *args, argnums=argnums)


# ------------------------------------------------------------------------------------------------------- path


def rows(a):
    a = a * 1
    for i in range(2):
        row = a[i]
        row += a[i - 1]
    return np.sum(a)


def test_the_adjoint_of_a_view_is_the_same_view():
    names, shadows = facts(rows, M)
    assert "row" in names and not shadows
    body = functions(rows, M).partition("# ---- reverse ----\n")[2]
    assert "g = a_1_bar[i].copy()" in body
    assert "a_1_bar[t] += g" in body and "row_bar" not in body


def column(a):
    a = a * 1
    t = a.T
    t[0] = t[1] * t[1]
    return np.sum(a)


def test_so_is_that_of_a_transpose():
    assert "a_1_bar.T[0] = 0.0" in functions(column, M)


def moved(a):
    a = a * 1
    v = a[0:2]
    for i in range(2):
        v[0] = v[1] * a[3]
        v = a[i : i + 2]
    return np.sum(a)


def test_a_view_that_is_rebound_has_a_shadow():
    names, shadows = facts(moved, A)
    assert "v" not in names and {"a_1", "v_1"} <= shadows


# ----------------------------------------------------------------------------------------------------- shadows


def one_of(x, c):
    y = np.sin(x)
    b = y if c > 0 else np.cos(x)
    b[0] = x[1]
    return np.sum(y * b)


def test_shadows_are_made_with_the_arrays_and_go_where_these_go():
    assert functions(one_of, A, 1.0) == text("""
        def one_of_grad(x, c, *, one_of_bar=1.0):
            y = np.sin(x)
            y_bar = np.zeros_like(y)
            t = c > 0
            if t:
                b_1 = y
                b_1_bar = y_bar
            else:
                b = np.cos(x)
                b_bar = np.zeros_like(b)
                b_1 = b
                b_1_bar = b_bar
            t_1 = x[1]
            b_1[0] = t_1
            # ---- reverse ----
            t_3_bar = one_of_bar
            t_2_bar = t_3_bar
            y_bar += t_2_bar * b_1
            b_1_bar += t_2_bar * y
            g = b_1_bar[0]
            b_1_bar[0] = 0.0
            t_1_bar = g
            x_bar = np.zeros_like(x)
            x_bar[1] += t_1_bar
            if not t:
                x_bar += -(b_bar * np.sin(x))
            x_bar += y_bar * np.cos(x)
            return x_bar
        """)


def test_a_pullback_with_shadows_serves_again():
    _, pullback = sg.vjp(one_of, A, 1.0, argnums=0)
    first = pullback(1.0)
    kept = first.copy()
    np.testing.assert_array_equal(pullback(1.0), kept)
    np.testing.assert_array_equal(first, kept, err_msg="what was handed out is not what is put back")
    np.testing.assert_allclose(pullback(2.0), 2 * kept)


# ----------------------------------------------------------------------------------------------------- callees


def fill(v, s):
    v[0] = s * v[1]


def filled(x, s):
    x = x * 1
    fill(x, s)
    return np.sum(x)


def test_a_callee_updates_the_adjoint_of_what_it_writes_into():
    assert functions(filled, A, 2.0, argnums=(0, 1)).startswith(
        text("""
        def fill_forward(v, s):
            t = v[1]
            t_1 = s * t
            v[0] = t_1
            return None, (t, s)


        def fill_backward(residuals, fill_bar, v_bar):
            t, s = residuals
            g = v_bar[0]
            v_bar[0] = 0.0
            t_1_bar = g
            s_bar = t_1_bar * t
            t_bar = t_1_bar * s
            v_bar[1] += t_bar
            return s_bar
        """)
    )


def returns_it(v):
    v[0] = 2.0
    return v


def returns_a_part(v):
    return v[1:]


def keeps(box, v):
    return (box, v[0])


def never(v, n):
    if n > 0:
        never(v, n - 1)
    return n


def sometime(v, n):
    if n > 0:
        return sometime(v, n - 1)
    v[0] = 1.0
    return v


def test_summaries():
    assert summary(fill, A, 2.0) == Summary(written=frozenset({0}))
    assert summary(returns_it, A) == Summary(written=frozenset({0}), returned=frozenset({0}))
    assert summary(returns_a_part, A) == Summary(returned=frozenset({0}))
    assert summary(keeps, [A], A) == Summary(returned=frozenset({0}))
    assert summary(never, A, 3) == Summary()
    assert summary(sometime, A, 3) == Summary(written=frozenset({0}), returned=frozenset({0}))


def summed_before(x):
    x = x * 1
    s = np.sum(x * x)
    fill(x, 3.0)
    return s + np.sum(x)


def test_a_callee_undoes_its_writes_if_the_caller_needs_what_was_there():
    assert "v[0] = old" in functions(summed_before, A)
    assert "v[0] = old" not in functions(filled, A, 2.0)


# -------------------------------------------------------------------------------------------------- parameters


def into_its_argument(x, z):
    x[0] = z[1]
    return np.sum(x * z)


def test_a_written_parameter_is_copied():
    x, z = A.copy(), A * 2
    sg.grad(into_its_argument)(x, z)
    np.testing.assert_array_equal(x, A)
    assert "x_1 = np.copy(x)" in functions(into_its_argument, A, A)


@pytest.mark.parametrize("other", [lambda a: a, lambda a: a[::-1], lambda a: a[1:]])
def test_arguments_that_share_memory_are_refused_at_the_call(other):
    a = np.ones(5)
    with pytest.raises(sg.UnsupportedError, match="x and z share memory") as error:
        sg.grad(into_its_argument)(a, other(a))
    assert error.value.code == "S017"


def test_interleaved_arguments_share_none():
    a = np.arange(8.0)
    sg.check_grads(into_its_argument, (a[::2].copy(), a[1::2].copy()))
    np.testing.assert_array_equal(
        sg.grad(into_its_argument)(a[::2], a[1::2]), sg.grad(into_its_argument)(a[::2].copy(), a[1::2].copy())
    )


def through_ravel(a):
    flat = a.ravel()
    flat[0] = 2.0 * a[1, 1]
    return np.sum(a * a)


def test_a_copy_that_was_taken_for_a_view_is_refused_when_it_runs():
    sg.check_grads(through_ravel, (M.copy(),))
    strided = np.ones((2, 4))[:, ::2]
    with pytest.raises(sg.UnsupportedError) as error:
        sg.grad(through_ravel)(strided)
    assert error.value.code == "S018"


def test_one_memory_twice_in_an_argument_or_in_an_object_is_told():
    def replaced(rows, scale):
        rows[0][0] = rows[1][1] * scale
        return sum(rows[0][i] * rows[1][i] for i in range(2))

    class Holder:
        pass

    def beside_an_object(x, holder):
        x[0] = holder.rows[0][1]
        return np.sum(x * holder.rows[0])

    def of_floats(x, y):
        x[0] = y[1] * 2.0
        return x[0] * y[0]

    x, floats, holder = np.array([0.9, 0.8]), [0.9, 0.8], Holder()
    holder.rows = [x]
    calls = [
        (replaced, ([x, x], 2.0)),
        (replaced, ([x[:2], x[::-1]], 2.0)),
        (replaced, ([floats, floats], 2.0)),
        (beside_an_object, (x, holder)),
        (of_floats, (floats, floats)),
    ]
    for function, args in calls:
        with pytest.raises(sg.UnsupportedError) as error:
            sg.grad(function)(*args)
        assert error.value.code == "S017"
    assert sg.grad(replaced)([x, x.copy()], 2.0)[1][1] == pytest.approx(2.0 * 0.9 + 0.8)
    assert sg.grad(of_floats)(floats, list(floats)) == [0.0, 0.0]
