"""`fillrate why` where a seller's further costs decide: order lines, storage in peak months, service levels by class, closed dates."""

import json
import re
import shutil
from datetime import date

import polars as pl
import pytest

from data.published import read_frame

COSTS = """
order_line_cost = 12.0
storage_cost_m3_month = 20.0
peak_storage_cost_m3_month = 200.0
peak_months = [6, 7]
service_levels = {AX = 0.99, A = 0.97, Y = 0.9}
"""


@pytest.fixture(scope="module")
def costly(tmp_path_factory, first_night, shop_at):
    """The shop on another night, when its orders pay by the line and its goods are dear to store in June."""
    root = tmp_path_factory.mktemp("costly") / "shop"
    shutil.copytree(first_night, root, symlinks=True)
    shop = shop_at(root)
    shop.config.write_text(shop.config.read_text() + COSTS)
    items = pl.read_csv(shop.inputs / "items.csv", schema_overrides={"sku": pl.String})
    shop.write("items.csv", items.with_columns(volume_m3=pl.lit(0.02)))
    supply = pl.read_csv(shop.inputs / "supply.csv", schema_overrides={"sku": pl.String})
    shop.write("supply.csv", supply.drop("holding_cost").with_columns(shortage_cost=pl.when(sku="006").then(0.0)))
    shop.night()
    return shop


def asked(shop, capsys, *arguments):
    assert shop.fillrate("why", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def read(shop, capsys, *arguments):
    assert shop.fillrate("why", *arguments) == 0
    return re.sub(r"\s+", " ", capsys.readouterr().out)


def test_every_number_comes_out_again_and_every_order_is_the_cheapest(costly, capsys):
    rows = read_frame(costly.latest(), "recommendations")
    assert rows["reasons"].list.contains("order_does_not_pay_its_line").any()
    assert (rows["order_units"] > 0).any()
    unpaid = rows.filter(pl.col("reasons").list.contains("order_does_not_pay_its_line")).head(1)
    ordered = rows.filter(pl.col("order_units") > 0).head(2)
    zero = rows.filter(sku="006").head(1)
    for row in pl.concat([unpaid, ordered, zero]).iter_rows(named=True):
        document = asked(costly, capsys, row["sku"], row["fc"])
        assert document["check"]["same"], document["check"]["differences"]
        found = document["otherwise"]
        if document["order"]["rule"] != "cost":
            continue
        assert found["cheapest"] == pytest.approx(found["order"])
        for line in found["candidates"]:
            assert line["line"] == (12 if line["units"] else 0)
            assert line["cost"] == pytest.approx(line["shortage"] + line["holding"] + line["line"] + line["later"])
        if row["order_units"] and row["marginal_gain_last_case"] is not None and found["one_case_less"]["units"] == row["order_units"] - 6:
            assert found["one_case_less"]["costs"] == pytest.approx(row["marginal_gain_last_case"], abs=0.006)


def test_the_costs_are_told_with_where_they_come_from(costly, capsys):
    rows = read_frame(costly.latest(), "recommendations")
    row = rows.filter(pl.col("reasons").list.contains("order_does_not_pay_its_line"), calibrated=True).row(0, named=True)
    words = read(costly, capsys, row["sku"], row["fc"])
    assert "an order line costs 12.00 EUR, whatever its size (from config, replenishment.order_line_cost)" in words
    assert "no order would save the 12.00 EUR that its line costs" in words
    assert re.search(
        r"in June, July a day on the shelf costs [\d.]+ EUR a unit \(from config, replenishment.peak_storage_cost_m3_month\)", words
    )


def test_the_level_of_a_class_is_named_as_the_source(costly, capsys):
    rows = read_frame(costly.latest(), "recommendations").filter(sku="006")
    row = rows.row(0, named=True)
    document = asked(costly, capsys, "006", row["fc"])
    key = next(key for key in (row["abc"] + row["xyz"], row["abc"], row["xyz"], None) if key in ("AX", "A", "Y", None))
    source = document["terms"]["service_level"]["from"]
    assert source == ("config, replenishment.service_level" if key is None else f"config, replenishment.service_levels.{key}")
    assert {"shortage_cost_zero"} <= set(row["data_flags"])


def test_what_if_a_line_cost_nothing_or_tonight_were_closed(costly, capsys):
    rows = read_frame(costly.latest(), "recommendations")
    row = rows.filter(pl.col("reasons").list.contains("order_does_not_pay_its_line"), calibrated=True).row(0, named=True)
    free = asked(costly, capsys, row["sku"], row["fc"], "--set", "replenishment.order_line_cost=0")
    assert free["row"]["reorder_point"] > row["reorder_point"]
    assert free["order"]["line_cost"] == 0
    day = costly.latest().as_of.toordinal() + 1
    shut = read(costly, capsys, row["sku"], row["fc"], "--set", f'replenishment.closed_dates=["{date.fromordinal(day)}"]')
    assert "no order goes out on" in shut
    assert "orders go out again in 1 day" in shut
