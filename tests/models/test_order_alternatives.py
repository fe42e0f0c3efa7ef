"""Other orders priced on the paths of a decision: against a day-by-day simulation, and against the decision itself."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.ordering.alternatives import Question, candidates, orders_near, price_of_waiting
from models.ordering.calendar import Calendar
from models.ordering.decide import Series, Witness

PATHS, HORIZON = 60, 12


class GivenPaths:
    def __init__(self, demand):
        self.demand = np.asarray(demand, dtype=np.float32)

    def sample(self, rows, periods):
        return np.repeat(self.demand[None, :, :periods], len(rows), axis=0)


def one(value, kind=float):
    return np.full(1, value, dtype=kind)


def question(seed, *, rule="cost", lost=True, level=0.9, **terms):
    """A row of random terms: stock, inbound, lead time, review, cases, costs; `terms` fixes some of them."""
    rng = np.random.default_rng(seed)
    demand = rng.negative_binomial(2, 0.3, size=(PATHS, 40)).astype(float)
    inbound = np.zeros((1, 40))
    inbound[0, : int(rng.integers(0, 4))] = rng.integers(0, 6)
    drawn = {
        "start": float(rng.integers(0, 15)), "lead_mean": float(rng.integers(0, 4)), "review": int(rng.integers(1, 4)),
        "case": float(rng.choice([1, 3, 6])), "least": 0.0, "most": np.inf,
        "shortage": float(rng.uniform(1, 6)), "holding": float(rng.uniform(0.05, 0.6)),
    } | terms  # fmt: skip
    mean = np.full((1, HORIZON), demand.mean())
    lead_mean, lead_sd = one(drawn["lead_mean"]), one(drawn.get("lead_sd", 0.0))
    series = Series(
        start=one(drawn["start"]), inbound=csr_array(inbound), lead_mean=lead_mean, lead_sd=lead_sd,
        keys=one(seed + 1, np.uint64), review=one(drawn["review"], np.int64),
        shortage=one(drawn["shortage"]), holding=one(drawn["holding"]),
        level=one(level), case=one(drawn["case"]), least=one(drawn["least"]), most=one(drawn["most"]), whole=one(True, bool),
        rule=one(rule, "U20"), mean=mean, recent_mean=one(demand.mean()), recent_sd=one(demand.std()), multiplier=one(1.0),
    )  # fmt: skip
    asked = Question(series, GivenPaths(demand), Calendar(date(2024, 4, 14), "day"), HORIZON, lost, "cycle")
    return asked, demand, inbound[0], drawn


def simulated(order, sent, demand, inbound, terms, until):
    """Unmet demand and stock at the close of every period from the order's usual arrival on, one path, day by day, demand lost."""
    stock, arrival = terms["start"], int(terms["lead_mean"])
    unmet, left = [], []
    for day in range(until):
        stock += inbound[day] + (order if day == arrival + sent else 0)
        missed = max(demand[day] - stock, 0)
        stock = max(stock - demand[day], 0)
        if day >= arrival:
            unmet.append(missed)
            left.append(stock)
    return np.array(unmet), np.array(left)


def without_inbound_in_the_window(asked, inbound, terms):
    """Arrivals in the own window are in front of nothing: the window charges the holding of what stood there as it opened."""
    inbound[int(terms["lead_mean"]) + 1 :] = 0
    return replace(asked, series=replace(asked.series, inbound=csr_array(inbound[None])))


@pytest.mark.parametrize("seed", range(25))
def test_orders_cost_what_a_simulation_of_their_own_window_says(seed):
    asked, demand, inbound, terms = question(seed)
    asked, witness = without_inbound_in_the_window(asked, inbound, terms), Witness()
    order = float(asked.decided(witness).order[0])
    found = candidates(witness, orders_near(terms["case"], 0.0, order), order)
    until = int(terms["lead_mean"]) + terms["review"]
    for place, units in enumerate(found.units):
        paths = [simulated(units, 0, path, inbound, terms, until) for path in demand]
        unmet, left = (np.array([path[side].sum() for path in paths]) for side in (0, 1))
        assert found.short[place] == pytest.approx(unmet.mean(), abs=1e-4)
        assert found.chance[place] == pytest.approx((unmet > 0).mean())
        assert found.left[place] == pytest.approx(np.mean([path[1][-1] for path in paths]), abs=1e-4)
        assert found.shortage[place] == pytest.approx(terms["shortage"] * unmet.mean(), abs=1e-3)
        assert found.holding[place] == pytest.approx(terms["holding"] * left.mean(), abs=1e-3)


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_the_order_decided_by_cost_is_the_cheapest(seed, lost):
    extra = {"least": float(7 * (seed % 3))} | ({"lead_sd": 1.5} if seed % 4 == 0 else {})
    asked, _, _, terms = question(seed, lost=lost, **extra)
    witness = Witness()
    decided = asked.decided(witness)
    order = float(decided.order[0])
    found = candidates(witness, orders_near(terms["case"], terms["least"], order), order)
    here = found.at(order)
    assert found.cost[here] <= found.cost.min() + 1e-5
    if here > 1:
        assert found.cost[here - 1] - found.cost[here] == pytest.approx(decided.last_case[0], abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_waiting_costs_what_the_order_saves_while_it_is_not_there(seed):
    asked, demand, inbound, terms = question(seed, review=3)
    asked, witness = without_inbound_in_the_window(asked, inbound, terms), Witness()
    asked.decided(witness)
    for order, days in ((12.0, 1), (30.0, 2), (30.0, 3)):
        until = int(terms["lead_mean"]) + days
        cost = {}
        for sent in (0, days):
            paths = [simulated(order, sent, path, inbound, terms, until) for path in demand]
            cost[sent] = np.mean([terms["shortage"] * unmet.sum() + terms["holding"] * left.sum() for unmet, left in paths])
        assert price_of_waiting(witness, order, days) == pytest.approx(cost[days] - cost[0], abs=1e-3)


def test_waiting_without_any_cost_has_no_price():
    asked, *_ = question(3, rule="service", shortage=0.0, holding=0.0)
    witness = Witness()
    asked.decided(witness)
    assert price_of_waiting(witness, 6.0, 1) is None


@pytest.mark.parametrize("rule", ["cost", "simple_cost", "service", "simple_service"])
def test_the_order_changes_where_it_is_said_to(rule):
    aim, found = "shortage" if rule.endswith("cost") else "level", 0
    for seed in range(6):
        asked, *_ = question(seed, rule=rule, start=3.0)
        tonight = asked.decided().order[0]
        for more in (True, False):
            turn = asked.where_order_changes(aim, more=more)
            if turn is None:
                continue
            found += 1
            now = getattr(asked.series, aim)[0]
            step = 0.002 * (turn.value if aim == "shortage" else 1 - turn.value)
            short_of = turn.value - step if more else turn.value + step
            at, before = (asked.decided(series=replace(asked.series, **{aim: one(value)})).order[0] for value in (turn.value, short_of))
            assert turn.order == at
            assert (turn.value > now, at > tonight, before == tonight) == (more, more, True)
    assert found >= 4


def test_no_turn_is_told_where_a_cost_is_nothing_or_limits_hold_the_order():
    free, *_ = question(1, shortage=0.0)
    assert free.where_order_changes("shortage", more=True) is None
    held, *_ = question(1, start=0.0, most=6.0, case=6.0, shortage=50.0)
    assert held.decided().order[0] == 6
    assert held.where_order_changes("shortage", more=True) is None


def test_demand_and_lead_time_are_changed_as_they_are_named():
    asked, _, _, terms = question(2, case=1.0, start=0.0)
    assert asked.with_demand(1.0).raw[0] == asked.decided().raw[0]
    # Twice the demand with twice the stock and inbound asks for twice the level.
    doubled = replace(asked.series, start=asked.series.start * 2, inbound=asked.series.inbound * 2)
    assert replace(asked, series=doubled).with_demand(2.0).raw[0] == pytest.approx(2 * asked.decided().raw[0])
    later = asked.with_later_arrival(2)
    again, *_ = question(2, case=1.0, start=0.0, lead_mean=terms["lead_mean"] + 2)
    assert later.raw[0] == again.decided().raw[0]


def test_orders_priced_begin_with_nothing_and_hold_the_order_itself():
    assert orders_near(6.0, 0.0, 12.0).tolist() == [0, 6, 12, 18, 24, 30, 36]
    assert orders_near(6.0, 20.0, 0.0).tolist() == [0, 24, 30, 36, 42, 48]
    by_hand = orders_near(6.0, 0.0, 7.0).tolist()
    assert by_hand[:4] == [0, 6, 7, 12]
    many = orders_near(1.0, 0.0, 100_000.0)
    assert len(many) < 500
    assert {0, 1, 99_999, 100_000, 100_001} <= set(many.tolist())


def test_an_order_that_was_not_priced_is_refused_by_name():
    asked, *_ = question(1)
    witness = Witness()
    asked.decided(witness)
    with pytest.raises(ValueError, match="5 units"):
        candidates(witness, np.array([0.0, 6.0]), 0.0).at(5.0)
