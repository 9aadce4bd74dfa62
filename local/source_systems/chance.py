"""Chance that repeats: draws that depend on nothing but a seed, a name and a position.

NumPy does not promise the same stream of random numbers from one release to the next, so the source systems
draw from a hash of (seed, names, position) instead. A draw for one day can be made again on any other day,
on any machine and in any order, which is how a cancellation finds its booking of two weeks ago.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# The increment and the two multipliers of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom
# number generators", OOPSLA 2014).
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST_MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MULTIPLIER = np.uint64(0x94D049BB133111EB)


class Chance:
    """Independent streams of draws for one subject, for example the bookings of one day.

    :param seed: the seed of the whole input.
    :param subject: what is drawn for; any values with a stable text form.
    """

    def __init__(self, seed: int, *subject: object) -> None:
        self._subject = "/".join(str(part) for part in (seed, *subject))

    def words(self, name: str, count: int) -> NDArray[np.uint64]:
        """``count`` 64-bit words of the stream ``name``."""
        digest = hashlib.blake2b(f"{self._subject}/{name}".encode(), digest_size=8).digest()
        start = np.uint64(int.from_bytes(digest, "big"))
        word = start + _INCREMENT * np.arange(1, count + 1, dtype=np.uint64)
        word = (word ^ (word >> np.uint64(30))) * _FIRST_MULTIPLIER
        word = (word ^ (word >> np.uint64(27))) * _SECOND_MULTIPLIER
        return word ^ (word >> np.uint64(31))

    def uniform(self, name: str, count: int) -> NDArray[np.float64]:
        """``count`` numbers from 0 (included) to 1 (excluded)."""
        return (self.words(name, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def between(self, name: str, count: int, low: int, high: int) -> NDArray[np.int64]:
        """``count`` whole numbers from ``low`` to ``high``, both included."""
        return low + (self.uniform(name, count) * (high - low + 1)).astype(np.int64)

    def happens(self, name: str, count: int, probability: float) -> NDArray[np.bool_]:
        """``count`` times yes or no."""
        return self.uniform(name, count) < probability

    def choose(self, name: str, count: int, weights: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """``count`` positions in ``weights``, each as likely as its (whole) weight."""
        upper = np.cumsum(np.asarray(weights, dtype=np.int64))
        target = (self.uniform(name, count) * int(upper[-1])).astype(np.int64)
        return np.searchsorted(upper, target, side="right").astype(np.int64)
