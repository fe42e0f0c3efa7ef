"""Month × weekday × recent level: what the calendar says, from all of history, and how much a series sells now."""

import numpy as np
from numpy.typing import NDArray

from models.yardsticks.history import Floats, History, completed, over, phases
from models.yardsticks.pooled_index import by_region, first_known, marginal_totals, season_index, sums_by

RECENT = {"day": 90, "week": 13}
"""Periods that the level is the mean of."""

MONTHS = 12

BLOCK_ROWS = 4_096
"""Series whose sums are made at a time."""

GROWTH = (0.5, 2.0)
"""Bounds of the growth from one year to the next."""


def month_weekday_level(history: History, horizon: int) -> Floats:
    """Return the index of the month × that of the weekday × the recent level without both.

    The indices are pooled over the region by marginal totals (`pooled_index.marginal_totals`), each series with a level of its own
    in every year. From two years of history on, growth within a year is taken out first (`growth_trend`), and each series has its
    own factor for each weekday of each month, pulled to the pooled one by credibility (`own_factors`). With less than a year the
    month's index is 1. Weeks have no weekday. The level is demand ÷ factors, both summed over the known periods of the last 90 days
    or 13 weeks; growth is not carried on.
    """
    return by_region(_forecast, history, horizon)


def _forecast(history: History, horizon: int) -> Floats:
    return from_factors(history, calendar_factors(history), horizon)


def calendar_factors(history: History) -> Floats:
    """Return the factor of each weekday of each month, shape (1 or series, 12 × weekdays), from a history of one region.

    One row for all where the years did not repeat themselves yet; weeks have one weekday.
    """
    days = _days(history)
    weekday = season_index(history) if days > 1 else np.ones(1)
    begun = first_known(history.demand)
    demand = history.demand[:, begun:]
    if demand.shape[1] < _year(history):
        return np.tile(weekday, MONTHS)[None, :]
    cell = history.months(begun, demand.shape[1]) * days + phases(demand.shape[1], days)
    return _with_months(demand, cell, weekday, history.cadence.year, repeated=demand.shape[1] >= 2 * _year(history))


def from_factors(history: History, factors: Floats, horizon: int) -> Floats:
    """Return the recent level without the factors × those of the periods ahead, shape (series, horizon), units.

    Parameters
    ----------
    history
        As of the origin; nothing older than 90 days or 13 weeks is looked at, but for series without known demand since.
    factors
        Shape (1 or series, 12 × weekdays), of `calendar_factors`.
    """
    days, recent = _days(history), min(RECENT[history.frequency], history.periods)
    months = history.months(history.periods - recent, recent + horizon)
    past, coming = np.split(months * days + np.concatenate([phases(recent, days), np.arange(horizon) % days]), [recent])
    lately, usual = history.demand[:, history.periods - recent :], factors[:, past]
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


def _days(history: History) -> int:
    return history.season if history.frequency == "day" else 1


def _year(history: History) -> int:
    return 365 if history.frequency == "day" else history.season


def _with_months(demand: Floats, cell: NDArray[np.int64], weekday: Floats, year: int, *, repeated: bool) -> Floats:
    """Return factors by cell, shape (1 or series, cells); each series its own where the years repeated themselves."""
    days = len(weekday)
    periods = demand.shape[1]
    years = -(-periods // year)
    # Years are counted from the end, so that the newest one is whole.
    code = (years - 1 - np.arange(periods)[::-1] // year) * MONTHS * days + cell
    trend = growth_trend(demand, year) if repeated else np.ones(periods)
    shape = (len(demand), years, MONTHS, days)
    units, exposure = (np.empty((len(demand), years * MONTHS * days)) for _ in range(2))
    for begin in range(0, len(demand), BLOCK_ROWS):
        rows = slice(begin, begin + BLOCK_ROWS)
        known = np.isfinite(demand[rows])
        units[rows] = sums_by(np.where(known, demand[rows], 0.0), code, units.shape[1])
        exposure[rows] = sums_by(known * trend, code, units.shape[1])
    units, exposure = units.reshape(shape), exposure.reshape(shape)
    month, level = marginal_totals(units.sum(axis=3), np.einsum("sbmw,w->sbm", exposure, weekday))
    pooled = np.outer(month, weekday)
    if not repeated:
        return pooled.reshape(1, -1)
    own = own_factors(units.reshape(*shape[:2], -1), (exposure * level[:, :, None, None] * pooled).reshape(*shape[:2], -1))
    return own * pooled.ravel()
