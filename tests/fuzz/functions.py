"""Functions: helpers of the module, closures, lambdas, recursion, functions of functions."""

from __future__ import annotations

from dataclasses import replace

from tests.fuzz.flow import give_back
from tests.fuzz.memory import FOREIGN, assign, holds_memory, reject, roots_of
from tests.fuzz.numbers import call_text
from tests.fuzz.simple import new_shape
from tests.fuzz.values import NUM, Arr, Fun, Int, Tup, Type, always
from tests.fuzz.words import statement
from tests.fuzz.writer import Scope, Writer

UNARY = Fun((NUM,), NUM)


def inside(w: Writer, what: str, s: Scope, params: list[tuple[str, Type]], result: Type, most: int) -> Scope:
    """The body of a function, behind its first line; returns the scope at its end."""
    before = w.inside, w.loops, w.trips, w.result, w.owned, w.budget, w.nesting
    w.inside, w.loops, w.result, w.owned, w.budget, w.nesting = what, 0, result, set(), most, 0
    inner = s.child()
    for name, kind in params:
        w.declare(inner, name, kind)
    w.owned = set()  # arguments are the caller's
    with w.block():
        w.statements(inner, most)
        w.emit(give_back(w, inner))
    w.inside, w.loops, w.trips, w.result, w.owned, w.budget, w.nesting = before
    return inner


def parameter_types(w: Writer, s: Scope) -> list[Type]:
    """Types for a function's parameters."""
    return [NUM if w.chance(0.55) else Arr(new_shape(w, s)) for _ in range(w.r.randint(1, 3))]


def result_type(w: Writer, s: Scope) -> Type:
    """The type of a function's result."""
    return NUM if w.chance(0.55) else Arr(new_shape(w, s)) if w.chance(0.8) else Tup((NUM, Arr(new_shape(w, s))))


def helper(w: Writer, module: Scope, shapes: Scope) -> None:
    """A function of the module."""
    name = w.fresh("helper")
    kinds = parameter_types(w, shapes)
    params = [(w.fresh("p"), kind) for kind in kinds]
    result = result_type(w, shapes)
    default = f"={w.const()}" if kinds[-1] == NUM and w.chance(0.2) else ""
    w.emit(f"def {name}({', '.join(p for p, _ in params)}{default}):")
    inside(w, "helper", module, params, result, 4)
    w.lines += ["", ""]
    shown = tuple(kinds[:-1]) if default and w.chance(0.5) else tuple(kinds)
    w.declare(module, name, Fun(shown, result), frozenset((FOREIGN,)), fixed=True)
    w.note("helper")


def recursive(w: Writer, module: Scope, shapes: Scope) -> None:
    """A function that calls itself, to a depth."""
    name = w.fresh("again")
    kinds = [NUM] if w.chance(0.5) else [NUM, Arr(new_shape(w, shapes))]
    params = [(w.fresh("p"), kind) for kind in kinds]
    result = kinds[-1] if w.chance(0.6) else NUM
    depth = w.fresh("depth")
    w.emit(f"def {name}({', '.join(p for p, _ in params)}, {depth}):")
    inner = module.child()
    before = w.inside, w.result, w.owned, w.budget
    w.inside, w.result, w.owned, w.budget = "helper", result, set(), 3
    for p, kind in params:
        w.declare(inner, p, kind)
    w.owned = set()
    with w.block():
        w.emit(f"if {depth} <= 0:")
        with w.block():
            w.emit(give_back(w, inner))
        w.statements(inner, 2)
        text = call_text(w, inner, name, Fun(tuple(kinds), result), 1).removesuffix(")") + f", {depth} - 1)"
        assign(w, inner, w.fresh("s" if result == NUM else "a"), result, f"({text})")
        w.statements(inner, 2)
        w.emit(give_back(w, inner))
    w.inside, w.result, w.owned, w.budget = before
    w.lines += ["", ""]
    w.declare(module, name, Fun((*kinds, Int(always(4))), result), frozenset((FOREIGN,)), fixed=True)
    w.note("recursion")


def functional(w: Writer, module: Scope, shapes: Scope) -> None:
    """A function that takes a function."""
    name, g, x = w.fresh("apply"), w.fresh("g"), w.fresh("p")
    w.emit(f"def {name}({g}, {x}):")
    inner = module.child()
    w.declare(inner, g, UNARY, fixed=True)
    with w.block():
        form = w.r.choice(("{g}({x}) + {x}", "{g}(0.5 * {g}({x}))", "{g}({x}) if {x} > 0.2 else {g}(1.0 - {x})"))
        w.emit("return " + form.format(g=g, x=x))
    w.lines += ["", ""]
    w.declare(module, name, Fun((UNARY, NUM), NUM), frozenset((FOREIGN,)), fixed=True)
    w.note("function of a function")


def unary(w: Writer, module: Scope) -> None:
    """A function to hand to others, so that there is one."""
    name, p = w.fresh("helper"), w.fresh("p")
    w.emit(f"def {name}({p}):")
    inside(w, "helper", module, [(p, NUM)], NUM, 2)
    w.lines += ["", ""]
    w.declare(module, name, UNARY, frozenset((FOREIGN,)), fixed=True)


@statement(1.2)
def closure(w: Writer, s: Scope) -> None:
    """A function in the function, which reads what is around it."""
    reject(w.inside != "f" or w.nesting > 1 or w.loops > 0)
    name = w.fresh("inner")
    kinds = parameter_types(w, s)
    params = [(w.fresh("p"), kind) for kind in kinds]
    result = result_type(w, s)
    w.emit(f"def {name}({', '.join(p for p, _ in params)}):")
    around = Scope({n: replace(v, fixed=True) for n, v in s.vars.items()})
    held = frozenset(root for v in s.vars.values() if holds_memory(v.type) for root in v.roots)
    inside(w, "closure", around, params, result, 3)
    w.declare(s, name, Fun(tuple(kinds), result), held, fixed=True)


@statement(0.8)
def named_lambda(w: Writer, s: Scope) -> None:
    """A lambda under a name."""
    name, z = w.fresh("g"), w.fresh("z")
    inner = s.child()
    w.declare(inner, z, NUM, fixed=True)
    before, w.inside = w.inside, "lambda"
    text = w.num(inner)
    w.inside = before
    w.emit(f"{name} = lambda {z}: {text}")
    w.declare(s, name, UNARY, roots_of(s, f"[{text}]") or frozenset(), fixed=True)


@statement(0.6)
def tuple_from_call(w: Writer, s: Scope) -> None:
    """A function that returns a tuple, unpacked."""
    v = w.pick(v for v in s.of(Fun) if isinstance(v.type.result, Tup))
    text = call_text(w, s, v.name, v.type, 1)
    names = [w.fresh("u") for _ in v.type.result.items]
    w.emit(f"{', '.join(names)} = {text}")
    for name, kind in zip(names, v.type.result.items):
        w.declare(s, name, kind, roots_of(s, text))


@statement(1, "callees")
def call_for_its_writes(w: Writer, s: Scope) -> None:
    """A function called as a statement: what it writes into its arguments counts."""
    v = w.pick(v for v in s.of(Fun) if any(isinstance(p, Arr) for p in v.type.params))
    w.emit(call_text(w, s, v.name, v.type, 1))
