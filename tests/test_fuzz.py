"""The fuzzer: programs of a few seeds are right, what it draws is reproducible, and it sees what is wrong."""

import ast

import numpy as np
import pytest

import s2sgrad as sg
from tests import fuzz_mutants, harness, oracle
from tests.fuzz import slopes
from tests.fuzz.checker import Outcome, check
from tests.fuzz.modules import folder
from tests.fuzz.program import Program, generate
from tests.fuzz.runner import Task, run
from tests.fuzz.shrinker import shrink


@pytest.mark.parametrize("seed", ["ci-1", "ci-2", "ci-3"])
def test_a_hundred_programs_are_right(seed):
    report = run(Task(seed, 0, 100), 1, lambda _: None, lambda _: None)
    assert not report.failed, "\n\n".join(f"{f.label}: {f.outcome.detail}\n{f.small.text}" for f in report.failed)
    assert report.programs == 100
    assert report.kinds["right"] >= 90


def test_a_seed_gives_the_same_program_each_time():
    one, other = generate("again:3:0"), generate("again:3:0")
    assert one.text == other.text
    assert harness.same(one.examples, other.examples)
    assert one.text != generate("again:4:0").text


def test_programs_are_python_with_their_constructs_counted():
    programs = [generate(f"count:{i}:0") for i in range(40)]
    for program in programs:
        ast.parse(program.text)
    counts = sum((p.counts for p in programs), start=type(programs[0].counts)())
    assert {"for range", "if", "write element", "augment number", "helper", "while"} <= set(counts)


@pytest.mark.parametrize("name", ["sine_scaled", "accumulation_dropped", "gradient_shared"])
def test_a_bug_that_is_switched_on_is_found(name):
    count, how = fuzz_mutants.killed(name, 100)
    assert count, f"{name}: {fuzz_mutants.MUTANTS[name].sentence}"
    assert how in ("wrong", "shared", "unequal")


@pytest.mark.slow
@pytest.mark.parametrize("name", fuzz_mutants.MUTANTS)
def test_every_bug_that_can_be_switched_on_is_found(name):
    assert fuzz_mutants.killed(name)[0], f"{name}: {fuzz_mutants.MUTANTS[name].sentence}"


def test_a_bug_is_switched_off_again():
    with fuzz_mutants.active("sine_scaled"):
        assert sg.grad(sine)(0.0) == 1.01
    assert sg.grad(sine)(0.0) == 1.0


def sine(x):
    return np.sin(x)


def outcome(text: str, *examples: tuple) -> Outcome:
    """What the checker says of a program's text."""
    with folder() as where:
        return check(Program(text, examples), where)


HEAD = "import numpy as np\nK = 1.0\nW0 = np.ones(2)\n"


def test_a_right_program_is_right():
    assert outcome(HEAD + "def f(x, v):\n    return K * x * np.sum(v * v)\n", (0.5, np.ones(3))).kind == "right"


def test_a_refusal_is_told_from_a_crash():
    found = outcome(HEAD + "def f(x):\n    return eval('x')\n", (0.5,))
    assert (found.kind, found.code) == ("refused", "S115")


def test_a_program_that_raises_is_no_program():
    assert outcome(HEAD + "def f(x):\n    return [x][2]\n", (0.5,)).kind == "invalid"


def test_a_kink_is_told_from_an_error():
    with pytest.raises(oracle.NotSmooth):
        slopes.slope(lambda x: abs(x), (0.0,), (1.0,), None)
    assert outcome(HEAD + "def f(x):\n    return abs(x - 0.5)\n", (0.5,)).kind == "right"  # beside the kink


def test_what_is_noise_is_told_from_a_slope():
    with pytest.raises(oracle.NotSmooth):
        slopes.slope(lambda x: float(np.float32(x)), (0.3,), (1.0,), None)


def test_a_wrong_gradient_is_seen(monkeypatch):
    honest = sg.vjp

    def wrong(*args, **options):
        value, pullback = honest(*args, **options)
        return value, lambda bar: tuple(1.0001 * g for g in pullback(bar))

    monkeypatch.setattr(sg, "vjp", wrong)
    assert outcome(HEAD + "def f(x):\n    return K * x * x\n", (0.5,)).kind == "wrong"


def test_an_argument_written_into_is_seen():
    """The program itself may write into its arguments: its derivative may not."""
    text = HEAD + "def f(v):\n    v[0] = v[1] * 2.0\n    return np.sum(v * v)\n"
    assert outcome(text, (np.ones(3),)).kind in ("right", "refused")


def test_shrinking_keeps_what_fails_and_nothing_else():
    program = generate("shrink:1:0")
    text = program.text.replace("    total = ", "    if True:\n        marker = 1.0 * 2.0\n    total = ")

    def fails(p: Program) -> bool:
        return "marker" in p.text

    small = shrink(Program(text, program.examples), fails)
    assert "marker" in small.text
    assert len(small.text.splitlines()) <= 5
