"""Ingest: take what is new in the input files into the lake, table by table."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime

from data.contracts import INPUT_TABLES
from data.intake import read_table, read_together, source_files
from data.lake import Lake
from flows.settings import Settings

log = logging.getLogger("fillrate")

WHOLE_STATE = ("locations", "items", "inbound", "supply", "receipts", "overrides")
"""Tables of which a delivery is all the files together: a change in one means reading all."""


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
    """Take the new and changed files of one table into the lake.

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
    files = source_files(settings.inputs, table)
    known = lake.known_files(table)
    news = [file.name for file in files if known.get(file.name) != file.sha256]
    if table in WHOLE_STATE and set(known) != {file.name for file in files}:
        news = [file.name for file in files]
    if not news and (files or table != "sales"):
        return Ingested(table, lake.versions().get(table))
    chosen = None if table in WHOLE_STATE or not files or read_together(settings.inputs, table) else news
    fcs = None
    if table != "locations" and lake.exists("locations"):
        fcs = lake.read("locations", columns=["fc"])["fc"].to_list()
    intake = read_table(settings.inputs, table, today=today, fcs=fcs, files=chosen)
    if intake is None:
        return Ingested(table, lake.versions().get(table))
    counts = {"rows": intake.frame.height, "files": len(intake.files), "set_aside": intake.quarantine.height}
    log.info("ingest %s: %s rows from %s files", table, f"{intake.frame.height:,}", len(intake.files), extra={"counts": counts})
    result = lake.ingest(intake, delivery=settings.inputs.table(table).delivery, as_of_delivery=datetime.now(UTC))
    return Ingested(table, result.version, result.rows_added, result.rows_replaced, intake.quarantine.height)


def tidy(settings: Settings, on: date) -> list[str]:
    """Merge small files where that is due; return the tables concerned."""
    return Lake(settings.lake).compact_if_due(on)
