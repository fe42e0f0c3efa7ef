"""What sold and what was in stock, laid out as arrays: a row per series, a column per period."""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def outcomes(demand: pl.DataFrame, series: pl.DataFrame, begins: date, periods: int, step_days: int) -> tuple[Floats, Floats]:
    """Return units sold and share in stock, shape (series, periods), nan where an item was not on sale.

    Parameters
    ----------
    demand
        Rows of `Demand`; those outside the periods or of other series are left out.
    series
        Columns fc, sku; its order is the order of the rows.
    begins
        First day of the first period.
    step_days
        Days of a period.
    """
    placed = (
        demand.join(series.select("fc", "sku").with_row_index("row"), on=["fc", "sku"])
        .select("row", "demand_at_least", "in_stock_share", place=(pl.col("date") - pl.lit(begins)).dt.total_days() // step_days)
        .filter(pl.col("place").is_between(0, periods - 1))
    )
    sold, in_stock = (np.full((series.height, periods), np.nan) for _ in range(2))
    row, place = placed["row"].to_numpy(), placed["place"].to_numpy()
    sold[row, place], in_stock[row, place] = placed["demand_at_least"].to_numpy(), placed["in_stock_share"].to_numpy()
    return sold, in_stock
