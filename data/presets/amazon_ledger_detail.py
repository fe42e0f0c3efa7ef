"""Inventory ledger, every event → returns. Its other events are in the balances of the summary, which tells stock."""

import polars as pl

from data.presets.cells import added_up, days
from data.presets.pools import pools
from data.presets.preset import Export, Preset, TableRows


def returns(export: Export) -> TableRows:
    """Return what customers sent back, and what of it can be sold again."""
    back = (export.rows["event_type"].str.replace_all(r"[\s_-]", "").str.to_lowercase() == "customerreturns").fill_null(False)
    sellable = (export.rows["disposition"].str.to_lowercase() == "sellable").fill_null(False)
    named = export.rows.select(pl.coalesce("store", "country")).to_series()
    keys = pl.DataFrame([export.rows["sku"], days(export, "date").alias("date"), pools(export, named)])
    rows = added_up(export, keys, {"units": ("quantity", back), "resellable_units": ("quantity", back & sellable)})
    return TableRows(rows.filter(pl.col("units").cast(pl.Float64, strict=False) != 0.0))


LEDGER_DETAIL = Preset(
    title="inventory ledger (detail)",
    required=("date", "sku", "event_type", "quantity", "disposition"),
    optional=("store", "country"),
    tables={"returns": returns},
)
