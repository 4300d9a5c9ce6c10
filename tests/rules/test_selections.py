"""Selections and rearrangements, along any axes, with places that repeat, of any layout."""

import re
from pathlib import Path

import numpy as np
import pytest

from s2sgrad import rules, runtime
from tests.oracle import flatten
from tests.rules import oracle

RANDOM = np.random.RandomState(0)
CUBE = RANDOM.permutation(24).reshape(2, 3, 4) / 10 + 0.3  # no ties
MATRIX, VECTOR, POINT = CUBE[0], CUBE[1, 2], np.array(1.5)


def check(function, *args, **kwargs):
    """Sums of several float32 numbers are rounded."""
    narrow = any(getattr(leaf, "dtype", None) == np.float32 for _, leaf in flatten(args))
    oracle.check(function, *args, tol=2e-6 if narrow else 1e-7, **kwargs)


LAYOUTS = {
    "contiguous": MATRIX, "Fortran": np.asfortranarray(MATRIX), "strided": CUBE[1, ::-1, ::2],
    "complex": MATRIX * (1 + 0.5j), "float32": MATRIX.astype(np.float32),
}  # fmt: skip
layouts = pytest.mark.parametrize("x", LAYOUTS.values(), ids=LAYOUTS)


@layouts
def test_take(x):
    for axis in (None, 0, 1, -1):
        check(np.take, x, [0, 1, 1], axis)
        check(np.take, x, np.array([[0, -1], [1, 1]]), axis=axis)
        check(np.take, x, 1, axis)
        check(np.take, x, [7, -5], axis=axis, mode="wrap")
        check(np.take, x, [70, -5], axis=axis, mode="clip")
        check(np.take, x, np.array([], int), axis)


@layouts
def test_take_along_axis(x):
    for axis in (0, 1, -1):
        check(np.take_along_axis, x, np.argsort(x, axis=axis), axis)
    check(np.take_along_axis, x, np.array([[0, 1]]), 1)
    check(np.take_along_axis, x, np.array([2, 2]), None)
    check(np.take_along_axis, x[:1], np.array([[0], [0]]) + np.zeros((2, x.shape[1]), int), 0)


@layouts
def test_chosen_by_conditions(x):
    for axis in (None, 0, 1):
        check(np.compress, [True, False, True][: x.shape[1]], x, axis)
        check(np.ndarray.compress, x, [False, True], axis)
    check(np.extract, np.real(x) > 1.0, x)
    check(np.choose, (np.real(x) > 1.0).astype(int), (x, 2 * x))
    check(np.choose, (np.real(x) > 1.0).astype(int), [x, 0.5])
    check(np.choose, np.array([0, 1]), np.stack([VECTOR[:2], VECTOR[2:]]))
    conditions = [np.real(x) > 1.5, np.real(x) > 0.8]
    check(np.select, conditions, [x, 2.0 * x], 0.5)
    check(np.select, conditions, [x, 0.5])
    check(np.select, conditions, (2.5, x[:1]), x)


@layouts
def test_order(x):
    for axis in (0, 1, -1, None):
        check(np.sort, x, axis)
        check(np.sort, x, axis=axis, kind="stable")
        check(np.partition, x, 1, axis)
        check(np.partition, x, [0, 1], axis=axis)
    check(np.unique, x)


def test_order_of_more_axes():
    for axis in (0, 1, 2, -2):
        check(np.sort, CUBE, axis)
        check(np.partition, CUBE, 1, axis)


@layouts
def test_turned(x):
    for k in (0, 1, 2, 3, -1, 5):
        check(np.rot90, x, k)
    check(np.rot90, x, axes=(1, 0))
    check(np.rot90, CUBE, 1, (0, 2))
    for axis, start in [(0, 0), (1, 0), (2, 1), (0, 3), (-1, 1), (1, -1)]:
        check(np.rollaxis, CUBE, axis, start)


@layouts
def test_more_of_the_same(x):
    check(np.resize, x, (3, 7))
    check(np.resize, x, 3)
    check(np.diagflat, x)
    check(np.diagflat, x[0], -1)


def test_unwrap():
    x = np.cumsum(np.array([0.5, 4.0, 4.0, -5.0]))
    check(np.unwrap, x)
    check(np.unwrap, np.stack([x, x + 1]), axis=1)


@layouts
def test_pad(x):
    for width in (1, (1, 2), [(1, 0), (0, 2)], ((3,), (1,))):
        for mode in ("constant", "edge", "wrap", "reflect", "symmetric"):
            check(np.pad, x, width, mode)
            check(np.pad, x, width, mode=mode)
    check(np.pad, x, (1, 2), constant_values=1.5)
    check(np.pad, x, 2, constant_values=np.array([[1.5, 2.5], [0.5, 1.0]]))
    check(np.pad, x, 2, constant_values=(1.5, 2.5))


@layouts
def test_insert_delete_append(x):
    for axis in (None, 0, 1, -1):
        check(np.insert, x, 1, 0.5, axis)
        check(np.insert, x, [0, 1, 1], 0.5, axis)
        check(np.delete, x, 1, axis)
        check(np.delete, x, [0, 1], axis)
        check(np.delete, x, slice(0, 2), axis)
    check(np.insert, x, 1, x[0], 0)
    check(np.insert, x, [0, 2], x[:2], 0)
    check(np.insert, x, [0, 2], np.array([[0.5], [1.5]]), 0)
    check(np.append, x, x[:1], 0)
    check(np.append, x, x[:, :1], axis=1)
    check(np.append, x, VECTOR)
    check(np.append, x, 0.5)


def test_blocks():
    check(np.block, [[MATRIX, MATRIX[:, :1]], [VECTOR[None], np.ones((1, 1))]])
    check(np.block, [VECTOR, 0.5, VECTOR])
    check(np.block, MATRIX)
    check(np.block, [[1.5, 2.5], [0.5, 1]])
    check(np.block, [[CUBE, CUBE]])


def test_broadcast_arrays_and_meshgrid():
    check(np.broadcast_arrays, MATRIX, VECTOR, 0.5)
    check(np.broadcast_arrays, MATRIX[:, :1], VECTOR)
    check(np.broadcast_arrays, MATRIX)
    for sparse in (False, True):
        for indexing in ("xy", "ij"):
            for xi in [(VECTOR, MATRIX[:, 0]), (VECTOR,), (VECTOR, 0.5), (VECTOR, VECTOR[:2], VECTOR[:3])]:
                check(np.meshgrid, *xi, sparse=sparse, indexing=indexing)


def test_unstack():
    if hasattr(np, "unstack"):
        for axis in (0, 1, -1):
            check(np.unstack, CUBE, axis=axis)


def test_helpers():
    where = np.array([[2, 0, -1], [2, 11, 3]])
    check(runtime.gather_at, MATRIX, where)
    check(runtime.scatter_at, MATRIX[:2, :3], where, MATRIX)
    check(runtime.cropped_like, MATRIX, CUBE[0, :2, :2].copy())
    check(runtime.cropped_like, MATRIX, np.zeros((2, 7)))
    check(runtime.unbroadcast_each, [MATRIX, MATRIX], [MATRIX, 0.5])
    check(runtime.unmeshgrid, [MATRIX, MATRIX], [np.zeros(4), np.zeros(3)])
    check(runtime.unchoose, VECTOR, np.array([0, 1, 1, 0]), [VECTOR, 0.5])
    check(runtime.unselect, VECTOR, [VECTOR > 1.0, VECTOR > 0.5], [VECTOR, 0.5])
    check(runtime.unblock, np.block([VECTOR, 0.5]), [VECTOR, 0.5])


def test_empty():
    empty = np.zeros((0, 3))
    check(np.sort, empty)
    check(np.take, empty, np.array([], int), 0)
    check(np.append, empty, MATRIX[:, :3], 0)
    check(np.pad, empty, 1)


def test_results_that_may_share_memory_say_so():
    """Whether a result shares memory with an operand, for every rule of these families that says `fresh`."""
    x = np.arange(12.0).reshape(3, 4)
    calls = [
        (np.take, x, [0], 0), (np.sort, x), (np.partition, x, 1), (np.resize, x, (3, 4)), (np.pad, x, 0),
        (np.delete, x, [], 0), (np.insert, x, [], 0.5, 0), (np.append, x, x[:0], 0), (np.block, x),
        (np.compress, [True] * 3, x, 0), (np.extract, x >= 0, x), (np.diagflat, x[:1, :1]), (np.choose, 0, [x]),
        (np.select, [x >= 0], [x]), (np.unwrap, x), (np.unique, x), (np.take_along_axis, x, np.array([[0]]), 1),
    ]  # fmt: skip
    for function, *args in calls:
        shared = np.may_share_memory(function(*args), x)
        assert rules.lookup(function).aliasing != "fresh" or not shared, function


def test_every_rule_is_tried():
    text = Path(__file__).read_text(encoding="utf-8")
    own = [r for r in rules.all_rules() if r.scope and r.scope.file.endswith("selections.py")]
    assert [r.path.path for r in own if not re.search(rf"check\((runtime\.)?{re.escape(r.path.path)},", text)] == []
