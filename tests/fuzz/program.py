"""A whole program: from a seed to text and the arguments that it is called with."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# ruff: noqa: F401 (the families register their constructs)
from tests.fuzz import arrays, containers, flow, functions, numbers, simple, writes
from tests.fuzz.arrays import places
from tests.fuzz.functions import UNARY, functional, helper, recursive, unary
from tests.fuzz.memory import FOREIGN
from tests.fuzz.values import (
    EXAMPLES,
    FLAG,
    NUM,
    SCALAR,
    Arr,
    Dim,
    Flag,
    Fun,
    Int,
    Map,
    Num,
    Rec,
    Seq,
    Tup,
    Type,
    always,
    vector,
)  # fmt: skip
from tests.fuzz.words import SUPPORTED
from tests.fuzz.writer import Scope, Writer

HEADER = """\
import contextlib
import math
import warnings
from collections import namedtuple
from dataclasses import dataclass

import numpy as np

"""


@dataclass
class Program:
    """A module's text with a function `f` in it, and tuples of arguments for it."""

    text: str
    examples: tuple[tuple[Any, ...], ...]
    label: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    single: bool = False  # are arguments in single precision?


def generate(seed: Any, features: frozenset[str] = SUPPORTED) -> Program:
    """The program of a seed."""
    r = random.Random(str(seed))
    w = Writer(r, features)
    dims = [tuple(r.choice(lengths) for lengths in ((2, 3, 4), (1, 2, 3, 5))) for _ in range(2)]
    dims = [(d[0], *[r.choice((d[0], d[1])) for _ in range(EXAMPLES - 1)]) for d in dims]
    module = Scope()
    w.lines = HEADER.splitlines()
    constants(w, module, dims)
    params = parameters(w, dims)
    shapes = Scope(dict(module.vars))
    for name, kind in params:
        w.declare(shapes, name, kind)
    for write in r.sample((helper, helper, recursive, functional), r.randint(0, 3)):
        with w.trial(module):
            write(w, module, shapes)
    if any(UNARY in v.type.params for v in module.of(Fun)):
        unary(w, module)
    w.result = result(w, shapes)
    main(w, module, params)
    text = "\n".join(w.lines) + "\n"
    single = r.random() < 0.04
    examples = tuple(tuple(value(r, kind, e, single) for _, kind in params) for e in range(EXAMPLES))
    return Program(text, examples, str(seed), w.counts, single)


def constants(w: Writer, module: Scope, dims: list[Dim]) -> None:
    """The module's own values and classes."""
    foreign = frozenset((FOREIGN,))
    w.emit(f"K = {w.const()}")
    w.declare(module, "K", NUM, frozenset(), fixed=True)
    length = w.r.randint(1, 4)
    w.emit(f"W0 = np.array([{', '.join(w.const() for _ in range(length))}], dtype=float)")
    w.declare(module, "W0", vector(always(length)), foreign, fixed=True)
    if w.chance(0.3):
        w.emit(f"TABLE = {{'rate': {w.const()}, 'w': W0}}")
        w.declare(module, "TABLE", Map((("rate", NUM), ("w", vector(always(length))))), foreign, fixed=True)
    for form in ("namedtuple", "dataclass", "class"):
        if w.chance(0.4) and (form == "namedtuple" or w.has("objects")):
            record(w, module, form, dims)
    w.lines += ["", ""]


def record(w: Writer, module: Scope, form: str, dims: list[Dim]) -> None:
    """A class with two or three attributes."""
    name = {"namedtuple": "Pair", "dataclass": "Point", "class": "Spring"}[form]
    fields = (("x", NUM), ("v", vector(w.r.choice(dims))), ("k", NUM))[: w.r.randint(2, 3)]
    names = [n for n, _ in fields]
    kind = Rec(name, form, fields)
    w.records.append(kind)
    if form == "namedtuple":
        w.emit(f"{name} = namedtuple({name!r}, {names!r})")
        return
    w.lines += ["", ""]
    if form == "dataclass":
        w.lines += ["@dataclass", f"class {name}:", *(f"    {n}: object" for n in names), "", ""]
        return
    w.lines += [f"class {name}:", f"    def __init__(self, {', '.join(names)}):"]
    w.lines += [f"        self.{n} = {n}" for n in names]
    w.lines += ["", "    def method(self, p):"]
    inner = Scope({n: v for n, v in module.vars.items() if n == "K"})
    w.declare(inner, "p", NUM)
    w.declare(inner, "self", kind)
    with w.block(), w.block():
        if w.chance(0.4) and w.has("objects"):
            w.emit(f"self.x = {w.num(inner)}")
        w.emit(f"return {w.num(inner)}")
    w.lines += ["", ""]
    w.methods[name] = Fun((NUM,), NUM)


def parameters(w: Writer, dims: list[Dim]) -> list[tuple[str, Type]]:
    """The parameters of `f`."""
    p, q = dims
    kinds: list[tuple[str, Type]] = [("x", NUM), ("v", vector(p))]
    others: list[tuple[str, Type]] = [
        ("y", NUM), ("u", vector(p)), ("w", vector(q)), ("m", Arr((p, q))), ("c", Arr((q, q))), ("z", SCALAR),
        ("n", Int(always(4))), ("flag", FLAG), ("b", vector(always(4))), ("h", Arr((always(2), p))),
        ("pair", Tup((NUM, vector(p)))), ("rates", Seq(NUM, always(3))), ("rows", Seq(vector(q), always(2))),
        ("model", Map((("rate", NUM), ("w", vector(p))))), ("nested", Map((("p", Map((("q", NUM),))), ("r", NUM)))),
    ]  # fmt: skip
    others += [("record", k) for k in w.records if k.form == "namedtuple"]
    chosen = w.r.sample(others, w.r.randint(1, 4))
    return kinds[: w.r.randint(1, 2)] + chosen if w.chance(0.85) else chosen[:2] + kinds


def result(w: Writer, shapes: Scope) -> Type:
    """The type of the program's result."""
    o = w.r.random()
    if o < 0.62:
        return NUM
    array = w.r.choice(shapes.of(Arr)).type
    if o < 0.75:
        return array
    if o < 0.9:
        return Tup((NUM, array))
    return Map((("loss", NUM), ("state", array))) if o < 0.95 else Seq(NUM, always(2))


def main(w: Writer, module: Scope, params: list[tuple[str, Type]]) -> None:
    """The function `f`, sometimes made by another one that it has captured values of."""
    around = module.child()
    made = w.chance(0.15)
    if made:
        w.note("made by a function")
        w.emit("def make(factor, held):")
        w.indent += 1
        w.declare(around, "factor", NUM, frozenset(), fixed=True)
        w.declare(around, "held", vector(always(3)), frozenset((FOREIGN,)), fixed=True)
    w.emit(f"def f({', '.join(name for name, _ in params)}):")
    s = around.child()
    for name, kind in params:
        w.declare(s, name, kind, fixed=name == "n")
    w.owned = set()
    w.budget = w.r.randint(5, 16)
    with w.block():
        while w.budget > 0:
            w.statements(s, 3)
        finish(w, s)
    if made:
        w.emit("return f")
        w.indent -= 1
        w.lines += ["", "", f"f = make({w.const()}, np.array([0.3, {w.const()}, {w.const()}]))"]


def finish(w: Writer, s: Scope) -> None:
    """The last `return`: of nearly all that there is, so that no statement is without effect."""
    terms = []
    for v in list(s.vars.values()):
        if v.name in ("K", "W0", "TABLE") or isinstance(v.type, (Fun, Flag, Int)) or w.chance(0.2):
            continue
        leaves = [(v.name, v.type), *places(v.name, v.type)]
        for text, kind in leaves[:4]:
            factor = f"{w.r.uniform(0.4, 1.6):.2f}"
            if isinstance(kind, Num):
                terms.append(f"{factor} * {text}")
            elif isinstance(kind, Arr):
                terms.append(f"np.sum({text} * {factor})" if w.chance(0.7) else f"{factor} * np.sum(np.sin({text}))")
    w.r.shuffle(terms)
    w.emit("total = " + " + ".join(terms[:12] or ["0.0"]))
    w.declare(s, "total", NUM, frozenset())
    if w.result == NUM:
        w.emit("return total")
    elif isinstance(w.result, Arr):
        w.emit(f"return {numbers.operand(w.arr(s, w.result.shape))} * total")
    else:
        w.emit(f"return {w.expr(s, w.result)}")


def value(r: random.Random, kind: Type, example: int, single: bool) -> Any:
    """A value of a type, for one of the examples."""

    def number() -> float:
        return round(r.uniform(0.25, 1.3) * (-1.0 if r.random() < 0.25 else 1.0), 3)

    match kind:
        case Num():
            return np.float32(number()) if single else number()
        case Int(high=high):
            return r.randint(1, high[example] - 1)
        case Flag():
            return r.random() < 0.5
        case Arr(shape=shape):
            lengths = tuple(d[example] for d in shape)
            made = np.array([number() for _ in range(int(np.prod(lengths)))], np.float32 if single else float)
            made = made.reshape(lengths)
            return made.copy("F") if r.random() < 0.1 else made
        case Tup(items=items):
            return tuple(value(r, item, example, single) for item in items)
        case Seq(item=item, length=length):
            return [value(r, item, example, single) for _ in range(length[example])]
        case Map(items=items):
            return {key: value(r, item, example, single) for key, item in items}
        case Rec():
            return Record(kind.name, tuple(value(r, item, example, single) for _, item in kind.fields))
    raise AssertionError(kind)


@dataclass(frozen=True)
class Record:
    """An argument of one of the program's own classes: made when the module is there."""

    name: str
    items: tuple[Any, ...]
