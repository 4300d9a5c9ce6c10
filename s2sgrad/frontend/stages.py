"""From a function to its normal form; remembered by its code."""

from __future__ import annotations

import types
from typing import Any

from s2sgrad.frontend import desugar, exits, normal, source
from s2sgrad.frontend.namespace import Namespace
from s2sgrad.ir import nodes as ir

_sources: dict[Any, list[tuple[dict[str, Any], ir.Function]]] = {}
_raw: dict[ir.Function, list[ir.Function]] = {}


def normal_form(function: types.FunctionType, namespace: Namespace) -> ir.Function:
    """The normal form of a function; remembered by its code and by what the names mean that were taken for built-in."""
    key = (function.__code__, function.__code__.co_filename)  # codes of two files may be equal
    for asked, fn in _sources.setdefault(key, []):
        if all(namespace.find(name) is found for name, found in asked.items()):
            break
    else:
        asked = {}
        raw = desugar.desugar(source.find(function), lambda name, to=asked: to.setdefault(name, namespace.find(name)))
        plain = exits.exits(raw)
        fn = normal.normal(plain)
        _raw[fn] = [raw, plain]
        _sources[key].append((asked, fn))
    for name in asked:
        namespace.watch(name)
    return fn


def earlier_forms(fn: ir.Function) -> list[ir.Function]:
    """What a normal form was made of: as desugared, and without early exits."""
    return _raw[fn]
