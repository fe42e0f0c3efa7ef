"""The order of least cost: textbook quantile, a day-by-day simulation that tries every order, and invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from models.ordering.choice import Packs, best_level, cheapest
from models.ordering.own_window import own_window
from models.ordering.service_level import cycle_level, fill_rate_level, smallest
from models.ordering.stock_roll import roll_stock


def one(value, rows=1, kind=float):
    return np.full(rows, value, dtype=kind)


def packs(*, case=1.0, least=0.0, most=np.inf, whole=True, rows=1):
    return Packs(one(case, rows), one(least, rows), one(most, rows), one(whole, rows, bool))


def window_of(demand, *, start=0.0, inbound=None, lead=0, review=1, p=4.0, h=1.0, lost=True):
    demand = np.asarray(demand, dtype=np.float32)[None]
    arrivals = np.zeros((1, demand.shape[2])) if inbound is None else np.asarray(inbound, float)[None]
    roll = roll_stock(demand, one(start), arrivals, lost=lost)
    return own_window(roll, lead, review, one(p), one(h))


def simulated_cost(order, demand, start, inbound, lead, review, p, h, lost):
    """One path, one unit at a time: the queue on the shelf, oldest first; True marks units of tonight's order."""
    shelf, owed = [False] * int(max(start, 0)), int(max(-start, 0))
    unmet, peak, held = 0, 0, 0
    for t in range(lead + review):
        shelf += [False] * int(inbound[t]) + ([True] * int(order) if t == lead else [])
        served = min(owed, len(shelf))
        shelf, owed = shelf[served:], owed - served
        for _ in range(int(demand[t])):
            if shelf:
                shelf.pop(0)
            elif lost:
                unmet += t >= lead
            else:
                owed += 1
        if t >= lead:
            held += sum(shelf)
            peak = max(peak, owed)
    return p * (unmet if lost else peak) + h * held


@pytest.mark.parametrize(("p", "h"), [(4.0, 1.0), (1.0, 0.2), (9.0, 1.0)])
def test_agrees_with_the_newsvendor_quantile(p, h):
    demand = poisson.ppf((np.arange(20_000) + 0.5) / 20_000, 20)[:, None]
    assert cheapest(window_of(demand, p=p, h=h), packs()).order[0] == poisson.ppf(p / (p + h), 20)


@pytest.mark.parametrize("seed", range(60))
def test_agrees_with_trying_every_order(seed):
    """Inbound before, in and at the start of the window; units owed; lost demand and waiting demand; several periods of review."""
    rng = np.random.default_rng(seed)
    lead, review, lost = int(rng.integers(0, 4)), int(rng.integers(1, 4)), bool(seed % 2)
    demand = rng.negative_binomial(1, 0.3, size=(25, lead + review))
    inbound = rng.integers(0, 6, lead + review) * (rng.random(lead + review) < 0.4)
    start, case = int(rng.integers(0 if lost else -4, 9)), int(rng.choice([1, 1, 3, 5]))
    p, h = float(rng.uniform(0.5, 5)), float(rng.uniform(0.05, 1))
    least = int(rng.choice([0, 0, 7]))
    choice = cheapest(
        window_of(demand, start=start, inbound=inbound, lead=lead, review=review, p=p, h=h, lost=lost), packs(case=case, least=least)
    )
    candidates = [q for q in range(0, 90, case) if q == 0 or q >= least]
    costs = [np.mean([simulated_cost(q, path, start, inbound, lead, review, p, h, lost) for path in demand]) for q in candidates]
    assert choice.order[0] == candidates[int(np.argmin(np.round(costs, 4)))]
    nothing, last = costs[0], choice.order[0]
    if last and not least:
        before = costs[candidates.index(last - case)]
        assert choice.last_case[0] == pytest.approx(before - costs[candidates.index(last)], abs=1e-4)
        assert nothing > min(costs)


@pytest.mark.parametrize("seed", range(20))
def test_each_path_has_its_own_lead_time(seed):
    rng = np.random.default_rng(seed)
    lead = rng.integers(0, 4, size=12)
    demand = rng.poisson(3, size=(12, 6))
    inbound = np.array([0, 2, 0, 4, 0, 0])
    choice = cheapest(window_of(demand, start=5, inbound=inbound, lead=lead[None], review=2), packs())
    costs = [
        np.mean([simulated_cost(q, path, 5, inbound, int(n), 2, 4.0, 1.0, True) for path, n in zip(demand, lead, strict=True)])
        for q in range(60)
    ]
    assert choice.order[0] == int(np.argmin(np.round(costs, 4)))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(0, 20))
def test_a_unit_on_the_shelf_saves_a_unit_ordered(demand, stock):
    paths = np.array(demand)[:, None]
    without = best_level(window_of(paths))[0]
    assert best_level(window_of(paths, start=stock))[0] == without - stock


@given(st.lists(st.integers(0, 12), min_size=12, max_size=12), st.randoms(use_true_random=False))
def test_order_of_paths_does_not_matter(demand, random):
    shuffled = random.sample(demand, len(demand))
    one_way, other = (cheapest(window_of(np.array(d)[:, None], start=2), packs(case=4)) for d in (demand, shuffled))
    assert one_way.order == other.order
    assert one_way.reorder == other.reorder


@given(st.sampled_from([0.01, 1.0, 250.0]), st.sampled_from([0.001, 1.0, 1000.0]))
def test_scales_of_money_and_of_units_do_not_matter(money, unit):
    demand = np.random.default_rng(1).gamma(2, 3, size=(200, 3))
    choice = cheapest(window_of(demand, start=4, lead=1, review=2), packs(case=2.0, whole=False))
    other = cheapest(window_of(demand * unit, start=4 * unit, lead=1, review=2, p=4 * money, h=money), packs(case=2.0 * unit, whole=False))
    assert other.order[0] == pytest.approx(choice.order[0] * unit)
    assert other.raw[0] == pytest.approx(choice.raw[0] * unit, rel=1e-5)
    assert other.reorder[0] == pytest.approx(choice.reorder[0] * unit, rel=1e-3)


def test_whole_cases_only():
    """Demand 7 in cases of 6: a second case pays only when a missing unit costs more than five left over."""
    demand = np.full((3, 1), 7)
    assert cheapest(window_of(demand, p=4), packs(case=6)).order[0] == 6
    assert cheapest(window_of(demand, p=8), packs(case=6)).order[0] == 12


def test_least_order_is_all_or_nothing_and_most_is_whole_cases():
    demand = np.full((3, 1), 4)
    assert cheapest(window_of(demand, p=4), packs(least=12)).order[0] == 12  # saves 16, leaves 8
    assert cheapest(window_of(demand, p=1), packs(least=12)).order[0] == 0  # saves 4, leaves 8
    assert cheapest(window_of(demand * 5), packs(case=6, most=17)).order[0] == 12
    assert cheapest(window_of(demand * 5), packs(least=12, most=10)).order[0] == 0


@given(st.lists(st.integers(0, 30), min_size=2, max_size=30), st.sampled_from([1.0, 4.0, 6.0]), st.sampled_from([0.0, 9.0]))
@settings(max_examples=60)
def test_reorder_point_is_the_highest_stock_at_which_an_order_is_placed(demand, case, least):
    paths = np.array(demand)[:, None]
    point = cheapest(window_of(paths, p=6.3), packs(case=case, least=least)).reorder[0]
    for stock in range(int(max(point - 2, 0)), int(max(point, 0)) + 4):
        order = cheapest(window_of(paths, start=stock, p=6.3), packs(case=case, least=least)).order[0]
        assert (order > 0) == (stock <= point)


def test_cycle_service_is_the_share_of_paths_without_stock_out():
    short = np.arange(100, dtype=np.float32)[None]
    assert cycle_level(short, one(0.9))[0] == 89
    assert smallest(short, short, one(0.9), packs(case=8), "cycle").order[0] == 96


@given(st.lists(st.floats(0, 50), min_size=5, max_size=50), st.floats(0.5, 0.99), st.floats(0, 30))
def test_fill_rate_is_reached_exactly(demand, level, stock):
    demand = np.array(demand, dtype=np.float32)[None]
    order = fill_rate_level(demand - np.float32(stock), demand, one(level))[0]
    shortfall = np.maximum(demand - np.float32(stock) - order, 0).mean()
    assert shortfall <= (1 - level) * demand.mean() + 1e-3
    if demand.mean() > 0.1:
        assert np.maximum(demand - np.float32(stock) - order + 0.1, 0).mean() > (1 - level) * demand.mean() - 1e-3
