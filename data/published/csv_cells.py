"""A published table as CSV that is safe to open in a spreadsheet. Parquet keeps the exact values."""

import polars as pl

LIST_SEPARATOR = "|"
FORMULA_STARTS = r"^[=+\-@＝＋－＠\t\r\n]"
"""A text cell that starts with one of these would be run as a formula, in East Asian editions also with the wide ones; it is given a
leading apostrophe."""


def csv_safe(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with lists joined by "|" and text that a spreadsheet would run as a formula made harmless.

    An item named `=HYPERLINK(…)` becomes `'=HYPERLINK(…)`. Numbers and dates stay as they are.
    """
    lists = [
        pl.col(name).cast(pl.List(pl.String)).list.join(LIST_SEPARATOR, ignore_nulls=True)
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.List)
    ]
    return frame.with_columns(lists).with_columns(
        pl.when(pl.col(pl.String).str.contains(FORMULA_STARTS)).then("'" + pl.col(pl.String)).otherwise(pl.col(pl.String)).name.keep()
    )
