"""Sales to demand: a gapless history per sku × fc that says what is known of demand, and what is not."""

from datetime import date, timedelta
from typing import Literal

import dataframely as dy
import numpy as np
import polars as pl

Frequency = Literal["day", "week"]

FULLY_IN_STOCK = 0.999
"""Share of a period in stock from which sales are taken to be demand."""


class Demand(dy.Schema):
    """Demand per sku, fc and period, in units; null where the item was out of stock for part of the period.

    One row per sku × fc × period of the active span, no gaps, sorted by fc, sku, date.
    """

    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    date = dy.Date(primary_key=True, description="day, or first day of the week")
    demand = dy.Float64(nullable=True, min=0, description="units wanted; null where the period was out of stock for part of it")
    demand_at_least = dy.Float64(min=0, description="units sold: a lower bound where the period was partly out of stock")
    in_stock_share = dy.Float64(min=0, max=1, description="share of the period in stock")

    @dy.rule()
    def unknown_only_when_out_of_stock(cls) -> pl.Expr:
        return (pl.col("demand").is_not_null() | (pl.col("in_stock_share") < 1)).fill_null(False)


def period_start(column: str, frequency: Frequency) -> pl.Expr:
    """Return the first day of the period that a date falls into; weeks begin on Monday."""
    return pl.col(column) if frequency == "day" else pl.col(column).dt.truncate("1w")


def last_period(as_of: date, frequency: Frequency) -> date:
    """Return the first day of the last period that is complete at the close of `as_of`."""
    return as_of if frequency == "day" else as_of - timedelta(days=(as_of.weekday() + 1) % 7 + 6)


def build_demand(
    sales: pl.DataFrame,
    availability: pl.DataFrame,
    items: pl.DataFrame,
    *,
    as_of: date,
    frequency: Frequency,
    also: pl.DataFrame | None = None,
) -> dy.DataFrame[Demand]:
    """Return demand per sku × fc × period up to `as_of`.

    A period without a sales row inside the active span is zero. The span begins at the item's launch (or, where that is
    not known or lies before the data, at the first row of sales or availability) and ends at its discontinuation or `as_of`.
    Periods out of stock at least in part have unknown demand; what was sold then is a lower bound.

    Parameters
    ----------
    sales, availability, items
        Input tables as the lake returns them; availability and items may be empty.
    also
        Columns fc, sku: series that exist without ever having sold, such as items first put in stock last night.
        They get one period of unknown demand.
    """
    end = last_period(as_of, frequency)
    sold = _per_period(sales.select("fc", "sku", "date", pl.col("units").alias("value")), end, frequency, pl.col("value").sum())
    stocked = _per_period(
        availability.select("fc", "sku", "date", pl.col("in_stock").alias("value")), end, frequency, pl.col("value").mean()
    )
    series = _spans(sold, stocked, items, end, frequency, also)

    length = series["periods"].to_numpy()
    units = np.zeros(int(length.sum()))
    share = np.ones_like(units)
    never_sold = series["never_sold"].to_numpy().repeat(length)
    share[never_sold] = 0.0
    for table, target in ((sold, units), (stocked, share)):
        rows, values = _rows_of(table, series, frequency)
        target[rows] = values

    step = 1 if frequency == "day" else 7
    spans = series.select(
        "fc", "sku", pl.date_ranges("start", pl.lit(end) if series.is_empty() else "end", interval=f"{step}d").alias("date")
    ).explode("date", empty_as_null=False)
    frame = spans.with_columns(demand_at_least=units, in_stock_share=share).with_columns(
        demand=pl.when(pl.col("in_stock_share") >= FULLY_IN_STOCK).then(pl.col("demand_at_least"))
    )
    return Demand.cast(frame.select(Demand.column_names()))


def _per_period(table: pl.DataFrame, end: date, frequency: Frequency, value: pl.Expr) -> pl.DataFrame:
    if frequency == "day":
        return table.filter(pl.col("date") <= end)
    periods = table.with_columns(period_start("date", frequency)).filter(pl.col("date") <= end)
    return periods.sort("fc", "sku", "date", "value").group_by("fc", "sku", "date", maintain_order=True).agg(value)


def _spans(
    sold: pl.DataFrame, stocked: pl.DataFrame, items: pl.DataFrame, end: date, frequency: Frequency, also: pl.DataFrame | None
) -> pl.DataFrame:
    """Return one row per series: fc, sku, start, end, periods, offset of its first row."""
    seen = (
        pl.concat([sold.select("fc", "sku", "date"), stocked.select("fc", "sku", "date")])
        .group_by("fc", "sku")
        .agg(start=pl.col("date").min())
    )
    first_day = seen["start"].min()
    seen = seen.with_columns(never_sold=pl.lit(False))
    if also is not None:
        unsold = also.select("fc", "sku").unique().join(seen, on=["fc", "sku"], how="anti")
        seen = pl.concat([seen, unsold.with_columns(start=pl.lit(end, dtype=pl.Date), never_sold=pl.lit(True))])
    launch = period_start("launch_date", frequency)
    # A launch before the data began says nothing about when this series' history starts.
    known_launch = pl.when((launch >= pl.lit(first_day, dtype=pl.Date)) & ~pl.col("never_sold")).then(launch)
    step = 1 if frequency == "day" else 7
    return (
        seen.join(items.select("sku", "launch_date", "discontinued_date"), on="sku", how="left")
        .with_columns(
            start=pl.coalesce(known_launch, "start"),
            end=pl.min_horizontal(period_start("discontinued_date", frequency), pl.lit(end, dtype=pl.Date)),
        )
        .filter(pl.col("start") <= pl.col("end"))
        .sort("fc", "sku")
        .with_columns(periods=(pl.col("end") - pl.col("start")).dt.total_days() // step + 1)
        .with_columns(offset=pl.col("periods").cum_sum() - pl.col("periods"))
        .select("fc", "sku", "start", "end", "periods", "offset", "never_sold")
    )


def _rows_of(table: pl.DataFrame, series: pl.DataFrame, frequency: Frequency) -> tuple[np.ndarray, np.ndarray]:
    """Return the flat row and the value of each row of `table` that lies inside its series' span."""
    step = 1 if frequency == "day" else 7
    placed = (
        table.join(series.select("fc", "sku", "start", "end", "offset"), on=["fc", "sku"], how="inner")
        .filter(pl.col("date").is_between("start", "end"))
        .select(row=pl.col("offset") + (pl.col("date") - pl.col("start")).dt.total_days() // step, value="value")
    )
    return placed["row"].to_numpy(), placed["value"].to_numpy()
