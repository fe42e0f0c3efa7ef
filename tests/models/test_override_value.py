"""The value of decisions, against the pricing that orders are chosen by, a slow loop, and cases reckoned by hand."""

from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.override_value import OverrideValue, Situation, by_author_and_reason, judge, later_excess, window_cost
from models.replay.simulator import StockSimulator


def situation(rows: int, periods: int, lead: int, review: int, seed: int) -> Situation:
    rng = np.random.default_rng(seed)
    return Situation(
        opening=rng.integers(-3, 12, rows).astype(float),
        arrivals=rng.poisson(1.0, (rows, periods)).astype(float),
        demand=rng.poisson(3.0, (rows, periods)).astype(float),
        lead=np.full(rows, lead),
        review=np.full(rows, review),
        holding=rng.uniform(0.1, 1, rows),
        shortage=rng.uniform(1, 5, rows),
    )


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize(("lead", "review"), [(0, 1), (2, 1), (3, 4)])
def test_orders_cost_what_a_warehouse_would_have_paid(lead: int, review: int, lost: bool) -> None:
    met = situation(40, lead + review, lead, review, seed=lead + 10 * review)
    # what arrives with or after the order serves after it, and is charged to the orders that brought it
    arrivals = np.where(np.arange(lead + review) < lead, met.arrivals, 0)
    met = replace(met, arrivals=arrivals, opening=np.maximum(met.opening, 0))
    order = np.random.default_rng(1).integers(0, 12, 40).astype(float)
    for row in range(40):
        stock = StockSimulator(met.opening[[row]], lost=lost)
        stock.place(order[[row]], np.array([lead]))
        expected = 0.0
        for period in range(lead + review):
            stock.place(arrivals[row, [period]], np.array([period]))
            owed = stock.owed[0]
            outcome = stock.step(met.demand[row, [period]])
            if period >= lead:
                # what is owed as the window opens counts in it
                still = max(owed - outcome.arrived[0], 0) if period == lead and not lost else 0
                expected += met.shortage[row] * (outcome.unmet[0] + still) + met.holding[row] * outcome.left[0]
        cost, _ = window_cost(met, order, lost=lost)
        assert cost[row] == pytest.approx(expected, abs=1e-4)


def test_rows_of_different_windows_are_reckoned_each_by_its_own() -> None:
    parts = [situation(3, 9, lead, review, seed=lead) for lead, review in ((1, 2), (4, 5), (0, 2))]
    together = Situation(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Situation)))
    order = np.arange(9.0)
    apart = np.concatenate([window_cost(part, order[3 * k : 3 * k + 3], lost=True)[0] for k, part in enumerate(parts)])
    np.testing.assert_allclose(window_cost(together, order, lost=True)[0], apart)


def test_a_case_reckoned_by_hand() -> None:
    """4 on hand, 3 wanted a day, an order arriving on day 1 for days 1 and 2: ten units are enough, none are not."""
    met = Situation(
        opening=np.array([4.0]),
        arrivals=np.zeros((1, 3)),
        demand=np.full((1, 3), 3.0),
        lead=np.array([1]),
        review=np.array([2]),
        holding=np.array([0.5]),
        shortage=np.array([2.0]),
    )
    decision = pl.DataFrame({"approved_units": [10.0], "recommended_units": [0.0]})
    (row,) = judge(decision, met, np.array([[0.0, 3.0, 0.0]]), np.empty((1, 0)), lost=True).to_dicts()
    # approved: left 8, 5; recommended: unmet 2, 3
    assert (row["cost_approved"], row["cost_recommended"], row["saved"]) == (6.5, 10.0, 3.5)
    assert (row["demand"], row["demand_estimated"], row["later_windows"]) == (9.0, 3.0, 0)


def test_units_that_the_next_order_would_not_have_brought_are_held_on() -> None:
    """The position was 20, then 5, above the level at the next reviews: of 12 units more, 12, then 5 were in excess."""
    excess, followed = later_excess(np.array([12.0]), np.array([[-20.0, -5.0, 3.0, -8.0]]), in_fact=np.array([True]))
    assert excess.tolist() == [[12.0, 5.0, 0.0, 0.0]]
    assert followed.tolist() == [4]


def test_an_order_that_was_not_placed_is_followed_as_if_it_had_been() -> None:
    """With 12 units less the reviews lacked 4, then 15: with them 8, then none would have been in excess."""
    excess, _ = later_excess(np.array([12.0]), np.array([[4.0, 15.0]]), in_fact=np.array([False]))
    assert excess.tolist() == [[8.0, 0.0]]


def test_nothing_is_followed_past_a_night_that_was_not_published() -> None:
    excess, followed = later_excess(np.array([5.0, 5.0]), np.array([[-9.0, np.nan, -9.0], [np.nan] * 3]), in_fact=np.array([True, True]))
    assert excess.tolist() == [[5.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert followed.tolist() == [1, 0]


@given(st.integers(0, 10_000), st.booleans())
def test_the_better_order_is_told_by_sign_and_the_same_order_is_worth_nothing(seed: int, lost: bool) -> None:
    met = situation(5, 6, 2, 3, seed)
    orders = np.random.default_rng(seed).integers(0, 15, (2, 5)).astype(float)
    raw = np.random.default_rng(seed).normal(0, 5, (5, 3))
    one = pl.DataFrame({"approved_units": orders[0], "recommended_units": orders[1]})
    other = pl.DataFrame({"approved_units": orders[1], "recommended_units": orders[0]})
    nothing = np.empty((5, 0))
    there, back = (judge(frame, met, np.zeros((5, 6)), nothing, lost=lost)["saved"].to_numpy() for frame in (one, other))
    np.testing.assert_allclose(there, -back)
    same = pl.DataFrame({"approved_units": orders[0], "recommended_units": orders[0]})
    assert judge(same, met, np.zeros((5, 6)), raw, lost=lost)["saved"].to_list() == [0.0] * 5


def test_decisions_are_added_up_by_author_and_reason() -> None:
    empty = OverrideValue.create_empty().schema
    told = [
        ("Li Wei", "promotion", "judged", 10.0, 12.1),
        ("Li Wei", "promotion", "judged", 3.0, 1.2),
        ("Li Wei", "promotion", "waiting", None, None),
        ("Ana", "budget", "costs_unknown", None, None),
        ("Ana", "promotion", "judged", 5.0, 1.0),
    ]
    rows = [
        {
            **dict.fromkeys(empty),
            "run_id": "r",
            "fc": "f",
            "sku": str(number),
            "author": author,
            "reason": reason,
            "state": state,
            "cost_approved": approved,
            "cost_recommended": recommended,
            "saved": recommended - approved if approved else None,
        }
        for number, (author, reason, state, approved, recommended) in enumerate(told)
    ]
    sums = by_author_and_reason(pl.DataFrame(rows, schema=empty))
    assert sums.rows() == [
        ("Li Wei", "promotion", 3, 2, 1, 0, 13.0, 13.3, 0.3),
        ("Ana", "promotion", 1, 1, 0, 0, 5.0, 1.0, -4.0),
        ("Ana", "budget", 1, 0, 0, 1, None, None, None),
    ]
