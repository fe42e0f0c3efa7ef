"""What the picture of a row is drawn from: its history, its fan, its projected stock, as small whole numbers."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flows.report.contents import ReportData

Floats = NDArray[np.float64]

PAST_PERIODS = {"day": 70, "week": 52}
"""Periods of history in a picture."""

MOST_AHEAD = 56
"""Periods ahead in a picture."""

FAN = ("p05", "p25", "p50", "p75", "p95")
STOCK = ("stock_p10", "stock_p50", "stock_p90")
STEP_DAYS = {"day": 1, "week": 7}

STEPS_TO_THE_TOP = 999
"""Whole steps up to a row's largest value: finer than a screen can show."""


def pictures(data: ReportData, rows: pl.DataFrame) -> dict[str, Any]:
    """Return what is drawn of `rows` (columns fc, sku), in their order.

    Every value is a whole number of the row's step, −1 where unknown. `fan` and `stock` hold the lowest quantile and then
    differences to the one below. `out` lists period, per cent of it in stock and units sold of periods not fully in stock.
    `arrivals` lists period and units on their way.
    """
    keys = rows.select("fc", "sku").with_row_index("row")
    past = PAST_PERIODS[data.frequency]
    step_days = STEP_DAYS[data.frequency]
    last = _last_period(data)
    begun = [last - timedelta(days=step_days * back) for back in range(past - 1, -1, -1)]
    ahead_dates = sorted(data.forecasts["date"].unique().to_list())[:MOST_AHEAD]
    history = _placed(data.history, keys, begun)
    demand = _matrix(history, "demand", keys.height, past)
    demand_step = _steps(demand, whole=True)
    fan = [_matrix(_placed(data.forecasts, keys, ahead_dates), name, keys.height, len(ahead_dates)) for name in FAN]
    outlook = _placed(data.outlook, keys, ahead_dates)
    stock = [_matrix(outlook, name, keys.height, len(ahead_dates)) for name in STOCK]
    without = _matrix(outlook, "stock_p50_without_order", keys.height, len(ahead_dates))
    fan_step, stock_step = _steps(np.stack(fan)), _steps(np.stack([*stock, without]))
    return {
        "past_from": (begun[0] - data.as_of).days,
        "ahead_from": (ahead_dates[0] - data.as_of).days if ahead_dates else 1,
        "demand_step": demand_step.tolist(),
        "demand": _whole(demand, demand_step),
        "out": _out(history, keys.height),
        "fan_step": fan_step.tolist(),
        "fan": _stacked(fan, fan_step),
        "stock_step": stock_step.tolist(),
        "stock": _stacked(stock, stock_step),
        "without": _whole_or_nothing(without, stock[1], stock_step),
        "arrivals": _arrivals(outlook, keys.height),
    }


def _last_period(data: ReportData) -> date:
    """Return the first day of the last known period."""
    if data.frequency == "day" or data.forecasts.is_empty():
        return data.as_of
    first: date = data.forecasts["date"].min()  # type: ignore[assignment]
    return first - timedelta(days=STEP_DAYS[data.frequency])


def _placed(frame: pl.DataFrame, keys: pl.DataFrame, dates: Sequence[date]) -> pl.DataFrame:
    """Return the rows of `frame` that a picture shows, with `row` and `period` saying where they belong, sorted."""
    when = pl.DataFrame({"date": dates, "period": range(len(dates))}, schema={"date": pl.Date, "period": pl.Int64})
    return frame.join(keys, on=["fc", "sku"]).join(when, on="date").sort("row", "period")


def _matrix(placed: pl.DataFrame, column: str, rows: int, periods: int) -> Floats:
    values = np.full((rows, periods), np.nan)
    values[placed["row"].to_numpy(), placed["period"].to_numpy()] = placed[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return values


def _steps(values: Floats, *, whole: bool = False) -> Floats:
    """Return each row's step, a power of ten; 1 where `whole` and every value of the row is a small integer."""
    rows = np.moveaxis(values, -2, 0).reshape(values.shape[-2], values.size // max(values.shape[-2], 1))
    top = np.nanmax(np.abs(np.nan_to_num(rows)), axis=1, initial=0.0)
    steps = 10.0 ** np.ceil(np.log10(np.maximum(top, 1e-2) / STEPS_TO_THE_TOP))
    if whole:
        integers = np.all(np.nan_to_num(rows) == np.rint(np.nan_to_num(rows)), axis=1)
        steps = np.where(integers, 1.0, steps)
    rounded: Floats = np.round(steps, 8)
    return rounded


def _whole(values: Floats, steps: Floats) -> list[list[int]]:
    counts = np.where(np.isnan(values), -1, np.rint(np.nan_to_num(values) / steps[:, None]))
    rows: list[list[int]] = counts.astype(np.int64).tolist()
    return rows


def _stacked(quantiles: Sequence[Floats], steps: Floats) -> list[list[list[int]] | None]:
    """Return per row its quantiles, each as whole steps above the one below; None for a row without any."""
    counts = np.stack([np.rint(np.nan_to_num(values) / steps[:, None]) for values in quantiles], axis=1).astype(np.int64)
    counts[:, 1:] = np.diff(counts, axis=1)
    known: list[bool] = np.any(np.isfinite(quantiles[0]), axis=1).tolist()
    return [row if there else None for row, there in zip(counts.tolist(), known, strict=True)]


def _whole_or_nothing(values: Floats, other: Floats, steps: Floats) -> list[list[int] | None]:
    """Return per row its whole steps, None where they are those of `other`: then no order makes the difference."""
    differs: list[bool] = np.any(np.nan_to_num(values) != np.nan_to_num(other), axis=1).tolist()
    counts = np.rint(np.nan_to_num(values) / steps[:, None]).astype(np.int64).tolist()
    return [row if there else None for row, there in zip(counts, differs, strict=True)]


def _out(history: pl.DataFrame, rows: int) -> list[list[float]]:
    out: list[list[float]] = [[] for _ in range(rows)]
    short = history.filter(pl.col("in_stock_share") < 1).with_columns((pl.col("in_stock_share") * 100).round().cast(pl.Int64))
    for row, period, share, units in short.select("row", "period", "in_stock_share", "units").iter_rows():
        out[row] += [period, share, round(units or 0, 1)]
    return out


def _arrivals(outlook: pl.DataFrame, rows: int) -> list[list[float]]:
    arrivals: list[list[float]] = [[] for _ in range(rows)]
    for row, period, units in outlook.filter(pl.col("inbound_units") > 0).select("row", "period", "inbound_units").iter_rows():
        arrivals[row] += [period, units]
    return arrivals
