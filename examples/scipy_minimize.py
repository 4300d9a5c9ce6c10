"""Minimise Rosenbrock's function with SciPy's BFGS: `value_and_grad` is what `jac=True` expects."""

import numpy as np
from scipy.optimize import minimize

import s2sgrad as sg


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


start = np.linspace(-1.2, 1.0, 20)
result = minimize(sg.value_and_grad(rosenbrock), start, jac=True, method="BFGS")
print(f"minimum {result.fun:.1e} after {result.nit} iterations and {result.nfev} gradients")
print(f"largest distance from (1, ..., 1): {np.max(np.abs(result.x - 1.0)):.1e}")

# Newton's method wants second derivatives: the same compiler, applied to its own output.
newton = minimize(
    sg.value_and_grad(rosenbrock),
    start,
    jac=True,
    hessp=lambda x, v: sg.hvp(rosenbrock, (x,), (v,)),
    method="trust-ncg",
)
print(f"trust-ncg: minimum {newton.fun:.1e} after {newton.nit} iterations")
