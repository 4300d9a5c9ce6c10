"""Values from outside the function: the module's, the class's, the enclosing function's."""

import math
from math import cos, pi
from types import SimpleNamespace

import numpy as np
from numpy import exp as e_to_the

from tests.corpus import program, sample

SCALE = 1.7
TABLE = np.array([0.5, 1.5, 2.5])
MATRIX = [[1.0, 2.0], [3.0, 4.0]]
OPTIONS = {"rate": 0.3, "steps": 3, "kind": "fast"}
LIMITS = (0.2, 0.9)
settings = SimpleNamespace(gain=2.5, nested=SimpleNamespace(shift=0.5))


def scaled(t, by=SCALE):
    return t * by


@program((0.7,))
def module_number(x):
    return SCALE * x * x + SCALE


@program((sample(3),))
def module_array(x):
    return np.sum(TABLE * x * x) + np.sum(x / TABLE)


@program((sample(3),))
def module_array_handed_out(x):
    return np.sum(x * TABLE)


@program((0.7,))
def module_list(x):
    return MATRIX[0][1] * x + MATRIX[1][0] * x * x


@program((0.7,))
def module_dict(x):
    for _ in range(OPTIONS["steps"]):
        x = x + OPTIONS["rate"] * x * x
    if OPTIONS["kind"] == "fast":
        x = x * 2.0
    return x


@program((0.7,), (1.4,))
def module_tuple(x):
    low, high = LIMITS
    return x * low if x < high else x * high * x


@program((0.7,))
def module_attributes(x):
    return settings.gain * x + settings.nested.shift * x * x


@program((0.7,))
def names_imported_directly(x):
    return cos(x) * e_to_the(x) * pi + np.pi * x + math.e * x * x


@program((0.7,))
def default_from_the_module(x):
    return scaled(x) * scaled(x, x)


def with_cells(rate, table):
    def program_in_a_closure(x):
        total = 0.0
        for v in table:
            total = total + rate * v * x * x
        return total

    return program_in_a_closure


closed_over = program((0.7,))(with_cells(0.3, np.array([1.0, 2.0])))


def other_cells(function):
    def composed(x):
        return function(x) * x

    return composed


closed_over_a_function = program((0.7,))(other_cells(lambda t: t * t * SCALE))

a_lambda = program((0.7, 1.3))(lambda x, y: x * y + x)
