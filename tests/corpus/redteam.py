"""Programs that were differentiated wrongly once: writes seen through callees, closures and views, stale residuals."""

import numpy as np

from tests.corpus import program, sample


def squared(a):
    return np.sum(a * a)


def same(a):
    return a


def even(n, a):
    return np.sum(a) if n == 0 else odd(n - 1, a * a)


def odd(n, a):
    b = a.copy()
    b[0] = b[1] * n
    return even(n - 1, b) + b[0]


@program((sample(4),))
def argument_of_a_callee_overwritten(x):
    a = x.copy()
    s = squared(a)
    a[0] = 5.0 * x[1]
    return s + np.sum(a)


@program((sample(4),))
def argument_of_a_callee_overwritten_in_a_loop(x):
    a = x.copy()
    s = 0.0
    for i in range(3):
        s += squared(a)
        a[i] = a[i] * x[1]
    return s


@program((sample(4),))
def result_of_a_callee_overwritten(x):
    a = x.copy()
    b = same(a)
    s = np.sum(b * b)
    b[0] = 3.0 * x[2]
    return s + np.sum(b * x)


@program((sample(4),))
def captured_array_overwritten(x):
    a = x.copy()

    def weighted(t):
        return np.sum(a * t)

    s = weighted(x)
    a[1] = x[0] * x[2]
    return s * weighted(x)


@program((sample(4),))
def indices_overwritten(x):
    idx = np.array([0, 1])
    y = 0.0
    for i in range(3):
        y += np.sum(x[idx] ** 2) * (i + 1)
        idx += 1
        if i > 0:
            idx[0] = 0
    return y


@program((sample(4),))
def mask_overwritten(x):
    a = x * x
    m = np.array([True, False, True, False])
    a[m] = a[m] * 3.0 * x[m]
    m[1] = True
    a[m] *= x[0]
    m[:] = False
    return np.sum(a * x)


@program((sample(4),))
def copy_by_multiplication(x):
    """`x[:3] * 1.0` is an array of its own."""
    a = x[:3] * 1.0
    a[1] = x[0] * x[3]
    b = x[::-1] * 1
    b *= x
    return np.sum(a * x[1:]) + b[0]


@program((sample(4), True), (sample(4), False))
def length_of_one_on_one_path(x, flag):
    n = x.shape[0]
    if flag:
        n = 1
    z = np.zeros(n)
    z[:] = x[0] * x[1]
    return np.sum((z * x) ** 2)


@program((sample(4),))
def lengths_that_change_in_a_loop(x):
    n = len(x)
    s = 0.0
    for _ in range(4):
        z = np.zeros(n)
        z[:] = x[0] * x[1]
        w = z * x if n in (1, 4) else z * 2.0
        s += np.sum(w * w)
        n = n - 1
    return s


@program((sample(4),))
def zeros_like_of_another_shape(x):
    z = np.zeros_like(x, shape=(1,))
    z[:] = x[0] * x[1]
    return np.sum((z * x) ** 2)


@program((sample(4),))
def equal_keys_of_a_dict(x):
    p = {"w": x * 2.0, "b": x[0]}
    q = {**p, "b": p["b"] * x[1]}
    r = {"a": x[0], "b": x[1], **{"b": x[2], "a": x[3] * x[0]}}
    first = next_value(r)
    return np.sum(q["w"] * q["b"]) * p["b"] + first * r["b"]


def next_value(table):
    total = 0.0
    for k, v in enumerate(table.values()):
        total += v * (k + 1)
    return total


@program((sample(2, 2),))
def array_without_axes(a):
    z = np.zeros(())
    z[()] = a[0, 0] * a[1, 1]
    z += a[0, 1]
    z *= z
    return z * 1.0


@program((2.0, True), (2.0, False), (2.0, 3), (2.0, -3))
def negative_zero(x, c):
    s = 0.0 if c > 0 else -0.0
    return x * np.copysign(1.0, s)


@program((sample(3), 4), (sample(3), 3))
def mutual_recursion_with_writes(x, n):
    return even(n, x) if n % 2 == 0 else odd(n, x)


@program((0.7, 3), (-0.7, 3))
def tuples_returned_early(x, n):
    for k in range(n):
        if x < 0.0 and k == 1:
            return x * x, [x, x * k]
        x = x * 1.1
    return x, [x * x, 2.0 * x]


@program((sample(3), 2))
def rows_carried_by_a_loop(x, n):
    a = np.zeros((3, 3))
    previous = x
    s = 0.0
    for i in range(n):
        a[i] = previous * x
        previous = a[i]
        s += np.sum(previous * previous)
    return s


@program((sample(4), 1), (sample(4), 3))
def tuples_that_grow(x, n):
    kept = (x[0],)
    for i in range(n):
        kept = kept + (x[i] * kept[i],)
    front = (x[1],)
    for i in range(n):
        front = (front[0] * x[i],) + front
    return kept[-1] * front[0] + kept[0] * front[-1]


@program((sample(4), 1), (sample(4), 3))
def tuples_from_recursion(x, n):
    return np.sum(np.array(squares(x, n)) ** 2)


def squares(x, n):
    return () if n == 0 else (x[n - 1] ** 2,) + squares(x, n - 1)


@program((0.7,))
def texts_that_choose(x):
    table = {"a": x, "b": 2.0 * x}
    key = f"{'a' if x > 0.0 else 'b'}"
    note = f"{x}" + str(x)
    return table[key] * x + 0.0 * len(note)
