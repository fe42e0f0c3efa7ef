"""The command that compares two runs: what changed, why, and in which rows."""

import json
import sys
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from data.published import RunPaths, read_frame, read_manifest
from flows.cli.locate import locate_run
from flows.cli.progress import shown_progress
from flows.compare import Comparison, compare_runs
from flows.difference.attribute import Attribution, NotAttributable, attribute
from flows.difference.inputs import different_inputs
from flows.difference.steps import CAUSES
from flows.terminal import readable_console
from models.recommending.changes import with_changes

SHOWN_CHANGES = 15


def show_difference(a: str, b: str, out: str | None, *, quick: bool, as_json: bool, debug: bool) -> None:
    """Print what changed from run `a` to run `b`, and why unless `quick`."""
    run_a, run_b = locate_run(a, out), locate_run(b, out)
    manifests = read_manifest(run_a), read_manifest(run_b)
    compared = compare_runs(read_frame(run_a, "recommendations"), _told_from(run_a, run_b))
    causes: Attribution | None = None
    unknown = "only what was published was compared (--quick)"
    if not quick:
        try:
            with shown_progress(quiet=as_json, debug=debug):
                causes = attribute(run_a, run_b, *manifests)
        except NotAttributable as error:
            unknown = str(error)
    inputs = different_inputs(*manifests)
    if as_json:
        document = _document(run_a, run_b, compared, causes, unknown, inputs)
        sys.stdout.write(json.dumps(document, default=str, ensure_ascii=False) + "\n")
    else:
        _show(readable_console(), run_a, run_b, compared, causes, unknown, inputs)


def _told_from(run_a: RunPaths, run_b: RunPaths) -> pl.DataFrame:
    """Return the recommendations of run B, each told why it differs from run A rather than from the night before B."""
    rows = read_frame(run_b, "recommendations").drop("previous_order_units", "change_reason")
    return with_changes(rows, read_frame(run_a, "recommendations"))


def _document(
    run_a: RunPaths, run_b: RunPaths, compared: Comparison, causes: Attribution | None, unknown: str, inputs: list[str]
) -> dict[str, Any]:
    of_row: dict[tuple[str, str], list[dict[str, Any]]] = {}
    if causes is not None:
        for row in causes.rows.iter_rows(named=True):
            of_row.setdefault((row.pop("fc"), row.pop("sku")), []).append(row)
    return {
        "a": run_a.run_id,
        "b": run_b.run_id,
        "same": compared.same,
        "totals": compared.totals.to_dicts(),
        "inputs": inputs,
        "causes": None if causes is None else [row | {"words": CAUSES[row["cause"]]} for row in causes.totals.to_dicts()],
        "causes_unknown": unknown if causes is None else None,
        "changed": [row | {"causes": of_row.get((row["fc"], row["sku"]), [])} for row in compared.changed.to_dicts()],
    }


def _show(
    console: Console,
    run_a: RunPaths,
    run_b: RunPaths,
    compared: Comparison,
    causes: Attribution | None,
    unknown: str,
    inputs: list[str],
) -> None:
    console.print(f"A {run_a.run_id}, as of {run_a.as_of}\nB {run_b.run_id}, as of {run_b.as_of}\n", highlight=False, soft_wrap=True)
    totals = Table("", *(Column(name, justify="right") for name in ("A", "B", "change")), box=None)
    for row in compared.totals.iter_rows(named=True):
        totals.add_row(row["measure"].replace("_", " "), *(_number(row[column]) for column in ("a", "b", "change")))
    console.print(totals)
    console.print("\nOther inputs: " + ("none" if not inputs else ""), style="bold")
    for line in inputs:
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nWhy the orders changed", style="bold")
    if causes is None:
        console.print(f"  not told: {unknown}", markup=False, highlight=False, soft_wrap=True)
    else:
        console.print(_causes(causes))
    console.print(f"\n{compared.same:,} rows order the same; {compared.changed.height:,} differ", highlight=False)
    if compared.changed.height:
        console.print(_rows(compared.changed, causes))


def _causes(causes: Attribution) -> Table:
    """Return the causes that changed an order, and their sum."""
    shown = Table("", *(Column(name, justify="right") for name in ("units", "value", "rows")), box=None)
    for row in causes.totals.filter(pl.col("rows") > 0).iter_rows(named=True):
        shown.add_row(CAUSES[row["cause"]], _change(row["units"]), _change(row["value"]), f"{row['rows']:,}")
    total = causes.totals.select(pl.col("units", "value").sum())
    changed = causes.rows.select("fc", "sku").unique().height
    shown.add_row("together", *(_change(value) for value in total.row(0)), f"{changed:,}", style="bold")
    return shown


def _rows(changed: pl.DataFrame, causes: Attribution | None) -> Table:
    """Return the rows that moved most money."""
    numbers_of = (Column(name, justify="right") for name in ("units A", "units B", "value"))
    shown = Table("fc", "sku", "name", *numbers_of, "why", box=None)
    for row in changed.head(SHOWN_CHANGES).iter_rows(named=True):
        texts = (escape(row[column] or "") for column in ("fc", "sku", "name"))
        numbers = (_number(row[column]) for column in ("order_units_a", "order_units_b", "change_value"))
        why = row["change_reason"] or ""
        if causes is not None:
            parts = causes.rows.filter(fc=row["fc"], sku=row["sku"]).sort(pl.col("units").abs(), "cause", descending=[True, False])
            moved = ", ".join(f"{cause} {_change(units)}" for cause, units in parts.select("cause", "units").iter_rows())
            why = f"{moved}: {why}" if moved and why else moved or why
        shown.add_row(*texts, *numbers, escape(why))
    return shown


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def _change(value: float) -> str:
    """Return a change with its sign; none is 0."""
    return f"+{_number(value)}" if value > 0 else _number(value)
