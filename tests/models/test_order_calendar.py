"""Dates: a wrong day here costs more than any model."""

import contextlib
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ordering.calendar import Calendar, lead_periods, parse_weekdays

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


def chances(day, weekdays=None, *, review=1, closed=(), frequency="day"):
    calendar = Calendar(day - timedelta(days=1), frequency, frozenset(closed))
    return calendar.chances_to_order(review, weekdays)


@given(st.sets(st.integers(1, 7), min_size=1), st.integers(0, 6), st.sets(st.integers(0, 20)), st.integers(1, 9))
def test_waiting_ends_on_an_open_order_day_and_the_next_one_is_later(weekdays, shift, shut, review):
    day = date(2024, 4, 15 + shift)
    closed = {day + timedelta(days=n) for n in shut}

    def is_open(days):
        then = day + timedelta(days=days)
        return then.isoweekday() in weekdays and then not in closed

    wait, following = chances(day, frozenset(weekdays), closed=closed, review=review)
    assert wait == next(n for n in range(60) if is_open(n))
    assert following == next(n for n in range(60) if is_open(n) and n > 0)
    # Without weekdays the next chance is a review away, or the first open day after it.
    wait, following = chances(day, closed=closed, review=review)
    assert wait == next(n for n in range(60) if n not in shut)
    assert following == (wait or next(n for n in range(review, 60) if n not in shut))


def test_christmas_is_closed():
    closed = [date(2024, 12, 25), date(2024, 12, 26)]
    assert chances(date(2024, 12, 24), closed=closed) == (0, 3)
    assert chances(date(2024, 12, 25), closed=closed) == (2, 2)
    # Wednesdays and Fridays: Wednesday the 25th is closed.
    assert chances(date(2024, 12, 20), frozenset({3, 5}), closed=closed) == (0, 7)


def test_a_week_is_closed_where_all_its_days_are():
    monday = date(2024, 12, 23)
    week = [monday + timedelta(days=n) for n in range(7)]
    assert chances(monday, review=7, closed=week[:6], frequency="week") == (0, 7)
    assert chances(monday, review=7, closed=week, frequency="week") == (7, 7)
    assert chances(monday - timedelta(days=7), review=7, closed=week, frequency="week") == (0, 14)
    # Weekdays are not looked at: whatever they are, one order goes out a week.
    assert chances(monday, frozenset({3}), review=10, frequency="week") == (0, 14)


def test_the_share_of_a_period_in_peak_months():
    daily = Calendar(date(2024, 9, 28), "day", peak_months=frozenset({10, 11, 12}))
    assert daily.peak_share(4).tolist() == [0, 0, 1, 1]
    # The week of Monday, 30 September has six days of October.
    weekly = Calendar(date(2024, 9, 22), "week", peak_months=frozenset({10}))
    assert weekly.peak_share(3).tolist() == [0, pytest.approx(6 / 7), 1]
    assert Calendar(date(2024, 12, 30), "day", peak_months=frozenset({12})).peak_share(2).tolist() == [1, 0]
