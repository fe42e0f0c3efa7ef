"""Month × weekday × level on demand with a known calendar."""

from datetime import date

import numpy as np
import pytest

from models.yardsticks.history import History
from models.yardsticks.month_season import MONTH_OF_WEEK, month_weekday_level, own_factors
from models.yardsticks.pooled_index import season_index

END = date(2023, 9, 30)
WEEKDAY = np.array([0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3])
MONTH = 1 + 0.5 * np.cos(np.arange(12) * np.pi / 6)


def planted(days, ahead=60, series=15, growth=0.0, seed=0, strangers=0):
    """Expected demand of past and future days: level × month × weekday × growth; `strangers` have the months the other way round."""
    rng = np.random.default_rng(seed)
    dates = np.datetime64(END, "D") + np.arange(1 - days, ahead + 1)
    month = dates.astype("datetime64[M]").astype(int) % 12
    weekday = WEEKDAY[np.arange(1 - days, ahead + 1) % 7]
    shape = np.where(np.arange(series)[:, None] < strangers, MONTH[(month + 6) % 12], MONTH[month])
    expected = rng.gamma(3, 10, (series, 1)) * shape * weekday * np.exp(growth * np.arange(len(dates)) / 364)
    return expected[:, :days], expected[:, days:]


@pytest.mark.parametrize(("days", "within"), [(365, 0.01), (800, 0.003), (1500, 0.003)])
def test_a_season_without_chance_is_found_through_gaps(days, within):
    past, future = planted(days)
    gaps = np.where(np.random.default_rng(1).random(past.shape) < 0.3, np.nan, past)
    assert month_weekday_level(History(gaps, END, "day"), 60) == pytest.approx(future, rel=within)


def test_below_a_year_it_is_the_weekday_index_times_the_level():
    past, _ = planted(364)
    rng = np.random.default_rng(2)
    past = np.where(rng.random(past.shape) < 0.3, np.nan, rng.poisson(past).astype(float))
    history = History(past, END, "day")
    index = season_index(history)
    recent = past[:, -90:]
    usual = np.where(np.isfinite(recent), index[np.arange(-90, 0) % 7], 0).sum(axis=1)
    level = np.nansum(recent, axis=1) / usual
    assert month_weekday_level(history, 20) == pytest.approx(level[:, None] * index[np.arange(20) % 7])


def test_growth_is_not_taken_for_a_season():
    past, future = planted(1500, growth=0.2)
    forecast = month_weekday_level(History(past, END, "day"), 60)
    # The level is the mean of the last 90 days: growth since then, 75 days on average, is not carried on.
    assert forecast.sum() / future.sum() == pytest.approx(np.exp(-0.2 * 75 / 364), rel=0.01)


def test_a_series_with_a_season_of_its_own_gets_it_once_it_repeats():
    past, future = planted(1500, series=40, strangers=5)
    noisy = np.random.default_rng(3).poisson(past).astype(float)
    forecast = month_weekday_level(History(noisy, END, "day"), 60)
    assert forecast[:5].sum(axis=1) == pytest.approx(future[:5].sum(axis=1), rel=0.15)
    once, _ = planted(400, series=40, strangers=5)
    assert (month_weekday_level(History(once, END, "day"), 60)[:5].sum(axis=1) > 1.3 * future[:5].sum(axis=1)).all(), "pooled before that"


def test_chance_alone_earns_no_season_of_its_own():
    rng = np.random.default_rng(4)
    expected = np.full((40, 4, 84), 8.0)
    factors = own_factors(rng.poisson(expected).astype(float), expected)
    assert np.abs(factors - 1).max() < 0.05


def test_own_factors_are_those_of_the_textbook_formula():
    """Bühlmann and Straub 1970, number by number."""
    rng = np.random.default_rng(6)
    expected = rng.gamma(4, 20, (3, 4, 5))
    expected[0, :2, 1], expected[1, :, 2] = 0, 0
    truth = rng.gamma(20, 1 / 20, (3, 1, 5))
    units = rng.poisson(expected * truth).astype(float)
    means, weights, within, repeats = {}, {}, 0.0, 0
    for risk in np.ndindex(3, 5):
        years = [(units[risk[0], y, risk[1]], expected[risk[0], y, risk[1]]) for y in range(4) if expected[risk[0], y, risk[1]] > 0]
        if not years:
            continue
        weights[risk] = sum(e for _, e in years)
        means[risk] = sum(u for u, _ in years) / weights[risk]
        within += sum(e * (u / e - means[risk]) ** 2 for u, e in years)
        repeats += len(years) - 1
    within /= repeats
    total = sum(weights.values())
    between = (sum(weights[r] * (means[r] - 1) ** 2 for r in means) - len(means) * within) / total
    found = own_factors(units, expected)
    assert between > 0
    for risk in np.ndindex(3, 5):
        credibility = weights.get(risk, 0) / (weights.get(risk, 0) + within / between)
        assert found[risk] == pytest.approx(1 + credibility * (means.get(risk, 1.0) - 1))


def test_weeks_have_the_season_of_the_year_with_its_festivals():
    """Three years of months and one week that sells two and a half times as much; and the mean of 13 weeks below a year."""
    rng = np.random.default_rng(7)
    whole = History(np.empty((1, 162)), date(2023, 12, 4), "week")
    week = whole.weeks(0, 162)
    season = MONTH[MONTH_OF_WEEK] * np.where(np.arange(52) == 45, 2.5, 1.0)
    expected = rng.gamma(3, 20, (20, 1)) * season[week]
    end = date(2023, 10, 23)
    assert 45 in week[156:], "the festival lies ahead"
    assert month_weekday_level(History(expected[:, :156], end, "week"), 6) == pytest.approx(expected[:, 156:], rel=0.02)
    short = History(expected[:, 116:156], end, "week")
    assert month_weekday_level(short, 6) == pytest.approx(np.repeat(expected[:, 143:156].mean(axis=1)[:, None], 6, axis=1))


def test_a_week_that_sold_more_in_one_year_of_three_is_no_festival_yet():
    """A mean of the years would expect two thirds more of it."""
    rng = np.random.default_rng(8)
    usual = np.full((20, 156), 3.0)
    usual[:, 106] *= 3
    ahead = month_weekday_level(History(rng.poisson(usual).astype(float), date(2023, 10, 23), "week"), 6).sum(axis=0)
    assert ahead[2] / np.delete(ahead, 2).mean() < 1.35
