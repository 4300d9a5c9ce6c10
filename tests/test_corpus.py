"""Every program of the corpus, through every mode, against finite differences; and proof that this can fail.

`check` is tried on derivatives known to be right (the oracle's own) and on ones spoilt in one way each: a harness that
does not turn red for those would not turn red for the compiler.
"""

import ast
import dataclasses
import inspect
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from s2sgrad import runtime
from s2sgrad.ir import nodes as ir
from s2sgrad.transform.adjoint import Adjoint
from tests import harness, oracle
from tests.corpus import PROGRAMS, Program, constants, named

MODES = {"raw": False, "optimized": True}

each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


@each_program
def test_program_can_be_judged(program):
    """It runs, twice alike, and is smooth at every example."""
    for number, original in enumerate(program.examples):
        first = oracle.fresh(program.function(*oracle.fresh(original)))
        assert harness.same(first, program.function(*oracle.fresh(original))), f"example {number}: two runs differ"
        assert program.active(original), f"example {number}: nothing to differentiate for"
        harness.expected(program, number)


def test_names_are_unique():
    names = [program.name for program in PROGRAMS]
    assert len(names) == len(set(names))


@each_program
@pytest.mark.parametrize("mode", MODES)
def test_gradient(program, mode):
    harness.check(program, MODES[mode])


@each_program
@pytest.mark.parametrize("mode", MODES)
def test_tangent(program, mode):
    harness.check_tangent(program, MODES[mode])


@each_program
@pytest.mark.parametrize("backwards", [False, True], ids=["forth", "back"])
def test_one_function_for_all_examples(program, backwards):
    """What was compiled for one example serves the others of the same kinds: nothing was read off its values."""
    derived: dict[Any, Callable] = {}
    numbers = range(len(program.examples))
    for number in reversed(numbers) if backwards else numbers:
        original = program.examples[number]
        argnums = program.active(original)
        value = program.function(*oracle.fresh(original))
        key = argnums, harness.is_scalar(value)
        if key not in derived:
            derived[key] = harness.derive(harness.public(), program.function, value, argnums, True)
        got, gradients = derived[key](oracle.fresh(original)) if key[1] else by_vjp(program, original, argnums, value)
        harness.check_value(got, value, f"{program.name}, example {number}")
        oracle.assert_close(gradients, harness.expected(program, number), program.tol, f"{program.name}, {number}")


def by_vjp(program: Program, args: tuple, argnums: tuple[int, ...], value: Any) -> tuple[Any, Any]:
    result, pullback = harness.public().vjp(program.function, *oracle.fresh(args), argnums=argnums)
    return result, pullback(oracle.cotangents(value))


@each_program
def test_every_stage_runs(program):
    """The text of each stage is Python that computes the primal, later ones the gradient."""
    for number, original in enumerate(program.examples):
        value = program.function(*oracle.fresh(original))
        if not harness.is_scalar(value):
            return  # `explain` shows the gradient: other results are the business of `vjp`
        check_stages(program, number, value)


def check_stages(program: Program, number: int, value: Any) -> None:
    args = program.examples[number]
    argnums = program.active(args)
    if any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(program.function).parameters.values()):
        argnums = argnums[:1]  # the text has the gradient of `*args` as one
    stages = harness.public().explain(program.function, *oracle.fresh(args), argnums=argnums)
    assert [name for name, _ in stages] == [*PRIMAL_STAGES, *GRADIENT_STAGES]
    for name, text in stages:
        if (program.name, name) in NOT_RUN:
            continue
        label = f"{program.name}, example {number}, stage {name}"
        result = run_stage(name, text, program.function, oracle.fresh(args), stages.namespace)
        if name in PRIMAL_STAGES:
            oracle.assert_close(result, value, 1e-12, label)
        else:
            result = result if len(argnums) > 1 else (result,)
            for got, wanted, number_ in zip(result, harness.expected(program, number), argnums):
                oracle.assert_close(runtime.finish(got, args[number_]), wanted, max(program.tol, 1e-6), label)


AS_WRITTEN = ("desugared", "exits", "normal")  # these have the parameters that the user gave
PRIMAL_STAGES = (*AS_WRITTEN, "resolved", "ssa")
NOT_RUN = {("hygiene.shadowed_range_and_len", "resolved")}  # loops over `range` beside a local of that name
GRADIENT_STAGES = ("adjoint", "optimized")


def run_stage(name: str, text: str, function: Callable, args: tuple, namespace: dict[str, Any]) -> Any:
    """Execute a stage's text: it computes the value up to single assignment, the gradient from the adjoint on.

    The text defines functions of the user's names, from the adjoint on `<name>_grad` among others; the last one is the
    function itself.
    """
    space = dict(namespace)
    exec(compile(text, f"<{name} of {function.__name__}>", "exec"), space)
    *_, last = (node.name for node in ast.parse(text).body)
    return space[last](*(args if name in AS_WRITTEN else bound(function, args)))


def bound(function: Callable, args: tuple) -> tuple:
    """The arguments, one for each parameter: generated functions have neither defaults nor `*args`."""
    filled = inspect.signature(function).bind(*args)
    filled.apply_defaults()
    return tuple(filled.arguments.values())


# ------------------------------------------------------------------------------------- the harness can fail


class Judge:
    """Derivatives by finite differences behind the library's own interface; `spoil` may do harm to them."""

    def __init__(self, harm: Callable[[tuple, Any, list], tuple] = lambda args, value, gradients: (value, gradients)):
        self.harm = harm

    def _both(self, f, args, argnums, weights):
        value = f(*args)
        gradients = list(oracle.differences(f, args, argnums, weights))
        for position, (gradient, number) in enumerate(zip(gradients, argnums)):
            gradients[position] = _typed(gradient, dict(oracle.flatten(args[number])))
        value, gradients = self.harm(args, value, gradients)
        return value, tuple(gradients) if type(gradients) is list else gradients

    def value_and_grad(self, f, argnums, optimize):
        return lambda *args: self._both(f, args, argnums, None)

    def vjp(self, f, *args, argnums, optimize):
        return f(*args), lambda weights: self._both(f, args, argnums, weights)[1]


def _typed(gradient: Any, primals: dict[tuple, Any]) -> Any:
    """A gradient with the types of its argument's leaves."""
    return oracle.transform(lambda path, g: None if g is None else _like(g, primals[path]), gradient)


def _like(gradient: np.ndarray, primal: Any) -> Any:
    """The same number in the primal's type."""
    if isinstance(primal, np.ndarray):
        return gradient.astype(primal.dtype)
    return type(primal)(gradient)


SAMPLES = [
    "scalars.rational",
    "arrays.dot_by_hand",
    "arrays.vector_result",
    "containers.parameters_in_a_dict",
    "containers.returns_a_nested_list",
    "dtypes.mixed_container",
    "dtypes.every_kind_of_number",
    "dtypes.unusual_layouts",
]


@pytest.mark.parametrize("name", SAMPLES)
def test_right_derivatives_pass(name):
    harness.check(named(name), api=Judge())


def scaled(args, value, gradients):
    return value, [_like(np.asarray(gradients[0]) * 1.01, gradients[0]), *gradients[1:]]


def slightly_off(args, value, gradients):
    return value, [gradients[0] + 1e-4, *gradients[1:]]


def one_element_dropped(args, value, gradients):
    gradients[0][1] = 0.0
    return value, gradients


def one_missing(args, value, gradients):
    return value, gradients[:-1]


def swapped(args, value, gradients):
    return value, gradients[::-1]


def list_for_a_tuple(args, value, gradients):
    return value, [list(gradients[0])]


def wrong_value(args, value, gradients):
    return value + 1e-6, gradients


def python_float_value(args, value, gradients):
    return float(value), gradients


def argument_changed(args, value, gradients):
    args[0][0] += 1e-9
    return value, gradients


def argument_handed_out(args, value, gradients):
    """What the gradient of sum(x*y) is, as memory too."""
    return value, [args[1], *gradients[1:]]


def one_array_for_two(args, value, gradients):
    return value, [gradients[0], gradients[0]]


def captured_handed_out(args, value, gradients):
    return value, [constants.TABLE]


def read_only(args, value, gradients):
    gradients[0].flags.writeable = False
    return value, gradients


def double_precision(args, value, gradients):
    return value, [gradient.astype(np.float64) for gradient in gradients]


def single_precision(args, value, gradients):
    return value, [gradient.astype(np.float32) for gradient in gradients]


def numpy_for_a_float(args, value, gradients):
    return value, [np.float64(gradient) for gradient in gradients]


def zero_dimensional_for_a_float(args, value, gradients):
    return value, [np.asarray(gradient) for gradient in gradients]


def wrong_shape(args, value, gradients):
    return value, [gradient[None] for gradient in gradients]


def number_beside_an_int(args, value, gradients):
    return value, [{**gradients[0], "n": 0.0}, *gradients[1:]]


def keys_dropped(args, value, gradients):
    return value, [{key: g for key, g in gradients[0].items() if g is not None}, *gradients[1:]]


def kept_between_calls():
    """Hands out one array again and again."""
    kept = []

    def harm(args, value, gradients):
        kept.extend(gradients if not kept else ())
        return value, list(kept)

    return harm


def accumulating():
    """Every call adds to the one before."""
    calls = []

    def harm(args, value, gradients):
        calls.append(1)
        return value, [gradient * len(calls) for gradient in gradients]

    return harm


def nothing_for_the_unused(args, value, gradients):
    return value, [None if not np.any(gradient) else gradient for gradient in gradients]


HARMS = [
    (scaled, "scalars.square", "off by"),
    (scaled, "dtypes.single_reductions", "off by"),
    (slightly_off, "scalars.rational", "off by"),
    (slightly_off, "arrays.vector_result", "off by"),
    (one_element_dropped, "arrays.dot_by_hand", "off by"),
    (one_missing, "scalars.rational", "keys"),
    (swapped, "scalars.rational", "off by"),
    (list_for_a_tuple, "containers.tuple_argument", "list, not tuple"),
    (wrong_value, "scalars.rational", "value:"),
    (python_float_value, "arrays.dot_by_hand", "the value is a float, not a float64"),
    (argument_changed, "arrays.dot_by_hand", "the arguments changed"),
    (argument_handed_out, "arrays.dot_by_hand", "shares memory with an argument"),
    (one_array_for_two, "arrays.sum_of_both", "two gradients share memory"),
    (captured_handed_out, "constants.module_array_handed_out", "shares memory with a captured array"),
    (read_only, "arrays.dot_by_hand", "read-only"),
    (double_precision, "dtypes.single_dot", "dtype float64, not float32"),
    (single_precision, "arrays.sum_of_both", "dtype float32, not float64"),
    (numpy_for_a_float, "scalars.rational", "a float64, not a float"),
    (zero_dimensional_for_a_float, "scalars.rational", "a ndarray, not a float"),
    (wrong_shape, "arrays.dot_by_hand", "shape"),
    (number_beside_an_int, "containers.parameters_in_a_dict", "0.0, not None"),
    (keys_dropped, "containers.parameters_in_a_dict", "keys"),
    (kept_between_calls, "arrays.dot_by_hand", "the second call"),
    (accumulating, "arrays.dot_by_hand", "the second call"),
    (nothing_for_the_unused, "scalars.unused_argument", "None, not"),
]


@pytest.mark.parametrize(("harm", "name", "complaint"), HARMS, ids=lambda item: getattr(item, "__name__", item))
def test_wrong_derivatives_fail(harm, name, complaint):
    harm = harm() if harm in (kept_between_calls, accumulating) else harm
    with pytest.raises(AssertionError, match=complaint):
        harness.check(named(name), api=Judge(harm))


def test_a_kink_is_noticed():
    with pytest.raises(oracle.NotSmooth):
        oracle.differences(lambda x: abs(x), (0.0,), (0,))
    with pytest.raises(oracle.NotSmooth):
        oracle.differences(lambda x: abs(x - 0.3001), (0.3,), (0,))
    with pytest.raises(oracle.NotSmooth):
        oracle.differences(lambda x: x if x < 0.3 else 1.0, (0.3,), (0,))
    with pytest.raises(oracle.NotSmooth):
        oracle.differences(lambda x: np.sum(np.maximum(x, x[0])), (np.array([0.5, 0.5]),), (0,))


def test_differences_are_accurate():
    x = np.array([0.3, -1.2, 2.0])
    (got,) = oracle.differences(lambda x: float(np.sum(np.exp(x) * np.sin(3 * x))), (x,), (0,))
    np.testing.assert_allclose(got, np.exp(x) * (np.sin(3 * x) + 3 * np.cos(3 * x)), rtol=1e-9)


# ---------------------------------------------------------------------------- a broken compiler turns it red


@contextmanager
def broken_rule(target: Any, **text: Any):
    """One rule replaced by a wrong one; everything compiled in between is forgotten, because the version counts up."""
    from s2sgrad.rules import lookup, notation

    right = lookup(target)
    wrong = dataclasses.replace(right, **text)
    notation.register(wrong)
    try:
        yield
    finally:
        notation.register(right)


def test_a_wrong_partial_turns_it_red():
    """tanh' = 1.01 * (1 - y²): off by one per cent."""
    program = named("arrays.chained_temporaries")
    harness.check(program)
    with broken_rule(np.tanh, text=("1.01 * (1 - y*y)",)), pytest.raises(AssertionError):
        harness.check(program)
    harness.check(program)


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_contribution_turns_it_red(mode, monkeypatch):
    """The second read of x overwrites the adjoint of the first, as in the compiler's ancestor."""
    program: Program = named("scalars.square")
    lose_contributions(monkeypatch)
    with pytest.raises(AssertionError):
        harness.check(program, MODES[mode])


def lose_contributions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the reverse mode assign where it should accumulate."""

    def assigning(self: Adjoint, target: ir.Expr, g: ir.Expr, state: str) -> None:
        if self.is_active(target):
            self.state.pop(target.id, None)
        contribute(self, target, g, state)

    contribute = Adjoint.contribute
    monkeypatch.setattr(Adjoint, "contribute", assigning)
