"""Sample paths of demand: forecasts times blocks of real errors, reproducible series by series."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.predictive import ErrorLibrary

Floats = NDArray[np.float64]

SHUFFLES = 64
GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class ForecastPaths:
    """Paths of many series.

    mean: shape (series, periods), units; segment: shape (series,); keys: shape (series,), uint64, a hash of (seed, sku, fc)
    that decides every random choice, so that chunks and workers cannot change the numbers; whole_units: shape (series,).
    """

    mean: Floats
    segment: NDArray[np.int64]
    keys: NDArray[np.uint64]
    whole_units: NDArray[np.bool_]
    library: ErrorLibrary
    season: int
    paths: int

    def sample(self, rows: NDArray[np.intp], periods: int) -> NDArray[np.float32]:
        """Return paths of demand for `rows`, shape (len(rows), paths, periods), units.

        Blocks are drawn evenly over the segment's blocks in the order of their totals, so that few paths suffice; further
        blocks follow in an order of their own. Beyond the forecast the last season repeats.
        """
        mean = extended(self.mean[rows], periods, self.season).astype(np.float32)
        keys = self.keys[rows]
        shift = (keys >> np.uint64(11)).astype(float) / 2.0**53
        length = self.library.periods
        sampled = np.empty((len(rows), self.paths, periods), dtype=np.float32)
        orders = _orders(self.paths)
        for segment in np.unique(self.segment[rows]):
            blocks = self.library.blocks[segment]
            chosen = np.flatnonzero(self.segment[rows] == segment)
            # Systematic sampling: one block from each of `paths` equal parts.
            places = ((np.arange(self.paths) + shift[chosen, None]) / self.paths * len(blocks)).astype(np.int64)
            for begin in range(0, periods, length):
                width = min(length, periods - begin)
                order = orders[((keys[chosen] >> np.uint64(5)) + np.uint64(begin // length)) % np.uint64(SHUFFLES)]
                picked = places if begin == 0 else np.take_along_axis(places, order, axis=1)
                sampled[chosen, :, begin : begin + width] = blocks[picked, :width]
        sampled *= mean[:, None, :]
        self._round(sampled, rows)
        return sampled

    def _round(self, sampled: NDArray[np.float32], rows: NDArray[np.intp]) -> None:
        """Round items sold by the piece to whole units, up or down by chance so that the mean stays."""
        tables = _evenly(sampled.shape[1], sampled.shape[2])
        for row in np.flatnonzero(self.whole_units[rows]):
            own = sampled[row]
            np.floor(np.add(own, tables[int(self.keys[rows[row]] % np.uint64(SHUFFLES))], out=own), out=own)


def extended(mean: Floats, periods: int, season: int) -> Floats:
    """Return forecasts cut or prolonged to `periods`; beyond the forecast its last season repeats."""
    known = mean.shape[1]
    if periods <= known:
        return mean[:, :periods]
    cycle = min(season, known)
    place = known - cycle + (np.arange(known, periods) - known) % cycle
    return np.concatenate([mean, mean[:, place]], axis=1)


@lru_cache(maxsize=8)
def _evenly(paths: int, periods: int) -> NDArray[np.float32]:
    """Return SHUFFLES tables of evenly spread numbers in [0, 1), shape (SHUFFLES, paths, periods); a series takes the one its key names.

    A number depends on its path and period alone, so that longer paths begin with the shorter ones. Kept, since making them takes longer
    than rounding a block.
    """
    steps = np.arange(SHUFFLES * paths)[:, None] * GOLDEN + np.arange(periods) * np.sqrt(2)
    # Below 1 in Float32 too, or an item nobody wants would now and then sell one.
    evenly = np.minimum(steps % 1.0, np.nextafter(np.float32(1), np.float32(0)))
    tables: NDArray[np.float32] = evenly.astype(np.float32).reshape(SHUFFLES, paths, periods)
    tables.flags.writeable = False
    return tables


def _orders(paths: int) -> NDArray[np.int64]:
    """Return SHUFFLES fixed orders of the paths; which of them a series takes is decided by its key."""
    generator = np.random.default_rng(0)
    return np.stack([generator.permutation(paths) for _ in range(SHUFFLES)])
