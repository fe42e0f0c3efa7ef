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
Ints = NDArray[np.int64]
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


@dataclass(frozen=True)
class TreeSplits:
    """All trees of a model as flat arrays, one tree after the other. Nodes are numbered through: first all splits, then all leaves.

    feature: place in the model's features of what each split asks, shape (splits,); children: the two nodes below each split,
    shape (2, splits); value: raw score expected at each node, shape (splits + leaves,), at a leaf the one that is predicted; root:
    the node where each tree begins, a leaf in a tree without a split, shape (trees,); first_leaf: node of each tree's leaf 0,
    shape (trees,).
    """

    feature: Ints
    children: Ints
    value: Floats
    root: Ints
    first_leaf: Ints


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
        self._read: tuple[str, lgb.Booster] | None = None

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
            booster = self._booster(model)
            scores = booster.predict(values, raw_score=True, num_threads=self.threads, num_iteration=trees or model.trees)
        return np.asarray(scores, dtype=float)

    def leaves(self, model: TreeModel, matrix: pl.DataFrame) -> NDArray[np.int32]:
        """Return the leaf that each row falls into in each tree, shape (rows of matrix, trees), counted within its tree.

        LightGBM needs twelve bytes per row and tree on the way: cut a long matrix into blocks.
        """
        if matrix.is_empty():
            return np.empty((0, model.trees), dtype=np.int32)
        values = _filled(matrix, model)
        with self._timed():
            booster = self._booster(model)
            leaves = booster.predict(values, pred_leaf=True, num_threads=self.threads, num_iteration=model.trees)
        return np.asarray(leaves, dtype=np.int32).reshape(matrix.height, -1)

    def _booster(self, model: TreeModel) -> lgb.Booster:
        """Return the model as LightGBM reads it; the one asked last is kept, since matrices come in blocks."""
        if self._read is None or self._read[0] is not model.text:
            self._read = model.text, lgb.Booster(model_str=model.text)
        return self._read[1]

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - begun


def tree_splits(model: TreeModel) -> TreeSplits:
    """Return the structure of a model's trees, read from its text.

    The value expected at a split is what LightGBM calls internal_value: the score that the node would give were it a leaf, learning
    rate included, and in the first tree what boosting starts from. But for the penalty on large leaves it is the mean of the leaves
    below, weighted by second derivatives: of a logarithmic score by demand. The text holds six digits of it; leaves are exact.

    Raises
    ------
    ValueError
        If the text holds other than the model's number of trees, or linear trees, whose leaves have no one value.
    """
    told = _lines_of(model.text, "is_linear", "leaf_value", "left_child", "right_child", "split_feature", "internal_value")
    if found := set(told["is_linear"]) - {"0"}:
        raise ValueError(f"only trees with constant leaves can be taken apart, this model says is_linear={found.pop()}")
    values = told["leaf_value"]
    if len(values) != model.trees:
        raise ValueError(f"the model's text holds {len(values)} trees, {model.trees} are said to be its own: it was not stored whole")
    leaves = np.array([line.count(" ") + 1 for line in values], dtype=np.int64)
    splits = leaves - 1
    # Of a tree's children, those from 0 on are splits of its own; −1 is its leaf 0, −2 its leaf 1.
    first_split, first_leaf = np.cumsum(splits) - splits, splits.sum() + np.cumsum(leaves) - leaves
    below = np.array([_numbers(told[side]) for side in ("left_child", "right_child")]).astype(np.int64)
    tree = np.repeat(np.arange(model.trees), splits)
    return TreeSplits(
        feature=_numbers(told["split_feature"]).astype(np.int64),
        children=np.where(below >= 0, first_split[tree] + below, first_leaf[tree] - 1 - below),
        value=np.concatenate([_numbers(told["internal_value"]), _numbers(values)]),
        root=np.where(splits > 0, first_split, first_leaf),
        first_leaf=first_leaf,
    )


def _lines_of(text: str, *keys: str) -> dict[str, list[str]]:
    """Return what a model's text says of each key, one string per tree."""
    found: dict[str, list[str]] = {key: [] for key in keys}
    for key, told in re.findall(rf"^({'|'.join(keys)})=(.*)$", text, re.MULTILINE):
        found[key].append(told)
    return found


def _numbers(lines: list[str]) -> Floats:
    return np.array(" ".join(lines).split(), dtype=float)


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
