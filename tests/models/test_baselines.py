"""Baselines against what a person would compute, a textbook, and statsmodels itself."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from statsmodels.tsa.forecasting.theta import ThetaModel

from models.baselines import SMOOTHING, exponential_smoothing, moving_average, per_series, season_mean, theta

NAN = np.nan
HISTORY = st.lists(st.just(NAN) | st.integers(0, 30).map(float), max_size=40).map(lambda values: np.array(values, dtype=float))


@given(HISTORY, st.integers(1, 12), st.integers(1, 9))
def test_moving_average_is_the_mean_of_what_is_known_lately(history, periods, horizon):
    known = [value for value in history.tolist()[-periods:] if value == value]
    assert moving_average(history, periods, horizon) == pytest.approx([sum(known) / len(known) if known else NAN] * horizon, nan_ok=True)


@given(HISTORY, st.integers(1, 8), st.integers(1, 4), st.integers(1, 20))
def test_season_mean_is_the_mean_of_the_same_phase(history, season, cycles, horizon):
    expected = []
    for ahead in range(horizon):
        places = [len(history) + ahead % season - season * k for k in range(1, cycles + 1)]
        known = [history[place] for place in places if place >= 0 and history[place] == history[place]]
        expected.append(float(np.mean(known)) if known else NAN)
    assert season_mean(history, season, cycles, horizon) == pytest.approx(expected, nan_ok=True)


def smoothed(values, weight):
    """Level after each value: l ← w x + (1 − w) l, from the mean of the first values (Brown 1956)."""
    level = values[: max(3, len(values) // 4)].mean()
    levels = []
    for value in values:
        levels.append(level)
        level = weight * value + (1 - weight) * level
    return level, np.array(levels)


@given(st.lists(st.integers(0, 30).map(float), min_size=2, max_size=19))
def test_exponential_smoothing_of_a_short_history_is_the_recursion(values):
    history = np.array(values)
    assert exponential_smoothing(history, 3) == pytest.approx([smoothed(history, SMOOTHING)[0]] * 3)


@pytest.mark.parametrize("seed", range(5))
def test_exponential_smoothing_of_a_longer_history_has_the_best_weight(seed):
    """One that no other beats on the squared one-step errors."""
    rng = np.random.default_rng(seed)
    history = 20 + np.cumsum(rng.normal(0, 0.7, 60)) + rng.normal(0, 2, 60)

    def cost(weight):
        return ((history - smoothed(history, weight)[1]) ** 2).sum()

    best = minimize_scalar(cost, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).x
    assert exponential_smoothing(history, 2) == pytest.approx([smoothed(history, best)[0]] * 2, rel=1e-3)


def test_gaps_are_left_out():
    with_gaps = np.array([3.0, NAN, 5.0, NAN, NAN, 4.0, 8.0])
    assert exponential_smoothing(with_gaps, 2).tolist() == exponential_smoothing(np.array([3.0, 5, 4, 8]), 2).tolist()
    long = np.random.default_rng(1).poisson(9, 30).astype(float)
    gappy = np.insert(long, [5, 9, 20], NAN)
    assert theta(gappy, 7, 4) == pytest.approx(theta(long, 1, 4)), "with gaps the season cannot be told"


def test_theta_grows_by_half_the_slope():
    """Hyndman and Billah 2003: theta is exponential smoothing with a drift of half the slope of the trend."""
    rng = np.random.default_rng(2)
    history = 50 + 0.8 * np.arange(40) + rng.normal(0, 3, 40)
    slope = np.polyfit(np.arange(40), history, 1)[0]
    assert np.diff(theta(history, 1, 6)) == pytest.approx([slope / 2] * 5, rel=1e-6)


def test_theta_with_a_season_is_that_of_statsmodels():
    rng = np.random.default_rng(3)
    history = 20 + np.tile([5.0, 0, 0, 0, -3, 4, 9], 6) + rng.normal(0, 1, 42)
    expected = ThetaModel(history, period=7, deseasonalize=True, method="additive").fit().forecast(14)
    found = theta(history, 7, 14)
    assert found == pytest.approx(np.asarray(expected))
    assert np.argmax(found[:7]) == 6


def test_theta_needs_three_seasons():
    history = np.tile([5.0, 0, 0, 0, 1, 4, 9], 3)[:20]
    assert np.ptp(np.diff(theta(history, 7, 7))) == pytest.approx(0, abs=1e-9), "a straight line"


@pytest.mark.parametrize("method", [exponential_smoothing, lambda history, horizon: theta(history, 7, horizon)], ids=["smoothing", "theta"])
class TestShortAndOddHistories:
    def test_nothing_known(self, method):
        for history in (np.empty(0), np.full(30, NAN)):
            assert method(history, 3) == pytest.approx([NAN] * 3, nan_ok=True)

    def test_one_known_value(self, method):
        assert method(np.array([NAN, 4.0, NAN]), 2).tolist() == [4, 4]

    @pytest.mark.parametrize("length", [2, 7, 8, 19, 20, 60])
    @pytest.mark.parametrize("value", [0.0, 3.0])
    def test_constant(self, method, length, value):
        assert method(np.full(length, value), 4) == pytest.approx([value] * 4, abs=1e-6)

    def test_never_below_zero(self, method):
        assert (method(np.linspace(40, 0, 25), 30) >= 0).all()

    @pytest.mark.parametrize("seed", range(12))
    def test_slow_items_give_finite_forecasts(self, method, seed):
        rng = np.random.default_rng(seed)
        history = rng.poisson(0.15, rng.integers(2, 90)).astype(float)
        found = per_series(method, [history], 5)
        assert np.isfinite(found).all()


def test_per_series_has_a_row_per_series():
    histories = [np.array([1.0, 2, 3]), np.array([5.0]), np.empty(0)]
    found = per_series(exponential_smoothing, histories, 4)
    assert found.shape == (3, 4)
    assert found[1].tolist() == [5] * 4
    assert per_series(exponential_smoothing, [], 4).shape == (0, 4)


def test_a_series_that_does_not_converge_is_said_by_no_warning():
    rng = np.random.default_rng(4)
    histories = [rng.poisson(0.05, 40).astype(float) + (np.arange(40) == 39) * 1e6 for _ in range(10)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(per_series(lambda values, periods: theta(values, 7, periods), histories, 3)).all()
