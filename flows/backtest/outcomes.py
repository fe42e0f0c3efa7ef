"""What really happened after an origin: units sold and the share of each period in stock, series by series."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.demand import build_demand
from flows.stages.night import Night

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """sold, in_stock: shape (series, horizon), units and share of the period in stock; nan where the item was no longer on sale."""

    sold: Floats
    in_stock: Floats


def outcomes(night: Night, region: str, series: pl.DataFrame) -> Outcomes:
    """Return the outcomes of the horizon after a night.

    Parameters
    ----------
    night
        Of the origin; the lake it reads knows the periods after it.
    region
        Whose series are judged.
    series
        Columns fc, sku: the rows.
    """
    horizon, step = night.settings.horizon, night.cadence.step_days
    begins, ends = night.end + timedelta(days=step), night.as_of + timedelta(days=step * horizon)
    items = night.table("items").with_columns(launch_date=pl.lit(None, dtype=pl.Date))
    demand = build_demand(
        night.table("sales", region, since=begins, until=ends),
        night.table("availability", region, since=begins, until=ends),
        items,
        as_of=ends,
        frequency=night.settings.frequency,
    )
    place = (pl.col("date") - pl.lit(begins)).dt.total_days() // step
    found = (
        series.select("fc", "sku")
        .with_row_index("row")
        .join(demand.select("fc", "sku", "demand_at_least", "in_stock_share", place=place), on=["fc", "sku"])
    )
    # Without a row of sales or availability nothing was sold, though it was there to be bought.
    sold, in_stock = np.zeros((series.height, horizon)), np.ones((series.height, horizon))
    rows, columns = found["row"].to_numpy(), found["place"].to_numpy()
    sold[rows, columns], in_stock[rows, columns] = found["demand_at_least"].to_numpy(), found["in_stock_share"].to_numpy()
    until = series.select("sku").join(items.select("sku", "discontinued_date"), on="sku", how="left", maintain_order="left")[
        "discontinued_date"
    ]
    days = np.datetime64(begins, "D") + step * np.arange(horizon)
    gone = days > until.to_numpy().astype("datetime64[D]")[:, None]
    sold[gone], in_stock[gone] = np.nan, np.nan
    return Outcomes(sold, in_stock)
