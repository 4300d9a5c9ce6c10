"""Writes into arrays: elements, slices, masks, index lists; through the array's own name, or another."""

from __future__ import annotations

from tests.fuzz.memory import roots_of, target, writable
from tests.fuzz.numbers import operand
from tests.fuzz.values import Arr, Shape, shift
from tests.fuzz.words import NoWay, statement
from tests.fuzz.writer import Scope, Var, Writer

UPDATES = ("=", "=", "+=", "-=", "*=")


def tame(w: Writer, op: str, value: str) -> str:
    """A value for an update: factors are kept small."""
    return f"np.tanh({value})" if op == "*=" and w.chance(0.7) else value


@statement(4)
def write_element(w: Writer, s: Scope) -> None:
    """`a[i] = x`, `a[i, j] += x`."""
    v = target(w, s)
    indices = [w.index(s, d) for d in v.type.shape]
    op = w.r.choice(UPDATES)
    place = f"{v.name}[{indices[0]}][{indices[1]}]" if len(indices) == 2 and w.has("views") and w.chance(0.25) else None
    w.emit(f"{place or v.name + '[' + ', '.join(indices) + ']'} {op} {tame(w, op, w.num(s))}")


def row_slices(v: Var) -> list[tuple[str, Shape]]:
    """Slices along the first axis, and their shapes."""
    first, *rest = v.type.shape
    found = [(":", (first, *rest)), ("...", (first, *rest)), ("::-1", (first, *rest))]
    if min(first) > 1:
        found += [("1:", (shift(first, -1), *rest)), (":-1", (shift(first, -1), *rest))]
        found += [("::2", (tuple((n + 1) // 2 for n in first), *rest))]
    if min(first) > 2:
        found += [("1:-1", (shift(first, -2), *rest))]
    return found


@statement(2.5)
def write_slice(w: Writer, s: Scope) -> None:
    """`a[1:] = …`, also of the array itself."""
    v = target(w, s)
    text, shape = w.r.choice(row_slices(v))
    op = w.r.choice(UPDATES)
    value = w.num(s, 1) if w.chance(0.25) else w.arr(s, shape)
    w.emit(f"{v.name}[{text}] {op} {tame(w, op, value)}")


@statement(1)
def write_row_or_column(w: Writer, s: Scope) -> None:
    """`m[i] = …`, `m[:, j] += …`."""
    v = target(w, s, 2)
    rows, columns = v.type.shape
    if w.chance(0.5):
        place, shape = w.index(s, rows), (columns,)
    else:
        place, shape = f":, {w.index(s, columns)}", (rows,)
    op = w.r.choice(UPDATES)
    w.emit(f"{v.name}[{place}] {op} {tame(w, op, w.arr(s, shape))}")


@statement(1)
def write_masked(w: Writer, s: Scope) -> None:
    """`a[a > c] = x`."""
    v = target(w, s)
    op = w.r.choice(UPDATES)
    mask = f"{operand(w.whole(s, v.type.shape))} {w.r.choice('<>')} {w.r.uniform(0.1, 1.2):.2f}"
    w.emit(f"{v.name}[{mask}] {op} {tame(w, op, w.num(s))}")


@statement(1)
def write_fancy(w: Writer, s: Scope) -> None:
    """`a[[0, 2, 0]] = …`: where an index repeats, the last write counts."""
    v = target(w, s, 1)
    length = w.r.randint(1, 3)
    indices = [str(w.r.randrange(min(v.type.shape[0]))) for _ in range(length)]
    op = w.r.choice(UPDATES)
    value = w.num(s, 1) if w.chance(0.4) else w.arr(s, ((length,) * len(v.type.shape[0]),))
    w.emit(f"{v.name}[[{', '.join(indices)}]] {op} {tame(w, op, value)}")


@statement(2)
def augment_array(w: Writer, s: Scope) -> None:
    """`a += …`, in place."""
    v = target(w, s)
    op = w.r.choice(("+=", "-=", "*="))
    value = w.num(s, 1) if w.chance(0.3) else w.arr(s, v.type.shape)
    w.emit(f"{v.name} {op} {tame(w, op, value)}")


@statement(0.7)
def recurrence(w: Writer, s: Scope) -> None:
    """`a[i] = … a[i - 1] …` over a loop."""
    v = target(w, s, 1)
    if min(v.type.shape[0]) < 2 or w.trips > 8:
        raise NoWay
    i = w.fresh("i")
    w.emit(f"for {i} in range(1, len({v.name})):")
    with w.block():
        factor = operand(w.num(s, 1))
        op = w.r.choice(("=", "+=", "-="))
        w.emit(f"{v.name}[{i}] {op} 0.5 * {v.name}[{i} - 1] * np.cos({factor}) + 0.1 * {v.name}[{i}]")


@statement(0.6)
def swap_elements(w: Writer, s: Scope) -> None:
    """`a[i], a[j] = a[j], a[i]`."""
    v = target(w, s, 1)
    i, j = w.index(s, v.type.shape[0]), w.index(s, v.type.shape[0])
    w.emit(f"{v.name}[{i}], {v.name}[{j}] = {v.name}[{j}], {v.name}[{i}]")


# ---------------------------------------------------------------------------------------- several names of one memory


@statement(1.5, "views")
def write_through_view(w: Writer, s: Scope) -> None:
    """A view is named, and written into; the array is read afterwards."""
    v = target(w, s)
    name, (text, shape) = w.fresh("view"), view_of(w, s, v)
    w.emit(f"{name} = {text}")
    view = w.declare(s, name, Arr(shape), roots_of(s, text))
    if w.chance(0.6):
        write_somehow(w, s, view)


def view_of(w: Writer, s: Scope, v: Var) -> tuple[str, Shape]:
    """A view of an array, and its shape."""
    found = [(f"{v.name}[{text}]", shape) for text, shape in row_slices(v)]
    found += [(v.name, v.type.shape), (f"{v.name}.T", v.type.shape[::-1])]
    if len(v.type.shape) == 2:
        rows, columns = v.type.shape
        flat = (tuple(a * b for a, b in zip(rows, columns)),)
        found += [(f"{v.name}[{w.index(s, rows)}]", (columns,))] * 3
        found += [(f"{v.name}[:, {w.index(s, columns)}]", (rows,))]
        found += [(f"{v.name}.reshape(-1)", flat), (f"{v.name}.ravel()", flat)]
    return w.r.choice(found)


def write_somehow(w: Writer, s: Scope, v: Var, whole: bool = True) -> None:
    """A write into this very array; `whole`: `a += b` is one, which assigns the name, too."""
    op = w.r.choice(UPDATES)
    place = w.r.choice(("[:]", f"[{w.index(s, v.type.shape[0])}]"))
    if whole and place == "[:]" and w.chance(0.5) and op != "=":
        place = ""
    value = w.num(s, 1) if (place not in ("", "[:]") and len(v.type.shape) == 1) or w.chance(0.3) else None
    if value is None:
        value = w.arr(s, v.type.shape if place in ("", "[:]") else v.type.shape[1:])
    w.emit(f"{v.name}{place} {op} {tame(w, op, value)}")


@statement(0.8, "views")
def written_argument_copied(w: Writer, s: Scope) -> None:
    """Any array under another name, and both are written into."""
    v = w.array(s, lambda v: v.type.shape and writable(w, s, v) and min(min(d) for d in v.type.shape) > 0)
    name = w.fresh("b")
    w.emit(f"{name} = {v.name}")
    other = w.declare(s, name, v.type, v.roots)
    write_somehow(w, s, other)
    if w.chance(0.5):
        write_somehow(w, s, v)


# --------------------------------------------------------------------------------------------- functions that write


@statement(0.8, "writers")
def out_argument(w: Writer, s: Scope) -> None:
    """`np.add(a, b, out=c)`."""
    v = target(w, s)
    a, b = w.arr(s, v.type.shape, 1), w.arr(s, v.type.shape, 1)
    form = w.r.choice(("np.add({a}, {b}, out={v})", "np.multiply({a}, np.tanh({b}), out={v})", "np.sin({a}, out={v})",
                       "np.subtract({a}, {b}, out={v})", "np.tanh({a}, out={v})"))  # fmt: skip
    w.emit(form.format(a=a, b=b, v=v.name))


@statement(0.8, "writers")
def add_at(w: Writer, s: Scope) -> None:
    """`np.add.at` with indices that repeat."""
    v = target(w, s, 1)
    length = w.r.randint(1, 3)
    indices = ", ".join(str(w.r.randrange(min(v.type.shape[0]))) for _ in range(length))
    value = w.num(s, 1) if w.chance(0.3) else w.arr(s, ((length,) * len(v.type.shape[0]),))
    w.emit(f"np.add.at({v.name}, [{indices}], {value})")


@statement(0.8, "writers")
def writing_method(w: Writer, s: Scope) -> None:
    """`fill`, `sort`, `copyto`."""
    v = target(w, s)
    forms = [f"{v.name}.fill({w.num(s, 1)})", f"np.copyto({v.name}, {w.arr(s, v.type.shape, 1)})"]
    if len(v.type.shape) == 1 and w.has("sort"):
        forms.append(f"{v.name}.sort()")
    w.emit(w.r.choice(forms))
