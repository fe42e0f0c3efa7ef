"""Writes a frame as a sheet, or as several where one cannot hold it: totals on top, filters, frozen panes, bars."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from flows.workbook.cells import write_value
from flows.workbook.layout import Column
from flows.workbook.styles import Styles

HEAD_ROWS = 2  # totals, then names
LINE_HEIGHT = 15
MOST_LINES = 8


@dataclass(frozen=True)
class Span:
    """Where the rows of a table lie on one sheet."""

    sheet: str
    first: int
    last: int
    """Numbers of the first and last row, from 1; the last one is below the first where there are none."""

    def of(self, columns: Sequence[Column], name: str) -> str:
        """Return the range of a column, as in `Orders!$F$3:$F$90`."""
        letter = xl_col_to_name([column.name for column in columns].index(name))
        return f"'{self.sheet}'!${letter}${self.first}:${letter}${self.last}"


def spans(name: str, rows: int, max_rows: int) -> list[Span]:
    """Return the sheets that hold so many rows, `max_rows` a sheet with its headings, and which rows of theirs."""
    room = max_rows - HEAD_ROWS
    return [
        Span(name if number == 1 else f"{name} {number}", HEAD_ROWS + 1, HEAD_ROWS + min(room, rows - start))
        for number, start in enumerate(range(0, max(rows, 1), room), start=1)
    ]


def write_table(
    book: Workbook,
    styles: Styles,
    name: str,
    columns: Sequence[Column],
    frame: pl.DataFrame,
    max_rows: int,
    finish: Callable[[Worksheet, Span], None] | None = None,
) -> None:
    """Write a frame to the sheets of `spans`; `finish` adds what a sheet with rows has beyond a plain table."""
    start = 0
    for span in spans(name, frame.height, max_rows):
        sheet = book.add_worksheet(span.sheet)
        rows = span.last - HEAD_ROWS
        _write_rows(sheet, styles, columns, frame.slice(start, rows))
        _print_setup(sheet, len(columns))
        if rows:
            sheet.autofilter(HEAD_ROWS - 1, 0, span.last - 1, len(columns) - 1)
            _bars(sheet, columns, span)
            if finish is not None:
                finish(sheet, span)
        start += rows


def _write_rows(sheet: Worksheet, styles: Styles, columns: Sequence[Column], frame: pl.DataFrame) -> None:
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width, styles.of(column))
        if column.kind == "input":
            sheet.write_blank(0, index, None, styles.note)
    told = f"{frame.height:,} {'row' if frame.height == 1 else 'rows'}; totals of the rows shown"
    sheet.write_string(0, 0, told if frame.height else "Nothing to list in this run.", styles.note)
    for index, column in enumerate(columns):
        if column.total and frame.height:
            span = f"{xl_rowcol_to_cell(HEAD_ROWS, index)}:{xl_rowcol_to_cell(HEAD_ROWS - 1 + frame.height, index)}"
            # 109 adds up what the filter leaves visible; the value is what a viewer that cannot compute shows
            total = _total(frame, column.name)
            sheet.write_formula(0, index, f"=SUBTOTAL(109,{span})", styles.of_total(column, total), total)
    sheet.set_row(HEAD_ROWS - 1, 32)
    for index, column in enumerate(columns):
        sheet.write_string(HEAD_ROWS - 1, index, column.name, styles.of_name(column))
    cells = [
        frame[column.name].to_list() if column.name in frame.columns and column.kind != "input" else [None] * frame.height
        for column in columns
    ]
    places = {column.name: xl_col_to_name(index) for index, column in enumerate(columns)}
    for row, values in enumerate(zip(*cells, strict=True), start=HEAD_ROWS):
        here = {name: f"{letter}{row + 1}" for name, letter in places.items()} if any(column.formula for column in columns) else {}
        if lines := _lines(columns, values):
            sheet.set_row(row, LINE_HEIGHT * lines)
        for index, (column, value) in enumerate(zip(columns, values, strict=True)):
            if column.formula is not None and value is not None:
                sheet.write_formula(row, index, column.formula.format(**here), styles.of(column, value), value)
            else:
                write_value(sheet, row, index, value, styles.of(column, value), styles.date)
    sheet.freeze_panes(HEAD_ROWS, next((index + 1 for index, column in enumerate(columns) if column.name == "sku"), 0))


def _lines(columns: Sequence[Column], values: Sequence[object]) -> int:
    """Return the lines that the longest text of a row takes where it is over one, else 0; not every program finds the height itself."""
    texts = (
        (column.width, str(value)) for column, value in zip(columns, values, strict=True) if column.kind == "long" and value is not None
    )
    most = max((sum(-(-max(len(line), 1) // width) for line in text.splitlines()) for width, text in texts), default=1)
    return min(most, MOST_LINES) if most > 1 else 0


def _bars(sheet: Worksheet, columns: Sequence[Column], span: Span) -> None:
    for index, column in enumerate(columns):
        if column.bar is not None:
            shape = {"type": "data_bar", "bar_color": column.bar, "min_type": "num", "min_value": 0}
            if column.kind == "share":
                shape |= {"max_type": "num", "max_value": 1}
            sheet.conditional_format(span.first - 1, index, span.last - 1, index, shape)


def _print_setup(sheet: Worksheet, columns: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROWS - 1)
    sheet.set_footer("&L&A&R&P / &N")


def _total(frame: pl.DataFrame, name: str) -> float:
    return float(np.sum(frame[name].drop_nulls().to_numpy())) if name in frame.columns else 0.0
