"""s2sgrad: derivatives of plain Python and NumPy, generated as plain Python and NumPy."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_API = (
    "Differentiable", "check_grads", "differentiable", "explain", "grad", "rule", "stop_gradient", "value_and_grad", "vjp",
)  # fmt: skip
_HOMES = {**dict.fromkeys(_API, "s2sgrad.api"), "UnsupportedError": "s2sgrad.diagnostics"}


def __getattr__(name: str) -> Any:
    """Names are loaded on first use, so that importing the package stays cheap (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 's2sgrad' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
