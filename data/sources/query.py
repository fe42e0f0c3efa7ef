"""Reads a table from a query: its columns and types first, then the rows, in Arrow batches, all from one snapshot of the database."""

import difflib
import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import dataframely as dy
import polars as pl
import pyarrow as pa
from adbc_driver_postgresql.dbapi import Cursor

from data.contracts import INPUT_TABLES
from data.database.addresses import Address, input_address
from data.database.connection import TIMED_OUT, quoted, told, transaction
from data.database.errors import LOST, DatabaseError
from data.errors import InputError
from data.settings import TableInput
from data.sources.arrow_columns import as_polars, is_text, unreadable
from data.sources.watermark import Mark, comparable, less, literal, question

WATERMARK = "watermark"
"""What the watermark column is called among the rows read; no input table has a column of that name."""


@dataclass(frozen=True)
class Result:
    """What a query gave.

    Attributes
    ----------
    frame
        The columns asked for, and `WATERMARK` where there is one, sorted: the same rows are the same frame.
    since
        Watermark from which on rows were read; None where all were.
    mark
        How far the table has been read with this; None without a watermark.
    """

    frame: pl.DataFrame
    since: str | None = None
    mark: Mark | None = None


@dataclass(frozen=True)
class OpenQuery:
    """A query whose columns are known and whose rows can be read while its transaction is open."""

    name: str
    table: str
    config: TableInput
    schema: pa.Schema
    cursor: Cursor
    address: Address

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the result's columns."""
        return tuple(self.schema.names)

    def read(self, wanted: Mapping[str, str], mark: Mark | None = None, also: Collection[date] = ()) -> Result:
        """Return rows: all of them, or with a mark all rows of the days that changed.

        A day is read whole, since a delivery replaces days: a row that changed alone would drop the others of its day.

        Parameters
        ----------
        wanted
            Contract column → column of the result.
        mark
            How far the table was read before; it counts only if the question is still the same.
        also
            Days to be read whether they changed or not.

        Raises
        ------
        InputError
            If a column is of a type that cannot be read, or the server gives the query up.
        """
        for name, column in wanted.items():
            self._refuse_type(name, column)
        columns = dict(wanted)
        if self.config.watermark is None:
            return Result(self._rows(columns, ""))
        columns[WATERMARK] = self._watermark(wanted)
        asked, until = question(self.config, wanted), self._now(columns[WATERMARK])
        since = less(mark.newest, self.config.overlap_days) if mark is not None and mark.asked == asked else None
        if since is None:
            frame = self._rows(columns, "")
        else:
            frame = self._rows(columns, self._changed(wanted["date"], columns[WATERMARK], since, also))
        newest = frame[WATERMARK].max()
        if newest is None:
            return Result(frame, since, mark if since is not None else None)
        assert isinstance(newest, date)
        # A mark in the future would keep every change until then from being read.
        reached = min(comparable(newest), until)
        if since is not None and mark is not None:
            reached = max(reached, comparable(datetime.fromisoformat(mark.newest)))
        return Result(frame, since, Mark(asked, reached.isoformat()))

    def _rows(self, columns: Mapping[str, str], where: str) -> pl.DataFrame:
        listed = ", ".join(f"q.{quoted(column)} AS {quoted(name)}" for name, column in columns.items())
        contract = INPUT_TABLES[self.table].columns()
        numbers = {name for name in columns if isinstance(contract.get(name), dy.Float64 | dy.Int64)}
        with _told(self.name, self.table, self.address):
            self.cursor.execute(_of_query(self.config, listed, where))
            reader = self.cursor.fetch_record_batch()
            parts = [as_polars(batch, numbers) for batch in reader]
        frame = pl.concat(parts) if parts else as_polars(reader.schema.empty_table(), numbers)
        return frame.sort(frame.columns)

    def _changed(self, day: str, watermark: str, since: str, also: Collection[date]) -> str:
        """Return the condition for rows of days on which a row has a watermark from `since` on, or none."""
        changed = f"(q.{quoted(watermark)} >= {literal(self.schema.field(watermark).type, since)} OR q.{quoted(watermark)} IS NULL)"
        of_day = f"q.{quoted(day)}" + ("::date" if pa.types.is_timestamp(self.schema.field(day).type) else "")
        with _told(self.name, self.table, self.address):
            self.cursor.execute(_of_query(self.config, f"DISTINCT {of_day}", f" WHERE {changed}"))
            days = {found for (found,) in self.cursor.fetchall() if found is not None} | set(also)
        listed = ", ".join(f"DATE '{one.isoformat()}'" for one in sorted(days)) or "NULL"
        return f" WHERE {of_day} IN ({listed}) OR (q.{quoted(day)} IS NULL AND {changed})"

    def _now(self, watermark: str) -> datetime:
        """The database's time, in the kind that the watermark is of."""
        kind = self.schema.field(watermark).type
        clock = "LOCALTIMESTAMP" if pa.types.is_timestamp(kind) and kind.tz is None else "CURRENT_TIMESTAMP"
        with _told(self.name, self.table, self.address):
            self.cursor.execute(f"SELECT {clock}")
            found = self.cursor.fetchone()
        assert found is not None
        return comparable(found[0])

    def _watermark(self, wanted: Mapping[str, str]) -> str:
        """The watermark column, if it and the date can be compared with times."""
        column, key = str(self.config.watermark), f'[inputs.{self.table}] watermark = "{self.config.watermark}"'
        if column not in self.columns:
            near = difflib.get_close_matches(column, self.columns, n=1)
            raise InputError(
                f"{self.name}: has no column that {key} could name. Columns found: {', '.join(self.columns)}."
                + (f' Nearest: "{near[0]}".' if near else " Let the query give it too.")
            )
        kind = self.schema.field(column).type
        if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
            raise InputError(
                f"{self.name}: {key} is of type {self._type(column)}; a timestamp or a date was expected. Name the column that says when "
                "a row was last changed, or take the line out: the query is then read in full every night."
            )
        if is_text(self.schema.field(wanted["date"])):
            raise InputError(
                f"{self.name}: with a watermark the days that changed are asked for, and {wanted['date']} is text. "
                f"Let the query make it a date: {wanted['date']}::date."
            )
        return column

    def _refuse_type(self, name: str, column: str) -> None:
        field = self.schema.field(column)
        is_day = isinstance(INPUT_TABLES[self.table].columns()[name], dy.Date)
        if is_day and pa.types.is_timestamp(field.type) and field.type.tz is not None:
            raise InputError(
                f"{self.name}: column {column} is a timestamp with a time zone, and {name} is a day: which day it is depends on where. "
                f"Say so in the query: ({column} AT TIME ZONE 'Europe/Berlin')::date AS {name}."
            )
        if (mend := unreadable(field)) is not None:
            raise InputError(f"{self.name}: column {column} is of type {self._type(column)}, which {name} cannot be read from. {mend}")

    def _type(self, column: str) -> str:
        """What the database calls a column's type."""
        name = (self.schema.field(column).metadata or {}).get(b"POSTGRESQL:type", b"unknown").decode()
        return f"{name[1:]}[]" if name.startswith("_") else name


@contextmanager
def opened_query(config: TableInput, table: str, seconds: int) -> Iterator[OpenQuery]:
    """Open the query of a table in a transaction that reads one snapshot and writes nothing.

    Parameters
    ----------
    config
        Of the table, with its query.
    table
        The input table.
    seconds
        After which a statement is given up.

    Raises
    ------
    InputError
        If the database cannot be reached or does not take the query.
    """
    name = source_name(table)
    try:
        address = input_address()
        with transaction(address, seconds=seconds, read_only=True) as cursor:
            with _told(name, table, address):
                schema = cursor.adbc_execute_schema(_of_query(config, "*"))
            twice = sorted({column for column in schema.names if schema.names.count(column) > 1})
            if twice:
                raise InputError(f"{name}: gives two columns named {twice[0]}. Name each column once: … AS another_name.")
            yield OpenQuery(name, table, config, schema, cursor, address)
    except DatabaseError as error:
        raise InputError(f"{name}: {error}") from None


def source_name(table: str, since: str | None = None) -> str:
    """Return what messages and the lake call rows of a table's query."""
    return f"query of {table}" + (f" since {since}" if since is not None else "")


def content_hash(frame: pl.DataFrame, rows: int = 500_000) -> str:
    """Return the SHA-256 of a frame's content as text, taken slice by slice."""
    digest = hashlib.sha256(",".join(frame.columns).encode())
    for part in frame.iter_slices(rows):
        digest.update(part.write_csv(include_header=False).encode())
    return digest.hexdigest()


@contextmanager
def _told(name: str, table: str, address: Address) -> Iterator[None]:
    """Tell what the server says of a query with what mends it."""
    try:
        with told(address):
            yield
    except DatabaseError as error:
        said = f"{name}: {error}"
        if error.state == TIMED_OUT:
            mend = f"by an index or [inputs.{table}] watermark, or allow it longer: [inputs] query_timeout_seconds"
            raise InputError(f"{said} Make it quicker, {mend}.") from None
        if error.state is not None and error.state.startswith(LOST):
            raise InputError(f"{said} It could not go on while the query was read: run again when it can.") from None
        raise InputError(f"{said} Mend [inputs.{table}] query, or what it names in the database.") from None


def _of_query(config: TableInput, listed: str, where: str = "") -> str:
    """Return the statement that selects from the configured query, which may end in a semicolon or a comment."""
    query = str(config.query).strip().rstrip(";")
    return f"SELECT {listed} FROM ({query}\n) AS q{where}"  # noqa: S608 whoever writes the config may ask what he likes
