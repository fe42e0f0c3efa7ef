"""The stock outlook of a run: what arrives, and where stock goes, period by period."""

from datetime import timedelta

import dataframely as dy
import numpy as np
import polars as pl

from models.ordering.paths import DemandPaths
from models.ordering.projection import project_stock
from models.recommendations import UNITS
from models.recommending.basis import Basis

DECIMALS = 2


class StockOutlook(dy.Schema):
    """Projected stock of each sku × fc with known stock, per period of the horizon, on the sample paths that the order came from."""

    run_id = dy.String(description="run that published the row")
    region = dy.String(description="group of fcs that share a forecaster")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    date = dy.Date(primary_key=True, description="day, or first day of the week")
    inbound_units = dy.Float64(min=0, description="units that open order lines bring in the period, on average; without tonight's order")
    stock_p10 = dy.Float64(
        description="stock at the end of the period with tonight's order and no later one, not exceeded with probability 0.1"
    )
    stock_p50 = dy.Float64(description="the same, median; negative where units are owed")
    stock_p90 = dy.Float64(description="the same, not exceeded with probability 0.9")
    stock_p50_without_order = dy.Float64(description="median stock at the end of the period without tonight's order")


def stock_outlook(basis: Basis, paths: DemandPaths, *, horizon: int, lost: bool) -> pl.DataFrame:
    """Return the outlook of the rows whose stock is known (contract `StockOutlook` without run_id), sorted by fc, sku, date.

    Parameters
    ----------
    basis
        What the recommendations were made from; its rows are rows of `paths`.
    horizon
        Periods published.
    lost
        Whether unmet demand is lost; otherwise it waits.
    """
    keys = basis.rows.select("region", "fc", "sku").with_row_index("row")
    # As published: rounded, and after a planner's decision.
    units = basis.rows["order_units"].fill_null(0.0).round(UNITS).to_numpy()
    found = project_stock(basis.series, units, paths, basis.calendar, periods=horizon, lost=lost)
    dates = [basis.calendar.order_date + timedelta(days=basis.calendar.days * period) for period in range(horizon)]
    columns = {
        "inbound_units": found.inbound,
        "stock_p10": found.with_order[:, :, 0],
        "stock_p50": found.with_order[:, :, 1],
        "stock_p90": found.with_order[:, :, 2],
        "stock_p50_without_order": found.without,
    }
    every = keys.select(pl.all().repeat_by(horizon).explode())
    frame = every.with_columns(
        pl.Series("date", dates * keys.height, dtype=pl.Date),
        *(pl.Series(name, np.round(values.reshape(-1).astype(np.float64), DECIMALS)) for name, values in columns.items()),
    )
    known = basis.rows.filter(pl.col("on_hand").is_not_null()).select("fc", "sku")
    return frame.drop("row").join(known, on=["fc", "sku"], how="semi").sort("fc", "sku", "date")
