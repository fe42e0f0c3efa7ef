"""What is on its way: each open order line with its date, how long it has been waited for, and its chances."""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.lead_times.lead_times import LeadTimes
from models.ordering.calendar import Calendar
from models.ordering.decide import Series
from models.ordering.late_lines import unmet_by_line
from models.ordering.paths import DemandPaths

LATEST_PERIOD = 4_000
"""Arrivals further ahead than any sampled period all count as this one."""

MICRO = 1_000_000

LINE = {
    "row": pl.Int64,
    "fc": pl.String,
    "sku": pl.String,
    "order_id": pl.String,
    "ordered_date": pl.Date,
    "expected_date": pl.Date,
    "millionths": pl.Int64,
    "units": pl.Float64,
    "period": pl.Int64,
    "overdue": pl.Boolean,
    "varies": pl.Boolean,
    "waited": pl.Int64,
}

LATE = {
    "region": pl.String,
    "fc": pl.String,
    "sku": pl.String,
    "order_id": pl.String,
    "ordered_date": pl.Date,
    "expected_date": pl.Date,
    "units": pl.Float64,
    "never": pl.Float64,
    "likely_date": pl.Date,
    "depends": pl.Float64,
    "lost_margin": pl.Float64,
}
"""Columns of overdue lines, by region, as `with_chances` tells them."""


def open_order_lines(terms: pl.DataFrame, times: LeadTimes, inbound: pl.DataFrame | None, calendar: Calendar) -> pl.DataFrame:
    """Return open inbound lines of the rows of `terms`, columns as in LINE, sorted; lines of one order for one day are one.

    Where lead times are certain a line serves from its expected date, in a weekly run from the next week's start; an overdue one at
    once. Where they vary it has been `waited` for since its order date; since the usual promise before its expected date where lines of
    the lane have promises of their own, or it has no order date. Lines ordered after as_of are not known yet and left out.

    Parameters
    ----------
    terms
        With what `learned_lead_times` adds, row i of `times`.
    """
    if inbound is None:
        return pl.DataFrame(schema=LINE)
    place = terms.select(
        *("fc", "sku", "lead_time_promised", "lead_time_by_promise"),
        pl.Series("row", np.arange(terms.height), dtype=pl.Int64),
        pl.Series("varies", times.varies),
    )
    same = ("row", "expected_date", "ordered_date", "order_id")
    lines = (
        inbound.filter(pl.col("ordered_date").is_null() | (pl.col("ordered_date") <= calendar.as_of), pl.col("units") > 0)
        .join(place, on=["fc", "sku"])
        # Whole millionths: the sum does not depend on the order of lines.
        .group_by(*same)
        .agg(
            (pl.col("units") * MICRO).round().cast(pl.Int64).sum().alias("millionths"),
            pl.col("fc", "sku", "varies", "lead_time_promised", "lead_time_by_promise").first(),
        )
        .with_columns(
            (pl.col("millionths") / MICRO).alias("units"),
            (pl.col("expected_date") - pl.lit(calendar.order_date)).dt.total_days().alias("days"),
        )
    )
    if lines.is_empty():
        return pl.DataFrame(schema=LINE)
    as_of = pl.lit(calendar.as_of)
    usual = pl.col("expected_date") - pl.duration(days=pl.col("lead_time_promised"))
    begun = pl.when(pl.col("lead_time_by_promise").fill_null(False)).then(usual).otherwise(pl.coalesce("ordered_date", usual))
    period = np.minimum(calendar.period_of(lines.get_column("days").to_numpy()), LATEST_PERIOD - 1)
    return (
        lines.with_columns(
            pl.Series("period", period, dtype=pl.Int64),
            (pl.col("days") < 0).alias("overdue"),
            pl.when("varies").then((as_of - begun).dt.total_days().clip(lower_bound=-LATEST_PERIOD)).alias("waited"),
        )
        .select(list(LINE))
        .sort(*same, nulls_last=True)
    )


def arriving(lines: pl.DataFrame) -> pl.DataFrame:
    """Return `lines` summed by row and period: row, period, units, overdue; sorted."""
    return (
        lines.group_by("row", "period")
        .agg((pl.col("millionths").sum() / MICRO).alias("units"), pl.col("overdue").any())
        .select("row", "period", "units", "overdue")
        .sort("row", "period")
    )


def expected_arrivals(lines: pl.DataFrame, rows: int) -> csr_array:
    """Return units arriving where every line comes on its expected date; sparse, shape (rows, LATEST_PERIOD)."""
    units, row, period = (column.to_numpy() for column in arriving(lines).select("units", "row", "period"))
    return csr_array((units, (row, period)), shape=(rows, LATEST_PERIOD))


def with_chances(
    lines: pl.DataFrame, rows: pl.DataFrame, series: Series, paths: DemandPaths, calendar: Calendar, *, lost: bool
) -> pl.DataFrame:
    """Return `lines` with what is to be expected of each.

    never: chance that it never comes, null where lead times are certain; likely_date: by when it is as likely here as not, null where it
    never may be; by_expected: chance that it comes by its expected date; depends: units of demand before the next order could arrive that
    go unmet if it never comes and would not if it came today, of overdue lines only; lost_margin: their shortage cost, null where unknown.
    """
    never, likely, by_expected = _chances(lines, series, calendar)
    overdue = lines.get_column("overdue").to_numpy()
    certain = (~lines.get_column("varies")).to_numpy()
    found = unmet_by_line(
        series,
        paths,
        calendar,
        row=lines.get_column("row").to_numpy()[overdue],
        units=lines.get_column("units").to_numpy()[overdue],
        drawn=np.where(certain, -1, np.cumsum(~certain) - 1)[overdue],
        lost=lost,
    )
    depends = np.full(lines.height, np.nan)
    depends[overdue] = found
    cost = rows.get_column("shortage_cost").gather(lines.get_column("row"))
    return lines.with_columns(
        pl.Series("never", never, nan_to_null=True),
        pl.Series("likely_date", likely, dtype=pl.Date),
        pl.Series("by_expected", by_expected, nan_to_null=True),
        pl.Series("depends", depends, nan_to_null=True),
    ).with_columns((pl.col("depends") * cost).alias("lost_margin"))


def late_lines(lines: pl.DataFrame | None, region: str) -> pl.DataFrame:
    """Return the overdue ones of `lines`, as LATE."""
    if lines is None:
        return pl.DataFrame(schema=LATE)
    return lines.filter("overdue").with_columns(region=pl.lit(region)).select(list(LATE))


def _chances(lines: pl.DataFrame, series: Series, calendar: Calendar) -> tuple[NDArray[np.float64], list[date | None], NDArray[np.float64]]:
    """Return, per line, the chance of never coming, the date by which it has come as likely as not, and the chance by its expected date."""
    never, by_expected = (np.full(lines.height, np.nan) for _ in range(2))
    likely: list[date | None] = lines.get_column("expected_date").to_list()
    if series.lines is None:
        return never, likely, by_expected
    varying = np.flatnonzero(lines.get_column("varies").to_numpy())
    at_most = series.lines.at_most[series.lines.which]
    never[varying] = series.lines.never
    days = (lines.get_column("expected_date") - calendar.order_date).dt.total_days().to_numpy()[varying]
    by_expected[varying] = np.where(days < 0, 0.0, at_most[np.arange(len(days)), np.clip(days, 0, at_most.shape[1] - 1)])
    half = np.argmax(at_most >= 0.5, axis=1)
    dates = pl.Series([calendar.order_date]).new_from_index(0, len(half)).dt.offset_by(pl.Series(half).cast(pl.String) + "d")
    for line, here, day in zip(varying.tolist(), (at_most[:, -1] >= 0.5).tolist(), dates.to_list(), strict=True):
        likely[line] = day if here else None
    return never, likely, by_expected
