"""Single precision, 0-d arrays, NumPy scalars, integers among the arguments."""

import math

import numpy as np

from tests.corpus import program, sample


def single(*shape, **options):
    return sample(*shape, **options).astype(np.float32)


@program((single(3), single(3, seed=1)), tol=2e-5)
def single_dot(x, y):
    return np.sum(x * y)


@program((single(2, 3), single(3, seed=1), single(2, seed=2)), tol=1e-4)
def single_layer(w, x, b):
    return np.mean(np.tanh(w @ x + b) ** 2)


@program((single(4), 3), (single(4), 0), tol=1e-4)
def single_in_a_loop(x, n):
    y = x
    for _ in range(n):
        y = np.sin(y) * x + 0.5
    return np.sum(y)


@program((single(5),), tol=1e-4)
def single_in_place(x):
    a = x.copy()
    for i in range(1, 5):
        a[i] = a[i] * a[i - 1] + 0.5
    return np.sum(a)


@program((single(3), 0.7), (single(3), np.float32(0.7)), tol=1e-4)
def single_with_a_number(x, s):
    return np.sum(x * s) + np.sum(x**2) * 2


@program((single(3), sample(3, seed=1)), tol=1e-4)
def mixed_precision(x, y):
    return np.sum(x * y / (1.0 + x))


@program((single(2, 3), np.float32(0.3)), tol=1e-4)
def single_reductions(a, s):
    return np.sum(np.mean(a, axis=0) ** 2) * s + np.max(a) * np.var(a)


@program((np.float32(0.7),), (np.float64(0.7),), (0.7,), (np.array(0.7),), (np.array(0.7, dtype=np.float32),), tol=1e-4)
def every_kind_of_number(x):
    y = x * x + 0.5
    return y * np.sin(x) / 2


@program((np.float32(0.7), 3), (np.float64(0.7), 3), (0.7, 3), (np.array(0.7), 3), tol=1e-4)
def every_kind_of_number_in_a_loop(x, n):
    y = x
    for i in range(n):
        y = y * x + i
        if y > 3.0:
            y = y / 2.0
    return y


@program(
    (np.float64(0.7), np.float64(1.2)),
)
def numpy_scalars(x, y):
    return math.sin(x) * y + x**y


@program(
    (np.array(0.7), np.array(1.2)),
)
def zero_dimensional_arrays(x, y):
    return np.tanh(x * y) + x[()] * y


@program((np.array(0.7), sample(3)))
def zero_dimensional_and_vectors(s, x):
    return s * x + np.sum(x) * s


@program(({"w": single(2, 2), "b": 0.5, "s": np.float64(0.2), "n": 3, "z": np.array(0.3)}, single(2, seed=1)), tol=1e-4)
def mixed_container(p, x):
    return np.sum(p["w"] @ x) * p["b"] + p["s"] * p["z"] * p["n"]


@program(
    (sample(3), np.array([1, 0, 2]), 2, True, None, "mean"), (sample(3), np.array([1, 0, 2]), 2, False, None, "sum")
)
def inactive_arguments_of_all_kinds(x, index, n, flag, nothing, reduction):
    y = x[index] ** n
    if flag and nothing is None:
        y = y * x
    return np.mean(y) if reduction == "mean" else np.sum(y)


@program((single(3), single(3, seed=1)), tol=1e-4)
def single_vector_result(x, y):
    return x * y, np.sum(x), x / 2


@program((np.asfortranarray(sample(2, 3)), sample(6, seed=1)[::2]))
def unusual_layouts(a, v):
    return np.sum((a * v) ** 2) + np.sum(a.ravel()[1:3] * v[:2])


@program((np.broadcast_to(np.array([0.4, 1.2]), (2, 2)), sample(2)))
def read_only_argument(a, v):
    return np.sum(a * v * a)


@program((sample(3),))
def cast_to_integers(x):
    n = (x * 2.0).astype(int)
    return np.sum(x * n) + np.sum(np.round(x) * x)
