"""Exponential smoothing of demand without its season, times the season pooled over the region; and Croston's method."""

import numpy as np

from models.baselines import SMOOTHING
from models.yardsticks.history import Floats, History, completed, known_mean, over, phases
from models.yardsticks.pooled_index import SMALL, by_region, season_index

CROSTON = 0.1
"""Weight of the newest demand and of the newest interval (Croston 1972 advises 0.1 to 0.2)."""


def smoothing_pooled_season(history: History, horizon: int) -> Floats:
    """Return simple exponential smoothing (Brown 1956), weight 0.15, of deseasonalised demand × the pooled index of the season.

    The index is that of `pooled_index.season_index`: groups estimate a season better than their members (Dalhart 1974; Withycombe
    1989). The level begins at the mean of the first quarter of what is known, at least three values; unknown periods keep it.
    """
    return by_region(_smoothed, history, horizon)


def _smoothed(history: History, horizon: int) -> Floats:
    index = season_index(history)
    factors = index[phases(history.periods, history.season)]
    told = factors >= SMALL
    level = smoothed_level(history.demand[:, told] / factors[told])
    return completed(level[:, None] * index[np.arange(horizon) % history.season], history)


def smoothed_level(values: Floats, weight: float = SMOOTHING) -> Floats:
    """Return the last level of simple exponential smoothing, shape (series,), nan where nothing is known.

    Parameters
    ----------
    values
        Shape (series, periods), nan where unknown.
    """
    known = np.isfinite(values)
    first = known & (known.cumsum(axis=1) <= np.maximum(3, known.sum(axis=1) // 4)[:, None])
    level = known_mean(np.where(first, values, np.nan))
    for now, seen in zip(np.ascontiguousarray(values.T), np.ascontiguousarray(known.T), strict=True):
        np.add(level, weight * (now - level), out=level, where=seen)
    return level


def croston_sba(history: History, horizon: int) -> Floats:
    """Return Croston's method with the correction of Syntetos and Boylan (2005): (1 − weight ÷ 2) × size ÷ interval.

    Sizes of demand and intervals between them are smoothed apart (Croston 1972), beginning at the first of each. Unknown periods do
    not count in an interval. A series that never sold gets 0.
    """
    size = np.full(len(history.demand), np.nan)
    interval, waited = size.copy(), np.zeros(len(size))
    for now in np.ascontiguousarray(history.demand.T):
        waited += np.isfinite(now)
        sold = now > 0
        began = sold & np.isnan(size)
        np.copyto(size, now, where=began)
        np.copyto(interval, waited, where=began)
        np.add(size, CROSTON * (now - size), out=size, where=sold)
        np.add(interval, CROSTON * (waited - interval), out=interval, where=sold)
        waited[sold] = 0.0
    rate = (1 - CROSTON / 2) * over(size, np.nan_to_num(interval))
    return completed(np.repeat(rate[:, None], horizon, axis=1), history)
