"""Views: results that share memory with an operand, and remember of what they are a part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2sgrad.tensors import grad_mode
from s2sgrad.tensors.graph import call
from s2sgrad.tensors.tensor import Tensor


def view_of(function: Callable, name: str, source: Tensor, *args) -> Tensor:
    """`call`; if the result shares memory with `source`, changes in place through one show in the other."""
    result = call(function, name, source, *args)
    if np.may_share_memory(result._array, source._array):
        base = source if source._base is None else source._base
        result._base, result._seen, result._counter = base, base._node, base._counter
        result._loose = base.requires_grad and not grad_mode.is_grad_enabled()
        result._steps = (*source._steps, lambda tensor: view_of(function, name, tensor, *args))
    return result


def positions(view: Tensor) -> np.ndarray:
    """Where the elements of a view are in its base, in row-major order."""
    base = view._base
    numbers = Tensor._of(np.arange(base._array.size).reshape(base._array.shape))
    for step in view._steps:
        numbers = step(numbers)
    return numbers._array
