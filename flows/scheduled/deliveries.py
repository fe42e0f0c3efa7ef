"""Which tables are not there yet, told by their rows: a table has come when it holds the day that the night is to know."""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

import polars as pl

from data.as_of import USUAL_WEEKS, last_complete_week
from data.errors import InputError
from data.intake import source_files
from data.lake import Lake, LakeError
from data.lock import LakeLocked, lake_lock
from flows.settings import Settings
from flows.stages import ingest
from flows.stages.plan import last_known_day

log = logging.getLogger("fillrate")

Fingerprints = tuple[tuple[str, str, str], ...]
WEEK = timedelta(days=7)


def awaited_day(settings: Settings, now: datetime) -> date:
    """Return the day that a night which runs at `now` (with the schedule's zone) is to know: of a weekly config the end of a week."""
    day = now.date() - timedelta(days=settings.schedule.lag_days)
    return last_complete_week(day) if settings.frequency == "week" else day


def take_in(settings: Settings, tables: Iterable[str], today: date) -> bool:
    """Take what is new of some tables into the lake, without failing: the night itself will, where a person must mend something.

    Returns
    -------
    Whether all of it could be taken in.
    """
    try:
        with lake_lock(Lake(settings.lake).root):
            for table in ("locations", *tables):
                ingest.ingest(settings, table, today)
    except (InputError, LakeError, LakeLocked, OSError) as error:
        log.warning("what is there cannot be taken in yet: %s", error)
        return False
    return True


def absent_tables(settings: Settings, day: date) -> tuple[str, ...]:
    """Return the tables of `schedule.wait_for` of which the lake does not hold `day` yet, or only the half of it.

    A weekday on which a table never brought rows in the weeks before, such as a Sunday on which all is closed, is not waited for. Of a
    weekly config, sales must hold the whole week, the other tables any day of it.
    """
    lake = Lake(settings.lake)
    return tuple(table for table in settings.schedule.wait_for if not _is_there(lake, settings, table, day))


def fingerprints(settings: Settings) -> Fingerprints:
    """Return what the files of the awaited tables hold, to tell those that are still being written; nothing if they cannot be read."""
    try:
        return tuple(
            (table, file.name, file.sha256) for table in settings.schedule.wait_for for file in source_files(settings.inputs, table)
        )
    except (InputError, OSError) as error:
        log.warning("the inputs cannot be looked at: %s", error)
        return ()


def _is_there(lake: Lake, settings: Settings, table: str, day: date) -> bool:
    if table != "sales":
        rows = lake.read(table, since=day - (USUAL_WEEKS + 1) * WEEK, columns=["date"])
        dates = set(rows["date"].unique().to_list())
        return any(held >= _usual_day(dates, day, settings.frequency) for held in dates)
    daily = lake.daily_totals().filter(pl.col("date") > day - (USUAL_WEEKS + 2) * WEEK)
    if daily.is_empty():
        return False
    try:
        known, _ = last_known_day(daily, settings, None)
    except InputError:  # less than a week of sales where whole weeks are needed
        return False
    return known >= (day if settings.frequency == "week" else _usual_day(set(daily["date"].to_list()), day, "day"))


def _usual_day(dates: set[date], day: date, frequency: Literal["day", "week"]) -> date:
    """Return the last day up to `day` that is to be there: one that is, or whose weekday has been in the weeks before."""
    if frequency == "week":
        return day - timedelta(days=6)
    for back in range(7):
        usual = day - timedelta(days=back)
        before = [usual - week * WEEK for week in range(1, USUAL_WEEKS + 1)]
        if usual in dates or dates.intersection(before) or not dates or min(dates) > before[-1]:
            return usual
    return day
