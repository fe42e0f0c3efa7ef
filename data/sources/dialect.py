"""Finds out the dialect of a text table: encoding, separator, where its header is."""

import codecs
import csv
import re
from dataclasses import dataclass

from data.sources.encodings import encoding_of
from data.sources.headers import normalised

SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 1 << 16
"""Bytes looked at where the whole file need not be."""
_BLANK_LINES = re.compile(rb"(?:[ \t\r]*+\n)++")


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes
    ----------
    separator
        What stands between two fields.
    header
        Fields of the header, without surrounding blanks; empty when the file holds nothing but blanks.
    header_line
        Line of the header, from 1.
    start
        Offset of the header's first byte in the decoded content.
    """

    separator: str
    header: tuple[str, ...]
    header_line: int
    start: int


def to_utf8(raw: bytes) -> tuple[bytes, str]:
    """Return the content as UTF-8 without a byte order mark and with line feeds, and the name of the encoding it came in.

    UTF-32 is told by its mark, UTF-16 by its mark or by its zero bytes; of what is not UTF-8 `encoding_of` says what it is. Bytes that mean
    nothing in it become U+FFFD.
    """
    encoding = "utf-8"
    if raw.startswith(codecs.BOM_UTF8):
        raw = raw[len(codecs.BOM_UTF8) :]
    elif raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        encoding = "utf-32"
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        sample = raw[: SAMPLE - SAMPLE % 2]
        half = max(len(sample) // 2, 1)
        if sample[1::2].count(0) > 0.4 * half:
            encoding = "utf-16-le"
        elif sample[0::2].count(0) > 0.4 * half:
            encoding = "utf-16-be"
    if encoding == "utf-8" and not raw.isascii():
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            encoding = encoding_of(raw)
    if encoding != "utf-8":
        raw = raw.decode(encoding, errors="replace").encode("utf-8", errors="replace")
    if b"\r" in raw[:SAMPLE] and b"\n" not in raw[:SAMPLE]:
        raw = raw.replace(b"\r", b"\n")
    return raw, encoding


def find_dialect(content: bytes, expected: frozenset[str]) -> Dialect:
    """Return separator and header of UTF-8 content.

    The header is the first line that is not blank. The separator is the one that yields most of the `expected` names, then
    most fields; a first line such as `sep=;`, which Excel writes and obeys, settles it.
    """
    start, number, told = 0, 1, None
    while start < len(content):
        if (blank := _BLANK_LINES.match(content, start)) is not None:  # a file of nothing else is not looked at line by line
            number, start = number + content.count(b"\n", start, blank.end()), blank.end()
            continue
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        line = content[start:end].decode("utf-8", errors="replace").strip("\r\ufeff")
        if told is None and line[:4].casefold() == "sep=" and len(line) == 5:
            told = line[4]
        elif line.strip():
            return _header(content, start, number, told, expected)
        start, number = end + 1, number + 1
    return Dialect(told or ",", (), number, len(content))


def _header(content: bytes, start: int, number: int, told: str | None, expected: frozenset[str]) -> Dialect:
    end = content.find(b"\n", start)
    end = len(content) if end < 0 else end
    line = content[start:end].decode("utf-8", errors="replace").rstrip("\r")
    parsed = {separator: fields(line, separator) for separator in ([told] if told else SEPARATORS)}

    def score(separator: str) -> tuple[int, int]:
        names = parsed[separator]
        return len(expected.intersection(normalised(name) for name in names)), len(names)

    separator = max(parsed, key=score)
    return Dialect(separator, tuple(name.strip() for name in parsed[separator]), number, start)


def fields(line: str, separator: str) -> list[str]:
    """Return the fields of one line; a quote inside an unquoted field stands for itself, blanks before a quote do not count."""
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=separator != "\t"), [])
    except csv.Error:  # a field longer than the reader takes, or a line end inside one
        return line.split(separator)
