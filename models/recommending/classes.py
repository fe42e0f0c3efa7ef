"""ABC and XYZ classes: how much an item earns, and how steady its demand is."""

import polars as pl

A_SHARE, B_SHARE = 0.80, 0.95
X_SPREAD, Y_SPREAD = 0.5, 1.0
MICRO = 1_000_000


def with_classes(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with columns abc and xyz, in the order given.

    ABC: rows of a region from the highest margin down; those that begin below 80% of the region's margin are A, below 95% B,
    the rest C, and so is whatever earns nothing. Margin = mean demand × (price − unit cost), or × shortage cost where
    either is unknown; null where nothing is known. XYZ: coefficient of variation of cleaned demand up to 0.5 X, up to 1.0 Y,
    above Z; null without demand. Columns needed: region, fc, sku, mean_demand, sd_demand, price, unit_cost, shortage_cost.
    """
    margin = pl.coalesce((pl.col("price") - pl.col("unit_cost")).clip(lower_bound=0), "shortage_cost") * pl.col("mean_demand").fill_null(0)
    # Whole millionths: the running sum is the same in any order of equal rows.
    ranked = (
        rows.with_row_index("class_row")
        .with_columns((margin * MICRO).round().cast(pl.Int64).alias("margin"))
        .sort(["region", "margin", "fc", "sku"], descending=[False, True, False, False], nulls_last=True)
        .with_columns((pl.col("margin").cum_sum().over("region") - pl.col("margin")).alias("margin_before"))
        .with_columns((pl.col("margin_before") / pl.col("margin").sum().over("region")).alias("share_before"))
    )
    spread = pl.col("sd_demand") / pl.when(pl.col("mean_demand") > 0).then(pl.col("mean_demand"))
    abc = (
        pl.when(pl.col("margin").is_null())
        .then(None)
        .when(pl.col("margin") <= 0)
        .then(pl.lit("C"))
        .when(pl.col("share_before") < A_SHARE)
        .then(pl.lit("A"))
        .when(pl.col("share_before") < B_SHARE)
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )
    xyz = (
        pl.when(spread.is_null() | spread.is_nan())
        .then(None)
        .when(spread <= X_SPREAD)
        .then(pl.lit("X"))
        .when(spread <= Y_SPREAD)
        .then(pl.lit("Y"))
        .otherwise(pl.lit("Z"))
    )
    return (
        ranked.with_columns(abc.alias("abc"), xyz.alias("xyz"))
        .sort("class_row")
        .drop("class_row", "margin", "margin_before", "share_before")
    )
