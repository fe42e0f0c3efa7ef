"""Age of the item at the fulfilment centre."""

import polars as pl

from features.groups.group import Expressions, FeatureGroup
from features.panel import Panel


def at_origin(panel: Panel) -> Expressions:
    """Return periods since the series began, up to a year: older items are all alike."""
    return {"periods_on_sale": (pl.col("pos") + 1).clip(upper_bound=panel.cadence.year).cast(pl.Float32)}


GROUP = FeatureGroup("age", explains="level", at_origin=at_origin)
