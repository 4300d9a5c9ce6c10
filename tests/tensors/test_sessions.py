"""The shim answers as PyTorch does, line by line."""

from __future__ import annotations

import pytest

from s2sgrad import tensors
from tests.tensors import sessions

SESSIONS = [
    pytest.param(steps, id=f"{path.stem}: {title}")
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
