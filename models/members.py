"""Members of the forecast: a few different tree ensembles on the same sample, blended with fixed weights.

Their errors differ where each is weak, so the blend is steadier than any of them. Weights that are learned on held-back windows
follow the luck of those windows; these are fixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.gateway import Parameters, TreeGrower, TreeModel

Floats = NDArray[np.float64]

LEAST_RATIO = 1e-4
"""Smallest demand ÷ level that a forecast tells; the logarithm of the blend is what a region's own trees start from."""

COMMON: dict[str, float | int | str] = {
    "min_data_in_leaf": 200,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 127,
}


@dataclass(frozen=True)
class Member:
    """One member: its name, weight in the blend, rounds, LightGBM parameters, and whether it predicts the logarithm of the ratio."""

    name: str
    weight: float
    rounds: int
    logarithmic: bool
    parameters: Parameters

    def ratio(self, score: Floats) -> Floats:
        """Return demand ÷ level from a raw score."""
        return np.exp(score) if self.logarithmic else np.maximum(score, 0.0)


MEMBERS = (
    Member(
        "tweedie",
        weight=0.4,
        rounds=200,
        logarithmic=True,
        parameters={**COMMON, "objective": "tweedie", "tweedie_variance_power": 1.2, "learning_rate": 0.08, "num_leaves": 63},
    ),
    Member(
        "squared",
        weight=0.4,
        rounds=150,
        logarithmic=False,
        parameters={**COMMON, "objective": "regression", "learning_rate": 0.08, "num_leaves": 127, "min_data_in_leaf": 400},
    ),
    Member(
        "shallow",
        weight=0.2,
        rounds=200,
        logarithmic=True,
        parameters={**COMMON, "objective": "tweedie", "tweedie_variance_power": 1.5, "learning_rate": 0.12, "num_leaves": 12},
    ),
)


def train_members(matrix: pl.DataFrame, target: Floats, weight: Floats, grower: TreeGrower) -> tuple[TreeModel, ...]:
    """Train every member on the same rows; target is demand ÷ level."""
    return tuple(
        grower.train(matrix, target, weight, parameters=sized(member.parameters, matrix.height), rounds=member.rounds) for member in MEMBERS
    )


def blended_ratio(models: Sequence[TreeModel], matrix: pl.DataFrame, grower: TreeGrower) -> Floats:
    """Return the blend's demand ÷ level, shape (rows of matrix,), at least LEAST_RATIO."""
    total = np.zeros(matrix.height)
    for member, model in zip(MEMBERS, models, strict=True):
        total += member.weight * member.ratio(grower.predict_raw(model, matrix))
    return np.maximum(total, LEAST_RATIO)


def sized(parameters: Parameters, rows: int) -> dict[str, float | int | str]:
    """Return parameters fit for the number of rows: small samples grow smaller leaves, of fewer rows."""
    least = int(parameters["min_data_in_leaf"])
    return {
        **parameters,
        "min_data_in_leaf": int(np.clip(rows * least // 200_000, 20, least)),
        "num_leaves": int(min(float(parameters["num_leaves"]), max(7, rows // 500))),
    }
