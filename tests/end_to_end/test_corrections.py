"""What cleaning changes in a night: found, published, told, and taken back by a planner."""

from datetime import date

import polars as pl
import pytest

from data.published import read_frame

BULK = date(2024, 5, 22)


@pytest.fixture
def bulky(new_shop):
    """A shop where item 005 sold 400 units at N1 on one day, and a planner knows of nothing."""
    shop = new_shop().open()
    path = shop.inputs / "sales" / "until-2024-06-09.csv"
    sales = pl.read_csv(path, schema_overrides={"sku": pl.String}, try_parse_dates=True)
    here = (pl.col("date") == BULK) & (pl.col("sku") == "005") & (pl.col("fc") == "N1")
    sales.with_columns(pl.when(here).then(400).otherwise("units").alias("units")).write_csv(path)
    shop.write("availability.csv", "date,sku,fc,in_stock\n2024-06-01,003,N1,0.5\n2024-06-02,003,N1,0\n")
    return shop


def forecast_of(run, sku="005"):
    return read_frame(run, "forecasts").filter(pl.col("sku") == sku, pl.col("fc") == "N1")["mean"].mean()


def told(shop, value):
    shop.write("overrides.csv", f"sku,fc,field,value,reason,author,expires,date\n005,N1,exclude,{value},a fair,Ann,2025-01-01,{BULK}\n")


def test_an_unusual_order_is_set_aside_told_and_taken_back_by_a_planner(bulky):
    first = bulky.night()
    (order,) = read_frame(first, "corrections").filter(pl.col("kind") == "bulk_order").to_dicts()
    assert (order["sku"], order["fc"], order["date"], order["before"], order["state"]) == ("005", "N1", BULK, 400, "proposed")
    assert order["after"] < 20
    (message,) = bulky.messages("unusual_orders")
    assert "005" in message["message"]
    assert "exclude" in message["fix"]
    told(bulky, 0)
    second = bulky.night()
    (order,) = read_frame(second, "corrections").filter(pl.col("kind") == "bulk_order").to_dicts()
    assert (order["state"], order["reason"], order["author"]) == ("rejected", "a fair", "Ann")
    assert bulky.messages("unusual_orders") == []
    assert forecast_of(second) > 1.3 * forecast_of(first), "an order that may come again counts"


def test_lost_demand_is_estimated_with_an_interval_and_changes_no_known_demand(bulky):
    lost = read_frame(bulky.night(), "corrections").filter(pl.col("kind") == "lost_demand", pl.col("date") < date(2024, 6, 9)).sort("date")
    assert lost.select("sku", "fc", "date").rows() == [("003", "N1", date(2024, 6, 1)), ("003", "N1", date(2024, 6, 2))]
    assert (lost["after"] >= lost["before"]).all()
    assert (lost["low"] <= lost["after"] - lost["before"]).all()
    assert (lost["after"] - lost["before"] <= lost["high"]).all()
    assert lost["before"][1] == 0 or lost["after"][1] > 1
