"""The comparison with peers: what it asks them, how it scores them, and the guard over its committed ratios."""

import copy
import json
import math
import re
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from benchmarks import bench_peers
from benchmarks.peers import scores
from benchmarks.peers.environment import LOCKS
from benchmarks.peers.exchange import Task, forecast_answer
from benchmarks.peers.guard import TOLERANCES, lost
from benchmarks.peers.table import tables
from benchmarks.peers.tables import forecast_task
from benchmarks.timed_run import timed_run

AS_OF = date(2024, 5, 28)


def results(**changed: float) -> dict[str, object]:
    """Results of one data set and one peer, on invented numbers."""
    ratios = {
        "seconds": 2.0,
        "processor_seconds": 3.0,
        "decision_seconds": 4.0,
        "peak_gb": 1.5,
        "wape": 0.9,
        "pinball": 0.8,
        "cost": 0.95,
    } | changed
    over = ratios.pop("over_lightgbm", 1.8)
    return {"series": 100, "data_sets": {"fresh": {"over_lightgbm": over, "ratios": {"mlforecast": ratios}}}}


@pytest.mark.parametrize("name", sorted(TOLERANCES))
def test_a_ratio_may_rise_as_far_as_its_tolerance_and_fall_as_far_as_it_likes(name: str):
    before = results()
    kept = before["data_sets"]["fresh"]["ratios"]["mlforecast"] | {"over_lightgbm": 1.8}
    most = kept[name] * (1 + TOLERANCES[name])
    assert lost(before, before) == []
    assert lost(results(**{name: most * 0.999}), before) == []
    assert lost(results(**{name: kept[name] / 10}), before) == []
    (line,) = lost(results(**{name: most * 1.001}), before)
    assert line.startswith(f"fresh: {name}")
    assert f"{kept[name]:.3f}" in line


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda fresh: fresh.update(series=None), "all series"),
        (lambda fresh: fresh["data_sets"].pop("fresh"), "no data set fresh"),
        (lambda fresh: fresh["data_sets"]["fresh"]["ratios"].pop("mlforecast"), "no peer of fresh mlforecast"),
        (lambda fresh: fresh["data_sets"]["fresh"]["ratios"]["mlforecast"].pop("wape"), "no ratio wape"),
    ],
)
def test_what_cannot_be_compared_is_no_pass(spoil, told):
    fresh = copy.deepcopy(results())
    spoil(fresh)
    with pytest.raises(ValueError, match=told):
        lost(fresh, results())


def test_a_data_set_that_nobody_committed_is_not_judged():
    fresh = results()
    fresh["data_sets"]["new"] = {"over_lightgbm": 99.0, "ratios": {}}
    assert lost(fresh, results()) == []


def test_the_committed_results_pass_their_own_guard_and_make_tables():
    committed = json.loads(bench_peers.COMMITTED.read_text())
    assert lost(committed, committed) == []
    text = tables(committed)
    for found in committed["data_sets"].values():
        assert set(found["ratios"]) == {"mlforecast", "statsforecast", "stockpyl"}
        for side, row in found["sides"].items():
            assert f"| {side} | {row['seconds']:.0f} |" in text


@pytest.mark.parametrize("peer", ["mlforecast", "statsforecast", "stockpyl"])
def test_peers_are_pinned_with_hashes_and_without_addresses(peer: str):
    text = (LOCKS / f"{peer}.lock").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert [entry for entry in entries if entry.startswith(f"{peer}==")]
    assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert not re.search(r"://|index-url|find-links|@ ", text)


def test_errors_are_those_of_a_plain_loop():
    rng = np.random.default_rng(1)
    rows = 50
    units, mean = rng.poisson(3, rows), rng.gamma(2, 2, rows)
    quantiles = np.sort(rng.gamma(2, 2, (rows, 3)), axis=1)
    keys = {"unique_id": [str(row) for row in range(rows)], "date": [AS_OF] * rows}
    forecast = pl.DataFrame({**keys, "mean": mean, **{name: quantiles[:, place] for place, name in enumerate(scores.QUANTILES)}})
    found = scores.errors(forecast.sample(fraction=1, shuffle=True, seed=3), pl.DataFrame({**keys, "units": units}))
    assert found["wape"] == pytest.approx(sum(abs(y - m) for y, m in zip(units, mean, strict=True)) / sum(units))
    assert found["bias"] == pytest.approx((sum(mean) - sum(units)) / sum(units))
    for place, (name, level) in enumerate(scores.QUANTILES.items()):
        losses = [(y - q) * level if y > q else (q - y) * (1 - level) for y, q in zip(units, quantiles[:, place], strict=True)]
        assert found[f"pinball_{name}"] == pytest.approx(sum(losses) / rows)
    assert found["pinball"] == pytest.approx(np.mean([found[f"pinball_{name}"] for name in scores.QUANTILES]))


def test_a_forecast_that_leaves_rows_out_is_refused():
    row = {"unique_id": "a", "date": AS_OF}
    forecast = pl.DataFrame([{**row, "mean": 1.0, "p10": 0.0, "p50": 1.0, "p90": None}])
    with pytest.raises(ValueError, match="1 of 2 judged rows have no forecast"):
        scores.errors(
            pl.concat([forecast.with_columns(p90=2.0), forecast.clear()]),
            pl.DataFrame([row | {"units": 1}, {**row, "unique_id": "b", "units": 2}]),
        )
    with pytest.raises(ValueError, match="1 of 1"):
        scores.errors(forecast.cast({"p90": pl.Float64}), pl.DataFrame([row | {"units": 1}]))


def test_costs_are_those_of_a_day_of_base_stock():
    terms = scores.Terms(lead_time=1, review=1, holding=0.5, shortage=3.0)
    days = [
        (name, AS_OF + timedelta(day), units)
        for name, sold in {"a": [2, 3, 9], "b": [1, 1, 9], "c": [4]}.items()
        for day, units in enumerate(sold, 1)
    ]
    actual = pl.DataFrame(days, schema=["unique_id", "date", "units"], orient="row")
    demand = scores.interval_demand(actual, AS_OF, terms)
    assert demand.rows() == [("a", 5), ("b", 2)]  # c is not judged on every day of the interval
    levels = pl.DataFrame({"unique_id": ["b", "a", "c"], "level": [3.2, 3.0, 0.0]})
    found = scores.cost_of_levels(levels, demand, terms)
    costs = [3.0 * 2, 0.5 * 2]  # a is 2 short; b holds 4 whole units and needs 2
    assert found["decisions"] == 2
    assert found["cost"] == pytest.approx(np.mean(costs))
    assert found["cost_error"] == pytest.approx(np.std(costs, ddof=1) / math.sqrt(2))
    assert found["short"] == 0.5
    with pytest.raises(ValueError, match="1 of 2 series"):
        scores.cost_of_levels(levels.filter(pl.col("unique_id") == "a"), demand, terms)


def test_ratios_are_fillrates_figures_by_the_peers_and_above_one_where_it_is_worse():
    own = {"seconds": 60.0, "processor_seconds": 90.0, "peak_gb": 2.0, "wape": 0.3, "pinball": 1.0, "bias": 0.1}
    peer = {"seconds": 20.0, "processor_seconds": 36.0, "peak_gb": 1.0, "wape": 0.4, "pinball": 1.25, "bias": 0.0}
    orders = [
        {"rule": "stockpyl", "forecast": "mlforecast", "decisions_a_second": 1.0, "cost": 9.0},
        {"rule": "stockpyl", "forecast": "fillrate", "decisions_a_second": 400.0, "cost": 0.5},
        {"rule": "fillrate", "forecast": "fillrate", "decisions_a_second": 100.0, "cost": 0.6},
    ]
    found = scores.ratios({"fillrate": own, "mlforecast": peer}, orders)
    assert found["mlforecast"] == pytest.approx({"seconds": 3.0, "processor_seconds": 2.5, "peak_gb": 2.0, "wape": 0.75, "pinball": 0.8})
    assert found["stockpyl"] == pytest.approx({"decision_seconds": 4.0, "cost": 1.2})


def test_the_textbook_rule_gets_the_normal_distribution_that_has_the_forecasts_quantiles():
    terms = scores.Terms()
    sd = 2.5
    days = [AS_OF + timedelta(day) for day in range(1, 8)]
    mean = [10.0, 11.0, 12.0, 13.0, 99.0, 99.0, 99.0]
    forecast = pl.DataFrame({"unique_id": "a", "date": days, "mean": mean}).with_columns(
        p10=pl.col("mean") + sd * norm.ppf(0.1), p90=pl.col("mean") + sd * norm.ppf(0.9)
    )
    (row,) = scores.day_of_demand(forecast, AS_OF, terms).to_dicts()
    assert row["mean"] == pytest.approx(11.5)  # of the four days that an order carries
    assert row["sd"] == pytest.approx(sd)


def test_peers_are_given_every_day_of_every_series_and_nothing_of_the_days_to_come_but_what_is_known(tmp_path: Path):
    inputs, folder = tmp_path / "inputs", tmp_path / "peer"
    inputs.mkdir()
    first = AS_OF - timedelta(2)
    rows = [(first, "a", "f", 3), (AS_OF, "a", "f", 4), (first + timedelta(1), "b", "f", 5)]
    pl.DataFrame(rows, schema=["date", "sku", "fc", "units"], orient="row").write_parquet(inputs / "sales.parquet")
    pl.DataFrame({"date": [AS_OF], "sku": ["b"], "fc": ["f"], "in_stock": [0.25]}).write_parquet(inputs / "availability.parquet")
    plan = [(AS_OF + timedelta(1), "a", "f", 0.5, 1.0)]
    pl.DataFrame(plan, schema=["date", "sku", "fc", "price", "promo"], orient="row").write_parquet(inputs / "plan.parquet")
    forecast_task("fresh", inputs, folder, AS_OF, horizon=2)
    task = Task.read(folder)
    assert (task.horizon, task.static, task.ahead) == (2, ("store", "item"), ("price", "promo"))
    history, ahead = (pl.read_parquet(folder / f"{name}.parquet") for name in ("history", "ahead"))
    assert history["y"].to_list() == [3, 0, 4, 0, 5, 0]
    assert history["in_stock"].to_list() == [1, 1, 1, 1, 1, 0.25]
    assert ahead.columns == ["unique_id", "ds", "price", "promo"]
    assert ahead["price"].to_list() == [0.5, 1, 1, 1]
    assert ahead["ds"].dt.date().min() == AS_OF + timedelta(1)


def test_a_peers_forecast_is_never_negative_and_its_median_is_its_point():
    made = pl.DataFrame({"unique_id": ["a"], "ds": [AS_OF], "m": [-0.5], "m-lo-80": [-2.0], "m-hi-80": [3.0]})
    assert forecast_answer(made, "m").rows() == [("a", AS_OF, 0.0, 0.0, 0.0, 3.0)]


def test_memory_is_that_of_the_command_with_its_children_and_not_of_the_caller():
    held = bytearray(400_000_000)
    alone = timed_run([sys.executable, "-c", "import time; time.sleep(0.6)"])
    assert alone.code == 0
    assert alone.peak_gb < 0.1 < len(held) / 2**30
    family = "import os, time; os.fork(); held = bytearray(150_000_000); time.sleep(0.9)"
    assert 0.25 < timed_run([sys.executable, "-c", family]).peak_gb < 0.4


def test_a_failing_command_tells_its_exit_code():
    assert timed_run([sys.executable, "-c", "raise SystemExit(3)"]).code == 3
