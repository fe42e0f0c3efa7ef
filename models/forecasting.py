"""Forecasts of one region: trees where a series has history, statsmodels where it is short, its like where it is new."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.groups.explanation import explanation_groups
from features.matrix import PreparedPanel, design_matrix, forecast_pairs
from models.calendar_member import WEIGHT, CalendarFactors, calendar_forecast, with_calendar
from models.contracts import QUANTILES
from models.contributions import GROUPS, blended, explanation, of_seasonal_average
from models.demand_paths import ForecastPaths
from models.forecaster import Forecaster
from models.gateway import TreeGrower
from models.lead_times import series_keys
from models.path_quantiles import period_quantiles
from models.predictive import LEVELS, ErrorLibrary
from models.short_series import forecast_short, short_rows, widened

Floats = NDArray[np.float64]


LEAST_SPREAD = 4
"""Known periods from which the spread of a short series says which errors to expect of it."""


@dataclass(frozen=True)
class RegionForecast:
    """Forecasts and what is needed to draw paths from them.

    series: fc, sku, the profile's columns, model, calibrated and errors_measured, one row per series; mean: shape (series, horizon),
    units, 0 after an item's last day on sale; paths: sample paths of the same series, from which the quantiles, shape (series, horizon,
    levels), units, are read; explanations: what each group makes of the mean over the horizon, as `models.contributions.explanation`
    tells it, None where it was not asked for.
    """

    series: pl.DataFrame
    mean: Floats
    quantiles: Floats
    paths: ForecastPaths
    explanations: pl.DataFrame | None = None


def forecast_region(
    prepared: PreparedPanel,
    forecaster: Forecaster | None,
    library: ErrorLibrary,
    *,
    calendar: CalendarFactors | None = None,
    horizon: int,
    youngest: int,
    spread: str,
    grower: TreeGrower,
    seed: int,
    paths: int,
    explain: bool = False,
) -> RegionForecast:
    """Forecast every active series of a region for `horizon` periods after its last known one.

    Parameters
    ----------
    prepared
        The region's panel.
    forecaster
        Trees; None where there was too little to learn from: every series is then a short one.
    calendar
        What history has shown of weekdays and months, blended with the trees; None where it did not show them twice.
    library
        Errors measured on held-back windows, or assumed ones.
    youngest
        Known periods from which the trees forecast a series.
    spread
        Feature that tells how variable a series is, as in `models.training.calibrate`.
    grower
        LightGBM with its threads.
    seed, paths
        Seed and number of the sample paths.
    explain
        Whether to tell what the forecasts are made of. The forecasts are the same but for rounding: the trees are asked once, for
        their leaves instead of their scores.
    """
    profile = prepared.profile.filter("active")
    count = profile.height
    origins, horizons = forecast_pairs(prepared, horizon)
    matrix = design_matrix(prepared, origins, horizons)
    level = prepared.level[origins].astype(float)
    short = short_rows(prepared, youngest) if forecaster else np.ones(count, dtype=bool)
    model = np.full(count, "trees", dtype=object)
    units = np.zeros((count * horizon, len(GROUPS))) if explain else None
    if forecaster:
        if explain:
            units = forecaster.explain(matrix, level, explanation_groups(prepared.panel), grower)
        scored = forecaster.predict(matrix, level, grower) if units is None else units.sum(axis=1)
        mean = scored.reshape(count, horizon)
        if calendar is not None:
            by_calendar = calendar_forecast(prepared, calendar, horizon)
            mean = with_calendar(mean, by_calendar)
            if units is not None:
                level_of = np.repeat(by_calendar.mean(axis=1), horizon)
                units = blended([units, of_seasonal_average(level_of, by_calendar.ravel())], [1 - WEIGHT, WEIGHT])
        model[:] = "trees" if forecaster.own is None else "trees_region"
    else:
        mean = np.zeros((count, horizon))
    of_short = forecast_short(prepared, np.flatnonzero(short), matrix, horizon)
    mean[short], model[short] = of_short.mean, of_short.model

    variability = matrix[spread].to_numpy().reshape(count, horizon)[:, 0].astype(float)
    # Of a few periods the spread tells little: errors are then taken to be those of the most variable series.
    variability[short & (profile["known"].to_numpy() < LEAST_SPREAD)] = np.inf
    segment = library.segments.of(mean.mean(axis=1), variability)
    off_sale = _off_sale(prepared, horizon)
    if units is not None:
        # The mean over the horizon is told as the level of a short series: in whole weeks its season takes away what it adds.
        units[np.repeat(short, horizon)] = of_seasonal_average(np.repeat(mean[short].mean(axis=1), horizon), mean[short].ravel())
        units[off_sale.ravel()] = 0.0
    mean[off_sale] = 0.0
    series = profile.with_columns(
        pl.Series("model", model, dtype=pl.String),
        pl.Series("calibrated", library.calibrated[segment] & ~short),
        pl.lit(library.measured).alias("errors_measured"),
    )
    doubt = np.zeros(count)
    doubt[short] = of_short.doubt
    library, segment = widened(library, segment, doubt)
    drawn = ForecastPaths(
        mean=mean,
        segment=segment,
        # Other bytes first than in the keys of lead times, so that demand and lead time are drawn independently.
        keys=series_keys(seed, series["sku"].to_list(), series["fc"].to_list()).byteswap(),
        whole_units=series["whole_units"].to_numpy(),
        library=library,
        season=prepared.panel.cadence.season if prepared.panel.cadence.frequency == "day" else 1,
        paths=paths,
    )
    told = None if units is None else explanation(series, units, horizon=horizon)
    return RegionForecast(series, mean, period_quantiles(drawn, LEVELS), drawn, told)


def _off_sale(prepared: PreparedPanel, horizon: int) -> NDArray[np.bool_]:
    """Return which periods of the active series begin after their last day on sale, shape (series, horizon)."""
    until = prepared.panel.series["on_sale_until"].filter(prepared.profile["active"]).to_numpy().astype("datetime64[D]")
    days = np.datetime64(prepared.panel.end, "D") + prepared.panel.cadence.step_days * np.arange(1, horizon + 1)
    off: NDArray[np.bool_] = days > until[:, None]
    return off


def forecasts_frame(forecast: RegionForecast, dates: pl.Series, region: str) -> pl.DataFrame:
    """Return the published form: one row per series × period, sorted by fc, sku, date; run_id and as_of are added on publishing."""
    count, horizon = forecast.mean.shape
    keys = forecast.series.select("fc", "sku").select(pl.all().gather(np.repeat(np.arange(count), horizon)))
    quantiles = np.round(forecast.quantiles.reshape(count * horizon, len(QUANTILES)), 3)
    return keys.with_columns(
        pl.Series("date", np.tile(dates.to_numpy(), count), dtype=pl.Date),
        pl.Series("horizon", np.tile(np.arange(1, horizon + 1), count), dtype=pl.Int32),
        pl.Series("mean", np.round(forecast.mean.ravel(), 3)),
        *(pl.Series(name, quantiles[:, place]) for place, name in enumerate(QUANTILES)),
        region=pl.lit(region),
    )
