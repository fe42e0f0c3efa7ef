"""Reads an input table by its query: rows from the database, then matched, parsed and sorted out like those of a file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from data.errors import InputError
from data.intake.assembling import REQUIRED, Intake, assembled
from data.intake.files import how_to_read, read_opened
from data.intake.matching import match_columns
from data.messages import PlanMessage
from data.settings import InputsSettings
from data.sources.discovery import SourceFile
from data.sources.opened import OpenTable, Rows
from data.sources.query import content_hash, opened_query, source_name
from data.sources.watermark import Mark


@dataclass(frozen=True)
class Answer:
    """Rows that a table's query gave, not yet parsed.

    Attributes
    ----------
    table
        The input table.
    source
        The rows as the lake knows them: a name, the fingerprint of the content, and how far the table has been read with it.
    frame
        The contract's columns that the query gives, sorted; the same rows in the database are the same frame.
    whole
        Whether all rows were asked for, rather than those of the days that changed.
    extra
        The query's columns that the contract does not know.
    """

    table: str
    source: SourceFile
    frame: pl.DataFrame
    whole: bool
    extra: tuple[str, ...]


def ask(inputs: InputsSettings, table: str, mark: str | None = None, also: Collection[date] = ()) -> Answer:
    """Return what the query of `table` gives: all of it, or with a watermark what changed.

    Parameters
    ----------
    inputs
        How the tables are read.
    table
        An input table with a query.
    mark
        How far the table has been read, as the lake kept it.
    also
        Days that are to be read whether they changed or not.

    Raises
    ------
    InputError
        If the database cannot be reached, the query is at fault, a column is missing or of a type that cannot be read.
    """
    config = inputs.table(table)
    with opened_query(config, table, inputs.query_timeout_seconds) as query:
        matched = match_columns(table, query.name, query.columns, config.columns)
        wanted = {target: query.columns[position] for target, position in matched.positions.items()}
        result = query.read(wanted, Mark.from_text(mark) if mark else None, also)
    source = SourceFile(
        source_name(table, result.since),
        content_hash(result.frame),
        int(result.frame.estimated_size()),
        result.mark.as_text() if result.mark else None,
    )
    extra = tuple(name for name in matched.extra if name != config.watermark)
    return Answer(table, source, result.frame.select(list(wanted)), result.since is None, extra)


def intake_of(inputs: InputsSettings, answer: Answer, *, today: date | None, fcs: Collection[str] | None) -> Intake:
    """Return the table that an answer makes; parameters as of `data.intake.read_table`.

    Raises
    ------
    InputError
        If every row is bad, or a required table has none.
    """
    table, frame, name = answer.table, answer.frame, answer.source.name
    if frame.is_empty() and answer.whole and table in REQUIRED:
        raise InputError(
            f"{name}: gives no rows. {table.capitalize()} of at least one day were expected: "
            f"mend [inputs.{table}] query, or what it names there."
        )
    columns = tuple(frame.columns)

    def rows(wanted: Mapping[str, int]) -> Rows:
        # A row of a query has no line to look at: what tells it is its key, which messages name.
        lines = pl.repeat(None, frame.height, dtype=pl.Int64, eager=True)
        return Rows(frame.select(pl.col(columns[position]).alias(target) for target, position in wanted.items()), lines)

    how = how_to_read(table, inputs.table(table).model_copy(update={"columns": {}}), today, fcs)
    part = replace(read_opened(how, name, OpenTable(columns, rows, "row")), extra=answer.extra, nothing_to_say=True)
    before = [] if frame.height or not answer.whole else [_no_rows(table, name)]
    return assembled(table, [part], (answer.source,), inputs.receiving_days, before)


def _no_rows(table: str, name: str) -> PlanMessage:
    return PlanMessage(
        code="empty_file",
        table=table,
        message=f"The {name} gives no rows.",
        fix=f"Mend [inputs.{table}] query if {table} should have rows; else take it out.",
    )
