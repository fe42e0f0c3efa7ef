"""Decide: a region's forecasts, and from them its orders."""

import logging
import time
from collections.abc import Callable

import dataframely as dy
import polars as pl

from data.idle import idle_series
from data.messages import PlanMessage, messages_frame
from data.position import StockPosition, stock_position
from data.published import find_run, read_frame
from flows.stages.corrections import correction_messages, recent_corrections
from flows.stages.night import Night
from flows.stages.region_forecast import region_forecast
from flows.stages.region_panel import region_panel
from flows.stages.train import grower
from models.contracts import Recommendations, SeriesProfile
from models.forecast_messages import forecast_messages
from models.forecasting import RegionForecast, forecasts_frame
from models.order_terms import order_terms
from models.outlook import stock_outlook
from models.recommendations import recommend
from models.recommending.basis import Basis
from models.recommending.inbound import late_lines
from models.surplus import surplus

log = logging.getLogger("fillrate")


def decide_region(night: Night, region: str, order: bool) -> None:
    """Forecast a region, explain the forecasts and, if asked, recommend its orders; all of it is kept in the workspace.

    Without a stock table nothing is recommended: the plan messages of the run say so.
    """
    begun, growing = time.perf_counter(), grower(night)
    history = region_panel(night, region, training=False)
    if history is None:
        night.workspace.write("region-messages", region, messages_frame([_silent(region)]))
        return
    prepared = history.prepared
    series = prepared.panel.series.height
    log.info("forecast %s: %s series", region, f"{series:,}", extra={"counts": {"series": series}})
    settings = night.settings
    forecast = region_forecast(night, region, prepared, growing, explain=True)
    assert forecast.explanations is not None, "they were asked for"
    forecasts = forecasts_frame(forecast, night.future(), region)
    messages = [*history.cleaned.messages, *correction_messages(night, region, history.cleaned.corrections)]
    ahead = settings.inputs.drivers.known_ahead
    said = forecast_messages(prepared.panel, forecast.series, night.table("drivers"), region=region, known_ahead=ahead)
    night.workspace.write("forecast-messages", region, messages_frame([*messages, *said]))
    night.workspace.write("corrections", region, recent_corrections(night, history.cleaned.corrections))
    night.workspace.write("forecasts", region, forecasts)
    night.workspace.write("explanations", region, forecast.explanations.with_columns(region=pl.lit(region)))
    night.workspace.note("time-forecast", region, {"seconds": time.perf_counter() - begun, "lightgbm": growing.seconds})
    if order and "stock" in night.versions:
        _recommend(night, region, forecast, idle_series(history.cleaned.demand))


def _recommend(night: Night, region: str, forecast: RegionForecast, idle: pl.DataFrame) -> None:
    begun = time.perf_counter()
    log.info("recommend %s", region)
    kept: list[Basis] = []
    recommendations, messages = recommended(night, region, forecast, keep=kept.append)
    night.workspace.write("recommendations", region, recommendations)
    for basis in kept:
        settings, terms = night.settings, night.settings.replenishment
        items, lost = night.table("items"), terms.unmet_demand == "lost"
        too_much = surplus(basis, forecast.paths, horizon=settings.horizon, overstock_days=terms.overstock_days, idle=idle, items=items)
        night.workspace.write("surplus", region, too_much)
        night.workspace.write("order-terms", region, order_terms(basis, night.run_id))
        outlook = stock_outlook(basis, forecast.paths, recommendations, horizon=settings.horizon, lost=lost)
        night.workspace.write("stock-outlook", region, outlook)
    night.workspace.write("late-lines", region, late_lines(kept[0].lines if kept else None, region))
    night.workspace.write("region-messages", region, messages_frame(messages))
    night.workspace.note("time-recommend", region, {"seconds": time.perf_counter() - begun, "lightgbm": 0.0})


def recommended(
    night: Night,
    region: str,
    forecast: RegionForecast,
    *,
    classes: pl.DataFrame | None = None,
    keep: Callable[[Basis], None] | None = None,
) -> tuple[dy.DataFrame[Recommendations], list[PlanMessage]]:
    """Return the recommendations for the series of a forecast, and what is to be said of them; `classes`, `keep` as in `recommend`."""
    return region_orders(
        night,
        region,
        forecast,
        positions=region_stock(night, region),
        inbound=night.table("inbound", region),
        overrides=night.table("overrides", region),
        previous=_previous(night, region),
        classes=classes,
        keep=keep,
    )


def region_stock(night: Night, region: str) -> dy.DataFrame[StockPosition]:
    """Return the stock of a region at the close of `as_of`."""
    stock = night.table("stock", region, until=night.as_of)
    since = stock["date"].min() if not stock.is_empty() else night.as_of
    sales = night.table("sales", region, since=since, until=night.as_of)  # type: ignore[arg-type]
    return stock_position(stock, sales, night.table("receipts", region), night.as_of)


def region_orders(
    night: Night,
    region: str,
    forecast: RegionForecast,
    *,
    positions: pl.DataFrame,
    inbound: pl.DataFrame,
    overrides: pl.DataFrame | None,
    previous: pl.DataFrame | None,
    classes: pl.DataFrame | None = None,
    change_terms: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    keep: Callable[[Basis], None] | None = None,
) -> tuple[dy.DataFrame[Recommendations], list[PlanMessage]]:
    """Return the orders of a region, as `recommend` finds them from the night's terms and this stock; the rest as there."""
    settings = night.settings
    return recommend(
        run_id=night.run_id,
        as_of=night.as_of,
        frequency=settings.frequency,
        horizon=settings.horizon,
        profile=forecast.series.with_columns(region=pl.lit(region)).select(SeriesProfile.column_names()),
        mean=forecast.mean,
        paths=forecast.paths,
        positions=positions,
        inbound=inbound,
        supply=night.table("supply", region),
        items=night.table("items"),
        receipts=night.table("receipts", region),
        overrides=overrides,
        previous=previous,
        settings=settings.replenishment,
        rng_seed=settings.seed,
        events=night.table("events"),
        classes=classes,
        change_terms=change_terms,
        keep=keep,
    )


def _previous(night: Night, region: str) -> pl.DataFrame | None:
    if night.previous is None:
        return None
    recommendations = read_frame(find_run(night.settings.output.path, night.previous), "recommendations")
    return recommendations.filter(pl.col("region") == region)


def _silent(region: str) -> PlanMessage:
    return PlanMessage(
        code="region_without_sales",
        region=region,
        table="sales",
        message=f"region {region} has no sales in the time the forecasts look at: nothing is forecast or recommended there",
        fix="deliver newer sales of the region, or remove its fcs from locations",
    )
