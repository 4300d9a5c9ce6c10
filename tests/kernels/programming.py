"""Dynamic programmes over tables: alignments, paths, hidden states; smooth where the textbook takes a minimum."""

import math

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel((sample(4, 5), 0.5), exercises="a table filled row by row, with a smooth minimum of three neighbours")
def soft_dynamic_time_warping(cost, gamma):
    def softmin(*values):
        least = min(values)
        return least - gamma * math.log(sum(math.exp((least - v) / gamma) for v in values))

    n, m = cost.shape
    table = np.full((n + 1, m + 1), 1e3)
    table[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            table[i, j] = cost[i - 1, j - 1] + softmin(table[i - 1, j], table[i, j - 1], table[i - 1, j - 1])
    return table[n, m]


@kernel(
    ("kitten", "sitting", 1.1, 0.9, 1.3),
    exercises="characters compared, numbers added; min of three, in lists of lists",
)
def edit_distance(a, b, insertion, deletion, substitution):
    rows = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        rows[i][0] = i * deletion
    for j in range(1, len(b) + 1):
        rows[0][j] = j * insertion
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            change = 0.0 if a[i - 1] == b[j - 1] else substitution
            rows[i][j] = min(rows[i - 1][j] + deletion, rows[i][j - 1] + insertion, rows[i - 1][j - 1] + change)
    return rows[-1][-1]


@kernel(
    (sample(4, 4, low=-1.0, high=1.0), 0.6), exercises="local alignment: max against zero, the best cell of the table"
)
def smith_waterman(score, gap):
    n, m = score.shape
    h = np.zeros((n + 1, m + 1))
    best = 0.0
    for i in range(n):
        for j in range(m):
            h[i + 1, j + 1] = max(0.0, h[i, j] + score[i, j], h[i, j + 1] - gap, h[i + 1, j] - gap)
            best = max(best, h[i + 1, j + 1])
    return best


@kernel((sample(4, 4, low=-1.0, high=1.0), 0.6, 0.3), exercises="the same with np.logaddexp for max")
def soft_smith_waterman(score, gap, temperature):
    n, m = score.shape
    h = np.zeros((n + 1, m + 1))
    for i in range(n):
        for j in range(m):
            ways = np.array([0.0, h[i, j] + score[i, j], h[i, j + 1] - gap, h[i + 1, j] - gap])
            h[i + 1, j + 1] = temperature * np.logaddexp.reduce(ways / temperature)
    return h[1:, 1:].sum()


@kernel(
    (sample(4, 4, seed=1, low=0.5, high=3.0),),
    exercises="all shortest paths: np.minimum of a matrix and sums of its row and column",
)
def floyd_warshall(paths):
    for k in range(len(paths)):
        paths[:] = np.minimum(paths, np.add.outer(paths[:, k], paths[k, :]))
    return paths


@kernel(
    (np.log(sample(3)), np.log(sample(3, 3, seed=1)), np.log(sample(3, 4, seed=2)), np.array([0, 2, 1, 3])),
    exercises="the forward recursion in logarithms: broadcasts, a sum of exponentials per state",
)
def hmm_forward(start, transition, emission, observed):
    alpha = start + emission[:, observed[0]]
    for symbol in observed[1:]:
        scores = alpha[:, None] + transition
        top = scores.max(axis=0)
        alpha = top + np.log(np.exp(scores - top).sum(axis=0)) + emission[:, symbol]
    return np.log(np.sum(np.exp(alpha)))


@kernel(
    (np.log(sample(3)), np.log(sample(3, 3, seed=1)), np.log(sample(3, 4, seed=2)), [0, 2, 1, 3]),
    exercises="Viterbi: argmax pointers kept in an integer table and followed back, the score of the path read off",
)
def viterbi(start, transition, emission, observed):
    n, steps = len(start), len(observed)
    delta = np.zeros((steps, n))
    back = np.zeros((steps, n), dtype=int)
    delta[0] = start + emission[:, observed[0]]
    for t in range(1, steps):
        for j in range(n):
            scores = delta[t - 1] + transition[:, j]
            back[t, j] = np.argmax(scores)
            delta[t, j] = np.max(scores) + emission[j, observed[t]]
    state = int(np.argmax(delta[-1]))
    total = delta[-1, state]
    for t in range(steps - 1, 0, -1):
        total += 0.1 * transition[back[t, state], state]
        state = back[t, state]
    return total


@kernel(
    (sample(5, 3), np.array([1, 2]), 0),
    exercises="connectionist temporal classification: labels and blanks, conditional terms",
)
def ctc(probabilities, labels, blank):
    extended = [blank]
    for label in labels:
        extended += [int(label), blank]
    steps, length = len(probabilities), len(extended)
    alpha = np.zeros((steps, length))
    alpha[0, 0] = probabilities[0, extended[0]]
    alpha[0, 1] = probabilities[0, extended[1]]
    for t in range(1, steps):
        for s in range(length):
            total = alpha[t - 1, s]
            if s >= 1:
                total += alpha[t - 1, s - 1]
            if s >= 2 and extended[s] != blank and extended[s] != extended[s - 2]:
                total += alpha[t - 1, s - 2]
            alpha[t, s] = total * probabilities[t, extended[s]]
    return -np.log(alpha[-1, -1] + alpha[-1, -2])


@kernel(
    (sample(4, 3), sample(3, 3, seed=1), [0, 2, 1, 1]),
    exercises="a conditional random field: the score of a path less the log of all",
)
def conditional_random_field(scores, transition, tags):
    path = scores[0, tags[0]]
    for t in range(1, len(tags)):
        path += transition[tags[t - 1], tags[t]] + scores[t, tags[t]]
    alpha = scores[0]
    for t in range(1, len(scores)):
        alpha = np.array([np.log(np.sum(np.exp(alpha + transition[:, j]))) for j in range(len(alpha))]) + scores[t]
    return np.log(np.sum(np.exp(alpha))) - path


@kernel(
    (np.array([3.0, 1.5, 2.2, 4.1]), np.array([2, 1, 1, 3]), 4),
    exercises="a knapsack: a table of values, np.maximum of shifted slices of itself",
)
def knapsack(values, weights, capacity):
    best = np.zeros(capacity + 1)
    for value, weight in zip(values, weights):
        best[weight:] = np.maximum(best[weight:], best[:-weight] + value)
    return best[-1]


@kernel((sample(4), sample(4, seed=1), 3), exercises="option prices by a binomial tree: a slice shortened on each trip")
def binomial_tree(strikes, weights, steps):
    price = 0.0
    u, d = 1.1, 0.9
    for strike, weight in zip(strikes, weights):
        values = np.maximum(u ** np.arange(steps, -1, -1) * d ** np.arange(0, steps + 1) - strike, 0.0)
        while len(values) > 1:
            values = 0.98 * (0.55 * values[:-1] + 0.45 * values[1:])
        price += weight * values[0]
    return price


@kernel((sample(3, 4),), exercises="memoised recursion: a dict keyed by pairs, filled as it is asked for")
def lattice_paths(weights):
    known = {}

    def ways(i, j):
        if i < 0 or j < 0:
            return 0.0
        if (i, j) in known:
            return known[i, j]
        if i == 0 and j == 0:
            return weights[0, 0]
        known[i, j] = weights[i, j] * (ways(i - 1, j) + ways(i, j - 1))
        return known[i, j]

    return ways(weights.shape[0] - 1, weights.shape[1] - 1)
