"""Windows played by rules and by somebody who knows the future."""

from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest

from models.ordering.calendar import Calendar
from models.ordering.choice import Packs
from models.replay.play import PlayedWindow, Player, play_foresight, play_rule, play_rules
from models.replay.rules import RULES
from models.replay.scores import measures_of
from models.replay.simulator import NEVER, StockSimulator
from models.replay.tally import SUMS
from models.replay.terms import ReplayTerms

DAY = Calendar(date(2024, 5, 5), "day")


def window(demand, *, lead=1, review=1, first=None, not_counted=0, delivery=None, holding=0.2, shortage=1.0, case=1.0):
    demand = np.atleast_2d(np.asarray(demand, dtype=float))
    rows, periods = demand.shape
    first = periods // 2 if first is None else first
    ones = np.ones(rows)
    terms = ReplayTerms(
        lead=np.full(rows, lead),
        review=np.full(rows, review),
        packs=Packs(case * ones, 0 * ones, np.inf * ones, ones > 0),
        holding=holding * ones,
        shortage=shortage * ones,
    )
    return PlayedWindow(
        label="2024-05-06",
        demand=demand,
        estimated=np.zeros_like(demand, dtype=bool),
        seen=demand,
        first=first,
        periods=periods - first,
        not_counted=not_counted,
        delivery=np.full(demand.shape, lead) if delivery is None else np.atleast_2d(delivery),
        terms=terms,
        periods_per_week=7,
    )


def test_lines_are_paid_and_every_period_is_held_at_its_own_price():
    """As of Monday, 29 April: the first day counted is the 30th, the others are in May."""
    played = window([0, 0, 0, 3, 1, 4], holding=0.2)
    calendar = Calendar(date(2024, 4, 29), "day", peak_months=frozenset({5}))
    terms = replace(played.terms, peak=np.array([1.0]), line=2.5)
    player = Player(replace(played, terms=terms, calendar=calendar), stock(5))
    for order in (2, 0, 5):
        player.play(np.array([float(order)]))
    found = player.tally.frame("by hand", None, "w").row(0, named=True)
    # Left at the close of the days: 2, then 2 of the order and 1 sold, then nothing.
    assert found["holding"] == pytest.approx(2 * 0.2 + 3 * 1.2)
    assert found["lines"] == 5.0
    assert measures_of(np.array([[found[name] for name in SUMS]]), 365.0)[0, 0] == pytest.approx(4.0 + found["shortage"] + 5.0)


def stock(*units, lost=True):
    return StockSimulator(np.array(units, dtype=float), lost=lost)


def cost(frame):
    return float((frame["holding"] + frame["shortage"]).sum())


def test_a_tally_is_what_the_periods_came_to():
    played = Player(window([0, 0, 3, 1, 4]), stock(3))
    for order in (2, 0, 5):
        played.play(np.array([float(order)]))
    # 3 served of 3; 2 arrive and 1 is wanted; nothing arrives, 1 is left and 4 are wanted.
    found = played.tally.frame("by hand", None, "w").row(0, named=True)
    assert found["demand"] == 8
    assert (found["met"], found["unmet"], found["left"]) == (5, 3, 1)
    assert found["holding"] == pytest.approx(0.2)
    assert found["shortage"] == 3
    assert (found["orders"], found["ordered"], found["moved"]) == (2, 7, 2 + 5)
    assert (found["cycles"], found["served_cycles"]) == (3, 2)


def test_periods_that_are_not_counted_are_played_all_the_same():
    played = Player(window([0, 0, 9, 1, 1], not_counted=1), stock(3))
    for _ in range(3):
        played.play(np.array([1.0]))
    found = played.tally.frame("by hand", None, "w").row(0, named=True)
    assert (found["periods"], found["demand"], found["unmet"], found["orders"]) == (2, 2, 0, 2)


def test_between_reviews_nothing_is_ordered_and_a_cycle_is_a_review_long():
    played = Player(window([0] * 4 + [1, 1, 1, 9], review=2), stock(3))
    for _ in range(4):
        played.play(np.array([1.0]))
    assert played.orders.tolist() == [[1, 0, 1, 0]]
    found = played.tally.frame("by hand", None, "w").row(0, named=True)
    assert (found["cycles"], found["served_cycles"]) == (2, 1)


def test_a_delivery_follows_its_true_lead_time_and_not_the_promise():
    delivery = np.array([1, 1, 1, 3, NEVER, 1, 1, 1])
    played = Player(window([0, 0, 0] + [0] * 5, first=3, delivery=delivery), stock(0))
    arrived = []
    for order in (4, 6, 0, 0, 0):
        played.play(np.array([float(order)]))
        arrived.append(float(played.stock.on_hand[0]))
    assert arrived == [0, 0, 0, 4, 4]


def test_a_rule_sees_no_demand_from_the_night_on():
    demand = np.random.default_rng(1).poisson(4.0, (3, 120)).astype(float)
    later = demand.copy()
    later[:, 100:] = 50
    rule = next(rule for rule in RULES if rule.name == "cover_8")

    def first_orders(demand):
        played = window(demand, first=100)
        bases = [rule.basis(played.known(period)) for period in range(played.periods)]
        return play_rule(played, stock(1, 1, 1), rule, bases, 4).orders[:, 0]

    assert first_orders(demand).tolist() == first_orders(later).tolist()


def test_every_rule_is_played_at_every_parameter():
    demand = np.random.default_rng(1).poisson(4.0, (2, 90)).astype(float)
    frames = list(play_rules(window(demand, first=80), stock(9, 9)))
    assert len(frames) == sum(len(rule.parameters) for rule in RULES)
    assert {frame["method"][0] for frame in frames} == {rule.name for rule in RULES}


@pytest.mark.parametrize("lost", [True, False])
def test_no_orders_cost_less_than_those_of_perfect_foresight(lost):
    generator = np.random.default_rng(5)
    for _ in range(6):
        demand = generator.integers(0, 4, 8).astype(float)
        start = int(generator.integers(0, 4))
        played = window(demand, first=4, lead=1, shortage=1.0 if lost else 5.0)
        told = cost(play_foresight(played, stock(start, lost=lost), DAY, lost=lost, threads=1))
        least = np.inf
        for orders in product(range(5), repeat=3):
            player = Player(played, stock(start, lost=lost))
            for order in (*orders, 0):
                player.play(np.array([float(order)]))
            least = min(least, cost(player.tally.frame("any", None, "w")))
        assert told == pytest.approx(least)


def test_foresight_is_cheaper_than_every_rule_with_reviews_and_cases_too():
    demand = np.random.default_rng(2).poisson(5.0, (20, 130)).astype(float)
    played = window(demand, first=100, lead=3, review=2, case=4.0)
    start = stock(*[20.0] * 20)
    floor = cost(play_foresight(played, start, DAY, lost=True, threads=1))
    assert all(floor < cost(frame) for frame in play_rules(played, start))
