"""What every format hands over: the header of a table and its rows, as they stand in the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data.messages import PlanMessage
from data.storage import Place


@dataclass(frozen=True)
class Opening:
    """What an opener is told about the file.

    Attributes
    ----------
    table
        Input table the file belongs to.
    path
        Where the file is.
    name
        What messages call it: its name relative to the input folder.
    sheet
        Sheet of a workbook, when the config names one.
    expected
        Normalised column names that the table may have; they settle which separator a text file uses.
    """

    table: str
    path: Place
    name: str
    sheet: str | None = None
    expected: frozenset[str] = frozenset()

    def source(self) -> Path | bytes:
        """Return what a library reads the file from: its path, or the content of an object."""
        return self.path if isinstance(self.path, Path) else self.path.read_bytes()


@dataclass(frozen=True)
class Rows:
    """Rows as they stand in the file.

    Attributes
    ----------
    frame
        The columns asked for, under the names they were asked by; text formats give String.
    lines
        Line (text), row (sheet) or record (Parquet) of each row, Int64, from 1.
    damaged
        Rows with more fields than the header has columns, Boolean; None when there are none.
    """

    frame: pl.DataFrame
    lines: pl.Series
    damaged: pl.Series | None = None


@dataclass(frozen=True)
class OpenTable:
    """A file whose header is known and whose rows can be read.

    Attributes
    ----------
    columns
        Header, without surrounding blanks; empty when the file holds nothing.
    read
        Reads the columns at the given positions, `{name to give it: position in columns}`.
    place
        What the file's rows are counted in: line, row or record.
    commas_are_decimal
        Whether the dialect makes a decimal comma likely (fields separated by semicolons).
    messages
        What a person should know about how the file was opened.
    """

    columns: tuple[str, ...]
    read: Callable[[Mapping[str, int]], Rows]
    place: str
    commas_are_decimal: bool = False
    messages: tuple[PlanMessage, ...] = ()


Opener = Callable[[Opening], OpenTable]


def no_rows(wanted: Mapping[str, int]) -> Rows:
    """Return the rows of a file that holds none."""
    return Rows(pl.DataFrame(schema=dict.fromkeys(wanted, pl.String())), pl.Series(dtype=pl.Int64))
