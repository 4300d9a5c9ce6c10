"""Physics and engineering: rays, frames, springs, orbits, circuits, drugs, economies."""

import math
from dataclasses import dataclass

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel((50.0, 10.0, 1.5, 30.0), exercises="optics by products of ABCD matrices, built by functions that return arrays")
def thin_lens_system(focal, gap, index, distance):
    def travel(d):
        return np.array([[1.0, d], [0.0, 1.0]])

    def lens(f):
        return np.array([[1.0, 0.0], [-1.0 / f, 1.0]])

    def surface(radius, before, after):
        return np.array([[1.0, 0.0], [(before - after) / (radius * after), before / after]])

    system = np.eye(2)
    for element in [travel(distance), lens(focal), travel(gap), surface(40.0, 1.0, index), surface(-40.0, index, 1.0)]:
        system = element @ system
    ray = system @ np.array([1.0, 0.02])
    return ray[0] ** 2 + 100.0 * ray[1] ** 2


@kernel(
    (np.array([0.3, -0.5, 0.8]), np.array([1.0, 0.7, 0.4]), np.array([1.2, 0.9])),
    exercises="forward kinematics: homogeneous transforms chained over joints, a target missed",
)
def robot_arm(angles, lengths, target):
    def transform(angle, length):
        c, s = np.cos(angle), np.sin(angle)
        return np.array([[c, -s, length * c], [s, c, length * s], [0.0, 0.0, 1.0]])

    pose = np.eye(3)
    elbows = []
    for angle, length in zip(angles, lengths):
        pose = pose @ transform(angle, length)
        elbows.append(pose[:2, 2])
    reach = np.sum((elbows[-1] - target) ** 2)
    return reach + 0.01 * sum(np.dot(e, e) for e in elbows)


@kernel(
    (np.array([0.1, 0.2, -0.3]), sample(3, seed=1)),
    exercises="a rotation by Rodrigues' formula: a skew matrix of entries, np.sinc avoided by a branch",
)
def rodrigues(axis_angle, point):
    theta = np.linalg.norm(axis_angle)
    if theta < 1e-8:
        return point + np.cross(axis_angle, point)
    k = axis_angle / theta
    skew = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    rotation = np.eye(3) + np.sin(theta) * skew + (1 - np.cos(theta)) * skew @ skew
    return rotation @ point


@kernel(
    (sample(6, low=-0.3, high=0.3), sample(4, 3, seed=1), sample(4, 2, seed=2), np.array([0.0, 0.0, 3.0])),
    exercises="bundle adjustment: a camera vector sliced, a residual per point collected, lens distortion",
)
def reprojection_error(camera, points, observed, offset):
    rotation, translation = camera[:3], camera[3:] + offset
    residuals = []
    for point, seen in zip(points, observed):
        p = point + np.cross(rotation, point) + translation
        x, y = p[0] / p[2], p[1] / p[2]
        r2 = x * x + y * y
        distortion = 1.0 + 0.1 * r2 + 0.01 * r2**2
        residuals.extend([distortion * x - seen[0], distortion * y - seen[1]])
    return 0.5 * sum(r**2 for r in residuals)


@kernel(
    (sample(5, 3), sample(5, 3, seed=1)),
    exercises="the best rotation between point clouds: np.linalg.svd, a sign by np.linalg.det",
)
def kabsch(p, q):
    p, q = p - p.mean(axis=0), q - q.mean(axis=0)
    u, _, vt = np.linalg.svd(p.T @ q)
    d = np.sign(np.linalg.det(u @ vt))
    rotation = u @ np.diag(np.array([1.0, 1.0, d])) @ vt
    return np.sqrt(np.mean(np.sum((p @ rotation - q) ** 2, axis=1)))


@dataclass
class Body:
    """A point mass."""

    mass: float
    position: np.ndarray
    velocity: np.ndarray


@kernel(
    (1.0, 0.3, np.array([1.0, 0.0]), np.array([0.0, 0.9]), 5),
    exercises="bodies as dataclasses in a list, their fields updated in a loop",
)
def orbits_of_dataclasses(m1, m2, position, velocity, steps):
    bodies = [Body(m1, np.zeros(2), np.zeros(2)), Body(m2, position, velocity)]
    for _ in range(steps):
        forces = []
        for body in bodies:
            force = np.zeros(2)
            for other in bodies:
                if other is not body:
                    r = other.position - body.position
                    force = force + body.mass * other.mass * r / np.linalg.norm(r) ** 3
            forces.append(force)
        for body, force in zip(bodies, forces):
            body.velocity = body.velocity + 0.05 * force / body.mass
            body.position = body.position + 0.05 * body.velocity
    return np.sum(bodies[1].position ** 2) + 0.5 * sum(b.mass * b.velocity @ b.velocity for b in bodies)


@kernel(
    (1.2, 0.4, 0.25, 100.0, 6),
    exercises="pharmacokinetics: doses at given times, concentrations kept in a dict by time",
)
def two_compartments(absorption, elimination, exchange, dose, hours):
    gut, blood, tissue = 0.0, 0.0, 0.0
    seen = {}
    for hour in range(hours):
        if hour % 3 == 0:
            gut += dose
        for _ in range(4):
            dt = 0.25
            flow = absorption * gut
            gut, blood, tissue = (
                gut - dt * flow,
                blood + dt * (flow - elimination * blood - exchange * (blood - tissue)),
                tissue + dt * exchange * (blood - tissue),
            )
        seen[hour] = blood
    return (seen[2] - 40.0) ** 2 + (seen[hours - 1] - 30.0) ** 2


@kernel(
    ({"beta": 0.4, "gamma": 0.15, "i0": 0.02}, np.array([0.03, 0.04, 0.05, 0.07])),
    exercises="an epidemic fitted to counts: parameters by name, a generator of states consumed by zip",
)
def epidemic_fit(params, counts):
    def simulate(beta, gamma, i0):
        s, i = 1.0 - i0, i0
        while True:
            new = beta * s * i
            s, i = s - new, i + new - gamma * i
            yield i

    error = 0.0
    for predicted, observed in zip(simulate(**params), counts):
        error += (predicted - observed) ** 2
    return error


@kernel(
    (100.0, 105.0, 0.2, 0.03, sample(6, 4, seed=1, low=-1.5, high=1.5)),
    exercises="Monte Carlo with given noise: paths by np.cumsum, an average payoff, a running maximum",
)
def asian_option(spot, strike, volatility, rate, noise):
    dt = 1.0 / noise.shape[1]
    steps = (rate - 0.5 * volatility**2) * dt + volatility * np.sqrt(dt) * noise
    paths = spot * np.exp(np.cumsum(steps, axis=1))
    payoff = np.maximum(paths.mean(axis=1) - strike, 0.0)
    barrier = np.max(paths, axis=1) < 160.0
    return np.exp(-rate) * np.mean(payoff * barrier)


@kernel(
    (sample(4, 2), [(0, 1, 1.0), (1, 2, 0.8), (2, 3, 1.1), (0, 3, 1.5)], np.array([0.0, -0.2])),
    exercises="a network of springs: a list of (i, j, rest length) tuples unpacked, an energy minimised by hand",
)
def spring_network(x, springs, gravity):
    energy = -np.sum(x @ gravity)
    for i, j, rest in springs:
        energy += 0.5 * (np.linalg.norm(x[i] - x[j]) - rest) ** 2
    return energy


@kernel((sample(5, 2), 0.5), exercises="a travelling salesman relaxed: a soft tour by a row-normalised matrix")
def soft_tour(cities, temperature):
    distance = np.sqrt(((cities[:, None] - cities[None]) ** 2).sum(-1) + 1e-9)
    n = len(cities)
    choice = np.exp(-distance / temperature) * (1.0 - np.eye(n))
    for _ in range(3):
        choice = choice / choice.sum(axis=1, keepdims=True)
        choice = choice / choice.sum(axis=0, keepdims=True)
    return np.sum(choice * distance)


@kernel(
    (np.array([0.2, -0.1, 0.3, 0.1]), np.array([0.5, 0.0]), np.array([0.0, 0.0])),
    exercises="optimal control: a rollout that keeps states in a list, cost and penalty by comprehensions",
)
def control_rollout(controls, start, goal):
    def dynamics(state, u):
        position, velocity = state
        return np.array([position + 0.1 * velocity, velocity + 0.1 * (u - np.sin(position))])

    states = [start]
    for u in controls:
        states.append(dynamics(states[-1], u))
    running = sum([0.1 * np.sum((s - goal) ** 2) for s in states[:-1]])
    effort = sum(u**2 for u in controls)
    return running + 0.01 * effort + 10.0 * np.sum((states[-1] - goal) ** 2)


@kernel(
    (np.array([0.0, 0.1, -2.0]), 1.0, 0.3),
    exercises="ray marching: a distance field of several shapes by min, a march left by break, shading",
)
def sphere_tracing(origin, radius, height):
    def distance(p):
        ball = np.linalg.norm(p) - radius
        floor = p[1] + 1.0 + height
        return min(ball, floor)

    direction = np.array([0.1, 0.05, 1.0])
    direction = direction / np.sqrt(np.sum(direction**2))
    travelled = 0.0
    for _ in range(12):
        d = distance(origin + travelled * direction)
        travelled += d
        if d < 1e-4 or travelled > 10.0:
            break
    hit = origin + travelled * direction
    light = np.array([0.3, 0.9, -0.3])
    return max(0.0, np.dot(hit / np.linalg.norm(hit), light)) + 0.1 * travelled


@kernel(
    (np.array([7000.0, 0.0, 0.0]), np.array([0.0, 7.0, 2.0])),
    exercises="orbital elements from a state: cross products, angles by np.arccos with a correction",
)
def orbital_elements(r, v):
    mu = 398600.0
    h = np.cross(r, v)
    node = np.cross([0.0, 0.0, 1.0], h)
    e = np.cross(v, h) / mu - r / np.linalg.norm(r)
    energy = np.dot(v, v) / 2 - mu / np.linalg.norm(r)
    axis = -mu / (2 * energy)
    inclination = np.arccos(h[2] / np.linalg.norm(h))
    longitude = np.arctan2(node[1], node[0])
    return axis / 1000.0 + np.linalg.norm(e) + inclination + longitude


@kernel((sample(4), 0.5, 1.0), exercises="a chain of quantum amplitudes as pairs of real arrays, normalised on the way")
def schroedinger(potential, dt, hopping):
    n = len(potential)
    re, im = np.zeros(n), np.zeros(n)
    re[n // 2] = 1.0
    for _ in range(4):

        def hamiltonian(psi):
            return potential * psi - hopping * (np.roll(psi, 1) + np.roll(psi, -1))

        re = re + 0.5 * dt * hamiltonian(im)
        im = im - dt * hamiltonian(re)
        re = re + 0.5 * dt * hamiltonian(im)
        norm = np.sqrt(np.sum(re**2 + im**2))
        re, im = re / norm, im / norm
    return np.sum(np.arange(n) * (re**2 + im**2))


@kernel(
    (sample(2, 2, low=0.1, high=0.4), 1.0, 0.7),
    exercises="complex impedances of a ladder: parallel and series by 1 / (1/a + 1/b), a gain in decibels",
)
def ladder_filter(components, resistance, frequency):
    def parallel(a, b):
        return 1.0 / (1.0 / a + 1.0 / b)

    load = resistance + 0j
    gain = 1.0 + 0j
    for inductance, capacitance in components:
        shunt = parallel(load, 1.0 / (1j * frequency * capacitance))
        series = 1j * frequency * inductance
        gain = gain * shunt / (shunt + series)
        load = shunt + series
    return 20.0 * np.log10(np.abs(gain))


@kernel(
    (0.96, 0.36, 3),
    exercises="an economy's value function iterated on a grid: np.max over choices, np.maximum against a floor",
)
def growth_model(discount, share, rounds):
    grid = np.linspace(0.1, 1.0, 5)
    output = grid**share + 0.8 * grid
    consumption = np.maximum(output[:, None] - grid[None, :], 1e-2)
    value = np.zeros(len(grid))
    for _ in range(rounds):
        value = np.max(np.log(consumption) + discount * value[None, :], axis=1)
    return np.sum(value)


@kernel(
    (0.4, 0.05, 3.0),
    exercises="a root by scipy-style bisection with a tolerance: the answer polished by one Newton step",
)
def implied_volatility(price, rate, strike):
    def model(sigma):
        d = (math.log(3.1 / strike) + (rate + sigma**2 / 2)) / sigma
        cdf = lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2)))  # noqa: E731
        return 3.1 * cdf(d) - strike * math.exp(-rate) * cdf(d - sigma)

    low, high = 0.001, 2.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if model(middle) < price else (low, middle)
    sigma, h = (low + high) / 2, 1e-4
    slope = (model(sigma + h) - model(sigma - h)) / (2 * h)
    return sigma - (model(sigma) - price) / slope


@kernel(
    (sample(3, 3, low=0.2, high=1.0), 2),
    exercises="a truss: stiffness assembled by np.ix_ from element matrices, a reduced system solved",
)
def truss(areas, loads):
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.8]])
    stiffness = np.zeros((6, 6))
    for a, b in [(0, 1), (1, 2), (0, 2)]:
        d = nodes[b] - nodes[a]
        length = np.linalg.norm(d)
        c = np.outer(d, d) / length**2
        block = areas[a, b] / length * np.block([[c, -c], [-c, c]])
        index = [2 * a, 2 * a + 1, 2 * b, 2 * b + 1]
        stiffness[np.ix_(index, index)] += block
    free = [2, 4, 5]
    force = np.array([0.1, 0.0, -1.0 * loads])
    displacement = np.linalg.solve(stiffness[np.ix_(free, free)], force)
    return force @ displacement
