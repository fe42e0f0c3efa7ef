"""A region's panel: what the lake holds of it, cleaned and laid out for the forecasters."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from data.cleaning.clean import CleanDemand, clean_demand, demand_to_learn, with_context
from data.demand import build_demand
from features.matrix import PreparedPanel, prepare_panel
from features.panel import build_panel
from flows.stages.night import Night

TRAINING_PERIODS = {"day": 1_100, "week": 210}
"""Periods of history that training looks at: three years of days, four years of weeks."""

SPREAD = {"day": "spread_28_per_level", "week": "spread_13_per_level"}
"""Feature that tells how variable a series is."""

YOUNGEST = {"day": 14, "week": 8}
"""Periods of history from which the trees forecast a series."""


@dataclass(frozen=True)
class RegionHistory:
    """A region laid out for the forecasters, and what was cleaned on the way."""

    prepared: PreparedPanel
    cleaned: CleanDemand


def region_panel(night: Night, region: str, *, training: bool) -> RegionHistory | None:
    """Return a region's panel up to `as_of` and the horizon after it; None where it has no sales in the time looked at.

    Forecasting reads as far back as any feature looks; training reads further.
    """
    since, frequency = history_begins(night, training=training), night.settings.frequency
    sales = night.table("sales", region, since=since, until=night.as_of)
    if sales.is_empty():
        return None
    items, availability = night.table("items"), night.table("availability", region, since=since, until=night.as_of)
    plan, events = night.table("plan", region, since=since), night.table("events", region)
    demand = build_demand(sales, availability, items, as_of=night.as_of, frequency=frequency, also=_stocked(night, region))
    cleaned = clean_demand(
        with_context(demand, sales=sales, plan=plan, events=events, items=items, region=region, frequency=frequency),
        availability=availability,
        stock=night.table("stock", region, since=since, until=night.as_of),
        overrides=night.table("overrides", region),
        as_of=night.as_of,
        frequency=frequency,
        region=region,
    )
    panel = build_panel(
        demand_to_learn(cleaned.demand),
        items=items,
        plan=plan,
        events=events,
        # All of them, whatever their region and age: every region's forecaster must know the same features.
        drivers=night.table("drivers"),
        region=region,
        known_ahead=night.settings.inputs.drivers.known_ahead,
        end=night.end,
        history=history_periods(night),
        cadence=night.cadence,
        horizon=night.settings.horizon,
    )
    return RegionHistory(prepare_panel(panel), cleaned)


def history_begins(night: Night, *, training: bool) -> date:
    """Return the first day that a region's panel looks at."""
    periods = TRAINING_PERIODS[night.settings.frequency] if training else night.cadence.lookback(night.settings.horizon)
    return night.end - timedelta(days=periods * night.cadence.step_days)


def history_periods(night: Night) -> int:
    """Return the periods of sales that training looks at, over all regions."""
    begins = max(history_begins(night, training=True), night.lake.first_day(version=night.versions["sales"]))
    return (night.end - begins).days // night.cadence.step_days + 1


def _stocked(night: Night, region: str) -> pl.DataFrame:
    """Return sku × fc that were ever in stock there, so that items without a sale yet are forecast too."""
    return night.table("stock", region, until=night.as_of).select("fc", "sku").unique()
