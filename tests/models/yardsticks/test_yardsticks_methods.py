"""What holds for every simple rule, and the rules done by hand against a person's loop."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.baselines import exponential_smoothing, theta
from models.yardsticks.history import History
from models.yardsticks.means import half_weekday_half_recent, moving_average, seasonal_naive, weekday_mean
from models.yardsticks.one_by_one import STATSMODELS_SERIES, sample_rows
from models.yardsticks.registry import METHODS, ONE_BY_ONE

NAN = np.nan
END = {"day": date(2024, 4, 14), "week": date(2024, 4, 8)}
QUICK = [name for name in METHODS if name not in ONE_BY_ONE]
POOLED = ("smoothing_pooled_season", "month_weekday_level")


@st.composite
def histories(draw, longest=70):
    frequency = draw(st.sampled_from(["day", "week"]))
    shape = draw(st.integers(1, 4)), draw(st.integers(1, longest))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    demand = generator.poisson(draw(st.sampled_from([0.2, 3.0, 40.0])), shape).astype(float)
    demand[generator.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.9]))] = NAN
    began = generator.integers(0, shape[1] + 1, shape[0])
    demand[np.arange(shape[1]) < began[:, None] * generator.integers(0, 2)] = NAN
    return History(demand, END[frequency], frequency)


def long_history(frequency="day", periods=800, series=12, seed=3, regions=None):
    """Two years and more with a season, gaps, late beginnings and slow movers."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.4 * np.sin(np.arange(periods) * 2 * np.pi / (7 if frequency == "day" else 52))
    demand = rng.poisson(rng.gamma(1, 5, (series, 1)) * season).astype(float)
    demand[rng.random(demand.shape) < 0.15] = NAN
    demand[0, :-20] = NAN
    demand[1, -100:] = NAN
    demand[2] = NAN
    demand[3] = np.where(np.isnan(demand[3]), NAN, 0.0)
    return History(demand, END[frequency], frequency, regions)


def by_hand(history, rule, horizon):
    """A rule for one series and one period ahead, with what stands in where it is silent."""
    last = 28 if history.frequency == "day" else 13

    def mean(values):
        known = [value for value in values if value == value]
        return sum(known) / len(known) if known else None

    def first(*candidates):
        return next((value for value in candidates if value is not None), 0.0)

    return np.array(
        [
            [first(rule(list(values), ahead, mean), mean(values[-last:]), mean(values)) for ahead in range(horizon)]
            for values in history.demand
        ]
    )


def same_phase(values, ahead, season):
    """The periods in the phase of the season that `ahead` has, newest first."""
    places = range(len(values) + ahead % season - season, -1, -season)
    return [values[place] for place in places]


@given(histories(), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_rules_by_hand_are_what_a_person_computes(history, horizon):
    season = history.season
    cycles = 8 if history.frequency == "day" else None

    def naive(values, ahead, mean):
        return next((value for value in same_phase(values, ahead, season) if value == value), None)

    def weekday(values, ahead, mean):
        return mean(same_phase(values, ahead, season)[:cycles])

    average, weekdays = by_hand(history, lambda *_: None, horizon), by_hand(history, weekday, horizon)
    assert seasonal_naive(history, horizon) == pytest.approx(by_hand(history, naive, horizon))
    assert moving_average(history, horizon) == pytest.approx(average)
    assert weekday_mean(history, horizon) == pytest.approx(weekdays)
    assert half_weekday_half_recent(history, horizon) == pytest.approx((weekdays + average) / 2)


def test_of_weeks_fewer_than_a_year_the_same_week_is_the_moving_average():
    history = long_history("week", periods=40)
    assert np.array_equal(weekday_mean(history, 6), moving_average(history, 6))


@pytest.mark.parametrize("name", METHODS)
@given(history=histories(longest=40), horizon=st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_no_forecast_is_unknown_or_negative(name, history, horizon):
    forecast = METHODS[name](history, horizon)
    assert forecast.shape == (len(history.demand), horizon)
    assert (forecast >= 0).all()
    assert np.isfinite(forecast).all()
    never = ~np.isfinite(history.demand).any(axis=1)
    assert not forecast[never].any()


@pytest.mark.parametrize("frequency", ["day", "week"])
@pytest.mark.parametrize("name", QUICK)
def test_units_of_measure_order_of_series_and_length_of_the_horizon_do_not_matter(name, frequency):
    history = long_history(frequency, periods=800 if frequency == "day" else 130)
    forecast = METHODS[name](history, 30)
    assert METHODS[name](History(history.demand * 12.5, history.end, frequency), 30) == pytest.approx(forecast * 12.5, rel=1e-9)
    order = np.random.default_rng(0).permutation(len(forecast))
    assert METHODS[name](history.take(order), 30) == pytest.approx(forecast[order], rel=1e-9)
    assert np.array_equal(METHODS[name](history, 9), forecast[:, :9])
    assert np.array_equal(METHODS[name](history, 30), forecast)


@pytest.mark.parametrize("name", [name for name in QUICK if name not in POOLED])
def test_what_others_sell_changes_no_rule_of_one_series(name):
    history = long_history()
    alone = METHODS[name](history.take(np.arange(5)), 14)
    assert np.array_equal(METHODS[name](history, 14)[:5], alone)


@pytest.mark.parametrize("name", POOLED)
def test_pooled_seasons_stay_within_their_region(name):
    regions = np.array([4, 1] * 6)
    history = long_history(regions=regions)
    forecast = METHODS[name](history, 14)
    for number in (1, 4):
        alone = History(history.demand[regions == number], history.end, "day")
        assert np.array_equal(forecast[regions == number], METHODS[name](alone, 14))


@pytest.mark.parametrize("name", QUICK)
def test_a_cut_history_forgets_what_came_after(name):
    history = long_history()
    before = History(history.demand[:, :-14], date(2024, 3, 31), "day")
    changed = history.demand.copy()
    changed[:, -14:] = 1e6
    assert np.array_equal(METHODS[name](History(changed, history.end, "day").cut(14), 7), METHODS[name](before, 7))


@pytest.mark.parametrize("frequency", ["day", "week"])
def test_statsmodels_forecasts_each_series_from_its_beginning_on(frequency):
    history = long_history(frequency, periods=60, series=5)
    for row, values in enumerate(history.demand):
        if not np.isfinite(values).any():
            continue
        begun = values[np.isfinite(values).argmax() :]
        one = history.take(np.array([row]))
        assert METHODS["statsmodels_smoothing"](one, 4)[0] == pytest.approx(exponential_smoothing(begun, 4))
        with np.errstate(divide="ignore", invalid="ignore"):
            assert METHODS["statsmodels_theta"](one, 4)[0] == pytest.approx(theta(begun, history.season, 4))


def test_statsmodels_finds_the_season_of_a_series_that_began_late():
    week = np.array([2, 3, 5, 8, 13, 21, 1.0])
    demand = np.concatenate([np.full(20, NAN), np.tile(week, 6)])
    assert METHODS["statsmodels_theta"](History(demand[None], END["day"], "day"), 7)[0] == pytest.approx(week, rel=0.05)


def test_the_sample_is_the_same_whatever_the_order_of_the_series():
    skus, fcs = [f"p{k % 70}" for k in range(700)], [f"s{k // 70}" for k in range(700)]
    rows = sample_rows(skus, fcs)
    assert len(rows) == len(set(rows.tolist())) == STATSMODELS_SERIES
    assert rows.tolist() == sorted(rows.tolist())
    order = np.random.default_rng(1).permutation(700)
    again = order[sample_rows([skus[k] for k in order], [fcs[k] for k in order])]
    assert set(again.tolist()) == set(rows.tolist())
    assert sample_rows(skus[:3], fcs[:3], 200).tolist() == [0, 1, 2]


def test_histories_say_what_is_wrong_with_them():
    with pytest.raises(ValueError, match="series and periods"):
        History(np.ones(5), END["day"], "day")
    with pytest.raises(ValueError, match="one number per series"):
        History(np.ones((5, 3)), END["day"], "day", np.zeros(4, dtype=np.int64))


def test_months_follow_the_calendar_past_and_ahead():
    days = History(np.ones((1, 100)), date(2024, 3, 1), "day")
    assert days.months(98, 4).tolist() == [1, 2, 2, 2]
    weeks = History(np.ones((1, 10)), date(2024, 4, 29), "week")
    assert weeks.months(8, 3).tolist() == [3, 4, 4], "the week of 29 April has its middle in May"
