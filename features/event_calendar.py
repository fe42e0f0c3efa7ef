"""Events by period: which one falls on it, and how far the nearest ones lie before and after."""

from datetime import date, timedelta
from zlib import crc32

import polars as pl

from features.cadence import Cadence

LEAST_OCCASIONS = 5
YEARS_APART = timedelta(days=300)


def event_calendar(dates: pl.Series, events: pl.DataFrame, *, begins: date, end: date, cadence: Cadence) -> pl.DataFrame:
    """Return one row per period: date, event_after, event_before (periods, null beyond reach), event_kind (a number per event).

    Parameters
    ----------
    dates
        First days of the periods wanted.
    events
        Input table, rows of one region and of all.
    begins, end
        First and last known period. Only events that history can teach are used: see `learnable`.
    """
    taught = learnable(events, begins=begins, end=end, cadence=cadence)
    days = taught.sort("date", "event").unique("date", keep="first", maintain_order=True).select("date", "event")
    wanted = pl.DataFrame({"date": dates.cast(pl.Date).unique().sort()})
    last = wanted.join_asof(days.select("date", "event", last="date"), on="date", strategy="backward")
    both = last.join_asof(days.select("date", next="date"), on="date", strategy="forward")
    since = (pl.col("date") - pl.col("last")).dt.total_days() // cadence.step_days
    until = (pl.col("next") - pl.col("date")).dt.total_days() // cadence.step_days
    # The code of an event depends on its name alone, so that a stored model meets the same code when the table grows.
    codes = {name: float(crc32(name.encode()) % 1_000) for name in days["event"].unique()}
    code = pl.col("event").replace_strict(codes, default=None, return_dtype=pl.Float32)
    return both.select(
        "date",
        event_after=pl.when(since <= cadence.reach).then(since).cast(pl.Float32),
        event_before=pl.when(until <= cadence.reach).then(until).cast(pl.Float32),
        event_kind=pl.when(since == 0).then(code),
    )


def learnable(events: pl.DataFrame, *, begins: date, end: date, cadence: Cadence) -> pl.DataFrame:
    """Return date (first day of the period) and event of those events that history has shown often enough to learn from.

    That is on five occasions, or on two that lie years apart. An event seen once is a date like any other: trees would learn
    whatever else happened that week, and repeat it at the next event. Days of one event in a row are one occasion.
    """
    periods = events.select(pl.col("date") if cadence.frequency == "day" else pl.col("date").dt.truncate("1w"), "event").unique()
    past = periods.filter(pl.col("date").is_between(begins, end)).sort("event", "date")
    new = (pl.col("date") - pl.col("date").shift(1).over("event") > pl.duration(days=cadence.reach * cadence.step_days)).fill_null(True)
    seen = past.group_by("event").agg(occasions=new.sum(), span=pl.col("date").max() - pl.col("date").min())
    often = (pl.col("occasions") >= LEAST_OCCASIONS) | ((pl.col("occasions") >= 2) & (pl.col("span") >= YEARS_APART))
    return periods.join(seen.filter(often), on="event", how="semi")
