"""Layers and models of machine learning, written out."""

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel(
    (sample(2, 5, 5, 2), sample(3, 3, 2, 3, seed=1), sample(3, seed=2)),
    exercises="a convolution layer: two loops over positions, np.newaxis, a sum over three axes, a bias added in place",
)
def convolution_layer(images, weights, bias):
    k = weights.shape[0]
    n, h, w, _ = images.shape
    out = np.empty((n, h - k + 1, w - k + 1, weights.shape[3]))
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            window = images[:, i : i + k, j : j + k, :, np.newaxis]
            out[:, i, j, :] = np.sum(window * weights[np.newaxis, ...], axis=(1, 2, 3))
    out += bias
    return out


@kernel((sample(1, 4, 4, 2),), exercises="max pooling: np.max over two axes of windows with a stride")
def max_pooling(x):
    out = np.zeros((x.shape[0], x.shape[1] // 2, x.shape[2] // 2, x.shape[3]))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            out[:, i, j, :] = np.max(x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, :], axis=(1, 2))
    return out


@kernel(
    (sample(2, 6), sample(3, 6, seed=1), sample(3, seed=2)),
    exercises="a layer, then a layer, by functions in a module's style",
)
def perceptron(x, w, b):
    def relu(x):
        return np.maximum(x, 0)

    def softmax(x):
        shifted = x - np.max(x, axis=-1, keepdims=True)
        exps = np.exp(shifted)
        return exps / np.sum(exps, axis=-1, keepdims=True)

    x = relu(x @ w.T - 4.0 * b)
    return softmax(x)


@kernel(
    (sample(2, 3, 2), sample(2, 2, seed=1), sample(2, 2, seed=2), sample(2, 2, seed=3)),
    exercises="attention over a batch: swapaxes, a causal mask by np.where",
)
def causal_attention(x, wq, wk, wv):
    q, k, v = x @ wq, x @ wk, x @ wv
    scores = q @ np.swapaxes(k, 1, 2) / np.sqrt(q.shape[-1])
    mask = np.tril(np.ones(scores.shape[-2:], dtype=bool))
    scores = np.where(mask, scores, -1e9)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ v


@kernel(
    (sample(4, 2), sample(8, 2, seed=1), sample(8, 2, seed=2), sample(8, seed=3)),
    exercises="LSTM: np.split of the gates, states kept in preallocated arrays",
)
def lstm(xs, wx, wh, b):
    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    steps, hidden = len(xs), wh.shape[1]
    h = np.zeros((steps + 1, hidden))
    c = np.zeros((steps + 1, hidden))
    for t in range(steps):
        i, f, o, g = np.split(wx @ xs[t] + wh @ h[t] + b, 4)
        c[t + 1] = sigmoid(f) * c[t] + sigmoid(i) * np.tanh(g)
        h[t + 1] = sigmoid(o) * np.tanh(c[t + 1])
    return h[1:]


@kernel(
    (sample(3, 2), sample(3, 2, seed=1), 0.9),
    exercises="batch normalisation; running statistics written into a parameter dict",
)
def batch_normalisation(x, gain, momentum):
    running = {"mean": np.zeros(2), "var": np.ones(2)}
    for row in (x, x * gain):
        mean, var = row.mean(axis=0), row.var(axis=0)
        running["mean"] = momentum * running["mean"] + (1 - momentum) * mean
        running["var"] = momentum * running["var"] + (1 - momentum) * var
    return np.sum((x - running["mean"]) / np.sqrt(running["var"] + 1e-5))


@kernel(
    ([(sample(3, 2), sample(3, seed=1)), (sample(2, 3, seed=2), sample(2, seed=3))], sample(4, 2, seed=4)),
    exercises="a list of (weights, bias) pairs unpacked in a loop, the last layer linear",
)
def layers_in_a_list(params, x):
    for w, b in params[:-1]:
        x = np.tanh(x @ w.T + b)
    w, b = params[-1]
    return np.mean((x @ w.T + b) ** 2)


@kernel(
    (sample(3, 3), sample(3, 2, seed=1), np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1])),
    exercises="message passing on a graph: np.add.at into nodes",
)
def graph_layer(features, weights, senders, receivers):
    messages = np.tanh(features[senders] @ weights)
    gathered = np.zeros((len(features), weights.shape[1]))
    np.add.at(gathered, receivers, messages)
    return np.sum(gathered**2)


@kernel(
    (sample(5, 2), np.array([1, 3, 0]), np.array([2, 4, 4]), np.array([0, 1, 2])),
    exercises="skip-gram with negative samples: rows gathered from one table",
)
def word_vectors(table, centres, contexts, negatives):
    loss = 0.0
    for c, o, n in zip(centres, contexts, negatives):
        loss -= np.log(1.0 / (1.0 + np.exp(-table[c] @ table[o])))
        loss -= np.log(1.0 / (1.0 + np.exp(table[c] @ table[n])))
    return loss / len(centres)


@kernel(
    (sample(2, 3), sample(3, 2, seed=1), sample(4, 3, seed=2), sample(4, 2, seed=3)),
    exercises="a variational loss: reparametrised noise given, a KL term",
)
def variational_autoencoder(encoder, decoder, x, noise):
    mean = x @ encoder.T
    log_var = 0.1 * mean**2 - 0.5
    z = mean + np.exp(0.5 * log_var) * noise
    logits = z @ decoder.T
    likelihood = np.sum(x * logits - np.logaddexp(0.0, logits))
    kl = -0.5 * np.sum(1 + log_var - mean**2 - np.exp(log_var))
    return (kl - likelihood) / len(x)


@kernel(
    (sample(2, 3), sample(3, seed=1), sample(4, 3, seed=2), sample(4, seed=3), 3),
    exercises="training unrolled: gradients written out, parameters updated in place each step",
)
def unrolled_training(w1, w2, x, y, steps):
    for _ in range(steps):
        h = np.tanh(x @ w1.T)
        error = h @ w2[:2] - y
        g2 = h.T @ error / len(y)
        g1 = ((error[:, None] * w2[:2]) * (1.0 - h**2)).T @ x / len(y)
        w1 -= 0.1 * g1
        w2[:2] -= 0.1 * g2
    return np.mean((np.tanh(x @ w1.T) @ w2[:2] - y) ** 2)
