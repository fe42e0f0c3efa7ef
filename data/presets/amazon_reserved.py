"""Reserved-inventory report: what reserved units are reserved for → stock, beside a report that tells what is on hand."""

import polars as pl

from data.presets.amazon_restock import becoming_sellable
from data.presets.pools import pools
from data.presets.preset import Export, Preset, TableRows
from data.presets.snapshots import close_before, stock_rows


def stock(export: Export) -> TableRows:
    """Return units reserved for customers, and those that become sellable; on hand is left open."""
    columns = {
        "reserved_becoming_sellable": pl.lit(becoming_sellable(export)),
        "reserved_for_customers": pl.col("reserved_customerorders"),
    }
    return stock_rows(export, close_before(export), pools(export), columns)


RESERVED = Preset(
    title="reserved inventory report",
    required=("sku", "reserved_qty", "reserved_customerorders"),
    optional=("fc_transfer", "fc_processing", "data_time"),
    tables={"stock": stock},
)
