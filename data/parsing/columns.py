"""Reads every column of a table's rows into the type its contract states, and tells which rows are bad and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl

from data.contracts import INPUT_TABLES, business_columns
from data.parsing.dates import EARLIEST, LATEST, ParsedDates, read_dates
from data.parsing.numbers import Marks, read_marks, read_numbers
from data.parsing.parsed import Problem
from data.parsing.texts import read_texts

PAST_ONLY: Mapping[str, tuple[str, ...]] = {
    "sales": ("date",),
    "availability": ("date",),
    "stock": ("date",),
    "returns": ("date",),
    "marketplace_recommendations": ("date",),
    "receipts": ("ordered_date", "received_date"),
}
"""Date columns that tell what has happened, so that a date to come is a mistake."""

FLAGS = {("overrides", "value")}
"""Columns in which yes, no and percentages are read as well, besides those the contract bounds by 1."""


@dataclass(frozen=True)
class Understanding:
    """What is known of how a file writes dates and numbers before its columns are read.

    Attributes
    ----------
    date_format
        strptime format from the config.
    decimal_comma
        Decimal mark from the config.
    commas_are_decimal
        Whether the file's dialect makes a decimal comma likely.
    day_first
        What other files of the table say about dates such as 03/04/2024.
    today
        Day after which history cannot be dated.
    """

    date_format: str | None = None
    decimal_comma: bool | None = None
    commas_are_decimal: bool = False
    day_first: bool | None = None
    today: date | None = None


@dataclass(frozen=True)
class ReadColumns:
    """Columns of one file in the types of the contract.

    Attributes
    ----------
    frame
        Every column the user supplies, in contract order, null where the file has none or it could not be read.
    problems
        Bad rows by column and reason, in contract order of columns.
    dates
        How dates that can be read two ways were read, by column.
    guessed_numbers
        Columns whose decimal mark the values leave open: an example, and whether the comma was taken for it.
    """

    frame: pl.DataFrame
    problems: list[Problem]
    dates: dict[str, ParsedDates]
    guessed_numbers: dict[str, tuple[str, bool]]


def read_columns(raw: pl.DataFrame, table: str, known: Understanding) -> ReadColumns:
    """Return the columns of `raw`, named as in the contract of `table`, read as the contract's types.

    Raises
    ------
    TypeError
        If a column holds lists, structs or the like; the message starts with the column's name.
    ValueError
        If `known.date_format` is no strptime format.
    """
    columns = INPUT_TABLES[table].columns()
    marks = {name: read_marks(raw[name]) for name, column in columns.items() if name in raw.columns and _is_number(column)}
    commas, points = sum(mark.comma for mark in marks.values()), sum(mark.point for mark in marks.values())
    elsewhere = None if commas == points else commas > points
    values: list[pl.Series] = []
    problems: list[Problem] = []
    dates: dict[str, ParsedDates] = {}
    guessed: dict[str, tuple[str, bool]] = {}
    for name in business_columns(table):
        column = columns[name]
        if name not in raw.columns:
            values.append(pl.repeat(None, raw.height, dtype=column.dtype, eager=True).alias(name))
            continue
        try:
            if isinstance(column, dy.Date):
                parsed = _dates(raw[name], column, known, known.today if name in PAST_ONLY.get(table, ()) else None)
                dates[name] = parsed
                problems += _date_problems(name, parsed, known.date_format)
                series = parsed.values
            elif _is_number(column):
                likely = _likely_comma(marks[name], elsewhere, known)
                if (example := _open_example(marks[name], likely, known)) is not None:
                    guessed[name] = (example, likely)
                series, found = _numbers(raw[name], table, name, column, known.decimal_comma, likely)
                problems += found
            else:
                series = read_texts(raw[name])
        except TypeError as error:
            raise TypeError(f"{name} holds {error}") from error
        values.append(series.alias(name))
        if not column.nullable:
            problems += _missing(name, series, problems)
    return ReadColumns(pl.DataFrame(values), problems, dates, guessed)


def _is_number(column: dy.Column) -> bool:
    return isinstance(column, dy.Float64 | dy.Int64)


def _likely_comma(marks: Marks, elsewhere: bool | None, known: Understanding) -> bool:
    """How to read a number that says nothing itself: as its column does, else as the file's other columns, else as the dialect hints."""
    if marks.decimal_comma is not None:
        return marks.decimal_comma
    if elsewhere is not None:
        return elsewhere
    return known.commas_are_decimal and marks.either is not None and "," in marks.either


def _open_example(marks: Marks, likely: bool, known: Understanding) -> str | None:
    """A number that could as well be a thousand times more or less, where nothing in its column settles it.

    Points alone, read as decimal points, are what programs write: no question.
    """
    if known.decimal_comma is not None or marks.decimal_comma is not None or marks.either is None:
        return None
    return marks.either if likely or "," in marks.either else None


def _dates(raw: pl.Series, column: dy.Column, known: Understanding, today: date | None) -> ParsedDates:
    return read_dates(raw, date_format=known.date_format, today=today, day_first=known.day_first, optional=column.nullable)


def _date_problems(name: str, parsed: ParsedDates, date_format: str | None) -> list[Problem]:
    problems = []
    if parsed.unreadable.any():
        stated = f" or, as date_format states, {date_format}" if date_format else ""
        problems.append(Problem("not_a_date", name, parsed.unreadable, f"a date such as 2024-06-30{stated}"))
    if parsed.out_of_range.any():
        problems.append(Problem("date_out_of_range", name, parsed.out_of_range, f"a date from {EARLIEST} to {LATEST}"))
    return problems


def _numbers(
    raw: pl.Series, table: str, name: str, column: dy.Column, decimal_comma: bool | None, likely: bool
) -> tuple[pl.Series, list[Problem]]:
    shares = (table, name) in FLAGS or getattr(column, "max", None) == 1 or getattr(column, "max_exclusive", None) == 1
    parsed = read_numbers(raw, decimal_comma=decimal_comma, likely_comma=likely, shares=shares)
    problems = []
    if parsed.unreadable.any():
        expected = "a share from 0 to 1, or yes or no" if shares else "a number such as 3 or 2.5"
        problems.append(Problem("not_a_number", name, parsed.unreadable, expected))
    values = parsed.values
    if (infinite := values.is_infinite().fill_null(False)).any():
        problems.append(Problem("not_finite", name, infinite, "a finite number"))
        values = pl.select(pl.when(~infinite).then(values)).to_series()
    if isinstance(column, dy.Int64):
        if (broken := (values != values.round(0)).fill_null(False)).any():
            problems.append(Problem("not_whole", name, broken, "a whole number"))
        values = values.cast(pl.Int64, strict=False)
    return values, problems


def _missing(name: str, series: pl.Series, problems: list[Problem]) -> list[Problem]:
    """Rows where a required column holds nothing, as against something unreadable."""
    if not series.null_count():
        return []
    missing = series.is_null()
    for problem in problems:
        if problem.column == name:
            missing &= ~problem.rows
    return [Problem("missing_value", name, missing, "a value: the column is required")] if missing.any() else []
