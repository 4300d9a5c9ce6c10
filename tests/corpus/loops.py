"""`for` over everything the language allows, with zero trips among the examples."""

import math

import numpy as np

from tests.corpus import program, sample


@program((0.9, 3), (0.9, 1), (0.9, 0))
def repeated_product(x, n):
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


@program((0.9, 4), (0.9, 0))
def repeated_sine(x, n):
    for i in range(n):
        x = math.sin(x) + i * 0.1
    return x * x


@program((0.9, 1, 8, 3), (0.9, 7, 0, -2), (0.9, 5, 5, 1))
def range_with_a_step(x, start, stop, step):
    total = x
    for i in range(start, stop, step):
        total = total + x**i * (i + 1)
    return total


@program((sample(4),), (sample(0),), (sample(1),))
def sum_over_elements(x):
    total = 0.0
    for v in x:
        total += v * v
    return total


@program((sample(3, 2),))
def loop_over_rows(a):
    total = 0.0
    for row in a:
        total = total + np.sum(row * row) * row[0]
    return total


@program((sample(4),))
def loop_by_index(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * x[i] * (i + 1)
    return total


@program((sample(4),))
def loop_by_shape(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += math.sin(x[i]) * x[-1]
    return total


@program((sample(4),))
def enumerated(x):
    total = 0.0
    for i, v in enumerate(x):
        total += v ** (i + 1)
    return total


@program((sample(4),))
def enumerated_from_one(x):
    total = 1.0
    for i, v in enumerate(x, 1):
        total = total * v + i
    return total


@program((sample(3), sample(3, seed=1)), (sample(3), sample(2, seed=1)))
def zipped(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total += a * b * a
    return total


@program((sample(3), [0.2, 0.4, 1.1], (1, 2, 3)))
def zipped_three(x, weights, powers):
    total = 0.0
    for a, w, p in zip(x, weights, powers):
        total += w * a**p
    return total


@program((sample(3), sample(3, seed=1)))
def enumerated_zip(x, y):
    total = 0.0
    for k, (a, b) in enumerate(zip(x, y)):
        total += (k + 1) * a / b
    return total


@program((sample(4),))
def neighbours(x):
    total = 0.0
    for a, b in zip(x[:-1], x[1:]):
        total += (b - a) ** 2 * a
    return total


@program((sample(4), 0.3))
def reversed_array(x, y):
    for v in reversed(x):
        y = y * v + v
    return y


@program((0.8, 4), (0.8, 0))
def reversed_range(x, n):
    y = x
    for i in reversed(range(n)):
        y = y * x + i
    return y


@program((0.8, [0.3, 1.2, -0.4]), (0.8, []))
def loop_over_a_list(x, items):
    y = x
    for item in items:
        y = y * item + x
    return y


@program((0.8, 0.5))
def loop_over_a_literal(x, y):
    total = 0.0
    for v in (x, y, x * y):
        total += v * v
    for v in [x, 2.0, y]:
        total *= v
    return total


@program((0.8,))
def loop_over_pairs(x):
    total = 0.0
    for a, (b, c) in [(1, (2.0, x)), (3, (x, 0.5))]:
        total += a * b * c * x
    return total


@program((0.7, 3, 2), (0.7, 0, 2), (0.7, 3, 0))
def nested_loops(x, n, m):
    total = x
    for i in range(n):
        for j in range(m):
            total = total * x + i * j
        total = total - x * i
    return total


@program((0.7, 4), (0.7, 0))
def triangular_loops(x, n):
    total = 0.0
    for i in range(n):
        for j in range(i):
            total += x ** (j + 1) * total + x
    return total


@program((sample(3, 3),))
def double_sum_by_index(a):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total += a[i, j] * a[j, i] * (i + 2 * j)
    return total


@program((0.7, 3), (0.7, 1))
def loop_variable_used_after(x, n):
    i = 0
    for i in range(n):
        x = x * (i + 1)
    return x**i + i * x


@program((0.7, 3))
def loop_variable_reassigned(x, n):
    y = x
    for i in range(n):
        i = i * 2 + 1
        y = y * x + i
    return y * i


@program((sample(3),))
def element_reassigned_in_the_loop(x):
    total = 0.0
    for v in x:
        v = v * v
        v += total
        total = v * x[0]
    return total + v


@program((0.7, 4), (0.7, 0))
def loop_bound_reassigned(x, n):
    for i in range(n):
        n = 0
        x = x * x + 0.1 * i
    return x + n


@program((0.7, 5), (0.7, 0))
def condition_in_a_loop(x, n):
    y = x
    for i in range(n):
        if i % 2 == 0:
            y = y * x
        else:
            y = math.cos(y)
    return y


@program((sample(5, low=-1.0, high=1.0),))
def condition_on_the_element(x):
    total = 1.0
    for v in x:
        if v > 0:
            total = total * (1.0 + v)
        else:
            total = total - v * v
    return total


@program((0.7, 5), (0.7, 1))
def variable_born_in_the_loop(x, n):
    total = 0.0
    for i in range(n):
        if i == 0:
            previous = x
        current = previous * x + i
        total += current * previous
        previous = current
    return total


@program((0.4, 5), (0.4, 0))
def fibonacci_swap(x, n):
    a, b = x, 1.0
    for _ in range(n):
        a, b = b, a + b * x
    return a * b


@program((0.4, 0.9, 4))
def two_carried_values(x, y, n):
    for _ in range(n):
        x, y = x * y, x - 0.5 * y
    return x + y


@program((sample(3), 4), (sample(3), 0))
def array_carried(x, n):
    h = x
    for _ in range(n):
        h = np.tanh(h) * x + 0.1
    return np.sum(h)


@program((0.9, 3), (0.9, 0))
def last_value_only(x, n):
    y = x
    for i in range(n):
        y = x * (i + 2)
    return y * x


@program((0.9, 3))
def loops_one_after_another(x, n):
    a = x
    for _ in range(n):
        a = a * x
    b = a
    for _ in range(n - 1):
        b = b + a * b
    return a * b


@program((0.9, 2))
def loop_in_a_branch_in_a_loop(x, n):
    y = x
    for i in range(3):
        if i >= 1:
            for j in range(n):
                y = y * x + j
        else:
            y = math.sin(y)
    return y


@program((sample(3), np.array([2, 0, 1])))
def loop_over_an_integer_array(x, order):
    total = 0.0
    for i in order:
        total = total * 0.5 + x[i] * x[i]
    return total


@program((0.5, 4), (0.5, 0))
def inactive_work_in_a_loop(x, n):
    factorial = 1.0
    total = 0.0
    for k in range(n):
        factorial *= k + 1
        total += x**k / factorial
    return total
