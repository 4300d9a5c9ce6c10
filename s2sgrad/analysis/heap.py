"""What lists, dicts and sets hold that change after they are made: one account for each place that makes them.

A *cell* is such a place: a node of a function that is analysed for certain kinds of its arguments. What is written into
a container is joined to what its cell holds, wherever the write stands; when a cell learns anything new, the program is
analysed again. So the kind of a container that changes holds at every point of the program, whatever other name the
container has. A container that nothing changes keeps the kinds of its items.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from s2sgrad.diagnostics import UnsupportedError
from s2sgrad.ir.kinds import (
    BOTTOM,
    Cell,
    Dict,
    Kind,
    List,
    Set,
    Value,
    element,
    example_length,
    fields,
    join,
    key_of,
    loose,
    mapped,
    origins,
    parts,
    unknown,
    with_parts,
)

MAX_NESTED = 8


@dataclass(eq=False)
class Contents:
    """What the containers of one cell hold at any time."""

    items: tuple[Value, ...] | None = None  # of a list whose length never changes
    keys: tuple[Any, ...] | None = None  # of a dict that never gets or loses a key
    element: Value = BOTTOM
    key: Value = BOTTOM
    fields: dict[Any, Value] = field(default_factory=dict)  # of a dict, at static keys
    everywhere: Value = BOTTOM  # of a dict, at keys that are not static
    lengths: dict[Any, int] = field(default_factory=dict)  # a write -> by how much it lengthens, in the first call


class Heap:
    """The cells whose containers change."""

    def __init__(self) -> None:
        self.cells: dict[Cell, Contents] = {}
        self.grown = False  # has a cell learnt anything since this was last cleared?

    # ---- containers are made

    def made(self, value: Value, cell: Cell) -> Value:
        """The value of an expression: the containers in it that are new are from here on known by their cell."""
        if not any(isinstance(k, (List, Dict, Set)) for k in value.kinds):
            return value
        return Value(tuple(self.made_kind(k, cell) for k in value.kinds))

    def made_kind(self, kind: Kind, cell: Cell) -> Kind:
        """One alternative of a value that was made, or only handed on."""
        if not isinstance(kind, (List, Dict, Set)):
            return kind
        if kind.cells:
            return kind
        inner = parts(kind)
        if any(isinstance(k, (List, Dict, Set)) for v in inner for k in v.kinds):
            kind = with_parts(kind, tuple(self.made(v, (cell, i)) for i, v in enumerate(inner)))
        return self.at(kind, cell)

    def at(self, kind: List | Dict | Set, cell: Cell) -> Kind:
        """A container made at this cell: what it holds now, and what it ever will."""
        known = self.cells.get(cell)
        if known is None:
            return dataclasses.replace(kind, cells=frozenset((cell,)))
        made: dict[str, Any] = {"cells": frozenset((cell,)), "changed": True}
        match kind:
            case List():
                if known.items is not None and kind.items is not None and len(known.items) == len(kind.items):
                    self.set_items(known, kind.items)
                    return List(known.items, **made)
                self.lose_items(known)
                self.add(known, element(kind))
                length = example_length(kind) + sum(known.lengths.values())
                return List(None, known.element, kind.cls, length=length, **made)
            case Dict():
                for key, value in fields(kind).items():
                    self.set_field(known, key, value)
                self.add_key(known, key_of(kind))
                if kind.keys is not None and known.keys == kind.keys:
                    return Dict(known.keys, tuple(known.fields[k] for k in known.keys), **made)
                self.lose_keys(known)
                if kind.keys is None:
                    self.add_everywhere(known, element(kind))
                found = tuple((k, join(v, known.everywhere)) for k, v in known.fields.items())
                return Dict(None, (), join(known.everywhere, *known.fields.values()), known.key, found, **made)
        self.add(known, element(kind))
        return Set(known.element, **made)

    # ---- containers change

    def change(self, kind: List | Dict | Set) -> list[Contents]:
        """What is known of the cells of a container that changes."""
        if not getattr(kind, "cells", None) or any(map(outside, kind.cells)):
            raise UnsupportedError(
                "S015", "this changes a container that outlives the call, the derivative cannot follow it",
                hint="work on a copy, and return it",
            )  # fmt: skip
        for cell in kind.cells:
            if cell not in self.cells:
                self.grown = True
                items = kind.items if isinstance(kind, List) else None
                keys = kind.keys if isinstance(kind, Dict) else None
                self.cells[cell] = Contents(items, keys, fields=fields(kind) if keys is not None else {})
        return [self.cells[cell] for cell in kind.cells]

    def append(self, kind: List | Set, value: Value, where: Any = None, times: int = 1) -> None:
        """An item is added at any place, `times` trips of the loops around; or only the length changes."""
        for cell in self.change(kind):
            self.lose_items(cell)
            self.add(cell, value)
            if where is not None:
                cell.lengths[where] = times

    def assign(self, kind: List, index: Any, value: Value) -> None:
        """An item of a list is replaced: the one at a known index, or any."""
        for cell in self.change(kind):
            if cell.items is None or kind.items is None:
                self.lose_items(cell)
                self.add(cell, value)
            elif isinstance(index, int) and -len(cell.items) <= index < len(cell.items):
                new = list(cell.items)
                new[index] = value
                self.set_items(cell, tuple(new))
            else:
                self.set_items(cell, tuple(join(v, value) for v in cell.items))

    def put(self, kind: Dict, key: Value, value: Value) -> None:
        """A value of a dict is set: at a known key, or at any."""
        static = key.static
        for cell in self.change(kind):
            self.add_key(cell, key)
            if cell.keys is not None and static not in cell.keys:
                self.lose_keys(cell)
            if static is NotImplemented or not isinstance(static, (str, int, float, bool, type(None))):
                self.add_everywhere(cell, value)
            else:
                self.set_field(cell, static, value)

    def drop(self, kind: Dict) -> None:
        """A dict loses keys."""
        for cell in self.change(kind):
            self.lose_keys(cell)

    # ---- what a cell learns

    def learn(self, old: Value, new: Value) -> Value:
        """Both; whether that is more than what was known before is noted."""
        both = join(old, new) if old.kinds else new
        if deeper(both, MAX_NESTED):
            both = unknown("containers nested too deep")
        if both != old or origins(both) != origins(old):
            self.grown = True
            return both
        return old

    def set_items(self, cell: Contents, items: tuple[Value, ...]) -> None:
        """What the items of a list of constant length are."""
        cell.items = tuple(self.learn(old, new) for old, new in zip(cell.items, items, strict=True))

    def lose_items(self, cell: Contents) -> None:
        """The length of the list is not constant."""
        if cell.items is not None:
            for item in cell.items:
                self.add(cell, item)
            cell.items = None
            self.grown = True

    def lose_keys(self, cell: Contents) -> None:
        """The keys of the dict are not constant."""
        if cell.keys is not None:
            cell.keys = None
            self.grown = True

    def add(self, cell: Contents, value: Value) -> None:
        """What any item may be."""
        cell.element = self.learn(cell.element, loose(value))

    def add_key(self, cell: Contents, key: Value) -> None:
        """What any key may be."""
        cell.key = self.learn(cell.key, loose(key))

    def add_everywhere(self, cell: Contents, value: Value) -> None:
        """What the value at any key may be."""
        cell.everywhere = self.learn(cell.everywhere, loose(value))

    def set_field(self, cell: Contents, key: Any, value: Value) -> None:
        """What the value at a static key may be."""
        cell.fields[key] = self.learn(cell.fields.get(key, BOTTOM), value)

    # ---- calls

    def lengthened(self, cell: Cell) -> bool:
        """Does the length of a list of this cell change?"""
        return cell in self.cells and self.cells[cell].items is None

    def passed(self, inner: Cell, outer: Iterable[Cell], rename: Any) -> None:
        """A callee changed a container that it was passed: the caller's, where it was made, learns the same."""
        known = self.cells.get(inner)
        if known is None:
            return
        for cell in outer:
            if outside(cell):
                raise UnsupportedError(
                    "S015", "this call changes a container that outlives it, the derivative cannot follow it",
                    hint="pass a copy, and return it",
                )  # fmt: skip
            if cell not in self.cells:
                self.grown = True
                self.cells[cell] = Contents(known.items and tuple(map(rename, known.items)), known.keys)
            mine = self.cells[cell]
            if mine is known:
                continue
            if known.keys != mine.keys:
                self.lose_keys(mine)
            if known.items is None or mine.items is None or len(known.items) != len(mine.items):
                self.lose_items(mine)
                for v in known.items or ():
                    self.add(mine, rename(v))
            else:
                self.set_items(mine, tuple(map(rename, known.items)))
            self.add(mine, rename(known.element))
            self.add_key(mine, rename(known.key))
            self.add_everywhere(mine, rename(known.everywhere))
            for key, value in known.fields.items():
                self.set_field(mine, key, rename(value))


def outside(cell: Cell) -> bool:
    """Was the container there before the program ran: a global variable, a default value, a field of an object?"""
    while isinstance(cell[0], tuple):
        cell = cell[0]
    return cell[0] == "outside"


def deeper(value: Value, levels: int) -> bool:
    """Are containers nested deeper than this?"""
    return levels < 0 or any(deeper(item, levels - 1) for kind in value.kinds for item in parts(kind))


def with_cells(value: Value, rename: dict[Cell, Iterable[Cell]]) -> Value:
    """The value with other cells, those that `rename` leaves out unchanged."""

    def change(kind: Kind) -> Kind:
        if not isinstance(kind, (List, Dict, Set)) or not kind.cells:
            return kind
        cells = frozenset(new for cell in kind.cells for new in rename.get(cell, (cell,)))
        return dataclasses.replace(kind, cells=cells)

    return mapped(value, change)
