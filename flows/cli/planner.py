"""The command that turns a planner's workbook into orders."""

import getpass
from datetime import UTC, datetime
from pathlib import Path

from rich.markup import escape

from data.contracts import PROVENANCE
from data.published import read_frame, read_manifest, replace_bytes
from flows.cli.locate import locate_run
from flows.settings import load_settings, recorded_settings
from flows.terminal import VisibleConsole
from flows.workbook import WorkbookRefused, apply_workbook, read_filled


def apply_planner_workbook(workbook: Path, author: str | None, out: str | None, config: Path | None) -> None:
    """Write order files per supplier into the folder `orders` of the run's output, and the decisions into its ledger.

    The files are written as the section `orders` of `config` says, without one as that of the run's own config.
    """
    run = locate_run(read_filled(workbook).run_id, out)
    settings = load_settings(config) if config is not None else recorded_settings(read_manifest(run)["config"])
    applied = apply_workbook(
        workbook,
        run_recommendations=read_frame(run, "recommendations"),
        # runs of earlier versions published no terms
        run_terms=read_frame(run, "order_terms") if (run.path / "order_terms.parquet").is_file() else None,
        run_id=run.run_id,
        output=run.path.parent.parent,
        author=author if author is not None else _logged_in(),
        on=datetime.now(UTC).date(),
        template=settings.orders,
    )
    console = VisibleConsole()

    def say(line: str) -> None:
        console.print(escape(line), soft_wrap=True, highlight=False)

    say(f"{_counted(applied.lines, 'order line')}, {applied.units:,.10g} units, for {_counted(len(applied.files), 'supplier')}")
    for file in applied.files:
        say(f"  {file}")
    for file in applied.removed:
        say(f"  removed {file}: nothing is ordered there any more")
    table = run.path.parent.parent / "orders" / f"overrides_{run.run_id}.csv"
    if applied.decisions.is_empty():
        table.unlink(missing_ok=True)
        say("everything was approved as recommended: no overrides")
        return
    say(f"{_counted(applied.decisions.height, 'decision')} other than recommended: {applied.ledger}")
    business = [column for column in applied.overrides.columns if column not in PROVENANCE]
    content = applied.overrides.select(business).write_csv().encode()
    if not table.is_file() or table.read_bytes() != content:
        with replace_bytes(table) as file_:
            file_.write(content)
    say(f"the same as a table of overrides, for inputs that a second run of this night is to read: {table}")


def _logged_in() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise WorkbookRefused("nobody is logged in by name: say who decided with --author NAME, so that decisions can be traced.") from None


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
