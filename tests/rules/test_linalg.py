"""Products of vectors, matrices and stacks, at every combination of ranks."""

import numpy as np
import pytest

from s2sgrad import runtime
from tests.rules.oracle import check

RANDOM = np.random.RandomState(0)
A, B = RANDOM.uniform(0.5, 2.0, (3, 4)), RANDOM.uniform(0.5, 2.0, (4, 5))
U, V = A[0], B[:, 0]
STACK, WIDE = RANDOM.uniform(0.5, 2.0, (2, 3, 4)), RANDOM.uniform(0.5, 2.0, (5, 1, 4, 3))
PAIRS = {
    "matrix matrix": (A, B),
    "matrix vector": (A, V),
    "vector matrix": (U, B),
    "vector vector": (U, V),
    "stack matrix": (STACK, B),
    "stack vector": (STACK, V),
    "vector stack": (U, WIDE),
    "matrix stack": (A, WIDE),
    "stack stack": (STACK, WIDE),
    "equal stacks": (STACK, STACK.swapaxes(1, 2)),
    "empty": (A[:, :0], B[:0]),
    "no rows": (A[:0], B),
}
pairs = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
both = pytest.mark.parametrize("function", [np.matmul, np.dot], ids=lambda f: f.__name__)


@both
@pairs
def test_products(function, pair):
    x, z = pair
    check(function, x, z)
    check(function, np.asfortranarray(x), np.asfortranarray(z))


@both
@pairs
def test_products_of_float32(function, pair):
    x, z = (p.astype(np.float32) for p in pair)
    check(function, x, z, tol=1e-4)
    check(function, x, pair[1], tol=1e-4)
    check(function, pair[0], z, tol=1e-4)


@pytest.mark.parametrize("pair", [(2.5, A), (A, 2.5), (A, np.array(2.5)), (2.5, 1.5), (np.float64(2.5), U)], ids=str)
def test_dot_of_numbers(pair):
    check(np.dot, *pair)


@pytest.mark.parametrize(
    "pair", [(U, V), (A, A), (A, U), (STACK, A), (U, STACK), (STACK, STACK), (2.5, A), (A, 2.5)], ids=lambda p: str(p)
)
def test_inner(pair):
    check(np.inner, *pair)
    check(runtime.inner_left, np.inner(*pair), *pair)
    check(runtime.inner_right, np.inner(*pair), *pair)


@pytest.mark.parametrize("pair", [(U, V), (A, V), (V, A), (2.5, V), (U[:0], V)], ids=str)
def test_outer(pair):
    check(np.outer, *pair)


def test_vdot():
    check(np.vdot, U, V)
    check(np.vdot, A, A + 1.0)
    check(np.vdot, A, np.ravel(A))


@pairs
def test_second_derivatives(pair):
    x, z = pair
    check(runtime.dot_left, np.dot(x, z), x, z)
    check(runtime.dot_right, np.dot(x, z), x, z)
    check(runtime.matmul_left, np.asarray(x @ z), x, z)
    check(runtime.matmul_right, np.asarray(x @ z), x, z)
