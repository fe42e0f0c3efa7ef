"""Noise of a measure: block bootstrap over origins and groups of series, the same draws for all methods so that differences are paired."""

import numpy as np
from numpy.typing import NDArray

from models.contracts import QUANTILES
from models.evaluation.tallies import BUCKETS, SUMS
from models.predictive import LEVELS

Floats = NDArray[np.float64]

DRAWS = 1_000
BAND = (2.5, 97.5)
"""Percentiles of the draws between which a value, or a difference, is taken for noise."""

IDEAL = {f"coverage_{name}": level for name, level in zip(QUANTILES, LEVELS.tolist(), strict=True)}
"""Value of a perfect forecast, where that is not 0."""

MEASURES = ("wape_median", "bias_mean", "rmsse", "pinball", "pinball_target", "crps", *IDEAL)


def drawn_weights(origins: int, seed: int, draws: int = DRAWS) -> Floats:
    """Return how often each origin × bucket counts in each draw, shape (draws, origins · BUCKETS).

    Origins and buckets are drawn with replacement, independently: errors of one origin share its weather, those of one series its
    habits. One origin is all there is to draw from; the noise told is then that of series alone.
    """
    generator = np.random.default_rng(seed)
    by_origin = generator.multinomial(origins, np.full(origins, 1 / origins), draws)
    by_bucket = generator.multinomial(BUCKETS, np.full(BUCKETS, 1 / BUCKETS), draws)
    return (by_origin[:, :, None] * by_bucket[:, None, :]).reshape(draws, -1).astype(float)


def measures_of(sums: Floats) -> Floats:
    """Return MEASURES, shape (…, measures), from sums of shape (…, SUMS); nan where there was nothing to tell them from."""
    named = {name: sums[..., place] for place, name in enumerate(SUMS)}
    demand = named["demand"]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [
            named["absolute"] / demand,
            named["error"] / demand,
            np.sqrt(named["scaled"] / named["scaled_periods"]),
            named["pinball"] / demand,
            named["aimed"] / demand,
            named["crps"] / named["crps_demand"],
            *(named[f"below_{name}"] / named["periods"] for name in QUANTILES),
        ]
    stacked = np.stack(found, axis=-1)
    stacked[~np.isfinite(stacked)] = np.nan
    return stacked


def distance(values: Floats) -> Floats:
    """Return how far MEASURES, along the last axis, are from those of a perfect forecast."""
    away: Floats = np.abs(values - np.array([IDEAL.get(name, 0.0) for name in MEASURES]))
    return away


def band(draws: Floats) -> tuple[Floats, Floats]:
    """Return the noise band of draws along the first axis; nan where fewer than half of them could be told."""
    told = np.isfinite(draws).mean(axis=0) >= 0.5
    filled = np.where(told, draws, 0.0)
    low, high = np.nanpercentile(filled, BAND, axis=0)
    return np.where(told, low, np.nan), np.where(told, high, np.nan)
