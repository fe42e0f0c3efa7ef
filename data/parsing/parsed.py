"""What reading one column yields: its values, and the rows whose content could not be read."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Problem:
    """Rows of one column that are bad for one reason.

    Attributes
    ----------
    reason
        Stable code, snake_case.
    column
        Column of the contract; None where the row as a whole is bad.
    rows
        Which rows, Boolean, as long as the file has rows.
    expected
        What would have been right, in words.
    """

    reason: str
    column: str | None
    rows: pl.Series
    expected: str


@dataclass(frozen=True)
class Parsed:
    """Values of one column, null where there is nothing or nothing readable.

    Attributes
    ----------
    values
        Typed values.
    unreadable
        Rows where something stands that cannot be read as the type, Boolean.
    """

    values: pl.Series
    unreadable: pl.Series


NOTHING = ("", "null", "na", "n/a", "-", "nan", "none", "#n/a")
"""Texts that stand for no value in columns of dates and numbers, in lower case. In keys and names only blanks do."""


def without_nothing(texts: pl.Series) -> pl.Series:
    """Return stripped texts with those that stand for no value as null."""
    short = texts.str.len_bytes() <= max(len(text) for text in NOTHING)
    if not short.any():
        return texts
    lowered = pl.when(short).then(texts.str.to_lowercase())
    return pl.select(pl.when(lowered.is_in(NOTHING).fill_null(False)).then(None).otherwise(texts).alias(texts.name)).to_series()


def spread(texts: pl.Series, distinct: pl.Series, values: pl.Series) -> pl.Series:
    """Return for each text the value of its kind; `distinct` and `values` go together, null stays null."""
    return texts.replace_strict(distinct, values, default=None, return_dtype=values.dtype)
