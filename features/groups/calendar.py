"""Calendar of the forecast period."""

import polars as pl

from features.groups.group import Expressions, FeatureGroup
from features.panel import Panel


def at_target(panel: Panel) -> Expressions:
    """Return weekday, day of the month, month and week of the year, as far as they say something at this frequency."""
    date = pl.col("date").dt
    features = {"week": date.week(), "month": date.month(), "month_day": date.day()}
    if panel.cadence.frequency == "day":
        features["weekday"] = date.weekday()
    return {name: expression.cast(pl.Float32) for name, expression in features.items()}


GROUP = FeatureGroup("calendar", at_target=at_target)
