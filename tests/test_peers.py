"""Where the closest ancestors of this compiler give a wrong gradient without a word, or misbehave otherwise.

A row of the list in each test's name; what the language cannot express yet must be refused or right.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import s2sgrad as sg
from tests import harness, oracle
from tests.corpus import Program, named, peers, sample

ROOT = Path(__file__).parent.parent


def check(name: str) -> None:
    """A program of the family `peers`, raw and optimized."""
    for optimize in (False, True):
        harness.check(named(f"peers.{name}"), optimize)


def agrees(f, *args, argnums=0) -> None:
    """The gradient of a function that no corpus holds equals differences, and is not computed from thin air."""
    program = Program(f.__qualname__, f, (args,), (argnums,), 1e-6)
    harness._expected.pop((program.name, 0), None)  # several functions of one name are the point of some tests
    harness.check(program)


def right_or_refused(f, *args) -> None:
    """A gradient outside the language may be refused; it may not be wrong."""
    try:
        gradient = sg.grad(f)(*oracle.fresh(args))
    except sg.UnsupportedError as error:
        assert error.span is not None
        return
    oracle.assert_close((gradient,), oracle.differences(f, args, (0,)), 1e-6, f.__qualname__)


# ------------------------------------------------------------------------------------------ silently wrong


def test_augmented_element_is_not_lost():
    check("augmented_element")


def test_active_keyword_argument_of_a_callee():
    check("active_keyword_argument")


def test_broadcast_division_is_summed_back():
    check("broadcast_division")


def test_broadcast_power_and_maximum_are_summed_back():
    check("broadcast_power_and_maximum")


def test_bodies_of_with_statements_are_not_skipped():
    def f(x):
        y = x
        with np.errstate(all="ignore"):
            y = y * x
        return y * 2.0

    right_or_refused(f, 0.7)


def test_element_read_twice_accumulates():
    check("element_read_twice")


def test_element_read_twice_in_a_while_loop_accumulates():
    check("element_read_twice_in_a_while_loop")


def test_dictionary_entry_read_twice_accumulates():
    check("key_read_twice")


def test_repeated_fancy_index_accumulates():
    check("repeated_fancy_index")


def test_write_through_an_alias():
    check("write_through_an_alias")


def test_break():
    check("loop_left_by_break")


def test_list_append_in_a_loop():
    def f(x):
        items = []
        for k in range(3):
            items.append(x * k)
        return items[1] * items[2]

    right_or_refused(f, 0.7)


def test_list_comprehension():
    def f(x):
        return sum([x * k for k in range(4)]) * x

    right_or_refused(f, 0.7)


def test_concatenate():
    check("concatenated")


class Model:
    """A user's class: its fields are constants of the derivative."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def grown(self, x, steps):
        for _ in range(steps):
            x = x * x + self.rate
        return x


def test_method_that_holds_a_loop_is_not_zero():
    right_or_refused(Model(0.3).grown, 0.7, 3)
    model = Model(0.4)
    right_or_refused(lambda x: model.grown(x, 2) * x, 0.7)


def test_integer_input_does_not_give_zero():
    def f(x):
        return x * x

    with pytest.raises((TypeError, sg.UnsupportedError), match=r"3\.0"):
        sg.grad(f)(3)
    with pytest.raises((TypeError, sg.UnsupportedError), match="float"):
        sg.grad(lambda x: np.sum(x * x))(np.array([1, 2, 3]))


def test_power_of_two():
    check("two_to_the")
    if hasattr(sg, "jvp"):
        value, tangent = sg.jvp(peers.two_to_the, (0.7,), (1.0,))
        assert tangent == pytest.approx(2**0.7 * np.log(2.0))
        assert value == 2**0.7


def test_dot_of_three_dimensions():
    check("dot_of_three_dimensions")


def scaled_by(k):
    def inner(x):
        return x * k * x

    return inner


def test_closure_values_stay_out_of_the_module():
    check("closure_value")
    before = dict(globals())
    double, triple = sg.grad(scaled_by(2.0)), sg.grad(scaled_by(3.0))
    for _ in range(2):
        assert double(0.7) == pytest.approx(2.8)
        assert triple(0.7) == pytest.approx(4.2)
    assert dict(globals()) == before


def test_a_global_beside_a_captured_value_of_the_same_name(module_from):
    module = module_from("""
        k = 10.0

        def uses_global(x):
            return x * k

        def make(k):
            def inner(x):
                return x * k + uses_global(x)
            return inner
    """)
    before = {name: value for name, value in vars(module).items() if name != "__builtins__"}
    assert sg.grad(module.make(2.0))(0.7) == pytest.approx(12.0)
    assert sg.grad(module.make(3.0))(0.7) == pytest.approx(13.0)
    assert sg.grad(module.uses_global)(0.7) == pytest.approx(10.0)
    after = {name: value for name, value in vars(module).items() if name != "__builtins__"}
    assert after == before


def test_captured_values_are_read_at_each_call():
    state = 2.0

    def f(x):
        return x * state

    gradient = sg.grad(f)
    assert gradient(0.7) == 2.0
    state = 5.0
    assert gradient(0.7) == 5.0
    assert sg.grad(f)(0.7) == 5.0


def test_functions_of_one_code_object_have_their_own_captures():
    functions = [lambda t, k=k: t * k for k in (2.0, 3.0)] + [scaled_by(k) for k in (4.0, 5.0)]
    assert [sg.grad(f)(0.5) for f in functions] == pytest.approx([2.0, 3.0, 4.0, 5.0])


def test_two_callees_of_one_name():
    check("two_callees_of_one_name")


def test_two_modules_with_a_callee_of_one_name(module_from):
    first = module_from("""
        def callee(x):
            return x * x

        def f(x):
            return callee(x)
    """)
    second = module_from("""
        def callee(x):
            return x * x * x

        def f(x):
            return callee(x)
    """)

    def both(x):
        return first.f(x) * second.f(x)

    assert sg.grad(first.f)(2.0) == pytest.approx(4.0)
    assert sg.grad(second.f)(2.0) == pytest.approx(12.0)
    assert sg.grad(both)(2.0) == pytest.approx(80.0)


def test_callee_redefined_leaves_no_stale_gradient(module_from):
    module = module_from("""
        def callee(x):
            return x * x

        def other(x):
            return x * 7.0

        def f(x):
            return callee(x) * 2.0
    """)
    gradient = sg.grad(module.f)
    assert gradient(0.5) == pytest.approx(2.0)
    module.callee = module.other
    assert gradient(0.5) == pytest.approx(14.0)
    assert sg.grad(module.f)(0.5) == pytest.approx(14.0)


def test_function_redefined_under_its_name(module_from):
    first = module_from("def f(x):\n    return x * x\n")
    assert sg.grad(first.f)(0.5) == pytest.approx(1.0)
    path = Path(first.__file__).with_name("again.py")
    path.write_text("def f(x):\n    return x * x * x\n")
    exec(compile(path.read_text(), str(path), "exec"), vars(first))
    assert sg.grad(first.f)(0.5) == pytest.approx(0.75)


def test_code_replaced_in_place(module_from):
    module = module_from("""
        def f(x):
            return x * x

        def g(x):
            return x * 3.0
    """)
    gradient = sg.grad(module.f)
    assert gradient(0.5) == pytest.approx(1.0)
    module.f.__code__ = module.g.__code__
    assert gradient(0.5) == pytest.approx(3.0)


def test_defaults_replaced(module_from):
    module = module_from("def f(x, k=2.0):\n    return x * k\n")
    gradient = sg.grad(module.f)
    assert gradient(0.5) == 2.0
    module.f.__defaults__ = (3.0,)
    assert gradient(0.5) == 3.0


def test_module_constants_change_between_calls(module_from):
    module = module_from("""
        import numpy as np

        K = 2.0
        TABLE = np.array([1.0, 2.0])
        MODE = "double"

        def f(x):
            y = x * K * TABLE[1]
            if MODE == "double":
                return y
            return y * x
    """)
    gradient = sg.grad(module.f)
    assert gradient(0.5) == pytest.approx(4.0)
    module.K = 3.0
    assert gradient(0.5) == pytest.approx(6.0)
    module.TABLE[1] = 5.0
    assert gradient(0.5) == pytest.approx(15.0)
    module.TABLE = np.array([0.0, 1.0, 7.0])
    assert gradient(0.5) == pytest.approx(3.0)
    module.K = np.array([1.0, 2.0])
    module.f(0.5)
    module.K = 1
    module.MODE = "square"
    assert gradient(0.5) == pytest.approx(1.0)


def test_argument_named_like_an_operator_of_the_templates():
    check("argument_named_like_an_operator")


def test_one_function_called_with_arguments_of_many_kinds():
    def f(x, y):
        if y is None:
            return np.sum(x * x)
        return np.sum(x * y)

    gradient = sg.grad(f)
    for _ in range(2):
        assert gradient(0.5, None) == pytest.approx(1.0)
        assert gradient(0.5, 3) == pytest.approx(3.0)
        np.testing.assert_allclose(gradient(np.array([0.5, 1.0]), None), [1.0, 2.0])
        np.testing.assert_allclose(gradient(np.ones((2, 2)), np.array([3.0, 4.0])), [[3.0, 4.0], [3.0, 4.0]])
        np.testing.assert_allclose(gradient(np.array([1.0, 2.0]), np.ones((3, 2))), [3.0, 3.0])
        assert gradient(np.float32(0.5), None).dtype == np.float32


def test_lengths_of_one_are_no_property_of_the_program():
    """A first call with an axis of length 1 must not fix that axis for later ones."""

    def f(x, y):
        return np.sum(x * y)

    gradient = sg.grad(f)
    np.testing.assert_allclose(gradient(np.ones(1), np.array([2.0, 3.0])), [5.0])
    np.testing.assert_allclose(gradient(np.ones(2), np.array([2.0, 3.0])), [2.0, 3.0])
    np.testing.assert_allclose(gradient(np.ones(2), np.array([2.0])), [2.0, 2.0])
    np.testing.assert_allclose(gradient(np.ones((2, 1)), np.array([2.0, 3.0])), [[5.0], [5.0]])
    np.testing.assert_allclose(gradient(np.ones((1, 2)), np.array([2.0, 3.0])), [[2.0, 3.0]])


# ------------------------------------------------------------------------------------------- other manners


def test_twenty_eight_statements_are_not_too_many():
    check("twenty_eight_statements")


def test_five_hundred_statements_are_not_too_many(module_from):
    body = "\n".join(f"    a = a * {1 + k / 1e4} + x * {k / 1e5}" for k in range(500))
    agrees(module_from(f"def long(x):\n    a = x\n{body}\n    return a\n").long, 0.7)


def test_two_hundred_early_returns_are_not_too_many(module_from):
    body = "\n".join(f"    if x > {100 - k}:\n        return x * {k}.0" for k in range(200))
    module = module_from(f"def exits(x):\n{body}\n    return x * x\n")
    assert sg.grad(module.exits)(50.5) == 50.0
    assert sg.grad(module.exits)(-150.0) == -300.0


def test_deep_expressions_are_not_too_deep(module_from):
    text = "x" + "".join(f" + x * {k}.0" for k in range(1, 60))
    agrees(module_from(f"def deep(x):\n    return {text}\n").deep, 0.7)


def test_nothing_is_left_in_the_temporary_directory(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def f(x):
        return x * x * x

    sg.grad(f)(0.7)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_printed(capfd):
    harness.check(named("loops.condition_in_a_loop"))
    assert capfd.readouterr() == ("", "")


def test_the_output_is_the_same_in_every_process():
    """Generated text depends on nothing but the program: no addresses, no order of sets."""
    command = (
        "import s2sgrad as sg\n"
        "from tests.corpus import named\n"
        "for name in ('calls.mutual_recursion', 'exits.many_exits', 'writes.alias_augmented'):\n"
        "    program = named(name)\n"
        "    print(sg.grad(program.function).source_for(*program.examples[0]))\n"
    )
    texts = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", command], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        texts.add(done.stdout)
    assert len(texts) == 1
    assert "def mutual_recursion" in texts.pop()


def test_errors_of_the_program_pass_through():
    def f(x):
        if x < 0:
            raise ValueError(f"negative: {x}")
        assert x < 10, "too large"
        return x * x

    gradient = sg.grad(f)
    assert gradient(0.5) == 1.0
    with pytest.raises(ValueError, match="negative: -1"):
        gradient(-1.0)
    with pytest.raises(AssertionError, match="too large"):
        gradient(11.0)


def test_an_index_out_of_range_is_an_error():
    def f(x):
        return x[10] * x[0]

    with pytest.raises(IndexError):
        sg.grad(f)(sample(4))


def test_prints_happen_once(capsys):
    def f(x):
        print("called with", x)
        return x * x

    assert sg.grad(f)(0.5) == 1.0
    assert capsys.readouterr().out == "called with 0.5\n"


def test_inactive_callees_run_as_often_as_written():
    calls = []

    def noted(k):
        calls.append(k)
        return 2.0

    def f(x):
        y = x
        for i in range(3):
            y = y * noted(i)
        return y

    try:
        assert sg.grad(f)(0.5) == pytest.approx(8.0)
    except sg.UnsupportedError:
        return
    assert calls == [0, 1, 2]
