"""Derivatives without any calculus: central differences, extrapolated, with an alarm for kinks.

The one judge of the test-suite. It knows nothing of the compiler: it only calls functions.
"""

import dataclasses
import itertools
import math
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

STEP = 2e-3


class NotSmooth(AssertionError):
    """The function has a kink, a jump or noise where its derivative was asked for."""


def flatten(tree: Any, path: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """Every leaf of nested dicts, lists, tuples and dataclasses, with the keys that lead to it."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from flatten(value, (*path, key))
    elif isinstance(tree, (list, tuple)):
        for position, value in enumerate(tree):
            yield from flatten(value, (*path, position))
    elif fields_of(tree):
        for name in fields_of(tree):
            yield from flatten(getattr(tree, name), (*path, name))
    else:
        yield path, tree


def fields_of(tree: Any) -> list[str]:
    """The names of the fields of a dataclass or a SimpleNamespace."""
    if isinstance(tree, types.SimpleNamespace):
        return list(vars(tree))
    return [f.name for f in dataclasses.fields(tree)] if hasattr(type(tree), "__dataclass_fields__") else []


def transform(change: Callable[[tuple, Any], Any], tree: Any, path: tuple = ()) -> Any:
    """The same structure with `change(path, leaf)` in place of every leaf."""
    if isinstance(tree, dict):
        return {key: transform(change, value, (*path, key)) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [transform(change, value, (*path, position)) for position, value in enumerate(tree)]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    if fields_of(tree):
        new = type(tree).__new__(type(tree))
        for name in fields_of(tree):
            object.__setattr__(new, name, transform(change, getattr(tree, name), (*path, name)))
        return new
    return change(path, tree)


def is_float(leaf: Any) -> bool:
    """Whether a leaf has a derivative: a float or complex number, Python's or NumPy's, or an array of such."""
    if isinstance(leaf, (np.ndarray, np.generic)):
        return np.issubdtype(leaf.dtype, np.inexact)
    return isinstance(leaf, (float, complex))


def fresh(tree: Any) -> Any:
    """A deep copy: what a function does to it, the original does not see. Arrays keep their kind of layout."""
    return transform(lambda _, leaf: _duplicate(leaf) if isinstance(leaf, np.ndarray) else leaf, tree)


def _duplicate(array: np.ndarray) -> np.ndarray:
    """A copy that is in Fortran order, strided or broadcast if the array is."""
    if array.size and 0 in array.strides:
        narrow = array[tuple(slice(0, 1) if step == 0 else slice(None) for step in array.strides)]
        return np.broadcast_to(narrow.copy(), array.shape)
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return array.copy("K")
    wide = np.zeros([2 * length for length in array.shape], array.dtype)
    strided = wide[(slice(None, None, 2),) * array.ndim]
    strided[...] = array
    return strided


def promote(tree: Any) -> Any:
    """A deep copy in which every floating number has double precision."""

    def widen(_: tuple, leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return leaf.astype(double(leaf)) if is_float(leaf) else leaf.copy()
        return double(leaf)(leaf) if isinstance(leaf, np.inexact) else leaf

    return transform(widen, tree)


def double(leaf: Any) -> type:
    """The type of double precision for a leaf."""
    return np.complex128 if np.iscomplexobj(leaf) else np.float64


def cotangents(result: Any, seed: int = 7) -> Any:
    """Fixed random weights in the structure of a result; None beside leaves that have no derivative."""
    random = np.random.RandomState(seed)

    def weight(_: tuple, leaf: Any) -> Any:
        if not is_float(leaf):
            return None
        draw = random.uniform(0.5, 1.5, np.shape(leaf)) * random.choice([-1.0, 1.0], np.shape(leaf))
        if np.iscomplexobj(leaf):
            draw = draw + 1j * random.uniform(-1.5, 1.5, np.shape(leaf))
        if isinstance(leaf, np.ndarray):
            return np.asarray(draw, dtype=leaf.dtype)
        return type(leaf)(draw)

    return transform(weight, result)


def weighted(result: Any, weights: Any) -> float:
    """The real part of the sum of all floating leaves times their weights; without weights, the result itself."""
    if weights is None:
        return float(result)
    pairs = zip(flatten(result), flatten(weights), strict=True)
    return math.fsum(
        float(np.sum(np.asarray(leaf) * factor).real) for (_, leaf), (_, factor) in pairs if factor is not None
    )


def differences(f: Callable, args: Sequence[Any], argnums: Sequence[int], weights: Any = None) -> tuple:
    """d(weighted result)/d(argument) for each of `argnums`, in the argument's structure; None beside ints and strings.

    By a complex number z the derivative is ∂/∂Re z - i ∂/∂Im z. Runs in double precision whatever the arguments' own.
    Raises `NotSmooth` where two step sizes disagree.
    """
    wide = tuple(promote(arg) for arg in args)
    centre = weighted(f(*fresh(wide)), weights)
    gradients = []
    for position in argnums:

        def slope(path: tuple, leaf: Any, position: int = position) -> Any:
            if not is_float(leaf):
                return None
            result = np.zeros(np.shape(leaf), double(leaf))
            for index in np.ndindex(np.shape(leaf)):
                where = f"argument {position}{''.join(f'[{key!r}]' for key in path)} at {index}"
                along = _line(f, wide, (position, *path), index, weights)
                number = np.asarray(leaf)[index]
                result[index] = derivative(along, number, centre, where)
                if np.iscomplexobj(leaf):
                    result[index] -= 1j * derivative(lambda t: along(number + 1j * t), 0.0, centre, where)  # noqa: B023
            return result

        gradients.append(transform(slope, wide[position]))
    return tuple(gradients)


def along(f: Callable, args: Sequence[Any], dots: Sequence[Any]) -> Any:
    """The derivative of every floating leaf of a result along a direction, in the result's structure.

    By central differences at three steps, extrapolated twice, in double precision.
    """
    wide = tuple(promote(arg) for arg in args)
    moves = dict(flatten(tuple(dots)))

    def at(distance: float) -> dict[tuple, Any]:
        def moved(path: tuple, leaf: Any) -> Any:
            move = moves.get(path) if is_float(leaf) else None
            if move is None:
                return fresh(leaf)
            there = leaf + distance * promote(move)
            return np.asarray(there) if isinstance(leaf, np.ndarray) else type(leaf)(there)

        return {path: leaf for path, leaf in flatten(f(*transform(moved, wide))) if is_float(leaf)}

    slopes = []
    for step in (STEP, STEP / 2, STEP / 4):
        above, below = at(step), at(-step)
        slopes.append({path: (np.asarray(above[path]) - below[path]) / (2.0 * step) for path in above})
    found = {}
    for path in slopes[0]:
        coarse, fine = ((4.0 * b[path] - a[path]) / 3.0 for a, b in itertools.pairwise(slopes))
        found[path] = (16.0 * fine - coarse) / 15.0
    return transform(lambda path, leaf: found.get(path), f(*fresh(wide)))


def _line(f: Callable, args: tuple, path: tuple, index: tuple, weights: Any) -> Callable[[float], float]:
    """The function along one number of its arguments."""

    def along(number: float) -> float:
        def put(at: tuple, leaf: Any) -> Any:
            if isinstance(leaf, np.ndarray):
                leaf = leaf.copy()
                if at == path:
                    leaf[index] = number
            elif at == path:
                leaf = type(leaf)(number)
            return leaf

        return weighted(f(*transform(put, args)), weights)

    return along


def derivative(f: Callable[[float], float], x: float, centre: float, where: str = "x") -> float:
    """f'(x) by central differences at three steps, extrapolated twice (error of order step**6)."""
    steps = [STEP * max(0.25, min(1.0, abs(x))) / 2**level for level in range(3)]
    pairs = [(f(x + h), f(x - h)) for h in steps]
    slopes = [(above - below) / (2.0 * h) for (above, below), h in zip(pairs, steps, strict=True)]
    coarse, fine = ((4.0 * b - a) / 3.0 for a, b in itertools.pairwise(slopes))
    scale = max(abs(fine), abs(centre), 1.0)
    if not abs(fine - coarse) <= 1e-6 * scale:
        raise NotSmooth(f"{where}: {coarse} with large steps, {fine} with small ones")
    # A kink exactly at x leaves every central difference equal, but then the bend does not shrink with the step.
    bends = [abs(above - 2.0 * centre + below) / h for (above, below), h in zip(pairs, steps, strict=True)]
    if bends[2] > 1e-6 * scale and bends[2] > 0.75 * bends[1]:
        raise NotSmooth(f"{where}: the slopes to the left and to the right differ by {bends[2]}")
    return (16.0 * fine - coarse) / 15.0


def assert_close(got: Any, expected: Any, tol: float = 1e-6, label: str = "") -> None:
    """Two trees of numbers agree in structure and, leaf by leaf, to `tol` of the leaf's largest number."""
    if isinstance(expected, (dict, list, tuple)):
        assert type(got) is type(expected), f"{label}: {type(got).__name__}, not {type(expected).__name__}"
        keys = list(expected) if isinstance(expected, dict) else range(len(expected))
        found = list(got) if isinstance(expected, dict) else range(len(got))
        assert set(keys) == set(found), f"{label}: keys {list(found)}, not {list(keys)}"
        for key in keys:
            assert_close(got[key], expected[key], tol, f"{label}[{key!r}]")
        return
    if fields_of(expected):
        assert type(got) is type(expected), f"{label}: {type(got).__name__}, not {type(expected).__name__}"
        for name in fields_of(expected):
            assert_close(getattr(got, name), getattr(expected, name), tol, f"{label}.{name}")
        return
    if expected is None:
        assert got is None, f"{label}: {got!r}, not None"
        return
    if not is_float(expected):
        equal = np.array_equal(got, expected) if isinstance(expected, np.ndarray) else got == expected
        assert equal, f"{label}: {got!r}, not {expected!r}"
        return
    assert got is not None, f"{label}: None, not {expected!r}"
    assert np.shape(got) == np.shape(expected), f"{label}: shape {np.shape(got)}, not {np.shape(expected)}"
    wrong = np.abs(np.asarray(got, dtype=double(expected)) - expected)
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1e-2)
    assert np.all(wrong <= tol * scale), f"{label}:\n got      {got!r}\n expected {expected!r}\n off by {np.max(wrong)}"
