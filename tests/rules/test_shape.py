"""Shapes, orders, containers: the same numbers elsewhere, so that most cases are about where they end up."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from s2sgrad import rules, runtime
from tests.rules.oracle import Template, check

CUBE = np.arange(24.0).reshape(2, 3, 4) / 10 + 0.3
MATRIX = CUBE[0]
VECTOR = MATRIX[0]
POINT = np.array(1.5)
MATRICES = {
    "contiguous": MATRIX,
    "Fortran": np.asfortranarray(MATRIX),
    "strided": np.repeat(CUBE, 2, axis=2)[1, ::-1, ::2],
    "float32": MATRIX.astype(np.float32),
}
matrices = pytest.mark.parametrize("x", MATRICES.values(), ids=MATRICES)


@matrices
def test_reshape(x):
    check(np.reshape, x, (2, 6))
    check(np.reshape, x, -1)
    check(np.reshape, x, (2, -1), order="F")
    check(np.ndarray.reshape, x, 2, 6)
    check(np.ndarray.reshape, x, (2, -1))
    check(np.ndarray.reshape, x, 6, 2, order="F")


@matrices
def test_flattening(x):
    for function in (np.ravel, np.ndarray.flatten):
        check(function, x)
        check(function, x, order="F")


def test_no_axes_or_new_ones():
    check(np.reshape, np.array([1.5]), ())
    check(np.reshape, POINT, (1, 1))
    check(np.ravel, POINT)
    check(np.squeeze, np.array([[1.5]]))
    check(np.squeeze, CUBE[:, :1])
    check(np.squeeze, CUBE[:, :1], axis=1)
    for axis in (0, -1, (0, -1)):
        check(np.expand_dims, POINT, axis)
        check(np.expand_dims, CUBE, axis)
    for function in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
        for x in (POINT, VECTOR, MATRIX, CUBE):
            check(function, x)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty(shape):
    x = np.zeros(shape)
    check(np.reshape, x, (0, 2))
    check(np.transpose, x)
    check(np.concatenate, [x, x])
    check(np.stack, [x, x])


@matrices
def test_transpose(x):
    check(np.transpose, x)
    check(np.transpose, x, (1, 0))
    check(np.transpose, x, (-1, 0))
    check(np.ndarray.transpose, x)
    check(np.ndarray.transpose, x, 1, 0)
    check(np.ndarray.transpose, x, (1, 0))
    check(np.ndarray.transpose, x, None)
    check(np.matrix_transpose, x)


@pytest.mark.parametrize("axes", [(1, 2, 0), (-1, 0, 1), (2, 0, 1), (0, 1, 2)])
def test_permutations(axes):
    check(np.transpose, CUBE, axes)
    check(np.ndarray.transpose, CUBE, *axes)


def test_moved_axes():
    check(np.swapaxes, CUBE, 0, -1)
    check(np.moveaxis, CUBE, 0, -1)
    check(np.moveaxis, CUBE, (0, 1), (2, 0))
    for axis in (0, -1, None, (0, 2)):
        check(np.flip, CUBE, axis)
    check(np.flipud, CUBE)
    check(np.fliplr, CUBE)
    check(np.roll, CUBE, 5)
    check(np.roll, CUBE, -1, axis=1)
    check(np.roll, CUBE, (1, 2), axis=(0, 2))


@matrices
def test_broadcast_to(x):
    check(np.broadcast_to, x, (5, 3, 4))
    check(np.broadcast_to, x[:1], (3, 4))
    check(np.broadcast_to, x[:, :1], (2, 3, 4))
    check(np.broadcast_to, np.float64(1.5), (2, 3))


def test_concatenate():
    check(np.concatenate, [MATRIX, MATRIX[:1], np.ones((0, 4))])
    check(np.concatenate, (MATRIX, MATRIX[:, :1]), axis=1)
    check(np.concatenate, (CUBE, CUBE[:, :1]), -2)
    check(np.concatenate, [MATRIX, VECTOR], axis=None)
    check(np.concatenate, CUBE)
    check(np.concatenate, CUBE, axis=1)
    check(np.concatenate, [VECTOR, np.arange(3), VECTOR])
    check(np.concatenate, [VECTOR, VECTOR.astype(np.float32)], tol=1e-5)


def test_stack():
    check(np.stack, [VECTOR, VECTOR, VECTOR])
    for axis in (1, 2, -1, -2):
        check(np.stack, (MATRIX, MATRIX), axis=axis)
    check(np.stack, CUBE)
    check(np.stack, [POINT, 2.5])
    check(np.stack, [VECTOR, np.arange(4)])


@pytest.mark.parametrize(
    "nested",
    [
        1.5,
        np.float64(1.5),
        [1.5, 2.5, 3],
        (1.5, np.float64(2.5)),
        [[1.5, 2.0], (np.float64(3.0), 4)],
        [VECTOR, VECTOR],
        [[VECTOR, VECTOR], [VECTOR, VECTOR]],
        [POINT, 2.5],
        CUBE,
        MATRIX.astype(np.float32),
    ],
    ids=str,
)
def test_arrays_of_anything(nested):
    check(np.array, nested)
    check(np.asarray, nested)
    check(np.array, nested, dtype=np.float64)


@matrices
def test_copies_and_conversions(x):
    check(np.ascontiguousarray, x)
    check(np.copy, x)
    check(np.ndarray.copy, x)
    check(np.ndarray.tolist, x)
    check(np.ndarray.astype, x, np.float64)
    if hasattr(np, "astype"):
        check(np.astype, x, np.float64)
    check(np.ndarray.item, x, 1, 2)
    check(np.ndarray.item, x, (1, 2))
    check(np.ndarray.item, x, -3)
    check(np.imag, x)
    check(np.real, x)


@pytest.mark.parametrize("function", [np.array, np.asarray, np.ndarray.astype], ids=lambda f: f.__name__)
def test_conversion_to_float32(function):
    """Differences cannot judge what rounds; cotangents pass through, in the dtype of the operand."""
    template = Template(rules.lookup(function), (MATRIX, np.float32), {}, function(MATRIX, np.float32), known=True)
    operand = template.rule.operands[0]
    got = template.pullback(MATRIX.astype(np.float32), [operand])[operand]
    assert got.dtype == np.float64 and np.array_equal(got, MATRIX.astype(np.float32))
    assert template.tangent({operand: MATRIX}).dtype == np.float32


def test_item_and_tolist_of_few():
    check(np.ndarray.item, POINT)
    check(np.ndarray.item, np.array([[1.5]]))
    check(np.ndarray.item, VECTOR, 2)
    check(np.ndarray.tolist, POINT)
    check(np.ndarray.tolist, CUBE)


def test_full():
    check(np.full, (2, 3), 1.5)
    check(np.full, (2, 4), VECTOR)
    check(np.full, 3, np.float32(1.5))
    check(np.full_like, MATRIX, 1.5)
    check(np.full_like, MATRIX, VECTOR)


def test_linspace():
    check(np.linspace, 0.5, 1.5, 5)
    check(np.linspace, 0.5, 1.5, 5, endpoint=False)
    check(np.linspace, 0.5, 1.5, 1)
    check(np.linspace, 0, 1.5, 7)
    check(np.linspace, VECTOR, 2.5, 3)
    check(np.linspace, VECTOR, MATRIX, 3)


def test_stacks_of_lower_rank():
    for function in (np.vstack, np.hstack, np.dstack, np.column_stack):
        check(function, [VECTOR, VECTOR + 1])
        check(function, (MATRIX, MATRIX + 1))
        check(function, [VECTOR])
    for function in (np.vstack, np.hstack, np.dstack):
        check(function, [1.5, POINT, np.float32(2.5)])
        check(function, [CUBE, CUBE])
        check(function, CUBE)
    check(np.vstack, [MATRIX, VECTOR, np.arange(4)])
    check(np.dstack, [CUBE, MATRIX[None, 0, :3].reshape(1, 3)[[0, 0]]])
    check(np.column_stack, [VECTOR[:3], MATRIX])
    check(runtime.split_stacked, MATRIX, [VECTOR, MATRIX[1:]], np.atleast_2d, 0)
    check(runtime.join_stacked, [VECTOR, None], [VECTOR, VECTOR], np.atleast_2d, 0)


def test_splits():
    for function in (np.split, np.array_split):
        check(function, CUBE, 2)
        check(function, CUBE, [1, 3], axis=-1)
    check(np.array_split, CUBE, 3, axis=2)
    check(np.vsplit, CUBE, 2)
    check(np.hsplit, CUBE, 3)
    check(np.hsplit, VECTOR, 2)
    check(np.dsplit, CUBE, [1])


def test_windows():
    check(sliding_window_view, VECTOR, 2)
    check(sliding_window_view, MATRIX, (2, 3))
    check(sliding_window_view, CUBE, 2, axis=1)
    check(sliding_window_view, CUBE, (2, 2), axis=(0, 2))


def test_repetitions():
    for x in (VECTOR, CUBE, np.asfortranarray(MATRIX)):
        for axis in (None, 0, -1):
            check(np.repeat, x, 3, axis)
            check(np.repeat, x, 0, axis)
            check(np.repeat, x, np.arange(x.size if axis is None else x.shape[axis]), axis)
            check(runtime.unrepeat, np.repeat(x, 3, axis), x, 3, axis)
        for reps in (2, (2,), (2, 1), (3, 1, 2), (1, 2, 1, 2)):
            check(np.tile, x, reps)
            check(runtime.untile, np.tile(x, reps), x, reps)
    check(np.tile, 1.5, 3)


def test_diagonals():
    for offset in (0, 1, -2):
        check(np.diag, VECTOR, offset)
        check(np.diag, MATRIX, offset)
        check(np.trace, MATRIX, offset)
        check(np.diagonal, MATRIX, offset)
        check(np.diagonal, CUBE, offset, -1, 0)
        check(np.trace, CUBE, offset, -1, 0)
        check(np.tril, CUBE, offset)
        check(np.triu, MATRIX, offset)
        check(runtime.undiagonal, np.diagonal(MATRIX, offset).copy(), MATRIX, offset)
    check(np.tril, VECTOR)
    check(np.trace, MATRIX.astype(np.float32), tol=1e-5)


SECOND = {
    "unbroadcast": (runtime.unbroadcast, CUBE, MATRIX),
    "unbroadcast, stretched": (runtime.unbroadcast, CUBE, CUBE[:, :1]),
    "unbroadcast to a number": (runtime.unbroadcast, CUBE, 1.5),
    "broadcast": (runtime.broadcast, MATRIX, CUBE),
    "broadcast of a number": (runtime.broadcast, 1.5, CUBE),
    "cast": (runtime.cast, MATRIX, MATRIX),
    "unreduce": (runtime.unreduce, VECTOR, MATRIX, 0),
    "reshape_like": (runtime.reshape_like, MATRIX, MATRIX.ravel(), "F"),
    "place": (runtime.place, 1.5, MATRIX, (1, 2)),
    "add": (runtime.add, MATRIX, MATRIX),
    "split_like": (runtime.split_like, CUBE, [CUBE[:, :1], CUBE[:, 1:]], 1),
    "unstack_like": (runtime.unstack_like, [VECTOR, VECTOR], MATRIX[:2]),
    "stack_like": (runtime.stack_like, MATRIX[:2], [VECTOR, None]),
    "dense": (runtime.dense, [VECTOR, None], [VECTOR, 3]),
    "detached": (runtime.detached, MATRIX),
    "shared_alike": (runtime.shared_alike, MATRIX, MATRIX, CUBE, CUBE),
    "product_of_others": (runtime.product_of_others, MATRIX, 1),
    "product_of_others_dot": (runtime.product_of_others_dot, MATRIX, MATRIX[::-1].copy(), 0),
    "product_of_others_dot2": (runtime.product_of_others_dot2, VECTOR, VECTOR[::-1].copy(), VECTOR**2),
    "finish": (runtime.finish, MATRIX, MATRIX),
    "columns": (runtime.columns, MATRIX, VECTOR),
    "uncolumns": (runtime.uncolumns, CUBE[..., :1], VECTOR),
}


@pytest.mark.parametrize("case", SECOND.values(), ids=SECOND)
def test_derivatives_of_helpers(case):
    check(*case)
