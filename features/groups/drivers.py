"""Outside series such as weather: at the forecast period where they are known ahead, else as last seen."""

import polars as pl

from data.windows import fixed, running, window_mean
from features.groups.group import Expressions, FeatureGroup
from features.panel import Panel


def prepare(rows: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Add running totals of every driver."""
    names = (*panel.drivers_known_ahead, *panel.drivers_unknown_ahead)
    known = pl.col("in_stock_share").is_not_null()
    rows = rows.with_columns(
        *(fixed(pl.when(known).then(pl.col(f"driver_{name}"))).alias(f"point_{name}") for name in names),
        *((known & pl.col(f"driver_{name}").is_not_null()).cast(pl.Int64).alias(f"seen_{name}") for name in names),
    )
    return rows.with_columns(
        running(pl.col(f"{kind}_{name}")).alias(f"total_{kind}_{name}") for name in names for kind in ("point", "seen")
    )


def at_origin(panel: Panel) -> Expressions:
    """Return each driver's recent mean, and the last value of those not known ahead."""
    window = panel.cadence.windows[1]
    # What stands before "driver_" cannot be part of a driver's name: `rain` and `rain_mean` may both be drivers.
    features = {
        f"mean_of_driver_{name}": window_mean(f"total_point_{name}", f"total_seen_{name}", window)
        for name in (*panel.drivers_known_ahead, *panel.drivers_unknown_ahead)
    }
    return features | {f"last_of_driver_{name}": pl.col(f"driver_{name}") for name in panel.drivers_unknown_ahead}


def at_target(panel: Panel) -> Expressions:
    """Return the values of drivers that are known ahead."""
    return {f"driver_{name}": pl.col(f"driver_{name}") for name in panel.drivers_known_ahead}


GROUP = FeatureGroup("drivers", explains="drivers", prepare=prepare, at_origin=at_origin, at_target=at_target)
