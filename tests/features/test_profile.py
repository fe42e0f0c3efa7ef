"""What the profile says of a series, against numpy on the same values."""

import numpy as np
import polars as pl
import pytest

from features.profile import histories


@pytest.mark.parametrize(("seed", "frequency"), [(1, "day"), (2, "day"), (3, "week")])
def test_recent_mean_and_spread_are_those_of_numpy(make_history, seed, frequency):
    prepared = make_history(seed, frequency=frequency).prepared()
    recent = 2 * prepared.panel.cadence.level_window
    for profile, past in zip(prepared.profile.iter_rows(named=True), histories(prepared.demand, prepared.panel.series), strict=True):
        known = past[-recent:][np.isfinite(past[-recent:])]
        assert profile["mean_demand"] == pytest.approx(known.mean(), rel=1e-6)
        assert profile["sd_demand"] == pytest.approx(known.std(ddof=1), rel=1e-3)
        assert profile["known"] == np.isfinite(past).sum()


def test_keys_and_order_are_those_of_the_panel(make_history):
    prepared = make_history(4).prepared()
    assert prepared.profile.select("fc", "sku").equals(prepared.panel.series.select("fc", "sku"))


def test_too_little_to_tell_is_unknown_not_zero(history_of, make_demand):
    profile = history_of(make_demand({("F", "A"): [None, None], ("F", "B"): [None, 3.0], ("F", "C"): [2.0, 2.0]})).prepared().profile
    assert profile["mean_demand"].to_list() == [None, 3, 2]
    assert profile["sd_demand"].to_list() == [None, None, 0]
    assert profile["known"].to_list() == [0, 1, 2]


def test_goods_by_weight_are_not_whole_units(history_of, make_demand):
    demand = make_demand({("F", "A"): [1.0, 2, 3], ("F", "B"): [1.0, 0.125, 3], ("F", "C"): [0.0, 0, 0]})
    assert history_of(demand).prepared().profile["whole_units"].to_list() == [True, False, True]
    sold_in_part = demand.with_columns(demand_at_least=pl.when(pl.col("sku") == "A").then(0.5).otherwise("demand_at_least"))
    assert history_of(sold_in_part).prepared().profile["whole_units"][0] is False, "units sold on a day out of stock tell it too"


def test_histories_are_the_known_periods_without_the_future(history_of, make_demand):
    prepared = history_of(make_demand({("F", "A"): [1.0, None, 3.0], ("F", "B"): [4.0]})).prepared()
    found = histories(prepared.demand, prepared.panel.series)
    assert [values.tolist() for values in found] == [[1.0, pytest.approx(np.nan, nan_ok=True), 3.0], [4.0]]
