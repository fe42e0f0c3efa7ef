"""Accuracy on the held-back windows: the forecasters beside the baselines, and the coverage of their quantiles."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.cadence import Cadence
from features.matrix import PreparedPanel
from features.profile import histories
from features.samples import WINDOWS
from models.baselines import exponential_smoothing, per_series, theta
from models.contracts import QUANTILES, Metrics
from models.predictive import ErrorLibrary

Floats = NDArray[np.float64]

METRICS = Metrics.create_empty().schema

YARDSTICK_SERIES = 100
"""Series of the fixed sample on which statsmodels is tried: it takes milliseconds a series."""


def accuracy_on_held_back(held_back: pl.DataFrame, library: ErrorLibrary | None, cadence: Cadence) -> pl.DataFrame:
    """Return metrics of the later held-back window, on periods fully in stock: columns group, name, segment, value, unit.

    wape is the sum of absolute errors of the mean ÷ the sum of demand; bias the sum of errors ÷ the sum of demand, positive
    where forecasts were too high. Baselines are judged on the same rows: `wape_<baseline>`.

    Parameters
    ----------
    held_back
        Rows of every region's held-back windows, with `mean`, the features that baselines are made of, and statsmodels' forecasts
        (`statsmodels_yardstick`) of those series on which it was tried.
    library
        Gives the coverage between the windows, by segment.
    """
    rows = held_back.filter((pl.col("window") == held_back["window"].max()) & pl.col("mean").is_not_null() & pl.col("target").is_not_null())
    if rows.is_empty():
        return pl.DataFrame(schema=METRICS)
    level = pl.col("level")
    average = pl.col(f"mean_{cadence.level_window}_per_level").fill_null(1.0) * level
    season = pl.col(f"season_mean_{max(cadence.cycles)}_per_level").fill_null(1.0) * level
    methods = {
        "wape": pl.col("mean"),
        "wape_moving_average": average,
        "wape_season_mean": season,
        "wape_season_and_moving_average": (season + average) / 2,
        "wape_seasonal_naive": pl.col("season_last_per_level").fill_null(1.0) * level,
    }
    scored = rows.with_columns(**methods)
    metrics: list[tuple[str, str, str | None, float | None, str]] = []
    tried = scored.filter(pl.col("theta").is_not_null())
    for method, name in (("exponential_smoothing", "exponential smoothing"), ("theta", "theta"), ("mean", "forecast on their sample")):
        if not tried.is_empty():
            metrics.append(("yardstick", "wape", name, _wape(tried, method), "share"))
    for segment, part in [(None, scored), *((key[0], part) for key, part in scored.sort("region").group_by("region", maintain_order=True))]:
        metrics += [("accuracy", name, segment, _wape(part, name), "share") for name in methods]
        metrics.append(("accuracy", "bias", segment, _bias(part, "wape"), "share"))
    if library is not None:
        tested = (
            np.nanmean(np.where(np.isfinite(library.coverage), library.coverage, np.nan), axis=0)
            if np.isfinite(library.coverage).any()
            else []
        )
        metrics += [("coverage", name, "held-back window", float(value), "share") for name, value in zip(QUANTILES, tested, strict=False)]
        metrics.append(("coverage", "calibrated_segments", None, float(library.calibrated.mean()), "share"))
    return pl.DataFrame(
        metrics, schema={"group": pl.String, "name": pl.String, "segment": pl.String, "value": pl.Float64, "unit": pl.String}, orient="row"
    )


def statsmodels_yardstick(prepared: PreparedPanel, sample: pl.DataFrame, *, window: int, most: int) -> pl.DataFrame:
    """Return statsmodels' forecasts of the later held-back window for the first `most` of its series.

    Parameters
    ----------
    prepared
        The region's panel.
    sample
        The region's training sample.
    window
        Periods of the held-back window.

    Returns
    -------
    Columns series, window, horizon, exponential_smoothing, theta, as in the sample; one row per series × period.
    """
    later = sample.filter(pl.col("window") == WINDOWS - 1)
    numbers = later["series"].unique().sort().head(most)
    chosen = prepared.panel.series.filter(pl.col("series").is_in(numbers.implode())).with_columns(last=pl.col("last") - window)
    past = histories(prepared.demand, chosen)
    season = prepared.panel.cadence.season
    forecasts = {
        "exponential_smoothing": per_series(exponential_smoothing, past, window),
        "theta": per_series(lambda history, periods: theta(history, season, periods), past, window),
    }
    return pl.DataFrame(
        {
            "series": pl.Series(np.repeat(chosen["series"].to_numpy(), window), dtype=later.schema["series"]),
            "window": pl.Series(np.full(chosen.height * window, WINDOWS - 1), dtype=later.schema["window"]),
            "horizon": pl.Series(np.tile(np.arange(1, window + 1), chosen.height), dtype=pl.Float32),
            **{name: pl.Series(np.nan_to_num(values).ravel(), dtype=pl.Float64) for name, values in forecasts.items()},
        }
    )


def _wape(rows: pl.DataFrame, name: str) -> float | None:
    total = _sum(rows["target"])
    return _sum((rows[name] - rows["target"]).abs()) / total if total > 0 else None


def _bias(rows: pl.DataFrame, name: str) -> float | None:
    total = _sum(rows["target"])
    return _sum(rows[name] - rows["target"]) / total if total > 0 else None


def _sum(values: pl.Series) -> float:
    return float(values.to_numpy().astype(float).sum())
