"""Expressions that are arrays of a given shape."""

from __future__ import annotations

from tests.fuzz.numbers import call_text, operand, paths
from tests.fuzz.values import Arr, Dim, Fun, Map, Rec, Seq, Shape, Tup, Type, always, constant, parts, shift
from tests.fuzz.words import NoWay, array
from tests.fuzz.writer import Scope, Writer

BOUNDED = ("np.tanh", "np.sin", "np.cos", "np.arctan", "np.square", "np.negative", "np.abs")


@array(5)
def array_arithmetic(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """Sums and products with arrays of the same shape, or with numbers."""
    a, b = operand(w.arr(s, shape, depth + 1)), operand(w.num(s, depth + 1))
    if w.chance(0.5):
        b = operand(w.arr(s, shape, depth + 1))
    if w.chance(0.3):
        a, b = b, a
        if " " not in a and a.replace(".", "").isdigit() and " " not in b and b.replace(".", "").isdigit():
            raise NoWay
    op = w.r.choice(("{a} + {b}", "{a} - {b}", "{a} * {b}", "0.5 * {a} * {b}", "{a} / (1.5 + np.square({b}))"))
    text = op.format(a=a, b=b)
    return f"({text})" if isinstance(shape, tuple) else text


@array(2.5)
def array_function(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """An elementwise function."""
    a = w.arr(s, shape, depth + 1)
    form = w.r.choice((*(f"{name}({{}})" for name in BOUNDED), "np.exp(-np.square({}))", "np.sqrt(1.0 + ({}) ** 2)",
                       "np.log(1.5 + np.tanh({}))", "-({})", "({}) ** 2", "({}).clip(0.1, 1.1)"))  # fmt: skip
    return form.format(a)


@array(1)
def array_kink(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """The larger of two, a choice by a mask."""
    a, b = operand(w.arr(s, shape, depth + 1)), operand(w.arr(s, shape, depth + 1))
    form = w.r.choice(("np.maximum({a}, {c})", "np.minimum({a}, {b})", "np.where({a} > {c}, {a}, {b})",
                       "np.where({a} < {c}, {b}, {c})", "np.clip({a}, 0.2, {c} + 1.0)"))  # fmt: skip
    return form.format(a=a, b=b, c=w.const())


@array(1.2)
def like_another(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """A new array with the shape of one that is there."""
    v = w.pick(s.typed(Arr(shape)))
    form = w.r.choice(("np.zeros_like({v})", "np.ones_like({v}) * {x}", "{v}.copy()", "np.copy({v})", "{v} * 1.0",
                       "np.array({v})", "np.full_like({v}, {x})"))  # fmt: skip
    return form.format(v=v.name, x=operand(w.num(s, depth + 1)))


@array(0.8)
def display(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """`np.array([...])` of numbers."""
    if not shape or not all(map(constant, shape)) or (len(shape) == 2 and shape[0][0] * shape[1][0] > 6):
        raise NoWay
    if len(shape) == 1:
        return f"np.array([{', '.join(w.num(s, depth + 1) for _ in range(shape[0][0]))}])"
    rows = [f"[{', '.join(w.num(s, 2) for _ in range(shape[1][0]))}]" for _ in range(shape[0][0])]
    return f"np.array([{', '.join(rows)}])"


@array(2)
def slice_of(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """A slice of a longer vector, or a row or column of a matrix."""
    if len(shape) != 1:
        return part_of_matrix(w, s, shape)
    dim = shape[0]
    found = [f"{v.name}[::-1]" for v in s.typed(Arr(shape))]
    for v in s.of(Arr):
        if len(v.type.shape) == 1:
            found += [f"{v.name}[{text}]" for text in slices(v.type.shape[0], dim)]
        elif len(v.type.shape) == 2:
            rows, columns = v.type.shape
            if columns == dim and min(rows) > 0:
                found += [f"{v.name}[{w.index(s, rows)}]"] * 2
            if rows == dim and min(columns) > 0:
                found += [f"{v.name}[:, {w.index(s, columns)}]"] * 2
            if rows == columns == dim:
                found.append(f"np.diag({v.name})")
    return w.pick(found)


def slices(have: Dim, want: Dim) -> list[str]:
    """The slices that make an axis of one length from one of another."""
    found = []
    if shift(have, -1) == want:
        found += ["1:", ":-1"]
    if shift(have, -2) == want:
        found += ["1:-1", "2:", ":-2"]
    if tuple((n + 1) // 2 for n in have) == want:
        found.append("::2")
    if tuple(n // 2 for n in have) == want:
        found.append("1::2")
    if constant(want) and min(have) >= want[0] and have != want:
        found += [f":{want[0]}"] + ([f"-{want[0]}:"] if want[0] else [])
    return found


def part_of_matrix(w: Writer, s: Scope, shape: Shape) -> str:
    """A matrix of another: its transpose, its rows backwards, some of its rows or columns."""
    if len(shape) != 2:
        raise NoWay
    found = [f"{v.name}.T" for v in s.typed(Arr(shape[::-1]))]
    found += [f"{v.name}[{text}]" for v in s.typed(Arr(shape)) for text in ("::-1", ":, ::-1")]
    for v in s.of(Arr):
        if len(v.type.shape) == 2:
            rows, columns = v.type.shape
            if columns == shape[1]:
                found += [f"{v.name}[{text}]" for text in slices(rows, shape[0])]
            if rows == shape[0]:
                found += [f"{v.name}[:, {text}]" for text in slices(columns, shape[1])]
    return w.pick(found)


@array(1)
def fancy_read(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """Elements at a list of indices, which may repeat."""
    if len(shape) != 1 or not constant(shape[0]) or not shape[0][0]:
        raise NoWay
    v = w.array(s, lambda v: len(v.type.shape) == 1 and min(v.type.shape[0]) > 0)
    indices = [str(w.r.randrange(min(v.type.shape[0]))) for _ in range(shape[0][0])]
    text = f"[{', '.join(indices)}]"
    return f"{v.name}[{w.r.choice((text, f'np.array({text})'))}]"


@array(1.5)
def broadcast(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """A vector broadcast over a matrix, or an outer product."""
    if len(shape) != 2:
        raise NoWay
    row, column = w.arr(s, shape[1:], depth + 1), w.arr(s, shape[:1], depth + 1)
    m = operand(w.whole(s, shape)) if s.typed(Arr(shape)) else None
    forms = ["np.outer({c}, {r})", "({c})[:, None] * ({r})", "({c})[:, np.newaxis] + ({r})[None, :]"]
    if m is not None:
        forms += ["{m} * ({r})", "{m} + ({c})[:, None]", "({r}) - {m}", "({c}).reshape(-1, 1) * {m}"]
    return w.r.choice(forms).format(c=column, r=row, m=m)


@array(1.5)
def product(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """Matrix products."""
    matrices = [v for v in s.of(Arr) if len(v.type.shape) == 2]
    found = []
    for m in matrices:
        rows, columns = m.type.shape
        if shape == (rows,):
            found.append(f"{m.name} @ {operand(w.arr(s, (columns,), depth + 1))}")
        if shape == (columns,):
            found += [
                f"{operand(w.arr(s, (rows,), depth + 1))} @ {m.name}",
                f"np.dot({m.name}.T, {w.whole(s, (rows,))})",
            ]
        for n in matrices:
            if (rows, n.type.shape[1]) == shape and columns == n.type.shape[0]:
                found.append(f"{m.name} @ {n.name}")
    return f"0.3 * ({w.pick(found)})"


@array(1)
def sum_along(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """A matrix reduced along an axis."""
    if len(shape) != 1:
        raise NoWay
    found = []
    for m in s.of(Arr):
        if len(m.type.shape) == 2 and all(min(d) > 0 for d in m.type.shape):
            for axis in (0, 1):
                if m.type.shape[1 - axis] == shape[0]:
                    found.append((m.name, w.r.choice((axis, axis - 2))))
    name, axis = w.pick(found)
    form = w.r.choice(("np.sum({}, axis={})", "{}.mean(axis={})", "np.max({}, axis={})", "{}.sum({})",
                       "np.linalg.norm({}, axis={})"))  # fmt: skip
    return form.format(name, axis)


@array(0.8)
def rearranged(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """Sorted, rolled, summed up as it goes, or backwards."""
    if len(shape) != 1:
        raise NoWay
    a = w.arr(s, shape, depth + 1)
    form = w.r.choice(("np.cumsum({})", "np.roll({}, 1)", "np.flip({})", "np.roll({}, -2)", "({})[::-1]"))
    return form.format(a)


@array(0.8)
def reshaped(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """Another shape of the same elements."""
    found = []
    for v in s.of(Arr):
        have = v.type.shape
        if len(shape) == 1 and len(have) == 2 and tuple(a * b for a, b in zip(*have)) == shape[0]:
            found += [f"{v.name}.ravel()", f"{v.name}.reshape(-1)", f"np.ravel({v.name})", f"{v.name}.T.flatten()"]
        if len(shape) == 2 and len(have) == 1 and tuple(a * b for a, b in zip(*shape)) == have[0]:
            found.append(f"{v.name}.reshape({w.shape_text(s, shape)})")
        if not shape and have and all(d == always(1) for d in have):
            found.append(f"{v.name}.reshape(())")
    return w.pick(found)


@array(0.8)
def joined(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """Arrays put together."""
    if len(shape) == 2 and constant(shape[0]) and 1 < shape[0][0] <= 3:
        rows = ", ".join(w.arr(s, shape[1:], depth + 1) for _ in range(shape[0][0]))
        return w.r.choice(("np.stack([{}])", "np.vstack([{}])", "np.array([{}])", "np.stack(({}))")).format(rows)
    if len(shape) != 1 or min(shape[0]) < 2:
        raise NoWay
    one = w.array(s, lambda v: len(v.type.shape) == 1)
    rest = tuple(a - b for a, b in zip(shape[0], one.type.shape[0]))
    if min(rest) < 1 or not constant(rest):
        raise NoWay
    pair = [w.arr(s, one.type.shape, depth + 1), w.arr(s, (rest,), depth + 1)]
    w.r.shuffle(pair)
    return f"np.{w.r.choice(('concatenate', 'hstack'))}([{', '.join(pair)}])"


@array(2)
def array_call(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """A call of a function that returns such an array."""
    v = w.pick(v for v in s.of(Fun) if v.type.result == Arr(shape))
    return call_text(w, s, v.name, v.type, depth)


@array(1.5)
def array_part(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """An array in a container."""
    found = []
    for v in s.vars.values():
        if isinstance(v.type, (Tup, Seq, Map, Rec)):
            found += [path for path, kind in places(v.name, v.type) if kind == Arr(shape)]
    return w.pick(found)


def places(text: str, kind: Type) -> list[tuple[str, Type]]:
    """All parts of a container, and how they are reached."""
    return [(text + place, item) for place, item in parts(kind)] + [
        found for place, item in parts(kind) for found in places(text + place, item)
    ]


@array(0.6)
def conditional_array(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """One array or another."""
    return f"({w.arr(s, shape, depth + 1)} if {w.cond(s)} else {w.arr(s, shape, depth + 1)})"


@array(0.4)
def differences(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """Neighbours subtracted: two slices of one vector."""
    if len(shape) != 1:
        raise NoWay
    v = w.array(s, lambda v: len(v.type.shape) == 1 and shift(v.type.shape[0], -1) == shape[0])
    return f"({v.name}[1:] {w.r.choice('+-*')} {v.name}[:-1])"


@array(0.3)
def scalar_array(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """A 0-d array of a number."""
    if shape:
        raise NoWay
    return f"np.array({w.num(s, depth + 1)})"


@array(0.6, "comprehensions")
def listed(w: Writer, s: Scope, shape: Shape, depth: int) -> str:
    """An array of a list comprehension."""
    if len(shape) != 1 or w.inside == "lambda":
        raise NoWay
    v = w.pick(v for v in s.typed(Arr(shape)))
    e = w.fresh("e")
    inner = s.child()
    from tests.fuzz.values import NUM

    w.declare(inner, e, NUM, fixed=True)
    before, w.inside = w.inside, "lambda"
    text = w.num(inner, depth + 1)
    w.inside = before
    return f"np.array([{text} for {e} in {v.name}])"


__all__ = ["paths", "places", "slices"]
