"""What receipts show of each order line by a date: how late it came, or how late it is by now."""

from datetime import date

import polars as pl

from data.position import MICRO

LINE = {"sku": pl.String, "fc": pl.String, "supplier": pl.String, "days": pl.Int64, "came": pl.Boolean, "complete": pl.Int64}
"""days: against the promise; complete: share of the units that came, in millionths, null while open."""

GONE = 100_000
"""Days by which a line is late that came with nothing: it is known never to come."""


def usual_promise(terms: pl.DataFrame, receipts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return `terms` with promised_days: the median promise of the item's own lines, else the agreed days rounded up."""
    promised = (
        _known(receipts, as_of)
        .filter(pl.col("promised_date").is_not_null())
        .group_by("sku", "fc")
        # The lower of two middle ones: a promise that was made.
        .agg((pl.col("promised_date") - pl.col("ordered_date")).dt.total_days().quantile(0.5, "lower").cast(pl.Int64).alias("median"))
    )
    return (
        terms.join(promised, on=["sku", "fc"], how="left", maintain_order="left")
        .with_columns(pl.coalesce(pl.col("median").clip(lower_bound=0), _agreed()).alias("promised_days"))
        .drop("median")
    )


def watched_lines(terms: pl.DataFrame, receipts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the order lines known at `as_of`, columns as in LINE and `promised` (whether the line had a promise of its own).

    A line is late against its promised date; without one, against its order date and the agreed lead time: the item's own, or what is usual
    for its supplier. What was received after `as_of` is open, what was ordered after it is not known. A line that came with
    nothing never comes.

    Parameters
    ----------
    terms
        Columns sku, fc, supplier, lead_time_days.
    """
    own = terms.select("sku", "fc", pl.col("supplier").alias("usual_supplier"), _agreed().alias("own"))
    lanes = terms.group_by(pl.col("supplier").fill_null("")).agg(_agreed().quantile(0.5, "lower").cast(pl.Int64).alias("lane"))
    came = (pl.col("received_date") <= as_of).fill_null(False)
    nothing = came & (pl.col("units_received") == 0).fill_null(False)
    seen = pl.when(came).then(pl.col("received_date")).otherwise(pl.lit(as_of))
    share = (pl.col("units_received").fill_null(pl.col("units_ordered")) / pl.col("units_ordered")).clip(0, 1)
    return (
        _known(receipts, as_of)
        .filter(pl.col("units_ordered") > 0)
        .join(own, on=["sku", "fc"], how="left")
        .with_columns(pl.coalesce("supplier", "usual_supplier", pl.lit("")).alias("supplier"))
        .join(lanes, on="supplier", how="left")
        .with_columns(
            pl.coalesce("promised_date", pl.col("ordered_date") + pl.duration(days=pl.coalesce("own", "lane"))).alias("promise"),
            pl.col("promised_date").is_not_null().alias("promised"),
        )
        .filter(pl.col("promise").is_not_null())
        .select(
            *("sku", "fc", "supplier"),
            pl.when(nothing).then(GONE).otherwise((seen - pl.col("promise")).dt.total_days()).alias("days"),
            (came & ~nothing).alias("came"),
            pl.when(came & ~nothing).then((share * MICRO).round()).cast(pl.Int64).alias("complete"),
            "promised",
        )
    )


def _known(receipts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    return receipts.filter(pl.col("ordered_date") <= as_of)


def _agreed() -> pl.Expr:
    """Return the agreed lead time in whole days, rounded up as dates are."""
    return (pl.col("lead_time_days") - 1e-9).ceil().clip(lower_bound=0).cast(pl.Int64)
