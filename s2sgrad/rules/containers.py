"""Lists and dicts as they are: what they hold, in their order."""

from __future__ import annotations

# ruff: noqa: F401 (what is imported here, the texts of the rules use)
from s2sgrad.rules.notation import bar, dot, rule, zero
from s2sgrad.runtime import (
    dict_items,
    dict_keys,
    dict_values,
    item_before,
    items_by_key,
    sorting_order,
    values_by_key,
)

zero(list.index, list.count, dict_keys, sorting_order)


@rule(dict.copy, aliasing="maybe")
def dict_copy(y, self):
    dot[y] = dict.copy(dot[self])
    bar[self] = bar[y]


@rule(dict_values, aliasing="maybe")
def dict_values_(y, items):
    dot[y] = dict_values(dot[items])
    bar[items] = values_by_key(bar[y], items)


@rule(dict_items, aliasing="maybe")
def dict_items_(y, items):
    dot[y] = dict_items(dot[items])
    bar[items] = items_by_key(bar[y], items)


@rule(values_by_key, aliasing="maybe")
def values_by_key_(y, values, items):
    dot[y] = values_by_key(dot[values], items)
    bar[values] = dict_values(bar[y])


@rule(items_by_key, aliasing="maybe")
def items_by_key_(y, pairs, items):
    dot[y] = items_by_key(dot[pairs], items)
    bar[pairs] = dict_items(bar[y])
