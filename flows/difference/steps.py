"""From one run's orders to another's, one kind of input at a time: every step decides again with what it changes.

The steps are taken in a fixed order, and each is told as what it changes after those before it; where two inputs act on each other,
what they do together counts for the later one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from flows.stages.night import Night
from flows.stages.region_forecast import region_forecast
from flows.stages.region_orders import region_orders, region_stock
from flows.stages.region_panel import region_panel
from flows.stages.train import grower
from models.forecasting import RegionForecast

Cause = Literal["terms", "plan", "model", "day", "sales", "stock", "code", "regions"]

CAUSES: Mapping[Cause, str] = {
    "terms": "supply terms, items, planners' decisions, ordering config",
    "plan": "plan, events and drivers known ahead",
    "model": "another model, or another way to forecast",
    "day": "the day moved on: order days, inbound nearer",
    "sales": "new sales and stock-outs in the forecast",
    "stock": "stock and inbound",
    "code": "another code, or inputs that are not what they were",
    "regions": "regions that only one of the runs has",
}
"""What the orders can differ by, in the order of the steps. The last two are no steps: what is left, and what cannot be compared."""

TABLES: Mapping[Cause, tuple[str, ...]] = {
    "terms": ("supply", "items", "receipts", "overrides", "locations"),
    "plan": ("plan", "events", "drivers"),
    "sales": ("sales", "availability", "returns", "stock"),
}
"""Tables that a step reads as the later run read them."""

FORECAST_TABLES = ("sales", "availability", "stock", "items", "overrides", "plan", "events", "drivers")

KEY = ["fc", "sku"]


@dataclass(frozen=True)
class State:
    """What a region's orders are decided from. night: terms and calendar; seen: what is forecast from; stock: stock and inbound."""

    night: Night
    seen: Night
    stock: Night


def orders_by_step(a: Night, b: Night, region: str) -> Iterator[tuple[Cause | None, pl.DataFrame]]:
    """Yield a region's orders (fc, sku, order_units, order_value): of run A, with cause None, then after each step, of run B in the end.

    A step at which nothing differs is left out.
    """
    state = State(a, a, a)
    forecasts: dict[tuple[object, ...], RegionForecast | None] = {}
    yield None, _orders(state, region, forecasts)
    for cause, after in _states(a, b):
        if after != state:
            state = after
            yield cause, _orders(state, region, forecasts)


def _states(a: Night, b: Night) -> Iterator[tuple[Cause, State]]:
    terms = _reading(a, b, TABLES["terms"]).model_copy(
        update={"settings": a.settings.model_copy(update={"replenishment": b.settings.replenishment})}
    )
    yield "terms", State(terms, terms, a)
    planned = _reading(terms, b, TABLES["plan"])
    yield "plan", State(planned, planned, a)
    modelled = planned.model_copy(update={"model_id": b.model_id, "settings": b.settings})
    yield "model", State(modelled, modelled, a)
    today = modelled.model_copy(update={"as_of": b.as_of})
    yield "day", State(today, modelled, a)
    yield "sales", State(today, _reading(today, b, TABLES["sales"]), a)
    yield "stock", State(b, b, b)


def _reading(night: Night, other: Night, tables: tuple[str, ...]) -> Night:
    """Return a night that reads some tables as another one does."""
    kept = {name: version for name, version in night.versions.items() if name not in tables}
    return night.model_copy(update={"versions": kept | {name: other.versions[name] for name in tables if name in other.versions}})


def _orders(state: State, region: str, forecasts: dict[tuple[object, ...], RegionForecast | None]) -> pl.DataFrame:
    key = _forecast_key(state.seen)
    if key not in forecasts:
        forecasts.clear()  # a later step never goes back, and a forecast is large
        forecasts[key] = _forecast(state.seen, region)
    forecast = forecasts[key]
    if forecast is None:
        return pl.DataFrame(schema={"fc": pl.String, "sku": pl.String, "order_units": pl.Float64, "order_value": pl.Float64})
    recommendations, _ = region_orders(
        state.night,
        region,
        forecast,
        positions=region_stock(state.stock, region),
        inbound=state.stock.table("inbound", region),
        overrides=state.night.table("overrides", region),
        previous=None,
    )
    return recommendations.select(*KEY, "order_units", "order_value").sort(KEY)


def _forecast(night: Night, region: str) -> RegionForecast | None:
    history = region_panel(night, region, training=False)
    # Explained, as on the night itself: forecasts that are told are rounded otherwise in their last digits.
    return None if history is None else region_forecast(night, region, history.prepared, grower(night), explain=True)


def _forecast_key(night: Night) -> tuple[object, ...]:
    """Return all that a region's forecast depends on."""
    settings: dict[str, Any] = night.settings.model_dump(include={"frequency", "horizon", "seed", "forecast", "inputs"})
    return night.as_of, night.model_id, repr(settings), *(night.versions.get(name) for name in FORECAST_TABLES)
