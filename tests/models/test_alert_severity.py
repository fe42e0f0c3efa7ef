"""Severity: every border of money and of time left."""

from datetime import date, timedelta

import polars as pl
import pytest

from models.alert_severity import severity

NIGHT = date(2024, 4, 14)


def of(value, days=None, *, urgent=False, kind="stockout_risk", until_sold=None, large=100.0):
    act_by = None if days is None else NIGHT + timedelta(days=days)
    row = {"value_at_risk": value, "cost_until_sold": until_sold, "act_by": act_by, "urgent": urgent, "kind": kind}
    schema = {"value_at_risk": pl.Float64, "cost_until_sold": pl.Float64, "act_by": pl.Date}
    return pl.DataFrame([row], schema_overrides=schema).select(severity(NIGHT, large)).item()


NOW, SOON, LATER, UNKNOWN = 3, 14, 15, None


@pytest.mark.parametrize(
    ("value", "now", "soon", "later"),
    [
        (None, "medium", "low", "low"),
        (0.0, "low", "low", "low"),
        (9.99, "low", "low", "low"),
        (10.0, "high", "medium", "low"),
        (99.99, "high", "medium", "low"),
        (100.0, "critical", "high", "medium"),
        (999.99, "critical", "high", "medium"),
        (1000.0, "critical", "critical", "high"),
    ],
)
def test_money_and_time_add_up(value, now, soon, later):
    assert [of(value, days) for days in (-5, 0, NOW)] == [now] * 3
    assert [of(value, days) for days in (NOW + 1, SOON)] == [soon] * 2
    assert [of(value, days) for days in (LATER, 400, UNKNOWN)] == [later] * 3
    assert of(value, urgent=True) == now, "what cannot wait is for now, with or without a date"
    assert of(value, 400, urgent=True) == now


def test_borders_move_with_what_counts_as_large():
    assert (of(100.0, NOW, large=1000.0), of(99.0, NOW, large=1000.0)) == ("high", "low")


def test_of_a_surplus_all_that_it_will_cost_counts():
    assert of(5.0, until_sold=1000.0, kind="overstock") == "high"
    assert of(5.0, until_sold=9.0, kind="overstock") == "low"


def test_errors_in_the_data_are_high_and_warnings_medium():
    assert [of(None, urgent=urgent, kind="data_problem") for urgent in (True, False)] == ["high", "medium"]
