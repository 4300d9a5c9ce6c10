"""Complex numbers: how they are made, and `cmath`. The adjoint of z is ∂/∂Re z - i ∂/∂Im z.

So a small change dz changes the result by Re(z̄ dz), where z̄ is that adjoint: rules of holomorphic functions read as
those of real functions, and nothing is conjugated. What is not holomorphic (|z|, its angle, conjugation) says so.
"""

from __future__ import annotations

# ruff: noqa: F401 (what is imported here, the texts of the rules use)
import cmath
import math

import numpy as np

from s2sgrad.rules.notation import bar, dot, elementwise, rule, zero
from s2sgrad.runtime import cast, divide_or_zero

# fmt: off
elementwise("y = cmath.exp(z)",           "y")
elementwise("y = cmath.log10(z)",         "1 / (math.log(10) * z)")
elementwise("y = cmath.sqrt(z)",          "0.5 / y")
elementwise("y = cmath.sin(z)",           "cmath.cos(z)")
elementwise("y = cmath.cos(z)",           "-cmath.sin(z)")
elementwise("y = cmath.tan(z)",           "1 + y * y")
elementwise("y = cmath.asin(z)",          "1 / cmath.sqrt(1 - z * z)")
elementwise("y = cmath.acos(z)",          "-1 / cmath.sqrt(1 - z * z)")
elementwise("y = cmath.atan(z)",          "1 / (1 + z * z)")
elementwise("y = cmath.sinh(z)",          "cmath.cosh(z)")
elementwise("y = cmath.cosh(z)",          "cmath.sinh(z)")
elementwise("y = cmath.tanh(z)",          "1 - y * y")
elementwise("y = cmath.asinh(z)",         "1 / cmath.sqrt(1 + z * z)")
elementwise("y = cmath.acosh(z)",         "1 / (cmath.sqrt(z - 1) * cmath.sqrt(z + 1))")
elementwise("y = cmath.atanh(z)",         "1 / (1 - z * z)")
# fmt: on
zero(cmath.isnan, cmath.isinf, cmath.isfinite, cmath.isclose)


@rule(complex)
def complex_(y, real=0.0, imag=0.0):
    dot[y] = dot[real] + 1j * dot[imag]
    bar[real] = cast(bar[y], real)
    bar[imag] = cast(1j * bar[y], imag)


@rule(np.complex64, np.complex128, np.clongdouble, aliasing="maybe")
def complex_of_numpy(y, x=0.0):
    dot[y] = cast(dot[x], y)
    bar[x] = cast(bar[y], x)


@rule(cmath.log)
def log(y, z, base=None):
    if base is None:
        dot[y] = dot[z] / z
        bar[z] = cast(bar[y] / z, z)
    else:
        dot[y] = (dot[z] / z - y * dot[base] / base) / cmath.log(base)
        bar[z] = cast(bar[y] / (z * cmath.log(base)), z)
        bar[base] = cast(-y * bar[y] / (base * cmath.log(base)), base)


@rule(cmath.phase)
def phase(y, z):
    """Im log z"""
    dot[y] = divide_or_zero(np.imag(np.conjugate(z) * dot[z]), abs(z) ** 2)
    bar[z] = cast(-1j * np.conjugate(z) * divide_or_zero(bar[y], abs(z) ** 2), z)


@rule(cmath.polar)
def polar(y, z):
    """`y` is (modulus, angle)."""
    turn = divide_or_zero(np.conjugate(z), y[0])
    dot[y] = (np.real(turn * dot[z]), divide_or_zero(np.imag(turn * dot[z]), y[0]))
    bar[z] = cast(turn * (bar[y][0] - 1j * divide_or_zero(bar[y][1], y[0])), z)


@rule(cmath.rect)
def rect(y, r, phi):
    """r exp(iφ)"""
    dot[y] = dot[r] * cmath.rect(1.0, phi) + 1j * y * dot[phi]
    bar[r] = cast(bar[y] * cmath.rect(1.0, phi), r)
    bar[phi] = cast(1j * y * bar[y], phi)
