"""What a person reads when a run has ended, and the same for machines."""

from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.published import read_frame, read_manifest
from flows.conductor import Outcome

TOP_ALERTS = 5


def as_document(outcome: Outcome, exit_code: int) -> dict[str, Any]:
    """Return the outcome for `--json`."""
    document: dict[str, Any] = {
        "exit_code": exit_code,
        "run_id": outcome.run.run_id if outcome.run else None,
        "as_of": outcome.as_of.isoformat() if outcome.as_of else None,
        "path": str(outcome.run.path) if outcome.run else None,
        "latest": outcome.latest,
        "failed_regions": outcome.failed,
        "seconds": round(outcome.seconds, 1),
    }
    if outcome.run:
        manifest = read_manifest(outcome.run)
        document |= {"row_counts": manifest["row_counts"], "headline": manifest["headline"], "trained": manifest["trained"]}
    return document


def show(outcome: Outcome, console: Console) -> None:
    """Print the closing summary."""
    if outcome.run is None:
        console.print(f"Done in {outcome.seconds:.0f} s; nothing was to be published.")
        return
    manifest = read_manifest(outcome.run)
    counts, headline = manifest["row_counts"], manifest["headline"]
    alerts = read_frame(outcome.run, "alerts")
    console.print(
        f"[bold]{escape(manifest['name'])}[/] as of {outcome.as_of}, published in {outcome.seconds:.0f} s as {outcome.run.run_id}"
    )
    trained = "models trained tonight" if manifest["trained"] else f"models of run {manifest['model_id']}"
    console.print(f"  {counts['forecasts']:,} forecasts of {len(manifest['regions'])} regions ({trained})")
    if counts["recommendations"]:
        value = headline["order_value"]
        console.print(
            f"  {headline['order_lines'] or 0:,.0f} of {counts['recommendations']:,} items to order: {headline['order_units'] or 0:,.0f} units"
            + (f", worth {value:,.0f}" if value is not None else "")
        )
    else:
        console.print("  no orders: without a stock table nothing is recommended")
    _show_alerts(alerts, console)
    _show_messages(read_frame(outcome.run, "plan_messages"), console)
    for region, error in outcome.failed.items():
        console.print(f"[red]  region {escape(region)} failed: {escape(error)}[/]")
    if not outcome.latest:
        console.print("  this run is not the latest: `latest` still names another one")
    console.print(f"  report: [bold]{escape(str(Path(outcome.run.path) / 'report.html'))}[/]", soft_wrap=True)


def _show_alerts(alerts: pl.DataFrame, console: Console) -> None:
    open_alerts = alerts.filter(pl.col("state") != "cleared")
    if open_alerts.is_empty():
        console.print("  no alerts: nothing needs attention")
        return
    kinds = open_alerts.group_by("kind").len().sort("len", "kind", descending=[True, False])
    console.print(
        f"  {open_alerts.height:,} alerts: " + ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in kinds.iter_rows())
    )
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=True)
    for row in open_alerts.head(TOP_ALERTS).iter_rows(named=True):
        value = f"{row['value_at_risk']:,.0f}" if row["value_at_risk"] is not None else ""
        table.add_row("   ", row["severity"], value, escape(row["message"]))
    console.print(table)


def _show_messages(messages: pl.DataFrame, console: Console) -> None:
    serious = messages.filter(pl.col("severity") != "info")
    if serious.height:
        first = serious.row(0, named=True)
        console.print(f"  {serious.height:,} plan messages need a look, first: {escape(first['message'])}")
