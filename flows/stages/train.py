"""Train: samples per region, trees shared by all, trees of each region's own, errors measured on held-back windows."""

import hashlib
import logging
import time

import numpy as np
import polars as pl

from features.samples import WINDOWS, held_back_periods, training_sample
from flows.stages.model_files import save_region, save_shared, shared_models
from flows.stages.night import Night
from flows.stages.region_panel import SPREAD, YOUNGEST, history_periods, region_panel
from models.accuracy import YARDSTICK_SERIES, accuracy_on_held_back, statsmodels_yardstick
from models.calendar_member import held_back_calendar, learn_calendar, to_table
from models.drift import together
from models.gateway import TreeGrower
from models.training import calibrate, train_all_regions, train_region

log = logging.getLogger("fillrate")

MOST_HELD_BACK = 20_000
"""Most series, over all regions, on whose held-back windows errors are measured."""


def grower(night: Night) -> TreeGrower:
    """Return LightGBM with the run's threads and seed."""
    return TreeGrower(threads=night.settings.forecast.threads, seed=night.settings.seed)


def sample_region(night: Night, region: str) -> None:
    """Draw a region's part of the training sample and keep it in the workspace; nothing is kept of a region without history."""
    begun = time.perf_counter()
    history = region_panel(night, region, training=True)
    if history is None:
        return
    prepared = history.prepared
    share, window = share_of_rows(night, region), held_back_window(night)
    key = hashlib.sha256(f"{night.settings.seed}|{region}".encode()).digest()
    sample = training_sample(
        prepared,
        horizon=night.settings.horizon,
        window=window,
        most=max(1_000, int(night.settings.forecast.max_training_rows * share)),
        most_held_back=max(100, int(MOST_HELD_BACK * share)),
        youngest=YOUNGEST[night.settings.frequency],
        generator=np.random.default_rng(int.from_bytes(key[:8], "big")),
    )
    if seasons_known(night):
        if window:
            sample = sample.with_columns(held_back_calendar(prepared, sample, window=window, windows=WINDOWS))
        night.workspace.write("calendar", region, to_table(learn_calendar(prepared)))
    night.workspace.write("sample", region, sample)
    if window and not sample.filter(pl.col("window") >= 0).is_empty():
        most = max(2, round(YARDSTICK_SERIES * share))
        night.workspace.write("yardstick", region, statsmodels_yardstick(prepared, sample, window=window, most=most))
    night.workspace.note("time-sample", region, {"seconds": time.perf_counter() - begun, "lightgbm": 0.0})
    log.info("sample %s: %s rows", region, f"{sample.height:,}", extra={"counts": {"rows": sample.height}})


def train_shared(night: Night, regions: list[str]) -> bool:
    """Train the trees that all regions share; return whether there was enough to learn from."""
    begun, growing = time.perf_counter(), grower(night)
    samples = [night.workspace.read("sample", region) for region in regions if night.workspace.has("sample", region)]
    if not samples:
        return False
    log.info("train: shared trees on %s rows", f"{sum(sample.height for sample in samples):,}")
    shared = train_all_regions(
        together(samples),
        window=held_back_window(night),
        frequency=night.settings.frequency,
        seasons_known=seasons_known(night),
        grower=growing,
    )
    if shared is not None:
        save_shared(night, shared, window=held_back_window(night))
    night.workspace.note("time-train-shared", None, {"seconds": time.perf_counter() - begun, "lightgbm": growing.seconds})
    return shared is not None


def train_own(night: Night, region: str) -> None:
    """Train a region's own trees where they pay, save them, and keep its held-back forecasts in the workspace."""
    if not night.workspace.has("sample", region):
        return
    begun, growing = time.perf_counter(), grower(night)
    outcome = train_region(
        night.workspace.read("sample", region),
        shared_models(night),
        window=held_back_window(night),
        frequency=night.settings.frequency,
        grower=growing,
    )
    calendar = night.workspace.read("calendar", region) if night.workspace.has("calendar", region) else None
    save_region(night, region, outcome, calendar)
    kept = ("series", "window", "horizon", "level", "target", "at_least", "mean", SPREAD[night.settings.frequency])
    yardsticks = [name for name in outcome.held_back.columns if name.startswith(("season_mean_", "season_last_per", "mean_"))]
    held_back = outcome.held_back.select(*kept, *yardsticks)
    if night.workspace.has("yardstick", region):
        tried = night.workspace.read("yardstick", region)
    else:
        tried = held_back.head(0).select("series", "window", "horizon", exponential_smoothing="mean", theta="mean")
    night.workspace.write("held-back", region, held_back.join(tried, on=["series", "window", "horizon"], how="left", maintain_order="left"))
    night.workspace.note("time-train-own", region, {"seconds": time.perf_counter() - begun, "lightgbm": growing.seconds})
    log.info("train %s: %s trees of its own", region, outcome.own.trees if outcome.own else "no")


def finish_training(night: Night, regions: list[str]) -> None:
    """Measure errors over all regions, and save them with the shared model, which makes the whole set usable."""
    begun = time.perf_counter()
    parts = [
        night.workspace.read("held-back", region).with_columns(region=pl.lit(region))
        for region in regions
        if night.workspace.has("held-back", region)
    ]
    held_back = pl.concat(parts)
    spread = SPREAD[night.settings.frequency]
    window = held_back_window(night)
    library = calibrate(held_back, window=window, spread=spread, seed=night.settings.seed)
    accuracy = accuracy_on_held_back(held_back, library, night.cadence)
    save_shared(night, shared_models(night), window=window, library=library, accuracy=accuracy)
    night.workspace.note("time-calibrate", None, {"seconds": time.perf_counter() - begun, "lightgbm": 0.0})


def seasons_known(night: Night) -> bool:
    """Return whether the history that training looks at shows every season twice."""
    return history_periods(night) >= 2 * night.cadence.year


def held_back_window(night: Night) -> int:
    """Return the periods of a held-back window, from the length of the history that training looks at."""
    return held_back_periods(history_periods(night), night.settings.horizon, night.cadence.season, night.settings.frequency)


def share_of_rows(night: Night, region: str) -> float:
    """Return the share of all rows of sales that are a region's."""
    rows = night.lake.rows_per_region(version=night.versions["sales"])
    return rows[region] / max(sum(rows.values()), 1)
