"""Models and losses as they are written for machine learning: parameters in dicts and lists, layers in functions."""

import functools
import math
from typing import NamedTuple

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


def relu(x):
    return np.maximum(x, 0.0)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def logsumexp(x, axis=None, keepdims=False):
    top = np.max(x, axis=axis, keepdims=True)
    out = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)


MLP = [{"w": sample(3, 4), "b": sample(4, seed=1)}, {"w": sample(4, 2, seed=2), "b": sample(2, seed=3)}]


@kernel(
    (MLP, sample(5, 3, seed=4), np.array([0, 1, 1, 0, 1])),
    exercises="parameters as a list of dicts, a one-hot by np.eye",
)
def classifier_loss(params, inputs, labels):
    activations = inputs
    for layer in params[:-1]:
        activations = np.tanh(np.dot(activations, layer["w"]) + layer["b"])
    logits = np.dot(activations, params[-1]["w"]) + params[-1]["b"]
    log_probs = logits - logsumexp(logits, axis=1, keepdims=True)
    one_hot = np.eye(2)[labels]
    penalty = 0.0
    for layer in params:
        penalty += 0.01 * sum(np.sum(value**2) for value in layer.values())
    return -np.mean(np.sum(log_probs * one_hot, axis=1)) + penalty


@kernel(
    (sample(2), 0.3, sample(6, 2, seed=1), np.array([1, -1, 1, 1, -1, -1])),
    exercises="labels of one and minus one, np.logaddexp",
)
def logistic_loss(w, b, x, y):
    margins = y * (np.dot(x, w) + b)
    return np.sum(np.logaddexp(0, -margins)) / len(y)


@kernel(
    (sample(2, 3), sample(3, seed=1), sample(3, 2, 2, seed=2), sample(5, 2, seed=3)),
    exercises="a mixture: list of log densities, np.linalg.slogdet and inv",
)
def gaussian_mixture_likelihood(means, logits, factors, data):
    scores = []
    for mean, logit, factor in zip(means.T, logits, factors):
        cov = factor @ factor.T + np.eye(2)
        d = data - mean
        _, logdet = np.linalg.slogdet(cov)
        quadratic = np.sum(d @ np.linalg.inv(cov) * d, axis=1)
        scores.append(logit - 0.5 * (quadratic + logdet + 2 * math.log(2 * math.pi)))
    return -np.sum(logsumexp(np.vstack(scores), axis=0) - logsumexp(logits))


class LSTMState(NamedTuple):
    hidden: np.ndarray
    cell: np.ndarray


@kernel(
    ({name: sample(2, 4, seed=k) for k, name in enumerate("ifog")}, sample(3, 2, seed=7)),
    exercises="a state in a namedtuple, gates by a comprehension over names",
)
def lstm_with_named_state(weights, inputs):
    def step(state, x):
        z = np.concatenate([x, state.hidden])
        i, f, o, g = [weights[name] @ z for name in "ifog"]
        cell = sigmoid(f) * state.cell + sigmoid(i) * np.tanh(g)
        return LSTMState(hidden=sigmoid(o) * np.tanh(cell), cell=cell)

    state = LSTMState(np.zeros(2), np.zeros(2))
    for x in inputs:
        state = step(state, x)
    return np.sum(state.hidden**2) + np.sum(state.cell)


class Dense:
    """A layer with its weights as fields."""

    def __init__(self, w, b, activation=np.tanh):
        self.w, self.b, self.activation = w, b, activation

    def __call__(self, x):
        return self.activation(x @ self.w + self.b)


@kernel(
    (sample(3, 4), sample(4, seed=1), sample(4, 2, seed=2), sample(2, seed=3), sample(5, 3, seed=4)),
    exercises="layers as objects made in the loss, called in a loop",
)
def layers_as_objects(w1, b1, w2, b2, x):
    layers = [Dense(w1, b1), Dense(w2, b2, activation=lambda t: t)]
    for layer in layers:
        x = layer(x)
    return np.mean(x**2)


class Network:
    """A model that reads its parameters from a dict it is given."""

    def __init__(self, sizes):
        self.sizes = sizes

    def forward(self, params, x):
        for k in range(len(self.sizes) - 1):
            x = x @ params[f"w{k}"] + params[f"b{k}"]
            if k < len(self.sizes) - 2:
                x = relu(x - 1.0)
        return x


NETWORK = Network([3, 4, 1])


@kernel(
    (
        {"w0": sample(3, 4), "b0": sample(4, seed=1), "w1": sample(4, 1, seed=2), "b1": sample(1, seed=3)},
        sample(5, 3, seed=4),
        sample(5, 1, seed=5),
    ),
    exercises="keys made by f-strings, a method of a global object",
)
def network_in_a_class(params, x, y):
    return np.mean((NETWORK.forward(params, x) - y) ** 2)


@kernel(
    (sample(3, 2), sample(3, 2, seed=1), sample(4, 3, seed=2)),
    exercises="encoder and decoder as closures, np.random with a seed inside the loss",
)
def autoencoder_with_noise(encoder, decoder, x):
    rng = np.random.default_rng(0)

    def encode(x):
        return np.tanh(x @ encoder)

    z = encode(x)
    z = z + 0.1 * rng.normal(size=z.shape)
    return np.mean((z @ decoder.T - x) ** 2)


@kernel(
    (sample(4, 3), sample(3, 3, seed=1, low=-0.5, high=0.5), 0.2),
    exercises="contrastive loss: similarities, np.fill_diagonal, mean of the off-diagonal",
)
def contrastive_loss(x, w, temperature):
    z = x @ w
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    similarity = z @ z.T / temperature
    positives = np.diag(np.roll(similarity, 1, axis=1))
    mask = ~np.eye(len(x), dtype=bool)
    negatives = np.log(np.sum(np.exp(similarity) * mask, axis=1))
    return np.mean(negatives - positives)


@kernel(
    (sample(3, 4), np.array([[0, 1], [1, 2], [0, 2]]), sample(3, seed=1), 0.1),
    exercises="matrix factorisation: a loop over (user, item) pairs and ratings",
)
def matrix_factorisation(factors, pairs, ratings, penalty):
    loss = 0.0
    for (user, item), rating in zip(pairs, ratings):
        predicted = np.dot(factors[user], factors[item])
        loss += (rating - predicted) ** 2
    return loss + penalty * np.linalg.norm(factors) ** 2


@kernel(
    (sample(5, 2), sample(5, seed=1), sample(4, 2, seed=2), sample(4, seed=3)),
    exercises="kernel ridge regression: a Gram matrix by broadcasting, np.linalg.solve, a prediction error",
)
def kernel_ridge(x, y, x_test, y_test):
    def gram(a, b):
        return np.exp(-0.5 * ((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))

    alpha = np.linalg.solve(gram(x, x) + 0.1 * np.eye(len(x)), y)
    return np.mean((gram(x_test, x) @ alpha - y_test) ** 2)


@kernel(
    (np.array([0.1, -0.3]), np.array([0.2, -0.1]), sample(4, 2, seed=3, low=-1.0, high=1.0)),
    exercises="variational inference: an average over given draws by a comprehension",
)
def evidence_lower_bound(mean, log_std, draws):
    def log_density(z):
        mu, log_sigma = z
        return -0.5 * mu**2 - 0.5 * (log_sigma / 1.35) ** 2 - 0.5 * (mu / np.exp(log_sigma)) ** 2

    samples = mean + np.exp(log_std) * draws
    entropy = np.sum(log_std) + 0.5 * len(mean) * (1.0 + np.log(2.0 * np.pi))
    return -(entropy + np.mean([log_density(z) for z in samples]))


@kernel(
    (np.linalg.qr(sample(3, 3))[0], sample(3, 6, seed=1)),
    exercises="independent components: np.log of np.cosh, np.linalg.det",
)
def independent_components(unmixing, data):
    sources = unmixing @ data
    return np.mean(np.sum(np.log(np.cosh(sources)), axis=0)) - np.log(np.abs(np.linalg.det(unmixing)))


@kernel((sample(4, 2), 0.5), exercises="an energy with nested loops, np.linalg.norm of differences, sigmoid gates")
def graph_embedding(positions, margin):
    edges = {(0, 1), (1, 2), (2, 3)}
    loss = 0.0
    for i in range(len(positions)):
        for j in range(i + 1, len(positions)):
            d = np.linalg.norm(positions[i] - positions[j])
            loss += d**2 if (i, j) in edges else max(0.0, margin - d) ** 2
    return loss


@kernel(
    (sample(3), sample(3, seed=1), sample(4, 3, seed=2), 5, 0.1),
    exercises="momentum in a loop, the gradient written out: hyperparameters differentiated through training",
)
def training_with_momentum(w, target, x, steps, rate):
    y = x @ target
    velocity = np.zeros_like(w)
    history = []
    for step in range(steps):
        error = x @ w - y
        gradient = 2 * x.T @ error / len(y)
        velocity = 0.9 * velocity - rate * gradient
        w = w + velocity
        history.append(np.mean(error**2))
    return history[-1] + 0.1 * sum(history) / len(history)


@kernel(
    (sample(2, 2), sample(2, seed=1), 4), exercises="a neural differential equation: an Euler loop over a list of times"
)
def neural_ode(w, y0, steps):
    times = [k / steps for k in range(steps + 1)]
    y = y0
    for before, after in zip(times[:-1], times[1:]):  # noqa: RUF007
        y = y + (after - before) * np.tanh(w @ y)
    return np.sum(y**2)


@kernel(
    (sample(6, 3), sample(3, 2, seed=1), sample(2, seed=2)),
    exercises="a normalising flow: layers by functools.reduce, a log determinant carried in a pair",
)
def planar_flow(z, directions, shifts):
    def layer(carried, parameters):
        z, logdet = carried
        u, shift = parameters
        h = np.tanh(z @ u + shift)
        z = z + 0.5 * np.outer(h, u)
        return z, logdet + np.log(np.abs(1.0 + 0.5 * (1.0 - h**2) * (u @ u)))

    z, logdet = functools.reduce(layer, zip(directions.T, shifts), (z, np.zeros(len(z))))
    return np.mean(0.5 * np.sum(z**2, axis=1) - logdet)


@kernel(
    (sample(2, 4, 3), sample(3, 3, seed=1), sample(3, 3, seed=2), sample(3, 3, seed=3)),
    exercises="attention by np.einsum, heads by reshape and transpose",
)
def einsum_attention(x, wq, wk, wv):
    q, k, v = (np.einsum("btd,de->bte", x, w) for w in (wq, wk, wv))
    scores = np.einsum("bte,bse->bts", q, k) / math.sqrt(x.shape[-1])
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True)
    return np.einsum("bts,bse->bte", weights, v).sum()


@kernel(
    (sample(4, 3), sample(3, seed=1)),
    exercises="dropout by a mask of given numbers, keyword-only options, a default of None",
)
def layer_with_options(x, w):
    def layer(x, w, *, rate=0.5, mask=None, training=True):
        if mask is None:
            mask = np.arange(x.size).reshape(x.shape) % 2 == 0
        if training:
            x = x * mask / (1.0 - rate)
        return x @ w

    return np.sum(layer(x, w) ** 2) - np.sum(layer(x, w, training=False))


@kernel(
    (sample(5), sample(5, seed=1), 1.0),
    exercises="Huber loss by np.where and a loop with an if, quantile loss by np.maximum",
)
def robust_losses(predicted, target, delta):
    error = predicted - target
    huber = np.where(np.abs(error) < delta, 0.5 * error**2, delta * (np.abs(error) - 0.5 * delta))
    total = 0.0
    for e in error:
        if e > 0:
            total += 0.9 * e
        else:
            total -= 0.1 * e
    return np.sum(huber) + total + np.mean(np.maximum(0.3 * error, -0.7 * error))


@kernel(
    (sample(3, 3, low=-1.0, high=1.0), 0.7, 3),
    exercises="reinforcement: returns discounted backwards into a list, reversed, normalised",
)
def policy_gradient(logits, gamma, steps):
    rewards = [1.0, 0.0, 2.0]
    actions = [0, 2, 1]
    returns, running = [], 0.0
    for reward in reversed(rewards):
        running = reward + gamma * running
        returns.insert(0, running)
    returns = np.array(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    log_probs = logits - logsumexp(logits, axis=1, keepdims=True)
    return -sum(log_probs[t, a] * returns[t] for t, a in enumerate(actions))
