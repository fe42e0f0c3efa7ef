"""The workbook as a planner and as Excel see it: sheets, limits, formulas that are none."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.marketplace import MarketplaceAdvice
from flows.workbook import write_workbook
from flows.workbook.cells import MAX_TEXT, cell_text
from flows.workbook.layout import REASONS

RUN = "2024-04-14-a1b2c3"
SUMMARY = {"as_of": date(2024, 4, 14), "order_lines": 41, "order_value": 9359.75, "regions": ["Shanghai", "Beijing"], "note": None}


def written(path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, messages: pl.DataFrame, **options: Any) -> Any:
    write_workbook(path, recommendations, alerts, messages, SUMMARY, RUN, **options)
    return openpyxl.load_workbook(path)


def column(sheet: Any, name: str) -> list[Any]:
    """Values below a heading."""
    index = [cell.value for cell in sheet[2]].index(name)
    return [row[index] for row in sheet.iter_rows(min_row=3, values_only=True)]


@pytest.fixture
def book(tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame) -> Any:
    return written(tmp_path / "report.xlsx", recommendations, alerts, plan_messages)


def test_sheets_are_where_the_planner_looks(book: Any) -> None:
    assert book.sheetnames == ["Summary", "Orders", "Alerts", "Overstock", "Data issues", "Glossary"]
    assert book["Summary"]["B3"].value == RUN
    assert book.defined_names["fillrate_run_id"].attr_text == "Summary!$B$3"
    assert book.custom_doc_props["fillrate_run_id"].value == RUN


def test_orders_hold_every_order_by_supplier_then_value(book: Any, tmp_path: Path, recommendations: pl.DataFrame) -> None:
    orders = recommendations.filter(pl.col("order_units") > 0)
    shown = openpyxl.load_workbook(tmp_path / "report.xlsx", data_only=True)["Orders"]
    pairs = list(zip(column(shown, "supplier"), column(shown, "order_value"), strict=True))
    assert len(pairs) == orders.height
    assert pairs == sorted(pairs, key=lambda pair: (pair[0] is None, pair[0] or "", -pair[1]))
    assert set(zip(column(book["Orders"], "fc"), column(book["Orders"], "sku"), strict=True)) == set(orders.select("fc", "sku").iter_rows())
    assert set(column(book["Orders"], "approved_units")) == {None}


def test_what_the_marketplace_recommends_stands_beside_an_order(
    book: Any, tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    assert "marketplace_units" not in [cell.value for cell in book["Orders"][2]], "no report, no column"
    ordered, idle = (recommendations.filter(which).row(0, named=True) for which in (pl.col("order_units") > 0, pl.col("order_units") == 0))
    told = {"recommended_units": 40.0, "recommended_ship_date": date(2024, 6, 3)}
    rows = [told | {"fc": row["fc"], "sku": row["sku"]} for row in (ordered, idle)]
    advice = pl.DataFrame(rows, schema=MarketplaceAdvice.create_empty().schema)
    sheet = written(tmp_path / "told.xlsx", recommendations, alerts, plan_messages, marketplace=advice)["Orders"]
    shown = dict(zip(zip(column(sheet, "fc"), column(sheet, "sku"), strict=True), column(sheet, "marketplace_units"), strict=True))
    assert {key: units for key, units in shown.items() if units is not None} == {(ordered["fc"], ordered["sku"]): 40.0}
    assert [day.date() for day in column(sheet, "marketplace_ship_date") if day is not None] == [date(2024, 6, 3)]
    reasons = column(sheet, "reasons")
    assert reasons == column(book["Orders"], "reasons"), "further columns move no other"


def test_totals_are_formulas_that_already_carry_their_result(book: Any, tmp_path: Path, recommendations: pl.DataFrame) -> None:
    sheet = book["Orders"]
    index = [cell.value for cell in sheet[2]].index("order_units")
    assert sheet[1][index].value == f"=SUBTOTAL(109,F3:F{sheet.max_row})"
    computed = openpyxl.load_workbook(tmp_path / "report.xlsx", data_only=True)["Orders"][1][index].value
    assert computed == recommendations["order_units"].sum()


def test_only_what_can_be_ordered_can_be_typed_in_and_reasons_are_offered(book: Any) -> None:
    units, reasons = book["Orders"].data_validations.dataValidation
    last = book["Orders"].max_row
    assert (units.type, str(units.sqref)) == ("custom", f"G3:G{last}")
    assert (reasons.type, str(reasons.sqref)) == ("list", f"H3:H{last}")
    assert reasons.formula1 == '"' + ",".join(REASONS) + '"'
    assert len(reasons.formula1) <= 255  # Excel's limit of a list
    assert not reasons.showErrorMessage  # own words are welcome
    assert book["Orders"].freeze_panes == "D3"
    assert book["Orders"].auto_filter.ref is not None


def test_bars_and_colours_follow_what_is_entered(book: Any) -> None:
    rules = {
        str(where.sqref).split(":")[0]: [rule.type for rule in found]
        for where, found in book["Orders"].conditional_formatting._cf_rules.items()
    }
    assert rules["J3"] == ["dataBar"]
    assert rules["G3"] == ["expression", "expression"]
    assert rules["H3"] == ["expression"]


def test_every_order_line_computes_what_it_comes_to(book: Any, tmp_path: Path, recommendations: pl.DataFrame) -> None:
    sheet = book["Orders"]
    assert sheet["I3"].value == "=IF(ISNUMBER(G3),G3,F3)"
    assert sheet["J3"].value == "=ROUND(I3*K3,2)"
    shown = openpyxl.load_workbook(tmp_path / "report.xlsx", data_only=True)
    assert sum(column(shown["Orders"], "order_value")) == pytest.approx(recommendations["order_value"].sum())
    assert sum(column(shown["Orders"], "final_units")) == recommendations["order_units"].sum()


def test_a_line_of_unknown_cost_has_no_value_and_spoils_no_total(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    unknown = pl.when(pl.col("sku") == recommendations.filter(pl.col("order_units") > 0)["sku"][0])
    part = recommendations.with_columns(unknown.then(None).otherwise(pl.col("order_value")).alias("order_value"))
    sheet = written(tmp_path / "part.xlsx", part, alerts, plan_messages)["Orders"]
    assert column(sheet, "order_value").count(None) == 1
    shown = openpyxl.load_workbook(tmp_path / "part.xlsx", data_only=True)["Orders"]
    assert shown["J1"].value == pytest.approx(part["order_value"].sum())


def test_overstock_holds_what_is_to_be_marked_down(book: Any, recommendations: pl.DataFrame) -> None:
    assert sorted(column(book["Overstock"], "sku")) == sorted(recommendations.filter(pl.col("action") == "mark_down")["sku"])


def test_leading_zeros_survive(book: Any) -> None:
    assert all(len(sku) == 5 for sku in column(book["Orders"], "sku"))


def test_the_same_run_gives_the_same_bytes(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, recommendations, alerts, plan_messages, SUMMARY, RUN)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        assert b"2024-04-14T00:00:00Z" in parts.read("docProps/core.xml")


def test_a_run_without_anything_is_still_a_workbook(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    book = written(tmp_path / "empty.xlsx", recommendations.clear(), alerts.clear(), plan_messages.clear())
    assert book["Orders"]["A1"].value == "Nothing to list in this run."


def test_a_table_longer_than_a_sheet_goes_on_on_the_next(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame
) -> None:
    book = written(tmp_path / "long.xlsx", recommendations, alerts, plan_messages, max_rows=22)
    pieces = [name for name in book.sheetnames if name.startswith("Orders")]
    assert pieces == ["Orders", "Orders 2", "Orders 3"]
    assert max(book[name].max_row for name in pieces) == 22
    listed = [sku for name in pieces for sku in column(book[name], "sku")]
    assert sorted(listed) == sorted(recommendations.filter(pl.col("order_units") > 0)["sku"])


@pytest.mark.parametrize(
    "hostile",
    [
        "=1+1",
        '=HYPERLINK("evil")',
        "+1",
        "-1",
        "@SUM(A1)",
        "http://x.test",
        "null\x00byte\x07",
        "x" * 40_000,
        "😀" * 20_000,
        "\ufffe",
        "_x0041_",
    ],
)
def test_text_is_text_whatever_it_looks_like(
    tmp_path: Path, recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame, hostile: str
) -> None:
    book = written(
        tmp_path / "hostile.xlsx",
        recommendations.with_columns(name=pl.lit(hostile), supplier=pl.lit(hostile), change_reason=pl.lit(hostile)),
        alerts.with_columns(message=pl.lit(hostile)),
        plan_messages.with_columns(message=pl.lit(hostile)),
    )
    for sheet, name in (("Orders", "name"), ("Orders", "supplier"), ("Alerts", "message"), ("Data issues", "message")):
        index = [cell.value for cell in book[sheet][2]].index(name)
        cell = book[sheet][3][index]
        assert cell.data_type == "s"
        assert cell.hyperlink is None
        assert len(cell.value.encode("utf-16-le")) // 2 <= MAX_TEXT
    with zipfile.ZipFile(tmp_path / "hostile.xlsx") as parts:
        assert not [part for part in parts.namelist() if "external" in part.lower()]


@given(st.text(max_size=60))
def test_cell_text_keeps_what_a_cell_can_hold(words: str) -> None:
    shown = cell_text(words)
    assert cell_text(shown) == shown
    assert len(shown) <= len(words)
    if words.isprintable():
        assert shown == words
