"""Estimates, filters and likelihoods."""

import math

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel((sample(5, 3),), exercises="a parameter centred in place, products of its columns into both triangles")
def covariance(data):
    n, m = data.shape
    data -= np.mean(data, axis=0)
    cov = np.zeros((m, m))
    for i in range(m):
        for j in range(i, m):
            cov[i, j] = cov[j, i] = data[:, i] @ data[:, j] / (n - 1.0)
    return cov


@kernel((sample(5, 3),), exercises="a guard for small deviations by a mask, a parameter scaled in place")
def correlation(data):
    n, m = data.shape
    deviation = data.std(axis=0)
    deviation[deviation <= 0.1] = 1.0
    data -= data.mean(axis=0)
    data /= np.sqrt(n) * deviation
    corr = np.eye(m)
    for i in range(m - 1):
        corr[i + 1 :, i] = corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
    return corr


@kernel(
    (sample(6), sample(2, 2, low=0.05, high=0.2), 0.3),
    exercises="predict and update: products of small matrices, an innovation's logarithm added up",
)
def kalman_filter(observed, noise, r):
    f = np.array([[1.0, 0.1], [0.0, 1.0]])
    h = np.array([[1.0, 0.0]])
    x, p = np.zeros(2), np.eye(2)
    loss = 0.0
    for z in observed:
        x = f @ x
        p = f @ p @ f.T + noise @ noise.T
        s = (h @ p @ h.T)[0, 0] + r
        gain = (p @ h.T / s)[:, 0]
        residual = z - x[0]
        x = x + gain * residual
        p = (np.eye(2) - np.outer(gain, h)) @ p
        loss += 0.5 * (math.log(s) + residual**2 / s)
    return loss


@kernel(
    (sample(6), sample(4, 6, seed=1), 0.7),
    exercises="resampling by a cumulative sum and np.searchsorted, weights normalised",
)
def particle_filter(observed, draws, spread):
    particles = np.linspace(-1.0, 1.0, 4)
    loss = 0.0
    for t, z in enumerate(observed[:3]):
        particles = 0.9 * particles + spread * draws[:, t]
        weights = np.exp(-0.5 * (z - particles) ** 2)
        loss -= np.log(np.mean(weights))
        ladder = np.cumsum(weights / np.sum(weights))
        chosen = np.searchsorted(ladder, (np.arange(4) + 0.5) / 4.0)
        particles = particles[np.minimum(chosen, 3)]
    return loss


@kernel(
    (np.array([0.5, -0.3]), np.array([0.3, 1.2]), sample(5, low=-2.0, high=2.0), 3),
    exercises="expectation and maximisation in turn, responsibilities normalised row by row",
)
def expectation_maximisation(means, spreads, x, rounds):
    weights = np.ones(2) / 2
    for _ in range(rounds):
        density = weights * np.exp(-0.5 * ((x[:, None] - means) / spreads) ** 2) / spreads
        r = density / density.sum(axis=1, keepdims=True)
        total = r.sum(axis=0)
        weights = total / len(x)
        means = (r * x[:, None]).sum(axis=0) / total
        spreads = np.sqrt((r * (x[:, None] - means) ** 2).sum(axis=0) / total) + 0.1
    return np.sum(np.log(density.sum(axis=1)))


@kernel(
    (sample(4, 2), sample(4, seed=1), 0.8, 0.1),
    exercises="a Gaussian process: a kernel matrix entry by entry, its factor by hand, log of the diagonal",
)
def gaussian_process(x, y, length, noise):
    n = len(x)
    k = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            k[i, j] = math.exp(-0.5 * np.sum((x[i] - x[j]) ** 2) / length**2)
        k[i, i] += noise
    low = np.zeros_like(k)
    for j in range(n):
        low[j, j] = np.sqrt(k[j, j] - np.sum(low[j, :j] ** 2))
        for i in range(j + 1, n):
            low[i, j] = (k[i, j] - np.sum(low[i, :j] * low[j, :j])) / low[j, j]
    z = np.zeros(n)
    for i in range(n):
        z[i] = (y[i] - low[i, :i] @ z[:i]) / low[i, i]
    return 0.5 * z @ z + np.sum(np.log(np.diag(low)))


@kernel((sample(8), 0.2, 0.7, 0.1), exercises="volatility that follows squared returns; a likelihood as a running sum")
def garch(returns, omega, beta, alpha):
    variance = np.var(returns)
    loss = 0.0
    for r in returns:
        loss += math.log(variance) + r * r / variance
        variance = omega + alpha * r**2 + beta * variance
    return 0.5 * loss


@kernel((100.0, 95.0, 0.5, 0.03, 0.2), exercises="math.erf, prices of calls and puts; scalars throughout")
def black_scholes(spot, strike, years, rate, volatility):
    def cdf(z):
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / (volatility * math.sqrt(years))
    d2 = d1 - volatility * math.sqrt(years)
    call = spot * cdf(d1) - strike * math.exp(-rate * years) * cdf(d2)
    return call, call - spot + strike * math.exp(-rate * years)


@kernel(
    (np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.3], [0.2, 0.8, 0.0]]), 0.85, 20),
    exercises="columns normalised, a power iteration stopped by a tolerance",
)
def pagerank(links, damping, limit):
    n = len(links)
    flow = links / links.sum(axis=0)
    rank = np.ones(n) / n
    for _ in range(limit):
        new = damping * flow @ rank + (1.0 - damping) / n
        if np.abs(new - rank).sum() < 1e-12:
            break
        rank = new
    return np.log(rank)


@kernel((sample(5, 2), sample(3, 2, seed=1), 2), exercises="k-means: nearest centres by argmin, means of masked rows")
def k_means(points, centres, rounds):
    for _ in range(rounds):
        distance = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        nearest = distance.argmin(axis=1)
        centres = np.array(
            [points[nearest == k].mean(axis=0) if np.any(nearest == k) else centres[k] for k in range(3)]
        )
    return np.sum(np.min(((points[:, None] - centres) ** 2).sum(axis=2), axis=1))


@kernel(
    (sample(5, 2), sample(5, 2, seed=1, low=-1.0, high=1.0), 0.4),
    exercises="t-SNE: pairwise affinities with the diagonal masked out by np.fill_diagonal",
)
def t_sne(x, y, sigma):
    def squares(z):
        s = np.sum(z**2, axis=1)
        return s[:, None] + s[None, :] - 2.0 * z @ z.T

    p = np.exp(-squares(x) / (2.0 * sigma**2))
    np.fill_diagonal(p, 0.0)
    p = p / p.sum()
    q = 1.0 / (1.0 + squares(y))
    np.fill_diagonal(q, 0.0)
    q = q / q.sum()
    p, q = np.maximum(p, 1e-9), np.maximum(q, 1e-9)
    return np.sum(p * np.log(p / q))


@kernel(
    (sample(6), sample(6, seed=1), 0.3),
    exercises="local regression: weights per point, two-by-two normal equations solved by hand",
)
def local_regression(x, y, width):
    fitted = np.zeros(len(x))
    for k in range(len(x)):
        w = np.exp(-(((x - x[k]) / width) ** 2))
        sw, sx, sy = w.sum(), (w * x).sum(), (w * y).sum()
        sxx, sxy = (w * x * x).sum(), (w * x * y).sum()
        slope = (sw * sxy - sx * sy) / (sw * sxx - sx * sx)
        fitted[k] = sy / sw + slope * (x[k] - sx / sw)
    return np.mean((fitted - y) ** 2)
