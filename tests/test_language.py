"""The language reference: each of its programs is differentiated and compared with differences, or refused as it says.

In docs/language.md the functions of a block marked ```python language and the programs of the tables are run one by
one; a mark (`# S104`, or a link in a table) says that a program is refused, and how. When the compiler learns more:

    python -m tests.test_language       writes the marks anew: read the diff!
"""

from __future__ import annotations

import ast
import builtins
import inspect
import itertools
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sgrad as sg
from tests import harness, test_docs
from tests.corpus import Program, sample

PAGE = test_docs.ROOT / "docs/language.md"
ARGUMENTS: dict[str, Any] = {
    "x": 0.7,
    "y": 1.3,
    "z": 0.4,
    "v": sample(3),
    "w": sample(3, seed=1),
    "m": sample(3, 3, seed=2),
    "n": 3,
    "flag": True,
    "name": "square",
    "items": [0.7, 1.3, 0.4],
    "pair": (0.7, 1.3),
    "table": {"a": 0.7, "b": 1.3},
}
DEFINITION = re.compile(r"^(?P<head>(?:async )?def (?P<name>\w+)\(.*\):)(?:  # (?P<code>S\d{3}))?$", re.M)
ROW = re.compile(r"^\| `(?P<text>[^`]+)` \|(?: \[(?P<code>S\d{3})\]\(errors/S\d{3}\.md\) \|| \|)$", re.M)
INTERACTIVE = {"breakpoint", "copyright", "credits", "exit", "help", "input", "license", "open", "quit"}
DECLARING = {"aiter", "anext", "classmethod", "compile", "delattr", "property", "setattr", "staticmethod", "super"}


@dataclass
class Entry:
    """A program of the page: the text of a function, and the code it is refused with, if it is."""

    name: str
    function: str  # its name in the text
    text: str
    code: str | None
    span: tuple[int, int]  # of the definition's line, or of the row


def entries(page: str) -> list[Entry]:
    """All programs of the page that are judged one by one, and that this Python understands."""
    found = []
    for block in test_docs.BLOCK.finditer(page):
        needs = re.search(r"requires=3\.(\d+)", block["info"])
        if not block["info"].startswith("python language") or (needs and sys.version_info < (3, int(needs[1]))):
            continue
        for match in DEFINITION.finditer(page, block.start("body"), block.end("body")):
            found.append(Entry(match["name"], match["name"], block["body"], match["code"], match.span()))
    for match in ROW.finditer(page):
        found.append(Entry(match["text"], "row", as_function(match["text"]), match["code"], match.span()))
    return found


def as_function(text: str) -> str:
    """A program of a table as a function: its last part is the result."""
    *statements, result = text.replace("\\|", "|").split("; ")
    tree = ast.parse(text.replace("\\|", "|").replace("; ", "\n"))
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - assigned - bound
    used = [argument for argument in ARGUMENTS if argument in read or argument == "x"]
    body = "".join(f"    {line}\n" for line in [*statements, f"return {result}"])
    return f"def row({', '.join(used)}):\n{body}"


def functions() -> dict[str, tuple[Entry, Callable]]:
    """Every program, defined as the page does it: with the names of its first block and of the blocks above."""
    module = sys.modules["language"] = types.ModuleType("language")  # dataclasses look for it
    namespace = module.__dict__
    exec(test_docs.examples(PAGE)[0].code, namespace)
    result = {}
    for text, group in itertools.groupby(entries(PAGE.read_text(encoding="utf-8")), lambda entry: entry.text):
        file = f"reference_{len(result)}.py"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), namespace)
        for entry in group:
            function = namespace[entry.function]
            if set(inspect.signature(function).parameters) <= set(ARGUMENTS):
                result[entry.name] = entry, function
    return result


PROGRAMS = functions()


def refusal(name: str, function: Callable) -> str | None:
    """The code that a program is refused with; None if its gradients agree with differences."""
    example = tuple(ARGUMENTS[parameter] for parameter in inspect.signature(function).parameters)
    try:
        for optimize in (False, True):
            harness.check(Program(f"language.{name}", function, (example,), None, 1e-6), optimize)
    except sg.UnsupportedError as error:
        assert error.hint, f"there is no hint: {error}"
        return error.code
    return None


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_is_what_the_page_says(name: str) -> None:
    entry, function = PROGRAMS[name]
    assert refusal(name, function) == entry.code, "`python -m tests.test_language` writes the page anew"


def trees() -> Iterator[ast.AST]:
    """The syntax of all programs."""
    texts = dict.fromkeys(entry.text for entry, _ in PROGRAMS.values())
    for text in texts:
        yield from ast.walk(ast.parse(text))


def test_every_statement_expression_and_pattern_of_python_is_there() -> None:
    there = {type(node) for node in trees()}
    kinds = {
        kind
        for base in (ast.stmt, ast.expr, ast.pattern, ast.operator, ast.cmpop, ast.unaryop)
        for kind in base.__subclasses__()
        if ("Deprecated" not in (kind.__doc__ or "") and kind.__module__ == "_ast") or kind.__module__ == "ast"
    }
    newer = {"TypeAlias", "TemplateStr", "Interpolation"} | {"Await", "AsyncFor", "AsyncWith"}
    missing = {kind.__name__ for kind in kinds - there} - newer - {"Num", "Str", "Bytes", "NameConstant", "Ellipsis"}
    assert not missing


def test_every_function_of_python_is_there() -> None:
    there = {node.func.id for node in trees() if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    there |= {node.id for node in trees() if isinstance(node, ast.Name)}
    public = {
        name
        for name, value in vars(builtins).items()
        if callable(value)
        and not name.startswith("_")
        and not (isinstance(value, type) and issubclass(value, BaseException))
    }
    assert public - there - INTERACTIVE - DECLARING == set()


@pytest.mark.parametrize("kind", [list, dict, tuple, np.ndarray])
def test_every_method_is_there(kind: type) -> None:
    there = {node.attr for node in trees() if isinstance(node, ast.Attribute)}
    raw_memory = {"base", "byteswap", "ctypes", "data", "device", "dump", "dumps", "flags", "getfield", "setfield",
                  "setflags", "strides", "to_device", "tobytes", "tofile", "tostring"}  # fmt: skip
    public = {name for name in dir(kind) if not name.startswith("_")}
    assert public - there - raw_memory == set()


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for entry, function in sorted(PROGRAMS.values(), key=lambda pair: -pair[0].span[0]):
        code = refusal(entry.name, function)
        start, end = entry.span
        if entry.function == "row":
            row = ROW.match(text, start)
            line = f"| `{row['text']}` |" + (f" [{code}](errors/{code}.md) |" if code else " |")
        else:
            line = DEFINITION.match(text, start)["head"] + (f"  # {code}" if code else "")
        text = text[:start] + line + text[end:]
    Path(PAGE).write_text(text, encoding="utf-8")
