"""Idle series: how long an item in stock has not sold."""

import numpy as np
import polars as pl

MOSTLY = 0.5
"""Share of a period in stock from which it counts as one in which the item could have sold."""


def idle_series(demand: pl.DataFrame) -> pl.DataFrame:
    """Return a row per series of `demand`: fc, sku, last_sold, idle_periods; sorted by fc and sku.

    last_sold: first day of the last period with a sale, null where there is none; idle_periods: periods after it, or all, that were mostly
    in stock.

    Parameters
    ----------
    demand
        Contract `Demand`: sorted by fc, sku, date, no gaps.
    """
    if demand.is_empty():
        return pl.DataFrame(schema={"fc": pl.String, "sku": pl.String, "last_sold": pl.Date, "idle_periods": pl.Int64})
    change = (demand["fc"] != demand["fc"].shift(1)).fill_null(True) | (demand["sku"] != demand["sku"].shift(1)).fill_null(True)
    first = np.flatnonzero(change)
    last = np.append(first[1:], demand.height) - 1
    rows = np.arange(demand.height)
    sold = np.maximum.reduceat(np.where((demand["demand_at_least"] > 0).to_numpy(), rows, -1), first)
    in_stock = np.cumsum((demand["in_stock_share"] >= MOSTLY).to_numpy())
    before = np.where(sold >= 0, in_stock[sold], np.where(first > 0, in_stock[first - 1], 0))
    return demand.select(pl.col("fc", "sku").gather(first)).with_columns(
        last_sold=pl.select(pl.when(pl.Series(sold >= 0)).then(demand["date"].gather(np.maximum(sold, 0)))).to_series(),
        idle_periods=pl.Series(in_stock[last] - before, dtype=pl.Int64),
    )
