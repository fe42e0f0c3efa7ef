"""Plan messages of forecasting: forecasts that rest on little, and a known future that ends before the horizon."""

from datetime import timedelta

import pytest

from models.forecast_messages import forecast_messages

HORIZON = 10


@pytest.fixture
def said(history_of, make_demand, make_table):
    """Return the messages of a region, by code; plan and drivers are given in days from the end of history."""

    def make(demand=None, *, plan=(), promo=0.0, drivers=(), known_ahead=()):
        case = history_of(make_demand(demand or {("F", "A"): [5.0] * 60}), horizon=HORIZON, known_ahead=known_ahead)
        rows = [{"date": case.end + timedelta(days=k), "sku": "A", "promo": promo} for k in plan]
        values = [{"date": case.end + timedelta(days=k), "name": name, "value": 1.0} for name, days in drivers for k in days]
        case = case.but(plan=make_table("plan", rows), drivers=make_table("drivers", values))
        prepared = case.prepared()
        messages = forecast_messages(
            prepared.panel, prepared.profile.filter("active"), case.drivers, region="north", known_ahead=known_ahead
        )
        assert all(message.fix and message.region == "north" for message in messages)
        return {message.code: message for message in messages}

    return make


def test_a_region_with_history_and_whole_inputs_has_nothing_to_say(said):
    days = range(-59, HORIZON + 1)
    assert said(plan=days, drivers=[("rain", days), ("search", range(-59, 1))], known_ahead=("rain",)) == {}
    assert said() == {}


def test_items_without_history_are_named(said):
    found = said({("F", "A"): [5.0] * 60, ("F", "N"): [None]})["forecast_from_like_items"]
    assert (found.severity, found.fc, found.sku) == ("info", "F", "N")
    found = said({("F", "A"): [5.0] * 60, ("F", "N"): [None], ("G", "M"): [None] * 9})["forecast_from_like_items"]
    assert "2 of 3" in found.message
    assert found.sku is None


def test_a_region_never_in_stock_has_nothing_to_learn_from(said):
    found = said({("F", "A"): [None] * 60})
    assert set(found) == {"nothing_to_learn_from"}
    assert found["nothing_to_learn_from"].severity == "warning"


def test_a_plan_that_ends_before_the_horizon(said):
    dense = said(plan=range(-59, 4))["plan_ends"]
    assert dense.severity == "warning"
    assert "2024-07-03" in dense.message
    assert "2024-07-10" in dense.message
    assert said(plan=(-40, -3, 5))["plan_ends"].severity == "info", "a plan of single promotions may simply hold no more of them"
    assert "plan_ends" not in said(plan=(-40, HORIZON))


def test_a_driver_that_stops(said):
    assert said(drivers=[("search", range(-59, -20))])["driver_ends"].severity == "warning"
    assert said(drivers=[("search", range(-59, -2))]) == {}, "a few days late is usual"


@pytest.mark.parametrize(("last", "severity"), [(4, "info"), (0, "warning")])
def test_a_driver_known_ahead_for_a_part_of_the_horizon(said, last, severity):
    found = said(drivers=[("rain", range(-59, last + 1))], known_ahead=("rain",))["driver_ends"]
    assert found.severity == severity
    assert "rain" in found.message
