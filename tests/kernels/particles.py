"""Bodies, particles and grids; scatter and gather."""

import math

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel(
    (sample(4), sample(4, 3, seed=1), sample(4, 3, seed=2, low=-0.1, high=0.1), 3, 0.01),
    exercises="all pairs by broadcasting, columns as views, positions and velocities moved in place",
)
def nbody(mass, pos, vel, steps, dt):
    def acceleration(pos):
        x, y, z = pos[:, 0:1], pos[:, 1:2], pos[:, 2:3]
        dx, dy, dz = x.T - x, y.T - y, z.T - z
        inverse = (dx**2 + dy**2 + dz**2 + 0.01) ** (-1.5)
        return np.hstack(
            ((dx * inverse) @ mass[:, None], (dy * inverse) @ mass[:, None], (dz * inverse) @ mass[:, None])
        )

    acc = acceleration(pos)
    for _ in range(steps):
        vel += acc * dt / 2.0
        pos += vel * dt
        acc = acceleration(pos)
        vel += acc * dt / 2.0
    return 0.5 * np.sum(mass[:, None] * vel**2)


@kernel(
    (sample(4, 2, low=0.0, high=3.0), 1.0, 1.1),
    exercises="pairs by two loops, a cutoff by continue, forces added at two rows",
)
def lennard_jones(positions, epsilon, sigma):
    n = len(positions)
    forces = np.zeros_like(positions)
    energy = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            r = positions[i] - positions[j]
            d2 = np.dot(r, r)
            if d2 > 6.0:
                continue
            s6 = (sigma * sigma / d2) ** 3
            energy += 4.0 * epsilon * (s6 * s6 - s6)
            f = 24.0 * epsilon * (2.0 * s6 * s6 - s6) / d2 * r
            forces[i] += f
            forces[j] -= f
    return energy + 0.001 * np.sum(forces**2)


@kernel(
    (np.array([0.31, 1.62, 2.17, 2.74]), sample(4, seed=1, low=-0.3, high=0.3), 4, 0.1),
    exercises="particle in cell: charge laid on cells by floor, a field solved by sums, read back",
)
def particle_in_cell(x, v, cells, dt):
    for _ in range(2):
        density = np.zeros(cells)
        for k in range(len(x)):
            cell = int(x[k])
            share = x[k] - cell
            density[cell % cells] += 1.0 - share
            density[(cell + 1) % cells] += share
        field = np.cumsum(density - np.mean(density))
        for k in range(len(x)):
            cell = int(x[k])
            share = x[k] - cell
            pull = (1.0 - share) * field[cell % cells] + share * field[(cell + 1) % cells]
            v[k] -= dt * pull
            x[k] += dt * v[k]
    return np.sum(v**2) + np.sum(x)


@kernel((sample(6), sample(6, seed=1), 4), exercises="a histogram of weights by integer bins, added to in a loop")
def weighted_histogram(values, weights, bins):
    counts = np.zeros(bins)
    low, high = values.min(), values.max()
    for v, w in zip(values, weights):
        b = min(int((v - low) / (high - low) * bins), bins - 1)
        counts[b] += w
    return counts / counts.sum()


@kernel((sample(6), sample(4, seed=1), 0.2), exercises="a kernel density on a grid by np.subtract.outer")
def density_estimate(points, grid, width):
    z = np.subtract.outer(grid, points) / width
    return np.exp(-0.5 * z**2).mean(axis=1) / (width * np.sqrt(2 * np.pi))


@kernel((-0.2, 0.5, 12), exercises="a smooth escape count: a loop left by break, the count in the result")
def mandelbrot_smooth(cx, cy, limit):
    x = y = 0.0
    n = 0
    while n < limit:
        if x * x + y * y > 4.0:
            break
        x, y = x * x - y * y + cx, 2.0 * x * y + cy
        n += 1
    return n + math.log(1.0 + math.sqrt(x * x + y * y))


@kernel(
    (sample(2, 3, low=0.2, high=2.4), sample(2, 3, seed=1, low=0.1, high=0.5), 4),
    exercises="escape over a grid: masked updates of arrays, boolean index on both sides",
)
def julia_set(x, y, steps):
    count = np.zeros(x.shape)
    for _ in range(steps):
        inside = x * x + y * y < 4.0
        new_x = x[inside] ** 2 - y[inside] ** 2 - 0.4
        y[inside] = 2.0 * x[inside] * y[inside] + 0.6
        x[inside] = new_x
        count[inside] += 1
    return np.log(x * x + y * y) + count


@kernel(
    (sample(3, 2), np.array([[0, 1], [1, 2]]), 1.0, 3),
    exercises="a chain of springs: forces scattered by edge lists, implicit friction",
)
def spring_chain(positions, edges, stiffness, steps):
    velocity = np.zeros_like(positions)
    for _ in range(steps):
        force = np.zeros_like(positions)
        for a, b in edges:
            stretch = positions[b] - positions[a]
            length = np.sqrt(stretch @ stretch)
            pull = stiffness * (length - 0.5) * stretch / length
            force[a] += pull
            force[b] -= pull
        velocity = 0.9 * (velocity + 0.1 * force)
        positions = positions + 0.1 * velocity
    return positions


@kernel(
    (np.array([0.5, 0.4]), np.array([0.3, 0.8]), 1.5, 2),
    exercises="a ray traced between spheres: nested conditions, an early return",
)
def ray_march(origin, direction, radius, bounces):
    brightness = 1.0
    direction = direction / np.linalg.norm(direction)
    for _ in range(bounces):
        b = origin @ direction
        discriminant = b * b - (origin @ origin - radius**2)
        if discriminant < 0.0:
            return brightness
        distance = -b + np.sqrt(discriminant)
        origin = origin + distance * direction
        normal = origin / radius
        direction = direction - 2.0 * (direction @ normal) * normal
        brightness *= 0.8 + 0.1 * direction[0]
    return brightness


@kernel((sample(8, seed=3), 3), exercises="sorting by hand: neighbours swapped in a parameter while out of order")
def bubble_sort(a, moments):
    n = len(a)
    for i in range(n):
        for j in range(n - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return sum(a[k] * k**moments for k in range(n))
