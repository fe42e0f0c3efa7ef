"""A night of training: judge on held-back windows, then train on everything; shared trees first, then each region's own."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.calendar_member import with_calendar
from models.drift import common_drift, no_drift
from models.forecaster import REGION_ROUNDS, Forecaster, SharedTrees, rounds_that_pay, train_own, train_shared
from models.gateway import TreeGrower, TreeModel
from models.predictive import ErrorLibrary, HeldBack, build_library

LEAST_ROWS = 300
"""Fewest training rows from which trees are grown at all."""

MOVEMENT = {"day": 7, "week": 4}
"""Periods over which the common movement of all series is told: a week of days, four weeks."""


@dataclass(frozen=True)
class SharedModels:
    """judge: trained without the held-back windows, to be judged on them; final: trained on everything."""

    judge: SharedTrees | None
    final: SharedTrees


@dataclass(frozen=True)
class RegionOutcome:
    """What training a region came to.

    own: the region's trees, None where they do not pay; held_back: the held-back windows with `mean`, the forecast of each row;
    judge: the trees on top of the shared judge that forecast them, None where there are none.
    """

    own: TreeModel | None
    held_back: pl.DataFrame
    judge: TreeModel | None = None


def train_all_regions(sample: pl.DataFrame, *, window: int, frequency: str, seasons_known: bool, grower: TreeGrower) -> SharedModels | None:
    """Train the shared trees on the samples of all regions; None where there is too little to learn from.

    Parameters
    ----------
    sample
        Samples of all regions, with a column `region` (`models.drift.together`).
    window
        Periods of a held-back window.
    seasons_known
        Whether history shows every season twice. If not, movements of all series together are taken out of the targets: trees
        could not tell them from a season.
    """
    rows = sample.filter(pl.col("window") < 0)
    if rows.height < LEAST_ROWS:
        return None

    def trained(part: pl.DataFrame) -> SharedTrees:
        drift = no_drift() if seasons_known else common_drift(part, MOVEMENT[frequency])
        return train_shared(part, drift, frequency=frequency, grower=grower)

    early = _before_windows(rows, window)
    return SharedModels(trained(early) if early.height >= LEAST_ROWS else None, trained(rows))


def train_region(sample: pl.DataFrame, shared: SharedModels, *, window: int, frequency: str, grower: TreeGrower) -> RegionOutcome:
    """Train a region's own trees as far as its earlier held-back window improves, and forecast both windows out of sample."""
    rows, held_back = sample.filter(pl.col("window") < 0), sample.filter(pl.col("window") >= 0)
    if shared.judge is None or held_back.is_empty():
        return RegionOutcome(None, held_back.with_columns(mean=pl.lit(None, dtype=pl.Float64)))
    early = _before_windows(rows, window)
    own = train_own(early, shared.judge, rounds=REGION_ROUNDS, frequency=frequency, grower=grower) if early.height >= LEAST_ROWS else None
    rounds = rounds_that_pay(own, shared.judge, held_back.filter(pl.col("window") == 0), grower) if own else 0
    judge = Forecaster(shared.judge, own.first(rounds) if own and rounds else None)
    mean = held_back_mean(held_back, judge, grower)
    final = train_own(rows, shared.final, rounds=rounds, frequency=frequency, grower=grower)
    return RegionOutcome(final, held_back.with_columns(mean=mean), judge.own)


def held_back_mean(held_back: pl.DataFrame, judge: Forecaster, grower: TreeGrower) -> np.ndarray:
    """Return a judge's forecast of the rows of a sample's held-back windows, blended with the calendar's, units, shape (rows,)."""
    trees = judge.predict(held_back, held_back["level"].to_numpy().astype(float), grower)
    return with_calendar(trees, held_back["calendar"].to_numpy())


def calibrate(held_back: pl.DataFrame, *, window: int, spread: str, seed: int) -> ErrorLibrary | None:
    """Return the error library from the regions' held-back windows, stacked; None where there are none.

    Parameters
    ----------
    held_back
        Rows of RegionOutcome.held_back: whole blocks of `window` consecutive rows each, in order of the horizon.
    spread
        Feature that tells how variable a series is.
    """
    judged = held_back.filter(pl.col("mean").is_not_null())
    if judged.is_empty() or not window:
        return None

    def block(column: str) -> np.ndarray:
        return judged[column].cast(pl.Float64).to_numpy().reshape(-1, window)

    outcome = HeldBack(
        mean=block("mean"),
        at_least=block("at_least"),
        observed=judged["target"].is_not_null().to_numpy().reshape(-1, window),
        spread=block(spread)[:, 0],
        window=judged["window"].to_numpy().reshape(-1, window)[:, 0].astype(np.int64),
    )
    return build_library(outcome, np.random.default_rng(seed))


def _before_windows(rows: pl.DataFrame, window: int) -> pl.DataFrame:
    return rows.filter(pl.col("age") >= 2 * window)
