"""Levels of the simple ordering rules against numbers worked out plainly."""

import numpy as np
import pytest

from models.replay.rules import RULES, SAFETY_FACTORS, SHARES, Known, interval_quantiles, interval_rmse, mean_of, sd_of

LEAD, REVIEW = np.array([2, 1]), np.array([1, 1])


@pytest.fixture
def known():
    demand = np.random.default_rng(3).poisson([[6.0], [2.0]], size=(2, 80)).astype(float)
    demand[0, [70, 75]] = np.nan
    return Known(demand, LEAD, REVIEW, periods_per_week=1)


def levels(name, known, number):
    rule = next(rule for rule in RULES if rule.name == name)
    return rule.levels(known, rule.basis(known), number)


def test_cover_orders_up_to_a_multiple_of_the_mean_of_known_weeks(known):
    mean = np.nanmean(known.demand[:, -13:], axis=1)
    found = levels("cover_13", known, 4)
    assert found.up_to == pytest.approx(mean * [3, 2] * 1.0)
    assert found.reorder == pytest.approx(found.up_to)


def test_min_max_is_the_textbook_reorder_point_and_a_review_more(known):
    mean, sd = np.nanmean(known.demand[:, -13:], axis=1), np.nanstd(known.demand[:, -13:], axis=1, ddof=1)
    found = levels("min_max", known, SAFETY_FACTORS.index(1.0))
    assert found.reorder == pytest.approx(mean * LEAD + sd * np.sqrt(LEAD))
    assert found.up_to - found.reorder == pytest.approx(mean * REVIEW)


def test_base_stock_for_normal_demand_covers_lead_time_and_review(known):
    mean, sd = np.nanmean(known.demand[:, -13:], axis=1), np.nanstd(known.demand[:, -13:], axis=1, ddof=1)
    found = levels("z_sigma", known, SAFETY_FACTORS.index(1.5))
    assert found.up_to == pytest.approx(mean * [3, 2] + 1.5 * sd * np.sqrt([3, 2]))


def test_the_rmse_is_that_of_past_forecasts_of_the_interval(known):
    errors = []
    for origin in range(80 - 52 - 2 + 1 - 1, 80 - 2 + 1):
        past, ahead = known.demand[1, max(0, origin - 13) : origin], known.demand[1, origin : origin + 2]
        if origin >= max(13, 80 - 2 + 1 - 52):
            errors.append(ahead.sum() - 2 * past.mean())
    assert interval_rmse(known)[1] == pytest.approx(np.sqrt(np.mean(np.square(errors))))


def test_the_empirical_level_is_the_smallest_past_total_not_exceeded_so_often(known):
    totals = sorted(known.demand[1, start : start + 2].sum() for start in range(28, 79))
    found = interval_quantiles(known, SHARES)[1]
    for share, level in zip(SHARES, found, strict=True):
        assert np.mean([total <= level for total in totals]) >= share - 1e-9
        assert np.mean([total < level for total in totals]) < share


def test_totals_with_an_unknown_period_do_not_count(known):
    whole = [start for start in range(28, 78) if np.isfinite(known.demand[0, start : start + 3]).all()]
    totals = sorted(known.demand[0, start : start + 3].sum() for start in whole)
    assert interval_quantiles(known, (0.99,))[0, 0] == totals[int(np.ceil(0.99 * len(totals))) - 1]


def test_a_series_without_history_gets_levels_of_nothing():
    silent = Known(np.full((1, 60), np.nan), np.array([2]), np.array([1]), periods_per_week=1)
    for rule in RULES:
        found = rule.levels(silent, rule.basis(silent), len(rule.parameters) - 1)
        assert found.up_to.tolist() == [0.0]
    assert mean_of(silent.demand) == 0
    assert sd_of(silent.demand) == 0
