"""Alerts: what is raised, in which order, and how a problem stands across nights."""

from datetime import date, timedelta

import polars as pl
import pytest

from data.contracts import Items
from data.messages import PlanMessage, messages_frame
from models.alert_kinds.registry import KINDS
from models.alerts import raise_alerts
from models.contracts import ALERT_KINDS, Alerts, Recommendations
from models.settings import ReplenishmentSettings
from models.snoozes import in_force
from models.surplus import Surplus

NIGHT = date(2024, 4, 14)
USUAL = {
    "run_id": "now", "as_of": NIGHT, "region": "r", "fc": "f", "sku": "a", "on_hand": 50.0, "inbound_units": 4.0, "demand_mean": 20.0,
    "days_of_cover": 10.0, "days_of_cover_with_inbound": 10.8, "stockout_probability_before_arrival": 0.01,
    "stockout_probability_without_order": 0.02, "expected_lost_units": 0.1, "expected_lost_margin": 0.1, "order_units": 0.0,
    "order_date": NIGHT + timedelta(days=1), "arrival_date": NIGHT + timedelta(days=4), "next_order_date": NIGHT + timedelta(days=2),
    "action": "none", "reasons": [], "data_flags": [], "calibrated": True,
}  # fmt: skip
OUT = {"on_hand": 0.0, "stockout_probability_without_order": 1.0, "expected_lost_units": 20.0, "expected_lost_margin": 60.0}
RISK = {
    "reasons": ["risk_before_arrival"], "stockout_probability_before_arrival": 0.4, "expected_lost_units": 9.0,
    "expected_lost_margin": 27.0, "stockout_date_p50": NIGHT + timedelta(days=3), "action": "expedite", "order_units": 12.0,
}  # fmt: skip
TOO_MUCH = {
    "region": "r", "fc": "f", "sku": "a", "held": 400.0, "on_the_way": 4.0, "surplus": 220.0, "needed_until": NIGHT + timedelta(days=90),
    "left_probability": 0.97, "sold_out_p10": date(2024, 9, 1), "sold_out_p50": date(2024, 10, 1), "sold_out_p90": date(2024, 11, 1),
    "interval_days": 4, "interval_cost": 26.4, "cost_until_sold": 700.0, "bound_value": 440.0, "last_sold": NIGHT, "idle_days": 0,
}  # fmt: skip
ITEMS = pl.DataFrame([{"sku": "a", "unit_cost": 2.0}], schema_overrides=Items.create_empty().schema)


def alerts(*rows, messages=(), previous=None, as_of=NIGHT, items=ITEMS, surplus=(), snoozes=(), before=(), **settings):
    schema = Recommendations.create_empty().schema
    full = [{name: (USUAL | row).get(name) for name in schema} for row in rows]
    return raise_alerts(
        as_of=as_of, recommendations=pl.DataFrame(full, schema=schema), plan_messages=messages_frame(messages),
        previous_alerts=previous, settings=ReplenishmentSettings(**settings), items=items,
        surplus=pl.DataFrame([TOO_MUCH | row for row in surplus], schema=Surplus.create_empty().schema),
        snoozes=in_force(snoozes), snoozes_before=before,
    )  # fmt: skip


def test_a_quiet_night_raises_nothing():
    assert alerts(USUAL).is_empty()
    assert alerts().is_empty()


def test_stocked_out():
    got = alerts(OUT).row(0, named=True)
    assert (got["kind"], got["expected_date"], got["units_at_risk"], got["value_at_risk"]) == ("stocked_out", NIGHT, 20, 60)
    assert "20 units" in got["message"]
    assert alerts(OUT, large_value=50.0).row(0, named=True)["severity"] == "critical"
    assert alerts(OUT | {"demand_mean": 0.0}).is_empty()
    assert alerts(OUT | {"on_hand": None}).is_empty()


def test_stockout_risk_before_arrival_or_where_nothing_is_ordered_in_time():
    got = alerts(RISK).row(0, named=True)
    assert (got["kind"], got["probability"], got["value_at_risk"], got["action"]) == ("stockout_risk", 0.4, 27, "expedite")
    assert "40%" in got["message"]
    assert "Wed 17 Apr 2024" in got["message"]
    late = {"order_by_date": NIGHT + timedelta(days=1), "stockout_probability_without_order": 0.7}
    assert alerts(late).row(0, named=True)["probability"] == 0.7
    assert alerts(late | {"order_units": 10.0}).is_empty()
    assert alerts({"order_by_date": NIGHT + timedelta(days=2)}).is_empty()


def test_overstock_is_valued_at_what_holding_it_costs():
    got = alerts(USUAL, surplus=[{}]).row(0, named=True)
    assert (got["kind"], got["units_at_risk"], got["value_at_risk"], got["probability"]) == ("overstock", 220, 26.4, 0.97)
    assert (got["expected_date"], got["sold_out_date_p10"], got["sold_out_date_p90"]) == (
        date(2024, 10, 1),
        date(2024, 9, 1),
        date(2024, 11, 1),
    )
    assert (got["cost_until_sold"], got["action"], got["state"], got["listed"]) == (700, "mark_down", "new", True)
    for said in ("400 units held, 220 more", "by Sat 13 Jul 2024", "4 of them still on the way", "97% chance"):
        assert said in got["message"]
    for said in ("around Tue 01 Oct 2024, between Sun 01 Sep 2024 and Fri 01 Nov 2024", "about 26 in the next 4 days", "more than the 440"):
        assert said in got["message"]


def test_without_costs_a_surplus_has_no_value_but_is_told():
    got = alerts(USUAL, surplus=[{"interval_cost": None, "cost_until_sold": None, "bound_value": None}]).row(0, named=True)
    assert (got["value_at_risk"], got["severity"], got["units_at_risk"]) == (None, "low", 220)
    assert got["message"].endswith("What holding it costs is unknown.")


@pytest.mark.parametrize(
    ("surplus", "kind", "action", "said"),
    [
        ({"sold_out_p50": NIGHT + timedelta(days=180)}, "overstock", "mark_down", "all sold around"),
        ({"sold_out_p50": NIGHT + timedelta(days=181)}, "slow_mover", "mark_down", "all sold around"),
        ({"sold_out_p90": None}, "overstock", "mark_down", "and more than a year from now"),
        ({"sold_out_p50": None, "sold_out_p90": None}, "slow_mover", "remove", "it will not sell out within a year"),
        ({"sold_out_p50": None, "on_sale_until": date(2024, 6, 30)}, "slow_mover", "remove", "last day on sale, Sun 30 Jun 2024"),
        ({"idle_days": 55}, "overstock", "mark_down", "400 units held"),
        ({"idle_days": 56, "last_sold": date(2024, 2, 18)}, "slow_mover", "remove", "No sale for 56 days in stock, the last on Sun 18 Feb"),
        ({"idle_days": 90, "last_sold": None}, "slow_mover", "remove", "Never sold in the history looked at, 90 days of it in stock"),
        ({"on_the_way": 110.0}, "overstock", "postpone_inbound", "110 of them still on the way"),
    ],
)
def test_a_surplus_is_one_kind_or_the_other_and_says_what_to_do(surplus, kind, action, said):
    (got,) = alerts(USUAL, surplus=[surplus]).to_dicts()
    assert (got["kind"], got["action"]) == (kind, action)
    assert said in got["message"]
    assert "  " not in got["message"]
    assert got["message"].endswith(".")


def test_an_item_at_the_border_of_two_kinds_keeps_its_id():
    first = alerts(USUAL, surplus=[{"sold_out_p50": NIGHT + timedelta(days=179)}])
    second = alerts(USUAL, surplus=[{"sold_out_p50": NIGHT + timedelta(days=190)}], previous=first, as_of=NIGHT + timedelta(days=1))
    assert second.select("kind", "state", "alert_id", "first_seen").rows() == [("slow_mover", "same", first["alert_id"][0], NIGHT)]


def test_units_go_where_others_order_them_if_that_helps():
    there = USUAL | {"fc": "g", "order_units": 120.0}
    (got,) = alerts(USUAL, there, surplus=[{}]).to_dicts()
    assert got["action"] == "transfer"
    assert "Ordered tonight for g in the same region: 120." in got["message"]
    (little,) = alerts(USUAL, there | {"order_units": 12.0}, surplus=[{}]).to_dicts()
    assert little["action"] == "mark_down"
    (elsewhere,) = alerts(USUAL, there | {"region": "s"}, surplus=[{}]).to_dicts()
    assert "Ordered tonight" not in elsewhere["message"]


def test_how_long_one_can_still_act_is_told():
    assert alerts(OUT).row(0, named=True)["act_by"] == NIGHT + timedelta(days=1)
    assert alerts(RISK).row(0, named=True)["act_by"] == NIGHT + timedelta(days=2), "the day before it runs out"
    assert alerts(RISK | {"stockout_date_p50": NIGHT + timedelta(days=1)}).row(0, named=True)["act_by"] == NIGHT + timedelta(days=1)
    assert alerts(RISK | {"stockout_date_p50": None}).row(0, named=True)["act_by"] is None
    late = {"order_by_date": NIGHT - timedelta(days=2), "stockout_probability_without_order": 0.7}
    assert alerts(late).row(0, named=True)["act_by"] == NIGHT + timedelta(days=1), "not in the past"
    assert alerts(USUAL, surplus=[{"on_sale_until": date(2024, 5, 1)}]).row(0, named=True)["act_by"] == date(2024, 5, 1)


def test_data_problems_come_from_errors_and_warnings_and_like_ones_are_told_once():
    broken = PlanMessage("missing_table", "no prices", "error", table="items", fix="deliver them")
    doubled = [PlanMessage("odd_unit", f"line {n}", table="sales") for n in (2, 1)]
    got = alerts(messages=[broken, *doubled, PlanMessage("note", "fine", "info")])
    assert got.select("kind", "severity", "message", "action").rows() == [
        ("data_problem", "high", "no prices", "deliver them"),
        ("data_problem", "medium", "line 1 (and 1 more like it)", None),
    ]


def test_the_most_money_comes_first():
    got = alerts(RISK | {"sku": "b"}, OUT | {"sku": "c"}, USUAL, surplus=[{}], messages=[PlanMessage("odd_unit", "odd")])
    assert got.get_column("kind").to_list() == ["stocked_out", "stockout_risk", "overstock", "data_problem"]
    assert got.get_column("value_at_risk").to_list() == [60, 27, 26.4, None]


def test_states_over_five_nights():
    """new, the same, worse, better, cleared once, and new again."""
    seen, previous = [], None
    for number, lost in enumerate((60.0, 63.0, 90.0, 40.0, None, None, 50.0)):
        row = USUAL if lost is None else OUT | {"expected_lost_margin": lost}
        previous = alerts(row, previous=previous, as_of=NIGHT + timedelta(days=number))
        seen += previous.select("state", "value_at_risk", "first_seen", "alert_id").rows() or [None]
    assert [None if night is None else night[0] for night in seen] == ["new", "same", "worse", "better", "cleared", None, "new"]
    assert {night[2] for night in seen[:5]} == {NIGHT}
    assert seen[6][2] == NIGHT + timedelta(days=6)
    assert len({night[3] for night in seen if night}) == 1
    assert seen[4][1] == 0


def test_a_region_that_was_not_looked_at_is_not_cleared():
    before = alerts(OUT, OUT | {"region": "s", "fc": "g"})
    after = alerts(USUAL, previous=before)
    assert after.select("region", "state").rows() == [("r", "cleared")]
    assert after.get_column("message")[0].startswith("No longer so.")


def test_different_problems_have_different_ids_and_a_rerun_has_the_same():
    rows = [OUT, OUT | {"fc": "g"}, OUT | {"sku": "b"}, RISK | {"sku": "c"}]
    got = alerts(*rows)
    assert got.get_column("alert_id").n_unique() == 4
    assert got.equals(alerts(*reversed(rows)))


def test_every_kind_is_of_the_contract_and_frames_are_valid():
    assert set(KINDS) <= set(ALERT_KINDS)
    Alerts.validate(alerts(OUT, RISK | {"sku": "b"}, surplus=[{"sku": "c"}]))
