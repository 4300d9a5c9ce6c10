"""Branches, loops, early exits."""

from __future__ import annotations

from tests.fuzz.memory import FOREIGN, assign, reject
from tests.fuzz.values import EXAMPLES, FLAG, NUM, Arr, Dim, Flag, Int, Map, Num, Seq, always
from tests.fuzz.words import NoWay, statement
from tests.fuzz.writer import Scope, Writer

MOST_TRIPS = 40


def body(w: Writer, s: Scope, most: int = 3) -> Scope:
    """A block of statements; returns its scope."""
    inner = s.child()
    with w.block():
        w.statements(inner, most)
    return inner


@statement(4)
def if_(w: Writer, s: Scope) -> None:
    """`if`, with and without `elif` and `else`."""
    reject(w.nesting > 4)
    w.emit(f"if {w.cond(s)}:")
    blocks = [body(w, s)]
    if w.chance(0.15):
        w.emit(f"elif {w.cond(s)}:")
        blocks.append(body(w, s))
    if w.chance(0.6):
        w.emit("else:")
        blocks.append(body(w, s))
    for inner in blocks:
        s.loosen(inner)


@statement(1)
def both_branches(w: Writer, s: Scope) -> None:
    """A variable that each branch assigns for the first time."""
    kind = w.r.choice([NUM, *(v.type for v in s.of(Arr))])
    name = w.fresh("s" if kind == NUM else "a")
    branches = [s.child(), s.child()]
    for head, inner in zip((f"if {w.cond(s)}:", "else:"), branches):
        w.emit(head)
        with w.block():
            w.statements(inner, 1)
            assign(w, inner, name, kind, w.expr(inner, kind))
    for inner in branches:
        s.loosen(inner)
    w.declare(s, name, kind, branches[0].vars[name].roots | branches[1].vars[name].roots)


@statement(0.6)
def assigned_on_one_path(w: Writer, s: Scope) -> None:
    """A variable assigned and used under the same test only."""
    test, name = w.fresh("flag"), w.fresh("s")
    w.emit(f"{test} = {w.cond(s)}")
    w.declare(s, test, FLAG, frozenset(), fixed=True)
    w.emit(f"if {test}:")
    inner = s.child()
    with w.block():
        assign(w, inner, name, NUM, w.num(inner))
    w.statements(s, 2)
    v = w.pick(v for v in s.of(Num) if not v.fixed)
    w.emit(f"if {test}:")
    with w.block():
        w.emit(f"{v.name} = {v.name} + 0.3 * {name}")


# -------------------------------------------------------------------------------------------------------------- loops


def enter(w: Writer, trips: int) -> tuple[int, int]:
    """A loop begins."""
    reject(w.loops >= 2 or w.trips * trips > MOST_TRIPS or w.nesting > 4)
    before = w.loops, w.trips
    w.loops, w.trips = w.loops + 1, w.trips * max(trips, 1)
    return before


def leave(w: Writer, s: Scope, inner: Scope, before: tuple[int, int]) -> None:
    """A loop ends: its body may not have run, or have run often."""
    w.loops, w.trips = before
    s.loosen(inner)
    if w.chance(0.12):
        w.note("loop else")
        w.emit("else:")
        s.loosen(body(w, s, 1))


def ranges(w: Writer, s: Scope) -> tuple[str, Dim, int]:
    """A range: its text, a bound of its numbers, and the number of trips."""
    o = w.r.random()
    if o < 0.3:
        n = w.r.randint(1, 4)
        return f"range({n})", always(n), n
    if o < 0.45:
        a, n = w.r.randint(0, 2), w.r.randint(1, 3)
        return f"range({a}, {a + n})", always(a + n), n
    if o < 0.6:
        n = w.r.randint(1, 4)
        return w.r.choice((f"range({n}, 0, -1)", f"range({n}, -1, -2)")), always(n + 1), n
    if o < 0.8:
        counts = [v for v in s.of(Int) if v.name == "n"]
        v = w.pick(counts)
        return f"range({v.name})", v.type.high, max(v.type.high)
    v = w.array(s, lambda v: v.type.shape)
    dim = v.type.shape[0]
    text = w.r.choice(("range(len({}))", "range({}.shape[0])", "range(0, len({}), 2)", "range(len({}) - 1, -1, -1)"))
    return text.format(v.name), dim, max(dim)


@statement(3)
def for_range(w: Writer, s: Scope) -> None:
    """`for` over a range."""
    text, high, trips = ranges(w, s)
    before = enter(w, trips)
    i = w.fresh("i")
    w.emit(f"for {i} in {text}:")
    inner = s.child()
    w.declare(inner, i, Int(high), frozenset(), fixed=True)
    run(w, s, inner, before)


def run(w: Writer, s: Scope, inner: Scope, before: tuple[int, int]) -> None:
    """The body of a loop, sometimes with an early exit at its start or end."""
    with w.block():
        if w.exits and w.chance(0.2):
            early(w, inner)
        w.statements(inner, 4)
        if w.exits and w.chance(0.12):
            early(w, inner)
    leave(w, s, inner, before)


@statement(1.5)
def for_items(w: Writer, s: Scope) -> None:
    """`for` over an array, with `enumerate`, `zip` and `reversed`."""
    v = w.array(s, lambda v: v.type.shape)
    dim, *rest = v.type.shape
    before = enter(w, max(dim))
    item = NUM if not rest else Arr(tuple(rest))
    x, i, y = w.fresh("e"), w.fresh("i"), w.fresh("e")
    inner = s.child()
    other = w.r.choice(list(s.typed(v.type)))
    head = w.r.choice((f"{x} in {v.name}", f"{i}, {x} in enumerate({v.name})", f"{x} in reversed({v.name})",
                       f"{x}, {y} in zip({v.name}, {other.name})", f"{i}, {x} in enumerate({v.name}, 1)",
                       f"{i}, ({x}, {y}) in enumerate(zip({v.name}, {other.name}))"))  # fmt: skip
    w.emit(f"for {head}:")
    w.declare(inner, x, item, v.roots if rest else frozenset(), fixed=True)
    if y in head:
        w.declare(inner, y, item, other.roots if rest else frozenset(), fixed=True)
    if f"{i}," in head and ", 1)" not in head:
        w.declare(inner, i, Int(dim), frozenset(), fixed=True)
    run(w, s, inner, before)


@statement(0.8)
def for_container(w: Writer, s: Scope) -> None:
    """`for` over a list or a dict."""
    v = w.pick((*s.of(Seq), *s.of(Map)))
    before = enter(w, 4)
    x, key = w.fresh("e"), w.fresh("key")
    inner = s.child()
    if isinstance(v.type, Seq):
        w.emit(f"for {x} in {w.r.choice((v.name, v.name, f'reversed({v.name})', f'{v.name}[1:]'))}:")
        w.declare(inner, x, v.type.item, v.roots, fixed=True)
    else:
        kinds = {kind for _, kind in v.type.items}
        reject(len(kinds) != 1)
        w.emit(f"for {w.r.choice((f'{key}, {x} in {v.name}.items()', f'{x} in {v.name}.values()'))}:")
        w.declare(inner, x, kinds.pop(), v.roots, fixed=True)
    locked, w.locked = w.locked, w.locked | v.roots
    run(w, s, inner, before)
    w.locked = locked


@statement(1.5)
def while_(w: Writer, s: Scope) -> None:
    """`while` with a counter, sometimes with a test of values."""
    limit = w.r.randint(1, 4)
    before = enter(w, limit)
    k = w.fresh("k")
    w.emit(f"{k} = 0")
    test = f"{k} < {limit}"
    if w.chance(0.4):
        test += f" and {w.cond(s, 2)}"
    w.emit(f"while {test}:")
    inner = s.child()
    last = w.chance(0.3)
    w.declare(inner, k, Int(always(limit if last else limit + 1)), frozenset(), fixed=True)
    with w.block():
        if not last:
            w.emit(f"{k} += 1")
        if w.exits and w.chance(0.2):
            early(w, inner, ("break", "return") if last else ("break", "continue", "return"))
        loops, w.loops = w.loops, 10 if last else w.loops  # no `continue` before the counter has counted
        w.statements(inner, 3)
        w.loops = loops
        if last:
            w.emit(f"{k} += 1")
    leave(w, s, inner, before)
    w.declare(s, k, Int(always(limit + 1)), frozenset(), fixed=True)


@statement(0.4)
def while_true(w: Writer, s: Scope) -> None:
    """`while True` that a test ends."""
    before = enter(w, 3)
    k = w.fresh("k")
    w.emit(f"{k} = 0")
    w.emit("while True:")
    inner = s.child()
    with w.block():
        w.emit(f"{k} += 1")
        loops, w.loops = w.loops, 10
        w.statements(inner, 2)
        w.loops = loops
        w.emit(f"if {k} > {w.r.randint(1, 3)} or {w.cond(inner, 2)}:")
        with w.block():
            w.emit("break")
    leave_quietly(w, s, inner, before)


def leave_quietly(w: Writer, s: Scope, inner: Scope, before: tuple[int, int]) -> None:
    """The end of a loop that has no `else`."""
    w.loops, w.trips = before
    s.loosen(inner)


def early(w: Writer, s: Scope, ways: tuple[str, ...] = ("break", "continue", "return")) -> None:
    """An early exit from a loop, under a test."""
    reject(not w.exits)
    way = w.r.choice(ways)
    w.note(way)
    w.emit(f"if {w.cond(s)}:")
    with w.block():
        if w.chance(0.3):
            w.statements(s.child(), 1)
        w.emit(way if way != "return" else give_back(w, s))


def give_back(w: Writer, s: Scope) -> str:
    """A `return` of what the function returns."""
    return f"return {w.expr(s, w.result)}"


@statement(1)
def early_return(w: Writer, s: Scope) -> None:
    """`if …: return …`."""
    reject(w.nesting > 4 or not w.exits)
    w.emit(f"if {w.cond(s)}:")
    inner = s.child()
    with w.block():
        if w.chance(0.5):
            w.statements(inner, 1)
        w.emit(give_back(w, inner))
    s.loosen(inner)


@statement(0.7)
def early_exit(w: Writer, s: Scope) -> None:
    """`break` or `continue` in the middle of a loop."""
    reject(not 0 < w.loops < 10)
    early(w, s, ("break", "continue"))


# --------------------------------------------------------------------------------------------- try, with, match, del


@statement(0.6, "with")
def with_(w: Writer, s: Scope) -> None:
    """`with` a context that changes nothing."""
    context = w.r.choice(("np.errstate(all='ignore')", "contextlib.nullcontext()", "warnings.catch_warnings()"))
    w.emit(f"with {context}:")
    s.vars.update(body(w, s).vars)


@statement(0.6, "match")
def match_(w: Writer, s: Scope) -> None:
    """`match` of an integer."""
    v = w.pick(s.of(Int))
    w.emit(f"match {v.name}:")
    cases = ["case 0:", "case 1 | 2:", f"case k if {w.cond(s)}:".replace(" k ", f" {w.fresh('case')} "), "case _:"]
    with w.block():
        for case in cases:
            w.emit(case)
            s.loosen(body(w, s, 2))


@statement(0.4, "try")
def try_finally(w: Writer, s: Scope) -> None:
    """`try` … `finally`, which no exit leaves."""
    w.emit("try:")
    inner = body(w, s)
    w.emit("finally:")
    s.loosen(inner)
    before, w.exits = w.exits, False
    s.vars.update(body(w, s, 1).vars)
    w.exits = before


@statement(0.4, "try")
def try_except(w: Writer, s: Scope) -> None:
    """`try` around what raises no error, or an error that is caught."""
    name = w.fresh("s")
    fails = w.chance(0.3)
    w.emit("try:")
    with w.block():
        if fails:
            w.emit(f"if {w.cond(s)}:")
            with w.block():
                w.emit("raise ValueError('caught')")
        w.emit(f"{name} = {w.num(s)}")
    w.emit(
        "except ValueError:" if fails else f"except {w.r.choice(('ValueError', '(KeyError, IndexError)'))} as error:"
    )
    with w.block():
        w.emit(f"{name} = {w.num(s)}")
    w.declare(s, name, NUM, frozenset())


@statement(0.3, "del")
def del_(w: Writer, s: Scope) -> None:
    """`del` of a name."""
    reject(w.nesting > 1)
    v = w.pick(v for v in s.vars.values() if v.name[0] in "sa" and v.name[1:].isdigit())
    del s.vars[v.name]
    w.emit(f"del {v.name}")


__all__ = ["EXAMPLES", "FOREIGN", "Flag", "NoWay"]
