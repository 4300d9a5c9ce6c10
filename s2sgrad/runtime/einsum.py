"""The derivatives of `np.einsum`: a sum of products is linear in each factor."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from numpy import ndarray

from s2sgrad.runtime.adjoints import add, cast, zeros_like


def letters(subscripts: str, operands: Any) -> tuple[list[str], str]:
    """The axes of each operand and of the result, a letter for each; dots are written out.

    >>> letters("...i, i", [np.zeros((2, 3, 4)), np.zeros(4)]), letters("ba", [np.zeros((2, 3))])
    ((['ABi', 'i'], 'AB'), (['ba'], 'ab'))
    """
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    spare = [c for c in string.ascii_uppercase + string.ascii_lowercase if c not in subscripts]
    hidden = [np.ndim(x) - len(t) + 3 if "..." in t else 0 for t, x in zip(terms, operands, strict=True)]
    dots = "".join(spare[: max(hidden)])
    terms = [t.replace("...", dots[len(dots) - n :]) for t, n in zip(terms, hidden, strict=True)]
    if not arrow:
        joined = "".join(terms)
        once = sorted(c for c in set(joined) if joined.count(c) == 1 and c not in dots)
        return terms, dots + "".join(once)
    return terms, right.replace("...", dots)


def einsum_bars(subscripts: str, operands: Any, g: Any) -> list:
    """The adjoints of `operands` where `g` is that of `np.einsum(subscripts, *operands)`.

    >>> [bar.tolist() for bar in einsum_bars("ij,j->i", [np.ones((2, 2)), np.array([3.0, 4.0])], np.array([1.0, 2.0]))]
    [[[3.0, 4.0], [6.0, 8.0]], [3.0, 3.0]]
    """
    terms, result = letters(subscripts, operands)
    return [None if zeros_like(x) is None else _bar(terms, result, operands, g, i) for i, x in enumerate(operands)]


def _bar(terms: list[str], result: str, operands: Any, g: Any, i: int) -> Any:
    """The adjoint of operand `i`."""
    x, mine = operands[i], "".join(dict.fromkeys(terms[i]))
    others = [(t, z) for k, (t, z) in enumerate(zip(terms, operands, strict=True)) if k != i]
    lengths = dict(zip(terms[i], np.shape(x), strict=True))
    found = set(result).union(*(t for t, _ in others)) if others else set(result)
    alone = "".join(c for c in mine if c not in found)  # summed over, and nowhere else
    factors = [(result, g), *others, *([(alone, np.ones([lengths[c] for c in alone]))] if alone else [])]
    text = ",".join(t for t, _ in factors) + "->" + mine
    part = np.einsum(text, *(z for _, z in factors), optimize=len(factors) > 2)
    stretched = tuple(k for k, c in enumerate(mine) if lengths[c] == 1 and part.shape[k] != 1)
    if stretched:
        part = part.sum(axis=stretched, keepdims=True)
    if len(mine) == len(terms[i]):
        return cast(part, x)
    total = np.zeros(np.shape(x), part.dtype)
    np.einsum(f"{terms[i]}->{mine}", total)[...] = part  # a view of its diagonal
    return cast(total, x)


def einsum_dot(subscripts: str, operands: Any, dots: Any) -> Any:
    """The tangent of `np.einsum(subscripts, *operands)` where `dots` are those of `operands`.

    >>> einsum_dot("i,i->", [np.ones(2), np.ones(2)], [np.array([1.0, 2.0]), None])
    np.float64(3.0)
    """
    terms = [
        np.einsum(subscripts, *operands[:i], dot, *operands[i + 1 :], optimize=len(operands) > 2)
        for i, dot in enumerate(dots)
        if dot is not None
    ]
    return sum(terms[1:], terms[0]) if terms else 0.0 * np.einsum(subscripts, *operands)


def einsum_twice(subscripts: str, operands: Any, dots: Any, g: ndarray) -> list:
    """The tangents of `einsum_bars(subscripts, operands, g)` along `dots`; as a matrix it is symmetric.

    >>> einsum_twice("i,i->", [np.ones(2), np.ones(2)], [np.array([1.0, 2.0]), None], np.array(10.0))
    [None, array([10., 20.])]
    """
    terms, result = letters(subscripts, operands)
    total: list = [None] * len(operands)
    for i, dot in enumerate(dots):
        if dot is None:
            continue
        moved = [*operands[:i], dot, *operands[i + 1 :]]
        for k, x in enumerate(operands):
            if k != i and zeros_like(x) is not None:
                total[k] = add(total[k], _bar(terms, result, moved, g, k))
    return total
