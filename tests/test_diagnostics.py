"""Errors: how they look, and that they travel."""

from __future__ import annotations

import copy
import linecache
import pickle

import pytest

from s2sgrad.diagnostics import Span, UnsupportedError, render


@pytest.fixture
def model():
    """Source that is known to linecache under the name `model.py`."""
    lines = ["\n"] * 40 + [
        "    rows[k][:] = 0\n",
        "\ttotal =\tf(x)  \n",
        "ä = '日本' + g(日, x)\n",
        "call(a,\n",
        "     b)\n",
        "e\u0301 = h(x)\n",
    ]
    linecache.cache["model.py"] = (1, None, lines, "model.py")
    yield "model.py"
    linecache.cache.pop("model.py", None)


def carets(text):
    """The part of the source line above the carets, for lines whose characters are one column wide."""
    code, marks = text.splitlines()[2:4]
    start, end = marks.index("^"), marks.rindex("^")
    return code[start : end + 1]


def test_the_page_of_the_design(model):
    error = UnsupportedError(
        "S012",
        "cannot tell which array this write changes",
        Span(model, 41, 4, 41, 14),
        "`rows` may share memory with `a`; write into a copy: rows[k] = np.zeros_like(rows[k])",
    )
    expected = """\
error[S012]: cannot tell which array this write changes
  --> model.py:41:5
41 |     rows[k][:] = 0
   |     ^^^^^^^^^^
hint: `rows` may share memory with `a`; write into a copy: rows[k] = np.zeros_like(rows[k])"""
    assert str(error) == expected
    assert (error.code, error.span.line, error.hint[:6]) == ("S012", 41, "`rows`")
    assert error.message == "cannot tell which array this write changes"


def test_without_place_or_hint():
    assert str(UnsupportedError("S001", "no source")) == "error[S001]: no source"
    assert str(UnsupportedError("S001", "no source", None, "put it into a file")).endswith("\nhint: put it into a file")
    assert render("bad call") == "error: bad call"


def test_a_file_that_is_gone():
    text = str(UnsupportedError("S002", "edited", Span("no/such/file.py", 7, 3, 7, 5)))
    assert text == "error[S002]: edited\n --> no/such/file.py:7:4"


def test_tabs_stay_tabs(model):
    source = "\ttotal =\tf(x)"
    text = render("m", Span(model, 42, source.index("f"), 42, len(source)))
    code, marks = (line.expandtabs(8) for line in text.splitlines()[2:4])
    assert marks.rstrip().endswith("^^^^") and code[marks.index("^") : marks.rindex("^") + 1] == "f(x)"


def test_wide_characters_take_two_columns(model):
    line = "ä = '日本' + g(日, x)"
    start = len(line[: line.index("g")].encode())
    text = render("m", Span(model, 43, start, 43, len(line.encode())))
    place, _, marks = text.splitlines()[1:4]
    assert place.endswith(":43:12")  # counted in characters, as editors do
    assert marks == "   | " + " " * (11 + 2) + "^" * (len("g(日, x)") + 1)


def test_combining_characters_take_none(model):
    line = "e\u0301 = h(x)"
    start = len(line[: line.index("h")].encode())
    assert render("m", Span(model, 46, start, 46, start + 4)).splitlines()[3] == "   |     ^^^^"


def test_several_lines(model):
    """The carets go to the end of the first line."""
    assert carets(render("m", Span(model, 44, 0, 45, 7))) == "call(a,"


def test_an_empty_span_has_one_caret(model):
    assert carets(render("m", Span(model, 41, 4, 41, 4))) == "r"


def test_pickle_and_copy_keep_everything(model):
    error = UnsupportedError("S012", "m", Span(model, 41, 4, 41, 14), "h")
    shown = str(error)
    linecache.cache.pop(model)
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is UnsupportedError
        assert str(other) == shown  # the line was kept, though the file is gone
        assert (other.code, other.message, other.span, other.hint) == ("S012", "m", error.span, "h")


def test_paths_below_the_working_directory_are_relative(tmp_path, monkeypatch):
    file = tmp_path / "m.py"
    file.write_text("a = 1\n")
    monkeypatch.chdir(tmp_path)
    assert " --> m.py:1:1" in render("m", Span(str(file), 1, 0, 1, 1))
    monkeypatch.chdir("/")
    assert render("m", Span("/nowhere/x.py", 1, 0, 1, 1)).endswith(" --> nowhere/x.py:1:1")
