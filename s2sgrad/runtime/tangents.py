"""Tangents as values: zeros, and tangents in the form of what they belong to.

A tangent has the structure, types, shapes and dtypes of its primal, and shares memory as its primal does; None stands
beside what has no derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import zeros_like


class Undefined:
    """What a variable holds that has not been assigned, in text that is read and never run."""

    def __repr__(self) -> str:
        return "undefined"


undefined = Undefined()


def zero_tangent(value: Any) -> Any:
    """The zero tangent of any value.

    >>> zero_tangent((1.5, [np.ones(2), 3], {"w": 2.0}))
    (0.0, [array([0., 0.]), None], {'w': 0.0})
    """
    if isinstance(value, (list, tuple)):
        items = [zero_tangent(item) for item in value]
        return value._make(items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: zero_tangent(item) for key, item in value.items()}
    return zeros_like(value)


def shared_alike(y_dot: Any, y: Any, x_dot: Any, x: Any) -> Any:
    """`y_dot`, sharing memory with `x_dot` if `y` does with `x`, and only then: `reshape` decides it when it runs.

    >>> x, x_dot = np.zeros((2, 2)), np.ones((2, 2))
    >>> y = x.copy()
    >>> np.may_share_memory(shared_alike(x_dot.reshape(4), y, x_dot, x), x_dot)
    False
    """
    if type(y_dot) is not ndarray or type(x_dot) is not ndarray:
        return y_dot
    primal, tangent = np.may_share_memory(y, x), np.may_share_memory(y_dot, x_dot)
    if tangent and not primal:
        return y_dot.copy()
    if primal and not tangent:
        raise ValueError(
            "a tangent lies otherwise in memory than its primal, which is written into through another shape: "
            "use np.ascontiguousarray or .copy() before the reshape"
        )
    return y_dot
