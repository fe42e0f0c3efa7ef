"""Dates: every format an export uses, day and month told apart over the whole column."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.parsing.dates import EARLIEST, LATEST, read_dates

DAY = date(2024, 6, 13)


@pytest.mark.parametrize(
    "text",
    [
        "2024-06-13", "2024-6-13", "2024/06/13", "2024.06.13", "20240613", "2024-06-13T23:59:59Z", "2024-06-13 00:00:00+09:00",
        "2024-06-13 08:15", "2024-06-13T08:15:30.123456", "13/06/2024", "06/13/2024", "13.06.2024", "13-06-2024", "13/6/24",
        "13-Jun-2024", "13 June 2024", "13-JUN-24", "13JUN2024", "Jun 13, 2024", "June 13 2024", "06/13/2024 1:05:00 PM",
        "45456", "45456.75", " 2024-06-13 ",
    ],
)  # fmt: skip
def test_formats(text):
    parsed = read_dates(pl.Series([text, None, ""]))
    assert parsed.values.to_list() == [DAY, None, None]
    assert not parsed.unreadable.any()
    assert not parsed.out_of_range.any()


@pytest.mark.parametrize(
    "text",
    ["2024-13-01", "2024-02-30", "31/02/2024", "13/13/2024", "tomorrow", "2024-06", "2024-06-13 oops", "24-06-13", "1", "13 Foo 2024"],
)
def test_what_is_no_date_is_unreadable(text):
    parsed = read_dates(pl.Series([text, "2024-06-13"]))
    assert parsed.values.to_list() == [None, DAY]
    assert parsed.unreadable.to_list() == [True, False]


@pytest.mark.parametrize("text", ["1989-12-31", "2101-01-01", "1924-06-13", "10000101", "9999-12-31"])
def test_implausible_dates_are_out_of_range(text):
    parsed = read_dates(pl.Series([text, "2024-06-13"]))
    assert parsed.values.to_list() == [None, DAY]
    assert parsed.out_of_range.to_list() == [True, False]
    assert not parsed.unreadable.any()


def test_never_is_nothing_where_a_date_is_optional():
    texts = pl.Series(["9999-12-31", "0000-00-00", "0001-01-01 00:00:00", "2024-06-13"])
    for column in (texts, pl.Series([date(9999, 12, 31), date(1, 1, 1), None, DAY])):
        parsed = read_dates(column, optional=True)
        assert parsed.values.to_list() == [None, None, None, DAY]
        assert not parsed.unreadable.any()
        assert not parsed.out_of_range.any()


@given(st.lists(st.dates(EARLIEST, LATEST), min_size=1, max_size=30), st.sampled_from(["/", "-", "."]), st.booleans())
def test_one_day_above_twelve_settles_the_column(days, mark, day_first):
    settled = [*days, date(2024, 6, 25)]
    form = mark.join(["%d", "%m", "%Y"] if day_first else ["%m", "%d", "%Y"])
    parsed = read_dates(pl.Series([day.strftime(form) for day in settled]))
    assert parsed.values.to_list() == settled
    assert all(reading.certain for reading in parsed.readings)


def test_dates_that_follow_one_another_are_the_plausible_reading():
    """1 to 8 June written day first: month first they would be one day in each of eight months."""
    days = [date(2024, 6, 1) + timedelta(n) for n in range(8)]
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        parsed = read_dates(pl.Series([day.strftime(form) for day in days]))
        assert parsed.values.to_list() == days
        (reading,) = parsed.readings
        assert not reading.certain
        assert reading.day_first == (form == "%d/%m/%Y")


def test_a_date_to_come_is_less_plausible_and_slashes_alone_are_month_first():
    assert read_dates(pl.Series(["03/04/2024"]), today=date(2024, 4, 1)).values.to_list() == [date(2024, 3, 4)]
    assert read_dates(pl.Series(["04/03/2024"]), today=date(2024, 4, 1)).values.to_list() == [date(2024, 3, 4)]
    assert read_dates(pl.Series(["03/04/2024"])).values.to_list() == [date(2024, 3, 4)]
    assert read_dates(pl.Series(["03.04.2024"])).values.to_list() == [date(2024, 4, 3)]


def test_other_files_and_the_config_settle_what_the_values_leave_open():
    column = pl.Series(["03/04/2024"])
    assert read_dates(column, day_first=True).values.to_list() == [date(2024, 4, 3)]
    assert read_dates(column, date_format="%d/%m/%Y").values.to_list() == [date(2024, 4, 3)]
    assert read_dates(column, date_format="%d/%m/%Y").readings == ()


def test_a_stated_format_is_strict_about_its_kind_and_leaves_clear_dates_alone():
    parsed = read_dates(pl.Series(["13/06/2024", "06/13/2024", "2024-06-13", "13/6/24"]), date_format="%d/%m/%Y")
    assert parsed.values.to_list() == [DAY, None, DAY, None]
    assert parsed.unreadable.to_list() == [False, True, False, False]
    assert parsed.out_of_range.to_list() == [False, False, False, True]


def test_two_orders_in_one_column_are_read_by_row_and_said():
    parsed = read_dates(pl.Series(["13/06/2024", "14/06/2024", "06/15/2024", "07/06/2024"]))
    assert parsed.values.to_list() == [DAY, date(2024, 6, 14), date(2024, 6, 15), date(2024, 6, 7)]
    (reading,) = parsed.readings
    assert (reading.certain, reading.example) == (False, "07/06/2024")


def test_the_same_day_and_month_leave_nothing_open():
    parsed = read_dates(pl.Series(["05/05/2024", "06/06/2024"]))
    assert parsed.values.to_list() == [date(2024, 5, 5), date(2024, 6, 6)]
    assert parsed.readings == ()


@given(st.lists(st.one_of(st.none(), st.text(max_size=25)), max_size=20))
def test_any_text_is_a_date_or_nothing_or_unreadable(texts):
    parsed = read_dates(pl.Series(texts, dtype=pl.String))
    assert parsed.values.dtype == pl.Date
    assert len(parsed.values) == len(parsed.unreadable) == len(parsed.out_of_range) == len(texts)
    assert not (parsed.values.is_not_null() & (parsed.unreadable | parsed.out_of_range)).any()


@given(st.dates(EARLIEST, LATEST))
def test_excel_day_numbers(day):
    assert read_dates(pl.Series([(day - date(1899, 12, 30)).days])).values.to_list() == [day]
