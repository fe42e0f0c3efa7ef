"""Recent level of a series: lags, rolling means, spreads and zero shares of in-stock demand, and the scale of the series."""

import polars as pl

from data.windows import POINT, fixed, fixed_square, lag, ratio, running, window_mean, window_sum, window_variance
from features.groups.group import PER_LEVEL, Expressions, FeatureGroup
from features.panel import Panel


def prepare(rows: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """Add counts and totals of in-stock demand, and `level`: the scale of the series as of each row, in units per period."""
    demand = pl.col("demand")
    rows = rows.with_columns(
        observed=demand.is_not_null().cast(pl.Int64),
        units=fixed(demand),
        squares=fixed_square(fixed(demand)),
        zeros=(demand == 0).fill_null(False).cast(pl.Int64),
        sold=fixed(pl.col("demand_at_least")),
    )
    totals = ("observed", "units", "squares", "zeros", "sold")
    rows = rows.with_columns(running(pl.col(column)).alias(f"total_{column}") for column in totals)
    return rows.with_columns(level=level(panel.cadence.level_window))


def level(window: int) -> pl.Expr:
    """Return the scale of a series: in-stock mean of a window, a longer one where it is empty, never below a small floor.

    One observation's worth of the long mean steadies the first days of a series. Where nothing was ever in stock, what was
    sold at least is the only evidence there is.
    """
    units = window_sum("total_units", window) + window_sum("total_units", 4 * window) // 20
    count = window_sum("total_observed", window) * POINT + window_sum("total_observed", 4 * window) * POINT // 20
    at_least = pl.col("total_sold").cast(pl.Float64) / POINT / (pl.col("pos") + 1)
    return pl.coalesce(ratio(units, count).cast(pl.Float64), at_least).fill_null(0.0).clip(lower_bound=0.02).cast(pl.Float32)


def at_origin(panel: Panel) -> Expressions:
    """Return lags, means, spreads, zero shares and the trend between windows."""
    cadence = panel.cadence
    features: Expressions = {f"lag_{k}{PER_LEVEL}": lag(pl.col("demand"), k) for k in cadence.lags}
    for window in cadence.windows:
        features[f"mean_{window}{PER_LEVEL}"] = window_mean("total_units", "total_observed", window)
    for window in (cadence.windows[1], cadence.level_window):
        count = window_sum("total_observed", window)
        features[f"spread_{window}{PER_LEVEL}"] = window_variance("total_units", "total_squares", "total_observed", window).sqrt()
        features[f"zero_share_{window}"] = ratio(window_sum("total_zeros", window), count)
        features[f"observed_{window}"] = count.cast(pl.Float32)
    short, middle = cadence.windows[1], cadence.windows[2]
    features["trend"] = ratio(
        window_sum("total_units", short) * window_sum("total_observed", middle, ending=short),
        window_sum("total_units", middle, ending=short) * window_sum("total_observed", short),
    ).clip(upper_bound=10)
    features[f"sold_{short}{PER_LEVEL}"] = window_sum("total_sold", short).cast(pl.Float32) / POINT / short
    features["log_level"] = pl.col("level").log()
    return features


GROUP = FeatureGroup("level", explains="level", prepare=prepare, at_origin=at_origin)
