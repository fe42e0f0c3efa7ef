"""Workbooks that take more to open than they say: refused before a reader unfolds them, and ordinary ones are not."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import xlsxwriter

from data.errors import InputError
from data.intake import read_table
from data.settings import InputsSettings
from data.sources import workbook_limits
from data.sources.workbook_limits import TooLarge, refuse_too_large

SHEET = "xl/worksheets/sheet1.xml"
OPENING = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSING = b"</sheetData></worksheet>"


def text_cell(place: str, text: str) -> bytes:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'.encode()


HEADER = b'<row r="1">' + b"".join(
    text_cell(f"{column}1", name) for column, name in zip("ABCD", ("date", "sku", "fc", "units"), strict=True)
)
TABLE = (
    HEADER
    + b'</row><row r="2">'
    + text_cell("A2", "2024-06-01")
    + text_cell("B2", "a")
    + text_cell("C2", "N1")
    + b'<c r="D2"><v>3</v></c></row>'
)


def workbook(folder: Path, sheet: Iterable[bytes] = (), other: tuple[str, Iterable[bytes]] | None = None) -> Path:
    """A workbook of sales whose sheet, or another part, is replaced by the given XML."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet("sales").write_row(0, 0, ["date"])
    replaced = {SHEET: sheet} | ({other[0]: other[1]} if other else {})
    path = folder / "sales.xlsx"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *replaced}:
            with new.open(name, "w") as part:
                part.writelines(replaced.get(name) or [old.read(name)])
    return path


def sales(folder: Path):
    intake = read_table(InputsSettings(path=str(folder)), "sales", today=None, fcs=None)
    assert intake is not None
    return intake


MIB = 1 << 20
BOMBS: dict[str, Callable[[Path], Path]] = {
    "blanks": lambda folder: workbook(folder, [OPENING, *[b" " * MIB] * 40, CLOSING]),
    "one text": lambda folder: workbook(
        folder, [OPENING, b'<row r="1"><c r="A1" t="inlineStr"><is><t>', *[b"a" * MIB] * 40, b"</t></is></c></row>", CLOSING]
    ),
    "shared text": lambda folder: workbook(
        folder, [OPENING, CLOSING], ("xl/sharedStrings.xml", [b"<sst><si><t>", *[b"a" * MIB] * 40, b"</t></si></sst>"])
    ),
    "the last corner": lambda folder: workbook(folder, [OPENING, TABLE, b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', CLOSING]),
    "the last corner between other quotes": lambda folder: workbook(
        folder, [OPENING, TABLE, b"<row r='1048576'><c r = 'xfd1048576'><v>1</v></c></row>", CLOSING]
    ),
    "rows that do not exist": lambda folder: workbook(
        folder, [OPENING, TABLE, b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>', CLOSING]
    ),
    "cells without a reference": lambda folder: workbook(
        folder, [OPENING, b'<row r="1048576">', *[b"<c><v>1</v></c>" * 1000] * 20, b"</row>", CLOSING]
    ),
    "many parts": lambda folder: with_parts(workbook(folder, [OPENING, TABLE, CLOSING]), 10_001),
}


def with_parts(path: Path, number: int) -> Path:
    with zipfile.ZipFile(path, "a") as archive:
        for part in range(number):
            archive.writestr(f"spare/{part}", "")
    return path


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_is_opened(tmp_path, bomb):
    path = BOMBS[bomb](tmp_path)
    assert path.stat().st_size < 3 * MIB
    with pytest.raises(TooLarge):
        refuse_too_large(path)
    with pytest.raises(TooLarge):
        refuse_too_large(path.read_bytes())
    with pytest.raises(InputError, match=r"^sales.xlsx: too large to be opened: .* Save the table alone"):
        sales(tmp_path)


def test_all_parts_together_have_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_limits, "MOST_BYTES", 3 * MIB)
    path = workbook(tmp_path, [OPENING, TABLE, b"<row></row>" * 100_000, CLOSING], ("xl/media/image1.png", [b"\x89PNG" + bytes(2 * MIB)]))
    with pytest.raises(TooLarge, match="more than 3 MiB"):
        refuse_too_large(path)


def test_a_part_that_is_longer_than_it_states_is_damaged(tmp_path):
    path = workbook(tmp_path, [OPENING, *[b"<row></row>" * 1000] * 100, CLOSING])
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entry = content.rindex(SHEET.encode())
        assert archive.getinfo(SHEET).file_size > 1000
    struct.pack_into("<I", content, entry - 46 + 24, 1000)
    path.write_bytes(content)
    with pytest.raises(zipfile.BadZipFile):
        refuse_too_large(path)
    with pytest.raises(InputError, match=r"^sales.xlsx: not a readable Excel workbook"):
        sales(tmp_path)


def test_entities_are_not_unfolded(tmp_path):
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"lol") for n in range(10))
    head, rest = OPENING.split(b"?>")
    workbook(tmp_path, [head + b"?><!DOCTYPE a [" + entities + b"]>" + rest, b'<row r="1">' + text_cell("A1", "&e9;") + b"</row>", CLOSING])
    with pytest.raises(InputError, match=r"^sales\.xlsx: "):
        sales(tmp_path)


def test_formats_of_empty_cells_to_the_end_of_the_sheet_are_no_cells(tmp_path):
    """As a spreadsheet leaves them where a whole row and whole columns were given a colour."""
    row = b'<row r="1048576" s="1" customFormat="1"><c r="XFC1048576" s="1"/><c r="XFD1048576" s="1"></c></row>'
    empty = b"".join(b'<row r="%d"><c r="A%d" s="1"/><c r="B%d" s="1"/></row>' % (n, n, n) for n in range(3, 20_000))
    refuse_too_large(workbook(tmp_path, [OPENING, TABLE, empty, row, CLOSING]))
    assert sales(tmp_path).frame.select("sku", "units").rows() == [("a", 3.0)]


def test_wide_and_long_sheets_are_read(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "sales.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["date", "sku", "fc", "units", *[f"spare {number}" for number in range(300)]])
        for row in range(1, 400):
            sheet.write_row(row, 0, ["2024-06-01", f"s{row}", "N1", row])
            sheet.write(row, 303, "far")
    assert sales(tmp_path).frame.height == 399


@pytest.mark.parametrize(("unit", "extent"), [("A1", (1, 1)), ("Z9", (9, 26)), ("AA10", (10, 27)), ("XFD1048576", (1_048_576, 16_384))])
def test_the_extent_is_that_of_the_farthest_cell(unit, extent):
    found = workbook_limits._Extent()
    found.count(f'<row r="{extent[0]}"><c r="{unit}"><v>1</v></c></row>'.encode())
    assert (found.rows, found.columns) == extent
