"""Kinds observed by running a program, against those inferred: the single-assignment text is run and traced."""

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from s2sgrad.ir import kinds as k
from s2sgrad.ir import nodes as ir
from s2sgrad.pipeline import Compiler, Prepared
from s2sgrad.targets.python import compile_text


class Run:
    """One program in single assignment, compiled as it stands, its functions' facts at hand."""

    def __init__(self, f: Callable, args: tuple) -> None:
        self.compiler = Compiler(f, optimize=False)
        analysis = self.compiler.analyse(self.compiler.lift(args))
        entry = self.compiler.prepare(analysis)
        fn = entry.ssa.function
        name = self.compiler.module.fresh(fn.name.strip("<>") or "function")
        self.facts: dict[str, Prepared] = {name: entry}
        primal = self.compiler.primal

        def noted(callee: Any, name: str) -> ir.Function:
            self.facts[name] = self.compiler.prepare(callee)
            return primal(callee, name)

        self.compiler.primal = noted
        self.text, bindings = self.compiler.write([ir.Function(name, fn.params, fn.body)])
        self.namespace = compile_text(self.text, name, bindings)
        self.entry = self.namespace[name]

    def violations(self, args: tuple) -> tuple[Any, list[str]]:
        """The program's value, and what was observed that was not inferred."""
        found: dict[str, None] = {}
        codes = {fn.__code__: self.facts[n] for n, fn in self.namespace.items() if n in self.facts}

        def trace(frame: Any, event: str, arg: Any) -> Any:
            facts = codes.get(frame.f_code)
            if facts is None:
                return None
            if event != "exception":
                for name, value in frame.f_locals.items():
                    inferred = facts.ssa.kinds.get(name)
                    if inferred is not None and not any(fits(kind, value) for kind in inferred.kinds):
                        found[f"{frame.f_code.co_name}.{name}: {describe(value)}, inferred {inferred.kinds}"] = None
                    for one, length in lengths(inferred, value):
                        key = (id(frame), self.compiler.inference.names.find(one))
                        if known.setdefault(key, length) != length:
                            found[f"{frame.f_code.co_name}.{name}: a length of {length}, not {known[key]}"] = None
            if event == "return" and arg is not None:
                inferred = facts.analysis.result
                if not any(fits(kind, arg) for kind in inferred.kinds):
                    found[f"result of {frame.f_code.co_name}: {describe(arg)}, inferred {inferred.kinds}"] = None
            return trace

        known: dict[Any, int] = {}
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            value = self.entry(*args)
        finally:
            sys.settrace(before)
        return value, list(found)


def lengths(value: k.Value | None, obj: Any) -> Iterator[tuple[int, int]]:
    """The named axes of an array, with their lengths."""
    kind = value.one if value is not None else None
    if isinstance(kind, k.Array) and isinstance(obj, np.ndarray) and obj.ndim == kind.rank:
        yield from ((a, n) for a, n in zip(kind.axes, obj.shape) if a is not None and a != 1)


def describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return f"{type(value).__name__} {value!r}"


def fits(kind: k.Kind, obj: Any) -> bool:
    """Is the object of this kind?"""
    match kind:
        case k.Static(value=v):
            return obj is v or (type(obj) is type(v) and (obj == v or obj != obj))
        case k.Weak(type=t):
            return type(obj) is t
        case k.Scalar(dtype=d):
            return isinstance(obj, np.generic) and obj.dtype == d
        case k.Array(dtype=d, axes=axes):
            if type(obj) is not np.ndarray or obj.dtype != d or obj.ndim != len(axes):
                return False
            return all(a is None or isinstance(a, tuple) or (n == 1) == (a == 1) for a, n in zip(axes, obj.shape))
        case k.Tuple(cls=c, items=items):
            return type(obj) is c and len(obj) == len(items) and all(map(fits_one, items, obj))
        case k.List(items=None, element=e, cls=c):
            return type(obj) is c and all(fits_one(e, o) for o in islice(obj, 1000))  # a range may have no end
        case k.List(items=items):
            return isinstance(obj, list) and len(obj) == len(items) and all(map(fits_one, items, obj))
        case k.Dict(keys=None, element=e, key=key, fields=fields):
            known = dict(fields)
            return type(obj) is dict and all(
                fits_one(known.get(name, e), o) and (key is None or fits_one(key, name)) for name, o in obj.items()
            )
        case k.Dict(keys=keys, items=items):
            return type(obj) is dict and tuple(obj) == keys and all(map(fits_one, items, obj.values()))
        case k.Set(element=e):
            return isinstance(obj, (set, frozenset)) and all(fits_one(e, o) for o in obj)
        case k.Function(code=code, captures=captures):
            if callable(obj):
                return isinstance(code, k.Partial) or getattr(obj, "__code__", None) is code
            return (
                isinstance(obj, tuple)
                and len(obj) == len(captures) + 1
                and type(obj[0]) is str
                and all(map(fits_one, (v for _, v in captures), obj[1:]))
            )
        case k.Object(cls=c):
            return type(obj) is c
        case k.Undefined():
            return obj is None
        case k.Bound(self_=owner):
            return callable(obj) or (isinstance(obj, tuple) and len(obj) == 2 and fits_one(owner, obj[1]))
    return True


def fits_one(value: k.Value, obj: Any) -> bool:
    return any(fits(kind, obj) for kind in value.kinds)
