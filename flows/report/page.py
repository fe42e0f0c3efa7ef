"""Puts the report's parts into one self-contained page with a content policy that allows nothing but its own style."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.report import formats, sections
from flows.report.contents import ReportData
from flows.report.headline import cards, headline_numbers
from flows.report.picture import HEIGHT, WIDTH
from flows.report.rows import anchors, reorder_rows

_HERE = Path(__file__).parent


def render_report(data: ReportData, *, max_rows: int = 500) -> str:
    """Return the report of one run as HTML text: no scripts, nothing fetched, every text from the data escaped.

    The reorder table holds the first `max_rows` recommendations and counts the rest.
    """
    style = (_HERE / "report.css").read_text(encoding="utf-8")
    rows = reorder_rows(data, max_rows)
    numbers = headline_numbers(data.recommendations, data.alerts, data.metrics)
    messages, kinds_left_out = sections.message_groups(data.plan_messages)
    plain_facts, nested_facts = sections.run_facts(data.manifest)
    page = _environment(data.currency).get_template("report.html.j2")
    return page.render(
        data=data,
        style=style,
        policy=_policy(style),
        order_date=data.as_of + timedelta(days=1),
        numbers=numbers,
        cards=cards(numbers, data.previous, data.currency, data.metrics),
        failed_regions=[formats.text(region) for region in data.manifest.get("failed_regions") or []],
        nothing=sections.why_nothing(data.recommendations, data.plan_messages),
        alerts=sections.alert_list(data.alerts, data.recommendations, anchors(rows), data.currency),
        rows=rows,
        rows_left_out=max(data.recommendations.height - len(rows), 0),
        messages=messages,
        kinds_left_out=kinds_left_out,
        quarantine=data.quarantine_counts.sort("rows", descending=True, maintain_order=True).head(50).to_dicts(),
        quarantined=int(data.quarantine_counts["rows"].sum()),
        accuracy=sections.measures(data.metrics, "accuracy"),
        coverage=sections.measures(data.metrics, "coverage"),
        times=sections.stage_times(data.metrics),
        plain_facts=plain_facts,
        nested_facts=nested_facts,
        width=WIDTH,
        height=HEIGHT,
    )


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _environment(currency: str | None) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def money(value: float | None) -> str:
        return formats.money(value, currency)

    filters: dict[str, Any] = {
        "units": formats.units,
        "money": money,
        "percent": formats.percent,
        "days": formats.days,
        "day": formats.day,
        "weekday": formats.weekday,
        "text": formats.text,
        "words": formats.words,
        "count": formats.count,
    }
    environment.filters.update(filters)
    return environment
