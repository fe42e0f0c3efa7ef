"""Unusual orders: what is flagged and, more important, what is real demand and left alone."""

import math
from datetime import date, timedelta
from statistics import mean, median

import numpy as np
import polars as pl
import pytest

from data.cleaning.unusual_orders import (
    BESIDE,
    KNOWN,
    MULTIPLE,
    PEAK,
    REACH,
    SCORE,
    SHARED,
    SIDE,
    STEADY,
    unusual_orders,
    usual_units,
)
from data.demand import FULLY_IN_STOCK

MONDAY = date(2024, 1, 1)
STEP = {"day": 1, "week": 7}


def laid_out(series, frequency="day", shares=None, **columns):
    """A grid of (fc, sku) → units per period; `shares` and further columns are given per series likewise."""
    frames = []
    for (fc, sku), units in sorted(series.items()):
        share = (shares or {}).get((fc, sku), [1.0] * len(units))
        frames.append(
            pl.DataFrame(
                {
                    "fc": [fc] * len(units),
                    "sku": [sku] * len(units),
                    "date": [MONDAY + timedelta(STEP[frequency] * k) for k in range(len(units))],
                    "demand": [float(u) if s >= FULLY_IN_STOCK else None for u, s in zip(units, share, strict=True)],
                    "demand_at_least": [float(u) for u in units],
                    "in_stock_share": share,
                    **{name: values[fc, sku] for name, values in columns.items()},
                },
                schema_overrides={"demand": pl.Float64, "promo": pl.Float64, "price": pl.Float64, "event": pl.Boolean},
            )
        )
    return pl.concat(frames)


def flagged(grid, frequency="day"):
    """(fc, sku, period) → (kind, before, after)."""
    found = unusual_orders(grid, frequency=frequency)
    return {
        (fc, sku, (date_ - MONDAY).days // STEP[frequency]): (kind, before, after)
        for fc, sku, date_, kind, before, after, _ in found.rows()
    }


def steady(periods=60, level=10, seed=0):
    return [float(units) for units in np.random.default_rng(seed).poisson(level, periods)]


def with_order(units, period, order):
    return [*units[:period], float(order), *units[period + 1 :]]


ONE = ("F", "A")
NEW = ["kind", "before", "after", "score"]


@pytest.mark.parametrize("frequency", ["day", "week"])
def test_a_bulk_order_is_replaced_by_what_is_usual(frequency):
    units = with_order(steady(), 30, 100)
    ((key, (kind, before, after)),) = flagged(laid_out({ONE: units}, frequency), frequency).items()
    assert (key, kind, before) == (("F", "A", 30), "bulk_order", 100)
    assert after == pytest.approx(10, abs=3)
    assert after == round(after), "an item sold by the piece"


def test_goods_by_weight_keep_fractions():
    units = [value + 0.25 for value in with_order(steady(), 30, 100)]
    (after,) = (after for _, _, after in flagged(laid_out({ONE: units})).values())
    assert after != round(after)


@pytest.mark.parametrize(("shape", "most"), [(None, 3), (4, 54)], ids=["poisson", "negative_binomial"])
def test_half_a_million_ordinary_days(shape, most):
    """From one in ten days to fifty a day: hardly a flag, and at most one in ten thousand where the rate itself jumps about."""
    rng = np.random.default_rng(1)
    rates = np.exp(rng.uniform(math.log(0.1), math.log(50), (6_000, 1))) * (rng.gamma(shape, 1 / shape, (6_000, 90)) if shape else 1)
    units = rng.poisson(np.broadcast_to(rates, (6_000, 90))).tolist()
    assert len(flagged(laid_out({(f"F{n % 7}", f"S{n}"): units[n] for n in range(6_000)}))) <= most


@pytest.mark.parametrize(("level", "least"), [(1, 0.6), (2, 0.95), (10, 0.99), (100, 0.99)])
def test_ten_times_a_normal_day_is_found(level, least):
    rng = np.random.default_rng(level)
    series = {(f"F{n}", f"S{n}"): with_order(steady(60, level, n), int(rng.integers(3, 57)), 10 * level) for n in range(200)}
    found = flagged(laid_out(series))
    assert len(found) >= least * 200
    assert all(before == 10 * level for _, before, _ in found.values())


@pytest.mark.parametrize(
    "units",
    [
        [0, 0, 0, 3] * 15,
        [0] * 30 + [3] + [0] * 29,
        steady(30, 2) + steady(30, 20),
        steady(30, 20) + steady(30, 2),
        [2, 2, 2, 2, 2, 40, 3] * 8,
        ([3] * 27 + [60]) * 3,
        [3.0] * 28 + [60.0, 55.0, 50.0] + [3.0] * 28,
        [3.0] * 28 + [25.0, 60.0, 25.0] + [3.0] * 28,
        [3.0] * 59 + [15.0],
        [3.0] * 10 + [100.0],
    ],
    ids=["slow", "one_sale", "rise", "fall", "saturdays", "every_month", "three_days", "rise_and_fall", "newest", "too_short"],
)
def test_what_the_series_itself_explains(units):
    assert flagged(laid_out({ONE: units})) == {}


def test_the_newest_period_must_be_twice_as_far_above():
    assert flagged(laid_out({ONE: with_order(steady(), 59, 50)})) == {}
    assert len(flagged(laid_out({ONE: with_order(steady(), 59, 200)}))) == 1
    went_on, went_back = ([*steady(59), 50.0, *rest] for rest in ([55.0, 52.0], steady(2)))
    assert flagged(laid_out({ONE: went_on})) == {}
    assert list(flagged(laid_out({ONE: went_back}))) == [("F", "A", 59)]


def test_two_big_orders_weeks_apart_do_not_hide_each_other():
    assert len(flagged(laid_out({ONE: with_order(with_order(steady(), 20, 100), 40, 120)}))) == 2


def test_the_same_time_of_another_year_is_a_season():
    units = with_order(steady(500), 440, 100)
    assert len(flagged(laid_out({ONE: units}))) == 1
    assert flagged(laid_out({ONE: with_order(units, 440 - 366, 95)})) == {}
    weeks = with_order(steady(130), 100, 100)
    assert flagged(laid_out({ONE: with_order(weeks, 100 - 52, 95)}, "week"), "week") == {}


@pytest.mark.parametrize("column", ["promo", "event"])
def test_a_promoted_or_an_event_day_is_real_demand(column):
    units = with_order(steady(), 30, 100)
    for place, count in ((30, 0), (29, 1)):
        marks = [(column == "event") & (k == place) or (0.5 if k == place else None if column == "promo" else False) for k in range(60)]
        assert len(flagged(laid_out({ONE: units}, **{column: {ONE: marks}}))) == count


@pytest.mark.parametrize("same", ["sku", "fc", "category", "region"])
def test_a_peak_that_others_share_is_real_demand(same):
    keys = {
        "sku": [(f"F{n}", "A") for n in range(6)],
        "fc": [("F", f"S{n}") for n in range(6)],
        "category": [(f"F{n}", f"S{n}") for n in range(6)],
        "region": [(f"F{n}", f"S{n}") for n in range(6)],
    }[same]
    others = {(f"G{n}", f"T{n}"): steady(60, 10, 50 + n) for n in range(0 if same == "region" else 200)}
    category = {key: ["a"] * 60 for key in keys} | {key: ["b"] * 60 for key in others}
    extra = {"category": category} if same == "category" else {}
    shared = {key: with_order(steady(60, 10, n), 30, 100) for n, key in enumerate(keys)} | others
    assert flagged(laid_out(shared, **extra)) == {}
    alone = shared | {key: steady(60, 10, n) for n, key in enumerate(keys) if n}
    assert list(flagged(laid_out(alone, **extra))) == [(*keys[0], 30)]


def test_one_other_big_order_is_no_movement():
    """Many fcs, two big orders on one day: each would hide the other if it counted in full."""
    series = {(f"F{n}", "A"): steady(60, 10, n) for n in range(20)}
    series |= {(f"F{n}", "A"): with_order(series[f"F{n}", "A"], 30, 1_000) for n in (3, 4)}
    assert len(flagged(laid_out(series))) == 2


def test_a_bulk_order_that_emptied_the_shelf():
    share = {ONE: [0.5 if k == 30 else 0.0 if k in (31, 32) else 1.0 for k in range(60)]}
    units = [0.0 if k in (31, 32) else value for k, value in enumerate(with_order(steady(), 30, 100))]
    ((_, before, after),) = flagged(laid_out({ONE: units}, shares=share)).values()
    assert before == 100
    assert after == pytest.approx(5, abs=2), "what is usual for the half of the day it was in stock"


def test_give_aways_are_told_by_their_price():
    units = with_order(steady(), 30, 100)
    free = {ONE: [0.0 if k == 30 else 4.0 for k in range(60)]}
    promoted = {ONE: [1.0 if k == 30 else 0.0 for k in range(60)]}
    assert [kind for kind, *_ in flagged(laid_out({ONE: units}, price=free, promo=promoted)).values()] == ["give_away"]
    unpriced = {ONE: [0.0] * 60}
    assert [kind for kind, *_ in flagged(laid_out({ONE: units}, price=unpriced)).values()] == ["bulk_order"], "no price was recorded"
    assert flagged(laid_out({ONE: steady()}, price=free)) == {}, "few units given away are no matter"
    days = [100.0 if 30 <= k < 34 else value for k, value in enumerate(steady())]
    campaign = {ONE: [0.05 if 30 <= k < 34 else 4.0 for k in range(60)]}
    found = flagged(laid_out({ONE: days}, price=campaign))
    assert list(found) == [("F", "A", k) for k in range(30, 34)]
    assert {kind for kind, *_ in found.values()} == {"give_away"}


def by_hand(grid):
    """(fc, sku, date) → score of every bulk order of a daily grid whose series share neither item nor fc."""
    series = {key: part.rows(named=True) for key, part in grid.group_by("fc", "sku", maintain_order=True)}

    def even(units):
        return 2 * math.sqrt(units + 0.375)

    def near(rows, k, which=lambda away: True):
        return [rows[k + away] for away in range(-REACH["day"], REACH["day"] + 1) if away and 0 <= k + away < len(rows) and which(away)]

    def known(rows):
        return [row["demand"] for row in rows if row["demand"] is not None]

    def trimmed(values):
        return sum(sorted(values)[:-1]) / max(len(values) - 1, 1)

    def expected(rows, k):
        around = known(near(rows, k))
        return mean(around) if around else 0.0

    def far(rows, k):
        units, around = rows[k]["demand_at_least"], known(near(rows, k))
        return len(around) >= KNOWN["day"] and units >= MULTIPLE * mean(around) and even(units) - even(mean(around)) >= SCORE

    found = {}
    for key, rows in series.items():
        for k, row in enumerate(rows):
            units, around = row["demand_at_least"], known(near(rows, k))
            if not far(rows, k):
                continue
            before, after = known(near(rows, k, lambda away: away < 0)), known(near(rows, k, lambda away: away > 0))
            weekday = known(near(rows, k, lambda away: away % 7 == 0))
            sides = [trimmed(side) for side, least in ((before, SIDE["day"]), (after, SIDE["day"]), (weekday, 4)) if len(side) >= least]
            level = max([trimmed(around), *sides])
            others = [(other[k], expected(other, k)) for name, other in series.items() if name != key and other[k]["demand"] is not None]
            sold = sum(min(other["demand"], max(MULTIPLE * usual, 1)) for other, usual in others)
            movement = (sold + STEADY) / (sum(usual for _, usual in others) + STEADY)
            beside = [side[place] for side, place in ((before, -1), (after, 0)) if side]
            peaks = sorted(other["demand_at_least"] for other in near(rows, k))
            habit = [
                other for other in range(len(rows)) if other != k and far(rows, other) and units < PEAK * rows[other]["demand_at_least"]
            ]
            if movement >= SHARED or units < PEAK * peaks[-2] or any(units < BESIDE * side for side in beside) or len(habit) > 1:
                continue
            level *= max(movement, 1)
            roots = [even(value) for value in around]
            spread = max(1.4826 * median(abs(root - median(roots)) for root in roots), 1)
            score = (even(units) - even(level)) / spread
            if units >= MULTIPLE * level and score >= (SCORE if after else 2 * SCORE):
                found[(*key, row["date"])] = score
    return found


@pytest.mark.parametrize("seed", range(6))
def test_against_the_obvious_loop(seed):
    rng = np.random.default_rng(seed)
    series, shares = {}, {}
    for n in range(12):
        units = rng.poisson(rng.gamma(3, np.exp(rng.uniform(-1, 3)) / 3, 70)).astype(float)
        for place in rng.integers(0, 70, 3):
            units[place] = np.ceil(rng.uniform(3, 15) * (units.mean() + 1))
        series[f"F{n}", f"S{n}"] = units.tolist()
        shares[f"F{n}", f"S{n}"] = np.where(rng.random(70) < 0.3, 0.6, 1.0).tolist()
    grid = laid_out(series, shares=shares)
    found = {(fc, sku, date_): score for fc, sku, date_, _, _, _, score in unusual_orders(grid, frequency="day").rows()}
    assert found == {key: pytest.approx(score, rel=1e-4) for key, score in by_hand(grid).items()}
    assert found, "the example holds none"
    assert list(found) == sorted(found), "in the order of the grid"


def test_other_series_and_blocks_do_not_change_the_score(monkeypatch):
    rng = np.random.default_rng(5)
    series = {(f"F{n}", f"S{n}"): with_order(steady(60, 8, n), int(rng.integers(60)), 120) for n in range(30)}
    whole = unusual_orders(laid_out(series), frequency="day")
    assert whole.height > 20
    monkeypatch.setattr("data.cleaning.unusual_orders.BLOCK", 4)
    assert unusual_orders(laid_out(series), frequency="day").equals(whole)


def test_what_is_usual_follows_the_weekday():
    grid = laid_out({ONE: [10.0, 10.0, 10.0, 10.0, 10.0, 40.0, 10.0] * 8, ("G", "A"): [5.0], ("H", "A"): [4.0, 6.0, 5.0]})
    grid = pl.concat([grid, laid_out({("I", "A"): [7.0, 90.0]})])
    saturday, sunday, alone, three, two = usual_units(grid, np.array([33, 34, 56, 58, 61]), frequency="day")
    assert saturday > 25 > 15 > sunday >= 10
    assert math.isnan(alone)
    assert three == 4, "without the highest of the two around"
    assert two == 7, "all that is known"


@pytest.mark.parametrize("frequency", ["day", "week"])
def test_an_empty_grid(frequency):
    assert unusual_orders(laid_out({ONE: [1.0]}).clear(), frequency=frequency).columns == ["fc", "sku", "date", *NEW]
