"""The passes behind the adjoint, one by one: text before and after; and each of them left out."""

import numpy as np
import pytest

from s2sgrad import rules, runtime
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.printer import print_block
from s2sgrad.optimize import coalesce, inline, readable, tidy
from s2sgrad.optimize.coalesce import Coalesce, propagate, rename
from s2sgrad.optimize.deadcode import DeadCode, free_names
from s2sgrad.optimize.inline import Inline
from s2sgrad.optimize.purity import Purity
from tests import harness
from tests.corpus import PROGRAMS
from tests.staged import parse, parse_expr, referring, text

pure = Purity(rules.lookup)


def noisy(x):
    return x


REFS = {"np": np, "range": range, "reversed": reversed, "len": len, "noisy": noisy, "add_at": runtime.add_at}


def read(source):
    return parse(source, REFS)


def shown(block):
    return print_block(block).strip() if block else ""


# ----------------------------------------------------------------------------------------------------------- purity


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x + 1", True), ("np.sin(x)", True), ("len(x)", True), ("reversed(range(n))", True), ("x.copy()", True),
        ("a[0] + x", True), ("[np.sin(x), noisy(x)]", False), ("add_at(x, 0, 1.0)", False),
        ("np.random.rand(3)", False), ("x[noisy(0)]", False), ("print(x)", False),
    ],
)  # fmt: skip
def test_purity(source, expected):
    assert pure(referring(parse_expr(source), REFS | {"print": print})) is expected


# -------------------------------------------------------------------------------------------------------- dead code


def cleaned(source, live, buffers=(), forward=""):
    block, _ = DeadCode(pure, buffers, read(forward)).run(read(source), set(live))
    return shown(block)


DEAD = [
    ("a = x\nb = y", {"a"}, "a = x"),
    ("a = x\nb = a", {"b"}, "a = x\nb = a"),
    ("a = x\na = y", {"a"}, "a = y"),
    ("a = noisy(x)", set(), "a = noisy(x)"),
    ("a = np.sin(x)", set(), ""),
    ("a[0] = x", set(), "a[0] = x"),
    ("noisy(x)", set(), "noisy(x)"),
    ("a, b = b, a", {"a"}, "a = b"),
    ("a, b = b, a", {"a", "b"}, "a, b = b, a"),
    ("a, b = noisy(x)", {"a"}, "a, b = noisy(x)"),
    ("if t:\n    a = x\nelse:\n    b = y", {"a"}, "if t:\n    a = x"),
    ("if t:\n    a = x\nelse:\n    b = y", {"b"}, "if not t:\n    b = y"),
    ("if t:\n    a = x", set(), ""),
    ("t = x\nif t:\n    noisy(x)", set(), "t = x\nif t:\n    noisy(x)"),
    ("for i in range(n):\n    a = x", set(), ""),
    ("for i in range(n):\n    s = s + i", {"s"}, "for i in range(n):\n    s = s + i"),
    ("for i in range(n):\n    a = s\n    s = s + i", {"s"}, "for i in range(n):\n    s = s + i"),
    (
        "for i in range(n):\n    a = b\n    b = c\n    c = i",
        {"a"},
        "for i in range(n):\n    a = b\n    b = c\n    c = i",
    ),
    ("assert t", set(), "assert t"),
]


@pytest.mark.parametrize(("source", "live", "expected"), DEAD)
def test_dead_code(source, live, expected):
    assert cleaned(source, live) == expected


def test_updates_of_adjoints_that_nobody_reads():
    source = "x_bar = np.zeros_like(x)\nx_bar[0] += g\nx_bar += g\nx_bar[1] = 0.0\nadd_at(x_bar, i, g)"
    assert cleaned(source, set(), {"x_bar"}) == ""
    assert cleaned(source, {"x_bar"}, {"x_bar"}) == source
    assert cleaned("v[0] += g", set(), {"x_bar"}) == "v[0] += g", "other memory may be read by other names"


def test_tapes_hold_what_is_read_behind_their_pop():
    forward = "for i in range(n):\n    tape.append((a, b, c))\n    tape_1.append((a, b))"
    reverse = "for i in reversed(range(n)):\n    tape = tape.pop()\n    u = a * c\n    tape_1 = tape_1.pop()"
    reverse = reverse.replace("tape = tape.pop()", "a, b, c = tape.pop()").replace("tape_1 = tape_1", "a, b = tape_1")
    passes = DeadCode(pure, (), read(forward))
    block, live = passes.run((*read(reverse), ir.Return(ir.Name("u"))), set())
    assert shown(block) == text("""
        for i in reversed(range(n)):
            a, c = tape.pop()
            u = a * c
        return u
        """)
    assert live == {"n", "tape", "u"}
    before, _ = passes.run(read(forward), live)
    assert shown(before) == "for i in range(n):\n    tape.append((a, c))"


def test_free_names():
    assert free_names(read("a = x + y\nb = a * x\nif t:\n    b = z")) == ["y", "x", "t", "z"]
    assert free_names(read("for i in range(n):\n    s = s + i")) == ["n", "s"]


# ----------------------------------------------------------------------------------------------------------- inline


def inlined(source, kept=(), buffers=()):
    block = read(source)
    return shown(Inline(block, {"x", "y", *kept}, frozenset(buffers), pure).block(block))


INLINED = [
    ("t = x * 2\nu = t + 1\nreturn u", "return x * 2 + 1"),
    ("t = x * 2\nu = t + t\nreturn u", "t = x * 2\nreturn t + t"),
    ("t = noisy(x)\nu = t + 1\nreturn u", "t = noisy(x)\nreturn t + 1"),
    ("t = x * 2\nx = y\nreturn t", "t = x * 2\nx = y\nreturn t"),
    ("t = v * 2\nv[0] = 1.0\nreturn t", "t = v * 2\nv[0] = 1.0\nreturn t"),
    ("t = v[1:]\nw[0] = 1.0\nreturn t", "t = v[1:]\nw[0] = 1.0\nreturn t"),
    ("t = v * 2\nv += 1.0\nreturn t", "t = v * 2\nv += 1.0\nreturn t"),
    ("t = v * 2\nnoisy(x)\nreturn t", "t = v * 2\nnoisy(x)\nreturn t"),
    ("t = v * 2\nif y:\n    v[0] = x\nreturn t", "t = v * 2\nif y:\n    v[0] = x\nreturn t"),
    ("t = s * 2\nfor i in range(3):\n    s = i\nreturn t", "t = s * 2\nfor i in range(3):\n    s = i\nreturn t"),
    (
        "t = x * 2\nfor i in range(3):\n    s = s + t\nreturn s",
        "t = x * 2\nfor i in range(3):\n    s = s + t\nreturn s",
    ),
    ("t = x > 0\nif t:\n    y = 1\nreturn y", "if x > 0:\n    y = 1\nreturn y"),
    ("t = len(x)\nfor i in range(t):\n    s = i", "for i in range(len(x)):\n    s = i"),
    ("if y:\n    t = x * 2\n    s = t\nelse:\n    s = x\nreturn s", "if y:\n    s = x * 2\nelse:\n    s = x\nreturn s"),
    ("t = x * 2\ntape.append(t)", "t = x * 2\ntape.append(t)"),
    ("t = x + 1\nv[t] = y", "v[x + 1] = y"),
    ("t = x + 1\nv[0] += t", "v[0] += x + 1"),
    ("t = x\nif y:\n    t = 1\nreturn t", "t = x\nif y:\n    t = 1\nreturn t"),
]


@pytest.mark.parametrize(("source", "expected"), INLINED)
def test_inline(source, expected):
    assert inlined(source) == expected


def test_expressions_move_past_updates_of_other_adjoints():
    source = "t = v * 2\nx_bar += g\nreturn t"
    assert inlined(source) == source
    assert inlined(source, buffers={"x_bar"}) == "x_bar += g\nreturn v * 2"
    assert inlined("t = x_bar * 2\nx_bar += g\nreturn t", buffers={"x_bar"}) == "t = x_bar * 2\nx_bar += g\nreturn t"


def test_contributions_become_one_sum():
    assert inlined("b = g * x\nb += h * y\nreturn b", {"b"}, {"b"}) == "b = g * x + h * y\nreturn b"
    assert inlined("b = -g\nb += h\nreturn b", {"b"}, {"b"}) == "b = h - g\nreturn b"
    assert inlined("b = g\nc = b * 2\nb += h\nreturn b + c", {"b", "c"}, {"b", "c"}).count("b += h") == 1, (
        "read in between"
    )
    assert "b += h" in inlined("b = g\nif x:\n    b += h\nreturn b", {"b"}, {"b"})
    assert "b += h" in inlined("b = g\ng = 1\nb += h * g\nreturn b", {"b"}, {"b"}).replace("h * g", "h")


def test_long_lines_are_not_made():
    terms = "\n".join(f"t{i} = t{i - 1} * b{i} + c{i}" for i in range(1, 19))
    out = inlined("t0 = x * y\n" + terms + "\nreturn t18")
    assert 3 < len(out.splitlines()) < 10
    assert max(map(len, out.splitlines())) < 120
    assert inlined(text(out)) == out


# --------------------------------------------------------------------------------------------- coalesce and propagate


def coalesced(source, params=("x", "n"), untouched=()):
    block = read(source)
    return shown(rename(block, Coalesce(block, params, untouched).names()))


COALESCED = [
    (
        "s = 0.0\nfor i in range(n):\n    s_1 = s + i\n    s = s_1\nreturn s",
        "s = 0.0\nfor i in range(n):\n    s = s + i\nreturn s",
    ),
    (
        "x_1 = x\nfor i in range(n):\n    x_2 = x_1 * 2\n    x_1 = x_2\nreturn x_1",
        "for i in range(n):\n    x = x * 2\nreturn x",
    ),
    (
        "x_1 = x\nfor i in range(n):\n    x_1 = x_1 * x\nreturn x_1",
        "x_1 = x\nfor i in range(n):\n    x_1 = x_1 * x\nreturn x_1",
    ),
    (
        "if t:\n    y = x * 2\n    y_1 = y\nelse:\n    y_1 = 3.0\nreturn y_1",
        "if t:\n    y = x * 2\nelse:\n    y = 3.0\nreturn y",
    ),
    ("a = x * 2\nb = a\nc = a + b\nreturn c", "a = x * 2\nc = a + a\nreturn c"),
    ("a = x * 2\nb = a\na = 3\nreturn a + b", "a = x * 2\nb = a\na = 3\nreturn a + b"),
    (
        "a = 1\nb = 2\nfor i in range(n):\n    a, b = b, a\nreturn a",
        "a = 1\nb = 2\nfor i in range(n):\n    a, b = b, a\nreturn a",
    ),
]


@pytest.mark.parametrize(("source", "expected"), COALESCED)
def test_coalesce(source, expected):
    assert coalesced(source) == expected


def test_the_seed_keeps_its_name_and_value():
    source = "s_bar = f_bar\nfor i in range(n):\n    s_bar = s_bar * x\nreturn s_bar"
    assert coalesced(source, ("x", "n"), ("f_bar",)) == source


def test_users_names_win_over_temporaries():
    assert coalesced("t = x * 2\nvelocity = t\nreturn velocity") == "velocity = x * 2\nreturn velocity"


def propagated(source, fixed=("x", "y")):
    return shown(propagate(read(source), fixed))


def test_propagate():
    assert propagated("t = x\nreturn t * 2") == "return x * 2"
    assert propagated("t = x\nu = t\nreturn u") == "return x"
    assert propagated("v = y\nt = v\nv = 3\nreturn t") == "v = y\nt = v\nv = 3\nreturn t"
    assert propagated("t = x\nt = y\nreturn t") == "t = x\nt = y\nreturn t"
    assert propagated("v = x * 2\nt = v\nv[0] = 1.0\nreturn t") == "v = x * 2\nt = v\nv[0] = 1.0\nreturn t"
    assert propagated("v = x * 2\nt = v\nv += 1.0\nreturn t") == "v = x * 2\nt = v\nv += 1.0\nreturn t"


# ------------------------------------------------------------------------------------------------------------- tidy


def tidied(source, fixed=("x",), reserved=()):
    return shown(tidy.tidy(read(source), fixed, reserved))


def test_tidy():
    assert tidied("h_3 = x\nh_7 = h_3\nreturn h_7") == "h = x\nh_1 = h\nreturn h_1"
    assert tidied("h = 1\nh_3 = x\nreturn h_3 + h") == "h = 1\nh_1 = x\nreturn h_1 + h"
    assert tidied("h_3 = x\nreturn h_3", reserved=("h",)) == "h_1 = x\nreturn h_1"
    assert tidied("x_1 = x\nreturn x_1") == "x_1 = x\nreturn x_1"
    assert tidied("s_3_bar = x\nreturn s_3_bar") == "s_bar = x\nreturn s_bar"
    assert tidied("sum_2 = x\nreturn sum_2") == "sum_1 = x\nreturn sum_1", "never a builtin's name"


# --------------------------------------------------------------------------------------------------- each left out

SAMPLE = PROGRAMS[::6]
"""About 80 programs of all families."""


def identity_of_coalesce(monkeypatch):
    monkeypatch.setattr(readable, "rename", lambda body, names: body)


def identity_of_propagate(monkeypatch):
    monkeypatch.setattr(readable, "propagate", lambda body, fixed: body)


def identity_of_inline(monkeypatch):
    monkeypatch.setattr(inline.Inline, "block", lambda self, block: block)


def identity_of_sums(monkeypatch):
    monkeypatch.setattr(inline.Window, "added", lambda self, stmt: stmt)


def identity_of_signs(monkeypatch):
    monkeypatch.setattr(readable, "signs", lambda block: block)


def identity_of_tidy(monkeypatch):
    monkeypatch.setattr(readable, "tidy", lambda body, fixed, reserved: body)


ABLATIONS = [
    identity_of_coalesce,
    identity_of_propagate,
    identity_of_inline,
    identity_of_sums,
    identity_of_signs,
    identity_of_tidy,
]


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_gradients_are_right_without(ablation, monkeypatch):
    ablation(monkeypatch)
    for program in SAMPLE:
        harness.check(program, True)


def test_a_broken_pass_turns_it_red(monkeypatch):
    """Inlining that moves past writes and reassignments must be noticed by the sample."""
    monkeypatch.setattr(inline.Window, "changed", lambda self, stmt: None)
    monkeypatch.setattr(coalesce.Coalesce, "define", lambda self, stmt, live: None)
    assert sum(map(red, SAMPLE)) > 2


def red(program):
    try:
        harness.check(program, True)
    except Exception:
        return True
    return False
