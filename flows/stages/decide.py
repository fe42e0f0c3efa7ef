"""Decide: a region's forecasts, and from them its orders."""

import logging
import time
from collections.abc import Callable

import dataframely as dy
import polars as pl

from data.messages import PlanMessage, messages_frame
from data.position import stock_position
from data.published import find_run, read_frame
from flows.stages.corrections import correction_messages, recent_corrections
from flows.stages.night import Night
from flows.stages.region_forecast import region_forecast
from flows.stages.region_panel import region_panel
from flows.stages.train import grower
from models.contracts import Recommendations, SeriesProfile
from models.forecast_messages import forecast_messages
from models.forecasting import RegionForecast, forecasts_frame
from models.outlook import stock_outlook
from models.recommendations import recommend
from models.recommending.basis import Basis

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
    log.info("forecast %s: %s series", region, f"{prepared.panel.series.height:,}")
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
        _recommend(night, region, forecast)


def _recommend(night: Night, region: str, forecast: RegionForecast) -> None:
    begun = time.perf_counter()
    log.info("recommend %s", region)
    kept: list[Basis] = []
    recommendations, messages = recommended(night, region, forecast, keep=kept.append)
    night.workspace.write("recommendations", region, recommendations)
    if kept:
        settings = night.settings
        lost = settings.replenishment.unmet_demand == "lost"
        outlook = stock_outlook(kept[0], forecast.paths, recommendations, horizon=settings.horizon, lost=lost)
        night.workspace.write("stock-outlook", region, outlook)
    night.workspace.write("region-messages", region, messages_frame(messages))
    night.workspace.note("time-recommend", region, {"seconds": time.perf_counter() - begun, "lightgbm": 0.0})


def recommended(
    night: Night, region: str, forecast: RegionForecast, *, keep: Callable[[Basis], None] | None = None
) -> tuple[dy.DataFrame[Recommendations], list[PlanMessage]]:
    """Return the recommendations for the series of a forecast, and what is to be said of them; `keep` as in `recommend`."""
    stock = night.table("stock", region, until=night.as_of)
    since = stock["date"].min() if not stock.is_empty() else night.as_of
    sales = night.table("sales", region, since=since, until=night.as_of)  # type: ignore[arg-type]
    receipts = night.table("receipts", region)
    return region_orders(
        night,
        region,
        forecast,
        positions=stock_position(stock, sales, receipts, night.as_of),
        inbound=night.table("inbound", region),
        overrides=night.table("overrides", region),
        previous=_previous(night, region),
        keep=keep,
    )


def region_orders(
    night: Night,
    region: str,
    forecast: RegionForecast,
    *,
    positions: pl.DataFrame,
    inbound: pl.DataFrame,
    overrides: pl.DataFrame | None,
    previous: pl.DataFrame | None,
    keep: Callable[[Basis], None] | None = None,
) -> tuple[dy.DataFrame[Recommendations], list[PlanMessage]]:
    """Return the orders of a region, as `recommend` finds them from the night's terms and this stock; `keep` as there."""
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
