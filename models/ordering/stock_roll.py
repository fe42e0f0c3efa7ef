"""Stock rolled forward along sample paths, without tonight's order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Lead = int | NDArray[np.int64]

ROUNDING = 2e-6
"""Relative size of single-precision noise in sums over a path: demand that equals the stock does not count as unmet."""


@dataclass(frozen=True)
class StockRoll:
    """Sums along each path. Arrays of planes have shape (periods, rows, paths), `arrived` has one path where all paths share it; units.

    demand: demand since period 0, the period itself included. peak: highest excess of demand over arrivals so far, so that
    max(peak − start, 0) is the demand lost. start: stock before period 0 (rows,), negative for units owed when they wait.
    debt: units owed that arrivals serve first where new unmet demand is lost.
    """

    demand: Floats
    peak: Floats
    arrived: Floats
    start: Floats
    debt: Floats
    lost: bool

    @property
    def periods(self) -> int:
        """Periods sampled."""
        return len(self.demand)

    def of(self, rows: NDArray[np.intp]) -> "StockRoll":
        """Return the same for some rows."""
        return StockRoll(self.demand[:, rows], self.peak[:, rows], self.arrived[:, rows], self.start[rows], self.debt[rows], self.lost)

    def demand_until(self, periods: Lead) -> Floats:
        """Return demand of the first `periods` periods, shape (rows, paths)."""
        return before(self.demand, periods)

    def begun(self, until: Lead) -> NDArray[np.bool_]:
        """Return whether unmet demand has begun within the first `until` periods, shape (rows, paths)."""
        return before(self.peak, until, nothing=-np.inf) > self._noise_free_start()

    def begun_share(self) -> NDArray[np.float64]:
        """Return the share of paths on which unmet demand has begun by the end of each period, shape (periods, rows)."""
        start, paths = self._noise_free_start(), self.demand.shape[2]
        return np.stack([np.count_nonzero(plane > start, axis=1) / paths for plane in self.peak])

    def unmet(self, until: Lead) -> Floats:
        """Return the units of demand not met at once within the first `until` periods, shape (rows, paths)."""
        if self.lost:
            lost: Floats = np.maximum(before(self.peak, until, nothing=-np.inf) - self.start[:, None], 0)
            return lost
        total = np.zeros(self.demand.shape[1:], dtype=np.float32)
        last = int(np.max(until))
        for t in range(last):
            demand = self.demand[t] - self.demand[t - 1] if t else self.demand[0]
            owed = self.demand[t] - self.arrived[t] - self.start[:, None]
            total += np.where(t < np.asarray(until), np.clip(owed, 0, demand), 0)
        return total

    def stock_at(self, arrival: Lead) -> Floats:
        """Return stock as period `arrival` opens, arrivals of that period included, shape (rows, paths); negative where owed."""
        arrived = at(self.arrived, arrival)
        stock: Floats = self.start[:, None] + np.maximum(arrived - self.debt[:, None], 0) - before(self.demand, arrival)
        if self.lost:
            stock += np.maximum(before(self.peak, arrival, nothing=-np.inf) - self.start[:, None], 0)
            stock -= np.maximum(self.debt[:, None] - arrived, 0)
        return stock

    def _noise_free_start(self) -> Floats:
        """Return the start with room for noise, shape (rows, 1), or (rows, paths) where paths differ in what arrives."""
        noise = np.float32(ROUNDING) * (np.abs(self.start)[:, None] + self.arrived[-1] + self.debt[:, None])
        start: Floats = self.start[:, None] + noise
        return start


def roll_stock(demand: Floats, start: NDArray[np.float64], inbound: NDArray[np.float64] | Floats, *, lost: bool) -> StockRoll:
    """Roll stock forward without the order; arrivals come before the demand of their period.

    Lost demand over a stretch is the reflection max(0, max_t(demand − arrivals) − start) (Harrison 1985, Brownian Motion and
    Stochastic Flow Systems, section 2.2).

    Parameters
    ----------
    demand
        Units per period, shape (rows, paths, periods), >= 0.
    start
        Stock before period 0, shape (rows,); negative for units owed to customers, which arrivals serve first.
    inbound
        Units arriving per period, shape (rows, periods); or per period and path, shape (periods, rows, paths), single precision.
    lost
        Whether unmet demand is lost; otherwise it waits.
    """
    rows, paths, periods = demand.shape
    debt = np.maximum(-start, 0) if lost else np.zeros(rows)
    if inbound.ndim == 2:
        arrived = np.cumsum(inbound, axis=1).T.astype(np.float32)[:, :, None]
    else:
        arrived = np.cumsum(inbound, axis=0, dtype=np.float32)
    cumulative, peak = (np.empty((periods, rows, paths), dtype=np.float32) for _ in range(2))
    owed = debt.astype(np.float32)[:, None]
    for t in range(periods):
        if t:
            np.add(cumulative[t - 1], demand[:, :, t], out=cumulative[t])
        else:
            cumulative[0] = demand[:, :, 0]
        np.subtract(cumulative[t], np.maximum(arrived[t] - owed, 0), out=peak[t])
        if t:
            np.maximum(peak[t], peak[t - 1], out=peak[t])
    return StockRoll(cumulative, peak, arrived, (start + debt).astype(np.float32), debt.astype(np.float32), lost)


def at(planes: Floats, period: Lead) -> Floats:
    """Return the plane of one period, or of each path's own period; shape (rows, paths) or (rows, 1) where planes have one path."""
    if isinstance(period, int):
        plane: Floats = planes[period]
    elif planes.shape[2] == 1:
        plane = planes[period, np.arange(planes.shape[1])[:, None], 0]
    else:
        plane = np.take_along_axis(planes, period[None], axis=0)[0]
    return plane


def before(planes: Floats, period: Lead, nothing: float = 0.0) -> Floats:
    """Return the plane of the period before `period`, `nothing` before period 0."""
    if isinstance(period, int):
        return at(planes, period - 1) if period else np.full(planes.shape[1:], nothing, dtype=np.float32)
    return np.where(period > 0, at(planes, np.maximum(period - 1, 0)), np.float32(nothing))
