"""Stock as of a date: the newest snapshot not after it, rolled forward where it is older."""

from datetime import date

import dataframely as dy
import polars as pl

MICRO = 1_000_000
"""Units are added as whole millionths: sums of integers do not depend on the order of rows."""


class StockPosition(dy.Schema):
    """What lay where at the close of as_of. A sku × fc without a row is unknown, not zero."""

    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    snapshot_date = dy.Date(description="day whose close the snapshot shows")
    on_hand = dy.Float64(min=0, description="units sellable at the close of as_of")
    reserved_becoming_sellable = dy.Float64(min=0, description="units on their way to the shelf, sellable on the order date")
    backordered = dy.Float64(min=0, description="units owed to customers")
    age_days = dy.Int64(min=0, description="days from the snapshot to as_of")
    stock_rolled_forward = dy.Bool(description="whether sales and receipts since an older snapshot were booked on it")


def stock_position(stock: pl.DataFrame, sales: pl.DataFrame, receipts: pl.DataFrame | None, as_of: date) -> dy.DataFrame[StockPosition]:
    """Return stock at the close of `as_of`, sorted by fc and sku.

    A snapshot shows the close of its day, so sales and receipts from the day after it up to `as_of` are booked on an
    older one; what is left is never below zero. Snapshots after `as_of` are not looked at.

    Parameters
    ----------
    stock, sales, receipts
        Tables of the input contracts `Stock`, `Sales`, `Receipts`; units in units of the item. Without receipts nothing came.
    as_of
        The last complete day.
    """
    newest = (
        stock.lazy()
        .filter(pl.col("date") <= as_of)
        .filter(pl.col("date") == pl.col("date").max().over("fc", "sku"))
        .select(
            "fc",
            "sku",
            "on_hand",
            pl.col("date").alias("snapshot_date"),
            pl.col("reserved_becoming_sellable", "backordered").fill_null(0.0),
            (pl.lit(as_of) - pl.col("date")).dt.total_days().alias("age_days"),
        )
        .collect()
    )
    older = newest.filter(pl.col("age_days") > 0).select("fc", "sku", "snapshot_date")
    moved = [_since(older, sales.select("fc", "sku", "date", "units"), as_of, "sold")]
    if receipts is not None:
        came = pl.coalesce("units_received", "units_ordered").alias("units")
        moved.append(_since(older, receipts.select("fc", "sku", pl.col("received_date").alias("date"), came), as_of, "came"))
    else:
        moved.append(older.select("fc", "sku", pl.lit(0.0).alias("came")))
    for change in moved:
        newest = newest.join(change, on=["fc", "sku"], how="left")
    change_since = pl.col("came").fill_null(0.0) - pl.col("sold").fill_null(0.0)
    return StockPosition.validate(
        newest.with_columns(
            (pl.col("on_hand") + change_since).clip(lower_bound=0.0), (pl.col("age_days") > 0).alias("stock_rolled_forward")
        )
        .select(StockPosition.column_names())
        .sort("fc", "sku")
    )


def _since(older: pl.DataFrame, movements: pl.DataFrame, as_of: date, name: str) -> pl.DataFrame:
    """Return, per fc and sku of `older`, the units moved after its snapshot and up to `as_of`."""
    if older.is_empty():
        return older.select("fc", "sku", pl.lit(0.0).alias(name))
    earliest = older.get_column("snapshot_date").min()
    return (
        movements.lazy()
        .filter(pl.col("date") > earliest, pl.col("date") <= as_of)
        .join(older.lazy(), on=["fc", "sku"])
        .filter(pl.col("date") > pl.col("snapshot_date"))
        .group_by("fc", "sku")
        .agg(((pl.col("units") * MICRO).round().cast(pl.Int64).sum() / MICRO).alias(name))
        .collect()
    )
