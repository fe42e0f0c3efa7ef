"""The ledger: what each kind of correction changes, and that all of it can be taken back."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from data.cleaning.ledger import IN_ORDER, CleanedDemand, Corrections, apply_corrections, undo, with_estimate
from data.demand import FULLY_IN_STOCK, Demand

MONDAY = date(2024, 1, 1)
SHARES = st.sampled_from([0.0, 0.25, 0.5, FULLY_IN_STOCK, 1.0])
UNITS = st.floats(0, 1e6, allow_nan=False).map(abs)


def grid_of(periods, fc="F", sku="A", start=MONDAY):
    """(units, share in stock) per day."""
    rows = [(fc, sku, start + timedelta(k), u if s >= FULLY_IN_STOCK else None, u, s) for k, (u, s) in enumerate(periods)]
    return with_estimate(pl.DataFrame(rows, schema=Demand.create_empty().schema, orient="row"))


def correction(kind, day=0, **columns):
    row = {"region": "north", "fc": "F", "sku": "A", "date": MONDAY + timedelta(day), "kind": kind, "reason": "seen", "state": "proposed"}
    return pl.DataFrame([row | columns], schema=Corrections.create_empty().schema)


def first(frame):
    return frame.select("demand", "demand_at_least", "in_stock_share", "demand_estimate").row(0)


def test_a_bulk_order_becomes_what_is_usual():
    grid = grid_of([(100.0, 1.0), (9.0, 1.0)])
    found = apply_corrections(grid, correction("bulk_order", before=100.0, after=10.0))
    assert first(found) == (10, 10, 1, 10)
    assert found.row(1) == grid.row(1)


def test_a_bulk_order_on_a_day_partly_out_stays_unknown():
    found = apply_corrections(grid_of([(100.0, 0.5)]), correction("give_away", before=100.0, after=5.0))
    assert first(found) == (None, 5, 0.5, None)


def test_an_inferred_stockout_makes_demand_unknown():
    wanted = correction("stockout_inferred", before=3.0, after=3.0, in_stock_before=1.0, in_stock_after=0.25)
    assert first(apply_corrections(grid_of([(3.0, 1.0)]), wanted)) == (None, 3, 0.25, None)


def test_lost_demand_is_an_estimate_and_not_a_fact():
    wanted = correction("lost_demand", before=3.0, after=8.0, low=2.0, high=9.0)
    assert first(apply_corrections(grid_of([(3.0, 0.5)]), wanted)) == (None, 3, 0.5, 8)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_three_corrections_of_one_day_whatever_their_order(order):
    grid = grid_of([(100.0, 1.0)])
    parts = [
        correction("stockout_inferred", before=100.0, after=100.0, in_stock_before=1.0, in_stock_after=0.5),
        correction("bulk_order", before=100.0, after=5.0),
        correction("lost_demand", before=5.0, after=11.0),
    ]
    corrections = pl.concat([parts[k] for k in order])
    found = apply_corrections(grid, corrections)
    assert first(found) == (None, 5, 0.5, 11)
    assert undo(found, corrections).equals(grid)


def test_what_is_rejected_or_of_no_period_changes_nothing():
    grid = grid_of([(100.0, 1.0)])
    rejected = correction("bulk_order", before=100.0, after=1.0, state="rejected", author="Ada")
    elsewhere = correction("bulk_order", day=5, before=100.0, after=1.0)
    other = correction("bulk_order", before=100.0, after=1.0, sku="B")
    nothing = pl.concat([rejected, elsewhere, other])
    assert apply_corrections(grid, nothing).equals(grid)
    assert undo(grid, nothing).equals(grid)
    assert apply_corrections(grid, nothing.clear()).equals(grid)


def test_other_columns_stay():
    grid = grid_of([(100.0, 1.0)]).with_columns(promo=pl.lit(0.5), name=pl.lit("x"))
    found = apply_corrections(grid, correction("bulk_order", before=100.0, after=10.0))
    assert found.columns == grid.columns
    assert found.select("promo", "name").equals(grid.select("promo", "name"))


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"kind": "bulk"}, "kind|regex"),
        ({"state": "rejected"}, "decided_by_a_planner_unless_proposed"),
        ({"author": "Ada"}, "decided_by_a_planner_unless_proposed"),
        ({"in_stock_after": 0.5}, "shares_come_in_pairs"),
        ({"reason": ""}, "reason|min_length"),
        ({"after": None}, "after|nullability"),
    ],
)
def test_rows_that_are_no_corrections(columns, rule):
    usual = {"kind": "bulk_order", "before": 2.0, "after": 1.0}
    assert len(Corrections.filter(correction(**usual))[1]) == 0
    assert Corrections.filter(correction(**usual | columns))[1].counts() == {rule: 1}


def test_a_period_is_unusual_once():
    twice = pl.concat([correction(kind, before=2.0, after=1.0) for kind in ("bulk_order", "set_aside", "lost_demand")])
    assert Corrections.filter(twice)[1].counts() == {"one_unusual_order_a_period": 2}


@st.composite
def corrected(draw):
    """A grid, corrections of it such as cleaning makes (each `before` is what the ones before it left), and their order in the ledger."""
    series = draw(st.lists(st.lists(st.tuples(UNITS, SHARES), min_size=1, max_size=6), min_size=1, max_size=3))
    grids = [grid_of(periods, sku=f"S{number}") for number, periods in enumerate(series)]
    rows = []
    for number, periods in enumerate(series):
        for day, (units, share) in enumerate(periods):
            for group in IN_ORDER:
                if not draw(st.booleans()):
                    continue
                kind, state, after = draw(st.sampled_from(group)), draw(st.sampled_from(["proposed", "confirmed", "rejected"])), draw(UNITS)
                # Demand known in full is not lost unless the share changes with it.
                moves = kind == "stockout_inferred" or draw(st.booleans()) or (kind == "lost_demand" and share >= FULLY_IN_STOCK)
                new = draw(st.sampled_from([0.0, 0.3])) if kind in ("stockout_inferred", "lost_demand") else draw(SHARES)
                if kind == "stockout_inferred":
                    after = units
                shares = {"in_stock_before": share, "in_stock_after": new} if moves else {}
                author = None if state == "proposed" else "Ada"
                rows.append(correction(kind, day, sku=f"S{number}", before=units, after=after, state=state, author=author, **shares))
                if state != "rejected":
                    units, share = (units if kind == "lost_demand" else after), (new if moves else share)
    corrections = pl.concat(rows) if rows else Corrections.create_empty()
    order = draw(st.permutations(range(corrections.height)))
    return pl.concat(grids), corrections[order]


@settings(max_examples=150)
@given(corrected())
def test_undo_takes_back_what_was_applied_to_the_last_bit(example):
    grid, corrections = example
    Corrections.validate(corrections)
    applied = apply_corrections(grid, corrections)
    CleanedDemand.validate(applied)
    assert_frame_equal(undo(applied, corrections), grid, check_exact=True)
    kept = corrections.filter(pl.col("state") != "rejected")
    assert apply_corrections(grid, kept).equals(applied), "rejected rows change nothing"
    touched = kept.select("fc", "sku", "date").unique()
    key = ["fc", "sku", "date"]
    assert applied.join(touched, on=key, how="anti", maintain_order="left").equals(
        grid.join(touched, on=key, how="anti", maintain_order="left")
    )
