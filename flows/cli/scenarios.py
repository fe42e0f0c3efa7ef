"""The command that asks what would be ordered if."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from flows.cli.locate import locate_run, newest_run
from flows.cli.progress import shown_progress
from flows.report.formats import percent
from flows.settings import load_settings
from flows.terminal import readable_console
from flows.whatif.conduct import WhatIf, what_if
from flows.whatif.scenarios import load_scenarios
from flows.whatif.words import signed, told_scenario

MEASURES = {
    "order_units": "order units",
    "order_value": "order value",
    "shortage": "shortage cost",
    "shortage_if_ordered_as_before": "with old orders",
    "holding": "holding cost",
}
"""Sums that are shown, and what they are called."""


def ask_what_if(config: Path, scenarios: Path, *, run_id: str | None, out: str | None, as_json: bool, debug: bool) -> None:
    """Decide the orders of a run under every scenario of a file and show them beside the run."""
    asked, settings = load_scenarios(scenarios), load_settings(config)
    output = settings.output.path
    run = newest_run(output) if run_id is None else locate_run(run_id, output)
    with shown_progress(quiet=as_json, debug=debug):
        found = what_if(run, asked, name=scenarios.stem, output=out, now=datetime.now(UTC))
    if as_json:
        document = {**found.summary, "path": str(found.path), "page": str(found.page), "sums": found.sums.to_dicts()}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    else:
        _show(found, readable_console())


def _show(found: WhatIf, console: Console) -> None:
    summary = found.summary
    console.print(f"[bold]{escape(summary['name'])}[/], run {summary['run_id']}, as of {summary['as_of']}", highlight=False, soft_wrap=True)
    if summary["not_as_published"]:
        told = f"  {summary['not_as_published']:,} of {summary['rows']:,} rows do not come out as published"
        console.print(f"{told}: code or lake are not what they were", style="yellow", highlight=False, soft_wrap=True)
    shown = Table("", *(Column(name, justify="right") for name in (*MEASURES.values(), "rows changed", "stock-out")), box=None)
    base = found.sums.row(0, named=True)
    for number, line in enumerate(found.sums.to_dicts()):
        money = [_cell(line[name], base[name] if number else None) for name in MEASURES]
        shown.add_row(escape(line["scenario"]), *money, f"{line['changed']:,}", percent(line["chance"], 1))
    console.print(shown)
    for scenario in summary["scenarios"]:
        console.print(f"  {scenario['name']}: {told_scenario(scenario)}", markup=False, highlight=False, soft_wrap=True)
    console.print("  nothing was published; the run stands as it is", highlight=False)
    console.print(f"  page: {found.page}", soft_wrap=True, markup=False, highlight=False)


def _cell(value: float | None, before: float | None) -> str:
    """Return a sum, and what it is more than `before` where that is known."""
    if value is None:
        return "unknown"
    return f"{value:,.0f}" if before is None else f"{value:,.0f} ({signed(value - before)})"
