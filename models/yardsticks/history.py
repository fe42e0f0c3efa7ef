"""Demand of many series on one calendar, as the simple rules see it, and the means they fall back on."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from data.demand import Frequency
from features.cadence import Cadence, cadence_of
from features.matrix import PreparedPanel

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What is known of demand at an origin.

    demand: shape (series, periods), units, the last column being the last known period; nan where unknown (out of stock for part
    of the period) and before a series began. end: first day of the last column. region: number of the region of each series,
    shape (series,), or None where all are of one; what is pooled is pooled within a region.
    """

    demand: Floats
    end: date
    frequency: Frequency
    region: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.demand.ndim != 2:
            raise ValueError(f"demand has {self.demand.ndim} dimensions: it needs two, series and periods")
        if self.region is not None and self.region.shape != self.demand.shape[:1]:
            raise ValueError(f"region has shape {self.region.shape}, demand has {len(self.demand)} series: it needs one number per series")

    @property
    def cadence(self) -> Cadence:
        """Lengths that make sense at the frequency."""
        return cadence_of(self.frequency)

    @property
    def season(self) -> int:
        """Periods after which the season repeats: 7 days or 52 weeks."""
        return self.cadence.season

    @property
    def periods(self) -> int:
        """Columns of demand."""
        return int(self.demand.shape[1])

    def cut(self, periods: int) -> "History":
        """Return the history as it was `periods` periods before its end."""
        end = date.fromordinal(self.end.toordinal() - periods * self.cadence.step_days)
        return History(self.demand[:, : max(0, self.periods - periods)], end, self.frequency, self.region)

    def take(self, rows: NDArray[np.intp]) -> "History":
        """Return the history of some series, in the order of `rows`."""
        return History(self.demand[rows], self.end, self.frequency, None if self.region is None else self.region[rows])

    def months(self, first: int, count: int) -> NDArray[np.int64]:
        """Return the month, 0 … 11, of the middle of `count` periods from column `first` on; those after the last are ahead."""
        return self._middles(first, count).astype("datetime64[M]").astype(np.int64) % 12

    def weeks(self, first: int, count: int) -> NDArray[np.int64]:
        """Return the week of the year, 0 … 51, of the same days; the last one has the year's days that are over as well."""
        middle = self._middles(first, count)
        day_of_year = (middle - middle.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
        weeks: NDArray[np.int64] = np.minimum(day_of_year // 7, 51)
        return weeks

    def _middles(self, first: int, count: int) -> NDArray[np.datetime64]:
        step = self.cadence.step_days
        days: NDArray[np.datetime64] = (
            np.datetime64(self.end, "D") + step * (np.arange(first, first + count) - self.periods + 1) + step // 2
        )
        return days


def history_of(prepared: PreparedPanel) -> tuple[History, Floats]:
    """Return what a rule may know: demand, and units sold, of the series on sale, right-aligned to the origin."""
    panel = prepared.panel
    chosen = panel.series.filter(prepared.profile["active"])
    first, last = chosen["first"].to_numpy(), chosen["last"].to_numpy()
    length = int((last - first).max(initial=0)) + 1
    place = last[:, None] - np.arange(length)[::-1]
    there = place >= first[:, None]
    place = np.maximum(place, 0)
    demand, sold = (np.where(there, values[place].astype(float), np.nan) for values in (prepared.demand, prepared.demand_at_least))
    return History(demand, panel.end, panel.cadence.frequency), sold


def phases(periods: int, season: int) -> NDArray[np.int64]:
    """Return the phase of the season of each column of a history; the h-th period ahead, from 0, has the phase h modulo season."""
    return (np.arange(periods) - periods) % season


def ahead(by_phase: Floats, horizon: int) -> Floats:
    """Return values by phase, shape (series, season), as those of the periods ahead, shape (series, horizon)."""
    values: Floats = by_phase[:, np.arange(horizon) % by_phase.shape[1]]
    return values


def by_season(demand: Floats, season: int, cycles: int | None = None) -> Floats:
    """Return the last `cycles` seasons, all by default, shape (series, cycles, season), nan before the first column."""
    periods = demand.shape[1]
    wanted = -(-periods // season) if cycles is None else cycles
    missing = max(0, wanted * season - periods)
    recent = demand[:, max(0, periods - wanted * season) :]
    return np.pad(recent, ((0, 0), (missing, 0)), constant_values=np.nan).reshape(len(demand), wanted, season)


def known_mean(demand: Floats, axis: int = 1) -> Floats:
    """Return the mean of what is known along an axis, nan where nothing is."""
    known = np.isfinite(demand)
    counts = known.sum(axis=axis)
    return over(np.where(known, demand, 0.0).sum(axis=axis), counts)


def over(numerator: Floats, denominator: Floats | NDArray[np.int64]) -> Floats:
    """Return numerator ÷ denominator, nan where the denominator is not above 0."""
    quotient: Floats = np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=np.asarray(denominator) > 0)
    return quotient


def usual_demand(history: History) -> Floats:
    """Return the mean of all that is known of each series, 0 where nothing is, shape (series,)."""
    return np.nan_to_num(known_mean(history.demand))


def recent_demand(history: History) -> Floats:
    """Return the mean of the last 28 days or 13 weeks, else the usual demand, else 0, shape (series,)."""
    recent = known_mean(history.demand[:, -history.cadence.level_window :])
    return np.where(np.isfinite(recent), recent, usual_demand(history))


def completed(forecast: Floats, history: History) -> Floats:
    """Return forecasts of shape (series, horizon), not below 0; where a method has none, recent demand stands in."""
    known: Floats = np.maximum(np.where(np.isfinite(forecast), forecast, recent_demand(history)[:, None]), 0.0)
    return known
