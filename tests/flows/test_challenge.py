"""Nights that train anew: worse models are refused and told, the next night tries again; equal and better ones are used."""

from datetime import date

import polars as pl
import pytest

from data.model_store import ModelStore
from data.published import read_frame, read_manifest
from flows.conductor import Request, conduct
from scripts.faults.kills import kill_again_and_again

DUE = date(2024, 6, 16)
"""A week after the first night: its models are due to be trained anew."""


def deliver(shop, until, units):
    """Deliver all sales up to a day, as `units` has them, and the stock of that day."""
    shop.deliver_sales(until)
    file = shop.inputs / f"sales/until-{until}.csv"
    sales = pl.read_csv(file, try_parse_dates=True, schema_overrides={"sku": pl.String})
    shop.write(f"sales/until-{until}.csv", sales.with_columns(units.alias("units")))
    shop.deliver_stock(until)


def rewritten(shop):
    """Deliver a history that came again, up to a month before with sales in the middle of the week beyond those at weekends."""
    wrong = (pl.col("date") < date(2024, 5, 19)) & pl.col("date").dt.weekday().is_in([2, 3])
    deliver(shop, DUE, pl.when(wrong).then(pl.col("units") * 4 + 4).otherwise("units"))


def models(shop):
    return ModelStore(shop.lake).model_ids()


def measured(run):
    rows = read_frame(run, "metrics").filter(group="challenge")
    return dict(rows.select("name", "value").iter_rows())


def test_worse_models_are_refused_told_and_tried_again(ran, same):
    first = ran.latest()
    champion = read_manifest(first)["model_id"]
    rewritten(ran)
    night = ran.night()
    manifest = read_manifest(night)
    assert (manifest["model_id"], manifest["trained"]) == (champion, False)
    assert manifest["model_trained_on"]["as_of"] == "2024-06-09"
    assert models(ran) == [champion], "what was refused is not kept, or a later night would use it"
    [message] = ran.messages("challenger_refused", night)
    errors = measured(night)
    assert errors["challenger_wape"] > errors["champion_wape"]
    for name in errors:
        assert f"{errors[name]:.4f}".lstrip("-") in message["message"]
    alerts = read_frame(night, "alerts").filter(pl.col("message").str.contains("are worse than those of 2024-06-09"))
    assert alerts["kind"].to_list() == ["data_problem"]

    ran.fillrate("rerun", night.run_id)
    rerun = ran.runs()[0]
    assert rerun.run_id != night.run_id
    assert same(night, rerun), "a rerun says the same, and compares nothing"

    again = ran.night()
    assert measured(again), "the old models are still due: the next night tries again"
    assert read_manifest(again)["model_id"] == champion

    taken = ran.night("--set", "forecast.challenge=false")
    assert read_manifest(taken)["model_id"] == taken.run_id
    assert ran.messages("challenger_refused", taken) == []


def test_worse_models_of_a_night_that_was_killed_before_it_compared_them_are_not_used(ran):
    champion = read_manifest(ran.latest())["model_id"]
    rewritten(ran)
    assert kill_again_and_again(ran, ["point:models judged and not held against those in use"]) == []
    assert len(models(ran)) == 2
    night = ran.night()
    assert read_manifest(night)["model_id"] == champion
    assert len(ran.messages("challenger_refused", night)) == 1


def test_models_that_are_not_worse_take_over(ran):
    deliver(ran, DUE, pl.col("units"))
    night = ran.night()
    assert read_manifest(night)["model_id"] == night.run_id
    assert measured(night)["challenger_wape"] < measured(night)["champion_wape"] * 1.05
    assert ran.messages("challenger_refused", night) == []


def test_the_same_history_trained_again_is_equal_and_taken(ran, monkeypatch):
    monkeypatch.chdir(ran.root)
    night = conduct(ran.settings(), Request(train=True)).run
    assert read_manifest(night)["model_id"] == night.run_id
    errors = measured(night)
    assert errors["challenger_wape"] == errors["champion_wape"]
    assert errors["challenger_bias"] == errors["champion_bias"]


def test_better_models_replace_those_of_a_spoiled_history(new_shop):
    shop = new_shop()
    shop.deliver_master()
    flat = (pl.col("date") < date(2024, 5, 12)) & (pl.col("date").dt.weekday() > 5)
    deliver(shop, date(2024, 6, 9), pl.when(flat).then(0).otherwise("units"))
    shop.night()
    deliver(shop, DUE, pl.col("units"))
    night = shop.night()
    assert read_manifest(night)["model_id"] == night.run_id
    assert measured(night)["challenger_wape"] < measured(night)["champion_wape"]


@pytest.mark.parametrize("change", ["seed=9", "horizon=7"])
def test_models_that_cannot_serve_any_more_stop_nothing(ran, change):
    rewritten(ran)
    night = ran.night("--set", change)
    assert read_manifest(night)["model_id"] == night.run_id
    assert measured(night) == {}
