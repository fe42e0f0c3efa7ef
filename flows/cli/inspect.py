"""Commands that look and change nothing: check, report, open, diff."""

import json
import sys
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from data.errors import InputError
from data.intake import read_table
from data.messages import PlanMessage
from data.presets.reading import taken_for
from data.presets.recognising import find_exports
from data.published import changed_files, read_frame, read_manifest
from flows.cli.failures import Exit
from flows.cli.locate import locate_run, newest_run
from flows.compare import compare_runs
from flows.settings import load_settings
from flows.stages.ingest import tables

SHOWN_CHANGES = 15


def check_inputs(config: Path, changes: list[str]) -> None:
    """Read every input table and print what is wrong; exits with 1 if a night could not run."""
    settings, console = load_settings(config, changes), Console()
    overview = Table("table", "rows", "set aside", "files", box=None, pad_edge=False)
    messages: list[PlanMessage] = []
    errors: list[str] = []
    fcs: list[str] | None = None
    for name in tables():
        try:
            intake = read_table(settings.inputs, name, today=datetime.now(UTC).date(), fcs=fcs)
        except InputError as error:
            errors.append(str(error))
            overview.add_row(name, "[red]cannot be used[/]", "", "")
            continue
        if intake is None:
            overview.add_row(name, "[dim]not delivered[/]", "", "")
            continue
        if name == "locations":
            fcs = intake.frame["fc"].to_list()
        messages += intake.messages
        overview.add_row(name, f"{intake.frame.height:,}", f"{intake.quarantine.height:,}", str(len(intake.files)))
    console.print(overview)
    if reports := find_exports(settings.inputs):
        recognised = Table("report", "taken for", box=None, pad_edge=False)
        for name, title in taken_for(reports):
            recognised.add_row(escape(name), title)
        console.print("", recognised)
    for message in messages:
        console.print(
            f"\n[bold]{message.severity}[/] {escape(message.message)}" + (f"\n  mend: {escape(message.fix)}" if message.fix else "")
        )
    for text in errors:
        console.print(f"\n[bold red]error[/] {escape(text)}")
    console.print("\nA night could not run." if errors else "\nA night can run." + ("" if messages else " Nothing to mend."))
    if errors:
        raise typer.Exit(Exit.NOTHING)


def show_run(run_id: str, out: str | None) -> None:
    """Print where a run's files are and its headline."""
    run = locate_run(run_id, out)
    manifest, console = read_manifest(run), Console()
    console.print(f"[bold]{run.run_id}[/] {escape(manifest['name'])}, as of {run.as_of}, {manifest['kind']}")
    for name, value in manifest["headline"].items():
        console.print(f"  {name.replace('_', ' ')}: {'unknown' if value is None else f'{value:,.2f}'.rstrip('0').rstrip('.')}")
    for problem in changed_files(run):
        console.print(f"[yellow]  {escape(problem)}[/]")
    console.print(f"  report: {escape(str(run.path / 'report.html'))}", soft_wrap=True)


def open_newest(out: str | None) -> None:
    """Open the newest report; prints its path where there is no browser."""
    path = newest_run(out).path / "report.html"
    if not webbrowser.open(path.resolve().as_uri()):
        Console().print(f"No browser could be started; the report is {escape(str(path))}", soft_wrap=True)


def show_difference(a: str, b: str, out: str | None, *, as_json: bool) -> None:
    """Print what changed between two runs."""
    run_a, run_b = locate_run(a, out), locate_run(b, out)
    difference = compare_runs(read_frame(run_a, "recommendations"), read_frame(run_b, "recommendations"))
    if as_json:
        document = {"a": run_a.run_id, "b": run_b.run_id, "same": difference.same, "totals": difference.totals.to_dicts()}
        sys.stdout.write(json.dumps({**document, "changed": difference.changed.to_dicts()}, default=str, ensure_ascii=False) + "\n")
        return
    console = Console()
    console.print(f"A {run_a.run_id}, as of {run_a.as_of}\nB {run_b.run_id}, as of {run_b.as_of}\n", highlight=False, soft_wrap=True)
    totals = Table("", *(Column(name, justify="right") for name in ("A", "B", "change")), box=None)
    for row in difference.totals.iter_rows(named=True):
        totals.add_row(row["measure"].replace("_", " "), *(_number(row[column]) for column in ("a", "b", "change")))
    console.print(totals)
    console.print(f"\n{difference.same:,} rows order the same; {difference.changed.height:,} differ")
    numbers_of = (Column(name, justify="right") for name in ("units A", "units B", "value"))
    changed = Table("fc", "sku", "name", *numbers_of, "why", box=None)
    for row in difference.changed.head(SHOWN_CHANGES).iter_rows(named=True):
        texts = (escape(row[column] or "") for column in ("fc", "sku", "name"))
        numbers = (_number(row[column]) for column in ("order_units_a", "order_units_b", "change_value"))
        changed.add_row(*texts, *numbers, escape(row["change_reason"] or ""))
    if difference.changed.height:
        console.print(changed)


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")
