"""Where the stock goes: quantiles of stock at the end of each period, with tonight's order and without any."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from models.lead_times import sample_lead_times
from models.ordering.calendar import Calendar, lead_periods
from models.ordering.decide import Series
from models.ordering.paths import DemandPaths

Floats = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.9)
"""Quantiles of projected stock."""

BLOCK_ROWS = 256


def project_stock(
    series: Series, order: Floats, paths: DemandPaths, calendar: Calendar, *, periods: int, lost: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return quantiles of stock at the end of each period with tonight's order, and its median without; no later order in either.

    Demand, lead times and arrivals are those that the order was decided on. Stock is negative where units are owed.

    Parameters
    ----------
    series
        What was decided for; row i is row i of `paths`.
    order
        Units ordered tonight, shape (rows,); they arrive after each path's own lead time.
    periods
        Periods projected, from the order date on.
    lost
        Whether unmet demand is lost; otherwise it waits.

    Returns
    -------
    Arrays of shape (rows, periods, levels) and (rows, periods), units.
    """
    rows = len(series.start)
    with_order = np.empty((rows, periods, len(LEVELS)), dtype=np.float32)
    without = np.empty((rows, periods), dtype=np.float32)
    for first in range(0, rows, BLOCK_ROWS):
        block = np.arange(first, min(first + BLOCK_ROWS, rows))
        few = series.of(block)
        demand = paths.sample(block, periods) * few.multiplier.astype(np.float32)[:, None, None]
        lead = _leads(few, calendar, demand.shape[1])
        inbound = few.inbound[:, :periods].toarray().astype(np.float32)
        units = order[block].astype(np.float32)[:, None]
        ordered = few.start.astype(np.float32)[:, None] + np.zeros((1, demand.shape[1]), dtype=np.float32)
        idle = ordered.copy()
        for t in range(periods):
            ordered = _after(ordered + inbound[:, t, None] + units * (lead == t), demand[:, :, t], lost=lost)
            idle = _after(idle + inbound[:, t, None], demand[:, :, t], lost=lost)
            with_order[block, t] = _quantiles(ordered, LEVELS)
            without[block, t] = _quantiles(idle, (0.5,))[:, 0]
    return with_order, without


def _quantiles(stock: NDArray[np.float32], levels: tuple[float, ...]) -> NDArray[np.float32]:
    """Return the stock that a share `level` of the paths does not exceed, shape (rows, levels): one of the paths' own values."""
    places = [max(ceil(level * stock.shape[1] - 1e-9), 1) - 1 for level in levels]
    quantiles: NDArray[np.float32] = np.partition(stock, places, axis=1)[:, places]
    return quantiles


def _leads(series: Series, calendar: Calendar, paths: int) -> NDArray[np.int64]:
    """Return the periods until tonight's order arrives on each path, shape (rows, paths)."""
    usual = [lead_periods(mean, sd, calendar.days) for mean, sd in zip(series.lead_mean, series.lead_sd, strict=True)]
    leads = np.repeat(np.array(usual, dtype=np.int64)[:, None], paths, axis=1)
    varies = np.flatnonzero(series.lead_sd > 0)
    if varies.size:
        days = sample_lead_times(series.lead_mean[varies], series.lead_sd[varies], series.keys[varies], paths)
        leads[varies] = calendar.periods(days.astype(np.float64))
    return leads


def _after(stock: NDArray[np.float32], demand: NDArray[np.float32], *, lost: bool) -> NDArray[np.float32]:
    """Return stock after a period's demand; what is owed from before stays owed where new unmet demand is lost."""
    left = stock - demand
    return np.maximum(left, np.minimum(stock, 0)) if lost else left
