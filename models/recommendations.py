"""Recommendations: what to order tonight for every sku × fc, why, and what happens without it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.messages import PlanMessage
from models.contracts import Recommendations
from models.lead_times import learned_lead_times
from models.lead_times.changed import changed_lead_times
from models.order_calendar import order_calendar
from models.ordering.calendar import Calendar, Frequency
from models.ordering.decide import Decisions, decide
from models.ordering.paths import DemandPaths
from models.recommending.actions import with_actions, with_flags
from models.recommending.basis import Basis
from models.recommending.changes import with_changes
from models.recommending.classes import with_classes
from models.recommending.inbound import arriving, open_order_lines, with_chances
from models.recommending.inputs import ordering_series
from models.recommending.ranking import most_valuable_first
from models.recommending.service_levels import with_holding_weights, with_service_levels
from models.settings import ReplenishmentSettings
from models.supply_messages import MOST_NAMED, supply_messages
from models.supply_terms import supply_terms

UNITS, SHARES, MONEY = 3, 4, 2
"""Decimals of published units, probabilities and money; runs agree after rounding to them."""

STATED_RISKS = {"stockout_date_p10": "begun_p10", "stockout_date_p50": "begun_p50", "stockout_date_p90": "begun_p90"}


def recommend(
    *,
    run_id: str,
    as_of: date,
    frequency: Frequency,
    horizon: int,
    profile: pl.DataFrame,
    mean: NDArray[np.float64],
    paths: DemandPaths,
    positions: pl.DataFrame,
    inbound: pl.DataFrame | None,
    supply: pl.DataFrame | None,
    items: pl.DataFrame | None,
    receipts: pl.DataFrame | None,
    overrides: pl.DataFrame | None,
    previous: pl.DataFrame | None,
    settings: ReplenishmentSettings,
    rng_seed: int,
    events: pl.DataFrame | None = None,
    classes: pl.DataFrame | None = None,
    change_terms: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    keep: Callable[[Basis], None] | None = None,
) -> tuple[dy.DataFrame[Recommendations], list[PlanMessage]]:
    """Return one recommendation per row of `profile`, most valuable first, and messages about what was not computed.

    Most valuable first: by expected_lost_margin, then order_value, then expected_lost_units, unknown last; ties by fc, sku.

    Parameters
    ----------
    horizon
        Periods forecast and published.
    profile
        SeriesProfile of one region; row i is row i of `mean` and of `paths`.
    mean
        Mean demand per period, shape (rows, periods >= horizon), units.
    positions
        StockPosition of as_of; a sku × fc without a row is unknown and gets no order.
    inbound, supply, items, receipts, overrides
        Tables of the input contracts; None where the user gave none.
    previous
        Recommendations of the run before.
    rng_seed
        Seed of everything drawn here: lead times that vary.
    events
        Input table; days of kind `closed` are read.
    classes
        abc and xyz by fc and sku, where `profile` is not all of a region; they rank its rows among each other.
    change_terms
        Is given the terms of every row (SupplyTerms, lead times as learned, and the columns objective and demand_multiplier) and returns
        those that are to hold instead, for one who asks what would be ordered then.
    keep
        Is given what the recommendations were made from, for one who asks why.

    Raises
    ------
    ValueError
        If `mean` does not match `profile` or is shorter than the horizon.
    """
    if len(mean) != profile.height or (profile.height and mean.shape[1] < horizon):
        raise ValueError(f"mean has shape {mean.shape}, expected ({profile.height}, at least {horizon}): one row per row of the profile")
    if profile.is_empty():
        return Recommendations.create_empty(), []
    calendar = order_calendar(as_of, frequency, settings, events, profile.get_column("region")[0])
    terms, messages = supply_terms(profile, supply, items, overrides, calendar, settings)
    known, times = learned_lead_times(terms, receipts, as_of)
    lines = open_order_lines(known, times, inbound, calendar)
    learned = known.with_columns(
        pl.lit(settings.objective).alias("objective"), pl.col("override_demand_multiplier").fill_null(1.0).alias("demand_multiplier")
    )
    asked = learned if change_terms is None else change_terms(learned)
    rows = _joined(profile, asked, positions, arriving(lines))
    rows = with_classes(rows) if classes is None else rows.join(classes, on=["fc", "sku"], how="left", maintain_order="left")
    rows = with_holding_weights(with_service_levels(rows, settings), settings)
    multiplied = mean * rows.get_column("demand_multiplier").to_numpy()[:, None]
    series = ordering_series(rows, multiplied, times, lines, calendar, rng_seed, settings.order_line_cost)
    if change_terms is not None:
        # What is on its way left as it was; only orders from tonight on take as long as is asked.
        series = replace(series, lead_times=changed_lead_times(times, learned, asked))
    lost = settings.unmet_demand == "lost"
    decisions = decide(
        series,
        paths,
        calendar,
        horizon=horizon,
        lost=lost,
        measure=settings.service_measure,
        threads=settings.threads,
    )
    rows = _with_decisions(rows, decisions, multiplied[:, :horizon].mean(axis=1) / calendar.days)
    rows = _with_dates(rows, series.usual_leads(calendar), calendar, horizon)
    rows = with_flags(with_actions(rows, overstock_days=settings.overstock_days, order_line_cost=settings.order_line_cost))
    if keep is not None:
        keep(Basis(rows, series, calendar, with_chances(lines, rows, series, paths, calendar, lost=lost)))
    published = with_changes(_published(rows, run_id, as_of), previous).select(Recommendations.column_names())
    return Recommendations.validate(most_valuable_first(published)), [*messages, *_unknown_stock(rows), *supply_messages(rows, settings)]


def _joined(profile: pl.DataFrame, terms: pl.DataFrame, positions: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Return profile, terms, stock and inbound side by side, in the order of the profile."""
    coming = lines.group_by("row").agg(
        pl.col("units").sort_by("period").sum().alias("inbound_units"), pl.col("overdue").any().alias("inbound_overdue")
    )
    costs_unknown = pl.col("shortage_cost").is_null() | pl.col("holding_cost").is_null()
    # Where unmet demand costs nothing no order ever pays: that is a cost left out, not one to decide by.
    worthless = pl.col("shortage_cost") <= 0
    by_cost = ~costs_unknown & ~worthless & (pl.col("objective") == "cost")
    rule = pl.format(
        "{}{}",
        pl.when(pl.col("errors_measured")).then(pl.lit("")).otherwise(pl.lit("simple_")),
        pl.when(by_cost.fill_null(False)).then(pl.lit("cost")).otherwise(pl.lit("service")),
    )
    position = pl.col("on_hand") + pl.col("reserved_becoming_sellable") + pl.col("inbound_units") - pl.col("backordered")
    return (
        profile.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("row"))
        .join(terms, on=["fc", "sku"], how="left")
        .join(positions, on=["fc", "sku"], how="left")
        .join(coming, on="row", how="left")
        .sort("row")
        .with_columns(
            pl.col("inbound_units").fill_null(0.0),
            (costs_unknown & (pl.col("objective") == "cost")).alias("costs_unknown"),
            (~costs_unknown & worthless & (pl.col("objective") == "cost")).fill_null(False).alias("shortage_worthless"),
            rule.alias("rule"),
            (pl.max_horizontal((pl.col("moq") / pl.col("case_pack") - 1e-9).ceil(), pl.lit(1.0)) * pl.col("case_pack")).alias("lump"),
        )
        .with_columns(position.alias("inventory_position"))
    )


def _with_decisions(rows: pl.DataFrame, decisions: Decisions, daily_mean: NDArray[np.float64]) -> pl.DataFrame:
    """Return `rows` with what was simulated, and days of cover (units ÷ mean daily demand over the horizon)."""
    found = pl.DataFrame(vars(decisions)).rename({"order": "simulated_order"})
    daily = pl.when(pl.col("daily_mean") > 1e-9).then(pl.col("daily_mean"))
    return pl.concat([rows, found.with_columns(pl.Series("daily_mean", daily_mean))], how="horizontal").with_columns(
        (pl.col("on_hand") / daily).alias("days_of_cover"),
        ((pl.col("on_hand") + pl.col("inbound_units")) / daily).alias("days_of_cover_with_inbound"),
    )


def _with_dates(rows: pl.DataFrame, leads: NDArray[np.int64], calendar: Calendar, horizon: int) -> pl.DataFrame:
    """Return `rows` with order, arrival, stock-out and order-by dates."""
    lead = pl.Series("lead", leads, dtype=pl.Int64)
    review = pl.Series("review", calendar.periods(rows.get_column("review_days").cast(pl.Float64).to_numpy()), dtype=pl.Int64)

    def day(period: pl.Expr) -> pl.Expr:
        return pl.lit(calendar.order_date) + pl.duration(days=period.cast(pl.Int64) * calendar.days)

    known = pl.col("on_hand").is_not_null()
    stockout = [
        pl.when(known & pl.col(period).is_between(0, horizon - 1)).then(day(pl.col(period))).alias(name)
        for name, period in STATED_RISKS.items()
    ]
    return rows.with_columns(lead, review).with_columns(
        pl.lit(calendar.order_date).alias("order_date"),
        day(pl.col("lead")).alias("arrival_date"),
        day(pl.col("review")).alias("next_order_date"),
        *stockout,
        pl.when(known & (pl.col("begun_target") >= 0)).then(day(pl.col("begun_target") - pl.col("lead"))).alias("order_by_date"),
    )


def _published(rows: pl.DataFrame, run_id: str, as_of: date) -> pl.DataFrame:
    """Return the columns of the contract, rounded; what depends on stock is null where stock is unknown."""
    known = pl.col("on_hand").is_not_null()

    def of_stock(value: pl.Expr, decimals: int) -> pl.Expr:
        return pl.when(known).then(value.fill_nan(None).round(decimals))

    unmet = pl.col("unmet_without_order")
    position, raw, demand = pl.col("inventory_position").round(UNITS), pl.col("raw").round(UNITS), pl.col("demand_mean").round(UNITS)
    level = of_stock(position + raw, UNITS)
    simulated = pl.col("order_units") == pl.col("simulated_order")
    priced = pl.col("shortage_cost").is_not_null() & pl.col("holding_cost").is_not_null()
    gain = pl.when(simulated & (pl.col("order_units") > 0) & priced).then(pl.col("last_case"))
    return rows.select(
        pl.lit(run_id).alias("run_id"),
        pl.lit(as_of).alias("as_of"),
        *("region", "fc", "sku", "name", "supplier", "seller", "abc", "xyz"),
        pl.col("on_hand", "inbound_units").round(UNITS),
        position.alias("inventory_position"),
        demand,
        pl.col("demand_p50").round(UNITS).alias("protection_demand_p50"),
        pl.col("demand_target").round(UNITS).alias("protection_demand_target"),
        pl.col("days_of_cover", "days_of_cover_with_inbound").round(2),
        of_stock(pl.col("risk_before_arrival"), SHARES).alias("stockout_probability_before_arrival"),
        of_stock(pl.col("risk_without_order"), SHARES).alias("stockout_probability_without_order"),
        *STATED_RISKS,
        of_stock(unmet, UNITS).alias("expected_lost_units"),
        of_stock(unmet * pl.col("shortage_cost"), MONEY).alias("expected_lost_margin"),
        level.alias("order_up_to"),
        (level - demand).round(UNITS).alias("safety_stock"),
        of_stock(position + pl.col("reorder"), UNITS).alias("reorder_point"),
        of_stock(raw, UNITS).alias("raw_units"),
        pl.col("order_units").round(UNITS),
        (pl.col("order_units") * pl.col("unit_cost")).round(MONEY).alias("order_value"),
        *("order_date", "arrival_date", "next_order_date", "order_by_date"),
        gain.fill_nan(None).round(MONEY).alias("marginal_gain_last_case"),
        *("action", "reasons", "data_flags"),
        pl.when(pl.col("errors_measured")).then(pl.col("model")).otherwise(pl.lit("simple_rule")).alias("model"),
        "calibrated",
    )


def _unknown_stock(rows: pl.DataFrame) -> list[PlanMessage]:
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
