"""The few functions that generated code calls: plain NumPy, each with a rule of its own.

In these pages `g` is a cotangent (an adjoint on its way down). Adjoints mirror values: a number for a number, an array
for an array, a list for a list or tuple, a dict for a dict (and, by field name, for a dataclass), None for whatever has
no derivative. None also reads as "zero so far".
"""

from __future__ import annotations

from s2sgrad.runtime import functional as functional
from s2sgrad.runtime.adjoints import add, add_at, add_into, by_name, cast, field_names, finish, may_repeat, zeros_like
from s2sgrad.runtime.calculus import (
    centred_rows,
    cumprod_dot,
    edge_layer,
    falling_factors,
    mode_margins,
    neighbour_means,
    product_before,
    quantile_places,
    running_place,
    step_widths,
    uncentred_rows,
    uncumprod,
    undiff,
    ungradient,
    unneighbour_means,
    unstep_widths,
)
from s2sgrad.runtime.containers import (
    dict_items,
    dict_keys,
    dict_values,
    item_before,
    items_before,
    items_by_key,
    permute,
    put_back,
    replace_slice,
    restore_item,
    restore_items,
    restore_update,
    sorting_order,
    take_item,
    take_items,
    take_last,
    take_out,
    unpermute,
    values_by_key,
)
from s2sgrad.runtime.einsum import einsum_bars, einsum_dot, einsum_twice
from s2sgrad.runtime.functions import captured, instance_of, made, made_by
from s2sgrad.runtime.matrices import (
    kron_left,
    kron_right,
    lower_half,
    lstsq_bars,
    lstsq_dot,
    multi_dot_bars,
    multi_dot_dot,
    reciprocal_gaps,
)
from s2sgrad.runtime.memory import (
    bound,
    deeply_copied,
    detached,
    fold_repeats,
    forget,
    is_outline,
    last_writes,
    outline,
    preserved,
    returned,
    separate,
    shared,
    stop_gradient,
    strict,
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
from s2sgrad.runtime.selections import (
    cropped_like,
    gather_at,
    own_places,
    scatter_at,
    unblock,
    unbroadcast_each,
    unchoose,
    unmeshgrid,
    unselect,
)
from s2sgrad.runtime.sequences import (
    all_indices,
    as_column,
    choices,
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
    product_of_others_dot2,
    product_of_others_dot3,
    reshape_like,
    right_part,
    unbroadcast,
    undiag,
    undiagonal,
    unreduce,
    unrepeat,
    unstack_like,
    untile,
)
from s2sgrad.runtime.spectra import fft_axes, fft_length, unirfft
from s2sgrad.runtime.tangents import shared_alike, undefined, zero_tangent

__all__ = [
    "add", "add_at", "add_into", "all_indices", "along_axis", "as_column", "bound", "broadcast", "by_name",
    "captured", "cast", "centred_rows", "choices", "columns", "count", "cropped_like", "cumprod_dot",
    "deeply_copied", "dense", "detached", "dict_items", "dict_keys", "dict_values", "divide", "divide_or_zero",
    "dot_left", "dot_right", "edge_layer", "einsum_bars", "einsum_dot", "einsum_twice", "exp_difference",
    "falling_factors", "fft_axes", "fft_length", "field_names", "finish", "fold_repeats", "forget", "gather_at",
    "inner", "inner_left", "inner_right", "instance_of", "inverse_axes", "is_mapping", "is_outline", "is_sequence",
    "item_before", "items_before", "items_by_key", "join_stacked", "kron_left", "kron_right", "larger",
    "last_writes", "left_part", "log_in_field", "log_or_zero", "lower_half", "lstsq_bars", "lstsq_dot", "made",
    "made_by", "matmul_left", "matmul_right", "may_repeat", "mode_margins", "multi_dot_bars", "multi_dot_dot",
    "neighbour_means", "outline", "own_places", "permute", "place", "polygamma", "power_dx", "preserved",
    "product_before", "product_of_others", "product_of_others_dot", "product_of_others_dot2",
    "product_of_others_dot3", "put_back", "quantile_places", "reciprocal_gaps", "replace_slice", "reshape_like",
    "restore_item", "restore_items", "restore_update", "returned", "right_part", "running_place", "scale_all",
    "scatter_at", "selected_bars", "selected_dot", "separate", "sequence", "shared", "shared_alike",
    "sinc_derivative", "sorting_order", "split_like", "split_stacked", "stack_like", "step_widths", "stop_gradient",
    "strict", "sum_bars", "take_item", "take_items", "take_last", "take_out", "tensordot_left", "tensordot_right",
    "unblock", "unbroadcast", "unbroadcast_each", "uncentred_rows", "unchoose", "uncolumns", "uncumprod",
    "undefined", "undiag", "undiagonal", "undiff", "ungradient", "unirfft", "unmeshgrid", "unneighbour_means",
    "unpack", "unpermute", "unreduce", "unrepeat", "unselect", "unstack_like", "unstep_widths", "untile",
    "values_by_key", "writeable_arrays", "zero_tangent", "zeros_like",
]  # fmt: skip
