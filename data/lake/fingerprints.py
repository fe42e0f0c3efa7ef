"""Which days a delivery changes: one fingerprint per day of an fc, of what is kept and of what came in. No I/O here."""

import hashlib

import polars as pl

from data.contracts import business_columns
from data.lake.layout import Layout

UNITS_SCALE = 1000
"""Units are added up in thousandths as whole numbers, since sums of floats depend on the order of rows."""


def fingerprints(rows: pl.LazyFrame, layout: Layout) -> pl.DataFrame:
    """Return one row per unit of replacement (`layout.replaces`): rows, units (0 without), and a hash of the content.

    The hash is over the business columns, whatever the order of rows; where a row came from does not count, so that the
    same content in another file is no change. Hashes compare within one process only.
    """
    columns = business_columns(layout.table)
    units = (pl.col("units") * UNITS_SCALE).round(0).cast(pl.Int64) if "units" in columns else pl.lit(None, dtype=pl.Int64)
    return (
        rows.select(*layout.replaces, units.alias("_units"), pl.struct(columns).hash().alias("_hash"))
        .group_by(layout.replaces)
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            pl.col("_units").sum().alias("units"),
            pl.col("_hash").sum().alias("hash"),
        )
        .collect()
    )


def compare(new: pl.DataFrame, old: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Return the fingerprints of `new` that differ from `old` or are not in it, with `rows_old` and `units_old` beside them."""
    both = new.join(old, on=layout.replaces, how="left", suffix="_old", nulls_equal=True)
    differs = pl.col("hash").ne_missing(pl.col("hash_old")) | pl.col("rows").ne_missing(pl.col("rows_old"))
    return both.filter(differs).sort(layout.replaces)


def lasting_fingerprint(rows: pl.DataFrame, layout: Layout) -> str:
    """Return a hash of the business columns of `rows`, in any order, that holds across processes and versions."""
    text = rows.select(business_columns(layout.table)).sort(layout.sort_by).write_csv()
    return hashlib.sha256(text.encode()).hexdigest()[:20]
