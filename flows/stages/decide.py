"""Decide: the forecasts of a region, and from them its orders, some of its series at a time."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from data.idle import idle_series
from data.messages import PlanMessage, messages_frame
from flows.stages.corrections import correction_messages, recent_corrections
from flows.stages.laid_out_files import read_laid_out, read_messages, write_laid_out
from flows.stages.night import Night
from flows.stages.region_forecast import laid_out, series_forecast
from flows.stages.region_orders import orders_tonight, previous_recommendations, terms_of_region
from flows.stages.region_panel import RegionHistory, region_panel
from flows.stages.train import grower
from models.forecast_messages import forecast_messages
from models.forecasting import RegionForecast, forecasts_frame
from models.laid_out import LaidOut
from models.order_terms import order_terms
from models.outlook import stock_outlook
from models.recommendations import recommended
from models.recommending.inbound import late_lines
from models.recommending.region_terms import RegionTerms
from models.supply_messages import order_messages
from models.surplus import surplus

log = logging.getLogger("fillrate")

SERIES_AT_A_TIME = 10_000
"""Series of a region that one process forecasts and decides at a time: their sample paths and features bound its memory."""

TABLES = ("forecasts", "explanations", "surplus", "order-terms", "stock-outlook", "late-lines")
"""What is decided of some series of a region; put together it is the region's."""

ROWS = "order-rows"
"""Rows that recommendations and messages of a region are made from, once it is put together."""


@dataclass(frozen=True)
class Decided:
    """What was decided of some series: TABLES and ROWS by name, those that there are, and the seconds that it took by stage."""

    tables: dict[str, pl.DataFrame]
    seconds: dict[str, float]


def decide_region(night: Night, region: str, order: bool, most: int | None = None) -> None:
    """Forecast a region, explain the forecasts and, if asked, recommend its orders; all of it is kept in the workspace.

    Cleaning and features see the whole region; a region of more than `most` series is then only laid out, in parts of at most as many,
    and noted as such: they are for `decide_part`, and `join_parts` after that. Without a stock table nothing is recommended: the plan
    messages of the run say so.
    """
    begun = time.perf_counter()
    history = region_panel(night, region, training=False)
    if history is None:
        night.workspace.write("region-messages", region, messages_frame([_silent(region)]))
        return
    _keep_what_was_cleaned(night, region, history)
    laid, idle = laid_out(night, region, history.prepared), idle_series(history.cleaned.demand)
    # Features of years are not needed any more, and large.
    del history
    series = laid.series.height
    log.info("forecast %s: %s series", region, f"{series:,}", extra={"counts": {"series": series}})
    terms = terms_of_region(night, region, laid.profile) if order and series and "stock" in night.versions else None
    spent = time.perf_counter() - begun
    if most is not None and series > most:
        parts = write_laid_out(night.workspace, region, laid, idle, terms, most)
        night.workspace.note("laid-out", region, {"parts": parts, "seconds": spent})
        return
    begins = range(0, max(series, 1), SERIES_AT_A_TIME)
    decided = [
        _decided(night, region, laid.part(begin, SERIES_AT_A_TIME), None if terms is None else _some(terms, begin), idle)
        for begin in begins
    ]
    _put_together(night, region, decided, None if terms is None else messages_frame(terms.messages), spent)


def parts_laid_out(night: Night, region: str) -> int:
    """Return in how many parts a region was laid out to be decided, 0 where it was decided at once."""
    return int(night.workspace.noted("laid-out", region).get("parts", 0))


def decide_part(night: Night, region: str, part: int) -> None:
    """Forecast and decide a part of a region that `decide_region` laid out; all of it is kept in the workspace."""
    laid, idle, terms = read_laid_out(night.workspace, region, part)
    decided = _decided(night, region, laid, terms, idle)
    for name, table in decided.tables.items():
        night.workspace.write(f"{name}.{part}", region, table)
    night.workspace.note(f"time.{part}", region, decided.seconds)


def join_parts(night: Night, region: str) -> None:
    """Put together what was decided of a region part by part."""
    noted = night.workspace.noted("laid-out", region)
    decided = []
    for part in range(int(noted["parts"])):
        there = [name for name in (*TABLES, ROWS) if night.workspace.has(f"{name}.{part}", region)]
        tables = {name: night.workspace.read(f"{name}.{part}", region) for name in there}
        decided.append(Decided(tables, night.workspace.noted(f"time.{part}", region)))
    _put_together(night, region, decided, read_messages(night.workspace, region), float(noted["seconds"]))


def _some(terms: RegionTerms, begin: int) -> RegionTerms:
    return terms.of(np.arange(begin, min(begin + SERIES_AT_A_TIME, terms.known.height)))


def _keep_what_was_cleaned(night: Night, region: str, history: RegionHistory) -> None:
    """Keep corrections, and what is to be said of the region's history and forecasts."""
    cleaned, panel = history.cleaned, history.prepared.panel
    ahead = night.settings.inputs.drivers.known_ahead
    active = history.prepared.profile.filter("active")
    said = forecast_messages(panel, active, night.table("drivers"), region=region, known_ahead=ahead)
    messages = [*cleaned.messages, *correction_messages(night, region, cleaned.corrections), *said]
    night.workspace.write("forecast-messages", region, messages_frame(messages))
    night.workspace.write("corrections", region, recent_corrections(night, cleaned.corrections))


def _decided(night: Night, region: str, laid: LaidOut, terms: RegionTerms | None, idle: pl.DataFrame) -> Decided:
    """Return what is decided of some series; no orders without terms."""
    begun, growing = time.perf_counter(), grower(night)
    forecast = series_forecast(night, region, laid, growing, explain=True)
    assert forecast.explanations is not None, "they were asked for"
    tables = {
        "forecasts": forecasts_frame(forecast, night.future(), region),
        "explanations": forecast.explanations.with_columns(region=pl.lit(region)),
    }
    seconds = {"forecast": time.perf_counter() - begun, "lightgbm": growing.seconds}
    if terms is not None:
        begun = time.perf_counter()
        log.info("recommend %s: %s series", region, f"{laid.series.height:,}", extra={"counts": {"series": laid.series.height}})
        tables |= _ordered(night, region, forecast, terms, idle)
        seconds["recommend"] = time.perf_counter() - begun
    return Decided(tables, seconds)


def _ordered(night: Night, region: str, forecast: RegionForecast, terms: RegionTerms, idle: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the tables of orders for at least one series."""
    settings, rules, items = night.settings, night.settings.replenishment, night.table("items")
    basis, lost, horizon = orders_tonight(night, region, forecast, terms), rules.unmet_demand == "lost", settings.horizon
    return {
        "surplus": surplus(basis, forecast.paths, horizon=horizon, overstock_days=rules.overstock_days, idle=idle, items=items),
        "order-terms": order_terms(basis, night.run_id),
        "stock-outlook": stock_outlook(basis, forecast.paths, horizon=horizon, lost=lost),
        "late-lines": late_lines(basis.lines, region),
        ROWS: basis.rows,
    }


def _put_together(night: Night, region: str, decided: Sequence[Decided], said: pl.DataFrame | None, spent: float) -> None:
    """Keep what was decided of all series of a region, in their order.

    Parameters
    ----------
    said
        Messages about the terms that were ordered by; None where nothing was ordered.
    spent
        Seconds that laying the series out took.
    """
    for name in TABLES:
        if found := [part.tables[name] for part in decided if name in part.tables]:
            night.workspace.write(name, region, pl.concat(found))
    seconds = {stage: sum(part.seconds.get(stage, 0.0) for part in decided) for stage in ("forecast", "lightgbm", "recommend")}
    night.workspace.note("time-forecast", region, {"seconds": spent + seconds["forecast"], "lightgbm": seconds["lightgbm"]})
    if said is None:
        return
    begun, rules = time.perf_counter(), night.settings.replenishment
    rows = pl.concat([part.tables[ROWS] for part in decided])
    previous = previous_recommendations(night, region)
    recommendations = recommended(rows, run_id=night.run_id, as_of=night.as_of, previous=previous, settings=rules)
    night.workspace.write("recommendations", region, recommendations)
    night.workspace.write("region-messages", region, pl.concat([said, messages_frame(order_messages(rows, rules))]))
    spent = time.perf_counter() - begun
    night.workspace.note("time-recommend", region, {"seconds": spent + seconds["recommend"], "lightgbm": 0.0})


def _silent(region: str) -> PlanMessage:
    return PlanMessage(
        code="region_without_sales",
        region=region,
        table="sales",
        message=f"region {region} has no sales in the time the forecasts look at: nothing is forecast or recommended there",
        fix="deliver newer sales of the region, or remove its fcs from locations",
    )
