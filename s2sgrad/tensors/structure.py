"""Nested containers of tensors: taking their leaves out, and putting others in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator


def is_container(tree) -> bool:
    """Whether `tree` is looked into: dict, list, tuple, dataclass."""
    return isinstance(tree, (tuple, list, dict)) or (dataclasses.is_dataclass(tree) and not isinstance(tree, type))


def leaves(tree) -> Iterator:
    """The leaves, in order."""
    if isinstance(tree, dict):
        children = tree.values()
    elif isinstance(tree, (tuple, list)):
        children = tree
    elif dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        children = (getattr(tree, field.name) for field in dataclasses.fields(tree))
    else:
        yield tree
        return
    for child in children:
        yield from leaves(child)


def rebuild(tree, function):
    """The same structure with `function(leaf)` in place of each leaf."""
    if isinstance(tree, dict):
        return _like(tree, {key: rebuild(child, function) for key, child in tree.items()})
    if isinstance(tree, (tuple, list)):
        return _like(tree, [rebuild(child, function) for child in tree])
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        changed = {field.name: rebuild(getattr(tree, field.name), function) for field in dataclasses.fields(tree)}
        return dataclasses.replace(tree, **changed)
    return function(tree)


def _like(tree, content):
    """`content` as a container of the type of `tree`."""
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*content)
    return content if type(tree) is type(content) else type(tree)(content)
