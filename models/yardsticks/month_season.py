"""Month × weekday, or month and week of the year, × recent level: what the calendar says, and how much a series sells now."""

import numpy as np
from numpy.typing import NDArray

from models.yardsticks.history import Floats, History, completed, over, phases
from models.yardsticks.pooled_index import by_region, first_known, marginal_totals, season_index, sums_by

RECENT = {"day": 90, "week": 13}
"""Periods that the level is the mean of."""

MONTHS, WEEKS = 12, 52

MONTH_OF_WEEK = (np.datetime64("2023-01-01", "D") + 7 * np.arange(WEEKS) + 3).astype("datetime64[M]").astype(np.int64) % MONTHS
"""Month in which the middle of each week of the year lies."""

BLOCK_ROWS = 4_096
"""Series whose sums are made at a time."""

GROWTH = (0.5, 2.0)
"""Bounds of the growth from one year to the next."""


def month_weekday_level(history: History, horizon: int) -> Floats:
    """Return the index of the month × that of the weekday × the recent level without both.

    The indices are pooled over the region by marginal totals (`pooled_index.marginal_totals`), each series with a level of its own
    in every year. From two years of history on, growth within a year is taken out first (`growth_trend`), and each series has its
    own factor for each weekday of each month, pulled to the pooled one by credibility (`own_factors`). With less than a year the
    month's index is 1. Weeks have no weekday; from two years on each week of the year departs from its month as far as the
    region's totals repeat it (the same credibility): what a month hides, a festival or the last week before Christmas. The level is
    demand ÷ factors, both summed over the known periods of the last 90 days or 13 weeks; growth is not carried on.
    """
    return by_region(_forecast, history, horizon)


def _forecast(history: History, horizon: int) -> Floats:
    return from_factors(history, calendar_factors(history), horizon)


def calendar_factors(history: History) -> Floats:
    """Return the factor of each weekday of each month, or of each week of the year, from a history of one region.

    Shape (1 or series, cells) with 12 × weekdays or 52 cells; one row for all where the years did not repeat themselves yet.
    """
    daily = history.frequency == "day"
    weekday = season_index(history) if daily else np.ones(1)
    begun = first_known(history.demand)
    demand = history.demand[:, begun:]
    periods, year = demand.shape[1], 365 if daily else history.season
    if periods < year:
        return np.tile(weekday, MONTHS)[None, :] if daily else np.ones((1, WEEKS))
    # Years are counted from the end, so that the newest one is whole.
    of_year = -(-periods // history.cadence.year) - 1 - np.arange(periods)[::-1] // history.cadence.year
    repeated = periods >= 2 * year
    trend = growth_trend(demand, history.cadence.year) if repeated else np.ones(periods)
    if daily:
        cell = history.months(begun, periods) * len(weekday) + phases(periods, len(weekday))
        units, exposure = _yearly_sums(demand, trend, of_year, cell, MONTHS * len(weekday))
        return _of_weekdays(units, exposure, weekday, repeated=repeated)
    units, exposure = _yearly_sums(demand, trend, of_year, history.weeks(begun, periods), WEEKS)
    return _of_weeks(units, exposure, repeated=repeated)


def from_factors(history: History, factors: Floats, horizon: int) -> Floats:
    """Return the recent level without the factors × those of the periods ahead, shape (series, horizon), units.

    Parameters
    ----------
    history
        As of the origin; nothing older than 90 days or 13 weeks is looked at, but for series without known demand since.
    factors
        Shape (1 or series, cells), of `calendar_factors`.
    """
    recent = min(RECENT[history.frequency], history.periods)
    begin = history.periods - recent
    if history.frequency == "day":
        days = history.season
        weekdays = np.concatenate([phases(recent, days), np.arange(horizon) % days])
        cells = history.months(begin, recent + horizon) * days + weekdays
    else:
        cells = history.weeks(begin, recent + horizon)
    past, coming = np.split(cells, [recent])
    lately, usual = history.demand[:, begin:], factors[:, past]
    known = np.isfinite(lately)
    level = over(np.where(known, lately, 0.0).sum(axis=1), np.where(known, usual, 0.0).sum(axis=1))
    return completed(level[:, None] * factors[:, coming], history)


def growth_trend(demand: Floats, year: int) -> Floats:
    """Return steady growth over the columns, shape (periods,), 1 at the last: without it the ends of the years counted seem seasons.

    Growth from one year to the next is a ratio of sums over the periods known in both years, never beyond a half and the double; 1
    where nothing is known twice.
    """
    both = np.isfinite(demand[:, year:]) & np.isfinite(demand[:, :-year])
    later, earlier = demand[:, year:][both].sum(), demand[:, :-year][both].sum()
    growth = np.clip(later / earlier, *GROWTH) if later > 0 and earlier > 0 else 1.0
    trend: Floats = growth ** (np.arange(1 - demand.shape[1], 1) / year)
    return trend


def own_factors(units: Floats, expected: Floats) -> Floats:
    """Return how far each series departs from what is expected of each cell, shape (series, cells), mean about 1.

    The weighted mean ratio over the years, pulled to 1 by the credibility E ÷ (E + s² ÷ a²): E is what was expected in all, s² the
    variance between years, a² that between series and cells, both estimated from all series (Bühlmann and Straub 1970).

    Parameters
    ----------
    units, expected
        Demand and what was expected of it by year, shape (series, years, cells).
    """
    ratio = np.nan_to_num(over(units, expected))
    weight = expected.sum(axis=1)
    mean = np.nan_to_num(over(units.sum(axis=1), weight), nan=1.0)
    repeats = np.maximum((expected > 0).sum(axis=1) - 1, 0).sum()
    risks = (weight > 0).sum()
    if not repeats:
        return np.ones_like(mean)
    within = (expected * (ratio - mean[:, None]) ** 2).sum() / repeats
    between = max(0.0, ((weight * (mean - 1) ** 2).sum() - risks * within) / weight.sum())
    credibility = np.nan_to_num(over(weight * between, weight * between + within))
    return 1 + credibility * (mean - 1)


def _yearly_sums(demand: Floats, trend: Floats, of_year: NDArray[np.int64], cell: NDArray[np.int64], cells: int) -> tuple[Floats, Floats]:
    """Return known units, and the trend summed over the periods in which they are known, by year and cell, shape (series, years, cells)."""
    years = int(of_year.max()) + 1
    code = of_year * cells + cell
    units, exposure = (np.empty((len(demand), years * cells)) for _ in range(2))
    for begin in range(0, len(demand), BLOCK_ROWS):
        rows = slice(begin, begin + BLOCK_ROWS)
        known = np.isfinite(demand[rows])
        units[rows] = sums_by(np.where(known, demand[rows], 0.0), code, units.shape[1])
        exposure[rows] = sums_by(known * trend, code, units.shape[1])
    shape = (len(demand), years, cells)
    return units.reshape(shape), exposure.reshape(shape)


def _of_weekdays(units: Floats, exposure: Floats, weekday: Floats, *, repeated: bool) -> Floats:
    """Return factors by month and weekday from sums by year, month and weekday; each series its own where the years repeated."""
    by_month = (*units.shape[:2], MONTHS, len(weekday))
    month, level = marginal_totals(units.reshape(by_month).sum(axis=3), np.einsum("sbmw,w->sbm", exposure.reshape(by_month), weekday))
    pooled = np.outer(month, weekday).ravel()
    if not repeated:
        return pooled[None, :]
    return own_factors(units, exposure * level[:, :, None] * pooled) * pooled


def _of_weeks(units: Floats, exposure: Floats, *, repeated: bool) -> Floats:
    """Return factors by week of the year: months, departures of its weeks that the region repeats, and each series' own months."""
    in_month = np.equal.outer(MONTH_OF_WEEK, np.arange(MONTHS)).astype(float)
    month, level = marginal_totals(units @ in_month, exposure @ in_month)
    pooled = month[MONTH_OF_WEEK]
    if not repeated:
        return pooled[None, :]
    expected = exposure * level[:, :, None]
    pooled = pooled * own_factors(units.sum(axis=0)[None], (expected * pooled).sum(axis=0)[None])[0]
    own = own_factors(units @ in_month, (expected * pooled) @ in_month)[:, MONTH_OF_WEEK]
    return np.asarray(own * pooled, dtype=np.float64)
