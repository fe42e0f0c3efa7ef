"""What a feature group is: expressions for the three places a forecast looks at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from features.panel import Panel

Expressions = dict[str, pl.Expr]

PER_LEVEL = "_per_level"
"""Features with this ending are in units and are divided by the level of the series at the origin."""

ExplanationGroup = Literal["level", "season", "price_promotion", "events", "drivers", "stockouts"]
"""What a planner is told that a forecast is made of, in the order in which it is told."""


def nothing(panel: Panel) -> Expressions:
    """Return no features."""
    return {}


def unchanged(rows: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Return the rows as they are."""
    return rows


@dataclass(frozen=True)
class FeatureGroup:
    """Expressions over the panel's columns, each named after the feature it makes.

    at_origin: evaluated on the row of the last known period; aligned: on the newest known row in the same phase of the season
    as the target; at_target: on the row of the forecast period, where only what is known ahead may be read.
    prepare adds working columns; a working column at a row never depends on later rows.
    explains: what its features' share of a forecast is told as; without it, what is read at the origin tells the level, and what
    is read at the aligned or the target period, which varies with the date, tells the season.
    """

    name: str
    explains: ExplanationGroup | None = field(default=None, kw_only=True)
    prepare: Callable[[pl.DataFrame, Panel], pl.DataFrame] = field(default=unchanged)
    at_origin: Callable[[Panel], Expressions] = field(default=nothing)
    aligned: Callable[[Panel], Expressions] = field(default=nothing)
    at_target: Callable[[Panel], Expressions] = field(default=nothing)
