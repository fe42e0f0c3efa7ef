"""What a person reads when a run has ended, and the same for machines."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape

from data.published import read_frame, read_manifest
from flows.conductor import Outcome
from flows.notify import Sent
from flows.stages.database import TO_BE_WRITTEN, Written
from models.alert_list import alert_counts, rest_in_words

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
        "database": vars(outcome.database) if outcome.database else None,
        "notified": [vars(sent) for sent in outcome.notified],
    }
    if outcome.run:
        manifest = read_manifest(outcome.run)
        document |= {"row_counts": manifest["row_counts"], "headline": manifest["headline"], "trained": manifest["trained"]}
    return document


def show(outcome: Outcome, console: Console) -> None:
    """Print the closing summary."""
    if outcome.run is None:
        done = "deliveries were taken into the lake" if outcome.as_of is None else f"models are trained, as of {outcome.as_of}"
        console.print(f"Done in {outcome.seconds:.0f} s: {done}; nothing was to be published.", highlight=False)
        for region, error in outcome.failed.items():
            console.print(f"[red]  region {escape(region)} failed: {escape(error)}[/]", soft_wrap=True)
        return
    manifest = read_manifest(outcome.run)
    counts, headline = manifest["row_counts"], manifest["headline"]
    alerts = read_frame(outcome.run, "alerts")
    console.print(
        f"[bold]{escape(manifest['name'])}[/] as of {outcome.as_of}, published in {outcome.seconds:.0f} s as {outcome.run.run_id}",
        soft_wrap=True,
    )
    trained = "models trained tonight" if manifest["trained"] else f"models of run {manifest['model_id']}"
    regions = len(manifest["regions"]) - len(manifest["failed_regions"])
    console.print(f"  {counts['forecasts']:,} forecasts of {regions} region{'' if regions == 1 else 's'} ({trained})")
    if counts["recommendations"]:
        value = headline["order_value"]
        console.print(
            f"  {headline['order_lines'] or 0:,.0f} of {counts['recommendations']:,} items to order: "
            f"{headline['order_units'] or 0:,.0f} units"
            + (f", worth {value:,.0f} {manifest['currency'] or ''}".rstrip() if value is not None else ""),
            soft_wrap=True,
        )
    elif "stock" in manifest["lake_versions"]:
        console.print("  no orders: forecasts only")
    else:
        console.print("  no orders: without a stock table nothing is recommended")
    _show_alerts(alerts, manifest["currency"], console)
    _show_messages(read_frame(outcome.run, "plan_messages"), console)
    for region, error in outcome.failed.items():
        console.print(f"[red]  region {escape(region)} failed: {escape(error)}[/]", soft_wrap=True)
    if not outcome.latest:
        console.print(f"  this run did not become the latest: {_why_not_latest(manifest)}")
    if outcome.database:
        show_database(outcome.database, console)
    show_notified(outcome.notified, console)
    console.print(f"  report: [bold]{escape(str(outcome.run.path / 'report.html'))}[/]", soft_wrap=True)


def show_database(database: Written, console: Console) -> None:
    """Print which runs were written to the database, and what kept others from it."""
    schema = f"schema {database.schema} of the database"
    if len(database.runs) > 1:
        console.print(f"  written to {schema}: {len(database.runs):,} runs, from {database.runs[0]} to {database.runs[-1]}", soft_wrap=True)
    elif database.runs or not database.problem:
        console.print(f"  written to {schema}: {database.runs[0] if database.runs else 'nothing, it has every night'}", soft_wrap=True)
    if database.problem:
        line = f"  not written to {schema}: {database.problem}\n  {TO_BE_WRITTEN}"
        console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)


def show_notified(notified: Sequence[Sent], console: Console) -> None:
    """Print how every address took a notification; nothing where there is none."""
    if taken := [sent.address for sent in notified if sent.problem is None]:
        console.print(f"  notified {', '.join(taken)}", markup=False, highlight=False, soft_wrap=True)
    for sent in notified:
        if sent.problem is not None:
            line = f"  {sent.address} was not notified: {sent.problem}"
            console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _why_not_latest(manifest: Mapping[str, Any]) -> str:
    if manifest["kind"] != "nightly":
        return "a rerun never does" if manifest["kind"] == "rerun" else "a run of some regions or stages never does"
    return "`latest` names a run of a newer day"


def _show_alerts(alerts: pl.DataFrame, currency: str | None, console: Console) -> None:
    open_alerts = alerts.filter(pl.col("state") != "cleared")
    if open_alerts.is_empty():
        console.print("  no alerts")
        return
    kinds = alert_counts(open_alerts).select("kind", "open").iter_rows()
    console.print(
        f"  {open_alerts.height:,} alerts: " + ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in kinds),
        soft_wrap=True,
    )
    listed = open_alerts.filter("listed")
    # What the terminal has no room for counts as the rest: here the list ends sooner than in the report.
    shown = listed.head(TOP_ALERTS)
    rest = rest_in_words(open_alerts.with_columns(listed=pl.col("alert_id").is_in(shown["alert_id"].to_list())), currency)
    top = shown.select(
        "severity",
        pl.col("value_at_risk").map_elements(lambda value: f"{value:,.0f}", return_dtype=pl.String).fill_null(""),
        pl.col("fc", "sku").fill_null(""),
        pl.col("message").str.split("; ").list.first(),
    )
    severity, value, fc, sku = (max(map(len, top[name]), default=0) for name in top.columns[:-1])
    for row in top.iter_rows():
        line = f"    {row[0]:<{severity}}  {row[1]:>{value}}  {row[2]:<{fc}}  {row[3]:<{sku}}  {row[4]}"
        console.print(line, markup=False, highlight=False, no_wrap=True, overflow="ellipsis")
    if rest:
        console.print(f"    {rest}", markup=False, highlight=False, soft_wrap=True)


def _show_messages(messages: pl.DataFrame, console: Console) -> None:
    serious = messages.filter(pl.col("severity") != "info")
    if serious.height:
        first = serious.row(0, named=True)
        console.print(f"  {serious.height:,} plan messages need a look, first: {escape(first['message'])}", soft_wrap=True)
