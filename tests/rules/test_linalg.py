"""Products of vectors, matrices and stacks, at every combination of ranks."""

import numpy as np
import pytest

from s2sgrad import rules, runtime
from tests.rules.oracle import Template, check

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


@pytest.mark.parametrize(
    "case",
    [(A, B, 1), (A, A, 2), (A, B, 0), (STACK, B, 1), (STACK, STACK, ([0, 2], [0, -1])), (A, STACK, (-1, 2)),
     (STACK, WIDE, ((1, 2), (3, 2)))],
    ids=lambda c: str(c[2]),
)  # fmt: skip
def test_tensordot(case):
    x, z, axes = case
    check(np.tensordot, x, z, axes)
    g = np.tensordot(x, z, axes)
    check(runtime.tensordot_left, g, x, z, axes)
    check(runtime.tensordot_right, g, x, z, axes)


SQUARE = RANDOM.uniform(0.2, 0.6, (3, 3)) + np.eye(3)
SQUARES = np.stack([SQUARE, SQUARE.T - 0.1])


@pytest.mark.parametrize("a", [SQUARE, SQUARES, -SQUARE, np.float32(SQUARE)], ids=["one", "two", "sign", "narrow"])
@pytest.mark.parametrize("function", [np.linalg.inv, np.linalg.det, np.linalg.slogdet], ids=lambda f: f.__name__)
def test_inverses_and_determinants(function, a):
    check(function, a, tol=1e-3 if a.dtype == np.float32 else 1e-7)


@pytest.mark.parametrize("a", [SQUARE, SQUARES], ids=["one", "two"])
def test_solve(a):
    for b in (SQUARE[0], SQUARE[:, :2], SQUARES):
        check(np.linalg.solve, a, b)
    check(np.linalg.solve, a.astype(np.float32), SQUARE[0], tol=1e-3)


def test_norm():
    for x in (U, A, STACK):
        check(np.linalg.norm, np.ravel(x))
        for axis in (0, -1):
            check(np.linalg.norm, x, axis=axis)
            check(np.linalg.norm, x, axis=axis, keepdims=True)
    check(np.linalg.norm, A)
    check(np.linalg.norm, A, "fro")
    check(np.linalg.norm, STACK, axis=(0, 2))
    check(np.linalg.norm, A, axis=(1, 0), keepdims=True)


@pytest.mark.parametrize("ord", [1, 2, np.inf, -np.inf, 0, 3, 0.5, -1.5])
def test_norms_of_vectors(ord):
    check(np.linalg.norm, U - 1.2, ord)
    for axis in (0, -1):
        check(np.linalg.norm, A - 1.2, ord, axis=axis)
        check(np.linalg.norm, A - 1.2, ord, axis=axis, keepdims=True)


@pytest.mark.parametrize("ord", [1, -1, 2, -2, np.inf, -np.inf, "nuc", "fro"])
def test_norms_of_matrices(ord):
    check(np.linalg.norm, A - 1.2, ord)
    check(np.linalg.norm, A - 1.2, ord, keepdims=True)


def test_vector_norm():
    check(np.linalg.vector_norm, A)
    check(np.linalg.vector_norm, A, axis=0)
    check(np.linalg.vector_norm, STACK, axis=(0, 1), keepdims=True)


EINSUM = [
    ("ij,jk->ik", A, B), ("ij,jk", A, B), ("ij,j", A, V), ("i,i", U, U), ("i,i->", U, V), ("i,j->ij", U, V),
    ("ii->i", A[:, :3]), ("ii", A[:, :3]), ("ij->ji", A), ("ij->", A), ("ij->j", A), ("i->", U), ("ij,ij->i", A, A),
    ("...ij,jk->...ik", STACK, B), ("...i,...i", STACK, U), ("bij,bkj->bik", STACK, STACK),
    ("ijk,j,k", STACK, V[:3], U),
    ("ij, jk, kl -> il", A, B, B.T), ("ii,i->i", A[:, :3], U[:3]), ("i,i->i", U[:1], U), ("ij,kj->ik", A[:1], A),
    ("...,...", A, A), ("i...->...", STACK), ("ij,jk->k", A, B), ("iji->j", STACK.transpose(1, 0, 2)[:, :, :3]),
    (",ij", 1.5, A), ("ij,jk", A * (1 + 0.5j), B), ("ba", A),
]  # fmt: skip


@pytest.mark.parametrize("case", EINSUM, ids=lambda c: c[0])
def test_einsum(case):
    check(np.einsum, *case)
    subscripts, *operands = case
    y = np.asarray(np.einsum(*case))
    check(runtime.einsum_bars, subscripts, operands, y)
    if not np.iscomplexobj(y):
        check(np.einsum, *(p.astype(np.float32) if isinstance(p, np.ndarray) else p for p in case), tol=2e-5)


def test_multi_dot():
    check(np.linalg.multi_dot, [A, B])
    check(np.linalg.multi_dot, [A, B, B.T])
    check(np.linalg.multi_dot, [U, B, B.T, A.T, U[:3]])
    check(np.linalg.multi_dot, (A, B, B[0]))
    check(np.linalg.multi_dot, [U, V])


@pytest.mark.parametrize("pair", [(U, V), (A, B), (U, A), (A, U), (STACK, A), (2.5, A), (A, 1.5)], ids=str)
def test_kron(pair):
    check(np.kron, *pair)
    check(runtime.kron_left, np.kron(*pair), *pair)
    check(runtime.kron_right, np.kron(*pair), *pair)


def test_cross():
    check(np.cross, U[:3], V[:3])
    check(np.cross, B[:3].T, U[:3])
    check(np.cross, STACK[..., :3], B[:3, :3])
    check(np.cross, A, A[::-1] ** 2, axis=0)
    check(np.linalg.cross, A, A[::-1] ** 2, axis=0)
    check(np.linalg.cross, U[:3], A.T)


def test_products_along_the_last_axis():
    check(np.vecdot, A, U)
    check(np.vecdot, STACK, A * (1 + 0.5j))
    if hasattr(np, "matvec"):
        check(np.matvec, A, U)
        check(np.matvec, STACK, U)
        check(np.matvec, A, STACK)
        check(np.vecmat, V[:3], A)
        check(np.vecmat, V[:3], STACK)
        check(np.vecmat, B[:3].T[:2], STACK)
    for offset in (0, 1, -1):
        check(np.linalg.diagonal, STACK, offset=offset)
        check(np.linalg.trace, STACK, offset=offset)


def test_norm_has_no_slope_at_zero():
    template = Template(rules.lookup(np.linalg.norm), (np.zeros(3),), {}, 0.0, known=True)
    assert not template.pullback(1.0, ["x"])["x"].any()
