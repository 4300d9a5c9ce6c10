"""Statements beyond assignments, branches and loops."""

import numpy as np

from tests.corpus import program, sample


@program((sample(5),), ([1.5, 0.4, 2.0],))
def least_so_far(x):
    best = None
    for v in x:
        if best is None or v < best:
            best = v * v
    return best


@program((sample(5),))
def largest_and_where(x):
    best = where = None
    for i in range(len(x)):
        if best is None or x[i] > best:
            best, where = x[i] * 2.0, i
    return best * x[where]


@program((sample(4),))
def previous_value(x):
    previous, total = None, 0.0
    for v in x:
        if previous is not None:
            total += v * previous
        previous = v * v
    return total


@program((sample(3), 0), (sample(3), 3))
def hidden_state_made_when_needed(x, n):
    h = None
    for i in range(n):
        h = x * (i + 1) if h is None else np.tanh(h * x)
    if h is None:
        return np.sum(x)
    return np.sum(h)


@program((sample(3), None), (sample(3), sample(3, seed=1)))
def weights_by_default(x, w):
    if w is None:
        w = np.ones(3)
    return np.sum(w * x * x)
