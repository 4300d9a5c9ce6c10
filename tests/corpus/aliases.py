"""Writes that are seen through other names: views, phi aliases, callees, containers of arrays, written parameters."""

from dataclasses import dataclass

import numpy as np

from tests.corpus import program, sample

X = np.array([0.3, 0.5, -0.7, 1.1])
Y = np.array([1.2, -0.4, 0.6, 0.9])
M = np.array([[0.5, 0.3, -0.2], [1.0, -0.6, 0.4], [0.7, 0.1, 0.8]])


# ------------------------------------------------------------------------------------------------ views of live arrays


@program((M, 0.7))
def scan_rows(a, w):
    a = a.copy()
    for i in range(1, len(a)):
        row = a[i]
        row += np.tanh(w * a[i - 1])
    return np.sum(a)


@program((M, 0.7))
def rows_by_iteration(a, w):
    a = a * w
    for row in a:
        row *= np.sum(row)
        row[0] = row[1] * row[2]
    return np.sum(a * a)


@program((X,))
def alias_then_element(x):
    a = x * 2
    b = a
    b[0] = x[1] * x[2]
    return np.sum(a * a) + np.sum(b)


@program((M,))
def row_of_transpose(m):
    a = m * m
    t = a.T
    t[0] = a[1] * a[2]
    t[1, 2] += a[0, 0]
    return np.sum(a * np.arange(9.0).reshape(3, 3))


@program((M,))
def view_of_a_view(m):
    a = m * 2
    block = a[1:]
    row = block[0]
    row[1:] = row[:-1] * block[1, 1:]
    a[1, 0] *= 3
    return np.sum(a**2) + np.sum(row) * np.sum(block)


@program((X,))
def raveled(x):
    a = np.outer(x, x)
    flat = a.ravel()
    flat[::5] = x * x
    flat[1] *= 2
    return np.sum(a * a[::-1])


@program((X,))
def reshaped_live(x):
    a = x * x
    b = a.reshape(2, 2)
    b[0] = b[1] * a[:2]
    return np.sum(a) + np.sum(b * b)


@program((X,))
def overlapping_slices(x):
    a = x * 1.5
    head, tail = a[:-1], a[1:]
    tail += head * 2
    head *= tail
    return np.sum(a * x)


@program((X, 3))
def views_across_trips(x, n):
    a = x * 1
    last = a[0:2]
    for i in range(n):
        last = a[i : i + 2]
        last *= 1.5
        a[i] += np.sum(last) * 0.1
    return np.sum(a * a) + np.sum(last)


@program((M,))
def column_normalised(m):
    a = m * 1
    for j in range(a.shape[1]):
        column = a[:, j]
        column /= np.sqrt(np.sum(column * column))
        for k in range(j + 1, a.shape[1]):
            other = a[:, k]
            other -= column * np.sum(column * other)
    return np.sum(a * np.arange(1.0, 10.0).reshape(3, 3))


@program((X,))
def split_halves(x):
    a = x * 2
    left, right = np.split(a, 2)
    left += right * right
    right[0] = left[1]
    return np.sum(a * a)


# ---------------------------------------------------------------------------------------------------- phi aliases


@program((X, 1.0), (X, -1.0))
def either(x, c):
    y = np.sin(x)
    b = y if c > 0 else np.zeros_like(x)
    b[0] = x[1] * x[2]
    return np.sum(y * b)


@program((X, 1.0), (X, -1.0))
def either_view(x, c):
    y = x * x
    v = y[1:] if c > 0 else y[:-1]
    v *= 2
    v[0] = c * y[2]
    return np.sum(y * x) + np.sum(v)


@program((X, 4))
def alias_carried_by_a_loop(x, n):
    a, b = x * 1, x * 2
    current = a
    for i in range(n):
        current[i] = current[i] * b[i - 1] + a[i - 1]
        current = b if i % 2 else a
    return np.sum(a * b) + np.sum(current)


@program((X, 4))
def nested_branches(x, n):
    a = x * 1
    b = a
    for i in range(n):
        if x[i] > 0:
            b = a[:]
        elif x[i] < -0.5:
            b = np.cos(a)
        b[i] = b[i] * a[i - 1]
    return np.sum(a) * np.sum(b)


@program((X, 3))
def trip_local_alias(x, n):
    total = 0.0
    for i in range(n):
        a = x * i
        b = a if x[i] > 0 else x + 1
        b[0] = total
        b[1:] *= a[:-1]
        total = total + np.sum(a * b)
    return total


# ---------------------------------------------------------------------------------------------------- parameters


@program((X,))
def written_parameter(x):
    x[0] = x[1] * x[1]
    x *= 2
    return np.sum(x * x)


@program((X, Y))
def written_parameters(x, y):
    x[1:] += y[:-1]
    y[:] = x * y
    return np.sum(x * y)


@program((X,), (-X,))
def returns_what_it_wrote(x):
    if x[0] > 0:
        x[1] = x[0] ** 2
    return x


@program((M,))
def kernel_without_result(a):
    kernel(a, 2)
    return np.sum(a * a)


def kernel(a, steps):
    for _ in range(steps):
        a[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]) + a[1:-1, 1:-1] ** 2


@program((X, 1.0), (X, -1.0))
def maybe_the_parameter(x, c):
    b = x if c > 0 else x.copy()
    b[0] = x[1] * c
    return np.sum(b * x)


# ------------------------------------------------------------------------------------------------------ callees


def relax(v, i, w):
    v[i] = v[i] * v[i - 1] * w


@program((X, 0.9))
def sweep(x, w):
    x = x.copy()
    for i in range(1, len(x)):
        relax(x, i, w)
    return np.sum(x)


@program((X, 0.9))
def reads_before_the_call(x, w):
    x = x * 1
    s = np.sum(x * x)
    relax(x, 2, w)
    return s * np.sum(x)


def through_two(v, w):
    relax(v[1:], 1, w)
    relax(v, 1, w)


@program((X, 0.9))
def callee_of_a_callee(x, w):
    x = x * x
    through_two(x, w)
    return np.sum(x * x)


def descend(v, n):
    if n > 0:
        v[n] *= v[n - 1]
        descend(v, n - 1)
        v[0] += np.sin(v[n])


@program((X,))
def recursive_writer(x):
    x = x + 1
    descend(x, 3)
    return np.sum(x * x)


def step(new, old, k):
    new[1:-1] = old[1:-1] + k * (old[2:] - 2 * old[1:-1] * old[1:-1] + old[:-2])


@program((X, 3, 0.1))
def buffers_swapped_around_a_callee(u, n, k):
    u = u.copy()
    w = u.copy()
    for _ in range(n):
        step(w, u, k)
        u, w = w, u
    return np.sum(u * u)


def updated(v, w):
    v[0] = w * v[1]
    return v


@program((X, 0.4))
def callee_returns_its_argument(x, w):
    x = x * 1
    y = updated(x, w)
    y[1] = y[0] * 3
    return np.sum(x * y)


@program((X, 0.4))
def callee_result_replaces_the_argument(x, w):
    x = x * 1
    for _ in range(3):
        x = updated(x, w)
        x = x * x
    return np.sum(x)


def tail(v):
    return v[1:]


@program((X,))
def callee_returns_a_view(x):
    a = x * x
    b = tail(a)
    b[0] = a[0] * a[2]
    a[1:] *= 2
    return np.sum(a * a) + np.sum(b)


def swap(v, i, j):
    v[i], v[j] = v[j], v[i]


@program((X,))
def elements_swapped_by_a_callee(x):
    x = x * 2
    for i in range(3):
        swap(x, i, 3 - i)
    return np.sum(x * np.arange(4.0))


@program((X,))
def written_by_a_closure(x):
    out = np.zeros(4)

    def put(i, v):
        out[i] = v * x[i]

    for i in range(4):
        put(i, x[i - 1])
    return np.sum(out * out)


def accumulate(total, v):
    total += v * v
    return None


@program((M,))
def accumulates_into_an_argument(m):
    total = np.zeros(3)
    for row in m:
        accumulate(total, row)
    return np.sum(np.sqrt(total))


# ------------------------------------------------------------------------------------------- arrays in containers


@program((X,))
def array_of_a_tuple(x):
    pair = (x * 1, x * 2)
    pair[0][1] = x[0] * x[2]
    first, second = pair
    second *= first
    return np.sum(pair[0]) * np.sum(pair[1])


@program((X,))
def array_of_a_dict(x):
    state = {"u": x * 1, "v": np.zeros(4)}
    for _ in range(3):
        state["v"] += 0.1 * state["u"]
        u = state["u"]
        u[1:] -= 0.2 * state["v"][:-1] * u[:-1]
    return np.sum(state["u"] * state["v"])


@program(([X * 1.0, Y * 1.0],))
def list_argument_written(arrays):
    arrays[0][1] = arrays[1][2] * arrays[0][3]
    arrays[1][:] *= arrays[0]
    return np.sum(arrays[0] * arrays[1])


@program((X, 3))
def named_and_held(x, n):
    u = x * 1
    layers = (u, x * 2)
    for i in range(n):
        layers[1][i] = layers[0][i] * layers[1][i + 1]
    return np.sum(layers[1] * layers[0])


# ------------------------------------------------------------------------------------------- once more, one by one


def fills(a, v):
    a[0] = v


@program((sample(3),))
def write_into_an_argument(x):
    x[0] = x[1] * x[2]
    return np.sum(x * x)


@program((sample(3),))
def augmented_argument(x):
    x *= 2.0
    return np.sum(x * x)


@program((sample(3),))
def write_into_an_alias_of_an_argument(x):
    y = x
    y[0] = x[1] * x[2]
    return np.sum(x * y)


@program((sample(3, 3),))
def write_into_a_view_of_an_argument(a):
    row = a[0]
    row[1] = a[1, 1]
    return np.sum(a * a)


@program(
    (
        sample(3),
        1,
    )
)
def write_into_one_of_two(x, k):
    y = np.sin(x)
    b = y if k > 0 else np.zeros_like(x)
    b[0] = x[1] * x[2]
    return np.sum(y * b)


@program(([sample(3), sample(3)],))
def write_into_rows_of_a_list(rows):
    for k in range(2):
        rows[k][:] = 0.0
    return np.sum(rows[0] * rows[1])


@program((sample(3),))
def write_into_a_part_of_a_container(x):
    pair = (x * x, x * 2.0)
    pair[0][1] = x[0]
    return np.sum(pair[0] * pair[1])


@program((sample(3),))
def callee_writes_into_its_argument(x):
    a = x * x
    fills(a, x[1] * x[2])
    return np.sum(a * x)


@program((sample(3),))
def write_into_a_captured_array(x):
    a = x * x

    def change():
        a[0] = x[1] * x[2]

    change()
    return np.sum(a)


@program((sample(3),))
def result_written_into_an_argument(x):
    np.multiply(x, 2.0, out=x)
    return np.sum(x * x)


@program((X,))
def returned_from_inside_a_loop(x):
    for i in range(2):
        if i:
            return x
        x *= 0.5
    return x.clip(0.1, 1.1)


@program((X, 0.4))
def held_beside_a_number(x, s):
    pair = (s, x)
    x[0] = 1.0
    return pair


@program((0.6, np.array(0.3), M))
def number_beside_a_written_array(x, z, m):
    held = {"q": x, "p": m}
    m += 1.0
    pair = (m, z)
    return z * held["q"] + np.sum(pair[0] ** 2)


def doubles_last(s, v):
    v[-1] *= 2.0
    return np.outer(s, v)


@program((X, 0.7))
def result_of_a_writer_unused(x, s):
    x = x * s
    doubles_last(s, x)
    x[0] *= x[-1]
    return np.sum(x)


def scaled_total(total, s):
    total *= s
    total += s * s


@program((X, 0.7))
def array_without_axes_written_by_a_callee(x, s):
    total = np.array(np.sum(x))
    for i in range(3):
        scaled_total(total, s + x[i])
    return total * total


@program((X, Y))
def rest_of_a_tuple(x, y):
    first, *rest = (x * 3, x * y, y * 2)
    y = rest[0]
    y[1] = first[0] * first[1]
    rest[1][0] *= y[1]
    return np.sum(y * first) + np.sum(rest[0] * rest[1])


def spoils(v, s):
    v[:-1] = s
    return 1.0


@program((X, 0.7))
def place_read_before_the_value_is_computed(x, s):
    x[2] += spoils(x, s) * x[3]
    x[1:] += spoils(x, s * s)
    return np.sum(x * x)


def turned(v, depth):
    if depth > 0:
        w = turned(v[::-1], depth - 1)
        w[0] *= 2.0
    return v[::-1]


@program((X,))
def result_that_is_an_argument_unused(x):
    w = x[:]
    turned(w, 2)
    w[1] *= x[0]
    return np.sum(x * w)


# ------------------------------------------------------------------------------- containers of arrays that change


@program((X,))
def one_array_appended_on_each_trip(x):
    s = x * 1
    out = []
    for _ in range(3):
        s += 0.1 * np.sin(s)
        out.append(s)
    return np.sum(np.array(out) ** 2)


@program((X,))
def appended_then_written(x):
    a = x * 1
    held = []
    held.append(a)
    a[0] = x[1] ** 2
    held[0][1] *= 3
    return np.sum(a * held[0])


@program((X,))
def item_replaced_while_held(x):
    buffers = [x * 1, x * 2]
    first = buffers[0]
    buffers[0] = x * 3
    first[0] = 7.0 * x[1]
    return np.sum(buffers[0] * first)


@program((X,))
def popped_and_written(x):
    stack = [x * 1]
    for i in range(3):
        a = stack.pop()
        a[i] *= a[i + 1]
        stack.append(a)
        stack.append(a * 2)
        top = stack.pop()
        top[0] = a[3]
        a[1] += top[0] * top[2]
    return np.sum(np.stack(stack) ** 2)


@program((X, Y))
def items_swapped_while_held(x, y):
    pair = [x * 2, y * 3]
    u, v = pair
    for i in range(3):
        pair[0], pair[1] = pair[1], pair[0]
        pair[0][i] = u[i] * v[i + 1]
        v[i] += pair[1][0]
    return np.sum(pair[0] * u) + np.sum(pair[1] * 2)


@program((X,))
def dict_of_arrays_refilled(x):
    a = x * 1
    state = {"now": a}
    for i in range(3):
        state["last"] = state["now"]
        state["now"] = np.sin(a)
        a[i] *= state["last"][i] + state["now"][0]
    return np.sum(state["now"] * state["last"]) + np.sum(a)


@program((X,))
def one_row_twice(x):
    rows = [np.zeros(2)] * 2
    rows[0][1] = x[0]
    rows[1][0] = x[1] * rows[0][1]
    return np.sum(rows[0] * rows[1])


@program((0.7,))
def one_list_held_by_another(x):
    row = [x]
    rows = [row, row]
    row.append(x * x)
    rows[0][0] = rows[1][1] * x
    return rows[1][1] * rows[0][0]


@program((X,))
def numbers_of_one_list_under_two_names(x):
    row = [v for v in x]
    table = {"a": row, "b": row}
    for i in range(3):
        table["a"][i] = table["b"][i + 1] * row[0]
        row.append(table["a"][-1] * x[i])
    last = row.pop()
    return sum(table["b"]) * last


@program((sample(3), 0.7))
def item_that_a_list_holds_twice(v, x):
    rows = [v * 1.0] * 2
    rows[0][0] = x
    return np.sum(rows[1] * v)


@program((0.7, 1.3))
def list_that_a_list_holds_twice(x, y):
    rows = [[x, y]] * 2
    rows[0][0] = y * y
    return rows[1][0] * rows[0][1] * x


# ------------------------------------------------------------------------------------------------ tests that write


def relaxed(u):
    before = u[1]
    u[1:-1] = 0.5 * (u[2:] + u[:-2]) * np.cos(0.1 * u[1:-1])
    return abs(u[1] - before)


@program((X,))
def loop_tested_by_a_writer(x):
    u = x * 1
    trips = 0
    while relaxed(u) > 0.05 and trips < 20:
        trips += 1
    while relaxed(u) > 0.01:
        pass
    return np.sum(u * u)


@program((X,))
def loop_tested_by_a_function_that_appends(x):
    held = [x[0]]

    def more():
        held.append(held[-1] * x[1])
        return len(held)

    while more() < 4:
        pass
    return sum(held)


@program((X,))
def branch_and_assertion_tested_by_a_writer(x):
    u = x * 1
    if relaxed(u) > 0.0 and relaxed(u[::-1]) > 0.0:
        u[0] = relaxed(u)
    assert relaxed(u) < 10.0, f"{relaxed(u)}"
    y = u[1] if relaxed(u) > 100.0 else u[2] * relaxed(u)
    return y + np.sum(u)


# ---------------------------------------------------------------------------------------------- arrays of records


@dataclass
class Body:
    mass: float
    place: np.ndarray


@dataclass
class Layers:
    weights: list
    scale: float


@program((Body(2.0, X), 0.4))
def array_of_a_dataclass(body, s):
    body.place[-1] = np.sin(s)
    body.place *= body.mass
    row = body.place[1:]
    row += s * body.place[0]
    return np.sum(body.place * body.mass)


@program((Layers([X * 1, Y * 1], 0.5),))
def arrays_in_a_list_of_a_dataclass(net):
    for w in net.weights:
        w[0] *= net.scale
        w += net.weights[0][1]
    return np.sum(net.weights[0] * net.weights[1])


def pushed(body, s):
    body.place[0] = s * body.place[1]


@program((Body(2.0, X), 0.4))
def dataclass_written_by_a_callee(body, s):
    before = np.sum(body.place**2)
    pushed(body, s)
    return before * np.sum(body.place) * body.mass
