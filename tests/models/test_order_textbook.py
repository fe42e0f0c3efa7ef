"""Textbook examples, from demand of a known distribution through `decide` itself.

Examples are those of Snyder and Shen 2019, Fundamentals of Supply Chain Theory (2nd edition), chapter 4; levels and costs are those that
stockpyl 1.0 gives for them (`newsvendor_normal`, `newsvendor_poisson`, `s_s_discrete_exact`). Demand is drawn evenly over its distribution
(one path from each of equally probable parts), so that what is found differs from the formula by the width of a part, not by chance.
"""

from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import norm, poisson

from models.ordering.alternatives import Question, candidates
from models.ordering.calendar import Calendar
from models.ordering.decide import Series, Witness

HORIZON = 14


class Known:
    """Paths of demand that is independent from period to period; `quantile` gives demand from probabilities."""

    def __init__(self, quantile, paths):
        self.quantile, self.paths = quantile, paths

    def sample(self, rows, periods):
        shares, rng = (np.arange(self.paths) + 0.5) / self.paths, np.random.default_rng(11)
        demand = np.stack([self.quantile(rng.permutation(shares)) for _ in range(periods)], axis=1)
        return np.repeat(demand[None].astype(np.float32), len(rows), axis=0)


def decided(quantile, mean, *, p, h, lead=0, line=None, stock=0.0, whole=True, paths=20_000, lost=False):
    """Return the decision of one row without cases, and what it was decided from."""

    def one(value, kind=float):
        return np.full(1, value, dtype=kind)

    series = Series(
        start=one(stock), inbound=csr_array((1, 100)), lead_mean=one(lead), lead_sd=one(0), keys=one(1, np.uint64), review=one(1, np.int64),
        shortage=one(p), holding=one(h), level=one(0.9), case=one(1), least=one(0), most=one(np.inf), whole=one(whole, bool),
        rule=one("cost", "U20"), mean=np.full((1, HORIZON), mean), recent_mean=one(mean), recent_sd=one(1), multiplier=one(1),
        line=None if line is None else one(line),
    )  # fmt: skip
    witness = Witness()
    asked = Question(series, Known(quantile, paths), Calendar(date(2024, 4, 14), "day"), HORIZON, lost, "cycle")
    return asked.decided(witness), witness


def test_newsvendor_with_normal_demand():
    """Example 4.3: h = 0.18, p = 0.70, demand N(50, 8²): level 56.6040, cost 1.9976."""
    found, witness = decided(lambda q: norm.ppf(q, 50, 8), 50.0, p=0.70, h=0.18, whole=False)
    # Near its 0.8 quantile a part of N(50, 8²) is 8 / (20,000 × density) wide, 0.0014.
    assert found.raw[0] == pytest.approx(56.60395592743389, abs=0.002)
    priced = candidates(witness, np.array([0.0, float(found.raw[0])]), float(found.order[0]))
    assert priced.cost[1] == pytest.approx(1.9976051931766445, abs=0.001)


def test_base_stock_with_a_lead_time():
    """The same with a lead time of four periods: level 264.7669 for the demand of five, which the paths know to their sampling error."""
    paths = 100_000
    found, witness = decided(lambda q: norm.ppf(q, 50, 8), 50.0, p=0.70, h=0.18, lead=4, whole=False, paths=paths)
    share = 0.70 / 0.88
    error = np.sqrt(share * (1 - share) / paths) / norm.pdf(norm.ppf(share)) * 8 * np.sqrt(5)
    assert found.raw[0] == pytest.approx(264.76689437415484, abs=3 * error)
    priced = candidates(witness, np.array([0.0, float(found.raw[0])]), float(found.order[0]))
    assert priced.cost[1] == pytest.approx(4.466781004149577, rel=0.02)


@pytest.mark.parametrize(
    ("h", "p", "mean", "level", "cost"), [(1, 4, 6, 8, 3.5701069), (1, 4, 20, 24, 6.4380037), (0.18, 0.7, 50, 56, 1.7972352)]
)
def test_newsvendor_with_poisson_demand(h, p, mean, level, cost):
    """Example 4.7 without its fixed cost, Example 4.1's size, and Example 4.3's costs."""
    found, witness = decided(lambda q: poisson.ppf(q, mean), float(mean), p=p, h=h)
    assert found.order[0] == level
    assert candidates(witness, np.array([0.0, float(level)]), float(level)).cost[1] == pytest.approx(cost, rel=2e-3)


@pytest.mark.parametrize(
    ("h", "p", "line", "mean", "s", "up_to", "cost"),
    [
        (1, 4, 5, 6, 4, 10, 8.034111561471642),
        (1, 9, 40, 3, 1, 16, 15.439521909847487),
        (0.2, 4, 20, 1, 0, 14, 2.8701149425288452),
        (1, 9, 64, 10, 6, 40, 35.021555272320384),
        (0.5, 10, 5, 0.4, 0, 3, 1.7208086447347783),
    ],
)
def test_reorder_point_and_level_where_an_order_costs_money(h, p, line, mean, s, up_to, cost):
    """Example 4.7 (Poisson demand of 6, h = 1, p = 4, K = 5: s = 4, S = 10, cost 8.0341 a period) and other terms."""
    for stock in (up_to + 2, s + 1, s, -2):
        found, witness = decided(lambda q: poisson.ppf(q, mean), float(mean), p=p, h=h, line=line, stock=stock, paths=4_000)
        assert (found.reorder[0] + stock, found.raw[0] + stock) == (s, up_to)
        assert found.order[0] == (up_to - stock if stock <= s else 0)
        # Levels that are ordered from at once cost their own window less the mean of a review.
        value = witness.line
        assert float(value.own[0, 0] - value.cost[0, 0]) == pytest.approx(cost, rel=2e-3)
