"""Projected stock agrees with stock walked path by path, with tonight's order and without."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.lead_times.draws import sample_comes, sample_lead_times
from models.lead_times.lead_times import LeadTimes
from models.lead_times.open_lines import NEVER, open_lines
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
    inbound = np.repeat(series.inbound.toarray()[:, None, :PERIODS], PATHS, axis=1)
    if series.lines is not None:
        for line, days in enumerate(series.lines.sample(PATHS)):
            for path, day in enumerate(days):
                if day != NEVER and day < PERIODS:
                    inbound[series.lines.row[line], path, day] += series.lines.units[line]
    stocks = np.empty((ROWS, PATHS, PERIODS))
    for row in range(ROWS):
        leads = np.full(PATHS, int(series.lead_mean[row]))
        comes, complete = np.ones(PATHS, bool), series.transit.complete_of_rows()[row]
        if series.transit.varies[row]:
            one = np.array([row])
            leads = sample_lead_times(series.transit[one], series.keys[one], PATHS)[0]
            found = sample_comes(series.transit[one], series.keys[one], PATHS)
            comes = comes if found is None else found[0]
        for path in range(PATHS):
            stock = owed = 0.0
            stock, owed = max(series.start[row], 0.0), max(-series.start[row], 0.0)
            for t in range(PERIODS):
                arriving = inbound[row, path, t] + (order[row] * complete if leads[path] == t and comes[path] else 0.0)
                settled = min(owed, arriving)
                owed, stock = owed - settled, stock + arriving - settled
                wanted = demand[row, path, t] * series.multiplier[row]
                served = min(stock, wanted)
                stock -= served
                if not lost:
                    owed += wanted - served
                stocks[row, path, t] = stock - owed
    return stocks


def learned(series):
    """The same with orders that come late, in part or never, and open lines that may not come either."""
    shares = np.array([[0.0, 0.3, 0.3, 0.1, 0.1], [0.0, 0.0, 0.5, 0.5, 0.0]])
    times = LeadTimes(shares, np.array([0.2, 0.0]), np.array([2, 3]), np.array([0.5, 1.0]), np.array([0, 1, 0, 1, 0]))
    lines = open_lines(np.array([0, 0, 3]), np.array([5.0, 7.0, 6.0]), np.array([1, 3, 0]), times, series.keys)
    return replace(series, lead_times=times, lines=lines)


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("terms", [lambda series: series, learned], ids=["agreed", "learned"])
def test_agrees_with_a_walk_along_every_path(series, lost, terms):
    series = terms(series)
    demand = np.random.default_rng(5).poisson(3, (ROWS, PATHS, PERIODS)).astype(float)
    order = np.array([6.0, 0.0, 12.0, 4.0, 9.0])
    found = project_stock(series, order, GivenPaths(demand), DAILY, periods=PERIODS, lost=lost)
    expected = np.quantile(walked(series, order, demand, lost), LEVELS, axis=1, method="inverted_cdf")
    np.testing.assert_allclose(found.with_order, np.moveaxis(expected, 0, -1), atol=1e-4)
    np.testing.assert_allclose(
        found.without, np.quantile(walked(series, 0 * order, demand, lost), 0.5, axis=1, method="inverted_cdf"), atol=1e-4
    )


def test_an_order_that_arrives_beyond_the_horizon_changes_nothing(series):
    demand = np.random.default_rng(6).poisson(3, (ROWS, PATHS, PERIODS)).astype(float)
    found = project_stock(series, np.full(ROWS, 50.0), GivenPaths(demand), DAILY, periods=PERIODS, lost=True)
    np.testing.assert_array_equal(found.with_order[4, :, 1], found.without[4])
    assert (found.with_order[0, :, 1] > found.without[0]).all()


def test_rows_do_not_depend_on_their_company(series):
    demand = np.random.default_rng(7).poisson(3, (ROWS, PATHS, PERIODS)).astype(float)
    order = np.arange(ROWS, dtype=float)
    together = project_stock(series, order, GivenPaths(demand), DAILY, periods=PERIODS, lost=True)
    for row in range(ROWS):
        alone = project_stock(series.of(np.array([row])), order[[row]], GivenPaths(demand[[row]]), DAILY, periods=PERIODS, lost=True)
        np.testing.assert_array_equal(alone.with_order[0], together.with_order[row])
