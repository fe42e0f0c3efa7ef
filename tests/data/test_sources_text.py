"""Text tables in the dialects that exports come in: same table, whatever the dialect, and the right line numbers."""

from pathlib import Path

import polars as pl
import pytest

from data.sources.dialect import find_dialect, to_utf8
from data.sources.opened import Opening, Rows
from data.sources.text import open_text

NAMES = frozenset({"date", "sku", "fc", "units"})


def read(folder: Path, content: bytes) -> tuple[tuple[str, ...], Rows]:
    path = folder / "sales.csv"
    path.write_bytes(content)
    opened = open_text(Opening("sales", path, "sales.csv", expected=NAMES))
    return opened.columns, opened.read({name: position for position, name in enumerate(opened.columns)})


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_separators_line_ends_and_encodings(tmp_path, separator, end, encoding):
    lines = [["date", "sku", "units"], ["2024-06-01", "Käse", "1"], ["2024-06-02", "00123", "2"]]
    columns, rows = read(tmp_path, (end.join(separator.join(line) for line in lines) + end).encode(encoding))
    assert columns == ("date", "sku", "units")
    assert [[*row] for row in rows.frame.with_columns(pl.all().str.strip_chars_end("\r")).rows()] == lines[1:]
    assert rows.lines.to_list() == [2, 3]


def test_an_encoding_other_than_utf8_is_said(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_bytes("sku,units\nKäse,1\n".encode("cp1252"))
    (message,) = open_text(Opening("sales", path, "sales/x.csv")).messages
    assert (message.code, message.severity) == ("not_utf8", "info")
    assert message.message == "sales/x.csv is not UTF-8: it was read as cp1252."


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        (b"date;sku,old;units\n", ";"),
        (b"date,sku,units;a;b;c;d\n", ","),
        (b"sep=|\ndate|sku\n", "|"),
        (b'"date, first day";sku;units\n', ";"),
        (b"sku\n", ","),
    ],
)
def test_the_separator_is_the_one_that_yields_known_columns(header, separator):
    assert find_dialect(header, NAMES).separator == separator


def test_lines_are_those_of_the_file_with_blank_lines_and_line_ends_inside_quotes(tmp_path):
    _, rows = read(tmp_path, b'\n\nsku,note\na,"one\ntwo\nthree"\n\nb,x\n')
    assert list(zip(rows.lines, rows.frame["sku"], strict=True)) == [(4, "a"), (7, None), (8, "b")]


@pytest.mark.parametrize(
    "content",
    [
        b'sku,name,units\na,12" pipe,1\nb,x,2\n',
        b'sku,name,units\na,"12 pipe,1\nb,x,2\n',
        b'sku,name,units\na,"12 pipe,1\nb,"x,2\n',
        b'sku,name,units\na, "pipe, long",1\nb,x,2\n',
        b'sku,name,units\n"a" ,"pipe"s,1\nb,x,2\n',
    ],
)
def test_a_stray_quote_costs_no_other_row(tmp_path, content):
    _, rows = read(tmp_path, content)
    assert rows.damaged is None
    assert rows.frame["units"].to_list() == ["1", "2"]
    assert rows.frame["sku"].str.strip_chars().to_list() == ["a", "b"]
    assert rows.lines.to_list() == [2, 3]


def test_a_line_with_too_many_fields_is_damaged_unless_they_are_blank(tmp_path):
    _, rows = read(tmp_path, b"sku,units\na,1\nb,1,5\nc,2,,\nd\n")
    assert rows.damaged is not None
    assert rows.damaged.to_list() == [False, True, False, False]
    assert rows.frame.rows()[2:] == [("c", "2"), ("d", None)]


def test_a_line_with_too_many_fields_is_noticed_when_not_all_columns_are_read(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_bytes(b"sku,units,note\na,1,x\nb,1,5,x\n")
    rows = open_text(Opening("sales", path, "sales.csv")).read({"sku": 0, "units": 1})
    assert rows.damaged is not None
    assert rows.damaged.to_list() == [False, True]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \r\n\t\n"])
def test_nothing_is_an_empty_table(tmp_path, content):
    assert read(tmp_path, content)[0] == ()


def test_decoding_never_fails():
    for raw in (b"\x81\x8d\xff", b"\xff\xfe\x00", b"\x00" * 7, bytes(range(256))):
        assert to_utf8(raw)[0].decode("utf-8") is not None
