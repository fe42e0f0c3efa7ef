"""Sample paths: the same whatever the chunks, with the forecast's mean, the library's quantiles and the days' dependence."""

from dataclasses import replace

import numpy as np
import pytest

from models.demand_paths import ForecastPaths, extended
from models.predictive import LEVELS, HeldBack, build_library

PERIODS = 7


@pytest.fixture(scope="module")
def library():
    """Errors with a common factor per block: days of a window go together (correlation about 0.5)."""
    rng = np.random.default_rng(1)
    series = 1_500
    level = rng.lognormal(1, 1, series)
    common, own = rng.gamma(9, 1 / 9, (2 * series, 1)), rng.gamma(9, 1 / 9, (2 * series, PERIODS))
    mean = np.repeat(np.concatenate([level, level])[:, None], PERIODS, axis=1)
    demand = mean * common * own
    held_back = HeldBack(mean, demand, np.ones_like(demand, dtype=bool), rng.uniform(0.5, 1, 2 * series), np.repeat([0, 1], series))
    return build_library(held_back, rng)


@pytest.fixture(scope="module")
def paths(library):
    rng = np.random.default_rng(2)
    series = 40
    mean = rng.lognormal(2, 1, (series, 1)) * rng.uniform(0.5, 1.5, (series, 14))
    return ForecastPaths(
        mean=mean,
        segment=rng.integers(0, library.segments.count, series),
        keys=rng.integers(0, 2**64, series, dtype=np.uint64),
        whole_units=np.arange(series) % 2 == 0,
        library=library,
        season=7,
        paths=256,
    )


ALL = np.arange(40)


def test_chunks_and_their_order_do_not_change_a_bit(paths):
    whole = paths.sample(ALL, 20)
    assert whole.shape == (40, 256, 20)
    assert whole.dtype == np.float32
    for chunks in ([ALL[:13], ALL[13:]], np.array_split(ALL[::-1], 7), [np.array([k]) for k in ALL]):
        for chunk in chunks:
            assert np.array_equal(paths.sample(chunk, 20), whole[chunk])


def test_other_series_do_not_change_a_series(paths):
    few = replace(paths, mean=paths.mean[5:8], segment=paths.segment[5:8], keys=paths.keys[5:8], whole_units=paths.whole_units[5:8])
    assert np.array_equal(few.sample(np.arange(3), 14), paths.sample(np.arange(5, 8), 14))


@pytest.mark.parametrize("periods", [1, 6, 7, 8, 13, 25])
def test_longer_paths_begin_with_the_shorter_ones(paths, periods):
    assert np.array_equal(paths.sample(ALL, 40)[:, :, :periods], paths.sample(ALL, periods))


def test_the_mean_of_the_paths_is_the_forecast(paths):
    sampled = paths.sample(ALL, 14).astype(float)
    total = sampled.sum(axis=2).mean(axis=1)
    assert total == pytest.approx(paths.mean.sum(axis=1), rel=0.03)
    assert sampled.mean() == pytest.approx(paths.mean.mean(), rel=0.005)


def test_whole_units_are_whole(paths):
    sampled = paths.sample(ALL, 30)
    whole = sampled[paths.whole_units]
    assert (whole == np.floor(whole)).all()
    assert (sampled >= 0).all()
    rest = sampled[~paths.whole_units]
    assert (rest != np.floor(rest)).mean() > 0.9


def test_rounding_keeps_the_mean_of_slow_items(paths):
    """0.07 a day is one unit every two weeks, not none."""
    slow = replace(paths, mean=np.full((40, 14), 0.07), whole_units=np.ones(40, dtype=bool))
    sampled = slow.sample(ALL, 14)
    assert sampled.mean(dtype=float) == pytest.approx(0.07, rel=0.05)
    assert set(np.unique(sampled)) <= {0.0, 1.0, 2.0}


def test_an_item_nobody_wants_sells_nothing(paths):
    none = replace(paths, mean=np.zeros((40, 14)), whole_units=np.ones(40, dtype=bool), paths=4_000)
    assert not none.sample(ALL[:10], 28).any()


def test_quantiles_of_the_paths_are_the_published_ones(paths, library):
    """Of one period and many series alike: what forecasts.parquet says and what orders are made of agree."""
    flat = replace(paths, mean=np.ones((40, 14)), whole_units=np.zeros(40, dtype=bool), segment=np.full(40, 2))
    sampled = flat.sample(ALL, 7)
    half = (np.arange(7) >= 4).astype(int)
    for part in (0, 1):
        found = np.quantile(sampled[:, :, half == part], LEVELS)
        assert found == pytest.approx(library.quantiles[2, part], abs=0.04)


def test_days_keep_their_dependence(paths, library):
    """Blocks of real errors: the sum over a week is far more spread than independent days would be."""
    flat = replace(paths, mean=np.ones((40, 14)), whole_units=np.zeros(40, dtype=bool))
    sampled = flat.sample(ALL, 7).astype(float)
    between = np.mean([np.corrcoef(series.T)[0, 1:].mean() for series in sampled])
    held_back = np.mean([np.corrcoef(blocks.T)[0, 1:].mean() for blocks in library.blocks])
    assert held_back > 0.3
    assert between == pytest.approx(held_back, abs=0.1)


def test_a_second_block_is_not_the_first_again(paths):
    flat = replace(paths, mean=np.ones((40, 14)), whole_units=np.zeros(40, dtype=bool))
    sampled = flat.sample(ALL, 14).astype(float)
    first, second = sampled[:, :, :7].sum(axis=2), sampled[:, :, 7:].sum(axis=2)
    correlations = [np.corrcoef(one, other)[0, 1] for one, other in zip(first, second, strict=True)]
    assert abs(np.mean(correlations)) < 0.1
    assert np.abs(correlations).max() < 0.5


def test_different_series_get_different_draws(paths):
    alike = replace(paths, mean=np.ones((40, 14)), segment=np.zeros(40, dtype=np.int64), whole_units=np.zeros(40, dtype=bool))
    sampled = alike.sample(ALL, 14)
    assert len({series.tobytes() for series in sampled}) == 40


def test_the_key_alone_decides(paths):
    same = replace(paths, mean=np.ones((40, 14)), segment=np.zeros(40, dtype=np.int64), keys=np.full(40, paths.keys[0]))
    sampled = same.sample(np.arange(0, 40, 2), 14)
    assert len({series.tobytes() for series in sampled}) == 1


def test_beyond_the_forecast_its_last_season_repeats():
    mean = np.array([[1.0, 2, 3, 4, 5]])
    assert extended(mean, 3, 2).tolist() == [[1, 2, 3]]
    assert extended(mean, 9, 2).tolist() == [[1, 2, 3, 4, 5, 4, 5, 4, 5]]
    assert extended(mean, 7, 7).tolist() == [[1, 2, 3, 4, 5, 1, 2]], "a forecast shorter than a season repeats whole"
    assert extended(mean, 6, 1).tolist() == [[1, 2, 3, 4, 5, 5]]
