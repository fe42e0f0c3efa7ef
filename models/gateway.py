"""The one door to LightGBM: selects the stored features, casts them, refuses the rest; trains, predicts, stores as text."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

# Threads of OpenMP wait for one another in a busy loop; where another process holds a core that costs LightGBM much of its speed.
# A short loop costs nothing on a quiet machine (never looping nearly halves the speed there).
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import lightgbm as lgb
import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Parameters = Mapping[str, float | int | str]


class FeatureMismatch(Exception):
    """A design matrix does not hold the features a model was trained on."""


@dataclass(frozen=True)
class TreeModel:
    """Trees and the names of the features they were trained on, in order.

    fills: per feature the value to use where it is missing, or None. LightGBM takes a missing value for 0 where training never
    met one, so such features are filled with their training mean.
    """

    text: str
    features: tuple[str, ...]
    trees: int
    fills: tuple[float | None, ...]

    def first(self, trees: int) -> "TreeModel":
        """Return a model of the first `trees` trees alone."""
        return TreeModel(lgb.Booster(model_str=self.text).model_to_string(num_iteration=trees), self.features, trees, self.fills)


class TreeGrower:
    """Trains and evaluates trees with fixed threads and seed; `seconds` adds up the time spent inside LightGBM.

    Parameters
    ----------
    threads
        Threads of LightGBM; 0 takes all cores. One and more threads give identical trees.
    seed
        Seed of row and feature sampling.
    """

    def __init__(self, *, threads: int, seed: int) -> None:
        self.threads = threads
        self.seed = seed
        self.seconds = 0.0

    def train(
        self, matrix: pl.DataFrame, target: Floats, weight: Floats, *, parameters: Parameters, rounds: int, start: Floats | None = None
    ) -> TreeModel:
        """Train trees on a design matrix.

        Parameters
        ----------
        matrix, target, weight
            n rows; target must be finite, weight > 0.
        parameters, rounds
            LightGBM's parameters and the number of trees.
        start
            Raw scores, shape (n,), that the trees add to: the prediction of a model they continue.

        Raises
        ------
        ValueError
            If a target is not finite: LightGBM would train on it without a word.
        """
        if bad := int((~np.isfinite(target)).sum()):
            raise ValueError(f"{bad} of {len(target)} training targets are not finite numbers")
        features = tuple(matrix.columns)
        names = _plain_names(features)
        settings = {
            "verbose": -1,
            "num_threads": self.threads,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            **parameters,
        }
        with self._timed():
            values = checked(matrix, features)
            data = lgb.Dataset(values, label=target, weight=weight, init_score=start, feature_name=names, params=settings)
            booster = lgb.train(settings, data, num_boost_round=rounds)
        return TreeModel(booster.model_to_string(), features, booster.num_trees(), _fills(matrix))

    def predict_raw(self, model: TreeModel, matrix: pl.DataFrame, *, trees: int | None = None) -> Floats:
        """Return raw scores of the first `trees` trees (all by default), shape (rows of matrix,)."""
        if matrix.is_empty():
            return np.empty(0)
        values = _filled(matrix, model)
        with self._timed():
            booster = lgb.Booster(model_str=model.text)
            scores = booster.predict(values, raw_score=True, num_threads=self.threads, num_iteration=trees or model.trees)
        return np.asarray(scores, dtype=float)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - begun


def checked(matrix: pl.DataFrame, features: tuple[str, ...]) -> pl.DataFrame:
    """Return `features` of `matrix` as Float32 in that order.

    Raises
    ------
    FeatureMismatch
        If a feature is missing or not a number: LightGBM would abort the process, or predict silently wrong.
    """
    if missing := [name for name in features if name not in matrix.columns]:
        raise FeatureMismatch(f"the design matrix lacks {len(missing)} of the model's {len(features)} features: {', '.join(missing[:5])}")
    chosen = matrix.select(features)
    if bad := [f"{name} ({dtype})" for name, dtype in chosen.schema.items() if not dtype.is_numeric() or dtype.is_decimal()]:
        raise FeatureMismatch(f"features must be numbers, found {', '.join(bad[:5])}")
    return chosen.cast(pl.Float32)


def _fills(matrix: pl.DataFrame) -> tuple[float | None, ...]:
    means = matrix.select(pl.when(~_missing(pl.all()).any()).then(pl.all().cast(pl.Float64).mean())).row(0)
    return tuple(None if mean is None else round(mean, 6) for mean in means)


def _missing(column: pl.Expr) -> pl.Expr:
    return column.is_null() | column.cast(pl.Float32).is_nan().fill_null(False)


def _plain_names(features: tuple[str, ...]) -> list[str]:
    """Return names for LightGBM: it refuses some characters, and makes blanks underlines, which may make two names one."""
    return [name if re.fullmatch(r"[A-Za-z0-9_]+", name) else f"feature_number_{place}" for place, name in enumerate(features)]


def _filled(matrix: pl.DataFrame, model: TreeModel) -> pl.DataFrame:
    chosen = checked(matrix, model.features)
    fills = {name: fill for name, fill in zip(model.features, model.fills, strict=True) if fill is not None}
    if not fills:
        return chosen
    gaps = chosen.select(_missing(pl.col(list(fills))).any()).row(0, named=True)
    return chosen.with_columns(pl.col(name).fill_null(fill).fill_nan(fill) for name, fill in fills.items() if gaps[name])
