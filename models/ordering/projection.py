"""Where the stock goes: quantiles of stock at the end of each period, with tonight's order and without any."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from models.ordering.calendar import Calendar
from models.ordering.decide import Series, arriving_stock, blocks, sampled
from models.ordering.paths import DemandPaths

Floats = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.9)
"""Quantiles of projected stock."""


@dataclass(frozen=True)
class Projection:
    """Stock at the end of each period, no order after tonight's. units; negative where owed.

    with_order: quantiles LEVELS, shape (rows, periods, levels); without: median without tonight's order, and inbound: what open order
    lines bring on average, shape (rows, periods).
    """

    with_order: NDArray[np.float32]
    without: NDArray[np.float32]
    inbound: NDArray[np.float32]


def project_stock(series: Series, order: Floats, paths: DemandPaths, calendar: Calendar, *, periods: int, lost: bool) -> Projection:
    """Return where stock goes, on the demand, lead times and arrivals that the order was decided on.

    Parameters
    ----------
    series
        What was decided for; row i is row i of `paths`.
    order
        Units ordered tonight, shape (rows,); they arrive after each path's own lead time, where they come at all.
    periods
        Periods projected, from the order date on.
    lost
        Whether unmet demand is lost; otherwise it waits.
    """
    shape = (len(series.start), periods)
    found = Projection(np.empty((*shape, len(LEVELS)), np.float32), np.empty(shape, np.float32), np.empty(shape, np.float32))
    for block in blocks(series, paths, calendar, periods):
        few = series.of(block.rows)
        demand = sampled(paths, few, block)
        arriving = arriving_stock(few, block, calendar, demand.shape[1]).astype(np.float32)
        inbound = arriving.T[:, :, None] if arriving.ndim == 2 else arriving
        units = (order[block.rows] * block.complete).astype(np.float32)[:, None]
        units = units if block.comes is None else np.where(block.comes, units, np.float32(0))
        ordered = few.start.astype(np.float32)[:, None] + np.zeros((1, demand.shape[1]), dtype=np.float32)
        idle = ordered.copy()
        for t in range(periods):
            ordered = _after(ordered + inbound[t] + units * (np.asarray(block.lead) == t), demand[:, :, t], lost=lost)
            idle = _after(idle + inbound[t], demand[:, :, t], lost=lost)
            found.with_order[block.rows, t] = _quantiles(ordered, LEVELS)
            found.without[block.rows, t] = _quantiles(idle, (0.5,))[:, 0]
            found.inbound[block.rows, t] = inbound[t].mean(axis=1)
    return found


def _quantiles(stock: NDArray[np.float32], levels: tuple[float, ...]) -> NDArray[np.float32]:
    """Return the stock that a share `level` of the paths does not exceed, shape (rows, levels): one of the paths' own values."""
    places = [max(ceil(level * stock.shape[1] - 1e-9), 1) - 1 for level in levels]
    quantiles: NDArray[np.float32] = np.partition(stock, places, axis=1)[:, places]
    return quantiles


def _after(stock: NDArray[np.float32], demand: NDArray[np.float32], *, lost: bool) -> NDArray[np.float32]:
    """Return stock after a period's demand; what is owed from before stays owed where new unmet demand is lost."""
    left = stock - demand
    return np.maximum(left, np.minimum(stock, 0)) if lost else left
