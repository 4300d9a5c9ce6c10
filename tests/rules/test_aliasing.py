"""What a rule says of memory: results that are called fresh share none with an operand."""

import contextlib
import warnings

import numpy as np

from s2sgrad import rules

OPERANDS = [
    np.arange(9.0).reshape(3, 3) + 1.0, np.arange(3.0), np.array(1.5), np.arange(9).reshape(3, 3), np.ones((1, 1)),
    np.arange(4.0).reshape(2, 2) * (1 + 1j), np.ones(3, np.float32),
]  # fmt: skip
OTHERS = [(), (0,), (1,), (-1,), (None,), ((3, 3),), ((0, 1),), ([0, 1, 2],), (1.0,), ("C",), (float,), ("ij->ij",)]
SKIPPED = {"print", "id", "hash", "s2sgrad_returned"}


def shares(result, x):
    """Does a result, or an item of it, share memory with an array?"""
    if isinstance(result, (list, tuple)):
        return any(shares(item, x) for item in result)
    return isinstance(result, np.ndarray) and np.may_share_memory(result, x)


def calls(rule):
    """Calls that the rule's signature takes, whatever the function says to them."""
    for x in OPERANDS:
        for other in [*OTHERS, (x,)]:
            for args in ((x, *other), (*other, x), (x, x, *other), ([x, x], *other), ([x], *other)):
                with contextlib.suppress(TypeError):
                    rule.signature.bind(*args)
                    yield x, args


def test_fresh_results_are_fresh():
    wrong = set()
    for rule in rules.all_rules():
        if rule.aliasing != "fresh" or rule.path.path in SKIPPED or rule.path.path.startswith("operator."):
            continue
        for x, args in calls(rule):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                try:
                    result = rule.target(*args)
                except Exception:
                    continue
            if shares(result, x) and not (rule.family == "zero" and not isinstance(rule.target, np.ufunc)):
                wrong.add(rule.path.path)
    assert wrong == set()
