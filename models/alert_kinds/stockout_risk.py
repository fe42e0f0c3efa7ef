"""stockout_risk: stock that may run out where tonight's order cannot help, or none is placed."""

import polars as pl

from models.alert_kinds.night import FOUND, Night, counted, day, percent, plan_words, whole


def found(night: Night) -> pl.DataFrame:
    """Return rows with stock whose risk is above target before an order could arrive, or whose last order date passes unused.

    Where no order can arrive in time something can be done, by hurrying or moving units, up to the day before the stock-out; where the
    order was not placed, by ordering tonight after all.
    """
    too_late = pl.col("reasons").list.contains("risk_before_arrival")
    unused = (pl.col("order_by_date") <= pl.col("order_date")) & (pl.col("order_units").fill_null(0) == 0)
    before, without = pl.col("stockout_probability_before_arrival"), pl.col("stockout_probability_without_order")
    probability = pl.when(too_late).then(before).otherwise(without)
    until = pl.when(too_late).then(pl.lit("before tonight's order could arrive")).otherwise(pl.lit("before the next order could arrive"))
    expected = pl.coalesce("stockout_date_p50", "stockout_date_p10", "stockout_date_p90")
    sentence = "{} on hand and {} on the way: {} chance of running out {}{}; about {} would go unmet without an order; {}."
    act_by = pl.when(too_late).then(pl.col("expected_date") - pl.duration(days=1)).otherwise("order_by_date")
    return (
        night.wanted.filter(pl.col("on_hand") > 0, too_late | unused.fill_null(False))
        .with_columns(probability.alias("probability"), expected.alias("expected_date"))
        .select(
            *("region", "fc", "sku"),
            pl.lit("").alias("code"),
            pl.lit(False).alias("urgent"),
            "probability",
            "expected_date",
            pl.col("expected_lost_units").alias("units_at_risk"),
            pl.col("expected_lost_margin").alias("value_at_risk"),
            pl.format(
                sentence,
                counted("on_hand"),
                whole("inbound_units"),
                percent("probability"),
                until,
                pl.when(pl.col("expected_date").is_null())
                .then(pl.lit(""))
                .otherwise(pl.format(", most likely around {}", day(pl.col("expected_date")))),
                counted("expected_lost_units"),
                plan_words(),
            ).alias("message"),
            "action",
            pl.when(act_by < pl.col("order_date")).then("order_date").otherwise(act_by).alias("act_by"),
        )
        .select(*FOUND, "act_by")
    )
