"""Losses against closed forms, naive loops and the properties that make them losses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from models.evaluation.losses import covered, crps_of_sorted, naive_scale, pinball

UNITS = st.floats(0, 1_000)


def test_pinball_weighs_units_short_by_the_level_and_units_over_by_the_rest():
    loss = pinball(np.array([10.0, 10.0]), np.array([[8.0, 13.0], [10.0, 10.0]]), [0.9, 0.9])
    assert loss == pytest.approx(np.array([[0.9 * 2, 0.1 * 3], [0, 0]]))


@pytest.mark.parametrize("level", [0.05, 0.5, 0.83])
def test_the_true_quantile_has_the_smallest_pinball_loss(level):
    demand = np.random.default_rng(1).gamma(2, 5, 4_000)
    candidates = np.linspace(demand.min(), demand.max(), 400)
    losses = pinball(demand[:, None].repeat(400, axis=1), candidates[None, :, None].repeat(4_000, axis=0), [level]).mean(axis=(0, 2))
    assert candidates[losses.argmin()] == pytest.approx(np.quantile(demand, level), abs=0.5)


def test_coverage_counts_a_tie_as_half_so_that_small_counts_are_judged_fairly():
    assert covered(np.array([2.0]), np.array([[1.0, 2.0, 3.0]])).tolist() == [[0.0, 0.5, 1.0]]
    demand = np.random.default_rng(2).poisson(0.7, 50_000).astype(float)
    # Whatever the whole quantile, what lies below it and half of what equals it is what a perfect forecast has.
    share = covered(demand, np.full((50_000, 1), 1.0)).mean()
    assert share == pytest.approx(np.exp(-0.7) * (1 + 0.7 / 2), abs=0.01)


def test_coverage_is_unknown_where_outcome_or_forecast_is():
    assert np.isnan(covered(np.array([np.nan, 1.0]), np.array([[1.0], [np.nan]]))).all()


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=UNITS), UNITS)
def test_crps_equals_the_double_loop_over_pairs_of_paths(sample, outcome):
    naive = [np.abs(row - outcome).mean() - 0.5 * np.mean([[abs(one - other) for other in row] for one in row]) for row in sample]
    assert crps_of_sorted(np.full(len(sample), outcome), np.sort(sample, axis=1)) == pytest.approx(np.array(naive), abs=1e-8)


def test_crps_of_many_normal_draws_equals_the_closed_form():
    draws = np.sort(norm.ppf((np.arange(4_000) + 0.5) / 4_000))[None]
    for outcome in (-1.3, 0.0, 2.2):
        closed = outcome * (2 * norm.cdf(outcome) - 1) + 2 * norm.pdf(outcome) - 1 / np.sqrt(np.pi)
        assert crps_of_sorted(np.array([outcome]), draws)[0] == pytest.approx(closed, abs=2e-3)


def test_naive_scale_uses_changes_between_known_neighbours_only():
    demand = np.array([[1.0, 3.0, np.nan, 10.0, 6.0], [5.0, 5.0, 5.0, 5.0, 5.0], [np.nan, 2.0, np.nan, 4.0, np.nan]])
    scale = naive_scale(demand)
    assert scale[0] == pytest.approx(np.sqrt((2**2 + 4**2) / 2))
    assert np.isnan(scale[1:]).all(), "a constant series and one without two known neighbours have no scale"
