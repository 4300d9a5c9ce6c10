"""Where and why a program is refused: spans of source, and the one error that points at them."""

from __future__ import annotations

import linecache
import os
import unicodedata
from dataclasses import dataclass

__all__ = ["Span", "UnsupportedError", "render"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source: lines count from 1, columns from 0 and in bytes of UTF-8, as in Python's `ast`."""

    file: str
    line: int
    col: int
    end_line: int
    end_col: int

    def text(self) -> str:
        """The whole first line of the stretch."""
        return linecache.getline(self.file, self.line).rstrip("\r\n")


class UnsupportedError(Exception):
    """A program that s2sgrad does not take, with the place, the reason and a way out.

    `code` is the number of the page in the documentation (`"S012"`), `message` the reason, `span` the place and `hint`
    the repair; the last two may be None. `str()` shows all of them.
    """

    def __init__(self, code: str, message: str, span: Span | None = None, hint: str | None = None) -> None:
        super().__init__(code, message, span, hint)  # the arguments in full: what pickle needs
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint
        self.line = span.text() if span is not None else ""  # kept: the file may change before the error is shown

    def __str__(self) -> str:
        return render(self.message, self.span, self.hint, self.code, self.line)


def render(
    message: str, span: Span | None = None, hint: str | None = None, code: str | None = None, line: str | None = None
) -> str:
    """A message with its source line, carets and hint, as text.

    `line` is the text of the span's first line; without it, it is looked up.

    >>> print(render("no rule for `f`", Span("model.py", 41, 4, 41, 8), "write a rule", "S001", "y = f(x)"))
    error[S001]: no rule for `f`
      --> model.py:41:5
    41 | y = f(x)
       |     ^^^^
    hint: write a rule
    """
    parts = [f"error[{code}]: {message}" if code else f"error: {message}"]
    if span is not None:
        parts += _snippet(span, span.text() if line is None else line)
    if hint:
        parts.append(f"hint: {hint}")
    return "\n".join(parts)


def _snippet(span: Span, line: str) -> list[str]:
    """The place, and if its text is known the line with carets below."""
    line = line.rstrip()
    before = _decode(line, 0, span.col)
    number = str(span.line)
    column = len(before) + 1 if line else span.col + 1
    place = f"{' ' * len(number)}--> {_shown_path(span.file)}:{span.line}:{column}"
    if not line:
        return [place]
    end = span.end_col if span.end_line == span.line else None
    marked = _decode(line, span.col, end)
    padding = "".join(char if char == "\t" else " " * _width(char) for char in before)
    carets = "^" * max(1, sum(map(_width, marked)))
    return [place, f"{number} | {line}", f"{' ' * len(number)} | {padding}{carets}"]


def _decode(line: str, start: int, end: int | None) -> str:
    """The characters of a line between two columns that count bytes."""
    return line.encode("utf-8", "replace")[start:end].decode("utf-8", "replace")


def _width(char: str) -> int:
    """How many columns a terminal gives to a character."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _shown_path(file: str) -> str:
    """Relative if the file is below the working directory."""
    try:
        relative = os.path.relpath(file) if os.path.isabs(file) else file
    except (OSError, ValueError):  # no working directory; another drive
        return file
    return file if relative.startswith("..") else relative
