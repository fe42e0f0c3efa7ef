"""Checks a filled-in workbook against its run, line by line, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.workbook.cells import cell_text, decoded
from flows.workbook.layout import APPROVED
from flows.workbook.planner_cells import CellFault, approved_units, reason_typed
from flows.workbook.sheet import Line, WorkbookRefused, read_filled

_SHOWN_FAULTS = 10
_OF_RUN = ("as_of", "region", "fc", "sku", "name", "supplier", "order_units", "order_value", "order_date", "arrival_date")
_OF_TERMS = ("unit_cost", "case_pack", "moq", "max_units")
Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class ApprovedLine:
    """One line as decided: the run's row, the units to order, the reason typed (may be empty), and where it stands."""

    row: Row
    units: float
    reason: str
    cell: str
    number: int
    """Of its row in the sheet."""

    @property
    def differs(self) -> bool:
        """Whether other units are ordered than recommended."""
        return self.units != float(self.row["order_units"] or 0.0)


def checked_lines(workbook: Path, recommendations: pl.DataFrame, terms: pl.DataFrame | None, run_id: str) -> list[ApprovedLine]:
    """Return every line of the sheets Orders as decided.

    Raises
    ------
    WorkbookRefused
        If the workbook belongs to another run, a key is unknown, twice there or missing, or something typed cannot be used; the
        message names the cells of the first ten faults.
    """
    filled = read_filled(workbook)
    if filled.run_id != cell_text(run_id):
        raise WorkbookRefused(
            f"{workbook} belongs to run {filled.run_id}, not to {run_id}. Apply it to its own run, or fill in the report.xlsx of {run_id}."
        )
    known = _rows_by_key(recommendations, terms)
    faults: list[str] = []
    seen: dict[Key, Line] = {}
    lines: list[ApprovedLine] = []
    for line in filled.lines:
        key = _key(line, known)
        fault = _key_fault(line, key, known, seen)
        if fault is not None:
            faults.append(fault)
            continue
        seen[key] = line
        row = known[key]
        try:
            units = approved_units(line, row)
            reason = reason_typed(line, differs=units != float(row["order_units"] or 0.0))
        except CellFault as found:
            faults.append(str(found))
            continue
        lines.append(ApprovedLine(row, units, reason, line.cell(APPROVED), line.row))
    faults += _missing(known, seen)
    if faults:
        more = f"\n… and {len(faults) - _SHOWN_FAULTS} more" if len(faults) > _SHOWN_FAULTS else ""
        raise WorkbookRefused(f"{workbook} was not applied, nothing was written:\n" + "\n".join(faults[:_SHOWN_FAULTS]) + more)
    return lines


def _rows_by_key(recommendations: pl.DataFrame, terms: pl.DataFrame | None) -> dict[Key, Row]:
    """Return the run's rows by their key as a cell shows it."""
    needed = recommendations.select(_OF_RUN)
    if terms is None:
        cost = (pl.col("order_value") / pl.col("order_units")).fill_nan(None).alias("unit_cost")
        needed = needed.with_columns(cost, *(pl.lit(None, dtype=pl.Float64).alias(name) for name in _OF_TERMS[1:]))
    else:
        needed = needed.join(terms.select("fc", "sku", *_OF_TERMS), on=["fc", "sku"], how="left")
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


def _missing(known: Mapping[Key, Row], seen: Mapping[Key, Line]) -> list[str]:
    absent = [key for key, row in known.items() if (row["order_units"] or 0) > 0 and key not in seen]
    if not absent:
        return []
    fc, sku = absent[0]
    return [
        f"Orders lacks {len(absent):,} recommended line(s), the first fc {fc!r}, sku {sku!r}. "
        f"Put the rows back from report.xlsx; to cancel a line write 0 in its {APPROVED}."
    ]
