"""What PyTorch has no words for: whole functions as steps, deep graphs, and what stays one's own."""

from __future__ import annotations

import dataclasses
import gc
import weakref

import numpy as np
import pytest

import s2sgrad as sg
from s2sgrad import tensors as torch
from s2sgrad.tensors import primitives


@sg.differentiable
def loss(w, x, y):
    h = np.tanh(x @ w)
    return np.mean((h - y) ** 2)


@sg.differentiable
def several(params, x):
    h = x
    for w in params["layers"]:
        h = np.tanh(h @ w)
    return h, np.sum(h * h), len(params["layers"])


@sg.differentiable
def scaled(x, *, scale=2.0):
    return np.sum(x * scale)


@dataclasses.dataclass
class Point:
    x: object
    y: object


@pytest.fixture
def data():
    torch.manual_seed(0)
    return torch.randn(3, requires_grad=True), torch.randn(5, 3), torch.randn(5)


def test_a_decorated_function_is_one_step(data):
    w, x, y = data
    result = loss(w, x, y)
    assert repr(result).endswith("grad_fn=<lossBackward>)")
    assert [node is not None for node, _ in result.grad_fn.next_functions] == [True, False, False]
    result.backward()
    operators = w.detach().requires_grad_()
    ((torch.tanh(x @ operators) - y) ** 2).mean().backward()
    assert torch.allclose(w.grad, operators.grad)
    with pytest.raises(RuntimeError, match="a second time"):
        result.backward()


def test_a_decorated_function_of_constants_is_no_step(data):
    w, x, y = data
    assert loss(w.detach(), x, y).grad_fn is None
    with torch.no_grad():
        assert not loss(w, x, y).requires_grad
    assert isinstance(loss(w.detach().numpy(), x.numpy(), y.numpy()), np.float32)


def test_containers_in_and_out(data):
    _, x, _ = data
    first, second = torch.randn(3, 3, requires_grad=True), torch.randn(3, 3)
    h, square, count = several({"layers": [first, second]}, x)
    assert count == 2 and h.shape == (5, 3) and h.grad_fn is square.grad_fn
    (h.sum() + square).backward()
    plain = first.detach().requires_grad_()
    h = torch.tanh(torch.tanh(x @ plain) @ second)
    (h.sum() + (h * h).sum()).backward()
    assert torch.allclose(first.grad, plain.grad, rtol=1e-4)


def test_keyword_arguments(data):
    w, _, _ = data
    scale = torch.tensor(3.0, requires_grad=True)
    scaled(w, scale=scale).backward()
    assert torch.allclose(w.grad, torch.full((3,), 3.0)) and torch.allclose(scale.grad, w.detach().sum())
    assert scaled(w).item() == pytest.approx(2 * w.sum().item())


def test_undecorated_numpy_on_tensors_is_refused(data):
    w, _, _ = data
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        np.tanh(w)


def test_results_share_no_memory_with_arguments():
    same = sg.differentiable(lambda x: x)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    result = same(x)
    result.data[0] = 100.0
    assert x.tolist() == [1.0, 2.0]


def test_backward_leaves_results_alone():
    """The adjoint of a function that writes restores old contents as it goes; the result is not among them."""
    x = torch.tensor([2.0, 3.0, 4.0], requires_grad=True)
    y = x.cumprod(0)
    y.sum().backward(retain_graph=True)
    assert y.tolist() == [2.0, 6.0, 24.0] and x.grad.tolist() == [16.0, 10.0, 6.0]
    y.sum().backward()
    assert y.tolist() == [2.0, 6.0, 24.0] and x.grad.tolist() == [32.0, 20.0, 12.0]


def test_second_derivatives(data):
    w, x, y = data

    def curvature(value):
        (slope,) = torch.autograd.grad(value, w, create_graph=True)
        return torch.autograd.grad((slope**2).sum(), w)[0]

    assert torch.allclose(curvature(loss(w, x, y)), curvature(((torch.tanh(x @ w) - y) ** 2).mean()), rtol=1e-4)


def test_deep_graphs_neither_recurse_nor_leak():
    x = torch.ones(2, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + 1.0
    node = weakref.ref(y.grad_fn)
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    gc.disable()
    try:
        del y
        assert node() is None  # no cycles: freed at once
    finally:
        gc.enable()


def test_saved_results_make_no_cycles():
    x = torch.ones(2, requires_grad=True)
    gc.disable()
    try:
        y = x.exp()
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_gradients_are_fresh():
    x, v = torch.ones(3, requires_grad=True), torch.ones(3)
    y = x * 1.0
    y.retain_grad()
    (y + 0.0).backward(v)
    arrays = [x.grad._array, y.grad._array, v._array, x._array, y._array]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    assert all(array.flags.writeable for array in arrays)


def test_no_formula_of_a_derivative_in_the_shim():
    """Every primitive is plain NumPy that the compiler reads."""
    functions = [f for f in vars(primitives).values() if callable(f)]
    assert len(functions) > 70 and all(f.__module__ == primitives.__name__ for f in functions)
