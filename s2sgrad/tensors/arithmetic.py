"""Operators that work element by element."""

from __future__ import annotations

import numpy as np

from s2sgrad.tensors import dtypes, primitives
from s2sgrad.tensors.engine import Node
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.operands import cast, common, elementwise, floating, require_tensor
from s2sgrad.tensors.tensor import Tensor


def _unary(name: str, function, title: str, keeps_integers: bool = False):
    node = f"{title}Backward0"

    def operator(input: Tensor) -> Tensor:
        tensor = require_tensor(input, name)
        return call(function, node, tensor if keeps_integers else floating(tensor))

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = f"`{name}` of every element."
    return operator


# name, what it computes, PyTorch's name of the step, integers stay integers
ELEMENTWISE = {
    name: _unary(name, *entry)
    for name, *entry in (
        ("abs", primitives.absolute, "Abs", True),
        ("neg", primitives.neg, "Neg", True),
        ("sign", primitives.sign, "Sign", True),
        ("floor", primitives.floor, "Floor", True),
        ("ceil", primitives.ceil, "Ceil", True),
        ("trunc", primitives.trunc, "Trunc", True),
        ("relu", primitives.relu, "Relu", True),
        ("exp", primitives.exp, "Exp"),
        ("exp2", primitives.exp2, "Exp2"),
        ("expm1", primitives.expm1, "Expm1"),
        ("log", primitives.log, "Log"),
        ("log2", primitives.log2, "Log2"),
        ("log10", primitives.log10, "Log10"),
        ("log1p", primitives.log1p, "Log1P"),
        ("sqrt", primitives.sqrt, "Sqrt"),
        ("rsqrt", primitives.rsqrt, "Rsqrt"),
        ("reciprocal", primitives.reciprocal, "Reciprocal"),
        ("sin", primitives.sin, "Sin"),
        ("cos", primitives.cos, "Cos"),
        ("tan", primitives.tan, "Tan"),
        ("asin", primitives.asin, "Asin"),
        ("acos", primitives.acos, "Acos"),
        ("atan", primitives.atan, "Atan"),
        ("sinh", primitives.sinh, "Sinh"),
        ("cosh", primitives.cosh, "Cosh"),
        ("tanh", primitives.tanh, "Tanh"),
        ("sigmoid", primitives.sigmoid, "Sigmoid"),
        ("softplus", primitives.softplus, "Softplus"),
    )
}
globals().update(ELEMENTWISE)


def _scaled(input, other, alpha, name: str, function):
    if alpha != 1:
        return elementwise(primitives.add_scaled, name, *common(input, other), alpha)
    return elementwise(function, name, *common(input, other))


def add(input: Tensor, other, *, alpha: float = 1) -> Tensor:
    """`input + alpha * other`."""
    return _scaled(input, other, alpha, "AddBackward0", primitives.add)


def sub(input: Tensor, other, *, alpha: float = 1) -> Tensor:
    """`input - alpha * other`."""
    return _scaled(input, other, alpha if alpha == 1 else -alpha, "SubBackward0", primitives.sub)


def rsub(input: Tensor, other) -> Tensor:
    """`other - input`."""
    return elementwise(primitives.rsub, "RsubBackward1", *common(input, other))


def mul(input: Tensor, other) -> Tensor:
    """`input * other`."""
    return elementwise(primitives.mul, "MulBackward0", *common(input, other))


def div(input: Tensor, other, *, rounding_mode: str | None = None) -> Tensor:
    """`input / other`; integers divide to floating-point numbers."""
    if rounding_mode == "floor":
        return floor_divide(input, other)
    quotient = elementwise(primitives.div, "DivBackward0", *common(input, other, at_least_float=True))
    return ELEMENTWISE["trunc"](quotient) if rounding_mode == "trunc" else quotient


def _rdiv(input: Tensor, other) -> Tensor:
    """`other / input`."""
    return elementwise(primitives.rdiv, "MulBackward0", *common(input, other, at_least_float=True))


class _NotImplementedStep(Node):
    """The end of the road: an operator that has no derivative."""

    __slots__ = ("operator",)

    def pull(self, bars: list, keep: bool, record: bool):
        """There is nothing to pull back."""
        raise RuntimeError(f"derivative for aten::{self.operator} is not implemented")

    def name(self) -> str:
        """As PyTorch prints it."""
        return "NotImplemented"


def floor_divide(input: Tensor, other) -> Tensor:
    """`input // other`; not differentiable."""
    x, z = _divisible(*common(input, other))
    result = elementwise(np.floor_divide, "", *(v.detach() if isinstance(v, Tensor) else v for v in (x, z)))
    if any(isinstance(v, Tensor) and v.requires_grad for v in (x, z)):
        node = _NotImplementedStep((), ((result._array.shape, result._array.dtype),))
        node.operator = "floor_divide"
        result._node = node
    return result


def remainder(input: Tensor, other) -> Tensor:
    """`input % other`, with the sign of `other`."""
    name = f"RemainderBackward{int(isinstance(other, Tensor))}"
    return elementwise(primitives.remainder, name, *_divisible(*common(input, other)))


def _divisible(x, z) -> tuple:
    """Refuse to divide integers by zero."""
    divisor = z._array if isinstance(z, Tensor) else np.asarray(z)
    if divisor.dtype.kind in "iub" and not divisor.all():
        raise RuntimeError("ZeroDivisionError")
    return x, z


def pow(input: Tensor, exponent) -> Tensor:
    """`input ** exponent`; the base may be a number if the exponent is a tensor."""
    if not isinstance(input, Tensor):
        return elementwise(primitives.rpower, "PowBackward2", *common(exponent, input))
    name = f"PowBackward{int(isinstance(exponent, Tensor))}"
    try:
        return elementwise(primitives.power, name, *common(input, exponent))
    except ValueError as error:  # NumPy's words end without the full stop
        raise RuntimeError(f"{str(error).rstrip('.')}.") from None


def square(input: Tensor) -> Tensor:
    """`input ** 2`."""
    return pow(input, 2)


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The greater of each pair."""
    return elementwise(primitives.maximum, "MaximumBackward0", *common(input, other))


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The lesser of each pair."""
    return elementwise(primitives.minimum, "MinimumBackward0", *common(input, other))


def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle of the point (other, input)."""
    return elementwise(primitives.atan2, "Atan2Backward0", *common(input, other, at_least_float=True))


def clamp(input: Tensor, min=None, max=None) -> Tensor:
    """`input`, but at least `min` and at most `max`."""
    name = "ClampBackward0" if isinstance(min, Tensor) or isinstance(max, Tensor) else "ClampBackward1"
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if max is None:
        return elementwise(primitives.clamp_min, name, *common(input, min))
    if min is None:
        return elementwise(primitives.clamp_max, name, *common(input, max))
    return elementwise(primitives.clamp, name, *common(input, min, max))


clip = clamp


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest whole number, or decimal fraction; halves go to even."""
    if not decimals:
        return call(primitives.rint, "RoundBackward0", input)
    return div(round(mul(input, 10.0**decimals)), 10.0**decimals)


def where(condition: Tensor, input=None, other=None) -> Tensor | tuple[Tensor, ...]:
    """`input` where the condition holds, `other` elsewhere; alone, the indices where it holds."""
    if input is None:
        return tuple(Tensor._of(found) for found in np.nonzero(condition._array))
    x, z = common(input, other)
    if not isinstance(x, Tensor) and not isinstance(z, Tensor):
        dtype = np.promote_types(dtypes.of_number(x), dtypes.of_number(z)) if type(x) is type(z) else dtypes.default()
        return Tensor._of(np.where(condition._array, x, z).astype(dtype))
    return elementwise(primitives.where, "WhereBackward0", condition, x, z)


def masked_fill(input: Tensor, mask: Tensor, value) -> Tensor:
    """`input`, but `value` where the mask holds."""
    z, x = common(value, input)
    return elementwise(primitives.where, "MaskedFillBackward0", mask, z, cast(x, input._array.dtype))


# ---- truth: no derivatives ----


def _truth(name: str, function):
    def operator(input: Tensor, other=None) -> Tensor:
        values = common(input) if other is None else common(input, other)
        return elementwise(function, "", *(v.detach() if isinstance(v, Tensor) else v for v in values))

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = f"`{name}`, element by element."
    return operator


TRUTH = {
    name: _truth(name, function)
    for name, function in (
        ("eq", np.equal),
        ("ne", np.not_equal),
        ("lt", np.less),
        ("le", np.less_equal),
        ("gt", np.greater),
        ("ge", np.greater_equal),
        ("logical_and", np.logical_and),
        ("logical_or", np.logical_or),
        ("logical_xor", np.logical_xor),
        ("logical_not", np.logical_not),
        ("bitwise_and", np.bitwise_and),
        ("bitwise_or", np.bitwise_or),
        ("bitwise_xor", np.bitwise_xor),
        ("bitwise_not", np.bitwise_not),
        ("isnan", np.isnan),
        ("isinf", np.isinf),
        ("isfinite", np.isfinite),
    )
}
globals().update(TRUTH)


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether each pair is nearly equal."""
    return Tensor._of(np.asarray(np.isclose(input._array, other._array, rtol, atol, equal_nan)))


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether every pair is nearly equal."""
    return bool(np.allclose(input._array, other._array, rtol, atol, equal_nan))


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return bool(np.array_equal(input._array, other._array))
