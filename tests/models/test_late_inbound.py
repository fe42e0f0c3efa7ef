"""late_inbound: which lines are late, what they are worth, what is said and what is to be done."""

from datetime import date, timedelta

import polars as pl
import pytest

from models.alert_kinds.late_inbound import found
from models.alert_kinds.night import FOUND, Night
from models.recommending.inbound import LATE
from models.settings import ReplenishmentSettings

AS_OF = date(2024, 4, 14)


def night(*, on_hand=5.0, unit_cost=2.0, **line):
    priced = pl.DataFrame(
        {
            "fc": ["f"], "sku": ["a"], "on_hand": [on_hand], "unit_cost": [unit_cost], "supplier": ["Acme"], "name": ["A"],
            "order_date": [AS_OF + timedelta(days=1)], "stockout_date_p50": [AS_OF + timedelta(days=2)],
        },
        schema_overrides={"on_hand": pl.Float64, "unit_cost": pl.Float64},
    )  # fmt: skip
    late = {
        "region": "r", "fc": "f", "sku": "a", "order_id": "PO-1", "ordered_date": AS_OF - timedelta(days=20),
        "expected_date": AS_OF - timedelta(days=4), "units": 30.0, "never": 0.2, "likely_date": AS_OF + timedelta(days=3), "depends": 12.5,
        "lost_margin": 25.0,
    } | line  # fmt: skip
    return Night(AS_OF, priced, pl.DataFrame(), ReplenishmentSettings(), late_lines=pl.DataFrame([late], schema=LATE))


def only(**given):
    return found(night(**given)).row(0, named=True)


def test_a_late_line_is_valued_by_what_depends_on_it():
    got = only()
    assert list(got) == list(FOUND)
    assert (got["probability"], got["units_at_risk"], got["value_at_risk"], got["urgent"]) == (0.2, 12.5, 25.0, True)
    assert got["message"] == (
        "30 units of order PO-1 should have been on sale since Wed 10 Apr 2024, 5 days ago; 20% chance that it never comes, most likely by "
        "Wed 17 Apr 2024 if it does. Without it about 12.5 units go unmet before the next order could arrive."
    )
    assert got["action"] == "chase Acme and have it expedited"


@pytest.mark.parametrize("unknown", [{"lost_margin": None}, {"on_hand": None}])
def test_where_the_margin_or_the_stock_is_unknown_the_units_count_at_cost(unknown):
    got = only(**unknown)
    assert (got["units_at_risk"], got["value_at_risk"], got["urgent"]) == (30.0, 60.0, False)


def test_a_line_most_likely_lost_is_asked_after_and_one_nothing_depends_on_is_not_urgent():
    assert only(never=0.8, likely_date=None)["action"].startswith("ask Acme whether it was sent at all")
    idle = only(depends=0.0, lost_margin=0.0)
    assert (idle["urgent"], idle["value_at_risk"], idle["action"]) == (False, 0.0, "chase Acme, or correct the expected date")
    assert "Stock lasts without it" in idle["message"]


def test_where_lead_times_are_certain_no_chance_is_told():
    got = only(never=None, order_id=None, expected_date=AS_OF)
    assert got["probability"] is None
    assert got["message"].startswith("30 units should have been on sale since Sun 14 Apr 2024, 1 day ago; it is counted as coming today")
