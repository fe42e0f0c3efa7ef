"""What given orders come to, against a day-by-day simulation of every path; and terms that are changed for a question."""

from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.ordering.calendar import Calendar
from models.ordering.decide import Series
from models.ordering.outcomes import outcomes

PATHS, HORIZON, ROWS = 50, 12, 12


class GivenPaths:
    """Demand of shape (rows, paths, periods)."""

    def __init__(self, demand):
        self.demand = np.asarray(demand, dtype=np.float32)

    def sample(self, rows, periods):
        return self.demand[rows, :, :periods]


def rows_of(seed):
    """Rows of random terms, their demand and their orders; nothing arrives after tonight's order does."""
    rng = np.random.default_rng(seed)
    demand = rng.negative_binomial(2, 0.3, size=(ROWS, PATHS, 40)).astype(float)
    lead, review = rng.integers(0, 4, ROWS), rng.integers(1, 4, ROWS)
    inbound = np.zeros((ROWS, 40))
    for row in range(ROWS):
        inbound[row, : lead[row] + 1] = rng.integers(0, 6, lead[row] + 1)
    full = np.full
    series = Series(
        start=rng.integers(-3, 15, ROWS).astype(float), inbound=csr_array(inbound), lead_mean=lead.astype(float), lead_sd=np.zeros(ROWS),
        keys=np.arange(ROWS, dtype=np.uint64), review=review, shortage=rng.uniform(1, 6, ROWS), holding=rng.uniform(0.05, 0.6, ROWS),
        level=full(ROWS, 0.9), case=np.ones(ROWS), least=np.zeros(ROWS), most=full(ROWS, np.inf), whole=full(ROWS, True),
        rule=full(ROWS, "cost", "U20"), mean=full((ROWS, HORIZON), demand.mean()), recent_mean=full(ROWS, 5.0),
        recent_sd=full(ROWS, 2.0), multiplier=rng.choice([1.0, 1.5], ROWS),
    )  # fmt: skip
    return series, demand, inbound, rng.integers(0, 20, ROWS).astype(float)


def simulated(series, demand, inbound, order, row):
    """Unmet units, stock at the close of the own window's periods, of every path of a row, day by day; unmet demand is lost."""
    arrival, until = int(series.lead_mean[row]), int(series.lead_mean[row] + series.review[row])
    unmet, closes = np.zeros(PATHS), np.zeros((PATHS, until - arrival))
    for path in range(PATHS):
        stock = series.start[row]
        for day in range(until):
            stock += inbound[row, day] + (order if day == arrival else 0)
            wanted = demand[row, path, day] * series.multiplier[row]
            unmet[path] += max(wanted - max(stock, 0), 0)
            stock = stock - wanted if stock >= wanted else min(stock, 0)
            if day >= arrival:
                closes[path, day - arrival] = max(stock, 0)
    return unmet, closes


@pytest.mark.parametrize("seed", range(8))
def test_orders_come_to_what_a_simulation_says(seed):
    series, demand, inbound, orders = rows_of(seed)
    series.start[:] = np.abs(series.start)
    found = outcomes(series, GivenPaths(demand), Calendar(date(2024, 4, 14), "day"), orders, horizon=HORIZON, lost=True)
    for row in range(ROWS):
        unmet, closes = simulated(series, demand, inbound, orders[row], row)
        assert found.chance[row] == pytest.approx((unmet > 1e-6).mean())
        assert found.unmet[row] == pytest.approx(unmet.mean(), abs=1e-4)
        assert found.left[row] == pytest.approx(closes[:, -1].mean(), abs=1e-4)
        assert found.shortage[row] == pytest.approx(unmet.mean() * series.shortage[row], abs=1e-3)
        assert found.holding[row] == pytest.approx(closes.sum(axis=1).mean() * series.holding[row], abs=1e-3)


@pytest.mark.parametrize("lost", [True, False])
def test_more_units_miss_less_and_leave_more(lost):
    series, demand, _, orders = rows_of(3)
    calendar, paths = Calendar(date(2024, 4, 14), "day"), GivenPaths(demand)
    few, many = (outcomes(series, paths, calendar, orders * k, horizon=HORIZON, lost=lost) for k in (1, 2))
    assert (many.unmet <= few.unmet + 1e-9).all()
    assert (many.left >= few.left - 1e-9).all()
    assert (few.unmet > many.unmet).any()
    assert (few.chance >= few.unmet * 0).all()


def test_numbers_do_not_depend_on_threads():
    series, demand, _, orders = rows_of(5)
    one, two = (
        outcomes(series, GivenPaths(demand), Calendar(date(2024, 4, 14), "day"), orders, horizon=HORIZON, lost=True, threads=n)
        for n in (1, 2)
    )
    assert np.array_equal(one.unmet, two.unmet)
    assert np.array_equal(one.holding, two.holding)
