"""FBA inventory planning report (inventory health): stock, what is inbound, how long it lasts, by marketplace and day.

→ stock, inbound, items, marketplace_recommendations.
"""

import polars as pl

from data.presets.pools import pools
from data.presets.preset import Export, Preset, TableRows
from data.presets.recommended import recommended_rows
from data.presets.snapshots import inbound_rows, item_rows, snapshot_day, stock_rows

INBOUND = {"working": "inbound_working", "shipped": "inbound_shipped", "receiving": "inbound_received"}
RECOMMENDED = {
    "recommended_units": "recommended_ship_in_quantity",
    "recommended_ship_date": "recommended_ship_in_date",
    "days_of_supply": "days_of_supply",
    "alert": "alert",
    "recommended_action": "recommended_action",
}


def stock(export: Export) -> TableRows:
    """Return what can be sold and what cannot."""
    columns = {"on_hand": pl.col("available"), "unfulfillable": pl.col("unfulfillable_quantity")}
    return stock_rows(export, snapshot_day(export, "snapshot_date"), pools(export, export.rows["marketplace"]), columns)


def inbound(export: Export) -> TableRows:
    """Return units of shipments being made up, on their way, and being received; older reports do not tell them."""
    return inbound_rows(export, snapshot_day(export, "snapshot_date"), pools(export, export.rows["marketplace"]), INBOUND)


def items(export: Export) -> TableRows:
    """Return names, prices and product groups."""
    return item_rows(export, price="your_price", category="product_group")


def recommendations(export: Export) -> TableRows:
    """Return what the marketplace says of each item; older reports name no quantity to send."""
    told = pools(export, export.rows["marketplace"])
    return recommended_rows(export, snapshot_day(export, "snapshot_date"), told, RECOMMENDED)


FBA_PLANNING = Preset(
    title="FBA inventory planning report",
    required=("snapshot_date", "sku", "available"),
    optional=(
        "fnsku",
        "asin",
        "product_name",
        "marketplace",
        "your_price",
        "product_group",
        "unfulfillable_quantity",
        *INBOUND.values(),
        *RECOMMENDED.values(),
    ),
    tables={"stock": stock, "inbound": inbound, "items": items, "marketplace_recommendations": recommendations},
)
