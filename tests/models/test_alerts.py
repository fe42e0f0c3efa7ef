"""Alerts: what is raised, in which order, and how a problem stands across nights."""

from datetime import date, timedelta

import polars as pl

from data.contracts import Items
from data.messages import PlanMessage, messages_frame
from models.alert_kinds.registry import KINDS
from models.alerts import raise_alerts
from models.contracts import ALERT_KINDS, Alerts, Recommendations
from models.settings import ReplenishmentSettings

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
TOO_MUCH = {"on_hand": 396.0, "days_of_cover_with_inbound": 200.0, "reasons": ["overstock"], "action": "mark_down"}
ITEMS = pl.DataFrame([{"sku": "a", "unit_cost": 2.0}], schema_overrides=Items.create_empty().schema)


def alerts(*rows, messages=(), previous=None, as_of=NIGHT, items=ITEMS, **settings):
    schema = Recommendations.create_empty().schema
    full = [{name: (USUAL | row).get(name) for name in schema} for row in rows]
    return raise_alerts(
        as_of=as_of, recommendations=pl.DataFrame(full, schema=schema), plan_messages=messages_frame(messages),
        previous_alerts=previous, settings=ReplenishmentSettings(**settings), items=items,
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


def test_overstock_is_valued_at_cost_beyond_the_limit():
    got = alerts(TOO_MUCH, overstock_days=90).row(0, named=True)
    # 400 units last 200 days: two a day, so 180 of them last the 90 days allowed.
    assert (got["kind"], got["units_at_risk"], got["value_at_risk"]) == ("overstock", 220, 440)
    assert alerts(TOO_MUCH, items=None).row(0, named=True)["value_at_risk"] is None


def test_data_problems_come_from_errors_and_warnings_and_like_ones_are_told_once():
    broken = PlanMessage("missing_table", "no prices", "error", table="items", fix="deliver them")
    doubled = [PlanMessage("odd_unit", f"line {n}", table="sales") for n in (2, 1)]
    got = alerts(messages=[broken, *doubled, PlanMessage("note", "fine", "info")])
    assert got.select("kind", "severity", "message", "action").rows() == [
        ("data_problem", "high", "no prices", "deliver them"),
        ("data_problem", "medium", "line 1 (and 1 more like it)", None),
    ]


def test_the_most_money_comes_first():
    got = alerts(RISK | {"sku": "b"}, OUT | {"sku": "c"}, TOO_MUCH, messages=[PlanMessage("odd_unit", "odd")])
    assert got.get_column("kind").to_list() == ["overstock", "stocked_out", "stockout_risk", "data_problem"]


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
    Alerts.validate(alerts(OUT, RISK | {"sku": "b"}))
