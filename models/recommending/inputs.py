"""From tables to the arrays that the ordering code works on, one row per sku × fc in the order of the profile."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.lead_times import series_keys
from models.lead_times.lead_times import LeadTimes
from models.lead_times.open_lines import OpenLines, open_lines
from models.ordering.calendar import Calendar
from models.ordering.decide import Series
from models.recommending.inbound import expected_arrivals


def ordering_series(
    rows: pl.DataFrame,
    mean: NDArray[np.float64],
    times: LeadTimes,
    lines: pl.DataFrame,
    calendar: Calendar,
    seed: int,
    order_line_cost: float = 0.0,
) -> Series:
    """Return the arrays to decide on.

    Parameters
    ----------
    rows
        Profile, terms and position joined; nulls stand for unknown costs and unknown stock (which is simulated as none).
    mean
        Mean demand per period, times `demand_multiplier`, shape (rows, periods).
    times
        Lead times of the rows.
    lines
        What is on its way, by `open_order_lines`.
    order_line_cost
        Money per order line.
    """
    peak = (rows.get_column("peak_holding_cost") - rows.get_column("holding_cost")).fill_null(0.0).to_numpy()
    multiplier, weight = _floats(rows, "demand_multiplier"), _floats(rows, "holding_weight")
    keys = series_keys(seed, rows.get_column("sku").to_list(), rows.get_column("fc").to_list())
    return Series(
        start=_floats(rows, "on_hand", 0.0) + _floats(rows, "reserved_becoming_sellable", 0.0) - _floats(rows, "backordered", 0.0),
        inbound=expected_arrivals(lines.filter(~pl.col("varies")), rows.height),
        lead_mean=_floats(rows, "lead_time_days"),
        lead_sd=_floats(rows, "lead_time_sd"),
        keys=keys,
        review=calendar.periods(_floats(rows, "review_days")),
        shortage=_floats(rows, "shortage_cost", 0.0),
        holding=_floats(rows, "holding_cost", 0.0),
        level=_floats(rows, "service_level"),
        case=_floats(rows, "case_pack"),
        least=_floats(rows, "moq"),
        most=_floats(rows, "max_units", np.inf),
        whole=rows.get_column("whole_units").to_numpy(),
        rule=rows.get_column("rule").to_numpy().astype(np.str_),
        mean=mean,
        recent_mean=_floats(rows, "mean_demand", 0.0) * multiplier,
        recent_sd=_floats(rows, "sd_demand", 0.0) * multiplier,
        multiplier=multiplier,
        line=np.full(rows.height, order_line_cost) if order_line_cost else None,
        peak=peak if peak.any() else None,
        weight=weight if (weight != 1).any() else None,
        lead_times=times,
        lines=_varying(lines.filter("varies"), times, keys),
    )


def _varying(lines: pl.DataFrame, times: LeadTimes, keys: NDArray[np.uint64]) -> OpenLines | None:
    if lines.is_empty():
        return None
    row, units, waited = (lines.get_column(name).to_numpy() for name in ("row", "units", "waited"))
    return open_lines(row, units, waited, times, keys)


def _floats(rows: pl.DataFrame, column: str, unknown: float | None = None) -> NDArray[np.float64]:
    values = rows.get_column(column).cast(pl.Float64)
    return (values if unknown is None else values.fill_null(unknown)).to_numpy()
