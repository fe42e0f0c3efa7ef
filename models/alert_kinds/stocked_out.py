"""stocked_out: nothing on the shelf while customers want the item."""

import polars as pl

from models.alert_kinds.night import FOUND, Night, counted, plan_words, whole


def found(night: Night) -> pl.DataFrame:
    """Return rows with no stock and some demand; at risk is the demand unmet until the next order could arrive."""
    return (
        night.wanted.filter(pl.col("on_hand") == 0)
        .select(
            *("region", "fc", "sku"),
            pl.lit("").alias("code"),
            pl.lit(True).alias("urgent"),
            pl.col("stockout_probability_without_order").alias("probability"),
            pl.lit(night.as_of).alias("expected_date"),
            pl.col("expected_lost_units").alias("units_at_risk"),
            pl.col("expected_lost_margin").alias("value_at_risk"),
            pl.format(
                "Out of stock with {} on the way; without an order about {} would go unmet before the next one could arrive; {}.",
                whole("inbound_units"),
                counted("expected_lost_units"),
                plan_words(),
            ).alias("message"),
            "action",
            pl.col("order_date").alias("act_by"),
        )
        .select(*FOUND, "act_by")
    )
