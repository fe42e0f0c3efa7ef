"""The last day that looks whole, from totals per day."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.as_of import last_complete_week, last_whole_day

SUNDAY = date(2024, 6, 30)


def totals(newest=(100, 500.0), usual=(100, 500.0), days=40, without=()):
    """Daily totals up to the Sunday: the usual ones, then the newest."""
    rows = [(SUNDAY - timedelta(days=back), *(newest if back == 0 else usual)) for back in range(days) if back not in without]
    return pl.DataFrame(rows, schema={"date": pl.Date, "rows": pl.UInt32, "units": pl.Float64}, orient="row")


def test_a_whole_day_is_the_last_day():
    assert last_whole_day(totals()) == (SUNDAY, ())


@pytest.mark.parametrize("newest", [(49, 500.0), (100, 249.0), (49, 249.0)])
def test_under_half_the_rows_or_units_is_half_delivered(newest):
    found, (message,) = last_whole_day(totals(newest))
    assert found == SUNDAY - timedelta(days=1)
    assert message.code == "half_delivered_day"
    for part in (f"{newest[0]} rows", f"{newest[1]:.0f} units", "usually has 100 and 500", "2024-06-30", "as of 2024-06-29"):
        assert part in message.message
    assert "--as-of 2024-06-30" in message.fix


def test_exactly_half_is_whole():
    assert last_whole_day(totals((50, 250.0))) == (SUNDAY, ())


def test_a_day_is_compared_with_its_own_weekday():
    """Closed on Sundays but for a few orders: a Sunday with few orders is a whole one."""
    sundays = (pl.col("date").dt.weekday() == 7) & (pl.col("date") < SUNDAY)
    rows = totals(newest=(5, 9.0)).with_columns(
        pl.when(sundays).then(6).otherwise("rows").cast(pl.UInt32).alias("rows"),
        pl.when(sundays).then(10.0).otherwise("units").alias("units"),
    )
    assert last_whole_day(rows) == (SUNDAY, ())


def test_one_odd_week_does_not_set_what_is_usual():
    rows = totals((60, 300.0)).with_columns(
        pl.when(pl.col("date") == SUNDAY - timedelta(days=7)).then(9_000).otherwise("rows").cast(pl.UInt32).alias("rows")
    )
    assert last_whole_day(rows) == (SUNDAY, ())


@pytest.mark.parametrize("days", [1, 2, 7])
def test_without_an_earlier_week_there_is_nothing_to_compare_with(days):
    assert last_whole_day(totals((1, 1.0), days=days)) == (SUNDAY, ())


def test_a_day_missing_before_the_half_delivered_one_is_passed_over():
    found, messages = last_whole_day(totals((1, 1.0), without=(1, 2)))
    assert found == SUNDAY - timedelta(days=3)
    assert len(messages) == 1


@given(st.randoms(use_true_random=False))
def test_the_order_of_days_does_not_matter(random):
    rows = totals((30, 100.0)).rows()
    random.shuffle(rows)
    shuffled = pl.DataFrame(rows, schema={"date": pl.Date, "rows": pl.UInt32, "units": pl.Float64}, orient="row")
    assert last_whole_day(shuffled) == last_whole_day(totals((30, 100.0)))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_week_ends_on_sunday(as_of):
    found = last_complete_week(as_of)
    assert found.isoweekday() == 7
    assert as_of - timedelta(days=6) <= found <= as_of
