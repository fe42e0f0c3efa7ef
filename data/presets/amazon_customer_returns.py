"""FBA customer returns report: each return → returns by day."""

import polars as pl

from data.presets.cells import added_up, days
from data.presets.pools import pools
from data.presets.preset import Export, Preset, TableRows


def returns(export: Export) -> TableRows:
    """Return what customers sent back, and what of it can be sold again."""
    everything = pl.repeat(True, export.rows.height, eager=True)
    sellable = (export.rows["detailed_disposition"].str.to_lowercase() == "sellable").fill_null(False)
    keys = pl.DataFrame([export.rows["sku"], days(export, "return_date").alias("date"), pools(export)])
    return TableRows(added_up(export, keys, {"units": ("quantity", everything), "resellable_units": ("quantity", sellable)}))


CUSTOMER_RETURNS = Preset(
    title="customer returns report",
    required=("return_date", "sku", "quantity", "detailed_disposition"),
    optional=(),
    tables={"returns": returns},
)
