"""Complex operands, beside real ones: the adjoint of z is ∂/∂Re z - i ∂/∂Im z."""

import cmath
import math

import numpy as np
import pytest

from s2sgrad import rules, runtime
from tests.rules.oracle import Template, check

RANDOM = np.random.RandomState(0)


def draw(*shape):
    """Complex numbers in all quadrants, away from 0 and from the axes."""
    modulus, angle = RANDOM.uniform(0.5, 1.5, shape), RANDOM.uniform(0.2, 1.3, shape)
    return modulus * np.exp(1j * (angle + math.pi / 2 * RANDOM.randint(0, 4, shape)))


PLANE, LINE = draw(2, 3), RANDOM.uniform(0.3, 1.7, 3)
MATRIX, VECTOR = draw(3, 3) + 2 * np.eye(3), draw(3)
MATRICES = draw(2, 3, 3) + 2 * np.eye(3)

UNARY = [
    np.negative, np.positive, np.reciprocal, np.square, np.absolute, np.sqrt, np.exp, np.exp2, np.expm1, np.log,
    np.log2, np.log10, np.log1p, np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh,
    np.arcsinh, np.arccosh, np.arctanh, np.sinc, np.conjugate, np.sign, np.angle, np.real, np.imag, abs,
    runtime.log_or_zero,
]  # fmt: skip
BINARY = [
    np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power, np.maximum, np.minimum,
    np.fmax, np.fmin,
    runtime.divide_or_zero, runtime.log_in_field, runtime.power_dx, pow,
]  # fmt: skip


@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
def test_unary(function):
    check(function, PLANE, tol=1e-6)
    check(function, complex(PLANE[0, 0]), tol=1e-6)
    check(function, PLANE.astype(np.complex64), tol=2e-5)


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_binary(function):
    for x, z in [(PLANE, VECTOR), (PLANE, LINE), (LINE, VECTOR), (PLANE, 0.7 + 0.2j), (1.3, PLANE)]:
        check(function, x, z, tol=1e-6)


def test_a_complex_power_of_a_negative_number():
    check(np.power, -LINE, VECTOR, tol=1e-6)
    check(pow, -1.3, 0.4 + 0.3j, tol=1e-6)


def test_every_elementwise_function_that_takes_complex_numbers_is_tried():
    tried, missing = {*UNARY, *BINARY}, []
    for rule in rules.all_rules():
        if (
            rule.family != "elementwise"
            or rule.target in tried
            or rule.path.path.startswith(("operator.", "cmath.", "scipy."))
        ):
            continue
        try:
            value = rule.target(*[0.3 + 0.4j] * len(rule.signature.parameters))
        except (TypeError, ValueError):
            continue
        if np.iscomplexobj(value):
            missing.append(rule.path.path)
    assert set(missing) <= {"divide", "exp_difference", "sinc_derivative"}  # helpers, tried with those they help


def test_zero_has_a_slope_of_zero():
    for function, bar in [(np.absolute, 1.0), (np.angle, 1.0), (np.sign, 1.0 + 1j)]:
        template = Template(rules.lookup(function), (np.zeros(2, complex),), {}, function(np.zeros(2, complex)), True)
        pulled = template.pullback(np.full(2, bar), [next(iter(template.rule.operands))])
        assert not np.any(next(iter(pulled.values())))


def test_reductions():
    for function in (np.sum, np.mean, np.prod, np.var, np.std):
        for axis in (None, 0, -1, (0, 1)):
            check(function, PLANE, axis=axis)
            check(function, PLANE, axis=axis, keepdims=True)
    check(np.cumsum, PLANE, axis=1)


@pytest.mark.parametrize("function", [np.matmul, np.dot, np.inner, np.outer, np.vdot], ids=lambda f: f.__name__)
def test_products(function):
    for x, z in [(VECTOR, LINE), (LINE, VECTOR), (VECTOR, draw(3))]:
        check(function, x, z)
    if function in (np.matmul, np.dot, np.inner):
        check(function, MATRIX, VECTOR)
        check(function, MATRIX, draw(3, 3))
        check(function, MATRICES, MATRIX)
        check(function, np.real(MATRIX), VECTOR)
        check(function, VECTOR, np.real(MATRICES))
    check(np.vdot, MATRIX, np.ravel(draw(3, 3)))
    check(np.tensordot, MATRIX, np.real(MATRIX), 1)


def test_linear_algebra():
    for a in (MATRIX, MATRICES):
        check(np.linalg.inv, a)
        check(np.linalg.det, a)
        check(np.linalg.slogdet, a)
        check(np.linalg.solve, a, LINE)
        check(np.linalg.solve, np.real(a), MATRIX)
        check(np.linalg.norm, a, axis=-1)
    check(np.linalg.norm, MATRIX)
    check(np.linalg.norm, MATRIX, "fro")


def test_the_same_numbers_elsewhere():
    check(np.where, PLANE.real > 0, PLANE, LINE)
    check(np.concatenate, [LINE, VECTOR])
    check(np.stack, [LINE, VECTOR])
    check(np.vstack, [PLANE, LINE])
    check(np.array, [1.5, 2j, 0.5 + 1j])
    check(np.ndarray.astype, LINE, complex)
    check(np.asarray, LINE, complex)
    check(np.broadcast_to, VECTOR, (2, 3))
    check(np.full, (2, 3), 1.5 + 2j)
    check(np.linspace, 0.5, 1.5j, 5)
    check(np.transpose, PLANE)
    check(np.repeat, PLANE, 2)


CMATH = [
    cmath.exp, cmath.log, cmath.log10, cmath.sqrt, cmath.sin, cmath.cos, cmath.tan, cmath.asin, cmath.acos, cmath.atan,
    cmath.sinh, cmath.cosh, cmath.tanh, cmath.asinh, cmath.acosh, cmath.atanh, cmath.phase, cmath.polar,
]  # fmt: skip


@pytest.mark.parametrize("function", CMATH, ids=lambda f: f.__name__)
def test_cmath(function):
    for z in (0.7 + 0.3j, -0.7 - 0.3j, 0.6, -0.4 + 1.2j):
        check(function, z, tol=1e-6)


def test_made_of_real_numbers():
    check(complex, 0.5, 1.5)
    check(complex, 0.5 + 1j, 1.5j)
    check(complex, 0.5)
    check(np.complex128, 0.5)
    check(np.complex128, LINE)
    check(cmath.rect, 0.5, 1.2)
    check(cmath.log, 0.5 + 1j, 1.2 - 0.3j)


def test_of_cmath_everything_is_tried():
    tried = {*CMATH, cmath.rect, cmath.log, complex, np.complex64, np.complex128, np.clongdouble}
    own = [r for r in rules.all_rules() if r.scope and r.scope.file.endswith("complex.py")]
    assert [r.path.path for r in own if r.target not in tried] == []
