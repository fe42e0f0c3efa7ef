"""Contributions: how much of a forecast level, season, price and promotion, events, drivers and stock-outs make, in units.

The raw score of a tree model is taken apart along the path of each row (Saabas 2014, "Interpreting random forests"): every split on
the way from the root to the leaf changes the expected score, and the change goes to the explanation group of the split's feature.
A leaf has one path, so a table leaf → change by group is made once per model, and a row looks up one line of it per tree. The
expected scores of the roots and the changes add up to the raw score: one pass through the trees predicts and explains.

A score is the logarithm of demand ÷ level in most models, so its parts multiply. They become units that add by the logarithmic mean
Divisia decomposition (Ang 2004): with a base b and a forecast f = b · exp(s₁ + s₂ + …), group g makes L(f, b) · s_g units, where
L(f, b) = (f − b) ÷ ln(f ÷ b), or f where they are equal. The base is the level's; nothing is left over.

What the numbers are not: attribution along paths depends on the order of the splits. Of two features that act together, the one
asked first, nearer to the root, gets less of what they do together, and two models of the same predictions may be told differently.
Shapley values (Lundberg & Lee 2017) average over all orders and have no such fault, at many times the cost. And both tell what
the trees looked at, not what causes demand: of two features that move together, the trees may have asked either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.groups.group import ExplanationGroup
from models.gateway import TreeGrower, TreeModel, TreeSplits, tree_splits

Floats = NDArray[np.float64]
Units = NDArray[np.float64]
"""Units per period by explanation group, shape (rows, len(GROUPS)), in the order of GROUPS; a row adds up to its forecast."""

GROUPS: tuple[ExplanationGroup, ...] = get_args(ExplanationGroup)
LEVEL, SEASON = GROUPS.index("level"), GROUPS.index("season")

BLOCK = 8_192
"""Rows that are looked up at a time: their leaves and sums stay in the processor's cache."""


@dataclass(frozen=True)
class GroupScores:
    """Raw scores of a model, taken apart.

    expected: the score of no row in particular, at the roots of the trees; parts: what each group adds to it, in the order of
    GROUPS, shape (rows, len(GROUPS)).
    """

    expected: float
    parts: Floats

    @property
    def score(self) -> Floats:
        """Return the model's raw scores, shape (rows,)."""
        total: Floats = self.expected + self.parts.sum(axis=1)
        return total


def group_scores(model: TreeModel, matrix: pl.DataFrame, groups: Mapping[str, ExplanationGroup], grower: TreeGrower) -> GroupScores:
    """Take a model's raw scores apart by explanation group (Saabas 2014).

    Parameters
    ----------
    model, matrix
        As for `TreeGrower.predict_raw`.
    groups
        Explanation group of each feature, as `features.groups.explanation.explanation_groups` tells them.
    grower
        LightGBM with its threads.

    Raises
    ------
    ValueError
        If a feature of the model has no group.
    """
    if unknown := [name for name in model.features if name not in groups]:
        raise ValueError(f"{len(unknown)} features of the model have no explanation group: {', '.join(unknown[:5])}")
    trees = tree_splits(model)
    column = np.array([GROUPS.index(groups[name]) for name in model.features])
    changes = _changes_on_paths(trees, column[trees.feature])
    parts = np.zeros((matrix.height, len(GROUPS)))
    for begin in range(0, matrix.height, BLOCK):
        leaves = np.ascontiguousarray(grower.leaves(model, matrix.slice(begin, BLOCK)).T)
        block = parts[begin : begin + BLOCK]
        for tree, first in enumerate(trees.first_leaf):
            block += changes[first:].take(leaves[tree], axis=0)
    return GroupScores(float(trees.value[trees.root].sum()), parts)


def _changes_on_paths(trees: TreeSplits, column: NDArray[np.int64]) -> Floats:
    """Return by how much the expected score changes from the root to each node, by group: shape (nodes, len(GROUPS)).

    column: place in GROUPS of what each split asks, shape (splits,). All trees go down one step at a time.
    """
    changes = np.zeros((len(trees.value), len(GROUPS)))
    splits = len(trees.feature)
    above = trees.root[trees.root < splits]
    while len(above):
        below = trees.children[:, above].ravel()
        parent = np.tile(above, 2)
        changes[below] = changes[parent]
        changes[below, column[parent]] += trees.value[below] - trees.value[parent]
        above = below[below < splits]
    return changes


def in_units(scores: GroupScores, level: Floats, *, logarithmic: bool = True) -> Units:
    """Return what each group makes of the forecasts of one model, in units.

    Parameters
    ----------
    scores
        Of n rows.
    level
        Units per period that a ratio of 1 stands for, shape (n,).
    logarithmic
        Whether the forecast is level · exp(score); else it is level · score, or 0 where the score is negative. The level makes the
        expected score's share; of a linear forecast cut off at 0 also what was cut off.
    """
    base = np.zeros_like(scores.parts)
    if logarithmic:
        base[:, LEVEL] = level
        return multiplied(base, scores)
    base[:, LEVEL] = level * scores.expected
    return at_least(base + level[:, None] * scores.parts, 0.0)


def multiplied(units: Units, scores: GroupScores) -> Units:
    """Return what each group makes of forecasts that a further model multiplies by exp(its score) (Ang 2004).

    The expected score raises every group alike; the rest of the change goes to the groups that made it.

    Parameters
    ----------
    units
        What the groups make of the forecasts so far, which must not be negative; shape (n, len(GROUPS)).
    scores
        Of the same n rows.
    """
    based = units * np.exp(scores.expected)
    change = scores.parts.sum(axis=1)
    growth = np.divide(np.expm1(change), change, out=np.ones_like(change), where=change != 0)
    total: Units = based + (based.sum(axis=1) * growth)[:, None] * scores.parts
    return total


def at_least(units: Units, least: Floats | float) -> Units:
    """Return what each group makes of forecasts that are raised to `least` where they are below: the level makes the difference."""
    raised = units.copy()
    raised[:, LEVEL] += np.maximum(least - units.sum(axis=1), 0.0)
    return raised


def of_seasonal_average(level: Floats, forecast: Floats) -> Units:
    """Return what level and season make of forecasts that consist of nothing else, shape (n, len(GROUPS)).

    level, forecast: units per period without and with the season, shape (n,), whether the season was multiplied or added.
    """
    units = np.zeros((len(forecast), len(GROUPS)))
    units[:, LEVEL], units[:, SEASON] = level, forecast - level
    return units


def blended(members: Sequence[Units], weights: Sequence[float]) -> Units:
    """Return what each group makes of a weighted sum of forecasts: the same weighted sum of what it makes of each."""
    total = np.zeros_like(members[0])
    for units, weight in zip(members, weights, strict=True):
        total += weight * units
    return total


def explanation(series: pl.DataFrame, units: Units, *, horizon: int) -> pl.DataFrame:
    """Return what each group makes of the mean forecast of each series, in units per period.

    Parameters
    ----------
    series
        fc and sku, one row per series.
    units
        Periods 1 … `horizon` of the first series, then of the second, …: shape (series · horizon, len(GROUPS)).

    Returns
    -------
    fc, sku, mean (over the horizon) and GROUPS, which add up to the mean, in the order of `series`.
    """
    parts = units.reshape(series.height, horizon, len(GROUPS)).mean(axis=1)
    # Of a forecast of 0 rounding errors of its parts may be left, on either side.
    mean = np.maximum(parts.sum(axis=1), 0.0)
    return series.select("fc", "sku").with_columns(
        pl.Series("mean", mean), *(pl.Series(group, parts[:, place]) for place, group in enumerate(GROUPS))
    )
