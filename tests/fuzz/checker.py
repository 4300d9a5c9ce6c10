"""Everything that is asked of a program's derivatives."""

from __future__ import annotations

import contextlib
import random
import re
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import s2sgrad as sg
from tests import harness, oracle
from tests.corpus import holds_float
from tests.fuzz import slopes
from tests.fuzz.modules import Slow, arguments, imported, limited
from tests.fuzz.program import Program

LARGEST = 300.0  # results beyond are ill-conditioned, and no matter
SECONDS = 30.0  # for one program and all its derivatives

RIGHT, KINK, REFUSED, INVALID = "right", "kink", "refused", "invalid"


@dataclass(frozen=True)
class Mode:
    """A way to ask for derivatives."""

    name: str  # "vjp", "value_and_grad"
    optimize: bool

    def __str__(self) -> str:
        return f"{self.name}, {'optimized' if self.optimize else 'raw'}"


@dataclass(frozen=True)
class Outcome:
    """What came of a program: `kind` is one of the above, or says what is wrong."""

    kind: str
    detail: str = ""
    code: str = ""
    mode: Mode | None = None  # the one that was asked last

    @property
    def failed(self) -> bool:
        """Is something wrong with the library?"""
        return self.kind not in (RIGHT, KINK, REFUSED, INVALID)

    @property
    def reason(self) -> str:
        """What tells crashes and refusals apart: the error, the message without names."""
        if self.kind == "crash":
            return self.detail.split(":")[0] + re.sub(r"\d+", "", self.detail.rpartition("(")[2])
        return re.sub(r"`[^`]*`", "``", self.detail.split("\n")[0]) if self.kind == REFUSED else ""


class Failure(Exception):
    """Something is wrong with a derivative."""

    def __init__(self, kind: str, detail: str, way: Any = None, off: float = 0.0) -> None:
        super().__init__(detail)
        self.kind, self.way, self.off = kind, way, off


class Invalid(Exception):
    """The program itself raises, or its result is out of bounds."""


@contextlib.contextmanager
def asking(kind: str) -> Iterator[None]:
    """An assertion that does not hold is a failure of this kind."""
    try:
        yield
    except AssertionError as error:
        raise Failure(kind, str(error)) from None


def check(program: Program, where: Path, mode: Mode | None = None) -> Outcome:
    """What comes of a program; `mode`: asked in this one alone."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with imported(program.text, where) as module, limited(SECONDS):
                asked = Check(program, module, mode)
                outcome = judged(asked.run)
                return replace(outcome, mode=asked.mode)
        except (Exception, Slow) as error:
            return Outcome(INVALID, f"{type(error).__name__}: {error}")


def judged(run: Callable[[], Outcome]) -> Outcome:
    """The outcome of a check, whichever way it ends."""
    try:
        return run()
    except Failure as failure:
        return Outcome(failure.kind, str(failure))
    except sg.UnsupportedError as error:
        return Outcome(REFUSED, str(error), error.code)
    except Invalid as error:
        return Outcome(INVALID, str(error))
    except oracle.NotSmooth as error:
        return Outcome(KINK, str(error))
    except Slow as error:
        return Outcome("slow", str(error))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome("crash", f"{type(error).__name__}: {error} ({Path(place.filename).name}, {place.name})")


class Check:
    """One program, its module, and the ways to differentiate it."""

    def __init__(self, program: Program, module: ModuleType, only: Mode | None) -> None:
        self.program = program
        self.module = module
        self.only = only
        self.mode = only
        self.random = random.Random(program.label)
        self.even = self.random.random() < 0.5
        self.derived: dict[tuple[Mode, tuple[int, ...]], Callable[..., Any]] = {}

    @property
    def f(self) -> Callable[..., Any]:
        """The program's function."""
        return self.module.f

    def run(self) -> Outcome:
        """Every example in every mode, and once more after the module's values have changed."""
        examples = arguments(self.program, self.module)
        for args in examples:
            self.primal(args)
        compared = [self.example(args) for args in examples]
        if any(compared):
            self.stale(examples[compared.index(True)])
        return Outcome(RIGHT if all(compared) else KINK, "" if all(compared) else "no smooth point found")

    def primal(self, args: tuple[Any, ...]) -> Any:
        """The program's own result; a program without a usable one is invalid."""
        try:
            with limited(2.0):
                value = self.f(*oracle.fresh(args))
        except Exception as error:
            raise Invalid(f"{type(error).__name__}: {error}") from None
        floats = [leaf for _, leaf in oracle.flatten(value) if oracle.is_float(leaf)]
        if not floats or not all(np.all(np.abs(leaf) < LARGEST) for leaf in floats):
            raise Invalid("result out of bounds")
        return value

    def modes(self, value: Any) -> list[Mode]:
        """The ways to ask: reverse and forward, raw and optimized; of a scalar, each form of reverse code once."""
        if self.only is not None:
            return [self.only]
        first, second = "vjp", "vjp"
        if harness.is_scalar(value):
            first, second = ("vjp", "value_and_grad") if self.even else ("value_and_grad", "vjp")
        return [Mode(first, False), Mode(second, True), Mode("jvp", False), Mode("jvp", True)]

    def example(self, args: tuple[Any, ...]) -> bool:
        """One example, or a point near it where the program is smooth; False where there is none."""
        for attempt in range(3):
            point = args if attempt == 0 else self.near(args, 0.03 * attempt)
            value = self.primal(point)
            weights = None if harness.is_scalar(value) else oracle.cotangents(value)
            ways = slopes.directions(point, attempt)
            try:
                expected = [slopes.slope(self.f, point, way, weights) for way in ways]
            except oracle.NotSmooth:
                continue
            except Exception:
                continue  # the program raises near this point
            for mode in self.modes(value):
                self.ask(mode, point, value, list(zip(ways, expected, strict=True)))
            return True
        return False

    def ask(self, mode: Mode, args: tuple[Any, ...], value: Any, expected: list[tuple[Any, float]]) -> None:
        """One mode at one point. What may be noise, or a kink that differences do not show, is no failure."""
        self.mode = mode
        check = self.forward if mode.name == "jvp" else self.reverse
        try:
            check(mode, args, value, expected)
        except Failure as failure:
            if failure.kind == "wrong" and self.doubtful(failure, args, value):
                raise oracle.NotSmooth(str(failure)) from None
            raise

    def doubtful(self, failure: Failure, args: tuple[Any, ...], value: Any) -> bool:
        """Do slopes by other steps differ as much? A kink makes `NotSmooth` of them."""
        weights = None if harness.is_scalar(value) else oracle.cotangents(value)
        try:
            noise = slopes.noise(self.f, args, failure.way, weights)
        except oracle.NotSmooth:
            return True
        return not failure.off > 20.0 * noise

    def near(self, args: tuple[Any, ...], distance: float) -> tuple[Any, ...]:
        """Arguments near these, of the same types."""
        direction = slopes.directions(args, int(1e4 * distance), 1)[0]
        return like(slopes.moved(args, direction, distance), args)

    def reverse(self, mode: Mode, args: tuple[Any, ...], value: Any, expected: list[tuple[Any, float]]) -> None:
        """Reverse mode at one point."""
        active = tuple(i for i, arg in enumerate(args) if holds_float(arg))
        own = oracle.fresh(args)
        got, gradients, again = self.derive(mode, own, value, active)
        with asking("changed"):
            harness.check_unchanged(own, args, str(mode))
        with asking("value"):
            self.check_value(got, value, str(mode))
        with asking("form"):
            harness.check_leaves(gradients, tuple(args[i] for i in active), str(mode))
        with asking("shared"):
            harness.check_ownership(gradients, own, got, self.f, str(mode))
        self.compare(mode, args, value, expected, dict(zip(active, gradients, strict=True)))
        first = oracle.fresh(gradients)
        harness.spoil(gradients)
        with asking("unequal"):
            harness.check_unchanged(own, args, f"{mode}, after the caller wrote into the gradient")
            second = again()
            assert harness.same(second, first), (
                f"{mode}: the second call gives\n {second!r}, the first gave\n {first!r}"
            )

    def forward(self, mode: Mode, args: tuple[Any, ...], value: Any, expected: list[tuple[Any, float]]) -> None:
        """Forward mode at one point, along each direction."""
        weights = None if harness.is_scalar(value) else oracle.cotangents(value)
        for way, slope in expected:
            own, dots = oracle.fresh(args), like(way, args)
            got, tangent = sg.jvp(self.f, own, dots, optimize=mode.optimize)
            with asking("changed"):
                harness.check_unchanged(own, args, str(mode))
            with asking("value"):
                self.check_value(got, value, str(mode))
            found = oracle.weighted(tangent, weights)
            if not slopes.agree(found, slope, oracle.weighted(value, weights), self.program.single):
                raise Failure("wrong", f"{mode}: slope {found!r}, by differences {slope!r}", way, abs(found - slope))

    def check_value(self, got: Any, value: Any, label: str) -> None:
        """The value is the program's own; single precision leaves noise, in results of double precision too."""
        if self.program.single:
            oracle.assert_close(got, value, 1e-4, f"{label}: value")
        else:
            harness.check_value(got, value, label)

    def derive(self, mode: Mode, args: tuple[Any, ...], value: Any, active: tuple[int, ...]) -> Any:
        """Value, gradients, and a function that gives the gradients once more."""
        if mode.name == "vjp":
            got, pullback = sg.vjp(self.f, *args, argnums=active, optimize=mode.optimize)
            weights = oracle.cotangents(value)
            gradients = pullback(weights)
            with asking("changed"):
                harness.check_unchanged((weights,), (oracle.cotangents(value),), f"{mode}: the cotangent")
            return got, gradients, lambda: pullback(weights)
        key = mode, active
        if key not in self.derived:
            self.derived[key] = sg.value_and_grad(self.f, argnums=active, optimize=mode.optimize)
        both = self.derived[key]
        got, gradients = both(*args)
        return got, gradients, lambda: both(*args)[1]

    def compare(self, mode: Mode, args: Any, value: Any, expected: list[tuple[Any, float]], gradients: Any) -> None:
        """The gradients against the slopes."""
        weights = oracle.cotangents(value) if mode.name == "vjp" else None
        factor = float(weights) if weights is not None and harness.is_scalar(value) else 1.0
        size = oracle.weighted(value, weights)
        for way, slope in expected:
            got = slopes.inner([gradients[i] for i in gradients], [way[i] for i in gradients])
            if not slopes.agree(got, factor * slope, size, self.program.single):
                detail = f"{mode}: slope {got!r}, by differences {factor * slope!r}"
                raise Failure("wrong", detail, way, abs(got - factor * slope))

    # ---- values that the program has from elsewhere

    def stale(self, args: tuple[Any, ...]) -> None:
        """Global and captured values change: the next gradient knows."""
        self.change()
        value = self.primal(args)
        weights = None if harness.is_scalar(value) else oracle.cotangents(value)
        way = slopes.directions(args, 5, 1)[0]
        try:
            slope = slopes.slope(self.f, args, way, weights)
        except oracle.NotSmooth:
            return
        for mode in self.modes(value)[1::2] or self.modes(value):
            try:
                self.ask(mode, args, value, [(way, slope)])
            except Failure as failure:
                raise Failure("stale", f"after a global changed: {failure.kind}: {failure}") from None

    def change(self) -> None:
        """Other values, in place and by assignment."""
        module = self.module
        if isinstance(getattr(module, "K", None), float):
            module.K = 0.83 * module.K + 0.11
        if isinstance(getattr(module, "W0", None), np.ndarray):
            if self.random.random() < 0.5:
                module.W0[...] *= 1.07
            else:
                module.W0 = 0.93 * module.W0
        for cell in self.f.__closure__ or ():
            if isinstance(cell.cell_contents, np.ndarray):
                cell.cell_contents[...] += 0.05
            elif isinstance(cell.cell_contents, float):
                cell.cell_contents *= 1.03


def like(args: Any, model: Any) -> Any:
    """Numbers in the types and layouts of a model."""
    leaves = dict(oracle.flatten(model))

    def cast(path: tuple, leaf: Any) -> Any:
        own = leaves[path]
        if leaf is None or not oracle.is_float(own):
            return leaf
        if isinstance(own, np.ndarray):
            new = oracle.fresh(own)
            new[...] = leaf
            return new
        return type(own)(leaf)

    return oracle.transform(cast, args)
