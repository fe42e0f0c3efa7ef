"""Writes published runs to the tables of a database, one transaction per run: readers see a run whole or not at all."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from adbc_driver_postgresql.dbapi import Cursor

from data.database.addresses import Address
from data.database.connection import quoted, transaction
from data.database.run_tables import KEYS, RUNS, column_types, run_row, run_rows
from data.database.tables import prepare
from data.marketplace import MarketplaceAdvice
from data.published import RunPaths, read_frame, read_manifest

MARKETPLACE = "marketplace_recommendations"

SECONDS = 600
"""After which a single statement is given up: locks of others included."""


def write_run(address: Address, schema: str, run: RunPaths) -> None:
    """Write a run to the database; written again, it leaves the same rows.

    Raises
    ------
    DatabaseError
        If the database cannot be reached or does not take it; nothing of the run is there then, or what was there before.
    PublishError
        If the run's files cannot be read.
    """
    manifest = read_manifest(run)
    rows = rows_of(run, manifest)
    with transaction(address, seconds=SECONDS) as cursor:
        prepare(cursor, schema, {table: column_types(frame) for table, frame in rows.items()})
        for table, frame in rows.items():
            cursor.execute(f"DELETE FROM {quoted(schema)}.{quoted(table)} WHERE run_id = $1", (run.run_id,))  # noqa: S608
            _copy(cursor, schema, table, frame)


def written_runs(address: Address, schema: str) -> set[str]:
    """Return the ids of the runs that the database has; none where it has no tables yet.

    Raises
    ------
    DatabaseError
        If the database cannot be reached or does not answer.
    """
    with transaction(address, seconds=SECONDS, read_only=True) as cursor:
        cursor.execute("SELECT to_regclass($1)::text", (f"{quoted(schema)}.{RUNS}",))
        if cursor.fetchall() == [(None,)]:
            return set()
        cursor.execute(f"SELECT run_id FROM {quoted(schema)}.{RUNS}")  # noqa: S608
        return {str(run_id) for (run_id,) in cursor.fetchall()}


def rows_of(run: RunPaths, manifest: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    """Return the rows of a run by table; the row of the run itself first."""
    tables = {table: run_rows(table, _published(run, table), manifest) for table in KEYS if table != RUNS}
    return {RUNS: run_row(manifest), **tables}


def _published(run: RunPaths, table: str) -> pl.DataFrame:
    """Return a table of a run; what only some runs have is empty in the others, so that its view is always there."""
    if table == MARKETPLACE and not (run.path / f"{table}.parquet").is_file():
        return MarketplaceAdvice.create_empty()
    return read_frame(run, table)


def _copy(cursor: Cursor, schema: str, table: str, frame: pl.DataFrame) -> None:
    if frame.height:
        cursor.adbc_ingest(table, frame.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="append", db_schema_name=schema)
