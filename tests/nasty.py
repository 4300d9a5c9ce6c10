"""Small and nasty functions for the tests of the frontend: `see` tells what they evaluate, and in which order.

They stand in a module of their own since pytest rewrites the assertions of test modules.
"""

# ruff: noqa: B002, B006, B008, B018, B020, B023, E731, F821, PIE790, RUF021, UP037

import contextlib
import functools
import itertools
import types
from typing import NamedTuple

import numpy as np

CASES = []
LOG = []


def see(value, *rest, **named):
    """Log the arguments, return the first."""
    LOG.append(repr((value, rest, named)))
    return value


def case(*examples):
    """Register a function with tuples of arguments to try."""

    def register(function):
        CASES.append((function, examples))
        return function

    return register


@case((1,), (-1,))
def order_of_operands(x):
    return see(x) + see(2) * see(3) - (see(x) ** see(2)) / see(5)


@case((1,))
def order_in_calls(x):
    return see(see(1), see(2), k=see(3), j=see(x))


@case(([1, 2],))
def order_with_stars(xs):
    return see(*see([1]), see(2), *xs, k=see(3), **see({"z": 1}))


@case((1,), (-1,), (0,))
def short_circuit(x):
    return [see(x) > 0 and see(7), see(x) or see(8), not (see(x) and see(2)) or see(3), see(0) and see(1) or see(2)]


@case((1,), (-1,), (5,), (3,))
def chained(x):
    return [see(0) < see(x) < see(4) <= see(4), 0 < x < 4, see(x) == x == see(5) != see(5), x in [1, 3] in [[1, 3]]]


@case((1,), (3,))
def chain_and_walrus(x):
    return [x < (x := x + 1) < (x := 3), x]


@case((1,), (0,), (-1,))
def ternaries(x):
    y = see(1) if see(x) > 0 else see(2) if x else see(3)
    return see(y if y > 1 else -y, (x if x else 5) + (y if x else see(9)))


@case((1,), (0,))
def ternary_reads_its_target(x):
    y = 5
    y = y + 1 if x else y - 1
    return y


@case((1,), (0,))
def and_reads_its_target(x):
    y = [x]
    y = y[0] and y + [1]
    return y


@case((2,))
def walrus_after_reading(x):
    return x + (x := 5) * x - see(x, (x := 7), x) + [x, (x := 1), x][0]


@case((2,))
def walrus_in_place(x):
    a = [1, 2, 3]
    x += (x := 10)
    a[x - 12] += (a := [5, 6, 7])[0]
    b = a
    b[0] = (b := [8])[0]
    return x, a, b


@case(([1, 2, 3],), ([0],), ([],))
def walrus_in_if(xs):
    if (n := len(xs)) > 2 and (first := xs[0]):
        return n, first
    return n


@case((5,), (0,))
def walrus_in_while(n):
    out = []
    while (m := see(n) - 1) > 0 and see(m) != 2:
        out.append(m)
        n -= 1
    return out, m


@case((5,), (0,), (9,))
def chain_in_while(n):
    while 0 < see(n) < 8:
        n -= 2
        if n == 1:
            continue
    return n


@case((3,))
def lambda_in_while(n):
    while (lambda: n)() > 0:
        n -= 1
    return n


@case(([1, 2, 3],), ((4, 5, 6),), ("abc",), ([1, 2],), ([1, 2, 3, 4],), (7,), ({1: 2, 3: 4, 5: 6},))
def unpacked(xs):
    a, b, c = xs
    return c, b, a


@case(([1, [2, 3], 4, 5],), ([1, (2,), 4],), ([1, [2, 3]],), ([1],), ([],))
def starred(xs):
    a, [b, *c], *d = xs
    return a, b, c, d


@case(([1, 2, 3, 4, 5],), ([1, 2],), ([1],), (range(4),), ("abcd",))
def starred_in_the_middle(xs):
    a, *b, c = xs
    *d, e, f = xs
    return a, b, c, d, e, f


@case((np.arange(6.0).reshape(3, 2),))
def starred_array(xs):
    a, *b = xs
    (c, d), *_ = xs
    return a, b, c + d


@case((1, 2))
def swaps(a, b):
    a, b = b, a
    a, b, c = b, a + b, a
    a, b = a + b, a - b
    return a, b, c


@case(([1, 2, 3], 1))
def swaps_of_places(xs, i):
    xs[0], xs[1] = xs[1], xs[0]
    i, xs[i] = 2, 9
    xs[i], i = i, 0
    (xs[i], (i, xs[1])) = see(4), (see(5), see(6))
    return xs, i


@case((1,))
def pair_of_literals(x):
    a, b = 1.0, 2.0
    (c, d), [e] = (a, x), [b]
    return a, b, c, d, e


@case((1,))
def pairs_and_a_closure(x):
    a = 1
    g = lambda: a
    a, b = 2, g()
    a, b, c = (b := 5), a, g()
    return a, b, c


@case((1,))
def repeated_target(x):
    a, a = 1, 2
    b = b = x
    c, (c, d) = 3, (4, c if x < 0 else 5)
    return a, b, c, d


@case(([0, 0, 0],))
def chained_assignment(xs):
    a = b = see([1])
    a.append(2)
    i = xs[i] = see(1)
    xs[2] = j, k = 5, 6
    i = j = k
    (p, q) = r = [i, j]
    n = m = None
    return a, b, a is b, i, j, k, p, q, r, n, m


@case((3,))
def annotated(x: int):
    y: float = x
    z: "anything"
    z = y
    obj = types.SimpleNamespace()
    obj.field: int = z
    return obj.field


@case(([1.0, 2.0, 3.0],))
def augmented(xs):
    i = 0
    see(xs)[see(i)] += see(5)
    xs[see(1)] *= see(3) if see(0) else see(4)
    obj = types.SimpleNamespace(a=types.SimpleNamespace(b=2))
    see(obj.a).b -= see(1)
    obj.a.b **= 2
    i += 1
    i -= 3
    i *= -4
    i //= 3
    i %= 5
    i <<= 3
    i >>= 1
    i |= 1
    i &= 7
    i ^= 2
    f = 1.0
    f /= 3
    return xs, obj.a.b, i, f


@case((np.arange(12.0).reshape(3, 4),))
def slices(a):
    n = 2
    a[see(0) : n, :: see(2)] = see(7.0)
    a[..., None][n - 1 :, -1] += 1
    b = a[()], a[1:][0], a[-1], a[(0, 1)], a[[0, 1]], a[n - 1, :n], a[:, :, None].shape, a[*(1, 2)], a[::-1][0]
    b[0][2] @= np.eye(4) * 2
    return b, a.T.sum(axis=0), np.linalg.norm(a.T @ a[:, :2])


@case((1, 2), (0, 2))
def dicts(x, y):
    d = {see("a"): see(x), **see({"b": 2}), see("c"): see(y) if x else see(3)}
    return {**d, "z": [*d.values(), (x, *[y])]}


@case((3, [1]), (4, [2, 3]))
def f_strings(x, xs):
    t = f"{see(x)!r:>{see(8)}}|{xs} {xs.append(9)} {xs!s:<{x}}|{{}} {x=} {'nested'!a}"
    return t + f"{x if x > 3 else -x:+.2f}joined{{{x:03d}}}"


@case((2,))
def lambdas(x):
    k = 3
    f = lambda t, s=k * 2, *r, u=see(k), **kw: (t * k + s + u, r, kw)
    k = 10
    g = (lambda: lambda y: x + y)()
    return f(x), f(1, 2, 3, u=4, v=5), g(1)


@case((2,))
def lambdas_capture_late(x):
    fs = []
    for k in range(3):
        fs.append(lambda t: t * k)
        fs.append(lambda t, k=k: t * k)
    out = []
    for f in fs:
        out.append(f(x))
    return out


@case((2,), (-2,))
def nested_functions(x):
    def inner(a, /, b, *args, c=see(3), d: int = x + 1, **kw) -> float:
        "Documented."
        if a > 0:
            return a, b, args, c, d, kw
        for i in range(3):
            if i == -a:
                return i
        return recurse(3)

    def recurse(n):
        return 1 if n <= 0 else n * recurse(n - 1)

    return inner(x, 2, 3, 4, c=5, z=6), inner(-7, b=1), recurse(4)


@case((2,))
def closures_see_later_values(x):
    def get():
        return y + x

    y = 1
    a = get()
    y = see(5)
    x = 3
    return a, get()


@case((2,))
def returned_closure(x):
    def power(t):
        def deeper(s):
            return s**x + t

        return deeper(t) if t else None

    return power


@case((1, 2), (1, 0))
def assertions(x, y):
    assert see(x) > 0
    assert see(y) > see(0), f"{see(y)} is too small"
    assert y
    return x


@case((1,), (0,), (-1,))
def raising(x):
    if x > 0:
        raise ValueError(see("positive"))
    if x < 0:
        raise KeyError(x) from see(ZeroDivisionError())
    return "fine"


@case((1,), (-1,))
def every_path_raises(x):
    if x > 0:
        raise ValueError
    else:
        raise KeyError(x)


@case((0,), (1,), (2,))
def return_or_raise(x):
    if x == 0:
        return "zero"
    elif x == 1:
        raise ValueError("one")
    else:
        y = "many"
    return y


@case(())
def nothing():
    pass


@case((1,), (0,))
def falls_off(x):
    if x:
        return see(x)
    see("end")


@case((1,), (0,))
def bare_returns(x):
    if x:
        return
    see(2)
    return


@case((1,))
def dead_code(x):
    return x
    see("never")
    while True:
        pass


@case(([3, 1, 2],), ([],), ([-1, 5],), ([0, 9],))
def loop_with_everything(xs):
    s = 0
    for x in xs:
        if x < 0:
            continue
        if see(x) == 0:
            break
        if x == 9:
            return "nine"
        s += x
    else:
        s += 100
    return s


@case((0,), (1,), (2,), (3,), (4,), (5,))
def nested_loops(n):
    out = []
    for i in range(4):
        for j in range(4):
            if i == n:
                break
            if j == n:
                continue
            if i * j == n:
                out.append("found")
                return out
            out.append((i, j))
        else:
            if n == 5:
                break
            out.append("inner else")
            continue
        out.append("after break")
    else:
        out.append("outer else")
    return out


@case((0,), (1,), (4,), (7,), (12,))
def return_in_nested_whiles(n):
    i = 0
    while True:
        i += 1
        j = 0
        while j < i:
            j += 1
            if i * j == n:
                return i, j
            if j == 3:
                break
        else:
            if i > n:
                return "else", i
        if i > 8:
            break
    return "end", i, j


@case((3,), (0,), (20,))
def return_in_loop_else(n):
    for i in range(5):
        if i == n:
            break
    else:
        return "not found"
    return "found", i


@case((3,), (7,))
def while_else(n):
    while n > 0:
        n -= 2
        if n == 1:
            break
    else:
        see("else")
        n += 50
    return n


@case((3,), (0,))
def while_true(n):
    while True:
        if n <= 0:
            return "done"
        n -= 1


@case((3,))
def while_true_break(n):
    while 1:
        n -= see(1)
        if n < 0:
            break
    else:
        n = "never"
    return n


@case((0,), (1,), (2,), (3,))
def exits_in_both_branches(n):
    for i in range(5):
        if n == 0:
            if i == 2:
                break
            see(i)
        elif n == 1:
            if i == 3:
                return i
            see(-i)
        else:
            if i < n:
                continue
            see("x")
        see((n, i))
    return "end"


@case((0,), (1,), (2,), (3,))
def both_branches_leave(n):
    for i in range(3):
        see(i)
        if i == n:
            if n:
                break
            else:
                return "zero"
            see("dead")
        else:
            continue
        see("dead too")
    return i


@case((3,), (0,))
def loop_variable_is_assigned(n):
    out = []
    for i in range(n):
        i += 10
        out.append(i)
        i = 0
    return out, i if n else None


@case(([1, 2, 3],))
def iterable_is_rebound(xs):
    n = 2
    for x in xs:
        xs = [9]
        n += x
    for k in range(n):
        n = k
    return xs, n, x, k


@case(([1, 2, 3],), ([],))
def target_outlives_loop(xs):
    x = i = None
    for i, x in enumerate(xs, see(5)):
        x = x * 2
    return i, x


@case(([1, 2, 3], (4, 5)), ([], (1,)))
def walks(xs, ys):
    out = []
    for i, (x, y) in enumerate(zip(see(xs), see(ys))):
        out.append((i, x, y))
        i = 7
    for x in reversed(xs):
        out.append(x)
    for i in reversed(range(3)):
        out.append(i)
    for i in reversed(range(see(len(ys)), 6)):
        out.append(i)
    for i in reversed(range(0, 10, 3)):
        out.append(i)
    for a, b, c in zip(range(5), range(9, 2, -2), reversed(xs)):
        out.append((a, b, c))
    for pair in enumerate(reversed(ys), start=-1):
        out.append(pair)
    for (a,) in zip(xs):
        out.append(a)
    for i, j in enumerate(range(2, 4)):
        out.append((i, j))
    return out


@case(({"a": 1, "b": 2},))
def walks_of_containers(d):
    out = []
    for k in d:
        out.append(k)
    for k, v in d.items():
        out.append((k, v))
    for i, c in enumerate("xyz"):
        out.append((i, c))
    for x in (4, 5):
        out.append(x)
    for x, y in [(1, 2), [3, 4]]:
        out.append(x - y)
    for t in map(str, [1, 2]):
        out.append(t)
    for row in np.eye(2):
        out.append(row.sum())
    for pair in zip("ab", (1, 2), strict=True):
        out.append(pair)
    for q in zip(*[(1, 2), (3, 4)]):
        out.append(q)
    return out


@case(([1, 2, 3],))
def targets_that_are_places(xs):
    obj = types.SimpleNamespace(x=0)
    for xs[0] in range(3):
        see(xs)
    for obj.x, xs[xs[1] - 2] in zip(xs, [4, 5, 6]):
        see((obj.x, xs))
    for i, xs[i] in enumerate((7, 8)):
        see(xs)
    return xs, obj.x


@case(([1, 2],))
def iterators_that_cannot_be_reversed(xs):
    for x in reversed(zip(xs, xs)):
        pass


@case((2,))
def shadowed_builtins(enumerate):
    range = lambda n: [n, n + 1]
    zip = lambda *xs: list(xs)
    len = sequence = unpack = list = 5
    out = []
    for i in range(enumerate):
        out.append(i)
    for x in zip(1, 2):
        out.append(x)
    a, *b = out
    c, d = b[:2]
    return out, len, sequence, unpack, list, a, b, c, d


def reversed_global(xs):
    return [0, *xs]


@case(([1, 2],))
def meaning_of_a_global(xs):
    out = []
    for x in reversed_global(xs):
        out.append(x)
    return out


@case((1,), (2,), (9,), (30,))
def many_branches(x):
    if x == 0:
        y = 0
    elif x == 1:
        y = see(1)
    elif x == 2:
        return "two"
    elif x == 3:
        y = 3
    elif x == 4:
        y = 4
    elif x == 5:
        y = 5
    elif x == 6:
        y = 6
    elif see(x) == 7:
        y = 7
    elif x == 8:
        y = 8
    elif x == 9:
        return "nine"
    elif x == 10:
        y = 10
    elif x == 11:
        y = 11
    elif x == 12:
        y = 12
    elif x == 13:
        y = 13
    elif x == 14:
        y = 14
    elif x == 15:
        y = 15
    elif x == 16:
        y = 16
    elif x == 17:
        y = 17
    else:
        y = "many"
    return y


@case((2,), (7,), (11,), (99,))
def many_returns(x):
    if x == 0:
        return 0
    if x == 1:
        return 1
    see(x)
    if x == 2:
        for i in range(9):
            if i == 5:
                return i
    if x == 3:
        return 3
    if x == 4:
        return 4
    if x == 5:
        return 5
    if x == 6:
        return 6
    if x == 7:
        return 7
    y = see(x + 1)
    if x == 8:
        return 8
    if x == 9:
        return 9
    if x == 10:
        return 10
    if x == 11:
        return y
    return -y


@case((1,), (-1,))
def statements_without_effect(x):
    x
    "text"
    ...
    see(1) if x > 0 else see(2)
    x > 0 and see(3)
    (lambda: 1)
    x.real
    return x


@case((2.0,))
def paths(x):
    k = types.SimpleNamespace(inner=types.SimpleNamespace(f=lambda t: t * 2))
    return (
        np.linalg.norm(np.ones(3) * x) + np.pi * k.inner.f(x) + (see(1) and k).inner.f(np.random.__name__ != "" and x)
    )


@case((1, 2), (1, 2, 3), (1, 2, 3, 4))
def defaults(x, /, y, z=3, *args, w=[4], **kw):
    return x, y, z, args, w, kw


@case((1,))
def keyword_only(x, *, key=2):
    return x + key


@case((3,))
def declared_global(x):
    global LOG

    def inner():
        nonlocal x
        return x

    return len(LOG) + inner()


@case((1,), (-2,))
def signs(x):
    return [-1, -1.5, -x, --x, +x, ~x, -(1**2), (-1) ** 2, not x, -(1 + 2), 1e300 * 1e10, 1j, -1j, "ab", b"c", None]


simple_lambda = lambda a, b=2: a * b if a > 0 else see(b)
CASES.append((simple_lambda, ((1,), (-1,))))


# ------------------------------------------------------------------------------------------------ patterns


class Place(NamedTuple):
    x: float
    y: float


@case((1,), (2,), (3,), ("a",), (None,), (True,), (7.5,), ([1, 2],), ((),))
def match_literals(x):
    match see(x):
        case 1 | 2:
            return see("small")
        case None:
            return "nothing"
        case "a":
            return "text"
        case int() | float() as n if see(n) > 5:
            return n
        case int():
            return "int"
        case []:
            return "empty"
    return "other"


@case(([1, 2, 3],), ([1],), ((0, 5),), ((5, 0),), ("ab",), ([[1, 2], 3],), (4,), ([],))
def match_sequences(x):
    match x:
        case (0, y) | (y, 0):
            return "zero", y
        case [[a, b], c]:
            return a, b, c
        case [a, *rest, b] if a < b:
            return a, rest, b
        case [a, *_]:
            return a
        case [*rest]:
            return rest
        case other:
            return other, "other"


@case(({"a": 1},), ({"a": 1, "b": [2, 3]},), ({},), (Place(1, 2),), (Place(0, 2),), (3,), (1 + 2j,))
def match_mappings_and_classes(x):
    match x:
        case {"a": a, "b": [b, *_]}:
            return a, b
        case {"a": a}:
            return a
        case Place(0, y):
            return y
        case Place(x=u, y=v):
            return u, v
        case complex(real=r, imag=i):
            return r, i
    return "none"


@case((3,), (0,))
def match_in_a_loop(n):
    found = []
    for i in range(n):
        match i:
            case 0:
                continue
            case 2:
                break
            case k:
                found.append(k)
    else:
        found.append("end")
    return found


@case((1.0,))
def imports_inside(x):
    import math
    import os.path
    from math import pi
    from math import sin as s

    def inner(y):
        import numpy

        return numpy.cos(y) * pi

    return s(x) + math.exp(x) + inner(x), os.path.basename("a/b")


@case((2,))
def decorators(x):
    def logged(f):
        see("made")
        return lambda *args: see(f(*args))

    @functools.cache
    def square(n):
        return n * n

    @logged
    @functools.wraps(square)
    def twice(n):
        return 2 * square(n)

    return twice(x)


@case((2,))
def deleted(x):
    y = x * x
    d = {"a": 1, "b": see(2)}
    z = y
    del y, d["a"]
    return z, d


# ------------------------------------------------------------------------------------------------ with and try


class Logged:
    def __init__(self, name, swallow=False):
        self.name, self.swallow = name, swallow

    def __enter__(self):
        see("enter " + self.name)
        return [1, 2]

    def __exit__(self, cls, *rest):
        see("exit " + self.name, cls)
        return self.swallow


@case((1,), (0,), (-1,))
def nested_managers(x):
    with Logged("a") as (one, two), Logged("b"):
        see(one)
        if x > 0:
            return see(x)
        for i in range(3):
            with Logged("c"):
                if i == x + 1:
                    break
                see(i)
        1 / x
    return two


@case((1,), (0,), ("a",), (None,))
def handlers(x):
    try:
        see("body")
        y = 1 / x
        see("done")
    except ZeroDivisionError:
        return see("zero")
    except (TypeError, KeyError) as e:
        y = type(e).__name__, see(str(e))
    else:
        see("else")
    finally:
        see("finally")
    return y


@case((1,), (0,))
def returns_from_everywhere(x):
    for i in range(3):
        try:
            if i == 2:
                return see(1 / x)
            continue
        except ZeroDivisionError:
            break
        finally:
            see(i)
    else:
        return "else"
    return "end"


@case((0,), (1,))
def raised_again(x):
    try:
        try:
            y = 1 / x
        except ZeroDivisionError as e:
            raise ValueError("zero") from e
    except Exception:
        if see(x) == 0:
            raise
    return y


@case((0,), (2,), ("a",))
def bare_except(x):
    with Logged("a"):
        try:
            return 4 / x
        except:  # noqa: E722
            see("caught")
    return -1


@case((0,), (2,))
def suppressed(x):
    y = -1
    with contextlib.suppress(ZeroDivisionError, KeyError), Logged("b"):
        y = 4 / x
    return y


# ------------------------------------------------------------------------------------------------ iteration


@case(([1, 2, 3], "ab"), ([], "ab"), ([1], ""))
def iterated(xs, ys):
    found = []
    for a, b in itertools.product(see(xs), see(ys)):
        found.append((a, b))
    for p in itertools.product(xs, [5], repeat=2):
        found.append(p)
    for p in itertools.permutations(xs, 2):
        found.append(p)
    for p in itertools.pairwise(ys):
        found.append(p)
    for p in itertools.chain(xs, ys, [7]):
        found.append(p)
    for p in itertools.islice(itertools.count(5, -2), 1, 7, 3):
        found.append(p)
    for i, p in enumerate(itertools.islice(ys, 1, None)):
        found.append((i, p))
    for p in zip(xs, itertools.cycle("xy"), itertools.count()):
        found.append(p)
    for p in itertools.repeat(see("r"), len(xs)):
        found.append(p)
    for p in np.ndindex(2, len(ys)):
        found.append(p)
    for p in np.ndenumerate(np.arange(4).reshape(2, 2)):
        found.append(p)
    return found


@case(([1, 2], "ab"), ([1, 2], "a"))
def zipped_strictly(xs, ys):
    found = []
    for p in zip(see(xs), see(ys), strict=True):
        found.append(p)
    return found
