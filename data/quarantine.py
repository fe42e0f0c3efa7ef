"""The quarantine: rows of the input tables that were set aside, why, and where they stand."""

from collections.abc import Mapping, Sequence

import dataframely as dy
import polars as pl

from data.parsing.parsed import Problem

FOUND_LENGTH = 200
"""Characters of what was found that are kept; the row is kept whole."""


class Quarantine(dy.Schema):
    """One row per bad input row. The first reason found names column, found and expected; further ones follow it in `reason`."""

    table = dy.String(min_length=1, description="input table")
    source_file = dy.String(nullable=True, description="file it was read from, relative to the input folder, or its query")
    source_line = dy.Int64(nullable=True, min=1, description="line (text), row (sheet) or record (Parquet), from 1; none of a query")
    column = dy.String(nullable=True, description="column at fault; for duplicates the columns of the key; empty when the row is damaged")
    reason = dy.String(regex="^[a-z0-9_]+(,[a-z0-9_]+)*$", description="codes of what is wrong, the first one found first")
    found = dy.String(nullable=True, description="what stands there, as text")
    expected = dy.String(min_length=1, description="what would have been right")
    row = dy.String(description="the row as JSON, under the file's own column names (a query: its table's); duplicates as read")


def no_quarantine() -> dy.DataFrame[Quarantine]:
    """Return the quarantine of a table without bad rows."""
    return Quarantine.create_empty()


def quarantine_rows(
    table: str,
    raw: pl.DataFrame,
    source: pl.DataFrame,
    problems: Sequence[Problem],
    headers: Mapping[str, str] | None = None,
) -> dy.DataFrame[Quarantine]:
    """Return the rows that any of `problems` concerns, in their order.

    Parameters
    ----------
    table
        Input table.
    raw
        Rows as they stand in the file, columns named as in the contract.
    source
        Columns source_file and source_line, as many rows as `raw`.
    problems
        What is wrong, most telling first; a problem of several columns names them separated by ", ".
    headers
        Contract name → name of the column in the file.
    """
    if not problems:
        return no_quarantine()
    bad = bad_rows(problems)
    texts = pl.DataFrame([_as_text(column.filter(bad)) for column in raw.get_columns()])
    flags = pl.DataFrame([problem.rows.filter(bad).alias(f"flag_{number}") for number, problem in enumerate(problems)])
    row = texts.rename(dict(headers or {})).select(pl.struct(pl.all()).struct.json_encode().alias("row"))
    told = pl.concat([source.filter(bad), texts.rename(lambda name: f"text_{name}"), flags, row], how="horizontal").with_columns(
        pl.coalesce(pl.when(flag).then(pl.lit(number, pl.Int32)) for number, flag in enumerate(flags.columns)).alias("first"),
        pl.concat_str(
            [pl.when(flag).then(pl.lit(problem.reason)) for flag, problem in zip(flags.columns, problems, strict=True)],
            separator=",",
            ignore_nulls=True,
        ).alias("reason"),
    )
    numbers = list(range(len(problems)))
    return Quarantine.validate(
        told.select(
            pl.lit(table).alias("table"),
            "source_file",
            "source_line",
            pl.col("first").replace_strict(numbers, [problem.column for problem in problems], return_dtype=pl.String).alias("column"),
            "reason",
            pl.coalesce(pl.when(pl.col("first") == n).then(_found(p, texts.columns)) for n, p in enumerate(problems)).alias("found"),
            pl.col("first").replace_strict(numbers, [problem.expected for problem in problems], return_dtype=pl.String).alias("expected"),
            "row",
        )
    )


def bad_rows(problems: Sequence[Problem]) -> pl.Series:
    """Return which rows any of the problems concerns; there must be at least one problem."""
    return (
        pl.DataFrame([problem.rows.alias(str(number)) for number, problem in enumerate(problems)])
        .select(pl.any_horizontal("*"))
        .to_series()
    )


def _found(problem: Problem, columns: Sequence[str]) -> pl.Expr:
    names = [name for name in (problem.column or "").split(", ") if name in columns]
    if not names:
        return pl.lit(None, pl.String)
    return pl.concat_str([pl.col(f"text_{name}") for name in names], separator=", ", ignore_nulls=len(names) > 1).str.head(FOUND_LENGTH)


def _as_text(column: pl.Series) -> pl.Series:
    """A column as it reads in the file."""
    if column.dtype.is_float():
        return column.cast(pl.String).str.strip_suffix(".0")
    return column.cast(pl.String, strict=False)
