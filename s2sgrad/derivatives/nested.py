"""Derivatives of derivatives: a gradient that is called inside a differentiated function.

The gradient of f is never differentiated as a program: its derivative is found from that of the tangent of f. For
    F(x, v) = the derivative of f along v                    (forward mode: no tapes, nothing restored)
the product of the second derivative with a direction is the gradient of F(·, v), and because the second derivative is
symmetric that serves both modes: the tangent of `g = f_grad(x)` along v is F_grad(x, v), its pullback of g_bar is
F_grad(x, g_bar). F is generated text, and goes through the compiler like a user's function, to any order.
"""

from __future__ import annotations

import types
from typing import Any

from s2sgrad import runtime
from s2sgrad.analysis.functions import with_own_names
from s2sgrad.analysis.operators import holds_object, moving, plain
from s2sgrad.derivatives.forward import Forward
from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.kinds import Array, Value
from s2sgrad.ir.names import Names
from s2sgrad.ir.targets import Derivative
from s2sgrad.ir.traverse import blocks, with_blocks
from s2sgrad.targets.module import with_body
from s2sgrad.targets.python import compile_text
from s2sgrad.transform.program import helper
from s2sgrad.transform.ssa import NONE


class Nested(Forward):
    """What a compiler needs for derivatives inside functions; a part of `pipeline.Compiler`."""

    texts: dict[Any, Any]  # generated functions, for all modules of a compilation
    pullbacks: dict[Any, ir.Ref]  # of derivatives, in this module

    # ---- functions that inference asks for

    def wrapper(self, made: Any, count: int) -> types.FunctionType:
        """A primitive or a derivative as a function with a source of its own."""
        known = (made.inner.number, made.wrt, made.seeded, made.has_aux) if isinstance(made, Derivative) else made
        key = ("wrapper", known, count)
        if key not in self.texts:
            base = made.function.name if isinstance(made, Derivative) else getattr(made, "__name__", "function")
            name = base.strip("<>") if base.strip("<>").isidentifier() else "function"
            params = ", ".join(f"a{i}" for i in range(count))
            target = marker(made) if isinstance(made, Derivative) else made
            text = f"def {name}({params}):\n    return primitive({params})\n"
            self.texts[key] = compile_text(text, name, {"primitive": target})[name]
        return self.texts[key]

    def pushforward(self, callee: Any, wrt: tuple[int, ...]) -> types.FunctionType:
        """The tangent function of a callee: `args, tangents -> value, its tangent`."""
        return self.generated(callee, wrt, lambda value: value)

    def generated(self, callee: Any, wrt: tuple[int, ...], part: Any) -> types.FunctionType:
        """The text of a tangent function as a function that is followed like a user's; `part` of what it returns."""
        key = ("tangent", callee, wrt, part.__name__)
        if key not in self.texts:
            other = self.branch()
            base = callee.function.name.strip("<>") or "function"
            name = other.module.fresh(f"{base}_{'tangent' if part.__name__ == '<lambda>' else 'dot'}")
            fn = other.tangent_function(callee, wrt, name, root=True)
            *body, end = fn.body
            body.append(ir.Return(part(end.value)) if isinstance(end, ir.Return) else end)
            other.callees = [with_body(f, with_undefined(f.body)) for f in other.callees]
            compiled = other.emit([ir.Function(name, fn.params, with_undefined(tuple(body)))], name)
            for made, known in other.made.items():
                if isinstance(made, Derivative):
                    compiled.namespace[known].__s2sgrad_derivative__ = made
            # a program that is analysed once more gets the same function again, if it still is the same
            self.texts[key] = self.texts.setdefault((callee.number, *key[2:], compiled.text), compiled.function)
        return self.texts[key]

    def branch(self) -> Any:
        """A compiler for another module of the same compilation."""
        other = type(self)(self.function, self.optimize)
        other.dependencies, other.namespaces, other.inference = self.dependencies, self.namespaces, self.inference
        other.texts = self.texts
        return other

    # ---- the derivative's own derivative

    def second(self, derivative: Derivative, along: tuple[int, ...], wrt: tuple[int, ...]) -> Derivative:
        """The gradient by some arguments of the derivative along others."""
        inner = self.directional(derivative, along)
        return self.inference.derivative(inner, wrt, derivative.seeded, False)

    def directional(self, derivative: Derivative, along: tuple[int, ...]) -> Any:
        """The derivative of the function along some arguments, analysed: `args, tangents -> tangent`."""
        inner = derivative.inner
        function = self.generated(inner, along, tangent_of_first if derivative.has_aux else tangent_alone)
        fn, namespace = self.load(function)
        frame = self.inference.frame_of(fn, None, namespace)
        args = (*map(plain, inner.args), *(moving(inner.args[i]) for i in along))
        if any(holds_object(inner.args[i]) for i in along):
            raise UnsupportedError(
                "S040", "the second derivative by an object is not followed", hint="pass dicts, lists or namedtuples"
            )
        key = ("directional", inner, function)
        if key not in self.texts:
            own = with_own_names(args, self.inference.names)
            params = tuple(p.name for p in fn.params)
            self.texts[key] = self.inference.analyse(fn, frame, params, own, ("generated", function))
        return self.texts[key]

    def gradient_function(self, derivative: Derivative, name: str) -> ir.Function:
        """The gradient, or pullback, in the form of the arguments."""
        inner, wrt = derivative.inner, derivative.wrt
        self.check_result(derivative)
        fn = self.fused(inner, wrt, name, False, derivative.has_aux, not derivative.seeded)
        *params, seed = fn.params
        if derivative.seeded:
            seed = ir.Param(seed.name)
        *body, end = fn.body
        if isinstance(end, ir.Return):
            value = end.value.items[1] if derivative.has_aux else end.value
            bars = value.items if len(wrt) > 1 else (value,)
            made = tuple(handed(bar, ir.Name(params[i].name), inner.args[i]) for bar, i in zip(bars, wrt, strict=True))
            body.append(ir.Return(made[0] if len(made) == 1 else ir.Tuple(made)))
        return ir.Function(name, (*params, seed), tuple(body))

    def derivative_tangent(
        self, derivative: Derivative, wanted: tuple[bool, ...], args: tuple[ir.Expr, ...], dots: tuple[ir.Expr, ...]
    ) -> ir.Expr:
        """The tangent of a call of a derivative, as an expression."""
        count = len(derivative.inner.args)
        active = tuple(i for i in range(count) if wanted[i])
        terms = []
        if active:
            second = self.second(derivative, active, derivative.wrt)
            terms.append(call(second, (*args[:count], *dots[: len(active)], *args[count:])))
        if any(wanted[count:]):
            terms.append(call(derivative, (*args[:count], dots[-1])))
        if len(terms) == 1:
            return terms[0]
        values = [derivative.inner.args[i] for i in derivative.wrt]
        if len(values) == 1:
            return added(*terms, args[derivative.wrt[0]], values[0])
        return ir.Tuple(tuple(
            added(*(ir.Index(t, ir.Const(k)) for t in terms), args[i], value)
            for k, (i, value) in enumerate(zip(derivative.wrt, values, strict=True))
        ))  # fmt: skip

    def derivative_pullback(self, derivative: Derivative, wanted: tuple[bool, ...]) -> ir.Ref:
        """The function `args, cotangent of the gradient -> cotangents of the active arguments`."""
        key = (derivative, wanted)
        if key in self.pullbacks:
            return self.pullbacks[key]
        inner, wrt = derivative.inner, derivative.wrt
        count = len(inner.args)
        names = Names(())
        args = tuple(ir.Name(names.fresh(n.strip("="))) for n in inner.params)
        seed = (ir.Name(names.fresh("cotangent")),) if derivative.seeded else ()
        bar = ir.Name(names.fresh(f"{derivative.function.name}_bar"))
        parts = (bar,) if len(wrt) == 1 else tuple(ir.Index(bar, ir.Const(k)) for k in range(len(wrt)))
        dots = tuple(direction(p, args[i], inner.args[i]) for p, i in zip(parts, wrt, strict=True))
        active = tuple(i for i in range(count) if wanted[i])
        if not seed and dots == (bar,):
            second = self.second(derivative, wrt, active)
            return ir.Ref(second.function.name, second)
        body: list[ir.Stmt] = []
        out: tuple[ir.Expr, ...] = ()
        if active:
            value = call(self.second(derivative, wrt, active), (*args, *dots, *seed))
            out = tuple(ir.Name(names.fresh(f"{args[i].id}_bar")) for i in active)
            body.append(ir.Assign(out[0] if len(out) == 1 else ir.Tuple(out), value))
        if any(wanted[count:]):
            tangent = self.directional(derivative, wrt)
            out += (ir.Call(ir.Ref(tangent.function.name, tangent), (*args, *dots)),)
        body.append(ir.Return(out[0] if len(out) == 1 else ir.Tuple(out)))
        name = self.module.fresh(f"{derivative.function.name}_backward")
        self.functions.add(name)
        self.pullbacks[key] = ir.Ref(name, None)
        params = tuple(ir.Param(p.id) for p in (*args, *seed, bar))
        self.callees.append(ir.Function(name, params, tuple(body)))
        return self.pullbacks[key]


def marker(derivative: Derivative) -> Any:
    """An object that stands for a derivative in the namespace of generated text."""

    def primitive(*args: Any) -> Any:
        raise AssertionError("this is read, and never run")

    primitive.__s2sgrad_derivative__ = derivative
    return primitive


def with_undefined(block: ir.Block) -> ir.Block:
    """The block with `x = undefined` where a path leaves a variable unassigned: it is read, and never run."""

    def marked(e: ir.Expr) -> ir.Expr:
        return ir.Ref("undefined", runtime.undefined) if e is NONE else e

    out = []
    for stmt in block:
        match stmt:
            case ir.Assign(target=target, value=ir.Tuple(items=items)):
                stmt = ir.Assign(target, ir.Tuple(tuple(map(marked, items))))
            case ir.Assign(target=target, value=value) if value is NONE:
                stmt = ir.Assign(target, marked(value))
        inner = blocks(stmt)
        out.append(with_blocks(stmt, tuple(map(with_undefined, inner))) if inner else stmt)
    return tuple(out)


def tangent_alone(pair: ir.Expr) -> ir.Expr:
    """The second of the pair that a tangent function returns."""
    return pair.items[1]


def tangent_of_first(pair: ir.Expr) -> ir.Expr:
    """Of a function with auxiliary results: the tangent of its result."""
    dot = pair.items[1]
    return dot.items[0] if isinstance(dot, ir.Tuple) else ir.Index(dot, ir.Const(0))


def call(derivative: Derivative, args: tuple[ir.Expr, ...]) -> ir.Call:
    """A call of a derivative."""
    return ir.Call(ir.Ref(derivative.function.name, derivative), args)


def is_double(value: Value) -> bool:
    """Is it an array of double precision, and nothing else?"""
    kind = value.one
    return isinstance(kind, Array) and kind.dtype == float and kind.rank > 0


def handed(bar: ir.Expr, x: ir.Expr, value: Value) -> ir.Expr:
    """An adjoint in the form of the argument that it belongs to."""
    if is_double(value):
        return bar
    if value.is_scalar:
        return ir.Call(helper("cast"), (bar, x))
    return ir.Call(helper("finish"), (bar, x, ir.Const(True)))


def direction(bar: ir.Expr, x: ir.Expr, value: Value) -> ir.Expr:
    """A cotangent of the gradient as a direction: in the form of the argument."""
    return bar if value.is_scalar or is_double(value) else ir.Call(helper("finish"), (bar, x, ir.Const(True)))


def added(a: ir.Expr, b: ir.Expr, x: ir.Expr, value: Value) -> ir.Expr:
    """The sum of two gradients."""
    if value.is_array or value.is_scalar:
        return ir.Binary("+", a, b)
    return ir.Call(helper("finish"), (ir.Call(ir.Ref("add", runtime.add), (a, b)), x, ir.Const(True)))
