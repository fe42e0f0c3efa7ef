"""The calendar of a night's orders: days on which none goes out, and months in which storage costs more."""

from datetime import date

import polars as pl

from models.ordering.calendar import Calendar, Frequency
from models.settings import ReplenishmentSettings

CLOSED = "closed"
"""Kind of an event on whose day no order goes out."""


def order_calendar(
    as_of: date, frequency: Frequency, settings: ReplenishmentSettings, events: pl.DataFrame | None = None, region: str | None = None
) -> Calendar:
    """Return the calendar of a region's orders; closed are `closed_dates` and the days of events of kind closed there or everywhere."""
    days = set(settings.closed_dates)
    if events is not None:
        here = pl.col("region").is_null() | (pl.col("region") == region)
        days.update(events.filter(here, pl.col("kind").str.strip_chars().str.to_lowercase() == CLOSED)["date"].to_list())
    dearer = settings.peak_storage_cost_m3_month is not None
    return Calendar(as_of, frequency, frozenset(days), frozenset(settings.peak_months if dearer else ()))
