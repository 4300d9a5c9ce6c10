"""Derivatives compared with differences: what `check_grads` does. It only calls functions and knows no compiler."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

__all__ = ["compare", "compare_tangent", "random_direction"]

Path = tuple[str, ...]


def compare(
    f: Callable[..., Any],
    vjp: Callable[..., tuple[Any, Callable[[Any], Sequence[Any]]]],
    args: Sequence[Any],
    argnums: Sequence[int],
    atol: float | None,
    rtol: float | None,
    eps: float,
) -> None:
    """Raise AssertionError, naming argument and element, where reverse mode and central differences disagree.

    Several results are weighted by fixed random numbers and added up. Differences are taken in double precision.
    """
    value, pullback = vjp(*map(duplicate, args))
    weights = 1.0 if is_real(value) and np.ndim(value) == 0 else changed(random_weight(np.random.default_rng(0)), value)
    bars = pullback(weights)
    wide = [changed(lambda _, leaf: widened(leaf), arg) for arg in args]
    for number, bar in zip(argnums, bars, strict=True):
        gradient = dict(leaves(bar))
        for path, leaf in leaves(args[number]):
            if is_real(leaf):
                where = f"argument {number}{''.join(path)}"
                along = line(f, wide, number, path, weights)
                compare_leaf(where, gradient.get(path), leaf, along, tolerances(leaf, value, atol, rtol), eps)


def compare_tangent(
    f: Callable[..., Any],
    jvp: Callable[..., tuple[Any, Any]],
    args: Sequence[Any],
    argnums: Sequence[int],
    atol: float | None,
    rtol: float | None,
    eps: float,
) -> None:
    """Raise AssertionError, naming element of the result, where forward mode and central differences disagree.

    The derivative is that along one fixed random direction, in double precision.
    """
    dots = random_direction(args, argnums)
    value, tangent = jvp(tuple(map(duplicate, args)), dots)
    found = dict(leaves(tangent))
    moves = {(number, *path): move for number in argnums for path, move in leaves(dots[number])}

    def at(distance: float) -> dict[Path, Any]:
        def moved(path: tuple, leaf: Any) -> Any:
            move = moves.get(path)
            if move is None:
                return leaf.copy() if isinstance(leaf, np.ndarray) else leaf
            there = widened(leaf) + distance * move
            return there if isinstance(leaf, np.ndarray) else type(widened(leaf))(there)

        return dict(leaves(f(*(changed(moved, arg, (number,)) for number, arg in enumerate(args)))))

    above, below = at(eps), at(-eps)
    given = [leaf for number in argnums for _, leaf in leaves(args[number]) if is_real(leaf)]
    for path, leaf in leaves(value):
        if not is_real(leaf):
            continue
        slopes = (np.asarray(above[path]) - below[path]) / (2.0 * eps)
        largest = np.max(np.maximum(np.abs(above[path]), np.abs(below[path])), initial=0.0)
        absolute, relative = tolerances(leaf, given, atol, rtol)
        allowed = absolute + 1e-15 * largest / eps + relative * np.max(np.abs(slopes), initial=0.0)
        got = found.get(path)
        where = f"the result{''.join(path)}"
        assert got is not None and np.shape(got) == np.shape(leaf), f"{where}: the tangent is {got!r}"
        for index in np.ndindex(np.shape(leaf)):
            if not abs(np.asarray(got)[index] - slopes[index]) <= allowed:
                element = f"[{', '.join(map(str, index))}]" if index else ""
                raise AssertionError(
                    f"{where}{element}: the derivative along a direction is {np.asarray(got)[index]:.10g}, "
                    f"differences give {slopes[index]:.10g}"
                )


def random_direction(args: Sequence[Any], argnums: Sequence[int]) -> tuple[Any, ...]:
    """Fixed random tangents of some arguments, in their form; None for the others."""
    rng = np.random.default_rng(1)
    return tuple(changed(random_weight(rng), arg) if i in argnums else None for i, arg in enumerate(args))


def compare_leaf(
    where: str, got: Any, leaf: Any, along: Callable[..., float], tolerance: tuple[float, float], eps: float
) -> None:
    """Compare the gradient with respect to one number or array, element by element."""
    assert got is not None, f"{where}: there is no gradient"
    assert np.shape(got) == np.shape(leaf), f"{where}: a gradient of shape {np.shape(got)}, not {np.shape(leaf)}"
    slopes = {}
    noise = 0.0
    for index in np.ndindex(np.shape(leaf)):
        x = np.asarray(leaf)[index]
        step = eps * max(1.0, abs(float(abs(x))))
        high, low = along(index, step), along(index, -step)
        slopes[index] = (high - low) / (2.0 * step)
        if np.iscomplexobj(x):
            slopes[index] -= 1j * (along(index, 1j * step) - along(index, -1j * step)) / (2.0 * step)
        noise = max(noise, 1e-15 * max(abs(high), abs(low)) / step)  # what rounding does to the differences
    atol, rtol = tolerance
    allowed = atol + noise + rtol * max(map(abs, slopes.values()), default=0.0)
    for index, slope in slopes.items():
        found = np.asarray(got)[index]
        if not abs(found - slope) <= allowed:
            element = f"[{', '.join(map(str, index))}]" if index else ""
            raise AssertionError(f"{where}{element}: the derivative is {found:.10g}, differences give {slope:.10g}")


def tolerances(leaf: Any, value: Any, atol: float | None, rtol: float | None) -> tuple[float, float]:
    """Absolute and relative; wide where single precision is involved."""
    dtypes = [np.asarray(x).dtype for x in (leaf, *(v for _, v in leaves(value) if is_real(v)))]
    default = 2e-2 if any(dtype in (np.float16, np.float32, np.complex64) for dtype in dtypes) else 1e-6
    return default if atol is None else atol, default if rtol is None else rtol


def line(f: Callable[..., Any], args: list[Any], number: int, path: Path, weights: Any) -> Callable[..., float]:
    """The weighted result as a function of one element's distance from its place."""

    def along(index: tuple[int, ...], distance: complex) -> float:
        def moved(at: Path, leaf: Any) -> Any:
            if at != path:
                return leaf
            if not isinstance(leaf, np.ndarray):
                return type(leaf)(leaf + distance)
            leaf[index] += distance
            return leaf

        fresh = [duplicate(arg) for arg in args]
        fresh[number] = changed(moved, fresh[number])
        return weighted(f(*fresh), weights)

    return along


def weighted(result: Any, weights: Any) -> float:
    """The sum of all real and complex leaves times their weights; of a complex sum the real part."""
    factors = dict(leaves(weights))
    found = ((np.asarray(leaf), factors.get(path)) for path, leaf in leaves(result))
    return math.fsum(float(np.real(np.sum(leaf * factor))) for leaf, factor in found if factor is not None)


def random_weight(rng: np.random.Generator) -> Callable[[Path, Any], Any]:
    """A weight in the form of a leaf; None for what has no derivative."""

    def weight(_: Path, leaf: Any) -> Any:
        if not is_real(leaf):
            return None
        drawn = rng.uniform(0.5, 1.5, np.shape(leaf)) * rng.choice([-1.0, 1.0], np.shape(leaf))
        return drawn.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(drawn)

    return weight


# ------------------------------------------------------------------------------------------------------- structures


def parts(tree: Any) -> Iterator[tuple[str, Any]] | None:
    """The items of a container, each with the text that selects it; None for a leaf."""
    if isinstance(tree, dict):
        return ((f"[{key!r}]", item) for key, item in tree.items())
    if isinstance(tree, (list, tuple)):
        return ((f"[{i}]", item) for i, item in enumerate(tree))
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return ((f".{field.name}", getattr(tree, field.name)) for field in dataclasses.fields(tree))
    return None


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything in nested containers that is none, with the way to it."""
    inside = parts(tree)
    if inside is None:
        yield path, tree
        return
    for key, item in inside:
        yield from leaves(item, (*path, key))


def changed(change: Callable[[Path, Any], Any], tree: Any, path: Path = ()) -> Any:
    """The same structure with changed leaves."""
    inside = parts(tree)
    if inside is None:
        return change(path, tree)
    items = [changed(change, item, (*path, key)) for key, item in inside]
    if isinstance(tree, dict):
        return type(tree)(zip(tree, items))
    if isinstance(tree, (list, tuple)):
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    new = copy.copy(tree)
    for field, item in zip(dataclasses.fields(tree), items):
        object.__setattr__(new, field.name, item)
    return new


def duplicate(tree: Any) -> Any:
    """The same structure with arrays of its own: what a function writes into them stays there."""
    return changed(lambda _, leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, tree)


def widened(leaf: Any) -> Any:
    """In double precision."""
    if not is_real(leaf) or isinstance(leaf, (float, complex)):
        return leaf.copy() if isinstance(leaf, np.ndarray) else leaf
    wide = np.promote_types(leaf.dtype, np.float64)
    return leaf.astype(wide) if isinstance(leaf, np.ndarray) else wide.type(leaf)


def is_real(leaf: Any) -> bool:
    """Has it a derivative? Floating and complex numbers and arrays of them do."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.dtype.kind in "fc"
    return isinstance(leaf, (float, complex))
