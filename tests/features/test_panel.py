"""What a planner's tables become in the panel: which row of several counts, and what is known of the days to come."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.cadence import WEEKLY

END = date(2024, 6, 30)
WEEK_END = date(2024, 6, 24)


def ahead(days: int, of: date = END) -> date:
    return of + timedelta(days=days)


def column(panel, name, sku="A", fc="F"):
    """One column of one series by date."""
    rows = panel.rows.filter((pl.col("sku") == sku) & (pl.col("fc") == fc))
    return dict(rows.select("date", name).iter_rows())


@pytest.fixture
def two_items(history_of, make_demand):
    """F sells A for five days and B for three, G sells A for four; all up to the end."""
    return history_of(make_demand({("F", "A"): [1.0, 2, 3, 4, 5], ("F", "B"): [1.0, 0, 2], ("G", "A"): [7.0, None, 7, 7]}), horizon=4)


def test_every_series_is_followed_by_its_future(two_items):
    panel = two_items.panel()
    assert panel.rows.height == 5 + 3 + 4 + 3 * 4
    assert panel.series.select("fc", "sku", "first", "last").rows() == [("F", "A", 0, 4), ("F", "B", 9, 11), ("G", "A", 16, 19)]
    for series in panel.rows.partition_by("series", maintain_order=True):
        assert series["pos"].to_list() == list(range(series.height))
        assert series["date"].to_list()[-4:] == [ahead(k) for k in (1, 2, 3, 4)]
        assert series["date"].diff().drop_nulls().unique().to_list() == [timedelta(days=1)]
        assert series.tail(4).select("demand", "demand_at_least", "in_stock_share").null_count().row(0) == (4, 4, 4)
        assert series.head(-4)["in_stock_share"].null_count() == 0


def test_a_future_of_weeks_has_a_row_a_week(history_of, make_demand):
    demand = make_demand({("F", "A"): [1.0, 2, 3]}, end=WEEK_END, step=7)
    panel = history_of(demand, cadence=WEEKLY, end=WEEK_END, horizon=2).panel()
    assert list(column(panel, "demand")) == [ahead(7 * k, WEEK_END) for k in (-2, -1, 0, 1, 2)]


def test_a_series_that_ended_is_not_active(history_of, make_demand):
    ended = make_demand({("F", "A"): [1.0, 2, 3]}, end=ahead(-1))
    prepared = history_of(pl.concat([ended, make_demand({("F", "B"): [1.0]})])).prepared()
    assert dict(prepared.profile.select("sku", "active").iter_rows()) == {"A": False, "B": True}


@pytest.mark.parametrize(("last_day", "active"), [(-1, False), (0, False), (1, True), (None, True)])
def test_an_item_off_sale_from_tomorrow_is_not_active(history_of, make_demand, make_table, last_day, active):
    items = make_table("items", [{"sku": "A", "discontinued_date": None if last_day is None else ahead(last_day)}])
    assert history_of(make_demand({("F", "A"): [1.0, 2]}), items=items).prepared().profile["active"].to_list() == [active]


def test_a_week_in_which_an_item_leaves_still_counts_as_on_sale_before_it(history_of, make_demand, make_table):
    """Off sale on the last known week's Wednesday: gone; on next week's Wednesday: still on sale."""
    demand = make_demand({("F", "A"): [1.0, 2]}, end=WEEK_END, step=7)
    for last_day, active in ((ahead(2, WEEK_END), False), (ahead(9, WEEK_END), True)):
        items = make_table("items", [{"sku": "A", "discontinued_date": last_day}])
        prepared = history_of(demand, items=items, cadence=WEEKLY, end=WEEK_END, horizon=2).prepared()
        assert prepared.profile["active"].to_list() == [active]


def test_the_narrowest_plan_row_counts(two_items, make_table):
    rows = [
        {"date": END, "sku": "A", "price": 10.0, "promo": 0.1},
        {"date": END, "sku": "A", "region": "north", "price": 20.0},
        {"date": END, "sku": "A", "region": "south", "price": 99.0, "promo": 0.9},
        {"date": END, "sku": "A", "fc": "F", "price": 30.0},
        {"date": END, "sku": "A", "fc": "G", "price": 35.0},
        {"date": END, "sku": "A", "fc": "G", "region": "north", "price": 40.0},
    ]
    for order in (rows, rows[::-1]):
        panel = two_items.but(plan=make_table("plan", order)).panel()
        assert column(panel, "price", "A", "F")[END] == 30, "sku × fc goes before sku × region"
        assert column(panel, "price", "A", "G")[END] == 40, "sku × fc × region is the narrowest"
        assert column(panel, "promo", "A", "F")[END] == pytest.approx(0.1), "what the narrow row leaves open the wider one says"
        assert column(panel, "price", "B", "F")[END] is None
    panel = two_items.but(plan=make_table("plan", rows[:2])).panel()
    assert column(panel, "price", "A", "F")[END] == 20, "sku × region goes before sku"


def test_a_price_holds_until_the_next_and_a_promotion_does_not(two_items, make_table):
    plan = make_table(
        "plan",
        [
            {"date": ahead(-3), "sku": "A", "price": 5.0, "promo": 1.0, "ad_spend": 8.0},
            {"date": ahead(2), "sku": "A", "price": 4.0, "fc": "F"},
        ],
    )
    target = two_items.but(plan=plan).prepared().at_target.with_columns(two_items.panel().rows["fc", "sku", "date"])
    of_a = target.filter((pl.col("sku") == "A") & (pl.col("fc") == "F"))
    assert of_a["price"].to_list() == [None, 5, 5, 5, 5, 5, 4, 4, 4]
    assert of_a["promo"].to_list() == [0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert of_a["ad_spend"].to_list() == [0, 8, 0, 0, 0, 0, 0, 0, 0]
    assert target.filter(pl.col("sku") == "B")["price"].null_count() == 3 + 4, "the price of one item is not carried into the next"


def test_weekly_plans_average_prices_and_add_up_spending(history_of, make_demand, make_table):
    demand = make_demand({("F", "A"): [1.0, 2]}, end=WEEK_END, step=7)
    plan = make_table(
        "plan", [{"date": ahead(k, WEEK_END), "sku": "A", "price": 1.0 + k, "promo": float(k == 0), "ad_spend": 10.0} for k in range(4)]
    )
    panel = history_of(demand, plan=plan, cadence=WEEKLY, end=WEEK_END, horizon=2).panel()
    assert column(panel, "price")[WEEK_END] == 2.5
    assert column(panel, "promo")[WEEK_END] == 0.25
    assert column(panel, "ad_spend")[WEEK_END] == 40


def test_events_are_those_of_the_region_that_history_has_taught(history_of, make_demand, make_table):
    history = history_of(make_demand({("F", "A"): [1.0] * 60}))
    fairs = [{"date": ahead(k), "event": "fair", "region": "south"} for k in (-50, -40, -30, -20, -9, 1)]
    once = {"date": ahead(3), "event": "coronation"}
    events = make_table("events", [*fairs, once])
    assert set(column(history.but(events=events).panel(), "event_before").values()) == {None}
    south = column(history.but(events=events, region="south").panel(), "event_before")
    assert [south[ahead(k)] for k in (-1, 0, 1, 2)] == [2, 1, 0, None]


def test_what_history_has_taught_may_lie_before_the_panel(history_of, make_demand, make_table):
    """A night that reads the last 20 days still knows what training learned from 60."""
    fairs = make_table("events", [{"date": ahead(k), "event": "fair"} for k in (-50, -40, -30, -20, -9, 1)])
    short = history_of(make_demand({("F", "A"): [1.0] * 20}), events=fairs)
    assert column(short.panel(), "event_before")[END] is None
    assert column(short.but(history=60).panel(), "event_before")[END] == 1


def test_a_regional_driver_goes_before_one_for_everywhere(two_items, make_table):
    drivers = [
        {"date": END, "name": "rain", "value": 1.0},
        {"date": END, "name": "rain", "value": 2.0, "region": "north"},
        {"date": END, "name": "rain", "value": 3.0, "region": "south"},
    ]
    for order in (drivers, drivers[::-1]):
        history = two_items.but(drivers=make_table("drivers", order))
        assert column(history.panel(), "driver_rain")[END] == 2
        assert column(history.but(region="south").panel(), "driver_rain")[END] == 3
        assert column(history.but(region="west").panel(), "driver_rain")[END] == 1


def test_every_region_has_the_same_features(two_items, make_table):
    """A forecaster is shared by all regions: a driver that only one of them has is unknown in the others."""
    drivers = make_table("drivers", [{"date": END, "name": "rain", "value": 1.0, "region": "south"}])
    north, south = (two_items.but(drivers=drivers, region=region).prepared() for region in ("north", "south"))
    for place in ("at_origin", "aligned", "at_target"):
        assert getattr(north, place).schema == getattr(south, place).schema
    assert column(two_items.but(drivers=drivers).panel(), "driver_rain")[END] is None


def test_drivers_known_ahead_are_read_at_the_target_and_others_at_the_origin(two_items, make_table):
    drivers = make_table("drivers", [{"date": END, "name": name, "value": 1.0} for name in ("rain", "search")])
    panel = two_items.but(drivers=drivers, known_ahead=("rain", "snow")).panel()
    assert (panel.drivers_known_ahead, panel.drivers_unknown_ahead) == (("rain",), ("search",))
    prepared = two_items.but(drivers=drivers, known_ahead=("rain",)).prepared()
    assert "driver_rain" in prepared.at_target.columns
    assert not [name for name in prepared.at_target.columns if "search" in name]
    assert [name for name in prepared.at_origin.columns if "last" in name] == ["last_of_driver_search"]


def test_drivers_may_be_named_after_each_other(two_items, make_table):
    """As in weather exports: temperature beside temperature_mean and temperature_last."""
    names = ("t", "t_mean", "t_last", "mean_t", "last_t")
    drivers = make_table("drivers", [{"date": END, "name": name, "value": float(k)} for k, name in enumerate(names)])
    for known_ahead in ((), names, names[::2], names[1::2]):
        prepared = two_items.but(drivers=drivers, known_ahead=known_ahead).prepared()
        features = [*prepared.at_origin.columns, *prepared.aligned.columns, *prepared.at_target.columns]
        assert len(features) == len(set(features))


def test_a_gap_in_a_driver_is_its_recent_mean(two_items, make_table):
    drivers = make_table("drivers", [{"date": ahead(k), "name": "rain", "value": value} for k, value in ((-4, 1.0), (-3, 3.0), (0, 5.0))])
    rain = column(two_items.but(drivers=drivers).panel(), "driver_rain")
    assert [rain[ahead(k)] for k in (-4, -3, -2, 0, 1, 4)] == pytest.approx([1, 3, 2, 5, 3, 5])


def test_a_week_of_a_driver_is_the_mean_of_its_days(history_of, make_demand, make_table):
    demand = make_demand({("F", "A"): [1.0, 2]}, end=WEEK_END, step=7)
    drivers = make_table("drivers", [{"date": ahead(k, WEEK_END), "name": "rain", "value": float(k)} for k in range(7)])
    panel = history_of(demand, drivers=drivers, cadence=WEEKLY, end=WEEK_END, horizon=2).panel()
    assert column(panel, "driver_rain")[WEEK_END] == 3


def test_empty_tables_leave_the_panel_to_demand_alone(two_items):
    prepared = two_items.prepared()
    assert np.isfinite(prepared.demand[:5]).all()
    assert prepared.at_target["price"].null_count() == prepared.at_target.height


def test_no_series_make_an_empty_panel(history_of, make_demand):
    prepared = history_of(make_demand({("F", "A"): [1.0]}).clear()).prepared()
    assert prepared.profile.is_empty()
    assert prepared.at_origin.is_empty()
