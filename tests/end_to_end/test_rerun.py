"""The same night again: in another lake, the next day with kept models, and weeks later from what the run recorded."""

import json
import shutil
from datetime import date

import polars as pl
import pytest

from data.published import latest_run, read_manifest


def next_day(shop, day=date(2024, 6, 10)):
    """Deliver a day more of sales and stock, all other stock being as it was."""
    shop.deliver_sales(day, since=day)
    shop.deliver_stock(day)
    return shop


def test_the_same_night_in_two_fresh_lakes_is_the_same_but_for_its_id(new_shop, same, published_by):
    a, b = (new_shop(name).open().night() for name in ("one", "other"))
    assert a.run_id != b.run_id
    assert same(a, b)
    assert published_by(a)["recommendations"]["order_units"].sum() > 0


def test_another_seed_trains_other_models_and_gives_other_numbers(ran, same):
    assert not same(ran.latest(), ran.night("--set", "seed=8"))
    assert ran.manifest()["trained"]


def test_a_rerun_publishes_the_same_beside_the_run(ran, same):
    before = ran.latest()
    assert ran.fillrate("rerun", before.run_id, "--json") == 0
    again = ran.runs()[0]
    assert again.run_id.startswith(before.run_id + "-rerun-")
    assert same(before, again)
    assert read_manifest(again)["kind"] == "rerun"
    assert ran.latest() == before


def test_a_rerun_knows_nothing_of_what_came_later(ran, same):
    first = ran.latest()
    corrected = pl.read_csv(ran.inputs / "sales" / "until-2024-06-09.csv", schema_overrides={"sku": pl.String})
    ran.write("sales/correction.csv", corrected.filter(pl.col("date") >= "2024-06-03").with_columns(pl.col("units") * 3))
    ran.write("items.csv", [{"sku": f"{number:03}", "unit_cost": 7.0, "price": 8.0} for number in range(1, 13)])
    ran.write("overrides.csv", "sku,fc,field,value,reason,author,expires\n004,N1,order_units,600,fair,Ada,2024-07-01\n")
    second = next_day(ran).night()
    assert ran.latest() == second
    assert ran.fillrate("rerun", first.run_id, "--json") == 0
    assert same(first, ran.runs()[0])
    assert ran.latest() == second, "a rerun moved the pointer"


@pytest.mark.parametrize("gone", ["models", "models/south"])
def test_a_rerun_trains_a_model_that_was_removed_as_it_was_trained(ran, same, gone):
    """The model of the second night was trained on the first: it must be trained on that day's data again, not on the second's."""
    first = ran.latest()
    second = next_day(ran).night()
    assert read_manifest(second)["model_id"] == first.run_id
    shutil.rmtree(ran.lake / gone)
    assert ran.fillrate("rerun", second.run_id, "--json") == 0
    again = ran.runs()[0]
    assert same(second, again)
    assert read_manifest(again)["trained"]


def test_a_rerun_of_a_rerun_is_the_same_again(ran, same):
    first = ran.latest()
    ran.fillrate("rerun", first.run_id, "--json")
    assert ran.fillrate("rerun", ran.runs()[0].run_id, "--json") == 0
    assert len({run.run_id for run in ran.runs()}) == 3
    assert same(first, ran.runs()[0])


def test_a_run_that_is_too_old_refuses(ran, capsys):
    run = ran.latest()
    manifest = read_manifest(run)
    manifest["started_at"] = "2020-02-01T01:00:00+00:00"
    run.manifest.chmod(0o644)
    run.manifest.write_text(json.dumps(manifest))
    assert ran.fillrate("rerun", run.run_id) == 1
    said = capsys.readouterr().err
    assert "keep_runs_days = 400" in said
    assert run.run_id in said
    assert "Traceback" not in said
    assert len(ran.runs()) == 1


def test_a_rerun_without_its_lake_says_where_it_was(ran, capsys):
    shutil.rmtree(ran.lake)
    assert ran.fillrate("rerun", "latest") == 1
    said = capsys.readouterr().err
    assert "lake" in said
    assert "Traceback" not in said
    assert not ran.lake.exists()


def test_a_rerun_of_a_partial_run_has_its_regions_only(ran, same):
    partial = ran.night("--region", "south")
    assert ran.fillrate("rerun", partial.run_id, "--json") == 0
    assert same(partial, ran.runs()[0])


def test_a_rerun_of_forecasts_alone_recommends_nothing(ran, same):
    assert ran.call("forecast", "--json") == 0
    alone = ran.runs()[0]
    assert ran.fillrate("rerun", alone.run_id, "--json") == 0
    assert same(alone, ran.runs()[0])


def test_the_same_day_run_twice_is_compared_with_the_day_before(ran):
    """A second run of the same day is a correction of the first: both are compared with the night before."""
    first = ran.latest()
    second = next_day(ran).night()
    third = ran.night()
    assert [read_manifest(run)["previous_run_id"] for run in (second, third)] == [first.run_id] * 2
    assert latest_run(ran.out) == third


def test_an_older_day_does_not_become_the_latest(ran):
    before = ran.latest()
    ran.night("--as-of", "2024-06-05")
    assert ran.latest() == before
    assert [row["code"] for row in ran.messages("past_as_of")] == ["past_as_of"]
