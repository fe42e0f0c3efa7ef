"""What every kind of alert looks at, and the shape in which it answers."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from models.recommending.inbound import LATE
from models.settings import ReplenishmentSettings
from models.stability import no_moves
from models.surplus import Surplus

FOUND: dict[str, type[pl.DataType]] = {
    "region": pl.String,
    "fc": pl.String,
    "sku": pl.String,
    "code": pl.String,
    "urgent": pl.Boolean,
    "probability": pl.Float64,
    "expected_date": pl.Date,
    "units_at_risk": pl.Float64,
    "value_at_risk": pl.Float64,
    "message": pl.String,
    "action": pl.String,
}
"""Columns that a kind returns, one row per problem.

code tells problems of one kind, fc and sku apart; urgent: whether it cannot wait, for problems without a date to act by.
"""

MAY_FIND: dict[str, type[pl.DataType]] = {
    "act_by": pl.Date,
    "sold_out_date_p10": pl.Date,
    "sold_out_date_p90": pl.Date,
    "cost_until_sold": pl.Float64,
}
"""Columns that a kind may return besides. act_by: the last day on which something can still be done about it."""


@dataclass(frozen=True)
class News:
    """What became known since the last published run, and how the forecasts moved.

    moves: see `models.stability.forecast_moves`; since: its last known day; retrained: whether the forecasters were trained anew;
    plan_changed: items whose plan for the compared periods differs.
    """

    moves: pl.DataFrame = field(default_factory=no_moves)
    since: date | None = None
    retrained: bool = False
    plan_changed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Night:
    """Tonight's numbers.

    priced: the recommendations with column unit_cost, null where it is unknown; surplus: what is held beyond any likely need;
    late_lines: overdue order lines and what is to be expected of them, columns as `models.recommending.inbound.LATE`.
    """

    as_of: date
    priced: pl.DataFrame
    plan_messages: pl.DataFrame
    settings: ReplenishmentSettings
    news: News = field(default_factory=News)
    surplus: pl.DataFrame = field(default_factory=Surplus.create_empty)
    late_lines: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LATE))

    @property
    def wanted(self) -> pl.DataFrame:
        """Rows with known stock and some demand: the others have nothing to lose."""
        return self.priced.filter(pl.col("on_hand").is_not_null(), pl.col("demand_mean") > 0)


def units(value: pl.Expr) -> pl.Expr:
    """Return units as a person writes them: at most one decimal, none where whole."""
    return value.round(1).cast(pl.String).str.replace(r"\.0$", "")


def whole(column: str) -> pl.Expr:
    """Return units or money as a person who compares them writes them: whole and in groups of three digits, below ten with a decimal."""
    value = pl.col(column)
    number = value.round(0).cast(pl.Int64)
    thousands = pl.format("{},{}", number // 1_000, (number % 1_000).cast(pl.String).str.zfill(3))
    millions = pl.format("{},{},{}", number // 1_000_000, *((number // size % 1_000).cast(pl.String).str.zfill(3) for size in (1_000, 1)))
    return (
        pl.when(value < 10)
        .then(units(value))
        .when(number < 1_000)
        .then(number.cast(pl.String))
        .when(number < 1_000_000)
        .then(thousands)
        .otherwise(millions)
    )


def counted(column: str) -> pl.Expr:
    """Return a number of units with its noun."""
    number = whole(column)
    return pl.when(number == "1").then(pl.lit("1 unit")).otherwise(pl.format("{} units", number))


def percent(column: str) -> pl.Expr:
    """Return a chance in whole percent; only what is certain is told as 0% or 100%."""
    chance = pl.col(column)
    inside = (chance * 100).round(0).clip(1, 99).cast(pl.Int64)
    return pl.format("{}%", pl.when(chance.is_in([0.0, 1.0])).then((chance * 100).cast(pl.Int64)).otherwise(inside))


def day(value: pl.Expr) -> pl.Expr:
    """Return a date as a person reads it, with its weekday."""
    return value.dt.strftime("%a %d %b %Y")


def plan_words() -> pl.Expr:
    """Return what tonight's row does about it, as the end of a sentence."""
    return (
        pl.when(pl.col("order_units") > 0)
        .then(pl.format("tonight's order of {} is on sale on {}", units(pl.col("order_units")), day(pl.col("arrival_date"))))
        .otherwise(pl.format("nothing is ordered tonight, the next order goes out on {}", day(pl.col("next_order_date"))))
    )
