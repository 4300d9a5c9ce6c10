"""Which expressions may be dropped, moved or evaluated later."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from s2sgrad import runtime
from s2sgrad.ir import nodes as ir
from s2sgrad.ir.targets import Derivative
from s2sgrad.ir.traverse import children

PURE_BUILTINS = frozenset((len, range, reversed, min, max, abs, float, int, bool, tuple, list, isinstance))
EFFECTS = frozenset((
    runtime.add_at, runtime.add_into, runtime.separate, runtime.shared, runtime.permute, runtime.unpermute,
    runtime.put_back, runtime.take_out, runtime.take_last, runtime.replace_slice, runtime.restore_item,
    runtime.restore_items, runtime.restore_update, runtime.take_item, runtime.take_items,
))  # fmt: skip
PURE_METHODS = frozenset(("copy",))


class Purity:
    """Knows the functions that have no effect."""

    def __init__(self, lookup: Callable[[Any], Any]) -> None:
        self.lookup = lookup

    def __call__(self, e: ir.Expr) -> bool:
        todo = [e]
        while todo:
            current = todo.pop()
            if isinstance(current, ir.Call) and not self.function(current.func):
                return False
            todo.extend(children(current))
        return True

    def function(self, func: ir.Expr) -> bool:
        match func:
            case ir.Ref(value=value):
                if value is print or value is builtins.input:
                    return False
                if isinstance(value, Derivative):
                    return True
                return value in PURE_BUILTINS or is_helper(value) or self.lookup(value) is not None
            case ir.Attr(name=name):
                return name in PURE_METHODS
        return False


def is_helper(value: Any) -> bool:
    return (getattr(value, "__module__", None) or "").startswith(runtime.__name__) and value not in EFFECTS
