"""Writes the planner's workbook: summary, orders to fill in, alerts, overstock, data issues, glossary."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Format, Workbook
from xlsxwriter.worksheet import Worksheet

from flows.workbook.cells import MAX_ROWS, cell_text, write_value
from flows.workbook.layout import (
    ALERT_COLUMNS,
    APPROVED,
    GLOSSARY,
    HOW_TO,
    MESSAGE_COLUMNS,
    ORDER_COLUMNS,
    ORDERS,
    OVERSTOCK_COLUMNS,
    RUN_ID_NAME,
    Column,
)

_HEAD_ROWS = 2  # totals, then names
_NUMBER_FORMATS = {"units": "#,##0", "fraction": "#,##0.0#", "money": "#,##0.00", "share": "0%", "days": "#,##0.0"}


def write_workbook(
    path: Path | str,
    recommendations: pl.DataFrame,
    alerts: pl.DataFrame,
    plan_messages: pl.DataFrame,
    summary: Mapping[str, Any],
    run_id: str,
    *,
    max_rows: int = MAX_ROWS,
) -> None:
    """Write the workbook of one run to `path`; the same run gives the same bytes.

    `summary` is shown on the first sheet, name → value. A table longer than a sheet goes on on the next (`Orders 2`);
    `max_rows` is how many rows a sheet holds, headings included.
    """
    orders = recommendations.filter(pl.col("order_units") > 0).sort(
        "supplier", "order_value", "fc", "sku", descending=[False, True, False, False], nulls_last=True
    )
    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        book.set_properties({"title": "Reorder workbook", "created": _created(recommendations)})
        book.set_custom_property(RUN_ID_NAME, cell_text(run_id), "text")
        styles = _Styles(book)
        _summary_sheet(book, styles, summary, run_id)
        _table(book, styles, ORDERS, ORDER_COLUMNS, orders, max_rows)
        _table(book, styles, "Alerts", ALERT_COLUMNS, alerts, max_rows)
        _table(book, styles, "Overstock", OVERSTOCK_COLUMNS, recommendations.filter(pl.col("action") == "mark_down"), max_rows)
        _table(book, styles, "Data issues", MESSAGE_COLUMNS, plan_messages, max_rows)
        _glossary_sheet(book, styles)
        book.get_worksheet_by_name(ORDERS if orders.height else "Summary").activate()


class _Styles:
    """The formats of one workbook; a format belongs to the book that made it."""

    def __init__(self, book: Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.name = book.add_format({"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "text_wrap": True, "valign": "bottom"})
        self.total_name = book.add_format({"italic": True, "font_color": "#53606E"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.term = book.add_format({"bold": True, "valign": "top"})
        self.date = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.kinds = {kind: book.add_format({"num_format": number}) for kind, number in _NUMBER_FORMATS.items()}
        self.totals = {kind: book.add_format({"num_format": number, "bold": True}) for kind, number in _NUMBER_FORMATS.items()}
        # text format, so that a spreadsheet does not turn the sku 00123 into 123 when the cell is edited
        self.kinds |= {"text": book.add_format({"num_format": "@"}), "date": self.date}
        self.kinds |= {"input": book.add_format({"bg_color": "#FFF8DC", "border": 1, "border_color": "#D9CFA3"})}
        self.totals |= {"input": book.add_format({"bold": True})}

    def of(self, column: Column, value: Any = None) -> Format:
        return self.kinds[_kind(column, value)]

    def of_total(self, column: Column, value: float) -> Format:
        return self.totals[_kind(column, value)]


def _kind(column: Column, value: Any) -> str:
    # one format for both would show 12 as "12."
    return "fraction" if column.kind == "units" and isinstance(value, float) and not value.is_integer() else column.kind


def _summary_sheet(book: Workbook, styles: _Styles, summary: Mapping[str, Any], run_id: str) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 60)
    sheet.write_string(0, 0, "Reorder workbook", styles.title)
    sheet.write_string(2, 0, "run id", styles.term)
    sheet.write_string(2, 1, cell_text(run_id), styles.kinds["text"])
    book.define_name(RUN_ID_NAME, "=Summary!$B$3")
    row = 3
    for name, value in summary.items():
        sheet.write_string(row, 0, cell_text(name).replace("_", " "), styles.term)
        style = styles.kinds["units"] if isinstance(value, int | float) and not isinstance(value, bool) else styles.wrap
        write_value(sheet, row, 1, value, style, styles.date)
        row += 1
    for number, line in enumerate(HOW_TO):
        sheet.write_string(row + 1 + number, 0, "How to use it" if number == 0 else "", styles.term)
        sheet.write_string(row + 1 + number, 1, line, styles.wrap)


def _table(book: Workbook, styles: _Styles, name: str, columns: Sequence[Column], frame: pl.DataFrame, max_rows: int) -> None:
    """Write a frame as one sheet, or as several where one cannot hold it."""
    room = max_rows - _HEAD_ROWS
    for number, start in enumerate(range(0, max(frame.height, 1), room), start=1):
        sheet = book.add_worksheet(name if number == 1 else f"{name} {number}")
        _rows(sheet, styles, columns, frame.slice(start, room))


def _rows(sheet: Worksheet, styles: _Styles, columns: Sequence[Column], frame: pl.DataFrame) -> None:
    last = _HEAD_ROWS - 1 + frame.height
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width, styles.of(column))
    sheet.write_string(
        0, 0, f"{frame.height:,} rows; totals of the rows shown" if frame.height else "Nothing to list in this run.", styles.total_name
    )
    for index, column in enumerate(columns):
        if column.total and frame.height:
            span = f"{xl_rowcol_to_cell(_HEAD_ROWS, index)}:{xl_rowcol_to_cell(last, index)}"
            # 109 adds up what the filter leaves visible; the value is what a viewer that cannot compute shows
            total = _total(frame, column.name)
            sheet.write_formula(0, index, f"=SUBTOTAL(109,{span})", styles.of_total(column, total), total)
    for index, column in enumerate(columns):
        sheet.write_string(_HEAD_ROWS - 1, index, column.name, styles.name)
    cells = [
        frame[column.name].to_list() if column.name in frame.columns and column.kind != "input" else [None] * frame.height
        for column in columns
    ]
    for row, values in enumerate(zip(*cells, strict=True), start=_HEAD_ROWS):
        for index, value in enumerate(values):
            write_value(sheet, row, index, value, styles.of(columns[index], value), styles.date)
    sheet.freeze_panes(_HEAD_ROWS, next((index + 1 for index, column in enumerate(columns) if column.name == "sku"), 0))
    if frame.height:
        sheet.autofilter(_HEAD_ROWS - 1, 0, last, len(columns) - 1)
    for index, column in enumerate(columns):
        if column.name == APPROVED and frame.height:
            sheet.data_validation(_HEAD_ROWS, index, last, index, _WHOLE_UNITS)


_WHOLE_UNITS = {
    "validate": "integer",
    "criteria": ">=",
    "value": 0,
    "input_title": "Approved units",
    "input_message": "Leave empty to accept order_units; 0 cancels the line.",
    "error_title": "Whole units",
    "error_message": "Approved units are a whole number, 0 or more.",
}


def _total(frame: pl.DataFrame, name: str) -> float:
    return float(np.sum(frame[name].drop_nulls().to_numpy())) if name in frame.columns else 0.0


def _glossary_sheet(book: Workbook, styles: _Styles) -> None:
    sheet = book.add_worksheet("Glossary")
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 1, 100)
    for row, (term, meaning) in enumerate(GLOSSARY):
        sheet.write_string(row, 0, term, styles.term)
        sheet.write_string(row, 1, meaning, styles.wrap)


def _created(recommendations: pl.DataFrame) -> datetime:
    """Date the file by its run, not by the clock; a run without rows has no date of its own to take."""
    as_of = recommendations["as_of"][0] if recommendations.height else date(2000, 1, 1)
    return datetime(as_of.year, as_of.month, as_of.day)  # noqa: DTZ001 a document's date has no zone
