"""Lists that change after they are made: appended to, popped, written into by index, sorted, aliased."""

import math

import numpy as np

from tests.corpus import program, sample


@program((sample(4), 0.6), (sample(1), 0.6))
def appended_and_summed(x, k):
    kept = []
    for v in x:
        kept.append(v * v * k)
    return sum(kept) / len(kept)


@program((sample(3), 0.6), (-sample(3), 0.6))
def appended_under_a_condition(x, k):
    kept = [k]
    for v in x:
        if v > 0.8:
            kept.append(v * k)
        elif v < 0.5:
            kept.append(v * v)
            kept.append(k)
    total = 0.0
    for i, v in enumerate(kept):
        total += v * (i + 1)
    return total


@program((0.7, 1.3, 5), (0.7, 1.3, 1))
def recurrence_over_the_last_items(x, y, n):
    s = [x, y]
    for _ in range(n):
        s.append(s[-1] * s[-2] + 0.5 * x)
    return s[-1]


@program((sample(2), 0.1, 6))
def euler_trajectory(start, dt, n):
    states = [start]
    for _ in range(n):
        q, p = states[-1]
        states.append(np.array([q + dt * p, p - dt * np.sin(q)]))
    path = np.array(states)
    return np.sum(path[:, 0] ** 2) + path[-1, 1]


@program((sample(3), sample(3, 3, seed=1), sample(3, 2, seed=2), sample(4, 2, seed=3)))
def hidden_states_in_a_list(h, w, u, xs):
    hs = [h]
    for x in xs:
        hs.append(np.tanh(w @ hs[-1] + u @ x))
    return np.sum(np.stack(hs[1:]) ** 2) + np.sum(hs[-1])


@program((sample(5), 0.3))
def losses_and_their_mean(x, w):
    losses = []
    for v in x:
        error = v * w - 0.5
        losses.append(error**2)
    mean = sum(losses) / len(losses)
    spread = max(losses) - min(losses)
    return mean + spread


@program((sample(4),))
def popped_from_the_end(x):
    stack = []
    for v in x:
        stack.append(v)
        stack.append(v * v)
    total = 1.0
    while stack:
        total = total * 0.5 + stack.pop() * stack.pop()
    return total


@program((sample(4),))
def queue(x):
    waiting = list(x)
    total = 0.0
    weight = 1.0
    while len(waiting) > 1:
        a = waiting.pop(0)
        b = waiting.pop(0)
        waiting.append(a * b * weight)
        total += a
        weight = weight * 0.9
    return total + waiting[0]


@program((sample(3), 0.6))
def pop_whose_item_is_dropped(x, k):
    kept = [x[0], x[1], x[2] * k]
    kept.pop()
    kept.append(k * k)
    kept.pop(0)
    return kept[0] * kept[1]


@program((0.7, 1.3))
def inserted(x, y):
    l = [x, y]
    l.insert(0, x * y)
    l.insert(-1, x + y)
    l.insert(100, 2.0 * x)
    l.insert(1, 3.0)
    return l[0] * l[1] + l[2] * l[3] ** 2 + l[4] * l[5] ** 3


@program((0.7, 1.3, (0.2, 0.4)), (0.7, 1.3, ()))
def extended(x, y, more):
    l = [x]
    l.extend([y, x * y])
    l.extend(more)
    l += (x, 2.0)
    l += [v * v for v in more]
    total = 0.0
    for i in range(len(l)):
        total += l[i] * (i + 1.5)
    return total * l[1]


@program((sample(3), 0.6))
def extended_by_an_array(x, k):
    l = [k]
    l.extend(x * k)
    l += list(x)
    return sum(l) * l[-1]


@program((0.7, 1.3, 1), (0.7, 1.3, -2))
def items_written(x, y, k):
    l = [x, y, x * y, 1.0]
    l[k] = l[k] * l[0]
    l[-1] += y
    l[0] *= l[k]
    return l[0] * l[1] + l[2] * l[3]


@program((sample(4),))
def items_written_in_a_loop(x):
    l = [0.0] * len(x)
    for i in range(len(x)):
        l[i] = x[i] * 2.0
    for i in range(1, len(x)):
        l[i] += l[i - 1] * l[i]
    return sum(l)


@program((sample(3),), (sample(1),))
def prefix_sums_read_while_written(x):
    s = [0.0]
    total = 0.0
    for v in x:
        s.append(s[-1] + v)
        total += s[-1] ** 2 * sum(s)
    return total


@program((0.7, 1.3))
def slices_written(x, y):
    l = [x, y, x * y, 1.0, 2.0]
    l[1:3] = [y * y]
    l[-1:] = [x, x, y]
    l[::2] = [v * 2.0 for v in l[::2]]
    return l[0] * l[1] + l[2] ** 2 * l[3] + l[4] * l[5]


@program((0.7, 1.3))
def deleted_by_a_slice(x, y):
    l = [x, y, x * y, 4.0]
    l[1:2] = []
    l[len(l) :] = [x * x]
    return l[0] * l[1] * l[2] + l[3]


@program((0.7, 1.3))
def slices_read(x, y):
    l = [x, y]
    for i in range(3):
        l.append(l[i] * l[i + 1])
    head, tail = l[:2], l[2:]
    head.append(tail[0])
    return sum(head) * tail[-1] + l[::-1][1]


@program((sample(4),))
def cleared_and_filled_again(x):
    l = []
    total = 0.0
    for i in range(len(x)):
        if len(l) == 2:
            total += l[0] * l[1]
            l.clear()
        l.append(x[i] ** 2)
    return total + sum(l)


@program((sample(4),))
def reversed_in_place(x):
    l = [v * v for v in x]
    l.reverse()
    total = 0.0
    for i, v in enumerate(l):
        total += v * (i + 1)
    l.reverse()
    return total * l[0]


@program((sample(5),))
def sorted_in_place(x):
    l = [v * v for v in x]
    l.sort()
    first = l[0] * l[1]
    l.sort(reverse=True)
    return first + l[0] * l[1] ** 2


@program((sample(5) - 1.0,))
def sorted_by_a_key(x):
    l = [v * 2.0 for v in x]
    l.sort(key=lambda v: -abs(v))
    s = sorted(l, key=abs)
    return l[0] * l[1] + s[0] * s[1] ** 2 + sorted(l)[2]


@program((sample(4), 2))
def removed_and_deleted(x, k):
    l = [v * v for v in x]
    l.remove(l[k])
    l.append(x[0])
    return l[0] * l[1] + l[2] * l[3]


@program((0.7, 1.3))
def concatenated(x, y):
    a = [x]
    b = [y]
    for _ in range(2):
        a.append(x * y)
        b = b + [y * y]
    c = a + b
    d = [*a, 2.0, *b]
    e = a * 2
    a.append(3.0)
    return sum(c) * c[1] + d[-1] * d[2] + e[3] + sum(a)


@program((0.7, 1.3))
def doubled_in_place(x, y):
    l = [x, y]
    l *= 2
    l.append(x * y)
    l[0] = l[4]
    return l[0] * l[1] + l[2] * l[3]


@program((0.7, 1.3))
def a_copy_stands_apart(x, y):
    l = [x, y]
    m = l.copy()
    n = list(l)
    l[0] = x * y
    m.append(2.0 * x)
    n[1] = 3.0
    return l[0] * l[1] + m[0] * m[2] + n[0] * n[1]


@program((0.7, 1.3))
def one_list_under_two_names(x, y):
    l = [x]
    m = l
    m.append(y)
    l.append(x * y)
    m[0] = m[2] * y
    return l[0] * m[1]


@program((sample(3), True), (sample(3), False))
def made_in_both_branches(x, flag):
    if flag:
        l = [x[0]]
        l.append(x[1])
    else:
        l = []
        for v in x:
            l.append(v * v)
    return sum(l) * l[0]


@program((sample(4), 0.6))
def made_anew_each_trip(x, k):
    total = 0.0
    for i in range(len(x)):
        row = []
        for j in range(i + 1):
            row.append(x[j] * k)
        total += sum(row) * row[-1]
    return total


@program((sample(3), sample(2, seed=1)))
def table_of_rows(x, y):
    table = []
    for a in x:
        row = []
        for b in y:
            row.append(a * b + a)
        table.append(row)
    total = 0.0
    for i in range(len(table)):
        for j in range(len(table[i])):
            total += table[i][j] * (i + 2 * j)
    return total + np.sum(np.array(table) ** 2)


@program((sample(3), sample(3, seed=1)))
def tuples_in_a_list(x, y):
    pairs = []
    for a, b in zip(x, y):
        pairs.append((a * b, b, "name", a))
    total = 0.0
    for p, q, _, r in pairs:
        total += p * q + r
    last = pairs.pop()
    return total * last[0]


@program((sample(3), sample(2, 3, seed=1)))
def residuals_saved_as_tuples(x, w):
    saved = []
    h = x
    for i in range(2):
        s = w[i] * h
        h = np.tanh(s)
        saved.append((h, s, i, w[i, 0]))
    g = np.ones(3)
    total = 0.0
    for _ in reversed(range(2)):
        h, s, i, first = saved.pop()
        g = g * (1.0 - h * h) * w[i]
        total += first * np.sum(s)
    return np.sum(g) + total


@program((sample(3), 3))
def arrays_appended(x, n):
    xs = [x]
    for _ in range(n):
        xs.append(np.sin(xs[-1]) * x)
    return np.sum(np.concatenate(xs)) + np.sum(np.vstack(xs)[1] ** 2) + np.sum(xs[0] * xs[2])


@program((sample(3, 2),))
def arrays_taken_from_an_array(x):
    rows = []
    for row in x:
        rows.insert(0, row * row[0])
    return np.sum(np.array(rows)[0]) + np.sum(rows[1] * rows[2])


@program((0.7, 3), (0.7, 0))
def numbers_of_trips_from_a_list(x, n):
    todo = list(range(n))
    total = x
    while todo:
        k = todo.pop()
        total = total * x + k
        if k == 2:
            todo.append(0)
    return total


@program((sample(4),))
def indices_collected(x):
    found = []
    for i in range(len(x)):
        if x[i] > 0.7:
            found.append(i)
    return np.sum(x[found] ** 2) * len(found)


@program((sample(3), 0.6))
def returned_list(x, k):
    out = []
    for v in x:
        out.append(v * k)
    return out


@program((sample(3), 0.6))
def returned_with_its_sum(x, k):
    out = [k]
    for v in x:
        out.append(v * out[-1])
    return sum(out), out, np.array(out)


@program((sample(3),))
def built_by_a_callee(x):
    def powers(v, n):
        out = [1.0]
        for _ in range(n):
            out.append(out[-1] * v)
        return out

    total = 0.0
    for v in x:
        p = powers(v, 3)
        p.append(v)
        total += p[3] * p[4] + p[2]
    return total


@program((sample(3), 0.6))
def passed_to_a_callee(x, k):
    def weighted(items, k):
        total = 0.0
        for i in range(len(items)):
            total += items[i] * k**i
        return total

    l = []
    first = 0.0
    for v in x:
        l.append(v)
        first = first + weighted(l, k)
    return first


@program((sample(3), 2))
def left_early(x, n):
    l = []
    for v in x:
        if len(l) == n:
            break
        l.append(v * v)
    for v in l:
        if v > 10.0:
            return v
    return sum(l)


@program((sample(6),))
def dynamic_programming_by_index(x):
    best = [0.0, x[0]]
    for i in range(1, len(x)):
        take = best[i - 1] + x[i]
        best.append(take if take > best[i] else best[i])
    return best[-1] ** 2


@program((sample(4),))
def minimum_of_what_grows(x):
    l = []
    for v in x:
        l.append(v * v)
        l.append(math.sin(v))
    return max(l) * min(l) + (2.0 if 5.0 in l else 1.0) * len(l)


@program((sample(4),))
def swapped_items(x):
    l = list(x)
    for i in range(len(l) - 1):
        if l[i] > l[i + 1]:
            l[i], l[i + 1] = l[i + 1], l[i]
    return l[0] * 2.0 + l[1] ** 2 + l[2] * l[3]


@program((sample(3),))
def reversed_enumerated_and_zipped(x):
    l = []
    for v in x:
        l.append(v * v)
    total = 0.0
    for i, v in enumerate(reversed(l)):
        total += v * (i + 1)
    for a, b in zip(l, l[1:]):
        total += a * b
    for i in range(len(l) - 1, -1, -1):
        total = total * 0.5 + l[i]
    return total


@program(([0.7, 1.3],))
def argument_appended_to(items):
    items.append(items[0] * items[1])
    items[0] = items[2] * 2.0
    return sum(items)


@program(({"a": 0.7, "b": [1.3, 0.4]},))
def argument_of_lists_changed(p):
    p["b"].append(p["a"])
    p["a"] = p["b"][0] * p["b"][2]
    p["c"] = p["a"] * p["b"][1]
    return p["c"] * p["a"]


@program((sample(4), 0.6))
def appended_by_a_callee(x, k):
    def record(history, v):
        history.append(v * k)

    history = []
    for v in x:
        record(history, v)
    record(history, k)
    return history[0] * history[-1] + sum(history)


@program((sample(4), 0.6))
def appended_by_a_closure(x, k):
    history = [k]

    def record(v):
        history.append(history[-1] * v)

    for v in x:
        record(v)
    return sum(history)


@program((sample(4),))
def changed_by_a_callee_that_returns_it(x):
    def grown(items, v):
        items.append(v * items[-1])
        return items

    items = [x[0]]
    for v in x:
        items = grown(items, v)
    return items[-1] * len(items)


@program((sample(3), 3))
def recursion_into_one_list(x, n):
    def walk(v, n, found):
        if n == 0:
            found.append(v)
            return
        walk(v * 0.5, n - 1, found)
        walk(v + x[1], n - 1, found)

    found = []
    walk(x[0], n, found)
    return sum(found) * found[2]


@program((sample(3, 3),))
def rows_of_a_table_appended_to(m):
    table = [[] for _ in range(3)]
    for i in range(3):
        for j in range(3):
            table[(i + j) % 3].append(m[i, j] * (i + 1))
    return sum(table[0]) * sum(table[1]) + table[2][0] * table[2][2]


@program((sample(3, 3),))
def entries_of_a_table_written(m):
    n = 3
    table = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            above = table[i - 1][j] if i else 0.0
            left = table[i][j - 1] if j else 0.0
            table[i][j] = m[i, j] * (1.0 + above * left) + above
    return table[-1][-1] + sum(table[1])


@program((sample(3, 2),))
def arrays_in_a_list_written_in_place(m):
    rows = [np.zeros(2) for _ in range(3)]
    for i in range(3):
        rows[i][:] = m[i] * 2.0
        rows[i] += m[0]
        rows[i][1] *= rows[i][0]
    for row in rows:
        row *= m[1, 1]
    return np.sum(rows[0] * rows[1]) + rows[2][1]


@program((sample(3, 2), 0.6))
def gradients_accumulated_in_a_list(m, k):
    grads = [np.zeros(2), np.zeros(2)]
    for i in range(3):
        grads[i % 2] += m[i] * k
        grads[1] *= m[0]
    return np.sum(grads[0] ** 2) + np.sum(grads[1])


@program((sample(3), 1))
def array_in_a_list_of_ints(w, n):
    held = [0 for _ in w]
    held.append(1)
    match n:
        case _:
            if np.sum(w) > 0.06:
                held[0] = w
    return 1.28 * held[0] + held[1] + held[-1]
