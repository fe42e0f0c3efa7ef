"""Weekday indices of a region's categories, by seasonal-trend decomposition of what they sold against their own level."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from statsmodels.tsa.seasonal import STL

from features.matrix import PreparedPanel

Floats = NDArray[np.float64]

WEEK = 7

LEAST_WEEKS = 5
"""Whole weeks of history from which a category is decomposed.

Fresh data, eight cities, 14 days ahead with nothing but smoothing and these indices, WAPE against that with the region's ratios: from 34
days on .362 against .354, from 41 days .357 against .360."""

SMOOTHED_OVER = 35
"""Weeks over which the seasonal component is smoothed, an odd number as STL asks: weekdays change slowly, shorter spans follow noise."""

LEAST = 0.05
"""Smallest index, and smallest share of the expected demand whose logarithm is looked at."""


@dataclass(frozen=True)
class WeekdayIndices:
    """Indices of days ahead modulo 7, mean 1. factors: shape (categories, 7); category: place of each panel row's series in them."""

    factors: Floats
    category: NDArray[np.int64]

    def of_rows(self, rows: NDArray[np.int64], phase: NDArray[np.int64]) -> Floats:
        """Return the index of each panel row's series in a phase; shapes broadcast."""
        found: Floats = self.factors[self.category[rows], phase]
        return found


def weekday_indices(prepared: PreparedPanel, usual: Floats) -> WeekdayIndices:
    """Return the weekday indices of every category, each as far as it differs from the region's beyond its noise.

    A day's observation is what sold on it ÷ what the series in stock were expected to sell by their levels of the day before. STL
    (Cleveland, Cleveland, McRae and Terpenning 1990), robust to odd days, takes trend and remainder out of its logarithm. A category's
    index counts a ÷ (a + v) beside the region's, v being the noise of its own and a the variance of true indices around the region's,
    both measured (Bühlmann 1967).

    Parameters
    ----------
    prepared
        The region's daily panel.
    usual
        Indices of the region, shape (7,), mean 1: what holds where history is too short to be decomposed.
    """
    named = prepared.panel.rows["category"].fill_null("")
    names = named.unique().sort()
    category = named.replace_strict(names, pl.int_range(len(names), eager=True), return_dtype=pl.Int64).to_numpy()
    sold, expected = _against_level(prepared, category, len(names))
    region = _decomposed(sold.sum(axis=0), expected.sum(axis=0))
    if region is None:
        return WeekdayIndices(np.repeat(usual[None, :], len(names), axis=0), category)
    own = np.repeat(region[0][None, :], len(names), axis=0)
    noise = np.full(len(names), np.inf)
    for place in range(len(names)):
        if (found := _decomposed(sold[place], expected[place])) is not None:
            own[place], noise[place] = found
    told = np.isfinite(noise)
    apart = ((own - region[0]) ** 2).mean(axis=1)
    between = max(float((apart - noise)[told].mean()), 0.0) if told.any() else 0.0
    weight = between / (between + noise) if between else np.zeros(len(names))
    blended = np.exp(region[0] + weight[:, None] * (own - region[0]))
    return WeekdayIndices(np.maximum(blended / blended.mean(axis=1, keepdims=True), LEAST), category)


def no_indices(prepared: PreparedPanel) -> WeekdayIndices:
    """Return one index of 1, for panels without weekdays."""
    return WeekdayIndices(np.ones((1, 1)), np.zeros(len(prepared.demand), dtype=np.int64))


def _against_level(prepared: PreparedPanel, category: NDArray[np.int64], categories: int) -> tuple[Floats, Floats]:
    """Return units sold and expected by category and day, shape (categories, days), of the days known, oldest first."""
    ago = (prepared.panel.end - prepared.panel.rows["date"]).dt.total_days().to_numpy()
    rows = np.flatnonzero(np.isfinite(prepared.demand) & (prepared.pos > 0) & (ago >= 0))
    days = int(ago[rows].max(initial=-1)) + 1
    place = category[rows] * days + (days - 1 - ago[rows])

    def summed(values: NDArray[np.float32]) -> Floats:
        return np.bincount(place, values.astype(float), minlength=categories * days).reshape(categories, days).astype(float)

    return summed(prepared.demand[rows]), summed(prepared.level[rows - 1])


def _decomposed(sold: Floats, expected: Floats) -> tuple[Floats, float] | None:
    """Return the logarithm of the index by days ahead modulo 7, mean 0, and the variance of its noise; None where too little is known."""
    known = np.flatnonzero(expected > 0)
    days = len(expected) - known[0] if len(known) else 0
    if days < WEEK * LEAST_WEEKS:
        return None
    share = np.full(days, np.nan)
    np.divide(sold[-days:], expected[-days:], out=share, where=expected[-days:] > 0)
    # Days on which nothing was in stock say nothing: they look like the last known day of their weekday.
    logs = pl.Series(np.log(np.maximum(share, LEAST)), nan_to_null=True)
    by_weekday = pl.DataFrame({"log": logs, "weekday": np.arange(days) % WEEK})
    filled = by_weekday.select(pl.col("log").forward_fill().backward_fill().over("weekday").fill_null(0.0))["log"].to_numpy()
    parts = STL(filled, period=WEEK, seasonal=SMOOTHED_OVER, robust=True).fit()
    # The newest day has phase 0, so that day h ahead has phase h modulo 7.
    index = np.roll(parts.seasonal[-WEEK:], 1)
    # A local line through the newest end of so many weeks knows about as much as the mean of a quarter of them.
    weeks = min(days // WEEK, SMOOTHED_OVER) / 4
    return index - index.mean(), float(np.mean(parts.resid**2)) / weeks
