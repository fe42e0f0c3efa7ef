"""Where the terms of a row come from: the table and column, or the config key, that the value in force was read from."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from flows.why.recompute import Recomputed, Row
from models.supply_terms import ITEM_FIELDS, SUPPLY_FIELDS

DERIVED = {
    "shortage_cost": "price − unit cost (items)",
    "holding_cost": "unit cost × replenishment.capital_rate + storage (items)",
}
"""What a cost is made of where none is given."""

LEARNED = ("lead_time_days", "lead_time_sd")


def term_sources(again: Recomputed) -> dict[str, str]:
    """Return field of `supply` → where the value that decides comes from, in words; a field without a value has no source.

    The order of precedence is that of `models.supply_terms`: supply for the item at the fc, supply for the item, items, config.
    """
    sku, fc, region = (again.row[name] for name in ("sku", "fc", "region"))
    supply = again.night.table("supply", region).filter(sku=sku)
    own, general = _first(supply.filter(fc=fc)), _first(supply.filter(pl.col("fc").is_null()))
    item = _first(again.night.table("items").filter(sku=sku))
    found = {}
    for field in SUPPLY_FIELDS:
        places: list[tuple[Row, str]] = [(own, f"supply, {sku} at {fc}"), (general, f"supply, {sku} at any fc")]
        if field in ITEM_FIELDS:
            places.append((item, f"items, {sku}"))
        source = next((words for row, words in places if row.get(field) is not None), None)
        found[field] = source or _otherwise(field, again, item)
    if (weekdays := own.get("order_weekdays") or general.get("order_weekdays")) and again.night.settings.frequency == "day":
        found["review_days"] = f"order_weekdays {weekdays} ({found['order_weekdays']})"
    if lines := again.basis["lead_time_lines"]:
        found |= dict.fromkeys(LEARNED, f"receipts, {lines} order lines by {again.basis['lead_time_lane']}")
    if found["service_level"] == _configured("service_level") and (key := again.basis["service_class"]) is not None:
        found["service_level"] = f"config, replenishment.service_levels.{key}"
    if again.basis["override_service_level"] is not None and again.basis["override_service_level"] == again.basis["service_level"]:
        found["service_level"] = "a planner's override"
    return {field: source for field, source in found.items() if source}


def _otherwise(field: str, again: Recomputed, item: Row) -> str | None:
    """Return the source of a value that no table gives."""
    configured = getattr(again.settings, field, None)
    if configured is not None:
        return _configured(field)
    needed: Sequence[str] = {"shortage_cost": ("price", "unit_cost"), "holding_cost": ("unit_cost",)}.get(field, ())
    if needed and all(item.get(name) is not None for name in needed):
        return DERIVED[field]
    return None


def _configured(field: str) -> str:
    return f"config, replenishment.{field}"


def _first(frame: pl.DataFrame) -> dict[str, Any]:
    return frame.row(0, named=True) if frame.height else {}
