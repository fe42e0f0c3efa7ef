"""Nights in a row: states of alerts, orders compared with the night before, late data, weeks, and contracts of what is published."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

from data.cleaning.ledger import Corrections
from data.messages import PlanMessages
from data.published import changed_files, read_frame, read_manifest
from models.contracts import Alerts, Forecasts, Metrics, Recommendations
from models.explanations_contract import Explanations

MONDAY = date(2024, 6, 10)


def alert_of(shop, kind, fc, sku):
    """The state of one alert in the run published last, None where there is none."""
    alerts = read_frame(shop.runs()[0], "alerts").filter((pl.col("kind") == kind) & (pl.col("fc") == fc) & (pl.col("sku") == sku))
    return alerts.row(0, named=True) if alerts.height else None


def test_an_alert_is_new_then_the_same_then_cleared_and_then_gone(ran):
    shelf = ("N2", "008")
    first = alert_of(ran, "stocked_out", *shelf)
    assert (first["state"], first["first_seen"]) == ("new", date(2024, 6, 9))
    seen = []
    for days, on_hand in ((0, 0.0), (1, 500.0), (2, 500.0)):
        day = MONDAY + timedelta(days=days)
        ran.deliver_sales(day, since=day)
        ran.deliver_stock(day, {shelf: on_hand})
        ran.night()
        alert = alert_of(ran, "stocked_out", *shelf)
        seen.append(alert and (alert["state"], alert["alert_id"], alert["first_seen"]))
    assert seen[0][0] in ("same", "worse", "better")
    assert seen[1][0] == "cleared"
    assert seen[2] is None
    assert {row[1] for row in seen[:2]} == {first["alert_id"]}, "the same problem has the same id every night"
    assert {row[2] for row in seen[:2]} == {date(2024, 6, 9)}


def test_an_alert_gets_worse_and_better(ran):
    shelf = ("N1", "010")
    states = []
    for days, on_hand in ((0, 30.0), (1, 4.0), (2, 14.0)):
        day = MONDAY + timedelta(days=days)
        ran.deliver_sales(day, since=day)
        ran.deliver_stock(day, {shelf: on_hand})
        ran.night()
        alert = alert_of(ran, "stockout_risk", *shelf)
        states.append(alert["state"] if alert else None)
    assert states[1:] in (["worse", "better"], ["new", "better"])


def test_the_second_night_says_what_changed_since_the_first(ran):
    first = read_frame(ran.latest(), "recommendations")
    assert first["previous_order_units"].is_null().all()
    ran.deliver_sales(MONDAY, since=MONDAY)
    ran.deliver_stock(MONDAY, {("N1", "003"): 0.0, ("S1", "004"): 400.0})
    second = read_frame(ran.night(), "recommendations")
    both = second.join(first.select("fc", "sku", before="order_units"), on=["fc", "sku"])
    assert (both["previous_order_units"] == both["before"]).all()
    changed = both.filter(pl.col("order_units") != pl.col("before"))
    assert changed.height > 0
    assert changed["change_reason"].is_not_null().all()
    assert both.filter(pl.col("order_units") == pl.col("before"))["change_reason"].is_null().all()


def test_what_a_night_publishes_keeps_its_contracts(ran):
    run = ran.latest()
    frames = {
        "forecasts": Forecasts, "explanations": Explanations, "recommendations": Recommendations, "alerts": Alerts,
        "corrections": Corrections, "plan_messages": PlanMessages, "metrics": Metrics,
    }  # fmt: skip
    for name, contract in frames.items():
        frame = read_frame(run, name)
        contract.validate(frame)
        assert frame.columns == contract.column_names()
    forecasts, recommendations = read_frame(run, "forecasts"), read_frame(run, "recommendations")
    assert forecasts.height == 36 * 14, "every item at every fc on every day of the horizon"
    assert forecasts["date"].unique().sort().to_list() == [date(2024, 6, 9) + timedelta(days=ahead) for ahead in range(1, 15)]
    assert recommendations.height == 36
    means = forecasts.group_by("fc", "sku").agg(pl.col("mean").mean().alias("forecast"))
    explained = read_frame(run, "explanations").join(means, on=["fc", "sku"], validate="1:1")
    assert explained.height == 36
    assert (explained["mean"] - explained["forecast"]).abs().max() < 5e-4, "forecasts are told to three decimals"
    orders = recommendations.filter(pl.col("order_units") > 0)
    assert (orders["order_units"] % 6 == 0).all(), "whole cases"
    assert (recommendations["order_date"] == MONDAY).all()
    assert (recommendations["arrival_date"] == MONDAY + timedelta(days=2)).all()
    assert (recommendations["order_value"] == recommendations["order_units"] * 4.0).all()


def test_the_csv_says_what_the_parquet_says(ran):
    run = ran.latest()
    for name in ("recommendations", "alerts"):
        table, text = read_frame(run, name), pl.read_csv(run.path / f"{name}.csv", infer_schema=False)
        assert text.columns == table.columns
        assert text["sku"].fill_null("").to_list() == table["sku"].fill_null("").to_list()


def test_the_manifest_tells_how_the_run_was_made(ran):
    run = ran.latest()
    manifest = read_manifest(run)
    assert manifest["run_id"] == run.run_id
    assert (manifest["as_of"], manifest["seed"], manifest["code_version"]) == ("2024-06-09", 7, "0.1.0")
    assert manifest["config"] == ran.settings().model_dump(mode="json")
    assert set(manifest["lake_versions"]) >= {"sales", "stock", "items", "locations", "supply", "inbound", "plan", "events"}
    assert manifest["failed_regions"] == []
    assert manifest["row_counts"] == {
        name: read_frame(run, name).height
        for name in (
            *("forecasts", "explanations", "recommendations", "order_terms", "stock_outlook", "alerts", "corrections", "plan_messages"),
            "override_value",
        )
    }
    assert set(manifest["checksums"]) == {path.name for path in run.path.iterdir()} - {"manifest.json"}
    assert manifest["started_at"] <= manifest["finished_at"]
    assert changed_files(run) == []
    assert json.loads((ran.out / "latest.json").read_text())["run_id"] == run.run_id
    assert (ran.out / "latest").resolve() == run.path.resolve()


def test_metrics_tell_the_time_of_every_stage(ran):
    metrics = read_frame(ran.latest(), "metrics")
    times = metrics.filter((pl.col("group") == "time") & (pl.col("name") == "stage_seconds"))
    assert {"ingest", "sample", "train-shared", "forecast", "recommend"} <= set(times["segment"].drop_nulls())
    inside = dict(metrics.filter(pl.col("name") == "lightgbm_seconds").select("segment", "value").iter_rows())
    assert inside["train-shared"] > 0
    accuracy = metrics.filter(pl.col("group") == "accuracy")
    assert accuracy.filter(pl.col("name") == "wape")["value"].is_between(0, 2).any()


def test_corrected_days_change_the_next_forecast(ran):
    before = read_frame(ran.latest(), "forecasts")
    sales = pl.read_csv(ran.inputs / "sales" / "until-2024-06-09.csv", schema_overrides={"sku": pl.String}, try_parse_dates=True)
    last_weeks = sales.filter(pl.col("date") > date(2024, 5, 12))
    ran.write("sales/correction.csv", last_weeks.with_columns(pl.when(pl.col("sku") == "003").then(pl.col("units") * 4).otherwise("units")))
    after = read_frame(ran.night(), "forecasts")
    mean = {name: dict(frame.group_by("sku").agg(pl.col("mean").mean()).iter_rows()) for name, frame in {"b": before, "a": after}.items()}
    assert mean["a"]["003"] > 2 * mean["b"]["003"]
    assert mean["a"]["007"] == pytest.approx(mean["b"]["007"], rel=0.2)


def test_a_half_delivered_day_is_left_for_the_next_night(ran):
    day = MONDAY
    sales = pl.DataFrame([{"date": day, "sku": "001", "fc": "N1", "units": 2}])
    ran.write("sales/today.csv", sales)
    run = ran.night()
    assert run.as_of == date(2024, 6, 9)
    (message,) = ran.messages("half_delivered_day")
    assert "2024-06-10" in message["message"]


def weekly(shop):
    shop.config.write_text(shop.config.read_text().replace("horizon = 14", 'horizon = 4\nfrequency = "week"'))
    return shop


def test_a_weekly_night_falls_back_to_the_last_sunday_and_says_so(new_shop):
    shop = weekly(new_shop()).open(date(2024, 6, 12))
    run = shop.night()
    assert run.as_of == date(2024, 6, 9)
    (message,) = shop.messages("incomplete_week")
    assert "2024-06-12" in message["message"]
    assert "2024-06-09" in message["message"]
    forecasts = read_frame(run, "forecasts")
    assert forecasts["date"].unique().sort().to_list() == [date(2024, 6, 10) + timedelta(weeks=ahead) for ahead in range(4)]


def test_sales_by_the_week_are_as_of_the_sunday_that_ends_the_last_week(new_shop):
    shop = weekly(new_shop())
    shop.deliver_master()
    shop.deliver_sales(date(2024, 6, 9))
    daily = pl.read_csv(shop.inputs / "sales" / "until-2024-06-09.csv", schema_overrides={"sku": pl.String}, try_parse_dates=True)
    mondays = daily.with_columns(pl.col("date").dt.truncate("1w")).group_by("date", "sku", "fc").agg(pl.col("units").sum()).sort(pl.all())
    shop.write("sales/until-2024-06-09.csv", mondays)
    shop.deliver_stock(date(2024, 6, 9))
    run = shop.night()
    assert run.as_of == date(2024, 6, 9)
    assert shop.messages("incomplete_week") == []
    recommendations = read_frame(run, "recommendations")
    assert recommendations["order_units"].sum() > 0
    assert read_frame(run, "forecasts")["date"].min() == MONDAY
