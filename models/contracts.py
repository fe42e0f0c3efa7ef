"""Contracts of what a run publishes: forecasts, recommendations, alerts, plan messages and metrics. No I/O here."""

from itertools import pairwise

import dataframely as dy
import polars as pl

QUANTILES = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}
"""Published quantiles of demand per period, column name → level."""

ACTIONS = ("order", "expedite", "wait", "transfer", "mark_down", "none")
ALERT_KINDS = ("stocked_out", "stockout_risk", "late_inbound", "overstock", "slow_mover", "demand_shift", "data_problem")
SEVERITIES = ("critical", "high", "medium", "low")
STATES = ("new", "worse", "same", "better", "cleared")


class Forecasts(dy.Schema):
    """Demand, not sales, per period: every active sku × fc for every period of the horizon."""

    run_id = dy.String(description="run that published the row")
    as_of = dy.Date(description="last complete day that the run knew")
    region = dy.String(description="group of fcs that share a forecaster")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    date = dy.Date(primary_key=True, description="day, or first day of the week, that is forecast")
    horizon = dy.Int32(min=1, description="periods after the last known one")
    mean = dy.Float64(min=0, description="mean demand of the period, units")
    p05 = dy.Float64(min=0, description="demand of the period that is not exceeded with probability 0.05, units")
    p10 = dy.Float64(min=0, description="demand of the period that is not exceeded with probability 0.1, units")
    p25 = dy.Float64(min=0, description="demand of the period that is not exceeded with probability 0.25, units")
    p50 = dy.Float64(min=0, description="median demand of the period, units")
    p75 = dy.Float64(min=0, description="demand of the period that is not exceeded with probability 0.75, units")
    p90 = dy.Float64(min=0, description="demand of the period that is not exceeded with probability 0.9, units")
    p95 = dy.Float64(min=0, description="demand of the period that is not exceeded with probability 0.95, units")

    @dy.rule()
    def quantiles_do_not_cross(cls) -> pl.Expr:
        names = list(QUANTILES)
        return pl.all_horizontal(pl.col(low) <= pl.col(high) for low, high in pairwise(names)).fill_null(False)


class SeriesProfile(dy.Schema):
    """What the forecasters know of each sku × fc besides its forecast; row i belongs to row i of the sample paths."""

    region = dy.String(description="group of fcs that share a forecaster")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    mean_demand = dy.Float64(nullable=True, min=0, description="recent mean of cleaned demand per period, units")
    sd_demand = dy.Float64(nullable=True, min=0, description="standard deviation of cleaned demand per period, units")
    whole_units = dy.Bool(description="whether every quantity of the history is an integer")
    calibrated = dy.Bool(description="whether the segment's predictive distribution passed its calibration check")
    errors_measured = dy.Bool(description="whether its errors were seen on held-back windows; without any they are assumed")
    model = dy.String(nullable=True, description="which forecaster made the row's forecast")
    active = dy.Bool(description="whether the item is on sale and forecast")


class Recommendations(dy.Schema):
    """One row per sku × fc, most valuable first. Units are units of the item; money is the fc's currency."""

    run_id = dy.String(description="run that published the row")
    as_of = dy.Date(description="last complete day that the run knew")
    region = dy.String(description="group of fcs that share a forecaster")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    name = dy.String(nullable=True, description="what people call the item")
    supplier = dy.String(nullable=True, description="who delivers it")
    seller = dy.String(nullable=True, description="who sells it")
    abc = dy.String(nullable=True, regex="^[ABC]$", description="by margin: the first 80%, the next 15%, the rest")
    xyz = dy.String(
        nullable=True, regex="^[XYZ]$", description="by the coefficient of variation of cleaned demand: up to 0.5, up to 1.0, above"
    )
    on_hand = dy.Float64(nullable=True, description="units sellable at the close of as_of; null when stock is unknown")
    inbound_units = dy.Float64(nullable=True, description="units of open order lines")
    inventory_position = dy.Float64(nullable=True, description="on hand + becoming sellable + inbound − backordered")
    demand_mean = dy.Float64(nullable=True, description="mean demand over the protection interval, units")
    protection_demand_p50 = dy.Float64(nullable=True, description="median demand over the protection interval, units")
    protection_demand_target = dy.Float64(nullable=True, description="demand over the protection interval at the service level, units")
    days_of_cover = dy.Float64(nullable=True, description="on hand ÷ mean daily demand; null without demand")
    days_of_cover_with_inbound = dy.Float64(nullable=True, description="(on hand + inbound) ÷ mean daily demand; null without demand")
    stockout_probability_before_arrival = dy.Float64(
        nullable=True, min=0, max=1, description="chance of unmet demand before tonight's order could arrive; 0 when the lead time is 0"
    )
    stockout_probability_without_order = dy.Float64(
        nullable=True, min=0, max=1, description="chance of unmet demand within the protection interval if nothing is ordered"
    )
    stockout_date_p10 = dy.Date(
        nullable=True,
        description="date by which unmet demand has begun with probability 0.1, without further orders; null beyond the horizon",
    )
    stockout_date_p50 = dy.Date(nullable=True, description="the same with probability 0.5")
    stockout_date_p90 = dy.Date(nullable=True, description="the same with probability 0.9")
    expected_lost_units = dy.Float64(
        nullable=True, min=0, description="mean unmet demand within the protection interval if nothing is ordered"
    )
    expected_lost_margin = dy.Float64(nullable=True, min=0, description="the same in money, at the shortage cost")
    order_up_to = dy.Float64(nullable=True, description="inventory position + raw_units")
    safety_stock = dy.Float64(nullable=True, description="order_up_to − demand_mean")
    reorder_point = dy.Float64(nullable=True, description="highest inventory position at which an order pays")
    raw_units = dy.Float64(
        nullable=True, description="best order before cases, MOQ and limits; negative when the position is above the level"
    )
    order_units = dy.Float64(nullable=True, min=0, description="what to order tonight, in whole cases; null when stock is unknown")
    order_value = dy.Float64(nullable=True, min=0, description="order_units × unit cost")
    order_date = dy.Date(description="as_of + 1")
    arrival_date = dy.Date(nullable=True, description="first day on sale of tonight's order")
    next_order_date = dy.Date(nullable=True, description="the next chance to order")
    order_by_date = dy.Date(
        nullable=True, description="last order date that keeps the stock-out risk under target; null beyond the horizon"
    )
    marginal_gain_last_case = dy.Float64(nullable=True, description="money saved by the last case of the order; null without an order")
    action = dy.String(regex=f"^({'|'.join(ACTIONS)})$", description="what to do about the row tonight")
    reasons = dy.List(dy.String(), description="codes that explain the row")
    data_flags = dy.List(dy.String(), description="codes of what was unusual in the row's data")
    model = dy.String(nullable=True, description="which forecaster or rule made the row")
    calibrated = dy.Bool(description="whether the row's segment passed the calibration check; if not, its risks and order are less sure")
    previous_order_units = dy.Float64(nullable=True, description="order_units of the run before; null for a first run or a new row")
    change_reason = dy.String(nullable=True, description="why the order differs from the run before; null where it does not")


class Alerts(dy.Schema):
    """What needs a person's eye, ranked by value at risk. The same problem has the same id every night."""

    alert_id = dy.String(primary_key=True, description="names the problem, not the night: the same every night that it lasts")
    kind = dy.String(regex=f"^({'|'.join(ALERT_KINDS)})$", description="what is wrong")
    region = dy.String(nullable=True, description="region concerned; null when it is not one region's")
    fc = dy.String(nullable=True, description="fulfilment centre concerned; null when it is not one fc's")
    sku = dy.String(nullable=True, description="item concerned; null when it is not one item's")
    severity = dy.String(regex=f"^({'|'.join(SEVERITIES)})$", description="how much it matters, by the money and the time left")
    probability = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="chance that it happens, or that some of a surplus is left; null where there is none to tell",
    )
    expected_date = dy.Date(
        nullable=True, description="day from which it is expected to be felt, or by which a surplus has sold out; null where unknown"
    )
    units_at_risk = dy.Float64(nullable=True, min=0, description="units that would go unmet, or are too many; null where unknown")
    value_at_risk = dy.Float64(
        nullable=True,
        min=0,
        description="the same in money until the next order can arrive: lost margin, or what holding a surplus costs; null where unknown",
    )
    state = dy.String(regex=f"^({'|'.join(STATES)})$", description="against the run before; a cleared one is shown once more")
    first_seen = dy.Date(description="as_of of the first run that raised it")
    message = dy.String(min_length=1, description="what is wrong, in words")
    action = dy.String(nullable=True, description="what to do: the row's action, what to do with a surplus, or what mends the data")
    act_by = dy.Date(nullable=True, description="last day on which something can still be done about it; null where there is none to tell")
    sold_out_date_p10 = dy.Date(
        nullable=True, description="day by which a surplus has sold out with probability 0.1; null beyond a year and for other kinds"
    )
    sold_out_date_p90 = dy.Date(nullable=True, description="the same with probability 0.9")
    cost_until_sold = dy.Float64(
        nullable=True, min=0, description="what holding a surplus costs until it is sold, a year at most; null for other kinds"
    )
    listed = dy.Bool(description="whether it is in the list that people are shown: neither cleared nor snoozed, and within the caps")
    snoozed_by = dy.String(nullable=True, description="the planner who silenced it; null where it is awake")
    snoozed_until = dy.Date(nullable=True, description="order date on which it is told again; null where it sleeps until it gets worse")
    snooze_reason = dy.String(nullable=True, description="why it was silenced")


class Metrics(dy.Schema):
    """What a run measured of itself, one number a row."""

    group = dy.String(description="accuracy, yardstick, coverage, challenge, realised, count, stability or time")
    name = dy.String(description="such as wape, stage_seconds or rows")
    segment = dy.String(nullable=True, description="region, segment, table or stage the value speaks of; null for the whole run")
    value = dy.Float64(nullable=True, description="the number measured")
    unit = dy.String(nullable=True, description="such as seconds, units, share or rows")
