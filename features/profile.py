"""What a series looked like lately: recent level and variation of in-stock demand, for classing items and for simple rules."""

from datetime import timedelta

import numpy as np
import polars as pl

from data.windows import POINT, window_sum, window_variance
from features.panel import Panel


def series_profile(rows: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Return one row per series, in the panel's order, as of its last known period.

    Parameters
    ----------
    rows
        The panel's rows with the working columns of the level group.

    Returns
    -------
    Columns: fc, sku; active: whether the series reaches the end of history and is on sale after it; mean_demand and sd_demand per
    period, units, over the last two level windows of in-stock periods (null where there were none); known: number of in-stock
    periods ever; whole_units: whether every quantity is an integer.
    """
    recent = 2 * panel.cadence.level_window
    count = window_sum("total_observed", recent)
    mean = pl.when(count > 0).then(window_sum("total_units", recent) / (count * POINT))
    # The spread of a sample: n − 1 in the denominator.
    sd = (window_variance("total_units", "total_squares", "total_observed", recent) * count / (count - 1)).sqrt()
    fractional = (pl.col("sold") % POINT != 0).any()
    lately = rows.select(mean_demand=mean, sd_demand=pl.when(count > 1).then(sd), known="total_observed")
    whole = rows.group_by("series").agg(whole_units=~fractional).sort("series").select("whole_units")
    last = panel.series["last"]
    until, last_day = panel.series["on_sale_until"], panel.end + timedelta(days=panel.cadence.step_days - 1)
    active = (panel.rows["date"].gather(last) == panel.end) & (until > last_day).fill_null(True)
    return pl.concat([panel.series.select("fc", "sku", active=active), lately.select(pl.all().gather(last)), whole], how="horizontal")


def histories(demand: np.ndarray, series: pl.DataFrame) -> list[np.ndarray]:
    """Return in-stock demand of the given series, oldest first, nan where unknown.

    Parameters
    ----------
    demand
        Demand of every row of a panel.
    series
        Rows of the panel's series table: columns first and last.
    """
    return [demand[first : last + 1].astype(float) for first, last in series.select("first", "last").iter_rows()]
