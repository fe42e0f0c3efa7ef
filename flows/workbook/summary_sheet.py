"""The first sheet: which run this is, what is approved so far, the night in numbers, orders by supplier, how to use the workbook."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from flows.workbook.cells import cell_text, write_value
from flows.workbook.layout import APPROVED, FINAL, HOW_TO, ORDER_COLUMNS, REASON, RECOMMENDED, RUN_ID_NAME
from flows.workbook.styles import Styles
from flows.workbook.table import Span

SHOWN_SUPPLIERS = 40
LINE = 105
"""Characters that the width of the sheet holds."""
_KNOWN = {
    "value_at_risk": ("Margin at risk if nothing were ordered", "money"),
    "expected_lost_units": ("Expected lost units if nothing were ordered", "mean"),
    "order_lines": ("Lines recommended", "units"),
    "order_units": ("Units recommended", "units"),
    "order_value": ("Order value recommended", "money"),
    "stocked_out": ("Stocked out, items × locations", "units"),
    "overstock": ("Overstock, items × locations", "units"),
    "wape": ("Forecast error (WAPE)", "share"),
}
"""Label and kind of the night's numbers; others are shown under their own name."""


def write_summary(
    book: Workbook, styles: Styles, summary: Mapping[str, Any], run_id: str, orders: pl.DataFrame, where: Sequence[Span]
) -> None:
    """Write the sheet; `orders` are the rows of the sheets Orders, which `where` tells the place of."""
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 4, 17)
    sheet.write_string(0, 0, "Reorder workbook", styles.title)
    sheet.write_string(2, 0, "Run id", styles.term)
    sheet.write_string(2, 1, cell_text(run_id), styles.of_kind("text"))
    book.define_name(RUN_ID_NAME, "=Summary!$B$3")
    row = 3
    for name, value in summary.items():
        label, kind = _KNOWN.get(name, (cell_text(name).replace("_", " "), "units"))
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        sheet.write_string(row, 0, label, styles.term)
        write_value(sheet, row, 1, value, styles.of_kind(kind, value) if numeric else styles.of_kind("text"), styles.date)
        row += 1
    if orders.height:
        row = _as_approved(sheet, styles, row + 1, orders, where)
        row = _by_supplier(sheet, styles, row + 1, orders, where)
    _heading(sheet, styles, row + 1, "How to use it")
    for number, line in enumerate(HOW_TO, start=row + 2):
        sheet.set_row(number, 32 if len(line) > LINE else 16)
        sheet.merge_range(number, 0, number, 4, line, styles.wrap)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def _as_approved(sheet: Worksheet, styles: Styles, row: int, orders: pl.DataFrame, where: Sequence[Span]) -> int:
    """Write what the orders come to as filled in so far, as formulas; return the row below."""
    _heading(sheet, styles, row, "As approved so far")
    approved, recommended, final, value, reason = (
        [span.of(ORDER_COLUMNS, name) for span in where] for name in (APPROVED, RECOMMENDED, FINAL, "order_value", REASON)
    )
    changed = [f"ISNUMBER({a})*({a}<>{r})" for a, r in zip(approved, recommended, strict=True)]
    lines: tuple[tuple[str, str, float, str], ...] = (
        ("Lines to order", _sum(f'COUNTIF({f},">0")' for f in final), float(orders.height), "units"),
        ("Units to order", _sum(f"SUM({f})" for f in final), float(orders[FINAL].sum()), "units"),
        ("Order value", _sum(f"SUM({v})" for v in value), float(orders["order_value"].sum()), "money"),
        ("Lines changed", _sum(f"SUMPRODUCT({c})" for c in changed), 0.0, "units"),
        (
            "Changed lines that still need a reason",
            _sum(f'SUMPRODUCT({c}*(TRIM({r})=""))' for c, r in zip(changed, reason, strict=True)),
            0.0,
            "units",
        ),
    )
    for number, (label, formula, result, kind) in enumerate(lines, start=row + 1):
        sheet.write_string(number, 0, label, styles.term)
        sheet.write_formula(number, 1, formula, styles.of_kind(kind, result), result)
    return row + 1 + len(lines)


def _by_supplier(sheet: Worksheet, styles: Styles, row: int, orders: pl.DataFrame, where: Sequence[Span]) -> int:
    """Write lines, units and value of the largest suppliers, as formulas; return the row below."""
    totals = (
        orders.with_columns(pl.col("supplier").fill_null(""))
        .group_by("supplier", maintain_order=True)
        .agg(pl.len().cast(pl.Float64).alias("lines"), pl.col(FINAL).sum(), pl.col("order_value").sum())
        .sort("order_value", "supplier", descending=[True, False])
    )
    _heading(sheet, styles, row, "Orders by supplier, as approved so far")
    for index, name in enumerate(("supplier", "lines", "units", "order value")):
        sheet.write_string(row + 1, index, name, styles.number_name if index else styles.name)
    first = row + 2
    for number, (supplier, *results) in enumerate(totals.head(SHOWN_SUPPLIERS).iter_rows(), start=first):
        sheet.write_string(number, 0, cell_text(supplier) or "(no supplier)", styles.of_kind("text"))
        # compared cell by cell: SUMIF would read * and > in a name as a pattern
        name = f"$A{number + 1}" if supplier else '""'
        for index, (column, kind) in enumerate((("lines", "units"), (FINAL, "units"), ("order_value", "money")), start=1):
            of = [(span.of(ORDER_COLUMNS, "supplier"), span.of(ORDER_COLUMNS, FINAL if column == "lines" else column)) for span in where]
            # separated by a comma, text and empty cells count as 0
            formula = _sum(f"SUMPRODUCT(({s}={name})*({v}>0))" if column == "lines" else f"SUMPRODUCT(--({s}={name}),{v})" for s, v in of)
            sheet.write_formula(number, index, formula, styles.of_kind(kind, results[index - 1]), results[index - 1])
    below = first + min(totals.height, SHOWN_SUPPLIERS)
    if totals.height > SHOWN_SUPPLIERS:
        sheet.write_string(below, 0, f"and {totals.height - SHOWN_SUPPLIERS:,} more suppliers on the sheet Orders", styles.note)
        below += 1
    return below


def _heading(sheet: Worksheet, styles: Styles, row: int, text: str) -> None:
    for column in range(5):
        sheet.write_string(row, column, text if column == 0 else "", styles.heading)


def _sum(parts: Any) -> str:
    return "=" + "+".join(parts)
