"""The command that turns a planner's workbook into orders."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from data.contracts import PROVENANCE
from data.published import read_frame
from flows.cli.locate import locate_run
from flows.workbook import apply_workbook, read_filled


def apply_planner_workbook(workbook: Path, author: str, out: str | None) -> None:
    """Write order files per supplier, and the overrides, into the folder `orders` of the run's output."""
    run = locate_run(read_filled(workbook).run_id, out)
    console = Console()
    orders = run.path.parent.parent / "orders"
    applied = apply_workbook(
        workbook,
        run_recommendations=read_frame(run, "recommendations"),
        run_id=run.run_id,
        orders_dir=orders,
        author=author,
        on=datetime.now(UTC).date(),
    )
    console.print(f"{applied.lines:,} order lines, {applied.units:,.0f} units, for {len(applied.files)} suppliers:")
    for file in applied.files:
        console.print(f"  {escape(str(file))}", soft_wrap=True)
    for file in applied.removed:
        console.print(f"  removed {escape(str(file))}: nothing is ordered there any more", soft_wrap=True)
    if applied.overrides.height:
        ledger = orders / f"overrides_{run.run_id}.csv"
        business = [column for column in applied.overrides.columns if column not in PROVENANCE]
        applied.overrides.select(business).write_csv(ledger)
        console.print(
            f"{applied.overrides.height:,} decisions differ from the recommendation: {escape(str(ledger))}. "
            "Put the file into the folder `overrides` of the inputs and nights take it in until they expire.",
            soft_wrap=True,
        )
    else:
        console.print("everything was approved as recommended: no overrides")
