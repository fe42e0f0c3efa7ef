"""Rows that reports of stock have in common: what lies there, what is on its way, what the items are called."""

from datetime import timedelta

import polars as pl

from data.presets.cells import days
from data.presets.preset import Export, TableRows


def close_before(export: Export) -> pl.Series:
    """Return, for a report that names no day, the day before it was downloaded: the last one whose close it can show."""
    day = (export.taken - timedelta(days=1)).isoformat()
    return pl.repeat(day, export.rows.height, dtype=pl.String, eager=True).alias("date")


def snapshot_day(export: Export, column: str) -> pl.Series:
    """Return the day that a report names in each row, else the day before it was downloaded."""
    named = days(export, column).alias("date")
    return pl.select(pl.coalesce(named, close_before(export)).alias("date")).to_series()


def stock_rows(export: Export, date: pl.Series, fc: pl.Series, columns: dict[str, pl.Expr]) -> TableRows:
    """Return a snapshot of stock: name of the contract → column of the report."""
    return TableRows(
        export.rows.select("source_line", "sku", date.alias("date"), fc, *(told.alias(name) for name, told in columns.items()))
    )


def inbound_rows(export: Export, date: pl.Series, fc: pl.Series, columns: dict[str, str]) -> TableRows:
    """Return units on their way: status (working, shipped, receiving) → column of the report; 0 says that nothing is.

    Reports name no day of arrival: the config says in how many days units of each status are expected.
    """
    wait = {"working": export.settings.working_days, "shipped": export.settings.shipped_days, "receiving": export.settings.arrived_days}
    lines = [
        export.rows.select(
            "source_line",
            "sku",
            date.alias("date"),
            fc,
            pl.col(column).alias("units"),
            pl.lit(status).alias("status"),
            date.str.to_date("%Y-%m-%d", strict=False).dt.offset_by(f"{wait[status]}d").alias("expected_date"),
        )
        for status, column in columns.items()
    ]
    return TableRows(pl.concat(lines).drop_nulls("units").sort("source_line", maintain_order=True))


def item_rows(export: Export, **columns: str) -> TableRows:
    """Return master data of the report's items: name of the contract → column of the report."""
    told = (pl.col(column).alias(name) for name, column in columns.items())
    frame = export.rows.select(
        "source_line", "sku", pl.col("product_name").alias("name"), "asin", "fnsku", pl.lit(export.seller, pl.String).alias("seller"), *told
    )
    return TableRows(frame.drop_nulls("sku").unique("sku", keep="last", maintain_order=True))
