"""Reads one file of an input table: opens it, matches its columns, parses them and sets bad rows aside."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from data.contracts import INPUT_TABLES, business_columns
from data.errors import InputError
from data.intake.matching import Matched, match_columns
from data.intake.rules import broken_rules
from data.messages import PlanMessage
from data.parsing.columns import ReadColumns, Understanding, read_columns
from data.parsing.parsed import Problem
from data.quarantine import bad_rows, no_quarantine, quarantine_rows
from data.settings import TableInput
from data.sources.formats import FORMATS
from data.sources.headers import normalised
from data.sources.opened import Opening, OpenTable, Rows
from data.storage import Place


@dataclass(frozen=True)
class FileRead:
    """What one file yielded.

    Attributes
    ----------
    name
        File, relative to the input folder.
    frame
        Good rows, the contract's columns in order, not yet added up or held against the contract.
    quarantine
        Bad rows.
    rows
        Rows read, blank ones not counted.
    place
        What the file's rows are counted in.
    extra
        Columns left out.
    messages
        What a person should know.
    day_first
        What the file's own values say about dates such as 03/04/2024; None if nothing or if columns disagree.
    dates_open
        Whether such dates were read by plausibility alone.
    nothing_to_say
        Whether the file has rows, but none that count for this table.
    """

    name: str
    frame: pl.DataFrame
    quarantine: pl.DataFrame
    rows: int
    place: str = "line"
    extra: tuple[str, ...] = ()
    messages: tuple[PlanMessage, ...] = ()
    day_first: bool | None = None
    dates_open: bool = False
    nothing_to_say: bool = False


@dataclass(frozen=True)
class Reading:
    """How the files of one table are read."""

    table: str
    config: TableInput
    today: date | None = None
    fcs: Collection[str] | None = None
    expected: frozenset[str] = field(default_factory=frozenset)


def how_to_read(table: str, config: TableInput, today: date | None, fcs: Collection[str] | None) -> Reading:
    """Return how the files of `table` are read, given its config, the day and the known fulfilment centres."""
    expected = frozenset([*business_columns(table), *(normalised(name) for name in config.columns)])
    return Reading(table, config, today, fcs, expected)


def read_file(how: Reading, name: str, path: Place, day_first: bool | None = None) -> FileRead:
    """Return the rows of one file; `day_first` is what other files say about dates that can be read two ways.

    Raises
    ------
    InputError
        If the file cannot be read, or its columns do not make the table.
    """
    return read_opened(how, name, _open(how, name, path), day_first)


def read_opened(how: Reading, name: str, opened: OpenTable, day_first: bool | None = None) -> FileRead:
    """Return the rows of an opened table, parsed and sorted out; raises as `read_file` does."""
    if not opened.columns:
        return _empty(how, name, opened)
    matched = match_columns(how.table, name, opened.columns, how.config.columns)
    rows = opened.read(matched.positions)
    if rows.frame.height == 0:
        return replace(_empty(how, name, opened), extra=matched.extra)
    known = Understanding(how.config.date_format, how.config.decimal_comma, opened.commas_are_decimal, day_first, how.today)
    try:
        columns = read_columns(rows.frame, how.table, known)
    except TypeError as error:
        raise InputError(f"{name}: column {error}.") from error
    except ValueError as error:
        raise InputError(
            f'{name}: [inputs.{how.table}] date_format = "{how.config.date_format}" is no date format ({error}). '
            'Write it with strptime codes, such as "%d/%m/%Y".'
        ) from error
    return _sorted_out(how, name, opened, matched, rows, columns)


def _open(how: Reading, name: str, path: Place) -> OpenTable:
    opening = Opening(how.table, path, name, how.config.sheet, how.expected)
    try:
        return FORMATS[path.suffix.casefold()](opening)
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error}). Check that it is there and may be read.") from error


def _empty(how: Reading, name: str, opened: OpenTable) -> FileRead:
    return FileRead(name, INPUT_TABLES[how.table].create_empty(), no_quarantine(), 0, opened.place, messages=opened.messages)


def _sorted_out(how: Reading, name: str, opened: OpenTable, matched: Matched, rows: Rows, columns: ReadColumns) -> FileRead:
    """Part good rows from bad ones, and leave out blank rows without a word."""
    problems = [*columns.problems, *broken_rules(columns.frame, how.table, today=how.today, fcs=how.fcs)]
    if rows.damaged is not None:
        problems.insert(0, Problem("damaged_line", None, rows.damaged, f"{len(opened.columns)} fields, as the header has"))
    source = pl.DataFrame(
        [pl.repeat(name, rows.frame.height, dtype=pl.String, eager=True).alias("source_file"), rows.lines.alias("source_line")]
    )
    frame = pl.concat([source, columns.frame], how="horizontal").select(INPUT_TABLES[how.table].column_names())
    quarantine: pl.DataFrame = no_quarantine()
    blank = 0
    if problems:
        bad = bad_rows(problems)
        frame = frame.filter(~bad)
        raw = rows.frame.filter(bad)
        filled = ~_blank(raw)
        blank = int((~filled).sum())
        told = [replace(problem, rows=problem.rows.filter(bad).filter(filled)) for problem in problems]
        headers = {target: opened.columns[position] for target, position in matched.positions.items()}
        quarantine = quarantine_rows(how.table, raw.filter(filled), source.filter(bad).filter(filled), told, headers)
    settled = {reading.day_first for parsed in columns.dates.values() for reading in parsed.readings if reading.certain}
    messages = [*opened.messages, *_open_dates(how.table, name, columns), *_open_numbers(how.table, name, columns)]
    return FileRead(
        name,
        frame,
        quarantine,
        rows.frame.height - blank,
        opened.place,
        matched.extra,
        tuple(messages),
        settled.pop() if len(settled) == 1 else None,
        any(not reading.certain for parsed in columns.dates.values() for reading in parsed.readings),
    )


def _blank(raw: pl.DataFrame) -> pl.Series:
    """Rows in which nothing stands at all, such as the last lines of many exports."""
    empty = [
        pl.col(name).is_null() | (pl.col(name).str.strip_chars() == "") if dtype == pl.String else pl.col(name).is_null()
        for name, dtype in raw.schema.items()
    ]
    return raw.select(pl.all_horizontal(empty)).to_series()


def _open_dates(table: str, name: str, columns: ReadColumns) -> list[PlanMessage]:
    messages = []
    for column, parsed in columns.dates.items():
        for reading in parsed.readings:
            if not reading.certain:
                order = "day before month" if reading.day_first else "month before day"
                day, month = "%d", "%m"
                parts = (day, month, "%Y") if reading.day_first else (month, day, "%Y")
                messages.append(
                    PlanMessage(
                        code="ambiguous_dates",
                        table=table,
                        message=f'{name}: {column} such as "{reading.example}" can be read two ways; it was read as {order}.',
                        fix=f'If that is right, say so, else say otherwise: [inputs.{table}] date_format = "{reading.mark.join(parts)}".',
                    )
                )
    return messages


def _open_numbers(table: str, name: str, columns: ReadColumns) -> list[PlanMessage]:
    messages = []
    for column, (example, comma) in columns.guessed_numbers.items():
        mark = "comma" if comma else "point"
        messages.append(
            PlanMessage(
                code="ambiguous_numbers",
                table=table,
                message=f'{name}: {column} such as "{example}" can be read two ways; it was read with a decimal {mark}.',
                fix=f"If that is right, say so, else say otherwise: [inputs.{table}] decimal_comma = {str(comma).lower()}.",
            )
        )
    return messages
