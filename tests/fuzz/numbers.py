"""Expressions that are numbers."""

from __future__ import annotations

from tests.fuzz.memory import FOREIGN, roots_of
from tests.fuzz.values import SCALAR, Arr, Fun, Map, Num, Rec, Seq, Shape, Tup, Type, parts, vector
from tests.fuzz.words import NoWay, number
from tests.fuzz.writer import Scope, Writer

BOUNDED = ("math.tanh", "np.tanh", "math.sin", "np.sin", "math.cos", "np.cos", "math.atan", "np.arctan", "math.erf")


@number(5)
def arithmetic(w: Writer, s: Scope, depth: int) -> str:
    """Sums, differences and tame products."""
    a, b = w.num(s, depth + 1), w.num(s, depth + 1)
    form = w.r.choice(("({a} + {b})", "({a} - {b})", "{a} * {b}", "0.5 * {a} * {b}", "(0.3 * {a} + {b})", "-{a}"))
    return form.format(a=operand(a), b=operand(b))


def operand(text: str) -> str:
    """A text that may stand beside `*`."""
    simple = text.replace(".", "").replace("_", "").isalnum()
    return text if simple or (text[-1] in ")]" and " " not in text) else f"({text})"


@number(3)
def bounded_function(w: Writer, s: Scope, depth: int) -> str:
    """A function that keeps numbers small."""
    return f"{w.r.choice(BOUNDED)}({w.num(s, depth + 1)})"


@number(1.5)
def guarded_function(w: Writer, s: Scope, depth: int) -> str:
    """Roots, logarithms, quotients and powers away from their singularities."""
    a = operand(w.num(s, depth + 1))
    b = operand(w.num(s, depth + 1))
    form = w.r.choice((
        "{a} / (1.5 + {b} * {b})", "math.sqrt(1.0 + {a} * {a})", "np.log(1.3 + {a} ** 2)", "math.exp(-abs({a}))",
        "np.exp(0.3 * np.tanh({a}))", "0.1 * {a} ** 3", "(1.2 + np.tanh({a})) ** (0.5 * math.tanh({b}))",
        "np.sqrt(0.5 + np.square({a}))", "math.log(2.0 + math.cos({a}))", "pow(1.1 + {a} * {a}, 0.4)",
        "np.arctan2({a}, 2.0 + abs({b}))", "math.hypot({a}, {b}, 0.5)", "1.0 / (2.0 + np.sin({a}))", "math.fabs({a})",
        "np.logaddexp({a}, {b})", "{a} / 1.7", "({a} + 0.3) / 2", "({a}) % 2.5",
    ))  # fmt: skip
    return form.format(a=a, b=b)


@number(0.7)
def kinked_function(w: Writer, s: Scope, depth: int) -> str:
    """The larger, the smaller, the absolute value."""
    form = w.r.choice(("max({}, {})", "min({}, {})", "np.maximum({}, {})", "np.minimum({}, {})", "abs({} - {})"))
    return form.format(operand(w.num(s, depth + 1)), operand(w.num(s, depth + 1)))


@number(1)
def conditional_number(w: Writer, s: Scope, depth: int) -> str:
    """`a if c else b`."""
    return f"({w.num(s, depth + 1)} if {w.cond(s)} else {w.num(s, depth + 1)})"


@number(0.3)
def and_or(w: Writer, s: Scope, depth: int) -> str:
    """`and` and `or` that give a number."""
    a = operand(w.num(s, depth + 1))
    return f"({a} > {w.const()} and {operand(w.num(s, depth + 1))} or {w.const()})"


@number(0.5)
def walrus(w: Writer, s: Scope, depth: int) -> str:
    """A number named where it is used."""
    if w.inside == "lambda":
        raise NoWay
    name = w.fresh("q")
    return f"({name} := {w.num(s, depth + 1)}) * {w.r.choice((name, w.const()))}"


@number(5)
def element(w: Writer, s: Scope, depth: int) -> str:
    """An element of an array."""
    v = w.array(s, lambda v: v.type.shape and all(min(d) > 0 for d in v.type.shape))
    indices = [w.index(s, dim) for dim in v.type.shape]
    if len(indices) == 2 and w.chance(0.3):
        return f"{v.name}[{indices[0]}][{indices[1]}]"
    return f"{v.name}[{', '.join(indices)}]"


@number(0.3)
def same_element_twice(w: Writer, s: Scope, depth: int) -> str:
    """An element read twice in an expression."""
    text = element(w, s, depth)
    return f"{text} * {text}"


@number(3)
def reduction(w: Writer, s: Scope, depth: int) -> str:
    """An array summed up."""
    a = w.arr(s, some_shape(w, s), depth + 1)
    form = w.r.choice((
        "np.sum({})", "np.mean({})", "({}).sum()", "({}).mean()", "np.max({})", "({}).min()", "np.sum(np.square({}))",
        "float(np.sum({}))", "np.sqrt(1.0 + np.sum(({}) ** 2))", "np.tanh(np.sum({}))", "np.var({})",
        "np.linalg.norm(({}) + 2.0)",
    ))  # fmt: skip
    return form.format(a)


def some_shape(w: Writer, s: Scope) -> Shape:
    """The shape of an array that is there, not empty."""
    return w.array(s, lambda v: v.type.shape and all(min(d) > 0 for d in v.type.shape)).type.shape


@number(0.7)
def masked_sum(w: Writer, s: Scope, depth: int) -> str:
    """The sum of the elements that pass a test."""
    shape = some_shape(w, s)
    a = operand(w.whole(s, shape))
    return f"np.sum({a}[{a} > {w.r.uniform(0, 1):.2f}])"


@number(0.7)
def sum_of_part(w: Writer, s: Scope, depth: int) -> str:
    """A sum over a slice, a row or a column."""
    v = w.array(s, lambda v: v.type.shape and all(min(d) > 0 for d in v.type.shape))
    places = w.r.choice(("1:", ":-1", "::2", "::-1", ":2", "-1:"))
    if len(v.type.shape) == 2:
        places = w.r.choice((places, f":, {w.index(s, v.type.shape[1])}", w.index(s, v.type.shape[0]), "..., 0"))
    return f"{w.r.choice(('np.sum', 'sum')) if len(v.type.shape) == 1 else 'np.sum'}({v.name}[{places}])"


@number(1)
def inner_product(w: Writer, s: Scope, depth: int) -> str:
    """The inner product of two vectors."""
    v = w.array(s, lambda v: len(v.type.shape) == 1)
    form = w.r.choice(("({}) @ ({})", "np.dot({}, {})", "np.inner({}, {})", "np.vdot({}, {})"))
    return form.format(w.arr(s, v.type.shape, depth + 1), v.name)


@number(0.5)
def array_as_number(w: Writer, s: Scope, depth: int) -> str:
    """A 0-d array used as a number."""
    v = w.pick(s.typed(SCALAR))
    return w.r.choice(("float({})", "{}.item()", "{}[()]", "({} * 1.0)")).format(v.name)


@number(2.5)
def part(w: Writer, s: Scope, depth: int) -> str:
    """An item of a container, or an attribute."""
    v = w.pick(v for v in s.vars.values() if isinstance(v.type, (Tup, Seq, Map, Rec)))
    return w.pick(paths(v.name, v.type, Num))


def paths(text: str, kind: Type, wanted: type, depth: int = 0) -> list[str]:
    """The ways to parts of a container that are of a class of types."""
    if isinstance(kind, wanted):
        return [text]
    found = [path for place, item in parts(kind) for path in paths(text + place, item, wanted, depth + 1)]
    if isinstance(kind, Seq):
        found += paths(f"{text}[-1]", kind.item, wanted, depth + 1) if min(kind.length) else []
    return found


@number(0.5)
def list_sum(w: Writer, s: Scope, depth: int) -> str:
    """Python's `sum`, `max` and `len` of a list of numbers."""
    v = w.pick(v for v in s.of(Seq) if isinstance(v.type.item, Num) and min(v.type.length) > 0)
    return w.r.choice(("sum({})", "max({})", "sum({}) / len({})", "min({})")).replace("{}", v.name)


@number(0.5, "generators")
def generated_sum(w: Writer, s: Scope, depth: int) -> str:
    """The sum of a generator expression."""
    if w.inside == "lambda":
        raise NoWay
    v = w.array(s, lambda v: len(v.type.shape) == 1 and min(v.type.shape[0]) > 0)
    e = w.fresh("e")
    inner = s.child()
    w.declare(inner, e, Num(), fixed=True)
    before = w.inside
    w.inside = "lambda"
    text = w.num(inner, depth + 1)
    w.inside = before
    test = f" if {e} > {w.const()}" if w.chance(0.3) else ""
    return f"sum({text} for {e} in {v.name}{test})"


@number(3)
def call(w: Writer, s: Scope, depth: int) -> str:
    """A call of a function that is there."""
    v = w.pick(v for v in s.of(Fun) if isinstance(v.type.result, Num))
    return call_text(w, s, v.name, v.type, depth)


def call_text(w: Writer, s: Scope, name: str, kind: Fun, depth: int) -> str:
    """A call with arguments, sometimes the same one twice."""
    args: list[str] = []
    known: frozenset[int] = frozenset()
    for param in kind.params:
        same = [a for a, other in zip(args, kind.params) if other == param]
        arg = w.r.choice(same) if same and w.chance(0.2) else w.expr(s, param, depth + 1)
        if isinstance(param, Arr) and w.has("callees"):  # the callee may write into it
            roots = roots_of(s, arg) or frozenset()
            if FOREIGN in roots or (roots & known and w.chance(0.9)):
                arg, roots = f"({arg}).copy()", frozenset()
            known |= roots
        args.append(arg)
    return f"{name}({', '.join(args)})"


@number(0.4)
def called_lambda(w: Writer, s: Scope, depth: int) -> str:
    """A lambda called where it is written."""
    e = w.fresh("z")
    inner = s.child()
    w.declare(inner, e, Num(), fixed=True)
    before, w.inside = w.inside, "lambda"
    text = w.num(inner, depth + 1)
    w.inside = before
    return f"(lambda {e}: {text})({w.num(s, depth + 1)})"


@number(0.4)
def trace_or_det(w: Writer, s: Scope, depth: int) -> str:
    """Numbers of square matrices."""
    v = w.array(s, lambda v: len(v.type.shape) == 2 and v.type.shape[0] == v.type.shape[1])
    return w.r.choice(("np.trace({})", "np.sum(np.diag({}))", "np.sum(np.triu({}))")).format(v.name)


@number(0.3)
def vector_norm(w: Writer, s: Scope, depth: int) -> str:
    """A sum over a product of vectors of one length."""
    v = w.array(s, lambda v: len(v.type.shape) == 1)
    return f"np.sum({w.arr(s, vector(v.type.shape[0]).shape, depth + 1)} * {v.name})"


__all__ = ["call_text", "operand", "paths", "some_shape"]
