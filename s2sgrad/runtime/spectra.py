"""Fourier transforms: the axes they run over, and the transpose of the one from half a spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray


def fft_axes(a: Any, s: Any = None, axes: Any = None) -> tuple[int, ...]:
    """The axes that `np.fft.fftn(a, s, axes)` transforms.

    >>> fft_axes(np.zeros((2, 3, 4))), fft_axes(np.zeros((2, 3, 4)), (5, 6))
    ((0, 1, 2), (-2, -1))
    """
    if axes is not None:
        return tuple(axes)
    return tuple(range(np.ndim(a))) if s is None else tuple(range(-len(s), 0))


def fft_length(a: Any, s: Any = None, axes: Any = None) -> int:
    """How many numbers `np.fft.rfftn(a, s, axes)` transforms along its last axis.

    >>> fft_length(np.zeros((2, 3, 4))), fft_length(np.zeros((2, 3, 4)), (5, 6))
    (4, 6)
    """
    return np.shape(a)[fft_axes(a, s, axes)[-1]] if s is None else s[-1]


def unirfft(g: ndarray, axis: int = -1, norm: str | None = None) -> ndarray:
    """The adjoint of `a`, half a spectrum, where `g` is that of `np.fft.irfft(a, axis=axis, norm=norm)`.

    All but the first frequency, and the last one if their number is even, stand for their conjugates as well.

    >>> unirfft(np.array([1.0, 0.0, 0.0, 0.0]))
    array([0.25+0.j, 0.5 +0.j, 0.25+0.j])
    """
    n = g.shape[axis]
    half = np.take(np.fft.ifft(g, axis=axis, norm=norm), np.arange(n // 2 + 1), axis=axis)
    twice = np.moveaxis(half, axis, -1)[..., 1 : (n + 1) // 2]
    twice *= 2
    return half
