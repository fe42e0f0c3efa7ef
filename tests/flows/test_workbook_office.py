"""The workbook in LibreOffice: filled in, recalculated and saved by it, then applied."""

import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from flows.workbook import apply_workbook, write_workbook
from flows.workbook.cells import decoded

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
RUN = "2024-04-14-a1b2c3"
HOSTILE = ("=1+1", "+cmd", "@x", "-2", "\tblank", "*", ">0", "00123", "1e5", "2024-04-14", "_x0041_", "TRUE", "1/2", "'quoted")

pytestmark = [
    pytest.mark.slow,
    # LibreOffice saves things of its own that openpyxl does not know
    pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning"),
    pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on the PATH: run scripts/install_office"),
]


def through_office(workbook: Path, folder: Path) -> Path:
    """Return the workbook as LibreOffice saves it, with everything computed by it."""
    folder.mkdir()
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    asked = [str(OFFICE), profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), str(workbook)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
    saved = folder / workbook.name
    assert saved.is_file(), done.stderr
    return saved


def rows_below(sheet: Any, names: int = 2) -> list[dict[str, Any]]:
    headings = [cell.value for cell in sheet[names]]
    return [dict(zip(headings, values, strict=True)) for values in sheet.iter_rows(min_row=names + 1, values_only=True)]


@pytest.fixture
def hostile(recommendations: pl.DataFrame) -> pl.DataFrame:
    """Orders whose items and suppliers have names that a spreadsheet likes to compute or to convert."""
    names = pl.Series("odd", HOSTILE)
    place = pl.int_range(pl.len()) % len(HOSTILE)
    odd = recommendations.with_columns(odd=names.gather(recommendations.select(place).to_series()))
    return odd.with_columns(
        sku=pl.when(pl.int_range(pl.len()) < len(HOSTILE)).then(pl.col("odd")).otherwise(pl.col("sku")), supplier="odd", name="odd"
    ).drop("odd")


@pytest.fixture
def terms(hostile: pl.DataFrame) -> pl.DataFrame:
    return hostile.select(
        "fc",
        "sku",
        unit_cost=pl.lit(7.25),
        case_pack=pl.lit(1.0),
        moq=pl.lit(0.0),
        max_units=pl.when(pl.col("order_units") > 0).then(pl.col("order_units") * 3),
    )


def test_filled_in_recalculated_and_applied(
    tmp_path: Path, hostile: pl.DataFrame, terms: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    path = tmp_path / "report.xlsx"
    write_workbook(path, hostile, alerts, plan_messages, {"As of": date(2024, 4, 14), "order_value": 1.5}, RUN, terms=terms)
    book = openpyxl.load_workbook(path)
    orders, decided, wanted = book["Orders"], {}, {}
    for row in range(3, orders.max_row + 1):
        key, recommended = (orders[f"B{row}"].value, decoded(orders[f"C{row}"].value)), orders[f"F{row}"].value
        units = {0: None, 1: 0, 2: recommended + 2, 3: recommended}[row % 4]
        orders[f"G{row}"] = units
        orders[f"H{row}"] = "=budget" if row == 5 else "budget" if row % 4 in (1, 2) else None
        wanted[key] = float(recommended if units is None else units)
        if wanted[key] != recommended:
            decided[key] = wanted[key]
    orders["H5"].data_type = "s"
    book.save(path)

    saved = through_office(path, tmp_path / "office")

    shown = openpyxl.load_workbook(saved, data_only=True)
    lines = {(row["fc"], row["sku"]): row for row in rows_below(shown["Orders"]) if row["sku"] is not None}
    expected = {(row["fc"], row["sku"]): row for row in hostile.filter(pl.col("order_units") > 0).iter_rows(named=True)}
    assert lines.keys() == expected.keys()
    for key, row in lines.items():
        assert (row["supplier"], row["name"]) == (expected[key]["supplier"], expected[key]["name"])
        assert row["final_units"] == wanted[key]
        assert row["order_value"] == pytest.approx(round(wanted[key] * 7.25, 2))
    total = sum(wanted.values())
    assert shown["Orders"]["F1"].value == sum(row["order_units"] for row in expected.values())
    assert shown["Orders"]["I1"].value == total
    assert shown["Orders"]["J1"].value == pytest.approx(total * 7.25)
    summary = {row[0].value: [cell.value for cell in row[1:4]] for row in shown["Summary"].iter_rows()}
    assert summary["Lines to order"][0] == sum(units > 0 for units in wanted.values())
    assert summary["Units to order"][0] == total
    assert summary["Order value"][0] == pytest.approx(total * 7.25)
    assert summary["Lines changed"][0] == len(decided)
    assert summary["Changed lines that still need a reason"][0] == 0
    for supplier in HOSTILE:
        units = [wanted[key] for key, row in expected.items() if row["supplier"] == supplier]
        assert summary[supplier] == [sum(u > 0 for u in units), sum(units), pytest.approx(sum(units) * 7.25)], supplier

    applied = apply_workbook(
        saved,
        run_recommendations=hostile,
        run_terms=terms,
        run_id=RUN,
        output=tmp_path,
        author="Li Wei",
        on=date(2024, 4, 15),
    )
    assert {(row["fc"], row["sku"]): row["approved_units"] for row in applied.decisions.iter_rows(named=True)} == decided
    assert applied.units == total
    written = pl.concat([pl.read_csv(file, infer_schema=False) for file in applied.files])
    got = {(fc, sku): float(units) for fc, sku, units in written.select("fc", "sku", "units").iter_rows()}
    assert got == {key: units for key, units in wanted.items() if units > 0}


def test_no_text_becomes_a_formula(
    tmp_path: Path, hostile: pl.DataFrame, terms: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    path = tmp_path / "report.xlsx"
    write_workbook(
        path, hostile, alerts.with_columns(message=pl.lit("=1+1")), plan_messages.with_columns(fix=pl.lit("@x")), {}, RUN, terms=terms
    )
    saved = openpyxl.load_workbook(through_office(path, tmp_path / "office"))
    formulas = {
        (sheet.title, cell.column_letter)
        for sheet in saved.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f" and sheet.title != "Summary" and cell.row > 1
    }
    assert formulas == {("Orders", "I"), ("Orders", "J")}
    # nothing that was computed wrong either
    shown = openpyxl.load_workbook(tmp_path / "office" / "report.xlsx", data_only=True)
    assert not [cell for sheet in shown.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "e"]


def test_a_missing_reason_is_counted_while_it_is_missing(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    path = tmp_path / "report.xlsx"
    write_workbook(path, recommendations, alerts, plan_messages, {}, RUN)
    book = openpyxl.load_workbook(path)
    for row, (units, reason) in enumerate(((0, None), (0, " "), (0, "budget"), (None, None)), start=3):
        book["Orders"][f"G{row}"], book["Orders"][f"H{row}"] = units, reason
    book.save(path)
    shown = openpyxl.load_workbook(through_office(path, tmp_path / "office"), data_only=True)["Summary"]
    counts = {row[0].value: row[1].value for row in shown.iter_rows()}
    assert (counts["Lines changed"], counts["Changed lines that still need a reason"]) == (3, 2)
