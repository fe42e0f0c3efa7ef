"""Everything a backtest judges, forecast from one origin: fillrate, the steps on its way, and the simple rules."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.published import RunPaths, read_frame
from features.matrix import PreparedPanel, design_matrix, forecast_pairs
from flows.stages.night import Night
from models.demand_paths import ForecastPaths
from models.forecaster import Forecaster
from models.forecasting import RegionForecast
from models.gateway import TreeGrower
from models.members import MEMBERS
from models.yardsticks.distribution import baseline_forecast
from models.yardsticks.history import History
from models.yardsticks.one_by_one import sample_rows
from models.yardsticks.published import PublishedForecasts, published_forecasts
from models.yardsticks.registry import METHODS, ONE_BY_ONE

Floats = NDArray[np.float64]

OWN = "fillrate"
ONE_MEMBER, ALL_MEMBERS = "step_one_member", "step_members"
STEPS = ("seasonal_naive", "moving_average", "smoothing_pooled_season", ONE_MEMBER, ALL_MEMBERS, OWN)
"""From the simplest forecast to fillrate's own, each adding something to the one before."""


@dataclass(frozen=True)
class Forecasted:
    """One method's forecast. mean: shape (rows, horizon), units; paths: of the same rows; rows: series judged, all where None."""

    mean: Floats
    paths: ForecastPaths
    rows: NDArray[np.intp] | None = None


def steps(
    prepared: PreparedPanel, forecaster: Forecaster | None, forecast: RegionForecast, grower: TreeGrower
) -> Iterator[tuple[str, Forecasted]]:
    """Yield fillrate's own forecast, and what it would be with fewer of its parts; all with the same errors around them."""
    yield OWN, Forecasted(forecast.mean, forecast.paths)
    if forecaster is None:
        return
    horizon = forecast.mean.shape[1]
    origins, horizons = forecast_pairs(prepared, horizon)
    matrix, level = design_matrix(prepared, origins, horizons), prepared.level[origins].astype(float)
    by_trees = forecast.series["model"].str.starts_with("trees").to_numpy()
    drift = forecaster.shared.drift.ahead
    first = MEMBERS[0].ratio(grower.predict_raw(forecaster.shared.members[0], matrix)) * drift * level
    for name, mean in ((ONE_MEMBER, first), (ALL_MEMBERS, Forecaster(forecaster.shared, None).predict(matrix, level, grower))):
        shown = np.where(by_trees[:, None], mean.reshape(-1, horizon), forecast.mean)
        yield name, Forecasted(shown, replace(forecast.paths, mean=shown))


def rules(history: History, sold: Floats, forecast: RegionForecast, *, most_one_by_one: int, seed: int) -> Iterator[tuple[str, Forecasted]]:
    """Yield every simple rule, with a distribution of its own errors; statsmodels' methods on a fixed sample of series."""
    own = forecast.paths
    horizon = forecast.mean.shape[1]
    sample = sample_rows(forecast.series["sku"].to_list(), forecast.series["fc"].to_list(), most_one_by_one)
    for name in METHODS:
        rows = sample if name in ONE_BY_ONE else None
        if rows is not None and not len(rows):
            continue
        found = baseline_forecast(name, history, sold, horizon, generator=np.random.default_rng(seed), rows=rows)
        chosen = slice(None) if rows is None else rows
        paths = ForecastPaths(found.base, found.segment, own.keys[chosen], own.whole_units[chosen], found.library, own.season, own.paths)
        yield name, Forecasted(found.mean, paths, rows)


def published_before(night: Night, series: pl.DataFrame, earlier: list[RunPaths]) -> PublishedForecasts | None:
    """Return what runs as of the origin, or shortly before it, had published for the horizon; None where there is nothing."""
    reach = night.settings.horizon * night.cadence.step_days
    frames = [read_frame(run, "forecasts") for run in earlier if 0 <= (night.as_of - run.as_of).days < reach]
    if not frames:
        return None
    found = published_forecasts(frames, night.future(), series)
    return found if np.isfinite(found.mean).any() else None
