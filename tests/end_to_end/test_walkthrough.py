"""One small night from end to end, stage by stage: a few rows in, an order out. Reads as documentation of the pipeline."""

import math
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from scipy.stats import norm

from data.as_of import last_whole_day
from data.lake import Lake
from data.position import stock_position
from data.published import latest_run, read_frame
from flows.settings import Settings, load_settings
from flows.stages import challenge, decide, ingest, plan, publish, train
from flows.stages.night import Night
from flows.stages.region_panel import region_panel

SUNDAY = date(2024, 6, 30)
"""The last day with sales; the order goes out on Monday morning."""

DAYS = [SUNDAY - timedelta(days=back) for back in range(69, -1, -1)]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory) -> Settings:
    """A kiosk that sells ten apples a day and twenty on Saturdays, and one pear every other day.

    Apples were sold out on the last Friday from noon on. Twelve are left tonight, six come on Tuesday. An order placed on
    Monday is on sale on Wednesday (lead time 2), and the next one can be placed the day after (review period 1).
    """
    folder = tmp_path_factory.mktemp("kiosk")
    inputs = folder / "inputs"
    inputs.mkdir()
    friday = SUNDAY - timedelta(days=2)
    sales = ["day,item,shop,qty"]
    for number, day in enumerate(DAYS):
        apples = 20 if day.weekday() == 5 else 4 if day == friday else 10
        sales.append(f"{day:%d.%m.%Y},007,kiosk,{apples}")
        sales += [f"{day:%d.%m.%Y},pear,kiosk,1"] if number % 2 else []
    (inputs / "sales.csv").write_text("\n".join([*sales, "30.06.2024,007,kiosk,lots"]) + "\n")
    (inputs / "availability.csv").write_text(f"date,sku,fc,in_stock\n{friday},007,kiosk,0.5\n")
    (inputs / "stock.csv").write_text(f"date,sku,fc,on_hand\n{SUNDAY},007,kiosk,12\n{SUNDAY},pear,kiosk,30\n")
    (inputs / "inbound.csv").write_text("sku,fc,units,expected_date\n007,kiosk,6,2024-07-02\n")
    (inputs / "items.csv").write_text("sku,name,unit_cost,price\n007,Apple,0.5,1.5\npear,Pear,0.6,1.6\n")
    (inputs / "supply.csv").write_text("sku,supplier,case_pack\n007,Orchard,12\npear,Orchard,6\n")
    config = folder / "kiosk.toml"
    config.write_text(f"""
        name = "kiosk"
        horizon = 7
        [inputs]
        path = "{inputs}"
        sales.columns = {{ day = "date", item = "sku", shop = "fc", qty = "units" }}
        [lake]
        path = "{folder}/lake"
        [output]
        path = "{folder}/out"
        [forecast]
        threads = 1
        [replenishment]
        lead_time_days = 2
        review_days = 1
        holding_cost = 0.02
    """)
    return load_settings(config)


@pytest.fixture(scope="module")
def lake(kiosk) -> Lake:
    """Stage 1, ingest: new and changed files go into the lake, table by table."""
    for table in ingest.tables():
        ingest.ingest(kiosk, table, today=SUNDAY + timedelta(days=1))
    return Lake(kiosk.lake)


@pytest.fixture(scope="module")
def night(kiosk, lake) -> Night:
    """Stage 2, plan: which day the run is as of, which versions and which model it uses. From here on only the lake is read."""
    return plan.plan_night(kiosk, None, "nightly", None)


@pytest.fixture(scope="module")
def trained(night) -> Night:
    """Stage 3, train: samples per region, trees shared by all regions, trees of its own for each, errors on held-back days.

    Only models that are held against those in use, of which there are none yet, are used by later nights."""
    train.sample_region(night, "all")
    assert train.train_shared(night, ["all"])
    train.train_own(night, "all")
    train.finish_training(night, ["all"])
    return challenge.challenge(night, ["all"])


@pytest.fixture(scope="module")
def decided(trained) -> Night:
    """Stage 4, decide: forecasts of demand, and from them orders."""
    decide.decide_region(trained, "all", True)
    return trained


def test_1_ingest_takes_good_rows_into_the_lake_and_sets_bad_ones_aside(lake):
    sales = lake.read("sales")
    assert sales.height == 70 + 35
    assert sales["sku"].unique().sort().to_list() == ["007", "pear"], "keys are text: 007 keeps its zeros"
    assert sales.row(-1, named=True) | {"source_line": 0} == {
        "date": date(2024, 6, 30), "sku": "pear", "fc": "kiosk", "units": 1.0, "price": None, "source_file": "sales.csv", "source_line": 0,
    }  # fmt: skip
    (bad,) = lake.open_quarantine().to_dicts()
    assert (bad["source_file"], bad["source_line"], bad["column"], bad["reason"], bad["found"]) == (
        "sales.csv", 107, "units", "not_a_number", "lots",
    )  # fmt: skip
    assert lake.regions() == ["all"], "without a locations table all fcs form one region"


def test_2_plan_finds_the_last_whole_day(lake, night):
    assert last_whole_day(lake.daily_totals()) == (SUNDAY, ())
    assert night.as_of == SUNDAY
    assert night.versions["sales"] == 0
    assert night.train, "there is no model yet"
    assert night.previous is None
    assert night.future().to_list() == [SUNDAY + timedelta(days=ahead) for ahead in range(1, 8)]


def test_2b_sales_become_demand_where_the_shelf_was_empty_it_is_unknown(night):
    rows = region_panel(night, "all", training=True).prepared.panel.rows
    known = rows.filter(pl.col("date") <= SUNDAY)
    apples = {row["date"]: row for row in known.filter(pl.col("sku") == "007").to_dicts()}
    friday = apples[SUNDAY - timedelta(days=2)]
    assert friday["demand"] is None, "at noon the shelf was empty: demand was four or more, nobody knows how much"
    assert (friday["demand_at_least"], friday["in_stock_share"]) == (4, 0.5)
    assert apples[SUNDAY]["demand"] == 10
    pears = known.filter(pl.col("sku") == "pear")["demand"].to_list()
    assert pears == [1, 0] * 34 + [1], "a day without a row is a day without a sale"


def test_3_train_saves_a_model_that_later_nights_reuse(trained, kiosk):
    assert plan.newest_model(kiosk, SUNDAY) == trained.model_id
    assert plan.newest_model(kiosk, SUNDAY + timedelta(days=6)) == trained.model_id
    assert plan.newest_model(kiosk, SUNDAY + timedelta(days=7)) is None, "it is a week old and due to be trained anew"


def test_4a_decide_forecasts_demand_per_day_with_quantiles(decided):
    forecasts = decided.workspace.read("forecasts", "all").sort("sku", "date")
    assert forecasts.height == 2 * 7, "every item on every day of the horizon"
    apples = forecasts.filter(pl.col("sku") == "007")
    weekdays = apples.filter(pl.col("date").dt.weekday() != 6)["mean"]
    (saturday,) = apples.filter(pl.col("date").dt.weekday() == 6)["mean"]
    assert weekdays.is_between(6, 13).all()
    assert saturday > 1.3 * weekdays.max()
    quantiles = apples.select("p05", "p10", "p25", "p50", "p75", "p90", "p95")
    assert all(list(row) == sorted(row) for row in quantiles.iter_rows()), "quantiles do not cross"


def test_4a_decide_tells_what_the_forecasts_are_made_of(decided):
    explanations = decided.workspace.read("explanations", "all")
    mean = dict(decided.workspace.read("forecasts", "all").group_by("sku").agg(pl.col("mean").mean()).iter_rows())
    for row in explanations.to_dicts():
        parts = [row[part] for part in ("level", "season", "price_promotion", "events", "drivers", "stockouts")]
        assert sum(parts) == pytest.approx(row["mean"]) == pytest.approx(mean[row["sku"]], abs=1e-3), "units per day, on average"
        assert row["level"] == max(parts)
        assert row["price_promotion"] == row["events"] == row["drivers"] == 0, "the kiosk delivered none of it"


def test_4b_decide_knows_what_is_there_and_on_its_way(decided):
    stock = decided.table("stock", "all", until=SUNDAY)
    position = stock_position(stock, decided.table("sales", "all"), decided.table("receipts", "all"), SUNDAY)
    assert dict(position.select("sku", "on_hand").iter_rows()) == {"007": 12.0, "pear": 30.0}


def test_4c_decide_orders_apples_in_whole_cases_and_no_pears(decided):
    recommendations = decided.workspace.read("recommendations", "all")
    apple = recommendations.row(by_predicate=pl.col("sku") == "007", named=True)
    pear = recommendations.row(by_predicate=pl.col("sku") == "pear", named=True)
    assert (apple["on_hand"], apple["inbound_units"], apple["inventory_position"]) == (12, 6, 18)
    assert apple["order_date"] == date(2024, 7, 1), "it goes out on Monday morning"
    assert apple["arrival_date"] == date(2024, 7, 3), "two days later it is on sale"
    assert apple["next_order_date"] == date(2024, 7, 2)
    assert apple["demand_mean"] == pytest.approx(30, rel=0.2), "ten a day over Monday to Wednesday, L + R = 3 days"
    assert apple["raw_units"] > 0, "18 are there or coming, 20 are wanted before the order comes: its own Wednesday is not covered"
    assert "uncalibrated" in apple["data_flags"], "two items are too few to check a spread on, and the row says so"
    assert apple["raw_units"] == apple["order_up_to"] - 18
    assert 10 < apple["raw_units"] < 10 + norm.ppf(0.98) * 3.6, (
        "Wednesday's ten and their safety: what Monday and Tuesday lack is lost by then"
    )
    assert apple["order_units"] == 12 * math.ceil(apple["raw_units"] / 12), "whole cases"
    assert apple["order_value"] == 0.5 * apple["order_units"]
    assert apple["action"] in ("order", "expedite")
    assert "below_order_up_to" in apple["reasons"]
    assert (pear["order_units"], pear["action"]) == (0, "none"), "thirty pears last for two months"


def test_5_publish_makes_all_of_it_visible_at_once(decided, kiosk):
    run, latest = publish.publish_night(decided, ["all"], {}, started_at=datetime(2024, 7, 1, 1, tzinfo=UTC), times={})
    assert latest
    assert latest_run(kiosk.output.path) == run
    assert sorted(path.name for path in run.path.iterdir()) == [
        "alerts.csv", "alerts.parquet", "corrections.parquet", "explanations.parquet", "forecasts.parquet", "manifest.json",
        "metrics.parquet", "order_terms.parquet", "override_value.parquet", "plan_messages.parquet",
        "recommendations.csv", "recommendations.parquet", "report.html", "report.xlsx",
        "stock_outlook.parquet",
    ]  # fmt: skip
    recommendations = read_frame(run, "recommendations")
    assert recommendations["sku"].to_list() == ["007", "pear"], "the most valuable order first"
    alerts = read_frame(run, "alerts")
    assert ("stockout_risk", "007") in alerts.select("kind", "sku").rows(), "twelve apples do not last until Wednesday"
    messages = read_frame(run, "plan_messages")
    (about_the_bad_row,) = messages.filter(pl.col("code") == "not_a_number").to_dicts()
    assert "sales.csv line 107" in about_the_bad_row["message"]
