"""What a cell can hold: Excel's limits, and text that is never mistaken for a formula."""

import re
from datetime import date
from typing import Any

from xlsxwriter.worksheet import Worksheet

MAX_ROWS = 1_048_576
"""Rows of a sheet, header included."""
MAX_TEXT = 32_767
"""Characters of a cell; Excel counts UTF-16 units, of which an astral character takes two."""

# XML cannot hold these at all, so that a workbook with one of them would not open
_FORBIDDEN = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def cell_text(value: object) -> str:
    """Return `value` as a cell can hold it: forbidden characters as U+FFFD, cut at the limit with an ellipsis."""
    line = str(value).replace("\r\n", "\n").replace("\r", "\n").translate(_FORBIDDEN)
    if len(line) <= MAX_TEXT // 2:
        return line
    encoded = line.encode("utf-16-le", errors="replace")
    if len(encoded) // 2 <= MAX_TEXT:
        return line
    return encoded[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", errors="ignore") + "…"


def decoded(text: str) -> str:
    """Return a cell's text with its `_xHHHH_` escapes resolved, which openpyxl leaves as they stand in the file (ECMA-376, ST_Xstring)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def write_value(sheet: Worksheet, row: int, column: int, value: Any, style: Any, date_style: Any) -> None:
    """Write one value by its type; None leaves the cell empty but styled, text is written as text whatever it begins with."""
    if value is None:
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        sheet.write_string(row, column, "yes" if value else "no", style)
    elif isinstance(value, int | float):
        # Excel has no NaN and no infinity
        if value - value == 0:
            sheet.write_number(row, column, value, style)
        else:
            sheet.write_string(row, column, str(value), style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, date_style)
    elif isinstance(value, list | tuple):
        sheet.write_string(row, column, cell_text("; ".join(str(item).replace("_", " ") for item in value)), style)
    else:
        sheet.write_string(row, column, cell_text(value), style)
