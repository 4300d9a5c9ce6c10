"""The command line: `python -m s2sgrad tour` and `python -m s2sgrad show module:function [argument ...]`."""

from __future__ import annotations

import argparse
import difflib
import importlib
import importlib.util
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import s2sgrad

EPILOG = """\
examples:
  python -m s2sgrad tour
  python -m s2sgrad show model:loss
  python -m s2sgrad show examples/reading.py:heat 'np.ones(5)' 0.2 3
  python -m s2sgrad show --stages model:loss 0.5

exit status: 0 done, 1 the function is refused or the tour's training failed, 2 the command line is wrong
"""


class UsageError(Exception):
    """The command line names something that isn't there."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a sign gets a question mark
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        return _run(options)
    except UsageError as error:
        parser.error(str(error))
    except s2sgrad.UnsupportedError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # the reader has seen enough, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _run(options: argparse.Namespace) -> int:
    if options.command == "tour":
        from s2sgrad.tour import tour

        return tour()
    print(_shown(options), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m s2sgrad",
        description="Source-to-source derivatives of plain NumPy functions.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"s2sgrad {s2sgrad.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("tour", help="replay the tutorial, read a gradient, train on real data (some seconds)")
    show = commands.add_parser("show", help="print the generated gradient of a function")
    show.add_argument("function", help="module:function, or path/to/file.py:function")
    show.add_argument("arguments", nargs="*", help="example arguments, as Python expressions in which np is NumPy")
    show.add_argument("--argnums", type=_argnums, default=0, metavar="I[,J...]", help="what to differentiate by (0)")
    show.add_argument("--value", action="store_true", help="compute the value, too")
    show.add_argument("--raw", action="store_true", help="before optimisation")
    show.add_argument("--stages", action="store_true", help="print what each stage of the compiler made of it")
    return parser


def _argnums(text: str) -> int | tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    return numbers[0] if len(numbers) == 1 else numbers


def _shown(options: argparse.Namespace) -> str:
    """The text that `show` prints."""
    function = find(options.function)
    arguments = [_evaluated(text) for text in options.arguments]
    if options.stages:
        return "\n\n".join(f"# ---- {name}\n{text.rstrip()}" for name, text in s2sgrad.explain(function, *arguments))
    derive = s2sgrad.value_and_grad if options.value else s2sgrad.grad
    derived = derive(function, argnums=options.argnums, optimize=not options.raw)
    return (derived.source_for(*arguments) if arguments else derived.source).rstrip()


def find(text: str) -> Callable[..., Any]:
    """The function that `module:name` or `file.py:name` means; the name may be dotted."""
    place, colon, name = text.rpartition(":")
    if not colon or not place or not name:
        raise UsageError(f"module:function expected, not {text!r}")
    found: Any = _module(place)
    for part in name.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, dir(found), n=1)
            raise UsageError(f"{place} has no {part!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(f"{text} is not a function but of type {type(found).__name__}")
    return found


def _module(place: str) -> ModuleType:
    if place.endswith(".py"):
        return _module_of_file(Path(place))
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # the installed script doesn't look into the current folder
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not (place + ".").startswith(error.name + "."):
            raise  # the module is there; what is missing is something it imports
        raise UsageError(f"no module named {place!r}") from None


def _module_of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"no such file: {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"not a Python file: {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _evaluated(text: str) -> Any:
    """An example argument: the user's own shell line, so evaluating it gives away nothing."""
    import numpy as np

    try:
        return eval(text, {"np": np, "numpy": np, "math": math})
    except Exception as error:
        raise UsageError(f"cannot evaluate argument {text!r}: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
