"""Comprehensions of lists, dicts and sets, and generator expressions that are consumed where they stand."""

import math

import numpy as np

from tests.corpus import program, sample


@program((sample(3), 0.6))
def list_comprehension(x, k):
    y = [v * k for v in x]
    return sum(y) * y[0]


@program((sample(4), 0.6), (sample(4) - 1.0, 0.6))
def with_a_condition_on_active_values(x, k):
    return sum([v * v for v in x if v * k > 0.3]) + k


@program((sample(4), 0.6))
def with_several_conditions(x, k):
    kept = [v * i for i, v in enumerate(x) if i % 2 if v > 0.5]
    return sum(kept) + k * len(kept)


@program((sample(3), sample(2, seed=1)))
def several_fors(x, y):
    products = [a * b * (i + 1) for i, a in enumerate(x) for b in y if a > b - 1.0]
    return sum(products) * products[-1]


@program((sample(2, 3),))
def an_inner_iterable_that_depends_on_the_outer(m):
    return sum([v * v * len(row) for row in m for v in row if v > 0.5])


@program((sample(3), sample(2, seed=1)))
def nested(x, y):
    table = [[a * b for b in y] for a in x]
    return sum([sum(row) * row[0] for row in table]) + np.sum(np.array(table) ** 2)


@program((sample(3), sample(2, seed=1)))
def nested_with_the_same_variable(x, y):
    return sum([sum([v * k for v in y]) * v for k, v in enumerate(x)])


@program((0.7, sample(3)))
def the_variable_does_not_leak(v, x):
    squares = [v * v for v in x]
    return v * sum(squares)


@program((sample(3), 0.6))
def the_variable_shadows_what_it_runs_over(x, k):
    x = [x * k for x in x]
    return sum(x) * x[1]


@program(([sample(2, 3), sample(3, seed=1), 0.4],), ([0.4, 0.5],))
def over_parameters_of_different_kinds(params):
    squares = [np.sum(p**2) for p in params]
    return sum(squares) * squares[0]


@program(({"w": sample(2, 3), "b": sample(3, seed=1)}, 0.1))
def step_of_gradient_descent(params, rate):
    moved = {name: p - rate * p**3 for name, p in params.items()}
    return np.sum(moved["w"] @ moved["b"])


@program((sample(3), 0.6))
def dict_comprehension(x, k):
    d = {i: v * k for i, v in enumerate(x)}
    return sum(d.values()) * d[1]


@program((sample(3), 0.6))
def dict_comprehension_of_names(x, k):
    names = ["a", "b", "c"]
    d = {name: v**2 for name, v in zip(names, x) if name != "b"}
    return d["a"] * d["c"] * k + len(d)


@program((sample(4), 0.6))
def set_comprehension(x, k):
    residues = {i % 3 for i in range(len(x))}
    total = 0.0
    for r in sorted(residues):
        total += x[r] * k**r
    return total * len(residues) + (1.0 if 2 in residues else 0.0)


@program((sample(3), 0.6))
def generators_in_reductions(x, k):
    a = sum(v * v for v in x)
    b = sum((v * k for v in x), start=k)
    c = max(v * k for v in x)
    d = min(-v for v in x)
    e = math.fsum(v for v in x)
    return a * b + c * d + e


@program((sample(3), 0.6), (-sample(3), 0.6))
def any_and_all(x, k):
    if any(v * k > 0.5 for v in x):
        return sum(x) * k
    if all(v < 0.0 for v in x):
        return k * x[0]
    return k


@program((sample(4), 0.6), (sample(4) * 0.1, 0.6))
def the_first_that_fits(x, k):
    first = next((v * v for v in x if v > k), k)
    second = next(v for v in x if v > 0.0)
    return first * second


@program((sample(4),))
def generators_made_containers(x):
    t = tuple(v * v for v in x)
    l = list(v + 1.0 for v in x)
    s = sorted(-v for v in x)
    d = dict((i, v * 2.0) for i, v in enumerate(x))
    return t[0] * l[1] + s[0] * d[3]


@program((sample(4),))
def loop_over_a_generator(x):
    total = 0.0
    for i, s in enumerate(v * v for v in x):
        total += s * i
    for p, q in zip((v * total for v in x), reversed(x)):
        total += p * q * 0.1
    for s in (math.sin(v) for v in x if v > 0.6):
        if s > 0.99:
            break
        total += s * s
    else:
        total *= 2.0
    return total


@program((sample(3, 4),))
def arrays_from_comprehensions(m):
    rows = np.array([row * i for i, row in enumerate(m)])
    means = np.array([np.mean(m[:, j]) for j in range(m.shape[1])])
    stacked = np.stack([row**2 for row in m], axis=1)
    joined = np.concatenate([row[1:] for row in m if row[0] > 0.0])
    return np.sum(rows @ means) + np.sum(stacked * stacked) + np.sum(joined) * np.sum(np.vstack([m[0], *m[1:]]))


@program((sample(3), 0.6))
def in_a_condition_and_a_while(x, k):
    total = k
    while sum([v * total for v in x]) < 5.0:
        total = total * 1.5
    return total * (sum([v for v in x]) if k > 0.5 else sum([v * v for v in x])) * (k > 5.0 or sum([v for v in x]))


@program((sample(3), 0.6))
def in_a_lambda_and_a_default(x, k):
    f = lambda s: [v * s for v in x]  # noqa: E731

    def g(y=[v * k for v in x]):  # noqa: B006
        return sum([a * b for a, b in zip(y, f(2.0))])

    return g()


@program((sample(3), 0.6))
def a_walrus_inside(x, k):
    squares = [(s := v * k) * s for v in x]
    return sum(squares) * s


@program((sample(3), 0.6))
def calls_in_comprehensions(x, k):
    def f(v, n):
        return v**n * k

    return sum([f(v, n) for n, v in enumerate(x, 1)]) * f(x[0], 2)


@program((sample(4), sample(4, seed=1)))
def inner_product_by_zip(a, b):
    pairs = list(zip(a, b))
    return sum(p * q for p, q in pairs) + sum(p * q for p, q in zip(a, reversed(b)))


@program((sample(4),))
def pairwise_differences(x):
    n = len(x)
    d = [[(x[i] - x[j]) ** 2 for j in range(n)] for i in range(n)]
    return sum(d[i][j] * (i + j) for i in range(n) for j in range(i))


@program((sample(3), 2))
def polynomials(c, n):
    powers = [[v**k for k in range(n + 1)] for v in c]
    transposed = [[row[k] for row in powers] for k in range(n + 1)]
    return sum(sum(column) * (k + 1) for k, column in enumerate(transposed))


@program((sample(5), 2))
def windows(x, w):
    means = [np.mean(x[i : i + w]) for i in range(len(x) - w + 1)]
    return np.sum(np.array(means)[1:] ** 2) + np.array(means) @ x[: len(x) - w + 1]
