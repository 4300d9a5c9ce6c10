"""Derivative operators inside a function: `grad(f)(x)`, `value_and_grad`, `jvp`, `vjp`, `hvp`, resolved when compiled.

`grad(f)` is a function value that holds `f`. A call of it is a call of a `Derivative`: of the analysed `f`, by some of
its arguments. A `jvp` is a call of the tangent function of `f`, whose source is followed as a user's is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from s2sgrad import runtime
from s2sgrad.analysis.arguments import Arg, known_items
from s2sgrad.analysis.functions import held, with_arguments, with_own_names
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import (
    Array,
    Dict,
    Function,
    Kind,
    List,
    Object,
    Scalar,
    Static,
    Tuple,
    Unknown,
    Value,
    Weak,
    generalise,
    is_scalar,
    of,
    parts,
)
from s2sgrad.ir.targets import Derivative, Expand, Primitive, UserCall

Place = tuple[int, int | None]
JACOBIANS = ("jacfwd", "jacrev", "jacobian")
UNCHANGED = "write the derivative out, or take it outside of the function"


@dataclass(frozen=True, slots=True)
class Operator:
    """The code of a function value that is a derivative: `grad(f)` captures `f`, a pullback `f` and the primals."""

    name: str
    argnums: tuple[int, ...] = (0,)
    single: bool = True
    has_aux: bool = False
    source: Any = None  # of a Jacobian: the function that says how it is computed


def is_operator(target: Any) -> bool:
    """Is it one of the library's derivative operators, or what one of them has made?"""
    try:
        return getattr(target, "__s2sgrad_operator__", None) is not None
    except Exception:  # somebody's object
        return False


# ------------------------------------------------------------------------------------------------------- operators


def call_operator(
    interp: Any, expr: ir.Call, target: Any, args: list[Arg], kwargs: dict[str, Arg], call_value: Any
) -> Value:
    """A call of `grad`, `jvp`, … or of a derived function that was made outside."""
    what = target.__s2sgrad_operator__
    if isinstance(what, Operator):
        if what.name in JACOBIANS:
            what = replace(what, source=target.__s2sgrad_sources__[what.name])
        function = constant_function(interp, target.differentiated)
        return call_derived(interp, expr, what, function, args, kwargs, call_value)
    owner = getattr(target, "__self__", None)
    if owner is not None:
        args = [constant_function(interp, owner), *args]
    if what in ("grad", "value_and_grad"):
        return make(interp, expr, what, args, kwargs)
    if what in ("jacfwd", "jacrev", "jacobian"):
        return make(interp, expr, what, args, kwargs, target.__s2sgrad_sources__[what])
    if what == "hessian":
        return call_hessian(interp, expr, args, kwargs, target.__s2sgrad_sources__["jacfwd"])
    if what == "jvp":
        return call_jvp(interp, expr, args, kwargs, call_value)
    if what == "vjp":
        return call_vjp(interp, expr, args, kwargs, call_value)
    if what == "hvp":
        return call_hvp(interp, expr, args, kwargs, call_value)
    raise refused(expr, f"`{what}` inside a differentiated function is not followed")


def refused(expr: ir.Call, message: str, hint: str = UNCHANGED) -> UnsupportedError:
    """A refusal of a derivative inside a function."""
    return UnsupportedError("S040", message, expr.span, hint)


def constant_function(interp: Any, function: Any) -> Arg:
    """A function known at compile time as an argument."""
    name = getattr(function, "__name__", "function")
    node = ir.Ref(name if name.isidentifier() else "function", function)
    value = interp.values[node] = of(Static(function))
    return node, value


def options(expr: ir.Call, kwargs: dict[str, Arg], known: dict[str, Any]) -> dict[str, Any]:
    """The options of an operator, which are literals."""
    found = dict(known)
    for name, (_, value) in kwargs.items():
        if name not in ("target", "optimize") and name not in known:
            raise refused(expr, f"the keyword `{name}` is not followed here", "pass it by position")
        static = literal(value)
        if static is NotImplemented:
            raise refused(expr, f"`{name}` is not known when this is compiled", "give it as a literal")
        found[name] = static
    return found


def literal(value: Value) -> Any:
    """The value of a literal, tuples included."""
    kind = value.one
    if isinstance(kind, (Tuple, List)) and kind.items is not None:
        items = tuple(map(literal, kind.items))
        return NotImplemented if NotImplemented in items else items
    return value.static


def operator_of(expr: ir.Call, name: str, kwargs: dict[str, Arg], args: list[Arg]) -> Operator:
    """The operator with its options."""
    named = dict(kwargs)
    if args:
        named["argnums"] = args[0]
    found = options(expr, named, {"argnums": 0, "has_aux": False})
    argnums = found["argnums"]
    single = isinstance(argnums, int)
    return Operator(name, (argnums,) if single else tuple(argnums), single, bool(found["has_aux"]))


def make(interp: Any, expr: ir.Call, name: str, args: list[Arg], kwargs: dict[str, Arg], source: Any = None) -> Value:
    """`grad(f)`: a function value that holds `f`."""
    if not args:
        raise refused(expr, f"`{name}` is called without a function")
    code = replace(operator_of(expr, name, kwargs, args[1:]), source=source)
    return hold(interp, expr, code, args[0], [])


def call_hessian(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg], source: Any) -> Value:
    """`hessian(f)`: the Jacobian of the gradient."""
    if not args:
        raise refused(expr, "`hessian` is called without a function")
    code = operator_of(expr, "grad", kwargs, args[1:])
    gradient = held_value(interp, expr, code, args[0], [])
    return hold(interp, expr, replace(code, name="jacfwd", source=source), gradient, [])


def hold(interp: Any, expr: ir.Call, code: Operator, function: Arg, primals: list[Arg]) -> Value:
    """The function value, as the tuple of what it holds."""
    node, value = held_value(interp, expr, code, function, primals)
    interp.analysis.targets[expr] = Expand(node)
    return value


def held_value(interp: Any, expr: ir.Call, code: Operator, function: Arg, primals: list[Arg]) -> Arg:
    """A function value that holds a function, and primals."""
    names = ("function", *map(str, range(len(primals))))
    parts = [function, *primals]
    kind = Function(code, tuple(zip(names, (v for _, v in parts), strict=True)))
    node = ir.Tuple((ir.Const(interp.inference.tag(kind)), *(e for e, _ in parts)), span=expr.span)
    interp.values[node] = of(kind)
    return node, of(kind)


# ------------------------------------------------------------------------------------------------------------ calls


def call_held(
    interp: Any, expr: ir.Call, kind: Function, args: list[Arg], kwargs: dict[str, Arg], call_value: Any
) -> Value:
    """A call of a function value that is a derivative."""
    function, *primals = (held(interp, expr, i, v) for i, (_, v) in enumerate(kind.captures))
    if kind.code.name == "pullback":
        return call_pullback(interp, expr, kind.code, function, primals, args, call_value)
    return call_derived(interp, expr, kind.code, function, args, kwargs, call_value)


def call_derived(
    interp: Any, expr: ir.Call, code: Operator, function: Arg, args: list[Arg], kwargs: dict[str, Arg], call_value: Any
) -> Value:
    """`grad(f)(x)`: a call of the gradient of `f`."""
    if code.name == "jvp":
        return call_jvp(interp, expr, [function, *args], kwargs, call_value)
    if code.name in JACOBIANS:
        return call_jacobian(interp, expr, code, function, args, kwargs, call_value)
    primal, target = reached(interp, expr, function, args, kwargs, call_value)
    numbers = [n + len(args) if n < 0 else n for n in code.argnums]
    if not all(0 <= n < len(args) for n in numbers):
        raise TypeError(f"argnums={code.argnums}, but there are {len(args)} positional arguments")
    wrt = places(expr, target, [args[n] for n in numbers])
    gradient = pulled(interp, expr, target, wrt, code, ())
    if code.name == "value_and_grad":
        return display(interp, expr, [(primal, interp.values[primal]), gradient])
    if code.has_aux:
        aux = known_items(interp.values[primal])
        if aux is None or len(aux) != 2:
            raise TypeError("with has_aux=True, the function must return a pair (result, aux)")
        second = ir.Index(primal, ir.Const(1), span=expr.span)
        interp.values[second] = aux[1]
        return display(interp, expr, [gradient, (second, aux[1])])
    interp.analysis.targets[expr] = Expand(gradient[0])
    return gradient[1]


def call_jacobian(
    interp: Any, expr: ir.Call, code: Operator, function: Arg, args: list[Arg], kwargs: dict[str, Arg], call_value: Any
) -> Value:
    """`jacfwd(f)(x)`: a call of the function that says in Python how it is computed."""
    numbers = all(k.is_array or k.is_scalar for _, k in args)
    if len(args) != 1 or kwargs or not numbers or code.has_aux or not code.single:
        raise refused(expr, "a Jacobian inside a function is followed for one argument, an array or a number")
    source = constant_function(interp, code.source)
    call = with_arguments(expr, source[0], [function, *args], {})
    value = interp.values[call] = call_value(interp, call, source[1], [function, *args], {})
    interp.analysis.targets[expr] = Expand(call)
    return value


def display(interp: Any, expr: ir.Call, parts: list[Arg]) -> Value:
    """A call that stands for a tuple."""
    node = ir.Tuple(tuple(e for e, _ in parts), span=expr.span)
    value = interp.values[node] = of(Tuple(tuple, tuple(v for _, v in parts)))
    interp.analysis.targets[expr] = Expand(node)
    return value


def reached(
    interp: Any, expr: ir.Call, function: Arg, args: list[Arg], kwargs: dict[str, Arg], call_value: Any
) -> tuple[ir.Call, UserCall]:
    """The call of the function itself, and what it reaches: a function that was analysed."""
    call = primal = with_arguments(expr, function[0], args, kwargs)
    interp.values[call] = call_value(interp, call, function[1], args, kwargs)
    target = interp.analysis.targets.get(call)
    while isinstance(target, Expand) and isinstance(target.value, ir.Call) and not target.before:
        call = target.value
        target = interp.analysis.targets.get(call)
    if isinstance(target, Primitive) and not target.kwargs:
        return primal, wrapped(interp, expr, target, args, call_value)
    if not isinstance(target, UserCall):
        error = getattr(target, "error", None)
        raise error or refused(expr, "the function that is differentiated here is not followed")
    if isinstance(target.analysis, Derivative):
        return primal, wrapped(interp, expr, target, args, call_value)
    if target.analysis.active:
        raise refused(expr, f"`{target.analysis.function.name}` differentiates itself")
    return primal, target


def wrapped(interp: Any, expr: ir.Call, target: Primitive | UserCall, args: list[Arg], call_value: Any) -> UserCall:
    """A primitive, or another derivative, as a function whose source is followed."""
    if isinstance(target, UserCall):
        made, values = target.analysis, list(target.values)
        parts = list(zip(target.args, values, strict=True))
    else:
        made = target.rule.target
        known = {id(e): v for e, v in args}
        parts = [(e, known.get(id(e)) or interp.eval(e)) for e in target.args]
    function = constant_function(interp, interp.inference.wrapper(made, len(parts)))
    call = with_arguments(expr, function[0], parts, {})
    interp.values[call] = call_value(interp, call, function[1], parts, {})
    return interp.analysis.targets[call]


def places(expr: ir.Call, target: UserCall, chosen: list[Arg]) -> tuple[Place, ...]:
    """Where some arguments stand among those that the function is called with; items of `*args` with their number."""
    known: dict[int, Place] = {}
    for i, e in enumerate(target.args):
        known[id(e)] = (i, None)
        if isinstance(e, ir.Tuple):
            known |= {id(item): (i, k) for k, item in enumerate(e.items)}
    if any(id(node) not in known for node, _ in chosen):
        raise refused(expr, "an argument that is differentiated is not handed to the function as it is")
    return tuple(known[id(node)] for node, _ in chosen)


def pulled(
    interp: Any, expr: ir.Call, target: UserCall, wrt: tuple[Place, ...], code: Operator, seed: tuple[Arg, ...]
) -> Arg:
    """The call of a gradient, or of a pullback; a tuple of several."""
    different = tuple(dict.fromkeys(i for i, _ in wrt))
    derivative = interp.inference.derivative(target.analysis, different, bool(seed), code.has_aux)
    args = (*target.args, *(e for e, _ in seed))
    call = ir.Call(ir.Ref(derivative.function.name, derivative), args, span=expr.span)
    values = (*target.values, *(v for _, v in seed))
    interp.analysis.targets[call] = UserCall(derivative, args, values)
    kinds = [moving(target.values[i]) for i in different]
    whole = interp.values[call] = kinds[0] if len(kinds) == 1 else of(Tuple(tuple, tuple(kinds)))
    if all(k is None for _, k in wrt) and (code.single or (len(different) > 1 and len(wrt) == len(different))):
        return call, whole
    items = []
    for i, k in wrt:
        at = different.index(i)
        item = call if len(different) == 1 else part(interp, expr, call, at, kinds[at])[0]
        value = kinds[at]
        if k is not None:
            item, value = part(interp, expr, item, k, value.one.items[k])
        items.append((item, value))
    if code.single:
        return items[0]
    node = ir.Tuple(tuple(e for e, _ in items), span=expr.span)
    value = interp.values[node] = of(Tuple(tuple, tuple(v for _, v in items)))
    return node, value


def of_known(interp: Any, expr: ir.Call, derivative: Derivative, args: list[Arg]) -> Value:
    """A call of a gradient that was generated before, for these kinds of its arguments."""
    inner = derivative.inner
    count = len(inner.args)
    values = tuple(Value(tuple(map(generalise, v.kinds))) for _, v in args[:count])
    values = tuple(map(restored, values, inner.args))
    values = tuple(interp.heap.made(v, ("outside", e)) for v, (e, _) in zip(values, args, strict=False))
    own = with_own_names(values, interp.inference.names)
    again = interp.inference.called(inner.function, inner.frame, inner.params, own)
    found = interp.inference.derivative(again, derivative.wrt, derivative.seeded, derivative.has_aux)
    given = (*values, *(v for _, v in args[count:]))
    interp.analysis.targets[expr] = UserCall(found, tuple(e for e, _ in args), given)
    kinds = [moving(values[i]) for i in derivative.wrt]
    return kinds[0] if len(kinds) == 1 else of(Tuple(tuple, tuple(kinds)))


# --------------------------------------------------------------------------------------------------- jvp, vjp, hvp


def call_jvp(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg], call_value: Any) -> Value:
    """`jvp(f, primals, tangents)`: a call of the tangent function of `f`."""
    kwargs = dict(kwargs)
    args = [*args, *(kwargs.pop(n) for n in ("primals", "tangents") if n in kwargs)]
    options(expr, kwargs, {})
    if len(args) != 3:
        raise refused(expr, "`jvp` takes a function, primals and tangents")
    function, (primals, xs), (tangents, vs) = args
    xs, vs = known_items(xs), known_items(vs)
    if xs is None or vs is None or len(xs) != len(vs):
        raise refused(expr, "how many primals and tangents there are is not known", "write them as tuples")
    points = [part(interp, expr, primals, i, v) for i, v in enumerate(xs)]
    moves = [(points[i], part(interp, expr, tangents, i, v)) for i, v in enumerate(vs) if v.static is not None]
    _, target = reached(interp, expr, function, points, {}, call_value)
    found: dict[int, Any] = {}
    for (i, k), (point, dot) in zip(places(expr, target, [p for p, _ in moves]), moves, strict=True):
        if k is None:
            found[i] = fitted(interp, expr, point, dot)
        else:
            found.setdefault(i, {})[k] = fitted(interp, expr, point, dot)
    dots = [with_zeros(interp, expr, target.args[i], d) if isinstance(d, dict) else d for i, d in found.items()]
    wrt = tuple(found)
    pushed = constant_function(interp, interp.inference.pushforward(target.analysis, wrt))
    parts = [*zip(target.args, target.values, strict=True), *dots]
    call = with_arguments(expr, pushed[0], parts, {})
    value = interp.values[call] = call_value(interp, call, pushed[1], parts, {})
    interp.analysis.targets[expr] = Expand(call)
    return value


def with_zeros(interp: Any, expr: ir.Call, star: ir.Tuple, known: dict[int, Arg]) -> Arg:
    """The tangent of `*args`: zero for the items that have none."""
    parts = []
    for k, item in enumerate(star.items):
        if k in known:
            parts.append(known[k])
            continue
        zero = ir.Call(ir.Ref("zero_tangent", runtime.zero_tangent), (item,), span=expr.span)
        interp.analysis.targets[zero] = Primitive(interp.inference.rules.lookup(runtime.zero_tangent), (item,))
        value = interp.values[zero] = moving(interp.values.get(item) or interp.eval(item))
        parts.append((zero, value))
    node = ir.Tuple(tuple(e for e, _ in parts), span=expr.span)
    value = interp.values[node] = of(Tuple(tuple, tuple(v for _, v in parts)))
    return node, value


def part(interp: Any, expr: ir.Call, node: ir.Expr, i: int, value: Value) -> Arg:
    """An item of the tuple of primals, or of tangents."""
    item = ir.Index(node, ir.Const(i), span=expr.span)
    interp.values[item] = value
    return item, value


def fitted(interp: Any, expr: ir.Call, point: Arg, dot: Arg) -> Arg:
    """A tangent in the dtype of its primal; refused where it is not of its form."""
    wanted, given = moving(point[1]), dot[1]
    if not agree(wanted, given):
        raise refused(expr, "a tangent has not the form of its primal", "make it an array of the primal's shape")
    if dtypes(wanted) == dtypes(given):
        return dot[0], wanted
    call = ir.Call(ir.Ref("cast", runtime.cast), (dot[0], point[0]), span=expr.span)
    interp.analysis.targets[call] = Primitive(interp.inference.rules.lookup(runtime.cast), call.args)
    interp.values[call] = wanted
    return call, wanted


def agree(wanted: Value, given: Value) -> bool:
    """Has a tangent the form that it should have?"""
    a, b = wanted.one, given.one
    match a, b:
        case Array(), Array():
            return a.rank == b.rank
        case (Tuple(), Tuple()) | (List(), List()) if a.items is not None and b.items is not None:
            return len(a.items) == len(b.items) and all(map(agree, a.items, b.items))
        case Dict(), Dict() if a.keys is not None:
            return a.keys == b.keys and all(map(agree, a.items, b.items))
        case Static(value=None), Static(value=None):
            return True
    return wanted.is_scalar and given.is_scalar


def dtypes(value: Value) -> Any:
    """The types of numbers in a value."""
    return tuple(dtype(k) for k in value.kinds)


def dtype(kind: Kind) -> Any:
    """The type of a number or array; of a container those of its items."""
    match kind:
        case Array(dtype=d) | Scalar(dtype=d):
            return d
        case Weak(type=t):
            return t
        case Static(value=v):
            return type(v)
        case Tuple(items=items) | List(items=items) | Dict(items=items):
            return tuple(map(dtypes, items or ()))
    return None


def call_hvp(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg], call_value: Any) -> Value:
    """`hvp(f, primals, tangents)`: the tangent of the gradient."""
    kwargs = dict(kwargs)
    args = [*args, *(kwargs.pop(n) for n in ("primals", "tangents") if n in kwargs)]
    if len(args) != 3:
        raise refused(expr, "`hvp` takes a function, primals and tangents")
    gradient = held_value(interp, expr, operator_of(expr, "grad", kwargs, []), args[0], [])
    pair = with_arguments(expr, expr.func, args, {})
    value = interp.values[pair] = call_jvp(interp, pair, [gradient, *args[1:]], {}, call_value)
    node = ir.Index(pair, ir.Const(1), span=expr.span)
    found = interp.values[node] = known_items(value)[1]
    interp.analysis.targets[expr] = Expand(node)
    return found


def call_vjp(interp: Any, expr: ir.Call, args: list[Arg], kwargs: dict[str, Arg], call_value: Any) -> Value:
    """`vjp(f, *primals)`: the value, and a function value that holds `f` and the primals as they are now."""
    if not args:
        raise refused(expr, "`vjp` is called without a function")
    function, *primals = args
    found = options(expr, kwargs, {"argnums": None, "has_aux": False})
    if found["has_aux"]:
        raise refused(expr, "`vjp` with has_aux is not followed here", "let the function return its result alone")
    argnums = found["argnums"]
    single = isinstance(argnums, int)
    if argnums is None:
        argnums = tuple(i for i, (_, v) in enumerate(primals) if v.differentiable)
    numbers = tuple(n + len(primals) if n < 0 else n for n in ((argnums,) if single else argnums))
    primal, _ = reached(interp, expr, function, primals, {}, call_value)
    kept = [detached(interp, expr, arg) for arg in (function, *primals)]
    pullback = held_value(interp, expr, Operator("pullback", numbers, single), kept[0], kept[1:])
    return display(interp, expr, [(primal, interp.values[primal]), pullback])


def detached(interp: Any, expr: ir.Call, arg: Arg) -> Arg:
    """What a pullback holds: later writes into the original do not reach it."""
    node, value = arg
    kind = value.one
    if isinstance(kind, Function):
        parts = [
            detached(interp, expr, (ir.Index(node, ir.Const(i + 1), span=expr.span), v))
            for i, (_, v) in enumerate(kind.captures)
        ]
        for part, v in parts:
            interp.values.setdefault(part, v)
        made = ir.Tuple((ir.Const(interp.inference.tag(kind)), *(e for e, _ in parts)), span=expr.span)
        interp.values[made] = value
        return made, value
    if not any(isinstance(k, (Array, Tuple, List, Dict)) for k in value.kinds):
        interp.values.setdefault(node, value)
        return node, value
    interp.values.setdefault(node, value)
    copy = ir.Call(ir.Ref("detached", runtime.detached), (node,), span=expr.span)
    interp.analysis.targets[copy] = Primitive(interp.inference.rules.lookup(runtime.detached), (node,))
    interp.values[copy] = value
    return copy, value


def call_pullback(
    interp: Any, expr: ir.Call, code: Operator, function: Arg, primals: list[Arg], args: list[Arg], call_value: Any
) -> Value:
    """A call of a pullback: the function's gradient, weighted by a cotangent."""
    if len(args) != 1:
        raise TypeError("a pullback takes one cotangent")
    _, target = reached(interp, expr, function, primals, {}, call_value)
    wrt = places(expr, target, [primals[n] for n in code.argnums])
    node, value = pulled(interp, expr, target, wrt, replace(code, has_aux=False), (args[0],))
    interp.analysis.targets[expr] = Expand(node)
    return value


# ------------------------------------------------------------------------------------------------------------ kinds


def moving(value: Value) -> Value:
    """What a gradient or tangent of a value is: of its form, None beside what has no derivative."""
    if not value.differentiable:
        return of(Static(None))
    return Value(tuple(map(moving_kind, value.kinds)))


def moving_kind(kind: Kind) -> Kind:
    """The kind of a gradient or tangent, for one alternative."""
    match kind:
        case Static(value=v):
            return Weak(type(v), v) if isinstance(v, (float, complex)) else Static(None)
        case Weak(type=t):
            return Weak(t, kind.witness) if t in (float, complex) else Weak(float, 1.0)
        case Array(dtype=d) if d.kind not in "fc":
            return Array(np.dtype(float), kind.axes, kind.shape, kind.sample.astype(float))
        case Tuple() | List() | Dict():
            return mapped(kind, moving)
        case Object(fields=held) if held is not None:
            return Dict(tuple(n for n, _ in held), tuple(moving(v) for _, v in held))
        case Object():
            return Unknown("a tangent of an object")
        case Function(captures=captures):
            return Tuple(tuple, (of(Static(None)), *(moving(v) for _, v in captures)))
    return kind if not is_scalar(kind) or kind.dtype.kind in "fc" else Weak(float, 1.0)


def mapped(kind: Tuple | List | Dict, change: Callable[[Value], Value]) -> Kind:
    """A container of changed parts, which is nobody else's."""
    match kind:
        case Tuple(cls=cls, items=items):
            return Tuple(cls, tuple(map(change, items)))
        case List(items=items, element=e):
            new = None if items is None else tuple(map(change, items))
            return replace(kind, items=new, element=None if e is None else change(e), cells=frozenset(), changed=False)
    fields = tuple((k, change(v)) for k, v in kind.fields)
    element = None if kind.element is None else change(kind.element)
    items = tuple(map(change, kind.items))
    return replace(kind, items=items, element=element, fields=fields, cells=frozenset(), changed=False)


def holds_object(value: Value) -> bool:
    """Is it, or does it hold, an instance of a user's class?"""
    return any(isinstance(k, Object) or any(map(holds_object, parts(k))) for k in value.kinds)


def plain(value: Value) -> Value:
    """The value with function values as the tuples that they are in generated code."""
    return Value(tuple(map(plain_kind, value.kinds)))


def plain_kind(kind: Kind) -> Kind:
    """The kind that generated code sees."""
    match kind:
        case Function(captures=captures):
            return Tuple(tuple, (of(Weak(str, "")), *(plain(v) for _, v in captures)))
        case Tuple() | List() | Dict():
            return mapped(kind, plain)
    return kind


def restored(value: Value, like: Value) -> Value:
    """The value with tuples as the function values that they stand for."""
    a, b = value.one, like.one
    match a, b:
        case Tuple(items=items), Function(captures=captures) if len(items) == len(captures) + 1:
            found = tuple((n, restored(v, w)) for v, (n, w) in zip(items[1:], captures, strict=True))
            return of(replace(b, captures=found))
        case (Tuple(), Tuple()) | (List(), List()) if a.items is not None and b.items is not None:
            if len(a.items) == len(b.items):
                return of(replace(a, items=tuple(map(restored, a.items, b.items))))
    return value
