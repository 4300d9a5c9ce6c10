"""The shim answers as PyTorch does, line by line."""

from __future__ import annotations

import pytest

from s2sgrad import tensors
from tests.tensors import sessions

SHAPES = "the compiler keeps an operand of which only the shape is needed"
NOT_YET = {
    "autograd: twice": SHAPES,
    "autograd: what is freed": SHAPES,
    "inplace: parts": SHAPES,
    "inplace: views see it": SHAPES,
}


def _session(title: str, steps: list):
    marks = [pytest.mark.xfail(reason=NOT_YET[title], strict=True)] if title in NOT_YET else []
    return pytest.param(steps, id=title, marks=marks)


SESSIONS = [
    _session(f"{path.stem}: {title}", steps)
    for path in sorted(sessions.FOLDER.glob("*.txt"))
    for title, steps in sessions.parse(path.read_text()).items()
]


@pytest.mark.parametrize("steps", SESSIONS)
def test_answers_as_pytorch_does(steps):
    names = sessions.namespace(tensors)
    tensors.set_printoptions(profile="default")
    for typed, expected in steps:
        assert sessions.answer(typed, names) == expected, typed


def test_a_wrong_answer_is_noticed():
    assert sessions.answer("T([1.]) + 1", sessions.namespace(tensors)) != "tensor([3.])"
