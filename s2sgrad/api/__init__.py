"""The functional interface: `differentiable`, `grad`, `value_and_grad`, `vjp` and what belongs to them.

Arguments are handled here, around the pipeline: which of them to differentiate, whether they can be, which compiled
code fits their kinds, and in what form the gradient is handed back.
"""

from __future__ import annotations

from s2sgrad import rules, runtime
from s2sgrad.api.decorator import Differentiable, differentiable
from s2sgrad.api.derived import grad, value_and_grad
from s2sgrad.api.forward import jvp, linearize
from s2sgrad.api.jacobians import hessian, hvp, jacfwd, jacobian, jacrev
from s2sgrad.api.looking import check_grads, explain
from s2sgrad.api.pullback import halves_of, vjp

__all__ = [
    "Differentiable", "check_grads", "differentiable", "explain", "grad", "halves_of", "hessian", "hvp", "jacfwd",
    "jacobian", "jacrev", "jvp", "linearize", "rule", "stop_gradient", "value_and_grad", "vjp",
]  # fmt: skip

rule = rules.rule
stop_gradient = runtime.stop_gradient
