"""Turns a filled-in workbook into supplier orders and overrides; everything is checked before anything is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from data.contracts import Overrides
from flows.workbook.cells import cell_text, decoded
from flows.workbook.layout import APPROVED, REASON, RECOMMENDED
from flows.workbook.orders import write_orders
from flows.workbook.sheet import Line, WorkbookRefused, read_filled

__all__ = ["Applied", "WorkbookRefused", "apply_workbook"]

_NO_REASON = "no reason given"
_SHOWN_FAULTS = 10
Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Applied:
    """What applying a workbook came to."""

    files: tuple[Path, ...]
    """One CSV per supplier that gets an order."""
    removed: tuple[Path, ...]
    """Order files of the same run that an earlier version of the workbook had given and this one does not."""
    overrides: dy.DataFrame[Overrides]
    """The decisions that differ from the recommendation."""
    lines: int
    units: float


def apply_workbook(
    path: Path | str, *, run_recommendations: pl.DataFrame, run_id: str, orders_dir: Path | str, author: str, on: date
) -> Applied:
    """Write one order file per supplier (`order_<supplier>_<run_id>.csv`) and return the overrides that the workbook holds.

    An empty approved_units accepts the recommendation, 0 cancels the line. A row of the run that was not recommended may be added by
    its fc and sku. An override holds until its order goes out: the row's order date or `on`, the day of applying, if that is later.
    Applying the same workbook again on the same day changes nothing.

    Raises
    ------
    WorkbookRefused
        If the workbook belongs to another run, a key is unknown, twice there or missing, or a number is not whole and ≥ 0;
        the message names sheet and cell of the first ten faults, and nothing has been written.
    """
    if not author.strip():
        raise WorkbookRefused("author is empty: say who decided, so that the overrides can be traced.")
    workbook = Path(path)
    filled = read_filled(workbook)
    if filled.run_id != cell_text(run_id):
        raise WorkbookRefused(
            f"{workbook} belongs to run {filled.run_id}, not to {run_id}. Apply it to its own run, or fill in the report.xlsx of {run_id}."
        )

    known = _rows_by_key(run_recommendations)
    faults: list[str] = []
    seen: dict[Key, Line] = {}
    approved: list[tuple[Row, float, Line]] = []
    for line in filled.lines:
        key = _key(line, known)
        fault = _key_fault(line, key, known, seen)
        if fault is None:
            seen[key] = line
            units, fault = _approved(line, known[key])
            approved.append((known[key], units, line))
        if fault is not None:
            faults.append(fault)
    faults += _missing(known, seen)
    if faults:
        more = f"\n… and {len(faults) - _SHOWN_FAULTS} more" if len(faults) > _SHOWN_FAULTS else ""
        raise WorkbookRefused(f"{workbook} was not applied, nothing was written:\n" + "\n".join(faults[:_SHOWN_FAULTS]) + more)

    overrides = _overrides(approved, workbook.name, author.strip(), on)
    files, removed = write_orders([(row, units) for row, units, _ in approved if units > 0], Path(orders_dir), run_id)
    return Applied(files, removed, overrides, sum(1 for _, units, _ in approved if units > 0), sum(units for _, units, _ in approved))


def _rows_by_key(recommendations: pl.DataFrame) -> dict[Key, Row]:
    """Return the run's rows by their key as a cell shows it."""
    needed = recommendations.select("fc", "sku", "name", "supplier", "order_units", "order_value", "order_date", "arrival_date")
    return {(cell_text(row["fc"]), cell_text(row["sku"])): row for row in needed.iter_rows(named=True)}


def _key(line: Line, known: Mapping[Key, Row]) -> Key:
    fc, sku = ("" if line.values[name] is None else str(line.values[name]) for name in ("fc", "sku"))
    # programs differ in whether they escape a text that looks like an escape
    plain = (cell_text(decoded(fc)), cell_text(decoded(sku)))
    return plain if plain in known else (fc, sku)


def _key_fault(line: Line, key: Key, known: Mapping[Key, Row], seen: Mapping[Key, Line]) -> str | None:
    fc, sku = key
    if key in seen:
        return f"{line.cell('sku')}: fc {fc!r}, sku {sku!r} stands already in {seen[key].cell('sku')}. Keep one of the two rows."
    if key in known:
        return None
    blank = [name for name, value in (("fc", fc), ("sku", sku)) if not value]
    if blank:
        return f"{line.cell(blank[0])}: {blank[0]} is empty. Restore it from report.xlsx, or clear the whole row."
    typed = next((name for name in ("fc", "sku") if not isinstance(line.values[name], str)), None)
    hint = (
        " The cell is a number, so leading zeros may be lost: restore the text from report.xlsx."
        if typed
        else " Restore it from report.xlsx."
    )
    where = line.cell(typed or "sku")
    return f"{where}: the run has no row for fc {fc!r}, sku {sku!r}.{hint}"


def _approved(line: Line, row: Row) -> tuple[float, str | None]:
    """Return the units a line orders, and what is wrong with it, if anything."""
    recommended = row["order_units"] or 0.0
    shown, given = _number(line.values[RECOMMENDED]), line.values[APPROVED]
    if not _blank(line.values[RECOMMENDED]) and (shown is None or abs(shown - recommended) > 1e-6):
        found = f"{line.cell(RECOMMENDED)} says {line.values[RECOMMENDED]!r}, the run recommended {recommended:g}"
        return 0.0, f"{found}. Leave {RECOMMENDED} as it was and write your number in {line.cell(APPROVED)}."
    if _blank(given):
        return recommended, None
    number = _number(given)
    if number is None or number < 0 or not (number.is_integer() or number == recommended):
        return 0.0, f"{line.cell(APPROVED)} is {given!r}: expected a whole number, 0 or more, or an empty cell to accept {recommended:g}."
    return number, None


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\d{1,15}(\.0+)?", value.strip(), re.ASCII):
        return float(value)
    return None


def _missing(known: Mapping[Key, Row], seen: Mapping[Key, Line]) -> list[str]:
    absent = [key for key, row in known.items() if (row["order_units"] or 0) > 0 and key not in seen]
    if not absent:
        return []
    fc, sku = absent[0]
    return [
        f"Orders lacks {len(absent):,} recommended line(s), the first fc {fc!r}, sku {sku!r}. "
        f"Put the rows back from report.xlsx; to cancel a line write 0 in its {APPROVED}."
    ]


def _overrides(approved: list[tuple[Row, float, Line]], workbook: str, author: str, on: date) -> dy.DataFrame[Overrides]:
    rows = [
        {
            "source_file": workbook,
            "source_line": line.row,
            "sku": row["sku"],
            "fc": row["fc"],
            "field": "order_units",
            "value": units,
            "reason": _NO_REASON if _blank(line.values[REASON]) else str(line.values[REASON]).strip(),
            "author": author,
            "expires": max(row["order_date"], on),
        }
        for row, units, line in approved
        if units != (row["order_units"] or 0.0)
    ]
    frame = pl.DataFrame(rows, schema=Overrides.create_empty().schema)
    return Overrides.validate(frame.sort("fc", "sku"))
