"""Every Python block of the README and the docs runs, and prints what the page says it prints.

Blocks of a page share one namespace. A ```text block right after a ```python block is its output, compared exactly;
a refusal (`UnsupportedError`) that a block ends with is the last part of its output. `title=` in a block's first line
(```python title="model.py") names its source file, as refusals print it; `requires=3.12` leaves it to newer Pythons;
`flags="-X dev"` (or none: `flags=""`) runs it on its own, in a Python started with these flags.

    python -m tests.test_docs README.md docs/api.md     writes the real outputs into the pages: read the diff!
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
import subprocess
import sys
import tempfile
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import s2sgrad as sg

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN_HERE = [page for page in PAGES if not re.fullmatch(r"S\d{3}", page.stem)]  # the others: in test_refusals.py
BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.M | re.S)
ALONE = "import runpy, sys, s2sgrad\ntry: runpy.run_path(sys.argv[1])\nexcept s2sgrad.UnsupportedError as e: print(e)"
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")


@dataclass
class Example:
    """A Python block, and the block of text right behind it, if there is one."""

    line: int
    code: str
    file: str
    expected: str | None
    span: tuple[int, int]  # of the expected text in the page
    runs: bool = True  # not if it needs a newer Python
    flags: tuple[str, ...] | None = None  # of the Python it needs for itself
    heading: str = ""  # above it


def examples(page: Path) -> list[Example]:
    """The Python blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    found = []
    for i, block in enumerate(blocks):
        language, _, options = block["info"].partition(" ")
        if language != "python":
            continue
        title = re.search(r'title="([^"]+)"', options)
        file = title[1] if title else f"{page.stem}_{i}.py"
        after = blocks[i + 1] if i + 1 < len(blocks) else None
        follows = after and after["info"] == "text" and not text[block.end() : after.start()].strip()
        expected, span = (after["body"], after.span("body")) if follows else (None, (0, 0))
        needs = re.search(r"requires=3\.(\d+)", options)
        runs = needs is None or sys.version_info >= (3, int(needs[1]))
        flags = re.search(r'flags="([^"]*)"', options)
        above = re.findall(r"^#+ (.*)$", BLOCK.sub("", text[: block.start()]), re.M)
        found.append(
            Example(
                line=text[: block.start()].count("\n") + 1,
                code=block["body"],
                file=file,
                expected=expected,
                span=span,
                runs=runs,
                flags=tuple(flags[1].split()) if flags else None,
                heading=above[-1] if above else "",
            )
        )
    return found


def run(example: Example, namespace: dict[str, Any]) -> str:
    """Run a block and return what it prints; its functions can find their source."""
    if example.flags is not None:
        return run_alone(example)
    linecache.cache[example.file] = (len(example.code), None, example.code.splitlines(keepends=True), example.file)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(example.code, example.file, "exec"), namespace)
        except sg.UnsupportedError as error:
            print(error)
    return trimmed(printed.getvalue())


def run_alone(example: Example) -> str:
    """Run a block that needs a Python of its own; the file is written where it would be looked for."""
    Path(example.file).write_text(example.code, encoding="utf-8")
    command = [sys.executable, *example.flags, "-c", ALONE, example.file]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True)
    return trimmed(done.stdout)


def trimmed(text: str) -> str:
    """What a page shows of an output: no blanks at the ends."""
    return "".join(line.rstrip() + "\n" for line in text.rstrip().splitlines())


def namespace_of(page: Path) -> dict[str, Any]:
    """The globals of a page: those of a module that can be imported, as dataclasses and pickle expect."""
    module = sys.modules[f"docs_{page.stem}"] = types.ModuleType(f"docs_{page.stem}")
    return module.__dict__


def blanked(text: str) -> str:
    """Addresses of objects differ from run to run."""
    return re.sub(r"0x[0-9a-f]+", "0x...", text)


@pytest.mark.parametrize("page", RUN_HERE, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_runs(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = namespace_of(page)
    for example in examples(page):
        if not example.runs:
            continue
        got = run(example, namespace)
        where = f"{page.relative_to(ROOT)}:{example.line}"
        if example.expected is not None:
            assert blanked(got) == blanked(example.expected), f"{where} prints something else"
        else:
            assert not got, f"{where} prints something that the page doesn't show"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target, anchor in LINK.findall(text):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{page.relative_to(ROOT)} links to {target}, which is not there"
        if anchor and path.suffix == ".md":
            assert anchor[1:] in anchors(path), f"{page.relative_to(ROOT)} links to {target}{anchor}: no such heading"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ +(.*)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_runner_notices_a_wrong_output(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n```python\nx = 1\n```\n\n```python\nprint(x + 1)\n```\n\n```text\n3\n```\n", encoding="utf-8"
    )
    first, second = examples(page)
    namespace: dict[str, Any] = {}
    assert (first.expected, run(first, namespace)) == (None, "")
    assert (second.expected, run(second, namespace)) == ("3\n", "2\n")


def write(page: Path) -> None:
    """Put the real outputs into a page."""
    text = page.read_text(encoding="utf-8")
    namespace = namespace_of(page)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        outputs = [(example, run(example, namespace)) for example in examples(page) if example.runs]
    for example, got in reversed(outputs):
        if example.expected is not None:
            start, end = example.span
            text = text[:start] + got + text[end:]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write(Path(name).resolve())
