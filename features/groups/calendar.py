"""Calendar of the forecast period."""

import polars as pl

from features.groups.group import Expressions, FeatureGroup
from features.panel import Panel


def at_target(panel: Panel) -> Expressions:
    """Return weekday, day of the month, month and week of the year, as far as history has shown each of them more than once.

    In a short history the month names a few dates, and trees would learn by heart what happened on them.
    """
    date, year = pl.col("date").dt, panel.cadence.year
    features = {}
    if panel.cadence.frequency == "day":
        features["weekday"] = date.weekday()
        if panel.history >= year // 2:
            features["month_day"] = date.day()
    if panel.history >= 2 * year:
        features |= {"week": date.week(), "month": date.month()}
    return {name: expression.cast(pl.Float32) for name, expression in features.items()}


GROUP = FeatureGroup("calendar", explains="season", at_target=at_target)
