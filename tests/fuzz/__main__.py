"""`python -m tests.fuzz`: random programs, their derivatives compared with differences."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.program import generate
from tests.fuzz.report import Failed, Report, progress, show
from tests.fuzz.runner import Task, run
from tests.fuzz.words import FEATURES, SUPPORTED


def options(args: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000, help="how many programs (1000)")
    parser.add_argument("--seed", default="1", help="programs of one seed are always the same")
    parser.add_argument("--only", type=int, help="run this one program of the seed, and print it")
    parser.add_argument("--first", type=int, default=0, help="the number of the first program")
    parser.add_argument("--target", default="numpy", choices=["numpy"], help="what to generate code for")
    parser.add_argument("--mutant", help="switch on a bug of tests/fuzz_mutants.py")
    parser.add_argument(
        "--features", default="", help=f"more of the language: all, or some of {', '.join(sorted(FEATURES))}"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--shrink", type=float, default=60.0, help="seconds for making a failing program smaller")
    parser.add_argument("--stop", action="store_true", help="stop at the first failure")
    parser.add_argument("--explain", action="store_true", help="show small programs that are refused, too")
    parser.add_argument("--keep", type=Path, help="write failing programs into this folder")
    return parser.parse_args(args)


def main(args: list[str] | None = None) -> int:
    """Run; 0 if nothing is wrong."""
    o = options(args)
    features = FEATURES if o.features == "all" else SUPPORTED | set(filter(None, o.features.split(",")))
    task = Task(o.seed, o.first, o.first + o.programs, features, o.mutant, o.shrink, o.stop, o.explain)
    if o.only is not None:
        print(generate(f"{o.seed}:{o.only}:0", features).text)
        task = Task(o.seed, o.only, o.only + 1, features, o.mutant, o.shrink, explain=o.explain)
    last = time.monotonic()

    def tell(report: Report) -> None:
        nonlocal last
        if time.monotonic() - last > 2.0:
            last = time.monotonic()
            progress(report.line())

    def each(failed: Failed) -> None:
        number = failed.label.rpartition(":")[2]
        also = f" --features {o.features}" if o.features else ""
        mutant = f" --mutant {o.mutant}" if o.mutant else ""
        text = show(failed, f"python -m tests.fuzz --seed {o.seed} --only {number}{also}{mutant}")
        print(text, flush=True)
        if o.keep is not None:
            o.keep.mkdir(parents=True, exist_ok=True)
            (o.keep / f"{failed.outcome.kind}_{number}.py").write_text(f'"""{text.replace(chr(92), "/")}"""\n')

    report = run(task, o.jobs, tell, each)
    print(report.text())
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
