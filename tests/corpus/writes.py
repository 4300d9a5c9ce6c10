"""Element and slice writes into arrays made inside the function."""

import math

import numpy as np

from tests.corpus import program, sample


@program((0.7, 0.4))
def filled_from_zeros(x, y):
    a = np.zeros(3)
    a[0] = x
    a[1] = x * y
    a[2] += y
    return np.sum(a * a)


@program((sample(4),))
def overwritten_element(x):
    a = x.copy()
    a[1] = a[0] * a[1] + a[2]
    a[1] = a[1] * a[1]
    a[0] = 2.0
    return np.sum(a * x)


@program((sample(4),))
def element_augmented(x):
    a = x * 1.0
    a[1] += a[0] * a[2]
    a[2] *= a[1]
    a[3] -= x[0]
    a[0] /= a[3]
    return np.sum(a)


@program((sample(4),))
def write_lost_at_once(x):
    a = np.copy(x)
    a[0] = x[1] * x[2]
    a[0] = x[3]
    return np.sum(a)


@program((sample(5),))
def running_sum_in_place(x):
    a = x.copy()
    for i in range(1, len(a)):
        a[i] += a[i - 1]
    return np.sum(a * a)


@program((sample(5), sample(5, seed=1)))
def nonlinear_recurrence(x, b):
    a = np.zeros(5)
    a[0] = x[0]
    for i in range(1, 5):
        a[i] = x[i] * a[i - 1] + math.sin(b[i]) * a[i - 1] * 0.1
    return a[4] * a[2]


@program((sample(5),))
def recurrence_overwrites_its_input(x):
    a = x * 1.0
    for i in range(1, 5):
        a[i] = a[i] * a[i - 1]
    return np.sum(a)


@program((sample(5),))
def backwards_recurrence(x):
    a = x.copy()
    for i in range(len(a) - 2, -1, -1):
        a[i] = a[i] * a[i + 1] + math.sin(a[i])
    return a[0]


@program((sample(5),))
def slice_write(x):
    a = np.zeros(5)
    a[1:4] = x[:3] * x[2:]
    a[:2] += x[0]
    a[::2] *= x[1]
    return np.sum(a * x)


@program((sample(5), 0.6))
def slice_filled_with_a_scalar(x, s):
    a = x.copy()
    a[1:3] = s
    a[3:] += s * x[0]
    a[:] = a * s
    return np.sum(a * a)


@program((sample(5),))
def overlapping_slices_up(x):
    u = x * 1.0
    u[1:] = u[:-1] * 2
    return np.sum(u * x)


@program((sample(5),))
def overlapping_slices_nonlinear(x):
    u = x.copy()
    u[1:] = u[:-1] * u[1:]
    u[:-1] = np.sin(u[1:]) * u[:-1]
    return np.sum(u)


@program((sample(5),))
def overlapping_copy_without_arithmetic(x):
    u = x.copy()
    u[1:] = u[:-1]
    u[0] = x[4]
    return np.sum(u * x)


@program((sample(5),))
def overlapping_augmented(x):
    u = x.copy()
    u[1:] += u[:-1]
    u[:-1] *= u[1:]
    return np.sum(u * x)


@program((sample(5),))
def reversed_in_place(x):
    u = x * x
    u[:] = u[::-1]
    u[::-1] *= x
    return np.sum(u * u[0])


@program((sample(3, 3),))
def row_and_column_writes(a):
    b = a.copy()
    b[0] = a[1] * a[2]
    b[:, 1] = b[0] * b[:, 1]
    b[2, :2] += b[0, 1:]
    b[-1, -1] *= b[0, 0]
    return np.sum(b * a)


@program((sample(2, 3), sample(3, seed=1)))
def broadcast_write(a, v):
    b = np.zeros((2, 3))
    b[:] = v
    b += a
    b[1] *= v
    b[:, 1:] -= a[:, :1]
    return np.sum(b * b)


@program((sample(3, 2),))
def rows_in_a_loop(a):
    b = np.zeros_like(a)
    for i in range(3):
        b[i] = np.sin(a[i]) * (i + 1)
    return np.sum(b * b)


@program((sample(4), sample(4, seed=1)))
def empty_then_filled(x, y):
    a = np.empty(4)
    for i in range(4):
        a[i] = x[i] * y[3 - i]
    return np.sum(a * a)


@program((sample(4),))
def alias_by_name(x):
    a = x * 1.0
    b = a
    b[0] = x[1] * x[2]
    a[1] = b[0] * 3.0
    return np.sum(a * b)


@program((sample(4),))
def alias_augmented(x):
    a = x * x
    b = a
    b += x
    b *= a
    return np.sum(a)


@program((sample(4),))
def copy_is_no_alias(x):
    a = x * 1.0
    b = a.copy()
    b[0] = x[1] * x[2]
    a[1] = b[0]
    return np.sum(a * b)


@program((sample(4), 0.6))
def rebinding_is_no_write(x, s):
    a = x * s
    b = a
    a = a + s
    a[0] = s
    return np.sum(a * b)


@program((sample(4), 3), (sample(4), 0))
def swapped_buffers(x, n):
    u = x.copy()
    w = x.copy()
    for _ in range(n):
        w[1:-1] = u[1:-1] * u[2:] + 0.1 * u[:-2]
        u, w = w, u
    return np.sum(u * u)


@program((sample(4), True), (sample(4), False))
def write_under_a_condition(x, flag):
    a = x * x
    if flag:
        a[1] = a[0] * a[2]
    else:
        a[2] *= x[3]
    return np.sum(a * a)


@program((sample(4, low=-1.0, high=1.0),))
def write_depends_on_the_element(x):
    a = x.copy()
    for i in range(4):
        if a[i] < 0:
            a[i] = a[i] * a[i]
        elif i > 0:
            a[i] += a[i - 1]
    return np.sum(a * x)


@program((sample(5),))
def masked_write(x):
    a = x.copy()
    a[x > 1.0] = 0.5
    a[a < 0.6] *= x[0]
    return np.sum(a * a)


@program((sample(4),))
def masked_array_write(x):
    a = x * 2.0
    keep = x > 0.8
    a[keep] = x[keep] ** 2
    a[~keep] += x[0]
    return np.sum(a * x)


@program((sample(4),))
def fancy_write(x):
    a = np.zeros(4)
    a[[2, 0]] = x[[1, 3]] * x[:2]
    a[[1, 3]] += x[0]
    return np.sum(a * a)


@program((sample(4),))
def fancy_write_repeated(x):
    """Of repeated indices the last write counts."""
    a = x.copy()
    a[[1, 1, 2]] = x[:3] * x[1:]
    a[[0, 0]] += x[2:]
    return np.sum(a * a)


@program((sample(4), 2), (sample(4), 0))
def buffer_filled_anew(x, n):
    buffer = np.zeros(4)
    total = 0.0
    for k in range(n):
        buffer[:] = x * (k + 1)
        buffer[0] = buffer[1] * buffer[2]
        total += np.sum(buffer * buffer)
    return total


@program((sample(4), 2))
def array_made_in_the_loop(x, n):
    total = 0.0
    for k in range(n):
        a = np.zeros(4)
        a[k] = x[k] * x[3]
        a[k + 1 :] = a[k] * x[k + 1 :]
        total += np.sum(a * x)
    return total


@program((sample(4),))
def contents_read_before_the_write(x):
    a = x * x
    s = np.sum(a * a)
    a[0] = s * a[1]
    t = np.sum(np.sin(a))
    a[1:] = 0.0
    return s * t + a[0]


@program((sample(4),))
def old_value_kept_by_number(x):
    a = x.copy()
    old = a[1]
    a[1] = old * old
    older = a[2]
    a[2] = a[1] * older
    return old * a[1] * a[2] * older


@program((sample(4),))
def elements_swapped(x):
    a = x.copy()
    a[0], a[3] = a[3], a[0]
    a[1], a[2] = a[2] * a[0], a[1]
    return np.sum(a * x)


@program((sample(4),))
def bubble_sort(x):
    a = x.copy()
    for i in range(4):
        for j in range(3 - i):
            if a[j] > a[j + 1]:
                t = a[j]
                a[j] = a[j + 1]
                a[j + 1] = t
    return a[0] * 1.0 + a[1] * 2.0 + a[2] * 3.0 + a[3] * 4.0 * a[0]


@program((sample(3),))
def integer_counter_array(x):
    counts = np.zeros(3, dtype=int)
    total = 0.0
    for i in range(5):
        counts[i % 3] += 1
        total += x[i % 3] * counts[i % 3]
    return total * x[0]


@program((sample(4), 2), (sample(4), 7))
def write_then_break(x, stop):
    a = x.copy()
    for i in range(1, 4):
        a[i] = a[i] * a[i - 1]
        if i == stop:
            break
        a[i - 1] += a[i]
    return np.sum(a * a)


@program((sample(4), 2), (sample(4), 7))
def write_then_return(x, stop):
    a = x.copy()
    for i in range(1, 4):
        a[i] = a[i] * a[i - 1]
        if i == stop:
            return np.sum(a) * x[0]
    return np.sum(a * a)


@program((sample(3),))
def returns_a_written_array(x):
    a = np.zeros(3)
    for i in range(3):
        a[i] = x[i] * x[0]
    a[0] *= a[1]
    return a


@program((sample(3, 3),))
def three_index_writes(a):
    b = np.zeros((2, 3, 3))
    b[0] = a
    b[1, :, 0] = a[0] * a[1]
    b[1, ..., 1] = a[:, 2]
    b[:, 1, 1] *= a[2, 2]
    return np.sum(b * b)


@program((sample(4),))
def whole_array_augmented_after_writes(x):
    a = np.ones_like(x)
    a[1:] *= x[:-1]
    a *= a
    a += a
    a[0] = np.sum(a)
    return np.sum(a * x)


@program((sample(4), 0.7))
def negative_index_writes(x, s):
    a = x * s
    a[-1] = a[-2] * s
    a[-2:] += a[-3:-1] * x[0]
    return np.sum(a * a)


@program((0.7, 5))
def scalar_table(x, n):
    table = np.ones(n)
    table[1] = x
    for i in range(2, n):
        table[i] = table[i - 1] * x + table[i - 2]
    return table[n - 1] * table[2]


@program((sample(3),))
def written_but_unused(x):
    a = np.zeros(3)
    a[0] = x[0]
    b = x * x
    a[1] = b[1]
    return np.sum(b)
