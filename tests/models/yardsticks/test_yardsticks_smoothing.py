"""Smoothing, pooled seasons and Croston against statsmodels, a textbook and the obvious loop."""

from datetime import date

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from models.baselines import exponential_smoothing
from models.yardsticks.history import History
from models.yardsticks.pooled_index import marginal_totals, season_index, sums_by
from models.yardsticks.smoothing import croston_sba, smoothed_level, smoothing_pooled_season

NAN = np.nan
SUNDAY = date(2024, 4, 14)
VALUES = st.lists(st.just(NAN) | st.integers(0, 30).map(float), min_size=1, max_size=50)


@given(st.lists(st.integers(0, 40).map(float), min_size=2, max_size=60))
def test_the_level_is_that_of_statsmodels_with_a_fixed_weight(values):
    expected = exponential_smoothing(np.array(values), 1, estimate=False)[0]
    assert smoothed_level(np.array([values]))[0] == pytest.approx(expected)


@given(VALUES)
def test_unknown_periods_keep_the_level(values):
    known = np.array([value for value in values if value == value])
    assert np.array_equal(smoothed_level(np.array([values])), smoothed_level(known[None]), equal_nan=True)


def test_marginal_totals_are_the_poisson_likelihood_of_statsmodels():
    """A main-effects Poisson model with the numbers of known periods as exposure."""
    rng = np.random.default_rng(5)
    units, counts = rng.poisson(9, (4, 2, 5)).astype(float), rng.integers(0, 5, (4, 2, 5)).astype(float)
    units[counts == 0] = 0
    seen = counts.ravel() > 0
    block, phase = (place.ravel()[seen] for place in np.divmod(np.arange(40).reshape(4, 2, 5), 5))
    design = np.concatenate([np.eye(8)[block], np.eye(5)[phase][:, 1:]], axis=1)
    fit = sm.GLM(units.ravel()[seen], design, family=sm.families.Poisson(), exposure=counts.ravel()[seen]).fit(tol=1e-12)
    effects = np.exp(np.append(0.0, fit.params[8:]))
    index, levels = marginal_totals(units, counts)
    assert index == pytest.approx(effects / effects.mean(), rel=1e-4)
    assert levels.ravel() == pytest.approx(np.exp(fit.params[:8]) * effects.mean(), rel=1e-4)


def test_a_phase_never_known_and_a_block_never_known_say_nothing():
    units, counts = np.zeros((2, 1, 3)), np.zeros((2, 1, 3))
    units[0, 0], counts[0, 0] = [4, 2, 0], [1, 1, 0]
    index, levels = marginal_totals(units, counts)
    assert index == pytest.approx([4 / 3, 2 / 3, 1])
    assert levels.ravel() == pytest.approx([3, 0])


@given(st.integers(1, 30), st.integers(1, 9), st.integers(0, 100))
def test_sums_by_code_are_those_of_a_loop(periods, count, seed):
    rng = np.random.default_rng(seed)
    values, codes = rng.integers(0, 9, (3, periods)).astype(float), rng.integers(0, count, periods)
    expected = [[sum(row[codes == code]) for code in range(count)] for row in values]
    assert sums_by(values, codes, count) == pytest.approx(np.array(expected))


def weekdays(series=30, weeks=20, seed=0):
    """Demand without chance: level × weekday, levels that double in mid-history, and gaps that fall on fast days more often."""
    rng = np.random.default_rng(seed)
    index = np.array([0.6, 0.7, 0.8, 0.9, 1.0, 1.4, 1.6])
    level = rng.gamma(2, 10, (series, 1)) * np.where(np.arange(7 * weeks) < 7 * (weeks - 8), 1.0, 2.0)
    demand = level * np.tile(index, weeks)
    demand[rng.random(demand.shape) < 0.3 * np.tile(index, weeks)] = NAN
    return History(demand, SUNDAY, "day"), index, level[:, -1]


def test_the_pooled_index_is_found_through_gaps_and_changes_of_level():
    history, index, _ = weekdays()
    assert season_index(history) == pytest.approx(index, rel=1e-6)


def test_smoothed_demand_has_the_season_of_its_region():
    history, index, level = weekdays()
    forecast = smoothing_pooled_season(history, 10)
    assert forecast == pytest.approx(level[:, None] * index[np.arange(10) % 7], rel=0.01)


def test_smoothing_deseasonalises_smooths_and_seasonalises_again():
    rng = np.random.default_rng(2)
    demand = rng.poisson(6 * np.tile([1, 1, 1, 1, 1, 2, 2.5], 9), (8, 63)).astype(float)
    demand[rng.random(demand.shape) < 0.2] = NAN
    history = History(demand, SUNDAY, "day")
    index = season_index(history)
    for values, forecast in zip(demand, smoothing_pooled_season(history, 9), strict=True):
        plain = [value / index[place % 7] for place, value in enumerate(values) if value == value]
        level = sum(plain[: len(plain) // 4]) / (len(plain) // 4)
        for value in plain:
            level = 0.15 * value + 0.85 * level
        assert forecast == pytest.approx([level * index[k % 7] for k in range(9)])


def test_a_closed_weekday_is_forecast_as_closed_and_spoils_no_level():
    demand = np.tile([5.0, 5, 5, 5, 5, 5, 0], 10)[None] * np.array([[1.0], [3.0]])
    assert smoothing_pooled_season(History(demand, SUNDAY, "day"), 7) == pytest.approx(demand[:, :7])


def test_weeks_have_a_season_from_two_years_on():
    rng = np.random.default_rng(4)
    index = 1 + 0.5 * np.sin(np.arange(52) * 2 * np.pi / 52)
    demand = rng.gamma(2, 10, (20, 1)) * np.tile(index, 2)
    assert season_index(History(demand, date(2024, 4, 8), "week")) == pytest.approx(index)
    assert season_index(History(demand[:, 1:], date(2024, 4, 8), "week")) == pytest.approx(np.ones(52))
    late = demand.copy()
    late[:, 0] = NAN
    assert season_index(History(late, date(2024, 4, 8), "week")) == pytest.approx(np.ones(52)), "no series is known for two years"


PRODUCT_C = [0, 2, 0, 1, 0, 11, 0, 0, 0, 0, 2, 0, 6, 3, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 1, 0, 1, 0, 0]


def test_croston_smooths_the_sizes_and_intervals_of_the_textbook():
    """Hyndman and Athanasopoulos 2018, section 12.2: `productC`, its table of demands and of the times between them, α = 0.1."""
    size, interval = 2.0, 2.0
    for demand, time in zip([1, 11, 2, 6, 3, 7, 3, 1, 1, 1], [2, 2, 5, 2, 1, 6, 8, 1, 3, 2], strict=True):
        size, interval = 0.9 * size + 0.1 * demand, 0.9 * interval + 0.1 * time
    forecast = croston_sba(History(np.array([PRODUCT_C], dtype=float), SUNDAY, "day"), 3)
    assert forecast[0] == pytest.approx([0.95 * size / interval] * 3)


@given(VALUES)
def test_croston_leaves_unknown_periods_out_of_intervals(values):
    known = np.array([value for value in values if value == value])
    assert croston_sba(History(np.array([values]), SUNDAY, "day"), 1) == pytest.approx(
        croston_sba(History(known[None], SUNDAY, "day"), 1) if len(known) else np.zeros((1, 1))
    )


def test_croston_of_constant_demand_is_that_demand_less_the_correction():
    demand = np.tile([0.0, 0.0, 6.0], 30)[None]
    assert croston_sba(History(demand, SUNDAY, "day"), 1)[0, 0] == pytest.approx(0.95 * 6 / 3)
    assert croston_sba(History(np.zeros((1, 30)), SUNDAY, "day"), 1)[0, 0] == 0
