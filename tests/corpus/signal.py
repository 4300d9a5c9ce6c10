"""Signals: spectra, filters, convolutions."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.corpus import program, sample


@program((sample(8), sample(8, seed=1)))
def power_spectrum(x, w):
    spectrum = np.fft.fft(x * w)
    return np.sum(np.arange(8.0) * np.abs(spectrum) ** 2)


@program((sample(9),), (sample(10),))
def low_pass(x):
    spectrum = np.fft.rfft(x)
    spectrum[3:] = 0.0
    return np.sum(np.fft.irfft(spectrum, len(x)) ** 3)


@program((sample(7), sample(3, seed=1)))
def convolution_theorem(x, k):
    n = len(x) + len(k) - 1
    return np.sum(np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(k, n), n) ** 2)


@program((sample(6), 0.4))
def spectral_derivative(u, dt):
    k = np.fft.fftfreq(6, 1.0 / 6.0)
    for _ in range(3):
        u = u - dt * u * np.real(np.fft.ifft(1j * k * np.fft.fft(u)))
    return np.sum(u**2)


@program((sample(4, 6), sample(4, 6, seed=1)))
def correlation_of_images(a, b):
    product = np.fft.fft2(a) * np.conj(np.fft.fft2(b))
    peak = np.fft.fftshift(np.fft.ifft2(product).real)
    return peak[1, 2] + np.sum(peak**2) + np.sum(np.abs(np.fft.rfftn(a)[0]))


@program((sample(8),))
def analytic_signal(x):
    spectrum = np.fft.fft(x)
    h = np.zeros(8)
    h[0] = h[4] = 1.0
    h[1:4] = 2.0
    z = np.fft.ifft(spectrum * h)
    return np.sum(np.abs(z)) + np.angle(z[2])


@program((0.3,))
def sampled_at(d):
    return np.sum(np.cos(np.fft.fftfreq(5, d)))


@program((sample(7), sample(3, seed=1)))
def moving_windows(x, w):
    windows = sliding_window_view(x, 3)
    return np.sum((windows @ w) ** 2) + np.max(windows[1])
