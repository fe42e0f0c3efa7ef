"""Quantiles, interval totals and CRPS read from paths in one pass, against the same made one series at a time."""

import numpy as np
import pytest

from models.demand_paths import ForecastPaths
from models.evaluation.path_scores import judged_paths
from models.predictive import LEVELS, fallback_library

SERIES, HORIZON, PATHS = 700, 5, 64


@pytest.fixture(scope="module")
def paths() -> ForecastPaths:
    rng = np.random.default_rng(3)
    return ForecastPaths(
        mean=rng.gamma(2, 4, (SERIES, HORIZON)),
        segment=np.zeros(SERIES, dtype=np.int64),
        keys=rng.integers(0, 2**63, SERIES).astype(np.uint64),
        whole_units=rng.random(SERIES) < 0.5,
        library=fallback_library(HORIZON),
        season=7,
        paths=PATHS,
    )


def test_one_pass_gives_what_a_loop_over_series_gives(paths):
    rng = np.random.default_rng(4)
    demand = rng.poisson(8, (SERIES, HORIZON)).astype(float)
    demand[5, 2] = np.nan
    intervals, levels = rng.integers(1, HORIZON + 1, SERIES), rng.uniform(0.1, 0.98, SERIES)
    period, interval = judged_paths(paths.mean, paths, demand, intervals, levels)
    for row in (0, 5, 511, 512, SERIES - 1):
        sampled = paths.sample(np.array([row]), HORIZON)[0].astype(float)
        totals = np.sort(sampled[:, : intervals[row]].sum(axis=1))
        rank = int(np.ceil(levels[row] * PATHS - 1e-9)) - 1
        assert interval.target[row, 0] == pytest.approx(totals[rank], rel=1e-5)
        assert interval.quantiles[row, 0] == pytest.approx(np.quantile(totals, LEVELS, method="inverted_cdf"), rel=1e-5)
        assert interval.mean[row, 0] == pytest.approx(paths.mean[row, : intervals[row]].sum())
        assert period.quantiles[row] == pytest.approx(np.quantile(sampled, LEVELS, axis=0, method="inverted_cdf").T, rel=1e-5)
        pairs = np.abs(sampled[:, None, :] - sampled[None]).mean(axis=(0, 1))
        expected = np.abs(sampled - demand[row]).mean(axis=0) - pairs / 2
        assert period.crps[row] == pytest.approx(expected, rel=1e-3, abs=1e-3, nan_ok=True)
    assert np.isnan(period.crps[5, 2]), "unknown demand cannot be scored"


def test_quantiles_of_a_total_are_not_sums_of_quantiles(paths):
    everything = np.full(SERIES, HORIZON)
    period, interval = judged_paths(paths.mean, paths, paths.mean, everything, np.full(SERIES, 0.9))
    summed = period.quantiles.sum(axis=1)
    assert (interval.quantiles[:, 0, -1] <= summed[:, -1] + 1e-3).all()
    assert interval.quantiles[:, 0, -1].mean() < 0.95 * summed[:, -1].mean()
