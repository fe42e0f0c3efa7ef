"""Training rows are drawn evenly from what is known, and held-back windows are the newest periods and nothing else."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.matrix import design_matrix
from features.samples import SAMPLE_COLUMNS, WINDOWS, held_back_periods, training_sample


def drawn(history, **changes):
    arguments = {"horizon": 10, "window": 7, "most": 100_000, "most_held_back": 100, "youngest": 7, "generator": np.random.default_rng(1)}
    return training_sample(history.prepared(), **(arguments | changes))


@given(longest=st.integers(0, 400), horizon=st.integers(1, 60), frequency=st.sampled_from(["day", "week"]))
def test_windows_leave_half_the_history_to_train_on(longest, horizon, frequency):
    window = held_back_periods(longest, horizon, 7 if frequency == "day" else 52, frequency)
    assert window <= horizon
    assert WINDOWS * window <= longest / 2
    assert window == 0 or window >= 2
    assert frequency == "week" or window <= 7 or window % 7 == 0


def test_the_longest_history_sets_the_window():
    assert [held_back_periods(longest, 28, 7, "day") for longest in (7, 8, 40, 76, 200)] == [0, 2, 7, 14, 28]
    assert [held_back_periods(longest, 14, 52, "week") for longest in (30, 200)] == [7, 14]


def test_training_rows_are_pairs_with_a_known_target(make_history):
    history = make_history(1)
    sample = drawn(history).filter(pl.col("window") < 0)
    assert sample["target"].null_count() == 0
    assert sample["horizon"].is_between(1, 10).all()
    assert sample["age"].min() == 0
    per_target = sample.group_by("series", "age").agg(pl.col("target").n_unique())["target"]
    assert per_target.max() == 1, "a series and an age are one period"
    known = history.demand.filter(pl.col("demand").is_not_null())
    assert sample["target"].n_unique() == known["demand"].n_unique()


def test_no_origin_is_younger_than_asked(make_history):
    for youngest in (1, 7, 14):
        sample = drawn(make_history(2), youngest=youngest)
        assert sample["periods_on_sale"].min() >= youngest


@pytest.mark.parametrize("most", [50, 200, 1_000])
def test_no_more_rows_than_asked_and_evenly_over_time(make_history, most):
    rows = drawn(make_history(3), most=most, window=0)
    assert 0.6 * most <= rows.height <= most
    if most == 1_000:
        halves = rows.select((pl.col("age") < 34).mean()).item()
        assert 0.4 < halves < 0.75
        assert 3 < rows["horizon"].mean() < 7


def test_the_same_generator_draws_the_same_sample(make_history):
    history = make_history(4)
    first, again, other = (drawn(history, most=300, generator=np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.equals(again)
    assert not first.equals(other)


def test_held_back_windows_are_whole_blocks_of_the_newest_periods(make_history):
    history = make_history(5)
    held_back = drawn(history).filter(pl.col("window") >= 0)
    prepared = history.prepared()
    for block in (held_back.slice(begin, 7) for begin in range(0, held_back.height, 7)):
        assert block["horizon"].to_list() == [1, 2, 3, 4, 5, 6, 7]
        assert block["series"].n_unique() == block["window"].n_unique() == block["level"].n_unique() == 1
        # The earlier window covers the ages 13 … 7, the later one 6 … 0.
        newest = 6 if block["window"][0] else 13
        assert block["age"].to_list() == [newest - k for k in range(7)]
        last = prepared.panel.series["last"][block["series"][0]]
        rows = prepared.panel.rows[last - newest : last - newest + 7]
        assert block["target"].to_list() == rows["demand"].to_list()
        assert block["at_least"].to_list() == rows["demand_at_least"].to_list()
    assert held_back.height == 7 * WINDOWS * prepared.profile["active"].sum()


def test_a_series_that_ended_is_trained_on_at_its_age_and_not_held_back(history_of, make_demand, make_history):
    """Its last periods are as old as the calendar says, and no window of it lies where the others are trained."""
    lively = make_demand({("F", f"S{k}"): [float(k + day % 3) for day in range(60)] for k in range(5)})
    ended = make_demand({("F", "Z"): [4.0] * 30}, end=make_history(1).end - timedelta(days=30))
    sample = drawn(history_of(pl.concat([lively, ended])))
    of_ended = sample.filter(pl.col("series") == 5)
    assert of_ended["age"].min() == 30
    assert of_ended["window"].unique().to_list() == [-1]
    assert sample.filter(pl.col("window") >= 0)["age"].max() == 13


def test_weekly_ages_count_in_weeks(make_history):
    sample = drawn(make_history(6, frequency="week"), window=4, youngest=4)
    assert sample.filter(pl.col("window") == 1)["age"].unique().sort().to_list() == [0, 1, 2, 3]
    assert sample["age"].max() < 75


def test_a_sample_holds_the_design_matrix_of_its_pairs(make_history):
    prepared = make_history(7).prepared()
    sample = training_sample(prepared, horizon=10, window=7, most=500, most_held_back=100, youngest=7, generator=np.random.default_rng(1))
    later = sample.filter(pl.col("window") == 1)
    last = prepared.panel.series["last"].gather(later["series"]).to_numpy()
    expected = design_matrix(prepared, last - 7, later["horizon"].cast(pl.Int64).to_numpy())
    assert later.drop(SAMPLE_COLUMNS).equals(expected)


def test_too_short_a_history_gives_no_rows(history_of, make_demand):
    assert drawn(history_of(make_demand({("F", "A"): [1.0, 2, 3]}))).is_empty()
