"""Ingest: take what is new in the input files, and by the queries, into the lake, table by table."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from data.contracts import INPUT_TABLES
from data.errors import InputError
from data.intake import Intake, ask, intake_of, read_table, read_together, source_files
from data.lake import Lake
from data.settings import InputsSettings
from flows.settings import Settings

log = logging.getLogger("fillrate")

WHOLE_STATE = ("locations", "items", "inbound", "supply", "receipts", "overrides")
"""Tables of which a delivery is all the files together: a change in one means reading all."""


CLOCK_LEEWAY = timedelta(days=1)
"""What clocks of several machines may differ by."""


@dataclass(frozen=True)
class Ingested:
    """What one table brought: its Delta version, None for a table nobody delivered, and counts."""

    table: str
    version: int | None
    rows_added: int = 0
    rows_replaced: int = 0
    set_aside: int = 0


def tables() -> list[str]:
    """Return the tables in the order of ingest: locations first, since they decide where the rest is kept."""
    return ["locations", *(table for table in INPUT_TABLES if table != "locations")]


def ingest(settings: Settings, table: str, today: date) -> Ingested:
    """Take the new and changed files of one table, or what its query gives, into the lake.

    Parameters
    ----------
    settings
        Of the run.
    table
        Which input table.
    today
        Rows of history dated later are set aside.

    Raises
    ------
    InputError
        If the table cannot be used at all; the message says what to mend.
    """
    lake = Lake(settings.lake)
    by_query = settings.inputs.table(table).query is not None
    intake = (_new_rows if by_query else _new_files)(settings.inputs, table, lake, today)
    if intake is None:
        return Ingested(table, lake.versions().get(table))
    _refuse_a_clock_that_is_behind(intake, lake, datetime.now(UTC))
    counts = {"rows": intake.frame.height, "files": len(intake.files), "set_aside": intake.quarantine.height}
    source = intake.files[0].name if by_query else f"{len(intake.files)} files"
    log.info("ingest %s: %s rows from %s", table, f"{intake.frame.height:,}", source, extra={"counts": counts})
    result = lake.ingest(intake, delivery=settings.inputs.table(table).delivery, as_of_delivery=datetime.now(UTC))
    return Ingested(table, result.version, result.rows_added, result.rows_replaced, intake.quarantine.height)


def _refuse_a_clock_that_is_behind(intake: Intake, lake: Lake, now: datetime) -> None:
    """Refuse rows of the future by a clock that went back: set aside tonight, they would not be read again when it is right.

    Raises
    ------
    InputError
        If there are such rows, and the lake was written to later than it is now.
    """
    future = intake.quarantine.filter(pl.col("reason").str.contains("date_in_future"))
    if future.is_empty():
        return
    newest = lake.newest_delivery()
    if newest is not None and newest > now + CLOCK_LEEWAY:
        raise InputError(
            f"{future.height} rows of {intake.table} are dated after today, {now:%Y-%m-%d}, but the lake was written to on "
            f"{newest:%Y-%m-%d}: the clock of this machine is behind. Set it and run again; if it is right, take those rows out."
        )


def _new_files(inputs: InputsSettings, table: str, lake: Lake, today: date) -> Intake | None:
    """Return what new and changed files hold; None where there are none."""
    files = source_files(inputs, table)
    known = lake.known_files(table)
    news = [file.name for file in files if known.get(file.name) != file.sha256]
    if table in WHOLE_STATE and set(known) != {file.name for file in files}:
        news = [file.name for file in files]
    if not news and (files or table != "sales"):
        return None
    chosen = None if table in WHOLE_STATE or not files or read_together(inputs, table) else news
    return read_table(inputs, table, today=today, fcs=_known_fcs(table, lake), files=chosen)


def _new_rows(inputs: InputsSettings, table: str, lake: Lake, today: date) -> Intake | None:
    """Return what the query of a table gives; None where that is what it gave the last time."""
    answer = ask(inputs, table, lake.known_mark(table), lake.held_dates(table))
    if lake.known_files(table).get(answer.source.name) == answer.source.sha256:
        return None
    if answer.frame.is_empty() and not answer.whole:
        return None
    return intake_of(inputs, answer, today=today, fcs=_known_fcs(table, lake))


def _known_fcs(table: str, lake: Lake) -> list[str] | None:
    """The fcs that rows may name; None where nothing says which."""
    if table == "locations" or not lake.exists("locations"):
        return None
    fcs: list[str] = lake.read("locations", columns=["fc"])["fc"].to_list()
    return fcs


def tidy(settings: Settings, on: date) -> list[str]:
    """Merge small files where that is due; return the tables concerned."""
    return Lake(settings.lake).compact_if_due(on)
