"""Fourier transforms. They are linear, and the matrix of a complex one is symmetric: its own transpose.

Where a length is given, the operand is cut at its end or continued with zeros; so is, the other way round, its adjoint.
"""

import numpy as np

from s2sgrad.rules.notation import bar, dot, rule, zero
from s2sgrad.runtime import cast, cropped_like, fft_axes, fft_length, unirfft

zero(fft_axes, fft_length)

# ------------------------------------------------------------------------------------------------ complex to complex


@rule(np.fft.fft)
def fft(y, a, n=None, axis=-1, norm=None):
    dot[y] = np.fft.fft(dot[a], n, axis, norm)
    bar[a] = cropped_like(np.fft.fft(bar[y], axis=axis, norm=norm), a)


@rule(np.fft.ifft)
def ifft(y, a, n=None, axis=-1, norm=None):
    dot[y] = np.fft.ifft(dot[a], n, axis, norm)
    bar[a] = cropped_like(np.fft.ifft(bar[y], axis=axis, norm=norm), a)


@rule(np.fft.fft2)
def fft2(y, a, s=None, axes=(-2, -1), norm=None):
    dot[y] = np.fft.fft2(dot[a], s, axes, norm)
    bar[a] = cropped_like(np.fft.fft2(bar[y], axes=axes, norm=norm), a)


@rule(np.fft.ifft2)
def ifft2(y, a, s=None, axes=(-2, -1), norm=None):
    dot[y] = np.fft.ifft2(dot[a], s, axes, norm)
    bar[a] = cropped_like(np.fft.ifft2(bar[y], axes=axes, norm=norm), a)


@rule(np.fft.fftn, aliasing="maybe")
def fftn(y, a, s=None, axes=None, norm=None):
    dot[y] = np.fft.fftn(dot[a], s, axes, norm)
    bar[a] = cropped_like(np.fft.fftn(bar[y], axes=fft_axes(a, s, axes), norm=norm), a)


@rule(np.fft.ifftn, aliasing="maybe")
def ifftn(y, a, s=None, axes=None, norm=None):
    dot[y] = np.fft.ifftn(dot[a], s, axes, norm)
    bar[a] = cropped_like(np.fft.ifftn(bar[y], axes=fft_axes(a, s, axes), norm=norm), a)


# --------------------------------------------------------------------------------------------- real to half a spectrum


@rule(np.fft.rfft)
def rfft(y, a, n=None, axis=-1, norm=None):
    dot[y] = np.fft.rfft(dot[a], n, axis, norm)
    bar[a] = cropped_like(np.fft.fft(bar[y], n or a.shape[axis], axis, norm), a)


@rule(np.fft.irfft)
def irfft(y, a, n=None, axis=-1, norm=None):
    dot[y] = np.fft.irfft(dot[a], n, axis, norm)
    bar[a] = cropped_like(unirfft(bar[y], axis, norm), a)


@rule(np.fft.rfftn)
def rfftn(y, a, s=None, axes=None, norm=None):
    """Along the last axis that of real numbers, along the others of complex ones."""
    dot[y] = np.fft.rfftn(dot[a], s, axes, norm)
    over = fft_axes(a, s, axes)
    g = np.fft.fftn(bar[y], axes=over[:-1], norm=norm)
    bar[a] = cropped_like(np.fft.fft(g, fft_length(a, s, axes), over[-1], norm), a)


@rule(np.fft.rfft2)
def rfft2(y, a, s=None, axes=(-2, -1), norm=None):
    """Along the last axis that of real numbers, along the others of complex ones."""
    dot[y] = np.fft.rfft2(dot[a], s, axes, norm)
    over = fft_axes(a, s, axes)
    g = np.fft.fftn(bar[y], axes=over[:-1], norm=norm)
    bar[a] = cropped_like(np.fft.fft(g, fft_length(a, s, axes), over[-1], norm), a)


@rule(np.fft.irfftn)
def irfftn(y, a, s=None, axes=None, norm=None):
    dot[y] = np.fft.irfftn(dot[a], s, axes, norm)
    over = fft_axes(a, s, axes)
    bar[a] = cropped_like(np.fft.ifftn(unirfft(bar[y], over[-1], norm), axes=over[:-1], norm=norm), a)


@rule(np.fft.irfft2)
def irfft2(y, a, s=None, axes=(-2, -1), norm=None):
    dot[y] = np.fft.irfft2(dot[a], s, axes, norm)
    over = fft_axes(a, s, axes)
    bar[a] = cropped_like(np.fft.ifftn(unirfft(bar[y], over[-1], norm), axes=over[:-1], norm=norm), a)


@rule(unirfft)
def unirfft_(y, g, axis=-1, norm=None):
    dot[y] = unirfft(dot[g], axis, norm)
    bar[g] = np.fft.irfft(bar[y], g.shape[axis], axis, norm)


# ------------------------------------------------------------------------------------------------------- frequencies


@rule(np.fft.fftshift)
def fftshift(y, x, axes=None):
    dot[y] = np.fft.fftshift(dot[x], axes)
    bar[x] = np.fft.ifftshift(bar[y], axes)


@rule(np.fft.ifftshift)
def ifftshift(y, x, axes=None):
    dot[y] = np.fft.ifftshift(dot[x], axes)
    bar[x] = np.fft.fftshift(bar[y], axes)


@rule(np.fft.fftfreq, np.fft.rfftfreq)
def fftfreq(y, n, d=1.0, device=None):
    """Multiples of 1 / (n d)"""
    dot[y] = -y * dot[d] / d
    bar[d] = cast(-np.sum(bar[y] * y) / d, d)
