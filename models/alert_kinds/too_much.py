"""What overstock and slow movers have in common: more is held than is likely to be needed. Each row is one or the other, never both."""

import polars as pl

from models.alert_kinds.night import FOUND, MAY_FIND, Night, counted, day, percent, whole


def too_much(night: Night, *, slow: bool) -> pl.DataFrame:
    """Return the night's surplus as problems: that of slow movers, or that of items which sell.

    An item is slow where it sold nothing for `idle_days` in stock, or where all that is held will more likely than
    not take longer than `slow_mover_days` to sell, a year at most or up to its last day on sale.
    """
    settings = night.settings
    days = (pl.col("sold_out_p50") - pl.lit(night.as_of)).dt.total_days()
    idle = pl.col("idle_days") >= settings.idle_days
    stays = (days > settings.slow_mover_days).fill_null(True)
    rows = (
        night.surplus.with_columns(idle.alias("idle"), stays.alias("stays"))
        .filter((pl.col("idle") | pl.col("stays")) == slow)
        .join(_wanted_elsewhere(night), on=["region", "sku"], how="left", maintain_order="left")
    )
    remedy = (
        pl.when(pl.col("on_the_way") * 2 >= pl.col("surplus"))
        .then(pl.lit("postpone_inbound"))
        .when((pl.col("wanted") * 2 >= pl.col("surplus")).fill_null(False))
        .then(pl.lit("transfer"))
        .when(pl.col("idle") | pl.col("sold_out_p50").is_null())
        .then(pl.lit("remove"))
        .otherwise(pl.lit("mark_down"))
    )
    return rows.select(
        *("region", "fc", "sku"),
        pl.lit("").alias("code"),
        pl.lit(False).alias("urgent"),
        pl.col("left_probability").alias("probability"),
        pl.col("sold_out_p50").alias("expected_date"),
        pl.col("surplus").alias("units_at_risk"),
        pl.col("interval_cost").alias("value_at_risk"),
        pl.concat_str(_how_much(), _when(), _money(), _elsewhere()).alias("message"),
        remedy.alias("action"),
        pl.col("on_sale_until").alias("act_by"),
        pl.col("sold_out_p10").alias("sold_out_date_p10"),
        pl.col("sold_out_p90").alias("sold_out_date_p90"),
        "cost_until_sold",
    ).select(*FOUND, *MAY_FIND)


def _wanted_elsewhere(night: Night) -> pl.DataFrame:
    """Return, per region and item, the fcs that order it tonight, most first, and how many units: those could go there instead."""
    return (
        night.priced.filter(pl.col("order_units") > 0)
        .join(night.surplus, on=["fc", "sku"], how="anti")
        .sort("region", "sku", "order_units", "fc", descending=[False, False, True, False])
        .group_by("region", "sku", maintain_order=True)
        .agg(pl.col("fc").head(3).str.join(", ").alias("wanted_at"), pl.col("order_units").sum().alias("wanted"), pl.len().alias("fcs"))
    )


def _how_much() -> pl.Expr:
    never = pl.format("Never sold in the history looked at, {} days of it in stock. ", "idle_days")
    since = pl.format("No sale for {} days in stock, the last on {}. ", "idle_days", day(pl.col("last_sold")))
    idle = pl.when(pl.col("idle")).then(pl.coalesce(since, never)).otherwise(pl.lit(""))
    way = pl.when(pl.col("on_the_way") > 0).then(pl.format(", {} of them still on the way", whole("on_the_way"))).otherwise(pl.lit(""))
    return pl.concat_str(
        idle,
        pl.format(
            "{} held, {} more than is likely to be needed by {}{} ({} chance that some are left then)",
            counted("held"),
            whole("surplus"),
            day(pl.col("needed_until")),
            way,
            percent("left_probability"),
        ),
    )


def _when() -> pl.Expr:
    """Return when all is sold, as the end of a sentence."""
    early, usual, late = (pl.col(f"sold_out_{level}") for level in ("p10", "p50", "p90"))
    latest = pl.coalesce(pl.format("{}", day(late)), pl.lit("more than a year from now"))
    never = pl.when(pl.col("on_sale_until").is_not_null()).then(
        pl.format("; not all of it will sell by its last day on sale, {}", day(pl.col("on_sale_until")))
    )
    return (
        pl.when(usual.is_not_null())
        .then(pl.format("; all sold around {}, between {} and {}", day(usual), day(early), latest))
        .otherwise(pl.coalesce(never, pl.lit("; it will not sell out within a year")))
    )


def _money() -> pl.Expr:
    until = (
        pl.when(pl.col("cost_until_sold") > pl.col("bound_value"))
        .then(pl.format("until it is sold more than the {} that it cost", whole("bound_value")))
        .otherwise(
            pl.concat_str(
                pl.format("{} until it is sold", whole("cost_until_sold")),
                pl.format("; {} is bound in it", whole("bound_value")).fill_null(""),
            )
        )
    )
    costs = pl.format(". Holding the surplus costs about {} in the next {} days, {}.", whole("interval_cost"), "interval_days", until)
    return pl.coalesce(costs, pl.lit(". What holding it costs is unknown."))


def _elsewhere() -> pl.Expr:
    """Return who else orders the item tonight, as a sentence; nothing where nobody does."""
    more = pl.when(pl.col("fcs") > 3).then(pl.format(" and {} more", pl.col("fcs") - 3)).otherwise(pl.lit(""))
    return pl.format(" Ordered tonight for {}{} in the same region: {}.", "wanted_at", more, whole("wanted")).fill_null("")
