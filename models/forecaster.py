"""Forecasters: trees shared by all regions, and trees of each region's own that start from the shared prediction."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.samples import SAMPLE_COLUMNS
from models.gateway import TreeGrower, TreeModel

Floats = NDArray[np.float64]

SHARED_ROUNDS = 200
SHARED_PARAMETERS: dict[str, float | int | str] = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.2,
    "learning_rate": 0.08,
    "num_leaves": 63,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 127,
}
REGION_ROUNDS = 60
REGION_STEP = 15
REGION_PARAMETERS = {**SHARED_PARAMETERS, "learning_rate": 0.04, "num_leaves": 15, "lambda_l2": 20.0}
LARGEST_RATIO = 20.0
"""Targets are demand ÷ level; what lies beyond this is a bulk order or a level still unknown, and is trained as this."""

RECENCY_PERIODS = {"day": 60.0, "week": 80.0}
"""Periods after which a training row weighs 1/e."""


@dataclass(frozen=True)
class Forecaster:
    """Trees that predict log(demand ÷ level): the shared ones, then those of the region (none for a region that gains nothing)."""

    shared: TreeModel
    own: TreeModel | None

    def predict(self, matrix: pl.DataFrame, level: Floats, grower: TreeGrower) -> Floats:
        """Return mean demand per row, in units: exp(raw score) × level, shape (rows,)."""
        score = grower.predict_raw(self.shared, matrix)
        if self.own is not None:
            score = score + grower.predict_raw(self.own, matrix)
        mean: Floats = np.exp(score) * level
        return mean


def train_shared(sample: pl.DataFrame, *, frequency: str, grower: TreeGrower) -> TreeModel:
    """Train the trees that all regions share on a sample of features and SAMPLE_COLUMNS."""
    parameters = _sized(SHARED_PARAMETERS, sample.height)
    return grower.train(_features(sample), _target(sample), _weight(sample, frequency), parameters=parameters, rounds=SHARED_ROUNDS)


def train_own(sample: pl.DataFrame, shared: TreeModel, *, rounds: int, frequency: str, grower: TreeGrower) -> TreeModel | None:
    """Train `rounds` trees of a region's own that continue from the shared prediction; None for 0 rounds."""
    if rounds == 0 or sample.is_empty():
        return None
    start = grower.predict_raw(shared, sample)
    parameters = _sized(REGION_PARAMETERS, sample.height)
    return grower.train(_features(sample), _target(sample), _weight(sample, frequency), parameters=parameters, rounds=rounds, start=start)


def rounds_that_pay(own: TreeModel, shared: TreeModel, held_back: pl.DataFrame, grower: TreeGrower) -> int:
    """Return how many of a region's own trees lower its absolute error on held-back periods beyond chance, 0 if none do.

    A number of trees pays when the mean improvement per series is more than its standard error over series.
    """
    judged = held_back.filter(pl.col("target").is_not_null())
    if judged.is_empty():
        return 0
    level, target = judged["level"].to_numpy().astype(float), judged["target"].to_numpy().astype(float)
    series = np.unique(judged["series"].to_numpy(), return_inverse=True)[1]
    start = grower.predict_raw(shared, judged)
    without = np.abs(np.exp(start) * level - target)
    best, most = 0, 0.0
    for trees in range(REGION_STEP, own.trees + 1, REGION_STEP):
        score = start + grower.predict_raw(own, judged, trees=trees)
        gains = np.bincount(series, without - np.abs(np.exp(score) * level - target))
        mean, error = gains.mean(), gains.std() / np.sqrt(max(len(gains) - 1, 1))
        if len(gains) > 1 and mean > error and mean > most:
            best, most = trees, mean
    return best


def _features(sample: pl.DataFrame) -> pl.DataFrame:
    return sample.drop(SAMPLE_COLUMNS)


def _target(sample: pl.DataFrame) -> Floats:
    return np.asarray(np.clip(sample["target"].to_numpy() / sample["level"].to_numpy(), 0, LARGEST_RATIO), dtype=float)


def _weight(sample: pl.DataFrame, frequency: str) -> Floats:
    """Weigh rows by the level, since errors count in units, and by recency."""
    return np.asarray(sample["level"].to_numpy() * np.exp(-sample["age"].to_numpy() / RECENCY_PERIODS[frequency]), dtype=float)


def _sized(parameters: dict[str, float | int | str], rows: int) -> dict[str, float | int | str]:
    """Return parameters fit for the number of rows: small samples grow smaller leaves, of fewer rows."""
    return {
        **parameters,
        "min_data_in_leaf": int(np.clip(rows // 1_000, 20, 200)),
        "num_leaves": int(min(float(parameters["num_leaves"]), max(7, rows // 500))),
    }
