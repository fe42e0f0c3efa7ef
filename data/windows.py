"""Sums over trailing windows of a panel, as polars expressions on whole columns.

A panel is sorted by series and date without gaps; its column `pos` counts the rows of each series from 0. Sums are
differences of running totals in Int64 fixed point: exact, so the same numbers whatever the order, the chunks or the threads.
"""

import polars as pl

POINT = 1_000
"""Fixed point: a unit of demand is this many Int64 counts."""

SQUARE_POINT = 10_000
"""Fixed point of squares: coarser, so that those of a window fit into Int64 up to a few million units per period."""


def fixed(expression: pl.Expr) -> pl.Expr:
    """Return a quantity as Int64 fixed point, nulls as 0."""
    return (expression * POINT).round().fill_null(0).cast(pl.Int64)


def fixed_square(point: pl.Expr) -> pl.Expr:
    """Return the square of a quantity in Int64 fixed point as counts of SQUARE_POINT."""
    return point * point // (POINT * POINT // SQUARE_POINT)


def running(expression: pl.Expr) -> pl.Expr:
    """Return the running total of an Int64 quantity within each series, current row included."""
    total = expression.cum_sum()
    before = pl.when(pl.col("pos") == 0).then(total - expression).forward_fill()
    return total - before


def lag(expression: pl.Expr, periods: int) -> pl.Expr:
    """Return the value `periods` rows earlier in the same series; null before its first row."""
    return pl.when(pl.col("pos") >= periods).then(expression.shift(periods))


def earlier(expression: pl.Expr, periods: int) -> pl.Expr:
    """Return the count `periods` rows earlier in the same series; 0 before its first row."""
    return pl.when(pl.col("pos") >= periods).then(expression.shift(periods, fill_value=0)).otherwise(0) if periods else expression


def carried(expression: pl.Expr) -> pl.Expr:
    """Return the newest known value at or before each row of the same series; null before the first."""
    source = pl.when(expression.is_not_null()).then(pl.int_range(pl.len())).forward_fill()
    return pl.when(source >= pl.int_range(pl.len()) - pl.col("pos")).then(expression.forward_fill())


def window_sum(total: str, periods: int, *, ending: int = 0) -> pl.Expr:
    """Return the sum over `periods` rows of the same series that end `ending` rows before the current one.

    `total` names a column made by `running`; rows before the series began count as 0.
    """
    return earlier(pl.col(total), ending) - earlier(pl.col(total), ending + periods)


def ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Return numerator ÷ denominator as Float32, null where the denominator is 0."""
    return pl.when(denominator > 0).then(numerator.cast(pl.Float64) / denominator.cast(pl.Float64)).cast(pl.Float32)


def window_mean(total: str, count: str, periods: int, *, ending: int = 0) -> pl.Expr:
    """Return the mean of a fixed-point quantity over the counted rows of a trailing window, in its own units."""
    return ratio(window_sum(total, periods, ending=ending), window_sum(count, periods, ending=ending) * POINT)


def window_variance(total: str, squares: str, count: str, periods: int, *, ending: int = 0) -> pl.Expr:
    """Return the population variance of a quantity over the counted rows of a trailing window, Float64, null where there are none.

    `total` and `squares` name running totals in counts of POINT and SQUARE_POINT. The difference of two large numbers: in
    Float32 an item that sells a thousand a day, give or take one, would have no spread or one twice too wide.
    """
    rows = window_sum(count, periods, ending=ending)
    mean = window_sum(total, periods, ending=ending) / POINT / rows
    square = window_sum(squares, periods, ending=ending) / SQUARE_POINT / rows
    return pl.when(rows > 0).then((square - mean * mean).clip(lower_bound=0))


def seasonal_sum(column: str, season: int, cycles: int) -> pl.Expr:
    """Return the sum of an Int64 column over the current row and the rows 1 … cycles − 1 seasons before it."""
    terms = [pl.col(column), *(earlier(pl.col(column), season * k) for k in range(1, cycles))]
    return pl.sum_horizontal(terms)
