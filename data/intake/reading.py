"""Reads an input table from all its files: good rows on, bad rows to quarantine, messages for people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from data.errors import InputError
from data.intake.assembling import REQUIRED, Intake, assembled
from data.intake.exports import about_exports, exports_of, fill_own, read_exports
from data.intake.files import FileRead, Reading, how_to_read, read_file
from data.intake.queries import ask, intake_of
from data.intake.reports import listed
from data.messages import PlanMessage
from data.presets.recognising import ExportFile
from data.settings import InputsSettings, TableInput
from data.sources.discovery import Found, SourceFile, find, fingerprint, missing_table
from data.sources.last_changes import last_changes, refuse_changed

FILLED = ("items",)
"""Tables in which marketplace reports fill what the user's own files leave open."""


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
    """Return a table read from its files or by its query, or None when an optional table has none.

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
        If a required table or column is missing, a file cannot be read or is written to meanwhile, or every row is bad.
        The text names the file, the column, what was found, what was expected and how to mend it.
    """
    if inputs.table(table).query is not None:
        return intake_of(inputs, ask(inputs, table), today=today, fcs=fcs)
    found, exports = _found(inputs, table)
    if not found.files:
        if table in REQUIRED:
            raise missing_table(inputs, table, found)
        return None
    chosen = _chosen(table, found, files)
    looks = last_changes(chosen.files)
    prints = fingerprint(chosen.files)
    unique, copies = _without_copies(table, prints)
    how = how_to_read(table, inputs.table(table), today, fcs)
    parts = _read_files(how, chosen, [name for name in unique if name not in exports])
    if exports:
        reports = read_exports(how_to_read(table, TableInput(), today, fcs), inputs.exports, exports, [n for n in unique if n in exports])
        parts = fill_own(parts, reports) if parts else reports
    refuse_changed(chosen.files, looks)
    if table in REQUIRED and parts and not any(part.rows for part in parts) and len(parts) == len(found.files) - len(copies):
        raise InputError(
            f"{parts[0].name}: holds no rows, and {table} has no other file with any. "
            "Sales of at least one day were expected: export the file again."
        )
    before = [*copies, *about_exports(inputs, table), *_ignored(table, chosen)]
    return assembled(table, parts, prints, inputs.receiving_days, before)


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
