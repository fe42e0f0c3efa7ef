"""What an Excel workbook would take to open, found out before a reader opens it.

A workbook is a zip archive: a few kilobytes can unfold to gigabytes, and one cell in the last corner of a sheet makes readers lay
out the whole rectangle before it. Its parts are unfolded here piece by piece and counted, whatever sizes the archive states.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

MOST_PARTS = 10_000
"""Files inside the archive; a workbook has some ten, and one or two a sheet."""
MOST_BYTES = 1 << 30
"""Bytes of all parts unfolded: a full sheet of a million rows and ten columns takes 400 MB."""
MOST_CELLS = 32_000_000
"""Cells of the rectangle that holds all filled cells of a sheet: 29 columns of a million rows. Readers take 32 bytes for each."""
LONGEST_RUN = 1 << 20
"""Bytes of an XML part without a tag; a cell holds 32,767 characters."""

_PIECE = 1 << 20
# A reference past column AB or row 1,099,999. Without one, and with one in every cell, a sheet holds fewer cells than MOST_CELLS.
_FAR = re.compile(rb"r\s*=\s*[\"'](?:(?:[A-Za-z]{3,}|[B-Zb-z][A-Za-z]|[Aa][C-Zc-z])\d|[A-Za-z]{0,2}(?:\d{8}|[2-9]\d{6}|1[1-9]\d{5}))")
_MOST_ROWS = 1_099_999
# Cells and rows without content, exactly as programs write them: they only carry a format, and readers pass them over.
_BLANK_CELL = re.compile(rb'<c r="[A-Z]{1,3}\d{1,7}"(?: s="\d{1,6}")?(?:/>|></c>)')
_BLANK_ROW = re.compile(rb'<row(?: [\w:]+="[^"<>]*")*(?:/>|></row>)')
_REFERENCE = re.compile(rb"r\s*=\s*[\"']([A-Za-z]*)(\d+)[\"']")
_CELL = re.compile(rb"[<:]c[\s/>]")
_ROW = re.compile(rb"[<:]row[\s/>]")


class TooLarge(Exception):
    """A workbook takes more to open than a table can be worth; the text says what is too large in it."""


def refuse_too_large(source: Path | bytes) -> None:
    """Return if a workbook can be opened without harm.

    Parameters
    ----------
    source
        The file, or its content.

    Raises
    ------
    TooLarge
        If it cannot.
    zipfile.BadZipFile
        If it is no zip archive, damaged or locked.
    OSError
        If the file cannot be read.
    """
    try:
        with zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise TooLarge(f"it consists of {len(parts):,} parts, and at most {MOST_PARTS:,} are read")
            left = MOST_BYTES
            for part in parts:
                left, is_plain = _unfolded(archive, part, left)
                if not is_plain:
                    _refuse_extent(archive, part)
    except (zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        # a part cut short, of a packing that is not known, or locked by a password
        raise zipfile.BadZipFile(str(error)) from error


def _unfolded(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> tuple[int, bool]:
    """Unfold a part; return how many bytes the others may still take, and whether at a glance it holds no more cells than it may."""
    is_plain, rows = True, 0
    for xml, size in _pieces(archive, part):
        left -= size
        if left < 0:
            raise TooLarge(f"unfolded it has more than {MOST_BYTES >> 20:,} MiB, as no table has that Excel can hold")
        rows += xml.count(b"<row") + xml.count(b":row")
        is_plain = is_plain and rows <= _MOST_ROWS and _every_cell_is_named(xml) and _FAR.search(xml) is None
    return left, is_plain


def _every_cell_is_named(xml: bytes) -> bool:
    """Whether every tag that begins as a cell does is one with its reference; what else may begin so costs only a second look."""
    others = sum(map(xml.count, (b"<col", b"<cf", b"<con")))
    return xml.count(b"<c") - others == xml.count(b'<c r="') and b":c" not in xml


def _refuse_extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    extent = _Extent()
    for xml, _ in _pieces(archive, part):
        extent.count(xml)
    if extent.cells > MOST_CELLS:
        raise TooLarge(
            f"{part.filename} in it is {extent.rows:,} rows by {extent.columns:,} columns up to its last filled cell, "
            f"{extent.cells:,} cells where at most {MOST_CELLS:,} are read: clear what stands far away from the table"
        )


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """Unfold a part piece by piece: XML that begins with a tag (nothing of what is no XML), and bytes that it took."""
    is_xml, rest = None, b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            if is_xml is None:
                # UTF-16 is not searched: readers of sheets take UTF-8 alone
                is_xml = piece.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
            if not is_xml:
                yield b"", len(piece)
                continue
            rest += piece
            # Up to a tag, so that none is counted in two halves.
            end = max(rest.rfind(b"<"), 0)
            if len(rest) - end > LONGEST_RUN:
                raise TooLarge(
                    f"{part.filename} in it has over {LONGEST_RUN >> 20} MiB of text in one place; a cell holds 32,767 characters"
                )
            yield rest[:end], len(piece)
            rest = rest[end:]
    yield rest, 0


@dataclass
class _Extent:
    """Rows and columns of a sheet so far, never fewer than a reader would lay out."""

    rows: int = 0
    columns: int = 0
    _row_tags: int = 0
    _unnamed: int = 0

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def count(self, xml: bytes) -> None:
        """Take a piece of XML in, which begins with a tag."""
        filled = _BLANK_ROW.sub(b"", _BLANK_CELL.sub(b"", xml))
        named = 0
        for letters, digits in _REFERENCE.findall(filled):
            self.rows = max(self.rows, int(digits[:9]))
            if letters:
                named += 1
                self.columns = max(self.columns, _column(letters[:5]))
        # Rows and cells may come without a reference; then they follow one another.
        self._row_tags += len(_ROW.findall(filled))
        self.rows = max(self.rows, self._row_tags)
        if len(_CELL.findall(filled)) > named:
            for at, cells in enumerate(_cells_of_rows(filled)):
                self._unnamed = cells if at else self._unnamed + cells
                self.columns = max(self.columns, self._unnamed)


def _cells_of_rows(xml: bytes) -> Iterator[int]:
    """Cells in each row, the first being the end of a row that began before."""
    for row in _ROW.split(xml):
        yield len(_CELL.findall(row))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number
