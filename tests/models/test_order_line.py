"""Orders whose line costs money: against a plain recursion, against every other order, and what they must not do."""

import numpy as np
import pytest

from models.ordering.choice import Packs, cheapest
from models.ordering.order_line import last_case_saving, line_choice, line_value
from models.ordering.own_window import own_window
from models.ordering.simple_rule import order_quantity
from models.ordering.stock_roll import roll_stock

PERIODS = 12


def one(value, kind=float):
    return np.full(1, value, dtype=kind)


def packs(case=1.0, least=0.0, most=np.inf):
    return Packs(one(case), one(least), one(most), one(True, bool))


def problem(seed, *, lost=False, line=6.0, p=4.0, h=0.5, stock=None, rate=3.0, comes=None):
    """A row of Poisson demand with a lead time of one period and a review of two; lost, or waiting. comes: chance that the order comes."""
    rng = np.random.default_rng(seed)
    demand = rng.poisson(rate, size=(1, 200, PERIODS)).astype(np.float32)
    inbound = np.zeros((1, PERIODS))
    inbound[0, 0] = rng.integers(0, 3)
    start = float(rng.integers(0, 20)) if stock is None else stock
    roll = roll_stock(demand, one(start), inbound, lost=lost)
    window = own_window(roll, 1, 2, one(p), one(h), None if comes is None else rng.random((1, 200)) < comes)
    return roll, window, line_value(roll, window, one(line), one(True, bool), 1), demand[0]


def own_cost(window, level, p=4.0, h=0.5):
    return p * np.maximum(window.short[0] - level, 0).mean() + h * np.maximum(level - window.sold[:, 0], 0).sum(axis=0).mean()


@pytest.mark.parametrize("comes", [None, 0.8])
@pytest.mark.parametrize("seed", range(8))
def test_levels_cost_what_a_plain_recursion_says(seed, comes):
    """cost(y) = G(y) − g + sum over demand of cost(y − demand), nothing more once the position is at s or below."""
    _, window, value, demand = problem(seed, comes=comes)
    between = demand.reshape(len(demand), -1, 2).sum(axis=2).ravel()
    units, counts = np.unique(between, return_counts=True)
    share = counts / counts.sum()
    reorder = float(value.reorder[0])
    mean = own_cost(window, reorder) - float(value.at(one(reorder))[0])
    known = {}

    def cost(level):
        if level not in known:
            later = sum(f * cost(level - u) for u, f in zip(units, share, strict=True) if u > 0 and level - u > reorder)
            known[level] = own_cost(window, level) - mean + (later if level > reorder else 0.0)
            if level > reorder and units[0] == 0:
                known[level] /= 1 - share[0]
        return known[level]

    for level in np.arange(max(reorder - 2, float(value.low[0])), float(value.up_to[0]) + 12):
        assert float(value.at(one(level))[0]) == pytest.approx(cost(level), abs=1e-3)
    # From S the costs above the mean until the next order come to one line less than nothing.
    assert cost(float(value.up_to[0])) == pytest.approx(-6.0, abs=1e-3)


@pytest.mark.parametrize("seed", range(30))
def test_no_other_order_is_cheaper(seed):
    """Whole cases, least and most units: all orders are tried; the last case saves what leaving it out would cost."""
    rng = np.random.default_rng(1_000 + seed)
    _, _, value, _ = problem(seed, lost=bool(seed % 2), line=float(rng.uniform(0.5, 30)))
    case, least, most = float(rng.choice([1, 4, 6])), float(rng.choice([0, 10])), float(rng.choice([np.inf, 17]))
    terms = packs(case, least, most)
    allowed = [q for q in np.arange(case, 80, case) if q >= least and q <= most]
    costs = {0.0: float(value.at(one(0.0))[0])} | {q: float(value.line[0] + value.at(one(q))[0]) for q in allowed}
    choice = line_choice(value, terms)
    order = float(choice.order[0])
    assert costs[order] == pytest.approx(min(costs.values()), abs=1e-6)
    if order:
        one_less = costs[0.0] if order - case < 1e-9 else float(value.line[0] + value.at(one(order - case))[0])
        assert choice.last_case[0] == pytest.approx(one_less - costs[order], abs=1e-6)
        assert last_case_saving(value, terms, choice.order)[0] == choice.last_case[0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("case", "least"), [(1.0, 0.0), (6.0, 0.0), (1.0, 15.0)])
def test_reorder_point_is_the_highest_stock_at_which_an_order_is_placed(seed, case, least):
    _, _, value, _ = problem(seed, stock=0.0)
    point = float(line_choice(value, packs(case, least)).reorder[0])
    for stock in np.arange(0, max(point, 0) + 6):
        _, _, there, _ = problem(seed, stock=float(stock))
        order = line_choice(there, packs(case, least)).order[0]
        if stock == point:
            assert order > 0
        if stock > point:
            assert order == 0


def test_a_line_that_costs_next_to_nothing_changes_no_order():
    for seed in range(8):
        _, window, value, _ = problem(seed, line=1e-7, lost=True)
        assert line_choice(value, packs()).order[0] == cheapest(window, packs()).order[0]


def test_dearer_lines_make_orders_rarer_and_larger():
    found = [problem(3, line=line, stock=0.0)[2] for line in (1.0, 10.0, 100.0)]
    reorder, up_to = zip(*((float(value.reorder[0]), float(value.up_to[0])) for value in found), strict=True)
    assert reorder[0] > reorder[1] > reorder[2]
    assert up_to[0] < up_to[1] < up_to[2]


def test_where_demand_is_lost_a_line_that_costs_more_than_it_sells_is_never_ordered():
    """A review without stock loses 0.6 units, 2.4 in money; ordering for them costs sqrt(2 × 1000 × 0.6 × 0.1) = 11 a review."""
    cheap, dear = (problem(5, line=line, lost=True, stock=0.0, h=0.05, rate=0.3)[2] for line in (0.3, 1000.0))
    assert line_choice(cheap, packs()).order[0] > 0
    choice = line_choice(dear, packs())
    assert choice.order[0] == 0
    assert choice.reorder[0] < 0
    # Were it to wait, it would have to be ordered some day.
    waits = problem(5, line=1000.0, lost=False, stock=0.0, h=0.05, rate=0.3)[2]
    assert float(waits.reorder[0]) < 0 < float(waits.up_to[0])


def test_large_quantities_are_cut_into_steps_near_enough():
    """A thousand times the units at a thousandth of the costs: the same policy, to a step of the grid."""
    rng = np.random.default_rng(8)
    demand = rng.poisson(3, size=(1, 200, PERIODS)).astype(np.float32)
    values = []
    for unit in (1.0, 1000.0):
        roll = roll_stock(demand * unit, one(0.0), np.zeros((1, PERIODS)), lost=False)
        window = own_window(roll, 1, 2, one(4.0 / unit), one(0.5 / unit))
        values.append(line_value(roll, window, one(6.0), one(True, bool), 1))
    small, large = values
    step = float(large.step[0])
    assert step > 1
    assert float(large.up_to[0]) == pytest.approx(1000 * float(small.up_to[0]), abs=4 * step)
    assert float(large.reorder[0]) == pytest.approx(1000 * float(small.reorder[0]), abs=1000 + 4 * step)


def test_without_demand_nothing_is_ordered_and_without_holding_cost_no_more_than_a_year_sells():
    nothing = roll_stock(np.zeros((1, 50, PERIODS), dtype=np.float32), one(0.0), np.zeros((1, PERIODS)), lost=True)
    idle = line_value(nothing, own_window(nothing, 1, 2, one(4.0), one(0.5)), one(6.0), one(True, bool), 1)
    assert line_choice(idle, packs()).order[0] == 0
    free = problem(2, h=0.0, stock=0.0)[2]
    order = float(line_choice(free, packs()).order[0])
    assert 0 < order <= 3.2 * 365 * 1.2


def test_order_quantity_of_the_textbook():
    """Snyder and Shen 2019, Example 3.1: K = 8, demand 1,300 a year, h = 0.225: 304.0468."""
    assert order_quantity(one(8.0), one(1300.0), one(0.225))[0] == pytest.approx(304.0467800264368)
