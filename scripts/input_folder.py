"""Write a set of input tables as a folder that a run can read: small tables as CSV, large ones as compact Parquet."""

from datetime import date
from pathlib import Path

import polars as pl

from scripts.fresh_tables import last_day_out, real_tables
from scripts.made_supply import made_tables

AS_CSV = frozenset({"locations", "items", "supply", "events", "drivers", "stock", "inbound"})


def fresh_folder(source: pl.DataFrame, folder: Path, *, until: date | None = None, csv: frozenset[str] = AS_CSV) -> dict[str, pl.DataFrame]:
    """Write the fresh data's real and made tables to `folder` and return them.

    With `until`, sales and availability end on that day and stock is made as of it; plan, events and drivers, known ahead, go on.
    """
    last: date = until or source["date"].max()  # type: ignore[assignment]
    tables = real_tables(source)
    for name in ("sales", "availability"):
        tables[name] = tables[name].filter(pl.col("date") <= last)
    tables |= made_tables(tables, last_day_out(source, last))
    write_folder(tables, folder, csv=csv)
    return tables


def write_folder(tables: dict[str, pl.DataFrame], folder: Path, *, csv: frozenset[str] = AS_CSV) -> None:
    """Write each table to `folder` as `<name>.csv` where `csv` names it, else as `<name>.parquet`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        if name in csv:
            table.write_csv(folder / f"{name}.csv")
        else:
            table.write_parquet(folder / f"{name}.parquet", compression="zstd", compression_level=19 if table.height < 1_000_000 else 6)
