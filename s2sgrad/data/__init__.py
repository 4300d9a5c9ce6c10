"""The data set that the tour, the examples and the documentation train on; see README.md beside this file."""

from __future__ import annotations

import gzip
from importlib import resources

import numpy as np

__all__ = ["load_digits"]


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return 1,797 handwritten digits: images (1797, 64) of floats from 0 to 1, and labels (1797,) of ints.

    >>> images, labels = load_digits()
    >>> images.shape, images.max(), labels[:5]
    ((1797, 64), np.float64(1.0), array([0, 1, 2, 3, 4]))
    """
    packed = resources.files(__name__).joinpath("digits.csv.gz").read_bytes()
    table = np.loadtxt(gzip.decompress(packed).decode("ascii").splitlines(), delimiter=",", dtype=np.int64)
    return table[:, :-1] / 16.0, table[:, -1].copy()
