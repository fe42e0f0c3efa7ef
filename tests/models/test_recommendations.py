"""Recommendations: every column, dates, terms, decisions of planners, and what changed since the night before."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import poisson

from data.contracts import Events, Inbound, Items, Overrides, Receipts, Supply
from data.position import StockPosition
from models.contracts import Recommendations, SeriesProfile
from models.recommendations import recommend
from models.recommending import DATA_FLAGS, REASONS
from models.settings import ReplenishmentSettings

SUNDAY = date(2024, 4, 14)
SETTINGS = ReplenishmentSettings(holding_cost=0.2, shortage_cost=1.0, lead_time_days=3, review_days=1)


class PoissonPaths:
    """Poisson demand of a steady rate per row; a row's paths depend on its own number alone."""

    def __init__(self, rates, paths=200):
        self.rates, self.paths = rates, paths

    def sample(self, rows, periods):
        draws = [np.random.default_rng(1000 + int(row)).random((self.paths, 120))[:, :periods] for row in rows]
        demand = [poisson.ppf(draw, self.rates[row]) for row, draw in zip(rows, draws, strict=True)]
        return np.array(demand, dtype=np.float32).reshape(len(rows), self.paths, periods)


def table(schema, *rows):
    empty = schema.create_empty()
    return pl.DataFrame([{name: row.get(name) for name in empty.columns} for row in rows], schema=empty.schema)


def row(sku="a", fc="f", **values):
    return {"sku": sku, "fc": fc} | values


def night(keys=(("f", "a"),), rates=None, *, stock=10.0, settings=SETTINGS, frequency="day", as_of=SUNDAY, horizon=14, **given):
    rates = [5.0] * len(keys) if rates is None else rates
    defaults = {"region": "r", "mean_demand": 5.0, "sd_demand": 2.2, "whole_units": True, "model": "m", "active": True}
    defaults |= {"calibrated": True, "errors_measured": True}
    profile = table(SeriesProfile, *({**defaults, "fc": fc, "sku": sku, **given.pop("profile", {})} for fc, sku in keys))
    known = {"reserved_becoming_sellable": 0.0, "backordered": 0.0, "age_days": 0, "stock_rolled_forward": False, "snapshot_date": as_of}
    counts = stock if isinstance(stock, dict) else dict.fromkeys(keys, stock)
    positions = table(StockPosition, *({**known, "fc": fc, "sku": sku, "on_hand": n} for (fc, sku), n in counts.items()))
    tables = dict.fromkeys(("inbound", "supply", "items", "receipts", "overrides", "previous")) | given
    return recommend(
        run_id="now", as_of=as_of, frequency=frequency, horizon=horizon, profile=profile, paths=PoissonPaths(rates),
        mean=np.repeat(np.array(rates)[:, None], horizon, axis=1), positions=positions, settings=settings, rng_seed=7, **tables,
    )  # fmt: skip


def only(*args, **kwargs):
    frame, _ = night(*args, **kwargs)
    assert frame.height == 1
    return frame.row(0, named=True)


def changed(**values):
    return SETTINGS.model_copy(update=values)


def test_every_column_is_filled():
    got = only(
        items=table(Items, row(name="Apple", supplier="S", seller="me", unit_cost=2.0, price=3.0)),
        inbound=table(Inbound, row(units=4.0, expected_date=SUNDAY + timedelta(days=2))),
        previous=night(stock=22.0)[0],
    )
    assert list(got) == Recommendations.column_names()
    assert [name for name, value in got.items() if value is None] == []
    assert got["inventory_position"] == 14
    assert got["order_up_to"] == got["inventory_position"] + got["raw_units"]
    assert got["safety_stock"] == got["order_up_to"] - got["demand_mean"]
    assert got["demand_mean"] == 20
    assert got["order_value"] == 2 * got["order_units"]
    assert (got["days_of_cover"], got["days_of_cover_with_inbound"]) == (2, 2.8)
    assert got["expected_lost_margin"] == pytest.approx(got["expected_lost_units"], abs=0.005)


def test_lead_time_of_fourteen_days_from_a_sunday_arrives_on_a_monday():
    got = only(settings=changed(lead_time_days=14, review_days=7))
    assert (got["order_date"], got["arrival_date"], got["next_order_date"]) == (date(2024, 4, 15), date(2024, 4, 29), date(2024, 4, 22))


def test_weekly_runs_round_lead_time_review_and_inbound_up_to_weeks():
    settings = changed(lead_time_days=8, review_days=10)
    got = only(settings=settings, frequency="week", inbound=table(Inbound, row(units=40.0, expected_date=date(2024, 4, 16))))
    assert (got["arrival_date"], got["next_order_date"]) == (date(2024, 4, 29), date(2024, 4, 29))
    assert got["demand_mean"] == 20
    # Ten on hand carry two weeks; goods of Tuesday serve from the second week.
    assert got["stockout_date_p90"] > date(2024, 5, 20)
    assert got["days_of_cover"] == 14


def test_without_lead_time_the_order_serves_the_same_day():
    """Nothing in front, one review: the newsvendor's quantile at 1 / 1.2."""
    got = only(stock=0.0, settings=changed(lead_time_days=0))
    assert got["arrival_date"] == got["order_date"] == date(2024, 4, 15)
    assert got["stockout_probability_before_arrival"] == 0
    assert got["order_units"] == pytest.approx(poisson.ppf(1 / 1.2, 5), abs=1)
    assert got["action"] == "order"
    assert got["reasons"] == ["below_order_up_to"]


def test_stock_out_dates_and_the_last_order_date():
    steady = {"rates": [1000.0], "stock": 3500.0, "settings": changed(lead_time_days=1)}
    got = only(**steady)
    # A thousand a day: the fourth day is not covered, Thursday; ordered by Wednesday it arrives in time.
    assert {got[f"stockout_date_p{n}"] for n in (10, 50, 90)} == {date(2024, 4, 18)}
    assert got["order_by_date"] == date(2024, 4, 17)
    assert (got["order_units"], got["action"]) == (0, "wait")
    assert only(**steady | {"stock": 99_000.0})["stockout_date_p10"] is None


def test_inbound_counts_from_its_date_overdue_at_once_and_later_orders_are_unknown():
    def coming(day, ordered=None):
        line = row(units=30.0, expected_date=SUNDAY + timedelta(days=day), ordered_date=ordered)
        return only(stock=0.0, inbound=table(Inbound, line))

    on_time, overdue, unknown = coming(1), coming(-3), coming(1, SUNDAY + timedelta(days=1))
    assert on_time["stockout_probability_before_arrival"] == overdue["stockout_probability_before_arrival"] < 0.01
    assert overdue["data_flags"] == ["inbound_overdue", "unit_cost_unknown"]
    assert coming(4)["stockout_probability_before_arrival"] == 1
    assert (unknown["inbound_units"], unknown["stockout_probability_before_arrival"]) == (0, 1)


def test_unknown_stock_gets_no_order_and_one_message_per_fc():
    frame, messages = night([("f", "a"), ("f", "b"), ("g", "a")], stock={("g", "a"): 5.0})
    unknown = frame.filter(pl.col("fc") == "f")
    position = [
        "on_hand",
        "inventory_position",
        "order_units",
        "raw_units",
        "order_up_to",
        "safety_stock",
        "reorder_point",
        "order_by_date",
    ]
    assert unknown.select(pl.col(position).is_null().all()).row(0) == (True,) * len(position)
    assert unknown.get_column("data_flags").list.contains("stock_unknown").all()
    assert unknown.get_column("demand_mean").to_list() == [20, 20]
    assert [(m.code, m.fc, m.message[:8], m.message[-6:]) for m in messages] == [("stock_unknown", "f", "2 of 2 i", "(a, b)")]


def test_precedence_of_terms():
    """sku × fc, then sku, then items, then config, each term by itself."""
    frame, _ = night(
        [("f", "a"), ("g", "a"), ("f", "b"), ("f", "c")],
        items=table(Items, *(row(sku, case_pack=7.0, supplier="item") for sku in "ab")),
        supply=table(
            Supply,
            row("a", fc="f", lead_time_days=5.0, case_pack=3.0),
            row("a", fc=None, lead_time_days=9.0, supplier="any", service_level=0.9),
        ),
    )
    by_key = {(r["fc"], r["sku"]): r for r in frame.iter_rows(named=True)}
    lead = {key: (r["arrival_date"] - r["order_date"]).days for key, r in by_key.items()}
    assert lead == {("f", "a"): 5, ("g", "a"): 9, ("f", "b"): 3, ("f", "c"): 3}
    assert [by_key[key]["supplier"] for key in lead] == ["any", "any", "item", None]
    packs = {("f", "a"): 3, ("g", "a"): 7, ("f", "b"): 7, ("f", "c"): 1}
    assert all(by_key[key]["order_units"] % pack == 0 and by_key[key]["order_units"] > 0 for key, pack in packs.items())


def test_costs_come_from_price_and_capital_where_none_is_given():
    derived = ReplenishmentSettings(lead_time_days=0, review_days=1, capital_rate=0.365, storage_cost_m3_month=3.65)
    items = table(Items, row(unit_cost=100.0, price=101.0, volume_m3=0.5))
    # Shortage 1; holding 0.1 of capital and 0.06 of storage a day.
    same = only(settings=derived, items=items, stock=0.0)
    given = only(settings=changed(lead_time_days=0, holding_cost=0.16), stock=0.0)
    assert same["order_units"] == given["order_units"]
    assert same["expected_lost_margin"] == given["expected_lost_margin"] > 0


def test_without_costs_the_service_level_decides_and_says_so():
    got = only(settings=ReplenishmentSettings(lead_time_days=0, review_days=1, service_level=0.9), stock=0.0)
    assert got["order_units"] == pytest.approx(poisson.ppf(0.9, 5), abs=1)
    assert "service_without_costs" in got["reasons"]
    assert "costs_unknown" in got["data_flags"]
    assert (got["expected_lost_margin"], got["order_value"], got["marginal_gain_last_case"]) == (None, None, None)


def test_a_row_of_assumed_errors_follows_the_textbook_level():
    settings = changed(objective="service", service_level=0.95, lead_time_days=3)
    got = only(profile={"calibrated": False, "errors_measured": False, "sd_demand": 2.0}, settings=settings)
    assert got["order_up_to"] == np.ceil(20 + 1.6449 * 2 * np.sqrt(4))
    assert (got["model"], got["calibrated"]) == ("simple_rule", False)
    assert "simple_rule" in got["reasons"]
    assert "uncalibrated" in got["data_flags"]


def test_a_row_of_measured_errors_is_simulated_and_says_that_they_did_not_pass_their_check():
    """They cost less than the textbook's normal demand even so."""
    got, passed = only(profile={"calibrated": False, "sd_demand": 2.0}), only(profile={"sd_demand": 2.0})
    assert got["order_units"] == passed["order_units"] > 0
    assert (got["model"], got["calibrated"], passed["calibrated"]) == ("m", False, True)
    assert "simple_rule" not in got["reasons"]
    assert "uncalibrated" in got["data_flags"]


def test_nights_on_which_the_supplier_takes_no_orders():
    supply = table(Supply, row(fc=None, order_weekdays="Tue,Fri"))
    monday = only(supply=supply)
    assert (monday["order_units"], monday["next_order_date"]) == (0, date(2024, 4, 16))
    assert "not_an_order_day" in monday["reasons"]
    tuesday = only(supply=supply, as_of=SUNDAY + timedelta(days=1))
    assert tuesday["order_units"] > 0
    assert tuesday["next_order_date"] == date(2024, 4, 19)
    assert tuesday["demand_mean"] == 5 * (3 + 3)


def test_no_order_goes_out_on_a_closed_date_and_the_interval_runs_to_the_next_open_one():
    """Monday the 15th and Tuesday the 16th are closed; the review is a day."""
    closed = changed(closed_dates=(date(2024, 4, 15), date(2024, 4, 17)))
    tonight = only(settings=closed)
    assert (tonight["order_units"], tonight["next_order_date"]) == (0, date(2024, 4, 16))
    assert "not_an_order_day" in tonight["reasons"]
    assert [m.code for m in night(settings=closed)[1]] == ["closed_tonight"]
    tuesday = only(settings=closed, as_of=SUNDAY + timedelta(days=1))
    assert tuesday["order_units"] > 0
    assert tuesday["next_order_date"] == date(2024, 4, 18)
    assert tuesday["demand_mean"] == 5 * (3 + 2)


def test_events_of_kind_closed_close_their_region():
    def events(region, kind="Closed"):
        return table(Events, {"date": date(2024, 4, 15), "event": "stocktaking", "region": region, "kind": kind})

    assert only(events=events(None))["order_units"] == only(events=events("r"))["order_units"] == 0
    assert only(events=events("elsewhere"))["order_units"] == only(events=events(None, "holiday"))["order_units"] > 0


def test_a_weekly_run_orders_in_every_week_that_is_not_closed_throughout():
    week = tuple(date(2024, 4, 15) + timedelta(days=n) for n in range(7))
    frame, messages = night(settings=changed(closed_dates=week[:6]), frequency="week")
    assert frame["order_units"][0] > 0
    assert [m.code for m in messages] == ["closed_dates_in_weekly_run"]
    shut = only(settings=changed(closed_dates=week), frequency="week")
    assert (shut["order_units"], shut["next_order_date"]) == (0, date(2024, 4, 22))


def test_peak_storage_is_paid_on_its_dates_and_not_where_a_holding_cost_is_given():
    """A coin a day of storage in April: fewer units are kept for it."""
    items = table(Items, row(unit_cost=1.0, price=2.0, volume_m3=1.0))
    derived = ReplenishmentSettings(lead_time_days=3, review_days=1, capital_rate=1.0)

    def order(months, **more):
        settings = derived.model_copy(update={"peak_storage_cost_m3_month": 15.0, "peak_months": months} | more)
        return only(settings=settings, items=items)["order_units"]

    usual = only(settings=derived, items=items)["order_units"]
    assert order((4,)) < usual == order((10, 11, 12))
    assert order((4,), holding_cost=0.01) == only(settings=derived.model_copy(update={"holding_cost": 0.01}), items=items)["order_units"]


def test_an_order_is_worth_its_line_or_is_not_placed():
    plain, paid = only(stock=17.0), only(stock=17.0, settings=changed(order_line_cost=4.0))
    assert plain["order_units"] > 0
    assert paid["order_units"] == 0
    assert "order_does_not_pay_its_line" in paid["reasons"]
    assert paid["reorder_point"] < plain["reorder_point"]
    assert paid["order_up_to"] > plain["order_up_to"]
    low = only(stock=paid["reorder_point"], settings=changed(order_line_cost=4.0))
    assert low["order_units"] == low["order_up_to"] - low["inventory_position"] > plain["order_units"]
    assert only(stock=paid["reorder_point"] + 1, settings=changed(order_line_cost=4.0))["order_units"] == 0


def test_the_textbook_rule_orders_the_economic_quantity_where_lines_cost_money():
    given = {"profile": {"errors_measured": False, "sd_demand": 2.0}, "stock": 0.0}
    plain, paid = only(**given), only(**given, settings=changed(order_line_cost=10.0))
    # sqrt(2 × 10 × 5 ÷ 0.2) = 22.4, less the 5 of a review.
    assert paid["order_units"] == plain["order_units"] + 17
    assert paid["reorder_point"] == plain["reorder_point"]


def test_holding_that_weighs_more_orders_less_and_costs_what_it_costs():
    """As many units as holding at that cost would order; the weight of a class that is not the row's changes nothing."""
    plain, weighed = only(stock=0.0), only(stock=0.0, settings=changed(holding_weights={"A": 2.0}))
    dearer = only(stock=0.0, settings=changed(holding_cost=2 * SETTINGS.holding_cost))
    assert plain["abc"] == "A"
    assert weighed["order_units"] == dearer["order_units"] < plain["order_units"]
    assert only(stock=0.0, settings=changed(holding_weights={"B": 2.0})) == plain
    assert weighed["expected_lost_margin"] == plain["expected_lost_margin"]


def test_service_levels_by_class():
    """An override goes before supply, supply before the class, AX before A before X, and the config's level comes last."""
    keys = [("f", sku) for sku in ("ax", "az", "cx", "given", "decided")]
    spread = {"az": 9.0}
    items = table(Items, *(row(sku, unit_cost=1.0, price=1.2 if sku == "cx" else 100.0) for _, sku in keys))
    profile = table(
        SeriesProfile,
        *(
            {"region": "r", "fc": fc, "sku": sku, "mean_demand": 5.0, "sd_demand": spread.get(sku, 1.0), "whole_units": True}
            | {"calibrated": True, "errors_measured": True, "model": "m", "active": True}
            for fc, sku in keys
        ),
    )
    levels = {"AX": 0.99, "A": 0.9, "X": 0.8}
    kept = []
    recommend(
        run_id="now", as_of=SUNDAY, frequency="day", horizon=14, profile=profile, paths=PoissonPaths([5.0] * 5), mean=np.full((5, 14), 5.0),
        positions=table(StockPosition), inbound=None, supply=table(Supply, row("given", fc=None, service_level=0.7)), items=items,
        receipts=None,
        overrides=table(Overrides, row("decided", field="service_level", value=0.6, expires=date(2024, 5, 1))),
        previous=None,
        settings=changed(objective="service", service_levels=levels), rng_seed=7, keep=kept.append,
    )  # fmt: skip
    found = kept[0].rows.select("sku", "service_level", "service_class").rows()
    assert found == [("ax", 0.99, "AX"), ("az", 0.9, "A"), ("cx", 0.8, "X"), ("given", 0.7, None), ("decided", 0.6, None)]
    higher = only(settings=changed(objective="service", service_levels={"X": 0.999}), profile={"sd_demand": 1.0}, stock=10.0)
    assert higher["order_units"] > only(settings=changed(objective="service"), profile={"sd_demand": 1.0}, stock=10.0)["order_units"]


def decision(field, value, expires=date(2024, 4, 30)):
    return table(Overrides, row(field=field, value=value, reason="why", author="me", expires=expires))


def test_decisions_of_planners():
    usual = only()
    assert only(overrides=decision("order_units", 33.0))["order_units"] == 33
    assert only(overrides=decision("order_units", 33.0), stock={})["order_units"] == 33
    assert only(overrides=decision("demand_multiplier", 2.0))["demand_mean"] == 40
    assert only(overrides=decision("demand_multiplier", 2.0))["order_units"] > usual["order_units"] + 5
    assert only(overrides=decision("service_level", 0.5))["protection_demand_target"] == usual["protection_demand_p50"]
    excluded = only(overrides=decision("exclude", 1.0))
    assert (excluded["order_units"], excluded["action"]) == (0, "none")
    assert {"excluded", "override"} <= set(excluded["reasons"])
    assert only(overrides=decision("order_units", 33.0, expires=date(2024, 4, 15)))["order_units"] == 33
    assert only(overrides=decision("order_units", 33.0, expires=SUNDAY))["order_units"] == usual["order_units"]
    assert only(overrides=decision("lost_units", 33.0)) == usual


def test_a_service_level_out_of_range_is_refused_with_a_message():
    frame, messages = night(overrides=decision("service_level", 95.0))
    assert [m.code for m in messages] == ["override_out_of_range"]
    assert frame.row(0, named=True)["protection_demand_target"] == only()["protection_demand_target"]


def test_an_item_no_longer_on_sale_gets_no_order():
    got = only(profile={"active": False}, stock=0.0)
    assert (got["order_units"], got["action"]) == (0, "none")
    assert "not_on_sale" in got["reasons"]


def test_actions():
    at_risk = {"stock": 5.0, "settings": changed(lead_time_days=6)}
    assert only(**at_risk)["action"] == "expedite"
    frame, _ = night([("f", "a"), ("g", "a")], stock={("f", "a"): 5.0, ("g", "a"): 200.0}, settings=at_risk["settings"])
    assert dict(frame.select("fc", "action").iter_rows()) == {"f": "transfer", "g": "wait" if frame["order_by_date"][1] else "none"}
    # What one fc can spare is promised once, to the neediest.
    keys = [("f", "a"), ("g", "a"), ("h", "a")]
    frame, _ = night(keys, stock=dict(zip(keys, (5.0, 0.0, 110.0), strict=True)), settings=at_risk["settings"])
    assert dict(frame.select("fc", "action").iter_rows())["g"] == "transfer"
    assert dict(frame.select("fc", "action").iter_rows())["f"] == "expedite"
    assert only(stock=5_000.0)["action"] == "mark_down"
    assert only(stock=5_000.0, settings=changed(overstock_days=10_000))["action"] == "none"


def test_limits_say_what_they_did():
    def reasons(**terms):
        got = only(stock=18.0, supply=table(Supply, row(fc=None, **terms)))
        return got["order_units"], got["reasons"], got["data_flags"]

    units, why, _ = reasons(case_pack=50.0)
    assert units == 0
    assert "case_does_not_pay" in why
    units, why, _ = reasons(moq=50.0)
    assert units == 0
    assert "moq_does_not_pay" in why
    units, why, _ = reasons(max_units=2.0)
    assert units == 2
    assert "capped_at_max_units" in why
    units, _, flags = reasons(moq=5.0, max_units=2.0)
    assert units == 0
    assert "moq_above_max_units" in flags


def test_what_changed_since_the_night_before():
    before, _ = night(stock=20.0)

    def why(**kwargs):
        got = only(previous=before, **{"stock": 20.0} | kwargs)
        return got["previous_order_units"], got["change_reason"]

    units = before["order_units"][0]
    assert before["change_reason"][0] == "first recommendation"
    assert why() == (units, None)
    assert why(stock=13.0) == (units, "stock fell by 7")
    assert why(rates=[6.0]) == (units, "demand forecast up 20%")
    assert why(overrides=decision("exclude", 1.0)) == (units, "a planner's decision")
    assert why(stock={}) == (units, "stock is no longer known")
    assert only([("f", "new")], previous=before)["change_reason"] == "first recommendation"


def test_order_of_rows_does_not_matter_and_the_most_valuable_come_first():
    keys = [("f", "a"), ("f", "b"), ("g", "a"), ("g", "b")]
    stock = dict(zip(keys, (2.0, 9.0, 30.0, 0.0), strict=True))
    inbound = table(Inbound, *(row("b", units=0.1 * n, expected_date=SUNDAY + timedelta(days=2)) for n in range(1, 8)))
    frame, _ = night(keys, [5.0] * 4, stock=stock, inbound=inbound)
    again, _ = night(keys, [5.0] * 4, stock=dict(reversed(stock.items())), inbound=inbound.reverse())
    assert frame.equals(again)
    margins = frame.get_column("expected_lost_margin").to_list()
    assert margins == sorted(margins, reverse=True)
    assert frame.row(0, named=True)["fc"] == "g"


def test_lead_times_that_vary_raise_the_safety_stock():
    lines = [
        row(ordered_date=SUNDAY - timedelta(days=40 + n), received_date=SUNDAY - timedelta(days=40 + n - d), units_ordered=1.0)
        for n, d in enumerate((1, 2, 3, 4, 5))
    ]
    certain, varying = only(stock=20.0), only(stock=20.0, receipts=table(Receipts, *lines))
    assert varying["arrival_date"] == certain["arrival_date"]
    # Five lines leave room for later ones than any seen.
    assert varying["demand_mean"] == pytest.approx(20, abs=1)
    assert varying["stockout_probability_before_arrival"] > certain["stockout_probability_before_arrival"]


def test_waiting_demand_is_ordered_for_and_lost_demand_is_not():
    lost = only(stock=0.0)
    waits = only(stock=0.0, settings=changed(unmet_demand="backorder"))
    assert waits["order_units"] == pytest.approx(lost["order_units"] + 15, abs=3)


def test_no_series_no_rows_and_shapes_that_disagree_are_refused():
    assert night([])[0].is_empty()
    with pytest.raises(ValueError, match="one row per row of the profile"):
        night([("f", "a")], [5.0, 6.0])


def test_every_code_in_use_is_explained():
    assert all(text[0].islower() and not text.endswith(".") for text in [*REASONS.values(), *DATA_FLAGS.values()])
    frame, _ = night([("f", "a"), ("g", "a")], stock={("f", "a"): 0.0})
    assert {code for codes in frame["reasons"] for code in codes} <= set(REASONS)
    assert {code for codes in frame["data_flags"] for code in codes} <= set(DATA_FLAGS)
