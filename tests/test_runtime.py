"""The functions that generated code calls: their types, dtypes and memory, since values are the rules' tests."""

import collections
import dataclasses
import doctest
import inspect
import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from s2sgrad import runtime
from s2sgrad.runtime import (
    add,
    add_at,
    broadcast,
    cast,
    count,
    dense,
    finish,
    reshape_like,
    sequence,
    split_like,
    unbroadcast,
    unpack,
    unstack_like,
    zeros_like,
)

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(frozen=True)
class Model:
    weights: np.ndarray
    bias: float
    name: str = "model"

    def __post_init__(self):
        assert self.name is not None  # which a gradient's name is


def same(a, b):
    """Equal in type, dtype, shape and numbers, throughout."""
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return type(a) is type(b) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b)
    return type(a) is type(b) and a == b


def test_examples_run():
    rooms = [room for name, room in vars(runtime).items() if inspect.ismodule(room) and name[0] != "_"]
    assert len(rooms) == len(list(Path(runtime.__file__).parent.glob("[!_]*.py")))
    assert sum(doctest.testmod(room).attempted for room in rooms) > 60
    assert all(doctest.testmod(room).failed == 0 for room in rooms)


def test_everything_public_is_listed():
    functions = {n for n, v in vars(runtime).items() if inspect.isfunction(v) and n[0] != "_"}
    assert functions | {"undefined"} == set(runtime.__all__)


# ------------------------------------------------------------------------------------------------ cotangents


@pytest.mark.parametrize(
    "shape", [(), (1,), (4,), (3, 4), (1, 4), (3, 1), (1, 1), (2, 3, 4), (1, 3, 1)], ids=lambda s: "x".join(map(str, s))
)
def test_unbroadcast_transposes_broadcasting(shape):
    g, x = np.arange(24.0).reshape(2, 3, 4), np.arange(float(np.prod(shape))).reshape(shape)
    got = unbroadcast(g, x)
    assert got.shape == shape
    assert np.isclose(np.sum(got * x), np.sum(g * np.broadcast_to(x, g.shape)))


def test_unbroadcast_of_equal_shapes_is_the_same_object():
    g = np.ones((2, 3))
    assert unbroadcast(g, np.zeros((2, 3))) is g


def test_unbroadcast_takes_the_type_of_the_operand():
    g = np.ones((2, 3))
    assert same(unbroadcast(g, 0.5), 6.0)
    assert same(unbroadcast(np.float64(2.0), 0.5), 2.0)
    assert same(unbroadcast(g, np.float32(0.5)), np.float32(6.0))
    assert same(unbroadcast(g, np.float64(0.5)), np.float64(6.0))
    assert same(unbroadcast(g, np.array(0.5)), np.array(6.0))
    assert same(unbroadcast(2.0, np.array(0.5, np.float32)), np.array(2.0, np.float32))
    assert same(unbroadcast(g, np.zeros(3, np.float32)), np.full(3, 2.0, np.float32))
    assert same(unbroadcast(g * (1 + 2j), np.zeros(3)), np.full(3, 2.0))
    assert same(unbroadcast(g, 0.5 + 1j), 6.0 + 0j)
    assert same(unbroadcast(g, [0.5, 1.5, (2.5,)[0]]), [2.0, 2.0, 2.0])


def test_unbroadcast_of_empty_arrays():
    assert same(unbroadcast(np.ones((0, 3)), np.zeros(3)), np.zeros(3))
    assert same(unbroadcast(np.ones((0, 3)), np.zeros((1, 3))), np.zeros((1, 3)))
    assert same(unbroadcast(np.ones((0, 3)), 0.5), 0.0)


@pytest.mark.parametrize("size", [4, 1000])
def test_broadcast_reads_like_the_operand(size):
    for g in (2.0, np.float64(2.0), np.array(2.0), np.full(1, 2.0), np.full((1, 1), 2.0)[0]):
        got = broadcast(g, np.zeros((3, size), np.float32))
        assert same(got, np.full((3, size), 2.0, np.float32))
        assert not got.flags.writeable, "a view of one number for small arrays too, so that none is ever written into"
    g = np.ones((3, size))
    assert broadcast(g, np.zeros((3, size))) is g


def test_broadcast_to_numbers():
    assert same(broadcast(2.0, 0.5), 2.0)
    assert same(broadcast(np.float64(2.0), np.float32(0.5)), np.float32(2.0))
    assert same(broadcast(2.0, np.array(0.5)), np.array(2.0))


def test_casts():
    assert same(cast(np.array(2.0), 0.5), 2.0)
    assert same(cast(np.ones(2), np.zeros(2, np.float32)), np.ones(2, np.float32))
    assert same(cast(np.ones(2), np.zeros(2, complex)), np.ones(2, complex))
    swapped = np.ones(2, np.dtype(np.float64).newbyteorder())
    assert same(cast(np.ones(2), swapped), swapped)


def test_count():
    x = np.zeros((2, 3, 0))
    assert [count(x, a) for a in (None, 0, -1, (0, 1), (-2,))] == [0, 2, 0, 6, 3]
    assert count(1.5) == 1


def test_reshape_like():
    assert same(reshape_like(np.ones(1), np.float32(0.5)), np.float32(1.0))
    assert same(reshape_like(np.arange(4.0), [[1.0, 2.0], [3.0, 4]]), [[0.0, 1.0], [2.0, None]])


# ------------------------------------------------------------------------------------------ adjoints as values


def test_zeros():
    value = {
        "w": np.ones((2, 3), np.float32),
        "b": [1.5, np.float32(1.0), 2],
        "p": Point(1.0, None),
        "m": len,
        "t": "x",
    }
    expected = {
        "w": np.zeros((2, 3), np.float32),
        "b": [0.0, np.float32(0.0), None],
        "p": [0.0, None],
        "m": None,
        "t": None,
    }
    assert same(zeros_like(value), expected)
    assert same(zeros_like(Model(np.ones(2), 0.5)), {"weights": np.zeros(2), "bias": 0.0, "name": None})
    assert same(zeros_like(np.array(1.5)), np.array(0.0))
    assert same(zeros_like(1j), 0j)
    for other in (True, 3, np.int64(3), np.arange(3), np.array([True]), np.array(["a"]), None, Model, np):
        assert zeros_like(other) is None
    assert zeros_like(np.ones((3, 2), order="F")).flags.f_contiguous


def test_sums():
    a, b = np.ones(2), np.ones(2)
    assert same(add(a, b), np.full(2, 2.0)) and same(a, np.ones(2))
    assert add(None, a) is a and add(a, None) is a and add(None, None) is None
    left, right = [1.0, [None, a]], [None, [2.0, b]]
    assert same(add(left, right), [1.0, [2.0, np.full(2, 2.0)]])
    assert same(left, [1.0, [None, np.ones(2)]])
    assert same(add({"a": 1.0}, {"a": 2.0, "b": 3.0}), {"a": 3.0, "b": 3.0})
    with pytest.raises(ValueError):
        add([1.0], [1.0, 2.0])


@pytest.mark.parametrize(
    "index",
    [
        1,
        -1,
        slice(None, None, 2),
        (0, slice(1)),
        Ellipsis,
        None,
        [0, 0, 2],
        np.array([[0, 0], [1, 0]]),
        ([0, 0], [1, 1]),
        (slice(None), np.array([1, 1])),
        [True, False, True],
        np.arange(12).reshape(3, 4) > 5,
        np.array(1),
        (np.int64(1), np.int64(2)),
    ],
    ids=str,
)
def test_contributions_in_place(index):
    total, places = np.zeros((3, 4), np.float32), np.arange(12).reshape(3, 4)
    g = np.arange(np.size(places[index]), dtype=np.float64).reshape(np.shape(places[index])) + 1
    add_at(total, index, g)
    for place in range(12):
        assert total.flat[place] == np.sum(g[places[index] == place])


def test_contributions_to_containers():
    total = [0.0, None, [1.0]]
    add_at(total, 0, 2.0)
    add_at(total, 1, 3.0)
    add_at(total, slice(1, 3), [1.0, [1.0]])
    assert same(total, [2.0, 4.0, [2.0]])
    table = {"a": 1.0}
    add_at(table, "a", 2.0)
    add_at(table, "b", 2.0)
    assert same(table, {"a": 3.0, "b": 2.0})
    add_at(None, 0, 1.0)
    add_at(total, 0, None)
    assert total[0] == 2.0


# ------------------------------------------------------------------------------------------------ sequences


def test_sequences():
    for value in ([1], (1,), np.ones(2), range(3), "abc"):
        assert sequence(value) is value
    assert sequence({"a": 1}) == ["a"]
    assert sequence(i * i for i in range(3)) == [0, 1, 4]


def test_unpack():
    for value in ([1, 2], (1, 2), np.ones((2, 3)), range(2), "ab", [np.ones(2), np.ones(3)]):
        assert unpack(value, 2) is value
    assert unpack({1: 2, 3: 4}, 2) == [1, 3]
    assert unpack(zip("ab", "cd"), 2) == [("a", "c"), ("b", "d")]
    assert unpack([], 0) == []


@pytest.mark.parametrize("n", [0, 1, 2, 4])
@pytest.mark.parametrize(
    "make",
    [
        lambda: [1, 2, 3],
        lambda: (1, 2, 3),
        lambda: np.ones(3),
        lambda: np.array(1.5),
        lambda: iter([1, 2, 3]),
        lambda: {1: 1, 2: 2, 3: 3},
        lambda: 5,
        lambda: None,
    ],
)
def test_unpack_complains_as_python_does(make, n):
    with pytest.raises((ValueError, TypeError)) as expected:
        exec(f"[{'a,' * n}] = value", {"value": make()})
    with pytest.raises(expected.type) as got:
        unpack(make(), n)
    if not isinstance(make(), dict) or sys.version_info < (3, 14):
        assert str(got.value) == str(expected.value)


def test_unpack_does_not_exhaust_the_endless():
    with pytest.raises(ValueError, match="too many values"):
        unpack(itertools.count(), 2)


# ------------------------------------------------------------------------------------------- lists of arrays


def test_unstacking_follows_the_nesting():
    xs = [(1.0, np.float32(2.0)), [3, 4.0]]
    assert same(unstack_like(xs, np.arange(4.0).reshape(2, 2)), [[0.0, np.float32(1.0)], [None, 3.0]])
    parts = unstack_like([np.ones(2), np.ones(2, np.float32)], np.arange(4.0).reshape(2, 2))
    assert same(parts, [np.array([0.0, 1.0]), np.array([2.0, 3.0], np.float32)])


def test_splitting():
    parts = split_like(np.arange(5.0), [np.ones(2), np.arange(1), np.ones(2, np.float32)])
    assert same(parts, [np.array([0.0, 1.0]), None, np.array([3.0, 4.0], np.float32)])
    assert same(split_like(np.arange(3.0), [1.5, np.ones((2, 1))], None), [0.0, np.array([[1.0], [2.0]])])


def test_dense():
    assert same(dense([None, 1.0, None], [np.ones(2, np.float32), 2.0, 3]), [np.zeros(2, np.float32), 1.0, 0.0])


# ------------------------------------------------------------------------------------------------- finish


def test_finish_gives_the_primals_types():
    assert same(finish(np.float64(2.0), 0.5), 2.0)
    assert same(finish(np.array(2.0), 0.5), 2.0)
    assert same(finish(2.0, np.float32(0.5)), np.float32(2.0))
    assert same(finish(2.0, np.float64(0.5)), np.float64(2.0))
    assert same(finish(np.float64(2.0), np.array(0.5)), np.array(2.0))
    assert same(finish(np.ones(2), np.zeros(2, np.float32)), np.ones(2, np.float32))
    assert same(finish(2.0, np.zeros(2)), np.full(2, 2.0))
    assert same(finish(2.0 + 1j, 0.5), 2.0)
    assert same(finish(2.0 + 1j, 1j), 2.0 + 1j)
    assert same(finish(np.ones(2) * 1j, np.zeros(2)), np.zeros(2))
    for other in (3, True, "text", None, len, np.arange(3), np.int64(1)):
        assert finish(None, other) is None


def test_finish_gives_the_primals_structure():
    primal = {"list": [1.0, 2], "tuple": (np.ones(2),), "point": Point(0.5, "a"), "rest": {"w": np.float32(1.0)}}
    got = finish({"list": [2.0, None], "tuple": [np.zeros(2)], "point": None, "rest": {}}, primal)
    assert same(
        got, {"list": [2.0, None], "tuple": (np.zeros(2),), "point": Point(0.0, None), "rest": {"w": np.float32(0.0)}}
    )
    assert same(finish(None, primal), finish(zeros_like(primal), primal))


def test_finish_of_dataclasses_and_dicts():
    got = finish({"weights": np.ones(2), "bias": None}, Model(np.zeros(2), 0.5))
    assert type(got) is Model and same(got.weights, np.ones(2)) and same(got.bias, 0.0) and got.name is None
    ordered = finish({"b": 1.0}, collections.OrderedDict(b=0.5, a=1.5))
    assert type(ordered) is collections.OrderedDict and list(ordered.items()) == [("b", 1.0), ("a", 0.0)]
    default = finish({}, collections.defaultdict(list, a=1.5))
    assert default.default_factory is list and default == {"a": 0.0}


def test_finish_hands_out_memory_of_its_own():
    g, x = np.ones(3), np.zeros(3)
    assert finish(g, x, owned=True) is g
    assert finish(g, x) is not g and not np.shares_memory(finish(g, x), g)
    view = broadcast(2.0, x)
    for owned in (True, False):
        got = finish(view, x, owned)
        assert same(got, np.full(3, 2.0)) and got.flags.writeable and got.flags.owndata
    first, second = finish([g, g], [x, x])
    assert not np.shares_memory(first, second)


def test_finish_refuses_another_shape():
    with pytest.raises(ValueError, match="shape"):
        finish(np.ones((1,)), np.zeros(3))
