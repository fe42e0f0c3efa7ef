"""Ordering rules without a forecast's distribution, each with one parameter: what a planner could do instead."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEKS = (8, 13, 26, 52)
"""Lengths of the moving averages."""

RULE_WEEKS, TOTALS_WEEKS = 13, 52
"""Weeks that mean and spread are told from; weeks from which past totals and errors are drawn."""

SAFETY_FACTORS = (-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
SHARES = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.833, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975, 0.99)
COVERS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 7 / 6, 1.25, 1.33, 1.42, 1.5, 1.67, 1.83, 2.0, 2.33)
"""Stock to order up to, as a multiple of the mean demand of the protection interval; 7/6 of three weeks is 3.5 weeks."""

LEAST_TOTALS = 4
"""Totals of the protection interval from which a series' own errors or quantiles are told."""


@dataclass(frozen=True)
class Known:
    """What a rule may look at. demand: shape (rows, periods), units, nan where unknown; lead, review: periods, shape (rows,)."""

    demand: Floats
    lead: Ints
    review: Ints
    periods_per_week: int

    @property
    def interval(self) -> Ints:
        """Periods of the protection interval."""
        return self.lead + self.review

    def last(self, weeks: int) -> Floats:
        """Return demand of the last so many weeks."""
        return self.demand[:, -weeks * self.periods_per_week :]


@dataclass(frozen=True)
class Levels:
    """reorder: position below which the rule orders, up_to: position that it orders up to; units, shape (rows,)."""

    reorder: Floats
    up_to: Floats


Basis = tuple[Floats, ...]


@dataclass(frozen=True)
class Rule:
    """basis: what is told from history on a night, once for all parameters; levels: from basis, interval and parameter."""

    name: str
    parameters: tuple[float, ...]
    basis: Callable[[Known], Basis]
    levels: Callable[[Known, Basis, int], Levels]


def base_stock(level: Floats) -> Levels:
    """Return the levels of a rule that orders at every review, up to one level."""
    return Levels(level, level)


def cover(weeks: int) -> Rule:
    """Return the days-of-cover rule: order up to a multiple of the mean demand of the protection interval, a moving average."""
    return Rule(
        f"cover_{weeks}",
        COVERS,
        lambda known: (mean_of(known.last(weeks)),),
        lambda known, basis, number: base_stock(basis[0] * known.interval * COVERS[number]),
    )


def min_max() -> Rule:
    """Return min/max: at or below mean·L + z·sigma·sqrt(L), order up to that plus the mean of a review period.

    The textbook's reorder point for normal demand (Silver, Pyke and Thomas 2017, section 6.7); with weekly reviews and no stock checks in
    between it leaves the review period uncovered, which a high z makes up for.
    """

    def levels(known: Known, basis: Basis, number: int) -> Levels:
        mean, sd = basis
        reorder = mean * known.lead + SAFETY_FACTORS[number] * sd * np.sqrt(known.lead)
        return Levels(reorder, reorder + mean * known.review)

    return Rule("min_max", SAFETY_FACTORS, lambda known: (mean_of(known.last(RULE_WEEKS)), sd_of(known.last(RULE_WEEKS))), levels)


def z_sigma() -> Rule:
    """Return the base-stock level for normal demand: mean·(L + R) + z·sigma·sqrt(L + R) (Snyder and Shen 2019, section 4.3.4)."""

    def levels(known: Known, basis: Basis, number: int) -> Levels:
        mean, sd = basis
        return base_stock(mean * known.interval + SAFETY_FACTORS[number] * sd * np.sqrt(known.interval))

    return Rule("z_sigma", SAFETY_FACTORS, lambda known: (mean_of(known.last(RULE_WEEKS)), sd_of(known.last(RULE_WEEKS))), levels)


def z_rmse() -> Rule:
    """Return mean·(L + R) + z × the root mean squared error that this forecast of the interval's total made within the last year."""

    def levels(known: Known, basis: Basis, number: int) -> Levels:
        mean, error = basis
        return base_stock(mean * known.interval + SAFETY_FACTORS[number] * error)

    return Rule("z_rmse", SAFETY_FACTORS, lambda known: (mean_of(known.last(RULE_WEEKS)), interval_rmse(known)), levels)


def empirical() -> Rule:
    """Return base-stock on the empirical distribution: a quantile of the past totals of the protection interval."""

    def levels(known: Known, basis: Basis, number: int) -> Levels:
        return base_stock(basis[number])

    return Rule("empirical", SHARES, lambda known: tuple(interval_quantiles(known, SHARES).T), levels)


RULES: tuple[Rule, ...] = (*(cover(weeks) for weeks in WEEKS), min_max(), z_sigma(), z_rmse(), empirical())


def mean_of(demand: Floats) -> Floats:
    """Return the mean of the known periods, shape (rows,), 0 where none is."""
    known = np.isfinite(demand)
    total, count = np.where(known, demand, 0.0).sum(axis=1), known.sum(axis=1)
    mean: Floats = np.divide(total, count, out=np.zeros(len(demand)), where=count > 0)
    return mean


def sd_of(demand: Floats) -> Floats:
    """Return the standard deviation of the known periods, shape (rows,), 0 where fewer than two are."""
    known = np.isfinite(demand)
    count = known.sum(axis=1)
    squares = np.where(known, (np.nan_to_num(demand) - mean_of(demand)[:, None]) ** 2, 0.0).sum(axis=1)
    spread: Floats = np.sqrt(np.divide(squares, count - 1, out=np.zeros(len(demand)), where=count > 1))
    return spread


def interval_totals(known: Known, periods: int) -> Floats:
    """Return totals of demand over so many consecutive periods within the last year, shape (rows, starts); nan where one is unknown."""
    demand = known.last(TOTALS_WEEKS)
    if demand.shape[1] < periods:
        return np.empty((len(demand), 0))
    totals: Floats = np.lib.stride_tricks.sliding_window_view(demand, periods, axis=1).sum(axis=2)
    return totals


def interval_rmse(known: Known) -> Floats:
    """Return the root mean squared error of (mean of 13 weeks) × interval as a forecast of the interval's total, over the last year.

    Fewer than LEAST_TOTALS forecasts: sigma·sqrt(interval) stands in.
    """
    weeks = RULE_WEEKS * known.periods_per_week
    found = sd_of(known.last(RULE_WEEKS)) * np.sqrt(known.interval)
    filled, there = np.nan_to_num(known.demand), np.isfinite(known.demand).astype(float)
    units, count = (np.concatenate([np.zeros((len(filled), 1)), np.cumsum(values, axis=1)], axis=1) for values in (filled, there))
    for periods in np.unique(known.interval):
        rows = np.flatnonzero(known.interval == periods)
        last = known.demand.shape[1] - periods
        origins = np.arange(max(weeks, last + 1 - TOTALS_WEEKS * known.periods_per_week), last + 1)
        if not len(origins):
            continue
        seen = (count[rows][:, origins] - count[rows][:, origins - weeks], units[rows][:, origins] - units[rows][:, origins - weeks])
        mean = np.divide(seen[1], seen[0], out=np.full(seen[0].shape, np.nan), where=seen[0] > 0.5)
        whole = count[rows][:, origins + periods] - count[rows][:, origins] > periods - 0.5
        error = np.where(whole, units[rows][:, origins + periods] - units[rows][:, origins] - mean * periods, np.nan)
        told = np.isfinite(error).sum(axis=1)
        squared = np.where(np.isfinite(error), np.nan_to_num(error) ** 2, 0.0).sum(axis=1)
        enough = told >= LEAST_TOTALS
        found[rows[enough]] = np.sqrt(squared[enough] / told[enough])
    return found


def interval_quantiles(known: Known, shares: tuple[float, ...]) -> Floats:
    """Return quantiles of the past totals of the protection interval, shape (rows, shares): the smallest total not exceeded that often.

    Fewer than LEAST_TOTALS totals: the mean of the interval stands in.
    """
    found = np.repeat((mean_of(known.last(RULE_WEEKS)) * known.interval)[:, None], len(shares), axis=1)
    for periods in np.unique(known.interval):
        rows = np.flatnonzero(known.interval == periods)
        totals = np.sort(interval_totals(known, int(periods))[rows], axis=1)
        count = np.isfinite(totals).sum(axis=1)
        enough = np.flatnonzero(count >= LEAST_TOTALS)
        rank = np.ceil(np.outer(count[enough], shares) - 1e-9).astype(np.intp) - 1
        found[rows[enough]] = np.take_along_axis(totals[enough], np.maximum(rank, 0), axis=1)
    return found
