"""Every kernel through every mode: its value, its gradient against differences, its arguments unchanged.

The table in kernels/README.md tells which kernels are refused today; these must be refused, and never wrong. On the day
a refusal goes, its row has to follow:

    python -m tests.test_kernels        writes the table anew: read the diff!
"""

from pathlib import Path

import pytest

import s2sgrad as sg
from tests import harness
from tests.kernels import KERNELS, Kernel

TABLE = Path(__file__).parent / "kernels/README.md"
MODES = [False, True]  # optimize


def row(kernel: Kernel, refusal: str) -> str:
    """The line of the table for a kernel."""
    return f"| {kernel.program.name} | {kernel.exercises} | {refusal} |"


def refusals() -> dict[str, str]:
    """The kernels that are refused, by the table."""
    rows = (line.strip("| ").split(" | ") for line in TABLE.read_text(encoding="utf-8").splitlines())
    return {cells[0]: cells[2] for cells in rows if len(cells) == 3 and cells[2].startswith("S")}


def case(kernel: Kernel) -> object:
    """A kernel as a test case."""
    reason = refusals().get(kernel.program.name)
    marks = [pytest.mark.xfail(reason=reason, raises=sg.UnsupportedError, strict=True)] if reason else []
    return pytest.param(kernel.program, marks=marks, id=kernel.program.name)


@pytest.mark.parametrize("program", [case(kernel) for kernel in KERNELS])
@pytest.mark.parametrize("optimize", MODES, ids=["raw", "optimized"])
def test_reverse_mode(program, optimize):
    harness.check(program, optimize)


@pytest.mark.parametrize("program", [case(kernel) for kernel in KERNELS])
@pytest.mark.parametrize("optimize", MODES, ids=["raw", "optimized"])
def test_forward_mode(program, optimize):
    harness.check_tangent(program, optimize)


def test_the_table_is_that_of_the_kernels():
    known = refusals()
    rows = [row(kernel, known.get(kernel.program.name, "")) for kernel in KERNELS]
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    assert lines[lines.index("|---|---|---|") + 1 :] == rows


def refusal(kernel: Kernel) -> str:
    """What the compiler says of a kernel: the empty text if it takes it."""
    try:
        for optimize in MODES:
            harness.check(kernel.program, optimize)
    except sg.UnsupportedError as error:
        return f"{error.code}: {error.message}"
    return ""


if __name__ == "__main__":
    head, rule, _ = TABLE.read_text(encoding="utf-8").partition("|---|---|---|\n")
    TABLE.write_text(head + rule + "".join(row(kernel, refusal(kernel)) + "\n" for kernel in KERNELS), encoding="utf-8")
