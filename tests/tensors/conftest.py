"""Until the compiler is there: derivatives by differences."""

from __future__ import annotations

import pytest

from s2sgrad.tensors import graph
from tests.tensors import standin

try:
    from s2sgrad.pipeline import split
except ImportError:
    split = None


@pytest.fixture(autouse=True)
def _compiler(monkeypatch):
    if split is None:
        monkeypatch.setattr(graph, "split", standin.split)
