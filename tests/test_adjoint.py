"""The adjoint as it is made, before any optimisation: text of small functions."""

import math
import re

import numpy as np
import pytest

import s2sgrad as sg
from tests.staged import stage, text

A = np.array([0.5, 1.5, -2.0])
M = np.ones((2, 3))


def adjoint(f, *args, argnums=0):
    """The body of the plain gradient, from the mark on; the functions before it are left out."""
    return stage("adjoint", f, *args, argnums=argnums)


def reverse(f, *args, argnums=0):
    out = adjoint(f, *args, argnums=argnums).rpartition("# ---- reverse ----\n")[2]
    return text(out)


def square(x):
    return x * x


def both(x, y):
    return x * y + x


def cubed(x):
    return x**3 / 3


def constant(x):
    return 2.0 * 3.0


def unused(x, y):
    return x + 1


def itself(x):
    return x


def test_the_first_contribution_assigns_the_others_add():
    assert adjoint(square, 3.0) == text("""
        def square_grad(x, *, square_bar=1.0):
            # ---- reverse ----
            t_bar = square_bar
            x_bar = t_bar * x
            x_bar += t_bar * x
            return x_bar
        """)
    assert reverse(both, 1.0, 2.0, argnums=(0, 1)) == text("""
        t_1_bar = both_bar
        t_bar = t_1_bar
        x_bar = t_1_bar
        x_bar += t_bar * y
        y_bar = t_bar * x
        return x_bar, y_bar
        """)


def test_adjoints_are_never_set_to_zero_first():
    for f, args in ((square, (2.0,)), (both, (1.0, 2.0)), (cubed, (2.0,)), (summed_squares, (A,))):
        assert "= 0.0" not in adjoint(f, *args) and "zeros" not in adjoint(f, *args)


def test_nothing_flows():
    assert reverse(constant, 2.0) == "return 0.0"
    assert reverse(unused, 1.0, 2.0, argnums=1) == "return 0.0"
    assert reverse(unused, 1.0, A, argnums=1) == "return np.zeros_like(y)"
    assert reverse(itself, 2.0) == "x_bar = itself_bar\nreturn x_bar"


def test_signs_and_factors_stand_where_they_are_written_by_hand():
    assert "x_bar = 3 * t_bar * x ** 2" in reverse(cubed, 2.0)
    assert "1.0 *" not in reverse(cubed, 2.0)
    assert reverse(lambda x: 1 - x, 2.0).splitlines()[1] == "x_bar = -t_bar"
    assert "math.sin(x)" in reverse(lambda x: math.cos(x), 2.0).splitlines()[1]
    assert re.fullmatch(r"x_bar = -\(?t_bar \* t\)? / x", reverse(lambda x: 2 / x, 2.0).splitlines()[1])


# -------------------------------------------------------------------------------------------------- lazy and shaped


def summed_squares(a):
    return np.sum(a * a)


def meant(a):
    return np.mean(a)


def summed(a):
    return np.sum(a)


def summed_sines(a):
    return np.sum(np.sin(a))


def two_sums(a):
    return np.sum(a) + np.mean(a)


def sum_and_square(a):
    return np.sum(a) + np.sum(a * a)


def test_the_adjoint_of_a_sum_is_a_number():
    assert reverse(summed, A) == "t_bar = summed_bar\na_bar = t_bar\nreturn np.full_like(a, a_bar)"
    assert reverse(meant, A) == "t_bar = meant_bar\na_bar = t_bar / a.size\nreturn np.full_like(a, a_bar)"
    assert "broadcast" not in reverse(summed_sines, A) and "ones" not in reverse(summed_sines, A)
    assert reverse(summed_sines, A).splitlines()[2] == "a_bar = t_bar * np.cos(a)"


def test_lazy_adjoints_add_as_numbers():
    out = reverse(two_sums, A)
    assert out.endswith("return np.full_like(a, a_bar)") and "broadcast" not in out
    assert "full_like" not in reverse(sum_and_square, A), "added to an array, the number takes its shape"


def columns(m, a):
    return np.sum(m * a)


def stretched(m, r):
    return np.sum(m + r)


def by_number(a, x):
    return np.sum(a * x)


def same_lengths(a, b):
    return np.sum(a * b)


def unknown_lengths(a, b):
    return np.sum(a[:2] * b[:2])


def one_array(a):
    v = np.zeros(3)
    v[:] = a
    return np.sum(v * 2.0)


def test_broadcasting_is_undone_only_where_it_may_have_happened():
    assert "a_bar = np.sum(t_bar * m, axis=0)" in reverse(columns, M, A, argnums=(0, 1))
    assert "keepdims=True)" in reverse(stretched, M, np.ones((2, 1)), argnums=1)
    assert "x_bar = np.sum(t_bar * a)" in reverse(by_number, A, 2.0, argnums=1)
    assert "unbroadcast" not in reverse(same_lengths, A, A, argnums=(0, 1))
    assert "unbroadcast" in reverse(unknown_lengths, A, A, argnums=(0, 1))


@pytest.mark.parametrize(
    "shapes", [((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (2, 1)), ((1, 3), (2, 1)), ((2, 3), ()), ((4, 2, 3), (2, 1))]
)
def test_sums_over_stretched_axes(shapes):
    a, b = (np.linspace(0.5, 1.5, math.prod(s)).reshape(s) for s in shapes)
    sg.check_grads(lambda a, b: np.sum(a * b / (a + b)), (a, b))


# ------------------------------------------------------------------------------------------------ control flow


def branch(x):
    if x > 0:
        y = x * x
    else:
        y = 3.0
    return y * x


def one_branch_only(x, y):
    z = 2.0
    if x > 0:
        z = y
    return z * x


def loop(x, n):
    s = x
    for _ in range(n):
        s = s * x
    return s


def elements(a):
    s = 0.0
    for i in range(len(a)):
        s = s + a[i] * 2
    return s


def swap(x, y, n):
    for _ in range(n):
        x, y = y, x * y
    return x


def counted(x):
    while x < 100.0:
        x = x * x
    return x


def left_early(x, n):
    for _ in range(n):
        x = x * 2
        if x > 5:
            break
    return x


def test_branches_are_taken_again():
    assert reverse(branch, 1.0) == text("""
        t_1_bar = branch_bar
        y_1_bar = t_1_bar * x
        x_bar = t_1_bar * y_1
        if t:
            y_bar = y_1_bar
            x_bar += y_bar * x
            x_bar += y_bar * x
        return x_bar
        """)


def test_where_branches_meet_an_adjoint_is_there_or_not():
    assert "else:\n    y_bar = 0.0" in reverse(one_branch_only, 1.0, 2.0, argnums=(0, 1))


def test_loops_run_backwards():
    assert adjoint(loop, 2.0, 3) == text("""
        def loop_grad(x, n, *, loop_bar=1.0):
            tape = []
            s = x
            for _ in range(n):
                s_1 = s * x
                tape.append(s)
                s = s_1
            # ---- reverse ----
            s_bar = loop_bar
            x_bar = 0.0
            for _ in reversed(range(n)):
                s = tape.pop()
                s_1_bar = s_bar
                s_bar = s_1_bar * x
                x_bar += s_1_bar * s
            x_bar += s_bar
            return x_bar
        """)


def test_elements_are_accumulated_in_place():
    out = reverse(elements, A)
    assert (
        out.index("a_bar = np.zeros_like(a)")
        < out.index("for i in reversed(range(t)):")
        < out.index("a_bar[i] += t_1_bar")
    )


def test_parallel_assignments_are_read_before_they_are_written():
    assert "y_1_bar, t_bar = x_1_bar, y_1_bar" in reverse(swap, 1.0, 2.0, 3, argnums=(0, 1))


def test_trips_are_counted_where_nobody_knows_them():
    out = adjoint(counted, 2.0)
    assert (
        out.index("trips = 0")
        < out.index("while True:")
        < out.index("trips += 1")
        < out.index("for _ in range(trips):")
    )
    out = adjoint(left_early, 2.0, 4)
    assert out.index("trips += 1") < out.index("if stop:") < out.index("for _ in reversed(range(n)[:trips]):")
    assert "trips" not in adjoint(loop, 2.0, 3)


@pytest.mark.parametrize(("x", "n"), [(2.0, 0), (2.0, 1), (0.5, 2), (0.5, 9), (9.0, 5)])
def test_loops_of_any_number_of_trips(x, n):
    for f, rest in ((loop, (n,)), (left_early, (n,)), (swap, (1.3, n)), (counted, ())):
        if f is not counted or x > 1:
            sg.check_grads(f, (x, *rest))


# ------------------------------------------------------------------------------------------- memory and containers


def write(a):
    v = a * 2
    v[0] = a[1] * 3
    return np.sum(v)


def added_in_place(a):
    v = a * 2
    v[1:] += a[:-1]
    v -= a
    return np.sum(v)


def read_twice(p):
    return p["w"] * p["b"][0] * p["w"]


def rest_of_a_list(xs):
    return xs[0] * xs[2]


def any_of_a_list(xs, i):
    return xs[i] * xs[0]


def packed(x):
    t = (x, x * 2)
    return t[0] * t[1]


def test_the_adjoint_of_a_write_is_read_cleared_and_handed_on():
    out = reverse(write, A)
    assert (
        text("""
        g = v_bar[0]
        v_bar[0] = 0.0
        """)
        in out
    )
    assert out.index("t_bar = t_1_bar * 3") < out.index("a_bar[1] += t_bar") < out.index("a_bar += v_bar * 2")


def test_the_adjoint_of_an_update_stays():
    out = reverse(added_in_place, A)
    assert "v_bar[1:].copy()" in out and "= 0.0" not in out


def test_items_of_containers_have_adjoints_of_their_own():
    out = reverse(read_twice, {"w": 1.0, "b": [2.0]})
    assert out.endswith("return {'w': w_bar, 'b': b_bar}") and "zeros_like" not in out
    assert reverse(rest_of_a_list, [1.0, 2.0, 3.0]).endswith("return [xs_0_bar, 0.0, xs_2_bar]")
    assert "zeros_like(xs)" in reverse(any_of_a_list, [1.0, 2.0], 1)
    assert sg.grad(any_of_a_list)([2.0, 3.0], 0) == [4.0, 0.0]


# --------------------------------------------------------------------------------------------------------- calls


def callee(x, y):
    return x * np.sin(y)


def caller(x, y):
    return callee(x, y) * callee(x, 2.0)


def caller_of_a_constant(x):
    return x * callee(2.0, 3.0)


def factorial(n, x):
    if n == 0:
        return x
    return x * factorial(n - 1, x)


def test_callees_have_a_pair_for_each_choice_of_active_arguments():
    out = adjoint(caller, 1.0, 2.0, argnums=(0, 1))
    names = [line[4 : line.index("(")] for line in out.splitlines() if line.startswith("def ")]
    assert names == ["callee_forward", "callee_backward", "callee_forward_1", "callee_backward_1", "caller_grad"]
    assert (
        text("""
        t, callee_residuals_1 = callee_forward_1(x, y)
        t_1, callee_residuals = callee_forward(x, 2.0)
        """).replace("\n", "\n    ")
        in out
    )
    assert "x_part, y_part = callee_backward_1(callee_residuals_1, t_bar)" in out
    assert "x_bar += x_part" in out


def test_calls_that_nothing_flows_through_are_called_as_they_are():
    out = adjoint(caller_of_a_constant, 2.0)
    assert "forward" not in out and "t = callee(2.0, 3.0)" in out


def test_recursion_has_one_pair():
    out = adjoint(factorial, 3, 2.0, argnums=1)
    assert out.count("def ") == 3 and out.count("def factorial_forward(") == 1
    assert sg.grad(factorial, argnums=1)(3, 2.0) == 4 * 2.0**3


def test_a_seed_is_an_argument():
    """`<name>_bar` defaults to one, and scales the gradient."""
    space = {"np": np}
    exec(sg.grad(summed_squares).source_for(A), space)
    np.testing.assert_allclose(space["summed_squares_grad"](A, summed_squares_bar=10.0), 20 * A)
    assert "1.0" not in reverse(summed_squares, A)
