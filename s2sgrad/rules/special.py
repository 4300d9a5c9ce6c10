"""SciPy's special functions. This family is loaded when the program itself has imported `scipy.special`."""

from __future__ import annotations

# ruff: noqa: F401 (what is imported here, the texts of the rules use)
import math

import numpy as np
import scipy.special

from s2sgrad.rules.notation import bar, dot, elementwise, refused, rule
from s2sgrad.runtime import cast, divide_or_zero, log_or_zero, unbroadcast, unreduce

# fmt: off
GAUSS = "2 / math.sqrt(math.pi) * np.exp(-x * x)"
elementwise("y = scipy.special.erf(x)",          GAUSS)
elementwise("y = scipy.special.erfc(x)",         f"-({GAUSS})")
elementwise("y = scipy.special.erfcx(x)",        "2 * x * y - 2 / math.sqrt(math.pi)")
elementwise("y = scipy.special.erfinv(x)",       "math.sqrt(math.pi) / 2 * np.exp(y * y)")
elementwise("y = scipy.special.erfcinv(x)",      "-math.sqrt(math.pi) / 2 * np.exp(y * y)")
elementwise("y = scipy.special.ndtr(x)",         "np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)")
elementwise("y = scipy.special.log_ndtr(x)",     "np.exp(-0.5 * x * x - y) / math.sqrt(2 * math.pi)")
elementwise("y = scipy.special.ndtri(x)",        "math.sqrt(2 * math.pi) * np.exp(0.5 * y * y)")
elementwise("y = scipy.special.dawsn(x)",        "1 - 2 * x * y")

elementwise("y = scipy.special.expit(x)",        "y * (1 - y)")
elementwise("y = scipy.special.log_expit(x)",    "scipy.special.expit(-x)")
elementwise("y = scipy.special.logit(x)",        "1 / (x * (1 - x))")
elementwise("y = scipy.special.xlogy(x, z)",     "log_or_zero(z)",                  "divide_or_zero(x, z)")
elementwise("y = scipy.special.xlog1py(x, z)",   "np.log1p(z)",                     "divide_or_zero(x, 1 + z)")
elementwise("y = scipy.special.entr(x)",         "-np.log(x) - 1")
elementwise("y = scipy.special.rel_entr(x, z)",  "np.log(x / z) + 1",               "-x / z")
elementwise("y = scipy.special.kl_div(x, z)",    "np.log(x / z)",                   "1 - x / z")
elementwise("y = scipy.special.huber(d, x)",     "np.where(np.abs(x) > d, np.abs(x) - d, 0.0)", "np.clip(x, -d, d)")
elementwise("y = scipy.special.exp10(x)",        "math.log(10) * y")
elementwise("y = scipy.special.exprel(x)",       "np.where(np.abs(x) < 1e-5, 0.5 + x / 3, (np.exp(x) - y) / np.where(x == 0, 1.0, x))")  # noqa: E501
elementwise("y = scipy.special.cbrt(x)",         "1 / (3 * y * y)")
elementwise("y = scipy.special.expm1(x)",        "y + 1")
elementwise("y = scipy.special.log1p(x)",        "1 / (1 + x)")

elementwise("y = scipy.special.gamma(x)",        "y * scipy.special.digamma(x)")
elementwise("y = scipy.special.gammaln(x)",      "scipy.special.digamma(x)")
elementwise("y = scipy.special.rgamma(x)",       "-y * scipy.special.digamma(x)")
elementwise("y = scipy.special.digamma(x)",      "scipy.special.polygamma(1, x)")
elementwise("y = scipy.special.beta(x, z)",      "y * (scipy.special.digamma(x) - scipy.special.digamma(x + z))",
                                                 "y * (scipy.special.digamma(z) - scipy.special.digamma(x + z))")
elementwise("y = scipy.special.betaln(x, z)",    "scipy.special.digamma(x) - scipy.special.digamma(x + z)",
                                                 "scipy.special.digamma(z) - scipy.special.digamma(x + z)")
elementwise("y = scipy.special.poch(x, m)",      "y * (scipy.special.digamma(x + m) - scipy.special.digamma(x))",
                                                 "y * scipy.special.digamma(x + m)")
elementwise("y = scipy.special.binom(n, k)",     "y * (scipy.special.digamma(n + 1) - scipy.special.digamma(n - k + 1))",  # noqa: E501
                                                 "y * (scipy.special.digamma(n - k + 1) - scipy.special.digamma(k + 1))")  # noqa: E501

elementwise("y = scipy.special.j0(x)",           "-scipy.special.j1(x)")
elementwise("y = scipy.special.j1(x)",           "0.5 * (scipy.special.j0(x) - scipy.special.jv(2, x))")
elementwise("y = scipy.special.y0(x)",           "-scipy.special.y1(x)")
elementwise("y = scipy.special.y1(x)",           "0.5 * (scipy.special.y0(x) - scipy.special.yv(2, x))")
elementwise("y = scipy.special.i0(x)",           "scipy.special.i1(x)")
elementwise("y = scipy.special.i1(x)",           "0.5 * (scipy.special.i0(x) + scipy.special.iv(2, x))")
elementwise("y = scipy.special.i0e(x)",          "scipy.special.i1e(x) - np.sign(x) * y")
elementwise("y = scipy.special.k0(x)",           "-scipy.special.k1(x)")
elementwise("y = scipy.special.k1(x)",           "-0.5 * (scipy.special.k0(x) + scipy.special.kv(2, x))")
elementwise("y = scipy.special.spence(x)",       "np.where(x == 1, -1.0, np.log(x) / (1 - np.where(x == 1, 0.0, x)))")
# fmt: on


@rule(scipy.special.polygamma)
def polygamma(y, n, x):
    dot[y] = scipy.special.polygamma(n + 1, x) * dot[x]
    bar[x] = unbroadcast(bar[y] * scipy.special.polygamma(n + 1, x), x)


@rule(scipy.special.jv)
def jv(y, v, z):
    """By the order, no derivative is known."""
    slope = 0.5 * (scipy.special.jv(v - 1, z) - scipy.special.jv(v + 1, z))
    dot[y] = slope * dot[z]
    bar[v] = refused
    bar[z] = unbroadcast(bar[y] * slope, z)


@rule(scipy.special.yv)
def yv(y, v, z):
    """By the order, no derivative is known."""
    slope = 0.5 * (scipy.special.yv(v - 1, z) - scipy.special.yv(v + 1, z))
    dot[y] = slope * dot[z]
    bar[v] = refused
    bar[z] = unbroadcast(bar[y] * slope, z)


@rule(scipy.special.iv)
def iv(y, v, z):
    """By the order, no derivative is known."""
    slope = 0.5 * (scipy.special.iv(v - 1, z) + scipy.special.iv(v + 1, z))
    dot[y] = slope * dot[z]
    bar[v] = refused
    bar[z] = unbroadcast(bar[y] * slope, z)


@rule(scipy.special.kv)
def kv(y, v, z):
    """By the order, no derivative is known."""
    slope = -0.5 * (scipy.special.kv(v - 1, z) + scipy.special.kv(v + 1, z))
    dot[y] = slope * dot[z]
    bar[v] = refused
    bar[z] = unbroadcast(bar[y] * slope, z)


@rule(scipy.special.logsumexp)
def logsumexp(y, a, axis=None, b=None, keepdims=False, return_sign=False):
    """Each has the share of the sum that its exponential has."""
    if return_sign is not False:
        raise NotImplementedError("logsumexp with return_sign")
    if b is None:
        share = np.exp(a - unreduce(y, a, axis))
        dot[y] = np.sum(share * dot[a], axis=axis, keepdims=keepdims)
        bar[a] = unreduce(bar[y], a, axis) * share
    elif a.ndim == b.ndim:
        power = np.exp(a - unreduce(y, a, axis))
        dot[y] = np.sum(b * power * dot[a] + power * dot[b], axis=axis, keepdims=keepdims)
        bar[a] = cast(unreduce(bar[y], a, axis) * b * power, a)
        bar[b] = cast(unreduce(bar[y], a, axis) * power, b)
    else:
        raise NotImplementedError("logsumexp with weights of another rank")


@rule(scipy.special.softmax)
def softmax(y, x, axis=None):
    dot[y] = y * (dot[x] - np.sum(y * dot[x], axis=axis, keepdims=True))
    bar[x] = y * (bar[y] - np.sum(bar[y] * y, axis=axis, keepdims=True))


@rule(scipy.special.log_softmax)
def log_softmax(y, x, axis=None):
    dot[y] = dot[x] - np.sum(np.exp(y) * dot[x], axis=axis, keepdims=True)
    bar[x] = bar[y] - np.exp(y) * np.sum(bar[y], axis=axis, keepdims=True)
