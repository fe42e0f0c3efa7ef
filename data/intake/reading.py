"""Reads an input table from all its files: good rows on, bad rows to quarantine, messages for people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from data.contracts import INPUT_TABLES
from data.errors import InputError
from data.intake.contract import keep_contract
from data.intake.exports import about_exports, exports_of, fill_own, read_exports
from data.intake.files import FileRead, Reading, how_to_read, read_file
from data.intake.reports import all_bad, listed, set_aside
from data.intake.summing import SUMMED, sum_rows
from data.messages import PlanMessage
from data.presets.recognising import ExportFile
from data.quarantine import no_quarantine
from data.settings import InputsSettings, TableInput
from data.sources.discovery import Found, SourceFile, find, fingerprint, missing_table

REQUIRED = ("sales",)
"""Tables without which there is nothing to run."""

FILLED = ("items",)
"""Tables in which marketplace reports fill what the user's own files leave open."""

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


def source_files(inputs: InputsSettings, table: str) -> tuple[SourceFile, ...]:
    """Return the files of `table` with their fingerprints, by name, without parsing them; none when the table is absent.

    Raises
    ------
    InputError
        If the input folder or a configured path cannot be used (`data.sources.discovery.find`).
    """
    return fingerprint(_found(inputs, table)[0].files)


def read_together(inputs: InputsSettings, table: str) -> bool:
    """Return whether the files of `table` are marketplace reports: their windows overlap, so that none can be read without the others."""
    return bool(_found(inputs, table)[1])


def read_table(
    inputs: InputsSettings,
    table: str,
    *,
    today: date | None,
    fcs: Collection[str] | None,
    files: Collection[str] | None = None,
) -> Intake | None:
    """Return a table read from its files, or None when an optional table has none.

    Parameters
    ----------
    inputs
        Where the tables are and how they are read.
    table
        Name of the input table.
    today
        Rows of history dated later are set aside; None checks nothing.
    fcs
        Known fulfilment centres; rows of others are set aside; None checks nothing.
    files
        Names of the files to read, of those `source_files` gives; None reads all.

    Raises
    ------
    InputError
        If a required table or column is missing, a file cannot be read, or every row is bad. The text names the file, the
        column, what was found, what was expected and how to mend it.
    """
    found, exports = _found(inputs, table)
    if not found.files:
        if table in REQUIRED:
            raise missing_table(inputs, table, found)
        return None
    chosen = _chosen(table, found, files)
    prints = fingerprint(chosen.files)
    unique, copies = _without_copies(table, prints)
    how = how_to_read(table, inputs.table(table), today, fcs)
    parts = _read_files(how, chosen, [name for name in unique if name not in exports])
    if exports:
        reports = read_exports(how_to_read(table, TableInput(), today, fcs), inputs.exports, exports, [n for n in unique if n in exports])
        parts = fill_own(parts, reports) if parts else reports
    if table in REQUIRED and parts and not any(part.rows for part in parts) and len(parts) == len(found.files) - len(copies):
        raise InputError(
            f"{parts[0].name}: holds no rows, and {table} has no other file with any. "
            "Sales of at least one day were expected: export the file again."
        )
    rows = sum(part.rows for part in parts)
    frame, quarantine, summed = _joined(table, parts, inputs.receiving_days)
    places = {part.name: part.place for part in parts}
    if rows and not frame.height:
        raise all_bad(table, quarantine, places)
    messages = [
        *copies,
        *about_exports(inputs, table),
        *_ignored(table, chosen),
        *(message for part in parts for message in part.messages),
        *_empty_files(table, parts),
        *_extra_columns(table, parts),
        *_summed(table, summed, rows),
        *set_aside(table, quarantine, rows, places),
    ]
    return Intake(table, frame, quarantine, tuple(messages), prints)


def _found(inputs: InputsSettings, table: str) -> tuple[Found, Mapping[str, ExportFile]]:
    """The files of a table, and those of them that are marketplace reports.

    Files of its own go before reports: a table that has them is made of them alone, but for those in `FILLED`.
    """
    found = find(inputs, table)
    exports = exports_of(inputs, table) if not found.files or table in FILLED else {}
    return Found(found.files | {name: export.path for name, export in exports.items()}, found.ignored), exports


def _chosen(table: str, found: Found, files: Collection[str] | None) -> Found:
    if files is None:
        return found
    if gone := sorted(set(files) - set(found.files)):
        raise InputError(
            f"{table}: {listed(gone)} is no longer in the input folder; it was there when the run began. "
            "Deliver files before the run starts, or start it again."
        )
    return Found({name: path for name, path in found.files.items() if name in files})


def _without_copies(table: str, prints: Sequence[SourceFile]) -> tuple[list[str], list[PlanMessage]]:
    """Names of the files with content of their own, and messages on the copies: the same content twice changes nothing."""
    first: dict[str, str] = {}
    copies = []
    for file in prints:
        if file.size and file.sha256 in first:
            copies.append(
                PlanMessage(
                    code="same_file_twice",
                    table=table,
                    message=f"{file.name} has the same content as {first[file.sha256]} and was left out.",
                    fix=f"Remove one of the two from the files of {table}.",
                )
            )
        elif file.size:
            first[file.sha256] = file.name
    left_out = {file.name for file in prints if file.size and first[file.sha256] != file.name}
    return [file.name for file in prints if file.name not in left_out], copies


def _read_files(how: Reading, chosen: Found, names: Sequence[str]) -> list[FileRead]:
    """Read every file; where dates can be read two ways in one but not in others, the others settle it."""
    parts = [read_file(how, name, chosen.files[name]) for name in names]
    settled = {part.day_first for part in parts if part.day_first is not None}
    if len(settled) != 1:
        return parts
    day_first = settled.pop()
    return [read_file(how, part.name, chosen.files[part.name], day_first) if part.dates_open else part for part in parts]


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


def _ignored(table: str, chosen: Found) -> list[PlanMessage]:
    return [
        PlanMessage(
            code="file_not_read",
            table=table,
            message=f"{name} is of a format that is not read.",
            fix="Save it as .csv, .xlsx or .parquet, or remove it.",
        )
        for name in chosen.ignored
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
