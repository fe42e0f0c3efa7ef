"""mlforecast with LightGBM, as its guides for daily series set it up; runs in an environment of its own: `... FOLDER`.

Lags, rolling and expanding means, date parts, static and known-ahead columns, one model for all series, forecast recursively; Tweedie loss,
LightGBM's own for counts with many zeros. Intervals are conformal, of two windows, as in its guide to probabilistic forecasts.

mlforecast refuses a missing target. Days not fully in stock get the larger of what sold and the in-stock mean of the series on that
weekday, and weigh nothing in training (`weight_col`).
"""

import os
import sys
import time
from pathlib import Path

BEGUN = time.process_time()
import polars as pl  # noqa: E402
from lightgbm import LGBMRegressor  # noqa: E402
from mlforecast import MLForecast  # type: ignore[import-not-found]  # noqa: E402
from mlforecast.lag_transforms import ExpandingMean, RollingMean  # type: ignore[import-not-found]  # noqa: E402
from mlforecast.utils import PredictionIntervals  # type: ignore[import-not-found]  # noqa: E402

from benchmarks.peers.exchange import LEVEL, Task, answer, forecast_answer  # noqa: E402

IMPORTED = time.process_time() - BEGUN

LAGS = (1, 2, 3, 4, 5, 6, 7, 14)
WINDOWS = (7, 14, 28)
DATE_PARTS = {"fresh": ["weekday"], "store_item": ["weekday", "day", "month"]}
"""Weeks of history tell nothing of months."""


def stocked(history: pl.DataFrame) -> pl.DataFrame:
    """Return the history with days not fully in stock filled, and `weight`."""
    full = pl.col("in_stock") == 1
    kept, weekday = pl.col("y").filter(full), pl.col("ds").dt.weekday()
    usual = pl.coalesce(kept.mean().over("unique_id", weekday), kept.mean().over("unique_id"), "y")
    filled = history.with_columns(y=pl.when(full).then("y").otherwise(pl.max_horizontal("y", usual)), weight=full.cast(pl.Float64))
    return filled.drop("in_stock")


def forecast(task: Task, history: pl.DataFrame, ahead: pl.DataFrame) -> pl.DataFrame:
    """Return unique_id, ds, the point forecast and its interval."""
    cores = os.cpu_count() or 1
    made = MLForecast(
        models={"lightgbm": LGBMRegressor(objective="tweedie", random_state=0, n_jobs=cores, verbosity=-1)},
        freq="1d",
        lags=list(LAGS),
        lag_transforms={1: [ExpandingMean(), *(RollingMean(window, min_samples=1) for window in WINDOWS)]},
        date_features=DATE_PARTS[task.data_set],
        num_threads=cores,
    )
    weighted = "in_stock" in history.columns
    made.fit(
        stocked(history) if weighted else history,
        static_features=list(task.static),
        prediction_intervals=PredictionIntervals(n_windows=2, h=task.horizon),
        weight_col="weight" if weighted else None,
    )
    found: pl.DataFrame = made.predict(task.horizon, level=[LEVEL], X_df=ahead if task.ahead else None)
    return found


def main() -> None:
    """Forecast what the folder asks for."""
    folder, begun = Path(sys.argv[1]), time.perf_counter()
    history, ahead = (pl.read_parquet(folder / f"{name}.parquet") for name in ("history", "ahead"))
    found = forecast(Task.read(folder), history, ahead)
    answer(
        folder, forecast_answer(found, "lightgbm"), imported=IMPORTED, begun=begun, packages=["mlforecast", "lightgbm", "polars", "numpy"]
    )


if __name__ == "__main__":
    main()
