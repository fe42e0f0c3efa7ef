"""Reads reports: file → rows of an input table, by its preset, and what is said about files."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from data.messages import PlanMessage
from data.parsing.dates import read_dates
from data.presets.cells import days
from data.presets.column_names import canonical_header, every_name
from data.presets.marketplaces import marketplace_of
from data.presets.open_dates import about_open_dates
from data.presets.preset import Export
from data.presets.recognising import ENDINGS, ExportFile
from data.presets.registry import PRESETS
from data.settings import ExportsInput
from data.sources.opened import Opening
from data.sources.text import open_text

PLAIN_DATES = ("date", "snapshot_date", "return_date")
"""Columns that may hold a day without a time, in the order of day and month that the seller's language has."""

_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d{2})[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True)
class ReadExport:
    """What one file has for one table: rows as its preset makes them, the day of its download, and whether it has no row at all."""

    frame: pl.DataFrame
    messages: tuple[PlanMessage, ...]
    taken: date
    empty: bool


def tables_of(found: ExportFile) -> tuple[str, ...]:
    """Return the input tables that a file feeds."""
    return tuple(PRESETS[found.preset].tables) if found.preset else ()


def read_export(found: ExportFile, table: str, settings: ExportsInput, today: date | None) -> ReadExport:
    """Return the rows that a recognised file has for `table`.

    Raises
    ------
    InputError
        If the file cannot be read, or does not say which marketplace it is about.
    """
    preset = PRESETS[found.preset or ""]
    expected = every_name(preset.columns, settings.columns)
    opened = open_text(Opening(table, found.path, found.name, expected=expected))
    positions = canonical_header(opened.columns, settings.columns)
    there = {name: positions[name] for name in preset.columns if name in positions}
    rows = opened.read(there)
    cells = rows.frame.select(pl.all().str.strip_chars().replace("", None)).with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in preset.columns if name not in there), rows.lines.alias("source_line")
    )
    messages = list(opened.messages)
    if rows.damaged is not None:
        messages.append(_damaged(found, table, rows.lines.filter(rows.damaged)))
        cells = cells.filter(~rows.damaged)
    cells = cells.filter(~pl.all_horizontal(pl.col(name).is_null() for name in preset.columns))
    taken = _downloaded(found, settings)
    export = Export(found.name, preset.title, cells, found.seller, taken, today, settings)
    if "data_time" in there and (told := days(export, "data_time").str.to_date("%Y-%m-%d", strict=False).max()) is not None:
        assert isinstance(told, date)
        export = replace(export, taken=told)
    messages += _open_dates(export, table)
    made = preset.tables[table](export)
    return ReadExport(made.frame, (*messages, *made.messages), export.taken, empty=cells.is_empty())


def _downloaded(found: ExportFile, settings: ExportsInput) -> date:
    """Day of the download: the one in the file's name, else that of the file."""
    named = _DAY_IN_NAME.search(found.path.name)
    if named:
        try:
            return date(*map(int, named.groups()))
        except ValueError:  # 31 February: digits that are no day
            pass
    market = marketplace_of(settings.marketplace)
    zone = settings.time_zone or (market.time_zone if market else None)
    return datetime.fromtimestamp(found.path.stat().st_mtime, ZoneInfo(zone) if zone else UTC).date()


def reports_used(files: Iterable[ExportFile], used: Mapping[tuple[str, str], int]) -> list[tuple[str, str, str]]:
    """Return for each file its name, what it was taken for, and what of it is used, in words.

    `used` is file and table → rows of the table that came from the file; a table that was made without the file is not in it.
    """
    return [(file.name, PRESETS[file.preset].title if file.preset else "not recognised", _uses(file, used)) for file in files]


def _uses(file: ExportFile, used: Mapping[tuple[str, str], int]) -> str:
    rows = {table: used.get((file.name, table)) for table in tables_of(file)}
    told = [f"{table} {count:,}" for table, count in rows.items() if count is not None]
    return ", ".join([*told, *(f"not {table}" for table, count in rows.items() if count is None)]) or "nothing"


def unrecognised(files: Sequence[ExportFile]) -> list[PlanMessage]:
    """Return one message per file that no preset reads."""
    return [_unknown(file) for file in files if not file.preset]


def recognised(files: Sequence[ExportFile]) -> list[PlanMessage]:
    """Return one message that names what each file was taken for; none where there are no files."""
    known = [f"{file.name} as {PRESETS[file.preset].title}" for file in files if file.preset]
    if not known:
        return []
    return [PlanMessage(code="exports_recognised", severity="info", message=f"Reports read: {'; '.join(known)}.")]


def _unknown(file: ExportFile) -> PlanMessage:
    titles = ", ".join(preset.title for preset in PRESETS.values())
    if file.path.suffix.casefold() not in ENDINGS:
        text, fix = "is no text file", f"Download the report as text ({', '.join(ENDINGS)}), or remove it."
    elif file.missing:
        title, columns = file.missing
        text = f"looks like a {title}, but has no column {', '.join(columns)}"
        fix = f'If columns have other names there, map them: [inputs.exports] columns = {{"name in the file" = "{columns[0]}"}}.'
    else:
        text = "was not recognised by its columns"
        fix = f"Reports read: {titles}. Remove the file if it is another; else map its columns: [inputs.exports] columns = {{…}}."
    return PlanMessage(code="export_not_recognised", message=f"{file.name} {text}: it was left out.", fix=fix)


def _open_dates(export: Export, table: str) -> list[PlanMessage]:
    """Return what is to be said of the columns that may hold a plain day."""
    columns = [name for name in PLAIN_DATES if name in export.rows.columns]
    parsed = [read_dates(export.rows[name], date_format=export.settings.date_format, today=export.today) for name in columns]
    return about_open_dates(export, table, (reading for dates in parsed for reading in dates.readings))


def _damaged(found: ExportFile, table: str, lines: pl.Series) -> PlanMessage:
    return PlanMessage(
        code="damaged_line",
        table=table,
        message=f"{found.name}: {lines.len():,} lines have more fields than the header, first: line {lines[0]}; they were left out.",
        fix="Download the report again.",
    )
