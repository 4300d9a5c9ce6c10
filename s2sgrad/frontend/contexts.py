"""`with` and `try`: what has several managers or handlers becomes several statements, or a handler that chooses.

try:                                caught = False
    body                            try:
except A as e:                          body
    first                           except (A, B) as error:
except B:                               caught = True
    second                              if isinstance(error, A):
else:                                       e = error
    other                                   first
finally:                                else:
    last                                    second
                                    if not caught: other         (all of it in a `try: … finally: last`)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import gast

from s2sgrad.diagnostics import Span
from s2sgrad.ir import nodes as ir

__all__ = ["try_statement", "with_statement"]


def with_statement(desugar: Any, node: gast.With, out: list[ir.Stmt]) -> None:
    """Managers one inside the other."""
    out += _with(desugar, node.items, node.body, desugar.span(node))


def _with(desugar: Any, items: list, body: list, span: Span) -> ir.Block:
    """The body in the first of the managers, and so on."""
    if not items:
        return desugar.block(body, span)
    first, *rest = items
    if _suppresses(desugar, first):
        return _suppressed(desugar, first.context_expr, _with(desugar, rest, body, span), span)
    manager = desugar.expr(first.context_expr)
    target, block = None, []
    if isinstance(first.optional_vars, gast.Name):
        target = ir.Name(first.optional_vars.id, span=desugar.span(first.optional_vars))
    elif first.optional_vars is not None:
        held = desugar.names.fresh("entered")
        target = ir.Name(held, span=span)
        desugar.assign(first.optional_vars, ir.Name(held, span=span), span, block)
    return (ir.With(manager, target, (*block, *_with(desugar, rest, body, span)), span=span),)


def _suppresses(desugar: Any, item: gast.withitem) -> bool:
    """Whether this is `contextlib.suppress(A, B)`."""
    call = item.context_expr
    return (
        isinstance(call, gast.Call)
        and desugar.meaning(call.func) is contextlib.suppress
        and item.optional_vars is None
        and bool(call.args)
    )


def _suppressed(desugar: Any, call: gast.Call, body: ir.Block, span: Span) -> ir.Block:
    """`with suppress(A): body` is `try: body` and `except A: pass`."""
    types = tuple(desugar.expr(node) for arg in call.args for node in _flat(desugar, arg))
    caught = desugar.names.fresh("caught")
    handler = (_set(caught, True, span),)
    exceptions = ir.Tuple(types, span=span) if len(types) > 1 else types[0]
    attempt = ir.Try(ir.Name(caught, span=span), body, handler, exceptions, span=span)
    return _set(caught, False, span), attempt


def try_statement(desugar: Any, node: gast.Try, out: list[ir.Stmt]) -> None:
    """A handler for all exceptions that one of the handlers takes, in a `try` of its own if there is a `finally`."""
    span = desugar.span(node)
    if not node.finalbody:
        _caught(desugar, node, out)
        return
    left = next(_leaving(node.finalbody), None)
    if left is not None:
        desugar.refuse(
            left, ("S100", "this leaves a `finally`, whatever was raised", "leave after the `try` statement")
        )
    body: list[ir.Stmt] = []
    if node.handlers:
        _caught(desugar, node, body)
    else:
        body += desugar.block(node.body, span)
    out.append(ir.Finally(tuple(body), desugar.block(node.finalbody, span), span=span))


def _leaving(nodes: list, loop: bool = False) -> Iterator[gast.AST]:
    """The statements by which a block is left, nested functions aside."""
    for node in nodes:
        if isinstance(node, gast.Return) or (isinstance(node, (gast.Break, gast.Continue)) and not loop):
            yield node
        elif not isinstance(node, (gast.FunctionDef, gast.ClassDef)):
            for field in ("body", "orelse", "finalbody"):
                inner = getattr(node, field, [])
                yield from _leaving(inner, loop or isinstance(node, (gast.For, gast.While)))
            for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                yield from _leaving(part.body, loop)


def _caught(desugar: Any, node: gast.Try, out: list[ir.Stmt]) -> None:
    span = desugar.span(node)
    caught = desugar.names.fresh("caught")
    out.append(_set(caught, False, span))
    single = len(node.handlers) == 1
    bound = [_bound_name(handler) for handler in node.handlers]
    if single:
        name = bound[0]
    else:
        name = desugar.names.fresh("error")
    types = [_types(desugar, handler) for handler in node.handlers]
    handler = _handlers(desugar, node.handlers, name, span) if not single else _block(desugar, node.handlers[0])
    exceptions = [e for each in types for e in each]
    out.append(
        ir.Try(
            ir.Name(caught, span=span),
            desugar.block(node.body, span),
            (_set(caught, True, span), *handler),
            exceptions[0] if len(exceptions) == 1 else ir.Tuple(tuple(exceptions), span=span),
            None if name is None else ir.Name(name, span=span),
            span=span,
        )
    )
    if node.orelse:
        test = ir.Unary("not", ir.Name(caught, span=span), span=span)
        out.append(ir.If(test, desugar.block(node.orelse, span), span=span))


def _handlers(desugar: Any, handlers: list, name: str, span: Span) -> ir.Block:
    """The handler that is meant, chosen by the class of the exception; the last one takes what is left."""
    first, *rest = handlers
    block = list(_block(desugar, first))
    bound = _bound_name(first)
    if bound is not None:
        block.insert(0, ir.Assign(ir.Name(bound, span=span), ir.Name(name, span=span), span=span))
    if not rest:
        return tuple(block)
    types = _types(desugar, first)
    wanted = types[0] if len(types) == 1 else ir.Tuple(tuple(types), span=span)
    test = desugar.call("isinstance", span, ir.Name(name, span=span), wanted)
    return (ir.If(test, tuple(block), _handlers(desugar, rest, name, span), span=span),)


def _block(desugar: Any, handler: gast.ExceptHandler) -> ir.Block:
    return desugar.block(handler.body, desugar.span(handler))


def _bound_name(handler: gast.ExceptHandler) -> str | None:
    """The name behind `as`."""
    return handler.name and handler.name.id


def _types(desugar: Any, handler: gast.ExceptHandler) -> list[ir.Expr]:
    """The classes of exceptions that a handler takes."""
    if handler.type is None:
        return [desugar.ref("BaseException", desugar.span(handler))]
    return [desugar.expr(node) for node in _flat(desugar, handler.type)]


def _flat(desugar: Any, node: gast.AST) -> Iterator[gast.AST]:
    """The classes in a tuple; each must be a name, or an attribute of one."""
    if isinstance(node, gast.Tuple):
        for item in node.elts:
            yield from _flat(desugar, item)
        return
    path = node
    while isinstance(path, gast.Attribute):
        path = path.value
    if not isinstance(path, gast.Name):
        desugar.refuse(node, ("S100", "which exceptions are caught here is not known", "name their classes"))
    yield node


def _set(flag: str, value: bool, span: Span) -> ir.Stmt:
    return ir.Assign(ir.Name(flag, span=span), ir.Const(value, span=span), span=span)
