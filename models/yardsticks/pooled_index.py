"""Seasonal indices pooled over all series of a region, by the method of marginal totals."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.yardsticks.history import Floats, History, over, phases

ROUNDS = 20
"""Rounds of the iteration, which settles to many digits within a few."""

BLOCKS = {"day": 28, "week": 52}
"""Periods over which a series' own level is taken to be steady while the index is estimated."""

SMALL = 0.05
"""Index below which a period says nothing of the level, as that of a weekday on which nearly everything is closed."""


def marginal_totals(units: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Return index (phases,) and levels (series, blocks) such that level × index × exposure has the totals of `units` by both.

    It is the maximum-likelihood estimate where units are Poisson with that mean (Bailey 1963; Jung 1968). The index has mean 1; a
    phase of which nothing is known has 1. Levels are 0 where nothing is known.

    Parameters
    ----------
    units, exposure
        Sums of known demand, and numbers of known periods or sums of what multiplies the index in them, shape (series, blocks,
        phases).
    """
    index = np.ones(units.shape[2])
    by_block, by_phase = units.sum(axis=2), units.sum(axis=(0, 1))
    for _ in range(ROUNDS):
        levels = np.nan_to_num(over(by_block, np.einsum("sbp,p->sb", exposure, index)))
        expected = np.einsum("sb,sbp->p", levels, exposure)
        found = over(by_phase, expected)
        index = np.where(np.isfinite(found), found, 1.0)
        index /= index.mean() if index.any() else 1.0
    return index, np.nan_to_num(over(by_block, np.einsum("sbp,p->sb", exposure, index)))


def sums_by(values: Floats, codes: NDArray[np.int64], count: int) -> Floats:
    """Return the sums of columns of equal code, shape (series, count)."""
    sums = np.zeros((len(values), count))
    if values.size:
        order = np.argsort(codes, kind="stable")
        present, starts = np.unique(codes[order], return_index=True)
        sums[:, present] = np.add.reduceat(np.take(values, order, axis=1), starts, axis=1)
    return sums


def first_known(demand: Floats) -> int:
    """Return the first column in which anything is known, the number of columns where nothing is."""
    known = np.isfinite(demand).any(axis=0)
    return int(known.argmax()) if known.any() else demand.shape[1]


def season_index(history: History) -> Floats:
    """Return the pooled index of the phases of the season, shape (season,), from a history of one region.

    Of days, the index of the weekdays over the last 52 weeks, each series with a level of its own in every four weeks. Of weeks, the
    index of the weeks of the year where two years are known, else 1.
    """
    demand, season = history.demand, history.season
    if history.frequency == "day":
        demand = demand[:, -history.cadence.year :]
    elif history.periods - first_known(demand) < 2 * season:
        return np.ones(season)
    blocks = -(-demand.shape[1] // BLOCKS[history.frequency])
    # Blocks are counted from the end, so that the newest one is whole.
    block = blocks - 1 - np.arange(demand.shape[1])[::-1] // BLOCKS[history.frequency]
    code = block * season + phases(demand.shape[1], season)
    known = np.isfinite(demand)
    shape = (len(demand), blocks, season)
    units = sums_by(np.where(known, demand, 0.0), code, blocks * season).reshape(shape)
    return marginal_totals(units, sums_by(known.astype(float), code, blocks * season).reshape(shape))[0]


def by_region(method: Callable[[History, int], Floats], history: History, horizon: int) -> Floats:
    """Return a method's forecasts made region by region, shape (series, horizon)."""
    if history.region is None:
        return method(history, horizon)
    forecast = np.empty((len(history.demand), horizon))
    for number in np.unique(history.region):
        rows = np.flatnonzero(history.region == number)
        forecast[rows] = method(history.take(rows), horizon)
    return forecast
