"""Empirical quantiles of demand over an interval, from past totals of the same length: the base-stock rule's without a forecast."""

from collections.abc import Sequence

import numpy as np

from models.yardsticks.history import Floats, History

REACH = {"day": 182, "week": 52}
"""Periods back from the origin within which a total must lie."""

LEAST_TOTALS = 8
"""Totals below which a series has no quantile."""


def empirical_interval(history: History, periods: int, levels: Sequence[float] | Floats) -> Floats:
    """Return quantiles of demand over `periods` periods, shape (series, levels), units; nan where fewer than 8 totals are known.

    A total is that of consecutive periods within the last 182 days or 52 weeks, all of them known; totals may overlap. A quantile is
    the smallest total that at least that share of them does not exceed, as in `models.path_quantiles`: the order-up-to level of a
    base-stock rule on the empirical distribution (Levi, Roundy and Shmoys 2007).

    Parameters
    ----------
    history
        At the origin.
    periods
        Length of the interval, such as the protection interval.
    levels
        Nominal levels, between 0 and 1.

    Raises
    ------
    ValueError
        If the interval is not at least one period long.
    """
    if periods < 1:
        raise ValueError(f"an interval has at least one period, not {periods}")
    recent = history.demand[:, -REACH[history.frequency] :]
    count = recent.shape[1] - periods + 1
    asked = np.asarray(levels, dtype=float)
    if count < LEAST_TOTALS:
        return np.full((len(recent), len(asked)), np.nan)
    # An unknown period makes its total unknown.
    totals = np.zeros((len(recent), count))
    for begin in range(periods):
        totals += recent[:, begin : begin + count]
    # Unknown totals come last.
    totals.sort(axis=1)
    known = np.isfinite(totals).sum(axis=1)[:, None]
    # The small margin keeps 0.25 × 8 at the second value.
    ranks = np.clip(np.ceil(asked * known - 1e-9).astype(np.int64) - 1, 0, np.maximum(known - 1, 0))
    quantiles: Floats = np.where(known >= LEAST_TOTALS, np.take_along_axis(totals, ranks, axis=1), np.nan)
    return quantiles
