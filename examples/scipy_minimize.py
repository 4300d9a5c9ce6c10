"""Minimise Rosenbrock's function with SciPy's BFGS and L-BFGS-B: `value_and_grad` is what `jac=True` expects."""

import numpy as np
from scipy.optimize import minimize

import s2sgrad as sg


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


start = np.linspace(-1.2, 1.0, 20)
result = minimize(sg.value_and_grad(rosenbrock), start, jac=True, method="BFGS")
print(f"minimum {result.fun:.1e} after {result.nit} iterations and {result.nfev} gradients")
print(f"largest distance from (1, ..., 1): {np.max(np.abs(result.x - 1.0)):.1e}")

# With few numbers to remember of the past: what one uses with thousands of variables.
start = np.linspace(-1.2, 1.0, 1000)
result = minimize(sg.value_and_grad(rosenbrock), start, jac=True, method="L-BFGS-B", options={"maxfun": 20_000})
print(f"1,000 variables, L-BFGS-B: minimum {result.fun:.1e} after {result.nfev} gradients")
