"""Lists and dicts that change: in order, at a place, and back to what they were."""

from __future__ import annotations

from typing import Any

from s2sgrad.runtime.adjoints import zeros_like


def sorting_order(keys: Any, backwards: bool = False) -> list[int]:
    """The places of the items in the order that `sorted` gives them.

    >>> sorting_order([3.0, 1.0, 2.0]), sorting_order("ba", True)
    ([1, 2, 0], [0, 1])
    """
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=backwards)


def permute(items: list, order: list[int]) -> None:
    """Put the items of a list into another order: item `order[0]` first.

    >>> items = ["a", "b", "c"]; permute(items, [2, 0, 1]); items
    ['c', 'a', 'b']
    """
    items[:] = [items[k] for k in order]


def unpermute(items: list, order: list[int]) -> None:
    """Put the items of a list back into the order that they had before `permute`.

    >>> items = ["c", "a", "b"]; unpermute(items, [2, 0, 1]); items
    ['a', 'b', 'c']
    """
    before = [None] * len(items)
    for item, k in zip(items, order, strict=True):
        before[k] = item
    items[:] = before


def put_back(items: list, index: int, item: Any) -> None:
    """Insert an item where `items.pop(index)` took it from.

    >>> items = [1, 2]; put_back(items, -1, 3); put_back(items, 0, 0); items
    [0, 1, 2, 3]
    """
    items.insert(index if index >= 0 else len(items) + 1 + index, item)


def take_out(items: list, index: int) -> Any:
    """Remove and return the item that `items.insert(index, item)` has put there.

    >>> items = [1, 2]; items.insert(-1, 5); take_out(items, -1), items
    (5, [1, 2])
    """
    before = len(items) - 1
    return items.pop(min(index, before) if index >= 0 else max(index + before, 0))


def take_last(items: list, count: int) -> list:
    """Remove and return the last items.

    >>> items = [1, 2, 3]; take_last(items, 2), items
    ([2, 3], [1])
    """
    start = len(items) - count
    last = items[start:]
    del items[start:]
    return last


def replace_slice(items: list, index: slice, count: int, before: list) -> list:
    """Put back what `items[index] = …` has replaced by `count` items, and return these.

    >>> items = [1, 7, 8, 9, 4]; replace_slice(items, slice(1, 3), 3, [2, 3]), items
    ([7, 8, 9], [1, 2, 3, 4])
    """
    start, _, step = index.indices(len(items) - count + len(before))
    place = slice(start, start + count) if step == 1 else index
    now = items[place]
    items[place] = before
    return now


def items_before(items: dict, other: dict) -> dict:
    """What a dict holds at the keys of another one, where it has them.

    >>> items_before({"a": 1, "b": 2}, {"b": 0, "c": 0})
    {'b': 2}
    """
    return {key: items[key] for key in other if key in items}


def restore_update(items: dict, other: dict, before: dict) -> None:
    """Take back `items.update(other)`; `before` are the items that it has replaced.

    >>> items = {"a": 1, "b": 7, "c": 8}; restore_update(items, {"b": 7, "c": 8}, {"b": 2}); items
    {'a': 1, 'b': 2}
    """
    for key in other:
        restore_item(items, key, item_before(before, key))


def item_before(items: dict, key: Any) -> tuple:
    """What a dict (or a list) holds at a key: a tuple of the value, or of nothing.

    >>> item_before({"a": 1}, "a"), item_before({"a": 1}, "b")
    ((1,), ())
    """
    return (items[key],) if type(items) is list or key in items else ()


def restore_item(items: dict, key: Any, before: tuple) -> None:
    """Give a dict back at a key what it held there.

    >>> items = {"a": 1, "b": 2}; restore_item(items, "b", ()); restore_item(items, "a", (0,)); items
    {'a': 0}
    """
    if before:
        items[key] = before[0]
    else:
        del items[key]


def restore_items(items: dict, before: dict) -> None:
    """Give a dict back all its items, in their order.

    >>> items = {"a": 1}; restore_items(items, {"b": 2, "a": 3}); items
    {'b': 2, 'a': 3}
    """
    items.clear()
    items.update(before)


def take_item(bars: dict, key: Any, before: tuple) -> Any:
    """The adjoint of a value that was written at a key; afterwards the adjoints are those before the write.

    >>> bars = {"a": 3.0, "b": 4.0}
    >>> take_item(bars, "a", (1.0,)), take_item(bars, "b", ()), bars
    (3.0, 4.0, {'a': 0.0})
    """
    bar = bars.pop(key) if not before else bars[key]
    if before:
        bars[key] = zeros_like(before[0])
    return bar


def take_items(bars: dict, other: dict, before: dict) -> dict:
    """The adjoint of `other` where `bars` is that of a dict that was updated by it; `before` are the old items.

    >>> bars = {"a": 3.0, "b": 4.0}
    >>> take_items(bars, {"b": 1.0}, {"a": 0.5}), bars
    ({'b': 4.0}, {'a': 3.0})
    """
    return {key: take_item(bars, key, item_before(before, key)) for key in other}


def dict_keys(items: dict) -> list:
    """The keys of a dict.

    >>> dict_keys({"a": 1.0})
    ['a']
    """
    return list(items.keys())


def dict_values(items: dict) -> list:
    """The values of a dict.

    >>> dict_values({"a": 1.0})
    [1.0]
    """
    return list(items.values())


def dict_items(items: dict) -> list:
    """The items of a dict.

    >>> dict_items({"a": 1.0})
    [('a', 1.0)]
    """
    return list(items.items())


def values_by_key(values: Any, items: dict) -> dict:
    """Values, or what belongs to them, as a dict of the keys of `items`.

    >>> values_by_key([0.5], {"a": 1.0})
    {'a': 0.5}
    """
    return dict(zip(items, values, strict=True))


def items_by_key(pairs: Any, items: dict) -> dict:
    """What belongs to the items of a dict, as a dict.

    >>> items_by_key([(None, 0.5)], {"a": 1.0})
    {'a': 0.5}
    """
    return {key: pair[1] for key, pair in zip(items, pairs, strict=True)}
