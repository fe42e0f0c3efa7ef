"""overstock: stock that outlasts the limit."""

import polars as pl

from models.alert_kinds.night import FOUND, Night, units


def found(night: Night) -> pl.DataFrame:
    """Return rows whose stock and inbound outlast `overstock_days`; at risk are the units beyond it, at unit cost."""
    limit = night.settings.overstock_days
    held = pl.col("on_hand") + pl.col("inbound_units")
    beyond = held * (1 - limit / pl.col("days_of_cover_with_inbound"))
    return (
        night.wanted.filter(pl.col("reasons").list.contains("overstock"))
        .with_columns(beyond.clip(lower_bound=0).round(3).alias("beyond"))
        .select(
            *("region", "fc", "sku"),
            pl.lit("").alias("code"),
            pl.lit(False).alias("urgent"),
            pl.lit(None, dtype=pl.Float64).alias("probability"),
            pl.lit(None, dtype=pl.Date).alias("expected_date"),
            pl.col("beyond").alias("units_at_risk"),
            (pl.col("beyond") * pl.col("unit_cost")).round(2).alias("value_at_risk"),
            pl.format(
                "{} units on hand and {} on the way last {} days, {} units more than the limit of {} days needs.",
                units(pl.col("on_hand")),
                units(pl.col("inbound_units")),
                units(pl.col("days_of_cover_with_inbound").round(0)),
                units(pl.col("beyond")),
                pl.lit(f"{limit:g}"),
            ).alias("message"),
            "action",
        )
        .select(list(FOUND))
    )
