"""`check_grads`: silent about right derivatives, and precise about wrong ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.differences import changed, compare, duplicate, leaves


def wrong_cube(x):
    """x³, but its derivative is stated as that of x²."""
    return x * x * x


@pytest.fixture
def wrong_rule():
    from s2sgrad.rules import notation

    @sg.rule(wrong_cube)
    def rule(y, x):
        dot[y] = 2.0 * x * dot[x]  # noqa: F821
        bar[x] = bar[y] * 2.0 * x  # noqa: F821

    yield
    del notation._rules[wrong_cube]


def test_right_derivatives_are_passed_in_silence():
    sg.check_grads(lambda x: np.sum(np.sin(x)), (np.array([1.0, 2.0]),))
    sg.check_grads(lambda x, k: {"a": x * k, "n": 3, "b": (k, "s")}, (np.array([1.0, 2.0]), 3.0))
    sg.check_grads(lambda p: p["w"] @ p["x"][0], ({"w": np.ones((2, 3)), "x": [np.arange(3.0)], "n": "name"},))
    sg.check_grads(lambda x: np.sum(np.exp(x)), (np.array([1.0, 2.0], np.float32),))


def test_a_wrong_derivative_is_reported_with_its_place(wrong_rule):
    def f(params, y):
        return wrong_cube(params["w"][1, 2]) + y

    with pytest.raises(AssertionError, match=r"argument 0\['w'\]\[1, 2\]: the derivative is 4, differences give 12"):
        sg.check_grads(f, ({"w": np.full((2, 3), 2.0)}, 1.0), modes=("rev",))
    with pytest.raises(AssertionError, match=r"the result\['a'\]\[1\]: the derivative along a direction is"):
        sg.check_grads(lambda x: {"n": 3, "a": np.array([x, wrong_cube(x)])}, (2.0,), modes=("fwd",))


def test_arguments_are_left_alone_and_something_must_be_differentiable():
    def f(x):
        x = x.copy()
        x[0] = 0.0
        return np.sum(x * x)

    x = np.array([1.0, 2.0])
    sg.check_grads(f, (x,))
    assert x.tolist() == [1.0, 2.0]
    with pytest.raises(TypeError, match="no argument that has a derivative"):
        sg.check_grads(lambda n: n * n, (3,))


def test_only_what_is_there_can_be_asked_for():
    for request in ({"order": 0}, {"modes": ("forward",)}, {"modes": ()}):
        with pytest.raises(ValueError, match="check_grads takes"):
            sg.check_grads(lambda x: x, (1.0,), **request)


def test_higher_orders():
    sg.check_grads(lambda x: np.sum(np.sin(x) * x), (np.array([1.0, 2.0]),), order=3)
    sg.check_grads(lambda x, k: {"a": x * k, "n": 3, "b": (k * k, "s")}, (np.array([1.0, 2.0]), 3.0), order=2)
    sg.check_grads(lambda x, n: x**n, (1.5, 3), order=2)


def test_a_wrong_second_derivative_is_found():
    """√x is right in value and first derivative, but the rule of its derivative is that of another function."""
    from s2sgrad.rules import notation

    def root(x):
        return x**0.5

    def slope(x):
        return 0.5 / x**0.5

    @sg.rule(root)
    def of_root(y, x):
        dot[y] = slope(x) * dot[x]  # noqa: F821
        bar[x] = bar[y] * slope(x)  # noqa: F821

    @sg.rule(slope)
    def of_slope(y, x):
        dot[y] = y * dot[x]  # noqa: F821
        bar[x] = bar[y] * y  # noqa: F821

    try:
        sg.check_grads(lambda x: root(x), (2.0,))
        for mode in ("fwd", "rev"):
            with pytest.raises(AssertionError, match="differences give"):
                sg.check_grads(lambda x: root(x), (2.0,), order=2, modes=(mode,))
    finally:
        del notation._rules[root], notation._rules[slope]


def test_the_comparison_knows_complex_numbers_and_dataclasses():
    @dataclasses.dataclass
    class Pair:
        a: float
        b: np.ndarray

    def f(pair):
        return pair.a * np.sum(pair.b)

    def vjp(pair):
        return f(pair), lambda w: (Pair(w * np.sum(pair.b), np.full_like(pair.b, w * pair.a)),)

    compare(f, vjp, (Pair(2.0, np.ones(3)),), (0,), None, None, 1e-5)
    compare(lambda z: z * z, lambda z: (z * z, lambda w: (2.0 * w * z,)), (1.0 + 2.0j,), (0,), None, None, 1e-5)


def test_structures_are_rebuilt():
    tree = {"a": [1, (2.0, np.ones(2))]}
    assert [("".join(path), type(leaf).__name__) for path, leaf in leaves(tree)] == [
        ("['a'][0]", "int"), ("['a'][1][0]", "float"), ("['a'][1][1]", "ndarray"),
    ]  # fmt: skip
    assert changed(lambda path, leaf: len(path), tree) == {"a": [2, (3, 3)]}
    assert duplicate(tree)["a"][1][1] is not tree["a"][1][1]
