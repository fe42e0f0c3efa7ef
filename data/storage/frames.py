"""Tables as Parquet files, read whole, wherever they lie."""

from collections.abc import Sequence
from io import BytesIO

import polars as pl

from data.storage.object_path import ObjectPath
from data.storage.place import Place


def read_parquet(path: Place, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return a Parquet file as a table of its own in memory: what happens to the file afterwards does not touch it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    polars.exceptions.ComputeError
        If it is not a whole Parquet file.
    """
    names = None if columns is None else list(columns)
    if isinstance(path, ObjectPath):
        return pl.read_parquet(BytesIO(path.read_bytes()), columns=names, hive_partitioning=False)
    return pl.read_parquet(path, columns=names, memory_map=False, glob=False, hive_partitioning=False)
