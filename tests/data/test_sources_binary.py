"""Parquet and Excel files: types, sheets, row numbers, damage."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from data.errors import InputError
from data.intake import Intake, read_table
from data.settings import InputsSettings, TableInput


def sales(folder: Path, **config: object) -> Intake:
    intake = read_table(InputsSettings(path=str(folder), sales=TableInput(**config)), "sales", today=None, fcs=None)
    assert intake is not None
    return intake


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row, start=1):
                sheet.cell(number, place, value)
    book.save(path)


HEADER: list[object] = ["date", "sku", "fc", "units", "price"]


def test_a_sheet_with_everything_excel_does(tmp_path):
    rows: list[list[object]] = [
        [],
        HEADER,
        [date(2024, 6, 1), 123, "A", 5, 1 / 3],
        [datetime.fromisoformat("2024-06-02T13:05"), "00123", "A", 2.5, None],
        [],
        ["2024-06-03", 12345678901234, "A", 7, 0.1],
        [45447, "x", "A", 1, 2],
        [None, None, None, None, None],
        ["Total", None, None, 15.5, None],
    ]
    workbook(tmp_path / "sales.xlsx", {"Sheet1": rows})
    intake = sales(tmp_path)
    assert intake.frame.select("date", "sku", "units", "price", "source_line").rows() == [
        (date(2024, 6, 1), "123", 5.0, 1 / 3, 3),
        (date(2024, 6, 2), "00123", 2.5, None, 4),
        (date(2024, 6, 3), "12345678901234", 7.0, 0.1, 6),
        (date(2024, 6, 4), "x", 1.0, 2.0, 7),
    ]
    assert intake.quarantine.select("source_line", "reason", "found").rows() == [(9, "not_a_date,missing_value,missing_value", "Total")]
    assert "sales.xlsx row 9" in intake.messages[-1].message


def test_text_among_numbers_of_a_sheet_is_set_aside_not_lost(tmp_path):
    workbook(
        tmp_path / "sales.xlsx",
        {"s": [HEADER, ["2024-06-01", "a", "A", "12 pcs", 1], ["2024-06-01", "b", "A", 3, "cheap"], ["2024-06-01", "c", "A", 3, 1]]},
    )
    intake = sales(tmp_path)
    assert intake.frame["sku"].to_list() == ["c"]
    assert intake.quarantine["found"].to_list() == ["12 pcs", "cheap"]


def test_the_sheet_is_the_configured_one_else_the_tables_own_else_the_first(tmp_path):
    def rows(sku: str) -> list[list[object]]:
        return [HEADER, ["2024-06-01", sku, "A", 1, 1]]

    workbook(tmp_path / "sales.xlsx", {"first": rows("f"), "Sales": rows("s"), "other": rows("o")})
    assert sales(tmp_path).frame["sku"].to_list() == ["s"]
    assert sales(tmp_path, sheet="other").frame["sku"].to_list() == ["o"]
    with pytest.raises(InputError, match=r'no sheet "x".*Sheets found: first, Sales, other'):
        sales(tmp_path, sheet="x")
    workbook(tmp_path / "sales.xlsx", {"first": rows("f"), "other": rows("o")})
    assert sales(tmp_path).frame["sku"].to_list() == ["f"]


def test_an_empty_sheet_holds_no_rows(tmp_path):
    workbook(tmp_path / "stock.xlsx", {"s": []})
    intake = read_table(InputsSettings(path=str(tmp_path)), "stock", today=None, fcs=None)
    assert intake is not None
    assert [message.code for message in intake.messages] == ["empty_file"]


def test_parquet_columns_of_many_types(tmp_path):
    pl.DataFrame(
        {
            "date": [datetime.fromisoformat("2024-06-01T23:00"), datetime.fromisoformat("2024-06-02T01:00"), None],
            "sku": [123.0, 7.5, 1.0],
            "fc": pl.Series(["A", "B", "B"], dtype=pl.Categorical),
            "units": pl.Series([1, 2, 3], dtype=pl.Int16),
            "price": pl.Series(["1.50", None, "2"]).cast(pl.Decimal(10, 2)),
            "note": [["a"], [], []],
        }
    ).with_columns(pl.col("date").dt.replace_time_zone("Asia/Tokyo")).write_parquet(tmp_path / "sales.parquet")
    intake = sales(tmp_path)
    assert intake.frame.drop("source_file").rows() == [
        (1, date(2024, 6, 1), "123", "A", 1.0, 1.5),
        (2, date(2024, 6, 2), "7.5", "B", 2.0, None),
    ]
    assert intake.quarantine.select("source_line", "column", "reason").rows() == [(3, "date", "missing_value")]


def test_whole_number_dates_and_text_in_parquet(tmp_path):
    pl.DataFrame({"date": [20240601, 45447], "sku": ["00123 ", "b"], "fc": [1, 2], "units": ["1,5", "2"]}).write_parquet(
        tmp_path / "sales.parquet"
    )
    assert sales(tmp_path).frame.drop("source_file", "price").rows() == [
        (1, date(2024, 6, 1), "00123", "1", 1.5),
        (2, date(2024, 6, 4), "b", "2", 2.0),
    ]


def test_infinite_units_are_set_aside_and_nan_is_nothing(tmp_path):
    frame = pl.DataFrame(
        {
            "date": [date(2024, 6, 1)] * 4,
            "sku": list("abcd"),
            "fc": ["A"] * 4,
            "units": [1.0, float("inf"), float("nan"), 2.0],
            "price": [float("nan"), 1, 1, 1],
        }
    )
    frame.write_parquet(tmp_path / "sales.parquet")
    intake = sales(tmp_path)
    assert intake.frame.select("sku", "price").rows() == [("a", None), ("d", 1.0)]
    assert intake.quarantine.select("reason", "found").rows() == [("not_finite", "inf"), ("missing_value", "NaN")]


def test_a_column_of_lists_is_refused(tmp_path):
    pl.DataFrame({"date": [date(2024, 6, 1)], "sku": [["a"]], "fc": ["A"], "units": [1.0]}).write_parquet(tmp_path / "sales.parquet")
    with pytest.raises(InputError, match=r"sales.parquet: column sku holds values of type List\(String\)"):
        sales(tmp_path)


@pytest.mark.parametrize("name", ["sales.parquet", "sales.xlsx"])
def test_damaged_files_are_named(tmp_path, name):
    frame = pl.DataFrame({"date": ["2024-06-01"] * 500, "sku": [str(n) for n in range(500)], "fc": "A", "units": 1.0})
    path = tmp_path / name
    if name.endswith("parquet"):
        frame.write_parquet(path)
    else:
        workbook(path, {"s": [list(frame.columns), *map(list, frame.rows())]})
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:5], b"date,sku,fc,units\n2024-06-01,a,A,1\n", b"PAR1" + b"\x00" * 40 + b"PAR1"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=f"^{name}: not a "):
            sales(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=f"^{name}: holds no rows"):
        sales(tmp_path)
