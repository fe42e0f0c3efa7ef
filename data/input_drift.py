"""Inputs of the newest week against those of the weeks before: rows, series, units, stock, prices, unknown items. No I/O here."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from data.messages import PlanMessage
from data.robust_limits import limits
from data.windows import POINT, fixed

WEEKS = 8
"""Weeks before the newest that it is compared with."""

LEAST_WEEKS = 6
"""Fewest of them from which anything is told."""

LEAST_ROWS = 50
"""Fewest rows of a usual week: counts of a few dozen swing by themselves."""


@dataclass(frozen=True)
class Measure:
    """One thing that is watched. floor: least change that counts, of the logarithm where `ratio`, else of the share itself."""

    name: str
    says: str
    floor: float
    ratio: bool
    table: str = "sales"


MEASURES = (
    Measure("rows", "rows of sales", math.log(1.6), ratio=True),
    Measure("series", "sku × fc with sales", math.log(1.5), ratio=True),
    Measure("units", "units sold", math.log(2.0), ratio=True),
    Measure("price", "prices against each item's usual one", math.log(1.3), ratio=True),
    Measure("without_price", "share of rows of sales without a price", 0.2, ratio=False),
    Measure("unknown_items", "share of rows of sales whose sku `items` does not have", 0.1, ratio=False, table="items"),
    Measure("in_stock", "mean share in stock", 0.25, ratio=False, table="availability"),
)


def first_day(as_of: date) -> date:
    """Return the first day that is looked at."""
    return as_of - timedelta(days=7 * (WEEKS + 1) - 1)


def weekly_measures(sales: pl.DataFrame, availability: pl.DataFrame, items: Collection[str], as_of: date) -> pl.DataFrame:
    """Return the MEASURES of the newest week and the WEEKS before it, one row a week with sales, week 0 being the seven days to `as_of`.

    Parameters
    ----------
    sales, availability
        A region's, by their contracts, from `first_day` to `as_of`.
    items
        Every sku that the table items has; with none `unknown_items` is null.
    """
    week = ((pl.lit(as_of) - pl.col("date")).dt.total_days() // 7).alias("week")
    known = sales.filter(pl.col("date").is_between(first_day(as_of), as_of)).with_columns(week)
    usual = known.filter(pl.col("week") > 0).group_by("sku").agg(pl.col("price").median().alias("usual"))
    by_item = known.group_by("week", "sku").agg(pl.col("price").median()).join(usual, on="sku").filter(pl.col("usual") > 0)
    prices = by_item.group_by("week").agg((pl.col("price") / pl.col("usual")).median().alias("price"))
    unknown = ~pl.col("sku").is_in(sorted(items)) if items else pl.lit(None, dtype=pl.Boolean)
    counted = known.group_by("week").agg(
        pl.len().cast(pl.Float64).alias("rows"),
        pl.struct("fc", "sku").n_unique().cast(pl.Float64).alias("series"),
        (fixed(pl.col("units")).sum() / POINT).alias("units"),
        pl.col("price").is_null().mean().alias("without_price"),
        unknown.mean().alias("unknown_items"),
    )
    stock = availability.filter(pl.col("date").is_between(first_day(as_of), as_of)).with_columns(week)
    shares = stock.group_by("week").agg((fixed(pl.col("in_stock")).sum() / POINT / pl.len()).alias("in_stock"))
    found = counted.join(prices, on="week", how="left").join(shares, on="week", how="left")
    return found.sort("week").select("week", *(measure.name for measure in MEASURES))


def drift_messages(measures: pl.DataFrame, region: str, as_of: date) -> list[PlanMessage]:
    """Return a message per measure of the newest week that lies beyond what the weeks before it make likely."""
    newest, before = measures.filter(pl.col("week") == 0), measures.filter(pl.col("week") > 0)
    if newest.is_empty() or before.height < LEAST_WEEKS or float(before["rows"].to_numpy().mean()) < LEAST_ROWS:
        return []
    said = []
    for measure in MEASURES:
        value, past = newest[measure.name].item(), before[measure.name].drop_nulls().to_list()
        if value is None or len(past) < LEAST_WEEKS or (measure.ratio and min(value, *past) <= 0):
            continue
        scale = math.log if measure.ratio else float
        likely = limits([scale(number) for number in past], floor=measure.floor)
        if not likely.hold(scale(value)):
            back = math.exp if measure.ratio else float
            said.append(_message(measure, value, back(likely.usual), back(likely.low), back(likely.high), region, as_of))
    return said


def _message(measure: Measure, value: float, usual: float, low: float, high: float, region: str, as_of: date) -> PlanMessage:
    return PlanMessage(
        code="input_drift",
        table=measure.table,
        region=region,
        message=f"{measure.says} in the week to {as_of}: {value:,.4g} in region {region}, where it usually is {usual:,.4g} (likely from "
        f"{max(low, 0):,.4g} to {high:,.4g}, by the {WEEKS} weeks before)",
        fix="see whether the source changed: an export cut short or doubled, another unit or currency, fcs or items renamed; deliver the "
        "days again where it did. Where the business itself changed there is nothing to mend: the message ends when the new level is usual",
    )
