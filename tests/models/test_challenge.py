"""Champion and challenger: what is worse is found, what is equal, better or within noise is not held against it."""

import numpy as np
import polars as pl
import pytest

from models.challenge import LEAST_SERIES, judged

SEED = 7


def rows(*, challenger=0.0, champion=0.0, factor=1.0, series=150, days=14, rate=6.0, seed=0):
    """Poisson demand in two windows; both forecasts are the truth times a lognormal error of their own, the challenger's times `factor`."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(2.0, rate / 2, series)
    parts = []
    for window in range(2):
        truth = np.repeat(level, days)
        parts.append(
            pl.DataFrame(
                {
                    "region": np.repeat(np.where(np.arange(series) % 3 == 0, "north", "south"), days),
                    "series": np.repeat(np.arange(series) // 3, days),
                    "window": window,
                    "target": rng.poisson(truth).astype(float),
                    "challenger": factor * truth * np.exp(rng.normal(0, 1, truth.size) * challenger),
                    "champion": truth * np.exp(rng.normal(0, 1, truth.size) * champion),
                }
            )
        )
    return pl.concat(parts)


def test_both_errors_are_those_of_the_naive_sums():
    told = rows(challenger=0.5, champion=0.2).with_columns(target=pl.when(pl.int_range(pl.len()) % 7 > 0).then("target"))
    verdict = judged(told, SEED)
    known = told.drop_nulls()
    total = known["target"].sum()
    assert verdict.challenger_wape == pytest.approx((known["challenger"] - known["target"]).abs().sum() / total)
    assert verdict.champion_wape == pytest.approx((known["champion"] - known["target"]).abs().sum() / total)
    assert verdict.champion_bias == pytest.approx((known["champion"] - known["target"]).sum() / total)
    assert verdict.worse == "error"
    assert verdict.noise[0] > 0


def test_an_equal_one_and_a_better_one_are_not_worse():
    told = rows(challenger=0.4, champion=0.4)
    assert judged(told.with_columns(champion="challenger"), SEED).worse is None
    assert judged(rows(challenger=0.1, champion=0.5), SEED).worse is None


def test_one_that_forecasts_too_little_is_worse_by_its_bias():
    """Of items that sell nothing on most days the forecast 0 has the least absolute error."""
    verdict = judged(rows(factor=0.3, rate=0.25), SEED)
    assert verdict.challenger_wape < verdict.champion_wape
    assert verdict.worse == "bias"
    assert verdict.challenger_bias < -0.5


def test_equally_good_ones_are_seldom_taken_for_worse():
    worse = [judged(rows(challenger=0.3, champion=0.3, seed=seed), SEED).worse for seed in range(60)]
    assert sum(name is not None for name in worse) <= 3, "a 95% band, one side of it, and a hundredth of the error"


def test_of_few_series_or_no_demand_nothing_is_told():
    told = rows(challenger=2.0, series=LEAST_SERIES - 1)
    assert judged(told, SEED) is None
    assert judged(rows().with_columns(target=pl.lit(0.0)), SEED) is None
    assert judged(rows().with_columns(challenger=pl.lit(None, dtype=pl.Float64)), SEED) is None


def test_order_of_rows_and_unit_of_measure_do_not_matter():
    told = rows(challenger=0.6, champion=0.2)
    first = judged(told, SEED)
    again = judged(told.sample(fraction=1, shuffle=True, seed=3).with_columns(pl.col("target", "challenger", "champion") * 12), SEED)
    assert (first.worse, again.worse) == ("error", "error")
    assert again.challenger_wape == pytest.approx(first.challenger_wape)
    assert again.noise == pytest.approx(first.noise)
