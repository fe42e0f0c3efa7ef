"""Sales to demand: what is known, what is zero and what is nothing, against the obvious loop over days."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.contracts import INPUT_TABLES
from data.demand import FULLY_IN_STOCK, Demand, build_demand, last_period

SUNDAY = date(2024, 6, 30)


def day(back: int) -> date:
    return SUNDAY - timedelta(days=back)


def rows_of(name, rows):
    schema = INPUT_TABLES[name].create_empty().schema
    columns = [column for column in schema if column not in ("source_file", "source_line")]
    return pl.DataFrame([dict(zip(columns, row, strict=False)) for row in rows], schema=schema)


def demand(sales=(), availability=(), items=(), *, as_of=SUNDAY, frequency="day", also=()):
    """(fc, sku, days before the Sunday) → (demand, at least, share in stock)."""
    frame = build_demand(
        rows_of("sales", [(date_, sku, fc, units) for date_, sku, fc, units in sales]),
        rows_of("availability", availability),
        pl.DataFrame(items, schema={"sku": pl.String, "launch_date": pl.Date, "discontinued_date": pl.Date}, orient="row"),
        as_of=as_of,
        frequency=frequency,
        also=pl.DataFrame(also, schema={"fc": pl.String, "sku": pl.String}, orient="row") if also else None,
    )
    Demand.validate(frame)
    assert frame.equals(frame.sort("fc", "sku", "date")), "rows must be sorted"
    return {(fc, sku, (SUNDAY - date_).days): (known, bound, share) for fc, sku, date_, known, bound, share in frame.iter_rows()}


def test_a_day_without_a_row_inside_the_active_span_is_zero():
    assert demand([(day(3), "A", "F", 5.0), (day(1), "A", "F", 2.0)]) == {
        ("F", "A", 3): (5, 5, 1),
        ("F", "A", 2): (0, 0, 1),
        ("F", "A", 1): (2, 2, 1),
        ("F", "A", 0): (0, 0, 1),
    }


def test_before_launch_and_after_discontinuation_there_is_nothing():
    sales = [(day(5), "A", "F", 9.0), (day(2), "A", "F", 1.0), (day(5), "B", "F", 3.0), (day(0), "B", "F", 8.0)]
    found = demand(sales, items=[("A", day(3), None), ("B", None, day(4))])
    assert list(found) == [("F", "A", 3), ("F", "A", 2), ("F", "A", 1), ("F", "A", 0), ("F", "B", 5), ("F", "B", 4)]
    assert found["F", "A", 3] == (0, 0, 1), "launched and not sold yet: zero"


def test_a_launch_before_the_data_says_nothing():
    """The item may have come to this fc later: its history starts with its first row."""
    sales = [(day(6), "B", "F", 1.0), (day(2), "A", "F", 4.0)]
    found = demand(sales, items=[("A", day(900), None), ("B", None, None)])
    assert [key for key in found if key[1] == "A"] == [("F", "A", 2), ("F", "A", 1), ("F", "A", 0)]


def test_an_item_off_sale_before_the_data_is_left_out():
    assert demand([(day(2), "A", "F", 4.0)], items=[("A", None, day(10))]) == {}


def test_a_day_partly_out_of_stock_has_unknown_demand_of_at_least_what_was_sold():
    found = demand([(day(1), "A", "F", 4.0), (day(0), "A", "F", 3.0)], [(day(1), "A", "F", 0.4), (day(0), "A", "F", 1.0)])
    assert found["F", "A", 1] == (None, 4, 0.4)
    assert found["F", "A", 0] == (3, 3, 1)


def test_a_day_nearly_all_in_stock_is_known():
    found = demand([(day(1), "A", "F", 4.0)], [(day(1), "A", "F", FULLY_IN_STOCK), (day(0), "A", "F", FULLY_IN_STOCK - 0.001)])
    assert [known for known, _, _ in found.values()] == [4, None]


def test_availability_alone_makes_a_series():
    found = demand([], [(day(2), "A", "F", 0.0), (day(1), "A", "F", 1.0)])
    assert found == {("F", "A", 2): (None, 0, 0), ("F", "A", 1): (0, 0, 1), ("F", "A", 0): (0, 0, 1)}


def test_a_series_that_never_sold_has_one_unknown_period():
    found = demand([(day(1), "A", "F", 4.0)], items=[("N", day(300), None)], also=[("F", "N"), ("F", "A"), ("F", "N")])
    assert found["F", "N", 0] == (None, 0, 0)
    assert [key for key in found if key[1] == "A"] == [("F", "A", 1), ("F", "A", 0)], "a series with sales keeps its own history"
    assert len(found) == 3
    assert demand(also=[("F", "N")], items=[("N", None, day(1))]) == {}, "off sale is off sale"
    assert demand(also=[("F", "N")]) == {("F", "N", 0): (None, 0, 0)}, "an empty lake with stock"


def test_days_after_as_of_are_not_known():
    sales = [(day(2), "A", "F", 1.0), (day(0), "A", "F", 7.0), (day(0), "B", "F", 7.0)]
    assert demand(sales, as_of=day(1)) == {("F", "A", 2): (1, 1, 1), ("F", "A", 1): (0, 0, 1)}


@pytest.mark.parametrize("back", range(14))
def test_the_last_week_is_the_last_that_ended(back):
    found = last_period(day(back), "week")
    assert found.isoweekday() == 1
    assert found + timedelta(days=6) <= day(back) < found + timedelta(days=13)
    assert last_period(day(back), "day") == day(back)


def test_weeks_start_on_monday_and_share_their_availability():
    """Sunday the 23rd closes the week of the 17th; a week's share is the mean of the rows present."""
    sales = [(day(7), "A", "F", 1.0), (day(6), "A", "F", 2.0), (day(0), "A", "F", 4.0)]
    availability = [(day(6), "A", "F", 1.0), (day(5), "A", "F", 0.5), (day(4), "A", "F", 0.0)]
    assert demand(sales, availability, frequency="week") == {("F", "A", 13): (1, 1, 1), ("F", "A", 6): (None, 6, 0.5)}


def test_an_incomplete_week_is_left_out():
    sales = [(day(13), "A", "F", 1.0), (day(1), "A", "F", 2.0)]
    assert demand(sales, frequency="week", as_of=day(1)) == {("F", "A", 13): (1, 1, 1)}


def test_weekly_files_are_weeks_already():
    sales = [(day(20), "A", "F", 5.0), (day(6), "A", "F", 7.0)]
    assert demand(sales, frequency="week") == {("F", "A", 20): (5, 5, 1), ("F", "A", 13): (0, 0, 1), ("F", "A", 6): (7, 7, 1)}


def by_hand(sales, availability, items, as_of, frequency, also):
    """The same as build_demand by the loop a person would write."""
    step = 1 if frequency == "day" else 7
    end = last_period(as_of, frequency)
    start_of = (lambda when: when) if frequency == "day" else (lambda when: when - timedelta(days=when.weekday()))
    sold, shares = {}, {}
    for when, sku, fc, units in sales:
        if start_of(when) <= end:
            sold.setdefault((fc, sku), {}).setdefault(start_of(when), []).append(units)
    for when, sku, fc, share in availability:
        if start_of(when) <= end:
            shares.setdefault((fc, sku), {}).setdefault(start_of(when), []).append(share)
    first_day = min((when for found in (*sold.values(), *shares.values()) for when in found), default=None)
    launches, ends = {sku: launch for sku, launch, _ in items}, {sku: gone for sku, _, gone in items}
    expected = {}
    for fc, sku in sorted({*sold, *shares, *also}):
        seen = [*sold.get((fc, sku), {}), *shares.get((fc, sku), {})]
        begin = min(seen, default=end)
        launch = launches.get(sku)
        if seen and launch is not None and start_of(launch) >= first_day:
            begin = start_of(launch)
        last = min(end, start_of(ends[sku])) if ends.get(sku) else end
        when = begin
        while when <= last:
            units = sum(sold.get((fc, sku), {}).get(when, []))
            share = float(np.mean(shares.get((fc, sku), {}).get(when, [1.0]))) if seen else 0.0
            expected[fc, sku, (SUNDAY - when).days] = (units if share >= FULLY_IN_STOCK else None, units, pytest.approx(share))
            when += timedelta(days=step)
    return expected


KEYS = st.tuples(st.integers(0, 30).map(day), st.sampled_from("AB"), st.sampled_from("FG"))
SALES = st.dictionaries(KEYS, st.integers(0, 20).map(float), max_size=25)
SHARES = st.dictionaries(KEYS, st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=15)
MAYBE_DAY = st.none() | st.integers(-3, 40).map(day)
ITEMS = st.tuples(st.tuples(st.just("A"), MAYBE_DAY, MAYBE_DAY), st.tuples(st.just("B"), MAYBE_DAY, MAYBE_DAY))
ALSO = st.sets(st.tuples(st.sampled_from("FG"), st.sampled_from("ABN")), max_size=3)


@settings(deadline=None, max_examples=150)
@given(SALES, SHARES, ITEMS, st.integers(0, 9), st.sampled_from(["day", "week"]), ALSO, st.randoms(use_true_random=False))
def test_demand_is_what_the_loop_finds(sales, shares, items, back, frequency, also, random):
    sold, stocked = [(*key, units) for key, units in sales.items()], [(*key, share) for key, share in shares.items()]
    expected = by_hand(sold, stocked, items, day(back), frequency, also)
    found = demand(sold, stocked, items, as_of=day(back), frequency=frequency, also=sorted(also))
    assert found == expected
    random.shuffle(sold)
    random.shuffle(stocked)
    assert demand(sold, stocked, items[::-1], as_of=day(back), frequency=frequency, also=sorted(also)[::-1]) == found, "order of rows"


def test_a_week_of_goods_by_weight_does_not_depend_on_the_order_of_rows():
    """Sums of fractions differ in the last bit when added up in another order."""
    rng = np.random.default_rng(1)
    sales = [(day(k), f"S{sku}", "F", float(units)) for sku in range(300) for k, units in enumerate(rng.exponential(2, 7))]
    found = demand(sales, frequency="week")
    for _ in range(3):
        assert demand([sales[place] for place in rng.permutation(len(sales))], frequency="week") == found
    by_sku = {f"S{sku}": sum(units for *_, units in sales[7 * sku : 7 * sku + 7]) for sku in range(300)}
    assert {sku: units for (_, sku, _), (units, _, _) in found.items()} == pytest.approx(by_sku)
