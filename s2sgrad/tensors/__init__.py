"""The tensor shim: PyTorch's tensors and autograd, on NumPy arrays and compiled adjoints."""

from __future__ import annotations

from s2sgrad.tensors import autograd, dtypes, inplace, methods, optim
from s2sgrad.tensors.dtypes import Size, device, dtype, get_default_dtype, set_default_dtype
from s2sgrad.tensors.grad_mode import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from s2sgrad.tensors.printing import set_printoptions
from s2sgrad.tensors.random import Generator, initial_seed, manual_seed, seed
from s2sgrad.tensors.tensor import Tensor

methods.install()

_functions = {
    name: function
    for room in methods.ROOMS
    for name, function in methods.public(room).items()
    if room is not inplace and not name.endswith("_") and not name.startswith("new_")
}
_functions |= {name: _functions[short] for name, short in methods.LONG_NAMES.items()}
_functions |= {name: getattr(Tensor, name) for name in ("numel", "is_floating_point", "is_complex")}
_dtypes = dtypes.DTYPES | {alias: dtypes.named(alias) for alias in dtypes.ALIASES}
globals().update(_functions, **_dtypes)

__all__ = [
    "Generator",
    "Size",
    "Tensor",
    "autograd",
    "device",
    "dtype",
    "enable_grad",
    "get_default_dtype",
    "inference_mode",
    "initial_seed",
    "is_grad_enabled",
    "manual_seed",
    "no_grad",
    "optim",
    "seed",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
]
__all__ += [*_functions, *_dtypes]
