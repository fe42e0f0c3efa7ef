"""The result of a replay on a terminal: what each method cost, then how good alerts and probabilities were."""

from typing import Any

import polars as pl
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.replay.measures import OWN, SHARES, method_title
from flows.report import formats

COLUMNS = {"total_cost": "cost", "holding_cost": "holding", "shortage_cost": "shortage", "fill_rate": "fill rate", "average_stock": "stock"}
_LEGEND = (
    "fillrate ÷ method: below 1, fillrate is cheaper; ± is one standard error over series. A rule's parameter is the cheapest of its\n"
    "grid over all windows, chosen in hindsight. Perfect foresight knows the demand to come."
)


def replay_table(summary: dict[str, Any], scores: pl.DataFrame) -> RenderableType:
    """Return the scores of a replay for a terminal of 100 columns: cheapest first, then the windows one by one."""
    whole = scores.filter(pl.col("window").is_null())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("method", overflow="fold", max_width=26)
    for heading in ("parameter", *COLUMNS.values(), "fillrate ÷ method"):
        table.add_column(heading, justify="right", no_wrap=True)
    for method in cheapest_first(whole):
        rows = {row["measure"]: row for row in whole.filter(method=method).iter_rows(named=True)}
        cost = rows["total_cost"]
        parameter = "" if cost["parameter"] is None else f"{cost['parameter']:.3g}"
        cells = [formatted(name, rows[name]["value"]) for name in COLUMNS]
        table.add_row(Text(method_title(method)), parameter, *cells, ratio(cost), style="bold" if method == OWN else "")
    parts: list[RenderableType] = [table, Text(_LEGEND, style="dim")]
    best = summary["best_rule"]
    if len(summary["windows"]) > 1 and best:
        parts += [Text(f"\nfillrate ÷ {method_title(best['method'])}, window by window", style="bold"), _windows(scores, best["method"])]
    return Group(*parts)


def tuning_table(found: pl.DataFrame) -> RenderableType:
    """Return what each weight of holding cost, by class; saved is against a weight of 1, ± one standard error over series."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("class", "series", "holding ×", "cost", "saved", "held back", "saved there"):
        table.add_column(heading, justify="left" if heading == "class" else "right", no_wrap=True)
    for row in found.iter_rows(named=True):
        saved = f"{row['saved']:+,.0f} ± {row['saved_error']:,.0f}" if row["weight"] != 1 else ""
        there = f"{row['held_back_saved']:+,.0f} ± {row['held_back_error']:,.0f}" if row["weight"] != 1 else ""
        cells = (formatted("total_cost", row["cost"]), saved, formatted("total_cost", row["held_back_cost"]), there)
        style = "bold" if row["taken"] else ""
        table.add_row(row["abc"], f"{row['series']:,}", f"{row['weight']:g}", *cells, style=style)
    return Group(table, Text("bold: taken", style="dim"))


def cheapest_first(whole: pl.DataFrame) -> list[str]:
    """Return the methods by total cost."""
    return list(whole.filter(measure="total_cost").sort("value", "method")["method"])


def ratio(row: dict[str, Any]) -> str:
    """Return fillrate's cost ÷ the method's, with its standard error."""
    return "" if row["ratio"] is None else f"{row['ratio']:.2f} ± {row['ratio_error'] or 0:.2f}"


def formatted(measure: str, value: float | None) -> str:
    """Return a measure as people read it."""
    if value is None:
        return "–"
    return formats.percent(value, 1) if measure in SHARES else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"


def _windows(scores: pl.DataFrame, best: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("first order", "fillrate", "best rule", "ratio"):
        table.add_column(heading, justify="left" if heading == "first order" else "right", no_wrap=True)
    costs = scores.filter(pl.col("window").is_not_null(), measure="total_cost")
    for window in costs["window"].unique().sort():
        rows = {row["method"]: row for row in costs.filter(window=window).iter_rows(named=True)}
        table.add_row(window, formatted("total_cost", rows[OWN]["value"]), formatted("total_cost", rows[best]["value"]), ratio(rows[best]))
    return table
