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
