"""Generated code is what a person would write: exact texts of some functions, and what none of the corpus may hold."""

import ast
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tests.corpus import PROGRAMS
from tests.staged import bare, stage, text
from tests.test_residuals import texts

A = np.array([0.5, 1.5, -2.0])
M = np.ones((2, 3))
ROWS = np.ones((4, 2))


def square(x):
    return x * x


def loss(w, x, y):
    h = np.tanh(x @ w)
    return np.mean((h - y) ** 2)


def norm(a):
    return np.sqrt(np.sum(a * a))


def sines(a):
    return np.sum(np.sin(a) * 2.0)


def power(x, n):
    s = x
    for _ in range(n):
        s = s * x
    return s


def newton(x):
    while x < 100.0:
        x = x * x
    return x


def signed(x):
    if x > 0:
        return x * 3.0
    return -x


def dot(a, b):
    s = 0.0
    for i in range(len(a)):
        s = s + a[i] * b[i]
    return s


def layer(p, x):
    return np.sum(p["w"] * x + p["b"])


def stencil(u, n):
    v = u.copy()
    for _ in range(n):
        v[1:-1] += 0.1 * (v[2:] - v[:-2])
    return np.sum(v)


def helper(x, y):
    return x * np.sin(y)


def caller(x, y):
    return helper(x, y) + y


EXACT = [
    (
        square,
        (2.0,),
        """
        def square_grad(x, *, square_bar=1.0):
            # ---- reverse ----
            x_bar = 2 * square_bar * x
            return x_bar
        """,
    ),
    (
        sines,
        (A,),
        """
        def sines_grad(a, *, sines_bar=1.0):
            # ---- reverse ----
            a_bar = sines_bar * 2.0 * np.cos(a)
            return a_bar
        """,
    ),
    (
        power,
        (2.0, 3),
        """
        def power_grad(x, n, *, power_bar=1.0):
            tape = []
            s = x
            for _ in range(n):
                tape.append(s)
                s = s * x
            # ---- reverse ----
            s_bar = power_bar
            x_bar = 0.0
            for _ in reversed(range(n)):
                s = tape.pop()
                s_bar_1 = s_bar
                s_bar = s_bar_1 * x
                x_bar += s_bar_1 * s
            x_bar += s_bar
            return x_bar
        """,
    ),
    (
        newton,
        (2.0,),
        """
        def newton_grad(x, *, newton_bar=1.0):
            tape = []
            trips = 0
            while x < 100.0:
                tape.append(x)
                x = x * x
                trips += 1
            # ---- reverse ----
            x_bar = newton_bar
            for _ in range(trips):
                x = tape.pop()
                x_bar_1 = x_bar
                x_bar = 2 * x_bar_1 * x
            return x_bar
        """,
    ),
    (
        dot,
        (A, A),
        """
        def dot_grad(a, b, *, dot_bar=1.0):
            # ---- reverse ----
            a_bar = np.zeros_like(a)
            for i in reversed(range(len(a))):
                a_bar[i] += dot_bar * b[i]
            return a_bar
        """,
    ),
]


@pytest.mark.parametrize(("f", "args", "expected"), EXACT, ids=lambda v: getattr(v, "__name__", None))
def test_exact(f, args, expected):
    assert stage("optimized", f, *args) == text(expected)


def reverse(f, *args):
    return text(stage("optimized", f, *args).partition("# ---- reverse ----\n")[2])


def test_short_sweeps():
    """What remains of the reverse sweep is the formula in a textbook."""
    assert len(reverse(loss, np.ones(2), ROWS, np.ones(4)).splitlines()) <= 4
    assert len(reverse(norm, A).splitlines()) <= 3
    assert len(reverse(layer, {"w": A, "b": 1.0}, A).splitlines()) <= 6
    assert "old" not in stage("optimized", stencil, A, 2) and "tape" not in stage("optimized", stencil, A, 2)
    assert "unbroadcast" not in stage("optimized", stencil, A, 2)
    assert "sin" not in reverse(caller, 1.0, 2.0), "the callee's sweep is the callee's"


def test_users_names_and_notes_stay():
    out = stage("optimized", loss, np.ones(2), ROWS, np.ones(4))
    assert "h = np.tanh(x @ w)" in out
    from s2sgrad import grad

    commented = grad(loss).source_for(np.ones(2), ROWS, np.ones(4))
    assert "# h = np.tanh(x @ w)" in commented


# -------------------------------------------------------------------------------------------------- the whole corpus


@pytest.fixture(scope="module")
def corpus():
    """(name, tree) of the optimized text of every program's gradient."""
    found = [(name, ast.parse(bare(source))) for name, source in list(texts(PROGRAMS, (True,)))]
    assert len(found) > 400
    return found


def reverse_sweep(f):
    """The statements of the reverse sweep: of a backward function all, of a gradient those behind the primal's."""
    names = {n.id for n in ast.walk(f) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bars = {n for n in names if "_bar" in n}
    first = next((i for i, s in enumerate(f.body) if bars & {n.id for n in ast.walk(s) if isinstance(n, ast.Name)}), 0)
    return f.body[first:]


def products(corpus):
    for name, tree in corpus:
        for f in (f for f in tree.body if f.name.endswith(("_grad", "_backward"))):
            for stmt in reverse_sweep(f):
                yield from ((name, n) for n in ast.walk(stmt) if isinstance(n, ast.BinOp))


def constant(e, value):
    return isinstance(e, ast.Constant) and type(e.value) in (int, float) and e.value == value


def test_no_factor_of_one_and_no_sum_with_zero(corpus):
    found = [
        (name, ast.unparse(n))
        for name, n in products(corpus)
        if (isinstance(n.op, ast.Mult) and (constant(n.left, 1) or constant(n.right, 1)))
        or (isinstance(n.op, (ast.Div, ast.Pow)) and constant(n.right, 1))
        or (isinstance(n.op, (ast.Add, ast.Sub)) and constant(n.right, 0))
        or (isinstance(n.op, ast.Add) and constant(n.left, 0))
    ]
    assert found == []


def negative(e):
    return isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub)


def test_no_double_signs(corpus):
    """Few are left, where a product's sign is hidden in its first factor."""
    signs = [
        (name, ast.unparse(n))
        for name, n in products(corpus)
        if isinstance(n.op, (ast.Add, ast.Sub)) and negative(n.right)
    ]
    assert len(signs) <= 2, signs


def test_no_unused_names(corpus):
    """All that is assigned is read, but for loop variables and values that stand beside residuals."""
    for name, tree in corpus:
        for f in tree.body:
            loads = Counter(n.id for n in ast.walk(f) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
            loads += Counter(
                n.target.id for n in ast.walk(f) if isinstance(n, ast.AugAssign) and hasattr(n.target, "id")
            )
            for stmt in ast.walk(f):
                if not isinstance(stmt, ast.Assign) or isinstance(stmt.value, ast.Call):
                    continue  # calls are made for their effect
                if isinstance(stmt.targets[0], ast.Name):
                    assert loads[stmt.targets[0].id], f"{name}: {ast.unparse(stmt)}"


def bodies(tree):
    for node in ast.walk(tree):
        for part in ("body", "orelse"):
            block = getattr(node, part, None)
            if isinstance(block, list):
                yield block


def test_no_zeros_before_a_whole_contribution(corpus):
    """`x_bar = np.zeros_like(x)` stands before loops and indexed updates only."""
    for name, tree in corpus:
        for block in bodies(tree):
            for first, second in pairwise(block):
                made = isinstance(first, ast.Assign) and ast.unparse(first.value).startswith(("np.zeros", "0.0"))
                if made and isinstance(second, ast.AugAssign) and isinstance(first.targets[0], ast.Name):
                    same = ast.unparse(second.target) == ast.unparse(first.targets[0])
                    assert not same, f"{name}: {ast.unparse(first)}; {ast.unparse(second)}"


def test_no_tapes_without_loops(corpus):
    for name, tree in corpus:
        for f in tree.body:
            loops = any(isinstance(n, (ast.For, ast.While)) for n in ast.walk(f))
            taped = any(isinstance(n, ast.Name) and n.id.startswith("tape") for n in ast.walk(f))
            assert loops or not taped, name


def test_lines_are_short(corpus):
    """A line of more than 150 characters is nobody's; residuals and callees' names apart."""
    for name, tree in corpus:
        for line in ast.unparse(tree).splitlines():
            if "residuals" not in line:
                assert len(line.strip()) <= 150, f"{name}: {line}"
