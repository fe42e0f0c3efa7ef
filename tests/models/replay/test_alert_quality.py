"""How good alerts and stock-out probabilities were, on cases whose answer is known."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from models.replay.alert_quality import alert_scores, probability_scores, reliability, rule_probabilities
from models.replay.rules import Known


def said(probability, event):
    rows = len(event)
    return pl.DataFrame(
        {
            "stock": ["fillrate"] * rows,
            "row": np.arange(rows),
            "fillrate": probability,
            "z_sigma": np.full(rows, np.mean(event)),
            "empirical": 1 - np.asarray(probability),
            "event": event,
        }
    )


def test_calibrated_probabilities_have_the_skill_that_their_spread_gives_them():
    generator = np.random.default_rng(8)
    probability = generator.random(20_000)
    event = generator.random(20_000) < probability
    found = {row["said_by"]: row for row in probability_scores(said(probability, event), seed=1).iter_rows(named=True)}
    # Uniform calibrated probabilities: Brier score 1/6 against 1/4 of the base rate.
    assert found["fillrate"]["skill"] == pytest.approx(1 / 3, abs=0.02)
    assert found["z_sigma"]["skill"] == pytest.approx(0, abs=1e-9)
    assert found["empirical"]["skill"] < 0
    assert found["empirical"]["skill_over_fillrate"] == pytest.approx(found["empirical"]["skill"] - found["fillrate"]["skill"])


def test_a_single_stock_out_has_an_error_all_the_same():
    """A third of the draws have no stock-out at all: there is no skill in them to differ, and the rest tell."""
    event = np.arange(40) == 7
    found = probability_scores(said(np.where(event, 0.6, 0.1), event), seed=1).row(0, named=True)
    assert found["skill"] > 0
    assert 0 < found["skill_error"] < 1
    none = probability_scores(said(np.full(40, 0.1), np.zeros(40, bool)), seed=1).row(0, named=True)
    assert (none["skill"], none["skill_error"]) == (None, None)


def test_reliability_counts_rows_by_tenths():
    found = reliability(said([0.05, 0.05, 0.95, 1.0], [False, True, True, True]), seed=1).filter(said_by="fillrate")
    assert found.select("bin", "rows", "observed").rows() == [(0, 2, 0.5), (9, 2, 1.0)]
    assert found["probability"].to_list() == pytest.approx([0.05, 0.975])


def test_rule_probabilities_are_the_normal_one_and_the_share_of_past_totals():
    demand = np.tile([2.0, 4.0], 40)[None, :]
    known = Known(demand, np.array([1]), np.array([1]), periods_per_week=1)
    normal, share = rule_probabilities(known, np.array([5.0]))
    spread = demand[0, -13:].std(ddof=1) * np.sqrt(2)
    assert normal[0] == pytest.approx(norm.sf((5 - 2 * demand[0, -13:].mean()) / spread))
    assert share[0] == 1.0
    assert rule_probabilities(known, np.array([6.0]))[1][0] == 0.0


def test_a_spell_is_caught_by_an_alert_that_came_a_period_before():
    unmet = np.array([[0, 0, 3, 2, 0, 0, 4.0], [0, 1, 0, 0, 0, 0, 0]])
    alerted = np.array([[0, 1, 1, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0, 0]], dtype=bool)
    due = np.array([[0, 1, 1, 1, 0, 1, 1], [1, 1, 0, 0, 0, 0, 0]], dtype=bool)
    found = alert_scores(alerted, due, unmet, lead=np.array([2, 2]), shortage=np.array([10.0, 1.0]))
    assert found["stockouts"] == 3
    # The first spell was announced a night ahead, the second on its own night, the third not at all.
    assert found["caught"] == pytest.approx(1 / 3)
    assert found["lead_periods"] == pytest.approx(0.5)
    assert (found["saved"], found["lost"]) == (50, 50 + 40 + 1)
    assert found["precision"] == pytest.approx(3 / 4)
    assert found["recall"] == pytest.approx(3 / 7)


def test_without_stockouts_shares_are_unknown_and_nothing_was_lost():
    found = alert_scores(np.zeros((2, 3), bool), np.zeros((2, 3), bool), np.zeros((2, 3)), np.array([1, 1]), np.ones(2))
    assert np.isnan(found["precision"])
    assert np.isnan(found["caught"])
    assert (found["saved"], found["lost"]) == (0, 0)
