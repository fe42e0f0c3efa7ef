"""demand_shift: a forecast that moved further since the last run than the demand observed in between warrants."""

import polars as pl

from models.alert_kinds.night import FOUND, Night, day, units
from models.stability import SURPRISE

LEAST_SHARE = 0.2
"""Least move, as a share of the larger of both forecasts."""

LEAST_UNITS = 5.0
"""Least units beyond what the news warrants, over the periods that both runs forecast, where no unit cost is known."""

MOST = 20
"""Most alerts of this kind: where everything moves the metrics say so, and a list of everything tells nobody what to look at."""


def found(night: Night) -> pl.DataFrame:
    """Return the largest unwarranted moves; at risk are the units beyond what the news warrants, at unit cost.

    A move matters from a tenth of `large_value` on, or from LEAST_UNITS where costs are unknown.
    """
    costs = night.priced.select("fc", "sku", "unit_cost", "action")
    larger = pl.max_horizontal("before", "now")
    value = (pl.col("beyond") * pl.col("unit_cost")).round(2)
    matters = (
        pl.when(pl.col("unit_cost").is_null())
        .then(pl.col("beyond") >= LEAST_UNITS)
        .otherwise(pl.col("beyond") * pl.col("unit_cost") >= night.settings.large_value / 10)
    )
    moved = (
        night.news.moves.filter(pl.col("beyond") > 0, (pl.col("now") - pl.col("before")).abs() >= LEAST_SHARE * larger)
        .join(costs, on=["fc", "sku"], how="left")
        .filter(matters)
        .with_columns(value.alias("value"), pl.col("beyond").round(3))
        .sort(["value", "beyond", "region", "fc", "sku"], descending=[True, True, False, False, False], nulls_last=True)
        .head(MOST)
    )
    share = pl.when(pl.col("before") > 0).then(pl.format(" ({}%)", _signed((pl.col("now") / pl.col("before") - 1) * 100)))
    return moved.select(
        *("region", "fc", "sku"),
        pl.lit("").alias("code"),
        pl.lit(False).alias("urgent"),
        pl.lit(None, dtype=pl.Float64).alias("probability"),
        pl.lit(night.as_of).dt.offset_by("1d").alias("expected_date"),
        pl.col("beyond").alias("units_at_risk"),
        pl.col("value").alias("value_at_risk"),
        pl.format(
            "The forecast of the same {} periods went from {} to {} units{}; what sold since the last run warrants about {} of that. {}",
            "periods",
            units(pl.col("before")),
            units(pl.col("now")),
            share.fill_null(""),
            _signed(pl.col("warranted"), 1),
            _reason(night),
        ).alias("message"),
        "action",
    ).select(list(FOUND))


def _reason(night: Night) -> pl.Expr:
    """Return the likeliest reason as a sentence: demand itself, else the plan, else the training, else none that is known."""
    since = pl.lit(night.news.since, dtype=pl.Date)
    sold = pl.format(
        "Demand itself moved: {} units since {} where {} were expected.",
        units(pl.col("observed")),
        day(since),
        units(pl.col("expected")),
    )
    why = "The forecasters were trained anew since." if night.news.retrained else "No reason is known: look at the item's data of late."
    return (
        pl.when(pl.col("surprise").abs() >= SURPRISE)
        .then(sold)
        .when(pl.col("sku").is_in(sorted(night.news.plan_changed)))
        .then(pl.lit("Its commercial plan for these periods changed."))
        .otherwise(pl.lit(why))
        .fill_null(why)
    )


def _signed(value: pl.Expr, decimals: int = 0) -> pl.Expr:
    """Return a number with its sign, as a person writes it."""
    rounded = value.round(decimals)
    return pl.when(rounded > 0).then(pl.lit("+")).otherwise(pl.lit("")) + rounded.cast(pl.String).str.replace(r"\.0$", "")
