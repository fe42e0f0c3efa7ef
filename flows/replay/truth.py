"""What really happened: units sold and the share of each period in stock, for every series of a lake, on one calendar."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.demand import build_demand
from flows.stages.night import Night
from models.replay.outcomes import outcomes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """Outcomes of every series.

    series: columns region, fc, sku, a row per series, sorted; sold, in_stock: shape (series, periods), units and share, nan where the
    item was not on sale; begins: first day of the first period.
    """

    series: pl.DataFrame
    sold: Floats
    in_stock: Floats
    begins: date
    step_days: int

    def place(self, day: date) -> int:
        """Return the column of the period that ends on `day` or contains it."""
        return (day - self.begins).days // self.step_days


def what_happened(night: Night, regions: list[str]) -> Truth:
    """Return sales and availability of all regions up to the night's `as_of`, from the first sale on."""
    step = night.cadence.step_days
    parts = []
    for region in regions:
        demand = build_demand(
            night.table("sales", region, until=night.as_of),
            night.table("availability", region, until=night.as_of),
            night.table("items"),
            as_of=night.as_of,
            frequency=night.settings.frequency,
        )
        parts.append(demand.select(pl.lit(region).alias("region"), "fc", "sku", "date", "demand_at_least", "in_stock_share"))
    rows = pl.concat(parts)
    series = rows.select("region", "fc", "sku").unique().sort("region", "fc", "sku")
    begins: date = rows.select(pl.col("date").min()).item()
    periods = (night.end - begins).days // step + 1
    sold, in_stock = outcomes(rows, series, begins, periods, step)
    return Truth(series, sold, in_stock, begins, step)


def first_day(period: int, truth: Truth) -> date:
    """Return the first day of a column."""
    return truth.begins + timedelta(days=period * truth.step_days)
