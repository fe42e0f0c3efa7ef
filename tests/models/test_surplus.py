"""Surplus: what is beyond any likely need, when it will have sold and what holding it costs, by hand and against a plain loop."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from data.contracts import Inbound, Items
from data.demand import Demand
from data.idle import idle_series
from data.position import StockPosition
from models.contracts import SeriesProfile
from models.recommendations import recommend
from models.selling_out import LASTING
from models.settings import ReplenishmentSettings
from models.surplus import Surplus, surplus

SUNDAY = date(2024, 4, 14)
MONDAY = SUNDAY + timedelta(days=1)


class GivenPaths:
    """Sample paths as given, shape (rows, paths, periods); after them they begin again."""

    def __init__(self, demand):
        self.demand = np.asarray(demand, dtype=np.float32)

    def sample(self, rows, periods):
        return np.tile(self.demand[rows], (1, 1, -(-periods // self.demand.shape[2])))[:, :, :periods]


def table(schema, *rows):
    empty = schema.create_empty()
    return pl.DataFrame([{name: row.get(name) for name in empty.columns} for row in rows], schema=empty.schema)


def held(
    demand, stock, *, mean=None, frequency="day", overstock_days=10.0, items=(), inbound=(), idle=None, holding=0.5, lead=1, lead_sd=0.0
):
    """Surplus of rows (f, 0), (f, 1), … with the given paths and units on hand; the mean forecast is that of the paths unless given."""
    demand = np.asarray(demand, dtype=float)
    count, _, horizon = demand.shape
    mean = demand.mean(axis=1) if mean is None else np.asarray(mean, dtype=float)
    skus = [str(number) for number in range(count)]
    usual = {
        "region": "r",
        "fc": "f",
        "mean_demand": 1.0,
        "sd_demand": 1.0,
        "whole_units": True,
        "calibrated": True,
        "errors_measured": True,
        "active": True,
    }
    known = {"fc": "f", "reserved_becoming_sellable": 0.0, "backordered": 0.0, "age_days": 0, "stock_rolled_forward": False}
    positions = [{**known, "sku": sku, "on_hand": units, "snapshot_date": SUNDAY} for sku, units in zip(skus, stock, strict=True)]
    settings = ReplenishmentSettings(
        holding_cost=holding, shortage_cost=1.0, lead_time_days=lead, lead_time_sd=lead_sd, review_days=1, threads=1
    )
    kept = []
    recommend(
        run_id="now", as_of=SUNDAY, frequency=frequency, horizon=horizon, paths=GivenPaths(demand), mean=mean, rng_seed=7,
        profile=table(SeriesProfile, *({**usual, "sku": sku} for sku in skus)), positions=table(StockPosition, *positions),
        inbound=table(Inbound, *inbound), supply=None, items=table(Items, *items), receipts=None, overrides=None, previous=None,
        settings=settings, keep=kept.append,
    )  # fmt: skip
    idle = idle_series(Demand.create_empty()) if idle is None else idle
    found = surplus(kept[0], GivenPaths(demand), horizon=horizon, overstock_days=overstock_days, idle=idle, items=table(Items, *items))
    Surplus.validate(found)
    return found


def steady(rate, paths=10, horizon=20):
    return np.full((1, paths, horizon), float(rate))


def test_lines_that_may_be_late_are_held_like_any_other():
    line = {"fc": "f", "sku": "0", "units": 30.0, "expected_date": MONDAY + timedelta(days=2), "ordered_date": SUNDAY - timedelta(days=3)}
    (certain,) = held(steady(2), [20.0], inbound=[line]).to_dicts()
    (varying,) = held(steady(2), [20.0], inbound=[line], lead_sd=2.0).to_dicts()
    assert (varying["held"], varying["surplus"]) == (certain["held"], certain["surplus"]) == (50, 30)
    assert varying["left_probability"] == 1


def test_steady_demand_by_hand():
    """Two a day: twenty within ten days, so of fifty thirty are too many; they sell from the eleventh to the twenty-fifth day."""
    (got,) = held(steady(2), [50.0]).to_dicts()
    assert (got["held"], got["surplus"], got["left_probability"]) == (50, 30, 1)
    assert got["needed_until"] == MONDAY + timedelta(days=9)
    assert got["sold_out_p10"] == got["sold_out_p50"] == got["sold_out_p90"] == MONDAY + timedelta(days=24)
    # Thirty units for ten days, then 28, 26, …, 2, 0 at the ends of the days after.
    assert got["cost_until_sold"] == pytest.approx(0.5 * (30 * 10 + sum(range(0, 30, 2))), abs=1.0)
    assert (got["interval_days"], got["interval_cost"]) == (2, 0.5 * 30 * 2), "a day to come, a day to the next order"
    assert got["bound_value"] is None


def test_what_is_likely_to_be_needed_is_no_surplus():
    """On one path of ten demand is four a day: the p90 of ten days is 20, met by nine of ten, and 21 held leaves one too many."""
    demand = np.concatenate([np.full((1, 9, 20), 2.0), np.full((1, 1, 20), 4.0)], axis=1)
    assert held(demand, [20.0]).is_empty()
    (got,) = held(demand, [30.0]).to_dicts()
    assert (got["surplus"], got["left_probability"]) == (10, 0.9)
    more = np.concatenate([np.full((1, 8, 20), 2.0), np.full((1, 2, 20), 4.0)], axis=1)
    assert held(more, [30.0]).is_empty(), "on two paths of ten forty are needed"


def test_stock_within_the_protection_interval_is_needed():
    """Ordering takes 29 days and a day: two a day need sixty, whatever the limit."""
    assert held(steady(2), [60.0], lead=29).is_empty()
    (got,) = held(steady(2), [65.0], lead=29).to_dicts()
    assert (got["surplus"], got["needed_until"]) == (5, MONDAY + timedelta(days=29))


def test_an_empty_shelf_has_no_surplus():
    assert held(steady(0), [0.0]).is_empty()
    assert held(steady(0), [0.5]).is_empty(), "less than a unit"


def test_units_on_their_way_count_and_are_held_from_their_arrival():
    line = {"sku": "0", "fc": "f", "units": 30.0, "expected_date": MONDAY + timedelta(days=5), "date": SUNDAY}
    (got,) = held(steady(2), [20.0], inbound=[line]).to_dicts()
    (all_here,) = held(steady(2), [50.0]).to_dicts()
    assert (got["held"], got["surplus"], got["on_the_way"]) == (50, 30, 30)
    assert got["sold_out_p50"] == all_here["sold_out_p50"]
    # Before they arrive, at the ends of the first five days, 18, 16, 14, 12 and 10 units lie there instead of 30 of the surplus.
    assert got["interval_cost"] == all_here["interval_cost"], "they are too many before they are there"
    assert all_here["cost_until_sold"] - got["cost_until_sold"] == pytest.approx(0.5 * (5 * 30 - (18 + 16 + 14 + 12 + 10)), abs=0.01)


def test_an_item_nobody_wants_never_sells_and_is_held_for_a_year():
    (got,) = held(steady(0), [4.0], items=[{"sku": "0", "unit_cost": 3.0}]).to_dicts()
    assert (got["surplus"], got["sold_out_p10"], got["sold_out_p50"], got["bound_value"]) == (4, None, None, 12)
    assert got["cost_until_sold"] == pytest.approx(0.5 * 4 * 365)


def test_after_its_last_day_on_sale_an_item_sells_no_more():
    ends = [{"sku": "0", "discontinued_date": MONDAY + timedelta(days=29)}]
    (got,) = held(steady(2), [100.0], items=ends).to_dicts()
    assert (got["sold_out_p90"], got["on_sale_until"]) == (None, MONDAY + timedelta(days=29))
    # Sixty sell within the thirty days left; forty stay for the rest of the year.
    ends_of_days = sum(min(80, 100 - 2 * day) for day in range(1, 31)) + 40 * (365 - 30)
    assert got["cost_until_sold"] == pytest.approx(0.5 * ends_of_days, abs=1.0)
    (wide,) = held(steady(2), [100.0], items=ends, overstock_days=60).to_dicts()
    assert (wide["surplus"], wide["left_probability"]) == (40, 1), "nothing is needed after the thirtieth day"
    (later,) = held(steady(2), [100.0], items=[{"sku": "0", "discontinued_date": date(2026, 1, 1)}]).to_dicts()
    assert later["sold_out_p50"] == MONDAY + timedelta(days=49)


def test_weeks_are_counted_in_weeks():
    """Ninety days are thirteen weeks; seven a week need 91, and 21 more sell in three weeks after that."""
    (got,) = held(steady(7, horizon=6), [112.0], frequency="week", overstock_days=90).to_dicts()
    assert (got["surplus"], got["needed_until"]) == (21, MONDAY + timedelta(days=90))
    assert got["sold_out_p50"] == MONDAY + timedelta(weeks=15)


def by_loop(demand, mean, stock, arrivals, limit, interval=2, year=365):
    """Surplus, chance of leftovers, unit-periods within the interval and until sold, sell-out periods of one row, path by path."""
    paths, horizon = demand.shape
    sampled = max(limit, horizon)
    factor = 1 + LASTING * (demand.sum(axis=1) / mean.sum() - 1)
    rate = mean[-7:].mean()
    held_ = stock + sum(units for _, units in arrivals)
    needs = sorted(sum(demand[p][day % horizon] * (1 if day < horizon else factor[p]) for day in range(limit)) for p in range(paths))
    need = needs[math.ceil(0.9 * paths) - 1]
    over, within, unit_days, ends = held_ - need, 0.0, 0.0, []
    for p in range(paths):
        sold, out = 0.0, math.inf
        for day in range(year):
            sold += (demand[p][day % horizon] * (1 if day < horizon else factor[p])) if day < sampled else rate * factor[p]
            if sold >= held_ - 1e-6 and out == math.inf:
                out = day
            there = stock + sum(units for when, units in arrivals if when <= day)
            unit_days += max(min(over, held_ - sold, there - sold), 0)
            within += max(min(over, held_ - sold), 0) if day < interval else 0
        ends.append(out)
    return over, sum(need < held_ - 1e-6 for need in needs) / paths, within / paths, unit_days / paths, sorted(ends)


@pytest.mark.parametrize("seed", range(6))
def test_against_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    horizon, limit, paths = 14, int(rng.choice([6, 10, 30])), 20
    mean = rng.uniform(0.3, 4, (1, horizon))
    demand = rng.poisson(mean[:, None, :] * rng.gamma(4, 1 / 4, (1, paths, 1)), (1, paths, horizon)).astype(float)
    stock, units, when = float(rng.integers(130, 250)), float(rng.integers(0, 60)), int(rng.integers(0, 12))
    line = {"sku": "0", "fc": "f", "units": units, "expected_date": MONDAY + timedelta(days=when), "date": SUNDAY}
    lines = [line] if units else []
    over, left, within, unit_days, ends = by_loop(demand[0], mean[0], stock, [(when, units)], limit)
    (got,) = held(demand, [stock], mean=mean, overstock_days=limit, inbound=lines).to_dicts()
    assert got["surplus"] == pytest.approx(over, abs=1e-3)
    assert got["left_probability"] == pytest.approx(left, abs=1e-4)
    assert got["cost_until_sold"] == pytest.approx(0.5 * unit_days, rel=0.01, abs=1.0)
    assert got["interval_cost"] == pytest.approx(0.5 * within, abs=0.01)
    for name, share in (("sold_out_p10", 0.1), ("sold_out_p50", 0.5), ("sold_out_p90", 0.9)):
        out = ends[math.ceil(share * paths) - 1]
        if out == math.inf:
            assert got[name] is None
        else:
            assert abs((got[name] - MONDAY).days - out) <= 1


def test_rows_do_not_depend_on_each_other():
    rng = np.random.default_rng(5)
    demand = rng.poisson(2, (7, 10, 14)).astype(float)
    stock = [0.0, 300.0, 40.0, 90.0, 25.0, 200.0, 31.0]
    together = held(demand, stock)
    assert together.height >= 4
    for number in map(int, together["sku"].to_list()):
        (alone,) = held(demand[[number]], [stock[number]]).drop("sku").to_dicts()
        assert alone == together.filter(sku=str(number)).drop("sku").row(0, named=True)


def test_more_stock_costs_more_and_units_of_measure_do_not_matter():
    rng = np.random.default_rng(6)
    demand = rng.gamma(2, 1, (1, 20, 14))
    values = [held(demand, [stock])["cost_until_sold"].to_list() for stock in (20.0, 40.0, 80.0, 160.0)]
    money = [value[0] if value else 0.0 for value in values]
    assert money == sorted(money)
    assert money[-1] > 0
    (kilos,), (grams,) = held(demand, [80.0]).to_dicts(), held(demand * 1000, [80_000.0], holding=0.0005).to_dicts()
    assert grams["surplus"] == pytest.approx(1000 * kilos["surplus"], rel=1e-4)
    assert grams["cost_until_sold"] == pytest.approx(kilos["cost_until_sold"], rel=1e-4)
    assert grams["sold_out_p50"] == kilos["sold_out_p50"]


def test_how_long_an_item_has_not_sold_is_told():
    idle = pl.DataFrame({"fc": ["f"], "sku": ["0"], "last_sold": [date(2024, 1, 3)], "idle_periods": [80]})
    (got,) = held(steady(0), [4.0], idle=idle).to_dicts()
    assert (got["last_sold"], got["idle_days"]) == (date(2024, 1, 3), 80)
    (weekly,) = held(steady(0), [4.0], idle=idle, frequency="week").to_dicts()
    assert weekly["idle_days"] == 560
