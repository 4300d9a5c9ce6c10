"""Fit the rates of a predator-prey model through a Python loop of 400 Runge-Kutta steps."""

import numpy as np
from scipy.optimize import minimize

import s2sgrad as sg


def velocity(state, rates):
    """Lotka-Volterra: prey grow and are eaten, predators eat and die."""
    prey, predators = state
    return np.array([rates[0] * prey - rates[1] * prey * predators, rates[2] * prey * predators - rates[3] * predators])


def simulate(rates, state, steps, dt):
    path = np.zeros((steps, 2))
    for t in range(steps):
        path[t] = state
        a = velocity(state, rates)
        b = velocity(state + 0.5 * dt * a, rates)
        c = velocity(state + 0.5 * dt * b, rates)
        d = velocity(state + dt * c, rates)
        state = state + dt / 6.0 * (a + 2.0 * b + 2.0 * c + d)
    return path


@sg.differentiable
def misfit(log_rates, observed, start, dt):
    path = simulate(np.exp(log_rates), start, len(observed), dt)
    return np.mean((path - observed) ** 2)


truth = np.array([1.1, 0.4, 0.1, 0.4])
start, dt = np.array([10.0, 5.0]), 0.025
observed = simulate(truth, start, 400, dt)

guess = np.log([1.0, 0.5, 0.12, 0.5])
value, gradient = misfit.value_and_grad(guess, observed, start, dt)
print(f"first guess   rates {np.exp(guess)}   misfit {value:.2e}   gradient {np.round(gradient, 3)}")

fit = minimize(misfit.value_and_grad, guess, args=(observed, start, dt), jac=True, method="BFGS")
print(f"fit           rates {np.round(np.exp(fit.x), 4)}   misfit {fit.fun:.2e}   after {fit.nfev} gradients")
print(f"truth         rates {truth}")
