"""Products of vectors, matrices and stacks of matrices.

`cast` matters only where the operands differ in dtype: float32 times float64 is float64, its cotangent too.
"""

import numpy as np

from s2sgrad.rules.notation import bar, dot, methods, rule
from s2sgrad.runtime import (
    cast,
    dot_left,
    dot_right,
    inner_left,
    inner_right,
    matmul_left,
    matmul_right,
    reshape_like,
)


@rule(np.matmul)
def matmul(y, x1, x2):
    dot[y] = dot[x1] @ x2 + x1 @ dot[x2]
    if x1.ndim == 2 and x2.ndim == 2:
        bar[x1] = cast(bar[y] @ x2.T, x1)
        bar[x2] = cast(x1.T @ bar[y], x2)
    elif x1.ndim == 2 and x2.ndim == 1:
        bar[x1] = cast(bar[y][:, None] * x2, x1)
        bar[x2] = cast(x1.T @ bar[y], x2)
    elif x1.ndim == 1 and x2.ndim == 2:
        bar[x1] = cast(x2 @ bar[y], x1)
        bar[x2] = cast(x1[:, None] * bar[y], x2)
    elif x1.ndim == 1 and x2.ndim == 1:
        bar[x1] = cast(bar[y] * x2, x1)
        bar[x2] = cast(bar[y] * x1, x2)
    else:
        bar[x1] = matmul_left(bar[y], x1, x2)
        bar[x2] = matmul_right(bar[y], x1, x2)


@rule(np.dot)
def dot_(y, a, b):
    dot[y] = np.dot(dot[a], b) + np.dot(a, dot[b])
    if a.ndim == 2 and b.ndim == 2:
        bar[a] = cast(bar[y] @ b.T, a)
        bar[b] = cast(a.T @ bar[y], b)
    elif a.ndim == 2 and b.ndim == 1:
        bar[a] = cast(bar[y][:, None] * b, a)
        bar[b] = cast(a.T @ bar[y], b)
    elif a.ndim == 1 and b.ndim == 2:
        bar[a] = cast(b @ bar[y], a)
        bar[b] = cast(a[:, None] * bar[y], b)
    elif a.ndim == 1 and b.ndim == 1:
        bar[a] = cast(bar[y] * b, a)
        bar[b] = cast(bar[y] * a, b)
    else:
        bar[a] = dot_left(bar[y], a, b)
        bar[b] = dot_right(bar[y], a, b)


@rule(np.inner)
def inner(y, a, b):
    dot[y] = np.inner(dot[a], b) + np.inner(a, dot[b])
    if a.ndim == 1 and b.ndim == 1:
        bar[a] = cast(bar[y] * b, a)
        bar[b] = cast(bar[y] * a, b)
    elif a.ndim == 2 and b.ndim == 2:
        bar[a] = cast(bar[y] @ b, a)
        bar[b] = cast(bar[y].T @ a, b)
    else:
        bar[a] = inner_left(bar[y], a, b)
        bar[b] = inner_right(bar[y], a, b)


@rule(np.outer)
def outer(y, a, b):
    dot[y] = np.outer(dot[a], b) + np.outer(a, dot[b])
    if a.ndim == 1 and b.ndim == 1:
        bar[a] = cast(bar[y] @ b, a)
        bar[b] = cast(a @ bar[y], b)
    else:
        bar[a] = reshape_like(bar[y] @ np.ravel(b), a)
        bar[b] = reshape_like(np.ravel(a) @ bar[y], b)


@rule(np.vdot)
def vdot(y, a, b):
    """Of real operands."""
    dot[y] = np.vdot(dot[a], b) + np.vdot(a, dot[b])
    if a.ndim == b.ndim:
        bar[a] = cast(bar[y] * b, a)
        bar[b] = cast(bar[y] * a, b)
    else:
        bar[a] = reshape_like(bar[y] * b, a)
        bar[b] = reshape_like(bar[y] * a, b)


methods({"dot": np.dot})
