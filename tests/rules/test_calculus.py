"""Differences, running products, integrals, interpolation, convolution, polynomials, order statistics, covariances."""

import numpy as np
import pytest

from s2sgrad import rules, runtime
from tests.rules.oracle import Template, check

RANDOM = np.random.RandomState(0)
CUBE = RANDOM.permutation(60).reshape(3, 4, 5) / 20 + 0.3  # no ties
MATRIX, VECTOR = CUBE[0], CUBE[1, 2]
GRID = np.array([0.1, 0.5, 0.7, 1.6, 2.0])
HOLES = CUBE.copy()
HOLES[0, 1, 2] = HOLES[2, 3, 4] = HOLES[2, 3, 0] = np.nan
AXES = [None, 0, 1, -1, (0, 2), (-1, 0)]


def test_diff():
    for n in (0, 1, 2, 3):
        for axis in (0, 1, -1):
            check(np.diff, CUBE, n, axis)
    check(np.diff, VECTOR, 7)
    check(np.diff, VECTOR * (1 + 1j))
    check(np.diff, VECTOR, prepend=0.5)
    check(np.diff, VECTOR, 2, append=np.array([0.5, 1.5]))
    check(np.diff, MATRIX, prepend=0.5, append=MATRIX[:, :2])
    check(np.diff, MATRIX, axis=0, prepend=MATRIX[:1], append=0.5)
    check(np.ediff1d, MATRIX)
    check(runtime.edge_layer, 0.5, MATRIX, 0)


@pytest.mark.parametrize("order", [1, 2])
def test_gradient(order):
    check(np.gradient, VECTOR, edge_order=order)
    check(np.gradient, VECTOR, 0.3, edge_order=order)
    check(np.gradient, VECTOR, GRID, edge_order=order)
    check(np.gradient, CUBE, edge_order=order)
    check(np.gradient, CUBE, 0.3, axis=(0, 2), edge_order=order)
    check(np.gradient, MATRIX, 0.3, GRID, edge_order=order)
    check(np.gradient, MATRIX, GRID, axis=1, edge_order=order)
    check(np.gradient, MATRIX, axis=-1, edge_order=order)


def test_trapezoid():
    for axis in (0, 1, -1):
        check(np.trapezoid, CUBE, axis=axis)
        check(np.trapezoid, CUBE, dx=0.3, axis=axis)
        check(np.trapezoid, CUBE, GRID[: CUBE.shape[axis]], axis=axis)
        check(np.trapezoid, CUBE, CUBE**2, axis=axis)
    check(np.trapezoid, VECTOR, GRID)
    check(np.trapezoid, MATRIX, MATRIX[:1] ** 2)
    check(runtime.neighbour_means, MATRIX, 0)
    check(runtime.unneighbour_means, MATRIX, np.zeros((5, 5)), 0)
    check(runtime.step_widths, GRID, MATRIX, 1)
    check(runtime.unstep_widths, MATRIX, np.zeros(6), MATRIX, 1)


@pytest.mark.parametrize("x", [CUBE, CUBE - CUBE[0, 0, 1], CUBE.astype(np.float32), CUBE * (1 + 0.2j)], ids=str)
def test_running_products(x):
    tol = 1e-3 if x.dtype == np.float32 else 1e-6
    for axis in (None, 0, 1, -1):
        check(np.cumprod, x[:2, :2], axis=axis, tol=tol)
    check(np.multiply.accumulate, x[:2, :2], 2, tol=tol)


def test_accumulate_and_reduce():
    for axis in (0, 1, -1):
        for function in (np.add.accumulate, np.maximum.accumulate, np.minimum.accumulate):
            check(function, CUBE, axis)
        for function in (np.add.reduce, np.multiply.reduce, np.maximum.reduce, np.minimum.reduce, np.logaddexp.reduce):
            check(function, CUBE[:2, :3], axis)
            check(function, CUBE[:2, :3], axis, keepdims=True)


def test_cumulative():
    if hasattr(np, "cumulative_sum"):
        for function in (np.cumulative_sum, np.cumulative_prod):
            check(function, VECTOR)
            check(function, MATRIX, axis=0)
            check(function, MATRIX, axis=-1)


def test_interp():
    x = np.array([-0.5, 0.3, 0.55, 1.1, 1.9, 3.0])
    check(np.interp, x, GRID, VECTOR)
    check(np.interp, x.reshape(2, 3), GRID, VECTOR)
    check(np.interp, 0.8, GRID, VECTOR)
    check(np.interp, x, GRID, VECTOR, 0.5)
    check(np.interp, x, GRID, VECTOR, right=0.5)
    check(np.interp, x, GRID, VECTOR, 0.5, 1.5)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolution(mode):
    for m, n in [(5, 3), (5, 4), (4, 5), (3, 5), (4, 4), (5, 1), (1, 4)]:
        a, v = RANDOM.uniform(-1.0, 1.0, m), RANDOM.uniform(-1.0, 1.0, n)
        check(np.convolve, a, v, mode)
        check(np.correlate, a, v, mode)
        check(np.correlate, a * (1 + 0.5j), v * (0.3 - 1j), mode)
        check(np.convolve, a, v * (0.3 - 1j), mode)


def test_polynomials():
    for x in (0.7, VECTOR, MATRIX):
        check(np.polyval, VECTOR, x, tol=1e-6)
        check(np.polyval, VECTOR[:1], x)
    for m in (1, 2, 4):
        check(np.polyder, VECTOR, m)
        check(np.polyint, VECTOR, m)
    for function in (np.polyadd, np.polysub, np.polymul):
        check(function, VECTOR, MATRIX[0, :3])
        check(function, MATRIX[0, :2], VECTOR)
    check(np.polymul, np.array([1.5, 2.0]), VECTOR)
    check(np.vander, VECTOR)
    check(np.vander, VECTOR, 3)
    check(np.vander, VECTOR, 4, increasing=True)
    check(np.logspace, 0.1, 0.9, 5)
    check(np.logspace, 0.1, 0.9, 5, endpoint=False)
    check(np.geomspace, 0.1, 0.9, 5)


def test_polyfit():
    template = Template(rules.lookup(np.polyfit), (GRID, VECTOR, 2), {}, np.polyfit(GRID, VECTOR, 2), True)
    w = np.array([1.0, -2.0, 0.5])
    bar = template.pullback(w, ["y"])["y"]
    expected = [w @ np.polyfit(GRID, unit, 2) for unit in np.eye(5)]
    assert np.allclose(bar, expected)
    assert np.allclose(template.tangent({"y": VECTOR}), np.polyfit(GRID, VECTOR, 2))


@pytest.mark.parametrize("axis", AXES)
def test_order_statistics(axis):
    for keepdims in (False, True):
        check(np.median, CUBE, axis, keepdims=keepdims)
        check(np.median, CUBE[:2], axis, keepdims=keepdims)
        check(np.quantile, CUBE, 0.3, axis, keepdims=keepdims)
        check(np.percentile, CUBE, 77.0, axis, keepdims=keepdims)
    check(np.quantile, CUBE, np.array([0.0, 0.4, 1.0]), axis)
    check(np.percentile, CUBE, [10.0, 50.0], axis)


def test_average():
    for axis in (None, 0, 1, -1):
        check(np.average, CUBE, axis)
        check(np.average, CUBE, axis, CUBE**2)
        check(np.average, CUBE, axis, CUBE**2, keepdims=True)
    check(np.average, CUBE, -1, VECTOR)
    check(np.average, MATRIX, 1, VECTOR)
    check(np.average, MATRIX, 0, VECTOR[:4])
    check(np.average, VECTOR, weights=VECTOR**2)


@pytest.mark.parametrize("axis", AXES)
def test_without_nan(axis):
    for function in (np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd):
        check(function, CUBE, axis, tol=1e-6)
        check(function, CUBE, axis, keepdims=True, tol=1e-6)
        y = function(HOLES, axis)
        template = Template(rules.lookup(function), (HOLES, axis), {}, y, True)
        bar = template.pullback(np.ones_like(y), ["a"])["a"]
        assert np.all(np.isfinite(bar)) and not np.any(bar[np.isnan(HOLES)])
        filled = np.where(np.isnan(HOLES), 0.0, HOLES)

        def of_filled(x, function=function):
            return function(np.where(np.isnan(HOLES), np.nan, x), axis)

        step = 1e-6 * np.where(np.isnan(HOLES), 0.0, RANDOM.uniform(-1.0, 1.0, CUBE.shape))
        along = np.sum(of_filled(filled + step) - of_filled(filled - step)) / 2e-6
        assert np.isclose(np.sum(bar * step) / 1e-6, along, rtol=1e-4, atol=1e-5)


def test_cumulative_sums_without_nan():
    check(np.nancumsum, MATRIX)
    check(np.nancumsum, MATRIX, 0)


def test_covariances():
    for m in (MATRIX, VECTOR, MATRIX[:1], MATRIX[:, :1]):
        for rowvar in (True, False):
            if (m.shape[-1] if rowvar or m.ndim == 1 else m.shape[0]) > 1:
                check(np.cov, m, rowvar=rowvar)
                check(np.cov, m, rowvar=rowvar, bias=True)
                check(np.cov, m, rowvar=rowvar, ddof=0)
    check(np.corrcoef, MATRIX)
    check(np.corrcoef, MATRIX, rowvar=False)
    check(runtime.centred_rows, MATRIX, False)
    check(runtime.uncentred_rows, MATRIX, MATRIX)


def test_helpers():
    check(runtime.undiff, MATRIX, np.zeros((6, 5)), 2, 0)
    check(runtime.ungradient, [MATRIX, MATRIX], MATRIX, (), None, 1)
    for axis in (None, 0, 1):
        y = np.cumprod(MATRIX, axis)
        check(runtime.uncumprod, y, MATRIX, axis, tol=1e-6)
        check(runtime.cumprod_dot, CUBE[1], MATRIX, axis, tol=1e-6)
