"""Quantiles of demand read from sample paths: of each period, and of the sum over any interval, from the same paths."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.demand_paths import ForecastPaths

Floats = NDArray[np.float64]

BLOCK = 512
"""Series sampled at a time: their paths stay within some tens of megabytes."""


def ranks_of(levels: Sequence[float] | Floats, paths: int) -> NDArray[np.int64]:
    """Return the places of the quantiles among `paths` ascending values; the small margin keeps 0.25 × 256 at the 64th value."""
    return np.clip(np.ceil(np.asarray(levels, dtype=float) * paths - 1e-9).astype(np.int64) - 1, 0, paths - 1)


def period_quantiles(paths: ForecastPaths, levels: Sequence[float] | Floats) -> Floats:
    """Return the quantiles of every forecast period, shape (series, periods, levels), units.

    A quantile is the smallest demand of a path that at least that share of the paths does not exceed, so items sold by the piece
    have whole quantiles.
    """
    count, periods = paths.mean.shape
    ranks = ranks_of(levels, paths.paths)
    found = np.empty((count, periods, len(ranks)))
    for rows in _blocks(count):
        sampled = np.ascontiguousarray(paths.sample(rows, periods).swapaxes(1, 2))
        sampled.sort(axis=2)
        found[rows] = sampled[:, :, ranks]
    return found


def interval_quantiles(paths: ForecastPaths, periods: int, levels: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Return mean (series,) and quantiles (series, levels) of demand summed over the next `periods` periods, units.

    Each path is summed first: quantiles of single periods do not add up.
    """
    count = len(paths.mean)
    ranks = ranks_of(levels, paths.paths)
    mean, found = np.empty(count), np.empty((count, len(ranks)))
    for rows in _blocks(count):
        sums = paths.sample(rows, periods).sum(axis=2, dtype=np.float64)
        sums.sort(axis=1)
        mean[rows], found[rows] = sums.mean(axis=1), sums[:, ranks]
    return mean, found


def _blocks(count: int) -> list[NDArray[np.intp]]:
    return [np.arange(begin, min(begin + BLOCK, count)) for begin in range(0, count, BLOCK)]
