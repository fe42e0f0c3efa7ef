"""Rows whose stock, costs or limits cannot be meant: each is named with what mends it, and of many only the first."""

import polars as pl

from models.settings import ReplenishmentSettings
from models.supply_messages import MOST_NAMED, supply_messages

SOUND = {
    "region": "r",
    "fc": "f",
    "active": True,
    "on_hand": 5.0,
    "mean_demand": 2.0,
    "daily_mean": 2.0,
    "inbound_overdue": None,
    "costs_unknown": False,
    "shortage_worthless": False,
    "shortage_cost": 1.0,
    "holding_cost": 0.1,
    "unit_cost": 2.0,
    "price": 3.0,
    "rule": "cost",
    "case_pack": 1.0,
    "lump": 1.0,
    "max_units": None,
    "override_order_units": None,
    "review_days": 7,
    "service_level": 0.95,
    "lead_time_days": 3.0,
}
TYPES = {"inbound_overdue": pl.Boolean, "max_units": pl.Float64, "override_order_units": pl.Float64, "unit_cost": pl.Float64}


def said(*rows, **settings):
    frame = pl.DataFrame([{"sku": f"{n:03}"} | SOUND | row for n, row in enumerate(rows)], schema_overrides=TYPES)
    return supply_messages(frame, ReplenishmentSettings(**settings))


def codes(**row):
    found = said(row)
    assert all(message.fix and message.sku == "000" and "000 at f" in message.message for message in found)
    return [message.code for message in found]


def test_nothing_is_said_of_a_sound_row():
    assert codes() == []
    assert codes(max_units=14.0) == []


def test_every_trouble_has_its_message():
    assert codes(mean_demand=0.0) == ["stock_without_sales"]
    assert codes(inbound_overdue=True) == ["inbound_overdue"]
    assert codes(unit_cost=0.0) == ["unit_cost_zero"]
    assert codes(holding_cost=0.0) == ["holding_cost_zero"]
    assert codes(shortage_worthless=True, rule="service") == ["shortage_cost_zero"]
    assert codes(costs_unknown=True, holding_cost=None, unit_cost=None, rule="service") == ["costs_unknown"]
    assert codes(case_pack=6.0, lump=6.0, max_units=5.0) == ["case_pack_above_max_units"]
    assert codes(lump=20.0, max_units=15.0) == ["moq_above_max_units"]
    assert codes(max_units=13.0) == ["max_units_below_demand"]
    assert codes(max_units=14.0, case_pack=4.0, lump=4.0) == ["max_units_below_demand"], "three whole cases are 12"
    assert codes(override_order_units=30.0, max_units=20.0) == ["override_above_max_units"]
    assert codes(lead_time_days=0.0) == ["lead_time_zero"]


def test_a_lead_time_of_none_that_the_config_means_is_not_remarked_on():
    assert said({"lead_time_days": 0.0}, lead_time_days=0) == []


def test_what_is_missing_is_named():
    (message,) = said({"costs_unknown": True, "shortage_cost": None, "holding_cost": None, "rule": "service"})
    assert "has no shortage cost and no holding cost" in message.message
    (message,) = said({"shortage_worthless": True, "price": 2.0, "rule": "service"})
    assert "(price 2.0, unit cost 2.0)" in message.message


def test_of_many_rows_the_first_are_named_and_the_rest_counted():
    found = said(*[{"lead_time_days": 0.0}] * (MOST_NAMED + 5))
    assert len(found) == MOST_NAMED + 1
    assert [message.sku for message in found[:2]] == ["000", "001"]
    assert found[-1].sku is None
    assert found[-1].message.startswith("5 more rows of r")


def test_an_item_no_longer_on_sale_is_not_complained_of():
    assert said({"active": False, "unit_cost": 0.0}) == []
