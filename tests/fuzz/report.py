"""What came of many programs: progress while they run, and the figures afterwards."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.checker import INVALID, KINK, REFUSED, Outcome
from tests.fuzz.program import Program

MOST_REFUSED = 0.01


@dataclass
class Failed:
    """A program that fails, and the smallest one found that fails the same way."""

    label: str
    outcome: Outcome
    program: Program
    small: Program


@dataclass
class Report:
    """Sums over programs."""

    kinds: Counter[str] = field(default_factory=Counter)
    constructs: Counter[str] = field(default_factory=Counter)
    having: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)  # a program's label for each refusal
    failed: list[Failed] = field(default_factory=list)
    start: float = field(default_factory=time.monotonic)

    def add(self, program: Program, outcome: Outcome) -> None:
        """One more program."""
        self.kinds[outcome.kind] += 1
        if outcome.kind == INVALID:
            return
        self.constructs.update(program.counts)
        self.having.update(program.counts.keys())
        if outcome.kind == REFUSED:
            title = outcome.detail.split("\n")[0].removeprefix("error")
            self.refusals[outcome.reason] += 1
            self.examples.setdefault(outcome.reason, f"{title} (program {program.label})")

    def merge(self, other: Report) -> None:
        """The sums of another process."""
        for name in ("kinds", "constructs", "having", "refusals"):
            getattr(self, name).update(getattr(other, name))
        self.examples = {**other.examples, **self.examples}
        self.failed += other.failed

    @property
    def programs(self) -> int:
        """How many programs ran: those with no result of their own are not counted."""
        return sum(self.kinds.values()) - self.kinds[INVALID]

    @property
    def refused(self) -> float:
        """The share of programs that were refused."""
        return self.kinds[REFUSED] / max(self.programs, 1)

    @property
    def failures(self) -> int:
        """How many programs something is wrong with."""
        return self.programs - sum(self.kinds[k] for k in ("right", KINK, REFUSED))

    @property
    def good(self) -> bool:
        """Nothing wrong, and little refused."""
        return not self.failures and self.refused <= MOST_REFUSED

    def line(self) -> str:
        """One line of progress."""
        seconds = time.monotonic() - self.start
        return (
            f"{self.programs} programs, {self.programs / max(seconds, 1e-9):.1f}/s, refused {self.refused:.2%}, "
            f"no smooth point {self.kinds[KINK] / max(self.programs, 1):.2%}, failed {self.failures}"
        )

    def text(self) -> str:
        """All figures."""
        total = max(self.programs, 1)
        lines = ["", "constructs (occurrences; share of the programs that have them)"]
        for name, count in self.constructs.most_common():
            lines.append(f"  {name:28} {count:8} {self.having[name] / total:7.1%}")
        lines += [
            "",
            f"programs             {self.programs}",
            f"compared             {self.kinds['right'] / total:.2%}",
        ]
        lines.append(f"without smooth point {self.kinds[KINK] / total:.2%}")
        lines.append(f"refused              {self.refused:.2%} (at most {MOST_REFUSED:.0%})")
        lines += [f"  {count:6} {self.examples[why]}" for why, count in self.refusals.most_common()]
        lines.append(f"failed               {self.failures}")
        return "\n".join(lines)


def show(failed: Failed, again: str) -> str:
    """A failure: what is wrong, the smallest program, and how to see it again."""
    title = f"---- program {failed.label}: {failed.outcome.kind}"
    examples = "\n".join(f"# f{args!r}" for args in failed.small.examples)
    return f"{title}\n{failed.outcome.detail}\n\n{failed.small.text}\n{examples}\n\nagain: {again}\n"


def progress(text: str) -> None:
    """Show a line, over the last one on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
