"""How grave an alert is: the money at stake and the time left to act, added up."""

from datetime import date

import polars as pl

NOW_DAYS, SOON_DAYS = 3, 14
"""Days left to act up to which an alert counts as for now, and as for soon."""

MOST, NOTABLE = 10.0, 0.1
"""Shares of `large_value` from which money counts as very large, and as notable."""


def severity(as_of: date, large_value: float) -> pl.Expr:
    """Return critical, high, medium or low for rows with value_at_risk, cost_until_sold, act_by, urgent and kind.

    Money is what is at stake in all: what a surplus costs until it is sold, else the value at risk. It gives 1 point from a tenth of
    `large_value`, 2 from `large_value`, 3 from ten times it. Time gives 2 points where at most NOW_DAYS are left after `as_of` (or none,
    or the problem cannot wait), 1 for at most SOON_DAYS, an unknown last day none. Four points are critical, three high, two medium. Less
    than a tenth of `large_value` is low however little time is left; unknown money gives no point, and is low only where there is time.
    An error in the data is high, a warning medium.
    """
    stake = pl.coalesce("cost_until_sold", "value_at_risk")
    money = _points(stake, [large_value * NOTABLE, large_value, large_value * MOST])
    left = (pl.col("act_by") - pl.lit(as_of)).dt.total_days()
    now = pl.col("urgent") | (left <= NOW_DAYS).fill_null(False)
    time = pl.when(now).then(2).when(left <= SOON_DAYS).then(1).otherwise(0)
    points = pl.when(stake < large_value * NOTABLE).then(0).otherwise(money + time)
    return (
        pl.when(pl.col("kind") == "data_problem")
        .then(pl.when(pl.col("urgent")).then(pl.lit("high")).otherwise(pl.lit("medium")))
        .when(points >= 4)
        .then(pl.lit("critical"))
        .when(points == 3)
        .then(pl.lit("high"))
        .when(points == 2)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )


def _points(value: pl.Expr, steps: list[float]) -> pl.Expr:
    """Return how many of the steps a value reaches, none where it is unknown."""
    return pl.sum_horizontal((value >= step).fill_null(False).cast(pl.Int32) for step in steps)
