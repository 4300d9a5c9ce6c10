"""Functions as values: passed in, taken apart at entry, told from others; and what is refused of them."""

import dataclasses
import functools
import typing

import numpy as np
import pytest

import s2sgrad as sg


def scaled(t, k=2.0):
    return t * k


def square(t):
    return t * t


def called(f, x):
    return f(x) * x


class Line:
    """A method to pass on."""

    def __init__(self, slope):
        self.slope = slope

    def at(self, t):
        return self.slope * t


@pytest.mark.parametrize("optimize", [False, True])
def test_partials_passed(optimize):
    g = sg.grad(called, argnums=1, optimize=optimize)
    assert [g(functools.partial(scaled, k=k), 3.0) for k in (1.0, 2.0)] == [6.0, 12.0]
    assert g(functools.partial(lambda k, t: k * t, 5.0), 3.0) == 30.0
    assert g(functools.partial(functools.partial(scaled, k=1.0), k=4.0), 3.0) == 24.0
    assert g(functools.partial(scaled, k=np.float32(2.0)), 3.0) == 12.0


@pytest.mark.parametrize("optimize", [False, True])
def test_methods_passed(optimize):
    g = sg.grad(called, argnums=1, optimize=optimize)
    assert [g(Line(k).at, 3.0) for k in (1.0, 2.0)] == [6.0, 12.0]
    assert g(functools.partial(Line.at, Line(4.0)), 3.0) == 24.0


def times(k):
    return lambda t: t * k


@pytest.mark.parametrize("optimize", [False, True])
def test_functions_in_containers(optimize):
    def each(fs, x):
        total = 0.0
        for f in fs:
            total += f(x) * x
        return total

    g = sg.grad(each, argnums=1, optimize=optimize)
    assert g([times(2.0), square], 3.0) == 2.0 * 2.0 * 3.0 + 3.0 * 9.0
    assert g([times(3.0), times(5.0)], 3.0) == 48.0
    assert g([functools.partial(scaled, k=3.0), Line(5.0).at], 3.0) == 48.0

    def by_name(p, x):
        return p["act"](x * p["w"]) * x

    assert sg.grad(by_name, argnums=1)({"act": times(2.0), "w": 3.0}, 1.0) == 12.0
    assert sg.grad(by_name)({"act": square, "w": 3.0}, 1.0) == {"act": None, "w": 6.0}
    assert sg.grad(by_name)({"act": times(2.0), "w": 3.0}, 1.0) == {"act": None, "w": 2.0}


def test_a_program_that_passes_itself_the_function_it_was_given():
    def down(f, x, n):
        return x if n == 0 else f(down(f, x, n - 1))

    assert sg.grad(down, argnums=1)(times(2.0), 1.0, 3) == 8.0


def test_names_of_a_function_made_elsewhere(module_from):
    """A function is called with the globals and captured variables of the place where it was made."""
    there = module_from("""
        k = 5.0

        def maker(c):
            def make(x):
                return lambda t: t * x * k * c

            return make
    """)
    one, two = there.maker(1.0), there.maker(10.0)
    k = 7.0

    def f(x, s):
        first, second = one(x), two(x)
        chosen = first if s > 0 else second
        return called(first, 1.0) + called(second, 1.0) + chosen(1.0) + 0.0 * k

    assert [sg.grad(f)(1.0, s) for s in (1.0, -1.0)] == [5.0 + 50.0 + 5.0, 5.0 + 50.0 + 50.0]


def test_a_variable_captured_and_then_changed():
    """Python's closures see later values: what is not followed is refused, never answered with an old value."""

    def outer(x):
        k = x

        def make():
            return lambda t: t * k

        f = make()
        k = 2.0
        return f(x)

    with pytest.raises(sg.UnsupportedError):
        sg.grad(outer)(3.0)

    def in_a_partial(x):
        k = x
        f = functools.partial(lambda t: t * k)
        k = 2.0
        return f(x)

    with pytest.raises(sg.UnsupportedError):
        sg.grad(in_a_partial)(3.0)


def test_functions_handed_to_code_that_is_not_followed():
    def f(x):
        return np.frompyfunc(lambda t: t * x, 1, 1)(x)

    with pytest.raises(sg.UnsupportedError, match="S037"):
        sg.grad(f)(1.0)


def test_none_of_several():
    def f(x, s):
        g = None if s > 0 else square
        return g(x)

    assert sg.grad(f)(3.0, -1.0) == 6.0
    with pytest.raises(TypeError):
        sg.grad(f)(3.0, 1.0)


@pytest.mark.parametrize("compare", [lambda g: g is square, lambda g: g == square, lambda g: g in (abs, square)])
def test_functions_compared(compare):
    """A function that the program was given is a tuple inside: what `is` says of it is not known there."""

    def f(g, x):
        return 5.0 * x if compare(g) else g(x)

    with pytest.raises(sg.UnsupportedError, match="S038"):
        sg.grad(f, argnums=1)(square, 3.0)


def test_functions_compared_that_are_known():
    def f(x, s):
        g = square if s > 0 else scaled
        return 5.0 * x if g is square else g(x)

    assert [sg.grad(f)(3.0, s) for s in (1.0, -1.0)] == [5.0, 2.0]


def test_what_is_called_may_be_absent():
    def f(x, g=None):
        return x if g is None else g(x)

    assert sg.grad(f)(3.0) == 1.0
    assert sg.grad(f)(3.0, square) == 6.0


@dataclasses.dataclass
class Table:
    """An object that holds an array."""

    values: np.ndarray
    scale: float

    def put(self, i, t):
        self.values[i] = t * self.scale


@pytest.mark.parametrize("direct", [False, True])
def test_arrays_of_objects_that_are_written_into(direct):
    def written(x):
        table = Table(np.zeros(3), x)
        if direct:
            table.values[1] = x * table.scale
        else:
            table.put(1, x)
        return np.sum(table.values)

    assert sg.grad(written)(2.0) == 4.0
    assert sg.jvp(written, (2.0,), (1.0,)) == (4.0, 4.0)

    def written_before(x):
        values = np.zeros(3)
        values[1] = x * x
        return np.sum(Table(values, x).values)

    assert sg.grad(written_before)(2.0) == 4.0


class Recorder:
    """Objects that do more than hold what they are given."""

    made: typing.ClassVar = []

    def __init__(self, x):
        self.x = x
        Recorder.made.append(self)


class Doubled:
    def __init__(self, x):
        self.x = x

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self._x = 2.0 * value


class Sometimes:
    def __init__(self, x):
        if x > 1.0:
            self.y = x
        self.x = x


@pytest.mark.parametrize("cls", [Recorder, Doubled, Sometimes])
def test_constructors_that_are_not_followed(cls):
    with pytest.raises(sg.UnsupportedError):
        sg.grad(lambda x: cls(x).x)(3.0)
