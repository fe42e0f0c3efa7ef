"""A region's orders, from its forecast and what the lake holds of its stock and terms."""

from collections.abc import Callable

import dataframely as dy
import polars as pl

from data.messages import PlanMessage
from data.position import StockPosition, stock_position
from data.published import find_run, read_frame
from flows.stages.night import Night
from models.contracts import Recommendations, SeriesProfile
from models.forecasting import RegionForecast
from models.order_calendar import order_calendar
from models.recommendations import OrderInputs, orders, recommend
from models.recommending.basis import Basis
from models.recommending.region_terms import RegionTerms, region_terms


def terms_of_region(night: Night, region: str, profile: pl.DataFrame) -> RegionTerms:
    """Return the terms of all series of a region, one row per row of `profile` (the profile's columns, and errors_measured or not)."""
    settings = night.settings
    return region_terms(
        profile.with_columns(region=pl.lit(region)),
        supply=night.table("supply", region),
        items=night.table("items"),
        overrides=night.table("overrides", region),
        receipts=night.table("receipts", region),
        calendar=order_calendar(night.as_of, settings.frequency, settings.replenishment, night.table("events"), region),
        settings=settings.replenishment,
        as_of=night.as_of,
    )


def recommended(
    night: Night, region: str, forecast: RegionForecast, *, of_region: RegionTerms, keep: Callable[[Basis], None]
) -> dy.DataFrame[Recommendations]:
    """Return the recommendations for some series of a forecast, whose terms those are; `keep` as in `recommend`."""
    inputs = _inputs(night, region, forecast, *_known_tonight(night, region), of_region=of_region)
    recommendations, _ = recommend(**inputs, run_id=night.run_id, previous=previous_recommendations(night, region), keep=keep)
    return recommendations


def orders_tonight(night: Night, region: str, forecast: RegionForecast, terms: RegionTerms) -> Basis:
    """Return what is ordered for some series of a region, whose terms those are, as far as it depends on no other."""
    basis, _ = orders(**_inputs(night, region, forecast, *_known_tonight(night, region), of_region=terms))
    return basis


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
    change_terms: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    keep: Callable[[Basis], None] | None = None,
) -> tuple[dy.DataFrame[Recommendations], list[PlanMessage]]:
    """Return the orders of a region, as `recommend` finds them from the night's terms and this stock; the rest as there."""
    inputs = _inputs(night, region, forecast, positions, inbound, overrides, change_terms=change_terms)
    return recommend(**inputs, run_id=night.run_id, previous=previous, keep=keep)


def previous_recommendations(night: Night, region: str) -> pl.DataFrame | None:
    """Return what the run before recommended in a region; None where there was none."""
    if night.previous is None:
        return None
    recommendations = read_frame(find_run(night.settings.output.path, night.previous), "recommendations")
    return recommendations.filter(pl.col("region") == region)


def _known_tonight(night: Night, region: str) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return stock, open inbound lines and planners' decisions."""
    return region_stock(night, region), night.table("inbound", region), night.table("overrides", region)


def _inputs(
    night: Night,
    region: str,
    forecast: RegionForecast,
    positions: pl.DataFrame,
    inbound: pl.DataFrame,
    overrides: pl.DataFrame | None,
    of_region: RegionTerms | None = None,
    change_terms: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
) -> OrderInputs:
    settings = night.settings
    return {
        "as_of": night.as_of,
        "frequency": settings.frequency,
        "horizon": settings.horizon,
        "profile": forecast.series.with_columns(region=pl.lit(region)).select(SeriesProfile.column_names()),
        "mean": forecast.mean,
        "paths": forecast.paths,
        "positions": positions,
        "inbound": inbound,
        "supply": night.table("supply", region),
        "items": night.table("items"),
        "receipts": night.table("receipts", region),
        "overrides": overrides,
        "settings": settings.replenishment,
        "rng_seed": settings.seed,
        "events": night.table("events"),
        "of_region": of_region,
        "change_terms": change_terms,
    }
