"""A planner's decisions from the workbook to what they were worth, night after night."""

import shutil
from datetime import date, timedelta

import openpyxl
import polars as pl
import pytest

from data.published import decisions_of, read_frame
from models.override_value import OverrideValue

SUNDAY = date(2024, 6, 9)
HOLDING, SHORTAGE = 0.05, 9.0 - 4.0


def decide(workbook, changes):
    """Fill approved_units and reason in: sku → (units, reason), in the first line of each; return what was recommended by (fc, sku)."""
    book = openpyxl.load_workbook(workbook)
    sheet, changed = book["Orders"], {}
    for row in range(3, sheet.max_row + 1):
        fc, sku, recommended = (sheet[f"{column}{row}"].value for column in "BCF")
        if sku in changes and sku not in {key[1] for key in changed}:
            sheet[f"G{row}"], sheet[f"H{row}"] = changes[sku]
            changed[fc, sku] = recommended
    book.save(workbook)
    return changed


def naive_cost(terms, units, demand):
    """Cost of the order in its own window: lost sales, a lead time of two days, a review of one."""
    stock, cost = max(terms["opening_stock"], 0.0), 0.0
    arrivals = dict(zip(terms["arrival_periods"], terms["arrival_units"], strict=True))
    for period, wanted in enumerate(demand):
        stock += arrivals.get(period, 0.0) + (units if period == terms["lead_periods"] else 0.0)
        served = min(stock, wanted)
        stock -= served
        if period >= terms["lead_periods"]:
            cost += SHORTAGE * (wanted - served) + HOLDING * stock
    return cost


def test_what_decisions_were_worth_is_told_when_their_windows_are_over(ran, tmp_path):
    first = ran.latest()
    workbook = tmp_path / "filled.xlsx"
    shutil.copy(first.path / "report.xlsx", workbook)
    skus = read_frame(first, "recommendations").filter(pl.col("order_units") > 0)["sku"].unique().sort().to_list()
    much, none = skus[0], skus[-1]
    recommended = decide(workbook, {much: (600, "promotion or event"), none: (0, "budget")})
    assert ran.fillrate("apply", workbook, "--author", "Ada") == 0
    assert decisions_of(ran.out, first.run_id).height == 2
    assert read_frame(first, "override_value").is_empty()

    states = {}
    for day in (SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=3)):
        ran.deliver_sales(day, since=SUNDAY + timedelta(days=1))
        ran.deliver_stock(day)
        run = ran.night()
        states[day] = OverrideValue.validate(read_frame(run, "override_value"))
    waiting, judged = states.values()
    assert set(waiting["state"]) == {"waiting"}
    assert waiting["saved"].is_null().all()
    assert set(judged["state"]) == {"judged"}
    assert set(judged["window_begins"]) == set(judged["window_ends"]) == {date(2024, 6, 12)}

    terms = {(row["fc"], row["sku"]): row for row in read_frame(first, "order_terms").iter_rows(named=True)}
    files = (ran.inputs / "sales").glob("*.csv")
    sales = pl.concat([pl.read_csv(file, schema_overrides={"sku": pl.String, "date": pl.Date}) for file in files]).unique()
    for row in judged.iter_rows(named=True):
        key = row["fc"], row["sku"]
        sold = sales.filter(
            pl.col("fc") == key[0], pl.col("sku") == key[1], pl.col("date").is_between(date(2024, 6, 10), date(2024, 6, 12))
        )
        demand = sold.sort("date")["units"].to_list()
        assert row["demand"] == sum(demand)
        assert row["demand_estimated"] == 0
        assert row["recommended_units"] == recommended[key]
        assert row["cost_approved"] == pytest.approx(naive_cost(terms[key], row["approved_units"], demand), abs=0.006)
        assert row["cost_recommended"] == pytest.approx(naive_cost(terms[key], row["recommended_units"], demand), abs=0.006)
        assert row["saved"] == pytest.approx(row["cost_recommended"] - row["cost_approved"], abs=0.011)
    assert judged.filter(sku=much)["saved"].item() < 0, "600 units of a few a day lie on the shelf"

    sheet = openpyxl.load_workbook(run.path / "report.xlsx")["Past decisions"]
    told = {(row[0], row[1]): row[8] for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert told == {("Ada", row["reason"]): row["saved"] for row in judged.iter_rows(named=True)}
