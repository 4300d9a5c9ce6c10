"""Compiled code is thrown away when what it was compiled for has changed: methods, fields, classes, names, wrappers."""

import collections
import contextlib
import dataclasses
import enum
import functools

import numpy as np
import pytest

import s2sgrad as sg


class Scaled:
    """An object with a method and a field."""

    def __init__(self, k=2.0):
        self.k = k

    def apply(self, x):
        return self.k * x


class Switch:
    def __init__(self):
        self.on, self.value = True, 2.0


class Holder:
    def __init__(self):
        self.switch = Switch()


class Settings:
    scale = 2.0
    square = True


class Mode(enum.Enum):
    SQUARE = 1
    TRIPLE = 2


holder = Holder()


def by_method(o, x):
    return o.apply(x)


def by_switch(o, x):
    return x * x * o.switch.value if o.switch.on else x * o.switch.value


def by_global_switch(x):
    return x * x * holder.switch.value if holder.switch.on else x * holder.switch.value


def by_class(x):
    y = x * x if Settings.square else x
    return y * Settings.scale if Settings.scale > 1.5 else y


def by_mode(x, mode):
    return x * x if mode is Mode.SQUARE else 3.0 * x


def by_text(x, mode):
    return x * x if mode == "a" else 3.0 * x


def by_slice(x, s):
    return np.sum(x[s] ** 2)


def test_a_method_replaced(monkeypatch):
    g = sg.grad(by_method, argnums=1)
    o = Scaled()
    assert g(o, 1.0) == 2.0
    monkeypatch.setattr(Scaled, "apply", lambda self, x: self.k * x * x)
    assert g(o, 1.0) == 4.0


def test_fields_of_fields():
    g, o = sg.grad(by_switch, argnums=1), Holder()
    assert g(o, 3.0) == 12.0
    o.switch.on = False
    assert g(o, 3.0) == 2.0
    o.switch.value = 7.0
    assert g(o, 3.0) == 7.0
    assert g(Holder(), 3.0) == 12.0


def test_fields_of_fields_of_a_global(monkeypatch):
    g = sg.grad(by_global_switch)
    assert g(3.0) == 12.0
    monkeypatch.setattr(holder.switch, "on", False)
    assert g(3.0) == 2.0


def test_class_attributes(monkeypatch):
    g = sg.grad(by_class)
    assert g(3.0) == 12.0
    monkeypatch.setattr(Settings, "square", False)
    assert g(3.0) == 2.0
    monkeypatch.setattr(Settings, "scale", 1.0)
    assert g(3.0) == 1.0


def test_members_of_an_enumeration():
    g = sg.grad(by_mode)
    assert [g(2.0, m) for m in (Mode.SQUARE, Mode.TRIPLE, Mode.SQUARE)] == [4.0, 3.0, 4.0]


def test_texts_of_numpy():
    g = sg.grad(by_text)
    assert [g(2.0, np.str_(m)) for m in "aba"] == [4.0, 3.0, 4.0]


def test_slices():
    g, x = sg.grad(by_slice), np.arange(1.0, 6.0)
    for i in range(5):
        for j in range(i + 1, 6):
            expected = np.zeros(5)
            expected[i:j] = 2.0 * x[i:j]
            assert np.array_equal(g(x, slice(i, j)), expected)


def test_a_wrapper_has_its_own_derivative():
    def square(x):
        return x * x

    assert sg.vjp(square, 2.0)[1](1.0) == (4.0,)

    @functools.wraps(square)
    def triple(x):
        return 3.0 * x

    assert sg.vjp(triple, 2.0)[1](1.0) == (3.0,)


def test_a_recursive_closure_as_argument():
    def power(n, x):
        return x if n == 0 else power(n - 1, x) * x

    def apply(f, x):
        return f(2, x)

    assert sg.grad(apply, argnums=1)(power, 2.0) == pytest.approx(12.0)


PAIRS = """
        {before}
        def f(x):
            s = 0.0
            for a, b in zip(x, x):
                s = s + a * b
            return s
"""


def test_names_taken_for_built_in(module_from):
    """Two modules may hold the same code, and mean different things by it."""
    x = np.array([1.0, 2.0])
    plain = module_from(PAIRS.replace("{before}", ""))
    assert np.array_equal(sg.grad(plain.f)(x), 2.0 * x)
    g = sg.grad(plain.f)
    assert np.array_equal(g(x), 2.0 * x)
    plain.zip = lambda a, b: ((a[0], 3.0), (a[1], 5.0))
    with contextlib.suppress(sg.UnsupportedError):
        assert np.array_equal(g(x), [3.0, 5.0])


def test_aux_written_afterwards():
    def f(x):
        a = x.copy()
        s = np.sum(a * a)
        a[0] = a[1] * s
        return s * a[0] + np.sum(np.sin(a)), a

    x = np.array([1.0, 2.0, 3.0])
    value, aux = f(x)
    for optimize in (False, True):
        (v, a), _ = sg.value_and_grad(f, has_aux=True, optimize=optimize)(x)
        assert v == value and np.array_equal(a, aux)
        _, a = sg.grad(f, has_aux=True, optimize=optimize)(x)
        assert np.array_equal(a, aux)


def scaled_by(k):
    return lambda t: t * k


def with_default(k):
    return lambda t, k=k: t * k


def called(f, x):
    return f(x) * x


one, two = scaled_by(1.0), scaled_by(2.0)
table = [scaled_by(1.0), scaled_by(2.0)]


def test_closures_of_one_code():
    """Two functions of one code object are two functions, each with its own cells."""

    def direct(x):
        return one(x) + 10.0 * two(x)

    def passed_on(x):
        return called(one, x) + 10.0 * called(two, x)

    def in_a_list(x):
        return called(table[0], x) + 10.0 * called(table[1], x)

    def mixed(x, h):
        return called(one, x) + 10.0 * called(h, x)

    for optimize in (False, True):
        assert sg.grad(direct, optimize=optimize)(3.0) == 21.0
        assert sg.grad(passed_on, optimize=optimize)(3.0) == 126.0
        assert sg.grad(in_a_list, optimize=optimize)(3.0) == 126.0
        g = sg.grad(mixed, optimize=optimize)
        assert [g(3.0, two), g(3.0, scaled_by(5.0))] == [126.0, 306.0]


def test_defaults_of_functions_passed():
    g = sg.grad(called, argnums=1)
    assert [g(with_default(k), 3.0) for k in (1.0, 2.0)] == [6.0, 12.0]
    assert [g(with_default(np.float64(k)), 3.0) for k in (1.0, 2.0)] == [6.0, 12.0]

    def both(fs, x):
        return called(fs[0], x) + 10.0 * called(fs[1], x)

    assert sg.grad(both, argnums=1)((with_default(1.0), with_default(2.0)), 3.0) == 126.0


def test_a_function_replaced_in_a_list():
    functions = [scaled_by(1.0)]

    def f(x):
        return functions[0](x)

    g = sg.grad(f)
    assert g(3.0) == 1.0
    functions[0] = scaled_by(4.0)
    assert g(3.0) == 4.0


@pytest.mark.parametrize("n", [0, 3])
def test_a_variable_that_was_not_assigned_is_an_error_as_in_python(n):
    def f(x, n):
        for i in range(n):
            y = x * i
        return y

    if n:
        assert sg.value_and_grad(f)(2.0, n) == (4.0, 2.0)
    else:
        with pytest.raises(UnboundLocalError, match="'y'"):
            sg.value_and_grad(f)(2.0, n)


def test_a_variable_that_was_not_assigned_does_not_hide_in_a_container():
    def f(x):
        if x > 5.0:
            result = x * x
        return (result, x)

    with pytest.raises(UnboundLocalError, match="'result'"):
        sg.vjp(f, 2.0)


# ------------------------------------------------------------------------------------------------ objects and classes


@dataclasses.dataclass
class Model:
    """A dataclass with a property, a method, and a function among its fields."""

    gain: float
    act: object = abs

    @property
    def double(self):
        return 2.0 * self.gain

    def __call__(self, x):
        return self.act(x * self.gain)


class Child(Model):
    def __call__(self, x):
        return super().__call__(x) * 1.0


def line(k):
    return lambda t: t * k


model = Model(2.0, line(1.0))


def by_property(m, x):
    return x * m.double


def by_call(m, x):
    return m(x)


def by_global_model(x):
    return model(x)


def made_here(x):
    return Model(x).double


def test_a_property_replaced(monkeypatch):
    g, m = sg.grad(by_property, argnums=1), Model(3.0)
    assert g(m, 1.0) == 6.0 and sg.grad(made_here)(1.0) == 2.0
    monkeypatch.setattr(Model, "double", property(lambda self: 5.0 * self.gain))
    assert g(m, 1.0) == 15.0 and sg.grad(made_here)(1.0) == 5.0


def test_a_call_replaced(monkeypatch):
    g, m, child = sg.grad(by_call, argnums=1), Model(3.0, line(1.0)), Child(3.0, line(1.0))
    assert g(m, 1.0) == g(child, 1.0) == 3.0
    monkeypatch.setattr(Model, "__call__", lambda self, x: 7.0 * x)
    assert g(m, 1.0) == g(child, 1.0) == 7.0


def test_a_method_that_hides_an_inherited_one(monkeypatch):
    g, child = sg.grad(by_property, argnums=1), Child(3.0)
    assert g(child, 1.0) == 6.0
    monkeypatch.setattr(Child, "double", property(lambda self: self.gain), raising=False)
    assert g(child, 1.0) == 3.0


def test_functions_in_fields(monkeypatch):
    """Of one code, with other cells: compiled code must not hold on to the first."""
    g = sg.grad(by_call, argnums=1)
    assert [g(Model(1.0, line(k)), 1.0) for k in (2.0, 3.0)] == [2.0, 3.0]
    f = sg.grad(by_global_model)
    assert f(1.0) == 2.0
    monkeypatch.setattr(model, "act", line(5.0))
    assert f(1.0) == 10.0


def test_a_global_object_replaced(monkeypatch):
    f = sg.grad(by_global_model)
    assert f(1.0) == 2.0
    monkeypatch.setitem(globals(), "model", Model(3.0, line(7.0)))
    assert f(1.0) == 21.0
    monkeypatch.setitem(globals(), "model", Child(3.0, line(2.0)))
    assert f(1.0) == 6.0
    monkeypatch.setitem(globals(), "model", line(4.0))
    assert f(1.0) == 4.0


def test_how_a_dataclass_is_made(monkeypatch):
    g = sg.grad(made_here)
    assert g(3.0) == 2.0

    def init(self, gain, act=abs):
        self.gain, self.act = gain * gain, act

    monkeypatch.setattr(Model, "__init__", init)
    with contextlib.suppress(sg.UnsupportedError):
        assert g(3.0) == 12.0


def test_a_post_init_that_comes_later(monkeypatch):
    g = sg.grad(made_here)
    assert g(3.0) == 2.0

    def post(self):
        raise ValueError("no")

    monkeypatch.setattr(Model, "__post_init__", post, raising=False)
    with pytest.raises(ValueError, match="no"):
        g(3.0)


class Slotted:
    __slots__ = ("k",)

    def __init__(self, k):
        self.k = k


def test_fields_in_slots():
    g, o = sg.grad(lambda o, x: x * o.k if o.k is not None else x * x, argnums=1), Slotted(2.0)
    assert g(o, 3.0) == 2.0
    o.k = None
    assert g(o, 3.0) == 6.0
    o.k = np.float64(7.0)
    assert g(o, 3.0) == 7.0


def test_what_a_cached_function_wraps(monkeypatch):
    @functools.cache
    def cached(t):
        return t * t

    g = sg.grad(lambda x: cached(x) * 1.0)
    assert g(3.0) == 6.0
    monkeypatch.setattr(cached, "__wrapped__", lambda t: 5.0 * t)
    assert g(3.0) == 5.0


vector = np.vectorize(line(2.0))


def test_what_a_vectorized_function_calls(monkeypatch):
    g = sg.grad(lambda x: np.sum(vector(x)))
    x = np.ones(2)
    assert g(x).tolist() == [2.0, 2.0]
    monkeypatch.setattr(vector, "pyfunc", line(3.0))
    assert g(x).tolist() == [3.0, 3.0]


def test_a_partial_that_is_global(monkeypatch):
    g = sg.grad(lambda x: shifted(x))
    assert g(3.0) == 2.0
    monkeypatch.setitem(globals(), "shifted", functools.partial(with_two, k=5.0))
    assert g(3.0) == 5.0


def with_two(t, k):
    return t * k


shifted = functools.partial(with_two, k=2.0)


def test_defaults_of_a_namedtuple(monkeypatch):
    Point = collections.namedtuple("Point", "x y", defaults=[2.0])
    g = sg.grad(lambda x: Point(x).x * Point(x).y)
    assert g(3.0) == 2.0
    monkeypatch.setattr(Point.__new__, "__defaults__", (5.0,))
    assert g(3.0) == 5.0
