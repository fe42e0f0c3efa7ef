"""Reads the filled-in Orders sheets of a workbook: run id, and one line per row with the cell it stands in."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import openpyxl
from openpyxl.utils import get_column_letter

from data.sources.workbook_limits import TooLarge, refuse_too_large
from flows.workbook.layout import APPROVED, ORDER_KEYS, ORDERS, REASON, RECOMMENDED, RUN_ID_NAME

NEEDED = (*ORDER_KEYS, RECOMMENDED, APPROVED, REASON)
_SEARCHED_ROWS = 10


class WorkbookRefused(ValueError):
    """A workbook that cannot be applied; the message names sheet and cell, and what mends it."""


@dataclass(frozen=True)
class Line:
    """One row of an Orders sheet, as it stands there."""

    sheet: str
    row: int
    columns: dict[str, int]
    values: dict[str, Any]

    def cell(self, column: str) -> str:
        """Return where a value stands, as in `Orders!G12`."""
        return f"{self.sheet}!{get_column_letter(self.columns[column] + 1)}{self.row}"


@dataclass(frozen=True)
class FilledWorkbook:
    """What `apply` needs of a workbook."""

    run_id: str
    lines: list[Line]


def read_filled(path: Path) -> FilledWorkbook:
    """Read a filled-in workbook; formulas count by the value they were saved with.

    Raises
    ------
    WorkbookRefused
        If the file is no workbook, names no run, has no Orders sheet with the columns that are needed, or holds a formula
        there that was never computed.
    """
    filled = _read(path, computed=False)
    if any(_is_formula(value) for line in filled.lines for value in line.values.values()):
        # what begins with "=" is a formula or a text that looks like one: the saved results tell which
        results = {(line.sheet, line.row): line.values for line in _read(path, computed=True).lines}
        filled = replace(filled, lines=[_computed(line, results.get((line.sheet, line.row), {})) for line in filled.lines])
    return filled


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _computed(line: Line, results: dict[str, Any]) -> Line:
    """Return the line with its formulas replaced by their results."""
    values = {column: results.get(column) if _is_formula(value) else value for column, value in line.values.items()}
    for column, value in values.items():
        if value is None and line.values[column] is not None:
            raise WorkbookRefused(
                f"{line.cell(column)} holds the formula {line.values[column]!r} without a result. "
                "Write the number itself, or save the workbook in Excel or LibreOffice."
            )
    return replace(line, values=values)


def _read(path: Path, *, computed: bool) -> FilledWorkbook:
    _refuse_what_is_no_workbook(path)
    try:
        with warnings.catch_warnings():
            # openpyxl tells of everything that other programs add and that is not looked at here
            warnings.simplefilter("ignore", UserWarning)
            refuse_too_large(path)
            # opened here, since openpyxl leaves a file open that it cannot read
            with path.open("rb") as file:
                return _sheets(file, path, computed=computed)
    except WorkbookRefused:
        raise
    except TooLarge as error:
        raise WorkbookRefused(f"{path} is too large to be opened: {error}. Apply the report.xlsx of a run, filled in and saved.") from error
    except Exception as error:
        # a file that is damaged inside can make openpyxl raise anything
        raise WorkbookRefused(
            f"{path} cannot be read as an Excel workbook ({type(error).__name__}: {error}). Save it as .xlsx and apply that file."
        ) from error


def _sheets(file: IO[bytes], path: Path, *, computed: bool) -> FilledWorkbook:
    book = openpyxl.load_workbook(file, data_only=computed, read_only=True)
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.title == ORDERS or sheet.title.removeprefix(f"{ORDERS} ").isdigit()]
        if not sheets:
            names = ", ".join(book.sheetnames)
            raise WorkbookRefused(
                f"{path} has no sheet {ORDERS!r}; it has {names}. Apply the report.xlsx of a run, with its sheets' names unchanged."
            )
        return FilledWorkbook(_run_id(book, path), [line for sheet in sheets for line in _lines(sheet, path)])
    finally:
        book.close()


_OTHER_FILES = (
    (b"\xd0\xcf\x11\xe0", "is protected with a password, or of the old .xls format: save it as .xlsx without a password"),
    (b"%PDF", "is a PDF: apply the workbook itself, saved as .xlsx"),
)


def _refuse_what_is_no_workbook(path: Path) -> None:
    """Say what the file is where it is plainly no workbook."""
    try:
        with path.open("rb") as file:
            start = file.read(100)
    except FileNotFoundError:
        raise WorkbookRefused(f"{path} does not exist. Name the workbook that you filled in, such as report.xlsx of a run.") from None
    except OSError as error:
        raise WorkbookRefused(f"{path} cannot be opened ({error.strerror}). Name the workbook that you filled in.") from error
    for magic, told in _OTHER_FILES:
        if start.startswith(magic):
            raise WorkbookRefused(f"{path} {told}.")
    if b"mimetypeapplication/vnd.oasis.opendocument" in start:
        raise WorkbookRefused(f"{path} is an OpenDocument file: save it as Excel workbook (.xlsx), and apply that file.")
    if not start.startswith(b"PK"):
        raise WorkbookRefused(
            f"{path} cannot be read as an Excel workbook: it is a file of another kind. Save it as .xlsx and apply that file."
        )


def _run_id(book: openpyxl.Workbook, path: Path) -> str:
    """Return the run id from its named cell or, where a program dropped the name, from the document's custom property."""
    if RUN_ID_NAME in book.defined_names:
        for sheet, cell in book.defined_names[RUN_ID_NAME].destinations:
            if sheet in book.sheetnames and (value := book[sheet][cell].value):
                return str(value)
    for known in book.custom_doc_props.props:
        if known.name == RUN_ID_NAME and known.value:
            return str(known.value)
    raise WorkbookRefused(
        f"{path} does not say which run it belongs to: neither the cell named {RUN_ID_NAME} (Summary!B3) "
        "nor the document property of that name is there. "
        "Apply the report.xlsx of a run, filled in and saved as .xlsx."
    )


def _lines(sheet: Any, path: Path) -> Iterator[Line]:
    columns: dict[str, int] = {}
    sheet.reset_dimensions()  # what the file says of its width may be anything, and every row would be padded to it
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if not columns:
            found = {str(name).strip(): index for index, name in enumerate(values) if name is not None}
            if all(name in found for name in ORDER_KEYS):
                columns = found
                _check_columns(columns, sheet.title, number, path)
            elif number == _SEARCHED_ROWS:
                break
            continue
        line = {name: values[index] if (index := columns[name]) < len(values) else None for name in NEEDED}
        if any(value not in (None, "") for value in line.values()):
            yield Line(sheet.title, number, columns, line)
    if not columns:
        raise WorkbookRefused(
            f"{path}, sheet {sheet.title}: no row of the first {_SEARCHED_ROWS} holds the column names {', '.join(NEEDED)}. "
            "Put the headings back as they were in report.xlsx."
        )


def _check_columns(columns: dict[str, int], sheet: str, row: int, path: Path) -> None:
    if missing := [name for name in NEEDED if name not in columns]:
        raise WorkbookRefused(
            f"{path}, sheet {sheet}, row {row}: column {', '.join(missing)} is missing; "
            f"found {', '.join(columns)}. Put it back as it was in report.xlsx."
        )
