"""Inventory ledger, summary by day → stock at each day's close, days out of stock, returns.

Receipts and units lost or found are in the balances, so they are in stock. They make no rows of `receipts`: the ledger does not
know when a shipment was ordered, and a receipt without that day would teach a lead time of nothing.
"""

import polars as pl

from data.presets.cells import added_up, days
from data.presets.pools import pools
from data.presets.preset import Export, Preset, TableRows

PARTLY = 0.5
"""Share in stock of a day that began or ended without stock, but not both: the ledger does not say when it ran out."""


def stock(export: Export) -> TableRows:
    """Return balances at the close of each day over all warehouses; units reserved for customers are still in them."""
    sellable = _sellable(export)
    balance = "ending_warehouse_balance"
    return TableRows(added_up(export, _keys(export), {"on_hand": (balance, sellable), "unfulfillable": (balance, ~sellable)}))


def availability(export: Export) -> TableRows:
    """Return days out of stock, wholly or in part. The ledger leaves out days on which nothing lay there and nothing moved."""
    sellable = _sellable(export)
    balances = {"opening": ("starting_warehouse_balance", sellable), "closing": ("ending_warehouse_balance", sellable)}
    told = added_up(export, _keys(export), balances).with_columns(
        pl.col("opening", "closing").cast(pl.Float64, strict=False), pl.col("date").str.to_date("%Y-%m-%d", strict=False)
    )
    told = told.drop_nulls(["date", "opening", "closing"])
    out = (pl.col("opening") <= 0) & (pl.col("closing") <= 0)
    part = (pl.col("opening") <= 0) | (pl.col("closing") <= 0)
    share = pl.when(out).then(0.0).when(part).then(PARTLY).otherwise(1.0).alias("in_stock")
    rows = told.select("source_line", "sku", "date", "fc", share)
    return TableRows(pl.concat([rows, _silent_days(told)]).sort("fc", "sku", "date"))


def _silent_days(told: pl.DataFrame) -> pl.DataFrame:
    """Days between two rows of an item, or after its last one up to the ledger's last day, where the row before ended at nothing."""
    last = told["date"].max()
    until = pl.col("date").shift(-1).over("fc", "sku", order_by="date").fill_null(pl.lit(last).dt.offset_by("1d"))
    gaps = told.with_columns(until.alias("until")).filter(pl.col("closing") <= 0).with_columns(pl.col("date").dt.offset_by("1d"))
    gaps = gaps.filter(pl.col("date") < pl.col("until"))
    silent = gaps.with_columns(pl.date_ranges("date", "until", closed="left").alias("date")).explode("date")
    return silent.select("source_line", "sku", "date", "fc", pl.lit(0.0).alias("in_stock"))


def returns(export: Export) -> TableRows:
    """Return what customers sent back, and what of it can be sold again."""
    everything = pl.repeat(True, export.rows.height, eager=True)
    sums = {"units": ("customer_returns", everything), "resellable_units": ("customer_returns", _sellable(export))}
    rows = added_up(export, _keys(export), sums)
    return TableRows(rows.filter(pl.col("units").cast(pl.Float64, strict=False) != 0.0))


def _keys(export: Export) -> pl.DataFrame:
    named = export.rows.select(pl.coalesce("store", "country", "location")).to_series()
    if export.settings.marketplace is not None:  # a location may be a warehouse, which is no marketplace
        named = export.rows.select(pl.coalesce("store", "country")).to_series()
    return pl.DataFrame([export.rows["sku"], days(export, "date").alias("date"), pools(export, named)])


def _sellable(export: Export) -> pl.Series:
    return (export.rows["disposition"].str.to_lowercase() == "sellable").fill_null(False)


LEDGER_SUMMARY = Preset(
    title="inventory ledger (summary)",
    required=("date", "sku", "disposition", "starting_warehouse_balance", "ending_warehouse_balance"),
    optional=("customer_returns", "store", "country", "location"),
    tables={"stock": stock, "availability": availability, "returns": returns},
)
