"""The few functions that generated code calls: plain NumPy, each with a rule of its own.

In these pages `g` is a cotangent (an adjoint on its way down). Adjoints mirror values: a number for a number, an array
for an array, a list for a list or tuple, a dict for a dict (and, by field name, for a dataclass), None for whatever has
no derivative. None also reads as "zero so far".
"""

from __future__ import annotations

from s2sgrad.runtime import functional as functional
from s2sgrad.runtime.adjoints import add, add_at, cast, finish, may_repeat, zeros_like
from s2sgrad.runtime.functions import captured, instance_of, made_by
from s2sgrad.runtime.memory import (
    bound,
    deeply_copied,
    detached,
    fold_repeats,
    is_outline,
    last_writes,
    outline,
    preserved,
    returned,
    stop_gradient,
    writeable_arrays,
)
from s2sgrad.runtime.products import (
    columns,
    dot_left,
    dot_right,
    inner_left,
    inner_right,
    matmul_left,
    matmul_right,
    tensordot_left,
    tensordot_right,
    uncolumns,
)
from s2sgrad.runtime.scalars import (
    divide,
    divide_or_zero,
    exp_difference,
    inner,
    larger,
    log_in_field,
    log_or_zero,
    polygamma,
    power_dx,
    scale_all,
    selected_bars,
    selected_dot,
    sinc_derivative,
    sum_bars,
)
from s2sgrad.runtime.sequences import (
    as_column,
    dense,
    is_mapping,
    is_sequence,
    join_stacked,
    sequence,
    split_like,
    split_stacked,
    stack_like,
    unpack,
)
from s2sgrad.runtime.shapes import (
    along_axis,
    broadcast,
    count,
    inverse_axes,
    left_part,
    place,
    product_of_others,
    product_of_others_dot,
    reshape_like,
    right_part,
    unbroadcast,
    undiag,
    undiagonal,
    unpad,
    unreduce,
    unrepeat,
    unstack_like,
    untile,
)
from s2sgrad.runtime.tangents import shared_alike, zero_tangent

__all__ = [
    "add", "add_at", "along_axis", "as_column", "bound", "broadcast", "captured", "cast", "columns", "count",
    "deeply_copied", "dense", "detached", "divide", "divide_or_zero", "dot_left", "dot_right", "exp_difference",
    "finish", "fold_repeats", "inner", "inner_left", "inner_right", "instance_of", "inverse_axes", "is_mapping",
    "is_outline", "is_sequence", "join_stacked", "larger", "last_writes", "left_part", "log_in_field",
    "log_or_zero", "made_by", "matmul_left", "matmul_right", "may_repeat", "outline", "place", "polygamma",
    "power_dx", "preserved", "product_of_others", "product_of_others_dot", "reshape_like", "returned", "right_part",
    "scale_all", "selected_bars", "selected_dot", "sequence", "shared_alike", "sinc_derivative", "split_like",
    "split_stacked", "stack_like", "stop_gradient", "sum_bars", "tensordot_left", "tensordot_right", "unbroadcast",
    "uncolumns", "undiag", "undiagonal", "unpack", "unpad", "unreduce", "unrepeat", "unstack_like", "untile",
    "writeable_arrays", "zero_tangent", "zeros_like",
]  # fmt: skip
