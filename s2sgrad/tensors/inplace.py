"""Changes in place: the array is overwritten, the tensor moves on to a new node, and the version counts up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2sgrad.tensors import grad_mode, primitives
from s2sgrad.tensors.aliasing import positions
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.indexing import guarded, is_basic, plain_key
from s2sgrad.tensors.operands import is_operand
from s2sgrad.tensors.tensor import Tensor

ON_A_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
LOOSE_VIEW = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case "
    "is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace "
    "either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want "
    "the inplace to be tracked)."
)


def overwrite(target: Tensor, operator: Callable[..., Tensor], *args) -> Tensor:
    """`target = operator(target, *args)`, in the memory of `target`."""
    recording = _records(target, args)
    if recording:
        _refuse_leaf(target, through_view=False)
        # residuals must not share the memory that is about to change
        result = operator(target._alias(target._array.copy()), *args)
    else:
        result = operator(target.detach(), *args)
    _check_fits(target, result)
    _store(target, ..., result._array)
    if recording:
        _move_on(target, result)
    return target


def setitem(target: Tensor, key, value) -> None:
    """`target[key] = value`."""
    if not is_operand(value):
        raise TypeError(f"can't assign a {type(value).__name__} to a {target.type()}")
    parts = plain_key(key)
    value = _fitting_value(target, parts, value)
    if value is None:
        return
    recording = _records(target, (value,))
    if recording:
        _refuse_leaf(target, through_view=True)
    _store(target, parts, value._array)
    if recording:
        _put(target, parts, value, "CopySlices" if is_basic(parts) else "IndexPutBackward0")


def _records(target: Tensor, others: tuple) -> bool:
    """Whether a change is remembered."""
    if not grad_mode.is_grad_enabled():
        return False
    if target._loose:
        raise RuntimeError(LOOSE_VIEW)
    return target.requires_grad or any(isinstance(other, Tensor) and other.requires_grad for other in others)


def _refuse_leaf(target: Tensor, through_view: bool) -> None:
    base = target if target._base is None else target._base
    if base.is_leaf and base._leaf_requires:
        view = through_view or base is not target
        raise RuntimeError(f"a view of {ON_A_LEAF}" if view else ON_A_LEAF)


def _store(target: Tensor, parts, array: np.ndarray) -> None:
    """Change the memory and count the version."""
    target._array[parts] = array
    target._counter[0] += 1


def _check_fits(target: Tensor, result: Tensor) -> None:
    if result._array.shape != target._array.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    if not np.can_cast(result._array.dtype, target._array.dtype, "same_kind"):
        raise RuntimeError(
            f"result type {result.dtype.title} can't be cast to the desired output type {target.dtype.title}"
        )


def _fitting_value(target: Tensor, parts: tuple, value) -> Tensor | None:
    """The value in the dtype of the target; None if it is that part of the target itself, as after `x[0] += 1`."""
    part = guarded(target._array.__getitem__, parts)
    if not isinstance(value, Tensor):
        return Tensor._of(np.asarray(value).astype(target._array.dtype))
    if _same_memory(part, value._array):
        return None
    _check_expands(value.shape, np.shape(part))
    return value if value.dtype is target.dtype else value._alias(value._array.astype(target._array.dtype))


def _same_memory(a: np.ndarray, b: np.ndarray) -> bool:
    layouts = ((x.__array_interface__["data"], x.shape, x.strides, x.dtype) for x in (a, b))
    return next(layouts) == next(layouts)


def _check_expands(shape: tuple, target: tuple) -> None:
    """Refuse a value that doesn't broadcast to the part that it is assigned to."""
    lead = len(target) - len(shape)
    for dim, size in enumerate(shape):
        wanted = target[dim + lead] if dim + lead >= 0 else 1
        if size not in (1, wanted):
            raise RuntimeError(
                f"The expanded size of the tensor ({wanted}) must match the existing size ({size}) at non-singleton "
                f"dimension {max(dim + lead, 0)}.  Target sizes: {list(target)}.  Tensor sizes: {list(shape)}"
            )


def _move_on(target: Tensor, result: Tensor) -> None:
    """The target is what `result` is; if it is a view, so is that part of its base."""
    if target._base is None:
        target._node, target._slot = result._source(), result._slot
    else:
        _put(target, ..., result, "CopySlices")


def _put(target: Tensor, parts, value: Tensor, name: str) -> None:
    """The base of `target` gets a node: itself, with `value` at that part of the target."""
    if target._base is None:
        made = call(primitives.index_put, name, target._alias(target._array), parts, value)
    else:
        base = target._base
        made = call(primitives.put_flat, name, base._alias(base._array), positions(target)[parts], value)
        target = base
    target._node, target._slot = made._node, made._slot


# ---- the operators ----


def _copied(old: Tensor, source: Tensor) -> Tensor:
    return call(primitives.overwrite, "CopyBackwards", old, source)


def copy_(self: Tensor, src: Tensor) -> Tensor:
    """Overwrite with the elements of `src`."""
    _check_expands(src.shape, self.shape)
    return overwrite(self, _copied, src._alias(src._array.astype(self._array.dtype, copy=False)))


def fill_(self: Tensor, value: float | Tensor) -> Tensor:
    """Overwrite with one value."""
    name = f"FillBackward{2 - int(isinstance(value, Tensor))}"
    return _filled(self, name, value if isinstance(value, Tensor) else self._array.dtype.type(value).item())


def zero_(self: Tensor) -> Tensor:
    """Overwrite with zeros."""
    return _filled(self, "ZeroBackward0", self._array.dtype.type(0).item())


def _filled(target: Tensor, name: str, value) -> Tensor:
    if _records(target, (value,)):
        return overwrite(target, lambda old: call(primitives.fill, name, old, value))
    _store(target, ..., value._array if isinstance(value, Tensor) else value)
    return target


def in_place(operator: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The method that does `operator` in place."""

    def method(self: Tensor, *args, **kwargs) -> Tensor:
        return overwrite(self, lambda old, *rest: operator(old, *rest, **kwargs), *args)

    method.__name__ = method.__qualname__ = f"{operator.__name__}_"
    method.__doc__ = f"`{operator.__name__}`, in place."
    return method
