"""Adjoints as values: zeros, sums, contributions at an index, and what is handed out."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

import numpy as np
from numpy import ndarray


def zeros_like(value: Any) -> Any:
    """The zero adjoint of any value; fresh memory.

    >>> zeros_like([1.5, (np.ones(2), 3), "text"])
    [0.0, [array([0., 0.]), None], None]
    """
    kind = type(value)
    if kind is float:
        return 0.0
    if kind is ndarray:
        if value.dtype.kind not in "fc":
            return None
        return np.zeros(value.shape, value.dtype, "F" if value.flags.fnc else "C")
    if kind is list or kind is tuple:
        return [zeros_like(item) for item in value]
    if kind is dict:
        return {key: zeros_like(item) for key, item in value.items()}
    return _zeros_like_other(value)


def _zeros_like_other(value: Any) -> Any:
    """`zeros_like` of the rarer types."""
    if isinstance(value, (np.inexact, complex, float)):
        return type(value)(0) if type(value) is not bool else None
    if isinstance(value, (list, tuple)):
        return [zeros_like(item) for item in value]
    if isinstance(value, dict):
        return {key: zeros_like(item) for key, item in value.items()}
    if isinstance(value, ndarray) or (hasattr(value, "__array_function__") and hasattr(value, "dtype")):
        return np.zeros_like(value) if value.dtype.kind in "fc" else None
    names = field_names(value)
    if names:
        return {name: zeros_like(getattr(value, name)) for name in names}
    return {} if _is_instance(value) else None  # of an object whose class does not tell its fields: none has arrived


def _is_instance(value: Any) -> bool:
    """Is it an instance of a class written in Python?"""
    return bool(type(value).__flags__ & 1 << 9) and not isinstance(value, (type, types.ModuleType))


def field_bar(g: dict[str, Any], name: str, x: Any) -> Any:
    """The adjoint of a field that holds `x`, where `g` is that of the object; zeros if nothing has arrived.

    >>> field_bar({}, "gain", 2.0)
    0.0
    """
    found = g.get(name)
    return zeros_like(x) if found is None else found


def field_names(value: Any) -> list[str]:
    """The names of the fields of a dataclass or a SimpleNamespace; none of anything else.

    >>> field_names(types.SimpleNamespace(x=1.0))
    ['x']
    """
    if isinstance(value, types.SimpleNamespace):
        return list(vars(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in dataclasses.fields(value)]
    return []


def by_name(cotangent: Any) -> Any:
    """A cotangent that the caller gives, as adjoints are told: a dict in place of a dataclass.

    >>> by_name((1.0, types.SimpleNamespace(x=2.0)))
    (1.0, {'x': 2.0})
    """
    if type(cotangent) is ndarray or isinstance(cotangent, (float, np.generic)):
        return cotangent
    if isinstance(cotangent, (list, tuple)):
        items = [by_name(item) for item in cotangent]
        return items if type(cotangent) is list else tuple(items)
    if isinstance(cotangent, dict):
        return {key: by_name(item) for key, item in cotangent.items()}
    names = field_names(cotangent)
    return {name: by_name(getattr(cotangent, name)) for name in names} if names else cotangent


def add(a: Any, b: Any) -> Any:
    """The sum of two adjoints of one structure, never in place; None is zero, so `add(None, b)` is `b` itself.

    >>> add([1.0, None, {"w": 2.0}], [0.5, 3.0, {"w": 1.0}])
    [1.5, 3.0, {'w': 3.0}]
    """
    if a is None:
        return b
    if b is None:
        return a
    if type(a) is list or isinstance(a, tuple):  # a tuple is the caller's cotangent
        return [add(p, q) for p, q in zip(a, b, strict=True)]
    if type(a) is dict:
        both = {key: add(value, b.get(key)) for key, value in a.items()}
        return both | {key: value for key, value in b.items() if key not in a}
    return a + b


def add_into(total: Any, g: Any) -> None:
    """The sum of two adjoints of a container, in place: whoever else holds `total` sees it.

    >>> total = [1.0, {"w": np.zeros(2)}]; add_into(total, [0.5, {"w": np.ones(2)}]); total
    [1.5, {'w': array([1., 1.])}]
    """
    if g is None:
        return
    keys = total if type(total) is dict else range(len(total))
    for key in keys:
        value, part = total[key], g.get(key) if type(g) is dict else g[key]
        if type(value) in (list, dict):
            add_into(value, part)
        elif type(value) is ndarray and part is not None:
            value += part
        else:
            total[key] = add(value, part)


def add_at(total: Any, index: Any, g: Any) -> None:
    """`total[index] += g` in place, for an index that may reach one element several times.

    >>> total = np.zeros(3); add_at(total, np.array([0, 2, 2]), 1.0); total
    array([1., 0., 2.])
    >>> total = [0.0, 0.0]; add_at(total, -1, 0.5); total
    [0.0, 0.5]
    """
    if total is None or g is None:
        return
    if type(total) is list:
        if type(index) is slice:
            total[index] = [add(p, q) for p, q in zip(total[index], g, strict=True)]
        else:
            total[index] = add(total[index], g)
    elif type(total) is dict:
        total[index] = add(total.get(index), g)
    elif may_repeat(index):
        np.add.at(total, index, g)
    else:
        total[index] += g


def may_repeat(index: Any) -> bool:
    """Whether an index may reach one element twice: it does so by an array or list of integers only.

    >>> may_repeat((0, slice(2))), may_repeat(([0, 0], 1)), may_repeat(np.array([True]))
    (False, True, False)
    """
    if type(index) is tuple:
        return any(map(may_repeat, index))
    if isinstance(index, (ndarray, list)):
        index = np.asarray(index)
        return index.ndim > 0 and index.dtype.kind != "b"
    return False


def finish(g: Any, primal: Any, owned: bool = False) -> Any:
    """The gradient that the user gets for `primal`: its structure, leaf types, shapes and dtypes; memory of its own.

    `owned` says that nothing else refers to the arrays in `g`, so they need no copy (read-only ones are copied all
    the same). Leaves without derivative become None; where nothing has arrived, there are zeros.

    >>> finish([np.float64(2.0), None, None], (1.5, 3, np.ones(1)))
    (2.0, None, array([0.]))
    """
    if type(primal) is ndarray:
        if owned and type(g) is ndarray and g.dtype is primal.dtype and g.shape == primal.shape:
            return g if g.flags.writeable else g.copy()
        return _finish_array(g, primal)
    if type(primal) is float:
        return float(g.real) if g is not None else 0.0
    if isinstance(primal, (list, tuple)):
        items = [finish(b, p, owned) for b, p in zip(g or [None] * len(primal), primal, strict=True)]
        if type(primal) is list:
            return items
        return primal._make(items) if hasattr(primal, "_fields") else tuple(items)
    if isinstance(primal, dict):
        items = {key: finish(g.get(key) if g else None, p, owned) for key, p in primal.items()}
        return items if type(primal) is dict else _like_dict(items, primal)
    return _finish_other(g, primal, owned)


def _like_dict(items: dict, primal: dict) -> dict:
    """The same items in a dict of the type of `primal`, which knows how to copy itself."""
    result = primal.copy()
    result.update(items)
    return result


def _finish_array(g: Any, primal: ndarray) -> ndarray | None:
    """`finish` of an array, when something is left to do."""
    if g is None or primal.dtype.kind not in "fc":
        return zeros_like(primal)
    if np.shape(g) not in ((), primal.shape):
        raise ValueError(f"a gradient of shape {np.shape(g)} arrived at an array of shape {primal.shape}")
    result = np.empty_like(primal, subok=False)
    result[...] = g if primal.dtype.kind == "c" else np.real(g)
    return result


def _finish_other(g: Any, primal: Any, owned: bool) -> Any:
    """`finish` of NumPy scalars, complex numbers, dataclasses, arrays of other libraries; None for all the rest."""
    if isinstance(primal, (np.inexact, complex)):
        return zeros_like(primal) if g is None else type(primal)(cast(g, primal))
    if field_names(primal):
        result = type(primal).__new__(type(primal))  # not by __init__, which may refuse None or count instances
        for name in field_names(primal):
            value = finish(g.get(name) if g else None, getattr(primal, name), owned)
            object.__setattr__(result, name, value)
        return result
    if hasattr(primal, "__array_function__") and hasattr(primal, "dtype"):
        return zeros_like(primal) if g is None else g if owned else g.copy()
    return None


def cast(g: Any, x: Any) -> Any:
    """`g`, which has the shape of `x` already, in the type and dtype of `x`.

    >>> cast(np.float64(0.5), np.float32(1)), cast(np.array(0.5), 1.0), cast(0.5 + 1j, 1.0)
    (np.float32(0.5), 0.5, 0.5)
    """
    kind = type(x)
    if kind is ndarray:
        g = g if type(g) is ndarray else np.asarray(g)
        return g if g.dtype is x.dtype else _cast_array(g, x.dtype)
    if kind is float:
        return g if type(g) is float else float(g.real)
    if isinstance(x, np.inexact):
        return g if type(g) is kind else _cast_array(np.asarray(g), x.dtype)[()]
    if kind is complex:
        return complex(g)
    return g


def _cast_array(g: ndarray, dtype: np.dtype) -> ndarray:
    """`g` in a floating dtype; what is cast to any other dtype has no derivative, and stays as it is."""
    if dtype.kind == "f":
        return (g.real if g.dtype.kind == "c" else g).astype(dtype, copy=False)
    return g.astype(dtype, copy=False) if dtype.kind == "c" else g
