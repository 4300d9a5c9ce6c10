"""Fourier transforms: lengths even and odd, cut and continued, all normalisations, any axes."""

import numpy as np
import pytest

from s2sgrad import rules, runtime
from tests.rules.oracle import check

RANDOM = np.random.RandomState(0)
REAL = RANDOM.uniform(-1.0, 1.0, (3, 4, 5))
COMPLEX = REAL + 1j * RANDOM.uniform(-1.0, 1.0, (3, 4, 5))
norms = pytest.mark.parametrize("norm", [None, "ortho", "forward"])
ONE = [np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft]
MANY = [np.fft.fft2, np.fft.ifft2, np.fft.fftn, np.fft.ifftn, np.fft.rfft2, np.fft.rfftn, np.fft.irfft2, np.fft.irfftn]


def operands(function):
    """What the function takes: a transform of real numbers takes no others."""
    return [REAL] if "rfft" in function.__name__ and "irfft" not in function.__name__ else [REAL, COMPLEX]


@norms
@pytest.mark.parametrize("function", ONE, ids=lambda f: f.__name__)
def test_along_one_axis(function, norm):
    for x in operands(function):
        for axis in (0, 1, -1):
            check(function, x, axis=axis, norm=norm)
        for n in (2, 3, 6, 7, 9):
            check(function, x[0], n, norm=norm)
            check(function, x[0, 0], n, norm=norm)
    check(function, operands(function)[0].astype(np.float32), tol=1e-5)


@norms
@pytest.mark.parametrize("function", MANY, ids=lambda f: f.__name__)
def test_along_several_axes(function, norm):
    for x in operands(function):
        check(function, x, norm=norm)
        check(function, x[0], norm=norm)
        check(function, x, axes=(0, 1), norm=norm)
        check(function, x, axes=(2, 0), norm=norm)
        check(function, x, axes=(-1,), norm=norm)
        check(function, x, (3, 6), axes=(1, 2), norm=norm)
        check(function, x, (5, 3), axes=(0, -1), norm=norm)


def test_frequencies():
    for function in (np.fft.fftshift, np.fft.ifftshift):
        for axes in (None, 0, (0, 2)):
            check(function, REAL, axes)
            check(function, COMPLEX, axes)
    check(np.fft.fftfreq, 5, 0.3)
    check(np.fft.rfftfreq, 6, 0.3)


def test_helpers():
    check(runtime.unirfft, REAL, 1, None)
    check(runtime.unirfft, REAL, 2, "ortho")


def test_every_rule_is_tried():
    tried = {*ONE, *MANY, np.fft.fftshift, np.fft.ifftshift, np.fft.fftfreq, np.fft.rfftfreq, runtime.unirfft}
    own = [r for r in rules.all_rules() if r.scope and r.scope.file.endswith("fft.py")]
    assert [r.path.path for r in own if r.target not in tried] == []
