"""What a notification says: a night in a few lines, a night that failed, a night that is late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Literal
from urllib.parse import quote

import polars as pl

from data.storage import Place
from flows.notify_settings import IN_LINK, NotifySettings
from flows.report.formats import count, money, text, units, words
from models.contracts import SEVERITIES

LINE = 200
"""Most characters of an alert or a message; the report has all of it."""

LATE_TABLE = "late_table"
"""Code of the plan message of a table that the night was run without: told in the title."""

Mood = Literal["success", "warning", "failure"]


@dataclass(frozen=True)
class Digest:
    """A notification in plain text. mood: what services show in colour."""

    title: str
    body: str
    mood: Mood


def night_digest(
    manifest: Mapping[str, Any],
    alerts: pl.DataFrame,
    messages: pl.DataFrame,
    folder: Place,
    settings: NotifySettings,
    problem: str | None = None,
) -> Digest:
    """Return the digest of a published run.

    Parameters
    ----------
    manifest, alerts, messages
        Of the run; alerts and plan messages by their contracts, the most valuable alert first.
    folder
        Of the run.
    settings
        What to tell.
    problem
        What kept the run from being written to a database; None where nothing did.
    """
    currency, failed = manifest["currency"], manifest["failed_regions"]
    standing = alerts.filter(pl.col("state") != "cleared", pl.col("snoozed_by").is_null())
    critical = standing.filter(severity="critical").height
    at_risk = money(manifest["headline"].get("value_at_risk"), currency)
    title = f"{text(manifest['name'])} as of {manifest['as_of']}: {count(critical, 'critical alert')}, {at_risk} at risk"
    lines = [f"No numbers for {', '.join(map(text, failed))}: the region failed, the others are published."] if failed else []
    lines += [_alert_counts(standing), _orders(manifest)]
    if settings.alerts and standing.height:
        lines += ["", "Most at stake:", *(_alert(row, currency) for row in standing.head(settings.alerts).iter_rows(named=True))]
        if standing.height > settings.alerts:
            lines.append(f"and {count(standing.height - settings.alerts, 'alert')} more in the report")
    if (serious := messages.filter(pl.col("severity") != "info")).height:
        # Errors first: what is missing from the run before what may be wrong in it.
        first = serious.sort(pl.col("severity") != "error", maintain_order=True).row(0, named=True)
        lines += ["", f"{count(serious.height, 'message')} about the data to look at, first: {text(first['message'], LINE)}"]
    if problem is not None:
        lines += ["", f"The database does not have it yet: {text(problem, LINE)}"]
    lines += ["", f"Report: {_place(manifest, folder, settings)}"]
    late = messages.filter(code=LATE_TABLE)["table"].to_list()
    lacking = ([count(len(failed), "region")] if failed else []) + [f"the late {text(table)}" for table in late]
    title += f", without {' and '.join(lacking)}" if lacking else ""
    # Mail programs and chats do not agree on what a no-break space is.
    title, body = (part.replace("\N{NO-BREAK SPACE}", " ") for part in (title, "\n".join(lines)))
    return Digest(title, body, "warning" if critical or lacking or problem is not None else "success")


def failure_digest(name: str, error: str) -> Digest:
    """Return what is told when a night published nothing; `error` is what a person must mend."""
    body = f"{text(error, 2_000)}\n\nWhat was published before still stands. Mend the cause and start the night again."
    return Digest(f"{text(name)}: the night failed, nothing was published", body, "failure")


def late_digest(name: str, due: datetime, late_after: time, newest: str, under_way: str | None) -> Digest:
    """Return what is told when a night is late.

    Parameters
    ----------
    name
        Of the config.
    due
        When it was due, on this machine's clock.
    late_after
        The setting.
    newest
        The newest published run in words.
    under_way
        Who is working on the lake, None where nobody is.
    """
    now = f"A run is under way: {under_way}." if under_way else "No run is under way: see whether it was started, and how it ended."
    body = f"Nothing has been published for the night that was due at {late_after:%H:%M} on {due:%Y-%m-%d}. {now}\n\n{newest}"
    return Digest(f"{text(name)}: the night is late", body, "warning")


def _alert_counts(standing: pl.DataFrame) -> str:
    if standing.is_empty():
        return "No open alerts."
    by_severity = [(severity, standing.filter(severity=severity).height) for severity in SEVERITIES]
    fresh = standing.filter(pl.col("state").is_in(["new", "worse"])).height
    told = ", ".join(f"{number:,} {severity}" for severity, number in by_severity if number)
    return f"{count(standing.height, 'open alert')} ({told}), {fresh:,} new or worse."


def _orders(manifest: Mapping[str, Any]) -> str:
    headline, rows = manifest["headline"], manifest["row_counts"]["recommendations"]
    if not rows:
        return f"{count(manifest['row_counts']['forecasts'], 'forecast')}; no orders were worked out."
    value = headline.get("order_value")
    worth = f", worth {money(value, manifest['currency'])}" if value is not None else ""
    lost = headline.get("expected_lost_units")
    saved = f" Without them {count(round(lost), 'unit')} would be expected to go unmet." if lost is not None else ""
    lines = headline.get("order_lines") or 0
    return f"{int(lines):,} of {count(rows, 'item')} to order: {count(headline.get('order_units') or 0, 'unit')}{worth}.{saved}"


def _alert(row: Mapping[str, Any], currency: str | None) -> str:
    where = " ".join(text(row[name]) for name in ("fc", "sku") if row[name] is not None)
    stake = money(row["value_at_risk"], currency) if row["value_at_risk"] is not None else f"{units(row['units_at_risk'])} units"
    stake = "" if row["value_at_risk"] is None and row["units_at_risk"] is None else f", {stake}"
    action = f" → {words(row['action'])}" if row["action"] and row["action"] != "none" else ""
    return f"- {row['severity']}{stake}, {where or words(row['kind'])}: {text(row['message'], LINE)}{action}"


def _place(manifest: Mapping[str, Any], folder: Place, settings: NotifySettings) -> str:
    if settings.link is None:
        return str(folder.resolve() / "report.html")
    return settings.link.format(**{name: quote(str(manifest[name]), safe="") for name in IN_LINK})
