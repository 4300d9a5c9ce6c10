"""What random programs found, each as small as it gets."""

import numpy as np

from tests.corpus import program, sample


@program((0.4, sample(3)), (-0.4, sample(3)))
def repeated_read_of_what_one_path_assigns(x, v):
    if x > 0.0:
        a = v * x
    else:
        if x < -0.5:
            return v[:2] * x
        a = v * v
    return a[[0, 0]]


@program((0.4,))
def loop_that_never_runs(x):
    k = 0
    while k < 2 and 0.9 > 1.4:
        k += 1
        y = x * k
        y *= x
    return x * x


@program((np.array(0.3),), (np.array(1.7),))
def larger_of_a_0d_array(z):
    return np.maximum(z, 1.01)


@program((np.array(0.3),))
def part_of_a_tuple_is_a_0d_array(z):
    t = (z, 1.0)
    z = -z
    return 1.18 * t[0]


@program((np.array(-0.5),))
def scalar_read_by_an_empty_index(z):
    y = np.arctan(z)
    return y[()] * y[None]


@program((0.4, sample(4)), (-0.4, sample(4)))
def written_parameter_returned_from_a_loop(x, b):
    for i in range(1, 4):
        if x > 0.0:
            return b
        else:
            b[3] -= x
    return b


@program((0.4, sample(3)))
def view_written_beside_a_tuple_of_it(x, v):
    t = (v, x)
    view = v
    view[1] = 2.0
    return t


@program((0.4, sample(3), sample(3, seed=1)), (-0.4, sample(3), sample(3, seed=1)))
def one_of_two_parameters_written_by_its_own_name(x, v, u):
    a = u if x > 0.0 else v
    u[1] -= x
    return a


@program((sample(3), sample(2)))
def gradient_of_what_is_only_read_beside_shared_writes(v, h):
    view = v
    t = (h, h, view)
    v[2] *= 0.48
    return h, t[2][2] * h


def _filled(a, x):
    a[0] = a[1] * x
    return a * a[0]


@program((sample(3), 0.4))
def called_for_its_writes_alone(v, x):
    for i in range(2):
        _filled(v, x)
    return v


def _kept_together(a, x):
    row = a
    row[0] *= 2.0
    both = {"r": row, "rate": x}


@program((0.4, sample(2)))
def constant_array_written_beside_what_varies(x, w):
    _kept_together(np.ones(2), w)
    w[1] += x
    return w


@program((1.3,), (3.4,))
def larger_of_an_int(x):
    y = max(3, x)
    return 0.75 * y + x * x
