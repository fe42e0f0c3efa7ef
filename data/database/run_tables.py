"""A published run as rows of database tables: which tables, what tells their rows apart, and the columns they have there. No I/O here."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

RUNS = "runs"
"""Table with one row per run."""

KEYS: dict[str, tuple[str, ...]] = {
    RUNS: ("run_id",),
    "forecasts": ("run_id", "fc", "sku", "date"),
    "recommendations": ("run_id", "fc", "sku"),
    "alerts": ("run_id", "alert_id"),
    "plan_messages": ("run_id", "position"),
    "marketplace_recommendations": ("run_id", "fc", "sku"),
    "metrics": ("run_id", "position"),
}
"""Tables that a run is written to → their primary keys."""

COLUMN_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "text",
    pl.Date: "date",
    pl.Float64: "double precision",
    pl.Int64: "bigint",
    pl.Boolean: "boolean",
    pl.Datetime: "timestamp with time zone",
    pl.List: "text[]",
}
"""Type of a column here → what it is in the database."""


def run_row(manifest: Mapping[str, Any]) -> pl.DataFrame:
    """Return the row of a run: what its manifest says of it, its headline numbers as columns of their own."""
    headline = {name: float(value) if value is not None else None for name, value in manifest["headline"].items()}
    row: dict[str, tuple[Any, pl.DataType]] = {
        "run_id": (manifest["run_id"], pl.String()),
        "name": (manifest["name"], pl.String()),
        "as_of": (date.fromisoformat(manifest["as_of"]), pl.Date()),
        "kind": (manifest["kind"], pl.String()),
        "started_at": (datetime.fromisoformat(manifest["started_at"]), pl.Datetime("us", "UTC")),
        "finished_at": (datetime.fromisoformat(manifest["finished_at"]), pl.Datetime("us", "UTC")),
        "currency": (manifest["currency"], pl.String()),
        "code_version": (manifest["code_version"], pl.String()),
        "model_id": (manifest["model_id"], pl.String()),
        "seed": (manifest["seed"], pl.Int64()),
        "regions": (manifest["regions"], pl.List(pl.String())),
        "failed_regions": (manifest["failed_regions"], pl.List(pl.String())),
    }
    row |= {name: (value, pl.Float64()) for name, value in headline.items()}
    return pl.DataFrame([pl.Series(name, [value], dtype=dtype) for name, (value, dtype) in row.items()])


def run_rows(table: str, frame: pl.DataFrame, manifest: Mapping[str, Any]) -> pl.DataFrame:
    """Return a published table as it stands in the database.

    `run_id` and `as_of` come first, then, where the order of the published rows says something, their `position` from 1. Text
    loses the character NUL, which PostgreSQL cannot hold.
    """
    first = [pl.lit(manifest["run_id"]).alias("run_id"), pl.lit(date.fromisoformat(manifest["as_of"])).alias("as_of")]
    if table != "forecasts":
        first.append(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("position"))
    named = [column.meta.output_name() for column in first]
    columns = [pl.col(name) for name in frame.columns if name not in named]
    rows = frame.select(*first, *columns)
    return rows.with_columns(pl.col(pl.String).str.replace_all("\0", "", literal=True), pl.col(pl.Int32, pl.UInt32).cast(pl.Int64))


def column_types(rows: pl.DataFrame) -> dict[str, str]:
    """Return the columns of `rows` with their types in the database."""
    return {name: COLUMN_TYPES[type(dtype)] for name, dtype in rows.schema.items()}
