"""What a call, a method or an attribute reaches: a primitive with a rule, a user's function, or something opaque."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sgrad.analysis import writers
from s2sgrad.analysis.arguments import Arg, arguments, bind, describe, keywords, numeric, opaque
from s2sgrad.analysis.copies import COPIES
from s2sgrad.analysis.lowering import Lowering
from s2sgrad.analysis.primitives import defined, proved_axes
from s2sgrad.analysis.special import SPECIAL, call_dict_method
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    Array,
    Bound,
    Dict,
    Function,
    Kind,
    Object,
    Scalar,
    Static,
    Tuple,
    Unknown,
    Value,
    Weak,
    axis_names,
    generalise,
    join,
    lift,
    of,
    renamed,
    unknown,
)
from s2sgrad.ir.targets import Primitive, UserCall

# ------------------------------------------------------------------------------------------------------ closures


def captured(
    function: ir.Function, frame: Any, env: dict[str, Value], seen: frozenset[str] = frozenset()
) -> dict[str, ir.Expr]:
    """The local variables that a nested function needs, its siblings' needs included, and its parameters' defaults."""
    found: dict[str, ir.Expr] = {}
    for name in function.free:
        if name in env:
            found[name] = ir.Name(name, span=function.span)
            continue
        sibling = frame.local_function(name)
        if sibling is not None and name not in seen:
            found |= {n: e for n, e in captured(sibling, frame, env, seen | {name}).items() if not n.startswith("=")}
        elif sibling is None and is_local(name, frame):
            raise UnsupportedError(
                "S033",
                f"`{function.name}` uses `{name}`, which gets its value later",
                function.span,
                f"assign `{name}` before the function is made, or pass it as an argument",
            )
    for param in function.params:
        if param.default is not None and not isinstance(param.default, (ir.Const, ir.Ref)):
            found["=" + param.name] = param.default
    return found


def is_local(name: str, frame: Any) -> bool:
    """Is it a variable of the function or of one around it?"""
    while frame is not None:
        if name in frame.assigned:
            return True
        frame = frame.parent
    return False


# ---------------------------------------------------------------------------------------------------- attributes


def attribute(interp: Any, expr: ir.Attr, base: Value, name: str) -> Value:
    """The kind of `base.name`, whichever kind the base is of."""
    results = [attribute_of(interp, expr, kind, base, name) for kind in defined(base).kinds]
    return join(*results) if results else BOTTOM


def attribute_of(interp: Any, expr: ir.Attr, kind: Kind, base: Value, name: str) -> Value:
    """The kind of an attribute of one kind of base."""
    match kind:
        case Static(value=v) if not isinstance(v, (int, float, complex)):
            return interp.frame.namespace.attribute(v, name, expr.span)
        case Array() | Scalar() | Weak() | Static() | Unknown() if numeric(kind) or interp.inference.assume_arrays:
            found = array_attribute(interp, expr, kind, base, name)
            if found is not None:
                return found
        case Tuple(cls=cls, items=items) if name in getattr(cls, "_fields", ()):
            return items[cls._fields.index(name)]
        case Dict() if name in ("items", "keys", "values", "get"):
            return of(Bound(base, name))
        case Object():
            return object_attribute(interp, kind, base, name, expr.span)
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
    if isinstance(kind, Array) and name in writers.METHODS:
        return of(Bound(base, writers.METHODS[name]))
    target = interp.inference.rules.attribute(name)
    if target is not None:
        rule = interp.inference.rules.lookup(target)
        interp.analysis.targets[expr] = Primitive(rule, (expr.value,))
        return primitive_value(interp, rule, (base,), {})
    method = interp.inference.rules.method(name)
    if method is not None and (name == "conjugate" or not isinstance(kind, (Weak, Static))):
        return of(Bound(base, method))
    if isinstance(kind, Unknown):
        return None
    example = getattr(kind, "witness", None) if not isinstance(kind, Static) else kind.value
    if hasattr(example, name) and not callable(getattr(example, name)):
        return of(interp.runner.lift(getattr(example, name)))
    return None


def object_attribute(interp: Any, kind: Object, base: Value, name: str, span: Any) -> Value:
    """An attribute or a method of an instance of a user's class; what was read is noted as a dependency."""
    instance = getattr(kind.witness, "__dict__", {})
    if name in instance:
        path = None if kind.path is None else f"{kind.path}.{name}"
        interp.frame.namespace.note_field(kind, name, instance[name])
        return lift(instance[name], None, path)
    found = inspect.getattr_static(kind.cls, name, None)
    if isinstance(found, (types.FunctionType, staticmethod)):
        interp.frame.namespace.note_method(kind.cls, name)
    if isinstance(found, types.FunctionType):
        return of(Bound(base, found))
    if isinstance(found, staticmethod):
        return of(Static(found.__func__))
    return unknown(f"attribute `{name}` of a `{kind.cls.__name__}`", span)


# --------------------------------------------------------------------------------------------------------- calls


def call(interp: Any, expr: ir.Call) -> Value:
    """The kind of a call's result; what the call reaches is recorded."""
    function = interp.eval(expr.func)
    args = arguments(interp, expr.args)
    kwargs = keywords(interp, expr.kwargs)
    if any(not v.kinds for _, v in args) or not function.kinds:
        return BOTTOM
    if len(function.kinds) > 1:
        return opaque(interp, expr, "several functions may be called here")
    return call_kind(interp, expr, function.kinds[0], args, kwargs)


def call_kind(interp: Any, expr: ir.Call, kind: Kind, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A call of one kind of callable."""
    match kind:
        case Static(value=target):
            return call_object(interp, expr, target, args, kwargs)
        case Function():
            return call_function(interp, expr, kind, args, kwargs)
        case Bound(self_=base, function=str() as name):
            return call_dict_method(interp, expr, base, name, args)
        case Bound(self_=base, function=target):
            return call_object(interp, expr, target, [(expr.func.value, base), *args], kwargs)
        case Object(cls=cls) if isinstance(inspect.getattr_static(cls, "__call__", None), types.FunctionType):
            interp.frame.namespace.note_method(cls, "__call__")
            return call_object(interp, expr, cls.__call__, [(expr.func, of(kind)), *args], kwargs)
    reason = kind.reason if isinstance(kind, Unknown) and kind.reason else f"a call of {describe(kind)}"
    return opaque(interp, expr, reason)


LOWERED = writers.WRITERS | COPIES


def lower(interp: Any, expr: ir.Call, target: Any, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """The value of a call that is said in other statements; None for one that is not."""
    try:
        writer = LOWERED.get(target)
    except TypeError:  # unhashable
        return None
    written = writer and writer(Lowering(interp, expr), target, args, dict(kwargs))
    if written is not None:
        return written
    outs, args, kwargs = writers.outputs(target, args, kwargs)
    return writers.into(Lowering(interp, expr), target, args, kwargs, outs) if outs else None


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
    lowered = lower(interp, expr, target, args, kwargs)
    if lowered is not None:
        return lowered
    if isinstance(target, type):
        check_text(expr, target, args)
    special = SPECIAL.get(target) if isinstance(target, CALLABLES) else None
    if special is not None:
        value = special(interp, expr, args, kwargs)
        if value is not None:
            return value
    rule = interp.inference.rules.lookup(target)
    if rule is not None:
        return call_primitive(interp, expr, rule, args, kwargs)
    if isinstance(target, functools.partial):
        return call_partial(interp, expr, target, args, kwargs)
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
    return opaque(interp, expr, f"no derivative rule is known for `{f'{module}.{name}' if module else name}`")


CALLABLES = (types.BuiltinFunctionType, type, types.FunctionType, type(np.ndim))


def library(function: types.FunctionType) -> bool:
    """A function of NumPy, SciPy or the standard library: differentiated by a rule or not at all."""
    return (function.__module__ or "").split(".")[0] in ("numpy", "scipy", "math", "s2sgrad")


def call_primitive(interp: Any, expr: ir.Call, rule: Any, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A call of a function with a rule."""
    try:
        rule.signature.bind(*(v for _, v in args), **{k: v for k, (_, v) in kwargs.items()})
    except TypeError as error:
        return opaque(interp, expr, f"the rule of `{rule.path.path}` does not take these arguments ({error})")
    interp.analysis.targets[expr] = Primitive(
        rule, tuple(e for e, _ in args), tuple(ir.Keyword(k, e) for k, (e, _) in kwargs.items())
    )
    return primitive_value(interp, rule, [v for _, v in args], {k: v for k, (_, v) in kwargs.items()})


def primitive_value(interp: Any, rule: Any, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    """The kind of a primitive's result, with the axis facts that its rule proves."""
    elementwise = rule.family == "elementwise" or (isinstance(rule.target, np.ufunc) and rule.target.signature is None)
    if getattr(rule, "opaque", False):
        return unknown(f"the result of `{rule.path.path}`")
    value = interp.runner.apply(rule.target, args, kwargs, elementwise)
    if isinstance(value.one, Array) and not elementwise:
        if rule.family == "zero":
            named = dict(zip(("shape", *map(str, range(len(args)))), args, strict=False)) | kwargs
        else:
            bound = rule.signature.bind(*args, **kwargs).arguments
            named = {n: v for n, v in bound.items() if isinstance(v, Value)}
        return of(proved_axes(rule.path.path, named, value.one, interp.inference.names))
    return value


def call_partial(
    interp: Any, expr: ir.Call, target: functools.partial, args: list[Arg], kwargs: dict[str, Arg]
) -> Value:
    """A call of a `functools.partial`: its arguments come first."""
    first = [constant(f"partial_{i}", v) for i, v in enumerate(target.args)]
    named = {k: constant(f"partial_{k}", v) for k, v in target.keywords.items()}
    return call_object(interp, expr, target.func, first + args, named | kwargs)


def constant(name: str, obj: Any) -> Arg:
    """An object known at compile time as an argument."""
    if obj is None or type(obj) in (bool, int, float, complex, str):
        return ir.Const(obj), of(Static(obj))
    return ir.Ref(name, obj), lift(obj)


def call_user(interp: Any, expr: ir.Call, target: types.FunctionType, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A call of a function whose source is followed; where that fails it is only run."""
    inference = interp.inference
    try:
        function, namespace = inference.load(target)
        frame = inference.frame_of(function, None, namespace)
        defaults = {p: constant(f"{function.name}_{p}", v) for p, v in function_defaults(target).items()}
        bound = bind(expr, function, args, kwargs, defaults)
        return invoke(interp, expr, function, frame, (), bound)
    except UnsupportedError as error:
        return opaque(interp, expr, str(error.message), error)


def function_defaults(target: types.FunctionType) -> dict[str, Any]:
    """The defaults of a function's parameters, by name."""
    code = target.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = target.__defaults__ or ()
    found = dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    return found | (target.__kwdefaults__ or {})


def call_function(interp: Any, expr: ir.Call, kind: Function, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A function value: its captured variables are passed along."""
    inference = interp.inference
    if isinstance(kind.code, ir.Function):
        function = kind.code
        frame = inference.frame_of(function, home(interp.frame, function), interp.frame.namespace)
        captures = capture_arguments(interp, expr, kind)
        defaults = {p.name: captures.pop("=" + p.name) for p in function.params if "=" + p.name in captures}
        for param in function.params:
            if isinstance(param.default, (ir.Const, ir.Ref)):
                defaults[param.name] = constant(param.name, param.default.value)
    else:
        function, namespace = inference.load(kind.witness, cells=False)
        frame = inference.frame_of(function, None, namespace)
        captures = {n: (ir.Index(expr.func, ir.Const(i)), v) for i, (n, v) in enumerate(kind.captures)}
        defaults = {p: constant(f"{function.name}_{p}", v) for p, v in function_defaults(kind.witness).items()}
    bound = bind(expr, function, args, kwargs, defaults)
    return invoke(interp, expr, function, frame, tuple(captures.items()), bound)


def home(frame: Any, function: ir.Function) -> Any:
    """The frame that a nested function was made in, seen from one inside it."""
    inner = frame
    while inner is not None:
        if function in inner.nested:
            return inner
        inner = inner.parent
    return frame


def capture_arguments(interp: Any, expr: ir.Call, kind: Function) -> dict[str, Arg]:
    """The captured variables of a nested function: as they are now if it is called by name, else those of its value."""
    if isinstance(expr.func, ir.Name) and interp.frame.local_function(expr.func.id) is kind.code:
        needed = captured(kind.code, interp.frame, interp.env)
        return {n: (e, interp.eval(e)) for n, e in needed.items()}
    return {n: (ir.Index(expr.func, ir.Const(i), span=expr.span), v) for i, (n, v) in enumerate(kind.captures)}


def invoke(
    interp: Any,
    expr: ir.Call,
    function: ir.Function,
    frame: Any,
    captures: tuple[tuple[str, Arg], ...],
    bound: list[Arg],
) -> Value:
    """Analyse a user's function for these arguments; axes keep their callers' names in the result."""
    params = (*(n for n, _ in captures), *(p.name for p in function.params))
    args = [a for _, a in captures] + bound
    values = tuple(Value(tuple(map(generalise, v.kinds))) for _, v in args)
    names = interp.inference.names
    analysis = interp.inference.analyse(function, frame, params, with_own_names(values, names))
    interp.analysis.targets[expr] = UserCall(analysis, tuple(e for e, _ in args))
    ours = dict(zip(map(names.find, axis_names(analysis.args)), axis_names(values), strict=True))
    return renamed(analysis.result, lambda token: ours.get(names.find(token)))


def with_own_names(values: tuple[Value, ...], names: Any) -> tuple[Value, ...]:
    """The values with new names for their axes: what is proved of them in a function holds for each call of it."""
    own: dict[int, int] = {}

    def rename(token: int) -> int:
        token = names.find(token)
        if token not in own:
            own[token] = names.new()
        return own[token]

    return tuple(renamed(v, rename) for v in values)
