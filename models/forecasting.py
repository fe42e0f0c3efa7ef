"""Forecasts of series: trees where one has history, statsmodels where it is short, its like where it is new."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.calendar_member import WEIGHT, with_calendar
from models.contracts import QUANTILES
from models.contributions import GROUPS, blended, explanation, of_seasonal_average
from models.demand_paths import ForecastPaths
from models.forecaster import Forecaster
from models.gateway import TreeGrower
from models.laid_out import LaidOut
from models.lead_times import series_keys
from models.path_quantiles import period_quantiles
from models.predictive import LEVELS, ErrorLibrary
from models.short_series import widened

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


def forecast_series(
    laid: LaidOut,
    forecaster: Forecaster | None,
    library: ErrorLibrary,
    *,
    spread: str,
    grower: TreeGrower,
    seed: int,
    paths: int,
    explain: bool = False,
) -> RegionForecast:
    """Forecast series that are laid out; what one gets does not depend on which others are forecast with it.

    Parameters
    ----------
    laid
        All series of a region, or some.
    forecaster
        Trees; None where there was too little to learn from: every series is then a short one.
    library
        Errors measured on held-back windows, or assumed ones.
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
    count, horizon = laid.series.height, laid.horizon
    short = laid.series["short"].to_numpy()
    by_short = laid.ahead("by_short")[short]
    model = np.full(count, "trees", dtype=object)
    units = np.zeros((count * horizon, len(GROUPS))) if explain else None
    if forecaster:
        level = np.repeat(laid.series["level"].to_numpy(), horizon)
        if explain:
            units = forecaster.explain(laid.matrix, level, laid.groups, grower)
        scored = forecaster.predict(laid.matrix, level, grower) if units is None else units.sum(axis=1)
        mean = scored.reshape(count, horizon)
        if laid.has_calendar:
            by_calendar = laid.ahead("by_calendar")
            mean = with_calendar(mean, by_calendar)
            if units is not None:
                level_of = np.repeat(by_calendar.mean(axis=1), horizon)
                units = blended([units, of_seasonal_average(level_of, by_calendar.ravel())], [1 - WEIGHT, WEIGHT])
        model[:] = "trees" if forecaster.own is None else "trees_region"
    else:
        mean = np.zeros((count, horizon))
    mean[short], model[short] = by_short, laid.series["short_model"].to_numpy()[short]

    variability = laid.matrix[spread].to_numpy().reshape(count, horizon)[:, 0].astype(float)
    # Of a few periods the spread tells little: errors are then taken to be those of the most variable series.
    variability[short & (laid.series["known"].to_numpy() < LEAST_SPREAD)] = np.inf
    segment = library.segments.of(mean.mean(axis=1), variability)
    off_sale = laid.ahead("off_sale") > 0
    if units is not None:
        # The mean over the horizon is told as the level of a short series: in whole weeks its season takes away what it adds.
        units[np.repeat(short, horizon)] = of_seasonal_average(np.repeat(by_short.mean(axis=1), horizon), by_short.ravel())
        units[off_sale.ravel()] = 0.0
    mean[off_sale] = 0.0
    series = laid.profile.with_columns(
        pl.Series("model", model, dtype=pl.String),
        pl.Series("calibrated", library.calibrated[segment] & ~short),
        pl.lit(library.measured).alias("errors_measured"),
    )
    library, segment = widened(library, segment, laid.series["doubt"].to_numpy())
    drawn = ForecastPaths(
        mean=mean,
        segment=segment,
        # Other bytes first than in the keys of lead times, so that demand and lead time are drawn independently.
        keys=series_keys(seed, series["sku"].to_list(), series["fc"].to_list()).byteswap(),
        whole_units=series["whole_units"].to_numpy(),
        library=library,
        season=laid.season,
        paths=paths,
    )
    told = None if units is None else explanation(series, units, horizon=horizon)
    return RegionForecast(series, mean, period_quantiles(drawn, LEVELS), drawn, told)


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
