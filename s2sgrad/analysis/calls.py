"""What a call, a method or an attribute reaches: a primitive with a rule, a user's function, or something opaque."""

from __future__ import annotations

import functools
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis import containers, objects, operands, writers
from s2sgrad.analysis.arguments import Arg, arguments, describe, keywords, numeric, opaque
from s2sgrad.analysis.constructors import constructor
from s2sgrad.analysis.copies import COPIES
from s2sgrad.analysis.functions import (
    cached,
    call_function,
    call_one_of,
    call_partial,
    call_user,
    constant,
    held,
)
from s2sgrad.analysis.higher import HIGHER, writer_of
from s2sgrad.analysis.lowering import Lowering
from s2sgrad.analysis.operators import Operator, call_held, call_operator, is_operator, of_known
from s2sgrad.analysis.primitives import defined, proved_axes
from s2sgrad.analysis.records import RECORDS, maker
from s2sgrad.analysis.special import SPECIAL, call_dict_method, displayed
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    Array,
    Bound,
    Dict,
    Function,
    Kind,
    List,
    Object,
    Partial,
    Scalar,
    Set,
    Static,
    Super,
    Tuple,
    Unknown,
    Value,
    Weak,
    cells_of,
    holds_function,
    is_complex,
    join,
    lift,
    of,
    unknown,
)
from s2sgrad.ir.targets import Expand, Primitive
from s2sgrad.runtime import functional

# ---------------------------------------------------------------------------------------------------- attributes

OWNERSHIP = frozenset(("base", "flags", "strides"))  # how an array lies in memory: its witness lies otherwise


def attribute(interp: Any, expr: ir.Attr, base: Value, name: str) -> Value:
    """The kind of `base.name`, whichever kind the base is of."""
    kinds = defined(base).kinds
    interp.analysis.targets.pop(expr, None)  # what it seemed to be in an earlier pass
    if len(kinds) > 1 and any(map(objects.is_instance, kinds)):
        return objects.attribute_of_one(interp, expr, kinds, lambda e, k: attribute_of(interp, e, k, of(k), name))
    results = [attribute_of(interp, expr, kind, base, name) for kind in kinds]
    value = join(*results) if results else BOTTOM
    if not all(isinstance(k, Bound) for k in value.kinds):
        interp.analysis.methods.discard(expr)  # a method of one kind of base only, or as it seemed in an earlier pass
    return value


def attribute_of(interp: Any, expr: ir.Attr, kind: Kind, base: Value, name: str) -> Value:
    """The kind of an attribute of one kind of base."""
    match kind:
        case Static(value=v) if not isinstance(v, (int, float, complex)):
            return interp.frame.namespace.attribute(v, name, expr.span)
        case Array() | Scalar() | Weak() | Static() | Unknown() if numeric(kind) or interp.inference.assume_arrays:
            found = array_attribute(interp, expr, kind, base, name)
            if found is not None:
                return found
        case Tuple(cls=cls) if hasattr(cls, "_fields"):
            return objects.attribute(interp, expr, kind, name)
        case Super():
            return objects.inherited(interp, expr, kind, name)
        case List(cls=cls) if cls is list and (List, name) in containers.METHODS:
            return objects.method(interp, expr, kind, name)
        case Dict() | Set() if (type(kind), name) in containers.METHODS:
            return objects.method(interp, expr, kind, name)
        case Object():
            return objects.attribute(interp, expr, kind, name)
        case Function() if name in ("__name__", "__qualname__", "__doc__"):
            return of(Weak(str, interp.inference.tag(kind)))
    reason = kind.reason if isinstance(kind, Unknown) else ""
    return unknown(reason or f"attribute `{name}` of {describe(kind)}", expr.span)


def array_attribute(interp: Any, expr: ir.Attr, kind: Kind, base: Value, name: str) -> Value | None:
    """An attribute of an array or a number: a fact about it, a primitive, or a bound method; None where unknown."""
    if isinstance(kind, Array):
        if name == "shape":
            names = interp.inference.names
            lengths = zip(kind.axes, kind.shape, strict=True)
            return of(Tuple(tuple, tuple(of(Static(1) if a == 1 else Weak(int, n, names.find(a))) for a, n in lengths)))
        if name == "ndim":
            return of(Static(kind.rank))
        if name == "dtype":
            return of(Static(kind.dtype))
        if name in ("size", "nbytes", "itemsize"):
            return of(Weak(int, int(np.prod(kind.shape))))
    if isinstance(kind, Scalar) and name == "dtype":
        return of(Static(kind.dtype))
    if base.is_array and (name == "flat" or (name == "real" and not any(map(is_complex, base.kinds)))):
        whole = ir.Index(expr.value, ir.Const(Ellipsis), span=expr.span)
        flat = ir.Ref("np.ndarray.reshape", np.ndarray.reshape, np)
        view = whole if name == "real" else ir.Call(flat, (expr.value, ir.Const(-1)), span=expr.span)
        interp.analysis.targets[expr] = Expand(view)
        return interp.eval(view)
    if isinstance(kind, Array) and name in writers.METHODS:
        return objects.method(interp, expr, kind, writers.METHODS[name])
    target = interp.inference.rules.attribute(name)
    if target is not None:
        rule = interp.inference.rules.lookup(target)
        interp.analysis.targets[expr] = Primitive(rule, (expr.value,))
        return primitive_value(interp, rule, (base,), {})
    method = interp.inference.rules.method(name)
    if method is np.ndarray.conjugate and not (isinstance(kind, Array) and not is_complex(kind)):
        method = np.conjugate  # of a real array it is the array itself
    if method is not None and (name == "conjugate" or not isinstance(kind, (Weak, Static))):
        return objects.method(interp, expr, kind, method)
    if isinstance(kind, Unknown):
        return None
    example = getattr(kind, "witness", None) if not isinstance(kind, Static) else kind.value
    if name in OWNERSHIP or not hasattr(example, name):
        return None
    found = interp.runner.lift(getattr(example, name))
    return None if isinstance(found, Static) else of(found)  # an iterator, a buffer: nothing of the witness is known


# --------------------------------------------------------------------------------------------------------- calls


def call(interp: Any, expr: ir.Call) -> Value:
    """The kind of a call's result; what the call reaches is recorded."""
    function = interp.eval(expr.func)
    args = arguments(interp, expr.args)
    kwargs = keywords(interp, expr.kwargs)
    if any(not v.kinds for _, v in args) and not containers.is_method(function):
        return BOTTOM
    return call_value(interp, expr, function, args, kwargs)


def call_value(interp: Any, expr: ir.Call, function: Value, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A call of a value that may be one of several functions."""
    function = defined(function)
    if not function.kinds:
        return BOTTOM
    if len(function.kinds) > 1:
        return call_one_of(interp, expr, function, args, kwargs, call_kind)
    return call_kind(interp, expr, function.kinds[0], args, kwargs)


def call_kind(interp: Any, expr: ir.Call, kind: Kind, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A call of one kind of callable."""
    match kind:
        case Static(value=target):
            return call_object(interp, expr, target, args, kwargs)
        case Function(code=Partial()):
            return call_partial(interp, expr, kind, args, kwargs, call_value)
        case Function(code=Operator()):
            return call_held(interp, expr, kind, args, kwargs, call_value)
        case Function():
            return call_function(interp, expr, kind, args, kwargs)
        case Bound(self_=base, function=str() as name):
            at = owner(interp, expr, base)
            if displayed(base, name, args) and not kwargs:
                return call_dict_method(interp, expr, at, name, args)
            return containers.call_method(interp, expr, at, name, args, kwargs)
        case Bound(self_=base, function=target):
            return call_object(interp, expr, target, [owner(interp, expr, base), *args], kwargs)
        case Object(cls=cls) if isinstance(objects.lookup(cls, "__call__"), types.FunctionType):
            interp.frame.namespace.note_method(cls, "__call__")
            return call_object(interp, expr, cls.__call__, [(expr.func, of(kind)), *args], kwargs)
    reason = kind.reason if isinstance(kind, Unknown) and kind.reason else f"a call of {describe(kind)}"
    return opaque(interp, expr, reason)


LOWERED = writers.WRITERS | COPIES | HIGHER | RECORDS


def lower(interp: Any, expr: ir.Call, target: Any, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """The value of a call that is said in other statements; None for one that is not."""
    try:
        writer = writer_of(target) or maker(target) or LOWERED.get(target) or constructor(target)
    except TypeError:  # unhashable
        return None
    written = writer and writer(Lowering(interp, expr), target, args, dict(kwargs))
    if written is not None:
        return written
    outs, args, kwargs = writers.outputs(target, args, kwargs)
    return writers.into(Lowering(interp, expr), target, args, kwargs, outs) if outs else None


def owner(interp: Any, expr: ir.Call, base: Value) -> Arg:
    """What a method is called on: what stands before the dot, or what the method, as a value, holds."""
    if isinstance(expr.func, ir.Attr) and expr.func in interp.analysis.methods:
        return expr.func.value, base
    return held(interp, expr, 0, base)


def check_text(expr: ir.Call, target: Any, args: list[Arg]) -> None:
    """Refuse numbers made from text: a derivative would be lost on the way."""
    if (
        target in (float, complex, np.float64, np.float32)
        and args
        and any(isinstance(k, Weak) and k.type is str for k in args[0][1].kinds)
    ):
        raise UnsupportedError(
            "S020",
            "no derivative flows through a number that is made from text",
            expr.span,
            "compute with the number itself",
        )


def call_object(interp: Any, expr: ir.Call, target: Any, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A call of an object known at compile time."""
    if is_operator(target):
        return call_operator(interp, expr, target, args, kwargs, call_value)
    known = getattr(target, "__s2sgrad_derivative__", None)
    if known is not None:
        return of_known(interp, expr, known, args)
    lowered = lower(interp, expr, target, args, kwargs)
    if lowered is not None:
        return lowered
    if isinstance(target, type):
        check_text(expr, target, args)
    if operands.is_outer(target):
        value = operands.outer(interp, expr, target.__self__, args, kwargs)
        if value is not None:
            return value
    special = SPECIAL.get(target) if isinstance(target, CALLABLES) else None
    if special is not None:
        value = special(interp, expr, args, kwargs)
        if value is not None:
            return value
    rule = interp.inference.rules.lookup(target)
    if rule is not None:
        return call_primitive(interp, expr, rule, args, kwargs)
    if isinstance(target, functools.partial):
        return call_known_partial(interp, expr, target, args, kwargs)
    if cached(target):
        interp.frame.namespace.attribute(target, "__wrapped__", expr.span)
        target = target.__wrapped__
    inner = getattr(target, "__s2sgrad_function__", None)
    if inner is not None:
        target = inner
    if isinstance(target, types.MethodType):
        owner = ir.Ref(f"{type(target.__self__).__name__}_self", target.__self__)
        args = [(owner, lift(target.__self__)), *args]
        target = target.__func__
    if isinstance(target, types.FunctionType) and not library(target):
        return call_user(interp, expr, target, args, kwargs)
    name = getattr(target, "__qualname__", None) or type(target).__name__
    module = getattr(target, "__module__", None)
    path = f"{module}.{name}" if module else name
    check_functions(expr, path, args, kwargs)
    return opaque(interp, expr, f"no derivative rule is known for `{path}`")


CALLABLES = (types.BuiltinFunctionType, type, types.FunctionType, type(np.ndim))


LIBRARIES = frozenset(("numpy", "scipy", "math", "s2sgrad", "warnings", "logging", "time", "contextlib", "traceback"))


def library(function: types.FunctionType) -> bool:
    """A function of NumPy, SciPy or the standard library: differentiated by a rule or not at all."""
    if hasattr(function, "__s2sgrad_source__"):  # there to be followed
        return False
    module = function.__module__ or ""
    return module not in (functional.__name__, "s2sgrad.generated") and module.split(".")[0] in LIBRARIES


def check_functions(expr: ir.Call, name: str, args: list[Arg], kwargs: dict[str, Arg]) -> None:
    """Refuse to hand a function that the program made to one that is run as it is: it is a tuple by now."""
    values = [v for _, v in (*args, *kwargs.values())]
    if any(map(holds_function, values)):
        raise UnsupportedError(
            "S037", f"`{name}` is handed a function whose source is followed", expr.span,
            "call the function here, and hand over its result",
        )  # fmt: skip


def call_primitive(interp: Any, expr: ir.Call, rule: Any, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A call of a function with a rule."""
    check_functions(expr, rule.path.path, args, kwargs)
    try:
        rule.signature.bind(*(v for _, v in args), **{k: v for k, (_, v) in kwargs.items()})
    except TypeError as error:
        return opaque(interp, expr, f"the rule of `{rule.path.path}` does not take these arguments ({error})")
    args, kwargs = operands.of_arrays(interp, rule, args, kwargs)
    interp.analysis.targets[expr] = Primitive(
        rule, tuple(e for e, _ in args), tuple(ir.Keyword(k, e) for k, (e, _) in kwargs.items())
    )
    return primitive_value(interp, rule, [v for _, v in args], {k: v for k, (_, v) in kwargs.items()})


def primitive_value(interp: Any, rule: Any, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    """The kind of a primitive's result, with the axis facts that its rule proves."""
    elementwise = rule.family == "elementwise" or (isinstance(rule.target, np.ufunc) and rule.target.signature is None)
    if getattr(rule, "opaque", False):
        return unknown(f"the result of `{rule.path.path}`")
    if rule.target is runtime.stop_gradient:
        return args[0]
    value = interp.runner.apply(rule.target, args, kwargs, elementwise)
    shared = rule.aliasing != "fresh" and any(map(cells_of, (*args, *kwargs.values())))
    if shared and not cells_of(value) and any(map(is_changeable, value.kinds)):
        return unknown(f"the container that `{rule.path.path}` returns")
    if isinstance(value.one, Array) and not elementwise:
        if rule.family == "zero":
            named = dict(zip(("shape", *map(str, range(len(args)))), args, strict=False)) | kwargs
        else:
            bound = rule.signature.bind(*args, **kwargs).arguments
            named = {n: v for n, v in bound.items() if isinstance(v, Value)}
        return of(proved_axes(rule.path.path, named, value.one, interp.inference.names))
    return value


def is_changeable(kind: Kind) -> bool:
    """Is it a container that may be the same as another one?"""
    return isinstance(kind, (List, Dict, Set))


def call_known_partial(
    interp: Any, expr: ir.Call, target: functools.partial, args: list[Arg], kwargs: dict[str, Arg]
) -> Value:
    """A call of a `functools.partial` known at compile time: its arguments come first."""
    first = [constant(f"partial_{i}", v) for i, v in enumerate(target.args)]
    named = {k: constant(f"partial_{k}", v) for k, v in target.keywords.items()}
    return call_object(interp, expr, target.func, first + args, named | kwargs)
