"""Bugs that can be switched on, one at a time: the fuzzer must find each of them.

`python -m tests.fuzz --mutant NAME` runs with one; `python -m tests.fuzz_mutants` tries all, and fails if one survives.
Most of them change the text of a derivative on its way to Python's compiler, others a rule, or what is asked before
compiled code is used again. A mutant whose text is no longer generated is not found, and so is noticed.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import s2sgrad.pipeline
from s2sgrad import rules
from s2sgrad.api import specialise
from s2sgrad.rules import notation

LIMIT = 2000  # programs that must be enough


@dataclass(frozen=True)
class Mutant:
    """A bug: what is wrong, and how to switch it on."""

    name: str
    sentence: str
    switch: Callable[[], contextlib.AbstractContextManager[None]]


MUTANTS: dict[str, Mutant] = {}


@contextlib.contextmanager
def active(name: str | None) -> Iterator[None]:
    """The library with the bug of this name; without a name, as it is."""
    if name is None:
        yield
        return
    with MUTANTS[name].switch():
        yield


def mutant(switch: Callable[[], Iterator[None]]) -> None:
    """Register a bug: a function that yields while it is on."""
    MUTANTS[switch.__name__] = Mutant(switch.__name__, switch.__doc__, contextlib.contextmanager(switch))


# ------------------------------------------------------------------------------------------------------------ means


@contextlib.contextmanager
def patched(where: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute has another value."""
    before = getattr(where, name)
    setattr(where, name, value)
    try:
        yield
    finally:
        setattr(where, name, before)


@contextlib.contextmanager
def rewritten(edit: Callable[[str], str], reverse: bool = True) -> Iterator[None]:
    """The lines of generated code are edited; `reverse`: those of reverse sweeps alone."""
    honest = s2sgrad.pipeline.compile_text

    def compile_text(text: str, name: str, bindings: Mapping[str, object]) -> dict[str, Any]:
        lines, edited, backward = text.splitlines(), [], False
        for line in lines:
            if line.startswith("def "):
                backward = "residuals" in line
            if "---- reverse ----" in line:
                backward = True
            edited.append(edit(line) if backward or not reverse else line)
        return honest("\n".join(edited), name, bindings)

    with patched(s2sgrad.pipeline, "compile_text", compile_text):
        yield


def lines(pattern: str, replacement: str) -> Callable[[str], str]:
    """An edit of the lines that match."""
    found = re.compile(pattern)
    return lambda line: found.sub(replacement, line)


@contextlib.contextmanager
def helper(name: str, value: Callable[..., Any]) -> Iterator[None]:
    """What generated code calls by a name is something else."""
    honest = s2sgrad.pipeline.compile_text

    def compile_text(text: str, title: str, bindings: Mapping[str, object]) -> dict[str, Any]:
        return honest(text, title, {n: value if n == name else v for n, v in bindings.items()})

    with patched(s2sgrad.pipeline, "compile_text", compile_text):
        yield


@contextlib.contextmanager
def partials(changes: dict[Any, tuple[str | None, ...]]) -> Iterator[None]:
    """Elementwise functions have other partial derivatives."""
    before = [rules.lookup(target) for target in changes]
    for rule, (_, text) in zip(before, changes.items(), strict=True):
        notation.register(replace(rule, text=text))
    try:
        yield
    finally:
        for rule in before:
            notation.register(rule)


# -------------------------------------------------------------------------------------------------------- the sweeps


@mutant
def accumulation_dropped():
    """What is added to the adjoint of a variable a second time is lost."""
    with rewritten(lines(r"^(\s*)\w+_bar(_\d+)? \+= .*", r"\1pass")):
        yield


@mutant
def element_accumulation_assigned():
    """The adjoint of an element that is read twice is assigned instead of added to."""
    with rewritten(lines(r"(\w+_bar(_\d+)?\[.*\]) \+= ", r"\1 = ")):
        yield


@mutant
def restore_skipped():
    """What was written over is not put back before the reverse sweep reads it."""
    with rewritten(lines(r"^(\s*)\w+\[.*\] = old(_\d+)?\b.*", r"\1pass")):
        yield


@mutant
def overwritten_adjoint_kept():
    """The adjoint of a place that is overwritten is not cleared."""
    with rewritten(lines(r"^(\s*)\w+_bar(_\d+)?\[.*\] = 0\.0\b.*", r"\1pass")):
        yield


@mutant
def loop_not_reversed():
    """The reverse sweep runs through a loop's trips in their own order."""
    with rewritten(lines(r"for (.*) in reversed\((.*)\):", r"for \1 in \2:")):
        yield


@mutant
def record_taken_from_the_wrong_end():
    """What the first trip recorded is taken for the last."""
    with rewritten(lines(r"\.pop\(\)", ".pop(0)")):
        yield


@mutant
def branch_exchanged():
    """The reverse sweep takes the branch that was not taken."""
    with rewritten(lines(r"^(\s*)if (\w+):", r"\1if not \2:")):
        yield


@mutant
def test_after_the_write():
    """The test of a branch is taken anew in the reverse sweep, from what the arrays hold then."""
    tests: dict[str, str] = {}

    def edit(line: str) -> str:
        if found := re.match(r"\s*(t_?\d*) = (.* [<>] .*)", line):
            tests[found[1]] = found[2]
        found = re.match(r"(\s*)if (t_?\d*):(.*)", line)
        return f"{found[1]}if {tests[found[2]]}:{found[3]}" if found and found[2] in tests and reverse else line

    reverse = False

    def marked(line: str) -> str:
        nonlocal reverse
        reverse = "---- reverse ----" in line or "residuals):" in line or (reverse and not line.startswith("def "))
        return edit(line)

    with rewritten(marked, reverse=False):
        yield


@mutant
def saved_contents_shared():
    """What is saved before a write is a view of it, which the write changes."""
    with rewritten(lines(r"(\bold(_\d+)? = .*)\.copy\(\)", r"\1"), reverse=False):
        yield


@mutant
def sign_of_a_difference():
    """The adjoint of what is subtracted in place has the wrong sign."""
    with rewritten(lines(r"^(\s*)(g(_\d+)?) = -", r"\1\2 = ")):
        yield


@mutant
def early_exit_forgotten():
    """The reverse sweep of a loop that was left early runs through all trips, the last one recorded again and again."""
    with rewritten(lines(r"in reversed\((.*)\[:(\w+)\]\):", r"in reversed(\1[: max(\2, 1)]):")):
        yield


# ---------------------------------------------------------------------------------------------------- rules, helpers


@mutant
def sine_scaled():
    """The derivative of the sine is one percent too large."""
    with partials({np.sin: ("1.01 * np.cos(x)",)}):
        yield


@mutant
def tanh_of_the_argument():
    """The derivative of tanh is taken from its argument instead of its result."""
    with partials({np.tanh: ("1 - x*x",)}):
        yield


@mutant
def quotient_by_the_denominator():
    """The derivative of a quotient by its denominator lacks the sign."""
    with partials({np.divide: ("1 / z", "y / z")}):
        yield


@mutant
def repeated_index_once():
    """An index that repeats counts once in the adjoint of a read."""

    def add_at(a: Any, index: Any, values: Any) -> None:
        a[index] += values

    with helper("add_at", add_at):
        yield


@mutant
def first_write_counts():
    """Where an index repeats in a write, each of the values is taken to have been kept."""
    with helper("last_writes", lambda a, index: np.ones_like(a[index])):
        yield


@mutant
def broadcasting_not_undone():
    """The adjoint of what was broadcast is that of its first row."""

    def unbroadcast(g: Any, x: Any, *_: Any) -> Any:
        g, shape = np.asarray(g), np.shape(x)
        while g.ndim > len(shape):
            g = g[0]
        return g

    with helper("unbroadcast", unbroadcast):
        yield


# ---------------------------------------------------------------------------------------------- what is around them


@mutant
def gradient_shared():
    """The gradient that is handed out is not copied: it may be an argument, or another gradient."""
    with rewritten(lines(r"^(\s*return .*)\.copy\(\)", r"\1")):
        yield


@mutant
def stale_code():
    """Compiled code is used again though what it depends on has changed."""
    with patched(specialise.Dependency, "holds", lambda self: True):
        yield


@mutant
def tangent_term_dropped():
    """In forward mode, a product has one of its two terms."""

    def edit(line: str) -> str:
        found = re.match(r"(\s*\w+_dot(?:_\d+)? = .*\*.*) \+ (.*\*.*)", line)
        balanced = found and found[1].count("(") == found[1].count(")") and found[1].count("[") == found[1].count("]")
        return found[1] if balanced else line

    with rewritten(edit, reverse=False):
        yield


# ------------------------------------------------------------------------------------------------------------ the check


def killed(name: str, programs: int = LIMIT, seed: str = "mutants") -> tuple[int, str]:
    """How many programs it takes until one fails that does not fail without the bug, and how; 0 if none does."""
    from tests.fuzz.modules import folder
    from tests.fuzz.runner import Task, one

    task = Task(seed, 0, programs)
    with folder() as where:
        for number in range(programs):
            with active(name):
                _, outcome = one(task, number, where)
            if outcome.failed and not one(task, number, where)[1].failed:
                return number + 1, outcome.kind
    return 0, ""


def main() -> int:
    """All mutants; 0 if each is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_mutants", description=main.__doc__)
    parser.add_argument("names", nargs="*", default=list(MUTANTS))
    parser.add_argument("--programs", type=int, default=LIMIT)
    options = parser.parse_args()
    survivors = 0
    for name in options.names:
        start = time.monotonic()
        count, how = killed(name, options.programs)
        survivors += not count
        found = f"{how} after {count} programs" if count else "NOT FOUND"
        print(f"{name:34} {found:30} {time.monotonic() - start:6.1f} s", flush=True)
    print(f"{len(options.names) - survivors} of {len(options.names)} found")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
