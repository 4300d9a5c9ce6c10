"""Differences, integrals, interpolation, convolution, polynomials, statistics."""

import math

import numpy as np

from tests.corpus import program, sample

GRID = np.array([0.0, 0.5, 0.8, 1.3, 2.0])


@program((sample(6),))
def total_variation(x):
    return np.sum(np.diff(x) ** 2) + np.sum(np.diff(x, n=2, prepend=0.0) ** 3) + np.sum(np.ediff1d(x))


@program((sample(5), sample(5, seed=1)))
def arc_length(x, y):
    slope = np.gradient(y, GRID)
    return np.trapezoid(np.sqrt(1.0 + slope**2), GRID) + np.trapezoid(y, x) + np.trapezoid(y, dx=0.3)


@program((sample(4, 5),))
def divergence(u):
    rows, columns = np.gradient(u)
    return np.sum(rows**2 * columns) + np.sum(np.gradient(u, 0.1, axis=1, edge_order=2)[0] ** 2)


@program((sample(3), sample(5)))
def looked_up(x, table):
    return np.sum(np.interp(x, GRID, table) ** 2) + np.interp(0.6, GRID, table, left=0.0, right=0.0)


@program((sample(7), sample(3, seed=1)))
def filtered(x, k):
    smooth = np.convolve(x, k, mode="same")
    return np.sum(smooth * x) + np.sum(np.correlate(x, k) ** 2) + np.convolve(x, k)[0]


@program((sample(4), 0.7))
def polynomial(p, x):
    slope = np.polyval(np.polyder(p), x)
    return slope * np.polyval(p, x) + np.sum(np.polymul(p, np.polyint(p))) + np.sum(np.vander(p, 3) ** 2)


@program((sample(5),))
def fitted_line(y):
    line = np.polyfit(GRID, y, 1)
    return line[0] ** 2 + np.sum((np.polyval(line, GRID) - y) ** 2)


@program((sample(5),), (np.array([0.5, 0.0, 1.2, 0.0]),))
def running(x):
    survival = np.cumprod(1.0 - 0.2 * x)
    peaks = np.maximum.accumulate(x * x[::-1] + np.arange(len(x)))
    return survival[-1] + np.sum(x.cumprod() ** 2) + np.sum(peaks**2) + np.logaddexp.reduce(x)


@program((sample(3, 5),))
def robust_summary(x):
    centre = np.median(x, axis=1)
    spread = np.percentile(x, 75, axis=1) - np.quantile(x, 0.25, axis=1)
    return np.sum(centre * spread) + np.median(x) ** 2


@program((sample(4), sample(4, seed=1)))
def weighted_mean(x, w):
    mean = np.average(x, weights=w)
    return mean**2 + np.average((x - mean) ** 2, weights=w)


@program((sample(3, 6),), tol=1e-5)
def covariances(x):
    return np.sum(np.cov(x) ** 2) + np.corrcoef(x)[0, 1] + np.cov(x[0])


@program((sample(6),))
def missing_values(x):
    seen = np.where(np.arange(6) % 3 == 1, np.nan, x)
    return np.nansum(seen**2) + np.nanmean(seen) * np.nanmax(seen) + np.nanstd(seen)


@program((sample(3), sample(3, seed=1)))
def of_python(p, q):
    a, b = p.tolist(), q.tolist()
    return math.dist(a, b) + math.prod(a) * math.fsum(b) + math.hypot(a[0], a[1], a[2])


@program((sample(3), sample(4, seed=1)))
def outer_of_a_ufunc(x, z):
    return np.sum(np.subtract.outer(x, z) ** 2) + np.sum(np.multiply.outer(x, z)[1]) + np.add.reduce(x)
