"""Turns a filled-in workbook into supplier orders and recorded decisions; everything is checked before anything is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dataframely as dy
import polars as pl

from data.contracts import Overrides
from data.published import Decisions, decisions_of, record_decisions
from data.settings import OrdersSettings
from data.storage import Place, place
from flows.workbook.check import ApprovedLine, checked_lines
from flows.workbook.orders import write_orders
from flows.workbook.sheet import WorkbookRefused

__all__ = ["Applied", "WorkbookRefused", "apply_workbook"]

ORDERS_FOLDER = "orders"


@dataclass(frozen=True)
class Applied:
    """What applying a workbook came to."""

    files: tuple[Place, ...]
    """One CSV per supplier that gets an order."""
    removed: tuple[Place, ...]
    """Order files of the same run that an earlier version of the workbook had given and this one does not."""
    decisions: dy.DataFrame[Decisions]
    """Lines that differ from the recommendation, as the ledger holds them now."""
    ledger: Place
    """The file of the ledger."""
    lines: int
    units: float

    @property
    def overrides(self) -> dy.DataFrame[Overrides]:
        """The decisions as rows of the input table `overrides`."""
        row = pl.col("cell").str.extract(r"(\d+)$").cast(pl.Int64)
        frame = self.decisions.select(
            pl.col("workbook").alias("source_file"),
            row.alias("source_line"),
            *("sku", "fc"),
            pl.lit("order_units").alias("field"),
            pl.col("approved_units").alias("value"),
            *("reason", "author", "expires"),
            pl.lit(None, dtype=pl.Date).alias("date"),
        )
        return Overrides.validate(frame.sort("fc", "sku"), cast=True)


def apply_workbook(
    path: Path | str,
    *,
    run_recommendations: pl.DataFrame,
    run_terms: pl.DataFrame | None = None,
    run_id: str,
    output: str | Place,
    author: str,
    on: date,
    template: OrdersSettings | None = None,
) -> Applied:
    """Record what was decided otherwise than recommended in the ledger, and write one order file per supplier to `<output>/orders`.

    An empty approved_units accepts the recommendation, 0 cancels the line. A row of the run that was not recommended may be added by
    its fc and sku. A decision holds until its order goes out: the row's order date or `on`, the day of applying, if that is later.
    Each file is replaced as a whole, and what a workbook says decides what they hold: applied again, also after it was cut short, it
    leaves the same files, and those that are right already are not touched.

    Raises
    ------
    WorkbookRefused
        If the workbook belongs to another run, a key is unknown, twice there or missing, or something typed cannot be used;
        the message names sheet and cell of the first ten faults, and nothing has been written.
    """
    if not author.strip():
        raise WorkbookRefused("author is empty: say who decided, so that the decisions can be traced.")
    workbook = Path(path)
    lines = checked_lines(workbook, run_recommendations, run_terms, run_id)
    decisions = _decisions(lines, run_id, workbook.name, " ".join(author.split()), on, decisions_of(output, run_id))
    # The record first: no order goes out that nobody answers for.
    ledger = record_decisions(output, run_id, decisions)
    ordered = [line for line in lines if line.units > 0]
    files, removed = write_orders(ordered, place(output) / ORDERS_FOLDER, run_id, author.strip(), template or OrdersSettings())
    return Applied(files, removed, decisions, ledger, len(ordered), sum(line.units for line in lines))


def _decisions(
    lines: Iterable[ApprovedLine], run_id: str, workbook: str, author: str, on: date, recorded: dy.DataFrame[Decisions]
) -> dy.DataFrame[Decisions]:
    """Return the lines that differ; one that is recorded already stays as it is recorded."""
    before = {(row["fc"], row["sku"]): row for row in recorded.iter_rows(named=True)}
    rows = []
    for line in lines:
        if not line.differs:
            continue
        row = {
            "run_id": run_id,
            **{name: line.row[name] for name in ("fc", "sku", "as_of", "supplier", "order_date")},
            "recommended_units": float(line.row["order_units"] or 0.0),
            "approved_units": line.units,
            "reason": line.reason,
            "author": author,
            "recorded": on,
            "expires": max(line.row["order_date"], on),
            "workbook": workbook,
            "cell": line.cell,
        }
        old = before.get((row["fc"], row["sku"]))
        same = old is not None and all(old[name] == row[name] for name in ("approved_units", "recommended_units", "reason", "author"))
        rows.append(old if same else row)
    return Decisions.validate(pl.DataFrame(rows, schema=Decisions.create_empty().schema).sort("fc", "sku"))
