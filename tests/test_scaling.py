"""Long, deep and many: everything compiles, and the text is the same from run to run. Nothing is timed."""

import os
import subprocess
import sys

import numpy as np
import pytest

import s2sgrad as sg
from tests.staged import bare


def compiles(module, *args, gradient, argnums=0):
    derived = sg.grad(module.f, argnums)
    got = derived(*args)
    np.testing.assert_allclose(got, gradient, rtol=1e-9)
    return derived


def test_a_thousand_statements(module_from):
    lines = "\n".join(f"    x = x * {1 + (k % 3) * 1e-3!r} + {k % 7}" for k in range(1000))
    module = module_from(f"def f(x):\n{lines}\n    return x\n")
    expected = np.prod([1 + (k % 3) * 1e-3 for k in range(1000)])
    derived = compiles(module, 0.5, gradient=expected)
    compile(derived.source, "text", "exec")


def test_five_thousand_statements(module_from):
    lines = "\n".join(f"    v{k} = v{k - 1} * x" if k % 2 else f"    v{k} = v{k - 1} + x" for k in range(1, 5001))
    module = module_from(f"def f(x):\n    v0 = x\n{lines}\n    return v5000\n")
    value, slope = 0.3, 1.0
    for k in range(1, 5001):
        value, slope = (value * 0.3, slope * 0.3 + value) if k % 2 else (value + 0.3, slope + 1)
    compiles(module, 0.3, gradient=slope)


def test_five_hundred_early_returns(module_from):
    lines = "\n".join(f"    if x < {k}:\n        return x * {k}.0" for k in range(500))
    module = module_from(f"def f(x):\n{lines}\n    return x\n")
    derived = compiles(module, 17.5, gradient=18.0)
    assert derived(499.5) == 1.0 and derived(-1.0) == 0.0
    assert max(len(line) - len(line.lstrip()) for line in derived.source.splitlines()) < 80


def test_early_returns_from_a_loop(module_from):
    lines = "\n".join(f"        if x > {k + 100}:\n            return x * {k}.0" for k in range(60))
    module = module_from(f"def f(x, n):\n    for i in range(n):\n        x = x * 2.0\n{lines}\n    return x\n")
    compiles(module, 1.5, 5, gradient=32.0)
    compiles(module, 60.0, 5, gradient=0.0)
    compiles(module, 49.5, 1, gradient=2.0)


@pytest.mark.parametrize("depth", [10, 18])
def test_nested_loops(module_from, depth):
    lines = "".join(f"{'    ' * (k + 1)}for i{k} in range(1):\n" for k in range(depth))
    module = module_from(f"def f(x):\n    s = x\n{lines}{'    ' * (depth + 1)}s = s * x\n    return s\n")
    compiles(module, 3.0, gradient=6.0)


@pytest.mark.parametrize("depth", [20, 60])
def test_nested_branches(module_from, depth):
    lines = "".join(f"{'    ' * (k + 1)}if x > {k}:\n" for k in range(depth))
    module = module_from(f"def f(x):\n    s = x\n{lines}{'    ' * (depth + 1)}s = s * x\n    return s\n")
    compiles(module, 100.0, gradient=200.0)
    compiles(module, 0.5, gradient=1.0)


def test_a_long_expression(module_from):
    terms = " + ".join(f"x * {k}.0" for k in range(80))
    module = module_from(f"def f(x):\n    return {terms}\n")
    compiles(module, 2.0, gradient=sum(range(80)))


def test_a_thousand_terms(module_from):
    terms = " + ".join(f"x * {k % 5}.0" for k in range(1000))
    module = module_from(f"def f(x):\n    return {terms}\n")
    compiles(module, 2.0, gradient=2000.0)


def test_nested_parentheses(module_from):
    module = module_from(f"def f(x):\n    return {'(' * 60}x{' * 1.01)' * 60}\n")
    compiles(module, 2.0, gradient=1.01**60)


def test_a_chain_of_callees(module_from):
    lines = "\n".join(f"def g{k}(x):\n    return g{k - 1}(x) * 1.5\n" for k in range(1, 20))
    module = module_from(f"def g0(x):\n    return x * x\n\n{lines}\ndef f(x):\n    return g19(x)\n")
    compiles(module, 2.0, gradient=4.0 * 1.5**19)


def test_many_callees(module_from):
    lines = "\n".join(f"def g{k}(x):\n    return x * {k}.0\n" for k in range(200))
    total = " + ".join(f"g{k}(x)" for k in range(200))
    module = module_from(f"{lines}\ndef f(x):\n    return {total}\n")
    compiles(module, 2.0, gradient=sum(range(200)))


def test_deep_recursion_at_run_time(module_from):
    module = module_from("def f(x, n):\n    if n == 0:\n        return x\n    return f(x, n - 1) * 1.01\n")
    compiles(module, 2.0, 200, gradient=1.01**200)


def test_many_arguments(module_from):
    names = [f"x{k}" for k in range(200)]
    module = module_from(f"def f({', '.join(names)}):\n    return {' + '.join(n + ' * ' + n for n in names)}\n")
    args = tuple(float(k) for k in range(200))
    got = sg.grad(module.f, tuple(range(200)))(*args)
    assert got == tuple(2 * a for a in args)


def test_a_large_container():
    def f(p):
        return p["w7"] * p["w99"]

    params = {f"w{k}": np.full(2, float(k)) for k in range(100)}
    got = sg.grad(lambda p: np.sum(f(p)))(params)
    np.testing.assert_array_equal(got["w7"], [99.0, 99.0])
    assert sum(np.any(g != 0) for g in got.values()) == 2


def test_many_kinds_for_one_function():
    derived = sg.grad(lambda x, n: np.sum(x) * n)
    for rank in range(1, 12):
        for n in (2, 2.0):
            x = np.ones((2,) * rank)
            np.testing.assert_array_equal(derived(x, n), np.full(x.shape, 2.0))


PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from tests.corpus import PROGRAMS
from tests.test_residuals import texts
for name, text in texts(PROGRAMS[::3]):
    print(name)
    print(text)
"""


def test_text_does_not_depend_on_hashing():
    """Sets of names are hashed anew in every process: no order may come from them."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(root=root)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("0", "1")
    ]
    first, second = (run.communicate()[0] for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert len(first.splitlines()) > 2000
    different = [(a, b) for a, b in zip(first.splitlines(), second.splitlines()) if a != b]
    assert different == []
    assert first == second


def test_text_does_not_depend_on_what_was_compiled_before():
    def f(x, n):
        s = x
        for _ in range(n):
            s = s * x
        return s

    first = sg.grad(f).source_for(2.0, 3)
    sg.grad(lambda s: s * s)(2.0)
    assert bare(sg.grad(f).source_for(2.0, 3)) == bare(first)
