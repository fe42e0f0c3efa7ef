"""Recommendations: what to order tonight for every sku × fc, why, and what happens without it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import NotRequired, TypedDict, Unpack

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.messages import PlanMessage
from models.contracts import Recommendations
from models.lead_times.changed import changed_lead_times
from models.order_calendar import order_calendar
from models.ordering.calendar import Calendar, Frequency
from models.ordering.decide import Decisions, decide
from models.ordering.paths import DemandPaths
from models.recommending.actions import with_actions, with_flags, with_orders
from models.recommending.basis import Basis
from models.recommending.changes import with_changes
from models.recommending.classes import with_classes
from models.recommending.inbound import arriving, open_order_lines, with_chances
from models.recommending.inputs import ordering_series
from models.recommending.ranking import most_valuable_first
from models.recommending.region_terms import RegionTerms, region_terms
from models.recommending.service_levels import with_holding_weights, with_service_levels
from models.settings import ReplenishmentSettings
from models.supply_messages import order_messages

UNITS, SHARES, MONEY = 3, 4, 2
"""Decimals of published units, probabilities and money; runs agree after rounding to them."""

STATED_RISKS = {"stockout_date_p10": "begun_p10", "stockout_date_p50": "begun_p50", "stockout_date_p90": "begun_p90"}


class OrderInputs(TypedDict):
    """What tonight's orders of one region are found from.

    horizon: periods forecast and published; profile: SeriesProfile, row i is row i of `mean` and of `paths`; mean: mean demand per period,
    shape (rows, periods >= horizon), units; positions: StockPosition of as_of, a sku × fc without a row is unknown and gets no order;
    inbound, supply, items, receipts, overrides: tables of the input contracts, None where the user gave none; rng_seed: seed of everything
    drawn here, lead times that vary; events: input table, of which days of kind `closed` are read; of_region: terms of the rows of
    `profile` where it is not all of a region, those that all of the region's made, not with change_terms; change_terms: is given the terms
    of every row (SupplyTerms, lead times as learned, and the columns objective and demand_multiplier) and returns those that are to hold
    instead, for one who asks what would be ordered then.
    """

    as_of: date
    frequency: Frequency
    horizon: int
    profile: pl.DataFrame
    mean: NDArray[np.float64]
    paths: DemandPaths
    positions: pl.DataFrame
    inbound: pl.DataFrame | None
    supply: pl.DataFrame | None
    items: pl.DataFrame | None
    receipts: pl.DataFrame | None
    overrides: pl.DataFrame | None
    settings: ReplenishmentSettings
    rng_seed: int
    events: NotRequired[pl.DataFrame | None]
    of_region: NotRequired[RegionTerms | None]
    change_terms: NotRequired[Callable[[pl.DataFrame], pl.DataFrame] | None]


def recommend(
    *, run_id: str, previous: pl.DataFrame | None, keep: Callable[[Basis], None] | None = None, **inputs: Unpack[OrderInputs]
) -> tuple[dy.DataFrame[Recommendations], list[PlanMessage]]:
    """Return one recommendation per row of the profile, most valuable first, and messages about what was not computed.

    Most valuable first: by expected_lost_margin, then order_value, then expected_lost_units, unknown last; ties by fc, sku.

    Parameters
    ----------
    previous
        Recommendations of the run before.
    keep
        Is given what the recommendations were made from, for one who asks why.
    inputs
        As OrderInputs says.

    Raises
    ------
    ValueError
        If `mean` does not match `profile` or is shorter than the horizon.
    """
    if inputs["profile"].is_empty():
        return Recommendations.create_empty(), []
    basis, terms = orders(**inputs)
    if keep is not None:
        keep(basis)
    settings = inputs["settings"]
    recommendations = recommended(basis.rows, run_id=run_id, as_of=inputs["as_of"], previous=previous, settings=settings)
    return recommendations, [*terms.messages, *order_messages(basis.rows, settings)]


def orders(**inputs: Unpack[OrderInputs]) -> tuple[Basis, RegionTerms]:
    """Return what is ordered tonight for each row of the profile, at least one, and the terms.

    It is all of a recommendation that needs no other row of the region, given the terms. Arguments and errors are those of `recommend`.
    """
    as_of, frequency, horizon, profile = inputs["as_of"], inputs["frequency"], inputs["horizon"], inputs["profile"]
    mean, paths, settings, change_terms = inputs["mean"], inputs["paths"], inputs["settings"], inputs.get("change_terms")
    if len(mean) != profile.height or mean.shape[1] < horizon:
        raise ValueError(f"mean has shape {mean.shape}, expected ({profile.height}, at least {horizon}): one row per row of the profile")
    calendar = order_calendar(as_of, frequency, settings, inputs.get("events"), profile.get_column("region")[0])
    here = inputs.get("of_region") or region_terms(
        profile,
        supply=inputs["supply"],
        items=inputs["items"],
        overrides=inputs["overrides"],
        receipts=inputs["receipts"],
        calendar=calendar,
        settings=settings,
        as_of=as_of,
    )
    known, times = here.known, here.times
    lines = open_order_lines(known, times, inputs["inbound"], calendar)
    learned = known.with_columns(
        pl.lit(settings.objective).alias("objective"), pl.col("override_demand_multiplier").fill_null(1.0).alias("demand_multiplier")
    )
    asked = learned if change_terms is None else change_terms(learned)
    rows = _joined(profile, asked, inputs["positions"], arriving(lines))
    # Costs that are changed change what an item earns.
    rows = rows.hstack(here.classes) if change_terms is None else with_classes(rows)
    rows = with_holding_weights(with_service_levels(rows, settings), settings)
    multiplied = mean * rows.get_column("demand_multiplier").to_numpy()[:, None]
    series = ordering_series(rows, multiplied, times, lines, calendar, inputs["rng_seed"], settings.order_line_cost)
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
    rows = with_orders(_with_dates(rows, series.usual_leads(calendar), calendar, horizon))
    return Basis(rows, series, calendar, with_chances(lines, rows, series, paths, calendar, lost=lost)), here


def recommended(
    rows: pl.DataFrame, *, run_id: str, as_of: date, previous: pl.DataFrame | None, settings: ReplenishmentSettings
) -> dy.DataFrame[Recommendations]:
    """Return the recommendations, most valuable first, that the rows of `orders` come to; they must be all of a region's."""
    rows = with_flags(with_actions(rows, overstock_days=settings.overstock_days, order_line_cost=settings.order_line_cost))
    published = with_changes(_published(rows, run_id, as_of), previous).select(Recommendations.column_names())
    return Recommendations.validate(most_valuable_first(published))


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
