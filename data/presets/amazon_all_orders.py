"""All-orders report: order lines by order date or by last update → sales by day, and names of items.

An order is there in every report whose window holds it; the newest state of it counts (`data.presets.combining`). Cancelled
lines are sales of nothing, so that a day delivered again is told that the order is gone. Pending lines have units and no
price yet; they count unless the config leaves them out.
"""

import polars as pl

from data.messages import PlanMessage
from data.presets.cells import days, moments, numbers
from data.presets.pools import commonest_marketplace, places, pools
from data.presets.preset import Export, Preset, TableRows

CANCELLED = ("cancelled", "canceled", "storniert", "annulé", "annullato", "cancelado", "キャンセル", "キャンセル済み", "已取消")
PENDING = ("pending", "pendingavailability", "ausstehend", "en attente", "in attesa", "pendiente", "保留中", "保留", "待处理", "等待中")
MERCHANT = ("merchant", "mfn", "merchant fulfilled", "verkäufer", "vendeur", "出品者", "卖家")


def sales(export: Export) -> TableRows:
    """Return a row per order line: units and the price paid per unit, without what a promotion took off."""
    rows = export.rows
    channels = _channels(export)
    cancelled = _has_status(export, CANCELLED)
    pending = _has_status(export, PENDING) & ~cancelled
    foreign = rows["fulfillment_channel"].str.to_lowercase().is_in(MERCHANT).fill_null(False)
    left_out = pl.Series([False]).new_from_index(0, rows.height) if export.settings.merchant_fulfilled else foreign
    nothing = cancelled if export.settings.pending else cancelled | pending
    units, paid, off = (numbers(export, name).values for name in ("quantity", "item_price", "item_promotion_discount"))
    price = (paid - off.fill_null(0.0).abs()).clip(lower_bound=0.0)
    frame = rows.select(
        "source_line",
        "sku",
        days(export, "purchase_date", channels).alias("date"),
        _fcs(export, channels),
        pl.when(nothing).then(pl.lit("0")).otherwise("quantity").alias("units"),
        pl.when(~nothing & (units > 0)).then(price / units).alias("price"),
        pl.col("amazon_order_id").alias("order_id"),
        moments(export, "last_updated_date").alias("updated"),
    )
    told = [
        _counted(export, cancelled, "cancelled", "they count as no sale"),
        _counted(export, pending, "pending", "they count, without a price" if export.settings.pending else "they count as no sale"),
        _counted(
            export, left_out, "fulfilled by the merchant", "they were left out; [inputs.exports] merchant_fulfilled = true counts them"
        ),
    ]
    return TableRows(frame.filter(~left_out), tuple(message for message in told if message is not None))


def items(export: Export) -> TableRows:
    """Return the newest name of each item."""
    frame = export.rows.select(
        "source_line", "sku", pl.col("product_name").alias("name"), "asin", pl.lit(export.seller, pl.String).alias("seller")
    )
    return TableRows(frame.drop_nulls("sku").unique("sku", keep="last", maintain_order=True))


def _channels(export: Export) -> pl.Series:
    """Sales channel of each line; orders of other channels are served from the pool of the marketplace that most lines name."""
    channel = export.rows["sales_channel"]
    bare = channel.str.to_lowercase().is_in(["non-amazon"]).fill_null(False) | channel.is_null()
    home = export.settings.marketplace or commonest_marketplace(channel)
    return pl.select(pl.when(bare & pl.lit(home is not None)).then(pl.lit(home, pl.String)).otherwise(channel)).to_series()


def _fcs(export: Export, channels: pl.Series) -> pl.Series:
    by = export.settings.orders_by
    if by == "marketplace":
        return pools(export, channels)
    return places(export, export.rows[by])


def _has_status(export: Export, words: tuple[str, ...]) -> pl.Series:
    told = pl.col("order_status", "item_status").str.to_lowercase().is_in(words).fill_null(False)
    return export.rows.select(pl.any_horizontal(told)).to_series()


def _counted(export: Export, lines: pl.Series, what: str, then: str) -> PlanMessage | None:
    if not (count := int(lines.sum())):
        return None
    return PlanMessage(
        code="order_lines_" + what.split()[-1],
        severity="info",
        table="sales",
        message=f"{export.name}: {count:,} of {lines.len():,} order lines are {what}: {then}.",
    )


ALL_ORDERS = Preset(
    title="all-orders report",
    required=("amazon_order_id", "purchase_date", "order_status", "sku", "quantity"),
    optional=(
        "last_updated_date",
        "fulfillment_channel",
        "sales_channel",
        "product_name",
        "asin",
        "item_status",
        "item_price",
        "item_promotion_discount",
        "ship_state",
        "ship_country",
    ),
    tables={"sales": sales, "items": items},
)
