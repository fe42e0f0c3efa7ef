"""Stock with arrivals that differ from path to path, orders that may never come, and what depends on a late line: day by day."""

from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.lead_times.lead_times import LeadTimes
from models.lead_times.open_lines import NEVER, OpenLines
from models.ordering.alternatives import Question, candidates, orders_near
from models.ordering.arrivals import arrivals_by_path
from models.ordering.calendar import Calendar
from models.ordering.decide import Series, Witness, decide
from models.ordering.late_lines import unmet_by_line
from models.ordering.stock_roll import roll_stock

DAILY, WEEKLY = Calendar(date(2024, 4, 14), "day"), Calendar(date(2024, 4, 14), "week")
PATHS, PERIODS = 64, 30


class GivenPaths:
    def __init__(self, demand):
        self.demand = demand.astype(np.float32)

    def sample(self, rows, periods):
        return self.demand[rows][:, :, :periods]


def some_lines(rng, rows):
    """Up to three lines a row, each with its own chances."""
    row = np.sort(rng.integers(0, rows, 2 * rows))
    at_most = np.cumsum(rng.dirichlet(np.ones(13), 5), axis=1)[:, :12]
    return OpenLines(
        row,
        rng.integers(1, 20, len(row)).astype(float),
        rng.integers(1, 2**60, len(row)).astype(np.uint64),
        rng.integers(0, 5, len(row)),
        at_most,
    )


def series(rng, rows, *, lines=None, never=0.2, complete=1.0, rule="cost", **terms):
    shares = np.zeros((1, 15))
    shares[0, [2, 4, 9]] = np.array([0.3, 0.5, 0.2]) * (1 - never)
    times = LeadTimes(shares, np.array([never]), np.array([4]), np.array([complete]), np.zeros(rows, dtype=np.int64))
    values = {
        "start": rng.integers(0, 20, rows), "lead_mean": 4, "lead_sd": 2, "shortage": 3, "holding": 0.2, "level": 0.9, "case": 1,
        "least": 0, "most": np.inf, "recent_mean": 3, "recent_sd": 2, "multiplier": 1,
    } | terms  # fmt: skip
    return Series(
        **{name: np.resize(np.asarray(value, dtype=float), rows) for name, value in values.items()},
        inbound=csr_array((rows, 100)), keys=rng.integers(1, 2**60, rows).astype(np.uint64), review=np.full(rows, 3),
        whole=np.ones(rows, bool), rule=np.full(rows, rule), mean=np.full((rows, PERIODS), 3.0), lead_times=times, lines=lines,
    )  # fmt: skip


def played(start, demand, arrivals, until, *, lost):
    """Unmet demand and closing stock, one path, day by day."""
    stock, unmet = start, 0.0
    for day in range(until):
        stock += arrivals[day]
        if lost:
            owed = max(-stock, 0)
            missed = max(demand[day] - max(stock, 0), 0)
            stock = max(stock - demand[day], 0) if owed == 0 else stock
        else:
            missed = min(max(demand[day] - stock, 0), demand[day])
            stock -= demand[day]
        unmet += missed
    return unmet, stock


@pytest.mark.parametrize("lost", [True, False])
def test_stock_with_arrivals_per_path_is_what_a_loop_over_days_finds(lost):
    rng = np.random.default_rng(2)
    rows = 12
    lines = some_lines(rng, rows)
    certain = rng.integers(0, 3, (rows, PERIODS)).astype(float)
    demand, start = rng.poisson(3, (rows, PATHS, PERIODS)).astype(np.float32), rng.integers(0, 15, rows).astype(float)
    roll = roll_stock(demand, start, arrivals_by_path(certain, lines, DAILY, PATHS), lost=lost)
    days = lines.sample(PATHS)
    unmet, stock, begun = roll.unmet(17), roll.stock_at(17), roll.begun(17)
    for row in range(rows):
        for path in range(PATHS):
            arrivals = certain[row].copy()
            for line in np.flatnonzero(lines.row == row):
                if days[line, path] != NEVER:
                    arrivals[days[line, path]] += lines.units[line]
            missed, left = played(start[row], demand[row, path], arrivals, 17, lost=lost)
            assert unmet[row, path] == pytest.approx(missed, abs=1e-3)
            assert stock[row, path] == pytest.approx(left + arrivals[17], abs=1e-3)
            assert begun[row, path] == (missed > 0)


def test_in_weekly_runs_a_line_serves_from_the_next_week():
    line = OpenLines(
        np.zeros(1, dtype=np.int64),
        np.array([5.0]),
        np.ones(1, dtype=np.uint64),
        np.zeros(1, dtype=np.int64),
        np.repeat([0.0, 1.0], [8, 1])[None],
    )
    assert arrivals_by_path(np.zeros((1, 4)), line, WEEKLY, 2)[:, 0].tolist() == [[0, 0], [0, 0], [5, 5], [0, 0]]


@pytest.mark.parametrize("complete", [1.0, 0.75])
@pytest.mark.parametrize("seed", range(4))
def test_orders_that_may_never_come_cost_what_a_simulation_of_their_window_says(seed, complete):
    """Unmet demand and holding of the own window, path by path: where the order does not come the window goes without it."""
    rng = np.random.default_rng(seed)
    demand = rng.poisson(3, (1, PATHS, PERIODS)).astype(float)
    one = series(rng, 1, complete=complete)
    witness = Witness()
    order = float(Question(one, GivenPaths(demand), DAILY, PERIODS, True, "cycle").decided(witness).order[0])
    block = witness.block
    assert 0 < block.comes.sum() < PATHS
    found = candidates(witness, orders_near(1.0, 0.0, order), order)
    for place, units in enumerate(found.units):
        unmet, held, out = [], [], 0
        for path in range(PATHS):
            arrivals, lead = np.zeros(PERIODS), int(block.lead[0, path])
            arrivals[lead] += units * complete * block.comes[0, path]
            missed = [played(one.start[0], demand[0, path], arrivals, day, lost=True) for day in range(PERIODS + 1)]
            unmet.append(missed[lead + 3][0] - missed[lead][0])
            out += unmet[-1] > 1e-6
            bare = [played(one.start[0], demand[0, path], np.zeros(PERIODS), day, lost=True)[1] for day in range(lead + 1)]
            before = bare[lead]
            here = units * complete * block.comes[0, path]
            held.append(sum(max(here + before - demand[0, path, lead : lead + j + 1].sum(), 0) for j in range(3)))
        assert found.short[place] == pytest.approx(np.mean(unmet), abs=1e-3)
        assert found.chance[place] == pytest.approx(out / PATHS)
        assert found.shortage[place] == pytest.approx(3 * np.mean(unmet), abs=5e-3)
        assert found.holding[place] == pytest.approx(0.2 * np.mean(held), abs=5e-3)


@pytest.mark.parametrize("measure", ["cycle", "fill_rate"])
def test_service_is_measured_where_the_order_comes(measure):
    """A supplier that loses a third of all orders cannot be mended by larger ones: the level is reached on the other paths."""
    rng = np.random.default_rng(8)
    demand = rng.poisson(3, (1, PATHS, PERIODS)).astype(float)
    one = series(rng, 1, never=1 / 3, start=0.0, level=0.9, rule="service")
    witness = Witness()
    found = decide(one, GivenPaths(demand), DAILY, horizon=PERIODS, lost=True, measure=measure, witness=witness)
    block, order = witness.block, float(found.order[0])

    def served(units):
        shares, wants = [], 0.0
        for path in np.flatnonzero(block.comes[0]):
            lead = int(block.lead[0, path])
            want = demand[0, path, lead : lead + 3].sum()
            missed = max(want - units, 0)
            shares.append((missed == 0) if measure == "cycle" else missed)
            wants += want
        return np.mean(shares) if measure == "cycle" else 1 - np.sum(shares) / wants

    assert served(order) >= 0.9
    assert served(order - 1) < 0.9


def test_neither_blocks_nor_threads_nor_neighbours_change_a_number():
    rng = np.random.default_rng(3)
    rows = 40
    demand = rng.poisson(3, (rows, PATHS, 60)).astype(float)
    many = series(rng, rows, lines=some_lines(rng, rows // 2), complete=0.9)
    asked = {"horizon": 14, "lost": True, "measure": "cycle"}
    whole = decide(many, GivenPaths(demand), DAILY, **asked)
    parts = decide(many, GivenPaths(demand), DAILY, threads=2, block_bytes=1, **asked)
    few = rng.permutation(rows)[:15]
    alone = decide(many.of(few), GivenPaths(demand[few]), DAILY, **asked)
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(vars(parts)[name], values, err_msg=name)
        np.testing.assert_array_equal(vars(alone)[name], values[few], err_msg=name)


def test_what_depends_on_a_late_line_is_the_demand_it_alone_would_serve():
    rng = np.random.default_rng(6)
    demand = np.full((1, PATHS, PERIODS), 3.0)
    late = OpenLines(
        np.zeros(1, dtype=np.int64), np.array([12.0]), np.ones(1, dtype=np.uint64), np.zeros(1, dtype=np.int64), np.array([[0.5]])
    )
    one = series(rng, 1, start=15.0, lines=late)
    # Seven days of interval at three a day, fifteen on hand: six are missing, and the line of twelve brings them.
    found = unmet_by_line(one, GivenPaths(demand), DAILY, row=np.array([0]), units=np.array([12.0]), drawn=np.array([0]), lost=True)
    assert found == pytest.approx([6.0])
    plenty = series(rng, 1, start=40.0, lines=late)
    assert unmet_by_line(plenty, GivenPaths(demand), DAILY, row=np.array([0]), units=np.array([12.0]), drawn=np.array([0]), lost=True) == [
        0
    ]
