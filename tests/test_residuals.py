"""Residuals: which writes are undone, what is recorded of a loop, and that tapes are balanced."""

import ast
import re

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.api.binding import Binder
from tests import oracle
from tests.corpus import PROGRAMS
from tests.staged import bare, stage

A = np.array([0.5, 1.5, -2.0, 2.5])


def linear_stencil(u, n):
    v = u.copy()
    for _ in range(n):
        v[1:-1] += 0.1 * (v[2:] - 2 * v[1:-1] + v[:-2])
    return np.sum(v)


def nonlinear_stencil(u, n):
    v = u.copy()
    for _ in range(n):
        v[1:-1] += v[2:] * v[:-2]
    return np.sum(v)


def filled(u):
    v = np.zeros_like(u)
    for i in range(len(u)):
        v[i] = u[i] * u[i]
    return np.sum(v * v)


def prefix(u):
    v = np.zeros_like(u)
    v[0] = u[0]
    for i in range(1, len(u)):
        v[i] = v[i - 1] * u[i]
    return np.sum(v)


def written_over(u):
    v = u * 2
    s = np.sum(v * v)
    v[0] = 0.0
    return s + np.sum(v)


def written_over_a_shape(u):
    v = u * 2
    s = np.sum(v)
    v[0] = 0.0
    return s + np.sum(v)


def written_before(u):
    v = u * 2
    v[0] = 0.0
    return np.sum(v * v)


def fresh_each_trip(u, n):
    s = 0.0
    for i in range(n):
        v = u * i
        v[0] = s
        s = s + np.sum(v * v)
    return s


def kept_between_trips(u, n):
    v, s = u * 1.0, 0.0
    for _ in range(n):
        s = s + np.sum(v * v)
        v[0] = s
    return s


def scaled_in_place(u):
    v = u * 2
    v *= 3.0
    return np.sum(v)


def product_in_place(u):
    v = u * 2
    v *= u
    return np.sum(v)


UNDONE = [
    (linear_stencil, (2,), 0),
    (nonlinear_stencil, (2,), 1),
    (filled, (), 0),
    (prefix, (), 0),
    (written_over, (), 1),
    (written_over_a_shape, (), 0),
    (written_before, (), 0),
    (fresh_each_trip, (3,), 0),
    (kept_between_trips, (3,), 1),
    (scaled_in_place, (), 0),
    (product_in_place, (), 1),
]


@pytest.mark.parametrize(("f", "rest", "undone"), UNDONE, ids=lambda v: getattr(v, "__name__", None))
def test_writes_are_undone_where_the_reverse_sweep_reads(f, rest, undone):
    for name in ("adjoint", "optimized"):
        out = stage(name, f, A, *rest)
        saves = [line for line in out.splitlines() if line.strip().startswith("old") and "tape" not in line]
        assert len(saves) == undone, out
    sg.check_grads(f, (A, *rest))


def test_the_save_comes_before_the_write_and_the_restore_before_what_reads():
    lines = [line.strip() for line in stage("adjoint", written_over, A).splitlines()]
    save, write, restore = lines.index("old = v[0]"), lines.index("v[0] = 0.0"), lines.index("v[0] = old")
    read = next(i for i, line in enumerate(lines) if line.endswith("* v"))
    assert save + 1 == write < lines.index("# ---- reverse ----") < restore < read


# ----------------------------------------------------------------------------------------------- what is recorded


def power(x, n):
    s = x
    for _ in range(n):
        s = s * x
    return s


def added(x, n):
    s = 0.0
    for i in range(n):
        s = s + x * i
    return s


def sines(x, n):
    for _ in range(n):
        x = np.sin(x)
    return x


def tangents(x, n):
    for _ in range(n):
        x = np.tanh(x)
    return x


def branching(u):
    s = 0.0
    for i in range(len(u)):
        if u[i] > 0:
            s = s + u[i] ** 2
        else:
            s = s * u[i]
    return s


def branching_without_need(u):
    s = 0.0
    for i in range(len(u)):
        if u[i] > 0:
            print(end="")
        s = s + u[i] ** 2
    return s


def read_again(u, w):
    s = 0.0
    for i in range(len(u)):
        s = s + u[i] * w[i]
    return s


def read_before_written(u):
    v, s = u.copy(), 0.0
    for i in range(len(u)):
        s = s + v[i] * v[i]
        v[i] = 0.0
    return s


def recorded(f, *args, argnums=0):
    """What the tapes take in the optimized text."""
    tree = ast.parse(stage("optimized", f, *args, argnums=argnums))
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
    return [ast.unparse(c.args[0]) for c in calls if c.func.attr == "append"]


def test_only_what_the_reverse_sweep_reads_is_recorded():
    assert recorded(power, 2.0, 3) == ["s"]
    assert recorded(added, 2.0, 3) == []
    assert recorded(sines, 2.0, 3) == ["x"]
    assert len(recorded(tangents, 2.0, 3)) == 1
    assert recorded(branching_without_need, A) == []


def test_a_test_is_recorded_beside_what_its_branches_read():
    (tape,) = recorded(branching, A)
    assert len(ast.parse(tape).body[0].value.elts) == 2 and tape.endswith("s)")


def test_elements_are_read_anew():
    """Reading `u[i]` again costs what reading it from a tape costs, and no memory."""
    assert recorded(read_again, A, A, argnums=(0, 1)) == []
    assert recorded(filled, A) == []
    assert len(recorded(read_before_written, A)) == 1, "but not where it is written"
    sg.check_grads(read_before_written, (A,))


# ---------------------------------------------------------------------------------------------------- outlines


def scaled(u, x):
    return u * x


def of_shape(u, n):
    return np.sum(u) * n


def test_arrays_that_serve_as_shapes_are_outlines():
    """A pullback keeps no array alive for its shape."""
    _, pullback = sg.vjp(of_shape, A, 2, argnums=0)
    assert "outline(u)" in pullback.source
    np.testing.assert_array_equal(pullback(1.0), np.full(4, 2.0))
    _, pullback = sg.vjp(scaled, A, 2.0)
    assert "outline" not in pullback.source


def test_pullbacks_of_writes_serve_again():
    for f, rest, _ in UNDONE:
        _, pullback = sg.vjp(f, A, *rest, argnums=0)
        first, second = pullback(1.0), pullback(1.0)
        np.testing.assert_array_equal(first, second)


# ------------------------------------------------------------------------------------------------------- balance


class Tapes(ast.NodeVisitor):
    """Pushes and pops of each tape in a function, with the loops and tests around them."""

    def __init__(self, function):
        self.made, self.pushed, self.popped = set(), {}, {}
        self.around = []
        self.visit(function)

    def visit_For(self, node):
        self.inside(node)

    def visit_While(self, node):
        self.inside(node)

    def visit_If(self, node):
        self.inside(node)

    def inside(self, node):
        self.around.append(type(node).__name__.replace("While", "For"))
        self.generic_visit(node)
        self.around.pop()

    def visit_Assign(self, node):
        target = node.targets[0]
        if isinstance(node.value, ast.List) and getattr(target, "id", "").startswith("tape"):
            self.made.add(target.id)
        self.generic_visit(node)
        match node.value:
            case ast.Call(func=ast.Attribute(attr="pop", value=ast.Name(id=tape))) if tape.startswith("tape"):
                assert tape not in self.popped, f"{tape} is popped in two places"
                self.popped[tape] = ast.unparse(target), tuple(self.around)

    def visit_Call(self, node):
        match node:
            case ast.Call(func=ast.Attribute(attr="append", value=ast.Name(id=tape)), args=[value]) if (
                tape[:4] == "tape"
            ):
                if tape.startswith("tape"):
                    assert tape not in self.pushed, f"{tape} is pushed in two places"
                    self.pushed[tape] = ast.unparse(value), tuple(self.around)
        self.generic_visit(node)


def texts(programs=PROGRAMS, modes=(False, True)):
    """The text of every gradient of the corpus, plain and optimized; of pullbacks where the result is no scalar."""
    for program in programs:
        args = program.examples[0]
        binder = Binder(program.function)
        argnums = program.active(args)
        for optimize in modes:
            fresh = oracle.fresh(args)
            try:
                yield program.name, sg.grad(binder.function, argnums, optimize=optimize).source_for(*fresh)
            except sg.UnsupportedError:
                continue
            except TypeError:
                yield program.name, sg.vjp(binder.function, *fresh, argnums=argnums, optimize=optimize)[1].source


def test_tapes_are_balanced():
    """Each tape is pushed in one place and popped in one, under like loops and tests, and holds as many names."""
    tapes = 0
    for name, source in texts():
        functions = [n for n in ast.parse(bare(source)).body if isinstance(n, ast.FunctionDef)]
        found = [Tapes(f) for f in functions]
        pushed = {(pair(f.name), t): p for f, v in zip(functions, found) for t, p in v.pushed.items()}
        popped = {(pair(f.name), t): p for f, v in zip(functions, found) for t, p in v.popped.items()}
        made = {(pair(f.name), t) for f, v in zip(functions, found) for t in v.made}
        assert set(pushed) == set(popped) == made, f"{name}\n{source}"
        for tape, (_, around) in pushed.items():
            value, before = pushed[tape]
            taken, after = popped[tape]
            assert count(value) == count(taken) >= 1, f"{name}: {value} pushed, {taken} popped"
            assert before.count("For") == after.count("For") >= 1, f"{name}: a tape outside loops\n{source}"
            assert around == before
            tapes += 1
    assert tapes > 100


def count(text):
    value = ast.parse(text).body[0].value
    return len(value.elts) if isinstance(value, ast.Tuple) else 1


def pair(name):
    """Forward and backward functions share their tapes."""
    return name.replace("_backward", "_forward")


def relaxed(new, old):
    new[1:-1] = 0.5 * (old[2:] + old[:-2])


def linear_in_a_callee(u, n):
    u = u.copy()
    w = u.copy()
    for _ in range(n):
        relaxed(w, u)
        u, w = w, u
    return np.sum(u)


def squared(new, old):
    new[1:-1] = 0.5 * (old[2:] * old[:-2])


def nonlinear_in_a_callee(u, n):
    u = u.copy()
    w = u.copy()
    for _ in range(n):
        squared(w, u)
        u, w = w, u
    return np.sum(u)


def test_a_callee_holds_what_its_reverse_sweep_reads_and_no_more():
    assert logged(linear_in_a_callee) == set()
    assert logged(nonlinear_in_a_callee) != set()


def logged(f):
    """The names of recorded contents in a gradient and the functions it calls."""
    u = np.linspace(0.0, 1.0, 6)
    sg.check_grads(f, (u, 3))
    return set(re.findall(r"\bold_\d+\b|\bold\b(?= = \w+\[)", sg.grad(f).source_for(u, 3)))
