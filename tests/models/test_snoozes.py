"""Snoozes: when an alert sleeps, and everything that wakes it."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from pydantic import ValidationError

from models.snoozes import Snooze, asleep, in_force, is_worse

NIGHT = date(2024, 6, 9)


def snooze(**changes):
    usual = {
        "alert_id": "a1", "decided_at": datetime(2024, 6, 10, 7, tzinfo=UTC), "author": "Ada", "reason": "a lorry is on its way",
        "until_worse": True, "run_id": "r1", "as_of": NIGHT, "kind": "stocked_out", "region": "north", "fc": "N1", "sku": "7",
        "first_seen": NIGHT, "severity": "high", "units_at_risk": 20.0, "value_at_risk": 100.0,
    }  # fmt: skip
    return Snooze(**usual | changes)


def tonight(**changes):
    usual = {"alert_id": "a1", "first_seen": NIGHT, "severity": "high", "units_at_risk": 20.0, "value_at_risk": 100.0, "snoozed_by": None}
    schema = {"units_at_risk": pl.Float64, "value_at_risk": pl.Float64, "snoozed_by": pl.String}
    return pl.DataFrame([usual | changes], schema_overrides=schema)


def sleeps(decision, days=1, previous=None, before=(), **alert):
    alerts = tonight(**alert)
    return bool(asleep(alerts, in_force([decision]), previous, before, NIGHT + timedelta(days=days)))


UNTIL = {"until": date(2024, 6, 20), "until_worse": False}


@pytest.mark.parametrize(
    ("decision", "night", "expected"),
    [
        ({}, {}, True),
        ({}, {"value_at_risk": 110.0}, True),
        ({}, {"value_at_risk": 110.1}, False),
        ({}, {"value_at_risk": 3.0}, True),
        ({"value_at_risk": None}, {"value_at_risk": None, "units_at_risk": 22.0}, True),
        ({"value_at_risk": None}, {"value_at_risk": None, "units_at_risk": 22.1}, False),
        ({"value_at_risk": None, "units_at_risk": None}, {"value_at_risk": None, "units_at_risk": None, "severity": "high"}, True),
        ({"value_at_risk": None, "units_at_risk": None}, {"value_at_risk": None, "units_at_risk": None, "severity": "critical"}, False),
        (UNTIL, {"days": 9}, True),
        (UNTIL, {"days": 10}, False),
        (UNTIL, {"days": 9, "value_at_risk": 900.0}, True),
        (UNTIL | {"until_worse": True}, {"days": 9}, True),
        (UNTIL | {"until_worse": True}, {"days": 9, "value_at_risk": 900.0}, False),
        (UNTIL | {"until_worse": True}, {"days": 10}, False),
        ({}, {"first_seen": NIGHT + timedelta(days=1)}, False),
        ({}, {"days": -1}, False),
        ({}, {"days": 0}, True),
        ({"alert_id": "another"}, {}, False),
    ],
)
def test_what_wakes_an_alert(decision, night, expected):
    """Dates: the night as of 18 June makes the orders of the 19th, that of the 19th those of the 20th, until which it sleeps."""
    assert sleeps(snooze(**decision), **night) is expected


def test_what_woke_once_stays_awake_though_it_gets_better_again():
    known = snooze()
    woken = tonight(value_at_risk=150.0, snoozed_by=None)
    assert not sleeps(known, days=2, previous=woken, before=[known], value_at_risk=90.0)
    still = tonight(snoozed_by="Ada")
    assert sleeps(known, days=2, previous=still, before=[known], value_at_risk=90.0)


def test_a_snooze_decided_since_the_run_before_holds_though_that_run_told_the_alert():
    assert sleeps(snooze(), previous=tonight(), before=[])
    again = snooze(decided_at=datetime(2024, 6, 12, 7, tzinfo=UTC), value_at_risk=150.0)
    assert sleeps(again, days=3, previous=tonight(value_at_risk=150.0), before=[snooze()], value_at_risk=150.0)


def test_a_run_before_that_knew_nothing_of_snoozes_does_no_harm():
    assert sleeps(snooze(), previous=tonight().drop("snoozed_by"))


def test_the_newest_decision_counts_whatever_the_order_of_lines():
    first, second = snooze(), snooze(decided_at=datetime(2024, 6, 11, 7, tzinfo=UTC), cancel=True)
    third = snooze(decided_at=datetime(2024, 6, 12, 7, tzinfo=UTC), reason="again")
    assert in_force([first, second]) == {} == in_force([second, first])
    assert in_force([third, first, second]) == {"a1": third}


def test_a_snooze_must_end_some_time_and_say_who_and_why():
    with pytest.raises(ValidationError, match="say which"):
        snooze(until_worse=False)
    for empty in ("author", "reason"):
        with pytest.raises(ValidationError, match="at least 1 character"):
            snooze(**{empty: "  "})
    assert snooze(cancel=True, until_worse=False).cancel


def test_worse_is_a_tenth_more_of_the_first_size_that_both_know():
    assert is_worse((111.0, None, "low"), (100.0, None, "high"))
    assert not is_worse((110.0, 99.0, "critical"), (100.0, 1.0, "low"))
    assert is_worse((None, 12.0, "low"), (100.0, 10.0, "low"))
    assert is_worse((None, None, "high"), (5.0, None, "medium"))
