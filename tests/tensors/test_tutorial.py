"""The classic autograd tutorial runs unchanged but for its import, and prints what PyTorch prints."""

from __future__ import annotations

import contextlib
import io
import runpy
from pathlib import Path

from tests.tensors.sessions import masked

HERE = Path(__file__).parent


def test_the_tutorial_prints_what_pytorch_prints():
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        runpy.run_path(str(HERE / "tutorial.py"))
    assert masked(shown.getvalue()).splitlines() == (HERE / "tutorial.out").read_text().splitlines()
