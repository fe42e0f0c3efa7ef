"""The estimator of lines that may be open: a textbook example, a naive loop, and the limits of shrinkage."""

import numpy as np
import pytest
from scipy.special import betaln

from models.lead_times.hazards import WEIGHTS, Shares, Waits, likeliest_weight, shrunk


def waits(lines, days):
    """Lines as (day, came), of one group per list."""
    came, still = (np.zeros((len(lines), days), dtype=np.int64) for _ in range(2))
    for group, members in enumerate(lines):
        for day, here in members:
            (came if here else still)[group, day] += 1
    return Waits(came, still)


def nothing(days):
    return Shares(np.zeros((1, days)), np.ones(1))


def test_it_is_the_product_limit_estimate_of_the_textbook():
    """Remission of 21 patients on 6-MP, weeks (Freireich et al. 1963; Klein and Moeschberger 2003, example 4.1)."""
    came = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = shrunk(waits([[(d, True) for d in came] + [(d, False) for d in still]], 36), nothing(36), 0.0)
    left = 1 - np.cumsum(found.on_day[0])
    for week, survival in {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}.items():
        assert left[week] == pytest.approx(survival, abs=0.0006)
    assert found.never[0] == pytest.approx(0.448, abs=0.0006)


def test_it_is_what_a_loop_over_days_and_lines_finds():
    rng = np.random.default_rng(4)
    lines = [(int(rng.integers(0, 12)), bool(rng.random() < 0.6)) for _ in range(40)]
    prior, weight = Shares(np.full((1, 12), 0.08), np.array([0.04])), 6.0
    found = shrunk(waits([lines], 12), prior, weight)
    left, prior_left = 1.0, 1.0
    for day in range(12):
        watched = sum(last >= day for last, _ in lines) + weight * prior_left
        here = sum(last == day and came for last, came in lines) + weight * 0.08
        assert found.on_day[0, day] == pytest.approx(left * here / watched)
        left *= 1 - here / watched
        prior_left -= 0.08
    assert found.never[0] == pytest.approx(left)


def test_complete_lines_and_a_prior_are_weighted_shares():
    """Without open lines it is a Dirichlet posterior: (weight × prior + counts) ÷ (weight + lines)."""
    prior = Shares(np.array([[0.5, 0.3, 0.1]]), np.array([0.1]))
    found = shrunk(waits([[(0, True)] * 2 + [(2, True)] * 6], 3), prior, 4.0)
    np.testing.assert_allclose(found.on_day[0], [(4 * 0.5 + 2) / 12, 4 * 0.3 / 12, (4 * 0.1 + 6) / 12])
    assert found.never[0] == pytest.approx(0.4 / 12)


def test_no_line_leaves_the_prior_and_very_many_leave_nothing_of_it():
    prior = Shares(np.array([[0.5, 0.3, 0.1]]), np.array([0.1]))
    found = shrunk(waits([[]], 3), prior, 4.0)
    np.testing.assert_allclose(found.on_day, prior.on_day)
    np.testing.assert_allclose(found.never, prior.never)
    many = shrunk(Waits(np.array([[0, 700_000, 0]]), np.array([[0, 0, 300_000]])), prior, 4.0)
    np.testing.assert_allclose(many.on_day[0], [0, 0.7, 0], atol=1e-5)
    assert many.never[0] == pytest.approx(0.3, abs=1e-5)


def test_shares_and_never_add_up_to_one():
    rng = np.random.default_rng(5)
    found = shrunk(Waits(rng.integers(0, 9, (20, 15)), rng.integers(0, 9, (20, 15))), Shares(np.full((1, 15), 0.05), np.array([0.25])), 8.0)
    np.testing.assert_allclose(found.on_day.sum(axis=1) + found.never, 1)
    assert (found.on_day >= 0).all()


def test_groups_that_differ_ask_for_a_small_weight_and_like_ones_for_a_large():
    prior = Shares(np.array([[0.3, 0.4, 0.2]]), np.array([0.1]))
    apart = Waits(np.array([[40, 0, 0], [0, 40, 0], [0, 0, 40]]), np.zeros((3, 3), dtype=np.int64))
    alike = Waits(np.tile([[12, 16, 8]], (3, 1)), np.tile([[0, 0, 4]], (3, 1)))
    assert likeliest_weight(apart, prior) == WEIGHTS[0]
    assert likeliest_weight(alike, prior) == WEIGHTS[-1]


def test_the_weight_is_the_likeliest_of_all():
    """The beta-binomial likelihood of one group, day by day, written out."""
    prior = Shares(np.array([[0.5, 0.2, 0.2]]), np.array([0.1]))
    lines = waits([[(0, True)] * 3 + [(1, True)] * 5 + [(2, False)] * 2, [(0, True)] * 6 + [(1, True)] + [(2, True)] * 3], 3)

    def fit(weight):
        total = 0.0
        for group in range(2):
            for day, (share, after) in enumerate(((0.5, 0.5), (0.2, 0.3), (0.2, 0.1))):
                here, stay = lines.came[group, day], lines.waiting[group, day] - lines.came[group, day]
                total += betaln(weight * share + here, weight * after + stay) - betaln(weight * share, weight * after)
        return total

    assert likeliest_weight(lines, prior) == max(WEIGHTS, key=fit)
