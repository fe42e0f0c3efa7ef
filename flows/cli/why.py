"""The command that explains one row: found, computed again, told on the terminal or as JSON."""

import json
import math
import sys
import textwrap
from pathlib import Path
from typing import Any

import typer

from data.published import RunPaths, read_manifest
from flows.cli.failures import Exit
from flows.cli.locate import locate_run, newest_run
from flows.conductor import settings_beside
from flows.settings import ConfigError, Settings, changed_settings, load_settings
from flows.terminal import VisibleConsole
from flows.why.asked import published_row
from flows.why.check import check
from flows.why.document import document
from flows.why.recompute import night_as_recorded, recompute
from flows.why.told import Sections, told
from flows.why.wording import INDENT

WIDTH = 98

ASKED = "replenishment."
"""Beginning of the keys that may be changed for a question."""


def explain_row(sku: str, fc: str, *, config: Path | None, run_id: str | None, out: str | None, changes: list[str], as_json: bool) -> None:
    """Compute a row again and tell it; exits with 1 where a published number comes out otherwise.

    Parameters
    ----------
    sku, fc
        The row.
    config
        Config whose output folder is looked in; by default those below ./out and here.
    run_id, out
        The run and its output folder, as for `locate_run`; by default the newest.
    changes
        `replenishment.…=value` pairs: what the row would be with them. Nothing is compared then.
    """
    for change in changes:
        if not change.strip().startswith(ASKED):
            raise ConfigError(
                f"--set {change!r} would change what was forecast, not how it is ordered for: only keys that begin with {ASKED!r} can be "
                "asked about; for others run the night with them (`fillrate run CONFIG --set …`)"
            )
    run = _run(config, run_id, out)
    manifest = read_manifest(run)
    recorded = settings_beside(run)
    asked: Settings = changed_settings(recorded, changes)
    night = night_as_recorded(asked, manifest)
    row = published_row(run, manifest, night, sku, fc)
    again = recompute(night, row["region"], sku, fc)
    checked = check(run, manifest, row, again)
    found = document(run, manifest, again.row if changes else row, again, checked, changes)
    if as_json:
        sys.stdout.write(json.dumps(_finite(found), default=str, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        _print(told(found))
    if checked.differences and not changes:
        raise typer.Exit(Exit.NOTHING)


def _run(config: Path | None, run_id: str | None, out: str | None) -> RunPaths:
    if out is None and config is not None:
        out = load_settings(config).output.path
    return newest_run(out) if run_id is None else locate_run(run_id, out)


def _finite(value: Any) -> Any:
    """Return a document with numbers that JSON does not know, nan and inf, as null."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(sections: Sections) -> None:
    console = VisibleConsole(width=WIDTH, highlight=False)
    for place, (title, lines) in enumerate(sections):
        console.print(f"{chr(10) if place else ''}{title}", style="bold", markup=False, soft_wrap=True)
        for line in lines:
            # A line that begins with a number goes on under its words.
            own = INDENT if line[:1] == " " or line[: INDENT - 2].strip().replace(",", "").replace(".", "").lstrip("−+").isdigit() else 0
            for part in textwrap.wrap(line, WIDTH - 2, subsequent_indent=" " * (own or 2), break_on_hyphens=False) or [""]:
                console.print(f"  {part}", markup=False, soft_wrap=True)
