"""What is asked of every derivative: its number, its types, and that it leaves everything else alone."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests import oracle
from tests.corpus import Program

_expected: dict[tuple[str, int], tuple] = {}


def public() -> Any:
    """The library under test."""
    import s2sgrad

    return s2sgrad


def check(program: Program, optimize: bool = True, api: Any = None) -> None:
    """Assert that the reverse mode is right for every example of a program."""
    for number in range(len(program.examples)):
        check_example(program, number, optimize, api or public())


def check_example(program: Program, number: int, optimize: bool, api: Any) -> None:
    """Assert everything about one example."""
    original = program.examples[number]
    argnums = program.active(original)
    label = f"{program.name}, example {number}, {'optimized' if optimize else 'raw'}"
    value = program.function(*oracle.fresh(original))
    args = oracle.fresh(original)

    derived = derive(api, program.function, value, argnums, optimize)
    got_value, gradients = derived(args)
    check_unchanged(args, original, label)
    check_value(got_value, value, label)
    oracle.assert_close(gradients, expected(program, number), program.tol, f"{label}: gradient")
    check_leaves(gradients, tuple(original[k] for k in argnums), f"{label}: gradient")
    check_ownership(gradients, args, got_value, program.function, label)

    first = oracle.fresh(gradients)
    spoil(gradients)
    check_unchanged(args, original, f"{label}, after the caller wrote into the gradient")
    second_value, second = derived(args)
    check_value(second_value, value, f"{label}, second call")
    assert same(second, first), f"{label}: the second call gives\n {second!r}, the first gave\n {first!r}"
    check_unchanged(args, original, f"{label}, second call")


def check_tangent(program: Program, optimize: bool = True, api: Any = None) -> None:
    """Assert that the forward mode is right for every example of a program."""
    for number in range(len(program.examples)):
        check_tangent_of_example(program, number, optimize, api or public())


def check_tangent_of_example(program: Program, number: int, optimize: bool, api: Any) -> None:
    """Assert everything about the forward mode at one example."""
    original = program.examples[number]
    argnums = program.active(original)
    label = f"{program.name}, example {number}, forward, {'optimized' if optimize else 'raw'}"
    value = program.function(*oracle.fresh(original))
    args, dots = oracle.fresh(original), direction(original, argnums)
    given = oracle.fresh(dots)

    got_value, tangent = api.jvp(program.function, args, dots, optimize=optimize)
    check_unchanged(args, original, label)
    check_unchanged(dots, given, f"{label}: the tangents that were passed in")
    check_value(got_value, value, label)
    check_leaves((tangent,), (value,), f"{label}: tangent")
    oracle.assert_close(tangent, oracle.along(program.function, original, dots), program.tol, f"{label}: tangent")
    check_ownership((tangent,), (args, dots), got_value, program.function, label)
    weights = oracle.cotangents(value)
    pushed = oracle.weighted(tangent, weights)
    _, pullback = api.vjp(program.function, *args, argnums=argnums, optimize=optimize)
    pulled = sum(oracle.weighted(g, dots[k]) for g, k in zip(pullback(weights), argnums))
    assert abs(pushed - pulled) <= program.tol * max(abs(pushed), 1.0), f"{label}: <w, Jv> is {pushed}, not {pulled}"

    first = oracle.fresh(tangent)
    spoil(tangent)
    check_unchanged(args, original, f"{label}, after the caller wrote into the tangent")
    _, second = api.jvp(program.function, args, dots, optimize=optimize)
    assert same(second, first), f"{label}: the second call gives\n {second!r}, the first gave\n {first!r}"


def direction(args: tuple, argnums: tuple[int, ...]) -> tuple:
    """Fixed random tangents of some arguments, in their form; None for the others."""
    return tuple(oracle.cotangents(arg, 31 + i) if i in argnums else None for i, arg in enumerate(args))


def check_second_order(program: Program, number: int) -> None:
    """Assert that the gradient of a program is itself differentiated right at one example, in both modes."""
    api = public()
    original = program.examples[number]
    argnums = program.active(original)
    label = f"{program.name}, example {number}, second order"
    gradient = api.grad(program.function, argnums=argnums)
    dots = direction(original, argnums)
    wanted = oracle.along(gradient, original, dots)
    tol = max(10 * program.tol, 1e-4)
    args = oracle.fresh(original)
    value, tangent = api.jvp(gradient, args, dots)
    check_unchanged(args, original, label)
    oracle.assert_close(value, gradient(*oracle.fresh(original)), 1e-10, f"{label}: gradient")
    oracle.assert_close(tangent, wanted, tol, f"{label}: forward over reverse")
    _, pullback = api.vjp(gradient, *args, argnums=argnums)
    pulled = pullback(tuple(dots[k] for k in argnums))
    oracle.assert_close(pulled, wanted, tol, f"{label}: reverse over reverse")  # second derivatives are symmetric
    check_unchanged(args, original, label)
    check_ownership(pulled, args, tangent, program.function, label)


def derive(api: Any, f: Callable, value: Any, argnums: tuple[int, ...], optimize: bool) -> Callable[[tuple], tuple]:
    """args → (value, gradients): by `value_and_grad` for a scalar result, else by `vjp` with fixed weights."""
    if is_scalar(value):
        both = api.value_and_grad(f, argnums=argnums, optimize=optimize)
        return lambda args: both(*args)

    def by_vjp(args: tuple) -> tuple:
        result, pullback = api.vjp(f, *args, argnums=argnums, optimize=optimize)
        return result, pullback(oracle.cotangents(value))

    return by_vjp


def is_scalar(value: Any) -> bool:
    """Whether `grad` can be asked for: a floating number, or a 0-d array of one."""
    return oracle.is_float(value) and np.ndim(value) == 0


def expected(program: Program, number: int) -> tuple:
    """The gradients by finite differences, computed once for all modes."""
    key = (program.name, number)
    if key not in _expected:
        args = program.examples[number]
        value = program.function(*oracle.fresh(args))
        weights = None if is_scalar(value) else oracle.cotangents(value)
        _expected[key] = oracle.differences(program.function, args, program.active(args), weights)
    return _expected[key]


def same(left: Any, right: Any) -> bool:
    """Two trees are equal to the bit: structure, types, dtypes, shapes and contents."""
    pairs = list(oracle.flatten(left)), list(oracle.flatten(right))
    if [path for path, _ in pairs[0]] != [path for path, _ in pairs[1]]:
        return False
    return all(_same_leaf(a, b) for (_, a), (_, b) in zip(*pairs))


def _same_leaf(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    return type(a) is type(b) and bool(a == b)


def check_unchanged(args: tuple, original: tuple, label: str) -> None:
    """The arguments are to the bit what they were."""
    assert same(args, original), f"{label}: the arguments changed\n from {original!r}\n to   {args!r}"


def check_value(got: Any, value: Any, label: str) -> None:
    """The value is the function's own, in type as in number."""
    for (_, leaf), (_, own) in zip(oracle.flatten(got), oracle.flatten(value)):
        assert type(leaf) is type(own), f"{label}: the value is a {type(leaf).__name__}, not a {type(own).__name__}"
        if isinstance(own, (np.ndarray, np.generic)):
            assert leaf.dtype == own.dtype, f"{label}: the value has dtype {leaf.dtype}, not {own.dtype}"
    single = any(getattr(own, "dtype", None) == np.float32 for _, own in oracle.flatten(value))
    oracle.assert_close(got, value, 1e-5 if single else 1e-12, f"{label}: value")


def check_leaves(gradients: tuple, primals: tuple, label: str) -> None:
    """Every leaf of a gradient has the type, shape and dtype of its primal; None beside what has no derivative."""
    pairs = zip(oracle.flatten(gradients), oracle.flatten(primals), strict=True)
    for (path, leaf), (_, primal) in pairs:
        where = f"{label}{''.join(f'[{key!r}]' for key in path)}"
        if not oracle.is_float(primal):
            assert leaf is None, f"{where}: {leaf!r} beside a {type(primal).__name__}, not None"
            continue
        assert type(leaf) is type(primal), f"{where}: a {type(leaf).__name__}, not a {type(primal).__name__}"
        if isinstance(primal, np.ndarray):
            assert leaf.dtype == primal.dtype, f"{where}: dtype {leaf.dtype}, not {primal.dtype}"
            assert leaf.shape == primal.shape, f"{where}: shape {leaf.shape}, not {primal.shape}"


def arrays(tree: Any) -> Iterator[np.ndarray]:
    """The arrays among the leaves of a tree."""
    return (leaf for _, leaf in oracle.flatten(tree) if isinstance(leaf, np.ndarray))


def captured(f: Callable) -> list[np.ndarray]:
    """The arrays a function can reach without being given them."""
    cells = [cell.cell_contents for cell in f.__closure__ or ()]
    return [a for a in (*f.__globals__.values(), *cells, *(f.__defaults__ or ())) if isinstance(a, np.ndarray)]


def check_ownership(gradients: tuple, args: tuple, value: Any, f: Callable, label: str) -> None:
    """Returned gradients are writeable and share memory with nothing else."""
    mine = list(arrays(gradients))
    others = {"an argument": list(arrays(args)), "the value": list(arrays(value)), "a captured array": captured(f)}
    for position, gradient in enumerate(mine):
        assert gradient.flags.writeable, f"{label}: a gradient is read-only"
        assert not overlapping(gradient, mine[position + 1 :]), f"{label}: two gradients share memory"
        for name, candidates in others.items():
            assert not overlapping(gradient, candidates), f"{label}: a gradient shares memory with {name}"


def overlapping(array: np.ndarray, others: list[np.ndarray]) -> bool:
    """Whether an array shares memory with one of the others."""
    return any(np.may_share_memory(array, other) for other in others)


def spoil(tree: Any) -> None:
    """Write into every array, as a caller may who owns them."""
    for array in arrays(tree):
        array[...] = 12345.0
