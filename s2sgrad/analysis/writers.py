"""Calls that write into arrays, said in statements that the compiler differentiates.

np.add(a, b, out=x)            t = np.add(a, b)
                               x[...] = t                  (the value of the call is `x` itself)
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.arguments import known_items
from s2sgrad.analysis.lowering import Args, Kwargs, Lowering, Writer, given, is_array
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Array, Scalar, Static, Value, Weak

__all__ = ["METHODS", "WRITERS", "into", "outputs"]

SAFE = {"f": 0.5, "c": 0.5, "i": 1, "u": 1, "b": True}
"""By kind of dtype: an operand that stands where `where=` is false, harmless to the function and its derivative."""
SAFE_FOR: dict[Any, dict[str, Any]] = {
    np.arccosh: {"f": 2.0},
    np.power: {"f": 1.0},
    np.float_power: {"f": 1.0},
}


# -------------------------------------------------------------------------------------------------------- out=, where=


def outputs(target: Any, args: Args, kwargs: Kwargs) -> tuple[Args, Args, Kwargs]:
    """The arrays that a call of a NumPy function writes its results into, and the other arguments."""
    kwargs = dict(kwargs)
    named = kwargs.pop("out", None)
    if isinstance(target, np.ufunc):
        outs, args = args[target.nin :], args[: target.nin]
    elif is_numpy(target):
        names = positional(target)
        at = names.index("out") if "out" in names else len(args)
        kwargs |= dict(zip(names[at + 1 :], args[at + 1 :], strict=False))
        outs, args = args[at : at + 1], args[:at]
        while outs and len(args) > 1 and args[-1][1].static is None:
            args = args[:-1]  # a default, there to reach the place of `out`
    else:
        return [], args, kwargs
    if named is not None:
        items = known_items(named[1])
        single = [(ir.Index(named[0], ir.Const(i)), v) for i, v in enumerate(items)] if items is not None else [named]
        outs = [*outs, *single]
    return ([] if all(v.static is None for _, v in outs) else outs), args, kwargs


def is_numpy(target: Any) -> bool:
    """Is it a function of NumPy, or a method of its arrays?"""
    name = getattr(target, "__module__", None) or getattr(getattr(target, "__objclass__", None), "__module__", None)
    return (name or "").split(".")[0] == "numpy"


def positional(target: Any) -> tuple[str, ...]:
    """The names of a function's positional parameters, as far as they are known."""
    if target is np.dot:
        return ("a", "b", "out")
    if target is np.concatenate:
        return ("arrays", "axis", "out")
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


def into(write: Lowering, target: Any, args: Args, kwargs: Kwargs, outs: Args) -> Value:
    """`f(…, out=x)`: the result is computed, and written into `x`, which is the value of the call."""
    rule = write.interp.inference.rules.lookup(target)
    if rule is None or any(not v.is_array for _, v in outs) or len(outs) != getattr(target, "nout", 1):
        raise write.refuse("this call writes its result into an argument", "assign by index: `a[...] = …`")
    bases = [write.base(arg) for arg in outs]
    where = kwargs.pop("where") if isinstance(target, np.ufunc) and "where" in kwargs else None
    if where is not None and where[1].static is True:
        where = None
    kwargs = {k: v for k, v in kwargs.items() if not (k == "casting" and v[1].static == "same_kind")}
    operands, keywords = [write.atom(a) for a in args], {k: write.atom(a) for k, a in kwargs.items()}
    mask = None if where is None else write.atom(where)
    if mask is not None:
        operands = [harmless(write, target, mask, e) for e in operands]
    result = write.call(rule.path, operands, [ir.Keyword(k, e) for k, e in keywords.items()])
    for i, base in enumerate(bases):
        part = result if len(bases) == 1 else write.keep(ir.Index(result, write.const(i), span=write.span))
        check_cast(write, write.value(part), write.value(base))
        if mask is not None:
            part = write.numpy("where", mask, part, base)
        write.fill(base, part)
    return write.done(bases[0] if len(bases) == 1 else ir.Tuple(tuple(bases), span=write.span))


def harmless(write: Lowering, target: Any, mask: ir.Expr, operand: ir.Expr) -> ir.Expr:
    """An operand that is harmless where the mask is false: there the function is not called, nor is its derivative."""
    value = write.value(operand)
    kinds = {dtype_kind(kind) for kind in value.kinds}
    if value.static is not NotImplemented and kinds <= {"i", "u", "b"}:
        return operand
    if len(kinds) != 1 or not kinds <= SAFE.keys():
        raise write.refuse("this call writes its result where a mask is true", "write `a[...] = np.where(mask, …, a)`")
    kind = kinds.pop()
    return write.numpy("where", mask, operand, write.const(SAFE_FOR.get(target, {}).get(kind, SAFE[kind])))


def dtype_kind(kind: Any) -> str | None:
    """The letter of a kind's dtype."""
    match kind:
        case Array(dtype=d) | Scalar(dtype=d):
            return d.kind
        case Weak(type=t):
            return np.dtype(t).kind if t in (bool, int, float, complex) else None
        case Static(value=v) if type(v) in (bool, int, float, complex):
            return np.dtype(type(v)).kind
    return None


def check_cast(write: Lowering, result: Value, base: Value) -> None:
    """NumPy does not cast a float into an array of ints where a function writes its result."""
    for kind in result.kinds:
        for other in base.kinds:
            dtype = getattr(kind, "dtype", None)
            if dtype is not None and not np.can_cast(dtype, other.dtype, "same_kind"):
                raise UnsupportedError(
                    "S014", f"NumPy does not write a result of type {dtype} into an array of {other.dtype}", write.span,
                    "make the array a float array, or assign by index",
                )  # fmt: skip


# ---------------------------------------------------------------------------------------- functions and methods


def copyto(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.copyto(a, b, where=m)`."""
    found = given(write, "dst src casting where", args, kwargs)
    if found is None or not is_array(found.get("dst")) or "src" not in found or "casting" in found:
        return None
    base, source = write.base(found["dst"]), write.atom(found["src"])
    check_cast(write, write.value(source), write.value(base))
    if "where" in found and found["where"][1].static is not True:
        source = write.numpy("where", write.atom(found["where"]), source, base)
    write.fill(base, source)
    return write.done(write.const(None))


def fill(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`a.fill(v)`."""
    found = given(write, "self value", args, kwargs)
    if found is None or not is_array(found["self"]) or "value" not in found:
        return None
    write.fill(write.base(found["self"]), write.atom(found["value"]))
    return write.done(write.const(None))


def rearranged(name: str, parameters: str) -> Writer:
    """A method that rearranges an array in place, by the function that returns a rearranged copy."""

    def method(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
        found = given(write, f"self {parameters}", args, kwargs)
        if found is None or not is_array(found["self"]):
            return None
        base = write.base(found.pop("self"))
        keywords = [ir.Keyword(k, write.atom(a)) for k, a in found.items()]
        made = write.call(ir.Ref(f"np.{name}", getattr(np, name), np), [base], keywords)
        write.fill(base, made)
        return write.done(write.const(None))

    return method


def at(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.add.at(a, i, v)` and `np.subtract.at(a, i, v)`: repeated indices count as often as they occur."""
    if len(args) != 3 or kwargs or not is_array(args[0]):
        return None
    base, index, value = write.base(args[0]), write.atom(args[1]), write.atom(args[2])
    check_cast(write, write.value(value), write.value(base))
    write.accumulate(target.__self__, base, index, value)
    return write.done(write.const(None))


def not_at(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.multiply.at` and the like: an element may be changed many times by one call."""
    raise write.refuse(
        f"`np.{target.__self__.__name__}.at` may change an element many times at once",
        "write `a[i] = …` if no index occurs twice, else a loop over the indices",
    )


def put(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.put(a, i, v)`: the indices count the elements of `a`, whatever its rank."""
    found = given(write, "a ind v", args, kwargs)
    if found is None or len(found) != 3 or not is_array(found["a"]):
        return None
    base, index, value = write.base(found["a"]), write.atom(found["ind"]), write.atom(found["v"])
    if not (write.value(value).is_scalar or is_vector(write, value)):
        return None
    if any(k.rank != 1 for k in write.value(base).kinds):
        shape = write.keep(ir.Attr(base, "shape", span=write.span))
        index = write.numpy("unravel_index", index, shape)
    elif not write.value(index).is_array and not write.value(index).is_scalar:
        index = write.numpy("array", index)
    write.store(base, index, value)
    return write.done(write.const(None))


def is_vector(write: Lowering, e: ir.Expr) -> bool:
    """Is it an array of one axis?"""
    return write.value(e).is_array and all(k.rank == 1 for k in write.value(e).kinds)


def place(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.place(a, mask, v)` and `np.putmask(a, mask, v)` of a number `v`: values of arrays are used in turns."""
    found = given(write, "a mask values", args, kwargs)
    if found is None or len(found) != 3 or not is_array(found["a"]):
        return None
    if not found["values"][1].is_scalar:
        raise write.refuse(
            f"`np.{target.__name__}` takes the values in turns", "write `a[...] = np.where(mask, values, a)`"
        )
    base, mask, value = write.base(found["a"]), write.atom(found["mask"]), write.atom(found["values"])
    write.fill(base, write.numpy("where", mask, value, base))
    return write.done(write.const(None))


def put_along_axis(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.put_along_axis(a, i, v, axis)`."""
    found = given(write, "arr indices values axis", args, kwargs)
    if found is None or len(found) != 4 or not is_array(found["arr"]):
        return None
    base, indices, values = (write.atom(found[name]) for name in ("arr", "indices", "values"))
    if not isinstance(base, ir.Name) or type(found["axis"][1].static) is not int:
        return None
    shape = write.keep(ir.Attr(base, "shape", span=write.span))
    helper = ir.Ref("along_axis", runtime.along_axis)
    write.store(base, write.call(helper, [shape, indices, write.atom(found["axis"])]), values)
    return write.done(write.const(None))


def fill_diagonal(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.fill_diagonal(a, v)`."""
    found = given(write, "a val wrap", args, kwargs)
    if found is None or not is_array(found.get("a")) or "val" not in found:
        return None
    wraps = "wrap" in found and found["wrap"][1].static is not False
    kind = found["a"][1].one
    if wraps or kind is None or kind.rank < 2 or not (found["val"][1].is_scalar or is_vector_kind(found["val"][1])):
        return None
    base, value = write.base(found["a"]), write.atom(found["val"])
    shape = write.keep(ir.Attr(base, "shape", span=write.span))
    count = write.call(ir.Ref("min", min), [shape])
    where = write.numpy("arange", count)
    write.store(base, ir.Tuple(tuple(ir.Name(where.id, span=write.span) for _ in range(kind.rank))), value)
    return write.done(write.const(None))


def is_vector_kind(value: Value) -> bool:
    """Is it an array of one axis?"""
    return value.is_array and all(k.rank == 1 for k in value.kinds)


def nan_to_num(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """`np.nan_to_num(a, copy=False)`."""
    copies = args[1] if len(args) > 1 else kwargs.get("copy")
    if copies is None or copies[1].static is True or not args or not is_array(args[0]):
        return None
    if copies[1].static is not False:
        raise write.refuse("this call may write into its argument", "write `copy=True`, or assign by index")
    base = write.base(args[0])
    rest = [write.atom(a) for a in args[2:]]
    named = [ir.Keyword(k, write.atom(a)) for k, a in kwargs.items() if k != "copy"]
    named += [ir.Keyword(k, e) for k, e in zip(("nan", "posinf", "neginf"), rest, strict=False)]
    write.fill(base, write.call(ir.Ref("np.nan_to_num", np.nan_to_num, np), [base], named))
    return write.done(base)


def resized(write: Lowering, target: Any, args: Args, kwargs: Kwargs) -> Value | None:
    """Methods that change what an array is, not what it holds."""
    raise write.refuse(
        f"`.{target.__name__}()` changes the array itself", "make a new array: `np.resize`, `reshape`, `astype`"
    )


METHODS: dict[str, Any] = {
    name: getattr(np.ndarray, name)
    for name in ("fill", "sort", "partition", "put", "resize", "setflags", "setfield", "byteswap", "itemset")
    if hasattr(np.ndarray, name)
}
"""The methods of an array that write into it."""

WRITERS: dict[Any, Writer] = {
    np.copyto: copyto,
    np.ndarray.fill: fill,
    np.ndarray.sort: rearranged("sort", "axis kind order"),
    np.ndarray.partition: rearranged("partition", "kth axis kind order"),
    np.add.at: at,
    np.subtract.at: at,
    np.put: put,
    np.ndarray.put: put,
    np.place: place,
    np.putmask: place,
    np.put_along_axis: put_along_axis,
    np.fill_diagonal: fill_diagonal,
    np.nan_to_num: nan_to_num,
    **dict.fromkeys((np.ndarray.resize, np.ndarray.setflags, np.ndarray.setfield, np.ndarray.byteswap), resized),
    **dict.fromkeys((getattr(np, n).at for n in ("multiply", "divide", "maximum", "minimum", "power")), not_at),
}
