"""Opens Parquet files; columns keep the types they were written with."""

from collections.abc import Mapping

import polars as pl

from data.errors import InputError
from data.sources.opened import Opening, OpenTable, Rows, no_rows


def open_parquet(opening: Opening) -> OpenTable:
    """Return a Parquet file as a table; its rows are counted in records.

    Raises
    ------
    InputError
        If the file is cut short or is not Parquet, here or when its rows are read.
    """
    if opening.path.stat().st_size == 0:
        return OpenTable((), no_rows, "record")
    source = opening.source()
    try:
        columns = tuple(pl.read_parquet_schema(source))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _unreadable(opening, error) from error

    def read(wanted: Mapping[str, int]) -> Rows:
        names = {columns[position]: name for name, position in wanted.items()}
        try:
            frame = pl.read_parquet(source, columns=list(names), glob=False, hive_partitioning=False).rename(names).select(list(wanted))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise _unreadable(opening, error) from error
        return Rows(frame, pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True))

    return OpenTable(tuple(column.strip() for column in columns), read, "record")


def _unreadable(opening: Opening, error: BaseException) -> InputError:
    return InputError(
        f"{opening.name}: not a whole Parquet file ({str(error).splitlines()[0]}). "
        "It may have been cut short while it was copied: deliver it again, or take it out of the folder."
    )
