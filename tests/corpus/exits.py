"""`while`, `break`, `continue`, `for … else` and `return` wherever it may stand."""

import math

import numpy as np

from tests.corpus import program, sample


@program((5.3,), (0.7,))
def halve_until_small(x):
    while x > 1.0:
        x = x / 2.0
    return x * x


@program((0.6, 4), (0.6, 0))
def count_down(x, n):
    y = x
    while n > 0:
        y = y * x + n
        n -= 1
    return y


@program((2.3,), (0.6,))
def newton_square_root(a):
    x = 1.0
    while abs(x * x - a) > 1e-13:
        x = 0.5 * (x + a / x)
    return x


@program((0.6, 7), (0.6, 1))
def collatz(x, n):
    while n != 1:
        if n % 2 == 0:
            n = n // 2
            x = x * 1.1
        else:
            n = 3 * n + 1
            x = x + 0.01 * n
    return x * x


@program((0.6, 3))
def while_true_with_break(x, n):
    i = 0
    y = x
    while True:
        y = y * x + 0.3
        i += 1
        if i >= n:
            break
        y = math.sin(y)
    return y


@program((0.6, 5, 2), (0.6, 2, 9), (0.6, 0, 2))
def break_on_index(x, n, stop):
    y = x
    for i in range(n):
        if i == stop:
            break
        y = y * x + i
    return y


@program((0.8, 0.3), (2.8, 0.3), (0.1, 0.3))
def break_on_value(x, y):
    total = 0.0
    for i in range(6):
        total += x * y
        if total > 1.0:
            break
        x = x * 1.2
    return total * x


@program((0.8, 6), (0.8, 0))
def continue_on_odd(x, n):
    total = x
    for i in range(n):
        if i % 2:
            continue
        total = total * x + i
    return total


@program((sample(5, low=-1.0, high=1.0),))
def continue_on_value(x):
    total = 0.0
    for v in x:
        if v < 0:
            continue
        total = total + v * v
        if total > 0.5:
            total = total * 0.5
            continue
        total = total * 1.5
    return total


@program((0.9, 5, 3), (0.9, 2, 3), (0.9, 0, 3))
def for_else(x, n, stop):
    y = x
    for i in range(n):
        if i == stop:
            y = y * y
            break
        y = y * x
    else:
        y = y + x * 10.0
    return y


@program((0.9, 5, 3), (0.9, 2, 3))
def while_else(x, n, stop):
    y = x
    i = 0
    while i < n:
        if i == stop:
            break
        y = y * x + 0.2
        i += 1
    else:
        y = y * 3.0 - x
    return y


@program((0.9, 5, 3), (0.9, 2, 3), (0.9, 0, 0))
def return_from_a_loop(x, n, stop):
    y = x
    for i in range(n):
        y = y * x + 0.5
        if i == stop:
            return y * y
    return y - x


@program((0.9, 1.9), (0.5, 1.9), (2.5, 1.9))
def return_on_value(x, limit):
    y = x
    for i in range(5):
        y = y * 1.3 + x * i * 0.1
        if y > limit:
            return y * x
    return x - y


@program((0.9, 2, 1), (0.9, 9, 9), (0.9, 0, 0))
def return_from_nested_loops(x, row, column):
    total = x
    for i in range(3):
        for j in range(3):
            if i == row and j == column:
                return total * 2.0
            total = total * x + i - j
        total += 0.5 * x
    return total


@program((0.9, 1), (0.9, 5))
def break_the_inner_loop(x, stop):
    total = x
    for i in range(3):
        for j in range(4):
            if j > stop:
                break
            total = total * x + 0.1 * j
        total = math.sin(total) + i
    return total


@program((0.9, 1), (0.9, 5))
def break_both_loops(x, stop):
    total = x
    for i in range(3):
        for j in range(3):
            total = total * x + 0.1 * j
            if i + j > stop:
                break
        else:
            total = total - x
            continue
        break
    return total * x


@program((0.9, 4))
def break_and_continue(x, n):
    total = 0.0
    i = -1
    while True:
        i += 1
        if i == 1:
            continue
        if i > n:
            break
        total = total * x + x**2
    return total


@program((0.9,), (-0.9,), (3.5,))
def returns_in_while(x):
    while True:
        if x < 0:
            return x * x
        if x > 2.0:
            return x**3
        x = x * 1.7


@program((1.3, 0.2), (-1.3, 0.2))
def early_return_before_a_loop(x, y):
    if x < 0:
        return x * y
    for i in range(3):
        y = y * x + 0.1 * i
    return y


@program((0.9, 3), (0.9, 0))
def while_with_walrus(x, n):
    total = 0.0
    while (n := n - 1) >= 0:
        total += x**2 * n + x
    return total


@program((0.9,))
def while_with_and(x):
    i = 0
    while i < 10 and x < 3.0:
        x = x * 1.4
        i += 1
    return x * i


@program((sample(6),))
def first_above(x):
    for i in range(len(x)):
        if x[i] > 1.0:
            return x[i] * x[0]
    return x[0]


@program((sample(6),))
def search_with_else(x):
    for v in x:
        if v > 5.0:
            found = v
            break
    else:
        found = x[1] * x[2]
    return found * found


@program((0.4, 4), (0.4, 0))
def array_in_a_while(x, n):
    y = np.ones(3) * x
    while n > 0:
        y = np.sin(y) + x
        n = n - 1
    return np.sum(y)


@program((0.4, 0.3))
def variables_after_break(x, y):
    for i in range(10):
        last = x * i
        if last > 1.0:
            break
        y = y * last + x
    return y * last + i


@program((0.23, 6), (0.23, 1), (0.23, 0))
def many_exits(x, n):
    if n == 0:
        return x
    y = x
    for i in range(n):
        if i == 3:
            continue
        y = y + x * i
        while y > 0.9:
            y = y * 0.5
            if y < 0.1:
                return y
        if i == 5:
            return y * y
    else:
        return y * 3.0
    return y


@program((0.7, 3), (0.7, 6))
def loop_after_an_exit(x, n):
    y = x
    for i in range(n):
        if i == 4:
            return y
        y = y * x + 0.1
    for i in range(2):
        y = y * y + x
    return y


@program((0.7,))
def bisection(target):
    low, high = 0.0, 2.0
    for _ in range(3):
        middle = 0.5 * (low + high)
        if middle * middle > target:
            high = middle
        else:
            low = middle
    return (low + high) * target


@program((0.5, 5), (0.5, 2))
def break_before_anything(x, n):
    y = x
    while n > 0:
        if n < 3:
            break
        z = y * x
        y = z + n
        n -= 1
    return y * x
