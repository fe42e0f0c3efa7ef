"""Projected stock agrees with stock walked path by path, with tonight's order and without."""

from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.lead_times import sample_lead_times
from models.ordering.calendar import Calendar
from models.ordering.decide import Series
from models.ordering.projection import LEVELS, project_stock

DAILY = Calendar(date(2024, 4, 14), "day")
ROWS, PATHS, PERIODS = 5, 40, 9


class GivenPaths:
    def __init__(self, demand):
        self.demand = demand

    def sample(self, rows, periods):
        return self.demand[rows][:, :, :periods].astype(np.float32)


@pytest.fixture
def series():
    rng = np.random.default_rng(3)
    inbound = np.where(rng.random((ROWS, 100)) < 0.1, rng.integers(1, 9, (ROWS, 100)), 0).astype(float)
    ones = np.ones(ROWS)
    return Series(
        start=np.array([12.0, 0.0, -4.0, 30.0, 3.0]),
        inbound=csr_array(inbound),
        lead_mean=np.array([0.0, 2.0, 3.0, 4.0, 20.0]),
        lead_sd=np.array([0.0, 0.0, 1.5, 0.8, 0.0]),
        keys=np.arange(ROWS, dtype=np.uint64),
        review=np.ones(ROWS, dtype=np.int64),
        shortage=ones,
        holding=ones,
        level=ones,
        case=ones,
        least=0 * ones,
        most=np.inf * ones,
        whole=ones > 0,
        rule=np.full(ROWS, "cost"),
        mean=np.ones((ROWS, PERIODS)),
        recent_mean=ones,
        recent_sd=ones,
        multiplier=np.array([1.0, 1.0, 1.0, 2.0, 1.0]),
    )


def walked(series, order, demand, lost):
    """Stock at the end of every period on every path, one unit of arithmetic at a time."""
    inbound = series.inbound.toarray()
    stocks = np.empty((ROWS, PATHS, PERIODS))
    for row in range(ROWS):
        leads = np.full(PATHS, int(series.lead_mean[row]))
        if series.lead_sd[row]:
            days = sample_lead_times(series.lead_mean[[row]], series.lead_sd[[row]], series.keys[[row]], PATHS)[0]
            leads = np.ceil(days - 1e-9).astype(int)
        for path in range(PATHS):
            stock = owed = 0.0
            stock, owed = max(series.start[row], 0.0), max(-series.start[row], 0.0)
            for t in range(PERIODS):
                arriving = inbound[row, t] + (order[row] if leads[path] == t else 0.0)
                settled = min(owed, arriving)
                owed, stock = owed - settled, stock + arriving - settled
                wanted = demand[row, path, t] * series.multiplier[row]
                served = min(stock, wanted)
                stock -= served
                if not lost:
                    owed += wanted - served
                stocks[row, path, t] = stock - owed
    return stocks


@pytest.mark.parametrize("lost", [True, False])
def test_agrees_with_a_walk_along_every_path(series, lost):
    demand = np.random.default_rng(5).poisson(3, (ROWS, PATHS, PERIODS)).astype(float)
    order = np.array([6.0, 0.0, 12.0, 4.0, 9.0])
    band, without = project_stock(series, order, GivenPaths(demand), DAILY, periods=PERIODS, lost=lost)
    expected = np.quantile(walked(series, order, demand, lost), LEVELS, axis=1, method="inverted_cdf")
    np.testing.assert_allclose(band, np.moveaxis(expected, 0, -1), atol=1e-4)
    np.testing.assert_allclose(without, np.quantile(walked(series, 0 * order, demand, lost), 0.5, axis=1, method="inverted_cdf"), atol=1e-4)


def test_an_order_that_arrives_beyond_the_horizon_changes_nothing(series):
    demand = np.random.default_rng(6).poisson(3, (ROWS, PATHS, PERIODS)).astype(float)
    band, without = project_stock(series, np.full(ROWS, 50.0), GivenPaths(demand), DAILY, periods=PERIODS, lost=True)
    np.testing.assert_array_equal(band[4, :, 1], without[4])
    assert (band[0, :, 1] > without[0]).all()


def test_rows_do_not_depend_on_their_company(series):
    demand = np.random.default_rng(7).poisson(3, (ROWS, PATHS, PERIODS)).astype(float)
    order = np.arange(ROWS, dtype=float)
    together, _ = project_stock(series, order, GivenPaths(demand), DAILY, periods=PERIODS, lost=True)
    for row in range(ROWS):
        alone, _ = project_stock(series.of(np.array([row])), order[[row]], GivenPaths(demand[[row]]), DAILY, periods=PERIODS, lost=True)
        np.testing.assert_array_equal(alone[0], together[row])
