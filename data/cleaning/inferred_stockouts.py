"""Stock-outs of series without availability data, told by stock snapshots or by runs of no sales too long to be chance."""

import numpy as np
import polars as pl
from scipy.special import betainc

from data.cleaning.level import shape, share_of_time, with_expected
from data.demand import Frequency
from data.windows import carried, fixed, lag, running

CHANCE = 1e-4
"""A run of no sales is taken for a stock-out when it is less probable than this for an item in stock."""

LONGEST = {"day": 28, "week": 4}
"""Periods beyond which a run of no sales says nothing: the item may be out of season or no longer on offer."""

SUREST = 20.0
"""Most that is trusted in a level, as the shape of a gamma distribution: levels shift by a fifth between weeks."""

LEAST_SPREAD = 1.1
"""Shape above which the mean time of a sell-out exists."""

LAST_DAY = {"day": 0, "week": 6}
"""Days from a period's date to the day whose close ends it."""


def inferred_stockouts(grid: pl.DataFrame, stock: pl.DataFrame, *, frequency: Frequency) -> pl.DataFrame:
    """Return in_stock_share (Float64), inferred (Boolean) and basis ("snapshot", "zero_run" or null), a row per row of `grid` in its order.

    Only for series without any row of availability. Where nothing is inferred the share is that of `grid`.

    snapshot
        A period is out throughout (share 0) where the newest snapshot before it and the next one at or after its close show nothing on
        hand and nothing was sold between the two; without any earlier snapshot the series' first zero counts for its own period only.
        A period that sold, and at whose close nothing was left, is taken to have sold out at the mean time at which as many units sell out
        (gamma–Poisson arrivals, stopped within the period). Stock that came in during a period is taken to have come before opening.
    zero_run
        A run of periods without sales, not in stock by any snapshot, whose probability for an item in stock is below `CHANCE`. The rate of
        each period is gamma distributed about the level before the run times the indices of the period, the level itself about the true
        one, so that n periods with m units expected sell nothing with probability (1 + m ÷ A) ** −A, 1 ÷ A = 1 ÷ (n · spread) + 1 ÷ sure.
        Every period of the run is out (share 0). A run of more than `LONGEST` periods is not inferred: it may be a delisting.

    A run is only recognised once it is long enough, so what is inferred for its first periods depends on later ones, none after the end
    of `grid`. As of the night that `grid` ends with, that is what is known. Features and training targets of an earlier origin made from
    the result know of a stock-out at that origin some periods before a run of that night could: their last periods are cleaner
    than those of tonight's forecast, which leaves a run that has just begun as zeros. A run that grows past `LONGEST` turns back to zeros.

    Parameters
    ----------
    grid
        Contract `Demand` of one region's series, sorted by fc, sku, date; optional columns promo and category (see `lost_demand`).
    stock
        Contract `Stock`: snapshots at the close of a day; may be empty. Weekly, those of the week's last day are used.
    frequency
        What a period is.
    """
    snapshots = stock.select("fc", "sku", pl.col("date") - pl.duration(days=LAST_DAY[frequency]), on_hand="on_hand")
    snapshots = snapshots.with_columns(pl.col("date").cast(pl.Date)).group_by("fc", "sku", "date").agg(pl.col("on_hand").max())
    closing = grid.select("fc", "sku", "date").join(snapshots, on=["fc", "sku", "date"], how="left", maintain_order="left")["on_hand"]
    rows = with_expected(grid, frequency).with_columns(closing=closing, sold=grid["demand_at_least"])
    rows = rows.with_columns(**_by_snapshot(rows, frequency))
    rows = rows.with_columns(by_run=_by_zero_run(rows, frequency))
    out = pl.col("by_run") | pl.col("empty")
    return rows.with_columns(share=grid["in_stock_share"]).select(
        in_stock_share=pl.when(out).then(0.0).when("sold_out").then("sold_out_at").otherwise("share"),
        inferred=out | pl.col("sold_out"),
        basis=pl.when(pl.col("empty") | pl.col("sold_out")).then(pl.lit("snapshot")).when("by_run").then(pl.lit("zero_run")),
    )


def _by_snapshot(rows: pl.DataFrame, frequency: Frequency) -> dict[str, pl.Series]:
    """Return empty, sold_out, present (by a snapshot at either end) and sold_out_at (share of time), each per row."""
    known = pl.col("closing").is_not_null()
    rows = rows.with_columns(total=running(fixed(pl.col("sold"))), last=pl.col("pos").shift(-1).fill_null(0) == 0)
    at_close = pl.when(known).then("total")
    before = lag(carried(pl.col("closing")), 1), lag(carried(at_close), 1)
    series = (pl.col("pos") == 0).cum_sum()
    rows = rows.with_columns(series=series, total_known=at_close)
    after = pl.col("closing").backward_fill().over("series"), pl.col("total_known").backward_fill().over("series")
    nothing_sold = (before[1] == after[1]) | (before[1].is_null() & known & (pl.col("sold") == 0))
    empty = (before[0].fill_null(0) <= 0) & (after[0] <= 0) & nothing_sold
    opening = lag(pl.col("closing"), 1)
    found = rows.select(
        empty=empty.fill_null(False),
        sold_out=((pl.col("closing") <= 0) & (pl.col("sold") > 0)).fill_null(False),
        present=((pl.col("closing") > 0) | (opening > 0)).fill_null(False),
    )
    sold_out = rows.filter(found["sold_out"]).select("sold", "expected", shape().clip(lower_bound=LEAST_SPREAD).alias("shape"))
    seen = np.zeros(rows.height)
    seen[found["sold_out"].to_numpy()] = mean_time_sold_out(*(sold_out[name].to_numpy() for name in sold_out.columns))
    found = found.with_columns(sold_out_at=share_of_time(pl.lit(pl.Series("seen", seen)), frequency))
    return {name: found[name] for name in found.columns}


def mean_time_sold_out(sold: np.ndarray, expected: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return the mean share of a period's demand that had come when the last of `sold` units went, given that it came within the period.

    The time of the s-th arrival of a Poisson process with a gamma rate is (shape ÷ expected) times a beta prime variable with parameters
    (s, shape); its mean below 1 follows from the incomplete beta function (Johnson, Kotz and Balakrishnan 1995, section 25.7).
    All arrays are of one shape; units per period; `shape` above 1; 0 where nothing was sold.
    """
    some = np.maximum(sold, 1e-9)
    bound = expected / (shape + expected)
    within = np.maximum(betainc(some, shape, bound), 1e-300)
    mean = some / (shape - 1) * shape / expected * betainc(some + 1, shape - 1, bound) / within
    # far more sold than expected: both tails vanish, and the last unit went at the close
    return np.where(sold > 0, np.clip(np.where(within > 1e-250, mean, 1.0), 0.0, 1.0), 0.0)


def _by_zero_run(rows: pl.DataFrame, frequency: Frequency) -> pl.Series:
    """Return whether each period belongs to a run of no sales too improbable to be chance."""
    quiet = ((rows["sold"] == 0) & ~rows["present"]).to_numpy()
    pos, level, expected = (rows[name].to_numpy() for name in ("pos", "level", "expected"))
    if not quiet.any():
        return pl.Series("by_run", quiet)
    first = quiet & (np.r_[True, ~quiet[:-1]] | (pos == 0))
    begins, number = np.flatnonzero(first), np.cumsum(first)[quiet] - 1
    length = np.bincount(number)
    # The level as it was before the run; the run itself would pull it down.
    usual = level[begins] * np.bincount(number, weights=(expected / level)[quiet])
    sure = np.minimum(rows["sure"].to_numpy()[begins], SUREST)
    together = 1 / (1 / (length * rows["spread"].to_numpy()[begins]) + 1 / sure)
    unlikely = (1 + usual / together) ** -together < CHANCE
    flagged = np.zeros(len(quiet), dtype=bool)
    flagged[quiet] = (unlikely & (length <= LONGEST[frequency]))[number]
    return pl.Series("by_run", flagged)
