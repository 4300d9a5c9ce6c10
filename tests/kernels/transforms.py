"""Fourier transforms by hand, filters of signals and images."""

import math

import numpy as np

from tests.corpus import sample
from tests.kernels import kernel


@kernel((sample(8), sample(8, seed=1)), exercises="recursion on strided slices; pairs of arrays as results")
def fft_recursive(re, im):
    def fft(re, im):
        n = len(re)
        if n == 1:
            return re, im
        even_re, even_im = fft(re[::2], im[::2])
        odd_re, odd_im = fft(re[1::2], im[1::2])
        angle = -2.0 * np.pi * np.arange(n // 2) / n
        c, s = np.cos(angle), np.sin(angle)
        t_re, t_im = c * odd_re - s * odd_im, s * odd_re + c * odd_im
        return np.concatenate([even_re + t_re, even_re - t_re]), np.concatenate([even_im + t_im, even_im - t_im])

    re, im = fft(re, im)
    return np.log(re**2 + im**2)


@kernel((sample(8),), exercises="bit reversal by swaps of elements, butterflies in place, while with doubling")
def fft_iterative(x):
    n = len(x)
    re, im = x.copy(), np.zeros(n)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            re[i], re[j] = re[j], re[i]
    size = 2
    while size <= n:
        half = size // 2
        for start in range(0, n, size):
            for k in range(half):
                angle = -2.0 * math.pi * k / size
                c, s = math.cos(angle), math.sin(angle)
                a, b = start + k, start + k + half
                t_re = c * re[b] - s * im[b]
                t_im = s * re[b] + c * im[b]
                re[b], im[b] = re[a] - t_re, im[a] - t_im
                re[a] += t_re
                im[a] += t_im
        size *= 2
    return re**2 + im**2


@kernel((sample(6),), exercises="complex exponentials in a matrix; a power spectrum of real numbers")
def dft_power(x):
    n = len(x)
    k = np.arange(n)
    matrix = np.exp(-2j * np.pi * np.outer(k, k) / n)
    return np.abs(matrix @ x) ** 2


@kernel((sample(4, 6), 0.4), exercises="recursive smoothing forwards and backwards, rows then columns, of a parameter")
def recursive_smoothing(image, alpha):
    decay = np.exp(-alpha)
    gain = 1.0 - decay
    for axis in range(2):
        if axis == 1:
            image = image.T.copy()
        for row in range(image.shape[0]):
            for j in range(1, image.shape[1]):
                image[row, j] = gain * image[row, j] + decay * image[row, j - 1]
            for j in range(image.shape[1] - 2, -1, -1):
                image[row, j] = gain * image[row, j] + decay * image[row, j + 1]
    return image.T


@kernel((sample(3, 6), 0.25), exercises="a second-order recursion from both ends: scalars carried, three buffers")
def deriche(image, alpha):
    e = math.exp(-alpha)
    k = (1.0 - e) ** 2 / (1.0 + 2.0 * alpha * e - math.exp(-2.0 * alpha))
    a1, a2, b1, b2 = k, k * e * (alpha - 1.0), 2.0 * e, -math.exp(-2.0 * alpha)
    a3, a4 = k * e * (alpha + 1.0), -k * math.exp(-2.0 * alpha)
    rows, columns = image.shape
    right = np.empty_like(image)
    left = np.empty_like(image)
    for i in range(rows):
        x1 = y1 = y2 = 0.0
        for j in range(columns):
            right[i, j] = a1 * image[i, j] + a2 * x1 + b1 * y1 + b2 * y2
            x1, y1, y2 = image[i, j], right[i, j], y1
        x1 = x2 = y1 = y2 = 0.0
        for j in range(columns - 1, -1, -1):
            left[i, j] = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2
            x1, x2, y1, y2 = image[i, j], x1, left[i, j], y1
    return k * (right + left)


@kernel((sample(5, 6), sample(3, 3, seed=1)), exercises="a filter as nine shifted slices, weights by index")
def image_filter(image, weights):
    h, w = image.shape
    out = np.zeros((h - 2, w - 2))
    for i in range(3):
        for j in range(3):
            out += weights[i, j] * image[i : i + h - 2, j : j + w - 2]
    return out


@kernel((sample(5, 5),), exercises="Sobel slopes, np.hypot, an image normalised by its largest value")
def sobel(image):
    gx = image[:-2, 2:] + 2 * image[1:-1, 2:] + image[2:, 2:] - image[:-2, :-2] - 2 * image[1:-1, :-2] - image[2:, :-2]
    gy = image[2:, :-2] + 2 * image[2:, 1:-1] + image[2:, 2:] - image[:-2, :-2] - 2 * image[:-2, 1:-1] - image[:-2, 2:]
    magnitude = np.hypot(gx, gy)
    return magnitude / np.max(magnitude)


@kernel((sample(5, 5), 0.5, 0.3), exercises="a bilateral filter: windows clipped at the border by max and min")
def bilateral(image, sigma_space, sigma_value):
    h, w = image.shape
    out = np.zeros_like(image)
    for y in range(h):
        for x in range(w):
            total = weight_sum = 0.0
            for v in range(max(0, y - 1), min(h, y + 2)):
                for u in range(max(0, x - 1), min(w, x + 2)):
                    distance = (y - v) ** 2 + (x - u) ** 2
                    difference = image[y, x] - image[v, u]
                    weight = math.exp(-distance / sigma_space**2 - difference**2 / sigma_value**2)
                    total += weight * image[v, u]
                    weight_sum += weight
            out[y, x] = total / weight_sum
    return out


@kernel((sample(8),), exercises="a wavelet ladder: a shrinking prefix overwritten by averages and differences")
def haar_wavelet(signal):
    n = len(signal)
    while n > 1:
        half = n // 2
        pairs = signal[:n].reshape(half, 2)
        low = (pairs[:, 0] + pairs[:, 1]) / np.sqrt(2.0)
        high = (pairs[:, 0] - pairs[:, 1]) / np.sqrt(2.0)
        signal[:half] = low
        signal[half:n] = high
        n = half
    return signal


@kernel((sample(12), 4, 2), exercises="windows of a signal by strides, a Hann taper, energies per window")
def windowed_energy(signal, width, hop):
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(width) / width)
    energies = []
    for start in range(0, len(signal) - width + 1, hop):
        frame = signal[start : start + width] * window
        energies.append(np.sum(frame**2))
    return np.log(np.array(energies))
