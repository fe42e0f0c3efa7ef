"""Days that come in much smaller than they are: held back until the source says the same again. No I/O here.

A half-finished export looks exactly like a day that went badly. So a fc × day that falls below half its rows, or in sales
below half its units, is kept as it was. When a later delivery, in a new or changed file, brings the same smaller day once
more, the source is believed and the day replaced.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import polars as pl

from data.lake.fingerprints import UNITS_SCALE, lasting_fingerprint
from data.lake.layout import Layout
from data.lake.ledger import HeldDay
from data.messages import PlanMessage

NAMED_DAYS = 5
"""Days that a message spells out before it only counts them."""


def shrunk_days(
    changed: pl.DataFrame, new: pl.DataFrame, layout: Layout, held_before: Sequence[HeldDay], *, new_files: bool
) -> tuple[HeldDay, ...]:
    """Return the days among `changed` that are to be held back.

    `changed` is what `compare` found, `new` the rows that came in. A day already held with the same content is believed
    now, but only if the delivery has `new_files`: the very same delivery taken in again confirms nothing.
    """
    if layout.replaces != ("date", "fc"):
        return ()
    smaller = pl.col("rows") * 2 < pl.col("rows_old")
    if layout.table == "sales":
        smaller |= pl.col("units") * 2 < pl.col("units_old")
    shrunk = changed.filter(smaller.fill_null(False)).select("date", "fc", "rows", "rows_old", "units", "units_old")
    if shrunk.is_empty():
        return ()
    content = new.join(shrunk, on=["date", "fc"], how="semi").partition_by("date", "fc", as_dict=True)
    known = {(day.date, day.fc, day.fingerprint) for day in held_before} if new_files else set()
    has_units = "units" in new.columns
    days = (
        HeldDay(
            date=row["date"],
            fc=row["fc"],
            rows_before=row["rows_old"],
            rows_now=row["rows"],
            units_before=row["units_old"] / UNITS_SCALE if has_units else None,
            units_now=row["units"] / UNITS_SCALE if has_units else None,
            fingerprint=lasting_fingerprint(content[row["date"], row["fc"]], layout),
        )
        for row in shrunk.sort("fc", "date").iter_rows(named=True)
    )
    return tuple(day for day in days if (day.date, day.fc, day.fingerprint) not in known)


def still_held(before: Iterable[HeldDay], now: Sequence[HeldDay], delivered: pl.DataFrame) -> tuple[HeldDay, ...]:
    """Return all days held after a delivery: those held now, and earlier ones that it did not contain."""
    contained = set(delivered.select("date", "fc").unique().iter_rows()) if before else set()
    kept = [day for day in before if (day.date, day.fc) not in contained]
    return tuple(sorted([*kept, *now], key=lambda day: (day.fc, day.date)))


def shrunk_messages(table: str, held: Iterable[HeldDay]) -> list[PlanMessage]:
    """Return one message per fc with days held back."""
    return [_message(table, fc, list(days)) for fc, days in groupby(held, key=lambda day: day.fc)]


def _message(table: str, fc: str, days: list[HeldDay]) -> PlanMessage:
    named = "; ".join(_shrinking(day) for day in days[:NAMED_DAYS])
    more = f"; and {len(days) - NAMED_DAYS} more days" if len(days) > NAMED_DAYS else ""
    return PlanMessage(
        code="day_shrank",
        table=table,
        fc=fc,
        message=f"{table} of fc {fc} came in with less than half of what it held before, and is kept as it was: {named}{more}.",
        fix="Deliver the whole day again. If the smaller day is right, deliver it once more in a new or changed file: "
        "a source that says the same twice is believed.",
    )


def _shrinking(day: HeldDay) -> str:
    rows = f"{day.date} from {day.rows_before} to {day.rows_now} rows"
    return rows if day.units_before is None else f"{rows} and from {day.units_before:g} to {day.units_now:g} units"
