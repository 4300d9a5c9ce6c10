"""Statements beyond assignments, branches and loops."""

import contextlib
import functools
import itertools
import math
import warnings
from typing import NamedTuple

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


class Pair(NamedTuple):
    """Two numbers."""

    a: float
    b: float


@program(
    (sample(3), "square"), (sample(3), "third"), (sample(3), None), (sample(3), 3), (sample(3), 1.0),
    (sample(3), (1.0, 2.0)), (sample(3), [1.0, 2.0, 3.0, 4.0]), (sample(3), {"w": 2.0, "u": 1}), (sample(3), [2.0]),
)  # fmt: skip
def matched_modes(x, mode):
    match mode:
        case "square":
            return np.sum(x * x)
        case "cube" | "third":
            return np.sum(x**3)
        case None:
            return x[0]
        case int() | float() as k if k > 2:
            return np.sum(x) * k
        case (a, b, *rest):
            return a * x[0] + b * x[1] ** 2 + len(rest) * x[2]
        case {"w": w}:
            return w * x[2]
        case [a]:
            return np.sum(np.sin(x)) * a
        case _:
            return x[0] * x[1]


@program((0.4, 1.2, 2, 1), (0.4, 1.2, 1, 2), (0.4, 1.2, 0, 0), (1.4, 1.2, 0, 0))
def matched_values(u, v, m, n):
    match (m, n, (u, v)):
        case (2, 1, (x, _)) | (1, 2, (_, x)):
            z = x * x
        case (_, _, (x, y)) if x > y:
            z = x * y
        case (_, 0, (x, y)):
            z = x - y * y
    return z


@program((Pair(1.0, 2.0),), (Pair(2.0, 1.0),))
def matched_fields(p):
    match p:
        case Pair(a=u, b=v) if u > v:
            return u * v
        case Pair(u, v):
            return u - v * v


@program((sample(3),))
def names_deleted(x):
    y = x * x
    z = np.sum(y)
    del y
    a, b = z, z * 2.0
    del a, b
    return z * z


@program((sample(3),))
def imported_inside(x):
    import math

    import numpy as xp
    import numpy.linalg as la
    from numpy import cos
    from numpy import sin as s

    def scaled(v):
        return xp.sum(v) * math.pi

    total = 0.0
    for v in x:
        from math import exp

        total += exp(v) * math.sqrt(v)
    return la.norm(s(x)) * cos(x[1]) * scaled(x) + total


@program((sample(3),))
def decorated_inside(x):
    @functools.lru_cache(maxsize=None)
    def square(n):
        return x[n] ** 2

    @functools.wraps(square)
    def double(n):
        return square(n) * 2.0

    def twice(f):
        return lambda t: f(f(t))

    @twice
    def scaled(v):
        return v * v * x[0]

    return square(0) + double(1) + scaled(x[2])


# ---------------------------------------------------------------------------------------------- context managers


class Quiet:
    """A manager that counts."""

    entered = 0

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return False


@contextlib.contextmanager
def stage(number):
    """A manager made of a generator."""
    try:
        yield number * 2
    finally:
        print(end="")


@program((np.array([0.3, -0.7, 1.1]),))
def errors_ignored(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(x > 0.0, np.log(x), x * x)
    return np.sum(y)


@program((sample(3),))
def managers_of_all_kinds(x):
    with Quiet("outer"), stage(1) as two:
        y = x * x
        for i in range(3):
            with np.errstate(all="ignore"):
                if i == 1:
                    continue
                y = y * x
    with contextlib.nullcontext(x) as z:
        return np.sum(y * z) * two


@program((sample(3),), (sample(3, high=0.9),))
def left_from_within(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for v in x:
            with stage(1):
                if v > 1.0:
                    return v * v
    return np.sum(x * x * x)


@program((sample(3), 2.0), (sample(3), -1.0))
def finally_done(x, k):
    total = 0.0
    try:
        y = x * x
        if k > 0.0:
            return np.sum(y) * k
    finally:
        print(end="")
        total += k
    return np.sum(y) + total * x[0]


# ---------------------------------------------------------------------------------------------- exceptions


@program((1.3, 0.7), (-1.3, 0.7))
def root_or_else(x, y):
    try:
        r = math.sqrt(x)
    except ValueError:
        r = y * y
    return r * x * y


@program((np.array([0.3, -0.7, 1.1]),))
def caught_in_a_loop(x):
    total = 0.0
    for v in x:
        try:
            s = math.log(v)
            t = s * s
        except ValueError:
            t = v * v * v
        else:
            t = t * v
        finally:
            print(end="")
        total += t
    return total


@program((2.0, {"w": 3.0, "n": 2.0}), (2.0, {"n": 0.0}), (2.0, {}), (2.0, {"n": "text"}), argnums=(0,))
def handlers_chosen(x, options):
    try:
        w = options["w"]
    except KeyError:
        w = 2.0
    try:
        return w * x / options["n"]
    except (ZeroDivisionError, TypeError):
        return w * x
    except KeyError as error:
        return w * x * x + len(error.args)


@program((np.array([0.3, -0.7, 1.1]),), (np.array([-0.3, 0.7, 1.1]),))
def default_kept(x):
    y = x[0] * 2.0
    try:
        y = math.sqrt(x[1])
    except ValueError:
        pass
    with contextlib.suppress(ValueError):
        y = math.sqrt(x[0]) * y
    return y * x[2]


@program((np.array([0.3, -0.7, 1.1, 0.9]),))
def left_in_the_middle_of_loops(x):
    total = 0.0
    for k in range(4):
        try:
            s = 1.0
            for v in x:
                if v > 0.35:
                    s = s * v
                else:
                    s = s * v * v
                if k == 1:
                    s = s * math.sqrt(v)
            u = s
        except ValueError:
            u = x[0] * x[0]
        total = total * 0.5 + u * u
    return total


@program((np.array([0.3, -0.7, 1.1]),))
def what_is_not_used_may_fail(x):
    total = 0.0
    for v in x:
        try:
            _ = math.sqrt(v)
            k = 2.0
        except ValueError:
            continue
        total += k * v
    try:
        math.log(x[1])
        k = 1.0
    except ValueError:
        k = 3.0
    return total * x[0] * k


@program((np.array([0.3, -0.7, 1.1]),))
def raised_by_a_callee(x):
    def checked(v):
        if v < 0.0:
            raise ValueError("negative")
        return v * v

    total = 0.0
    for v in x:
        try:
            total = total + checked(v)
        except ValueError:
            total = total - v * 3.0
    return total


@program((sample(3),))
def the_end_is_an_exception(x):
    i = 0
    while True:
        try:
            v = x[i]
        except IndexError:
            break
        i += 1
    try:
        raise RuntimeError("always")
    except RuntimeError:
        z = x * x
    try:
        y = np.sum(z)
    except ValueError:
        raise TypeError("never") from None
    return y * i * v


# ---------------------------------------------------------------------------------------------- what is walked


@program((sample(3), sample(2, 3)))
def products_walked(x, m):
    t = 0.0
    for a, b in itertools.product(x, m[0]):
        t += a * b * b
    for i, j, k in itertools.product(range(2), range(3), [1.0, 2.0]):
        t += m[i, j] ** 2 * k
    for a, b in itertools.product(x, repeat=2):
        t = t * 0.9 + a * b
    return t


@program((sample(3), sample(2, 3)))
def choices_walked(x, m):
    t = 0.0
    for a, b in itertools.combinations(x, 2):
        t += a * b * b
    for i, j in itertools.permutations(range(3), 2):
        t += x[i] * m[0, j]
    for a, b, c in itertools.combinations_with_replacement(m[1], 3):
        t += a * b * c
    for a, b in itertools.pairwise(x):
        t = t * a + b
    for a in itertools.chain(x, m[0], [2.0]):
        t = t * 0.5 + a * a
    return t


@program((sample(3), 0.6))
def endless_ones_left(x, y):
    t = 0.0
    for a, w in zip(x, itertools.cycle([1.0, 2.0])):
        t += a * a * w
    for i, a in zip(itertools.count(1), x):
        t += a**i
    for k in itertools.count():
        if k == 3:
            break
        t += x[k] ** k
    for a, r in zip(x, itertools.repeat(y)):
        t += a * r
    for r in itertools.repeat(x[0], 3):
        t *= r
    return t


@program((sample(4), 3))
def slices_walked(x, n):
    t = 0.0
    for a in itertools.islice(x, 1, None):
        t += a**3
    for a in itertools.islice(x, n):
        t = t * 0.5 + a**3
    for i in itertools.islice(itertools.count(2, 3), 1, 4, 2):
        t += x[0] ** i
    return t


@program((sample(3), sample(2, 3)))
def indices_walked(x, m):
    t = 0.0
    for i, j in np.ndindex(2, 3):
        t += m[i, j] * x[j]
    for i, j in np.ndindex(m.shape):
        t += m[i, j] ** 2
    for place in np.ndindex(m.shape):
        t += m[place] ** 3
    for (i, j), v in np.ndenumerate(m):
        t += v * v * i + j * v
    for i, (a, b) in enumerate(zip(x, m[1], strict=True)):
        t += a * b * i
    for i, (a, (b, c)) in enumerate(zip(x, itertools.pairwise(range(4)))):
        t += a * b * c
    return t


@program((np.array([0.3, 0.7, 1.1]),), (np.array([0.3, -2.7, 1.1]),))
def returned_from_a_body(x):
    try:
        y = np.sum(x)
        if y > 0.0:
            return y * y
    except ValueError:
        y = x[0]
    return y * 2.0


@program((np.array([0.3, 0.7, 1.1]),))
def loaded_if_it_is_there(x):
    try:
        import no_such_module as xp
    except ImportError:
        import numpy as xp
    return xp.sum(x * x)


@program((np.array([0.3, -0.7, 1.1]),))
def range_so_far(x):
    low = high = None
    for v in x:
        low = v if low is None else min(low, v)
        high = v if high is None else max(high, v)
    return (high - low) ** 2


@program((np.array([0.3, -0.7, 1.1]),), (np.array([0.3, 0.7, 1.1]),))
def written_in_the_last_line(x):
    kept, found, a = [], {}, x.copy()
    for i, v in enumerate(x):
        try:
            kept.append(math.sqrt(v))
        except ValueError:
            kept.append(v * v)
        try:
            found["last"] = found["last"] * v + math.log(v)
        except KeyError:
            found["last"] = v
        except ValueError:
            pass
        try:
            a[i] = math.sqrt(a[i]) * v
        except ValueError:
            a[i] = a[0]
    return sum(kept) * found["last"] + np.sum(a * a)
