"""Dicts that change after they are made, and sets of what no derivative flows through."""

import numpy as np

from tests.corpus import program, sample


@program((0.7, 1.3))
def filled_by_literal_keys(x, y):
    d = {}
    d["a"] = x * y
    d["b"] = d["a"] * x
    d["a"] = d["b"] + y
    return d["a"] * d["b"]


@program(({"w": sample(2, 3), "b": sample(2, seed=1)}, sample(3, seed=2), 3))
def parameters_updated_in_place(given, x, n):
    params = dict(given)
    for _ in range(n):
        h = params["w"] @ x + params["b"]
        params["w"] = params["w"] - 0.1 * np.outer(h, x)
        params["b"] = params["b"] - 0.1 * h
    return np.sum(params["w"] ** 2) + np.sum(params["b"])


@program((sample(6), 3))
def summed_by_group(x, n):
    totals = {}
    for i, v in enumerate(x):
        k = i % n
        if k not in totals:
            totals[k] = 0.0
        totals[k] += v * v
    return totals[0] * totals[1] + totals[2]


@program((sample(6), ("a", "b", "a", "c", "b", "a")))
def get_setdefault_and_pop(x, names):
    sums = {}
    lists = {}
    for name, v in zip(names, x):
        sums[name] = sums.get(name, 0.5) + v * v
        lists.setdefault(name, v)
    first = lists.pop("b")
    missing = lists.pop("z", x[0])
    total = first * missing
    for name in sums:
        total += sums[name] * (lists[name] if name in lists else 2.0)
    return total


@program((0.7, 1.3))
def updated_and_merged(x, y):
    d = {"a": x, "b": y}
    d.update({"b": x * y, "c": y}, e=x)
    d |= {"a": d["c"] * 2.0}
    m = d | {"x": x * x}
    return d["a"] * d["b"] + m["c"] * m["x"] * d["e"]


@program((sample(3), sample(3, seed=1)))
def updated_by_a_dict_of_unknown_keys(x, y):
    d = {k: v for k, v in enumerate(x)}
    e = {k + 1: v * v for k, v in enumerate(y)}
    before = sum(d.values())
    d.update(e)
    both = {**e, 0: x[0]}
    merged = d | both
    return before * d[1] * d[3] + merged[0] * both[2]


@program((sample(4),))
def copied_and_cleared(x):
    d = {}
    total = 0.0
    for i, v in enumerate(x):
        d[i % 3] = v * v
        if len(d) == 3:
            e = d.copy()
            total += sum(e.values()) * d[0]
            d.clear()
            e[1] = 5.0
            total += e[1] * e[0]
    return total + sum(d.values())


@program((sample(4),))
def items_deleted(x):
    d = {i: v * v for i, v in enumerate(x)}
    before = d[1] * d[2]
    del d[1]
    last, value = d.popitem()
    l = [v for v in d.values()]
    del l[0]
    l.append(value * last)
    l.append(before)
    del l[:1]
    return before * l[0] + l[1]


@program((sample(3), 0.6))
def keys_values_and_items(x, k):
    d = {}
    for i, v in enumerate(x):
        d[str(i)] = v * k
    total = 0.0
    for name, v in d.items():
        total += v * int(name)
    for v in d.values():
        total *= v
    for name in d.keys():
        total += d[name] ** 2
    return total + max(d.values()) * len(d) + sum(sorted(d.values())[:2])


@program((sample(4),))
def written_while_it_is_run_over(x):
    d = {i: v for i, v in enumerate(x)}
    for i in d:
        d[i] = d[i] * d[(i + 1) % 4]
    for i, v in d.items():
        d[i] += v * v
    return d[0] * d[1] + d[2] * d[3]


@program((0.7, 1.3), (1.3, 0.7), (0.9, 1.1))
def keys_that_may_be_equal(x, y):
    d = {f"{x:.0f}": x, f"{y:.0f}": x * y}
    return d["1"] * x


@program((0.7, 7))
def memo(x, n):
    known = {0: x, 1: x * x}
    for k in range(2, n):
        if k not in known:
            known[k] = known[k - 1] * 0.5 + known[k - 2] * x
    return known[n - 1]


@program((sample(3), sample(3, seed=1)))
def arrays_in_a_dict(x, y):
    d = {"x": x}
    d["y"] = y * d["x"]
    d["x"] = np.sin(d["y"])
    for name in ("x", "y"):
        d[name] = d[name] * 2.0
    return np.sum(d["x"] * d["y"])


@program((sample(4),))
def lists_in_a_dict(x):
    groups = {"even": [], "odd": []}
    even = []
    odd = []
    for i, v in enumerate(x):
        if i % 2:
            odd.append(v * v)
        else:
            even.append(v)
    groups["even"] = even
    groups["odd"] = odd
    return sum(groups["even"]) * groups["odd"][0]


@program((sample(2), 3))
def a_state_in_a_dict(start, n):
    state = {"q": start[0], "p": start[1], "steps": 0, "name": "orbit"}
    for _ in range(n):
        state["p"] -= 0.1 * np.sin(state["q"])
        state["q"] += 0.1 * state["p"]
        state["steps"] += 1
    return state["q"] * state["p"] * state["steps"]


@program((sample(5), 3))
def sets_of_numbers(x, k):
    seen = set()
    total = 0.0
    for i in (0, 3, 3, 1, 0):
        if i in seen:
            continue
        seen.add(i)
        total += x[i] * len(seen)
    seen.discard(3)
    for i in sorted(seen | {k} - {0}):
        total *= x[i]
    return total


@program((sample(3), 0.6))
def returned_dict(x, k):
    d = {"k": k}
    for i, v in enumerate(x):
        d[i] = v * k
    return d
