"""Activity: what depends on a differentiated argument, and what the result depends on."""

import numpy as np
import pytest

import s2sgrad as sg
from tests.staged import active

A = np.array([0.5, 1.5, -2.0])


def useless(x):
    y = x * 2
    z = y + 1
    print(z)
    return y


def unvaried(x, c):
    k = c * 2
    return x * k


def through_a_shape(a):
    n = len(a)
    zeros = np.zeros(a.shape)
    return np.sum(a) * n + np.sum(zeros)


def through_a_test(x, y):
    t = x > 0
    k = 2.0 if t else 3.0
    return y * k


def through_an_int(x):
    n = int(x)
    return x * n


def stopped(x):
    y = sg.stop_gradient(x * 2)
    return x * y


def floored(x):
    return x * np.floor(x) + round(x)


def through_an_index(a, i):
    k = a[i]
    return a[0] * i + k


def carried(x, n):
    s, last = 0.0, x
    for _ in range(n):
        s = s + last
        last = 2.0
    return s


def late(x, n):
    s, t = 0.0, 1.0
    for _ in range(n):
        s = t
        t = x
    return s


def through_a_write(a):
    v = np.zeros(3)
    w = np.zeros(3)
    v[0] = a[0]
    w[0] = 1.0
    return np.sum(v * w)


def written_view(a):
    v = np.zeros(3)
    w = v[1:]
    w[0] = a[0]
    return np.sum(w)


def container(x, c):
    p = {"x": x, "c": c}
    t = (p["c"], 2)
    return p["x"] * t[0]


def closure(x, c):
    f = lambda y: x * y  # noqa: E731
    return f(c)


CASES = [
    (useless, (1.0,), (0,), {"x", "y"}, {"z"}),
    (unvaried, (1.0, 2.0), (0,), {"x", "t"}, {"c", "k"}),
    (unvaried, (1.0, 2.0), (1,), {"c", "k"}, {"x"}),
    (through_a_shape, (A,), (0,), {"a"}, {"n", "zeros", "t"}),
    (through_a_test, (1.0, 2.0), (0,), set(), {"x", "t", "k", "y"}),
    (through_a_test, (1.0, 2.0), (1,), {"y"}, {"x", "t"}),
    (through_an_int, (1.5,), (0,), {"x"}, {"n"}),
    (stopped, (1.5,), (0,), {"x"}, {"y"}),
    (through_an_index, (A, 1), (0,), {"a", "k"}, {"i"}),
    (carried, (1.0, 2), (0,), {"x", "s"}, {"n"}),
    (late, (1.0, 2), (0,), {"x", "s", "t"}, {"n"}),
    (through_a_write, (A,), (0,), {"a", "v"}, {"w"}),
    (written_view, (A,), (0,), {"a", "v", "w"}, set()),
    (closure, (1.0, 2.0), (1,), {"c"}, {"x"}),
]


@pytest.mark.parametrize(("f", "args", "argnums", "flows", "not_"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_active(f, args, argnums, flows, not_):
    found = active(f, *args, argnums=argnums)
    versions = {name.rsplit("_", 1)[0] if name.rsplit("_", 1)[-1].isdigit() else name for name in found}
    assert flows <= versions, f"missing {flows - versions}"
    if not_ - {"t"}:
        assert not (not_ - {"t"}) & versions


def test_containers_are_active_by_what_they_hold():
    found = active(container, 1.0, 2.0)
    assert "x" in found and "p" in found
    assert sg.grad(container, argnums=(0, 1))(3.0, 5.0) == (5.0, 3.0)


@pytest.mark.parametrize(
    ("f", "args", "expected"),
    [(through_a_test, (1.0, 2.0), 0.0), (through_an_int, (1.5,), 1.0), (stopped, (1.5,), 3.0), (floored, (1.5,), 1.0)],
)
def test_no_derivative_flows_through_steps(f, args, expected):
    assert sg.grad(f)(*args) == expected


def opaque(x):
    return x * np.linalg.cond(np.array([[x, 0.0], [0.0, 1.0]]))


def opaque_of_a_constant(x):
    return x * np.linalg.cond(np.eye(2))


def opaque_and_unused(x):
    np.linalg.cond(np.eye(2) * x)
    return x * 2


def through_text(x):
    return float(str(x)) * x


def test_calls_without_a_derivative():
    with pytest.raises(sg.UnsupportedError) as error:
        sg.grad(opaque)(2.0)
    assert error.value.code == "S020"
    assert sg.grad(opaque_of_a_constant)(2.0) == 1.0
    with pytest.raises(sg.UnsupportedError):
        sg.grad(through_text)(2.0)
