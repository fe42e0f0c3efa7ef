"""Same-season demand: the same weekday (or the same week a year ago) of the series, and the same time a year ago."""

import polars as pl

from data.windows import POINT, lag, ratio, seasonal_sum, window_mean
from features.groups.group import PER_LEVEL, Expressions, FeatureGroup
from features.panel import Panel


def aligned(panel: Panel) -> Expressions:
    """Return means of in-stock demand over the last few periods in the target's phase of the season."""
    season = panel.cadence.season
    features: Expressions = {f"season_last{PER_LEVEL}": pl.col("demand")}
    for cycles in panel.cadence.cycles:
        total, count = seasonal_sum("units", season, cycles), seasonal_sum("observed", season, cycles)
        features[f"season_mean_{cycles}{PER_LEVEL}"] = ratio(total, count * POINT)
    return features


def at_target(panel: Panel) -> Expressions:
    """Return demand around the target's date a year ago, relative to the level of that time."""
    cadence = panel.cadence
    if cadence.year <= cadence.season:
        return {}
    half = cadence.season // 2
    year_ago = window_mean("total_units", "total_observed", cadence.season, ending=cadence.year - half)
    month_before = lag(pl.col("level"), cadence.year + panel.horizon)
    # A window centred a year back lies before every origin only while the horizon is shorter than that.
    if panel.horizon > cadence.year - half:
        return {}
    return {
        "year_ago": (year_ago / month_before).clip(upper_bound=20),
        "year_ago_day": (lag(pl.col("demand"), cadence.year) / month_before).clip(upper_bound=20),
    }


GROUP = FeatureGroup("season", explains="season", aligned=aligned, at_target=at_target)
