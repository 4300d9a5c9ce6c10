"""Bugs that can be switched on, one at a time: the fuzzer must find each of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def active(name: str | None) -> Iterator[None]:
    """The library with the bug of this name; without a name, as it is."""
    yield
