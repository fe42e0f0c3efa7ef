"""Restock report: stock, what is inbound, what to send → stock, inbound, items, marketplace_recommendations. It names no day."""

import polars as pl

from data.presets.cells import numbers
from data.presets.pools import pools
from data.presets.preset import Export, Preset, TableRows
from data.presets.recommended import recommended_rows
from data.presets.snapshots import close_before, inbound_rows, item_rows, stock_rows

INBOUND = {"working": "working", "shipped": "shipped", "receiving": "receiving"}
RECOMMENDED = {
    "recommended_units": "recommended_replenishment_qty",
    "recommended_ship_date": "recommended_ship_date",
    "days_of_supply": "days_of_supply",
    "days_of_supply_with_inbound": "days_of_supply_with_inbound",
    "alert": "alert",
    "recommended_action": "recommended_action",
}


def stock(export: Export) -> TableRows:
    """Return what can be sold, what moves between warehouses or is being processed, what is promised, what cannot be sold."""
    moving = becoming_sellable(export)
    columns = {
        "on_hand": pl.col("available"),
        "reserved_becoming_sellable": pl.lit(moving),
        "reserved_for_customers": pl.col("customer_order"),
        "unfulfillable": pl.col("unfulfillable"),
    }
    return stock_rows(export, close_before(export), pools(export, export.rows["country"]), columns)


def becoming_sellable(export: Export) -> pl.Series:
    """Return units in transfer between warehouses and in processing; null where a report tells neither."""
    transfer, processing = (numbers(export, name).values for name in ("fc_transfer", "fc_processing"))
    told = transfer.is_not_null() | processing.is_not_null()
    return pl.select(pl.when(told).then(transfer.fill_null(0.0) + processing.fill_null(0.0))).to_series()


def inbound(export: Export) -> TableRows:
    """Return units of shipments being made up, on their way, and being received."""
    return inbound_rows(export, close_before(export), pools(export, export.rows["country"]), INBOUND)


def items(export: Export) -> TableRows:
    """Return names, prices and suppliers."""
    told = item_rows(export, price="price", supplier="supplier").frame
    assigned = pl.col("supplier").str.to_lowercase() != "unassigned"
    return TableRows(told.with_columns(pl.when(assigned).then("supplier").alias("supplier")))


def recommendations(export: Export) -> TableRows:
    """Return what the marketplace recommends to send, and by when."""
    return recommended_rows(export, close_before(export), pools(export, export.rows["country"]), RECOMMENDED)


RESTOCK = Preset(
    title="restock report",
    required=("sku", "available", "recommended_replenishment_qty"),
    optional=(
        "country",
        "product_name",
        "fnsku",
        "asin",
        "supplier",
        "price",
        "fc_transfer",
        "fc_processing",
        "customer_order",
        "unfulfillable",
        "data_time",
        *INBOUND.values(),
        *(column for column in RECOMMENDED.values() if column != "recommended_replenishment_qty"),
    ),
    tables={"stock": stock, "inbound": inbound, "items": items, "marketplace_recommendations": recommendations},
)
