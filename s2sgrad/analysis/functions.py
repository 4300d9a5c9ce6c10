"""Function values: closures, methods and partials, what they captured, and calls of one of several.

In generated code a function value is a tuple: a text that tells it from others, then what it captured. A call of one
that is known passes the captured values in front of the arguments. A call of one of several becomes a branch on what
the value is, with a known callee in each.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from s2sgrad import runtime
from s2sgrad.analysis import containers
from s2sgrad.analysis.arguments import Arg, bind, opaque
from s2sgrad.analysis.heap import with_cells
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    BOTTOM,
    Bound,
    Function,
    Kind,
    Object,
    Partial,
    Static,
    Value,
    Weak,
    axis_names,
    cells_of,
    generalise,
    holds_function,
    join,
    lift,
    of,
    partial_captures,
    renamed,
)
from s2sgrad.ir.targets import Dispatch, Expand, UserCall

CallKind = Callable[[Any, ir.Call, Kind, list[Arg], dict[str, Arg]], Value]

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


def home(frame: Any, function: ir.Function) -> Any:
    """The frame that a nested function was made in, seen from one inside it."""
    inner = frame
    while inner is not None:
        if function in inner.nested:
            return inner
        inner = inner.parent
    return frame


def held(interp: Any, expr: ir.Call, i: int, value: Value) -> Arg:
    """What a function value holds at a place of its tuple, behind the text that tells what it is."""
    node = ir.Index(expr.func, ir.Const(i + 1), span=expr.span)
    interp.values[node] = value
    return node, value


def function_defaults(target: types.FunctionType) -> dict[str, Any]:
    """The defaults of a function's parameters, by name."""
    code = target.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = target.__defaults__ or ()
    found = dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    return found | (target.__kwdefaults__ or {})


def constant(name: str, obj: Any) -> Arg:
    """An object known at compile time as an argument."""
    if obj is None or type(obj) in (bool, int, float, complex, str):
        return ir.Const(obj), of(Static(obj))
    return ir.Ref(name, obj), lift(obj)


# --------------------------------------------------------------------------------------------------------- calls


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
        if any(holds_function(v) for _, v in (*args, *kwargs.values())):
            raise
        return opaque(interp, expr, str(error.message), error)


def call_function(interp: Any, expr: ir.Call, kind: Function, args: list[Arg], kwargs: dict[str, Arg]) -> Value:
    """A function value: its captured variables are passed along."""
    inference = interp.inference
    if isinstance(kind.code, ir.Function):
        function = kind.code
        frame = inference.frame_of(function, kind.home, kind.home.namespace)
        captures = capture_arguments(interp, expr, kind)
        defaults = {p.name: captures.pop("=" + p.name) for p in function.params if "=" + p.name in captures}
        for param in function.params:
            if isinstance(param.default, (ir.Const, ir.Ref)):
                defaults[param.name] = constant(param.name, param.default.value)
    else:
        function, namespace = inference.load(kind.witness, cells=False)
        frame = inference.frame_of(function, None, namespace)
        captures = {n: held(interp, expr, i, v) for i, (n, v) in enumerate(kind.captures)}
        defaults = {p: constant(f"{function.name}_{p}", v) for p, v in function_defaults(kind.witness).items()}
    bound = bind(expr, function, args, kwargs, defaults)
    return invoke(interp, expr, function, frame, tuple(captures.items()), bound)


def capture_arguments(interp: Any, expr: ir.Call, kind: Function) -> dict[str, Arg]:
    """The captured variables of a nested function: as they are now if it is called by name, else those of its value."""
    if isinstance(expr.func, ir.Name) and interp.frame.local_function(expr.func.id) is kind.code:
        needed = captured(kind.code, interp.frame, interp.env)
        return {n: (e, interp.eval(e)) for n, e in needed.items()}
    return {n: held(interp, expr, i, v) for i, (n, v) in enumerate(kind.captures)}


def call_partial(
    interp: Any, expr: ir.Call, kind: Function, args: list[Arg], kwargs: dict[str, Arg], call_value: Any
) -> Value:
    """A call of a `functools.partial`: the function that it holds, with the arguments that it holds in front."""
    function, *first = (held(interp, expr, i, v) for i, (_, v) in enumerate(kind.captures))
    named = dict(zip(kind.code.keywords, first[kind.code.positional :], strict=True)) | kwargs
    return forward(interp, expr, function, first[: kind.code.positional] + args, named, call_value)


def forward(
    interp: Any, expr: ir.Call, function: Arg, args: list[Arg], kwargs: dict[str, Arg], call_value: Any
) -> Value:
    """A call that is a call of another function."""
    inner = with_arguments(expr, function[0], args, kwargs)
    value = interp.values[inner] = call_value(interp, inner, function[1], args, kwargs)
    interp.analysis.targets[expr] = Expand(inner)
    return value


def with_arguments(expr: ir.Call, func: ir.Expr, args: list[Arg], kwargs: dict[str, Arg]) -> ir.Call:
    """A call in the place of another one."""
    named = tuple(ir.Keyword(k, e) for k, (e, _) in kwargs.items())
    return ir.Call(func, tuple(e for e, _ in args), named, span=expr.span)


def make_partial(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg]) -> Value | None:
    """`functools.partial(f, …)`: a function value that holds a function and arguments."""
    if not args:
        return None
    code = Partial(len(args) - 1, tuple(kwargs))
    parts = [*args, *kwargs.values()]
    captures = tuple(zip(partial_captures(*vars_of(code)), (v for _, v in parts), strict=True))
    kind = Function(code, captures)
    node = ir.Tuple((ir.Const(interp.inference.tag(kind)), *(e for e, _ in parts)), span=expr.span)
    value = interp.values[node] = of(kind)
    interp.analysis.targets[expr] = Expand(node)
    return value


def vars_of(code: Partial) -> tuple[int, tuple[str, ...]]:
    """The fields of a partial's code."""
    return code.positional, code.keywords


def invoke(
    interp: Any,
    expr: ir.Call,
    function: ir.Function,
    frame: Any,
    captures: tuple[tuple[str, Arg], ...],
    bound: list[Arg],
) -> Value:
    """Analyse a user's function for these arguments; axes and cells keep their callers' names in the result."""
    params = (*(n for n, _ in captures), *(p.name for p in function.params))
    args = [a for _, a in captures] + bound
    values = tuple(Value(tuple(map(generalise, v.kinds))) for _, v in args)
    values = tuple(interp.heap.made(v, ("outside", e)) for v, (e, _) in zip(values, args, strict=True))
    names = interp.inference.names
    analysis = interp.inference.called(function, frame, params, with_own_names(values, names))
    interp.analysis.targets[expr] = UserCall(analysis, tuple(e for e, _ in args), values)
    ours = dict(zip(map(names.find, axis_names(analysis.args)), axis_names(values), strict=True))
    cells = containers.their_cells(analysis.args, values)

    def in_caller(value: Value) -> Value:
        return with_cells(renamed(value, lambda token: ours.get(names.find(token))), cells)

    with containers.at(expr.span):
        for inner, outer in cells.items():
            interp.heap.passed(inner, outer, in_caller)
            if interp.heap.lengthened(inner):
                containers.check_cells(interp, outer, expr.span)
    return in_caller(analysis.result)


def with_own_names(values: tuple[Value, ...], names: Any) -> tuple[Value, ...]:
    """The values with new names for their axes: what is proved of them in a function holds for each call of it."""
    own: dict[int, int] = {}

    def rename(token: int) -> int:
        token = names.find(token)
        if token not in own:
            own[token] = names.new()
        return own[token]

    passed = {c: (("passed", names.fresh()),) for v in values for c in cells_of(v)}
    return tuple(with_cells(renamed(v, rename), passed) for v in values)


# ------------------------------------------------------------------------------------------------ one of several


def is_callable(kind: Kind) -> bool:
    """Can a value of this kind be called?"""
    match kind:
        case Function() | Bound():
            return True
        case Static(value=v):
            return callable(v)
        case Object(cls=cls):
            return isinstance(inspect.getattr_static(cls, "__call__", None), types.FunctionType)
    return False


def call_one_of(
    interp: Any, expr: ir.Call, function: Value, args: list[Arg], kwargs: dict[str, Arg], call_kind: CallKind
) -> Value:
    """A call of one of several functions: a branch on which of them the value is."""
    kinds = [k for k in function.kinds if is_callable(k)]
    tests = [test(interp, expr, kind) for kind in kinds]
    if not kinds or None in tests:
        return opaque(interp, expr, "several functions may be called here, and nothing tells them apart")
    calls, values = [], []
    with interp.doubt():
        for kind in kinds:
            each = with_arguments(expr, expr.func, args, kwargs)
            value = interp.values[each] = call_kind(interp, each, kind, args, kwargs)
            calls.append(each)
            values.append(value)
    complete = len(kinds) == len(function.kinds)
    interp.analysis.targets[expr] = Dispatch(tuple(tests[:-1] if complete else tests), tuple(calls))
    return join(*values) if any(v.kinds for v in values) else BOTTOM


def test(interp: Any, expr: ir.Call, kind: Kind) -> ir.Expr | None:
    """The test whether the function that is called is of this kind; None where there is none."""
    func = expr.func
    if isinstance(func, ir.Attr) and func in interp.analysis.methods:
        owner = kind.self_.one if isinstance(kind, Bound) else None
        if not isinstance(owner, Object):
            return None
        return question(interp, expr, runtime.instance_of, func.value, ir.Ref(owner.cls.__name__, owner.cls))
    match kind:
        case Static(value=v):
            found = ir.Compare("is", func, ir.Ref(name_of(v), v), span=expr.span)
            interp.values[found] = of(Weak(bool, False))
            return found
        case Object(cls=cls):
            return question(interp, expr, runtime.instance_of, func, ir.Ref(cls.__name__, cls))
    return question(interp, expr, runtime.made_by, func, ir.Const(interp.inference.tag(kind)))


def name_of(obj: Any) -> str:
    """A name for a function or another object that can be called."""
    name = getattr(obj, "__name__", type(obj).__name__)
    return name if name.isidentifier() else "function"


def question(interp: Any, expr: ir.Call, helper: Any, *args: ir.Expr) -> ir.Expr:
    """A call of a helper that answers yes or no."""
    found = ir.Call(ir.Ref(helper.__name__, helper), args, span=expr.span)
    interp.values[found] = of(Weak(bool, False))
    return found


def cached(target: Any) -> bool:
    """Is it a function whose results are kept: that of `functools.cache` or `functools.lru_cache`?"""
    return isinstance(target, functools._lru_cache_wrapper)
