"""NumPy's elementwise functions: ∂y/∂operand each, broadcasting aside. The compiler and the tangent both use these.

At ties and kinks: the larger of two equals is half of each; |x|' is 0 at 0; `clip` at its bounds has slope 1.
"""

from __future__ import annotations

# ruff: noqa: F401 (what is imported here, the texts of the rules use)
import math
import operator

import numpy as np

from s2sgrad.rules.notation import also, bar, dot, elementwise, methods, operators, refused, rule
from s2sgrad.runtime import (
    cast,
    divide_or_zero,
    exp_difference,
    larger,
    log_in_field,
    log_or_zero,
    power_dx,
    sinc_derivative,
    unbroadcast,
)

# fmt: off

# ------------------------------------------------------------------------------------------------------ arithmetic
elementwise("y = np.add(x, z)",           "1",                      "1")
elementwise("y = np.subtract(x, z)",      "1",                      "-1")
elementwise("y = np.multiply(x, z)",      "z",                      "x")
elementwise("y = np.divide(x, z)",        "1 / z",                  "-y / z")
elementwise("y = np.remainder(x, z)",     "1",                      "-(x // z)")
elementwise("y = np.fmod(x, z)",          "1",                      "(y - x) / z")
elementwise("y = np.negative(x)",         "-1")
elementwise("y = np.positive(x)",         "1")
elementwise("y = np.reciprocal(x)",       "-y * y")
elementwise("y = np.square(x)",           "2 * x")
elementwise("y = np.absolute(x)",         "np.sign(x) if np.isrealobj(x) else np.conjugate(np.sign(x))")
elementwise("y = np.fabs(x)",             "np.sign(x)")
elementwise("y = np.copysign(x, z)",      "divide_or_zero(y, x)",   None)

POWER_X = "z * x ** (z - 1) if z >= 1 or z < 0 else power_dx(x, z)"  # the short form where z is a literal
POWER_Z = "y * math.log(x) if x > 0 else y * log_or_zero(x) if np.isrealobj(y) else y * log_in_field(x, y)"
elementwise("y = np.power(x, z)",         POWER_X,                  POWER_Z)
elementwise("y = np.float_power(x, z)",   POWER_X,                  POWER_Z)
elementwise("y = np.sqrt(x)",             "0.5 / y")
elementwise("y = np.cbrt(x)",             "1 / (3 * y * y)")

# ------------------------------------------------------------------------------------- exponentials and logarithms
elementwise("y = np.exp(x)",              "y")
elementwise("y = np.exp2(x)",             "math.log(2) * y")
elementwise("y = np.expm1(x)",            "y + 1")
elementwise("y = np.log(x)",              "1 / x")
elementwise("y = np.log2(x)",             "1 / (math.log(2) * x)")
elementwise("y = np.log10(x)",            "1 / (math.log(10) * x)")
elementwise("y = np.log1p(x)",            "1 / (1 + x)")
elementwise("y = np.logaddexp(x, z)",     "exp_difference(x, y)",   "exp_difference(z, y)")
elementwise("y = np.logaddexp2(x, z)",    "exp_difference(math.log(2) * x, math.log(2) * y)",
                                          "exp_difference(math.log(2) * z, math.log(2) * y)")

# -------------------------------------------------------------------------------------- trigonometric, hyperbolic
elementwise("y = np.sin(x)",              "np.cos(x)")
elementwise("y = np.cos(x)",              "-np.sin(x)")
elementwise("y = np.tan(x)",              "1 + y * y")
elementwise("y = np.arcsin(x)",           "1 / np.sqrt(1 - x * x)")
elementwise("y = np.arccos(x)",           "-1 / np.sqrt(1 - x * x)")
elementwise("y = np.arctan(x)",           "1 / (1 + x * x)")
elementwise("y = np.arctan2(x, z)",       "z / (x * x + z * z)",    "-x / (x * x + z * z)")
elementwise("y = np.hypot(x, z)",         "divide_or_zero(x, y)",   "divide_or_zero(z, y)")
ARCCOSH_X = "1 / np.sqrt(x * x - 1) if np.isrealobj(x) else 1 / (np.sqrt(x - 1) * np.sqrt(x + 1))"
elementwise("y = np.sinh(x)",             "np.cosh(x)")
elementwise("y = np.cosh(x)",             "np.sinh(x)")
elementwise("y = np.tanh(x)",             "1 - y * y")
elementwise("y = np.arcsinh(x)",          "1 / np.sqrt(x * x + 1)")
elementwise("y = np.arccosh(x)",          ARCCOSH_X)
elementwise("y = np.arctanh(x)",          "1 / (1 - x * x)")
elementwise("y = np.deg2rad(x)",          "math.pi / 180")
elementwise("y = np.radians(x)",          "math.pi / 180")
elementwise("y = np.rad2deg(x)",          "180 / math.pi")
elementwise("y = np.degrees(x)",          "180 / math.pi")
elementwise("y = np.sinc(x)",             "sinc_derivative(1, x)")

# --------------------------------------------------------------------------------------------------- kinks and steps
elementwise("y = np.maximum(x, z)",       "larger(x, z)",                                   "larger(z, x)")
elementwise("y = np.minimum(x, z)",       "larger(z, x)",                                   "larger(x, z)")
elementwise("y = np.fmax(x, z)",          "np.where(np.isnan(z), 1.0, larger(x, z))",       "np.where(np.isnan(x), 1.0, larger(z, x))")  # noqa: E501
elementwise("y = np.fmin(x, z)",          "np.where(np.isnan(z), 1.0, larger(z, x))",       "np.where(np.isnan(x), 1.0, larger(x, z))")  # noqa: E501
elementwise("y = np.nextafter(x, z)",     "1",                                              None)
elementwise("y = np.heaviside(x, z)",     None,                                             "x == 0")

# -------------------------------------------------------------------------- the helpers above have derivatives as well
elementwise("y = divide_or_zero(x, z)",   "divide_or_zero(1.0, z)", "-divide_or_zero(y, z)")
elementwise("y = log_or_zero(x)",         "divide_or_zero(1.0, x)")
elementwise("w = log_in_field(x, y)",     "divide_or_zero(1.0, x)", None)
elementwise("y = power_dx(x, z)",         "z * power_dx(x, z - 1)", "np.power(x, z - 1) + y * log_or_zero(x)")
elementwise("y = larger(x, z)",           None,                     None)
elementwise("y = exp_difference(x, z)",   "y",                      "-y")
elementwise("y = sinc_derivative(n, x)",  None,                     "sinc_derivative(n + 1, x)")
# fmt: on


@rule(np.sign)
def sign(y, x):
    """A step; of complex numbers the direction z / |z|, which turns with z."""
    if np.isrealobj(x):
        dot[y] = np.zeros_like(y)
    else:
        dot[y] = 1j * y * divide_or_zero(np.imag(np.conjugate(y) * dot[x]), np.abs(x))
        bar[x] = -1j * np.conjugate(y) * divide_or_zero(np.real(1j * y * bar[y]), np.abs(x))


@rule(np.angle)
def angle(y, z, deg=False):
    unit = np.where(deg, 180 / math.pi, 1.0)
    if np.isrealobj(z):
        dot[y] = np.zeros_like(y)
    else:
        dot[y] = unit * divide_or_zero(np.imag(np.conjugate(z) * dot[z]), np.square(np.abs(z)))
        bar[z] = cast(-1j * np.conjugate(z) * divide_or_zero(unit * bar[y], np.square(np.abs(z))), z)


@rule(np.ndarray.conjugate, aliasing="maybe")
def conjugate_method(y, x):
    """Of a real array the array itself."""
    dot[y] = dot[x].conjugate()
    bar[x] = np.conjugate(bar[y])


@rule(np.conjugate)
def conjugate(y, x):
    dot[y] = np.conjugate(dot[x])
    bar[x] = np.conjugate(bar[y])


@rule(np.ldexp)
def ldexp(y, x, i):
    dot[y] = np.ldexp(dot[x], i)
    bar[x] = unbroadcast(np.ldexp(bar[y], i), x)


@rule(np.frexp)
def frexp(y, x):
    """`y` is (mantissa, exponent)."""
    dot[y] = (np.ldexp(dot[x], -y[1]), np.zeros_like(y[1]))
    bar[x] = unbroadcast(np.ldexp(bar[y][0], -y[1]), x)


@rule(np.modf)
def modf(y, x):
    """`y` is (fraction, integer)."""
    dot[y] = (dot[x], np.zeros_like(y[1]))
    bar[x] = unbroadcast(bar[y][0], x)


@rule(np.divmod)
def divmod_(y, x, z):
    """`y` is (quotient, remainder)."""
    dot[y] = (np.zeros_like(y[0]), dot[x] - y[0] * dot[z])
    bar[x] = unbroadcast(bar[y][1], x)
    bar[z] = unbroadcast(-y[0] * bar[y][1], z)


@rule(np.where)
def where(y, condition, x=None, z=None):
    if x is None:  # indices
        pass
    else:
        dot[y] = np.where(condition, dot[x], dot[z])
        bar[x] = unbroadcast(np.where(condition, bar[y], 0.0), x)
        bar[z] = unbroadcast(np.where(condition, 0.0, bar[y]), z)


@rule(np.clip)
def clip(y, a, a_min=None, a_max=None, *, min=None, max=None):
    """At a bound the slope is 1; where the bounds cross, the result is the upper one."""
    if a_min is None and a_max is None and min is None and max is None:
        dot[y] = np.positive(dot[a])
        bar[a] = bar[y]
    elif a_max is None and min is None and max is None:
        dot[y] = np.where(a >= a_min, dot[a], dot[a_min])
        bar[a] = unbroadcast(np.where(a >= a_min, bar[y], 0.0), a)
        bar[a_min] = unbroadcast(np.where(a >= a_min, 0.0, bar[y]), a_min)
    elif a_min is None and min is None and max is None:
        dot[y] = np.where(a <= a_max, dot[a], dot[a_max])
        bar[a] = unbroadcast(np.where(a <= a_max, bar[y], 0.0), a)
        bar[a_max] = unbroadcast(np.where(a <= a_max, 0.0, bar[y]), a_max)
    elif a_min is None and a_max is None and max is None:
        dot[y] = np.where(a >= min, dot[a], dot[min])
        bar[a] = unbroadcast(np.where(a >= min, bar[y], 0.0), a)
        bar[min] = unbroadcast(np.where(a >= min, 0.0, bar[y]), min)
    elif a_min is None and a_max is None and min is None:
        dot[y] = np.where(a <= max, dot[a], dot[max])
        bar[a] = unbroadcast(np.where(a <= max, bar[y], 0.0), a)
        bar[max] = unbroadcast(np.where(a <= max, 0.0, bar[y]), max)
    elif a_min is None and a_max is None:
        inside = (min <= a) & (a <= max)
        below = (a < min) & (min <= max)
        dot[y] = np.where(inside, dot[a], np.where(below, dot[min], dot[max]))
        bar[a] = unbroadcast(np.where(inside, bar[y], 0.0), a)
        bar[min] = unbroadcast(np.where(below, bar[y], 0.0), min)
        bar[max] = unbroadcast(np.where(inside | below, 0.0, bar[y]), max)
    else:
        inside = (a_min <= a) & (a <= a_max)
        below = (a < a_min) & (a_min <= a_max)
        dot[y] = np.where(inside, dot[a], np.where(below, dot[a_min], dot[a_max]))
        bar[a] = unbroadcast(np.where(inside, bar[y], 0.0), a)
        bar[a_min] = unbroadcast(np.where(below, bar[y], 0.0), a_min)
        bar[a_max] = unbroadcast(np.where(inside | below, 0.0, bar[y]), a_max)


@rule(np.nan_to_num)
def nan_to_num(y, x, *, nan=0.0, posinf=None, neginf=None):
    """`copy=False`, which writes into `x`, is not supported."""
    dot[y] = np.where(np.isfinite(x), dot[x], np.where(np.isnan(x), dot[nan], 0.0))
    bar[x] = unbroadcast(np.where(np.isfinite(x), bar[y], 0.0), x)
    bar[nan] = unbroadcast(np.where(np.isnan(x), bar[y], 0.0), nan)
    bar[posinf] = refused
    bar[neginf] = refused


operators({
    ("+", 2): np.add, ("-", 2): np.subtract, ("*", 2): np.multiply, ("/", 2): np.divide, ("//", 2): np.floor_divide,
    ("%", 2): np.remainder, ("**", 2): np.power, ("@", 2): np.matmul, ("+", 1): np.positive, ("-", 1): np.negative,
    ("<", 2): np.less, ("<=", 2): np.less_equal, (">", 2): np.greater, (">=", 2): np.greater_equal,
    ("==", 2): np.equal, ("!=", 2): np.not_equal, ("<<", 2): np.left_shift, (">>", 2): np.right_shift,
    ("&", 2): np.bitwise_and, ("|", 2): np.bitwise_or, ("^", 2): np.bitwise_xor, ("~", 1): np.invert,
    ("not", 1): operator.not_, ("is", 2): operator.is_, ("is not", 2): operator.is_not,
    ("in", 2): operator.contains, ("not in", 2): operator.contains,
})  # fmt: skip
also({
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply, operator.truediv: np.divide,
    operator.mod: np.remainder, operator.pow: np.power, operator.neg: np.negative, operator.pos: np.positive,
    operator.abs: np.absolute,
})  # fmt: skip
methods({"clip": np.clip, "conj": np.ndarray.conjugate, "conjugate": np.ndarray.conjugate})
