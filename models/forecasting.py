"""Forecasts of one region: trees where a series has history, statsmodels where it is short, its like where it is new."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.matrix import PreparedPanel, design_matrix, forecast_pairs
from features.profile import histories
from models.baselines import exponential_smoothing, per_series, theta
from models.contracts import QUANTILES
from models.demand_paths import ForecastPaths
from models.forecaster import Forecaster
from models.gateway import TreeGrower
from models.lead_times import series_keys
from models.path_quantiles import period_quantiles
from models.predictive import LEVELS, ErrorLibrary

Floats = NDArray[np.float64]

THETA_FROM = 8
"""Known periods from which a short series is forecast by theta; below, by exponential smoothing."""


MOST_ESTIMATED = 1_000
"""Most short series of a region that are estimated one by one, which takes tens of milliseconds each; more are smoothed alike."""


@dataclass(frozen=True)
class RegionForecast:
    """Forecasts and what is needed to draw paths from them.

    series: fc, sku, the profile's columns, model and calibrated, one row per series; mean: shape (series, horizon), units, 0 after
    an item's last day on sale; paths: sample paths of the same series, from which the quantiles, shape (series, horizon, levels),
    units, are read.
    """

    series: pl.DataFrame
    mean: Floats
    quantiles: Floats
    paths: ForecastPaths


def forecast_region(
    prepared: PreparedPanel,
    forecaster: Forecaster | None,
    library: ErrorLibrary,
    *,
    horizon: int,
    youngest: int,
    spread: str,
    grower: TreeGrower,
    seed: int,
    paths: int,
) -> RegionForecast:
    """Forecast every active series of a region for `horizon` periods after its last known one.

    Parameters
    ----------
    prepared
        The region's panel.
    forecaster
        Trees; None where there was too little to learn from: every series is then a short one.
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
    """
    profile = prepared.profile.filter("active")
    count = profile.height
    origins, horizons = forecast_pairs(prepared, horizon)
    matrix = design_matrix(prepared, origins, horizons)
    level = prepared.level[origins].astype(float)
    known = profile["known"].to_numpy()
    short = known < youngest if forecaster else np.ones(count, dtype=bool)
    theta_from = THETA_FROM if short.sum() <= MOST_ESTIMATED else np.inf
    model = np.where(short, np.where(known >= theta_from, "theta", np.where(known >= 2, "exponential_smoothing", "like_items")), "trees")
    if forecaster:
        mean = forecaster.predict(matrix, level, grower).reshape(count, horizon)
        model = np.where(~short & (forecaster.own is not None), "trees_region", model)
    else:
        mean = np.zeros((count, horizon))
    mean[short] = _short(prepared, np.flatnonzero(short), known, theta_from, matrix, horizon)

    variability = matrix[spread].to_numpy().reshape(count, horizon)[:, 0].astype(float)
    segment = library.segments.of(mean.mean(axis=1), np.where(short, np.inf, variability))
    mean[_off_sale(prepared, horizon)] = 0.0
    series = profile.with_columns(pl.Series("model", model), pl.Series("calibrated", library.calibrated[segment] & ~short))
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
    return RegionForecast(series, mean, period_quantiles(drawn, LEVELS), drawn)


def _short(
    prepared: PreparedPanel, rows: NDArray[np.intp], known: NDArray[np.int64], theta_from: float, matrix: pl.DataFrame, horizon: int
) -> Floats:
    """Return forecasts of short series: their own level by statsmodels, or that of like items, in the season of their region."""
    weekly, count = prepared.panel.cadence.frequency == "week", len(known)
    # Days take the season of their region, below; theta's own on top of it would count it twice.
    own_season = prepared.panel.cadence.season if weekly else 1
    active = prepared.panel.series.filter(prepared.profile["active"])
    flat = np.zeros((count, horizon))
    with_history = rows[known[rows] >= 2]
    smoothing = partial(exponential_smoothing, estimate=len(rows) <= MOST_ESTIMATED)
    for chosen, method in (
        (with_history[known[with_history] >= theta_from], lambda values, periods: theta(values, own_season, periods)),
        (with_history[known[with_history] < theta_from], smoothing),
    ):
        flat[chosen] = per_series(method, histories(prepared.demand, active[chosen]), horizon)
    new = rows[known[rows] < 2]
    flat[new] = _level_of_like_items(prepared, known)[new, None]
    if weekly:
        return flat[rows]
    season = np.nan_to_num(matrix["region_season"].to_numpy().astype(float), nan=1.0).reshape(count, horizon)
    shaped: Floats = flat[rows] * season[rows] / np.maximum(season[rows].mean(axis=1, keepdims=True), 1e-9)
    return shaped


def _level_of_like_items(prepared: PreparedPanel, known: NDArray[np.int64]) -> Floats:
    """Return per series the median level of the same item elsewhere in the region, else of its category, else of the region."""
    panel = prepared.panel
    last = panel.series["last"].filter(prepared.profile["active"]).to_numpy()
    rows = panel.rows[last].select("sku", "category", level=pl.Series(prepared.level[last], dtype=pl.Float64), known=pl.Series(known >= 2))
    experienced = pl.col("level").filter(pl.col("known"))
    levels = rows.select(
        pl.coalesce(
            experienced.median().over("sku"),
            pl.when(pl.col("category").is_not_null()).then(experienced.median().over("category")),
            experienced.median(),
            pl.col("level"),
        )
    )
    return levels.to_series().to_numpy().astype(float)


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
