"""Why tonight's order differs from the run before, in a few words."""

import polars as pl

COMPARED = ("order_units", "on_hand", "inbound_units", "demand_mean", "order_up_to", "reasons")


def with_changes(rows: pl.DataFrame, previous: pl.DataFrame | None) -> pl.DataFrame:
    """Return `rows` with previous_order_units and change_reason, in the order given.

    order = order-up-to − position, so a change is put down to whichever of forecast, safety stock, stock and inbound moved the
    order furthest in the direction it went. Both frames hold recommendations; a row that is new says so.
    """
    if previous is None:
        return rows.with_columns(
            pl.lit(None, dtype=pl.Float64).alias("previous_order_units"), pl.lit("first recommendation").alias("change_reason")
        )
    before = previous.select("fc", "sku", *(pl.col(name).alias(f"{name}_before") for name in COMPARED), pl.lit(True).alias("seen"))
    joined = rows.with_row_index("change_row").join(before, on=["fc", "sku"], how="left").sort("change_row")
    return joined.with_columns(pl.col("order_units_before").alias("previous_order_units"), _reason().alias("change_reason")).select(
        *rows.columns, "previous_order_units", "change_reason"
    )


def _reason() -> pl.Expr:
    now, then = pl.col("order_units"), pl.col("order_units_before")
    return (
        pl.when(pl.col("seen").is_null())
        .then(pl.lit("first recommendation"))
        .when(now.eq_missing(then))
        .then(None)
        .when(now.is_null())
        .then(pl.lit("stock is no longer known"))
        .when(then.is_null())
        .then(pl.lit("stock has become known"))
        .when(_said("override") | _said("excluded"))
        .then(pl.lit("a planner's decision"))
        .when(_said_before("override") | _said_before("excluded"))
        .then(pl.lit("a planner's decision ended"))
        .when(_said("not_an_order_day"))
        .then(pl.lit("no order goes out on this day"))
        .when(_said_before("not_an_order_day"))
        .then(pl.lit("orders go out again"))
        .when(_said("not_on_sale"))
        .then(pl.lit("no longer on sale"))
        .otherwise(_largest(pl.when(now > then).then(1.0).otherwise(-1.0)))
    )


def _said(code: str) -> pl.Expr:
    return pl.col("reasons").list.contains(code)


def _said_before(code: str) -> pl.Expr:
    return pl.col("reasons_before").list.contains(code)


def _largest(sign: pl.Expr) -> pl.Expr:
    """Return the words for the part that pushed the order furthest in the direction `sign`."""
    demand = pl.col("demand_mean") - pl.col("demand_mean_before")
    safety = pl.col("order_up_to") - pl.col("order_up_to_before") - demand
    stock = pl.col("on_hand") - pl.col("on_hand_before")
    inbound = pl.col("inbound_units") - pl.col("inbound_units_before")
    share = (demand / pl.col("demand_mean_before") * 100).abs().round(0)
    pushes = {
        "demand": (sign * demand).fill_null(0),
        "stock": (-sign * stock).fill_null(0),
        "inbound": (-sign * inbound).fill_null(0),
        "safety": (sign * safety).fill_null(0),
    }
    top = pl.max_horizontal(*pushes.values())
    grew = pl.col("demand_mean_before") > 0
    return (
        pl.when(top <= 0)
        .then(pl.lit("rounding to whole cases"))
        .when((pushes["demand"] == top) & grew & (share >= 1))
        .then(pl.format("demand forecast {} {}%", _way(demand, "up", "down"), _number(share)))
        .when(pushes["demand"] == top)
        .then(pl.format("demand forecast {} by {}", _way(demand, "up", "down"), _number(demand.abs())))
        .when((pushes["stock"] == top) & (stock > 0) & (inbound < 0))
        .then(pl.format("inbound arrived: stock rose by {}", _number(stock.abs())))
        .when(pushes["stock"] == top)
        .then(pl.format("stock {} by {}", _way(stock, "rose", "fell"), _number(stock.abs())))
        .when(pushes["inbound"] == top)
        .then(pl.format("units on their way {} by {}", _way(inbound, "rose", "fell"), _number(inbound.abs())))
        .otherwise(pl.format("safety stock {} by {}", _way(safety, "up", "down"), _number(safety.abs())))
    )


def _way(change: pl.Expr, up: str, down: str) -> pl.Expr:
    return pl.when(change > 0).then(pl.lit(up)).otherwise(pl.lit(down))


def _number(value: pl.Expr) -> pl.Expr:
    """Return a number as a person writes it: whole where it is, else one decimal (two below 1)."""
    rounded = pl.when(value < 1).then(value.round(2)).otherwise(value.round(1))
    return rounded.cast(pl.String).str.replace(r"\.0$", "")
