"""Functions as values: chosen, stored, returned, bound in part, and handed to functions that call them."""

import functools
import math
import operator

import numpy as np

from tests.corpus import program, sample


def cube(t):
    return t * t * t


def scaled(t, k=2.0):
    return t * k


def apply(function, *args, **kwargs):
    return function(*args, **kwargs)


# ------------------------------------------------------------------------------------------------ several callees


@program((0.7, 2.0), (0.7, -2.0))
def chosen_by_a_number(x, s):
    f = math.sin if s > 0 else cube
    return f(x) * s


@program((0.7, 2.0), (0.7, -2.0))
def closures_chosen_by_a_number(x, s):
    f = (lambda t: t * x) if s > 0 else (lambda t: t * t + s)
    return f(x * s) * f(s)


@program((0.7, 2.0), (0.7, 0.5), (0.7, -2.0))
def closure_or_library_function(x, s):
    if s > 1.0:
        f = np.tanh
    elif s > 0.0:
        f = cube
    else:

        def f(t):
            return t * x + s

    return f(x) * f(s)


@program((0.7, 3), (0.7, 0))
def several_in_a_loop(x, n):
    f = math.sin
    total = x
    for i in range(n):
        total = total + f(total * x)
        f = cube if i == 0 else math.cos
    return total


@program((0.7, 1.3))
def list_of_functions(x, y):
    total = 0.0
    for f in [math.sin, cube, lambda t: t * y, math.exp, scaled]:
        total += f(x) * y
    return total


@program((sample(3), 1.3))
def layers_of_functions(x, s):
    layers = [np.tanh, lambda t: t * s, np.sin, lambda t: t + s * s]
    for layer in layers:
        x = layer(x)
    return np.sum(x * x)


@program((0.7, "sin"), (0.7, "cube"), (0.7, "own"))
def dict_of_functions(x, name):
    table = {"sin": math.sin, "cube": cube, "own": lambda t: t * x}
    return table[name](x) * x


ACTIVATIONS = {"tanh": np.tanh, "relu": lambda t: np.maximum(t, 0.0), "cube": cube}


@program((sample(3), ("tanh", "cube", "relu")), (sample(3), ("relu",)))
def functions_by_name(x, names):
    for name in names:
        x = ACTIVATIONS[name](x) + x
    return np.sum(x)


@program((0.7, 1.3, True), (0.7, 1.3, False))
def returned_by_a_function(x, y, flag):
    def pick(limit):
        if y * limit > 1.0:
            return lambda t: t * y + limit
        return math.sin

    return pick(x)(x) * pick(2.0)(y) * (1.0 if flag else x)


@program((0.7, 1.3))
def tuple_of_a_function_and_a_number(x, y):
    pairs = ((math.sin, x), (lambda t: t * y, y), (cube, 0.3))
    total = 0.0
    for f, a in pairs:
        total = total + f(a) * x
    return total


@program((0.7, 1.3))
def composed(x, y):
    def compose(f, g):
        return lambda t: f(g(t))

    h = compose(math.sin, lambda t: t * y)
    h = compose(h, cube)
    return h(x) * y


@program((0.7, 1.3, 2.0), (0.7, 1.3, -2.0))
def same_code_other_captures(x, y, s):
    def times(k):
        return lambda t: t * k

    f = times(x) if s > 0 else times(y * y)
    return f(s) * x


@program((0.7, 1.3))
def curried(x, y):
    add3 = lambda a: lambda b: lambda c: a * b + c
    return add3(x)(y)(x * y) * add3(2.0)(x)(y)


@program((0.7, 1.3))
def captured_function(x, y):
    f = lambda t: t * x
    g = lambda t: f(t) + y
    return g(x) * apply(g, y)


@program((0.7, 3))
def recursive_closure_as_a_value(x, n):
    def down(k):
        return x if k == 0 else down(k - 1) * x + k

    return apply(down, n)


@program((0.7, 4))
def mutually_recursive_closures(x, n):
    def even(k):
        return x if k == 0 else odd(k - 1) * x

    def odd(k):
        return 1.0 if k == 0 else even(k - 1) + x

    return even(n)


# ------------------------------------------------------------------------------------------------ partial


@program((0.7, 1.3))
def partial_inside(x, y):
    f = functools.partial(scaled, k=y)
    g = functools.partial(operator.mul, x)
    return f(x) * g(y)


@program((0.7, 1.3))
def partial_of_a_partial(x, y):
    def mix(a, b, c=1.0, *, d=0.5):
        return a * b + c * d

    f = functools.partial(functools.partial(mix, x, d=y), c=x * y)
    return f(y) * f(2.0, d=3.0)


@program((0.7, 1.3, 2.0), (0.7, 1.3, -2.0))
def partial_or_not(x, y, s):
    f = functools.partial(scaled, k=y) if s > 0 else cube
    return f(x) * s


third = functools.partial(scaled, k=1.0 / 3.0)


@program((0.7,))
def partial_outside(x):
    return third(x) * third(x, k=x) * apply(third, x)


# ------------------------------------------------------------------------------------------------ map and its like


@program(([0.7, 1.3, 0.2], 2.0))
def sum_with_a_start(items, s):
    return sum(items, s) * sum(items, start=s * s)


@program((0.7, 1.3))
def operators_as_functions(x, y):
    total = operator.add(x, y) * operator.sub(x, y)
    for op in (operator.add, operator.mul, operator.truediv):
        total = op(total, y)
    return operator.neg(total) + operator.pow(x, 2) + operator.itemgetter(1)((x, y))


@program((0.7, 1.3), (-0.7, 1.3))
def any_and_all(x, y):
    if any([x > 1.0, y > 1.0]) and not all((x > 0.0, y > 0.0)):
        return x * y
    return x * x


# ------------------------------------------------------------------------------------------------ decorated functions


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return 2.0 * f(*args, **kwargs)

    return wrapper


@doubled
def decorated(t, k=1.0):
    return t * t * k


def repeated(times):
    def decorate(f):
        def wrapper(t):
            for _ in range(times):
                t = f(t)
            return t

        return wrapper

    return decorate


@repeated(3)
@doubled
def decorated_twice(t):
    return math.sin(t)


@functools.lru_cache(maxsize=None)
def remembered(t):
    return t * t * 0.5


@functools.cache
def remembered_by_two(t, n):
    return t if n == 0 else remembered_by_two(t, n - 1) * t


@program((0.7, 1.3))
def wrapped_function(x, y):
    return decorated(x) * decorated(y, k=x)


@program((0.7,))
def wrapped_with_an_argument(x):
    return decorated_twice(x) * x


@program((0.7,))
def cached_function(x):
    return remembered(x) * remembered_by_two(x, 3)


@program((0.7, 1.3))
def keyword_arguments_forwarded(x, y):
    return apply(scaled, x, k=y) * apply(apply, scaled, y, k=x)


@program((0.7, 1.3))
def active_defaults(x, y):
    def f(a, b=x * y, *, c=y):
        return a * b + c

    return f(x) * f(y, c=2.0) * apply(f, 1.5)


@program((0.7, 1.3, 2.0), (0.7, 1.3, -2.0))
def defined_under_a_branch(x, y, s):
    if s > 0:

        def f(t):
            return t * y

    else:

        def f(t):
            return t + y * y

    return f(x) * apply(f, s)


@program((0.7, 1.3))
def mapped_over_a_tuple(x, y):
    a, b = map(lambda t: t * x, (x, y))
    return a * b


@program(([0.7, 1.3, 0.2], [0.5, -0.3, 1.1]))
def mapped_over_two_lists(a, b):
    return sum(map(operator.mul, a, b)) + sum(list(map(lambda p, q: p * p * q, a, b)))


@program(([0.7, 1.3, 0.2], 2.0))
def reduced_to_a_number(items, s):
    product = functools.reduce(lambda a, b: a * b + s, items)
    return product + functools.reduce(operator.mul, items, s)


@program(([0.7, 1.3, 0.2], 2.0), ([0.7], 2.0))
def reduced_to_a_function(items, s):
    f = functools.reduce(lambda g, k: lambda t: g(t) * k + s, items, lambda t: t)
    return f(s)


@program(([0.7, -1.3, 0.2], 2.0))
def least_and_greatest_by_key(items, s):
    far = max(items, key=lambda t: t * t)
    near = min(items, key=abs)
    return far * s + near * near + max(items) * min(*items)


@program((sample(3), 0.7))
def vectorized(x, s):
    f = np.vectorize(lambda t: t * t * s if t > 1.0 else t * s)
    return np.sum(f(x))


@np.vectorize
def hinge(t, s):
    return t * s if t > s else t * t


@program((sample(2, 3), sample(3, seed=1)))
def vectorized_outside(x, y):
    return np.sum(hinge(x, y)) + np.sum(hinge(x, 0.9))


@program((0.7,))
def made_from_indices(x):
    return np.sum(np.fromfunction(lambda i, j: np.sin(i * x) + j * x * x, (2, 3)))


@program((np.array([-0.7, 0.3, 1.2, 2.5]), 1.3))
def in_pieces(x, s):
    y = np.piecewise(x, [x < 0, x > 1.0], [lambda t: t * s, lambda t: t * t, 0.5])
    return np.sum(y * x) + np.sum(np.piecewise(x, [x < -9.0], [np.max, np.cos]))


@program(([{"a": 0.7, "n": 3}, {"a": 0.2, "n": 1}],))
def item_of_the_least(rows):
    row = min(rows, key=operator.itemgetter("n"))
    return row["a"] * row["a"]


@program((0.7, 1.3))
def composed_of_several(x, y):
    def compose(*functions):
        return functools.reduce(lambda f, g: lambda t: f(g(t)), functions)

    return compose(math.sin, lambda t: t * y, cube)(x)


@program((sample(4), 1.3))
def mapped_over_an_array(x, y):
    return sum(map(lambda t: t * t * y, x))


@program(([0.7, -1.3, 0.2],))
def only_positive(items):
    return sum(t * t for t in filter(lambda t: t > 0, items))


@program(([0.7, -1.3, 0.2], 2.0))
def sorted_by_key(items, s):
    a, b, c = sorted(items, key=lambda t: t * t)
    return a * s + b * b + c * c * c


@program(([0.7, -1.3, 0.2],))
def sorted_backwards(items):
    a, b, c = sorted(items, reverse=True)
    return a + b * b + c * c * c


@program(([(0.7, 3), (0.2, 1)],))
def sorted_pairs(pairs):
    total = 0.0
    for weight, n in sorted(pairs, key=operator.itemgetter(1)):
        total = total * weight + n
    return total


@program((sample(2, 3),))
def applied_along_an_axis(x):
    return np.sum(np.apply_along_axis(lambda row: row * np.sum(row), 1, x))
