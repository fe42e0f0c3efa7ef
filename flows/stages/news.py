"""News: what became known since the last published run, and how tonight's forecasts moved from its own."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from data.demand import Demand, build_demand
from data.published import RunPaths, read_frame, read_manifest
from flows.stages.night import Night
from models.alert_kinds.night import News
from models.stability import forecast_moves

PLANNED = ["sku", "fc", "region", "date", "price", "promo", "ad_spend"]


def news_since(night: Night, previous: RunPaths | None, forecasts: pl.DataFrame) -> News:
    """Return what became known since the run before, and the moves of tonight's forecasts; nothing without such a run."""
    if previous is None:
        return News()
    manifest, before = read_manifest(previous), read_frame(previous, "forecasts")
    demand = demand_since(night, previous.as_of, forecasts["region"].unique().sort().to_list())
    moves = forecast_moves(before, forecasts, demand, frequency=night.settings.frequency)
    return News(
        moves=moves,
        since=previous.as_of,
        retrained=manifest.get("model_id") != night.model_id,
        plan_changed=_plan_changed(night, manifest, before),
    )


def demand_since(night: Night, since: date, regions: list[str]) -> pl.DataFrame:
    """Return demand per sku × fc and period after a day, null where out of stock in part."""
    # Read further back than needed: a series without a sale since then sold nothing, rather than not being there.
    begins = since - timedelta(days=night.cadence.level_window * night.cadence.step_days)
    parts: list[pl.DataFrame] = [Demand.create_empty()]
    for region in regions:
        sales, availability = (night.table(name, region, since=begins, until=night.as_of) for name in ("sales", "availability"))
        if not sales.is_empty():
            parts.append(
                build_demand(sales, availability, night.table("items"), as_of=night.as_of, frequency=night.settings.frequency).filter(
                    pl.col("date") > since
                )
            )
    return pl.concat(parts)


def _plan_changed(night: Night, manifest: Mapping[str, Any], before: pl.DataFrame) -> frozenset[str]:
    """Return the items whose plan for the periods that both runs forecast is not what it was."""
    version, now = manifest.get("lake_versions", {}).get("plan"), night.versions.get("plan")
    if version == now or before.is_empty():
        return frozenset()
    until = before["date"].to_list()
    first, last = night.as_of + timedelta(days=1), max(until) + timedelta(days=night.cadence.step_days - 1)
    tonight = night.table("plan", since=first, until=last).select(PLANNED)
    earlier = tonight.clear() if version is None else night.lake.read("plan", version=int(version), since=first, until=last).select(PLANNED)
    changed = pl.concat(
        [tonight.join(earlier, on=PLANNED, how="anti", nulls_equal=True), earlier.join(tonight, on=PLANNED, how="anti", nulls_equal=True)]
    )
    return frozenset(changed["sku"].to_list())
