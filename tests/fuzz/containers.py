"""Tuples, lists, dicts, namedtuples and objects: made, read, changed."""

from __future__ import annotations

from tests.fuzz.arrays import places
from tests.fuzz.memory import FOREIGN, assign, plain, reject, roots_of, writable
from tests.fuzz.values import NUM, Arr, Int, Map, Num, Rec, Seq, Tup, Type, always, vector
from tests.fuzz.words import statement
from tests.fuzz.writer import Scope, Var, Writer
from tests.fuzz.writes import write_somehow

KEYS = ("p", "q", "r", "rate")


def item_type(w: Writer, s: Scope) -> Type:
    """A type for an item: a number, or an array of a shape that is there."""
    return w.r.choice([NUM, NUM, *(Arr(v.type.shape) for v in s.of(Arr)[:3])])


@statement(1.2)
def make_tuple(w: Writer, s: Scope) -> None:
    """A tuple of numbers and arrays, sometimes nested."""
    items = [item_type(w, s) for _ in range(w.r.randint(1, 3))]
    if w.chance(0.2):
        items.append(Tup((NUM, item_type(w, s))))
    display(w, s, "t", Tup(tuple(items)))


@statement(1.2)
def make_list(w: Writer, s: Scope) -> None:
    """A list of numbers or of arrays."""
    display(w, s, "l", Seq(item_type(w, s), always(w.r.randint(1, 3))))


@statement(1.2)
def make_dict(w: Writer, s: Scope) -> None:
    """A dict of numbers and arrays."""
    keys = w.r.sample(KEYS, w.r.randint(1, 3))
    one = item_type(w, s)
    display(w, s, "d", Map(tuple((key, one if w.chance(0.6) else item_type(w, s)) for key in keys)))


def display(w: Writer, s: Scope, stem: str, kind: Type) -> Var:
    """A container under a new name."""
    text = changing(w, s, kind) if w.has("lists") and isinstance(kind, (Seq, Map)) else w.container(s, kind, 1)
    w.emit(f"{(name := w.fresh(stem))} = {text}")
    mine = w.declare(s, name, kind).roots
    return w.declare(s, name, kind, mine | (roots_of(s, text) or frozenset()))


@statement(0.8, "records")
def make_record(w: Writer, s: Scope) -> None:
    """A namedtuple, dataclass or object."""
    kind = w.pick(w.records)
    name = w.fresh("o")
    text = f"{kind.name}({', '.join(stored(w, s, item, 1) for _, item in kind.fields)})"
    w.emit(f"{name} = {text}")
    mine = w.declare(s, name, kind).roots
    v = w.declare(s, name, kind, mine | (roots_of(s, text) or frozenset()))
    if kind.form == "class":
        w.declare(s, f"{v.name}.method", w.methods[kind.name], v.roots, fixed=True)


@statement(0.6)
def item_name(w: Writer, s: Scope) -> None:
    """A part of a container under a name of its own."""
    v = w.pick(v for v in s.vars.values() if isinstance(v.type, (Tup, Seq, Map, Rec)))
    text, kind = w.pick(places(v.name, v.type))
    assign(w, s, w.fresh("s" if kind == NUM else "b"), kind, text)


# ---------------------------------------------------------------------------------------------- containers that change


def changeable(w: Writer, v: Var) -> bool:
    """May the program change this container?"""
    return FOREIGN not in v.roots and not v.roots & w.locked


@statement(2, "lists")
def list_grows(w: Writer, s: Scope) -> None:
    """`append`, `extend`, `insert`, `+=`."""
    v = w.pick(v for v in s.of(Seq) if changeable(w, v))
    value = stored(w, s, v.type.item)
    w.emit(w.r.choice(("{v}.append({e})", "{v}.append({e})", "{v}.extend([{e}])", "{v}.insert(0, {e})", "{v} += [{e}]"))
           .format(v=v.name, e=value))  # fmt: skip
    taint(s, v, value)


def changing(w: Writer, s: Scope, kind: Seq | Map) -> str:
    """The display of a list or dict that may be changed later."""
    if isinstance(kind, Seq):
        return f"[{', '.join(stored(w, s, kind.item, 1) for _ in range(min(kind.length)))}]"
    return f"{{{', '.join(f'{key!r}: {stored(w, s, item, 1)}' for key, item in kind.items)}}}"


def stored(w: Writer, s: Scope, kind: Type, depth: int = 0) -> str:
    """A value to put into a container that changes: mostly of its own memory, for writes into it are refused else."""
    text = w.expr(s, kind, depth)
    if isinstance(kind, Arr) and roots_of(s, text) and w.chance(0.95):
        return f"np.array({text})" if not kind.shape else f"({text}).copy()"
    return text


def taint(s: Scope, v: Var, value: str) -> None:
    """A container holds a value now: they share memory."""
    more = roots_of(s, value) or frozenset()
    for u in list(s.vars.values()):
        if u.roots & v.roots:
            s.vars[u.name] = Var(u.name, u.type, u.roots | more, u.fixed)


@statement(1.5, "lists")
def list_filled_in_loop(w: Writer, s: Scope) -> None:
    """A list that a loop fills, and its items summed or stacked."""
    reject(w.trips > 8)
    trips = w.r.randint(1, 4)
    name, i = w.fresh("l"), w.fresh("i")
    item = item_type(w, s)
    w.emit(f"{name} = []")
    w.emit(f"for {i} in range({trips}):")
    inner = s.child()
    w.declare(inner, i, Int(always(trips)), frozenset(), fixed=True)
    loops, w.loops = w.loops, 10  # no early exit before the item is there
    with w.block():
        w.statements(inner, 1)
        value = stored(w, inner, item)
        w.emit(f"{name}.append({value})")
    w.loops = loops
    s.loosen(inner)
    mine = w.declare(s, name, Seq(item, always(trips))).roots
    w.declare(s, name, Seq(item, always(trips)), mine | (roots_of(inner, value) or frozenset()))
    if isinstance(item, Arr) and len(item.shape) == 1 and w.chance(0.6):
        w.emit(f"{(stacked := w.fresh('a'))} = np.{w.r.choice(('stack', 'array', 'vstack'))}({name})")
        w.declare(s, stacked, Arr((always(trips), *item.shape)))


@statement(0.8, "lists")
def list_shrinks(w: Writer, s: Scope) -> None:
    """`pop`, where there is enough."""
    v = w.pick(v for v in s.of(Seq) if changeable(w, v))
    name = w.fresh("u")
    w.emit(f"if len({v.name}) > {min(v.type.length)}:")
    inner = s.child()
    with w.block():
        assign(w, inner, name, v.type.item, f"{v.name}.pop({w.r.choice(('', '0', '-1'))})")
        if isinstance(v.type.item, Num) and (found := [u for u in s.of(Num) if not u.fixed]):
            w.emit(f"{w.r.choice(found).name} += 0.4 * {name}")
        w.statements(inner, 1)
    s.loosen(inner)


@statement(1, "lists")
def item_assigned(w: Writer, s: Scope) -> None:
    """`l[i] = v`, `d[key] = v`, `o.field = v`, and updates of numbers."""
    mutable = [v for v in s.vars.values() if isinstance(v.type, (Seq, Map)) and changeable(w, v)]
    mutable += [v for v in s.of(Rec) if v.type.form != "namedtuple" and changeable(w, v) and w.has("objects")]
    v = w.pick(mutable)
    place, kind = w.pick(p for p in places_once(v) if plain(p[1]))
    if isinstance(kind, Num) and w.chance(0.4):
        w.emit(f"{place} {w.r.choice(('+=', '-='))} {w.num(s)}")
        return
    value = stored(w, s, kind)
    w.emit(f"{place} = {value}")
    taint(s, v, value)


def places_once(v: Var) -> list[tuple[str, Type]]:
    """The parts of a container itself, not of its parts."""
    return [p for p in places(v.name, v.type) if p[0].count("[") + p[0].count(".") == 1]


@statement(0.8, "dicts")
def new_key(w: Writer, s: Scope) -> None:
    """`d[new] = v`, `d.update(…)`."""
    v = w.pick(v for v in s.of(Map) if changeable(w, v))
    key = w.pick(k for k in KEYS if k not in dict(v.type.items))
    kind = item_type(w, s)
    value = stored(w, s, kind, 1)
    w.emit(w.r.choice((f"{v.name}[{key!r}] = {value}", f"{v.name}.update({{{key!r}: {value}}})")))
    taint(s, v, value)
    w.declare(s, v.name, Map((*v.type.items, (key, kind))), s.vars[v.name].roots)


@statement(1, "comprehensions")
def comprehension(w: Writer, s: Scope) -> None:
    """A list or dict comprehension."""
    v = w.array(s, lambda v: len(v.type.shape) == 1)
    e = w.fresh("e")
    inner = s.child()
    w.declare(inner, e, NUM, fixed=True)
    kind = NUM if w.chance(0.7) else vector(v.type.shape[0])
    before, w.inside = w.inside, "lambda"
    text = stored(w, inner, kind)
    w.inside = before
    if w.chance(0.3):
        w.emit(f"{w.fresh('l')} = [{text} for {e} in {v.name} if {e} > {w.const()}]")
        w.declare(s, w.lines[-1].split()[0], Seq(kind, always(0)))
    else:
        w.emit(f"{(name := w.fresh('l'))} = [{text} for {e} in {v.name}]")
        w.declare(s, name, Seq(kind, v.type.shape[0]))


@statement(1, "views")
def write_into_part(w: Writer, s: Scope) -> None:
    """A write into an array that a container holds."""
    containers = [v for v in s.vars.values() if isinstance(v.type, (Tup, Seq, Map, Rec)) and writable(w, s, v)]
    found = [(v, *p) for v in containers for p in places(v.name, v.type) if isinstance(p[1], Arr) and p[1].shape]
    v, place, kind = w.pick(f for f in found if min(min(d) for d in f[2].shape) > 0)
    write_somehow(w, s, Var(place, kind, v.roots), whole=False)
