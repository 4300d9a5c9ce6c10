"""The kind of a primitive's result: run the primitive on witnesses, and prove what can be proved of the axes."""

from __future__ import annotations

import builtins
import itertools
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.ir.kinds import (
    BOTTOM,
    MAX_ALTERNATIVES,
    Array,
    AxisNames,
    Bound,
    Dict,
    Function,
    Kind,
    List,
    Object,
    Scalar,
    Static,
    Tuple,
    Undefined,
    Unknown,
    Value,
    Weak,
    element,
    finite_sample,
    generalise,
    join,
    lift_kind,
    named,
    of,
    slice_axis,
    union,
    unknown,
    user_class,
)

MAX_COMBINATIONS = 64
MAX_LENGTH = 10_000  # items of an example of a list

BINARY: dict[str, Callable] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "<<": operator.lshift, ">>": operator.rshift,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
UNARY: dict[str, Callable] = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
COMPARE: dict[str, Callable] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class NoWitness(Exception):
    """A kind of which no example is at hand."""


def witness(kind: Kind) -> Any:
    """An example of the kind."""
    match kind:
        case Static(value=v):
            return v
        case Weak(witness=w) | Scalar(witness=w) | Array(witness=w):
            return w
        case Tuple(cls=cls, items=items):
            values = [example(v) for v in items]
            return cls(*values) if hasattr(cls, "_fields") else tuple(values)
        case List(items=items) if items is not None:
            return [example(v) for v in items]
        case List(element=e) if e is not None and e.kinds:
            items = [example(e)] * max(1, min(kind.length, MAX_LENGTH))
            return items if kind.cls is range else kind.cls(items)
        case List(cls=cls):
            return [] if cls is range else cls()
        case Dict(keys=keys, items=items) if keys is not None:
            return {k: example(v) for k, v in zip(keys, items, strict=True)}
        case Object(witness=w) if w is not None:
            return w
    raise NoWitness


def example(value: Value) -> Any:
    """An example of a value: of its first alternative."""
    for kind in value.kinds:
        if not isinstance(kind, Undefined):
            return witness(kind)
    raise NoWitness


def defined(value: Value) -> Value:
    """Without the alternative that would raise on any use."""
    if any(isinstance(k, Undefined) for k in value.kinds):
        return Value(tuple(k for k in value.kinds if not isinstance(k, Undefined)))
    return value


class Runner:
    """Runs primitives on witnesses."""

    def __init__(self, names: AxisNames) -> None:
        self.names = names

    def apply(self, target: Callable, args: Sequence[Value], kwargs: dict[str, Value], elementwise: bool) -> Value:
        """The kind of `target(*args, **kwargs)`: the union over all combinations of alternatives."""
        values = [defined(v) for v in (*args, *kwargs.values())]
        if any(not v.kinds for v in values):
            return BOTTOM
        found = by_value(target, values[: len(args)], dict(zip(kwargs, values[len(args) :], strict=True)))
        if found is not None:
            return found
        values = [Value(tuple(alternatives(v))) for v in values]
        if all(len(v.kinds) == 1 for v in values):
            return of(self.run(target, [v.kinds[0] for v in values], tuple(kwargs), elementwise, alone=True))
        combos = list(itertools.islice(itertools.product(*(v.kinds for v in values)), MAX_COMBINATIONS + 1))
        if len(combos) > MAX_COMBINATIONS:
            return unknown("too many combinations of kinds")
        results = (self.run(target, combo, tuple(kwargs), elementwise, alone=False) for combo in combos)
        found = [k for k in results if k is not None]
        return union(found) if found else unknown("no alternative of the operands' kinds fits this operation")

    def run(
        self, target: Callable, kinds: Sequence[Kind], keywords: tuple[str, ...], elementwise: bool, alone: bool
    ) -> Kind | None:
        """The kind of the result for one kind of each operand; None where that alternative does not fit."""
        for kind in kinds:
            if isinstance(kind, Unknown):
                return kind
            if isinstance(kind, (Function, Bound)):
                return Unknown("a function as an operand")
            if user_class(kind) is not None:  # its methods are not run
                return Unknown(f"an operand of class `{user_class(kind).__name__}`")
        arrays = [k for k in kinds if isinstance(k, Array)]
        n = len(kinds) - len(keywords)
        try:
            values = [k.sample if elementwise and isinstance(k, Array) else witness(k) for k in kinds]
            with np.errstate(all="ignore"):
                result = attempt(target, values[:n], dict(zip(keywords, values[n:], strict=True)))
        except NoWitness:
            return Unknown("an operand without an example")
        except (TypeError, AttributeError) as error:
            return Unknown(str(error), raises=isinstance(error, TypeError)) if alone else None
        except Exception as error:  # whatever the primal would raise, it raises at run time as well
            return Unknown(f"{type(error).__name__}: {error}")
        if elementwise and arrays and isinstance(result, np.ndarray):
            return self.broadcast(result, arrays)
        if result is None and not alone and any(isinstance(k, Static) and k.value is None for k in kinds):
            return None  # np.sum(None) is None: no number comes of it
        if all(isinstance(k, Static) for k in kinds) and isinstance(
            result, (bool, int, float, complex, str, type(None))
        ):
            return Static(result)
        return self.lift(result)

    def broadcast(self, result: np.ndarray, arrays: list[Array]) -> Kind:
        """An elementwise result: the kind of its element, and the shape that the operands broadcast to."""
        shapes = [k.shape for k in arrays]
        try:
            shape = shapes[0] if len(set(shapes)) == 1 else np.broadcast_shapes(*shapes)
        except ValueError as error:
            if not any(None in k.axes for k in arrays):
                return Unknown(str(error))
            rank = max(k.rank for k in arrays)  # an example of a length that is not known is none of another's
            padded = [(1,) * (rank - k.rank) + k.shape for k in arrays]
            shape = tuple(map(max, *padded))
        return Array(result.dtype, self.broadcast_axes(arrays), shape, finite_sample(result))

    def broadcast_axes(self, arrays: list[Array]) -> tuple[Any, ...]:
        """Names on one axis are unified, for unequal lengths raise in the primal; a name wins over 1 and `?`."""
        rank = max(k.rank for k in arrays)
        axes: list[Any] = []
        for i in range(-rank, 0):
            found = [self.names.find(k.axes[i]) for k in arrays if k.rank >= -i]
            lengths = [a for a in found if named(a)]
            for other in lengths[1:]:
                self.names.unify(lengths[0], other)
            terms = {a for a in found if isinstance(a, tuple)}
            if lengths:
                axes.append(self.names.find(lengths[0]))
            elif None in found or len(terms) > 1:
                axes.append(None)
            else:
                axes.append(terms.pop() if terms else 1)
        return tuple(axes)

    def lift(self, result: Any) -> Kind:
        """The kind of a result: its values are the witness's, so nothing of them is static."""
        match result:
            case bool():
                return Weak(bool, result)
            case str():
                return Weak(str, result)
            case tuple() if type(result) is tuple:
                return Tuple(tuple, tuple(of(self.lift(v)) for v in result))
            case list():
                items = join(*(of(self.lift(v)) for v in result)) if result else BOTTOM
                return List(None, items, length=len(result))
            case range():
                return List(None, of(Weak(int, result[0] if len(result) else 0)), range, length=len(result))
        return lift_kind(result, None, None, 0)


def alternatives(value: Value) -> list[Kind]:
    """The kinds of a value, containers with items of several kinds taken apart: each item's kinds all occur."""
    out: list[Kind] = []
    for kind in value.kinds:
        match kind:
            case Tuple(items=items) | List(items=items) if items and any(len(v.kinds) > 1 for v in items):
                out += (replace(kind, items=combination) for combination in combinations(items))
            case List(items=None, element=e) if e is not None and len(found := alternatives(defined(e))) > 1:
                out += (replace(kind, element=of(k)) for k in found)
            case _:
                out.append(kind)
    return out


def combinations(items: tuple[Value, ...]) -> list[tuple[Value, ...]]:
    """All choices of one kind for each item; where they are too many, those that vary one item at a time."""
    parts = [[of(k) for k in alternatives(defined(v))] for v in items]
    if math.prod(map(len, parts)) <= MAX_ALTERNATIVES**2:
        return list(itertools.product(*parts))
    first = tuple(p[0] for p in parts)
    return [first, *((*first[:i], other, *first[i + 1 :]) for i, p in enumerate(parts) for other in p[1:])]


def by_value(target: Any, args: Sequence[Value], kwargs: dict[str, Value]) -> Value | None:
    """The result where its kind depends on the operands' values, so that one witness would not tell."""
    match target:
        case builtins.max | builtins.min if args and all(v.known for v in (*args, *kwargs.values())):
            items = args if len(args) > 1 else [element(k) for k in args[0].kinds if isinstance(k, (Tuple, List))]
            if items and (len(args) > 1 or len(items) == len(args[0].kinds)):
                chosen = (
                    generalise(k) for v in (*items, *(v for n, v in kwargs.items() if n == "default")) for k in v.kinds
                )
                return union(chosen)
        case runtime.stack_like if args[0].is_array:
            return args[0]  # of its shape, whatever the example's parts are
        case builtins.sum if len(args) == 1 and not kwargs and all(map(may_be_empty, args[0].kinds)):
            items = [element(k) for k in args[0].kinds]
            if all(v.is_scalar for v in items):
                start = of(Weak(int, 0))
                sums = [Runner(AxisNames()).apply(operator.add, (v, w), {}, True) for v in items for w in (start, v)]
                return join(start, *sums)
        case operator.pow | builtins.pow if len(args) == 2 and not kwargs:
            base, exponent = args
            if all(is_int(k) for k in base.kinds) and any(
                isinstance(k, Weak) and k.type is int for k in exponent.kinds
            ):
                return union((Weak(int, 1), Weak(float, 0.5))) if all(is_int(k) for k in exponent.kinds) else None
    return None


def may_be_empty(kind: Kind) -> bool:
    """Is it a list of which it is not known that it holds anything?"""
    return isinstance(kind, List) and kind.items is None


def is_int(kind: Kind) -> bool:
    """Is it a Python int?"""
    return (isinstance(kind, Weak) and kind.type is int) or (isinstance(kind, Static) and type(kind.value) is int)


def attempt(target: Callable, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Run; once more on well-conditioned witnesses where these ones are the trouble (a singular matrix, a zero)."""
    try:
        return target(*args, **kwargs)
    except (np.linalg.LinAlgError, ValueError, ZeroDivisionError, OverflowError, IndexError):
        return target(*map(well_conditioned, args), **kwargs)


def well_conditioned(value: Any) -> Any:
    """An operand in place of one that a primitive refused: matrices that can be inverted, indices in range."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        out = np.linspace(0.25, 0.75, max(value.size, 1))[: value.size].reshape(value.shape).astype(value.dtype)
        if out.ndim >= 2 and out.shape[-1] == out.shape[-2]:
            out = out + np.swapaxes(out, -1, -2) + out.shape[-1] * np.eye(out.shape[-1], dtype=value.dtype)
        return out
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return np.zeros_like(value)
    if isinstance(value, float):
        return 0.5
    if type(value) is int and value == 0:
        return 1
    return value


# --------------------------------------------------------------------------------------------------- axis facts


def static_axis(value: Value | None) -> Any:
    """The axis argument where it is known: None, an int or a tuple of ints; NotImplemented otherwise."""
    if value is None:
        return None
    kind = value.one
    if isinstance(kind, Tuple):
        items = tuple(v.static for v in kind.items)
        return items if all(isinstance(i, int) for i in items) else NotImplemented
    return value.static


def proved_axes(path: str, args: dict[str, Value], result: Kind, names: AxisNames) -> Kind:
    """The result with the axis facts that its rule's family proves; by default nothing is known."""
    prove = FAMILIES.get(path)
    if prove is None or not isinstance(result, Array) or not args:
        return result
    first = next(iter(args.values())).one
    if prove is shaped:
        axes = shaped(None, args, names)
    elif isinstance(first, Array):
        axes = prove(first, args, names)
    else:
        return result
    if axes is None or len(axes) != result.rank:
        return result
    return Array(result.dtype, tuple(axes), result.shape, result.sample)


def same(x: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """The result has the axes of the operand."""
    return x.axes


def reduced(x: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """Axes are gone, or of length 1 with `keepdims`."""
    axis = static_axis(args.get("axis"))
    keep = args["keepdims"].static if "keepdims" in args else False
    if axis is NotImplemented or keep is NotImplemented:
        return None
    gone = range(x.rank) if axis is None else [a % x.rank for a in (axis if isinstance(axis, tuple) else (axis,))]
    if keep:
        return [1 if i in gone else a for i, a in enumerate(x.axes)]
    return [a for i, a in enumerate(x.axes) if i not in gone]


def transformed(x: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """A Fourier transform has the axes of its operand, unless it is given a length."""
    return None if any(n in args and args[n].static is not None for n in ("n", "s")) else x.axes


def solved(a: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """The solution has the axes of the right side, one by one."""
    b = args["b"].one if "b" in args else None
    return b.axes if isinstance(b, Array) and a.rank == 2 and b.rank in (1, 2) else None


def transposed(x: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """Axes in another order."""
    axes = static_axis(args.get("axes"))
    if axes is NotImplemented:
        return None
    return x.axes[::-1] if axes is None else [x.axes[i] for i in axes]


def multiplied(x: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """A matrix product: the inner lengths are equal, or the primal raises."""
    z = list(args.values())[1].one
    if not isinstance(z, Array) or not (1 <= x.rank <= 2 and 1 <= z.rank <= 2):
        return None
    inner = names.find(x.axes[-1]), names.find(z.axes[0])
    if all(map(named, inner)):
        names.unify(*inner)
    return (*x.axes[:-1], *z.axes[1:])


def outer(x: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """The axes of both vectors."""
    z = list(args.values())[1].one
    return (*x.axes, *z.axes) if isinstance(z, Array) and x.rank == z.rank == 1 else None


def expanded(x: Array, args: dict[str, Value], names: AxisNames) -> Any:
    """New axes of length 1."""
    axis = static_axis(args.get("axis"))
    if axis is NotImplemented or axis is None:
        return None
    where = axis if isinstance(axis, tuple) else (axis,)
    rank = x.rank + len(where)
    rest = iter(x.axes)
    new = {a % rank for a in where}
    return [1 if i in new else next(rest) for i in range(rank)]


def shaped(x: Array | None, args: dict[str, Value], names: AxisNames) -> Any:
    """zeros(shape), full(shape, …), broadcast_to(x, shape): the lengths that the shape argument names."""
    kind = args["shape"].one if "shape" in args else None
    items = kind.items if isinstance(kind, Tuple) else (args["shape"],) if "shape" in args else ()
    return [length(v) for v in items]


def length(value: Value) -> Any:
    """The axis that a length argument names."""
    kind = value.one
    if isinstance(kind, Static) and isinstance(kind.value, int):
        return 1 if kind.value == 1 else None
    return kind.origin if isinstance(kind, Weak) and isinstance(kind.origin, int) else None


# fmt: off
REDUCTIONS = "sum mean prod max min amax amin var std nansum nanmean nanprod nanmax nanmin nanvar nanstd median average"
KEEPING = "zeros_like ones_like empty_like full_like copy array asarray cumsum flip roll tril triu real imag angle " \
          "ndarray.copy ndarray.astype sort cumprod nancumsum unwrap nan_to_num fft.fftshift fft.ifftshift " \
          "linalg.inv linalg.cholesky linalg.matrix_power"
FAMILIES: dict[str, Callable] = {
    **{f"np.{name}": reduced for name in REDUCTIONS.split()},
    **{f"np.{name}": same for name in KEEPING.split()},
    **{f"np.{name}": multiplied for name in ("dot", "matmul")},
    **{f"np.{name}": shaped for name in ("zeros", "ones", "empty", "full", "broadcast_to")},
    **{f"np.fft.{name}": transformed for name in ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn")},
    "np.linalg.solve": solved,
    "np.transpose": transposed,
    "np.outer": outer,
    "np.expand_dims": expanded,
    "stop_gradient": same,
}
# fmt: on


def indexed_axes(array: Array, items: Sequence[Value]) -> tuple[Any, ...] | None:
    """Axes of `array[items]` for basic indices: integers drop an axis, full slices keep it, None adds a 1."""
    out: list[Any] = []
    position = 0
    consumed = sum(1 for v in items if not (v.static is None or v.static is Ellipsis))
    for value in items:
        kind = value.one
        if value.static is None:
            out.append(1)
        elif value.static is Ellipsis:
            skip = array.rank - consumed
            out.extend(array.axes[position : position + skip])
            position += skip
        elif isinstance(kind, Static) and isinstance(kind.value, slice):
            out.append(slice_axis(array.axes[position], kind.value))
            position += 1
        elif isinstance(kind, (Static, Weak, Scalar)):
            position += 1
        else:
            return None
    return (*out, *array.axes[position:])
