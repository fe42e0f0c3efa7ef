"""The data of the page: what one run says, as plain values for JSON."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from flows.report.columns import columnar, short
from flows.report.contents import EarlierNight, ReportData
from flows.report.formats import text
from flows.report.headline import Headline, headline_of, wape_by_rule
from flows.report.sections import message_groups, why_nothing
from flows.report.sellers import by_seller
from models.override_value import by_author_and_reason

MOST_ALERTS = 2_000
MOST_MESSAGES = 300
LEFT_OUT = ("run_id", "as_of")
MARKETPLACE = {
    "report_date": "market_report_date",
    "recommended_units": "market_units",
    "recommended_ship_date": "market_ship_date",
    "days_of_supply": "market_days",
    "days_of_supply_with_inbound": "market_days_with_inbound",
    "alert": "market_alert",
    "recommended_action": "market_action",
}
"""Columns of `data.marketplace.MarketplaceAdvice` → their names in a row of the page."""
_SECRET = re.compile(r"secret|password|passwd|token|credential|(?:^|_)key$", re.IGNORECASE)


def night(data: ReportData, rows: pl.DataFrame) -> dict[str, Any]:
    """Return everything the page shows but pictures; `rows` are the recommendations shown, in their order."""
    now = headline_of(data.recommendations, data.alerts, data.metrics, data.currencies)
    shown = rows.join(data.explanations.drop("run_id", "region"), on=["fc", "sku"], how="left", maintain_order="left")
    advised = data.marketplace.select("fc", "sku", *MARKETPLACE).rename(MARKETPLACE)
    shown = shown.join(advised, on=["fc", "sku"], how="left", maintain_order="left")
    asleep = pl.col("snoozed_by").is_not_null() & (pl.col("state") != "cleared")
    told = data.alerts.with_columns(state=pl.when(asleep).then(pl.lit("snoozed")).otherwise("state"))
    open_first = told.sort(pl.col("state").is_in(["cleared", "snoozed"]), maintain_order=True)
    messages, kinds_left_out = message_groups(data.plan_messages, MOST_MESSAGES)
    return {
        "name": text(data.name),
        "run_id": text(data.run_id, 120),
        "as_of": data.as_of.isoformat(),
        "order_date": (data.as_of + timedelta(days=1)).isoformat(),
        "frequency": data.frequency,
        "currencies": {text(fc): text(code, 8) for fc, code in data.currencies.items()},
        "headline": _headline(now),
        "previous": None if data.previous is None else _headline(data.previous),
        "rules": {text(name): value for name, value in wape_by_rule(data.metrics).items() if name},
        "nothing": why_nothing(data.recommendations, data.plan_messages),
        "failed_regions": [text(region) for region in data.manifest.get("failed_regions") or []],
        "reasons": {text(code): text(words, 200) for code, words in data.reasons.items()},
        "sellers": by_seller(data.recommendations, data.alerts, data.currencies),
        "rows": columnar(shown.drop(*LEFT_OUT), data.as_of),
        "all_rows": data.recommendations.height,
        "alerts": columnar(open_first.head(MOST_ALERTS), data.as_of),
        "all_alerts": data.alerts.height,
        "earlier": [_earlier(one, rows) for one in data.earlier],
        "messages": [{name: text(value, 400) if isinstance(value, str) else value for name, value in row.items()} for row in messages],
        "message_kinds_left_out": kinds_left_out,
        "quarantine": [
            {name: text(value, 200) if isinstance(value, str) else value for name, value in row.items()}
            for row in data.quarantine_counts.head(200).to_dicts()
        ],
        "metrics": columnar(data.metrics, data.as_of),
        "decisions": columnar(_decisions(data), data.as_of),
        "run": _open(data.manifest),
    }


def _headline(headline: Headline) -> dict[str, Any]:
    return {"numbers": headline.numbers, "money": {text(code, 8): amounts for code, amounts in headline.money.items()}}


def _decisions(data: ReportData) -> pl.DataFrame:
    """Return what planners' decisions were worth by author and reason, money of each currency for itself."""
    known = list(data.currencies)
    values = data.decisions.with_columns(
        currency=pl.col("fc").replace_strict(known, [data.currencies[fc] for fc in known], default="", return_dtype=pl.String)
    )
    parts = [
        by_author_and_reason(part).with_columns(pl.lit(currency, dtype=pl.String).alias("currency"))
        for (currency,), part in values.sort("currency").group_by("currency", maintain_order=True)
    ]
    return pl.concat(parts) if parts else by_author_and_reason(values).with_columns(pl.lit("").alias("currency"))


def _earlier(one: EarlierNight, rows: pl.DataFrame) -> dict[str, Any]:
    there = one.recommendations.with_columns(there=pl.lit(True))
    found = rows.select("fc", "sku").join(there, on=["fc", "sku"], how="left", maintain_order="left")
    columns = {name: short(found[name].to_list()) for name in ("order_units", "on_hand", "there")}
    return {"as_of": one.as_of.isoformat(), "run_id": text(one.run_id, 120), **columns}


def _open(value: Any, depth: int = 0) -> Any:
    """Return a manifest without what could be a secret, its texts bounded and printable."""
    if isinstance(value, Mapping):
        return {text(key, 80): "…" if _SECRET.search(str(key)) and item else _open(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_open(item, depth + 1) for item in value[:200]]
    if value is None or isinstance(value, bool | int | float):
        return value
    return text(re.sub(r"(?<=://)[^/@\s]+@", "…@", str(value)), 300)
