"""The Python target: generated text runs, is seen by the tools, and goes when its functions go."""

from __future__ import annotations

import gc
import inspect
import linecache
import sys
import traceback

import pytest

from s2sgrad.frontend.source import find
from s2sgrad.targets.python import compile_text

TEXT = """\
def f(x):
    def inner(y):
        return y / zero
    return inner if x else inner(x)"""


def test_namespace():
    space = compile_text(TEXT, "f", {"zero": 0, "len": max})
    assert space["f"].__module__ == space["__name__"] == "s2sgrad.generated"
    assert space["len"] is max and space["zero"] == 0
    assert space["f"].__globals__ is space
    assert compile_text("y = [len('abc'), x]", "m", {"x": 1})["y"] == [3, 1]


def test_bindings_stay_as_they_are():
    bindings = {"zero": 0}
    compile_text("zero = 1", "m", bindings)
    assert bindings == {"zero": 0}


def test_future_imports_of_the_compiler_do_not_leak():
    assert compile_text("def f(x: 1): pass", "f", {})["f"].__annotations__ == {"x": 1}


def test_file_names_are_unique():
    files = [compile_text(TEXT, "loss_grad", {})["f"].__code__.co_filename for _ in range(2)]
    assert len(set(files)) == 2
    assert all(file.startswith("<s2sgrad loss_grad ") and file.endswith(">") for file in files)


def test_tracebacks_show_the_text():
    f = compile_text(TEXT, "f", {"zero": 0})["f"]
    linecache.checkcache()
    with pytest.raises(ZeroDivisionError) as caught:
        f(0)
    shown = "".join(traceback.format_exception(caught.value))
    assert "return y / zero" in shown and "return inner if x else inner(x)" in shown


def test_inspect_shows_the_text():
    f = compile_text(TEXT, "f", {"zero": 0})["f"]
    assert inspect.getsource(f) == TEXT + "\n"
    assert inspect.getsource(f(1)).strip() == "def inner(y):\n        return y / zero".strip()


def test_generated_functions_can_be_compiled_again():
    """Derivatives of derivatives start from the text here."""
    f = compile_text(TEXT, "f", {"zero": 0})["f"]
    assert find(f).text == TEXT + "\n"
    assert find(f(1)).tree.name == "inner"


def test_text_that_fails_shows_itself():
    with pytest.raises(NameError) as caught:
        compile_text("x = 1\ny = nowhere", "m", {})
    assert "y = nowhere" in "".join(traceback.format_exception(caught.value))
    with pytest.raises(SyntaxError):
        compile_text("x = ", "m", {})


def test_the_text_lives_as_long_as_its_code():
    space = compile_text(TEXT, "f", {"zero": 1})
    file = space["f"].__code__.co_filename
    inner = space["f"](1)
    del space
    gc.collect()
    assert file in linecache.cache  # an inner function lives
    assert inspect.getsource(inner).strip().startswith("def inner")
    del inner
    gc.collect()
    assert file not in linecache.cache


def test_thousands_leave_nothing():
    gc.collect()
    before = sum(key.startswith("<s2sgrad") for key in linecache.cache)
    for _ in range(300):
        compile_text("def f(x):\n    return x", "f", {})["f"](1)
    gc.collect()
    assert sum(key.startswith("<s2sgrad") for key in linecache.cache) <= before


def test_pdb_and_coverage_see_lines():
    """A trace function is called with lines of the text."""
    f = compile_text(TEXT, "f", {"zero": 2})["f"]
    seen = []

    def tracer(frame, event, arg):
        if frame.f_code.co_filename == f.__code__.co_filename and event == "line":
            seen.append(linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip())
        return tracer

    old = sys.gettrace()
    sys.settrace(tracer)
    try:
        f(0)
    finally:
        sys.settrace(old)
    assert "return y / zero" in seen
