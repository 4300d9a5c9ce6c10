"""Writes and aliases: which are followed, which refused and with which code, and what the analysis knows of names."""

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad.pipeline import Compiler
from tests import harness
from tests.corpus import PROGRAMS
from tests.staged import prepared

A = np.array([0.5, 1.5, -2.0, 2.5])
HELD = np.ones(4)


def swapped(u, n):
    v, w = np.zeros(4), u.copy()
    for _ in range(n):
        v[1:] = w[:-1] * w[1:]
        v, w = w, v
    return np.sum(w * w)


def three_buffers(u, n):
    a, b, c = u * 1, u * 2, u * 3
    for _ in range(n):
        a[1:] = b[:-1] * c[1:]
        a, b, c = b, c, a
    return np.sum(a * b * c)


def dead_view(u):
    v = u * 2
    w = v[1:]
    s = np.sum(w * w)
    v[1] = 3.0
    return s + np.sum(v * v)


def written_view(u):
    v = u * 2
    w = v[1:]
    w[0] = 5.0 * u[0]
    return np.sum(w * w)


def reshaped(u):
    w = (u * 2).reshape(2, 2)
    w[0] = w[1] * w[1]
    return np.sum(w * w)


def copied(u):
    v = u * 2
    w = v[1:].copy()
    v[1:] *= w
    return np.sum(v[1:] * w)


def masked(u):
    v = u * 1
    v[u > 1.0] *= 2.0
    v[u < 0.0] = 0.0
    return np.sum(v * u)


def repeated(u):
    v = u * 1
    v[[0, 0]] = u[1:3]
    v[[1, 1]] += u[2:4]
    return np.sum(v * v)


def augmented(u):
    v = u * 2
    v *= u
    v -= u[::-1]
    v **= 2
    return np.sum(v)


def fresh_each_trip(u, n):
    s = 0.0
    for i in range(n):
        v = u * i
        v[0] = s
        s = s + np.sum(v * v)
    return s


def one_of_two(u):
    v, w = u * 2, u * 3
    t = v if u[0] > 0 else w
    t[0] = u[1] * u[1]
    return np.sum(t)


def writes_in_branches(u):
    v = u * 1
    for i in range(3):
        if u[i] > 0:
            v[i] = v[i] * v[i + 1]
        else:
            v[i + 1] += v[i] * v[i]
    return np.sum(v * v)


def helper(v):
    v = v.copy()
    v[0] = v[1] * v[1]
    return v


def in_a_callee(u):
    return np.sum(helper(u) * u)


def in_a_callee_of_fresh(u):
    return np.sum(helper(u * 2) * u)


def rebound_in_a_loop(u, n):
    s = 0.0
    for _ in range(n):
        s += u
    return np.sum(s * u)


def alias_from_the_trip_before(u, n):
    v = u * 2
    last = u
    s = 0.0
    for _ in range(n):
        s = s + np.sum(last)
        last = v
        v[0] = s
    return s


FOLLOWED = [
    (swapped, 3),
    (three_buffers, 4),
    (dead_view,),
    (written_view,),
    (reshaped,),
    (copied,),
    (masked,),
    (repeated,),
    (augmented,),
    (fresh_each_trip, 3),
    (one_of_two,),
    (writes_in_branches,),
    (in_a_callee,),
    (in_a_callee_of_fresh,),
    (rebound_in_a_loop, 2),
    (rebound_in_a_loop, 0),
    (alias_from_the_trip_before, 3),
]


@pytest.mark.parametrize("case", FOLLOWED, ids=lambda case: case[0].__name__)
@pytest.mark.parametrize("optimize", [True, False], ids=["optimized", "raw"])
def test_followed(case, optimize):
    f, *rest = case
    sg.check_grads(f, (A, *rest))
    before = A.copy()
    value, gradient = sg.value_and_grad(f, optimize=optimize)(A, *rest)
    assert value == f(A.copy(), *rest)
    np.testing.assert_array_equal(A, before)
    _, pullback = sg.vjp(f, A, *rest, argnums=0)
    np.testing.assert_allclose(pullback(1.0), gradient, rtol=1e-12)
    np.testing.assert_allclose(pullback(2.0), 2 * gradient, rtol=1e-12, err_msg="a pullback serves more than once")


# ------------------------------------------------------------------------------------------------------- refused


def other_name_read(u):
    v = u * 2
    w = v[1:]
    v[1] = 3.0
    return np.sum(w)


def base_read_after_view(u):
    v = u * 2
    w = v[1:]
    w[0] = 5.0
    return np.sum(v)


def one_of_two_read(u):
    v = u * 2
    w = v if u[0] > 0 else u * 3
    v[0] = 1.0
    return np.sum(w)


def held_in_a_tuple(u):
    v = u * 2
    t = (v, 1)
    v[0] = 1.0
    return np.sum(t[0])


def into_the_argument(u):
    u[0] = 1.0
    return np.sum(u)


def into_a_view_of_the_argument(u):
    v = u[1:]
    v[0] = 1.0
    return np.sum(v)


def into_a_maybe_view(u):
    v = np.asarray(u)
    v[0] = 1.0
    return np.sum(v)


def into_a_global(u):
    g = HELD
    g[0] = u[0]
    return np.sum(g)


def into_an_item(u):
    xs = [u * 1, u * 2]
    xs[0][0] = 5.0
    return np.sum(xs[0])


def writer(v):
    v[0] = 0.0


def by_a_callee(u):
    v = u * 2
    writer(v)
    return np.sum(v)


def maybe_in_place(u, n):
    s = None
    for _ in range(n):
        if s is None:
            s = u
        else:
            s += u
    return np.sum(s)


def rebound_with_another_name(u, n):
    s = t = 0.0
    for _ in range(n):
        t = s
        s += u
    return np.sum(s * t)


SEEN_THROUGH_OTHER_NAMES = [
    other_name_read,
    base_read_after_view,
    one_of_two_read,
    held_in_a_tuple,
    into_the_argument,
    into_a_view_of_the_argument,
    into_a_maybe_view,
    into_an_item,
    by_a_callee,
]


@pytest.mark.parametrize("f", SEEN_THROUGH_OTHER_NAMES)
def test_seen_through_other_names(f):
    test_followed((f,), True)
    test_followed((f,), False)


REFUSED = [
    (into_a_global, "S021"),
    (maybe_in_place, "S012"),
    (rebound_with_another_name, "S012"),
]


@pytest.mark.parametrize(("f", "code"), REFUSED, ids=lambda v: getattr(v, "__name__", v))
def test_refused(f, code):
    """Refused with the line of the write; a right gradient would do as well, a wrong one never."""
    rest = (2,) if f.__code__.co_argcount == 2 else ()
    with pytest.raises(sg.UnsupportedError) as error:
        sg.grad(f)(A, *rest)
    assert error.value.code == code
    first = f.__code__.co_firstlineno
    assert error.value.span.file == __file__ and first < error.value.span.line <= first + 9


# ------------------------------------------------------------------------------------------------ pairs of names


def pairs_at_writes(f, *args):
    """For each write: the other names that may share memory with the one written."""
    p = prepared(f, *args)
    found = []
    for stmt, pairs in p.facts.at_write.items():
        target = stmt.target if hasattr(stmt.target, "id") else stmt.target.value
        found.append({b for a, b in pairs if a == target.id})
    return found


def test_two_buffers_are_never_one():
    (others,) = pairs_at_writes(swapped, A, 2)
    assert others == set()
    (others,) = pairs_at_writes(three_buffers, A, 2)
    assert not others & {"a_1", "b_1", "c_1"}


def test_views_are_paired_with_their_base_until_one_is_rebound():
    assert pairs_at_writes(dead_view, A) == [set()], "a view that is read no more is no partner"
    assert pairs_at_writes(other_name_read, A) == [{"w"}]
    assert all("w" not in others for others in pairs_at_writes(copied, A))
    assert pairs_at_writes(fresh_each_trip, A, 2) == [set()]


def test_classes_of_names():
    p = prepared(written_view, A)
    assert [c & {"u", "v", "w"} for c in p.aliases.written_classes()] == [{"v", "w"}]
    p = prepared(masked, A)
    assert all("u" not in c for c in p.aliases.written_classes()), "masks copy"


# ------------------------------------------------------------------------------------ adjoints made beforehand

WRITING = [p for p in PROGRAMS if p.name.split(".")[0] in ("aliases", "writes", "writers", "numerics", "redteam")]


@pytest.mark.parametrize("p", WRITING, ids=lambda p: p.name)
def test_adjoint_arrays_of_all_that_is_written(p, monkeypatch):
    """Adjoint arrays made in the forward sweep are always right: the other representations must agree with them."""
    start = Compiler.__init__

    def with_shadows(self, *args, **options):
        start(self, *args, **options)
        self.shadow_all = True

    monkeypatch.setattr(Compiler, "__init__", with_shadows)
    harness.check(p)
