"""Each file of `examples/` runs as a user would run it, and prints what it promises."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from s2sgrad.data import load_digits

ROOT = Path(__file__).parent.parent
NEEDS = {"digits": ("matplotlib",), "scipy_minimize": ("scipy",), "ode_fit": ("scipy",)}
PROMISES = {
    "tutorial": [],  # compared in full below
    "reading": ["def heat_grad(", "checked against differences"],
    "digits": ["def loss_grad(", "loss curve: digits.png"],
    "scipy_minimize": ["minimum", "L-BFGS-B: minimum"],
    "ode_fit": ["[1.1 0.4 0.1 0.4]   misfit"],
}
FILES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_example_runs(path: Path, tmp_path: Path) -> None:
    for package in NEEDS.get(path.stem, ()):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for promise in PROMISES[path.stem]:
        assert promise in done.stdout
    if path.stem == "digits":
        shares = [float(share) for share in re.findall(r"held out ([\d.]+)%", done.stdout)]
        assert len(shares) == 20 and shares[-1] > 95.0
        assert (tmp_path / "digits.png").stat().st_size > 5_000


def test_the_tutorial_prints_what_it_prints_in_pytorch() -> None:
    """Line for line, random numbers included; recorded with PyTorch 2.13, the import aside."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "examples/tutorial.py")]
    printed = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    recorded = (ROOT / "tests/tutorial_in_pytorch.txt").read_text(encoding="utf-8")
    assert re.sub(r"0x[0-9a-f]+", "0x...", printed).splitlines() == recorded.splitlines()


def test_the_tutorial_is_the_notebook_with_another_import() -> None:
    text = (ROOT / "examples/tutorial.py").read_text(encoding="utf-8")
    assert re.findall(r"^(?:import|from) .*$", text, re.M) == ["import s2sgrad as torch"]
    assert "s2sgrad" not in text.replace("import s2sgrad as torch", "")


def test_digits_are_the_data_they_claim_to_be() -> None:
    images, labels = load_digits()
    again, _ = load_digits()
    assert images.shape == (1797, 64) and images.dtype == np.float64
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert (images.min(), images.max()) == (0.0, 1.0)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    np.testing.assert_array_equal(images, again)
    assert images.flags.owndata or images.flags.writeable  # yours to change


def test_the_data_file_has_the_stated_digest() -> None:
    import hashlib

    folder = ROOT / "s2sgrad/data"
    digest = hashlib.sha256((folder / "digits.csv.gz").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text(encoding="utf-8")
