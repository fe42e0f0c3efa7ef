"""Storage that costs more in peak months: every period is held at the price of its own date."""

from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.ordering.alternatives import Question, candidates, price_of_waiting
from models.ordering.calendar import Calendar
from models.ordering.choice import Packs, cheapest
from models.ordering.decide import Series, Witness
from models.ordering.own_window import own_window
from models.ordering.stock_roll import roll_stock
from models.ordering.storage import PeakStorage, peak_storage

SEPTEMBER = Calendar(date(2024, 9, 28), "day", peak_months=frozenset({10, 11, 12}))
"""Period 0 is Sunday, 29 September: from period 2 on it is October."""


def one(value, kind=float):
    return np.full(1, value, dtype=kind)


def cost_of(order, path, lead, review, shortage, rates):
    """One path without other stock: unmet demand and the price of what is left at the close of each day of the window."""
    stock, unmet, held = order, 0.0, 0.0
    for day in range(lead, lead + review):
        unmet += max(path[day] - stock, 0)
        stock = max(stock - path[day], 0)
        held += stock * rates[day]
    return shortage * unmet + held


@pytest.mark.parametrize("seed", range(12))
def test_the_order_is_the_cheapest_of_all_at_each_days_own_price(seed):
    rng = np.random.default_rng(seed)
    lead = rng.integers(0, 4, size=30) if seed % 2 else np.full(30, int(rng.integers(0, 4)))
    review, case, extra = 3, float(rng.choice([1, 4])), float(rng.uniform(0.2, 2))
    demand = rng.poisson(2.5, size=(30, 8))
    roll = roll_stock(demand[None].astype(np.float32), one(0), np.zeros((1, 8)), lost=True)
    # What stands in front of the order has been sold by then: the stock before it is none.
    storage = peak_storage(one(extra), SEPTEMBER, 8)
    window = own_window(roll, lead[None] if seed % 2 else int(lead[0]), review, one(3.0), one(0.1), storage=storage)
    found = cheapest(window, Packs(one(case), one(0), one(np.inf), one(True, bool)))
    rates = 0.1 + extra * SEPTEMBER.peak_share(8)
    costs = [
        np.mean([cost_of(q, path, n, review, 3.0, rates) for path, n in zip(demand, lead, strict=True)]) for q in np.arange(0, 60, case)
    ]
    assert found.order[0] == np.arange(0, 60, case)[int(np.argmin(np.round(costs, 4)))]
    if found.order[0]:
        place = int(found.order[0] / case)
        assert found.last_case[0] == pytest.approx(costs[place - 1] - costs[place], abs=1e-4)


def test_none_where_nothing_is_dearer():
    assert peak_storage(None, SEPTEMBER, 4) is None
    assert peak_storage(one(0), SEPTEMBER, 4) is None
    assert peak_storage(one(1), Calendar(date(2024, 9, 28), "day"), 4) is None
    storage = peak_storage(np.array([1.0, 2.0]), SEPTEMBER, 4)
    assert isinstance(storage, PeakStorage)
    assert storage.at(1).tolist() == [[0], [0]]
    assert storage.at(np.array([[1, 2], [3, 0]])).tolist() == [[0, 1], [2, 0]]
    assert storage.usual == 0.25


class Falling:
    """Demand that ends with the fourth day, on all paths but every other of them a unit more."""

    def sample(self, rows, periods):
        demand = np.zeros((len(rows), 40, periods), dtype=np.float32)
        demand[:, :, :4] = 3
        demand[:, ::2, :4] += 1
        return demand


def question(peak):
    series = Series(
        start=one(0), inbound=csr_array((1, 40)), lead_mean=one(1), lead_sd=one(0), keys=one(1, np.uint64),
        review=one(2, np.int64), shortage=one(2), holding=one(0.05), level=one(0.9),
        case=one(1), least=one(0), most=one(np.inf), whole=one(True, bool), rule=one("cost", "U20"),
        mean=np.array([[3.5] * 4 + [0.0] * 10]), recent_mean=one(1), recent_sd=one(1), multiplier=one(1), peak=peak,
    )  # fmt: skip
    return Question(series, Falling(), SEPTEMBER, 14, True, "cycle")


def test_units_in_excess_are_charged_the_peak_price_in_later_windows_and_waiting_saves_it():
    usual, dearer = question(None), question(one(3.0))
    witness, plain = Witness(), Witness()
    assert dearer.decided(witness).order[0] < usual.decided(plain).order[0]
    assert witness.storage is not None
    order = 7.0
    here = {name: candidates(w, np.array([0.0, order]), order) for name, w in (("dearer", witness), ("usual", plain))}
    assert here["dearer"].holding[1] > here["usual"].holding[1]
    assert here["dearer"].shortage[1] == here["usual"].shortage[1]
    assert price_of_waiting(witness, order, 2) < price_of_waiting(plain, order, 2)
