"""Distributions of simple rules: errors made in the past, nothing known too early, quantiles that hold."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.demand_paths import ForecastPaths
from models.path_quantiles import period_quantiles
from models.predictive import LEVELS
from models.yardsticks.distribution import baseline_forecast, error_library, held_back_windows, joined, spread
from models.yardsticks.history import History
from models.yardsticks.past_totals import empirical_interval
from models.yardsticks.registry import METHODS, ONE_BY_ONE

NAN = np.nan
END = date(2024, 4, 14)
QUICK = [name for name in METHODS if name not in ONE_BY_ONE]


def shop(series=400, days=70, ahead=14, rate=6.0, shape=2.0, seed=0):
    """Demand with gamma chance of a day over a steady rate; past with a fifth unknown, units sold, and the days ahead."""
    rng = np.random.default_rng(seed)
    usual = rate * rng.uniform(0.5, 2, (series, 1))
    demand = rng.poisson(usual * rng.gamma(shape, 1 / shape, (series, days + ahead))).astype(float)
    past = demand[:, :days]
    unknown = rng.random(past.shape) < 0.2
    sold = np.where(unknown, np.floor(past * rng.random(past.shape)), past)
    return History(np.where(unknown, NAN, past), END, "day"), sold, demand[:, days:]


def quantiles_of(found, whole=True):
    count = len(found.mean)
    keys = np.random.default_rng(9).integers(0, 2**63, count).astype(np.uint64)
    paths = ForecastPaths(
        mean=found.base,
        segment=found.segment,
        keys=keys,
        whole_units=np.full(count, whole),
        library=found.library,
        season=7,
        paths=256,
    )
    return period_quantiles(paths, LEVELS)


@pytest.mark.parametrize("name", QUICK)
def test_quantiles_cover_days_to_come(name):
    history, sold, future = shop()
    found = baseline_forecast(name, history, sold, 14, generator=np.random.default_rng(0))
    assert found.measured
    assert np.array_equal(found.mean, METHODS[name](history, 14))
    quantiles = quantiles_of(found)
    below = ((future[..., None] < quantiles).mean(axis=(0, 1)) + (future[..., None] <= quantiles).mean(axis=(0, 1))) / 2
    # A rule as full of chance as demand itself is a little too sure: errors do not tell whether it was high or low.
    assert below == pytest.approx(LEVELS, abs=0.13 if name == "seasonal_naive" else 0.08)


def test_a_slow_mover_that_sold_nothing_last_week_may_sell_next_week():
    history, sold, future = shop(rate=0.3, shape=50.0)
    found = baseline_forecast("seasonal_naive", history, sold, 14, generator=np.random.default_rng(0))
    assert (found.mean == 0).mean() > 0.5
    assert (found.base > 0).all()
    silent = found.mean == 0
    quantiles = quantiles_of(found)
    assert (quantiles[silent][:, -1] >= 1).mean() > 0.5
    assert (future <= quantiles[..., -1]).mean() > 0.8


def test_held_back_windows_know_nothing_of_their_own_days():
    history, sold, _ = shop(series=30)
    held_back = held_back_windows("smoothing_pooled_season", history, sold, 14)
    assert held_back.mean.shape == (60, 14)
    for number, back in ((0, 28), (1, 14)):
        rows = held_back.window == number
        past = History(history.demand[:, :-back], END - timedelta(back), "day")
        expected = METHODS["smoothing_pooled_season"](past, 14)
        assert held_back.mean[rows] == pytest.approx(expected)
        columns = slice(70 - back, 84 - back)
        assert np.array_equal(held_back.observed[rows], np.isfinite(history.demand[:, columns]))
        assert np.array_equal(held_back.at_least[rows], sold[:, columns])
        assert np.array_equal(held_back.spread[rows], spread(past))


def test_spread_is_the_standard_deviation_over_the_level():
    rng = np.random.default_rng(1)
    demand = rng.poisson(5, (6, 50)).astype(float)
    demand[rng.random(demand.shape) < 0.3] = NAN
    demand[0, -28:], demand[1, -28:] = NAN, 0.0
    found = spread(History(demand, END, "day"))
    assert np.isnan(found[:2]).all()
    for values, value in zip(demand[2:, -28:], found[2:], strict=True):
        assert value == pytest.approx(np.nanstd(values) / np.nanmean(values))


def test_series_that_began_after_an_origin_have_no_errors_there():
    history, sold, _ = shop(series=30)
    demand = history.demand.copy()
    demand[:10, :-20] = NAN
    held_back = held_back_windows("moving_average", History(demand, END, "day"), sold, 14)
    assert [(held_back.window == number).sum() for number in (0, 1)] == [20, 30]


@pytest.mark.parametrize("days", [0, 1, 5])
def test_a_history_too_short_has_assumed_errors(days):
    history, sold, _ = shop(series=5)
    demand = history.demand.copy()
    demand[:, : 70 - days] = NAN
    found = baseline_forecast("moving_average", History(demand, END, "day"), sold, 14, generator=np.random.default_rng(0))
    assert not found.measured
    assert not found.library.calibrated.any()
    assert found.library.periods == 14
    assert np.isfinite(quantiles_of(found)).all()


def test_nothing_sold_has_assumed_errors_and_a_forecast_of_nothing():
    history = History(np.zeros((3, 70)), END, "day")
    found = baseline_forecast("weekday_mean", history, np.zeros((3, 70)), 14, generator=np.random.default_rng(0))
    assert not found.measured
    assert not quantiles_of(found).any()


def test_windows_are_shorter_where_history_is():
    history, sold, _ = shop(series=30, days=40)
    found = baseline_forecast("moving_average", history, sold, 14, generator=np.random.default_rng(0))
    assert found.library.periods == 7
    assert found.mean.shape == (30, 14)


def test_regions_may_be_judged_apart_and_put_together():
    history, sold, _ = shop(series=60)
    method = "moving_average"
    whole = held_back_windows(method, history, sold, 14)
    parts = [held_back_windows(method, history.take(rows), sold[rows], 14) for rows in (np.arange(25), np.arange(25, 60))]
    together = joined(parts)
    order = np.lexsort((together.mean[:, 0], together.window))
    assert together.mean[order] == pytest.approx(whole.mean[np.lexsort((whole.mean[:, 0], whole.window))])
    library = error_library(parts, np.random.default_rng(0))
    assert sum(len(blocks) for blocks in library.blocks) == 120
    assert error_library([], np.random.default_rng(0)) is None


@pytest.mark.parametrize("name", sorted(ONE_BY_ONE))
def test_statsmodels_is_tried_on_the_rows_given(name):
    history, sold, _ = shop(series=40)
    rows = np.array([3, 17, 20])
    found = baseline_forecast(name, history, sold, 7, generator=np.random.default_rng(0), rows=rows)
    assert found.measured
    assert found.mean == pytest.approx(METHODS[name](history.take(rows), 7))


def test_the_same_again_is_the_same():
    history, sold, _ = shop(series=200)
    once, again = (baseline_forecast("weekday_mean", history, sold, 14, generator=np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once.library.blocks, again.library.blocks, strict=True))
    assert np.array_equal(once.segment, again.segment)


def test_units_of_measure_do_not_matter():
    history, sold, _ = shop(series=200)
    plain = baseline_forecast("croston_sba", history, sold, 14, generator=np.random.default_rng(5))
    scaled = baseline_forecast("croston_sba", History(history.demand * 8, END, "day"), sold * 8, 14, generator=np.random.default_rng(5))
    assert np.array_equal(plain.segment, scaled.segment)
    assert quantiles_of(scaled, whole=False) == pytest.approx(8 * quantiles_of(plain, whole=False), rel=1e-5)


def test_bounds_of_another_shape_and_unknown_rules_are_refused():
    history, sold, _ = shop(series=5)
    with pytest.raises(ValueError, match="must be alike"):
        baseline_forecast("moving_average", history, sold[:, 1:], 14, generator=np.random.default_rng(0))
    with pytest.raises(KeyError):
        baseline_forecast("crystal_ball", history, sold, 14, generator=np.random.default_rng(0))


@given(st.integers(1, 60), st.integers(1, 12), st.sampled_from(["day", "week"]), st.sampled_from([0.0, 0.1, 0.4]), st.integers(0, 99))
def test_past_totals_are_those_of_a_loop(periods, length, frequency, gaps, seed):
    rng = np.random.default_rng(seed)
    demand = rng.poisson(4, (3, periods)).astype(float)
    demand[rng.random(demand.shape) < gaps] = NAN
    levels = [0.05, 0.25, 0.5, 0.95, 1.0]
    found = empirical_interval(History(demand, END, frequency), length, levels)
    for values, quantiles in zip(demand[:, -182 if frequency == "day" else -52 :], found, strict=True):
        totals = [values[k : k + length].sum() for k in range(len(values) - length + 1)]
        totals = [total for total in totals if total == total]
        if len(totals) < 8:
            assert np.isnan(quantiles).all()
        else:
            assert quantiles == pytest.approx(np.quantile(totals, levels, method="inverted_cdf"))


def test_past_totals_reach_back_half_a_year_of_days():
    demand = np.concatenate([np.full(100, 50.0), np.ones(182)])[None]
    assert empirical_interval(History(demand, END, "day"), 3, [0.05, 1.0]).tolist() == [[3.0, 3.0]]
    with pytest.raises(ValueError, match="at least one period"):
        empirical_interval(History(demand, END, "day"), 0, [0.5])
