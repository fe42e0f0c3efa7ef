"""The report where the page's libraries are missing: what to order first, without a script."""

from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.report import bundle, formats
from flows.report.contents import ReportData
from flows.report.sections import why_nothing

SHOWN = 100


def plain_page(data: ReportData) -> str:
    """Return one page of the first orders and of where the rest is, as HTML text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update({name: getattr(formats, name) for name in ("text", "units", "money", "day", "percent", "words", "count")})
    style = (Path(__file__).parent / "results.css").read_text(encoding="utf-8")
    rows = data.recommendations.filter(data.recommendations["action"] != "none")
    return environment.get_template("plain.html.j2").render(
        data=data,
        style=style,
        policy=bundle.policy([], [style]),
        order_date=data.as_of + timedelta(days=1),
        nothing=why_nothing(data.recommendations, data.plan_messages),
        rows=rows.head(SHOWN).to_dicts(),
        more=max(rows.height - SHOWN, 0),
    )
