"""What people differentiate: models, integrators, solvers, recurrences."""

import math

import numpy as np

from tests.corpus import program, sample


@program((sample(3, 4), sample(3, seed=1), sample(2, 3, seed=2), sample(2, seed=3), sample(4, seed=4)))
def multilayer_perceptron(w1, b1, w2, b2, x):
    h = np.tanh(w1 @ x + b1)
    y = w2 @ h + b2
    return np.mean((y - 0.5) ** 2)


@program((sample(3, seed=1), 0.2, sample(5, 3), np.array([0.0, 1.0, 1.0, 0.0, 1.0])), argnums=(0, 1))
def logistic_regression(w, b, x, labels):
    p = 1.0 / (1.0 + np.exp(-(x @ w + b)))
    return -np.mean(labels * np.log(p) + (1.0 - labels) * np.log(1.0 - p)) + 0.01 * np.sum(w * w)


@program((sample(3, seed=1), sample(4, 3), sample(4, seed=2), 0.1))
def ridge_regression(w, x, y, penalty):
    residual = x @ w - y
    return residual @ residual / len(y) + penalty * (w @ w)


@program((sample(3, 2), sample(4, 2, seed=1), np.array([2, 0, 1, 2])))
def softmax_cross_entropy(w, x, labels):
    logits = x @ w.T
    logits = logits - np.max(logits, axis=1, keepdims=True)
    log_p = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


@program((sample(2, 2, low=-0.8, high=0.8), sample(2, 3, seed=1), sample(2, seed=2), sample(4, 3, seed=3)))
def recurrent_network(w, u, b, inputs):
    h = np.zeros(2)
    loss = 0.0
    for t in range(inputs.shape[0]):
        h = np.tanh(w @ h + u @ inputs[t] + b)
        loss += np.sum(h * h)
    return loss


@program((sample(8, 3, low=-0.7, high=0.7), sample(8, 2, seed=1), sample(3, 2, seed=2)))
def long_short_term_memory(w, u, inputs):
    def sigmoid(t):
        return 1.0 / (1.0 + np.exp(-t))

    h = np.zeros(3)[:2]
    c = np.zeros(2)
    for x in inputs:
        z = w[:, :2] @ h + u @ x
        i, f, o = sigmoid(z[:2]), sigmoid(z[2:4]), sigmoid(z[4:6])
        c = f * c + i * np.tanh(z[6:])
        h = o * np.tanh(c)
    return np.sum(h)


@program((sample(3, 2), sample(2, 2, seed=1), sample(2, 2, seed=2), sample(2, 2, seed=3)))
def attention(x, wq, wk, wv):
    q, k, v = x @ wq, x @ wk, x @ wv
    scores = q @ k.T / math.sqrt(q.shape[-1])
    scores = scores - np.max(scores, axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= np.sum(weights, axis=-1, keepdims=True)
    return np.sum((weights @ v) ** 2)


@program((sample(3, 4), sample(4, seed=1), sample(4, seed=2)))
def layer_normalisation(x, gain, shift):
    mean = np.mean(x, axis=-1, keepdims=True)
    spread = np.var(x, axis=-1, keepdims=True)
    y = (x - mean) / np.sqrt(spread + 1e-5) * gain + shift
    return np.sum(y**3)


@program((sample(6), sample(3, seed=1)))
def convolution_by_slices(x, kernel):
    n = len(x) - len(kernel) + 1
    y = np.zeros(n)
    for k in range(len(kernel)):
        y += kernel[k] * x[k : k + n]
    return np.sum(np.maximum(y, 1.2) ** 2)


@program((sample(4, 4), sample(2, 2, seed=1)))
def convolution_by_index(image, kernel):
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = np.sum(image[i : i + 2, j : j + 2] * kernel)
    return np.sum(np.tanh(out) ** 2)


def lotka_volterra(state, a, b, c, d):
    x, y = state
    return np.array([a * x - b * x * y, c * x * y - d * y])


@program((1.1, 0.4, 0.3, 0.5, sample(2, low=0.8, high=1.4), 3), (1.1, 0.4, 0.3, 0.5, sample(2), 0))
def runge_kutta(a, b, c, d, state, steps):
    h = 0.1
    for _ in range(steps):
        k1 = lotka_volterra(state, a, b, c, d)
        k2 = lotka_volterra(state + 0.5 * h * k1, a, b, c, d)
        k3 = lotka_volterra(state + 0.5 * h * k2, a, b, c, d)
        k4 = lotka_volterra(state + h * k3, a, b, c, d)
        state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(state * state)


@program((0.6, 0.9, 0.1, 5), (0.6, 0.9, 0.1, 0))
def leapfrog_pendulum(q, p, h, steps):
    for _ in range(steps):
        p -= 0.5 * h * math.sin(q)
        q += h * p
        p -= 0.5 * h * math.sin(q)
    return 0.5 * p * p - math.cos(q) + q


@program((2.3, 3), (7.1, 3))
def newton_cube_root(a, steps):
    x = a / 2.0
    for _ in range(steps):
        x = x - (x**3 - a) / (3.0 * x**2)
    return x


@program((0.4, 0.5))
def kepler_by_newton(mean_anomaly, eccentricity):
    e = mean_anomaly
    for _ in range(20):
        step = (e - eccentricity * math.sin(e) - mean_anomaly) / (1.0 - eccentricity * math.cos(e))
        e = e - step
        if abs(step) < 1e-12:
            break
    return e


@program((sample(5), 3, 0.1), (sample(5), 0, 0.1))
def heat_equation(u, steps, k):
    u = u.copy()
    w = u.copy()
    for _ in range(steps):
        w[1:-1] = u[1:-1] + k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u, w = w, u
    return np.sum(u * u)


@program((sample(4, 4), 2))
def heat_in_two_dimensions(u, steps):
    u = u * 1.0
    for _ in range(steps):
        inner = u[1:-1, 1:-1]
        u[1:-1, 1:-1] = inner + 0.1 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * inner)
    return np.sum(u**3)


@program((sample(6), 3, 0.2))
def burgers_in_place(u, steps, k):
    v = u.copy()
    for _ in range(steps):
        v[1:-1] -= k * v[1:-1] * (v[2:] - v[:-2])
    return np.sum(v * v)


@program((sample(4, 4), sample(4, 4, seed=1), 2))
def gauss_seidel(u, f, sweeps):
    v = u.copy()
    for _ in range(sweeps):
        for i in range(1, 3):
            for j in range(1, 3):
                v[i, j] = 0.25 * (v[i - 1, j] + v[i + 1, j] + v[i, j - 1] + v[i, j + 1] + f[i, j] * v[i, j])
    return np.sum(v * v)


@program((sample(3, 3) + 4.0 * np.eye(3), sample(3, seed=1), 3))
def jacobi_solver(a, b, sweeps):
    n = len(b)
    x = np.zeros(n)
    for _ in range(sweeps):
        new = np.zeros(n)
        for i in range(n):
            s = 0.0
            for j in range(n):
                if j != i:
                    s += a[i, j] * x[j]
            new[i] = (b[i] - s) / a[i, i]
        x = new
    return np.sum(x * x)


@program((sample(3, 3) @ sample(3, 3).T + 2.0 * np.eye(3),))
def cholesky_by_hand(m):
    n = len(m)
    low = np.zeros_like(m)
    for j in range(n):
        low[j, j] = np.sqrt(m[j, j] - low[j, :j] @ low[j, :j])
        for i in range(j + 1, n):
            low[i, j] = (m[i, j] - low[i, :j] @ low[j, :j]) / low[j, j]
    return np.log(low[0, 0]) + np.log(low[1, 1]) + np.log(low[2, 2]) + low[2, 0]


@program((sample(3, 3) + 2.0 * np.eye(3), sample(3, seed=1)))
def forward_substitution(a, b):
    y = np.zeros_like(b)
    for i in range(len(b)):
        y[i] = (b[i] - a[i, :i] @ y[:i]) / a[i, i]
    return np.sum(y * y)


@program((sample(3, 3) + 2.0 * np.eye(3), sample(3, seed=1)))
def gaussian_elimination(a, b):
    a = a.copy()
    b = b.copy()
    n = len(b)
    for k in range(n):
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return np.sum(x**2)


@program((sample(3, 3) + sample(3, 3).T, sample(3, seed=1), 4))
def power_iteration(m, v, steps):
    for _ in range(steps):
        w = m @ v
        v = w / np.sqrt(np.sum(w * w))
    return v @ m @ v


@program((sample(3, 3) @ sample(3, 3).T + np.eye(3), sample(3, seed=1), 2))
def conjugate_gradient(a, b, steps):
    x = np.zeros_like(b)
    r = b - a @ x
    p = r
    rs = r @ r
    for _ in range(steps):
        ap = a @ p
        alpha = rs / (p @ ap)
        x = x + alpha * p
        r = r - alpha * ap
        new = r @ r
        p = r + (new / rs) * p
        rs = new
    return np.sum(x * x)


@program((sample(3, 2, low=-1.0, high=1.0), sample(3, 2, seed=1), sample(3, seed=2), 2))
def n_body(positions, velocities, masses, steps):
    x = positions * 1.0
    v = velocities * 1.0
    n = len(masses)
    for _ in range(steps):
        for i in range(n):
            for j in range(n):
                if i != j:
                    r = x[j] - x[i]
                    v[i] += 0.01 * masses[j] * r / (np.sum(r * r) + 0.5) ** 1.5
        x += 0.1 * v
    return np.sum(x * x) + 0.5 * np.sum(masses * np.sum(v * v, axis=1))


@program((sample(4, 2), sample(3, 2, seed=1), sample(3, seed=2), sample(3, seed=3)))
def gaussian_mixture(points, means, spreads, logits):
    weights = np.exp(logits) / np.sum(np.exp(logits))
    squared = np.sum((points[:, None, :] - means[None, :, :]) ** 2, axis=2)
    density = weights * np.exp(-0.5 * squared / spreads**2) / (2.0 * np.pi * spreads**2)
    return -np.sum(np.log(np.sum(density, axis=1)))


@program((sample(4),))
def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@program((sample(4),))
def rosenbrock_in_a_loop(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


@program((sample(3, low=-1.0, high=1.0),))
def ackley(x):
    a, b, c = 20.0, 0.2, 2.0 * np.pi
    n = x.shape[0]
    first = -a * np.exp(-b * np.sqrt(np.sum(x**2) / n))
    return first - np.exp(np.sum(np.cos(c * x)) / n) + a + np.e


@program((sample(5),))
def cumulative_sum_by_hand(x):
    total = 0.0
    out = np.zeros(len(x))
    for i in range(len(x)):
        total += x[i]
        out[i] = total * total
    return np.sum(out)


@program((sample(5), 0.9))
def discounted_returns(rewards, gamma):
    g = 0.0
    out = np.zeros_like(rewards)
    for t in reversed(range(len(rewards))):
        g = rewards[t] + gamma * g
        out[t] = g
    return np.sum((out - np.mean(out)) ** 2)


@program((sample(3, seed=1), sample(4, seed=2), 0.7))
def soft_edit_distance(x, y, gamma):
    table = np.zeros((len(x) + 1, len(y) + 1))
    table[1:, 0] = 5.0
    table[0, 1:] = 5.0
    for i in range(1, len(x) + 1):
        for j in range(1, len(y) + 1):
            a, b, c = table[i - 1, j], table[i, j - 1], table[i - 1, j - 1]
            soft = -gamma * np.log(np.exp(-a / gamma) + np.exp(-b / gamma) + np.exp(-c / gamma))
            table[i, j] = (x[i - 1] - y[j - 1]) ** 2 + soft
    return table[-1, -1]


@program((sample(3, 4),))
def cheapest_path(cost):
    best = cost.copy()
    rows, columns = cost.shape
    for i in range(rows):
        for j in range(columns):
            if i > 0 and j > 0:
                best[i, j] += min(best[i - 1, j], best[i, j - 1])
            elif i > 0:
                best[i, j] += best[i - 1, j]
            elif j > 0:
                best[i, j] += best[i, j - 1]
    return best[-1, -1] ** 2


@program((sample(3, 3), sample(3, 3, seed=1), sample(3, seed=2), np.array([0, 2, 1])))
def hidden_markov_forward(transition, emission, start, observed):
    alpha = start * emission[:, observed[0]]
    loglik = 0.0
    for t in range(1, len(observed)):
        alpha = (alpha @ transition) * emission[:, observed[t]]
        scale = np.sum(alpha)
        alpha = alpha / scale
        loglik += np.log(scale)
    return loglik


@program((1.1, 0.9, 0.3, 0.05))
def black_scholes(spot, strike, volatility, rate):
    def cdf(t):
        return 0.5 * (1.0 + math.erf(t / math.sqrt(2.0)))

    d1 = (math.log(spot / strike) + rate + 0.5 * volatility**2) / volatility
    d2 = d1 - volatility
    return spot * cdf(d1) - strike * math.exp(-rate) * cdf(d2)


@program((1.1, 0.3, sample(3, low=-1.0, high=1.0)))
def simulated_option(spot, volatility, noise):
    path = spot * np.exp(volatility * noise - 0.5 * volatility**2)
    payoff = np.maximum(path - 1.0, 0.0)
    return np.mean(payoff)


@program((sample(4),), (sample(1),))
def trapezoid(y):
    total = 0.0
    for i in range(len(y) - 1):
        total += 0.5 * (y[i] + y[i + 1]) ** 2
    return total + y[0]


@program((0.6, 1.4, 6))
def simpson(a, b, n):
    h = (b - a) / n
    total = math.exp(-a * a) + math.exp(-b * b)
    for i in range(1, n):
        weight = 4.0 if i % 2 else 2.0
        x = a + i * h
        total += weight * math.exp(-x * x)
    return total * h / 3.0


@program((0.6, 9))
def sine_series(x, terms):
    term = x
    total = x
    for k in range(1, terms):
        term = -term * x * x / ((2 * k) * (2 * k + 1))
        total += term
    return total


@program((0.8, 1.9))
def arithmetic_geometric_mean(a, b):
    while abs(a - b) > 1e-13:
        a, b = 0.5 * (a + b), math.sqrt(a * b)
    return a


@program((0.3, 0.2, 4))
def mandelbrot_pair(cx, cy, steps):
    zx, zy = 0.0, 0.0
    for _ in range(steps):
        zx, zy = zx * zx - zy * zy + cx, 2.0 * zx * zy + cy
        if zx * zx + zy * zy > 4.0:
            break
    return zx * zx + zy * zy


@program((0.4, 3.1, 6))
def logistic_map(x, r, steps):
    for _ in range(steps):
        x = r * x * (1.0 - x)
    return x


@program((sample(2), sample(2, 2, seed=1) + np.eye(2), sample(3, 2, seed=2)))
def kalman_filter(state, gain, observations):
    loss = 0.0
    for z in observations:
        predicted = gain @ state
        innovation = z - predicted
        state = predicted + 0.3 * innovation
        loss += innovation @ innovation
    return loss


@program((sample(3, low=-1.0, high=1.0), sample(3, seed=1), 3))
def gradient_descent_by_hand(w, target, steps):
    v = np.zeros_like(w)
    for _ in range(steps):
        g = 2.0 * (w - target) + 0.1 * w**3
        v = 0.9 * v - 0.1 * g
        w = w + v
    return np.sum((w - target) ** 2)


@program((sample(3), sample(3, seed=1)))
def cross_product_by_hand(a, b):
    c = np.zeros(3)
    c[0] = a[1] * b[2] - a[2] * b[1]
    c[1] = a[2] * b[0] - a[0] * b[2]
    c[2] = a[0] * b[1] - a[1] * b[0]
    return c @ c


@program((0.4, sample(3, 2)))
def rotated_points(angle, points):
    r = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    q = points @ r.T
    return np.sum(q[:, 0] ** 3) + np.sum(q[:, 1])


@program((sample(4, 2), sample(2, seed=1)))
def nearest_centre(points, centre):
    distances = np.sqrt(np.sum((points - centre) ** 2, axis=1))
    return np.min(distances) + np.sum(np.where(distances < 0.5, distances**2, 0.25))


@program((sample(4, low=0.1, high=1.0), sample(4, seed=1, low=0.1, high=1.0)))
def kullback_leibler(p, q):
    p = p / np.sum(p)
    q = q / np.sum(q)
    return np.sum(p * np.log(p / q))
