"""Explicit schemes on grids: heat, waves, transport, relaxation, Maxwell's equations."""

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel((3, sample(8), sample(8, seed=1)), exercises="two parameters written in turn, by slices that overlap")
def jacobi_1d(steps, u, v):
    for _ in range(steps):
        v[1:-1] = (u[:-2] + u[1:-1] + u[2:]) / 3.0
        u[1:-1] = (v[:-2] + v[1:-1] + v[2:]) / 3.0
    return u


@kernel((3, sample(5, 5), sample(5, 5, seed=1)), exercises="the same in two dimensions, reduced to a number")
def jacobi_2d(steps, u, v):
    for _ in range(steps):
        v[1:-1, 1:-1] = (u[1:-1, 1:-1] + u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 5.0
        u[1:-1, 1:-1] = (v[1:-1, 1:-1] + v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:]) / 5.0
    return np.sum(u * u)


@kernel((2, sample(5, 5)), exercises="a sweep that reads what it has just written, element by element")
def seidel_2d(sweeps, a):
    n = len(a)
    for _ in range(sweeps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                above = a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1]
                below = a[i + 1, j - 1] + a[i + 1, j] + a[i + 1, j + 1]
                a[i, j] = (above + a[i, j - 1] + a[i, j] + a[i, j + 1] + below) / 9.0
    return a


@kernel((2, sample(4, 4, 4), sample(4, 4, 4, seed=1)), exercises="rank three, a callee that writes into its argument")
def heat_3d(steps, t, t_new):
    def diffuse(old, new):
        centre = old[1:-1, 1:-1, 1:-1]
        new[1:-1, 1:-1, 1:-1] = (
            centre
            + 0.1 * (old[2:, 1:-1, 1:-1] - 2.0 * centre + old[:-2, 1:-1, 1:-1])
            + 0.1 * (old[1:-1, 2:, 1:-1] - 2.0 * centre + old[1:-1, :-2, 1:-1])
            + 0.1 * (old[1:-1, 1:-1, 2:] - 2.0 * centre + old[1:-1, 1:-1, :-2])
        )

    for _ in range(steps):
        diffuse(t, t_new)
        diffuse(t_new, t)
    return np.sum(t**2)


@kernel(
    (3, sample(4, 5), sample(4, 5, seed=1), sample(4, 5, seed=2), sample(3, seed=3)),
    exercises="three fields updated in place, one boundary row from a table",
)
def fdtd_2d(steps, ex, ey, hz, source):
    for t in range(steps):
        ey[0] = source[t]
        ey[1:] -= 0.5 * np.diff(hz, axis=0)
        ex[:, 1:] -= 0.5 * np.diff(hz, axis=1)
        curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
        hz[:-1, :-1] -= 0.7 * curl
    return np.sum(ex * ex + ey * ey + hz * hz)


@kernel((4, sample(7), 0.3, 0.1), exercises="np.roll, a periodic boundary, `u = …` of a copy on every trip")
def upwind_advection(steps, u, c, dt):
    dx = 1.0 / len(u)
    for _ in range(steps):
        un = u.copy()
        u = un - c * dt / dx * (un - np.roll(un, 1))
    return np.sum((u - 1.0) ** 2)


@kernel((5, sample(8), 0.4), exercises="three time levels that change names; ends held")
def wave_1d(steps, u0, courant):
    before = u0.copy()
    now = u0.copy()
    now[1:-1] = u0[1:-1] + 0.5 * courant**2 * (u0[2:] - 2 * u0[1:-1] + u0[:-2])
    for _ in range(1, steps):
        after = np.zeros_like(now)
        after[1:-1] = 2 * now[1:-1] - before[1:-1] + courant**2 * (now[2:] - 2 * now[1:-1] + now[:-2])
        before, now = now, after
    return np.sum(now * np.linspace(0.0, 1.0, len(now)))


@kernel((3, sample(6, 6), 0.4), exercises="time levels of a three-dimensional array: u[n + 1] from u[n] and u[n - 1]")
def wave_2d(steps, start, courant):
    u = np.zeros((steps + 2, *start.shape))
    u[0] = u[1] = start
    for n in range(1, steps + 1):
        for i in range(1, start.shape[0] - 1):
            for j in range(1, start.shape[1] - 1):
                bend = u[n, i + 1, j] + u[n, i - 1, j] + u[n, i, j + 1] + u[n, i, j - 1] - 4 * u[n, i, j]
                u[n + 1, i, j] = 2 * u[n, i, j] - u[n - 1, i, j] + courant**2 * bend
    return np.sum(u[-1] ** 2)


@kernel((3, sample(5, 6), 0.1, 0.2), exercises="np.pad with a mode, a Laplacian in a function of its own")
def reaction_diffusion(steps, u, dt, rate):
    def laplacian(z):
        p = np.pad(z, 1, mode="edge")
        return p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - 4.0 * z

    for _ in range(steps):
        u = u + dt * (laplacian(u) + rate * u * (1.0 - u))
    return np.mean(u)


@kernel((3, sample(5, 5)), exercises="mirrored boundaries: rows and columns copied onto others")
def insulated_plate(steps, u):
    for _ in range(steps):
        u[1:-1, 1:-1] += 0.1 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1])
        u[0, :] = u[1, :]
        u[-1, :] = u[-2, :]
        u[:, 0] = u[:, 1]
        u[:, -1] = u[:, -2]
    return u


@kernel(
    (2, sample(5, 6), sample(5, 6, seed=1), sample(5, 6, seed=2)),
    exercises="limited fluxes by np.where, several temporaries, a parameter renamed",
)
def limited_diffusion(steps, field, result, strength):
    for _ in range(steps):
        bend = 4.0 * field[1:-1, 1:-1] - field[2:, 1:-1] - field[:-2, 1:-1] - field[1:-1, 2:] - field[1:-1, :-2]
        flux = bend[:, 1:] - bend[:, :-1]
        uphill = flux * (field[1:-1, 2:-1] - field[1:-1, 1:-2]) > 0
        flux = np.where(uphill, 0.0, flux)
        result[1:-1, 2:-2] = field[1:-1, 2:-2] - strength[1:-1, 2:-2] * (flux[:, 1:] - flux[:, :-1])
        field = result * 1.01
    return np.sum(result**2)


@kernel((2, sample(4, 5), sample(6, seed=2)), exercises="implicit columns: a sweep up and a sweep down a parameter")
def vertical_transport(steps, u, w):
    layers = u.shape[1]
    for _ in range(steps):
        c = np.zeros_like(u)
        d = np.zeros_like(u)
        c[:, 0] = 0.3 * w[0]
        d[:, 0] = u[:, 0]
        for k in range(1, layers):
            below = -0.1 * w[k]
            pivot = 1.0 + 0.2 * w[k] - below * c[:, k - 1]
            c[:, k] = 0.1 * w[k + 1] / pivot
            d[:, k] = (u[:, k] - below * d[:, k - 1]) / pivot
        u[:, -1] = d[:, -1]
        for k in range(layers - 2, -1, -1):
            u[:, k] = d[:, k] - c[:, k] * u[:, k + 1]
    return np.sum(np.sin(u))
