"""Simple statements: assignments of every form, assertions, deletions."""

from __future__ import annotations

from tests.fuzz.memory import assign, reject, roots_of
from tests.fuzz.values import NUM, SCALAR, Arr, Num, Shape, Tup, always, constant, parts, shift
from tests.fuzz.words import NoWay, statement
from tests.fuzz.writer import Scope, Writer


def new_shape(w: Writer, s: Scope) -> Shape:
    """The shape for a new array: one that is there, or near it."""
    found = [v.type.shape for v in s.of(Arr) if v.type.shape]
    shape = w.pick(found) if found and w.chance(0.85) else (always(w.r.randint(1, 4)),)
    o = w.r.random()
    if o < 0.1 and len(shape) == 1 and min(shape[0]) > 2:
        return (shift(shape[0], -1),)
    if o < 0.2 and len(shape) == 2:
        return shape[w.r.randrange(2) :][:1]
    if o < 0.26 and len(shape) == 1:
        return (always(w.r.randint(2, 3)), shape[0])
    if o < 0.32 and len(shape) == 2:
        return shape[::-1]
    if o < 0.36 and len(shape) == 2:
        return (tuple(a * b for a, b in zip(*shape)),)
    if o < 0.4 and len(shape) == 1:
        return shape * 2
    if o < 0.43:
        return ()
    return shape


@statement(4)
def assign_number(w: Writer, s: Scope) -> None:
    """A number, under a new name or one that is there."""
    found = [v.name for v in s.of(Num) if not v.fixed]
    name = w.r.choice(found) if found and w.chance(0.5) else w.fresh("s")
    assign(w, s, name, NUM, w.num(s))


@statement(2.5)
def augment_number(w: Writer, s: Scope) -> None:
    """`x += …`."""
    v = w.pick(v for v in s.of(Num) if not v.fixed)
    op = w.r.choice(("+=", "-=", "*=", "+=", "/=", "**="))
    value = w.num(s, 1)
    if op == "*=":
        value = f"0.5 * {value}" if w.chance(0.5) else f"math.tanh({value})"
    if op == "/=":
        value = f"1.5 + math.cos({value})"
    if op == "**=":
        op, value = "=", f"{v.name} ** 2 * 0.3"
    w.emit(f"{v.name} {op} {value}")


@statement(4)
def assign_array(w: Writer, s: Scope) -> None:
    """An array, under a new name or, in its shape, one that is there."""
    found = [v for v in s.of(Arr) if not v.fixed]
    if found and w.chance(0.4):
        v = w.r.choice(found)
        assign(w, s, v.name, v.type, w.arr(s, v.type.shape))
    else:
        shape = new_shape(w, s)
        text = w.arr(s, shape)
        if w.chance(0.4):
            text = f"({text}).copy()" if shape else f"np.array({text})"
        assign(w, s, w.fresh("a"), Arr(shape), text)


@statement(1.2)
def new_buffer(w: Writer, s: Scope) -> None:
    """An array to be filled."""
    shape = new_shape(w, s)
    reject(not shape)
    like = [v.name for v in s.typed(Arr(shape))]
    if like and w.chance(0.5):
        text = f"np.{w.r.choice(('zeros_like', 'ones_like'))}({w.r.choice(like)})"
    else:
        text = f"np.{w.r.choice(('zeros', 'ones'))}({w.shape_text(s, shape)})"
    assign(w, s, w.fresh("a"), Arr(shape), text)


@statement(0.6)
def assign_scalar_array(w: Writer, s: Scope) -> None:
    """A 0-d array."""
    assign(w, s, w.fresh("z"), SCALAR, f"np.array({w.num(s, 1)})")


@statement(0.8)
def parallel_assignment(w: Writer, s: Scope) -> None:
    """`a, b = …, …` of numbers."""
    names = [v.name for v in s.of(Num) if not v.fixed]
    pair = w.r.sample(names, 2) if len(names) > 1 and w.chance(0.6) else [w.fresh("s"), w.fresh("s")]
    values = [w.num(s, 1), w.num(s, 1)]
    w.emit(f"{', '.join(pair)} = {', '.join(values)}")
    for name in pair:
        w.declare(s, name, NUM, frozenset())


@statement(0.6)
def swap_names(w: Writer, s: Scope) -> None:
    """Two arrays of one shape trade names."""
    a = w.array(s, lambda v: not v.fixed)
    b = w.pick(v for v in s.typed(a.type) if v.name != a.name and not v.fixed)
    w.emit(f"{a.name}, {b.name} = {b.name}, {a.name}")
    w.declare(s, a.name, a.type, b.roots)
    w.declare(s, b.name, b.type, a.roots)


@statement(0.4)
def chained_assignment(w: Writer, s: Scope) -> None:
    """`a = b = …` of a number."""
    pair = [w.fresh("s"), w.fresh("s")]
    w.emit(f"{' = '.join(pair)} = {w.num(s)}")
    for name in pair:
        w.declare(s, name, NUM, frozenset())


@statement(1)
def unpack(w: Writer, s: Scope) -> None:
    """The items of a tuple, each under a name."""
    v = w.pick(s.of(Tup))
    items = v.type.items
    names = [w.fresh("u") for _ in items]
    if w.chance(0.2) and len(items) > 1:
        w.emit(f"{names[0]}, *{w.fresh('rest')} = {v.name}")
        names = names[:1]
    else:
        w.emit(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {v.name}")
    for name, (_, kind) in zip(names, parts(v.type)):
        w.declare(s, name, kind, v.roots)


@statement(0.4)
def unpack_array(w: Writer, s: Scope) -> None:
    """The elements of a short vector, each under a name."""
    v = w.array(s, lambda v: len(v.type.shape) == 1 and constant(v.type.shape[0]) and v.type.shape[0][0] > 0)
    names = [w.fresh("u") for _ in range(v.type.shape[0][0])]
    w.emit(f"{', '.join(names)}{',' if len(names) == 1 else ''} = {v.name}")
    for name in names:
        w.declare(s, name, NUM, frozenset())


@statement(0.4)
def row_name(w: Writer, s: Scope) -> None:
    """A row or a slice under a name of its own."""
    v = w.array(s, lambda v: len(v.type.shape) == 2 and min(v.type.shape[0]) > 0)
    text = f"{v.name}[{w.index(s, v.type.shape[0])}]"
    w.emit(f"{(name := w.fresh('row'))} = {text}")
    w.declare(s, name, Arr(v.type.shape[1:]), roots_of(s, text))


@statement(0.25)
def assertion(w: Writer, s: Scope) -> None:
    """An assertion that holds."""
    w.emit(f'assert {w.num(s, 1)} < 1e6, "too large"')


@statement(0.25)
def formatted(w: Writer, s: Scope) -> None:
    """Text made of values, which no derivative flows through."""
    v = w.pick(s.of(Num))
    name = w.fresh("text")
    w.emit(f'{name} = f"{{{v.name}:.3f}} and {{{w.num(s, 2)}}}"')


@statement(0.3)
def annotated(w: Writer, s: Scope) -> None:
    """`x: float = …`."""
    name = w.fresh("s")
    w.emit(f"{name}: float = {w.num(s)}")
    w.declare(s, name, NUM, frozenset())


__all__ = ["NoWay"]
