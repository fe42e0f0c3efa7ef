"""A night of training: nothing that judges was seen by what it judges."""

import numpy as np
import polars as pl
import pytest

from models.forecaster import REGION_STEP, Forecaster
from models.gateway import TreeGrower
from models.members import blended_ratio
from models.training import LEAST_ROWS, SharedModels, calibrate, train_all_regions, train_region

WINDOW = 7


def train_all(sample, *, seed=7, seasons_known=True):
    return train_all_regions(sample, window=WINDOW, frequency="day", seasons_known=seasons_known, grower=TreeGrower(threads=1, seed=seed))


def train_one(sample, shared, *, seed=7):
    return train_region(sample, shared, window=WINDOW, frequency="day", grower=TreeGrower(threads=1, seed=seed))


def texts(shared):
    return [member.text for member in shared.members]


def poisoned(sample, condition):
    return sample.with_columns(target=pl.when(condition).then(pl.col("target") * 15 + 100).otherwise("target").cast(pl.Float32))


@pytest.fixture(scope="module")
def signalled(make_sample):
    return make_sample(2, effect=0.8)


@pytest.fixture(scope="module")
def sample(make_sample):
    return make_sample(1)


@pytest.fixture(scope="module")
def shared(sample):
    return train_all(sample)


@pytest.fixture(scope="module")
def outcome(signalled, shared):
    return train_one(signalled, shared)


IN_WINDOWS = (pl.col("window") < 0) & (pl.col("age") < 2 * WINDOW)


def test_the_judge_never_saw_the_held_back_windows(sample, shared):
    others = train_all(poisoned(sample, IN_WINDOWS))
    assert texts(others.judge) == texts(shared.judge)
    assert texts(others.final) != texts(shared.final), "the final trees are trained on everything"
    just_before = train_all(poisoned(sample, (pl.col("window") < 0) & (pl.col("age") == 2 * WINDOW)))
    assert texts(just_before.judge) != texts(shared.judge), "what lies before the windows is trained on"


def test_held_back_rows_are_not_trained_on(sample, shared):
    others = train_all(poisoned(sample, pl.col("window") >= 0))
    assert (texts(others.judge), texts(others.final)) == (texts(shared.judge), texts(shared.final))


def test_a_regions_held_back_forecasts_saw_nothing_of_the_windows(signalled, shared, outcome):
    others = train_one(poisoned(signalled, IN_WINDOWS), shared)
    assert others.held_back["mean"].equals(outcome.held_back["mean"])
    assert others.own.text != outcome.own.text


def test_the_later_window_does_not_choose_the_number_of_trees(signalled, shared, outcome):
    """Were it asked, it would speak loudly for none: there the shared forecast is exact, of a hundred times the units."""
    exact = blended_ratio(shared.judge.members, signalled, TreeGrower(threads=1, seed=7)) * signalled["level"].to_numpy() * 100
    later = pl.col("window") == 1
    loud = signalled.with_columns(
        target=pl.when(later).then(pl.Series(exact, dtype=pl.Float32)).otherwise("target"),
        level=pl.when(later).then(pl.col("level") * 100).otherwise("level"),
    )
    others = train_one(loud, shared)
    assert others.own is not None
    assert others.own.text == outcome.own.text
    earlier = pl.col("window") == 0
    assert others.held_back.filter(earlier)["mean"].equals(outcome.held_back.filter(earlier)["mean"])


def test_a_region_with_a_character_of_its_own_forecasts_better_with_its_trees(signalled, shared, outcome):
    assert outcome.own.trees >= REGION_STEP
    assert outcome.held_back.height == signalled.filter(pl.col("window") >= 0).height
    later = outcome.held_back.filter(pl.col("window") == 1)
    alone = Forecaster(shared.judge, None).predict(later, later["level"].to_numpy().astype(float), TreeGrower(threads=1, seed=7))
    errors = [np.abs(mean - later["target"].to_numpy()).sum() for mean in (alone, later["mean"].to_numpy())]
    assert errors[1] < 0.9 * errors[0]


def test_a_region_like_the_others_is_forecast_by_the_shared_trees(make_sample, shared):
    for seed in range(21, 25):
        region = make_sample(seed, noise=0.9, series=40)
        found = train_one(region, shared)
        if found.own is None:
            break
    assert found.own is None
    level = found.held_back["level"].to_numpy().astype(float)
    assert np.array_equal(
        found.held_back["mean"].to_numpy(),
        Forecaster(shared.judge, None).predict(region.filter(pl.col("window") >= 0), level, TreeGrower(threads=1, seed=7)),
    )


def test_the_same_seed_gives_the_same_text(sample, signalled, shared, outcome):
    again = train_all(sample)
    assert (texts(again.judge), texts(again.final)) == (texts(shared.judge), texts(shared.final))
    assert train_one(signalled, shared).own.text == outcome.own.text
    assert texts(train_all(sample, seed=8).final) != texts(shared.final)


def test_too_little_to_learn_from_gives_no_trees(sample):
    rows = sample.filter(pl.col("window") < 0)
    assert train_all(rows.head(LEAST_ROWS - 1)) is None
    assert train_all(sample.clear()) is None


def test_enough_in_all_but_not_before_the_windows_gives_no_judge(sample, signalled):
    late = sample.filter(pl.col("age") < 2 * WINDOW)
    shared = train_all(late)
    assert shared.judge is None
    outcome = train_one(signalled, shared)
    assert outcome.own is None
    assert outcome.held_back["mean"].null_count() == outcome.held_back.height
    assert calibrate(outcome.held_back, window=WINDOW, spread="spread", seed=1) is None


def test_a_region_too_small_for_trees_of_its_own_is_still_judged(signalled, shared):
    few = signalled.filter(pl.col("series") < 5)
    outcome = train_one(few, shared)
    assert outcome.own is None
    assert outcome.held_back["mean"].null_count() == 0


def test_a_region_without_held_back_windows(signalled, shared):
    outcome = train_one(signalled.filter(pl.col("window") < 0), shared)
    assert outcome.own is None
    assert outcome.held_back.is_empty()
    assert "mean" in outcome.held_back.columns


def test_without_windows_all_of_it_trains_both(sample):
    everything = train_all_regions(sample, window=0, frequency="day", seasons_known=True, grower=TreeGrower(threads=1, seed=7))
    assert texts(everything.judge) == texts(everything.final)


def test_calibration_takes_blocks_in_order(make_sample, shared):
    """Errors of whole windows: a block's periods follow each other, and unknown demand counts as a lower bound."""
    held_back = train_one(make_sample(3), SharedModels(shared.judge, shared.final)).held_back
    hidden = held_back.with_columns(target=pl.when(pl.col("age") % 4 > 0).then("target"))
    library = calibrate(hidden, window=WINDOW, spread="spread", seed=1)
    assert library.periods == WINDOW
    assert sum(map(len, library.blocks)) == held_back.height / WINDOW
    never_seen = held_back.with_columns(target=pl.when(pl.col("series") % 4 > 0).then("target"))
    kept = calibrate(never_seen, window=WINDOW, spread="spread", seed=1)
    assert sum(map(len, kept.blocks)) == 0.75 * held_back.height / WINDOW, "a block of lower bounds alone tells nothing"
    full = calibrate(held_back, window=WINDOW, spread="spread", seed=1)
    ratios = (held_back["at_least"] / held_back["mean"]).to_numpy().reshape(-1, WINDOW)
    ratios = ratios[np.argsort(ratios.sum(axis=1))]
    assert np.allclose(np.concatenate(full.blocks), ratios / ratios.mean(), rtol=1e-4)
    assert calibrate(held_back, window=0, spread="spread", seed=1) is None
