"""Rows that could not be used, kept with the reason and the delivery that brought them."""

from datetime import datetime

import polars as pl

from data.lake import delta
from data.lake.ledger import in_utc
from data.storage import Place

TABLE = "quarantine"
SCHEMA: dict[str, pl.DataType] = {
    "delivered_at": pl.Datetime("us", "UTC"),
    "delivery_id": pl.String(),
    "sequence": pl.Int64(),
    "table": pl.String(),
    "source_file": pl.String(),
    "source_line": pl.Int64(),
    "column": pl.String(),
    "reason": pl.String(),
    "found": pl.String(),
    "expected": pl.String(),
    "row": pl.String(),
}
SORT_BY = ["delivered_at", "table", "source_file", "source_line", "column", "reason"]


def keep_bad_rows(root: Place, rows: pl.DataFrame, *, delivery_id: str, sequence: int, delivered_at: datetime) -> None:
    """Append the bad rows of a delivery, once: a delivery taken in again after a kill adds nothing."""
    if rows.is_empty():
        return
    if delta.exists(root, TABLE):
        with delta.intact(root, TABLE):
            known = delta.scan(root, TABLE, SCHEMA).filter(pl.col("delivery_id") == delivery_id).select(pl.len()).collect().item()
        if known:
            return
    delivery = {"delivered_at": in_utc(delivered_at), "delivery_id": delivery_id, "sequence": sequence}
    told = rows.with_columns(pl.lit(value).alias(name) for name, value in delivery.items())
    frame = told.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).sort(SORT_BY)
    delta.append_record(root, TABLE, frame)
