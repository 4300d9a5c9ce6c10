"""Reductions along any axes, with and without `keepdims`, in any layout; ties, zeros, empty arrays, float32."""

import numpy as np
import pytest

from s2sgrad import rules
from s2sgrad.runtime import product_of_others
from tests.rules.oracle import Template, check

RANDOM = np.random.RandomState(0)
CUBE = RANDOM.permutation(24).reshape(2, 3, 4) / 10 + 0.3  # no ties
MATRIX = CUBE[0]
VECTOR = MATRIX[1]

ALL = [np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin, np.var, np.std, np.ptp]
AXES = [None, 0, 1, -1, -3, (0, 1), (-1, 0), (1,), (2, 0, 1)]
LAYOUTS = {
    "vector": VECTOR,
    "contiguous": MATRIX,
    "Fortran": np.asfortranarray(MATRIX),
    "strided": np.repeat(CUBE, 2, axis=2)[:, ::-1, ::2],
    "axis of length 1": CUBE[:, :1],
}


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_axes(function, axis, keepdims):
    check(function, CUBE, axis, keepdims=keepdims)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_layouts(function, layout):
    check(function, LAYOUTS[layout])
    check(function, LAYOUTS[layout], axis=-1)


@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_float32_stays_float32(function):
    narrow = MATRIX.astype(np.float32)
    check(function, narrow, tol=1e-4)
    check(function, narrow, axis=1, tol=1e-4)
    check(function, narrow, axis=0, keepdims=True, tol=1e-4)


@pytest.mark.parametrize("function", [np.sum, np.mean, np.prod, np.max, np.min, np.var], ids=lambda f: f.__name__)
def test_arrays_without_axes(function):
    check(function, np.array(1.5))


def test_numbers():
    check(np.sum, 1.5)
    check(np.sum, np.float32(1.5))


@pytest.mark.parametrize("function", [np.sum, np.prod], ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty(function, shape):
    for axis in (None, 0, -1):
        check(function, np.zeros(shape), axis)


@pytest.mark.parametrize("function", [np.mean, np.max, np.var, np.std], ids=lambda f: f.__name__)
def test_empty_beside_the_axis(function):
    check(function, np.zeros((3, 0)), axis=0)


@pytest.mark.parametrize("function", [np.var, np.std], ids=lambda f: f.__name__)
def test_ddof(function):
    check(function, MATRIX, ddof=1)
    check(function, MATRIX, axis=1, ddof=1)
    check(function, MATRIX, axis=(0, 1), ddof=2, keepdims=True)


@pytest.mark.parametrize("zeros", [[1], [0, 2], [0, 1, 2]])
def test_products_with_zeros(zeros):
    row = np.array([2.0, 3.0, 5.0])
    row[zeros] = 0.0
    check(np.prod, row)
    check(np.prod, np.stack([row, row + 1.0]), axis=1)
    check(product_of_others, row)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)], ids=str)
def test_product_of_others(axis):
    check(product_of_others, CUBE, axis)


@pytest.mark.parametrize("function", [np.max, np.min], ids=lambda f: f.__name__)
def test_ties_share(function):

    tied = np.array([[1.0, 1.0], [2.0, 1.0]])
    for axis, expected in [(None, [[1, 1], [0, 1]]), (0, [[1, 0.5], [0, 0.5]]), (1, [[0.5, 0.5], [0, 1]])]:
        tied_min = tied if function is np.min else -tied
        template = Template(rules.lookup(function), (tied_min, axis), {}, function(tied_min, axis), known=True)
        got = template.pullback(np.ones(np.shape(template.y))[()], ["a"])["a"]
        assert np.array_equal(got, np.array(expected) / (3 if axis is None else 1))


@pytest.mark.parametrize("axis", [None, 0, 1, -1], ids=str)
def test_cumsum(axis):
    check(np.cumsum, CUBE, axis)
    check(np.cumsum, VECTOR if axis in (None, 0, -1) else MATRIX, axis)
