"""Resolution for known kinds, and single assignment: text before and after."""

import functools
import re

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.api.binding import Binder
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.traverse import blocks, expressions, names_in, statements, targets
from s2sgrad.pipeline import Compiler
from s2sgrad.transform.ssa import copies
from tests import oracle
from tests.corpus import PROGRAMS
from tests.staged import parse, prepared, stage, text

A = np.array([0.5, 1.5, -2.0])
M = np.ones((2, 3))
SCALE = 2.0


def resolved(f, *args, argnums=0):
    return stage("resolved", f, *args, argnums=argnums)


def single(f, *args, argnums=0):
    return stage("ssa", f, *args, argnums=argnums)


# ------------------------------------------------------------------------------------------------- branches decided


def by_mode(x, mode, y=None):
    if mode == "square":
        z = x * x
    else:
        z = x
    if y is None:
        return z
    return z * y


def by_rank(a):
    if a.ndim == 2:
        a = a[0]
    elif isinstance(a, float):
        return a
    return a.sum()


def guarded(x):
    if not isinstance(x, float):
        raise TypeError("a float is wanted")
    return x


def undecided(x):
    if x > 0:
        return x
    return -x


def test_branches_whose_test_is_known_are_gone():
    assert single(by_mode, 2.0, "square") == text("""
        def by_mode(x, mode, y):
            z = x * x
            return z
        """)
    assert single(by_mode, 2.0, "plain", 3.0) == text("""
        def by_mode(x, mode, y):
            result = x * y
            return result
        """)
    assert "if" not in resolved(by_rank, M) and "a = a[0]" in resolved(by_rank, M)
    assert "a[0]" not in resolved(by_rank, A)
    assert "raise" not in resolved(guarded, 1.0)


def test_branches_whose_test_is_not_known_stay():
    assert single(undecided, 2.0) == text("""
        def undecided(x):
            t = x > 0
            if t:
                result_1 = x
            else:
                result = -x
                result_1 = result
            return result_1
        """)


def never(x):
    if x is None:
        x = undefined_name(x)  # noqa: F821
    return x


def test_what_is_never_reached_is_never_looked_at():
    assert "undefined_name" not in resolved(never, 1.0)


# ------------------------------------------------------------------------------------- methods, attributes, globals


def methods(a):
    return a.T.sum(axis=0).mean() + a.shape[0] * a.ndim


def through_a_global(x):
    return x * SCALE


def through_a_module(x):
    return np.pi * x


class Model:
    def __init__(self):
        self.w = 2.0

    def apply(self, x):
        return self.w * x

    @staticmethod
    def twice(x):
        return 2 * x


model = Model()


def through_an_object(x):
    return model.apply(x)


def through_a_static_method(x):
    return Model.twice(x)


def test_methods_are_functions():
    assert resolved(methods, M) == text("""
        def methods(a):
            t = a.T
            t_1 = np.sum(t, axis=0)
            t_2 = np.mean(t_1)
            t_3 = a.shape
            t_4 = t_3[0]
            t_5 = a.ndim
            t_6 = t_4 * t_5
            t_7 = t_2 + t_6
            return t_7
        """)


def test_globals_are_read_when_the_code_runs():
    body = resolved(through_a_global, 1.0).splitlines()
    assert body[1:] == ["    SCALE = test_resolve_ssa.SCALE", "    t = x * SCALE", "    return t"]


def test_attributes_of_modules_are_themselves():
    assert "t = np.pi\n    t_1 = t * x" in resolved(through_a_module, 1.0)


def test_methods_of_users_take_the_object():
    out = resolved(through_an_object, 1.0)
    assert "t = apply(" in out
    assert "def apply(self, x):" in out
    for f in (through_an_object, through_a_static_method):
        assert sg.grad(f)(3.0) == 2.0


# ----------------------------------------------------------------------------------------- calls and their arguments


def callee(x, *rest, scale=2.0, **named):
    return x * rest[0] * scale * named["k"]


def calls(x):
    named = {"k": x}
    return callee(x, *(x, 1), **named)


PARTIAL = functools.partial(callee, 2.0, k=3.0)


def calls_a_partial(x):
    return PARTIAL(x)


def test_a_call_has_one_argument_for_each_parameter():
    lines = resolved(calls, 2.0).splitlines()
    assert lines[0].startswith("def callee(x, rest, scale, named")
    assert lines[-2].strip() == "t_1 = callee(x, t_2, 2.0, t_3)" or "callee(x, " in lines[-2]
    assert sg.grad(calls)(3.0) == pytest.approx(3 * 9.0 * 2)


def test_partial_objects_are_their_functions():
    assert "callee(2.0, " in resolved(calls_a_partial, 2.0)
    assert sg.grad(calls_a_partial)(1.0) == 12.0


# -------------------------------------------------------------------------------------------------------- closures


def inner_function(x):
    k = x * 2

    def inner(y):
        return k * y

    return inner(3)


def functions_as_values(x, n):
    f = lambda y: x * y  # noqa: E731
    g = f
    return g(2.0) * n


def defaults_are_values(x):
    def inner(y, k=x):
        return y * k

    x = 7.0
    return inner(2.0) * x


def applied(f, x):
    return f(x)


def test_local_functions_take_what_they_captured():
    assert resolved(inner_function, 2.0) == text("""
        def inner_1(k, y):
            return k * y


        def inner_function(x):
            k = x * 2
            t_1 = inner_1(k, 3)
            return t_1
        """)


def test_function_values_are_tuples_of_what_they_captured():
    out = resolved(functions_as_values, 2.0, 1)
    assert re.search(r"(f\w*) = \('f', x\)\n    g = \1\n    t = g\[1\]\n    t_1 = f\w*\(t, 2.0\)", out)


def test_defaults_are_captured_when_the_function_is_made():
    assert "inner = ('inner', x)" in resolved(defaults_are_values, 3.0)
    assert sg.grad(defaults_are_values)(3.0) == 14.0


def test_functions_passed_in_are_the_tuple_of_their_cells():
    k = 3.0
    out = resolved(applied, lambda t: t * k, 2.0, argnums=1)
    assert "f = captured(f, 'lambda')" in out and "t_1 = f[1]" in out
    assert sg.grad(applied, argnums=1)(lambda t: t * k, 2.0) == 3.0


# ------------------------------------------------------------------------------------------------ augmented assignment


def rebinding(x):
    y = x
    y += 1
    y *= 2
    return y


def in_place(a):
    b = a * 2
    b += a
    b -= 1.0
    b *= 2
    b[0] += 1
    b[1:] -= a[0]
    b[0] *= a[1]
    b[[0, 0]] += a[0]
    return b.sum()


def maybe_array(a, n):
    s = 0.0
    for _ in range(n):
        s += a
    return np.sum(s)


def test_numbers_are_rebound():
    assert resolved(rebinding, 2.0) == text("""
        def rebinding(x):
            y = x
            y = y + 1
            y = y * 2
            return y
        """)


def test_arrays_change_in_place():
    assert resolved(in_place, A) == text("""
        def in_place(a):
            b = a * 2
            b += a
            b -= 1.0
            t_5 = b * 2
            b[...] = t_5
            b[0] += 1
            t = a[0]
            b[1:] -= t
            t_1 = a[1]
            t_6 = b[0]
            t_7 = t_6 * t_1
            b[0] = t_7
            t_2 = [0, 0]
            t_3 = a[0]
            t_8 = b[t_2]
            t_9 = t_8 + t_3
            b[t_2] = t_9
            t_4 = np.sum(b)
            return t_4
        """)


def test_what_may_be_an_array_is_rebound_where_nobody_else_has_it():
    assert "s = s + a" in resolved(maybe_array, A, 2)
    np.testing.assert_array_equal(sg.grad(maybe_array)(A, 2), [2.0, 2.0, 2.0])


def list_under_another_name(x):
    xs = [x]
    add = xs.append
    add(x)
    return xs[1]


def into_an_object(x):
    model.w = x
    return model.w


@pytest.mark.parametrize(("f", "code"), [(list_under_another_name, "S013"), (into_an_object, "S015")])
def test_writes_that_are_not_followed_are_refused(f, code):
    with pytest.raises(sg.UnsupportedError) as error:
        sg.grad(f)(1.0)
    assert error.value.code == code
    assert error.value.span.file == __file__


# --------------------------------------------------------------------------------------------- single assignment


def straight(x):
    y = x
    z = y
    y = z * 2
    y = y + z
    return y


def branches(x):
    y = x
    if x > 0:
        y = y * 2
        t = y + 1
    else:
        t = x
        if x < -1:
            t = t * y
    return y * t


def swap(x, y, n):
    for _ in range(n):
        x, y = y, x + y
    return x


def rotate(x, y, z, n):
    for _ in range(n):
        x, y, z = y, z, x
    return x


def stops(x, n):
    i = 0
    while i < n and x < 100.0:
        if x > 50.0:
            break
        x = x * 2
        i += 1
    return x


def assigned_late(x, n):
    for i in range(n):
        y = x * i
    return y


def constants(x):
    k = 2
    if x > 0:
        k = 2
    return x * k


def unused_after(x, n):
    for i in range(n):
        t = x * i
        x = x + t
    return x


def test_copies_and_constants_are_propagated():
    assert single(straight, 1.0) == text("""
        def straight(x):
            y = x * 2
            y_1 = y + x
            return y_1
        """)
    assert "x * 2" in single(constants, 1.0), "equal on both paths: no join"


def test_branches_end_with_copies_into_their_joins():
    assert single(branches, 1.0) == text("""
        def branches(x):
            t_1 = x > 0
            if t_1:
                y = x * 2
                t = y + 1
                t_5 = t
                y_1 = y
            else:
                t_2 = x < -1
                if t_2:
                    t_3 = x * x
                    t_4 = t_3
                else:
                    t_4 = x
                t_5 = t_4
                y_1 = x
            t_3_1 = y_1 * t_5
            return t_3_1
        """)


def test_loops_carry_names():
    assert single(swap, 1.0, 2.0, 3) == text("""
        def swap(x, y, n):
            x_1 = x
            y_1 = y
            for _ in range(n):
                t = x_1 + y_1
                x_1, y_1 = y_1, t
            return x_1
        """)
    assert "x_1, y_1, z_1 = y_1, z_1, x_1" in single(rotate, 1.0, 2.0, 3.0, 2)


def test_while_loops_run_their_head_before_each_test():
    out = single(stops, 1.0, 3)
    assert out.index("while True:") < out.index("t = i < n") < out.index("if not t_2:") < out.index("x_2 = x_1 * 2")
    assert out.rstrip().splitlines()[-3].strip() == "if stop:"


def test_a_name_that_only_the_loop_assigns_starts_as_none():
    assert single(assigned_late, 1.0, 2).splitlines()[1].strip() == "y = None"
    assert sg.grad(assigned_late)(1.0, 3) == 2.0


def test_what_is_read_within_a_trip_only_is_not_carried():
    assert "t_1 = t" not in single(unused_after, 1.0, 2)
    p = prepared(unused_after, 1.0, 2)
    assert set(p.ssa.joins) == {"x_1"}


COPIES = [
    ("a = x; b = y", ["a = x", "b = y"]),
    ("a = b; b = a", ["a, b = b, a"]),
    ("a = b; b = c", ["a, b = b, c"]),
    ("a = b; b = 1; c = d", ["c = d", "a, b = b, 1"]),
    ("a = b; b = a; c = d; d = c", ["a, b, c, d = b, a, d, c"]),
    ("a = b; c = b; b = d", ["a, c, b = b, b, d"]),
]


@pytest.mark.parametrize(("pairs", "expected"), COPIES)
def test_parallel_copies(pairs, expected):
    """In order where none overwrites what another reads, else all at once."""
    from s2sgrad.ir.printer import print_block

    stmts = parse(pairs.replace("; ", "\n"))
    made = copies([(s.target, s.value) for s in stmts], None)
    assert print_block(made).splitlines() == expected
    start = {name: name.upper() for name in "abcdxy"}
    wanted = start | {
        s.target.id: start.get(getattr(s.value, "id", None), getattr(s.value, "value", None)) for s in stmts
    }
    space = dict(start)
    exec(print_block(made), space)
    assert {name: space[name] for name in start} == wanted


def check_single_assignment(p):
    """Every name is assigned once, those that join paths apart; every read comes after an assignment."""
    seen = {param.name for param in p.ssa.function.params}
    for stmt in statements(p.ssa.function.body):
        for name in targets(stmt):
            assert name not in seen or name in p.ssa.joins, name
            seen.add(name)
    reads = {n for s in statements(p.ssa.function.body) for e in expressions(s) for n in names_in(e)}
    assert reads <= seen
    assert reads <= set(p.ssa.kinds)


def test_single_assignment_of_the_corpus():
    checked = 0
    for program in PROGRAMS:
        compiler = Compiler(program.function)
        try:
            args = Binder(program.function)(oracle.fresh(program.examples[0]), {})
            compiler.prepare(compiler.analyse(compiler.lift(args)))
        except sg.UnsupportedError:
            continue
        for p in list(compiler.prepared.values()):
            check_single_assignment(p)
            check_normal(p.ssa.function.body)
            checked += 1
    assert checked > 450


def check_normal(block):
    """Operands are atoms; the only return is the last statement."""
    for stmt in statements(block):
        assert not isinstance(stmt, (ir.Break, ir.Continue, ir.Define))
        assert not isinstance(stmt, ir.Return) or stmt is block[-1]
        for e in expressions(stmt):
            operands = e.items if isinstance(e, (ir.Tuple, ir.List)) else getattr(e, "args", ())
            if not isinstance(stmt, (ir.Store, ir.Augment, ir.Enter)):
                assert all(isinstance(o, (ir.Name, ir.Const, ir.Ref)) for o in operands), stmt
        assert all(isinstance(b, tuple) for b in blocks(stmt))
