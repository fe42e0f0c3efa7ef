"""Two nights in a row: how far the forecasts moved is measured, and a move without news is an alert."""

from datetime import date, timedelta

import polars as pl

from data.published import read_frame

MONDAY = date(2024, 6, 10)


def measured(run):
    rows = read_frame(run, "metrics").filter(pl.col("group") == "stability")
    return {(row["name"], row["segment"]): row["value"] for row in rows.to_dicts()}


def shifts(run):
    return read_frame(run, "alerts").filter(pl.col("kind") == "demand_shift").sort("fc", "sku")


def test_a_quiet_second_night_is_measured_and_raises_nothing(ran):
    first = ran.latest()
    assert measured(first) == {}
    assert shifts(first).is_empty()
    ran.deliver_sales(MONDAY, since=MONDAY)
    ran.deliver_stock(MONDAY)
    second = ran.night()
    assert shifts(second).is_empty()
    found = measured(second)
    assert set(found) == {
        (name, region) for name in ("forecast_change", "forecast_shift", "moved_beyond_news") for region in (None, "north", "south")
    }
    then, now = (read_frame(run, "forecasts") for run in (first, second))
    both = now.join(then, on=["fc", "sku", "date"], suffix="_then")
    assert both["date"].min() == MONDAY + timedelta(days=1)
    expected = (both["mean"] - both["mean_then"]).abs().sum() / both["mean_then"].sum()
    assert abs(found["forecast_change", None] - expected) < 1e-5
    assert 0 < expected < 0.1, "the same model and one more day"


def test_history_that_changes_behind_the_back_of_a_night_is_a_shift(ran):
    """The last four weeks of 011 at N1 are delivered again, five times as high: the newest day alone does not explain the move."""
    since = MONDAY - timedelta(days=28)
    corrected = list(ran.inputs.glob("sales/*.csv"))
    frame = pl.concat([pl.read_csv(path, schema_overrides={"sku": pl.String}, try_parse_dates=True) for path in corrected])
    ran.deliver_sales(MONDAY, since=MONDAY)
    raised = pl.when((pl.col("sku") == "011") & (pl.col("fc") == "N1")).then(pl.col("units") * 5).otherwise("units")
    ran.write("sales/corrected.csv", frame.filter(pl.col("date") >= since).with_columns(units=raised))
    ran.deliver_stock(MONDAY)
    second = ran.night()
    (alert,) = shifts(second).to_dicts()
    assert (alert["fc"], alert["sku"], alert["state"]) == ("N1", "011", "new")
    assert alert["value_at_risk"] > 10
    assert "13 periods" in alert["message"]
