"""Stock-outs: the share of recent time in which the item could not be bought."""

import polars as pl

from data.windows import POINT, fixed, running, window_sum
from features.groups.group import Expressions, FeatureGroup
from features.panel import Panel


def prepare(rows: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Add the running total of the share of each period out of stock."""
    out = fixed(1 - pl.col("in_stock_share"))
    return rows.with_columns(out=out).with_columns(total_out=running(pl.col("out")))


def at_origin(panel: Panel) -> Expressions:
    """Return the out-of-stock share of the last period, season and level window."""
    windows = (1, panel.cadence.windows[1], panel.cadence.level_window)
    return {f"out_of_stock_{window}": window_sum("total_out", window).cast(pl.Float32) / POINT / window for window in windows}


GROUP = FeatureGroup("stockouts", explains="stockouts", prepare=prepare, at_origin=at_origin)
