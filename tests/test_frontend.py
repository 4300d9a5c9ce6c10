"""The frontend: every stage prints as Python that runs, and does what the function itself does.

The functions in `nasty.py` log what they evaluate, and in which order, so that a stage that evaluates too much, too
little or too early is found out; so do random programs.
"""

import ast
import builtins
import copy
import inspect
import linecache
import random
import sys
import time
import types

import gast
import numpy as np
import pytest

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.frontend import desugar as desugaring
from s2sgrad.frontend.desugar import MISSING, REFUSED, desugar
from s2sgrad.frontend.exits import exits
from s2sgrad.frontend.normal import normal
from s2sgrad.frontend.source import find
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.printer import print_block, print_function
from s2sgrad.ir.scopes import bound_names, free_names, walk
from s2sgrad.ir.verify import verify
from tests import oracle
from tests.corpus import PROGRAMS
from tests.nasty import CASES, LOG

FORMS = ("raw", "exits", "normal")
# ---------------------------------------------------------------------------------------------------- what is compared


def meanings(f):
    """The names that mean something to a function: globals and captured variables."""
    cells = {n: c.cell_contents for n, c in zip(f.__code__.co_freevars, f.__closure__ or ())}
    return {**f.__globals__, **cells}


def resolver(names):
    return lambda name: names.get(name, getattr(builtins, name, MISSING))


def stages(source, resolve=None):
    """The function after each stage."""
    raw = desugar(source, resolve or resolver({}))
    flat = exits(raw)
    found = dict(zip(FORMS, (raw, flat, normal(flat))))
    for form, fn in found.items():
        verify(fn, form)
    return found


def from_text(text):
    """What `find` returns, for the text of a function."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # as `find` does for deep trees
    try:
        return types.SimpleNamespace(tree=gast.parse(text).body[0], file="<test>")
    finally:
        sys.setrecursionlimit(limit)


def compiled(fn, names, like=None):
    """A stage's text, run."""
    refs = {node.path.partition(".")[0]: node.root or node.value for node in walk(fn) if isinstance(node, ir.Ref)}
    scope = {**names, **refs}
    exec(compile(print_function(fn), f"<{fn.name}>", "exec"), scope)
    function = scope[fn.name]
    if like is not None:
        function.__defaults__, function.__kwdefaults__ = like.__defaults__, like.__kwdefaults__
    return function


def outcome(f, args):
    """What a call does: its value or error, what it logs, what it does to its arguments."""
    LOG.clear()
    args = copy.deepcopy(args)
    try:
        result = "value", f(*args)
    except Exception as error:
        result = "error", type(error).__name__, str(error)
    if callable(result[1]):
        result = "value", result[1](2.0)
    result = result[0], list(oracle.flatten(result[1])), *result[2:]
    return result, copy.deepcopy(LOG), list(oracle.flatten(args))


def assert_stages_agree(f, examples):
    names = meanings(f)
    for form, fn in stages(find(f), resolver(names)).items():
        run = compiled(fn, names, like=f)
        for args in examples:
            expected, actual = outcome(f, args), outcome(run, args)
            np.testing.assert_equal(actual, expected, err_msg=f"{form}{args}:\n{print_function(fn)}")


@pytest.mark.parametrize(("function", "examples"), CASES, ids=[function.__name__ for function, _ in CASES])
def test_every_stage_does_what_the_function_does(function, examples):
    assert_stages_agree(function, examples)


def test_there_are_enough_cases():
    assert len(CASES) >= 60


def test_every_stage_of_the_corpus():
    for program in PROGRAMS:
        try:
            assert_stages_agree(program.function, program.examples)
        except UnsupportedError as error:
            assert error.code.startswith("S1"), program.name


# ---------------------------------------------------------------------------------------------------- random programs


class Writer:
    """Writes random programs out of branches, loops, exits and expressions that log their evaluation."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.calls = 0
        self.left = 30  # so many statements may have blocks

    def call(self, name, *more):
        self.calls += 1
        return f"{name}({', '.join(map(str, (self.calls, *more)))})"

    def condition(self, depth=0):
        p, v, x = self.call("p"), self.call("v"), self.value(depth + 1)
        return self.random.choice([
            p, p, p, f"{p} and {self.call('p')}", f"{p} or not {self.call('p')}", f"1 < {v} <= b < {self.call('v')}",
            f"({self.random.choice('ab')} := {v}) > 1", f"({p} if {self.call('p')} else a < b)", f"a > {x}",
        ])  # fmt: skip

    def value(self, depth=0):
        if depth >= 2 or self.random.random() < 0.4:
            return self.random.choice(["a", "b", "2", self.call("v"), self.call("v")])
        x, y, z, test = *(self.value(depth + 1) for _ in range(3)), self.condition(depth + 1)
        return self.random.choice([
            f"({x} + {y})", f"({x} - {y})", f"({x} if {test} else {y})", f"({x} or {y})", f"({x} and {y})",
            f"({self.random.choice('ab')} := {x})", self.call("v", x, f"k={y}"), f"xs[{x} % 3]", f"[{x}, {y}][{z} % 2]",
            f"(lambda q, z={x}: q + z + a)({y})", *([f"len(f'{{{x}}} {{{y}:>4}}')"] if "'" not in x + y else []),
        ])  # fmt: skip

    def simple(self):
        x, y = self.value(), self.value()
        return self.random.choice([
            f"{self.random.choice('ab')} = {x}", f"a += {x}", f"xs[{x} % 3] = {y}", f"xs[{x} % 3] -= a", f"v({x})",
            f"a, b = {x}, {y}", f"a = xs[a % 3] = b = {x}", f"a, *ys, b = {x}, *xs, {y}", f"xs[a % 3], a = b, {x}",
            f"a, (xs[b % 3], b) = {x}, pair({y})",
        ])  # fmt: skip

    def exit(self, in_loop):
        found = self.random.choice(["return {}", *(["break", "continue"] * 2 if in_loop else [])]).format(self.value())
        return f"if {self.condition()}: {found}" if self.random.random() < 0.85 else found

    def block(self, depth, in_loop):
        return [line for _ in range(self.random.randint(1, 3)) for line in self.statement(depth, in_loop)]

    def statement(self, depth, in_loop):
        kind = self.random.choice(["simple", "exit", "exit", "if", "if", "for", "while"])
        if kind == "exit":
            return [self.exit(in_loop)]
        self.left -= 1
        if kind == "simple" or depth > 4 or self.left < 0:
            return [self.simple()]
        if kind == "if":
            lines = [f"if {self.condition()}:", *self.indented(depth, in_loop)]
            if self.random.random() < 0.3:
                lines += [f"elif {self.condition()}:", *self.indented(depth, in_loop)]
        elif kind == "while":
            lines = [
                f"while {self.random.choice([self.condition(), 'True'])}:",
                "    v(0)",
                *self.indented(depth, True),
            ]
        else:
            walk = self.random.choice([
                "i in range(3)", "i in xs", "i, a in enumerate(xs)", "i, (a, b) in enumerate(zip(xs, range(v(0), 6)))",
                "a in reversed(xs)", "a in range(2)", "i in reversed(range(1, 4))", "_, a in enumerate(xs, start=v(2))",
            ])  # fmt: skip
            lines = [f"for {walk}:", *self.indented(depth, True)]
        if self.random.random() < 0.4:
            lines += ["else:", *self.indented(depth, in_loop)]
        return lines

    def indented(self, depth, in_loop):
        return ["    " + line for line in self.block(depth + 1, in_loop)]

    def program(self):
        lines = ["a, b = 1, 2", *self.block(0, False), *self.block(0, False), "return a, b, xs"]
        return "def f(xs):\n" + "\n".join("    " + line for line in lines)


class Enough(Exception):
    """The program has run for long enough."""


def trace(code, seed, refs):
    """What a program does if its conditions and values fall at random."""
    chance, log = random.Random(seed), []

    def event(*what):
        log.append(what)
        if len(log) > 300:
            raise Enough

    def v(*args, **named):
        event(args, tuple(named.items()))
        return chance.randrange(5)

    def p(i):
        event(i)
        return chance.random() < 0.5

    scope, xs = {"v": v, "p": p, "pair": lambda x: (x, 3), **refs}, [2, 0, 1]
    exec(code, scope)
    try:
        result = repr(scope["f"](xs))
    except Enough:
        result = "enough"
    except Exception as error:
        result = type(error).__name__.replace("UnboundLocalError", "NameError")
    return result, xs, log


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("block", range(8))
def test_random_programs(block):
    for seed in range(20 * block, 20 * block + 20):
        text = Writer(seed).program()
        original = compile(text, "<program>", "exec")
        for form, fn in stages(from_text(text)).items():
            refs = {node.path: node.value for node in walk(fn) if isinstance(node, ir.Ref)}
            code = compile(print_function(fn), f"<{form}>", "exec")
            for run in range(4):
                assert trace(code, run, refs) == trace(original, run, {}), f"seed {seed}, {form}:\n{text}"


# ---------------------------------------------------------------------------------------------------- size and depth


def nesting(text):
    return max((len(line) - len(line.lstrip())) // 4 for line in text.splitlines())


def test_500_early_returns_stay_flat():
    lines = [f"    if x == {i}: return {i}\n    x += 0\n" for i in range(500)]
    text = "def f(x):\n" + "".join(lines) + "    return x"
    found = stages(from_text(text))
    for fn in found.values():
        printed = print_function(fn)
        assert nesting(printed) <= 4
        assert len(printed) < 10 * len(text)
        run = compiled(fn, {})
        assert [run(x) for x in (0, 7, 499, 0.5)] == [0, 7, 499, 0.5]


def test_500_continues_stay_flat():
    lines = [f"        if i == {i}: continue\n        s += i\n        if s > {i * i}: break\n" for i in range(500)]
    text = "def f(n):\n    s = 0\n    for i in range(n):\n" + "".join(lines) + "    return s"
    scope = {}
    exec(text, scope)
    for fn in stages(from_text(text)).values():
        assert nesting(print_function(fn)) <= 5
        run = compiled(fn, {})
        assert [run(n) for n in range(8)] == [scope["f"](n) for n in range(8)]


def test_200_branches_of_one_if_stay_flat():
    text = "def f(x):\n    if x == -1: y = 0\n"
    text += "".join(f"    elif x * 2 == {i}: y = {i}\n" for i in range(200)) + "    else: y = 7\n    return y"
    for fn in stages(from_text(text)).values():
        assert nesting(print_function(fn)) <= 4
        run = compiled(fn, {})
        assert [run(x) for x in (-1, 0, 3.5, 99.5, 100)] == [0, 0, 7, 199, 7]


def seconds(text):
    source = from_text(text)
    start = time.perf_counter()
    stages_ = normal(exits(desugar(source, resolver({}))))
    return time.perf_counter() - start, stages_


def test_5000_statements_in_linear_time():
    text = "def f(x):\n{}    return x"
    short, _ = seconds(text.format("    x = x * 0.5 + 1.0 - x\n" * 1000))
    long, fn = seconds(text.format("    x = x * 0.5 + 1.0 - x\n" * 5000))
    assert long < 10 * short + 1.0
    assert len(fn.body) == 15001


def test_a_sum_of_3000_terms():
    spine = gast.Name("x", gast.Load(), None, None)
    place = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 1}
    spine.__dict__.update(place)
    tree = gast.parse("def f(x):\n    return x").body[0]
    for _ in range(3000):
        one = gast.Constant(1, None)
        one.__dict__.update(place)
        spine = gast.BinOp(spine, gast.Add(), one)
        spine.__dict__.update(place)
    tree.body[0].value = spine
    fn = normal(exits(desugar(types.SimpleNamespace(tree=tree, file="<test>"), resolver({}))))
    verify(fn, "normal")
    assert compiled(fn, {})(0) == 3000


# ---------------------------------------------------------------------------------------------------- what people read


def shown(text, form):
    return print_block(stages(from_text(text))[form].body)


def test_loops_over_sequences_are_loops_over_indices():
    text = "def f(xs, ys):\n    for i, (x, y) in enumerate(zip(xs, ys)):\n        g(i, x, y)"
    assert shown(text, "raw") == (
        "seq = sequence(xs)\n"
        "seq_1 = sequence(ys)\n"
        "for i in range(min(len(seq), len(seq_1))):\n"
        "    x = seq[i]\n"
        "    y = seq_1[i]\n"
        "    g(i, x, y)"
    )


def test_an_early_return_becomes_a_branch():
    text = "def f(x):\n    if x > 0:\n        return x\n    y = -x\n    return y"
    assert shown(text, "exits") == (
        "if x > 0:\n"
        "    result = x\n"
        "else:\n"
        "    y = -x\n"
        "    result = y\n"
        "return result"
    )  # fmt: skip


def test_break_becomes_a_flag():
    text = "def f(n):\n    for i in range(n):\n        if i == 2:\n            break\n        g(i)\n    return i"
    assert shown(text, "exits") == (
        "stop = False\n"
        "for i in range(n):\n"
        "    if i == 2:\n"
        "        stop = True\n"
        "    else:\n"
        "        g(i)\n"
        "    if stop:\n"
        "        break\n"
        "return i"
    )


def test_continue_becomes_a_branch():
    text = "def f(n):\n    for i in range(n):\n        if i == 2:\n            continue\n        g(i)"
    assert shown(text, "exits") == "for i in range(n):\n    if not i == 2:\n        g(i)\nreturn None"


def test_functions_without_early_exits_stay_as_they_are():
    text = "def f(x):\n    while x > 1:\n        x = x / 2\n    return x * 2"
    assert shown(text, "exits") == shown(text, "raw") == "while x > 1:\n    x = x / 2\nreturn x * 2"


def test_a_swap_takes_one_temporary():
    text = "def f(a, b):\n    a, b = b, a\n    c, d = 1.0, a\n    return b"
    assert shown(text, "normal") == "t = a\na = b\nb = t\nc = 1.0\nd = a\nreturn b"


def test_normal_form():
    text = "def f(x, w):\n    h = np.linalg.inv(x @ w + 1)\n    return h.T[0, 1:]"
    assert shown(text, "normal") == (
        "t = x @ w\n"
        "t_1 = t + 1\n"
        "h = np.linalg.inv(t_1)\n"
        "t_2 = h.T\n"
        "t_3 = t_2[0, 1:]\n"
        "return t_3"
    )  # fmt: skip


def test_choices_assign_their_target_in_both_branches():
    text = "def f(x):\n    y = x if x > 0 else -x\n    return y and x"
    assert shown(text, "normal") == (
        "t = x > 0\n"
        "if t:\n"
        "    y = x\n"
        "else:\n"
        "    y = -x\n"
        "t_1 = y\n"
        "if t_1:\n"
        "    t_1 = x\n"
        "return t_1"
    )  # fmt: skip


def test_a_while_test_is_computed_in_the_head():
    fn = stages(from_text("def f(x):\n    while 0 < g(x) < 3:\n        x += 1\n    return x"))["normal"]
    loop = fn.body[0]
    assert isinstance(loop, ir.While)
    assert len(loop.head) == 3
    assert len(loop.body) == 1


def test_docstring_free_names_and_spans():
    def outer(a):
        """What it does.

        And more.
        """

        def inner(b):
            return b * a + np.e + missing

        return inner(len(a))

    source = find(outer)
    for form, fn in stages(source).items():
        assert inspect.cleandoc(fn.doc) == inspect.cleandoc(outer.__doc__)
        assert fn.free == ("len", "missing", "np")
        assert set(free_names(fn)) == set(fn.free)
        assert "inner" in bound_names(fn)
        (inner,) = (node.function for node in walk(fn) if isinstance(node, ir.Define))
        assert inner.free == ("a", "missing", "np")
        spans = [node.span for node in walk(fn) if isinstance(node, (ir.Stmt, ir.Expr))]
        lines = range(outer.__code__.co_firstlineno, outer.__code__.co_firstlineno + 12)
        assert all(span is not None and span.line in lines and span.file == source.file for span in spans), form
        (missing,) = (node.span for node in walk(fn) if isinstance(node, ir.Name) and node.id == "missing")
        line = linecache.getline(missing.file, missing.line)
        assert line[missing.col : missing.end_col] == "missing"


def test_no_stage_changes_its_input():
    fn = desugar(
        from_text("def f(x):\n    for i in x:\n        if i: return i\n        y, z = z, i and x"), resolver({})
    )
    before = print_function(fn)
    flat = exits(fn)
    between = print_function(flat)
    normal(flat)
    assert (print_function(fn), print_function(flat)) == (before, between)


# ---------------------------------------------------------------------------------------------------- refusals

REFUSALS = {
    "try:\n    x\nexcept KeyError or ValueError: pass": "S100",
    "try:\n    x\nexcept* KeyError: pass": "S100",
    "try:\n    x\nfinally:\n    if x: return 1": "S100",
    "for i in x:\n    try:\n        x\n    finally:\n        break": "S100",
    "match x:\n    case {1: y, **z}: pass": "S102",
    "match x:\n    case C(y): pass": "S102",
    "del x.y": "S103",
    "yield x": "S104",
    "y = yield from x": "S104",
    "y = (i for i in x)": "S106",
    "y = f(i for i in x)": "S106",
    "y = sum(x, (i for i in x))": "S106",
    "class C: pass": "S108",
    "global g; g = x": "S109",
    "def h():\n    nonlocal x\n    x = 1": "S109",
    "def h():\n    global x\n    return x": "S109",
    "super().f(x)": "S114",
    "locals()": "S115",
    "eval('x')": "S115",
    "y: int; return y": "S116",
    "return x + y; y = 1": "S116",
}


@pytest.mark.parametrize(("body", "code"), REFUSALS.items())
def test_refusals(body, code):
    text = "def f(x):\n" + "\n".join(f"    {line}" for line in body.splitlines())
    with pytest.raises(UnsupportedError) as refusal:
        stages(from_text(text))
    error = refusal.value
    assert error.code == code
    assert error.span.file == "<test>"
    assert error.span.line >= 2
    assert error.hint


def test_asynchronous_code_is_refused():
    text = "async def f(x):\n    async for i in x: pass\n    await x\n    async with x: pass"
    for node in gast.parse(text).body[0].body:
        tree = gast.parse("def f(x): pass").body[0]
        tree.body = [node]
        with pytest.raises(UnsupportedError, match="S105"):
            desugar(types.SimpleNamespace(tree=tree, file="<test>"), resolver({}))


def test_every_kind_of_node_is_understood_or_refused():
    elsewhere = {"FormattedValue", "Interpolation", "Print", "Exec", "Repr"}  # parts of others, and Python 2
    for base, prefix in ((ast.stmt, "do_"), (ast.expr, "on_")):
        kinds = [k for k in vars(gast).values() if isinstance(k, type) and issubclass(k, base) and k is not base]
        for kind in kinds:
            known = kind in REFUSED or hasattr(desugaring._Desugar, prefix + kind.__name__)
            assert known or kind.__name__ in elsewhere, kind


def test_defaults_of_the_function_itself_are_not_compiled():
    fn = desugar(from_text("def f(x, table=[i for i in range(3)], k=-1): return x"), resolver({}))
    assert [param.default is None for param in fn.params] == [True, False, False]


# ---------------------------------------------------------------------------------------------------- verify


@pytest.mark.parametrize(
    ("form", "fault", "stmt"),
    [
        ("exits", "Break", ir.Break()),
        ("exits", "early return", ir.If(ir.Name("x"), (ir.Return(ir.Name("x")),))),
        ("normal", "not simple", ir.Evaluate(ir.Unary("-", ir.Unary("-", ir.Name("x"))))),
        ("normal", "not allowed", ir.Evaluate(ir.BoolOp("and", (ir.Name("x"), ir.Name("x"))))),
        ("normal", "no atom", ir.If(ir.Unary("not", ir.Name("x")), (ir.Pass(),))),
        ("normal", "no statement", ir.Assign(ir.Tuple((ir.Name("x"),)), ir.Name("x"))),
        ("raw", "empty", ir.If(ir.Name("x"), ())),
        ("raw", "no operator", ir.Evaluate(ir.Binary("plus", ir.Name("x"), ir.Name("x")))),
        ("raw", "neither bound nor free", ir.Evaluate(ir.Name("unheard"))),
    ],
)
def test_verify_finds_faults(form, fault, stmt):
    fn = ir.Function("f", (ir.Param("x"),), (stmt, ir.Return(ir.Name("x"))))
    with pytest.raises(AssertionError, match=fault):
        verify(fn, form)


def test_verify_finds_a_node_in_two_places():
    x = ir.Name("x")
    with pytest.raises(AssertionError, match="two places"):
        verify(ir.Function("f", (ir.Param("x"),), (ir.Evaluate(ir.Binary("+", x, x)),)), "raw")
