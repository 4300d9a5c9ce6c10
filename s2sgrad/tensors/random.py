"""Random numbers: for a seed, the ones that PyTorch draws on the CPU."""

from __future__ import annotations

import math

import numpy as np

BLOCK = 16  # normal numbers in larger amounts are made from blocks of so many uniform ones


class Generator:
    """A stream of random numbers (the Mersenne twister)."""

    def __init__(self, device: str = "cpu"):
        self.seed()

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to `seed`."""
        self._seed = int(seed)
        self._twister = np.random.MT19937()
        self._twister.state = np.random.RandomState(self._seed & 0xFFFFFFFF).get_state(legacy=False)
        self._spare: float | None = None  # normal numbers come in pairs
        return self

    def seed(self) -> int:
        """Start a stream that nobody can foresee."""
        self.manual_seed(int(np.random.SeedSequence().entropy) & (2**64 - 1))
        return self._seed

    def initial_seed(self) -> int:
        """The seed of the stream."""
        return self._seed

    def words(self, count: int) -> np.ndarray:
        """32-bit words."""
        return self._twister.random_raw(count)

    def long_words(self, count: int) -> np.ndarray:
        """64-bit words."""
        pairs = self.words(2 * count).reshape(count, 2)
        return (pairs[:, 0] << np.uint64(32)) | pairs[:, 1]

    def uniform(self, count: int, dtype: np.dtype) -> np.ndarray:
        """Numbers in [0, 1), with as many random bits as the dtype has digits."""
        if dtype == np.float64:
            return (self.long_words(count) & np.uint64(2**53 - 1)) * 2.0**-53
        digits = np.finfo(dtype).nmant + 1
        return ((self.words(count) & np.uint64(2**digits - 1)) * 2.0**-digits).astype(dtype)

    def normal(self, count: int, dtype: np.dtype) -> np.ndarray:
        """Normally distributed numbers."""
        if count < BLOCK:
            return np.array([self._one_normal() for _ in range(count)], dtype)
        numbers = self.uniform(count, dtype)
        whole = count - count % BLOCK
        numbers[:whole] = _box_muller(numbers[:whole].reshape(-1, 2, BLOCK // 2)).reshape(-1)
        if whole < count:
            numbers[-BLOCK:] = _box_muller(self.uniform(BLOCK, dtype).reshape(1, 2, BLOCK // 2)).reshape(-1)
        return numbers

    def _one_normal(self) -> float:
        if self._spare is not None:
            number, self._spare = self._spare, None
            return number
        first, second = self.uniform(2, np.dtype(np.float64)).tolist()
        radius, angle = math.sqrt(-2.0 * math.log1p(-second)), 2.0 * math.pi * first
        self._spare = radius * math.sin(angle)
        return radius * math.cos(angle)

    def integers(self, low: int, high: int, count: int) -> np.ndarray:
        """Integers in [low, high)."""
        span = high - low
        words = self.words(count) if span < 2**32 else self.long_words(count)
        return (words % np.uint64(span)).astype(np.int64) + low

    def permutation(self, count: int) -> np.ndarray:
        """The integers below `count`, shuffled."""
        order = np.arange(count)
        left = np.arange(count, 1, -1, dtype=np.uint64)
        for place, offset in enumerate((self.words(len(left)) % left).tolist()):
            order[[place, place + offset]] = order[[place + offset, place]]
        return order


def _box_muller(uniform: np.ndarray) -> np.ndarray:
    """Pairs of uniform numbers to pairs of normal ones; pairs along the middle axis."""
    radius = np.sqrt(-2 * np.log(1 - uniform[:, 0]))
    angle = uniform.dtype.type(2 * math.pi) * uniform[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Make the random numbers that follow repeatable."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Make the random numbers that follow unforeseeable."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed in use."""
    return default_generator.initial_seed()
