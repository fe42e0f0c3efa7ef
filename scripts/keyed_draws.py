"""Uniform numbers that depend on names alone, so that the order of rows and library versions cannot change them."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

UNIT = 2.0**-53  # the step between the doubles drawn


def keys(names: Sequence[str], *, seed: int) -> NDArray[np.uint64]:
    """Return a 64-bit key per name, shape (names,), the same on every machine for the same seed."""
    salt = seed.to_bytes(16, "little")
    return np.array([int.from_bytes(blake2b(name.encode(), digest_size=8, salt=salt).digest(), "little") for name in names], np.uint64)


def uniform(key: NDArray[np.uint64], draw: int | NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return draw number `draw` of each key, in [0, 1): SplitMix64 (Steele, Lea, Flood 2014, OOPSLA, figure 16)."""
    state = key + (np.atleast_1d(np.asarray(draw, np.uint64)) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits: NDArray[np.uint64] = (state ^ (state >> np.uint64(31))) >> np.uint64(11)
    return bits.astype(np.float64) * UNIT
