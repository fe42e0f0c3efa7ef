"""late_inbound: an order line that should be on the shelf and is not."""

import polars as pl

from models.alert_kinds.night import FOUND, Night, day, units

UNLIKELY = 0.5
"""Chance of never coming from which on a new order is the better way."""

SOON_DAYS = 3
"""Days to a stock-out within which a late line is urgent."""

SAME = ("order_id", "ordered_date", "expected_date")
"""What tells one open line of an item from another."""


def found(night: Night) -> pl.DataFrame:
    """Return one problem per overdue line, all lines of an order and day together as the inbound table has them.

    At risk is what depends on the line: demand before the next order could arrive that goes unmet if it never comes and would not if it
    came today, at shortage cost. Where that is unknown, or stock is, the line's units at unit cost.
    """
    rows = night.priced.select("fc", "sku", "on_hand", "unit_cost", "supplier", "order_date", "stockout_date_p50", "name")
    late = night.late_lines.join(rows, on=["fc", "sku"], how="left").with_columns(
        (pl.lit(night.as_of) - pl.col("expected_date")).dt.total_days().add(1).alias("days_late"),
        (pl.col("units") * pl.col("unit_cost")).round(2).alias("worth"),
    )
    known = pl.col("on_hand").is_not_null() & pl.col("lost_margin").is_not_null()
    order = pl.when(pl.col("order_id").is_null()).then(pl.lit("")).otherwise(pl.format(" of order {}", "order_id"))
    supplier = pl.when(pl.col("supplier").is_null()).then(pl.lit("the supplier")).otherwise(pl.col("supplier"))
    soon = (pl.col("stockout_date_p50") - pl.col("order_date")).dt.total_days() <= SOON_DAYS
    return late.select(
        *("region", "fc", "sku"),
        # Told apart by order and dates: how many units of it are still open may change.
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in SAME], separator=":").alias("code"),
        (known & (pl.col("depends") > 0) & soon).fill_null(False).alias("urgent"),
        pl.col("never").round(4).alias("probability"),
        "expected_date",
        pl.when(known).then(pl.col("depends")).otherwise(pl.col("units")).round(3).alias("units_at_risk"),
        pl.when(known).then(pl.col("lost_margin").round(2)).otherwise(pl.col("worth")).alias("value_at_risk"),
        pl.format(
            "{} units{} should have been on sale since {}, {} {} ago; {}. {}",
            units(pl.col("units")),
            order,
            day(pl.col("expected_date")),
            "days_late",
            pl.when(pl.col("days_late") == 1).then(pl.lit("day")).otherwise(pl.lit("days")),
            _chance(),
            _at_stake(known),
        ).alias("message"),
        pl.when(pl.col("never") >= UNLIKELY)
        .then(pl.format("ask {} whether it was sent at all; if not, close the line and order anew", supplier))
        .when(known & (pl.col("depends") > 0))
        .then(pl.format("chase {} and have it expedited", supplier))
        .otherwise(pl.format("chase {}, or correct the expected date", supplier))
        .alias("action"),
    ).select(list(FOUND))


def _chance() -> pl.Expr:
    """Return what is to be expected of the line, as a part of a sentence."""
    percent = pl.when(pl.col("never") > 0.995).then(pl.lit("over 99")).otherwise(units(pl.col("never") * 100))
    never = pl.format("{}% chance that it never comes", percent)
    likely = pl.format("{}, most likely by {} if it does", never, day(pl.col("likely_date")))
    return (
        pl.when(pl.col("never").is_null())
        .then(pl.lit("it is counted as coming today, since nothing tells how late lines come"))
        .otherwise(pl.coalesce(likely, never))
    )


def _at_stake(known: pl.Expr) -> pl.Expr:
    return (
        pl.when(known & (pl.col("depends") >= 0.05))
        .then(pl.format("Without it about {} units go unmet before the next order could arrive.", units(pl.col("depends"))))
        .when(known)
        .then(pl.lit("Stock lasts without it until the next order could arrive."))
        .otherwise(pl.lit("What depends on it is not known."))
    )
