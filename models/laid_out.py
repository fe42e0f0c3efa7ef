"""What the forecasts of a region rest on, laid out series by series: from here on no series needs another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.groups.explanation import explanation_groups
from features.groups.group import ExplanationGroup
from features.matrix import PreparedPanel, design_matrix, forecast_pairs
from models.calendar_member import CalendarFactors, calendar_forecast
from models.short_series import forecast_short, short_rows

Floats = NDArray[np.float64]

AHEAD = ("by_calendar", "by_short", "off_sale")
"""Columns of `LaidOut.series` that hold a value per period."""


@dataclass(frozen=True)
class LaidOut:
    """The active series of a region, or some of them, and their design matrix.

    series: one row per series: the profile's columns; level (units per period that a ratio of 1 stands for, as of the last known period);
    short (whether it is too short for trees), short_model and doubt (coefficient of variation of its level; null and 0 where it is not);
    and per period of the horizon, as arrays: by_calendar (the calendar's forecast, units, nan where it has none; null without a calendar),
    by_short (that of a short series), off_sale (1 after its last day on sale).
    matrix: features of each series' periods 1 … horizon, then of the next one's. groups: explanation group of each feature. season:
    periods of the season that paths repeat.
    """

    series: pl.DataFrame
    matrix: pl.DataFrame
    groups: Mapping[str, ExplanationGroup]
    season: int

    @property
    def horizon(self) -> int:
        """Periods ahead."""
        return int(self.series.schema["off_sale"].shape[0])  # type: ignore[attr-defined]

    @property
    def profile(self) -> pl.DataFrame:
        """The profile's columns of `series`."""
        return self.series.drop("level", "short", "short_model", "doubt", *AHEAD)

    @property
    def has_calendar(self) -> bool:
        """Whether there is a calendar's forecast."""
        return self.series["by_calendar"].null_count() < max(self.series.height, 1)

    def ahead(self, name: str) -> Floats:
        """Return one of the columns AHEAD, shape (series, horizon)."""
        return np.asarray(self.series[name].to_numpy(), dtype=np.float64).reshape(self.series.height, self.horizon)

    def part(self, begin: int, count: int) -> "LaidOut":
        """Return `count` series from place `begin` on."""
        horizon = self.horizon
        return LaidOut(self.series.slice(begin, count), self.matrix.slice(begin * horizon, count * horizon), self.groups, self.season)


def lay_out(prepared: PreparedPanel, *, calendar: CalendarFactors | None, horizon: int, youngest: int, trees: bool) -> LaidOut:
    """Lay out every active series of a region for `horizon` periods after its last known one.

    Parameters
    ----------
    prepared
        The region's panel.
    calendar
        What history has shown of weekdays and months; None where it did not show them twice.
    youngest
        Known periods from which the trees forecast a series.
    trees
        Whether there are any: without them every series is a short one.
    """
    profile = prepared.profile.filter("active")
    count = profile.height
    matrix = design_matrix(prepared, *forecast_pairs(prepared, horizon))
    last = prepared.panel.series["last"].filter(prepared.profile["active"]).to_numpy()
    short = short_rows(prepared, youngest) if trees else np.ones(count, dtype=bool)
    of_short = forecast_short(prepared, np.flatnonzero(short), matrix, horizon)
    by_short, doubt = np.full((count, horizon), np.nan), np.zeros(count)
    by_short[short], doubt[short] = of_short.mean, of_short.doubt
    model = np.full(count, None, dtype=object)
    model[short] = of_short.model
    by_calendar = None if calendar is None else calendar_forecast(prepared, calendar, horizon)
    per_period = pl.Array(pl.Float64, horizon)
    series = profile.with_columns(
        pl.Series("level", prepared.level[last].astype(float)),
        pl.Series("short", short),
        pl.Series("short_model", model.tolist(), dtype=pl.String),
        pl.Series("doubt", doubt),
        pl.lit(None, dtype=per_period).alias("by_calendar")
        if by_calendar is None
        else pl.Series("by_calendar", by_calendar.astype(np.float64), dtype=per_period),
        pl.Series("by_short", by_short, dtype=per_period),
        pl.Series("off_sale", _off_sale(prepared, horizon).astype(np.float64), dtype=per_period),
    )
    panel = prepared.panel
    season = panel.cadence.season if panel.cadence.frequency == "day" else 1
    return LaidOut(series, matrix, explanation_groups(panel), season)


def _off_sale(prepared: PreparedPanel, horizon: int) -> NDArray[np.bool_]:
    """Return which periods of the active series begin after their last day on sale, shape (series, horizon)."""
    until = prepared.panel.series["on_sale_until"].filter(prepared.profile["active"]).to_numpy().astype("datetime64[D]")
    days = np.datetime64(prepared.panel.end, "D") + prepared.panel.cadence.step_days * np.arange(1, horizon + 1)
    off: NDArray[np.bool_] = days > until[:, None]
    return off
