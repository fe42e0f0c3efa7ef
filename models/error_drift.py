"""Forecast error of the last complete window, and whether it and the bias lie beyond their own past."""

import math
from collections.abc import Sequence

import polars as pl

from data.messages import PlanMessage
from data.robust_limits import limits

WINDOW = {"day": 7, "week": 4}
"""Periods of the window: whole weeks of days, so that it holds no weekday."""

LEAST_PAST = 8
"""Fewest earlier nights from which anything is told."""

LEAST_PERIODS = 50
"""Fewest series × periods in stock on which a window is judged."""

WORSE_ERROR = math.log(1.3)
"""Least rise of the error that counts, in logarithms."""

MORE_BIAS = 0.1
"""Least change of the bias that counts, as a share of demand."""


def realised(forecasts: pl.DataFrame, demand: pl.DataFrame) -> pl.DataFrame:
    """Return what forecasts came to: columns region, periods, wape, bias (positive where too high), shares of demand, by region.

    Parameters
    ----------
    forecasts
        Published before the window; those of other dates than demand's are left out.
    demand
        Columns fc, sku, date, demand: units, null where out of stock in part.
    """
    both = forecasts.join(demand.filter(pl.col("demand").is_not_null()), on=["fc", "sku", "date"], suffix="_seen")
    error = pl.col("mean") - pl.col("demand")

    def total(quantity: pl.Expr) -> pl.Expr:
        # Whole thousandths: the same whatever the order of rows.
        return (quantity * 1_000).round().cast(pl.Int64).sum()

    judged = both.group_by("region").agg(
        pl.len().cast(pl.Int64).alias("periods"),
        total(pl.col("demand")).alias("units"),
        (total(error.abs()) / total(pl.col("demand"))).alias("wape"),
        (total(error) / total(pl.col("demand"))).alias("bias"),
    )
    enough = (pl.col("periods") >= LEAST_PERIODS) & (pl.col("units") > 0)
    return judged.filter(enough).sort("region").select("region", "periods", "wape", "bias")


def error_messages(region: str, now: tuple[float, float], past: Sequence[tuple[float, float]], window: str) -> list[PlanMessage]:
    """Return a message where a region's error rose, or its bias moved, beyond what its past makes likely.

    Parameters
    ----------
    region
        The region.
    now, past
        WAPE and bias of the last complete window, and of those that earlier nights told.
    window
        The window in words.
    """
    if len(past) < LEAST_PAST:
        return []
    wape, bias = now
    said = []
    errors = [math.log(error) for error, _ in past if error > 0]
    if errors and wape > 0:
        likely = limits(errors, floor=WORSE_ERROR)
        if math.log(wape) > likely.high:
            said.append(
                _message(region, f"the error (WAPE) is {wape:.3f}", math.exp(likely.usual), f"up to {math.exp(likely.high):.3f}", window)
            )
    likely = limits([bias for _, bias in past], floor=MORE_BIAS)
    if not likely.hold(bias):
        ends = f"from {likely.low:+.3f} to {likely.high:+.3f}"
        said.append(_message(region, f"the bias is {bias:+.3f} of demand", likely.usual, ends, window))
    return said


def _message(region: str, found: str, usual: float, likely: str, window: str) -> PlanMessage:
    return PlanMessage(
        code="error_drift",
        table="sales",
        region=region,
        message=f"of the forecasts for {window} in region {region} {found}, usually {usual:.3f} (likely {likely}, by the nights before)",
        fix="look for what the forecasts could not know: a promotion or event that is not in plan or events, availability that was not "
        "delivered, a change of level; `fillrate train CONFIG` trains the models now",
    )
