"""Opens Parquet files; columns keep the types they were written with."""

from collections.abc import Mapping

import polars as pl

from data.errors import InputError
from data.sources.memory import memory_limit
from data.sources.opened import Opening, OpenTable, Rows, no_rows

TIMES_IN_MEMORY = 2
"""Rows are held as they stand in the file and as they are read from it."""


def open_parquet(opening: Opening) -> OpenTable:
    """Return a Parquet file as a table; its rows are counted in records.

    Raises
    ------
    InputError
        If the file is cut short or is not Parquet, here or when its rows are read, or holds more rows than memory has room for.
    """
    if opening.path.stat().st_size == 0:
        return OpenTable((), no_rows, "record")
    source = opening.source()
    try:
        # A name with * or [ in it is that of one file, not a pattern for several.
        scanned = pl.scan_parquet(source, glob=False, hive_partitioning=False)
        schema = scanned.collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _unreadable(opening, error) from error
    columns = tuple(schema)

    def read(wanted: Mapping[str, int]) -> Rows:
        names = {columns[position]: name for name, position in wanted.items()}
        try:
            rows = scanned.select(pl.len()).collect().item()
            _refuse_too_many(opening, rows, [schema[name] for name in names])
            frame = scanned.select(list(names)).collect().rename(names).select(list(wanted))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise _unreadable(opening, error) from error
        return Rows(frame, pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True))

    return OpenTable(tuple(column.strip() for column in columns), read, "record")


def _refuse_too_many(opening: Opening, rows: int, dtypes: list[pl.DataType]) -> None:
    """Refuse what cannot fit into memory: a few kilobytes of repeated values can stand for any number of rows."""
    needed, limit = TIMES_IN_MEMORY * rows * sum(8 if dtype.is_numeric() or dtype.is_temporal() else 16 for dtype in dtypes), memory_limit()
    if needed > limit:
        raise InputError(
            f"{opening.name}: states {rows:,} rows, which take at least {needed / 2**30:,.0f} GiB, and there are {limit / 2**30:,.0f} GiB "
            "of memory. If it really has so many, deliver it in several files, such as one a month; else export it again."
        )


def _unreadable(opening: Opening, error: BaseException) -> InputError:
    return InputError(
        f"{opening.name}: not a whole Parquet file ({str(error).splitlines()[0]}). "
        "It may have been cut short while it was copied: deliver it again, or take it out of the folder."
    )
