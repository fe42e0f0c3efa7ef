"""Scenarios and changes in words."""

from collections.abc import Mapping
from typing import Any

from flows.report.formats import text

EFFECTS = {
    "demand_times": "demand × {}",
    "lead_time_days": "lead time {} days",
    "lead_time_plus_days": "lead time {:+g} days",
    "lead_time_sd": "standard deviation of the lead time {} days",
    "review_days": "an order every {} days",
    "service_level": "service level {}",
    "shortage_cost": "shortage cost {}",
    "holding_cost": "holding cost {}",
    "unit_cost_times": "unit cost × {}",
    "case_pack": "cases of {}",
    "moq": "least order {}",
    "max_units": "most units {}",
}


def told_scenario(scenario: Mapping[str, Any]) -> str:
    """Return what a scenario changes, and for which rows."""
    return "; ".join(_told(change) for change in scenario["change"])


def _told(change: Mapping[str, Any]) -> str:
    effects = ", ".join(words.format(change[name]) for name, words in EFFECTS.items() if change.get(name) is not None)
    where = [f"{name} {' or '.join(text(value, 40) for value in values)}" for name, values in change.get("where", {}).items() if values]
    return f"{effects} for {', '.join(where) or 'all rows'}"


def signed(value: float | None) -> str:
    """Return a change with its sign, none for none."""
    if value is None:
        return "–"
    digits = f"{abs(value):,.0f}" if abs(value) >= 100 else f"{abs(value):,.2f}".rstrip("0").rstrip(".")
    return "0" if digits == "0" else f"{'+' if value > 0 else '−'}{digits}"
