"""Run-to-run stability: how far forecasts moved, and how far the news warrants it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.stability import GAIN, MOVES, P10_TO_P90, TOLERANCE, forecast_moves, no_moves, stability

MONDAY = date(2024, 6, 10)


def run(means, first=MONDAY, *, sd=1.0, region="r", step=1):
    """Published forecasts of {(fc, sku): [mean per period]} from `first` on."""
    rows = []
    for (fc, sku), values in means.items():
        for k, mean in enumerate(values):
            half = sd * P10_TO_P90 / 2
            low = max(mean - half, 0.0)
            rows.append((region, fc, sku, first + timedelta(days=step * k), float(mean), low, low + 2 * half))
    names = {
        "region": pl.String,
        "fc": pl.String,
        "sku": pl.String,
        "date": pl.Date,
        "mean": pl.Float64,
        "p10": pl.Float64,
        "p90": pl.Float64,
    }
    return pl.DataFrame(rows, schema=names, orient="row")


def demand(values, first=MONDAY, *, step=1):
    """In-stock demand of {(fc, sku): [units or None]} since the last run."""
    rows = [
        (fc, sku, first + timedelta(days=step * k), units) for (fc, sku), units_of in values.items() for k, units in enumerate(units_of)
    ]
    return pl.DataFrame(rows, schema={"fc": pl.String, "sku": pl.String, "date": pl.Date, "demand": pl.Float64}, orient="row")


def moves(before, tonight, seen=None, *, frequency="day", **usual):
    """Tonight's forecasts begin a period after those of the night before."""
    step = 1 if frequency == "day" else 7
    news = demand(seen or {}, step=step)
    old, new = run(before, step=step, **usual), run(tonight, MONDAY + timedelta(days=step), step=step, **usual)
    return forecast_moves(old, new, news, frequency=frequency)


A = ("F", "A")


def one(*arguments, **named):
    (row,) = moves(*arguments, **named).to_dicts()
    return row


def test_the_same_periods_are_compared():
    row = one({A: [5, 6, 7, 8]}, {A: [6, 5, 8, 99]})
    assert (row["periods"], row["before"], row["now"], row["change"]) == (3, 21, 19, 2 * 0 + 0 + 0 + 2)


def test_a_series_of_one_run_alone_has_not_moved():
    assert moves({A: [5, 5]}, {("F", "B"): [5, 5]}).is_empty()
    assert moves({}, {A: [5]}).schema == MOVES


def test_the_warranted_move_is_a_share_of_the_surprise_for_every_period_ahead():
    row = one({A: [10.0] * 15}, {A: [11.5] * 15}, {A: [20.0]}, sd=2.0)
    assert row["warranted"] == pytest.approx(GAIN["day"] * 10 * 14)
    assert row["surprise"] == pytest.approx(5, rel=0.01)
    assert (row["observed"], row["expected"], row["observed_periods"]) == (20, 10, 1)
    assert row["beyond"] == 0, "1.5 a day more is what exponential smoothing would do"


def test_several_days_of_news_move_it_like_so_many_steps_of_smoothing():
    """The level after three days of constant news, worked out step by step."""
    level = 10.0
    for _ in range(3):
        level += GAIN["day"] * (16 - level)
    before = run({A: [10.0] * 10})
    tonight = run({A: [10.0] * 7}, MONDAY + timedelta(days=3))
    (row,) = forecast_moves(before, tonight, demand({A: [16.0] * 3}), frequency="day").to_dicts()
    assert row["warranted"] == pytest.approx(7 * (level - 10))


def test_out_of_stock_is_no_news():
    row = one({A: [10.0] * 5}, {A: [10.0] * 4}, {A: [None]})
    assert (row["warranted"], row["surprise"], row["observed_periods"]) == (0, None, 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_beyond_is_what_neither_news_nor_chance_explains(sign):
    seen = {A: [20.0 + 4 * sign]}
    row = one({A: [20.0] * 10}, {A: [20.0 + 5 * sign] * 9}, seen, sd=2.0)
    warranted, chance = GAIN["day"] * 4 * 9, TOLERANCE * 2 * np.sqrt(9)
    assert row["beyond"] == pytest.approx(45 - warranted - chance)
    against = one({A: [20.0] * 10}, {A: [20.0 - 5 * sign] * 9}, seen, sd=2.0)
    assert against["beyond"] == pytest.approx(45 - chance), "a move against the news is not warranted by it"


def test_weeks_follow_the_news_sooner():
    row = one({A: [10.0] * 5}, {A: [13.0] * 4}, {A: [20.0]}, frequency="week")
    assert row["warranted"] == pytest.approx(GAIN["week"] * 10 * 4)
    assert GAIN["week"] > GAIN["day"]


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(2)
    keys = [(f"F{k % 3}", f"S{k}") for k in range(30)]
    before = run({k: rng.gamma(2, 3, 15).round(3) for k in keys})
    tonight = run({k: rng.gamma(2, 3, 14).round(3) for k in keys}, MONDAY + timedelta(days=1))
    seen = demand({k: [float(rng.poisson(6))] for k in keys})
    shuffled = [frame.sample(fraction=1.0, shuffle=True, seed=4) for frame in (before, tonight, seen)]
    assert forecast_moves(before, tonight, seen, frequency="day").equals(forecast_moves(*shuffled, frequency="day"))


def test_the_run_is_measured_whole_and_by_region():
    north = run({A: [10.0, 10.0]}, region="north"), run({A: [11.0, 9.0]}, region="north")
    south = run({("G", "A"): [30.0] * 2}, region="south"), run({("G", "A"): [60.0] * 2}, region="south")
    found = forecast_moves(pl.concat([north[0], south[0]]), pl.concat([north[1], south[1]]), demand({}), frequency="day")
    measured = {(name, region): value for name, region, value in stability(found)}
    assert measured["forecast_change", "north"] == pytest.approx(2 / 20)
    assert measured["forecast_shift", "north"] == pytest.approx(0)
    assert measured["forecast_change", None] == pytest.approx(62 / 80)
    assert measured["forecast_shift", None] == pytest.approx(60 / 80)
    assert measured["moved_beyond_news", None] == 0.5
    assert stability(no_moves()) == []
