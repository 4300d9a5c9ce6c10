"""The functions as methods of tensors, and the operators.

A function of the shim whose first parameter is called `input` is a method, too.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from types import ModuleType

from s2sgrad.tensors import (
    arithmetic,
    creation,
    dtypes,
    graph,
    indexing,
    inplace,
    joins,
    operands,
    products,
    reductions,
    views,
)
from s2sgrad.tensors.tensor import Tensor

ROOMS = (arithmetic, reductions, products, views, joins, inplace, creation)
NOT_METHODS = {"empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like"}
IN_PLACE = {
    *arithmetic.ELEMENTWISE,
    *("add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "square"),
    *("clamp", "clip", "round", "masked_fill"),
}
LONG_NAMES = {
    "absolute": "abs",
    "negative": "neg",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
}
OPERATORS = {
    "add": (arithmetic.add, arithmetic.add),  # x + z, z + x with the tensor first
    "sub": (arithmetic.sub, arithmetic.rsub),
    "mul": (arithmetic.mul, arithmetic.mul),
    "truediv": (arithmetic.div, arithmetic._rdiv),
    "floordiv": (arithmetic.floor_divide, lambda x, z: arithmetic.floor_divide(z, x)),
    "mod": (arithmetic.remainder, lambda x, z: arithmetic.remainder(z, x)),
    "pow": (arithmetic.pow, lambda x, z: arithmetic.pow(z, x)),
    "and": (arithmetic.bitwise_and, arithmetic.bitwise_and),
    "or": (arithmetic.bitwise_or, arithmetic.bitwise_or),
    "xor": (arithmetic.bitwise_xor, arithmetic.bitwise_xor),
}
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
CASTS = ("half", "float", "double", "cfloat", "cdouble", "short", "int", "long", "bool")
DEPRECATED_T = (
    "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an "
    "error in a future release. Consider `x.mT` to transpose batches of matrices or "
    "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
)


def public(room: ModuleType) -> dict[str, Callable]:
    """The functions that a module offers by name."""
    return {
        name: value
        for name, value in vars(room).items()
        if inspect.isfunction(value) and value.__module__ == room.__name__ and not name.startswith("_")
    }


def _first_parameter(function: Callable) -> str:
    return next(iter(inspect.unwrap(function).__code__.co_varnames), "")


def _operator(function: Callable) -> Callable:
    """An operator that leaves other types a chance."""

    def operator(self: Tensor, other):
        return function(self, other) if operands.is_operand(other) else NotImplemented

    return operator


def _cast(name: str) -> Callable:
    def method(self: Tensor) -> Tensor:
        return operands.to_dtype(self, dtypes.named(name).numpy)

    method.__name__ = name
    method.__doc__ = f"The elements as {dtypes.named(name)}."
    return method


def to(self: Tensor, *args, dtype=None, device=None, copy: bool = False, non_blocking: bool = False) -> Tensor:
    """The elements in another dtype: a dtype, or that of a tensor; or on a device, of which there is one."""
    for arg in args:
        if isinstance(arg, Tensor):
            dtype = arg.dtype
        elif isinstance(arg, (str, dtypes.device)):
            device = arg
        elif arg is not None and not isinstance(arg, bool):
            dtype = arg
    if device is not None:
        dtypes.device(str(device))
    result = self if dtype is None else operands.to_dtype(self, dtypes.as_numpy(dtype))
    return views.clone(result) if copy and result is self else result


def type_(self: Tensor, dtype=None) -> str | Tensor:
    """The name of the type of tensor; or the elements in another dtype."""
    return f"torch.{self.dtype.title}Tensor" if dtype is None else to(self, dtype)


def reversed_dims(self: Tensor) -> Tensor:
    """The dimensions in reverse."""
    if self.ndim != 2:
        warnings.warn(DEPRECATED_T, UserWarning, stacklevel=2)
    return views.permute(self, *reversed(range(self.ndim)))


def _matmul(self: Tensor, other):
    return products.matmul(self, other) if isinstance(other, Tensor) else NotImplemented


def _iterate(self: Tensor):
    if not self.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(joins.unbind(self))


def _contains(self: Tensor, value) -> bool:
    return bool((self._array == (value._array if isinstance(value, Tensor) else value)).any())


SPECIAL = {
    "__neg__": arithmetic.neg,
    "__pos__": lambda self: self,
    "__abs__": arithmetic.abs,
    "__invert__": arithmetic.bitwise_not,
    "__matmul__": _matmul,
    "__getitem__": indexing.getitem,
    "__setitem__": inplace.setitem,
    "__iter__": _iterate,
    "__contains__": _contains,
    "where": lambda self, condition, other: arithmetic.where(condition, self, other),
    "to": to,
    "type": type_,
    "cpu": lambda self: self,
    "T": property(reversed_dims),
    "mT": property(lambda self: views.transpose(self, -2, -1)),
    "permute": views.permute,
}


def install() -> None:
    """Give `Tensor` its methods."""
    Tensor.__s2sgrad_apply__ = staticmethod(graph.apply)
    for room in ROOMS:
        for name, function in public(room).items():
            if _first_parameter(function) in ("input", "self") and name not in NOT_METHODS:
                setattr(Tensor, name, function)
                if name in IN_PLACE:
                    setattr(Tensor, f"{name}_", inplace.in_place(function))
    for name, short in LONG_NAMES.items():
        setattr(Tensor, name, getattr(Tensor, short))
    for name, (function, reflected) in OPERATORS.items():
        setattr(Tensor, f"__{name}__", _operator(function))
        setattr(Tensor, f"__i{name}__", _operator(inplace.in_place(function)))
        setattr(Tensor, f"__r{name}__", _operator(reflected))
    for name in COMPARISONS:
        setattr(Tensor, f"__{name}__", _operator(getattr(arithmetic, name)))
    for name in CASTS:
        setattr(Tensor, name, _cast(name))
    for name, method in SPECIAL.items():
        setattr(Tensor, name, method)
