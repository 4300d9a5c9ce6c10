"""Conditions of every form; each program has an example for each way through it."""

import math

import numpy as np

from tests.corpus import program


@program((0.7,), (-1.3,))
def leaky_relu(x):
    if x > 0:
        y = x
    else:
        y = 0.1 * x
    return y * y + y


@program((0.7,), (-1.3,))
def absolute_by_hand(x):
    if x < 0:
        x = -x
    return x * 3.0


@program((0.2, 1.0), (2.7, 1.0), (-2.7, 1.0))
def huber(r, delta):
    if abs(r) <= delta:
        return 0.5 * r * r
    return delta * (abs(r) - 0.5 * delta)


@program((-2.0,), (-0.5,), (0.5,), (2.0,))
def ladder(x):
    if x < -1.0:
        y = x * x
    elif x < 0.0:
        y = -x
    elif x < 1.0:
        y = x**3
    else:
        y = math.log(x)
    return y * x


@program((0.6, 0.7), (0.6, -0.7), (-0.6, 0.7), (-0.6, -0.7))
def nested_conditions(x, y):
    z = x * y
    if x > 0:
        if y > 0:
            z = z + x
        else:
            z = z * y
        z = z * z
    else:
        if y > 0:
            z = z - y
    return z + x


@program((0.6,), (-0.6,))
def ternary(x):
    return (x * x if x > 0 else -3.0 * x) + (1.0 if x < 0 else x)


@program((0.6, 0.3), (-0.6, 0.3), (-0.6, -0.3))
def nested_ternary(x, y):
    return x * y if x > 0 else y * y if y > 0 else x + y


@program((0.6, 0.3), (0.6, -0.3), (-0.6, 0.3), (-0.6, -0.3))
def logical_tests(x, y):
    z = x - y
    if x > 0 and y > 0:
        z = z * x
    if x > 0 or y > 0:
        z = z * y + x
    if not x > 0 and not (y > 0 and z < 0):
        z = z + x * y
    return z


@program((0.6, 0.3), (-0.6, 0.3))
def logical_values(x, y):
    z = x or y
    w = x and y
    v = None or z
    return z * w + v


@program((0.0, 0.3))
def zero_is_false(x, y):
    z = x * 0 or y
    return z * y + x


@program((-0.2,), (0.5,), (1.5,), (2.5,))
def chained_comparison(x):
    if 0 < x < 1:
        return x * x
    if 1 <= x <= 2 != 3:
        return 2.0 * x - x**3
    return -x


@program((0.8, 1), (0.8, 2), (0.8, 3))
def integer_flag(x, mode):
    if mode == 1:
        return x * x
    if mode == 2:
        y = math.sin(x)
    else:
        y = x
    return y * 2.0


@program((0.8, "square"), (0.8, "sine"), (0.8, "other"))
def string_flag(x, kind):
    if kind == "square":
        y = x * x
    elif kind in ("sine", "sin"):
        y = math.sin(x)
    else:
        y = x
    return y + x


@program((0.8, True), (0.8, False))
def boolean_flag(x, train):
    scale = x if train else 1.0
    y = x * scale
    if not train:
        y = y + x**3
    return y


@program((0.8,), (0.8, 0.5), (0.8, None))
def default_of_none(x, bias=None):
    if bias is None:
        bias = 0.25 * x
    return x * bias


@program((0.8, 0.5), (-0.8, 0.5))
def defined_in_one_branch(x, y):
    z = x * y
    if x > 0:
        extra = x * x
        z = z + extra
    if x > 0:
        z = z * extra
    return z


@program((0.8, 0.5), (-0.8, 0.5))
def different_variables_in_the_branches(x, y):
    if x > 0:
        a = x * y
        result = a * a
    else:
        b = x + y
        c = b * x
        result = c - b
    return result * y


@program((0.8,), (-0.8,), (-3.0,))
def returns_in_every_branch(x):
    if x > 0:
        return x * x
    elif x > -2:
        return math.exp(x)
    else:
        return x


@program((0.8, 0.4), (-0.8, 0.4))
def constant_in_one_branch(x, y):
    if x > 0:
        z = 1.0
    else:
        z = x * y
    return z * y


@program((0.8,), (-0.8,))
def early_return_then_more(x):
    y = x * x
    if x < 0:
        return y
    y = y * x
    y = y + x
    return y * y


@program((0.8,))
def raise_not_taken(x):
    if x < 0:
        raise ValueError(f"negative: {x}")
    return math.sqrt(x)


@program((0.8,), (-0.8,))
def condition_on_an_intermediate(x):
    y = x**3 - x
    positive = y > 0
    if positive:
        y = y * x
    return y + x if positive else y - x * x


@program((np.array([0.5, 1.5, -0.4]),), (np.array([-0.5, 0.2, -0.4]),))
def condition_on_an_array(x):
    if np.sum(x) > 0:
        y = x * x
    else:
        y = np.exp(x)
    return np.sum(y * x)


@program((np.array([0.5, 1.5, -0.4]),), (np.array([[0.5, 0.2], [0.1, -0.4]]),), (0.3,))
def condition_on_rank(x):
    if np.ndim(x) == 0:
        return x * x
    if x.ndim == 2:
        return np.sum(x @ x)
    return np.sum(x**3)


@program((0.8, 0.4), (-0.8, 0.4))
def swap_under_a_condition(x, y):
    a, b = x * x, y
    if x > 0:
        a, b = b, a
    return a * a + b


@program((0.8, 0.4), (-0.8, 0.4))
def walrus_in_a_condition(x, y):
    if (z := x * y) > 0:
        return z * z
    return z - x


@program((0.8, 0.4), (-0.8, 0.4), (0.1, 0.4))
def walrus_that_may_not_run(x, y):
    z = y
    if x > 0.0 and (z := x * y) > 0.1:
        z = z * x
    return z * z


@program((0.8, 0.4), (-0.8, 0.4))
def pass_branch(x, y):
    if x > 0:
        pass
    else:
        x = x * y
    return x * x


@program((1.3, 0.4), (0.3, 0.4))
def condition_changed_by_its_body(x, y):
    if x > 1.0:
        x = x - 1.0
    if x > 0.2:
        x = x * y
    return x * x
