"""Recorded sessions: what a user types, and what PyTorch answers.

A file holds sessions; a line that starts with `#` names one, a line that starts with `>>>` is typed, what follows it is
the answer: the `repr` of an expression, what was printed, the error or the warnings. To record the answers anew, run
`python tests/tensors/sessions.py FILE...` where PyTorch is installed. The tests need the files only.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import warnings
from pathlib import Path

FOLDER = Path(__file__).parent / "sessions"
PROMPT = ">>> "
MASKS = ((r"0x[0-9a-f]+", "0x"), (r"\s*\(Triggered internally[^\n]*", ""))


def parse(text: str) -> dict[str, list[tuple[str, str]]]:
    """The sessions of a file: title → (typed, answer) pairs."""
    sessions: dict[str, list[tuple[str, str]]] = {}
    steps: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("# "):
            steps = sessions.setdefault(line[2:], [])
        elif line.startswith(PROMPT):
            steps.append((line[len(PROMPT) :], ""))
        elif steps:
            typed, answer = steps[-1]
            steps[-1] = typed, f"{answer}{line}\n"
    return {title: [(typed, answer.strip("\n")) for typed, answer in steps] for title, steps in sessions.items()}


def namespace(torch) -> dict:
    """What every session starts with."""
    import numpy

    return {"torch": torch, "T": torch.tensor, "np": numpy}


def answer(typed: str, names: dict) -> str:
    """What is shown after one line."""
    shown = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(shown):
        warnings.simplefilter("always")
        try:
            exec(compile(f"{typed}\n", "<session>", "single"), names)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    lines = [shown.getvalue()]
    lines += [f"UserWarning: {entry.message}\n" for entry in caught if entry.category is UserWarning]
    return masked("".join(lines).strip("\n"))


def masked(text: str) -> str:
    """Without addresses."""
    for pattern, replacement in MASKS:
        text = re.sub(pattern, replacement, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def record(path: Path, torch) -> None:
    """Write PyTorch's answers into a file."""
    blocks = []
    for title, steps in parse(path.read_text()).items():
        names = namespace(torch)
        lines = [f"# {title}"]
        for typed, _ in steps:
            lines += [PROMPT + typed, *filter(None, [answer(typed, names)])]
        blocks.append("\n".join(lines))
    path.write_text("\n\n".join(blocks) + "\n")


if __name__ == "__main__":
    import torch

    for name in sys.argv[1:]:
        record(Path(name), torch)
