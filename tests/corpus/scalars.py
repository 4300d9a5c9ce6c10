"""Numbers only: operators, `math`, builtins, every form of assignment."""

import math

import numpy as np

from tests.corpus import program, sample


@program((0.7,), (-1.3,), (0.0,))
def square(x):
    return x * x


@program((0.7,), (-1.3,))
def polynomial(x):
    return 3.0 * x**3 - 2 * x**2 + x / 4 - 7


@program((1.2, 0.4), (-0.5, 2.0))
def rational(x, y):
    return (x - y) / (1.0 + x * x + y * y) - 2 / (y + 3.0)


@program((0.3, 1.1, -0.4, 2.0))
def horner(x, a, b, c):
    return (a * x + b) * x + c


@program((1.3, 0.6))
def unary_signs(x, y):
    return -x * +y - -(-x) + (-y) ** 2


@program((0.4,), (2.3,))
def two_to_the_x(x):
    return 2**x + 2.0**x * 0.5


@program((1.7, 0.6), (0.4, -1.2))
def x_to_the_y(x, y):
    return x**y


@program((1.7,), (0.4,))
def powers(x):
    return x**3 + x**-2 + x**0.5 + x**1 + x**0 + pow(x, 2) + pow(x, 1.5)


@program((-1.3,), (0.9,))
def even_power_of_a_negative(x):
    return x**2 * x**3 + (-x) ** 4


@program((1.3, 0.6))
def chained_assignment(x, y):
    a = b = x * y
    a = a + x
    return a * b


@program((1.3, 0.6))
def annotated_assignment(x: float, y: float) -> float:
    a: float = x * y
    b: float
    b = a - y
    return a * b


@program((1.3, 0.6))
def augmented_assignment(x, y):
    z = x
    z += y
    z *= x
    z -= 2.0 * y
    z /= 1.0 + y
    z **= 2
    return z


@program((1.3, 0.6))
def augmented_by_itself(x, y):
    z = x * y
    z += z
    z *= z
    z -= z * x
    return z


@program((1.3, 0.6))
def tuple_assignment(x, y):
    a, b = x * y, x - y
    (c, d), e = (a, b), a + b
    [p, q] = c * d, e
    return p * q + c


@program((1.3, 0.6), (0.2, -0.4))
def swap(x, y):
    a, b = x * x, y
    a, b = b, a
    a, b = a * b, a
    return a - 3.0 * b


@program((1.3, 0.6, -0.2))
def rotate_three(a, b, c):
    a, b, c = b, c, a * b
    a, b, c = b, c, a * b
    return a + 2.0 * b + 3.0 * c


@program((1.3,))
def reassigned_name(x):
    y = x * 2.0
    y = y * y
    x = y + x
    x = x * x
    return x


@program((2.7, 1.9), (-0.4, 1.1))
def modulo_and_floor(x, y):
    return x % y + x // y + x % 1.3


@program((0.7, 1.2), (1.6, 0.4))
def math_trigonometry(x, y):
    a = math.sin(x) * math.cos(y) + math.tan(x / 2)
    return a + math.atan(x) + math.atan2(y, x) + math.asin(x / 3) * math.acos(y / 3)


@program((0.7, 1.2), (2.6, 0.4))
def math_exponentials(x, y):
    a = math.exp(-x) * math.log(y) + math.log1p(x) + math.expm1(y) + math.sqrt(x * y)
    return a + math.log(x, 3) + math.log(7.0, y + 2.0) + math.log2(x) + math.log10(y) + math.pow(x, y)


@program((0.7, 1.2), (-0.6, 0.4))
def math_hyperbolic(x, y):
    return math.sinh(x) * math.cosh(y) + math.tanh(x * y) + math.asinh(x) + math.acosh(1.5 + y) + math.atanh(x / 2)


@program((0.7, -1.2), (-2.6, 0.4))
def math_others(x, y):
    return math.hypot(x, y) + math.fabs(x) * y + math.degrees(x) / 50.0 + math.radians(y) + math.erf(x)


@program((0.7, -1.2), (-2.6, 0.4))
def builtin_functions(x, y):
    return abs(x) * 2.0 + max(x, y) ** 2 + min(x, y, 3.0) + float(x) * y


@program((0.7, 3.2), (-2.6, 1.4))
def rounded_parts(x, y):
    return x * round(y) + int(y) * x + math.floor(x) * y + math.ceil(y) * x


@program((0.7,), (-0.4,))
def walrus(x):
    return (y := x * x) * 2.0 + y * (z := y + x) + z


@program((0.8, 0.3))
def unused_argument(x, y):
    return x * 2.0


@program((0.8,), (-0.3,))
def returns_its_argument(x):
    return x


@program((0.8, 0.4))
def returns_a_constant(x, y):
    return 3.5


@program((0.8, 3, 2), (1.4, 0, 5))
def integer_arguments(x, n, m):
    return x * n + x**m / (n + 1) - n


@program((0.8, 0.4))
def dead_code_between(x, y):
    z = x * y
    w = math.exp(z)
    z = x - y
    return z * z


@program((0.6, 0.8))
def long_chain(x, y):
    """Deep enough to upset a compiler that recurses on the length of a program."""
    a = x * y
    b = a + math.sin(a)
    c = b * a - x
    d = c / (1.0 + b * b)
    e = d + c * y
    f = math.tanh(e) * d
    g = f + e - a
    h = g * g / (2.0 + f * f)
    i = h - g * 0.1
    j = i + math.cos(h)
    k = j * i * 0.5
    m = k + j
    n = m / (1.0 + k * k)
    o = n - m * 0.2
    p = o * n
    q = p + o
    r = math.exp(-q * q)
    s = r + q
    t = s * r
    u = t - s * 0.3
    v = u + t * t
    w = v * 0.5 - u
    return w * v + a


@program((0.9,))
def numpy_on_scalars(x):
    y = np.sin(x) * np.exp(x)
    z = np.sqrt(y * y + 1.0) + np.log1p(y)
    return z * x


@program((0.9,))
def documented(x):
    """A docstring, a print, a format string and an assertion change nothing."""
    label = f"x is {x:.3f} and twice that {2 * x}"
    print(label, end="")
    assert x > 0, f"{x} is not positive"
    """A string in the middle."""
    return x * len("abc")


@program((0.7, 1.3, sample(3)))
def imaginary_parts_of_real_numbers(x, y, v):
    return x.real * y + y.imag * x + x.conjugate() + np.sum(v.imag * v + v.real) + np.angle(x) * y
