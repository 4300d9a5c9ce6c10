"""User functions: every way to pass arguments, recursion, nested functions, lambdas, closures."""

import math

import numpy as np

from tests.corpus import program, sample


def cube(t):
    return t * t * t


def mix(a, b, weight=0.3, *, shift=0.0):
    return a * weight + b * (1.0 - weight) + shift * a


def total_of(*terms):
    total = 0.0
    for term in terms:
        total += term * term
    return total


def by_name(x, **options):
    return x * options["gain"] + (options["bias"] if "bias" in options else 0.25)


def pair(a, b):
    return a * b, a - b


def clamp(t):
    if t > 1.0:
        return 1.0
    if t < -1.0:
        return -1.0
    return t


def apply(function, *args):
    return function(*args)


@program((0.7,))
def one_call(x):
    return cube(x) + 1.0


@program((0.7, 1.3))
def calls_in_calls(x, y):
    return cube(cube(x) + y) * cube(y)


@program((0.7, 1.3))
def same_argument_twice(x, y):
    return mix(x, x) * mix(y, x, y)


@program((0.7, 1.3))
def keyword_arguments(x, y):
    return mix(b=x, a=y) + mix(x, b=y, weight=x * y) * mix(x, y, shift=y)


@program((0.7, 1.3))
def defaults_and_keywords(x, y):
    return mix(x, y, shift=x) + mix(x, y, 0.5) * mix(x, y)


@program((0.7, 1.3))
def variadic_callee(x, y):
    return total_of(x, y, x * y) + total_of(x) * total_of()


@program((0.7, 1.3))
def starred_arguments(x, y):
    args = (x, y)
    return mix(*args) * total_of(*args, x) + mix(*[y], *(x,))


@program((0.7, 1.3))
def keyword_dictionary(x, y):
    options = {"weight": x, "shift": y}
    return mix(x, y, **options) * mix(x, **{"b": y})


@program((0.7, 1.3))
def options_by_name(x, y):
    return by_name(x, gain=y) * by_name(y, gain=x, bias=x * y)


@program((0.7, 1.3, 0.2), (0.7,), (0.7, -0.4))
def variadic_program(first, *rest):
    total = first * first
    for value in rest:
        total = total * value + first
    return total


@program((0.7, 1.3))
def tuple_from_a_call(x, y):
    p, d = pair(x, y)
    q = pair(p, d)
    return p * d + q[0] * q[1]


@program((0.4,), (1.7,), (-1.7,))
def early_returns_in_the_callee(x):
    return clamp(x) * x + clamp(2.0 * x)


@program((0.4, 3), (0.4, 0))
def call_in_a_loop(x, n):
    for i in range(n):
        x = cube(x) + mix(x, i * 0.1)
    return x


@program((sample(3), 0.4))
def call_with_arrays(x, s):
    return np.sum(cube(x) * mix(x, s, weight=x))


@program((sample(2, 3), sample(3, seed=1)))
def same_callee_different_kinds(a, v):
    return np.sum(cube(a) * mix(a, v)) * cube(np.sum(v)) + cube(2) * cube(v[0])


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


@program((0.9, 4), (0.9, 0))
def recursion(x, n):
    return power(x, n) + power(2.0 * x, 2)


def tree_sum(x, depth):
    if depth == 0:
        return math.sin(x)
    return tree_sum(x * 0.5, depth - 1) * x + tree_sum(x + 1.0, depth - 1)


@program((0.9, 3))
def tree_recursion(x, depth):
    return tree_sum(x, depth)


def even_step(x, y, n):
    if n == 0:
        return x * y
    return odd_step(x * y, y, n - 1) + x


def odd_step(x, y, n):
    if n == 0:
        return x - y
    return even_step(x, y * x + 0.1, n - 1) * y


@program((0.9, 0.4, 5), (0.9, 0.4, 0))
def mutual_recursion(x, y, n):
    return even_step(x, y, n) + odd_step(y, x, n)


@program((0.9, 3))
def program_calls_itself(x, n):
    if n <= 0:
        return x
    return program_calls_itself(x * x + 0.1, n - 1) * x


def halve(a):
    if len(a) == 1:
        return a[0] * a[0]
    middle = len(a) // 2
    return halve(a[:middle]) * 0.5 + halve(a[middle:]) * a[0]


@program((sample(5),))
def divide_and_conquer(x):
    return halve(x)


@program((0.7, 1.3))
def nested_function(x, y):
    def inner(t):
        return t * t + 1.0

    return inner(x) * inner(y)


@program((0.7, 1.3))
def closure_over_an_active_value(x, y):
    z = x * y

    def inner(t):
        return t * z + x

    return inner(y) * inner(z)


@program((0.7, 1.3))
def closure_sees_later_values(x, y):
    k = x

    def inner(t):
        return t * k

    first = inner(y)
    k = x * y
    return first + inner(y) * 2.0


@program((0.7, 1.3))
def default_bound_at_definition(x, y):
    k = x * 2.0

    def inner(t, scale=k):
        return t * scale

    k = y
    return inner(y) + inner(y, k)


@program((0.7, 1.3))
def lambda_call(x, y):
    f = lambda a, b=y: a * b + x
    return f(x) * f(y, 2.0) + (lambda t: t * t)(y)


@program((0.7, 3))
def lambda_over_the_loop_variable(x, n):
    total = 0.0
    for k in range(n):
        f = lambda t: t * k + x
        total += f(x) * f(2.0)
    return total


@program((0.7, 1.3))
def closure_in_a_closure(x, y):
    def outer(a):
        def inner(b):
            return a * b + x

        return inner(y) * a

    return outer(x) + outer(y)


@program((0.7, 1.3))
def function_returned(x, y):
    def scaled_by(k):
        def scale(t):
            return t * k

        return scale

    double = scaled_by(2.0)
    by_x = scaled_by(x)
    return double(y) * by_x(y)


@program((0.7, 1.3))
def function_as_an_argument(x, y):
    return apply(cube, x) + apply(mix, x, y) * apply(lambda t: t * y, x)


@program((0.7, True), (0.7, False))
def function_chosen_by_a_flag(x, smooth):
    f = math.tanh if smooth else cube
    return f(x) * x


@program((0.7, 4))
def function_iterated(x, n):
    def iterate(function, value, times):
        for _ in range(times):
            value = function(value)
        return value

    return iterate(lambda t: math.sin(t) + x * 0.1, x, n)


@program((0.7, 3))
def nested_recursion(x, n):
    def inner(k):
        if k == 0:
            return x
        return inner(k - 1) * x + k

    return inner(n)


@program((0.7, 1.3))
def argument_unused_by_the_callee(x, y):
    def first(a, b):
        return a * a

    return first(x, y) + first(y * x, x)


@program((0.7, 1.3))
def result_unused(x, y):
    cube(x * y)
    unused = mix(x, y)
    return cube(y)


@program((0.7, 1.3))
def callee_returns_its_argument(x, y):
    def same(t):
        return t

    a = same(x)
    return a * same(y) * same(a)


@program((sample(3), 1.3))
def callee_returns_its_array(x, y):
    def same(t):
        return t

    a = same(x)
    return np.sum(a * x) * y + np.sum(same(a))


@program((0.7,))
def callee_returns_a_constant(x):
    def constant(t):
        return 4.0

    return constant(x) * x


@program((0.7, 1.3))
def local_arrays_in_the_callee(x, y):
    def filled(a, b):
        table = np.zeros(3)
        table[0] = a
        table[1] = a * b
        table[2] = table[0] * table[1]
        return table

    t = filled(x, y)
    return np.sum(t * filled(y, x)) + t[2]


@program((0.7, 2), (0.7, 5))
def loop_in_the_callee(x, n):
    def summed(t, count):
        total = 0.0
        for i in range(count):
            if i > 3:
                return total * t
            total += t**i
        return total

    return summed(x, n) * summed(x * x, 2)


@program((0.7, 1.3), (0.7,), (0.7, 1.3, 3))
def program_with_defaults(x, y=0.5, n=2):
    for _ in range(n):
        x = x * y + 0.1
    return x


def logistic(t):
    """A docstring in a callee."""
    return 1.0 / (1.0 + math.exp(-t))


@program((0.7, 1.3))
def documented_callee(x, y):
    return logistic(x * y) * logistic(-x)
