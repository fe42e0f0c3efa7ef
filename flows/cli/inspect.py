"""Commands that look and change nothing: check, report, open, the schedule as a file."""

import os
import sys
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from data.errors import InputError
from data.intake import read_table
from data.messages import PlanMessage
from data.presets.reading import reports_used
from data.presets.recognising import find_exports
from data.published import changed_files, read_manifest
from data.storage.copies import lasting_on_disk
from flows.cli.failures import Exit
from flows.cli.locate import locate_run, newest_run
from flows.prefect_file import prefect_yaml
from flows.settings import load_settings
from flows.stages.database import database_trouble
from flows.stages.ingest import tables
from flows.terminal import VisibleConsole
from flows.time_zone import zone_of


def print_deployments(config: Path) -> None:
    """Print the schedule of a config as a `prefect.yaml`; its path stands there as it was given."""
    settings = load_settings(config)
    sys.stdout.write(prefect_yaml([(config, settings)], zone_of(settings)))


def check_inputs(config: Path, changes: list[str]) -> None:
    """Read every input table, ask for the database that results go to, and print what is wrong; exits with 1 if a night could not run."""
    settings, console = load_settings(config, changes), VisibleConsole()
    overview = Table("table", "rows", "set aside", "files", box=None, pad_edge=False)
    messages: list[PlanMessage] = []
    errors: list[str] = []
    used: dict[tuple[str, str], int] = {}
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
        rows = dict(intake.frame.group_by("source_file").len().iter_rows())
        used |= {(file.name, name): rows.get(file.name, 0) for file in intake.files}
        overview.add_row(name, f"{intake.frame.height:,}", f"{intake.quarantine.height:,}", str(len(intake.files)))
    console.print(overview)
    if reports := find_exports(settings.inputs):
        recognised = Table("report", "taken for", "rows of its own in", box=None, pad_edge=False)
        for report, title, fed in reports_used(reports, used):
            recognised.add_row(escape(report), title, fed)
        console.print("", recognised)
    for message in messages:
        console.print(
            f"\n[bold]{message.severity}[/] {escape(message.message)}" + (f"\n  mend: {escape(message.fix)}" if message.fix else "")
        )
    if trouble := database_trouble(settings):
        console.print(
            f"\n[bold]warning[/] {escape(trouble)}\n  a night would publish its files, and a later one write both to the database"
        )
    for text in errors:
        console.print(f"\n[bold red]error[/] {escape(text)}")
    console.print("\nA night could not run." if errors else "\nA night can run." + ("" if messages or trouble else " Nothing to mend."))
    if errors:
        raise typer.Exit(Exit.NOTHING)


def show_run(run_id: str, out: str | None) -> None:
    """Print where a run's files are and its headline."""
    run = locate_run(run_id, out)
    manifest, console = read_manifest(run), VisibleConsole()
    console.print(f"[bold]{run.run_id}[/] {escape(manifest['name'])}, as of {run.as_of}, {manifest['kind']}")
    for name, value in manifest["headline"].items():
        console.print(f"  {name.replace('_', ' ')}: {'unknown' if value is None else f'{value:,.2f}'.rstrip('0').rstrip('.')}")
    for problem in changed_files(run):
        console.print(f"[yellow]  {escape(problem)}[/]")
    console.print(f"  report: {escape(str(run.path / 'report.html'))}", soft_wrap=True)


def open_newest(out: str | None) -> None:
    """Open the newest report in the browser, and say where it is; without a browser or a screen only the latter.

    Of a report in an object store the browser gets a copy.
    """
    report = (newest_run(out).path / "report.html").resolve()
    opened = _has_screen() and webbrowser.open(lasting_on_disk(report).as_uri())
    if not opened:
        sys.stderr.write("No browser could be started; the report is\n")
    sys.stdout.write(f"{report}\n")


def _has_screen() -> bool:
    """Return whether there is a screen to open a browser on; else a browser of the terminal would take it over."""
    if sys.platform in ("darwin", "win32") or os.environ.get("BROWSER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
