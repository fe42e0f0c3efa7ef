"""Demand lost to stock-outs: what would have been sold in the time an item was out, with an interval."""

import numpy as np
import polars as pl
from scipy.special import gammaincinv

from data.cleaning.level import shape, with_expected
from data.demand import FULLY_IN_STOCK, Frequency

TAIL = 0.1
"""Probability of lost demand below `lost_low`, and of lost demand above `lost_high`."""


def lost_demand(grid: pl.DataFrame, *, frequency: Frequency) -> pl.DataFrame:
    """Return lost, lost_low, lost_high and expected, Float64 units, a row per row of `grid` in its order.

    `lost` is the mean of the demand that came while the item was out, `lost_low` … `lost_high` its central 80% interval; all are 0 where
    the item was in stock throughout. `expected` is the demand expected of the whole period before its own sales are looked at.

    The rate of a period is gamma distributed with mean `expected`. Having sold s in the share `seen` of its demand, the rest is negative
    binomial with shape (shape + s) and mean (1 − seen)(shape + s) ÷ (shape ÷ expected + seen): the gamma–Poisson posterior (Gelman et al.
    2013, section 2.6). It holds whatever ended the sales, so days that sold out because they were fast are told by how much they sold.

    An estimate rests on periods up to its own: later ones never change it.

    Parameters
    ----------
    grid
        Contract `Demand` of the series of one region, sorted by fc, sku, date; optional columns promo (Float, 0 to 1, nullable) and
        category (String, nullable).
    frequency
        What a period is; weeks have no weekday, and a week's share in stock is taken as the share of its demand.
    """
    rows = with_expected(grid, frequency).select("seen", "expected", shape=shape())
    out = np.flatnonzero((grid["in_stock_share"] < FULLY_IN_STOCK).to_numpy())
    seen, expected, spread = (rows[name].to_numpy()[out] for name in ("seen", "expected", "shape"))
    sold = grid["demand_at_least"].to_numpy()[out]
    # Sales of a period that is said to have been out throughout came at some unknown time: part of what was expected, no evidence of more.
    never = seen == 0
    served = np.where(never, 0.0, sold)
    total = spread + served
    rest = (1 - seen) / (spread / expected + seen)
    mean, variance = total * rest, total * rest * (1 + rest)
    ratio = variance / mean
    found = {"lost": mean, "lost_low": ratio * gammaincinv(mean / ratio, TAIL), "lost_high": ratio * gammaincinv(mean / ratio, 1 - TAIL)}
    columns = {name: np.zeros(grid.height) for name in found}
    for name, values in found.items():
        columns[name][out] = np.where(never, np.maximum(values - sold, 0), values)
    return pl.DataFrame({**columns, "expected": rows["expected"]})
