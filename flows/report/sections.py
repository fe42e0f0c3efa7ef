"""What a run has to say in messages: kinds of them, and why it recommends nothing."""

from typing import Any

import polars as pl

from flows.report.formats import text

Row = dict[str, Any]
_SEVERITY = {"error": 0, "warning": 1, "info": 2}


def message_groups(messages: pl.DataFrame, limit: int = 100) -> tuple[list[Row], int]:
    """Return plan messages, each kind once with its number and first instance, gravest first, and how many kinds are left out."""
    groups = (
        messages.with_columns(rank=pl.col("severity").replace_strict(_SEVERITY, default=9, return_dtype=pl.Int8))
        .group_by("rank", "severity", "code", "table", "region", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("message", "fix", "fc", "sku").first())
        .sort("rank", "rows", descending=[False, True], maintain_order=True)
    )
    return groups.head(limit).to_dicts(), max(groups.height - limit, 0)


def why_nothing(recommendations: pl.DataFrame, messages: pl.DataFrame) -> Row | None:
    """Return why this run recommends no order at all (`why`, `fix`), or None when orders were worked out.

    `why` completes the sentence "This run recommends nothing because …".
    """
    if recommendations["order_units"].count():
        return None
    about_stock = messages.filter((pl.col("table") == "stock") & pl.col("sku").is_null() & (pl.col("severity") != "info"))
    gravest = about_stock if about_stock.height else messages.filter(pl.col("severity") == "error")
    if gravest.height:
        first = gravest.row(0, named=True)
        return {"why": text(first["message"], 400), "fix": text(first["fix"], 400)}
    if recommendations.height:
        return {"why": "stock is unknown for every item.", "fix": "Deliver the stock table; forecasts are published meanwhile."}
    return {"why": "no item was active on its last day.", "fix": "See whether the sales reach up to the as-of day, and the messages below."}
