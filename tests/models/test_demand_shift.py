"""The alert kind demand_shift: which moves of the forecast are told, how many, and in which words."""

from datetime import date

import polars as pl
import pytest

from data.messages import messages_frame
from models.alert_kinds.demand_shift import MOST
from models.alert_kinds.night import News
from models.alerts import raise_alerts
from models.contracts import Alerts, Recommendations
from models.settings import ReplenishmentSettings
from models.stability import MOVES

NIGHT = date(2024, 6, 10)
JUMP = {
    "region": "r", "fc": "F", "sku": "A", "periods": 13, "before": 120.0, "now": 180.0, "change": 60.0, "observed_periods": 1,
    "observed": 24.0, "expected": 9.0, "surprise": 3.1, "warranted": 29.3, "beyond": 25.0,
}  # fmt: skip
COST = {"A": 4.0}


def shifts(*moves, costs=COST, **news):
    table = pl.DataFrame([JUMP | move for move in moves], schema=MOVES)
    rows = [{"region": "r", "fc": "F", "sku": sku, "action": "wait", "reasons": []} for sku in costs]
    recommendations = pl.DataFrame(rows, schema=Recommendations.create_empty().schema)
    items = pl.DataFrame(list(costs.items()), schema={"sku": pl.String, "unit_cost": pl.Float64}, orient="row")
    raised = raise_alerts(
        as_of=NIGHT, recommendations=recommendations, plan_messages=messages_frame([]), previous_alerts=None,
        settings=ReplenishmentSettings(), items=items, news=News(table, since=date(2024, 6, 9), **news),
    )  # fmt: skip
    Alerts.validate(raised)
    return raised.filter(pl.col("kind") == "demand_shift").to_dicts()


def test_a_move_beyond_its_news_is_told_with_both_numbers_and_the_reason():
    (alert,) = shifts({})
    assert (alert["units_at_risk"], alert["value_at_risk"], alert["action"]) == (25, 100, "wait")
    for said in ("13 periods", "from 120 to 180 units (+50%)", "+29.3", "24 units since Sun 09 Jun 2024 where 9 were expected"):
        assert said in alert["message"]


@pytest.mark.parametrize(
    ("news", "said"),
    [
        ({"plan_changed": frozenset({"A"}), "retrained": True}, "commercial plan"),
        ({"plan_changed": frozenset({"B"}), "retrained": True}, "trained anew"),
        ({}, "No reason is known"),
    ],
)
def test_without_a_surprise_the_plan_then_the_training_is_named(news, said):
    for quiet in ({"surprise": 0.4}, {"surprise": None, "observed": 0.0, "observed_periods": 0}):
        assert said in shifts(quiet, **news)[0]["message"]


@pytest.mark.parametrize("small", [{"beyond": 0.0}, {"beyond": 2.0}, {"before": 1000.0, "now": 1060.0}])
def test_what_is_warranted_cheap_or_a_small_share_is_not_told(small):
    assert shifts(small) == []


def test_where_costs_are_unknown_units_decide():
    (alert,) = shifts({}, costs={"A": None})
    assert (alert["units_at_risk"], alert["value_at_risk"]) == (25, None)
    assert shifts({"beyond": 4.0}, costs={"A": None}) == []
    assert len(shifts({}, costs={})) == 1, "without stock there is no recommendation, but there is a forecast"


def test_a_forecast_from_nothing_or_to_nothing_is_told():
    assert "from 0 to 180 units;" in shifts({"before": 0.0})[0]["message"]
    assert "(-100%)" in shifts({"now": 0.0})[0]["message"]


def test_only_the_largest_are_told():
    found = shifts(*({"sku": f"S{k:03}", "beyond": 10.0 + k} for k in range(60)), costs={f"S{k:03}": 4.0 for k in range(60)})
    assert len(found) == MOST
    assert [alert["units_at_risk"] for alert in found] == [69.0 - k for k in range(MOST)]


def test_without_a_run_before_nothing_is_told():
    raised = raise_alerts(
        as_of=NIGHT, recommendations=Recommendations.create_empty(), plan_messages=messages_frame([]), previous_alerts=None,
        settings=ReplenishmentSettings(),
    )  # fmt: skip
    assert raised.is_empty()
