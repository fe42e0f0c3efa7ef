"""The numbers at the top of the report and how they moved since the run before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from flows.report.formats import count, money, percent, units

Show = Callable[[float | None], str]


@dataclass(frozen=True)
class Card:
    """One headline number. `tone` is good, bad or plain: whether its change is welcome."""

    title: str
    value: str
    note: str
    change: str
    tone: str


def headline_numbers(recommendations: pl.DataFrame, alerts: pl.DataFrame, metrics: pl.DataFrame) -> dict[str, float | None]:
    """Return a run's headline numbers by name, for its own report and for the next one's comparison.

    Money is in the run's currency, `wape` is a share; a number is None where the run does not know it.
    """
    orders = recommendations.filter(pl.col("order_units") > 0)
    open_alerts = alerts.filter(pl.col("state") != "cleared")
    return {
        "value_at_risk": _total(recommendations, "expected_lost_margin"),
        "expected_lost_units": _total(recommendations, "expected_lost_units"),
        "order_lines": float(orders.height) if recommendations["order_units"].count() else None,
        "order_units": _total(recommendations, "order_units"),
        "order_value": _total(recommendations, "order_value"),
        "stocked_out": float(_places(open_alerts, "stocked_out")),
        "overstock": float(_places(open_alerts, "overstock")),
        "wape": wape_by_rule(metrics).get("", None),
    }


def wape_by_rule(metrics: pl.DataFrame) -> dict[str, float]:
    """Return the run's forecast error (metric `wape`, under "") and that of each simple rule (`wape_<rule>`), as shares."""
    whole_run = metrics.filter((pl.col("group") == "accuracy") & pl.col("segment").is_null() & pl.col("value").is_not_null())
    return {
        name.removeprefix("wape").lstrip("_"): value
        for name, value in whole_run.select("name", "value").iter_rows()
        if name == "wape" or name.startswith("wape_")
    }


def cards(
    numbers: Mapping[str, float | None], previous: Mapping[str, float | None] | None, currency: str | None, metrics: pl.DataFrame
) -> list[Card]:
    """Return the headline cards, most important first."""
    amount = partial(money, currency=currency)
    lines = numbers["order_lines"]
    sent = f"{count(lines, 'line')}, {count(numbers['order_units'], 'unit')}" if lines else "nothing to send"
    rules = {name.replace("_", " "): value for name, value in wape_by_rule(metrics).items() if name}
    best = min(rules.items(), key=lambda rule: rule[1], default=None)
    yardstick = f"best simple rule ({best[0]}): {percent(best[1], 1)}" if best else "no simple rule was measured"

    def card(title: str, key: str, note: str, show: Show = units, show_change: Show | None = None, welcome: int = -1) -> Card:
        before = None if previous is None else previous.get(key)
        change, tone = _change(numbers[key], before, show_change or show, welcome) if previous is not None else ("first run", "plain")
        return Card(title, show(numbers[key]), note, change, tone)

    return [
        card("Margin at risk", "value_at_risk", "expected loss if nothing were ordered", amount),
        card("Expected lost units", "expected_lost_units", "if nothing were ordered"),
        card("Orders to send", "order_value", sent, amount, welcome=0),
        card("Stocked out", "stocked_out", "items × locations with empty shelves"),
        card("Overstock", "overstock", "items × locations with far too much"),
        card("Forecast error", "wape", yardstick if numbers["wape"] is not None else "not measured in this run", _share, _points),
    ]


def _share(value: float | None) -> str:
    return percent(value, 1)


def _points(value: float | None) -> str:
    return count(None if value is None else round(value * 100, 1), "point")


def _change(now: float | None, before: float | None, show: Show, welcome: int) -> tuple[str, str]:
    """Return the words and the tone of a change; `welcome` is the good direction: −1 down, 0 neither."""
    if now is None:
        return "", "plain"
    if before is None:
        return "not known last night", "plain"
    size = show(abs(now - before))
    if size == show(0.0):
        return "as last night", "plain"
    up = now > before
    tone = "plain" if welcome == 0 else "bad" if up else "good"
    return f"{'▲' if up else '▼'} {size} {'more' if up else 'less'} than last night", tone


def _total(frame: pl.DataFrame, column: str) -> float | None:
    known = frame[column].drop_nulls()
    # numpy adds in a fixed order, so that a rerun prints the same digits
    return float(np.sum(known.to_numpy())) if known.len() else None


def _places(alerts: pl.DataFrame, kind: str) -> int:
    return alerts.filter(pl.col("kind") == kind).select("fc", "sku").unique().height
