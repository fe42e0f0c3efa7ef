"""Units in excess at later reviews are charged for it; units that a later order would have brought anyway are not."""

from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import poisson

from models.ordering.calendar import Calendar
from models.ordering.decide import Series, decide
from models.ordering.later_windows import BaseRule, order_value
from models.ordering.own_window import own_window
from models.ordering.stock_roll import roll_stock

DAILY = Calendar(date(2024, 4, 14), "day")


class GivenPaths:
    """Sample paths as given, shape (rows, paths, periods); nothing is sold beyond them."""

    def __init__(self, demand):
        self.demand = np.asarray(demand, dtype=np.float32)

    def sample(self, rows, periods):
        chosen = self.demand[rows][:, :, :periods]
        return np.pad(chosen, ((0, 0), (0, 0), (0, periods - chosen.shape[2])))


def series(mean, **terms):
    mean = np.asarray(mean, dtype=float)
    n = len(mean)
    values = {
        "start": 0.0,
        "lead_mean": 0.0,
        "lead_sd": 0.0,
        "review": 1,
        "shortage": 1.0,
        "holding": 0.3,
        "level": 0.95,
        "case": 1.0,
        "least": 0.0,
        "most": np.inf,
        "recent_mean": 1.0,
        "recent_sd": 1.0,
        "multiplier": 1.0,
    } | terms
    inbound = values.pop("inbound", csr_array((n, 100)))
    arrays = {name: np.resize(np.asarray(value, dtype=np.int64 if name == "review" else float), n) for name, value in values.items()}
    return Series(
        **arrays,
        inbound=inbound,
        keys=np.arange(n, dtype=np.uint64),
        whole=np.ones(n, dtype=bool),
        rule=np.full(n, "cost"),
        mean=mean,
    )


def order_of(rows, demand, horizon=None, **kwargs):
    horizon = horizon or np.asarray(demand).shape[2]
    return decide(rows, GivenPaths(demand), DAILY, horizon=horizon, lost=True, measure="cycle", **kwargs).order


def test_demand_that_ends_tonight_leaves_units_for_a_year():
    """A coin decides between 10 and nothing, and after that nobody buys: what is left is held for long, so none is ordered."""
    today = np.zeros((1, 2, 6))
    today[0, 0, 0] = 10
    steady = today.copy()
    steady[0, :, 1:] = 5
    assert order_of(series([[5, 0, 0, 0, 0, 0]]), today)[0] == 0
    assert order_of(series([[5, 5, 5, 5, 5, 5]]), steady)[0] == 10


def test_a_case_that_lasts_many_reviews_is_ordered_when_demand_is_steady():
    """One unit a day in cases of 12 at a daily review: waiting saves a day of holding 12 units and loses a sale every day."""
    demand = np.ones((1, 4, 28))
    assert order_of(series(np.ones((1, 28)), case=12, holding=0.05), demand)[0] == 12
    # The case's own day costs more than the sale: not worth having at any rate of demand.
    assert order_of(series(np.ones((1, 28)), case=12, holding=0.1), demand)[0] == 0


def test_steady_demand_is_decided_by_the_own_window_alone():
    rng = np.random.default_rng(5)
    demand = rng.poisson(6, size=(1, 400, 40))
    long = order_of(series(np.full((1, 40), 6.0), lead_mean=3), demand)
    short = order_of(series(np.full((1, 4), 6.0), lead_mean=3), demand[:, :, :4])
    assert long[0] == short[0] == poisson.ppf(1 / 1.3, 6)


def test_falling_demand_never_orders_more_than_its_own_window_wants():
    rng = np.random.default_rng(6)
    rates = 8 * 0.8 ** np.arange(30)
    demand = rng.poisson(rates, size=(1, 400, 30))
    falling = order_of(series(rates[None], lead_mean=2, review=2), demand)[0]
    own = order_of(series(rates[None, :4], lead_mean=2, review=2), demand[:, :, :4], horizon=4)[0]
    assert 0 < falling <= own


@pytest.mark.parametrize("periods", [3, 6, 60])
def test_what_sells_slowly_is_held_until_it_sells_however_few_periods_are_sampled(periods):
    """Nothing sells in the sampled periods, then a unit in ten days: the second unit waits for them and 15 days more."""
    roll = roll_stock(np.zeros((1, 1, periods), dtype=np.float32), np.zeros(1), np.zeros((1, periods)), lost=True)
    window = own_window(roll, 0, 1, np.ones(1), np.full(1, 0.01))
    mean = np.full((1, periods + 1), 0.1)
    mean[0, 0] = 20
    value = order_value(roll, window, BaseRule(mean, 0, 0, 1, 1, np.array([21.0]), np.array([20.0]), 1))
    one = np.ones(1)
    assert value.gain(one, 2 * one)[0] == pytest.approx(-0.01 * (periods + 15), rel=1e-5)
    # For a year at most.
    assert value.gain(99 * one, 100 * one)[0] == pytest.approx(-0.01 * (periods + 365), rel=1e-5)


def test_a_revised_forecast_leaves_more_in_excess_where_little_sold():
    """Mean 2 a day, three days of interval, level and reorder point 6 above a position of 0; one day has passed."""
    roll = roll_stock(np.array([[[0.0, 2], [2, 2], [5, 2]]], dtype=np.float32), np.zeros(1), np.zeros((1, 2)), lost=True)
    steady, revised = (
        BaseRule(np.full((1, 6), 2.0), 2, 2, 1, 3, np.array([6.0]), np.array([6.0]), 1, revision) for revision in (0.0, 0.25)
    )
    assert steady.excess(roll, 1).tolist() == [[6, 8, 11]]
    # A quarter of a surprise of −2, 0 and 3 a day, over the three days of the interval to come.
    assert revised.excess(roll, 1).tolist() == [[6 - 1.5, 8, 11 + 2.25]]


@pytest.mark.parametrize(("block_bytes", "threads"), [(1, 1), (40_000, 1), (40_000, 2), (10**9, 1)])
def test_neither_blocks_nor_threads_nor_neighbours_change_a_number(block_bytes, threads):
    rng = np.random.default_rng(7)
    n = 60
    rate = rng.gamma(1, 4, n)
    season = np.resize([1.4, 1, 0.6, 0.8, 1, 1.2, 1.5], 28)
    demand = rng.poisson(rate[:, None, None] * season, size=(n, 64, 28)).astype(float)
    inbound = csr_array((rng.integers(1, 9, 20).astype(float), (rng.integers(0, n, 20), rng.integers(0, 9, 20))), shape=(n, 100))
    terms = {
        "start": rng.integers(0, 30, n),
        "lead_mean": rng.integers(0, 5, n),
        "lead_sd": rng.choice([0, 1.3], n),
        "review": rng.integers(1, 4, n),
        "case": rng.choice([1, 6], n),
        "least": rng.choice([0, 12], n),
        "inbound": inbound,
    }
    rows = series(rate[:, None] * season, **terms)
    whole = decide(rows, GivenPaths(demand), DAILY, horizon=14, lost=True, measure="cycle")
    parts = decide(rows, GivenPaths(demand), DAILY, horizon=14, lost=True, measure="cycle", threads=threads, block_bytes=block_bytes)
    few = rng.permutation(n)[:25]
    alone = decide(rows.of(few), GivenPaths(demand[few]), DAILY, horizon=14, lost=True, measure="cycle")
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(vars(parts)[name], values, err_msg=name)
        np.testing.assert_array_equal(vars(alone)[name], values[few], err_msg=name)


@pytest.mark.parametrize("seed", range(3))
def test_a_row_followed_through_later_windows_is_decided_as_if_alone(seed):
    """A slow item's case lasts many reviews: units are in excess longer in some rows than in others, and lead times differ by path."""
    rng = np.random.default_rng(seed)
    n = 60
    rate = rng.gamma(0.5, 4, n)[:, None] * rng.gamma(2, 0.5, (n, 64))
    demand = rng.poisson(rate[:, :, None], size=(n, 64, 28)).astype(float)
    start = rng.integers(0, 40, n)
    rows = series(demand.mean(axis=1), lead_mean=3.0, lead_sd=1.5, start=start, case=10.0, holding=0.02)
    together = decide(rows, GivenPaths(demand), DAILY, horizon=14, lost=True, measure="cycle")
    for row in range(n):
        one = np.array([row])
        alone = decide(rows.of(one), GivenPaths(demand[one]), DAILY, horizon=14, lost=True, measure="cycle")
        for name, values in vars(together).items():
            np.testing.assert_array_equal(vars(alone)[name], values[one], err_msg=f"{name} of row {row}")
