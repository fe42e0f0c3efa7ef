"""What a row's class decides: the service level it aims at, where nobody named one, and how much holding weighs."""

import polars as pl

from models.settings import ReplenishmentSettings


def with_service_levels(rows: pl.DataFrame, settings: ReplenishmentSettings) -> pl.DataFrame:
    """Return `rows` with service_level filled where neither a planner nor supply gives one, and service_class.

    service_class: the key of `service_levels` that the level was read from, null where another source holds. Columns needed: abc, xyz,
    service_level.
    """
    keys = [pl.concat_str("abc", "xyz"), pl.col("abc"), pl.col("xyz")]
    named = pl.coalesce(pl.when(key.is_in(list(settings.service_levels))).then(key) for key in keys)
    return rows.with_columns(pl.when(pl.col("service_level").is_null()).then(named).alias("service_class")).with_columns(
        pl.coalesce(
            "service_level",
            pl.col("service_class").replace_strict(
                list(settings.service_levels), list(settings.service_levels.values()), default=None, return_dtype=pl.Float64
            ),
            pl.lit(settings.service_level),
        ).alias("service_level")
    )


def with_holding_weights(rows: pl.DataFrame, settings: ReplenishmentSettings) -> pl.DataFrame:
    """Return `rows` with holding_weight, how many times its cost holding counts when orders are chosen: by abc, 1 where none is set."""
    weights = settings.holding_weights
    of_class = pl.col("abc").replace_strict(list(weights), list(weights.values()), default=1.0, return_dtype=pl.Float64)
    return rows.with_columns(of_class.fill_null(1.0).alias("holding_weight"))
