"""Tuples, lists and dicts: built, passed, read, unpacked and returned."""

import math

import numpy as np

from tests.corpus import program, sample


@program(((0.7, 1.3),))
def tuple_argument(pair):
    a, b = pair
    return a * b + a


@program(([0.7, 1.3, -0.4],))
def list_argument(items):
    return items[0] * items[1] + items[-1] ** 2 * len(items)


@program(({"a": 0.7, "b": 1.3},))
def dict_argument(p):
    return p["a"] * p["a"] * p["b"]


@program(({"w": sample(2, 3), "b": sample(2, seed=1), "name": "layer", "n": 2}, sample(3, seed=2)))
def parameters_in_a_dict(p, x):
    h = np.tanh(p["w"] @ x + p["b"])
    return np.sum(h**2) * p["n"]


@program(([(sample(3, 2), sample(3, seed=1)), (sample(1, 3, seed=2), sample(1, seed=3))], sample(2, seed=4)))
def list_of_layers(layers, x):
    for w, b in layers:
        x = np.tanh(w @ x + b)
    return np.sum(x)


@program(({"u": {"v": [0.7, 1.3]}, "w": (0.2, None, "text", 3)},))
def nested_structure(p):
    a, b = p["u"]["v"]
    return a * b * p["w"][0] + p["w"][3] * a


@program(((0.7, 1.3), {"k": 2.0}))
def unused_parts(pair, options):
    return pair[1] * 3.0


@program((0.7, 1.3))
def tuple_built_and_read(x, y):
    t = (x, x * y, (y, 2.0))
    return t[0] * t[1] + t[2][0] * t[-1][1] * t[1]


@program((0.7, 1.3))
def list_built_and_read(x, y):
    items = [x, y, x * y]
    total = 0.0
    for i in range(len(items)):
        total += items[i] * items[i] * (i + 1)
    return total * items[-1]


@program((0.7, 1.3))
def dict_built_and_read(x, y):
    p = {"a": x, "b": x * y}
    q = {"c": p["a"] * 2.0, "inner": p}
    return p["a"] * p["b"] + q["c"] * q["inner"]["b"]


@program((0.7, 1.3))
def starred_unpacking(x, y):
    first, *middle, last = x, y, x * y, 2.0
    return first * middle[0] * last + middle[1] ** 2


@program((0.7, 1.3))
def starred_building(x, y):
    pair = (x, y)
    items = [*pair, x * y]
    more = (*items, 1.0)
    return items[2] * more[1] + more[0] * len(more)


@program((0.7, 1.3))
def returns_a_tuple(x, y):
    return x * y, x - y, 2.0


@program((sample(3), 0.6))
def returns_a_dict(x, s):
    return {"loss": np.sum(x * s), "grown": x * x, "s": s}


@program((sample(3), 0.6))
def returns_a_nested_list(x, s):
    y = x * s
    return [y, (s * s, [np.sin(x)])]


@program((sample(3), 0.6))
def returns_the_same_thing_twice(x, s):
    y = x * s
    return y, y, s


@program((0.7, 1.3, 2), (0.7, 1.3, 0))
def tuple_carried_by_a_loop(x, y, n):
    state = (x, y)
    for _ in range(n):
        a, b = state
        state = (b, a * b + 0.1)
    return state[0] * state[1]


@program((0.7, True), (0.7, False))
def tuple_in_both_branches(x, flag):
    if flag:
        pair = (x, x * x)
    else:
        pair = (2.0, math.sin(x))
    return pair[0] * pair[1]


@program((0.7, "b"), (0.7, "a"))
def dict_read_by_argument(x, key):
    table = {"a": x * x, "b": math.exp(x)}
    return table[key] * x


@program((sample(3), 5))
def dict_whose_number_of_items_is_a_key(x, key):
    table = {1: np.ones((2, 3)), key: 2.0}
    return np.sum(table[1] * x * x)


@program((sample(3), sample(3, seed=1)))
def arrays_in_a_list(x, y):
    items = [x, y, x * y]
    total = 0.0
    for item in items:
        total = total + np.sum(item * items[0])
    return total


@program((0.7, 1.3))
def array_from_a_list(x, y):
    a = np.array([x, y, x * y])
    b = np.array([[x, 1.0], [y, x]])
    return np.sum(a * a) + np.sum(b @ b)


@program(((sample(2), [sample(2, seed=1), 0.4]),))
def arrays_in_a_nested_argument(tree):
    x, (y, s) = tree
    return np.sum(x * y) * s + x[0]


@program((0.7, 1.3))
def tuple_comparison_and_membership(x, y):
    kinds = ("a", "b")
    if "a" in kinds and (1, 2) < (1, 3):
        return x * y
    return x


@program(((0.7, 1.3), 2), ((0.7, 1.3), 0))
def container_kept_across_a_loop(pair, n):
    total = 0.0
    for _ in range(n):
        total += pair[0] * pair[1]
        total *= pair[0]
    return total


@program((0.7, 1.3))
def container_passed_to_a_callee(x, y):
    def energy(state, constants):
        q, p = state
        return p * p / (2.0 * constants["m"]) + constants["k"] * q * q

    return energy((x, y), {"m": y, "k": 2.0})


@program((0.7, {"a": 0.5, "b": -1.5, "c": 2.0}), (0.7, {"a": 0.5}))
def keys_of_a_dict(x, weights):
    total = 0.0
    for name in weights:
        if name != "b":
            total += weights[name] * x
    return total * weights["a"]


@program((0.7, 1.3, sample(3)))
def lists_as_operands_of_arrays(x, y, v):
    row = [x, y, x * y]
    return (
        np.sum(v * [x, y, 2.0] + (y, x, 1.0) * v - row) + v @ row + np.sum(v ** [x, y, 1.0]) + np.sum(row @ np.eye(3))
    )


@program(([0.7, 1.3, 0.4], (0.2, 0.9), sample(2)))
def lists_as_arguments_of_numpy(items, pair, v):
    spread = np.mean(items) * np.var(pair) + np.prod(items) + np.linalg.norm(pair)
    return spread + np.sum(np.sin(items)) + np.sum(np.cumsum(items)) + np.dot(pair, v) + np.max(np.maximum(pair, v))


@program((np.float64(1.5), 0.7, 3))
def repeated_by_what_kind_of_number(s, x, n):
    return np.sum(s + [x, x * x]) + sum(n * [x, x * x]) + sum((x, s) * 2)


@program((0.7, {"a": 0.4, "b": 1.3}))
def dicts_joined(x, p):
    q = p | {"a": x, "c": x * x}
    r = {"b": x} | p
    return q["a"] * q["b"] * q["c"] + r["b"] * r["a"]
