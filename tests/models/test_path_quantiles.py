"""Quantiles come from the same paths as everything else."""

import numpy as np
import pytest
from scipy.stats import gamma

from models.demand_paths import ForecastPaths
from models.path_quantiles import BLOCK, interval_quantiles, period_quantiles
from models.predictive import fallback_library

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])


def paths_of(mean, *, whole=False, number=256):
    count = len(mean)
    keys = np.random.default_rng(3).integers(0, 2**63, count).astype(np.uint64)
    return ForecastPaths(mean, np.zeros(count, np.int64), keys, np.full(count, whole), fallback_library(mean.shape[1]), 7, number)


def test_quantiles_are_those_of_the_paths():
    paths = paths_of(np.random.default_rng(1).gamma(2, 3, (BLOCK + 20, 6)))
    found = period_quantiles(paths, LEVELS)
    for row in (0, BLOCK - 1, BLOCK, BLOCK + 19):
        sampled = paths.sample(np.array([row]), 6)[0]
        assert np.array_equal(found[row].T, np.quantile(sampled, LEVELS, axis=0, method="inverted_cdf"))


def test_items_sold_by_the_piece_have_whole_quantiles_that_rise():
    found = period_quantiles(paths_of(np.random.default_rng(2).gamma(1, 2, (40, 5)), whole=True), LEVELS)
    assert np.array_equal(found, np.round(found))
    assert (np.diff(found, axis=2) >= 0).all()
    assert (found >= 0).all()


def test_quantiles_of_sums_are_not_sums_of_quantiles():
    paths = paths_of(np.full((4, 7), 10.0))
    mean, found = interval_quantiles(paths, 7, LEVELS)
    naive = np.sort(paths.sample(np.arange(4), 7).sum(axis=2), axis=1)
    assert mean == pytest.approx(naive.mean(axis=1), rel=1e-5)
    assert found[:, 5] == pytest.approx(naive[:, int(np.ceil(0.9 * 256)) - 1], rel=1e-6)
    assert (found[:, 5] < period_quantiles(paths, LEVELS)[:, :, 5].sum(axis=1)).all()
    assert (found[:, 1] > period_quantiles(paths, LEVELS)[:, :, 1].sum(axis=1)).all()


def test_many_paths_give_the_quantiles_of_the_errors():
    found = period_quantiles(paths_of(np.full((1, 3), 8.0), number=4096), LEVELS)
    shape = 1 / 0.65**2
    assert found[0, 0] == pytest.approx(8 * gamma.ppf(LEVELS, shape, scale=1 / shape), rel=0.05)


def test_no_series_has_no_quantiles():
    assert period_quantiles(paths_of(np.empty((0, 3))), LEVELS).shape == (0, 3, 7)
