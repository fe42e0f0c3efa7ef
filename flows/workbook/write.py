"""Writes the planner's workbook: summary, orders to fill in, alerts, overstock, data issues, glossary."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.workbook import Workbook

from flows.workbook.cells import MAX_ROWS, cell_text
from flows.workbook.layout import (
    ALERT_COLUMNS,
    DECISION_COLUMNS,
    GLOSSARY,
    MARKETPLACE,
    MESSAGE_COLUMNS,
    ORDER_COLUMNS,
    ORDERS,
    OVERSTOCK_COLUMNS,
    RUN_ID_NAME,
)
from flows.workbook.orders_sheet import checks_while_typing, orders_to_fill_in
from flows.workbook.styles import Styles
from flows.workbook.summary_sheet import write_summary
from flows.workbook.table import spans, write_table
from models.override_value import by_author_and_reason


def write_workbook(
    path: Path | str,
    recommendations: pl.DataFrame,
    alerts: pl.DataFrame,
    plan_messages: pl.DataFrame,
    summary: Mapping[str, Any],
    run_id: str,
    *,
    terms: pl.DataFrame | None = None,
    overrides: pl.DataFrame | None = None,
    marketplace: pl.DataFrame | None = None,
    max_rows: int = MAX_ROWS,
) -> None:
    """Write the workbook of one run to `path`; the same run gives the same bytes.

    `summary` is shown on the first sheet, name → value; `terms` are the run's OrderTerms, `overrides` its OverrideValue, `marketplace` its
    MarketplaceAdvice. A table longer than a sheet goes on on the next (`Orders 2`); `max_rows` is how many rows a sheet holds, headings
    included.
    """
    orders = orders_to_fill_in(recommendations, terms, marketplace)
    columns = [column for column in ORDER_COLUMNS if column.name not in MARKETPLACE.values() or column.name in orders.columns]
    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        book.set_properties({"title": "Reorder workbook", "created": _created(recommendations)})
        book.set_custom_property(RUN_ID_NAME, cell_text(run_id), "text")
        styles = Styles(book)
        write_summary(book, styles, summary, run_id, orders, spans(ORDERS, orders.height, max_rows))
        write_table(book, styles, ORDERS, columns, orders, max_rows, checks_while_typing(styles))
        write_table(book, styles, "Alerts", ALERT_COLUMNS, alerts, max_rows)
        write_table(book, styles, "Overstock", OVERSTOCK_COLUMNS, recommendations.filter(pl.col("action") == "mark_down"), max_rows)
        write_table(book, styles, "Data issues", MESSAGE_COLUMNS, plan_messages, max_rows)
        if overrides is not None and overrides.height:
            write_table(book, styles, "Past decisions", DECISION_COLUMNS, by_author_and_reason(overrides), max_rows)
        _glossary_sheet(book, styles)
        book.get_worksheet_by_name(ORDERS if orders.height else "Summary").activate()


def _glossary_sheet(book: Workbook, styles: Styles) -> None:
    sheet = book.add_worksheet("Glossary")
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 1, 100)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for row, (term, meaning) in enumerate(GLOSSARY):
        sheet.write_string(row, 0, term, styles.term)
        sheet.write_string(row, 1, meaning, styles.wrap)


def _created(recommendations: pl.DataFrame) -> datetime:
    """Date the file by its run, not by the clock; a run without rows has no date of its own to take."""
    as_of = recommendations["as_of"][0] if recommendations.height else date(2000, 1, 1)
    return datetime(as_of.year, as_of.month, as_of.day)  # noqa: DTZ001 a document's date has no zone
