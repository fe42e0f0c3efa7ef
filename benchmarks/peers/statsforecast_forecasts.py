"""statsforecast with the models its guides name for such series; runs in an environment of its own: `... FOLDER`.

Weeks of history (`fresh`): six models for demand with a week and many zeros; each series takes the one with the least absolute error on a
window held back, as the walkthrough does. AutoETS is left out: on 1,000 series it took ten times as long as any of them, and its error was
larger than that of all but one. Sales stay as they are: with days out of stock filled as for mlforecast, the best model got worse.

Years of history (`store_item`): a seasonal-trend decomposition by week and year, the trend by exponential smoothing chosen automatically,
as in the guide to multiple seasonalities. Intervals: conformal, of two windows, for the six; those of the trend's model for the one.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

BEGUN = time.process_time()
import polars as pl  # noqa: E402
from statsforecast import StatsForecast  # type: ignore[import-not-found]  # noqa: E402
from statsforecast.models import (  # type: ignore[import-not-found]  # noqa: E402
    ADIDA,
    IMAPA,
    MSTL,
    AutoETS,
    CrostonOptimized,
    DynamicOptimizedTheta,
    SeasonalWindowAverage,
    SimpleExponentialSmoothingOptimized,
)
from statsforecast.utils import ConformalIntervals  # type: ignore[import-not-found]  # noqa: E402

from benchmarks.peers.exchange import LEVEL, Task, answer, forecast_answer  # noqa: E402

IMPORTED = time.process_time() - BEGUN


def by_week(history: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Return unique_id, ds, the point forecast of the model chosen for each series, as `chosen`, and its interval."""
    models = [
        SeasonalWindowAverage(season_length=7, window_size=4),
        SimpleExponentialSmoothingOptimized(),
        CrostonOptimized(),
        ADIDA(),
        IMAPA(),
        DynamicOptimizedTheta(season_length=7),
    ]
    made = StatsForecast(models=models, freq="1d", n_jobs=-1)
    held_back = made.cross_validation(df=history, h=horizon, n_windows=1)
    names = [name for name in held_back.columns if name not in ("unique_id", "ds", "cutoff", "y")]
    missed = held_back.group_by("unique_id").agg((pl.col(name) - pl.col("y")).abs().mean() for name in names)
    best = missed.unpivot(names, index="unique_id", variable_name="model", value_name="error").sort("unique_id", "error", "model")
    found = made.forecast(df=history, h=horizon, level=[LEVEL], prediction_intervals=ConformalIntervals(h=horizon, n_windows=2))
    return picked(found.join(best.unique("unique_id", keep="first", maintain_order=True).drop("error"), on="unique_id"), names)


def picked(forecast: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return for each row the columns of the model that its column `model` names."""

    def of_model(suffix: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col("model") == name).then(f"{name}{suffix}") for name in names).alias(f"chosen{suffix}")

    return forecast.select("unique_id", "ds", *(of_model(suffix) for suffix in ("", f"-lo-{LEVEL}", f"-hi-{LEVEL}")))


def by_week_and_year(history: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Return unique_id, ds, the point forecast, as `chosen`, and its interval."""
    model = MSTL(season_length=[7, 365], trend_forecaster=AutoETS(model="ZZN"), alias="chosen")
    found: pl.DataFrame = StatsForecast(models=[model], freq="1d", n_jobs=-1).forecast(df=history, h=horizon, level=[LEVEL])
    return found


FORECASTS = {"fresh": by_week, "store_item": by_week_and_year}


def main() -> None:
    """Forecast what the folder asks for."""
    folder, begun = Path(sys.argv[1]), time.perf_counter()
    task, history = Task.read(folder), pl.read_parquet(folder / "history.parquet", columns=["unique_id", "ds", "y"])
    found = FORECASTS[task.data_set](history, task.horizon)
    answer(folder, forecast_answer(found, "chosen"), imported=IMPORTED, begun=begun, packages=["statsforecast", "polars", "numpy"])


if __name__ == "__main__":
    main()
