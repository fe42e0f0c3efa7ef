"""The last day that looks whole: a newest day that is only half delivered is left for the next night."""

from datetime import date, timedelta

import polars as pl

from data.messages import PlanMessage

USUAL_WEEKS = 4
LEAST_SHARE = 0.5
"""A newest day with less than this share of its weekday's usual rows or units counts as half-delivered."""


def last_whole_day(daily: pl.DataFrame) -> tuple[date, tuple[PlanMessage, ...]]:
    """Return the newest day that looks whole, and a message for a day that does not.

    Parameters
    ----------
    daily
        Columns date, rows, units: totals per day of sales, at least one row.
    """
    totals = {day: (rows, units) for day, rows, units in daily.sort("date").select("date", "rows", "units").iter_rows()}
    newest = max(totals)
    usual = [totals[day] for week in range(1, USUAL_WEEKS + 1) if (day := newest - timedelta(days=7 * week)) in totals]
    if not usual:
        return newest, ()
    rows, units = (sorted(values)[len(values) // 2] for values in zip(*usual, strict=True))
    have_rows, have_units = totals[newest]
    if have_rows >= LEAST_SHARE * rows and have_units >= LEAST_SHARE * units:
        return newest, ()
    before = max(day for day in totals if day < newest)
    message = PlanMessage(
        code="half_delivered_day",
        table="sales",
        message=f"{newest} has {have_rows:,} rows and {have_units:,.0f} units of sales "
        f"where its weekday usually has {rows:,} and {units:,.0f}: it counts as half-delivered and is left out; the run is as of {before}",
        fix=f"deliver {newest} again once it is complete, or run with --as-of {newest} if it is",
    )
    return before, (message,)


def already_weekly(daily: pl.DataFrame) -> bool:
    """Return whether every date of sales is a Monday: then a date stands for its whole week.

    Parameters
    ----------
    daily
        Column date, one row per day with sales.
    """
    return daily.height > 1 and bool((daily["date"].dt.weekday() == 1).all())


def last_complete_week(as_of: date) -> date:
    """Return the Sunday on or before `as_of`: the end of the last complete week that begins on a Monday."""
    return as_of - timedelta(days=(as_of.weekday() + 1) % 7)
