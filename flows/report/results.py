"""What the pages of a backtest and of a replay share: style, content policy, and templates with the report's formats."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.report import bundle, formats
from flows.report.charts import key_sample

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Card:
    """One headline number. `tone` is good, bad or plain: whether its change is welcome."""

    title: str
    value: str
    note: str
    change: str
    tone: str


def results_style() -> str:
    """Return the style of a page of results."""
    return (_HERE / "results.css").read_text(encoding="utf-8")


def content_policy(style: str) -> str:
    """Return a content policy that allows nothing but this style."""
    return bundle.policy([], [style])


def results_environment(folder: Path, **filters: Callable[..., Any]) -> Environment:
    """Return jinja for the templates of a folder, as the report sets it up: every text escaped, an unknown name an error."""
    environment = Environment(
        loader=FileSystemLoader([folder, _HERE]), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    named = {name: getattr(formats, name) for name in ("count", "money", "percent", "text", "units", "words")}
    environment.filters.update(named | {"key_sample": key_sample} | filters)
    return environment
