"""The command line: `python -m s2sgrad show` and `tour`, their exit statuses and their errors."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import s2sgrad
from s2sgrad.__main__ import UsageError, find, main
from s2sgrad.tour import beside, examples, play

ROOT = Path(__file__).parent.parent

MODEL = """\
import numpy as np

def square(x):
    return x * x

def rough(x):
    return np.floor(eval("x"))

class Net:
    @staticmethod
    def loss(w):
        return np.sum(np.tanh(w) ** 2)

number = 3
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "model", raising=False)
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    return tmp_path


def command(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `python -m s2sgrad` in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    line = [sys.executable, "-m", "s2sgrad", *arguments]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=120)


def test_show_prints_a_gradient_that_runs(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "model:square", "0.5"]) == 0
    text = capsys.readouterr().out
    namespace: dict = {"np": np}
    exec(text, namespace)
    assert namespace["square_grad"](3.0) == 6.0


@pytest.mark.parametrize("options", [["--value"], ["--raw"], ["--argnums", "0"]])
def test_show_options(model: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert main(["show", *options, "model:square", "-0.5"]) == 0
    assert "def square" in capsys.readouterr().out


def test_show_takes_files_dotted_names_and_expressions(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(model / "model.py") + ":Net.loss", "np.ones(3)"]) == 0
    assert "def loss_grad(w" in capsys.readouterr().out


def test_show_stages(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--stages", "model:square", "0.5"]) == 0
    assert capsys.readouterr().out.count("# ---- ") >= 3


def test_a_refusal_goes_to_stderr_with_status_1(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "model:rough", "0.5"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error[")
    assert "model.py:7" in captured.err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("square", "module:function expected"),
        ("nowhere:square", "no module named 'nowhere'"),
        ("nowhere.py:square", "no such file"),
        ("model:sqare", "did you mean 'square'"),
        ("model:number", "not a function but of type int"),
    ],
)
def test_names_that_are_not_there(model: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find(name)


def test_usage_errors_have_status_2(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (["show", "model:sqare"], ["show", "model:square", "no such name"], [], ["fly"]):
        with pytest.raises(SystemExit) as exit:
            main(line)
        assert exit.value.code == 2
    assert "usage: python -m s2sgrad" in capsys.readouterr().err


def test_a_module_that_fails_to_import_is_not_called_missing(model: Path) -> None:
    (model / "broken_model.py").write_text("import nothing_of_that_name\n", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        find("broken_model:f")


def test_a_reader_that_stops_early_is_no_error(model: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    line = f"{sys.executable} -m s2sgrad tour | head -n 3"
    done = subprocess.run(line, shell=True, cwd=model, capture_output=True, text=True, env=environment, timeout=120)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""


def test_help_and_version() -> None:
    asked = command("--help")
    assert asked.returncode == 0
    assert "show" in asked.stdout and "tour" in asked.stdout and "exit status" in asked.stdout
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert command("--version").stdout.strip() == f"s2sgrad {declared}" == f"s2sgrad {s2sgrad.__version__}"


def test_the_tour_runs_and_trains(tmp_path: Path) -> None:
    done = command("tour", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for piece in (">>> x = torch.randn(3, requires_grad=True)", "def heat_grad(", "epoch 20", "Held-out digits"):
        assert piece in done.stdout
    assert list(tmp_path.iterdir()) == []  # it leaves nothing behind


def test_play_echoes_statements_and_runs_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        '"""Title."""\n\n# A remark.\nx = (1,\n     2)\nprint(x)\nif __name__ == "__main__":\n    x = 0\n'
    )
    assert play(program)["x"] == (1, 2)
    assert capsys.readouterr().out == "Title.\n\nA remark.\n>>> x = (1,\n...      2)\n>>> print(x)\n(1, 2)\n"


def test_beside_puts_texts_in_columns_if_there_is_room() -> None:
    assert beside("a\nbcd\n", "x\n", width=20) == "a   │ x\nbcd │"
    assert beside("a\nbcd\n", "x\n", width=6) == "a\nbcd\n\nx"


def test_the_examples_are_found() -> None:
    assert (examples() / "digits.py").is_file()
