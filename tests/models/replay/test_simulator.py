"""The simulated warehouse against a plain loop, and a week in it worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.replay.simulator import NEVER, StockSimulator


def whole(*numbers):
    return np.array(numbers, dtype=np.int64)


def units(*numbers):
    return np.array(numbers, dtype=np.float64)


def test_three_periods_by_hand():
    stock = StockSimulator(units(5), lost=True)
    # Monday: five on hand, four ordered for Wednesday, three wanted.
    stock.place(units(4), whole(2))
    assert stock.position == 9
    monday = stock.step(units(3))
    assert (monday.met, monday.unmet, monday.left) == (3, 0, 2)
    # Tuesday: two are left and six are wanted; four are lost.
    tuesday = stock.step(units(6))
    assert (tuesday.met, tuesday.unmet, tuesday.left) == (2, 4, 0)
    # Wednesday: the four arrive before the day's one is wanted.
    wednesday = stock.step(units(1))
    assert (wednesday.arrived, wednesday.met, wednesday.left) == (4, 1, 3)
    assert stock.position == 3


def test_what_is_owed_is_served_first_from_what_arrives():
    stock = StockSimulator(units(1), lost=False)
    stock.place(units(5), whole(1))
    first = stock.step(units(4))
    assert (first.met, first.unmet) == (1, 3)
    assert stock.owed == 3
    assert stock.position == 2
    second = stock.step(units(3))
    assert (second.met, second.unmet, second.left) == (3 + 2, 1, 0)
    assert stock.owed == 1


def test_a_delivery_that_never_comes_stays_on_the_way_until_it_is_given_up():
    stock = StockSimulator(units(0), lost=True, give_up=2)
    stock.place(units(7), whole(1), whole(NEVER))
    on_the_way = []
    for _ in range(5):
        stock.step(units(1))
        on_the_way.append(float(stock.on_the_way[0]))
    assert on_the_way == [7, 7, 7, 0, 0]
    assert stock.on_hand == 0


def test_open_lines_tell_the_promise_and_not_the_truth():
    stock = StockSimulator(units(0, 0), lost=True)
    stock.step(units(0, 0))
    stock.place(units(0, 3), whole(3, 3), whole(9, 9))
    lines = stock.open_lines
    assert (lines.row.tolist(), lines.ordered.tolist(), lines.promised.tolist(), lines.units.tolist()) == ([1], [1], [3], [3.0])


def test_a_copy_goes_its_own_way():
    stock = StockSimulator(units(5), lost=True)
    twin = stock.copy()
    twin.place(units(2), whole(0))
    twin.step(units(7))
    assert (stock.on_hand[0], stock.position[0], stock.period) == (5, 5, 0)
    assert twin.on_hand == 0


plays = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9), st.one_of(st.integers(0, 4), st.just(NEVER))), min_size=1, max_size=12)


@settings(deadline=None, max_examples=150)
@given(start=st.integers(0, 20), periods=plays, lost=st.booleans())
def test_the_simulator_is_a_plain_loop_and_loses_no_unit(start, periods, lost):
    stock = StockSimulator(units(start), lost=lost, give_up=3)
    on_hand, owed, coming = float(start), 0.0, []
    ordered = served = given_up = 0.0
    for now, (demand, order, lead) in enumerate(periods):
        arrives = NEVER if lead == NEVER else now + lead
        promised = now + max(lead, 0)
        stock.place(units(order), whole(promised), whole(arrives))
        outcome = stock.step(units(demand))
        if order:
            coming.append((arrives, promised, order))
            ordered += order
        here = [line for line in coming if line[0] == now]
        lapsed = [line for line in coming if line[0] == NEVER and line[1] + 3 <= now]
        coming = [line for line in coming if line not in here and line not in lapsed]
        given_up += sum(line[2] for line in lapsed)
        on_hand += sum(line[2] for line in here)
        late = min(on_hand, owed)
        on_hand, owed = on_hand - late, owed - late
        met = min(on_hand, demand)
        on_hand -= met
        if not lost:
            owed += demand - met
        served += late + met
        assert outcome.unmet[0] == demand - met
        assert outcome.left[0] == on_hand
        assert stock.position[0] == on_hand + sum(line[2] for line in coming) - owed
    assert start + ordered == pytest.approx(served + on_hand + sum(line[2] for line in coming) + given_up)
