"""A backtest of the small shop from command to page: what it judges, that it leaks nothing, resumes, and opens a locked window once."""

import json
import shutil
from datetime import date

import numpy as np
import polars as pl
import pytest

import flows.backtest.conduct as conductor
from data.published import read_frame
from flows.backtest.one_origin import backtest_origin
from flows.backtest.openings import LEDGER, openings
from models.evaluation.losses import pinball
from models.predictive import LEVELS

KNOWN = date(2024, 6, 23)
TWO = ("--set", "backtest.origins=2", "--set", "backtest.horizon=5", "--set", "backtest.workers=1")
ONE = ("--set", "backtest.horizon=5", "--set", "backtest.origins=1", "--set", "backtest.statsmodels_series=0")
QUANTILES = ["p05", "p10", "p25", "p50", "p75", "p90", "p95"]


def opened(shop):
    """A shop of which twelve weeks are known; 003 at N1 was half out of stock on a day that is judged."""
    shop.open(KNOWN)
    shop.write("availability.csv", "date,sku,fc,in_stock\n2024-06-20,003,N1,0.5\n2024-06-21,003,N1,0.85\n")
    return shop


@pytest.fixture
def open_shop(new_shop):
    return opened(new_shop())


@pytest.fixture(scope="module")
def first_backtest(first_night, tmp_path_factory):
    """A shop in which a backtest of two origins was run; to be copied, never used."""
    root = tmp_path_factory.mktemp("first-backtest") / "shop"
    (root / "inputs").mkdir(parents=True)
    shutil.copy(first_night / "config.toml", root)
    return root


@pytest.fixture
def judged(first_backtest, tmp_path, new_shop, capsys):
    """A shop in which a backtest of two origins was run, and what that printed."""
    kept = type(new_shop("unused"))(first_backtest)
    if not kept.lake.exists():
        opened(kept)
    outcome = told(kept, capsys, *TWO)
    shutil.copytree(first_backtest, tmp_path / "judged", symlinks=True)
    return type(kept)(tmp_path / "judged"), outcome


def told(shop, capsys, *options, code=0):
    """Run a backtest and return what it prints as JSON."""
    capsys.readouterr()
    assert shop.call("backtest", "--json", *options) == code
    return json.loads(capsys.readouterr().out)


def table(shop, outcome, name):
    return pl.read_parquet(shop.root / outcome["path"] / f"{name}.parquet")


def value(scores, method, measure, target="period", rows="in_stock"):
    (found,) = [row for row in scores if (row["method"], row["measure"], row["target"], row["rows"]) == (method, measure, target, rows)]
    return found["value"]


def test_scores_are_those_of_the_forecasts_beside_what_was_sold(judged):
    open_shop, outcome = judged
    assert outcome["origins"] == ["2024-06-13", "2024-06-18"], "the newest leaves a whole horizon to judge, windows do not overlap"
    forecasts = table(open_shop, outcome, "forecasts")
    assert forecasts.height == 2 * 36 * 5
    sales = pl.read_csv(open_shop.inputs / "sales" / f"until-{KNOWN}.csv", schema_overrides={"sku": pl.String}, try_parse_dates=True)
    truth = forecasts.join(sales, on=["date", "sku", "fc"], how="left")
    assert (truth["sold"] == truth["units"].fill_null(0)).all()
    for rows, least, left_out in (("in_stock", 1.0, 2), ("nearly_in_stock", 0.8, 1)):
        counted = truth.filter(pl.col("in_stock_share") >= least)
        assert counted.height == truth.height - left_out
        demand = counted["sold"].sum()
        assert value(outcome["scores"], "fillrate", "wape_median", rows=rows) == pytest.approx(
            (counted["p50"] - counted["sold"]).abs().sum() / demand
        )
        assert value(outcome["scores"], "fillrate", "bias_mean", rows=rows) == pytest.approx(
            (counted["mean"] - counted["sold"]).sum() / demand, abs=1e-3
        )
        losses = pinball(counted["sold"].to_numpy(), counted.select(QUANTILES).to_numpy(), LEVELS)
        assert value(outcome["scores"], "fillrate", "pinball", rows=rows) == pytest.approx(losses.mean(axis=1).sum() / demand)
        below = ((counted["sold"] < counted["p90"]).cast(float) + (counted["sold"] <= counted["p90"]).cast(float)).mean() / 2
        assert value(outcome["scores"], "fillrate", "coverage_p90", rows=rows) == pytest.approx(below)


def test_everything_promised_is_judged_beside_it(judged):
    open_shop, outcome = judged
    scores = table(open_shop, outcome, "scores")
    methods = set(scores["method"])
    assert methods >= {
        "fillrate", "seasonal_naive", "moving_average", "weekday_mean", "smoothing_pooled_season", "statsmodels_smoothing",
        "statsmodels_theta", "croston_sba", "empirical_interval", "step_one_member", "step_members",
    }  # fmt: skip
    assert set(scores["cut"]) == {"all", "origin", "region", "abc_xyz", "intermittency", "horizon", "day_kind", "age"}
    assert set(scores.filter(cut="day_kind")["member"]) == {"normal", "promoted"}, "001 is promoted on the 20th"
    assert set(scores.filter(cut="intermittency")["member"]) >= {"smooth", "intermittent"}, "012 sells once in a while"
    interval = scores.filter(target="interval", cut="all", method="fillrate", rows="in_stock")
    assert set(interval["measure"]) >= {"wape_median", "bias_mean", "pinball", "pinball_target", "crps", "coverage_p10", "coverage_p90"}
    page = (open_shop.root / outcome["page"]).read_text(encoding="utf-8")
    assert "exponential smoothing × pooled season" in page
    assert outcome["value_added"][0]["step"] == "seasonal_naive"
    assert {path.name for path in (open_shop.root / outcome["path"]).iterdir()} == {
        "backtest.html", "forecasts.parquet", "scores.parquet", "summary.json", "value_added.parquet",
    }  # fmt: skip


def test_a_backtest_judges_the_very_forecasts_a_night_would_have_published(ran, capsys):
    published = read_frame(ran.latest(), "forecasts")
    ran.deliver_sales(KNOWN, since=date(2024, 6, 10))
    outcome = told(ran, capsys, "--set", "backtest.origins=1", "--set", "backtest.last_origin=2024-06-09")
    again = table(ran, outcome, "forecasts")
    assert again.sort("fc", "sku", "date").select("mean", *QUANTILES).equals(published.sort("fc", "sku", "date").select("mean", *QUANTILES))
    scores = table(ran, outcome, "scores").filter(cut="all", rows="in_stock", target="period", measure="pinball")
    own, theirs = (scores.filter(method=method)["value"].item() for method in ("fillrate", "published"))
    assert theirs == pytest.approx(own, rel=1e-3), "the newest published figures stand beside it, and here they are the same"


def test_what_happens_after_an_origin_changes_no_forecast(judged, capsys):
    open_shop, outcome = judged
    before = table(open_shop, outcome, "forecasts").filter(pl.col("origin") == date(2024, 6, 18))
    sales = pl.read_csv(open_shop.inputs / "sales" / f"until-{KNOWN}.csv", schema_overrides={"sku": pl.String})
    shaken = sales.with_columns(units=pl.when(pl.col("date") > "2024-06-18").then(50 - pl.col("units") // 2).otherwise("units"))
    open_shop.write("sales/correction.csv", shaken.filter(pl.col("date") > "2024-06-18"))
    outcome = told(open_shop, capsys, *TWO)
    assert not outcome["computed_before"], "other data, another backtest"
    after = table(open_shop, outcome, "forecasts").filter(pl.col("origin") == date(2024, 6, 18))
    assert after.select("mean", *QUANTILES).equals(before.select("mean", *QUANTILES))
    assert not after["sold"].equals(before["sold"])


def test_weather_after_an_origin_is_not_used_as_if_it_had_been_forecast(open_shop, capsys):
    days = pl.date_range(date(2024, 4, 1), date(2024, 7, 10), eager=True).to_list()
    rng = np.random.default_rng(1)
    rain = [{"date": day, "name": "rain", "value": float(rng.normal())} for day in days]
    open_shop.write("drivers.csv", rain)
    known = (*ONE, "--set", 'inputs.drivers.known_ahead=["rain"]')
    first = told(open_shop, capsys, *known)
    assert [message["code"] for message in first["plan_messages"]] == ["drivers_not_used_ahead"]
    before = table(open_shop, first, "forecasts").filter(pl.col("origin") == date(2024, 6, 18))
    open_shop.write("drivers.csv", [row | {"value": row["value"] + 9 * (row["date"] > date(2024, 6, 18))} for row in rain])
    after = table(open_shop, told(open_shop, capsys, *known), "forecasts").filter(pl.col("origin") == date(2024, 6, 18))
    assert after["mean"].equals(before["mean"])


def test_asked_again_the_results_are_read_not_computed(judged, capsys, monkeypatch):
    open_shop, first = judged
    monkeypatch.setattr(conductor, "backtest_origin", None)
    again = told(open_shop, capsys, *TWO)
    assert again["computed_before"]
    assert again["scores"] == first["scores"]


def test_a_backtest_that_was_stopped_goes_on_where_it_was(open_shop, judged, capsys, monkeypatch):
    begun = []

    def stopped_at_the_second(night, *arguments):
        begun.append(night.as_of)
        if len(begun) == 2:
            raise KeyboardInterrupt
        backtest_origin(night, *arguments)

    monkeypatch.setattr(conductor, "backtest_origin", stopped_at_the_second)
    assert open_shop.call("backtest", "--json", *TWO) == 1
    assert "can be started again" in capsys.readouterr().err
    stopped = told(open_shop, capsys, *TWO)
    assert begun == [date(2024, 6, 13), date(2024, 6, 18), date(2024, 6, 18)], "the first origin was kept"
    assert stopped["scores"] == judged[1]["scores"], "as if nothing had happened"


def test_processes_side_by_side_change_no_number(open_shop, judged, capsys):
    shop, one = judged
    two = told(open_shop, capsys, *TWO[:-1], "backtest.workers=2")
    assert two["scores"] == one["scores"]
    assert table(open_shop, two, "forecasts").equals(table(shop, one, "forecasts"))


def test_a_locked_window_is_opened_once_and_every_opening_is_told(open_shop, capsys):
    locked = (*ONE, "--set", "backtest.locked=true")
    first = told(open_shop, capsys, *locked)
    assert told(open_shop, capsys, *locked)["computed_before"], "to look at the same results again opens nothing"
    assert len(openings(open_shop.out / LEDGER)) == 1
    open_shop.write("availability.csv", "date,sku,fc,in_stock\n2024-05-20,003,N1,0.5\n")
    assert open_shop.call("backtest", "--json", *locked) == 1
    said = capsys.readouterr().err
    assert "is locked" in said
    assert first["run_id"] in said
    assert open_shop.call("backtest", *locked, "--set", "seed=8") == 0, "another configuration has not seen it"
    reopened = told(open_shop, capsys, *locked, "--reopen", "availability was wrong")
    known = openings(open_shop.out / LEDGER)
    assert [opening.reason for opening in known] == [None, None, "availability was wrong"]
    assert "availability was wrong" in (open_shop.root / reopened["page"]).read_text(encoding="utf-8")


def test_a_region_that_fails_is_named_and_the_others_are_judged(open_shop, capsys, monkeypatch):
    import flows.backtest.one_origin as origin

    judge = origin.judge_region

    def south_fails(night, region, earlier):
        if region == "south":
            raise ArithmeticError("a planted fault")
        judge(night, region, earlier)

    monkeypatch.setattr(origin, "judge_region", south_fails)
    outcome = told(open_shop, capsys, *ONE, "--set", "backtest.workers=1", code=2)
    assert outcome["failed_regions"] == {"south": "ArithmeticError: a planted fault"}
    assert set(table(open_shop, outcome, "forecasts")["region"]) == {"north"}
    assert {message["code"] for message in outcome["plan_messages"]} == {"region_failed"}


def test_the_terminal_shows_methods_from_best_to_worst_and_where_the_page_is(judged, capsys):
    shop, _ = judged
    assert shop.call("backtest", *TWO) == 0
    said = capsys.readouterr().out
    assert "36 series, 2 origins from 2024-06-13 to 2024-06-18, 5 days ahead" in said
    assert "seasonal naive" in said
    assert "backtest.html" in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("backtest.origins=30",), "set backtest.origins to 5 or less"),
        (("backtest.last_origin=2024-06-20",), "the last origin possible is 2024-06-09"),
        (("backtest.last_origin=2023-01-01",), "sales begin on 2024-04-01"),
        (("backtest.origins=0",), "backtest.origins"),
    ],
)
def test_a_window_that_cannot_be_judged_is_refused_with_what_can(open_shop, capsys, changes, words):
    options = [word for change in changes for word in ("--set", change)]
    assert open_shop.call("backtest", *options) in (1, 64)
    assert words in " ".join(capsys.readouterr().err.split())
