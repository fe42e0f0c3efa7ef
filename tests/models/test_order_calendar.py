"""Dates: a wrong day here costs more than any model."""

import contextlib
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ordering.calendar import Calendar, days_to_order_day, lead_periods, parse_weekdays

SUNDAY = date(2024, 4, 14)


def test_the_order_goes_out_the_day_after_as_of():
    assert Calendar(SUNDAY, "day").order_date == date(2024, 4, 15)


def test_spans_and_arrivals_in_weeks_round_up():
    weekly = Calendar(SUNDAY, "week")
    assert weekly.periods(np.array([0, 1, 7, 8, 14.0])).tolist() == [0, 1, 1, 2, 2]
    # Monday the order goes out; goods of Tuesday serve from the next Monday; what is overdue serves at once.
    assert weekly.period_of(np.array([-3, 0, 1, 7, 8])).tolist() == [0, 0, 1, 1, 2]
    assert Calendar(SUNDAY, "day").period_of(np.array([-3, 0, 1])).tolist() == [0, 0, 1]


def test_a_certain_lead_time_is_rounded_up_a_varying_one_to_the_nearest_day():
    assert [lead_periods(3.2, 0, 1), lead_periods(3.2, 1, 1), lead_periods(3.6, 1, 1), lead_periods(8, 0, 7)] == [4, 3, 4, 2]


@pytest.mark.parametrize("text", ["Mon,Thu", "1,4", "monday; thursday", " 4 , 1", "MON/THU"])
def test_weekdays_as_people_write_them(text):
    assert parse_weekdays(text) == {1, 4}


@pytest.mark.parametrize(("text", "named"), [("Mon,8", "'8'"), ("Montag,xx", "'xx'"), ("", "no weekday"), ("0", "'0'")])
def test_what_is_no_weekday_is_named(text, named):
    with pytest.raises(ValueError, match=named):
        parse_weekdays(text)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ValueError):
        days = parse_weekdays(text)
        assert days
        assert days <= set(range(1, 8))


@given(st.sets(st.integers(1, 7), min_size=1), st.integers(0, 6))
def test_waiting_ends_on_an_order_day_and_the_next_one_is_later(weekdays, shift):
    day = date(2024, 4, 15 + shift)
    wait, following = days_to_order_day(frozenset(weekdays), day)
    assert date.fromordinal(day.toordinal() + wait).isoweekday() in weekdays
    assert date.fromordinal(day.toordinal() + following).isoweekday() in weekdays
    assert wait <= following <= 7
    assert following >= 1
    assert (wait == 0) == (day.isoweekday() in weekdays)
