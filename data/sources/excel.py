"""Opens Excel workbooks: one sheet, its first row that is not blank taken as the header."""

import zipfile
from collections.abc import Mapping

import fastexcel
import polars as pl

from data.errors import InputError
from data.sources.opened import Opening, OpenTable, Rows, no_rows
from data.sources.workbook_limits import TooLarge, refuse_too_large

HEADER_WITHIN = 100
"""Rows among which the header is looked for."""


def open_excel(opening: Opening) -> OpenTable:
    """Return a sheet as a table; its rows are counted as the sheet numbers them.

    The sheet is the one the config names, else the one named after the table, else the first.

    Raises
    ------
    InputError
        If the file is no workbook, would take too much memory to open, or the sheet is not in it.
    """
    if opening.path.stat().st_size == 0:
        return OpenTable((), no_rows, "row")
    source = opening.source()
    try:
        refuse_too_large(source)
        workbook = fastexcel.read_excel(source)
        sheet = _sheet(opening, workbook.sheet_names)
        top = workbook.load_sheet(sheet, header_row=None, skip_rows=0, n_rows=HEADER_WITHIN, dtypes="string").to_polars()
    except TooLarge as error:
        raise InputError(f"{opening.name}: too large to be opened: {error}. Save the table alone, as .xlsx, .csv or .parquet.") from error
    except (zipfile.BadZipFile, fastexcel.FastExcelError, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _unreadable(opening, error) from error
    rows = [["" if cell is None else str(cell).strip() for cell in row] for row in top.rows()]
    header_at = next((number for number, row in enumerate(rows) if any(row)), None)
    if header_at is None:
        return OpenTable((), no_rows, "row")

    def read(wanted: Mapping[str, int]) -> Rows:
        try:
            frame = _cells(workbook, sheet, header_at + 1)
        except (fastexcel.FastExcelError, pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise _unreadable(opening, error) from error
        chosen = frame.select(frame.to_series(position).alias(name) for name, position in wanted.items())
        first = header_at + 2
        return Rows(chosen, pl.int_range(first, first + chosen.height, dtype=pl.Int64, eager=True))

    return OpenTable(tuple(rows[header_at]), read, "row")


def _cells(workbook: fastexcel.ExcelReader, sheet: str, skip: int) -> pl.DataFrame:
    """Cells as text, so that text and numbers may share a column; a column of long fractions as the numbers themselves.

    As text a number carries nine decimals. Reading by guessed types instead would turn "12 pcs" among numbers into nothing.
    """
    text = workbook.load_sheet(sheet, header_row=None, skip_rows=skip, dtypes="string").to_polars()
    shortened = [at for at, column in enumerate(text.get_columns()) if column.str.contains(r"\.\d{9}$").any()]
    if not shortened:
        return text
    types: dict[int | str, fastexcel.DType] = {at: "float" if at in shortened else "string" for at in range(text.width)}
    exact = workbook.load_sheet(sheet, header_row=None, skip_rows=skip, dtypes=types).to_polars()
    whole = [at for at in shortened if exact.to_series(at).null_count() == text.to_series(at).null_count()]
    return text.with_columns(exact.to_series(at).alias(text.columns[at]) for at in whole)


def _sheet(opening: Opening, names: list[str]) -> str:
    if opening.sheet is not None:
        if opening.sheet not in names:
            raise InputError(
                f'{opening.name}: has no sheet "{opening.sheet}", which [inputs.{opening.table}] sheet names. '
                f"Sheets found: {', '.join(names)}. Name one of these."
            )
        return opening.sheet
    if not names:
        raise InputError(f"{opening.name}: the workbook has no sheets; one with the table {opening.table} was expected. Save it again.")
    return next((name for name in names if name.strip().casefold() == opening.table), names[0])


def _unreadable(opening: Opening, error: BaseException) -> InputError:
    return InputError(
        f"{opening.name}: not a readable Excel workbook ({str(error).splitlines()[0]}). "
        "If it is a text table under an Excel name, rename it to .csv; else open it in Excel, save it as .xlsx and deliver it again."
    )
