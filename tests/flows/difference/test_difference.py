"""Why the orders of two runs differ: one input at a time where one was changed, and always a sum that is the whole."""

import json
import shutil
from datetime import date

import polars as pl
import pytest

from data.published import read_frame, read_manifest
from flows.difference.attribute import MILLI, NotAttributable, _by_cause, attribute
from flows.difference.inputs import different_inputs
from flows.difference.steps import CAUSES

MONDAY = date(2024, 6, 10)


@pytest.fixture(autouse=True)
def in_its_folder(ran, monkeypatch):
    """A run names its lake from the folder in which it was made."""
    monkeypatch.chdir(ran.root)


def causes_of(run_a, run_b):
    """Return cause → units of two runs, after checking that units and money add up, of every row and altogether."""
    found = attribute(run_a, run_b, read_manifest(run_a), read_manifest(run_b))
    a, b = (read_frame(run, "recommendations").select("fc", "sku", "order_units", "order_value") for run in (run_a, run_b))
    moved = a.join(b, on=["fc", "sku"], how="full", suffix="_b", coalesce=True).select(
        "fc",
        "sku",
        *(
            ((pl.col(f"order_{name}_b").fill_null(0) - pl.col(f"order_{name}").fill_null(0)) * MILLI).round().cast(pl.Int64).alias(name)
            for name in ("units", "value")
        ),
    )
    summed = found.rows.group_by("fc", "sku").agg((pl.col("units", "value") * MILLI).round().cast(pl.Int64).sum())
    both = moved.join(summed, on=["fc", "sku"], how="left", suffix="_told").fill_null(0)
    assert both["units"].equals(both["units_told"].rename("units"))
    assert both["value"].equals(both["value_told"].rename("value"))
    for name in ("units", "value"):
        assert found.totals[name].sum() == pytest.approx(moved[name].sum() / MILLI, abs=1e-6)
    assert found.totals["cause"].to_list() == list(CAUSES)
    return {cause: units for cause, units, rows in found.totals.select("cause", "units", "rows").iter_rows() if rows}


def test_a_run_and_its_rerun_differ_by_nothing(ran):
    assert ran.fillrate("rerun", "latest", "--json") == 0
    assert causes_of(ran.runs()[1], ran.runs()[0]) == {}


@pytest.mark.slow
def test_what_alone_was_changed_is_the_only_cause(ran):
    first = ran.latest()
    costly = ran.night("--set", "replenishment.lead_time_days=5")
    assert set(causes_of(first, costly)) == {"terms"}
    ran.deliver_stock(date(2024, 6, 9), {(fc, "007"): 0.0 for fc in ("N1", "N2", "S1")})
    emptied = ran.night()
    told = causes_of(first, emptied)
    assert set(told) == {"stock"}
    assert told["stock"] > 0
    days = pl.date_range(date(2024, 4, 1), date(2024, 7, 13), eager=True)
    ran.write("plan.csv", pl.DataFrame({"date": days, "sku": "001", "promo": (days.dt.day() % 10 == 0) | (days > date(2024, 6, 9))}))
    promoted = ran.night()
    assert set(causes_of(emptied, promoted)) <= {"plan"}
    assert ran.call("train", "--json") == 0
    assert ran.call("run", "--direct", "--json", "--set", "forecast.paths=128") == 0
    assert set(causes_of(promoted, ran.runs()[0])) == {"model"}


@pytest.fixture
def two_days(ran):
    """Two nights between which everything moved: a day, its sales, stock, inbound, a supplier's terms, a planner, the config."""
    first = ran.latest()
    ran.deliver_sales(MONDAY, since=MONDAY)
    ran.deliver_stock(MONDAY, {("N1", "003"): 0.0})
    ran.write("inbound.csv", [{"sku": "005", "fc": "S1", "units": 60, "expected_date": date(2024, 6, 12), "order_id": "PO-2"}])
    terms = [{"sku": f"{n:03}", "supplier": "Acme", "case_pack": 12 if n == 5 else 6, "holding_cost": 0.05} for n in range(1, 13)]
    ran.write("supply.csv", terms)
    ran.write("overrides.csv", "sku,fc,field,value,reason,author,expires\n008,N1,order_units,90,fair,Ada,2024-07-01\n")
    return ran, first, ran.night("--set", "replenishment.review_days=2")


def test_everything_at_once_still_adds_up_and_is_shown(two_days, capsys):
    shop, first, second = two_days
    told = causes_of(first, second)
    assert {"terms", "sales", "stock"} <= set(told)
    assert "code" not in told, "both nights are reproduced to the last unit"
    assert shop.fillrate("diff", first.run_id, second.run_id, "--json") == 0
    document = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {row["cause"]: row["units"] for row in document["causes"] if row["rows"]} == told
    change = next(row["change"] for row in document["totals"] if row["measure"] == "order_units")
    assert sum(row["units"] for row in document["causes"]) == pytest.approx(change)
    planned = next(row for row in document["changed"] if (row["fc"], row["sku"]) == ("N1", "008"))
    assert planned["change_reason"] == "a planner's decision"
    assert sum(part["units"] for part in planned["causes"]) == planned["change_units"]
    assert "last known day: 2024-06-09 → 2024-06-10" in document["inputs"]
    assert any(line.startswith("config: replenishment.review_days = 1 → 2") for line in document["inputs"])
    assert shop.fillrate("diff", first.run_id, second.run_id) == 0
    said = capsys.readouterr().out
    assert f"{sum(told.values()):+,.0f}" in said
    for cause in told:
        assert CAUSES[cause] in said
    # The other way round everything changes its sign, though not necessarily its share.
    assert sum(causes_of(second, first).values()) == -sum(told.values())


def test_a_region_that_one_run_lacks_is_told_as_such(ran):
    first = ran.latest()
    south = ran.night("--region", "south")
    told = causes_of(first, south)
    north = read_frame(first, "recommendations").filter(region="north")["order_units"].sum()
    assert told == {"regions": -north}


def test_what_cannot_be_decided_again_is_compared_as_published_and_says_why(two_days, capsys):
    shop, first, second = two_days
    capsys.readouterr()
    shutil.rmtree(shop.lake / "models")
    assert shop.fillrate("diff", first.run_id, second.run_id, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["causes"] is None
    assert f"fillrate rerun {first.run_id}" in document["causes_unknown"]
    assert document["changed"][0]["causes"] == []
    assert shop.fillrate("diff", first.run_id, second.run_id) == 0
    assert "not told: the models of run" in capsys.readouterr().out
    shutil.rmtree(shop.lake)
    assert shop.fillrate("diff", first.run_id, second.run_id, "--json") == 0
    assert "lake" in json.loads(capsys.readouterr().out)["causes_unknown"]
    assert shop.fillrate("diff", first.run_id, second.run_id, "--quick") == 0
    assert "--quick" in capsys.readouterr().out


def test_forecasts_alone_have_no_orders_to_compare(ran):
    first, forecasts = ran.latest(), ran.night("--stage", "forecast")
    with pytest.raises(NotAttributable, match="recommends nothing"):
        attribute(first, forecasts, read_manifest(first), read_manifest(forecasts))


def orders(**units):
    rows = [{"fc": "N1", "sku": sku, "order_units": value, "order_value": value and value * 0.1} for sku, value in units.items()]
    return pl.DataFrame(rows, schema={"fc": pl.String, "sku": pl.String, "order_units": pl.Float64, "order_value": pl.Float64})


def test_what_no_step_reproduces_is_left_to_the_code():
    """Published 1 → 9; computed again 2 → 5 by stock: of the 8, 3 are stock's, the 1 before and the 4 after are unexplained."""
    found = _by_cause(orders(a=1.0, b=None), orders(a=9.0, c=2.0), [(None, orders(a=2.0, b=0.0)), ("stock", orders(a=5.0, b=0.0))])
    told = {(sku, cause): units / MILLI for sku, cause, units in found.select("sku", "cause", "units").iter_rows()}
    assert told == {("a", "stock"): 3.0, ("a", "code"): 5.0, ("c", "code"): 2.0}


def test_inputs_that_differ_are_named():
    config = {"name": "x", "replenishment": {"moq": 0.0, "holding_cost": None}}
    a = {"as_of": "2024-06-09", "lake_versions": {"sales": 1, "deliveries": 4}, "model_id": "m", "code_version": "1", "config": config}
    assert different_inputs(a, a) == []
    changed = {"name": "x", "replenishment": {"moq": 6.0, "holding_cost": 0.1}}
    b = {"as_of": "2024-06-09", "lake_versions": {"sales": 2, "stock": 0, "deliveries": 5}, "model_id": "n", "code_version": "1"}
    assert different_inputs(a, b | {"config": changed}) == [
        "tables: sales, stock",
        "model: m → n",
        "config: replenishment.holding_cost = None → 0.1",
        "config: replenishment.moq = 0.0 → 6.0",
    ]
