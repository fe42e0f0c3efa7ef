"""Demand over an interval: totals of sample paths against a direct model of cumulative demand, on the same features and outcomes.

The direct model is LightGBM with the quantile loss, trained on sums of the interval's length: it knows nothing of paths, days or errors of
held-back windows. Exit code 1 where the paths' totals are worse by more than TOLERANCE.
"""

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks import make_inputs
from benchmarks.timed_run import REPO
from data.lake import Lake
from features.matrix import PreparedPanel, design_matrix
from flows.backtest.origins import backtest_origins, origin_night
from flows.backtest.outcomes import outcomes
from flows.conductor import Request, conduct
from flows.past.past_night import PastNight
from flows.settings import load_settings
from flows.stages.region_forecast import region_forecast
from flows.stages.region_panel import YOUNGEST, region_panel
from flows.stages.train import finish_training, grower, sample_region, train_own, train_shared
from models.evaluation.losses import covered, pinball
from models.gateway import Parameters

Floats = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.833, 0.9)
TOLERANCE = 0.05
"""Share by which the pinball loss of the paths' totals may lie above that of the direct model."""

INTERVALS = {"fresh": (4, 7, 14), "store_item": (7, 14, 28), "weekly": (3, 6)}
MOST_ROWS = 150_000
DIRECT: Parameters = {"objective": "quantile", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 50, "feature_fraction": 0.7}
ROUNDS = 200


def direct_quantiles(night: PastNight, prepared: PreparedPanel, periods: int) -> Floats:
    """Return the quantiles of demand over the next `periods` of every active series by the direct model, shape (series, LEVELS), units."""
    known = np.isfinite(prepared.demand) & (prepared.pos < prepared.periods)
    total = np.cumsum(np.where(known, prepared.demand, 0).astype(float))
    seen = np.cumsum(known)
    origins = np.flatnonzero((prepared.pos >= YOUNGEST[night.settings.frequency]) & (prepared.pos + periods < prepared.periods))
    origins = origins[seen[origins + periods] - seen[origins] == periods]
    origins = np.random.default_rng(night.settings.seed).permutation(origins)[:MOST_ROWS]
    level = prepared.level[origins].astype(float)
    target = (total[origins + periods] - total[origins]) / (periods * level)
    matrix = design_matrix(prepared, origins, np.full(len(origins), periods))
    last = prepared.panel.series["last"].filter(prepared.profile["active"]).to_numpy()
    ahead = design_matrix(prepared, last, np.full(len(last), periods))
    scale = periods * prepared.level[last].astype(float)
    growing = grower(night)
    found = []
    for quantile in LEVELS:
        trees = growing.train(matrix, target, level, parameters={**DIRECT, "alpha": quantile}, rounds=ROUNDS)
        found.append(np.maximum(growing.predict_raw(trees, ahead), 0) * scale)
    return np.sort(np.stack(found, axis=1), axis=1)


def compare(night: PastNight, region: str, intervals: tuple[int, ...]) -> pl.DataFrame:
    """Return sums of both sides' losses and coverage of one region, a row per interval and level."""
    laid_out = region_panel(night, region, training=True)
    if laid_out is None:
        return pl.DataFrame()
    forecast = region_forecast(night, region, laid_out.prepared, grower(night))
    happened = outcomes(night, region, forecast.series)
    parts = []
    for periods in intervals:
        usable = (happened.in_stock[:, :periods] >= 1).all(axis=1) & np.isfinite(happened.sold[:, :periods]).all(axis=1)
        rows = np.flatnonzero(usable)
        if not len(rows):
            continue
        outcome = happened.sold[rows, :periods].sum(axis=1)
        totals = np.concatenate([forecast.paths.sample(part, periods).sum(axis=2) for part in np.array_split(rows, len(rows) // 500 + 1)])
        sides = {"paths": np.quantile(totals, LEVELS, axis=1).T, "direct": direct_quantiles(night, laid_out.prepared, periods)[rows]}
        parts.append(
            pl.DataFrame({"periods": periods, "level": LEVELS, "series": len(rows), "units": outcome.sum()}).with_columns(
                *(pl.Series(f"loss {side}", pinball(outcome, quantiles, LEVELS).sum(axis=0)) for side, quantiles in sides.items()),
                *(pl.Series(f"below {side}", covered(outcome, quantiles).sum(axis=0)) for side, quantiles in sides.items()),
            )
        )
    return pl.concat(parts) if parts else pl.DataFrame()


def trained_night(data_set: str, folder: Path, horizon: int) -> PastNight:
    """Take a data set in, and return the night of the newest origin with a whole horizon after it, its models trained."""
    settings = load_settings(folder / f"{data_set}.toml", [f"backtest.horizon={horizon}", "backtest.origins=1"])
    conduct(settings, Request(last="ingest"))
    lake = Lake(settings.lake)
    (origin,) = backtest_origins(settings, lake.daily_totals())
    night = origin_night(settings, origin, lake.versions(), folder)
    night.workspace.path.mkdir(parents=True, exist_ok=True)
    regions = night.regions()
    for region in regions:
        sample_region(night, region)
    if not train_shared(night, regions):
        raise SystemExit("check_totals: too little history to train on")
    for region in regions:
        train_own(night, region)
    finish_training(night, regions)
    return night


def main() -> int:
    """Run the check on one data set and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_set", choices=INTERVALS, nargs="?", default="store_item")
    parser.add_argument("--regions", type=int, default=3, help="this many regions, in the order of their names")
    options = parser.parse_args()
    folder = REPO / "out" / "check_totals" / options.data_set
    shutil.rmtree(folder, ignore_errors=True)
    if not make_inputs.DATA_SETS[options.data_set][1].exists():
        print(f"check_totals: skipped: nothing at {make_inputs.DATA_SETS[options.data_set][1]}")
        return 0
    if code := make_inputs.main([options.data_set, "--to", str(folder)]):
        return code
    intervals = INTERVALS[options.data_set]
    night = trained_night(options.data_set, folder, max(intervals))
    found = pl.concat([compare(night, region, intervals) for region in night.regions()[: options.regions]], how="diagonal")
    table = (
        found.group_by("periods", "level", maintain_order=True)
        .agg(pl.all().sum())
        .with_columns(
            paths=pl.col("loss paths") / pl.col("units"),
            direct=pl.col("loss direct") / pl.col("units"),
            below_paths=pl.col("below paths") / pl.col("series"),
            below_direct=pl.col("below direct") / pl.col("series"),
        )
    )
    print(f"{options.data_set} as of {night.as_of}: pinball loss of totals ÷ demand, and share of outcomes below the quantile")
    with pl.Config(tbl_rows=-1, tbl_cols=-1, float_precision=4, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(table.select("periods", "level", "series", "paths", "direct", "below_paths", "below_direct"))
    worse = float(found["loss paths"].to_numpy().sum() / found["loss direct"].to_numpy().sum() - 1)
    print(f"loss of the paths' totals against the direct model: {worse:+.1%}")
    return 1 if worse > TOLERANCE else 0


if __name__ == "__main__":
    sys.exit(main())
