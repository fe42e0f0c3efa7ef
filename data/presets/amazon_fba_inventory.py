"""Manage-FBA-inventory report (MYI): stock and what is inbound now → stock, inbound, items. It names neither day nor marketplace."""

import polars as pl

from data.presets.pools import pools
from data.presets.preset import Export, Preset, TableRows
from data.presets.snapshots import close_before, inbound_rows, item_rows, stock_rows

INBOUND = {
    "working": "afn_inbound_working_quantity",
    "shipped": "afn_inbound_shipped_quantity",
    "receiving": "afn_inbound_receiving_quantity",
}


def stock(export: Export) -> TableRows:
    """Return what can be sold and what cannot. The report does not say what reserved units are reserved for: they are no stock."""
    columns = {"on_hand": pl.col("afn_fulfillable_quantity"), "unfulfillable": pl.col("afn_unsellable_quantity")}
    return stock_rows(export, close_before(export), pools(export), columns)


def inbound(export: Export) -> TableRows:
    """Return units of shipments being made up, on their way, and being received."""
    return inbound_rows(export, close_before(export), pools(export), INBOUND)


def items(export: Export) -> TableRows:
    """Return names and prices."""
    return item_rows(export, price="your_price")


FBA_INVENTORY = Preset(
    title="FBA inventory report",
    required=("sku", "afn_fulfillable_quantity"),
    optional=("fnsku", "asin", "product_name", "your_price", "afn_unsellable_quantity", "data_time", *INBOUND.values()),
    tables={"stock": stock, "inbound": inbound, "items": items},
)
