"""Train a small network, written in plain NumPy, to read handwritten digits."""

import numpy as np

import s2sgrad as sg
from s2sgrad.data import load_digits


def network(params, images):
    """One hidden layer; the scores of the ten digits, for a whole batch of images."""
    hidden = np.tanh(images @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


@sg.differentiable
def loss(params, images, labels):
    """The mean cross entropy between log-softmax scores and labels."""
    scores = network(params, images)
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_softmax = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.mean(log_softmax[np.arange(len(labels)), labels])


def accuracy(params, images, labels):
    """The share of images read rightly: the user's own functions, run as plain NumPy."""
    return np.mean(np.argmax(network(arrays(params), images), axis=1) == labels)


def arrays(params):
    return {name: param.detach().numpy() for name, param in params.items()}


# Real data: 1,797 images of 8 x 8 pixels; 1,400 to learn from, 397 held out.
rng = np.random.default_rng(0)
images, labels = load_digits()
order = rng.permutation(len(images))
train, test = order[:1400], order[1400:]

params = {
    "w1": sg.tensor(rng.normal(size=(64, 32)) / 8.0, requires_grad=True),
    "b1": sg.tensor(np.zeros(32), requires_grad=True),
    "w2": sg.tensor(rng.normal(size=(32, 10)) / np.sqrt(32.0), requires_grad=True),
    "b2": sg.tensor(np.zeros(10), requires_grad=True),
}
optimizer = sg.optim.SGD(params.values(), lr=0.1, momentum=0.9)

curve = []
for epoch in range(20):
    train = rng.permutation(train)
    for start in range(0, len(train), 50):
        batch = train[start : start + 50]
        batch_loss = loss(params, images[batch], labels[batch])
        batch_loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        curve.append(batch_loss.item())
    held_out = accuracy(params, images[test], labels[test])
    print(f"epoch {epoch + 1:2}   loss {np.mean(curve[-28:]):.4f}   held out {held_out:.1%}", flush=True)


if __name__ == "__main__":
    print(loss.grad.source_for(arrays(params), images, labels))

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.semilogy(curve)
    plt.xlabel("step")
    plt.ylabel("cross entropy")
    plt.title("Handwritten digits, a NumPy network")
    plt.savefig("digits.png", dpi=120)
    print("loss curve: digits.png")
