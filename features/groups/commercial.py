"""Price, promotion and advertising: their planned values, and how they compare with the recent past."""

import polars as pl

from data.windows import POINT, carried, fixed, ratio, running, window_mean, window_sum
from features.groups.group import PER_LEVEL, Expressions, FeatureGroup
from features.panel import Panel


def prepare(rows: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Add running totals of price and promotion, and of demand on promoted periods."""
    # A price holds until the plan names another; no promotion planned means none.
    rows = rows.with_columns(price=carried(pl.col("price")), promo=pl.col("promo").fill_null(0), ad_spend=pl.col("ad_spend").fill_null(0))
    promoted = (pl.col("promo") > 0).fill_null(False).cast(pl.Int64)
    # A panel row in the future carries its planned price, but totals are read at origins only, which lie before it.
    rows = rows.with_columns(
        price_point=fixed(pl.col("price")),
        priced=pl.col("price").is_not_null().cast(pl.Int64),
        promoted=promoted,
        promoted_units=pl.col("units") * promoted,
        promoted_observed=pl.col("observed") * promoted,
    )
    columns = ("price_point", "priced", "promoted", "promoted_units", "promoted_observed")
    return rows.with_columns(running(pl.col(column)).alias(f"total_{column}") for column in columns)


def at_origin(panel: Panel) -> Expressions:
    """Return the usual price and promotion of the level window, and demand on promoted periods."""
    window = panel.cadence.level_window
    return {
        "usual_price": window_mean("total_price_point", "total_priced", window),
        "promo_share": window_sum("total_promoted", window).cast(pl.Float32) / window,
        f"promoted_mean{PER_LEVEL}": ratio(
            window_sum("total_promoted_units", 2 * window), window_sum("total_promoted_observed", 2 * window) * POINT
        ),
    }


def aligned(panel: Panel) -> Expressions:
    """Return what the aligned past period cost and whether it was promoted."""
    return {"season_last_price": pl.col("price"), "season_last_promo": pl.col("promo")}


def at_target(panel: Panel) -> Expressions:
    """Return the planned values."""
    return {"price": pl.col("price"), "promo": pl.col("promo"), "ad_spend": pl.col("ad_spend")}


GROUP = FeatureGroup("commercial", explains="price_promotion", prepare=prepare, at_origin=at_origin, aligned=aligned, at_target=at_target)
