"""Many programs, in several processes."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.checker import INVALID, REFUSED, Outcome, check
from tests.fuzz.modules import folder
from tests.fuzz.program import Program, generate
from tests.fuzz.report import Failed, Report
from tests.fuzz.shrinker import shrink
from tests.fuzz.words import SUPPORTED

CHUNK = 50  # programs between two reports
LIFE = 20  # chunks that a process serves
TRIES = 20  # draws until a program has a result


@dataclass(frozen=True)
class Task:
    """What to run: programs `start` to `stop` of a seed."""

    seed: str
    start: int
    stop: int
    features: frozenset[str] = SUPPORTED
    mutant: str | None = None
    shrink: float = 60.0  # seconds for making a failing program smaller
    stop_at_failure: bool = False
    explain: bool = False  # show small programs that are refused, too


def run_chunk(task: Task) -> Report:
    """A report on some programs."""
    report = Report()
    explained: set[str] = set()
    with folder() as where:
        for number in range(task.start, task.stop):
            program, outcome = one(task, number, where)
            report.add(program, outcome)
            new = outcome.kind == REFUSED and task.explain and outcome.reason not in explained
            explained.add(outcome.reason)
            if outcome.failed or new:
                report.failed.append(Failed(program.label, outcome, program, smallest(task, program, outcome, where)))
                if task.stop_at_failure and outcome.failed:
                    break
    return report


def one(task: Task, number: int, where: Path) -> tuple[Program, Outcome]:
    """The program of a number: the first drawn for it that has a result."""
    for attempt in range(TRIES):
        program = generate(f"{task.seed}:{number}:{attempt}", task.features)
        program.label = f"{task.seed}:{number}"
        outcome = check(program, where)
        if outcome.kind != INVALID:
            break
    return program, outcome


def smallest(task: Task, program: Program, outcome: Outcome, where: Path) -> Program:
    """A small program that fails as this one does."""
    if not task.shrink:
        return program
    return shrink(program, lambda smaller: alike(check(smaller, where, outcome.mode), outcome), task.shrink)


def alike(a: Outcome, b: Outcome) -> bool:
    """The same kind of failure, for the same reason."""
    return a.kind == b.kind and a.reason == b.reason


def run(task: Task, jobs: int, tell: Callable[[Report], None], each: Callable[[Failed], None]) -> Report:
    """All programs of a task; `tell` hears of progress, `each` of failures."""
    total = Report()
    chunks = [
        Task(**{**vars(task), "start": start, "stop": min(start + CHUNK, task.stop)})
        for start in range(task.start, task.stop, CHUNK)
    ]
    for report in in_processes(chunks, jobs, task.mutant) if jobs > 1 else in_turn(chunks, task.mutant):
        total.merge(report)
        for failed in report.failed:
            each(failed)
        tell(total)
        if task.stop_at_failure and total.failures:
            break
    return total


def in_turn(chunks: list[Task], mutant: str | None):
    """Chunks in this process."""
    with mutated(mutant):
        for chunk in chunks:
            yield run_chunk(chunk)


def in_processes(chunks: list[Task], jobs: int, mutant: str | None):
    """Chunks in processes that are replaced now and then, so that none grows."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(
        jobs, context, initializer=enter_mutant, initargs=(mutant,), max_tasks_per_child=LIFE
    ) as pool:
        waiting = {pool.submit(run_chunk, chunk) for chunk in chunks}
        try:
            for done in concurrent.futures.as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def mutated(name: str | None):
    """The library with a bug switched on, or as it is."""
    from tests import fuzz_mutants  # it loads the library

    return fuzz_mutants.active(name)


def enter_mutant(name: str | None) -> None:
    """Switch a bug on for the life of a process."""
    mutated(name).__enter__()
