"""Names that a compiler might want for itself, shadowed builtins, functions named like NumPy's."""

import math

import numpy as np

from tests.corpus import program, sample

np2 = 3.0
bar = 1.5


def sin(t):
    return t * t


def dot(a, b):
    return a + 2.0 * b


def helper(t):
    return t * 5.0


@program((0.7, 1.3))
def names_of_templates(d, bar):
    x = d * bar
    y = np.tanh(x)
    z = y * d
    return x * y * z


@program((0.7, 1.3))
def names_of_adjoints(y, y_bar):
    x_bar = y * y_bar
    y_dot = x_bar * x_bar
    z = y_dot * y_bar
    return z * x_bar + y


@program((0.7, 3))
def names_of_tapes(tape, n):
    stack = 1.0
    for i in range(n):
        tape = tape * stack + 0.1 * i
        stack = stack * tape
    return tape * stack


@program((0.7, 1.3))
def names_of_temporaries(t, t_1):
    t_2 = t * t_1 * t_1
    x_1 = (t + t_2) * (t - t_2)
    _ = x_1 * t
    r = _ * x_1
    return r + t_2


@program((0.7, 1.3))
def names_of_results(result, value):
    residuals = result * value
    test = residuals * value
    done = test * test
    returned = done * residuals
    return returned + result


@program((0.7, 1.3))
def module_names_as_variables(numpy, math2):
    np3 = numpy * math2
    runtime = np3 * np3 * np2
    unbroadcast = runtime * math2
    zeros_like = unbroadcast * numpy
    return zeros_like + runtime


@program((0.7, 4))
def shadowed_sum(x, n):
    sum = 0.0
    for i in range(n):
        sum += x * sum + i * x
    return sum


@program((0.7, [0.3, 0.9]))
def shadowed_range_and_len(x, list):
    range = x * 2.0
    len = range * x
    max = 0.0
    for float in list:
        max = max + len * float
    return max * range + len


def len_of(x):
    return x * 3.0


@program((0.7, 3))
def shadowed_len_beside_a_real_loop(x, n):
    len = x * x
    total = 0.0
    for i in range(n):
        total += len * i
    for v in np.ones(2) * x:
        total += v * len
    return total * len_of(x)


@program((sample(3), 0.6))
def shadowed_numpy_names(x, sum):
    zeros = np.sum(x) * sum
    tanh = np.tanh(x * zeros)
    copy = x.copy()
    return np.sum(tanh * copy) * zeros


@program((0.7, 1.3))
def user_functions_named_like_numpy(x, y):
    return sin(x) * math.sin(x) + np.sin(y) * dot(x, y)


@program((0.7, 1.3))
def local_function_hides_a_global_one(x, y):
    def helper(t):
        return t * t * y

    return helper(x) + other_scope(x)


def other_scope(x):
    return helper(x) * x


@program((0.7, 1.3))
def two_locals_of_one_name(x, y):
    def first(a):
        def inner(t):
            return t * a

        return inner(a)

    def second(a):
        def inner(t):
            return t + a * y

        return inner(a)

    return first(x) * second(x) + helper(y)


@program((0.7, 1.3))
def parameter_hides_a_function(helper, y):
    return helper * y * helper + bar


@program((0.7,))
def reserved_looking_names(x):
    loss_bar = x * x
    x_forward = loss_bar * x
    x_backward = x_forward * x_forward
    x_saved = x_backward * loss_bar
    x_old = x_saved * x
    return x_old


@program((0.7, 1.3))
def functions_redefined_under_one_name(x, y):
    def f(t):
        return t * t

    a = f(x)

    def f(t):  # noqa: F811
        return t * t * t

    return a * f(y)


@program((0.7, 1.3))
def callee_shares_variable_names(x, y):
    def callee(y, x):
        t = x * y
        x = t * y
        return x + t

    t = callee(x, y)
    z = callee(y, t)
    return t * z + x


@program((0.7, 1.3))
def unicode_names(α, β):
    γ = α * β
    return γ * γ + α


@program((sample(3), 2))
def argument_named_like_the_operator(np_, axis):
    b = np.tanh(np_)
    x = b * np_
    y = x / (1.0 + b)
    return np.sum(y * x) ** axis
