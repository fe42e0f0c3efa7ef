"""data_problem: input that was set aside or is missing, from the run's plan messages."""

import polars as pl

from models.alert_kinds.night import FOUND, Night


def found(night: Night) -> pl.DataFrame:
    """Return one problem per code, table and place of the errors and warnings; errors are urgent."""
    place = ["code", "table", "region", "fc", "sku"]
    problems = (
        night.plan_messages.filter(pl.col("severity").is_in(["error", "warning"]))
        .group_by(place)
        .agg(
            (pl.col("severity") == "error").any().alias("urgent"),
            pl.col("message").sort().first(),
            pl.col("fix").drop_nulls().sort().first(),
            pl.len().alias("count"),
        )
    )
    return problems.select(
        *("region", "fc", "sku"),
        pl.format("{}:{}", "code", pl.col("table").fill_null("")).alias("code"),
        "urgent",
        *(pl.lit(None, dtype=FOUND[name]).alias(name) for name in ("probability", "expected_date", "units_at_risk", "value_at_risk")),
        pl.when(pl.col("count") > 1)
        .then(pl.format("{} (and {} more like it)", "message", pl.col("count") - 1))
        .otherwise(pl.col("message"))
        .alias("message"),
        pl.col("fix").alias("action"),
    ).select(list(FOUND))
