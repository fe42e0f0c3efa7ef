"""What a preset is: the columns that tell a report, and how its rows become rows of input tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from data.messages import PlanMessage
from data.settings import ExportsInput


@dataclass(frozen=True)
class Export:
    """The rows of one report file.

    Attributes
    ----------
    name
        File, relative to the input folder.
    title
        What the report is called.
    rows
        The preset's columns as text under their canonical names, blanks stripped and null where empty or absent, and
        `source_line`.
    seller
        Folder of the seller the file lies in; None when it lies beside the others.
    taken
        Day on which the file was downloaded.
    today
        Day after which history cannot be dated.
    settings
        How exports are read.
    """

    name: str
    title: str
    rows: pl.DataFrame
    seller: str | None
    taken: date
    today: date | None
    settings: ExportsInput


@dataclass(frozen=True)
class TableRows:
    """Rows for one input table: `source_line`, columns of its contract as text or typed, and what combining needs besides."""

    frame: pl.DataFrame
    messages: tuple[PlanMessage, ...] = ()


@dataclass(frozen=True)
class Preset:
    """A kind of report.

    Attributes
    ----------
    title
        What people call it.
    required
        Canonical names of the columns without which a file is not this report.
    optional
        Canonical names of further columns that are used where they are there.
    tables
        Input table → the function that makes its rows.
    """

    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    tables: Mapping[str, Callable[[Export], TableRows]]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the preset reads."""
        return (*self.required, *self.optional)
