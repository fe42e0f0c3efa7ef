"""Events: which one falls on the forecast period, and how far the nearest ones lie before and after it."""

import polars as pl

from features.groups.group import Expressions, FeatureGroup
from features.panel import Panel


def at_target(panel: Panel) -> Expressions:
    """Return the event's code and the distances; null beyond the reach of an event."""
    return {name: pl.col(name) for name in ("event_kind", "event_before", "event_after")}


def aligned(panel: Panel) -> Expressions:
    """Return whether the aligned past period was itself an event, so that its demand is not taken for an ordinary one."""
    return {"season_last_event": pl.col("event_kind")}


GROUP = FeatureGroup("events", explains="events", aligned=aligned, at_target=at_target)
