"""Forecasters: members shared by all regions, and trees of each region's own that start from their blend."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.groups.group import ExplanationGroup
from features.samples import SAMPLE_COLUMNS
from models.contributions import GROUPS, Units, at_least, blended, group_scores, in_units, multiplied
from models.drift import Drift
from models.gateway import TreeGrower, TreeModel
from models.members import COMMON, LEAST_RATIO, MEMBERS, blended_ratio, sized, train_members

Floats = NDArray[np.float64]

REGION_ROUNDS = 60
REGION_STEP = 15
REGION_PARAMETERS: dict[str, float | int | str] = {
    **COMMON,
    "objective": "tweedie",
    "tweedie_variance_power": 1.2,
    "learning_rate": 0.04,
    "num_leaves": 15,
    "lambda_l2": 20.0,
}
LARGEST_RATIO = 20.0
"""Targets are demand ÷ level; what lies beyond this is a bulk order or a level still unknown, and is trained as this."""

EXPLAINED_ROWS = 131_072
"""Rows that are explained at a time: what the members make of them lies in memory side by side."""

RECENCY_PERIODS = {"day": 60.0, "week": 80.0}
"""Periods after which a training row weighs 1/e."""


@dataclass(frozen=True)
class SharedTrees:
    """What all regions share: the members' trees, in the order of MEMBERS, and the level shifts taken out of their targets."""

    members: tuple[TreeModel, ...]
    drift: Drift


@dataclass(frozen=True)
class Forecaster:
    """The shared members, then the trees of the region (None for a region that gains nothing by its own)."""

    shared: SharedTrees
    own: TreeModel | None

    def predict(self, matrix: pl.DataFrame, level: Floats, grower: TreeGrower) -> Floats:
        """Return mean demand per row, in units, shape (rows,): the blend, times the region's own factor, drift and level."""
        ratio = blended_ratio(self.shared.members, matrix, grower)
        if self.own is not None:
            ratio = ratio * np.exp(grower.predict_raw(self.own, matrix))
        mean: Floats = ratio * self.shared.drift.ahead * level
        return mean

    def explain(self, matrix: pl.DataFrame, level: Floats, groups: Mapping[str, ExplanationGroup], grower: TreeGrower) -> Units:
        """Return what each explanation group makes of `predict`'s forecasts, which the rows add up to but for rounding.

        The drift moves the level, before anything multiplies it. Takes about as long as `predict`.

        Parameters
        ----------
        groups
            Explanation group of each feature, as `features.groups.explanation.explanation_groups` tells them.
        """
        units = np.empty((matrix.height, len(GROUPS)))
        for begin in range(0, matrix.height, EXPLAINED_ROWS):
            block = slice(begin, begin + EXPLAINED_ROWS)
            units[block] = self._explained(matrix[block], level[block], groups, grower)
        return units

    def _explained(self, matrix: pl.DataFrame, level: Floats, groups: Mapping[str, ExplanationGroup], grower: TreeGrower) -> Units:
        drifted = level * self.shared.drift.ahead
        members = [
            in_units(group_scores(model, matrix, groups, grower), drifted, logarithmic=member.logarithmic)
            for member, model in zip(MEMBERS, self.shared.members, strict=True)
        ]
        units = at_least(blended(members, [member.weight for member in MEMBERS]), LEAST_RATIO * drifted)
        return units if self.own is None else multiplied(units, group_scores(self.own, matrix, groups, grower))


def train_shared(sample: pl.DataFrame, drift: Drift, *, frequency: str, grower: TreeGrower) -> SharedTrees:
    """Train the members that all regions share.

    Parameters
    ----------
    sample
        Training rows: features, SAMPLE_COLUMNS and, where there are several, `region`.
    drift
        Level shifts of the same rows.
    """
    target, weight = _target(sample, drift), _weight(sample, frequency)
    return SharedTrees(train_members(_features(sample), target, weight, grower), drift)


def train_own(sample: pl.DataFrame, shared: SharedTrees, *, rounds: int, frequency: str, grower: TreeGrower) -> TreeModel | None:
    """Train `rounds` trees of a region's own that continue from the shared blend; None for 0 rounds."""
    if rounds == 0 or sample.is_empty():
        return None
    start = np.log(blended_ratio(shared.members, sample, grower))
    parameters = sized(REGION_PARAMETERS, sample.height)
    target, weight = _target(sample, shared.drift), _weight(sample, frequency)
    return grower.train(_features(sample), target, weight, parameters=parameters, rounds=rounds, start=start)


def rounds_that_pay(own: TreeModel, shared: SharedTrees, held_back: pl.DataFrame, grower: TreeGrower) -> int:
    """Return how many of a region's own trees lower its absolute error on held-back periods beyond chance, 0 if none do.

    A number of trees pays when the mean improvement per series is more than its standard error over series.
    """
    judged = held_back.filter(pl.col("target").is_not_null())
    if judged.is_empty():
        return 0
    level, target = judged["level"].to_numpy().astype(float), judged["target"].to_numpy().astype(float)
    series = np.unique(judged["series"].to_numpy(), return_inverse=True)[1]
    start = Forecaster(shared, None).predict(judged, level, grower)
    without = np.abs(start - target)
    best, most = 0, 0.0
    for trees in range(REGION_STEP, own.trees + 1, REGION_STEP):
        mean = start * np.exp(grower.predict_raw(own, judged, trees=trees))
        gains = np.bincount(series, without - np.abs(mean - target))
        gain, error = gains.mean(), gains.std() / np.sqrt(max(len(gains) - 1, 1))
        if len(gains) > 1 and gain > error and gain > most:
            best, most = trees, gain
    return best


def _features(sample: pl.DataFrame) -> pl.DataFrame:
    return sample.drop(*SAMPLE_COLUMNS, *(name for name in ("region",) if name in sample.columns))


def _target(sample: pl.DataFrame, drift: Drift) -> Floats:
    ratio = sample["target"].to_numpy() / sample["level"].to_numpy()
    return np.asarray(np.clip(ratio / drift.of_rows(sample), 0, LARGEST_RATIO), dtype=float)


def _weight(sample: pl.DataFrame, frequency: str) -> Floats:
    """Weigh rows by the level, since errors count in units, and by recency."""
    return np.asarray(sample["level"].to_numpy() * np.exp(-sample["age"].to_numpy() / RECENCY_PERIODS[frequency]), dtype=float)
