"""A replay of the small shop from command to page: the real nights on a simulated stock, beside simple rules."""

import json
from datetime import date

import polars as pl
import pytest

KNOWN = date(2024, 6, 23)
SHORT = (
    *("--set", "replay.periods=9", "--set", "replay.run_in=14", "--set", "replay.not_counted=2"),
    *("--set", "replay.train_every_days=7", "--set", "replay.workers=1"),
)


def told(shop, capsys, *options, code=0):
    """Run a replay and return what it prints as JSON."""
    capsys.readouterr()
    assert shop.call("replay", "--json", *options) == code
    return json.loads(capsys.readouterr().out)


def table(shop, outcome, name):
    return pl.read_parquet(shop.root / outcome["path"] / f"{name}.parquet")


def sold(shop):
    path = shop.inputs / "sales" / f"until-{KNOWN}.csv"
    return pl.read_csv(path, schema_overrides={"sku": pl.String}, try_parse_dates=True)


@pytest.fixture
def open_shop(new_shop):
    shop = new_shop()
    shop.open(KNOWN)
    return shop


def test_a_replay_costs_the_orders_beside_simple_rules(open_shop, capsys):
    outcome = told(open_shop, capsys, *SHORT)
    (window,) = outcome["windows"]
    assert (window["label"], window["ends"], window["counted"]) == ("2024-06-15", "2024-06-23", 7)
    scores = table(open_shop, outcome, "scores").filter(pl.col("window").is_null())
    assert set(scores["method"]) == {
        "fillrate", "run_in", "perfect_foresight", "cover_8", "cover_13", "cover_26", "cover_52", "min_max", "z_sigma", "z_rmse",
        "empirical",
    }  # fmt: skip
    costs = {row["method"]: row["value"] for row in scores.filter(measure="total_cost").iter_rows(named=True)}
    assert costs["perfect_foresight"] < min(cost for method, cost in costs.items() if method != "perfect_foresight")
    # Every method meets the same demand, of the counted days.
    tallies = table(open_shop, outcome, "tallies")
    counted = sold(open_shop).filter(pl.col("date") > date(2024, 6, 16))["units"].sum()
    assert tallies.group_by("method").agg(pl.col("demand").sum())["demand"].to_list() == pytest.approx([counted] * 11)
    own = tallies.filter(method="fillrate")
    assert own["met"].sum() + own["unmet"].sum() == pytest.approx(counted)
    assert costs["fillrate"] == pytest.approx(own["holding"].sum() + own["shortage"].sum())
    page = (open_shop.root / outcome["page"]).read_text(encoding="utf-8")
    assert outcome["sentence"] in page
    assert "perfect foresight" in page
    assert "<script" not in page

    again = told(open_shop, capsys, *SHORT)
    assert again["computed_before"]
    assert again["scores"] == outcome["scores"]


def test_orders_are_those_a_real_night_recommends_for_that_stock(open_shop, capsys):
    outcome = told(open_shop, capsys, *SHORT)
    nights = table(open_shop, outcome, "nights").filter(stock="fillrate", period=0)
    orders = table(open_shop, outcome, "orders").filter(period=0).select("sku", "fc", played="order_units")
    assert (nights["on_the_way"] > 0).any(), "the run-in leaves orders on the way"
    # Stock is delivered as it was, what is on the way is not: 004 has inbound of its own.
    open_shop.deliver_stock(date(2024, 6, 14), {(row["fc"], row["sku"]): row["on_hand"] for row in nights.iter_rows(named=True)})
    run = open_shop.night("--as-of", "2024-06-14")
    real = pl.read_parquet(run.path / "recommendations.parquet").select("sku", "fc", "order_units")
    still = nights.filter(pl.col("on_the_way") == 0, pl.col("sku") != "004").select("sku", "fc")
    both = still.join(real, on=["sku", "fc"]).join(orders, on=["sku", "fc"], how="left").sort("sku", "fc")
    assert both.height
    assert both["order_units"].to_list() == both["played"].fill_null(0).to_list()


def test_what_happens_after_a_night_changes_no_order_of_it(open_shop, capsys):
    outcome = told(open_shop, capsys, *SHORT)
    later = sold(open_shop).filter(pl.col("date") > date(2024, 6, 14)).with_columns(units=50 - pl.col("units") // 2)
    open_shop.write("sales/correction.csv", later)
    after = told(open_shop, capsys, *SHORT)
    assert not after["computed_before"]
    first, second = (table(open_shop, replayed, "orders").filter(period=0) for replayed in (outcome, after))
    assert first.equals(second)
    assert outcome["scores"] != after["scores"]


def test_the_terminal_shows_methods_cheapest_first_and_the_page(open_shop, capsys):
    assert open_shop.call("replay", *SHORT) == 0
    shown = capsys.readouterr().out
    lines = [line.split("  ")[0].strip() for line in shown.splitlines()]
    assert lines.index("perfect foresight") < lines.index("fillrate")
    assert "7 days counted" in shown
    assert "replay.html" in shown


TWO = ("--set", 'replay.starts=["2024-06-09", "2024-06-15"]', "--set", "replay.periods=6")


def test_tuning_plays_each_window_with_each_weight_and_says_what_to_write(open_shop, capsys):
    tuned = told(open_shop, capsys, "--tune", *SHORT, *TWO)
    assert tuned["windows"] == ["2024-06-10", "2024-06-16"]
    found = pl.DataFrame(tuned["candidates"])
    assert sorted(found["weight"].unique()) == [0.7, 1.0, 1.25, 1.5, 2.0]
    assert found.group_by("abc").agg(pl.col("taken").sum())["taken"].to_list() == [1, 1, 1]
    # A weight of 1 is the replay as it is.
    scores = table(open_shop, told(open_shop, capsys, *SHORT, *TWO), "scores").filter(method="fillrate", measure="total_cost")
    untuned = found.filter(weight=1.0)
    assert untuned["cost"].sum() == pytest.approx(scores.filter(window="2024-06-10")["value"].item())
    assert untuned["held_back_cost"].sum() == pytest.approx(scores.filter(window="2024-06-16")["value"].item())
    # What is told to be written is what the weights were played as.
    weights = dict.fromkeys("ABC", 2.0)
    changed = ("--set", f"replenishment.holding_weights={{{', '.join(f'{name} = {weight}' for name, weight in weights.items())}}}")
    scores = table(open_shop, told(open_shop, capsys, *SHORT, *TWO, *changed), "scores").filter(method="fillrate", measure="total_cost")
    assert scores.filter(window="2024-06-10")["value"].item() == pytest.approx(found.filter(weight=2.0)["cost"].sum())

    assert open_shop.call("replay", "--tune", *SHORT, *TWO) == 0
    shown = capsys.readouterr().out
    assert "confirmed on 2024-06-16" in shown
    assert ("holding_weights" in shown) == bool(tuned["weights"])


@pytest.mark.parametrize(
    ("starts", "said"), [('["2024-06-15"]', "name two or more"), ('["2024-06-12", "2024-06-15"]', "start the later one on 2024-06-18")]
)
def test_a_window_that_cannot_confirm_is_refused(open_shop, capsys, starts, said):
    assert open_shop.call("replay", "--tune", *SHORT, "--set", "replay.periods=6", "--set", f"replay.starts={starts}") == 64
    assert said in capsys.readouterr().err
