"""Nights that watch their inputs and errors: quiet ones say nothing, a source that changed is told, and a rerun says the same."""

from datetime import date

import polars as pl
import pytest

from data.published import read_frame

AS_THEY_ARE = pl.col("units")


def deliver(shop, day, units=AS_THEY_ARE):
    """Deliver one day of June, `units` as they are to be."""
    day = date(2024, 6, day)
    shop.deliver_sales(day, since=day)
    file = shop.inputs / f"sales/until-{day}.csv"
    sales = pl.read_csv(file, schema_overrides={"sku": pl.String})
    shop.write(f"sales/until-{day}.csv", sales.with_columns(units.alias("units")))
    shop.deliver_stock(day)


def drifts(shop, run):
    return [row for row in shop.messages(None, run) if row["code"] in ("input_drift", "error_drift")]


def test_a_quiet_night_says_nothing_and_measures_what_its_forecasts_came_to(ran):
    assert drifts(ran, ran.latest()) == []
    for day in range(10, 17):
        deliver(ran, day)
    night = ran.night()
    assert drifts(ran, night) == []
    told = read_frame(night, "metrics").filter(group="realised")
    assert set(told["segment"]) == {"north", "south"}
    forecasts = read_frame(next(run for run in ran.runs() if run.as_of == date(2024, 6, 9)), "forecasts")
    sales = pl.concat(
        [pl.read_csv(path, try_parse_dates=True, schema_overrides={"sku": pl.String}) for path in ran.inputs.glob("sales/*.csv")]
    )
    both = forecasts.filter(pl.col("region") == "south", pl.col("date") <= date(2024, 6, 16)).join(sales, on=["fc", "sku", "date"])
    naive = (both["mean"] - both["units"]).abs().sum() / both["units"].sum()
    assert told.filter(name="wape", segment="south")["value"].item() == pytest.approx(naive, rel=0.02)


def test_a_source_that_counts_in_another_unit_is_told_with_an_alert_and_again_by_a_rerun(ran, same):
    for day in range(10, 17):
        deliver(ran, day, pl.col("units") * 12)
    night = ran.night()
    told = drifts(ran, night)
    assert {row["region"] for row in told} == {"north", "south"}
    assert any("units sold in the week to 2024-06-16" in row["message"] for row in told)
    alerts = read_frame(night, "alerts").filter(pl.col("kind") == "data_problem")
    assert alerts["message"].str.contains("units sold in the week").sum() == 2
    ran.fillrate("rerun", night.run_id)
    assert same(night, ran.runs()[0])


@pytest.mark.slow
def test_a_bias_beyond_that_of_earlier_nights_is_told(new_shop):
    shop, untrained = new_shop().open(date(2024, 6, 2)), ("--set", "forecast.retrain_every_days=60")
    shop.night()
    for day in range(3, 17):
        deliver(shop, day)
        if day > 8:
            assert drifts(shop, shop.night(*untrained)) == []
    deliver(shop, 17, pl.col("units") * 9)
    told = drifts(shop, shop.night(*untrained))
    assert any(row["code"] == "error_drift" and "the bias is -" in row["message"] for row in told)
