"""Steppers of ordinary and partial differential equations."""

import math

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel((np.array([1.0, 0.5]), 1.1, 0.4, 0.05, 6), exercises="Runge-Kutta with a right side passed as a function")
def lotka_volterra(state, a, b, dt, steps):
    def rates(s):
        prey, predators = s
        return np.array([a * prey - b * prey * predators, b * prey * predators - 0.4 * predators])

    def rk4(f, s):
        k1 = f(s)
        k2 = f(s + 0.5 * dt * k1)
        k3 = f(s + 0.5 * dt * k2)
        k4 = f(s + dt * k3)
        return s + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    for _ in range(steps):
        state = rk4(rates, state)
    return state


@kernel((np.array([1.0, 0.2, 0.0]), 0.01, 8), exercises="a trajectory in a list, stacked at the end")
def lorenz_trajectory(state, dt, steps):
    path = [state]
    for _ in range(steps):
        x, y, z = path[-1]
        slope = np.array([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z])
        path.append(path[-1] + dt * slope)
    return np.stack(path)


@kernel(
    (np.array([1.0, 0.0]), np.array([0.0, 1.1]), 0.05, 6),
    exercises="leapfrog of an orbit, positions and velocities in place",
)
def kepler_leapfrog(q, p, dt, steps):
    def force(q):
        return -q / np.linalg.norm(q) ** 3

    p += 0.5 * dt * force(q)
    for i in range(steps):
        q += dt * p
        p += dt * force(q) if i < steps - 1 else 0.5 * dt * force(q)
    return 0.5 * p @ p - 1.0 / np.linalg.norm(q)


@kernel((1.0, 0.3, 2.5), exercises="step sizes chosen by the error of each step: a loop whose length depends on data")
def adaptive_heun(y, rate, end):
    t, h = 0.0, 0.5
    while t < end:
        h = min(h, end - t)
        k1 = -rate * y * y
        k2 = -rate * (y + h * k1) ** 2
        error = abs(h * (k2 - k1)) / 2.0
        if error > 0.02:
            h = h / 2.0
            continue
        y = y + h * (k1 + k2) / 2.0
        t = t + h
        if error < 0.002:
            h = 2.0 * h
    return y


@kernel((sample(7), 0.02, 4), exercises="an implicit step solved by Newton's method, a tridiagonal Jacobian in np.diag")
def implicit_burgers(u, dt, steps):
    n = len(u)
    dx = 1.0 / (n - 1)
    for _ in range(steps):
        new = u.copy()
        for _ in range(2):
            flux = np.zeros(n)
            flux[1:-1] = new[1:-1] * (new[1:-1] - new[:-2]) / dx
            residual = new - u + dt * flux
            main = np.ones(n)
            main[1:-1] += dt * (2.0 * new[1:-1] - new[:-2]) / dx
            below = np.zeros(n - 1)
            below[:-1] = -dt * new[1:-1] / dx
            new = new - np.linalg.solve(np.diag(main) + np.diag(below, -1), residual)
        u = new
    return u


@kernel((sample(8), 0.07, 0.01, 4), exercises="advection and diffusion of a parameter, its ends pinned each step")
def burgers(u, nu, dt, steps):
    dx = 1.0 / len(u)
    for _ in range(steps):
        old = u.copy()
        u[1:-1] = (
            old[1:-1]
            - dt / dx * old[1:-1] * (old[1:-1] - old[:-2])
            + nu * dt / dx**2 * (old[2:] - 2 * old[1:-1] + old[:-2])
        )
        u[0] = u[-1] = 1.0
    return u


@kernel((sample(6), 0.4, 3), exercises="Crank-Nicolson: matrices made of np.eye with an offset, one solve per step")
def crank_nicolson(u, r, steps):
    n = len(u)
    second = np.eye(n, k=1) - 2.0 * np.eye(n) + np.eye(n, k=-1)
    left = np.eye(n) - 0.5 * r * second
    right = np.eye(n) + 0.5 * r * second
    for _ in range(steps):
        u = np.linalg.solve(left, right @ u)
    return u


@kernel((sample(4, 4), 0.3, 2), exercises="alternating directions: a tridiagonal solve along rows, then along columns")
def adi(u, r, steps):
    n = len(u)

    def sweep(rhs):
        c = np.zeros(n)
        for k in range(n):
            pivot = 1.0 + 2.0 * r - (r * c[k - 1] if k > 0 else 0.0)
            c[k] = r / pivot
            rhs[k] = (rhs[k] + (r * rhs[k - 1] if k > 0 else 0.0)) / pivot
        for k in range(n - 2, -1, -1):
            rhs[k] += c[k] * rhs[k + 1]
        return rhs

    for _ in range(steps):
        for i in range(n):
            u[i] = sweep(u[i].copy())
        for j in range(n):
            u[:, j] = sweep(u[:, j].copy())
    return u


@kernel(
    (sample(5, 5, low=-0.2, high=0.2), sample(5, 5, seed=1, low=-0.2, high=0.2), sample(5, 5, seed=2), 2, 0.1, 0.1),
    exercises="lid-driven flow: functions that write into the arrays they are given and return them",
)
def cavity_flow(u, v, p, steps, dt, nu):
    dx = 0.5

    def source(u, v):
        b = np.zeros_like(u)
        ux = (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx)
        vy = (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dx)
        uy = (u[2:, 1:-1] - u[:-2, 1:-1]) / (2 * dx)
        vx = (v[1:-1, 2:] - v[1:-1, :-2]) / (2 * dx)
        b[1:-1, 1:-1] = (ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2
        return b

    def pressure(p, b):
        for _ in range(2):
            pn = p.copy()
            p[1:-1, 1:-1] = (pn[1:-1, 2:] + pn[1:-1, :-2] + pn[2:, 1:-1] + pn[:-2, 1:-1] - dx**2 * b[1:-1, 1:-1]) / 4
            p[:, -1] = p[:, -2]
            p[0, :] = p[1, :]
            p[:, 0] = p[:, 1]
            p[-1, :] = 0
        return p

    def transport(w, un, vn, push):
        return (
            w[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (w[1:-1, 1:-1] - w[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / dx * (w[1:-1, 1:-1] - w[:-2, 1:-1])
            - dt / (2 * dx) * push
            + nu * dt / dx**2 * (w[1:-1, 2:] + w[1:-1, :-2] + w[2:, 1:-1] + w[:-2, 1:-1] - 4 * w[1:-1, 1:-1])
        )

    for _ in range(steps):
        un, vn = u.copy(), v.copy()
        p = pressure(p, source(u, v))
        u[1:-1, 1:-1] = transport(un, un, vn, p[1:-1, 2:] - p[1:-1, :-2])
        v[1:-1, 1:-1] = transport(vn, un, vn, p[2:, 1:-1] - p[:-2, 1:-1])
        u[0, :] = u[:, 0] = u[:, -1] = 0
        u[-1, :] = 1
        v[0, :] = v[-1, :] = v[:, 0] = v[:, -1] = 0
    return np.sum(u * u + v * v) + np.sum(p)


@kernel(
    (sample(6), sample(6, seed=1, low=-0.1, high=0.1), 3), exercises="shallow water: a two-step scheme, fluxes as pairs"
)
def shallow_water(h, hu, steps):
    def flux(h, hu):
        return hu, hu**2 / h + 0.5 * 9.81 * h**2

    dt, dx = 0.01, 0.2
    for _ in range(steps):
        f, g = flux(h, hu)
        h_half = 0.5 * (h[1:] + h[:-1]) - 0.5 * dt / dx * (f[1:] - f[:-1])
        hu_half = 0.5 * (hu[1:] + hu[:-1]) - 0.5 * dt / dx * (g[1:] - g[:-1])
        f, g = flux(h_half, hu_half)
        h = h.copy()
        hu = hu.copy()
        h[1:-1] -= dt / dx * np.diff(f)
        hu[1:-1] -= dt / dx * np.diff(g)
    return np.sum(h * hu)


@kernel(
    (sample(6), sample(6, seed=1), 0.01, 3), exercises="two coupled arrays advanced by a shared right side in a tuple"
)
def gray_scott(u, v, dt, steps):
    lap = lambda z: np.roll(z, 1) + np.roll(z, -1) - 2 * z  # noqa: E731
    for _ in range(steps):
        uvv = u * v * v
        u, v = u + dt * (0.16 * lap(u) - uvv + 0.06 * (1 - u)), v + dt * (0.08 * lap(v) + uvv - 0.122 * v)
    return np.mean(u), np.mean(v)


@kernel(
    (0.3, 0.1, 0.95, 10),
    (1.3, 0.5, 0.9, 12),
    exercises="compartments advanced as plain numbers; the largest value on the way",
)
def epidemic_peak(beta, gamma, s, days):
    i, r, peak = 1.0 - s, 0.0, 0.0
    for _ in range(days):
        infections, recoveries = beta * s * i, gamma * i
        s, i, r = s - infections, i + infections - recoveries, r + recoveries
        if i > peak:
            peak = i
    return peak + 0.1 * r


@kernel(
    (np.array([0.3, -0.2]), np.array([0.1, 0.4]), 9.81, 4),
    exercises="a double pendulum: a mass matrix solved at each step",
)
def double_pendulum(angles, speeds, gravity, steps):
    for _ in range(steps):
        a, b = angles
        c, s = math.cos(a - b), math.sin(a - b)
        mass = np.array([[2.0, c], [c, 1.0]])
        force = np.array([-s * speeds[1] ** 2 - 2 * gravity * np.sin(a), s * speeds[0] ** 2 - gravity * np.sin(b)])
        speeds = speeds + 0.02 * np.linalg.solve(mass, force)
        angles = angles + 0.02 * speeds
    return angles


@kernel((sample(3, 3), 0.1, 5), exercises="an ensemble with a nested loop over neighbours by modular indices")
def coupled_oscillators(phase, coupling, steps):
    n, m = phase.shape
    for _ in range(steps):
        new = np.zeros_like(phase)
        for i in range(n):
            for j in range(m):
                pull = 0.0
                for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                    pull += math.sin(phase[(i + di) % n, (j + dj) % m] - phase[i, j])
                new[i, j] = phase[i, j] + coupling * pull
        phase = new
    return np.abs(np.mean(np.cos(phase))) + np.abs(np.mean(np.sin(phase)))
