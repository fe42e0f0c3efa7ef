"""Cleaning put together: what the steps make of a history, and what planners' decisions change about it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.cleaning.clean import clean_demand, demand_to_learn, with_context
from data.cleaning.ledger import CleanedDemand, Corrections, apply_corrections, undo, with_estimate
from data.contracts import INPUT_TABLES, Overrides
from data.demand import Demand, build_demand

MONDAY = date(2024, 1, 1)
PERIODS = 60
STEP = {"day": 1, "week": 7}
ONE = ("F", "A")


def table(name, rows=()):
    return pl.DataFrame([*rows], schema=INPUT_TABLES[name].create_empty().schema)


def on(period, frequency="day"):
    return MONDAY + timedelta(STEP[frequency] * period)


def steady(level=10, seed=0, periods=PERIODS):
    return np.random.default_rng(seed).poisson(level, periods).astype(float)


def ordered(period=30, order=150.0, **options):
    units = steady(**options)
    units[period] = order
    return units


def override(field, value, when=None, fc="F", sku="A", expires=date(2030, 1, 1), **columns):
    row = {"sku": sku, "fc": fc, "field": field, "value": value, "date": when, "reason": "as I know", "author": "Ada", "expires": expires}
    return table("overrides", [row | columns])


class Cleaned:
    """History of (fc, sku) → units, and shares in stock (fc, sku) → {period: share}, cleaned."""

    def __init__(self, series, out=None, overrides=None, frequency="day", stock=(), columns=None, recorded=True):
        step = STEP[frequency]
        length = max(len(units) for units in series.values())
        self.as_of = on(length, frequency) - timedelta(1)
        sales = [
            {"date": on(k, frequency), "sku": sku, "fc": fc, "units": float(u)}
            for (fc, sku), us in series.items()
            for k, u in enumerate(us)
        ]
        missing = [
            {"date": on(k, frequency) + timedelta(day), "sku": sku, "fc": fc, "in_stock": share}
            for (fc, sku), periods in (out or {}).items()
            for k, share in periods.items()
            for day in range(step)
        ]
        whole = [{"date": on(0, frequency), "sku": sku, "fc": fc, "in_stock": 1.0} for fc, sku in series if recorded]
        told = {(row["date"], row["sku"], row["fc"]) for row in missing}
        availability = table("availability", [*missing, *(row for row in whole if (row["date"], row["sku"], row["fc"]) not in told)])
        self.grid = build_demand(table("sales", sales), availability, table("items"), as_of=self.as_of, frequency=frequency)
        self.frequency = frequency
        found = clean_demand(
            self.grid if columns is None else self.grid.with_columns(columns),
            availability=availability,
            stock=table("stock", stock),
            overrides=table("overrides") if overrides is None else overrides,
            as_of=self.as_of,
            frequency=frequency,
            region="north",
        )
        CleanedDemand.validate(found.demand)
        Corrections.validate(found.corrections)
        assert undo(found.demand, found.corrections).equals(with_estimate(self.grid)), "every change is in the ledger"
        assert apply_corrections(with_estimate(self.grid), found.corrections).equals(found.demand)
        self.demand, self.corrections, self.messages = found.demand, found.corrections, found.messages

    def at(self, period, fc="F", sku="A"):
        """(demand, at least, share in stock, estimate)."""
        row = self.demand.filter((pl.col("fc") == fc) & (pl.col("sku") == sku) & (pl.col("date") == on(period, self.frequency)))
        return row.select("demand", "demand_at_least", "in_stock_share", "demand_estimate").row(0)

    def ledger(self, *columns, kind=None):
        rows = self.corrections if kind is None else self.corrections.filter(pl.col("kind") == kind)
        return [row if len(columns) > 1 else row[0] for row in rows.select(columns).rows()]


def test_an_ordinary_history_stays_as_it_is():
    found = Cleaned({ONE: steady()})
    assert found.corrections.is_empty()
    assert found.demand.drop("demand_estimate").equals(found.grid)
    assert found.demand["demand_estimate"].equals(found.grid["demand"].alias("demand_estimate"))


def test_a_bulk_order_goes_to_the_ledger():
    found = Cleaned({ONE: ordered()})
    ((*row, reason),) = found.ledger("region", "fc", "sku", "date", "kind", "before", "state", "author", "reason")
    assert row == ["north", "F", "A", on(30), "bulk_order", 150, "proposed", None]
    assert "150" in reason
    usual = found.ledger("after")[0]
    assert found.at(30) == (usual, usual, 1, usual)
    assert usual == pytest.approx(10, abs=4)


def test_forecasters_learn_of_periods_mostly_in_stock():
    found = Cleaned({ONE: steady()}, {ONE: {20: 0.8, 25: 0.7, 30: 0.0}})
    learnt = demand_to_learn(found.demand)
    changed = learnt.filter(learnt["demand"].ne_missing(found.demand["demand"]))
    assert changed["date"].to_list() == [on(20)]
    assert changed["demand"].to_list() == [found.at(20)[3]]
    assert changed["demand"][0] > changed["demand_at_least"][0]
    assert learnt["demand"].null_count() == 2, "of those mostly out too little is known"


def test_lost_demand_is_estimated_where_the_item_was_out():
    units = steady()
    units[40], units[41] = 4.0, 0.0
    found = Cleaned({ONE: units}, out={ONE: {40: 0.5, 41: 0.0}})
    demand, at_least, share, estimate = found.at(40)
    assert (demand, at_least, share) == (None, 4, 0.5)
    assert 5 < estimate < 15
    assert found.ledger("date", "kind") == [(on(40), "lost_demand"), (on(41), "lost_demand")]
    assert all(low <= after - before <= high for low, high, before, after in found.ledger("low", "high", "before", "after"))


def test_of_a_series_never_in_stock_nothing_can_be_said():
    found = Cleaned({ONE: steady(), ("G", "A"): [0.0] * PERIODS}, out={("G", "A"): dict.fromkeys(range(PERIODS), 0.0)})
    assert found.demand.filter(pl.col("fc") == "G")["demand_estimate"].null_count() == PERIODS
    assert found.corrections.is_empty()


def test_lost_demand_is_above_the_level_without_the_bulk_order():
    """The order of the steps: a rejected correction is part of the level that lost demand is told from."""
    options = {"series": {ONE: ordered(40, 400)}, "out": {ONE: {45: 0.0}}}
    cleaned, kept = Cleaned(**options), Cleaned(**options, overrides=override("exclude", 0, on(40)))
    assert kept.ledger("kind", "state")[0] == ("bulk_order", "rejected")
    assert kept.at(40) == (400, 400, 1, 400)
    assert kept.at(45)[3] > cleaned.at(45)[3] + 5


def test_a_run_of_zeros_without_availability_is_a_stockout():
    units = steady()
    units[40:48] = 0
    found = Cleaned({ONE: units}, recorded=False)
    inferred = found.ledger("date", "before", "after", "in_stock_before", "in_stock_after", kind="stockout_inferred")
    assert inferred == [(on(k), 0, 0, 1, 0) for k in range(40, 48)]
    assert found.at(43)[:3] == (None, 0, 0)
    assert found.at(43)[3] > 5
    assert Cleaned({ONE: units}).corrections.is_empty(), "availability data said that it was in stock"
    rejected = Cleaned({ONE: units}, recorded=False, overrides=override("exclude", 0, on(43)))
    assert rejected.at(43) == (0, 0, 1, 0)
    assert rejected.at(42)[0] is None
    assert ("rejected", "Ada", "as I know") in rejected.ledger("state", "author", "reason", kind="stockout_inferred")


def test_stock_snapshots_tell_stockouts():
    units = steady()
    units[40:42] = 0
    stock = [{"date": on(k), "sku": "A", "fc": "F", "on_hand": 0.0 if 39 <= k <= 41 else 50.0} for k in range(PERIODS)]
    found = Cleaned({ONE: units}, recorded=False, stock=stock)
    assert {on(40), on(41)} <= set(found.ledger("date", kind="stockout_inferred"))
    assert any("snapshot" in reason for reason in found.ledger("reason", kind="stockout_inferred"))


def test_a_planner_confirms():
    found = Cleaned({ONE: ordered()}, overrides=override("exclude", 1, on(30)))
    assert found.ledger("kind", "state", "author", "reason") == [("bulk_order", "confirmed", "Ada", "as I know")]
    assert found.at(30)[0] < 20


def test_a_planner_sets_a_day_aside_that_nothing_was_found_in():
    units = steady()
    units[30] = 25.0
    found = Cleaned({ONE: units}, overrides=override("exclude", 1, on(30)))
    assert found.ledger("kind", "before", "state", "author") == [("set_aside", 25, "confirmed", "Ada")]
    assert found.at(30)[0] == pytest.approx(10, abs=4)
    units[30] = 0.0
    assert Cleaned({ONE: units}, overrides=override("exclude", 1, on(30))).at(30)[0] == pytest.approx(10, abs=4), "a day too low"


def test_the_only_day_of_a_series_set_aside_is_unknown():
    found = Cleaned({ONE: [7.0], ("G", "A"): [1.0]}, overrides=override("exclude", 1, on(0)))
    assert found.at(0) == (None, 0, 0, None)


@pytest.mark.parametrize(("expires", "state"), [(0, "proposed"), (1, "rejected")])
def test_decisions_hold_until_they_expire(expires, state):
    """Tonight's order goes out on the day after as_of: a decision that expires with as_of no longer holds."""
    last = on(PERIODS - 1) + timedelta(expires)
    assert Cleaned({ONE: ordered()}, overrides=override("exclude", 0, on(30), expires=last)).ledger("state") == [state]


def test_decisions_about_other_things_change_nothing():
    others = [("exclude", 1.0), ("exclude", 0.0), ("order_units", 5.0), ("demand_multiplier", 0.0), ("service_level", 0.5)]
    usual = Cleaned({ONE: ordered()})
    for field, value in others:
        found = Cleaned({ONE: ordered()}, overrides=override(field, value))
        assert found.corrections.equals(usual.corrections)
        assert not found.messages


def test_lost_units_as_the_planner_knows_them():
    units = steady()
    units[40] = 4.0
    out = {ONE: {40: 0.5, 45: 0.5}}
    found = Cleaned({ONE: units}, out, override("lost_units", 7, on(40)))
    assert found.at(40) == (None, 4, 0.5, 11)
    first, second = found.ledger("before", "after", "low", "high", "state", "author")
    assert first == (4, 11, 7, 7, "confirmed", "Ada")
    assert second[4:] == ("proposed", None)
    rejected = Cleaned({ONE: units}, out, override("lost_units", 0, on(40)))
    assert rejected.at(40) == (None, 4, 0.5, None)
    assert rejected.ledger("state") == ["rejected", "proposed"]


def test_lost_units_on_a_day_thought_to_be_in_stock():
    units = steady()
    units[40] = 4.0
    found = Cleaned({ONE: units}, overrides=override("lost_units", 12, on(40)))
    assert found.at(40) == (None, 4, 0.25, 16)
    tiny = Cleaned({ONE: units}, overrides=override("lost_units", 1e-9, on(40)))
    assert tiny.at(40)[0] is None


def test_no_estimates_for_a_series():
    out = {ONE: {40: 0.5, 45: 0.5}, ("G", "A"): {40: 0.5}}
    series = {ONE: steady(), ("G", "A"): steady(seed=1)}
    found = Cleaned(series, out, pl.concat([override("lost_units", 0), override("lost_units", 3, on(45))]))
    assert found.ledger("fc", "date", "state") == [
        ("F", on(40), "rejected"),
        ("F", on(45), "confirmed"),
        ("G", on(40), "proposed"),
    ]
    assert found.at(40)[3] is None
    assert found.at(45)[3] == found.at(45)[1] + 3


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("exclude", 1, on(500)), "override_without_period"),
        (("exclude", 0, on(10)), "override_without_effect"),
        (("lost_units", 0, on(10)), "override_without_effect"),
        (("lost_units", 5), "override_without_date"),
        (("exclude", 1, on(10), "G"), "override_without_period"),
    ],
)
def test_decisions_without_effect_are_told(row, code):
    found = Cleaned({ONE: steady()}, overrides=override(*row))
    (message,) = found.messages
    assert (message.code, message.table, message.region, message.sku) == (code, "overrides", "north", "A")
    assert "{" not in message.message + message.fix
    assert found.corrections.is_empty()


def test_a_day_speaks_for_its_week():
    units = ordered(30, 150)
    out = {ONE: {40: 0.5}}
    rows = [
        override("exclude", 0, on(30, "week") + timedelta(3)),
        override("lost_units", 2, on(40, "week") + timedelta(1)),
        override("lost_units", 3, on(40, "week") + timedelta(6)),
    ]
    found = Cleaned({ONE: units}, out, pl.concat(rows), "week")
    assert found.ledger("date", "kind", "state") == [
        (on(30, "week"), "bulk_order", "rejected"),
        (on(40, "week"), "lost_demand", "confirmed"),
    ]
    assert found.at(40)[3] == found.at(40)[1] + 5
    both = pl.concat([rows[0], override("exclude", 1, on(30, "week"), reason="bulk")])
    assert Cleaned({ONE: units}, out, both, "week").ledger("state", "reason")[0] == ("confirmed", "bulk"), "1 wins"


def test_an_explained_peak_is_left_alone():
    marks = pl.col("date") == on(30)
    for column in (marks.cast(pl.Float64).alias("promo"), marks.alias("event")):
        assert Cleaned({ONE: ordered()}, columns=[column]).corrections.is_empty()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(
        st.tuples(
            st.sampled_from(["exclude", "lost_units"]),
            st.sampled_from([0.0, 1.0, 9.0]),
            st.none() | st.integers(-1, PERIODS),
            st.sampled_from("FG"),
        ),
        unique_by=lambda row: (row[0], row[2], row[3]),
        max_size=8,
    ),
    st.booleans(),
    st.sampled_from(["day", "week"]),
)
def test_any_history_and_any_decisions(seed, decisions, recorded, frequency):
    """The ledger takes back every change, what is known is not estimated, and an estimate is never below what was sold."""
    rng = np.random.default_rng(seed)
    series = {(fc, "A"): rng.poisson(rng.gamma(1, 8), PERIODS) * (rng.random(PERIODS) < 0.8) for fc in "FG"}
    for units in series.values():
        units[rng.integers(0, PERIODS, 2)] *= 15
    out = {("F", "A"): {int(k): float(rng.choice([0, 0.4])) for k in rng.integers(0, PERIODS, 9)}} if recorded else {}
    rows = [override(field, value, None if k is None else on(k, frequency), fc) for field, value, k, fc in decisions]
    found = Cleaned(series, out, Overrides.validate(pl.concat(rows)) if rows else None, frequency, recorded=recorded)
    known = found.demand.filter(pl.col("demand").is_not_null())
    assert known["demand_estimate"].equals(known["demand"].alias("demand_estimate"))
    assert found.demand.filter(pl.col("demand_estimate") < pl.col("demand_at_least")).is_empty()
    decided = found.corrections.filter(pl.col("state") != "proposed")
    assert decided.is_empty() == decided.filter(pl.col("author") == "Ada").is_empty()


def test_the_nights_before_do_not_know_what_comes():
    """What is corrected as of a night is what is corrected when later days are not there: the grid ends with the night."""
    units = ordered(50)
    assert Cleaned({ONE: units[:51]}).ledger("date") == [on(50)]
    assert Cleaned({ONE: units[:50]}).corrections.is_empty()


def test_an_empty_region():
    empty = Demand.create_empty()
    tables = {name: table(name) for name in ("availability", "stock", "overrides")}
    for frequency in ("day", "week"):
        found = clean_demand(empty, **tables, as_of=MONDAY, frequency=frequency, region="north")
        assert (found.demand.height, found.corrections.height, found.messages) == (0, 0, ())


def context(frequency="day", **tables):
    grid = Cleaned({ONE: [1.0] * 3, ("G", "A"): [1.0] * 3}, frequency=frequency).grid
    given = {name: table(name, tables.get(name, ())) for name in ("sales", "plan", "events", "items")}
    return with_context(grid, **given, region="north", frequency=frequency)


def test_the_narrowest_plan_row_explains():
    day = {"date": on(1), "sku": "A"}
    plan = [
        day | {"promo": 0.2},
        day | {"promo": 0.4, "region": "north"},
        day | {"promo": 0.6, "region": "south"},
        day | {"promo": 0.0, "fc": "G"},
        day | {"date": on(2), "fc": "F", "price": 3.0},
        day | {"date": on(2), "promo": 0.3},
    ]
    found = context(plan=plan, items=[{"sku": "A", "category": "fruit"}])
    assert found["promo"].to_list() == [None, 0.4, 0.3, None, 0.0, 0.3]
    assert set(found["category"]) == {"fruit"}


def test_events_of_the_region_and_prices_paid():
    events = [{"date": on(1), "event": "fair", "region": "north"}, {"date": on(2), "event": "fair", "region": "south"}]
    sales = [{"date": on(k), "sku": "A", "fc": "F", "units": units, "price": price} for k, units, price in [(0, 2.0, 5.0), (1, 0.0, 1.0)]]
    found = context(events=events, sales=sales)
    assert found["event"].to_list() == [False, True, False] * 2
    assert found["price"].to_list() == [5, None, None] + [None] * 3


def test_the_context_of_weeks():
    sales = [{"date": MONDAY + timedelta(k), "sku": "A", "fc": "F", "units": u, "price": p} for k, u, p in [(8, 3.0, 5.0), (9, 1.0, 1.0)]]
    plan = [{"date": MONDAY + timedelta(k), "sku": "A", "promo": promo} for k, promo in [(7, 1.0), (13, 0.5)]]
    found = context("week", sales=sales, plan=plan, events=[{"date": MONDAY + timedelta(20), "event": "fair"}])
    assert found["price"].to_list() == [None, 4, None] + [None] * 3
    assert found["promo"].to_list() == [None, 0.75, None] * 2
    assert found["event"].to_list() == [False, False, True] * 2


def test_overrides_of_a_day():
    row = {"sku": "A", "fc": "F", "field": "exclude", "value": 1.0, "reason": "r", "author": "a", "expires": MONDAY}
    good = table("overrides", [row, row | {"date": MONDAY}, row | {"date": on(1)}, row | {"field": "lost_units", "date": MONDAY}])
    assert Overrides.filter(good)[0].height == 4
    twice = table("overrides", [row, row, row | {"date": MONDAY}])
    assert Overrides.filter(twice)[1].counts() == {"one_row_per_sku_fc_field_and_date": 2}
    order = table("overrides", [row | {"field": "order_units", "date": MONDAY}])
    assert Overrides.filter(order)[1].counts() == {"only_exclude_and_lost_units_have_a_date": 1}
