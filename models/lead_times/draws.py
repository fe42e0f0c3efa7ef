"""Draws of lead times: stratified per row, and decided by the row's key alone."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from models.lead_times.lead_times import LeadTimes

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

DAYS, COMES = np.uint64(0), np.uint64(0xA0761D6478BD642F)
"""What a row draws, each in an order of its own."""


def sample_lead_times(times: LeadTimes, keys: Keys, paths: int) -> Ints:
    """Return lead times in whole days of rows that all vary, shape (rows, paths), each as if the order came."""
    shares, come = (np.arange(paths) + 0.5) / paths, times.come
    quantiles = np.stack([np.searchsorted(at_most, shares) for at_most in come]).astype(np.int64)
    return np.take_along_axis(quantiles[times.which], ranks(keys ^ DAYS, paths), axis=1)


def sample_comes(times: LeadTimes, keys: Keys, paths: int) -> NDArray[np.bool_] | None:
    """Return on which paths the order comes, shape (rows, paths); None where it does on all of them."""
    shares = (np.arange(paths) + 0.5) / paths
    comes = shares < (1 - times.never)[:, None]
    if comes[times.which].all():
        return None
    return np.take_along_axis(comes[times.which], ranks(keys ^ COMES, paths), axis=1)


def ranks(keys: Keys, paths: int) -> Ints:
    """Return an order of the paths per key, shape (keys, paths): neither other keys nor their order can change it."""
    counters = np.arange(1, paths + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return mixed(keys[:, None] + counters).argsort(axis=1)


def series_keys(seed: int, skus: list[str], fcs: list[str]) -> Keys:
    """Return a 64-bit key per series from (seed, sku, fc), the same on every machine and in every order of rows."""
    names = (f"{seed}\x1f{sku}\x1f{fc}".encode() for sku, fc in zip(skus, fcs, strict=True))
    return np.array([int.from_bytes(blake2b(name, digest_size=8).digest(), "little") for name in names], dtype=np.uint64)


def mixed(x: Keys) -> Keys:
    """Return the splitmix64 finaliser of each number (Steele, Lea and Flood 2014): a counter becomes noise."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
