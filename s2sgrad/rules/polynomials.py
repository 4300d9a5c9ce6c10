"""Polynomials by their coefficients, highest degree first, and rows of powers."""

import numpy as np

from s2sgrad.rules.notation import bar, dot, refused, rule, zero
from s2sgrad.runtime import cast, falling_factors

zero(falling_factors)


@rule(np.polyval)
def polyval(y, p, x):
    dot[y] = np.polyval(dot[p], x) + np.polyval(np.polyder(p), x) * dot[x]
    bar[p] = cast(np.ravel(bar[y]) @ np.vander(np.ravel(x), len(p)), p)
    bar[x] = cast(bar[y] * np.polyval(np.polyder(p), x), x)


@rule(np.polyder, aliasing="maybe")
def polyder(y, p, m=1):
    dot[y] = np.polyder(dot[p], m)
    bar[p] = np.pad(bar[y] * falling_factors(len(p), m), (0, len(p) - len(y)))


@rule(np.polyint, aliasing="maybe")
def polyint(y, p, m=1, k=None):
    dot[y] = np.polyint(dot[p], m)
    bar[p] = cast(bar[y][: len(p)] / falling_factors(len(y), m), p)
    bar[k] = refused


@rule(np.polyadd)
def polyadd(y, a1, a2):
    dot[y] = np.polyadd(dot[a1], dot[a2])
    bar[a1] = bar[y][len(y) - len(a1) :]
    bar[a2] = bar[y][len(y) - len(a2) :]


@rule(np.polysub)
def polysub(y, a1, a2):
    dot[y] = np.polysub(dot[a1], dot[a2])
    bar[a1] = bar[y][len(y) - len(a1) :]
    bar[a2] = -bar[y][len(y) - len(a2) :]


@rule(np.polymul)
def polymul(y, a1, a2):
    dot[y] = (np.convolve(dot[a1], a2) + np.convolve(a1, dot[a2]))[len(a1) + len(a2) - 1 - len(y) :]
    g = np.pad(bar[y], (len(a1) + len(a2) - 1 - len(y), 0))
    bar[a1] = cast(np.convolve(g, a2[::-1], "valid"), a1)
    bar[a2] = cast(np.convolve(g, a1[::-1], "valid"), a2)


@rule(np.polyfit)
def polyfit(p, x, y, deg):
    """The least squares solution, linear in `y`."""
    dot[p] = np.polyfit(x, dot[y], deg)
    bar[x] = refused
    bar[y] = np.matrix_transpose(np.linalg.pinv(np.vander(x, deg + 1))) @ bar[p]


@rule(np.vander)
def vander(y, x, N=None, increasing=False):
    if increasing is False:
        k = np.arange(y.shape[1])[::-1]
        slope = k * x[:, None] ** np.maximum(k - 1, 0)
    elif increasing is True:
        k = np.arange(y.shape[1])
        slope = k * x[:, None] ** np.maximum(k - 1, 0)
    else:
        raise NotImplementedError("np.vander whose order is not known when the derivative is compiled")
    dot[y] = slope * dot[x][:, None]
    bar[x] = np.sum(bar[y] * slope, axis=1)


@rule(np.logspace)
def logspace(y, start, stop, num=50, endpoint=True, base=10.0):
    """base ** linspace"""
    t = np.linspace(0.0, 1.0, num, endpoint)
    dot[y] = y * np.log(base) * (dot[start] * (1.0 - t) + dot[stop] * t)
    bar[start] = cast(np.log(base) * np.sum(bar[y] * y * (1.0 - t)), start)
    bar[stop] = cast(np.log(base) * np.sum(bar[y] * y * t), stop)
    bar[base] = refused


@rule(np.geomspace)
def geomspace(y, start, stop, num=50, endpoint=True):
    """start ** (1 - t) * stop ** t"""
    t = np.linspace(0.0, 1.0, num, endpoint)
    dot[y] = y * (dot[start] / start * (1.0 - t) + dot[stop] / stop * t)
    bar[start] = cast(np.sum(bar[y] * y * (1.0 - t)) / start, start)
    bar[stop] = cast(np.sum(bar[y] * y * t) / stop, stop)
