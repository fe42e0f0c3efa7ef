"""Champion and challenger: whether newly trained models are worse than those in use, beyond noise, on days that neither has seen."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.evaluation.noise import band, drawn_weights
from models.evaluation.tallies import BUCKETS

WORSE_ERROR = 0.01
"""Share of the champion's error by which a challenger must be worse at the least: less is not worth staying behind for."""

WORSE_BIAS = 0.05
"""Share of demand by which its bias must be further from 0. Absolute errors alone would take a challenger that forecasts too little of
items that sell nothing on most days."""

LEAST_SERIES = 10
"""Fewest series from which noise can be told."""


@dataclass(frozen=True)
class Verdict:
    """What both came to on the same rows, as shares of demand, bias positive where too high; what the challenger is worse in, if anything.

    noise: band of the difference, challenger − champion, of the error, or of the distance of the bias from 0 where `worse` is that.
    """

    challenger_wape: float
    champion_wape: float
    challenger_bias: float
    champion_bias: float
    worse: str | None
    noise: tuple[float, float]


def judged(rows: pl.DataFrame, seed: int) -> Verdict | None:
    """Return the verdict on forecasts of the same held-back periods; None where there is too little to tell.

    Noise is a paired block bootstrap over windows and groups of series (`models.evaluation.noise`): errors of one window share its
    weather, those of a series its habits. Worse is what lies beyond the 95% band, and beyond WORSE_ERROR or WORSE_BIAS.

    Parameters
    ----------
    rows
        Columns region, series, window, target, challenger, champion, units; rows without all three of the last are left out.
    seed
        Of the draws.
    """
    told = rows.filter(pl.all_horizontal(pl.col(name).is_not_null() & pl.col(name).is_finite() for name in ("target", *_BOTH)))
    keys = told.select("region", "series").unique().sort("region", "series").with_row_index("number")
    if keys.height < LEAST_SERIES or told["target"].sum() <= 0:
        return None
    number = told.join(keys, on=["region", "series"], how="left", maintain_order="left")["number"].to_numpy().astype(np.int64)
    window = told["window"].rank("dense").to_numpy().astype(np.int64) - 1
    windows = int(window.max()) + 1
    block = window * BUCKETS + number % BUCKETS
    target = told["target"].cast(pl.Float64).to_numpy()
    errors = [told[name].cast(pl.Float64).to_numpy() - target for name in _BOTH]
    cells = [target, *(np.abs(error) for error in errors), *errors]
    sums = np.stack([np.bincount(block, values, minlength=windows * BUCKETS) for values in cells], axis=1)
    total = sums.sum(axis=0)
    challenger, champion, challenger_bias, champion_bias = (total[1:] / total[0]).tolist()

    drawn = drawn_weights(windows, seed) @ sums
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = drawn[:, 1:] / drawn[:, :1]
    shares[~np.isfinite(shares)] = np.nan
    low, high = band(np.stack([shares[:, 0] - shares[:, 1], np.abs(shares[:, 2]) - np.abs(shares[:, 3])], axis=1))
    worse, place = None, 0
    # A comparison with nan, where noise cannot be told, is never true.
    if low[0] > 0 and challenger - champion > WORSE_ERROR * champion:
        worse = "error"
    elif low[1] > 0 and abs(challenger_bias) - abs(champion_bias) > WORSE_BIAS:
        worse, place = "bias", 1
    return Verdict(challenger, champion, challenger_bias, champion_bias, worse, (float(low[place]), float(high[place])))


_BOTH = ("challenger", "champion")
