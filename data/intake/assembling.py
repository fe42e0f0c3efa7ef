"""Puts what the sources of an input table yielded together: rows added up and held against the contract, and what there is to say."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from data.contracts import INPUT_TABLES
from data.intake.contract import keep_contract
from data.intake.files import FileRead
from data.intake.reports import all_bad, listed, set_aside
from data.intake.summing import SUMMED, sum_rows
from data.messages import PlanMessage
from data.quarantine import no_quarantine
from data.sources.discovery import SourceFile

REQUIRED = ("sales",)
"""Tables without which there is nothing to run."""

DOCK_DATES = {"inbound": ("expected_date",), "receipts": ("promised_date", "received_date")}
"""Dates of arrival at the dock, which `receiving_days` moves to the first day on sale."""


@dataclass(frozen=True)
class Intake:
    """An input table as it came in.

    Attributes
    ----------
    table
        Its name.
    frame
        Good rows, exactly the contract's columns in order, typed; in the order of files and lines.
    quarantine
        Bad rows, contract `data.quarantine.Quarantine`.
    messages
        What was set aside, left out or guessed, and what mends it.
    files
        Every file that was asked for, those left out as copies included.
    """

    table: str
    frame: pl.DataFrame
    quarantine: pl.DataFrame
    messages: tuple[PlanMessage, ...]
    files: tuple[SourceFile, ...]


def assembled(
    table: str, parts: Sequence[FileRead], files: tuple[SourceFile, ...], receiving_days: int, before: Sequence[PlanMessage] = ()
) -> Intake:
    """Return the table that `parts` make.

    Parameters
    ----------
    table
        Name of the input table.
    parts
        What each source yielded.
    files
        Every source that was asked for, those left out as copies included.
    receiving_days
        Days from the dock to the shelf.
    before
        What there is to say before what the parts say.

    Raises
    ------
    InputError
        If every row is bad.
    """
    rows = sum(part.rows for part in parts)
    frame, quarantine, summed = _joined(table, parts, receiving_days)
    places = {part.name: part.place for part in parts}
    if rows and not frame.height:
        raise all_bad(table, quarantine, places)
    messages = [
        *before,
        *(message for part in parts for message in part.messages),
        *_empty_files(table, parts),
        *_extra_columns(table, parts),
        *_summed(table, summed, rows),
        *set_aside(table, quarantine, rows, places),
    ]
    return Intake(table, frame, quarantine, tuple(messages), files)


def _joined(table: str, parts: Sequence[FileRead], receiving_days: int) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Good rows of all files added up, shifted and held against the contract; the quarantine; the number of rows added up."""
    schema = INPUT_TABLES[table]
    frames = [part.frame for part in parts if part.frame.height]
    frame = pl.concat(frames) if frames else schema.create_empty()
    summed = 0
    if table in SUMMED:
        frame, summed = sum_rows(frame)
    if receiving_days and table in DOCK_DATES:
        frame = frame.with_columns(pl.col(name).dt.offset_by(f"{receiving_days}d") for name in DOCK_DATES[table])
    frame, broken = keep_contract(table, frame)
    quarantines = [part.quarantine for part in parts if part.quarantine.height] + ([broken] if broken.height else [])
    return frame, pl.concat(quarantines) if quarantines else no_quarantine(), summed


def _empty_files(table: str, parts: Sequence[FileRead]) -> list[PlanMessage]:
    return [
        PlanMessage(
            code="empty_file",
            table=table,
            message=f"{part.name} holds no rows.",
            fix=f"Export it again if {table} should have rows there; else remove it.",
        )
        for part in parts
        if not part.rows and not part.nothing_to_say
    ]


def _extra_columns(table: str, parts: Sequence[FileRead]) -> list[PlanMessage]:
    extra = list(dict.fromkeys(name for part in parts for name in part.extra))
    if not extra:
        return []
    return [
        PlanMessage(
            code="extra_columns",
            severity="info",
            table=table,
            message=f"{len(extra)} column{'s' if len(extra) > 1 else ''} of {table} left out: {listed(extra)}.",
            fix=f'If one of them holds what {table} should have, map it: [inputs.{table}] columns = {{name_in_file = "name"}}.',
        )
    ]


def _summed(table: str, summed: int, rows: int) -> list[PlanMessage]:
    if not summed:
        return []
    return [
        PlanMessage(
            code="rows_added_up",
            severity="info",
            table=table,
            message=f"{summed:,} of {rows:,} rows of {table} share their date, sku and fc with others; they were added up.",
            fix="Nothing to mend if the export lists single sales; else remove what is there twice.",
        )
    ]
