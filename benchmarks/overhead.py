"""What s2sgrad itself costs: import, compilation, and the dispatcher of a call. Medians and minima of CPU time.

Asserts nothing: figures depend on the machine, and a loaded one is slower. The targets stand beside the figures.
"""

from __future__ import annotations

import argparse
import linecache
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

import s2sgrad as sg

ROUNDS = 7


# ------------------------------------------------------------------------------------------------------- measuring


def report(what: str, seconds: list[float], unit: str, target: str = "") -> None:
    """One line: median, minimum, target."""
    scale = {"s": 1.0, "ms": 1e3, "µs": 1e6}[unit]
    median, least = statistics.median(seconds) * scale, min(seconds) * scale
    print(f"{what:52} median {median:9.3f} {unit:2}   min {least:9.3f} {unit:2}   {target}", flush=True)


def cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of one run."""
    start = time.process_time()
    run()
    return time.process_time() - start


def per_call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    """Seconds of a call, the loop's own cost taken off; enough calls for the clock's resolution."""
    calls = range(20_000)
    start = time.perf_counter()
    for _ in calls:
        function(*arguments)
    middle = time.perf_counter()
    for _ in calls:
        pass
    return (2.0 * middle - start - time.perf_counter()) / len(calls)


# ------------------------------------------------------------------------------------------------------- programs


def from_text(text: str, name: str) -> FunctionType:
    """A function made of text, its source known to `linecache`."""
    file = f"<{name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"np": np}
    exec(compile(text, file, "exec"), namespace)
    return namespace[name]


def twenty_lines(tag: int) -> FunctionType:
    """An everyday function of 20 lines: branch, loop, in-place write, reductions, matrix products."""
    return from_text(
        f"""\
def everyday_{tag}(w, v, x, y, rate):
    h = np.tanh(x @ w)
    s = h @ v
    r = s - y
    loss = np.mean(r * r)
    penalty = 0.0
    for k in range(len(v)):
        penalty = penalty + v[k] * v[k]
    if penalty > 1.0:
        penalty = np.sqrt(penalty)
    g = np.zeros_like(s)
    g[1:] = s[1:] - s[:-1]
    g[0] = s[0]
    rough = np.sum(g * g)
    e = np.exp(-rate * r)
    p = e / np.sum(e)
    entropy = -np.sum(p * np.log(p))
    scale = np.max(np.abs(w))
    mix = loss + 0.1 * penalty + 0.01 * rough
    return mix + entropy * scale
""",
        f"everyday_{tag}",
    )


def straight(statements: int) -> FunctionType:
    """A function of that many statements."""
    body = "".join(f"    x{i % 7} = np.sin(x{(i + 3) % 7}) * x{(i + 5) % 7} + 0.5\n" for i in range(statements))
    start = "".join(f"    x{i} = x * {i + 1}.0\n" for i in range(7))
    return from_text(f"def straight_{statements}(x):\n{start}{body}    return x0 + x3\n", f"straight_{statements}")


def exits(returns: int) -> FunctionType:
    """A function of that many early returns."""
    body = "".join(f"    if x < {i}.0:\n        return x * {i}.5\n" for i in range(returns))
    return from_text(f"def exits_{returns}(x):\n{body}    return x * x\n", f"exits_{returns}")


def product(x: float, y: float) -> float:
    return x * y


def inner(x: np.ndarray, y: np.ndarray) -> float:
    return np.dot(x, y)


def total(params: dict[str, np.ndarray]) -> float:
    return np.sum(params["p0"]) + np.sum(params["p9"])


# ---------------------------------------------------------------------------------------------------- measurements


def measure_import() -> None:
    """CPU time of `import s2sgrad` after NumPy's, and of the first gradient, in fresh interpreters."""
    report("import s2sgrad, after numpy", in_fresh_interpreters("import s2sgrad"), "ms", "target < 45 ms")
    first = "s2sgrad.grad(product)(0.5, 1.5)"
    seconds = in_fresh_interpreters(first, "import s2sgrad; from benchmarks.overhead import product")
    report("first gradient of a process (loads the compiler)", seconds, "ms")


def in_fresh_interpreters(statement: str, setup: str = "pass") -> list[float]:
    """CPU seconds of a statement, NumPy being loaded."""
    clock = "start = time.process_time(); {}; print(time.process_time() - start)"
    program = f"import time, numpy; {setup}; {clock.format(statement)}"
    run = [sys.executable, "-c", program]
    return [float(subprocess.run(run, capture_output=True, text=True, check=True).stdout) for _ in range(ROUNDS)]


def measure_compilation(*, full: bool) -> None:
    """Time to the first gradient of functions never seen before."""
    rng = np.random.default_rng(0)
    w, v, x, y = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(8, 4)), rng.normal(size=8)
    sg.grad(twenty_lines(0))(w, v, x, y, 0.1)  # loads the compiler, parses the rules
    functions = [twenty_lines(i + 1) for i in range(ROUNDS)]
    report(
        "gradient of 20 lines",
        [cpu(lambda f=f: sg.grad(f)(w, v, x, y, 0.1)) for f in functions],
        "ms",
        "target < 30 ms",
    )
    sizes = (1_000, 2_000, 5_000) if full else (200, 500, 1_000)
    for size in sizes:
        seconds = cpu(lambda size=size: sg.grad(straight(size))(0.5))
        target = f"{seconds / size * 1e3:.2f} ms a statement" + (", target < 10 s" if size == 5_000 else "")
        report(f"gradient of {size:,} statements", [seconds], "s", target)
    returns = 500 if full else 100
    report(f"gradient of {returns} early returns", [cpu(lambda: sg.grad(exits(returns))(50.5))], "s")


def measure_calls() -> None:
    """The dispatcher: a call of the derived function, over a call of the generated function inside it."""
    arrays = np.ones(4), np.ones(4)
    params = {f"p{i}": np.ones(4) for i in range(10)}
    for what, function, arguments, array_leaves in (
        ("two floats", product, (0.5, 1.5), 0),
        ("two arrays", inner, arrays, 2),
        ("a dict of 10 arrays", total, (params,), 10),
    ):
        derived = sg.grad(function)
        derived(*arguments)
        generated = derived.specialisations.latest.function  # the generated code, without the dispatcher
        pairs = [(per_call(derived, arguments), per_call(generated, arguments)) for _ in range(ROUNDS)]
        report(f"call of the gradient, {what}", [whole for whole, _ in pairs], "µs")
        report(
            "    of which the dispatcher",
            [a - b for a, b in pairs],
            "µs",
            f"target ≤ {0.5 + 0.4 * array_leaves:.1f} µs",
        )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks overhead", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller functions")
    options = parser.parse_args(argv)
    measure_import()
    measure_compilation(full=not options.quick)
    measure_calls()
    return 0
