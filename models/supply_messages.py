"""Plan messages of ordering: rows whose stock, inbound, costs or limits cannot be meant as they are, and what to change."""

from collections.abc import Iterable

import polars as pl

from data.messages import PlanMessage
from models.settings import ReplenishmentSettings

MOST_NAMED = 20
"""Rows that are named one by one per kind of message; of more, one further message says how many and names the table to look at."""


def order_messages(rows: pl.DataFrame, settings: ReplenishmentSettings) -> list[PlanMessage]:
    """Return what is to be said of a region's orders; `rows` are all of the region's, as `models.recommendations.orders` leaves them."""
    return [*_unknown_stock(rows), *supply_messages(rows, settings)]


def supply_messages(rows: pl.DataFrame, settings: ReplenishmentSettings) -> list[PlanMessage]:
    """Return what is to be said of a region's rows, by kind of message, fc and sku; other rows are not touched by it.

    Parameters
    ----------
    rows
        Profile, terms, stock, classes and decisions side by side, one row per sku × fc.
    settings
        How orders are chosen.
    """
    counted = rows.filter("active").sort("fc", "sku")
    return [message for say in (_stock, _costs, _limits) for message in say(counted, settings)]


def _unknown_stock(rows: pl.DataFrame) -> Iterable[PlanMessage]:
    """Return one message per fc where stock of active items is unknown."""
    counts = (
        rows.group_by("region", "fc")
        .agg(
            (pl.col("on_hand").is_null() & pl.col("active")).sum().alias("unknown"),
            pl.len().alias("all"),
            pl.col("sku").filter(pl.col("on_hand").is_null() & pl.col("active")).sort().alias("skus"),
        )
        .filter(pl.col("unknown") > 0)
        .sort("region", "fc")
    )
    return [
        PlanMessage(
            "stock_unknown",
            f"{unknown} of {total} items at {fc} have no stock row up to the run's date: no order is recommended for them "
            f"({', '.join(skus[:MOST_NAMED])}{f' and {unknown - MOST_NAMED:,} more' if unknown > MOST_NAMED else ''})",
            table="stock",
            region=region,
            fc=fc,
            sku=skus[0] if unknown == 1 else None,
            fix="deliver a stock row for each, with on_hand 0 where there is none",
        )
        for region, fc, unknown, total, skus in counts.iter_rows()
    ]


def _stock(rows: pl.DataFrame, settings: ReplenishmentSettings) -> Iterable[PlanMessage]:
    yield from _named(
        rows.filter((pl.col("on_hand") > 0) & (pl.col("mean_demand").fill_null(0.0) <= 0)),
        "stock_without_sales",
        "{sku} at {fc} has {on_hand:g} units in stock and no sales of late: {daily_mean:.3g} a day are forecast",
        table="sales",
        severity="info",
        fix="deliver its sales if there are any; else give it a launch_date that lies ahead, or a discontinued_date, in items",
    )
    yield from _named(
        rows.filter(pl.col("inbound_overdue").fill_null(False)),
        "inbound_overdue",
        "inbound of {sku} at {fc} should have arrived: it is counted as arriving on the order date",
        table="inbound",
        fix="give the line its new expected_date, or take it out where it has arrived or will never come",
    )


def _costs(rows: pl.DataFrame, settings: ReplenishmentSettings) -> Iterable[PlanMessage]:
    yield from _named(
        rows.filter("costs_unknown"),
        "costs_unknown",
        "{sku} at {fc} has no {missing}: the service level decides instead of money",
        table="items",
        fix="give it a unit_cost and a price in items, or holding_cost and shortage_cost in supply or the config",
        missing=pl.concat_str(
            pl.when(pl.col("shortage_cost").is_null()).then(pl.lit("shortage cost")),
            pl.when(pl.col("holding_cost").is_null()).then(pl.lit("holding cost")),
            separator=" and no ",
            ignore_nulls=True,
        ),
    )
    yield from _named(
        rows.filter((pl.col("unit_cost") <= 0) & (pl.col("rule") == "cost")),
        "unit_cost_zero",
        "the unit cost of {sku} at {fc} is 0: its orders have no value in money, and costs derived from it are wrong",
        table="items",
        fix="correct unit_cost in items, or leave it empty where it is not known",
    )
    yield from _named(
        rows.filter("shortage_worthless"),
        "shortage_cost_zero",
        "a unit of unmet demand of {sku} at {fc} costs nothing{told}: by money no order would ever pay, so the service level decides",
        table="items",
        fix="correct unit_cost and price in items, or give it a shortage_cost above 0 in supply",
        told=pl.when(pl.col("price") <= pl.col("unit_cost"))
        .then(pl.format(" (price {}, unit cost {})", "price", "unit_cost"))
        .otherwise(pl.lit("")),
    )
    yield from _named(
        rows.filter((pl.col("holding_cost") <= 0) & (pl.col("rule") == "cost")),
        "holding_cost_zero",
        "a unit of {sku} at {fc} costs nothing to hold: the order covers the most demand of its window that any sample path has",
        table="items",
        fix="correct unit_cost in items, or give it a holding_cost above 0 in supply",
    )


def _limits(rows: pl.DataFrame, settings: ReplenishmentSettings) -> Iterable[PlanMessage]:
    most = pl.col("max_units")
    yield from _named(
        rows.filter(most < pl.col("case_pack")),
        "case_pack_above_max_units",
        "a case of {sku} at {fc} holds {case_pack:g} units, more than the {max_units:g} a line may have: nothing can be ordered",
        table="supply",
        fix="raise max_units to a whole case, or correct case_pack",
    )
    yield from _named(
        rows.filter((most >= pl.col("case_pack")) & (most < pl.col("lump"))),
        "moq_above_max_units",
        "the least order of {sku} at {fc} is {lump:g} units in whole cases, more than the {max_units:g} a line may have: nothing "
        "can be ordered",
        table="supply",
        fix="raise max_units, or lower moq",
    )
    # What a line may carry at most falls behind demand, whatever level is aimed at.
    needed = pl.col("daily_mean") * pl.col("review_days")
    yield from _named(
        rows.filter((most >= pl.col("lump")) & ((most / pl.col("case_pack") + 1e-9).floor() * pl.col("case_pack") < needed)),
        "max_units_below_demand",
        "{sku} at {fc} is wanted {needed:g} units a review period of {review_days} days, more than the {max_units:g} a line may have: "
        "stock runs down, and a service level of {service_level:g} cannot be kept",
        table="supply",
        fix="raise max_units, or order more often (review_days, order_weekdays)",
        needed=needed.round(1),
    )
    yield from _named(
        rows.filter(pl.col("override_order_units") > most),
        "override_above_max_units",
        "a planner's order of {override_order_units:g} units of {sku} at {fc} is more than the {max_units:g} a line may have: it "
        "is recommended as decided",
        table="overrides",
        fix="lower the override, or raise max_units in supply",
    )
    if settings.lead_time_days > 0:
        yield from _named(
            rows.filter(pl.col("lead_time_days") <= 0),
            "lead_time_zero",
            "the lead time of {sku} at {fc} is 0 days: its orders count as on sale from opening on the day they are sent",
            table="supply",
            severity="info",
            fix="leave lead_time_days empty where it is not known, or write the days that a delivery takes",
        )


def _named(
    rows: pl.DataFrame, code: str, words: str, *, table: str, fix: str, severity: str = "warning", **told: pl.Expr
) -> Iterable[PlanMessage]:
    """Yield a message per row, `words` filled with its columns and `told`; of many rows only the first, and how many more there are."""
    found = rows.select(pl.all(), **told)
    for row in found.head(MOST_NAMED).iter_rows(named=True):
        yield PlanMessage(code, words.format(**row), severity, table, row["region"], row["fc"], row["sku"], fix)
    more = found.height - MOST_NAMED
    if more > 0:
        region = found["region"][0]
        said = f"{more:,} more rows of {region} have the same trouble as the {MOST_NAMED} that are named ({code})"
        yield PlanMessage(code, said, severity, table, region, fix=fix)
