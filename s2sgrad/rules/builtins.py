"""Python's own functions of numbers: `math`, conversions, `max`, `min`, `sum`.

Where `math` raises no error, neither does its derivative: `math.sqrt(0.0)` has slope inf, as `np.sqrt` has.
`max` and `min` follow the branch taken: the whole derivative goes to the item that they return.
"""

from __future__ import annotations

# ruff: noqa: F401 (what is imported here, the texts of the rules use)
import math

import numpy as np

from s2sgrad.rules.notation import bar, dot, elementwise, rule
from s2sgrad.runtime import (
    add,
    broadcast,
    cast,
    dense,
    divide,
    divide_or_zero,
    inner,
    log_in_field,
    log_or_zero,
    polygamma,
    power_dx,
    product_of_others,
    scale_all,
    selected_bars,
    selected_dot,
    stack_like,
    sum_bars,
    unbroadcast,
    unpack,
    unstack_like,
)

# fmt: off
POWER_X = "z * x ** (z - 1) if z >= 1 or z < 0 else power_dx(x, z)"  # the short form where z is a literal
POWER_Z = "y * math.log(x) if x > 0 else y * log_or_zero(x)"
POWER_COMPLEX = "y * math.log(x) if x > 0 else y * log_or_zero(x) if np.isrealobj(y) else y * log_in_field(x, y)"

elementwise("y = abs(x)",                 "np.sign(x) if np.isrealobj(x) else np.conjugate(np.sign(x))")
elementwise("y = pow(x, z)",              POWER_X,                              POWER_COMPLEX)

elementwise("y = math.pow(x, z)",         POWER_X,                              POWER_Z)
elementwise("y = math.sqrt(x)",           "divide(0.5, y)")
elementwise("y = math.cbrt(x)",           "divide(1, 3 * y * y)")
elementwise("y = math.exp(x)",            "y")
elementwise("y = math.exp2(x)",           "math.log(2) * y")
elementwise("y = math.expm1(x)",          "y + 1")
elementwise("y = math.log2(x)",           "1 / (math.log(2) * x)")
elementwise("y = math.log10(x)",          "1 / (math.log(10) * x)")
elementwise("y = math.log1p(x)",          "1 / (1 + x)")
elementwise("y = math.sin(x)",            "math.cos(x)")
elementwise("y = math.cos(x)",            "-math.sin(x)")
elementwise("y = math.tan(x)",            "1 + y * y")
elementwise("y = math.asin(x)",           "divide(1, math.sqrt(1 - x * x))")
elementwise("y = math.acos(x)",           "divide(-1, math.sqrt(1 - x * x))")
elementwise("y = math.atan(x)",           "1 / (1 + x * x)")
elementwise("y = math.atan2(x, z)",       "divide(z, x * x + z * z)",           "divide(-x, x * x + z * z)")
elementwise("y = math.sinh(x)",           "math.cosh(x)")
elementwise("y = math.cosh(x)",           "math.sinh(x)")
elementwise("y = math.tanh(x)",           "1 - y * y")
elementwise("y = math.asinh(x)",          "1 / math.sqrt(x * x + 1)")
elementwise("y = math.acosh(x)",          "divide(1, math.sqrt(x * x - 1))")
elementwise("y = math.atanh(x)",          "1 / (1 - x * x)")
elementwise("y = math.degrees(x)",        "180 / math.pi")
elementwise("y = math.radians(x)",        "math.pi / 180")
elementwise("y = math.erf(x)",            "2 / math.sqrt(math.pi) * math.exp(-x * x)")
elementwise("y = math.erfc(x)",           "-2 / math.sqrt(math.pi) * math.exp(-x * x)")
elementwise("y = math.gamma(x)",          "y * polygamma(0, x)")
elementwise("y = math.lgamma(x)",         "polygamma(0, x)")
elementwise("y = math.fabs(x)",           "np.sign(x)")
elementwise("y = math.copysign(x, z)",    "np.sign(x) * np.sign(y)",            None)
elementwise("y = math.fmod(x, z)",        "1",                                  "(y - x) / z")
elementwise("y = math.remainder(x, z)",   "1",                                  "(y - x) / z")
elementwise("y = math.ldexp(x, i)",       "math.ldexp(1.0, i)",                 None)
elementwise("y = math.nextafter(x, z)",   "1",                                  None)
if hasattr(math, "fma"):  # Python 3.13
    elementwise("y = math.fma(x, z, w)",  "z",  "x",  "1")

elementwise("y = divide(x, z)",           "divide(1.0, z)",                     "divide(-y, z)")
elementwise("y = polygamma(n, x)",        None,                                 "polygamma(n + 1, x)")
# fmt: on


@rule(math.log)
def log(y, x, base=None):
    if base is None:
        dot[y] = dot[x] / x
        bar[x] = bar[y] / x
    else:
        dot[y] = (dot[x] / x - y * dot[base] / base) / math.log(base)
        bar[x] = bar[y] / (x * math.log(base))
        bar[base] = -y * bar[y] / (base * math.log(base))


@rule(math.hypot, lists=True)
def hypot(y, *coordinates):
    dot[y] = divide_or_zero(inner(coordinates, dot[coordinates]), y)
    bar[coordinates] = scale_all(coordinates, divide_or_zero(bar[y], y))


@rule(math.frexp)
def frexp(y, x):
    """`y` is (mantissa, exponent)."""
    dot[y] = (math.ldexp(dot[x], -y[1]), 0)
    bar[x] = math.ldexp(bar[y][0], -y[1])


@rule(math.dist, lists=True)
def dist(y, p, q):
    """The root of the sum of squares of the differences."""
    apart = np.subtract(p, q)
    dot[y] = divide_or_zero(inner(apart, dense(dot[p], p)) - inner(apart, dense(dot[q], q)), y)
    bar[p] = unstack_like(p, divide_or_zero(bar[y], y) * apart)
    bar[q] = unstack_like(q, -divide_or_zero(bar[y], y) * apart)


@rule(math.prod, lists=True)
def prod(y, iterable, *, start=1):
    """The derivative by each is the product of the others."""
    others = product_of_others(np.asarray(iterable))
    dot[y] = start * inner(others, dense(dot[iterable], iterable)) + dot[start] * math.prod(iterable)
    bar[iterable] = unstack_like(iterable, bar[y] * start * others)
    bar[start] = cast(bar[y] * math.prod(iterable), start)


@rule(math.modf)
def modf(y, x):
    """`y` is (fraction, integer)."""
    dot[y] = (dot[x], 0.0)
    bar[x] = bar[y][0]


@rule(divmod)
def divmod_(y, x, z):
    """`y` is (quotient, remainder)."""
    dot[y] = (0.0 * y[0], dot[x] - y[0] * dot[z])
    bar[x] = unbroadcast(bar[y][1], x)
    bar[z] = unbroadcast(-y[0] * bar[y][1], z)


@rule(max, min, aliasing="maybe")
def max_min(y, *args, key=None):
    dot[y] = selected_dot(args, y, dot[args])
    bar[args] = selected_bars(args, y, bar[y])


@rule(sum, aliasing="maybe")
def sum_(y, iterable, start=0):
    dot[y] = sum(dense(dot[iterable], iterable)) + dot[start]
    bar[iterable] = sum_bars(iterable, bar[y])
    bar[start] = unbroadcast(bar[y], start)


@rule(math.fsum, lists=True)
def fsum(y, seq):
    dot[y] = sum(dense(dot[seq], seq))
    bar[seq] = sum_bars(seq, bar[y])


@rule(list, tuple, aliasing="view", lists=True)
def items(y, x):
    """The items of an array, or of another container."""
    dot[y] = list(dot[x])
    if x.ndim >= 1:
        bar[x] = stack_like(x, bar[y])
    else:
        bar[x] = bar[y]


@rule(unpack, aliasing="view")
def unpack_(y, value, n):
    dot[y] = unpack(dot[value], n)
    bar[value] = bar[y]


@rule(float)
def float_(y, x=0.0):
    dot[y] = float(dot[x])
    bar[x] = broadcast(bar[y], x)


@rule(np.float16, np.float32, np.float64, np.longdouble, aliasing="maybe")
def float_of_numpy(y, x=0.0):
    dot[y] = cast(dot[x], y)
    bar[x] = cast(bar[y], x)


# ------------------------------------------------------------------------------------ the derivatives of helpers


@rule(selected_bars)
def selected_bars_(w, args, y, g):
    dot[w] = selected_bars(args, y, dot[g])
    bar[g] = selected_dot(args, y, bar[w])


@rule(selected_dot)
def selected_dot_(w, args, y, dots):
    dot[w] = selected_dot(args, y, dot[dots])
    bar[dots] = selected_bars(args, y, bar[w])


@rule(sum_bars, aliasing="maybe")
def sum_bars_(w, xs, g):
    dot[w] = sum_bars(xs, dot[g])
    bar[g] = unbroadcast(sum(dense(bar[w], xs)), g)


@rule(scale_all)
def scale_all_(w, xs, factor):
    dot[w] = add(scale_all(dot[xs], factor), scale_all(xs, dot[factor]))
    bar[xs] = scale_all(bar[w], factor)
    bar[factor] = inner(xs, bar[w])


@rule(inner)
def inner_(y, xs, zs):
    dot[y] = inner(dot[xs], zs) + inner(xs, dot[zs])
    bar[xs] = scale_all(zs, bar[y])
    bar[zs] = scale_all(xs, bar[y])
