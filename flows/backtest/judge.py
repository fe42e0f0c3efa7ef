"""One region from one origin: everything a backtest judges is forecast, and held against what happened."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.published import RunPaths
from features.matrix import PreparedPanel
from flows.backtest.methods import OWN, Forecasted, published_before, rules, steps
from flows.backtest.outcomes import Outcomes, outcomes
from flows.past.past_night import PastNight
from flows.stages.model_files import forecaster_of
from flows.stages.region_forecast import region_forecast
from flows.stages.region_panel import region_panel
from flows.stages.train import grower, share_of_rows
from models.contracts import QUANTILES
from models.evaluation.classes import age_bands, intermittency, kinds_of_day
from models.evaluation.losses import naive_scale
from models.evaluation.path_scores import Prediction, judged_paths
from models.evaluation.tallies import BUCKETS, Cut, Judged, cut_by, tally
from models.forecasting import RegionForecast
from models.lead_times import series_keys
from models.ordering.calendar import Calendar
from models.predictive import LEVELS
from models.recommending.classes import with_classes
from models.supply_terms import supply_terms
from models.yardsticks.history import History, history_of
from models.yardsticks.past_totals import empirical_interval
from models.yardsticks.published import PublishedForecasts

log = logging.getLogger("fillrate")

Floats = NDArray[np.float64]
PERIOD, INTERVAL = "period", "interval"
PUBLISHED, EMPIRICAL = "published", "empirical_interval"
UNSEEN = "class unknown"


@dataclass(frozen=True)
class _Terms:
    """What an order must carry, per series. intervals: periods; levels: of the quantile that orders aim at; classes: ABC × XYZ."""

    intervals: NDArray[np.int64]
    levels: Floats
    classes: NDArray[np.str_]


def judge_region(night: PastNight, region: str, earlier: list[RunPaths]) -> None:
    """Forecast a region from an origin with every method, and keep sums of its errors and fillrate's forecasts in the workspace.

    Nothing is kept of a region without sales before the origin.
    """
    growing = grower(night)
    # As far back as training looks: rules that learn the season of a year need several.
    laid_out = region_panel(night, region, training=True)
    if laid_out is None or not laid_out.prepared.profile["active"].any():
        return
    prepared = laid_out.prepared
    forecast = region_forecast(night, region, prepared, growing)
    happened = outcomes(night, region, forecast.series)
    history, sold = history_of(prepared)
    terms = _terms(night, region, forecast)
    by_period, by_interval = _judged(night, region, prepared, history, forecast, happened, terms)
    methods = _predictions(
        [*steps(prepared, forecaster_of(night, region), forecast, growing), *_rules(night, region, history, sold, forecast)],
        happened.sold,
        terms,
    )
    parts, own = [], None
    for name, period, interval in methods:
        own = own or (period, interval)
        parts.append(tally(by_period, name, period, own[0], OWN).with_columns(target=pl.lit(PERIOD)))
        parts.append(tally(by_interval, name, interval, own[1], OWN).with_columns(target=pl.lit(INTERVAL)))
        if name == OWN:
            night.workspace.write("forecasts", region, _forecasts(night, region, forecast, period, happened))
    assert own is not None
    totals = _past_totals(history, terms)
    parts.append(tally(by_interval, EMPIRICAL, totals, own[1], OWN).with_columns(target=pl.lit(INTERVAL)))
    if (published := published_before(night, forecast.series, earlier)) is not None:
        parts.append(tally(by_period, PUBLISHED, _published(published), own[0], OWN).with_columns(target=pl.lit(PERIOD)))
    found = pl.concat(parts).with_columns(origin=pl.lit(night.as_of), region=pl.lit(region))
    night.workspace.note("time-judge", region, {"lightgbm": growing.seconds, "series": forecast.series.height})
    night.workspace.write("tallies", region, found)
    counts = {"series": forecast.series.height}
    log.info("judge %s as of %s: %s series", region, night.as_of, f"{forecast.series.height:,}", extra={"counts": counts})


def _rules(night: PastNight, region: str, history: History, sold: Floats, forecast: RegionForecast) -> Iterator[tuple[str, Forecasted]]:
    most = round(night.settings.backtest.statsmodels_series * share_of_rows(night, region))
    return rules(history, sold, forecast, most_one_by_one=most, seed=night.settings.seed)


def _predictions(methods: list[tuple[str, Forecasted]], demand: Floats, terms: _Terms) -> Iterator[tuple[str, Prediction, Prediction]]:
    """Yield the predictions per period and per protection interval; those of a sample of series with nan elsewhere."""
    for name, method in methods:
        rows = np.arange(len(demand)) if method.rows is None else method.rows
        found = judged_paths(method.mean, method.paths, demand[rows], terms.intervals[rows], terms.levels[rows])
        yield name, *(found if method.rows is None else (_spread_out(prediction, rows, len(demand)) for prediction in found))


def _spread_out(prediction: Prediction, rows: NDArray[np.intp], count: int) -> Prediction:
    def spread(values: Floats) -> Floats:
        whole = np.full((count, *values.shape[1:]), np.nan)
        whole[rows] = values
        return whole

    return Prediction(spread(prediction.mean), spread(prediction.quantiles), spread(prediction.crps), spread(prediction.target))


def _past_totals(history: History, terms: _Terms) -> Prediction:
    """Return the rule that takes the quantiles of past totals for those of the next one; it has no mean and no paths."""
    count = len(terms.intervals)
    quantiles, target = np.full((count, 1, len(LEVELS)), np.nan), np.full((count, 1), np.nan)
    for periods in np.unique(terms.intervals):
        for level in np.unique(terms.levels[terms.intervals == periods]):
            rows = np.flatnonzero((terms.intervals == periods) & (terms.levels == level))
            found = empirical_interval(history.take(rows), int(periods), [*LEVELS, level])
            quantiles[rows, 0], target[rows, 0] = found[:, :-1], found[:, -1]
    unknown = np.full((count, 1), np.nan)
    return Prediction(unknown, quantiles, unknown, target)


def _published(found: PublishedForecasts) -> Prediction:
    unknown = np.full_like(found.mean, np.nan)
    return Prediction(found.mean, found.quantiles, unknown, unknown)


def _terms(night: PastNight, region: str, forecast: RegionForecast) -> _Terms:
    settings = night.settings.replenishment
    calendar = Calendar(night.as_of, night.settings.frequency)
    series = forecast.series
    terms, _ = supply_terms(
        series, night.table("supply", region), night.table("items"), night.table("overrides", region), calendar, settings
    )
    days = (terms["lead_time_days"] + terms["review_days"]).to_numpy().astype(float)
    intervals = np.clip(calendar.periods(days), 1, night.settings.horizon)
    shortage, holding = (terms[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("shortage_cost", "holding_cost"))
    total = shortage + holding
    by_cost = np.divide(shortage, total, out=np.full_like(total, np.nan), where=total > 0)
    levels = np.where(np.isfinite(by_cost) & (settings.objective == "cost"), by_cost, terms["service_level"].to_numpy())
    classed = with_classes(
        pl.concat(
            [series.select("fc", "sku", "mean_demand", "sd_demand"), terms.select("price", "unit_cost", "shortage_cost")], how="horizontal"
        ).with_columns(region=pl.lit(region))
    )
    classes = classed.select(pl.concat_str("abc", "xyz").fill_null(UNSEEN)).to_series().to_numpy().astype(np.str_)
    return _Terms(intervals, np.clip(levels, 0.001, 0.999), classes)


def _judged(
    night: PastNight, region: str, prepared: PreparedPanel, history: History, forecast: RegionForecast, happened: Outcomes, terms: _Terms
) -> tuple[Judged, Judged]:
    """Return what the forecasts are held against: period by period, and the sums of the protection intervals."""
    sku, fc = (forecast.series[name].to_list() for name in ("sku", "fc"))
    scale, bucket = naive_scale(history.demand), (series_keys(1, sku, fc) % np.uint64(BUCKETS)).astype(np.int64)
    known = prepared.pos[prepared.panel.series["last"].filter(prepared.profile["active"]).to_numpy()].astype(np.int64) + 1
    by_series = {
        "abc_xyz": cut_by(terms.classes[:, None]),
        "intermittency": cut_by(intermittency(history.demand)[:, None]),
        "age": cut_by(age_bands(known, night.settings.frequency)[:, None]),
    }
    ahead = np.array([[f"{period}" for period in range(1, night.settings.horizon + 1)]])
    by_day: dict[str, Cut] = {"horizon": cut_by(ahead), "day_kind": cut_by(_kinds_of_day(night, region, prepared))}
    period = Judged(happened.sold, happened.in_stock, scale, bucket, terms.levels, by_series | by_day)
    inside = np.arange(happened.sold.shape[1]) < terms.intervals[:, None]
    # An item that leaves the shelf within its interval has no total to be judged by: nan stays nan.
    total = np.where(inside, happened.sold, 0.0).sum(axis=1)[:, None]
    stocked = np.where(inside, happened.in_stock, np.inf).min(axis=1)[:, None]
    # The scale of a sum of n periods that move independently.
    summed = scale * np.sqrt(terms.intervals)
    return period, Judged(total, stocked, summed, bucket, terms.levels, by_series)


def _kinds_of_day(night: PastNight, region: str, prepared: PreparedPanel) -> NDArray[np.str_]:
    horizon, cadence = night.settings.horizon, night.cadence
    last = prepared.panel.series["last"].filter(prepared.profile["active"]).to_numpy()
    promo = prepared.panel.rows["promo"].fill_null(0.0).to_numpy()
    promoted = promo[last[:, None] + np.arange(1, horizon + 1)] > 0
    events = night.table("events", region)["date"].unique().sort()
    begins: list[date] = list(events if cadence.frequency == "day" else events.dt.truncate("1w").unique().sort())
    periods = np.array(begins, dtype="datetime64[D]")
    days = night.future().to_numpy().astype("datetime64[D]")
    before, after = np.full(horizon, np.nan), np.full(horizon, np.nan)
    if len(periods):
        place = np.searchsorted(periods, days, side="right") - 1
        since = (days - periods[np.maximum(place, 0)]).astype(int) / cadence.step_days
        after = np.where((place >= 0) & (since <= cadence.reach), since, np.nan)
        before = np.where(after == 0, 0.0, np.nan)
    return kinds_of_day(promoted, before[None, :], after[None, :])


def _forecasts(night: PastNight, region: str, forecast: RegionForecast, own: Prediction, happened: Outcomes) -> pl.DataFrame:
    """Return fillrate's forecasts beside what happened: a row per series and period."""
    count, horizon = forecast.mean.shape
    keys = forecast.series.select("fc", "sku", "model", "calibrated").select(pl.all().gather(np.repeat(np.arange(count), horizon)))
    flat = own.quantiles.reshape(count * horizon, len(QUANTILES))
    return keys.select(
        pl.lit(night.as_of).alias("origin"),
        pl.lit(region).alias("region"),
        *("fc", "sku"),
        pl.Series("date", np.tile(night.future().to_numpy(), count), dtype=pl.Date),
        pl.Series("horizon", np.tile(np.arange(1, horizon + 1), count), dtype=pl.Int32),
        pl.Series("sold", happened.sold.ravel(), nan_to_null=True),
        pl.Series("in_stock_share", happened.in_stock.ravel(), nan_to_null=True),
        pl.Series("mean", np.round(own.mean.ravel(), 3)),
        *(pl.Series(name, np.round(flat[:, place], 3)) for place, name in enumerate(QUANTILES)),
        *("model", "calibrated"),
    )
