"""From tables to the arrays that the ordering code works on, one row per sku × fc in the order of the profile."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.lead_times import series_keys
from models.ordering.calendar import Calendar
from models.ordering.decide import Series

LATEST_PERIOD = 4_000
"""Arrivals further ahead than any sampled period all count as this one."""

MICRO = 1_000_000


def arriving(series: pl.DataFrame, inbound: pl.DataFrame | None, calendar: Calendar) -> pl.DataFrame:
    """Return open inbound lines of `series` (columns fc, sku) as row, period, units, overdue; sorted.

    A line serves from its expected date, in a weekly run from the next week's start; an overdue one at once. Lines ordered
    after as_of are not known yet and left out.
    """
    empty = pl.DataFrame(schema={"row": pl.Int64, "period": pl.Int64, "units": pl.Float64, "overdue": pl.Boolean})
    if inbound is None:
        return empty
    lines = (
        inbound.filter(pl.col("ordered_date").is_null() | (pl.col("ordered_date") <= calendar.as_of), pl.col("units") > 0)
        .join(series.select("fc", "sku").with_row_index("row"), on=["fc", "sku"])
        .with_columns((pl.col("expected_date") - pl.lit(calendar.order_date)).dt.total_days().alias("days"))
    )
    if lines.is_empty():
        return empty
    period = np.minimum(calendar.period_of(lines.get_column("days").to_numpy()), LATEST_PERIOD - 1)
    return (
        lines.with_columns(pl.Series("period", period, dtype=pl.Int64), (pl.col("days") < 0).alias("overdue"))
        .group_by("row", "period")
        # Whole millionths: the sum does not depend on the order of lines.
        .agg((pl.col("units") * MICRO).round().cast(pl.Int64).sum() / MICRO, pl.col("overdue").any())
        .select(pl.col("row").cast(pl.Int64), "period", "units", "overdue")
        .sort("row", "period")
    )


def ordering_series(rows: pl.DataFrame, mean: NDArray[np.float64], lines: pl.DataFrame, calendar: Calendar, seed: int) -> Series:
    """Return the arrays to decide on.

    Parameters
    ----------
    rows
        Profile, terms and position joined; nulls stand for unknown costs and unknown stock (which is simulated as none).
    mean
        Mean demand per period, times `demand_multiplier`, shape (rows, periods).
    lines
        What arrives, by `arriving`.
    """
    multiplier = _floats(rows, "demand_multiplier")
    position = (line.to_numpy() for line in lines.select("units", "row", "period"))
    units, row, period = position
    return Series(
        start=_floats(rows, "on_hand", 0.0) + _floats(rows, "reserved_becoming_sellable", 0.0) - _floats(rows, "backordered", 0.0),
        inbound=csr_array((units, (row, period)), shape=(rows.height, LATEST_PERIOD)),
        lead_mean=_floats(rows, "lead_time_days"),
        lead_sd=_floats(rows, "lead_time_sd"),
        keys=series_keys(seed, rows.get_column("sku").to_list(), rows.get_column("fc").to_list()),
        review=calendar.periods(_floats(rows, "review_days")),
        shortage=_floats(rows, "shortage_cost", 0.0),
        holding=_floats(rows, "holding_cost", 0.0),
        level=_floats(rows, "service_level"),
        case=_floats(rows, "case_pack"),
        least=_floats(rows, "moq"),
        most=_floats(rows, "max_units", np.inf),
        whole=rows.get_column("whole_units").to_numpy(),
        rule=rows.get_column("rule").to_numpy().astype(np.str_),
        mean=mean,
        recent_mean=_floats(rows, "mean_demand", 0.0) * multiplier,
        recent_sd=_floats(rows, "sd_demand", 0.0) * multiplier,
        multiplier=multiplier,
    )


def _floats(rows: pl.DataFrame, column: str, unknown: float | None = None) -> NDArray[np.float64]:
    values = rows.get_column(column).cast(pl.Float64)
    return (values if unknown is None else values.fill_null(unknown)).to_numpy()
