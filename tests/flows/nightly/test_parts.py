"""A region decided in parts: the same numbers as at once, whatever the parts."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data.messages import messages_frame
from flows.conductor import Request, conduct
from flows.stages import decide, plan
from flows.stages.night import Night

TABLES = ("forecasts", "explanations", "recommendations", "surplus", "order-terms", "stock-outlook", "late-lines", "region-messages")


@pytest.fixture
def planned(company) -> Night:
    """A night whose models are trained and whose regions are still to be decided; one supplier has receipts, one item is new."""
    sales = pl.read_csv(company.inputs / "sales.csv", schema_overrides={"sku": pl.String})
    new = sales.filter(sku="000", fc="E2").tail(5).with_columns(sku=pl.lit("new"))
    pl.concat([sales, new]).write_csv(company.inputs / "sales.csv")
    pl.DataFrame(
        [
            {
                "sku": f"{item:03}",
                "fc": fc,
                "ordered_date": f"2024-05-{day:02}",
                "units_ordered": 6,
                "received_date": f"2024-05-{day + late:02}",
            }
            for item in range(5)
            for fc in ("E1", "E2")
            for day, late in ((2, 3), (9, 4), (16, 3), (20, 9))
        ]
    ).write_csv(company.inputs / "receipts.csv")
    conduct(company.settings(), Request(last="train"))
    return plan.plan_night(company.settings(), None, "partial", None)


def decided(night: Night, region: str) -> dict[str, pl.DataFrame]:
    return {name: night.workspace.read(name, region) for name in TABLES if night.workspace.has(name, region)}


@pytest.mark.parametrize("most", [1, 4, 11])
def test_a_region_decided_in_parts_gets_the_numbers_of_one_decided_at_once(planned, most) -> None:
    decide.decide_region(planned, "east", True)
    whole = decided(planned, "east")
    assert whole["recommendations"].height == 11
    planned.workspace.begin()
    planned.workspace.write("messages", None, messages_frame([]))
    decide.decide_region(planned, "east", True, most)
    parts = decide.parts_laid_out(planned, "east")
    assert parts == (-(-11 // most) if most < 11 else 0)
    for part in reversed(range(parts)):
        decide.decide_part(planned, "east", part)
    if parts:
        assert decided(planned, "east") == {}, "until it is joined there is no half of a region"
        decide.join_parts(planned, "east")
    found = decided(planned, "east")
    assert found.keys() == whole.keys()
    for name, table in whole.items():
        assert_frame_equal(found[name], table, check_exact=True)


def test_parts_without_orders_hold_forecasts_alone(planned) -> None:
    decide.decide_region(planned, "west", False, 3)
    for part in range(decide.parts_laid_out(planned, "west")):
        decide.decide_part(planned, "west", part)
    decide.join_parts(planned, "west")
    assert decided(planned, "west").keys() == {"forecasts", "explanations"}
