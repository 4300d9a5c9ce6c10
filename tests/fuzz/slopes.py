"""What a derivative must agree with: the program's own slopes along directions, by differences at several steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests import oracle

NOISE = 2e-6  # how exactly a slope can be known, in double precision


def directions(args: tuple[Any, ...], seed: int, count: int = 3) -> list[Any]:
    """Directions in the space of the arguments: along all of them, along one, along a single number."""
    r = np.random.RandomState(seed)
    leaves = [path for path, leaf in oracle.flatten(args) if oracle.is_float(leaf)]
    found = [along(args, r, None, False)]
    for number in range(1, count):
        found.append(along(args, r, leaves[r.randint(len(leaves))], number > 1))
    return found


def along(args: tuple[Any, ...], r: np.random.RandomState, only: tuple | None, single: bool) -> Any:
    """A direction: numbers beside the floats of the arguments, or of one of them, or beside one number."""

    def draw(path: tuple, leaf: Any) -> Any:
        if not oracle.is_float(leaf):
            return None
        shape = np.shape(leaf)
        if only is not None and path != only:
            return np.zeros(shape)
        numbers = r.uniform(0.5, 1.5, shape) * r.choice([-1.0, 1.0], shape)
        if single and np.size(numbers):
            chosen = np.zeros(shape)
            chosen.flat[r.randint(np.size(numbers))] = 1.0
            return chosen
        return np.asarray(numbers)

    return oracle.transform(draw, args)


def moved(args: Any, direction: Any, t: float) -> Any:
    """The arguments, gone a distance along a direction; all memory is new."""
    steps = dict(oracle.flatten(direction))

    def move(path: tuple, leaf: Any) -> Any:
        step = steps.get(path)
        if step is None:
            return leaf.copy() if isinstance(leaf, np.ndarray) else leaf
        if isinstance(leaf, np.ndarray):
            return leaf + t * step
        return type(leaf)(leaf + t * float(step))

    return oracle.transform(move, oracle.fresh(args))


def slope(f: Callable[..., Any], args: tuple[Any, ...], direction: Any, weights: Any, scale: float = 1.0) -> float:
    """d(weighted result)/d(distance) along a direction. Raises `NotSmooth` where step sizes or sides disagree."""
    wide = oracle.promote(args)

    def along_it(t: float) -> float:
        return oracle.weighted(f(*moved(wide, direction, scale * t)), weights)

    return oracle.derivative(along_it, 0.0, along_it(0.0)) / scale


def noise(f: Callable[..., Any], args: tuple[Any, ...], direction: Any, weights: Any) -> float:
    """How far slopes by quite different steps are apart: large where the program is ill-conditioned."""
    found = [slope(f, args, direction, weights, scale) for scale in (1.0, 0.2, 0.05, 2.0)]
    return max(found) - min(found)


def inner(gradients: Any, direction: Any) -> float:
    """The slope that gradients say a direction has."""
    total = 0.0
    for (_, g), (_, d) in zip(oracle.flatten(gradients), oracle.flatten(direction), strict=True):
        if d is not None:
            total += float(np.sum(np.asarray(g, dtype=float) * d))
    return total


def agree(got: float, slope_: float, size: float, single: bool) -> bool:
    """Is it this slope? `size` is that of the result: what cancels in differences leaves noise of its scale."""
    tol = 2e-3 if single else NOISE
    return bool(abs(got - slope_) <= tol * max(abs(slope_), 0.1 * abs(size), 0.01))
