"""Hygiene: names that clash with nothing."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

RESERVED = frozenset(keyword.kwlist) | frozenset(dir(builtins))


class Names:
    """Hands out names of one function or module, each of them once.

    >>> names = Names(["x", "x_1"])
    >>> names.fresh("y"), names.fresh("y"), names.fresh("x"), names.fresh("sum")
    ('y', 'y_1', 'x_2', 'sum_1')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}  # the number last tried behind a base, so that a long series stays linear

    def __contains__(self, name: str) -> bool:
        return name in self._taken or name in RESERVED

    @property
    def taken(self) -> set[str]:
        """The names that are taken, but for those reserved by Python."""
        return self._taken

    def take(self, *names: str) -> None:
        """Mark names as taken."""
        self._taken.update(names)

    def fresh(self, base: str) -> str:
        """`base` itself if it is free, else `base_1`, `base_2`, …; never a keyword or the name of a builtin."""
        name = base
        number = self._last.get(base, 0)
        while name in self:
            number += 1
            name = f"{base}_{number}"
        self._last[base] = number
        self._taken.add(name)
        return name
