"""Derivatives of derivatives of NumPy's larger functions, forward over reverse and reverse over reverse."""

import numpy as np
import pytest
import scipy.special

import s2sgrad as sg
from tests.corpus import sample

CASES = {
    "einsum": (lambda a: np.sum(np.einsum("ij,jk->ik", a, a) ** 3), sample(3, 3)),
    "sort": (lambda x: np.sum(np.sort(x) ** 3 * np.arange(4.0)), sample(4)),
    "pad": (lambda x: np.sum(np.pad(x, 1, mode="edge") ** 3), sample(4)),
    "insert": (lambda x: np.sum(np.insert(x, 1, x[0]) ** 3), sample(4)),
    "cholesky": (lambda a: np.sum(np.linalg.cholesky(a @ a.T + np.eye(3)) ** 3), sample(3, 3)),
    "eigh": (lambda a: np.sum(np.linalg.eigh(a + a.T)[0] ** 3) + np.linalg.eigh(a + a.T)[1][0, 0] ** 2, sample(3, 3)),
    "svd": (lambda a: np.sum(np.linalg.svd(a, full_matrices=False)[0][:, 0] ** 4), sample(3, 2)),
    "qr": (lambda a: np.sum(np.linalg.qr(a)[1] ** 4), sample(3, 2)),
    "pinv": (lambda a: np.sum(np.linalg.pinv(a) ** 2), sample(3, 2)),
    "matrix_power": (lambda a: np.sum(np.linalg.matrix_power(a, 3)), sample(2, 2)),
    "norm": (lambda x: np.linalg.norm(x, 3), sample(4)),
    "kron": (lambda a: np.sum(np.kron(a, a) ** 2), sample(2, 2)),
    "fft": (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 4), sample(5)),
    "rfft": (lambda x: np.sum(np.abs(np.fft.rfft(x)) ** 4), sample(6)),
    "irfft": (lambda x: np.sum(np.fft.irfft(x * (1 + 1j)) ** 4), sample(4)),
    "complex": (lambda x: np.sum(np.abs(np.exp(1j * x) + x) ** 3), sample(3)),
    "interp": (lambda x: np.sum(np.interp(x, np.array([0.0, 0.5, 1.0, 2.0]), x**2) ** 2), sample(4)),
    "convolve": (lambda x: np.sum(np.convolve(x, x**2, "same") ** 2), sample(4)),
    "gradient": (lambda x: np.sum(np.gradient(x) ** 4), sample(5)),
    "trapezoid": (lambda x: np.trapezoid(x**3, x) ** 2, sample(5)),
    "cumprod": (lambda x: np.sum(np.cumprod(x) ** 2), sample(4)),
    "quantile": (lambda x: np.quantile(x, 0.3) ** 3 + np.median(x) ** 3, sample(5)),
    "cov": (lambda x: np.sum(np.cov(x) ** 2), sample(2, 5)),
    "polyval": (lambda x: np.polyval(x, x[0]), sample(4)),
    "logsumexp": (lambda x: scipy.special.logsumexp(x), sample(4)),
}


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives(name):
    f, x = CASES[name]
    gradient, step, expected = sg.grad(f), 1e-4, np.zeros((x.size, x.size))
    for i in range(x.size):
        e = np.zeros(x.size)
        e[i] = step
        e = e.reshape(x.shape)
        expected[i] = ((gradient(x + e) - gradient(x - e)) / (2 * step)).ravel()
    for found in (sg.hessian(f)(x), sg.jacrev(gradient)(x)):
        assert np.allclose(np.reshape(found, expected.shape), expected, rtol=1e-4, atol=1e-5)
