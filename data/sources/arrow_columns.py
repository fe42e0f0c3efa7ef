"""Columns of a query's result as the database sends them → polars, and which of them no input table can be read from."""

from collections.abc import Collection
from datetime import date, datetime

import polars as pl
import pyarrow as pa

NEVER = date(9999, 12, 31)
BEFORE_ALL = date(1, 1, 1)
"""Dates that stand for PostgreSQL's infinity and -infinity, for which polars has none."""


def unreadable(field: pa.Field) -> str | None:
    """Return how to mend a column that cannot be read; None if it can."""
    kind = _stored(field.type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_struct(kind):
        return (
            f"A single value a row was expected: let the query take one, such as {field.name}[1], or one row each by unnest({field.name})."
        )
    if _kind(field) == "money":
        return f"Let the query make it a number: {field.name}::numeric."
    readable = (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_string(kind)
    )
    return None if readable else f"Let the query make it text or a number: {field.name}::text."


def is_text(field: pa.Field) -> bool:
    """Return whether a column is text for the database as well: its numeric values travel as text, too."""
    return bool(pa.types.is_string(field.type))


def as_polars(rows: pa.RecordBatch | pa.Table, numbers: Collection[str]) -> pl.DataFrame:
    """Return rows as polars.

    Parameters
    ----------
    rows
        Columns that are not `unreadable`.
    numbers
        Columns that are to be numbers: `numeric`, which has more digits than any type of Arrow's and so comes as text, becomes Float64.
    """
    columns = []
    for field, values in zip(rows.schema, rows.columns, strict=True):
        series = pl.Series(field.name, values.cast(_stored(field.type)))
        if _kind(field) == "numeric" and field.name in numbers:
            series = series.cast(pl.Float64)
        columns.append(_finite(series))
    return pl.DataFrame(columns)


def _finite(series: pl.Series) -> pl.Series:
    """Put days that exist in place of infinite ones, which polars cannot show."""
    if series.dtype != pl.Date and not isinstance(series.dtype, pl.Datetime):
        return series
    physical, dtype = series.to_physical(), series.dtype
    ends = pl.Series([BEFORE_ALL, NEVER]) if dtype == pl.Date else pl.Series([datetime(1, 1, 1), datetime(9999, 12, 31)])  # noqa: DTZ001
    first, last = ends.cast(pl.Date if dtype == pl.Date else pl.Datetime("us")).to_physical().to_list()
    return physical.clip(first, last).cast(dtype)


def _kind(field: pa.Field) -> str:
    return str((field.metadata or {}).get(b"POSTGRESQL:type", b"").decode())


def _stored(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
