"""Own trees start from the shared prediction, and are kept as far as they pay."""

import numpy as np
import polars as pl
import pytest

from features.samples import SAMPLE_COLUMNS
from models.drift import no_drift
from models.forecaster import LARGEST_RATIO, REGION_ROUNDS, REGION_STEP, Forecaster, rounds_that_pay, train_own, train_shared
from models.gateway import TreeGrower
from models.members import MEMBERS, blended_ratio


def early(sample):
    return sample.filter((pl.col("window") < 0) & (pl.col("age") >= 14))


def level_of(sample):
    return sample["level"].to_numpy().astype(float)


@pytest.fixture(scope="module")
def shared(make_sample):
    return train_shared(early(make_sample(1)), no_drift(), frequency="day", grower=TreeGrower(threads=1, seed=7))


@pytest.fixture(scope="module")
def signalled(make_sample):
    """A region whose demand follows a signal that means nothing elsewhere."""
    return make_sample(2, effect=0.8)


@pytest.fixture(scope="module")
def own(signalled, shared):
    return train_own(early(signalled), shared, rounds=REGION_ROUNDS, frequency="day", grower=TreeGrower(threads=1, seed=7))


def test_forecasts_are_in_units(make_sample, shared, grower):
    fresh = make_sample(3).filter(pl.col("window") == 1)
    mean = Forecaster(shared, None).predict(fresh, level_of(fresh), grower)
    assert mean.sum() == pytest.approx(fresh["target"].sum(), rel=0.05)
    weekend = fresh["weekend"].to_numpy() == 1
    ratio = mean / level_of(fresh)
    assert ratio[weekend].mean() / ratio[~weekend].mean() == pytest.approx(np.exp(0.6), rel=0.1)
    tenfold = Forecaster(shared, None).predict(fresh, 10 * level_of(fresh), grower)
    assert np.allclose(tenfold, 10 * mean)


def test_features_alone_are_trained_on(shared):
    assert len(shared.members) == len(MEMBERS)
    for member in shared.members:
        assert member.features == ("horizon", "weekend", "signal", "spread")
        assert not set(member.features) & set(SAMPLE_COLUMNS)


def test_no_own_trees_are_the_shared_forecast(signalled, shared, own, grower):
    rows = signalled.filter(pl.col("window") == 0)
    assert train_own(early(signalled), shared, rounds=0, frequency="day", grower=grower) is None
    assert train_own(signalled.clear(), shared, rounds=30, frequency="day", grower=grower) is None
    with_none = Forecaster(shared, None).predict(rows, level_of(rows), grower)
    assert np.array_equal(with_none, blended_ratio(shared.members, rows, grower) * level_of(rows))
    with_own = Forecaster(shared, own).predict(rows, level_of(rows), grower)
    assert np.allclose(np.log(with_own / with_none), grower.predict_raw(own, rows)), "own trees add to the shared score"


def test_a_region_with_a_character_of_its_own_gains_trees(signalled, shared, own, grower):
    window = signalled.filter(pl.col("window") == 0)
    rounds = rounds_that_pay(own, shared, window, grower)
    assert rounds > 0
    assert rounds % REGION_STEP == 0
    later = signalled.filter(pl.col("window") == 1)
    errors = [
        np.abs(Forecaster(shared, trees).predict(later, level_of(later), grower) - later["target"].to_numpy()).sum()
        for trees in (None, own.first(rounds))
    ]
    assert errors[1] < 0.9 * errors[0]


def test_a_region_like_the_others_keeps_none(make_sample, shared, grower):
    kept = []
    for seed in (11, 12, 13, 14):
        plain = make_sample(seed, noise=0.9, series=40)
        trees = train_own(early(plain), shared, rounds=REGION_ROUNDS, frequency="day", grower=grower)
        kept.append(rounds_that_pay(trees, shared, plain.filter(pl.col("window") == 0), grower))
    assert sorted(kept)[:3] == [0, 0, 0], "one in four may pass by chance: the bar is one standard error"


def test_a_gain_in_one_series_alone_is_chance(signalled, shared, own, grower):
    one = signalled.filter((pl.col("window") == 0) & (pl.col("series") == 5))
    assert rounds_that_pay(own, shared, one, grower) == 0


@pytest.mark.parametrize(("gaining", "pays"), [(42, False), (80, True)])
def test_a_gain_within_its_standard_error_is_chance(signalled, shared, own, grower, gaining, pays):
    """42 of 80 series gain as much as the other 38 lose: better on average, and no evidence."""
    window = signalled.filter(pl.col("window") == 0)
    without, with_own = (Forecaster(shared, trees).predict(window, level_of(window), grower) for trees in (None, own))
    target = np.where(window["series"].to_numpy() < gaining, with_own, without)
    judged = window.with_columns(target=pl.Series(target, dtype=pl.Float32))
    assert (rounds_that_pay(own, shared, judged, grower) > 0) == pays


def test_own_trees_learn_only_what_the_shared_ones_leave(make_sample, shared, grower):
    """Weekends are known already: trees that started from nothing would add them a second time."""
    plain = make_sample(15)
    trees = train_own(early(plain), shared, rounds=REGION_ROUNDS, frequency="day", grower=grower)
    score, weekend = grower.predict_raw(trees, plain), plain["weekend"].to_numpy() == 1
    assert abs(score[weekend].mean() - score[~weekend].mean()) < 0.1
    assert abs(score.mean()) < 0.1


def test_nothing_held_back_keeps_none(signalled, shared, own, grower):
    assert rounds_that_pay(own, shared, signalled.clear(), grower) == 0
    unknown = signalled.filter(pl.col("window") == 0).with_columns(target=pl.lit(None, dtype=pl.Float32))
    assert rounds_that_pay(own, shared, unknown, grower) == 0


def test_the_order_of_held_back_rows_does_not_matter(signalled, shared, own, grower):
    rows = signalled.filter(pl.col("window") == 0)
    assert rounds_that_pay(own, shared, rows.sample(fraction=1, shuffle=True, seed=1), grower) == rounds_that_pay(own, shared, rows, grower)


def test_recent_rows_weigh_more(make_sample, grower):
    """Demand doubled a hundred days ago: the forecast follows the new level."""
    old, new = make_sample(5, series=40), make_sample(6, series=40)
    rows = pl.concat([early(old).with_columns(age=pl.col("age") + 150, target=pl.col("target") / 2), early(new)])
    model = train_shared(rows, no_drift(), frequency="day", grower=grower)
    later = new.filter(pl.col("window") == 1)
    mean = Forecaster(model, None).predict(later, level_of(later), grower)
    assert mean.sum() > 0.9 * later["target"].sum()


def test_bulk_orders_are_trained_as_the_largest_ratio(make_sample, grower):
    rows = early(make_sample(7))
    bulk = pl.Series(np.arange(rows.height) % 300 == 0)
    forecasts = []
    for ratio in (LARGEST_RATIO, 1_000 * LARGEST_RATIO):
        orders = rows.with_columns(target=pl.when(bulk).then(pl.col("level") * ratio).otherwise("target").cast(pl.Float32))
        model = train_shared(orders, no_drift(), frequency="day", grower=grower)
        forecasts.append(Forecaster(model, None).predict(rows, level_of(rows), grower))
    assert np.allclose(forecasts[0], forecasts[1], rtol=1e-3)
