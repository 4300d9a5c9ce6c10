"""`with`, `try` and calls that write, on their way through the compiler: texts of small functions, stage by stage."""

import contextlib
import math
import warnings

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.printer import print_block
from s2sgrad.optimize.coalesce import Coalesce
from s2sgrad.optimize.deadcode import DeadCode
from tests.staged import stage, text

A = np.array([0.5, 1.5, -2.0])


def rooted(x, y):
    try:
        r = math.sqrt(x)
    except ValueError:
        r = y * y
    return r * y


def guarded(x):
    with np.errstate(invalid="ignore"), contextlib.nullcontext():
        y = np.sqrt(x)
    return np.sum(y * y)


def written(x):
    a = np.zeros(3)
    np.multiply(x, x, out=a)
    np.add.at(a, [0, 0], 2.0)
    return np.sum(a)


# ---------------------------------------------------------------------------------------------------- stages


def test_a_handler_is_a_branch_with_a_flag():
    assert stage("ssa", rooted, 2.0, 3.0, argnums=(0, 1)) == text("""
        def rooted(x, y):
            try:
                r = math.sqrt(x)
                caught = False
                r_2 = r
            except ValueError:
                r_1 = y * y
                caught = True
                r_2 = r_1
            t = r_2 * y
            return t
        """)


def test_the_reverse_sweep_takes_the_path_that_was_taken():
    assert stage("optimized", rooted, 2.0, 3.0, argnums=(0, 1)) == text("""
        def rooted_grad(x, y, *, rooted_bar=1.0):
            try:
                r = math.sqrt(x)
                caught = False
                r_1 = r
            except ValueError:
                r_1 = y * y
                caught = True
            # ---- reverse ----
            r_bar = rooted_bar * y
            y_bar = rooted_bar * r_1
            if caught:
                y_bar += r_bar * y
                y_bar += r_bar * y
                x_bar = 0.0
            else:
                x_bar = r_bar * divide(0.5, r)
            return x_bar, y_bar
        """)


def test_errors_are_treated_alike_in_both_sweeps():
    lines = stage("optimized", guarded, A).splitlines()
    assert sum("with np.errstate(invalid='ignore'):" in line for line in lines) == 2
    assert sum("nullcontext" in line for line in lines) == 1


def test_warnings_that_are_caught_are_not_given_by_the_reverse_sweep():
    def quiet(x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.sum(np.sqrt(x))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient = sg.grad(quiet)(np.array([0.0, 1.0]))
    assert gradient[1] == 0.5


def test_calls_that_write_are_writes():
    assert stage("resolved", written, A) == text("""
        def written(x):
            a = np.zeros(3)
            t_2 = np.multiply(x, x)
            a[...] = t_2
            t = [0, 0]
            np.add.at(a, t, 2.0)
            t_1 = np.sum(a)
            return t_1
        """)


# ---------------------------------------------------------------------------------------------------- passes


def block_of(*stmts: ir.Stmt) -> ir.Block:
    return stmts


def name(text_: str) -> ir.Name:
    return ir.Name(text_)


def assign(target: str, value: ir.Expr | str) -> ir.Stmt:
    return ir.Assign(name(target), name(value) if isinstance(value, str) else value)


def test_what_may_fail_in_a_body_stays():
    root = ir.Call(ir.Ref("math.sqrt", math.sqrt, math), (name("x"),))
    attempt = ir.Try(
        name("caught"), (assign("t", root), assign("u", "x")), (assign("v", "x"),), ir.Ref("ValueError", ValueError)
    )
    passes = DeadCode(lambda e: True, (), ())
    kept, _ = passes.run((attempt,), {"v"})
    assert print_block(kept) == text("""
        try:
            math.sqrt(x)
        except ValueError:
            v = x
        """)


def test_a_name_that_a_handler_reads_lives_in_the_whole_body():
    """Were `a` and `b` one name, the handler would read what the body has put there."""
    risky = ir.Call(name("risky"), ())
    body = (assign("a", ir.Call(name("f"), ())), assign("z", risky), assign("y", "a"))
    attempt = ir.Try(name("caught"), body, (assign("y", "b"),), ir.Ref("ValueError", ValueError))
    start = assign("b", ir.Call(name("g"), ()))
    names = Coalesce((start, attempt, ir.Return(name("y"))), (), ()).names()
    assert names.get("a", name("a")).id != names.get("b", name("b")).id


@pytest.mark.parametrize(
    ("stmts", "expected"),
    [
        ((ir.Enter(name("m"), name("t")), ir.Leave()), "with m as t:\n    pass"),
        ((ir.Enter(), assign("x", "y"), ir.Lastly(), ir.Leave()), "try:\n    x = y\nfinally:\n    pass"),
        ((ir.Enter(), ir.Raise(name("e"))), "try:\n    raise e\nfinally:\n    pass"),
        ((ir.Enter(name("m")), ir.Raise(name("e"))), "with m:\n    raise e"),
        ((ir.Enter(name("m")), ir.Leave(), assign("x", "y")), "with m:\n    pass\nx = y"),
    ],
)
def test_suites_are_printed_as_they_are_entered_and_left(stmts, expected):
    assert print_block(stmts) == expected


def test_what_a_body_has_recorded_is_forgotten():
    def product(x):
        total = 0.0
        for k in range(2):
            try:
                s = 1.0
                for v in x:
                    s = s * v * math.sqrt(v + k)
            except ValueError:
                s = x[0]
            total = total + s
        return total

    source = stage("optimized", product, A)
    assert "forget(" in source
    sg.check_grads(product, (A,), order=1, modes=("rev",))


def test_a_swallowed_exception_is_an_error():
    class Swallow:
        def __enter__(self):
            return self

        def __exit__(self, *exception):
            return True

    def half(x):
        y = 0.0
        with Swallow():
            y = math.sqrt(x)
        return y * x

    assert sg.grad(half)(4.0) == 3.0
    with pytest.raises(RuntimeError, match="swallowed"):
        sg.grad(half)(-4.0)


def test_in_place_operators_on_ints_fail_as_in_numpy():
    def halved(x):
        n = np.arange(3)
        n *= 0.5
        return np.sum(x * n)

    with pytest.raises(TypeError, match="Cannot cast ufunc"):
        sg.grad(halved)(A)
