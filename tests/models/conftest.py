"""Samples with a known truth, as `features.samples` would draw them, for the tests of forecasters."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from models.gateway import TreeGrower

WINDOW = 7


def known_sample(seed: int, *, effect: float = 0.0, noise: float = 0.4, series: int = 80, periods: int = 40) -> pl.DataFrame:
    """`series` series whose demand ÷ level is exp(0.6 × weekend + effect × signal) × gamma noise of the given variation, mean 1.

    Training rows have ages from `periods` − 1 down to 0; the windows 0 and 1 have the ages 13 … 7 and 6 … 0 of the same demand.
    """
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(series), periods)
    age = np.tile(np.arange(periods)[::-1], series)
    level = np.repeat(rng.uniform(2, 20, series), periods)
    weekend, signal = ((age % 7) < 2).astype(float), rng.normal(size=age.size)
    shape = 1 / noise**2
    ratio = np.exp(0.6 * weekend - 0.17 + effect * (np.abs(signal) - 0.8)) * rng.gamma(shape, 1 / shape, age.size)
    rows = pl.DataFrame(
        {
            "series": pl.Series(number, dtype=pl.Int32),
            "window": pl.Series(np.full(age.size, -1), dtype=pl.Int8),
            "level": pl.Series(level, dtype=pl.Float32),
            "target": pl.Series(level * ratio, dtype=pl.Float32),
            "at_least": pl.Series(level * ratio, dtype=pl.Float32),
            "calendar": pl.Series([None], dtype=pl.Float64).new_from_index(0, len(level)),
            "age": pl.Series(age, dtype=pl.Int32),
            "horizon": pl.Series(1 + (periods - 1 - age) % WINDOW, dtype=pl.Float32),
            "weekend": pl.Series(weekend, dtype=pl.Float32),
            "signal": pl.Series(signal, dtype=pl.Float32),
            "spread": pl.Series(np.full(age.size, noise), dtype=pl.Float32),
        }
    )
    held_back = []
    for window, oldest in ((0, 2 * WINDOW), (1, WINDOW)):
        block = rows.filter(pl.col("age").is_between(oldest - WINDOW, oldest - 1)).sort("series", "age", descending=[False, True])
        held_back.append(block.with_columns(window=pl.lit(window, dtype=pl.Int8), horizon=(oldest - pl.col("age")).cast(pl.Float32)))
    return pl.concat([rows, *held_back])


@pytest.fixture(scope="session")
def make_sample() -> Callable[..., pl.DataFrame]:
    return known_sample


@pytest.fixture
def grower() -> TreeGrower:
    return TreeGrower(threads=1, seed=7)
