"""The member that knows only the calendar, weekday and month or the week of the year, as history has shown it twice, times the level.

It is blended with the trees at a fixed weight. Trees see a year ago through a few features and extrapolate nothing; the calendar knows no
promotion and no week like the last. Their errors have little in common, most of all months ahead.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.matrix import PreparedPanel
from models.yardsticks.history import Floats, history_of
from models.yardsticks.month_season import calendar_factors, from_factors

WEIGHT = 1 / 2
"""Weight of the calendar in the forecast's mean."""

KEY = ("fc", "sku")


@dataclass(frozen=True)
class CalendarFactors:
    """Factors of each weekday of each month, or of each week of the year, of a region.

    keys: columns fc, sku; own: shape (series, cells); pooled: shape (cells,).
    """

    keys: pl.DataFrame
    own: Floats
    pooled: Floats

    def of(self, series: pl.DataFrame) -> Floats:
        """Return the factors of series (columns fc, sku), shape (series, cells): pooled ones of those that are new since."""
        rows = series.select(KEY).join(self.keys.with_row_index("row"), on=KEY, how="left", maintain_order="left")["row"]
        known = rows.is_not_null().to_numpy()
        factors = np.repeat(self.pooled[None, :], series.height, axis=0)
        factors[known] = self.own[rows.drop_nulls().to_numpy()]
        return factors


def learn_calendar(prepared: PreparedPanel, *, before: int = 0) -> CalendarFactors:
    """Return the factors that a region's active series have shown.

    Parameters
    ----------
    prepared
        The region's panel, with the history that training looks at.
    before
        Last periods of it that are left out.
    """
    history = history_of(prepared)[0].cut(before)
    keys = _active(prepared)
    found = calendar_factors(history)
    own = np.repeat(found, keys.height, axis=0) if len(found) == 1 else found
    return CalendarFactors(keys, own, own.mean(axis=0) if len(own) else np.ones(found.shape[1]))


def calendar_forecast(prepared: PreparedPanel, factors: CalendarFactors, horizon: int, *, before: int = 0) -> Floats:
    """Return the calendar's forecast of every active series from `before` periods before the end, shape (series, horizon), units."""
    return from_factors(history_of(prepared)[0].cut(before), factors.of(_active(prepared)), horizon)


def with_calendar(trees: Floats, calendar: Floats) -> Floats:
    """Return trees and calendar blended; the trees alone where the calendar has no forecast (nan)."""
    return np.where(np.isfinite(calendar), (1 - WEIGHT) * trees + WEIGHT * calendar, trees)


def held_back_calendar(prepared: PreparedPanel, sample: pl.DataFrame, *, window: int, windows: int) -> pl.Series:
    """Return the calendar's forecast of each row of a sample's held-back windows, null for training rows.

    Its factors are those known before both windows, as the trees that judge know nothing of them; its level is that of each origin.

    Parameters
    ----------
    prepared
        The region's panel.
    sample
        Rows of `features.samples.training_sample`.
    window, windows
        Periods of each held-back window, and their number.
    """
    factors = learn_calendar(prepared, before=window * windows)
    place = np.full(prepared.panel.series.height, -1)
    place[prepared.profile["active"].to_numpy()] = np.arange(factors.keys.height)
    number, horizon = sample["window"].to_numpy(), sample["horizon"].to_numpy().astype(np.int64)
    row: NDArray[np.int64] = place[sample["series"].to_numpy()]
    values = np.full(sample.height, np.nan)
    for k in range(windows):
        here = np.flatnonzero(number == k)
        if len(here):
            values[here] = calendar_forecast(prepared, factors, window, before=window * (windows - k))[row[here], horizon[here] - 1]
    return pl.Series("calendar", values, nan_to_null=True)


def to_table(factors: CalendarFactors) -> pl.DataFrame:
    """Return factors as a table: a row per series, the pooled ones in a row without keys."""
    keys = pl.concat([factors.keys, pl.DataFrame({"fc": [None], "sku": [None]}, schema=factors.keys.schema)])
    cells = np.vstack([factors.own, factors.pooled[None, :]])
    return keys.with_columns(pl.Series("factors", cells, dtype=pl.Array(pl.Float64, cells.shape[1])))


def from_table(table: pl.DataFrame) -> CalendarFactors:
    """Return factors as `to_table` wrote them."""
    cells = table["factors"].to_numpy()
    return CalendarFactors(table[:-1].select(KEY), cells[:-1], cells[-1])


def _active(prepared: PreparedPanel) -> pl.DataFrame:
    return prepared.panel.series.filter(prepared.profile["active"]).select(KEY)
