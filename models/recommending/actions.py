"""What a planner should do about a row, and the codes that say why."""

import polars as pl


def with_orders(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with columns order_units (after decisions and order days) and at_risk: whether stock may run out before they arrive."""
    unknown = pl.col("on_hand").is_null()
    by_hand = pl.col("override_order_units").is_not_null()
    order_units = (
        pl.when(_excluded())
        .then(0.0)
        .when(unknown & ~by_hand)
        .then(None)
        .when(~pl.col("active") & ~by_hand)
        .then(0.0)
        .when(pl.col("wait_days") > 0)
        .then(0.0)
        .when(by_hand)
        .then(pl.col("override_order_units"))
        .otherwise(pl.col("simulated_order"))
    )
    at_risk = ~unknown & pl.col("active") & (pl.col("risk_before_arrival") > 1 - pl.col("service_level") + 1e-9)
    return rows.with_columns(order_units.alias("order_units"), at_risk.alias("at_risk"))


def with_actions(rows: pl.DataFrame, *, overstock_days: float, order_line_cost: float = 0.0) -> pl.DataFrame:
    """Return `rows` with columns action and reasons, in the order given; they must hold all rows of an item in a region, `with_orders`.

    Actions from the most urgent down: transfer (stock may run out before an order could arrive, and another fc of the region
    holds more of the item than it needs), expedite (the same, and an order or an inbound line can be hurried), mark_down
    (overstock), order, wait (nothing tonight, but a last order date lies ahead), none.
    """
    unknown = pl.col("on_hand").is_null()
    by_hand = pl.col("override_order_units").is_not_null()
    excluded, closed, at_risk = _excluded(), pl.col("wait_days") > 0, pl.col("at_risk")
    rows = rows.with_columns(_surplus_elsewhere().alias("surplus_elsewhere"))
    surplus = pl.col("surplus_elsewhere")
    overstock = ~unknown & (pl.col("days_of_cover_with_inbound") > overstock_days) & (pl.col("raw") <= 0)
    orders = pl.col("order_units") > 0
    ahead = pl.col("active") & ~excluded & (pl.col("order_by_date") >= pl.col("order_date"))
    action = (
        pl.when(surplus)
        .then(pl.lit("transfer"))
        .when(at_risk & (orders | (pl.col("inbound_units") > 0)))
        .then(pl.lit("expedite"))
        .when(overstock & ~orders)
        .then(pl.lit("mark_down"))
        .when(orders)
        .then(pl.lit("order"))
        .when(~unknown & ahead)
        .then(pl.lit("wait"))
        .otherwise(pl.lit("none"))
    )
    decides = ~unknown & pl.col("active") & ~excluded & ~by_hand
    missing = decides & (pl.col("raw") > 0)
    ordered = decides & (pl.col("simulated_order") > 0)
    no_room = pl.col("max_units").is_not_null() & (pl.col("max_units") < pl.col("lump"))
    capped = (
        pl.col("max_units").is_not_null()
        & (pl.col("raw") > pl.col("simulated_order"))
        & (pl.col("simulated_order") + pl.col("case_pack") > pl.col("max_units"))
    )
    nothing = missing & (pl.col("simulated_order") == 0) & ~no_room
    paid = pl.lit(order_line_cost > 0) & (pl.col("rule") == "cost")
    codes = {
        "below_order_up_to": missing,
        "position_covers_demand": decides & (pl.col("raw") <= 0),
        "rounded_to_cases": ordered & (pl.col("case_pack") != 1) & ((pl.col("raw") - pl.col("simulated_order")).abs() > 1e-6),
        "raised_to_moq": ordered
        & (pl.col("simulated_order") == pl.col("lump"))
        & (pl.col("lump") > pl.col("case_pack"))
        & (pl.col("raw") < pl.col("lump")),
        "case_does_not_pay": nothing & ~paid & (pl.col("lump") <= pl.col("case_pack")),
        "moq_does_not_pay": nothing & ~paid & (pl.col("lump") > pl.col("case_pack")),
        "order_does_not_pay_its_line": nothing & paid,
        "capped_at_max_units": missing & capped,
        "not_an_order_day": closed,
        "risk_before_arrival": at_risk,
        "surplus_elsewhere": surplus,
        "overstock": overstock,
        "override": _overridden(),
        "excluded": excluded,
        "not_on_sale": ~pl.col("active"),
        "stock_unknown": unknown,
        "simple_rule": ~pl.col("errors_measured"),
        "service_without_costs": pl.col("costs_unknown"),
        "service_without_shortage_cost": pl.col("shortage_worthless"),
    }
    return rows.with_columns(action.alias("action"), listed(codes).alias("reasons"))


def _excluded() -> pl.Expr:
    return pl.col("override_exclude").fill_null(0) > 0


def _surplus_elsewhere() -> pl.Expr:
    """Return whether a row at risk can be helped by other fcs of its region, the neediest first, no unit promised twice.

    An fc that is not at risk can spare what it holds beyond its order-up-to level and the demand of one more protection
    interval: less would be missed there before long.
    """
    at_risk = pl.col("at_risk").fill_null(False)
    beyond = -pl.col("raw") - pl.col("demand_mean")
    spare = (
        pl.when(pl.col("on_hand").is_not_null() & ~at_risk).then(pl.min_horizontal("on_hand", beyond).clip(lower_bound=0)).otherwise(0.0)
    )
    need = pl.when(at_risk).then(pl.max_horizontal("unmet_before_arrival", pl.lit(1.0))).otherwise(0.0)
    # Whole thousandths: sums that do not depend on the order of rows.
    spare, need = ((units * 1_000).round().cast(pl.Int64) for units in (spare, need))
    promised = need.cum_sum().over("region", "sku", order_by=[-need, pl.col("fc")])
    return at_risk & (promised <= spare.sum().over("region", "sku"))


def with_flags(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` with column data_flags: codes of what was unusual in the row's data."""
    cases = pl.col("override_order_units") / pl.col("case_pack")
    flags = {
        "stock_unknown": pl.col("on_hand").is_null(),
        "stock_rolled_forward": pl.col("stock_rolled_forward").fill_null(False),
        "inbound_overdue": pl.col("inbound_overdue").fill_null(False),
        "unit_cost_unknown": pl.col("unit_cost").is_null(),
        "costs_unknown": pl.col("costs_unknown"),
        "shortage_cost_zero": pl.col("shortage_worthless"),
        "uncalibrated": ~pl.col("calibrated"),
        "moq_above_max_units": pl.col("max_units") < pl.col("lump"),
        "override_not_whole_cases": (cases - cases.round()).abs() > 1e-6,
    }
    return rows.with_columns(listed(flags).alias("data_flags"))


def listed(codes: dict[str, pl.Expr]) -> pl.Expr:
    """Return the list of the codes whose condition holds; an unknown condition does not."""
    return pl.concat_list(pl.when(condition.fill_null(False)).then(pl.lit(code)) for code, condition in codes.items()).list.drop_nulls()


def _overridden() -> pl.Expr:
    fields = ("order_units", "demand_multiplier", "service_level", "exclude")
    return pl.any_horizontal(pl.col(f"override_{field}").is_not_null() for field in fields)
