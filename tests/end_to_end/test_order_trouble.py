"""Stock, terms and limits that cannot be meant: the run names each row and says what to change, and the other rows go on."""

import shutil
from datetime import date

import polars as pl
import pytest

from data.published import read_frame

OPTIONAL = ("holding_cost", "moq", "max_units", "shortage_cost", "lead_time_days", "review_days")
TERMS = {
    "003": {"max_units": 4},
    "004": {"moq": 50, "max_units": 12},
    "005": {"lead_time_days": 0},
    "006": {"shortage_cost": 0},
    "007": {"holding_cost": 0},
    "008": {"max_units": 6},
    "009": {"review_days": 0},
}
ITEMS = {"010": {"price": None}, "011": {"unit_cost": 0.0}, "012": {"price": 4.0}}


@pytest.fixture(scope="module")
def troubled(tmp_path_factory, first_night, shop_at):
    """The shop after a night with something wrong with every item."""
    root = tmp_path_factory.mktemp("troubled") / "shop"
    shutil.copytree(first_night, root, symlinks=True)
    shop = shop_at(root)
    stock = shop.inputs / "stock" / "2024-06-09.csv"
    lines = stock.read_text().replace("2024-06-09,001,N1,", "2024-06-09,001,N1,-").splitlines()
    lines = [line for line in lines if not line.startswith("2024-06-09,002,N1,")]
    stock.write_text("\n".join([*lines, "2024-06-09,099,N1,40"]) + "\n")
    skus = [f"{number:03}" for number in range(1, 13)]
    usual = {"supplier": "Acme", "case_pack": 6} | dict.fromkeys(OPTIONAL) | {"holding_cost": 0.05}
    shop.write("supply.csv", pl.DataFrame([{"sku": sku} | usual | TERMS.get(sku, {}) for sku in skus], infer_schema_length=None))
    usual = {"name": "a thing", "unit_cost": 4.0, "price": 9.0}
    shop.write("items.csv", pl.DataFrame([{"sku": sku} | usual | ITEMS.get(sku, {}) for sku in skus], infer_schema_length=None))
    shop.write("inbound.csv", [{"sku": "011", "fc": "N1", "units": 30, "expected_date": date(2024, 5, 1)}])
    shop.night()
    return shop


@pytest.mark.parametrize(
    ("code", "sku", "words", "fix"),
    [
        ("stock_without_sales", "099", "40 units in stock", "launch_date"),
        ("inbound_overdue", "011", "should have arrived", "expected_date"),
        ("costs_unknown", "010", "no shortage cost", "price"),
        ("unit_cost_zero", "011", "is 0", "unit_cost"),
        ("shortage_cost_zero", "006", "costs nothing", "shortage_cost"),
        ("shortage_cost_zero", "012", "price 4.0, unit cost 4.0", "price"),
        ("holding_cost_zero", "007", "costs nothing to hold", "holding_cost"),
        ("case_pack_above_max_units", "003", "holds 6 units", "max_units"),
        ("moq_above_max_units", "004", "54 units in whole cases", "moq"),
        ("lead_time_zero", "005", "0 days", "lead_time_days"),
    ],
)
def test_every_row_is_named_with_what_to_change(troubled, code, sku, words, fix):
    (message,) = [row for row in troubled.messages(code) if (row["sku"], row["fc"]) == (sku, "N1")]
    assert words in message["message"]
    assert f"{sku} at N1" in message["message"]
    assert fix in message["fix"]


def test_a_line_that_carries_less_than_is_wanted_is_named(troubled):
    message = next(row for row in troubled.messages("max_units_below_demand") if row["fc"] == "S1")
    assert message["sku"] == "008"
    assert "service level of 0.95 cannot be kept" in message["message"]


def test_negative_stock_is_set_aside_with_its_item_and_is_unknown_then(troubled):
    (message,) = [row for row in troubled.messages("negative") if row["table"] == "stock"]
    assert "stock/2024-06-09.csv line 2 (sku 001, fc N1: on_hand is" in message["message"]
    assert "backordered" in message["fix"]
    (unknown,) = troubled.messages("stock_unknown")
    assert "(001, 002)" in unknown["message"]


def test_a_review_of_no_days_is_set_aside(troubled):
    (message,) = troubled.messages("too_small")
    assert 'sku 009: review_days is "0"' in message["message"]


def test_nothing_is_ordered_without_end_and_sound_rows_are_not_touched(troubled):
    rows = {row["sku"]: row for row in read_frame(troubled.latest(), "recommendations").filter(fc="S1").to_dicts()}
    assert all(row["order_units"] <= 10 * row["demand_mean"] + 12 for row in rows.values() if row["order_units"] is not None)
    # What costs nothing to hold is ordered up to the most that its window may need, what costs nothing to lack up to the service level.
    assert "service_without_shortage_cost" in rows["006"]["reasons"]
    assert rows["007"]["order_up_to"] >= rows["007"]["protection_demand_target"]
    assert rows["003"]["order_units"] == rows["004"]["order_units"] == 0
    assert rows["001"]["order_units"] is not None
    assert {message["sku"] for message in troubled.messages()} & {"001", "002"} == set()
