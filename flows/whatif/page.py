"""Puts scenarios beside the run as it was, on one self-contained page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from flows.report.results import content_policy, results_environment, results_style
from flows.whatif.scenarios import BASE
from flows.whatif.words import signed, told_scenario

_HERE = Path(__file__).parent

MOST_ROWS = 25
"""Rows of a scenario that the page shows; rows.parquet has all."""


def whatif_page(summary: Mapping[str, Any], sums: pl.DataFrame, moved: pl.DataFrame) -> str:
    """Return the page as HTML text: no scripts, nothing fetched, every text from the data escaped.

    Parameters
    ----------
    summary
        Of the question: run, scenarios, currency.
    sums, moved
        As `flows.whatif.sums` makes them.
    """
    style = results_style()
    lines = sums.to_dicts()
    told = [
        {
            "scenario": scenario,
            "words": told_scenario(scenario),
            "moved": rows.head(MOST_ROWS).to_dicts(),
            "more": max(rows.height - MOST_ROWS, 0),
        }
        for scenario in summary["scenarios"]
        for rows in (moved.filter(scenario=scenario["name"]),)
    ]
    page = results_environment(_HERE, signed=signed).get_template("whatif.html.j2")
    return page.render(summary=summary, style=style, policy=content_policy(style), base_name=BASE, base=lines[0], lines=lines, told=told)
