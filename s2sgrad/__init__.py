"""s2sgrad: derivatives of plain Python and NumPy, generated as plain Python and NumPy.

Functional: `grad value_and_grad vjp differentiable stop_gradient check_grads explain rule UnsupportedError`.
With `import s2sgrad as torch`: PyTorch's tensors, `no_grad`, `optim`.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_FUNCTIONAL = (
    "Differentiable", "check_grads", "differentiable", "explain", "grad", "hessian", "hvp", "jacfwd", "jacobian",
    "jacrev", "jvp", "linearize", "rule", "stop_gradient", "value_and_grad", "vjp",
)  # fmt: skip

_TENSORS = """
    BoolTensor ByteTensor CharTensor ComplexDoubleTensor ComplexFloatTensor DoubleTensor FloatTensor Generator
    HalfTensor IntTensor LongTensor ShortTensor Size Tensor abs absolute acos add all allclose amax amin any
    arange arccos arcsin arctan argmax argmin argsort as_tensor asarray asin atan atan2 autograd bitwise_and
    bitwise_not bitwise_or bitwise_xor bmm bool broadcast_to cat cdouble ceil cfloat chunk clamp clip clone
    complex128 complex64 concat concatenate contiguous cos cosh count_nonzero cumprod cumsum device diag
    diagonal div divide dot double dtype einsum empty empty_like enable_grad eq equal exp exp2 expand expand_as
    expm1 eye flatten flip float float16 float32 float64 floor floor_divide from_numpy full full_like gather ge
    get_default_dtype gt half hstack index_select inference_mode initial_seed int int16 int32 int64 int8
    is_complex is_floating_point is_grad_enabled is_tensor isclose isfinite isinf isnan le linspace log log10
    log1p log2 log_softmax logical_and logical_not logical_or logical_xor logspace logsumexp long lt manual_seed
    masked_fill masked_select matmul max maximum mean median meshgrid min minimum mm movedim mul multiply mv
    narrow ne neg negative no_grad nonzero norm normal numel ones ones_like optim outer permute pow prod rand
    rand_like randint randn randn_like randperm ravel reciprocal relu remainder repeat reshape reshape_as roll
    round rsqrt rsub seed set_default_dtype set_grad_enabled set_printoptions short sigmoid sign sin sinh
    softmax softplus sort split sqrt square squeeze stack std sub subtract sum swapaxes swapdims t
    take_along_dim tan tanh tensor tile topk trace transpose tril triu true_divide trunc uint8 unbind unique
    unsqueeze var view view_as vstack where zeros zeros_like
""".split()  # noqa: SIM905 (a list would take a line for each)

_HOMES = {
    **dict.fromkeys(_TENSORS, "s2sgrad.tensors"),
    **dict.fromkeys(_FUNCTIONAL, "s2sgrad.api"),
    "UnsupportedError": "s2sgrad.diagnostics",
}


def __getattr__(name: str) -> Any:
    """Names are loaded on first use, so that importing the package stays cheap (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 's2sgrad' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
