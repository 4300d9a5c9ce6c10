"""Factorisations: tall, wide and square matrices, stacks of them, and what is equal in them."""

import numpy as np
import pytest

from s2sgrad import rules, runtime
from tests.rules.oracle import Template, check

RANDOM = np.random.RandomState(3)
SQUARE = RANDOM.uniform(-1.0, 1.0, (3, 3)) + np.diag([1.0, 2.0, 3.5])
STACK = np.stack([SQUARE, SQUARE.T + np.diag([0.3, 0.1, 0.0])])
TALL, WIDE = RANDOM.uniform(-1.0, 1.0, (4, 3)), RANDOM.uniform(-1.0, 1.0, (2, 4))
SHAPES = {"square": SQUARE, "stack": STACK, "tall": TALL, "wide": WIDE, "tall stack": np.stack([TALL, TALL[::-1]]),
          "wide stack": np.stack([WIDE, WIDE[::-1]])}  # fmt: skip
shapes = pytest.mark.parametrize("a", SHAPES.values(), ids=SHAPES)


def definite(a):
    """A symmetric positive definite matrix, or a stack of them."""
    return a @ np.matrix_transpose(a) + 0.5 * np.eye(a.shape[-1])


@pytest.mark.parametrize("a", [SQUARE, STACK], ids=["one", "two"])
def test_symmetric(a):
    check(np.linalg.cholesky, definite(a), tol=1e-6)
    check(np.linalg.eigvalsh, definite(a), tol=1e-6)
    check(np.linalg.eigh, definite(a), tol=1e-6)
    check(np.linalg.cholesky, definite(a).astype(np.float32), tol=1e-3)


@shapes
def test_any(a):
    check(np.linalg.svd, a, full_matrices=False, tol=1e-6)
    check(np.linalg.svd, a, compute_uv=False, tol=1e-6)
    check(np.linalg.svdvals, a, tol=1e-6)
    check(np.linalg.qr, a, tol=1e-6)
    check(np.linalg.pinv, a, tol=1e-6)


@pytest.mark.parametrize("a", [SQUARE, TALL, WIDE], ids=["square", "tall", "wide"])
def test_lstsq(a):
    for b in (RANDOM.uniform(-1.0, 1.0, len(a)), RANDOM.uniform(-1.0, 1.0, (len(a), 2))):
        check(np.linalg.lstsq, a, b, tol=1e-6)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, -1, -2])
def test_matrix_power(n):
    check(np.linalg.matrix_power, SQUARE, n, tol=1e-5)
    check(np.linalg.matrix_power, STACK, n, tol=1e-5)


def test_equal_eigenvalues_pass_nothing_between_their_vectors():
    template = Template(rules.lookup(np.linalg.eigh), (np.eye(2),), {}, np.linalg.eigh(np.eye(2)), True)
    bars = template.pullback([np.array([1.0, 2.0]), np.array([[0.0, 3.0], [4.0, 0.0]])], ["a"])
    assert np.array_equal(bars["a"], np.diag([1.0, 2.0]))


def test_helpers():
    check(runtime.lower_half, STACK)
    check(runtime.reciprocal_gaps, STACK[0])
    check(runtime.reciprocal_gaps, np.array([0.5, 2.0, 3.0]))
