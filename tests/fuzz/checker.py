"""Everything that is asked of a program's derivatives."""

from __future__ import annotations

import contextlib
import random
import re
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
class Outcome:
    """What came of a program: `kind` is one of the above, or says what is wrong."""

    kind: str
    detail: str = ""
    code: str = ""

    @property
    def failed(self) -> bool:
        """Is something wrong with the library?"""
        return self.kind not in (RIGHT, KINK, REFUSED, INVALID)

    @property
    def reason(self) -> str:
        """What tells crashes and refusals apart: the error, the message without names."""
        if self.kind == "crash":
            return self.detail.split(":")[0]
        return re.sub(r"`[^`]*`", "``", self.detail.split("\n")[0]) if self.kind == REFUSED else ""


class Failure(Exception):
    """Something is wrong with a derivative."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Invalid(Exception):
    """The program itself raises, or its result is out of bounds."""


@contextlib.contextmanager
def asking(kind: str) -> Iterator[None]:
    """An assertion that does not hold is a failure of this kind."""
    try:
        yield
    except AssertionError as error:
        raise Failure(kind, str(error)) from None


@dataclass(frozen=True)
class Mode:
    """A way to ask for derivatives."""

    name: str  # "vjp", "value_and_grad"
    optimize: bool

    def __str__(self) -> str:
        return f"{self.name}, {'optimized' if self.optimize else 'raw'}"


def check(program: Program, where: Path) -> Outcome:
    """What comes of a program."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with imported(program.text, where) as module, limited(SECONDS):
                return Check(program, module).run()
        except Failure as failure:
            return Outcome(failure.kind, str(failure))
        except sg.UnsupportedError as error:
            return Outcome(REFUSED, str(error), error.code)
        except (Invalid, SyntaxError) as error:
            return Outcome(INVALID, f"{type(error).__name__}: {error}")
        except oracle.NotSmooth as error:
            return Outcome(KINK, str(error))
        except Slow as error:
            return Outcome("slow", str(error))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            detail = f"{type(error).__name__}: {error} ({Path(place.filename).name}, {place.name})"
            return Outcome("crash", detail)


class Check:
    """One program, its module, and the ways to differentiate it."""

    def __init__(self, program: Program, module: ModuleType) -> None:
        self.program = program
        self.module = module
        self.random = random.Random(program.label)
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
        """The ways to ask: each form of the compiler's output at least once, raw and optimized."""
        if not harness.is_scalar(value):
            return [Mode("vjp", False), Mode("vjp", True)]
        return [Mode(self.random.choice(("vjp", "value_and_grad")), False), *(Mode(name, True) for name in FORMS)]

    def example(self, args: tuple[Any, ...]) -> bool:
        """One example, or a point near it where the program is smooth; False where there is none."""
        refusal = None
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
                self.mode(mode, point, value, list(zip(ways, expected, strict=True)))
            return True
        return refusal is not None

    def near(self, args: tuple[Any, ...], distance: float) -> tuple[Any, ...]:
        """Arguments near these, of the same types."""
        direction = slopes.directions(args, int(1e4 * distance), 1)[0]
        return harness_like(slopes.moved(args, direction, distance), args)

    def mode(self, mode: Mode, args: tuple[Any, ...], value: Any, expected: list[tuple[Any, float]]) -> None:
        """One way to differentiate at one point."""
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
            return got, pullback(weights), lambda: pullback(weights)
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
                raise Failure("wrong", f"{mode}: slope {got!r}, by differences {factor * slope!r}")

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
        for mode in self.modes(value)[1:]:
            try:
                self.mode(mode, args, value, [(way, slope)])
            except Failure as failure:
                raise Failure("stale", f"after a global changed: {failure.kind}: {failure}") from None

    def change(self) -> None:
        """Other values, in place and by assignment."""
        module = self.module
        module.K = 0.83 * module.K + 0.11
        if self.random.random() < 0.5:
            module.W0[...] *= 1.07
        else:
            module.W0 = 0.93 * module.W0
        for cell in self.f.__closure__ or ():
            if isinstance(cell.cell_contents, np.ndarray):
                cell.cell_contents[...] += 0.05
            elif isinstance(cell.cell_contents, float):
                cell.cell_contents *= 1.03


FORMS = ("vjp", "value_and_grad")


def harness_like(args: Any, model: Any) -> Any:
    """Numbers in the types and layouts of a model."""
    leaves = dict(oracle.flatten(model))

    def cast(path: tuple, leaf: Any) -> Any:
        like = leaves[path]
        if isinstance(like, np.ndarray):
            new = oracle.fresh(like)
            new[...] = leaf
            return new
        return type(like)(leaf) if oracle.is_float(like) else leaf

    return oracle.transform(cast, args)
