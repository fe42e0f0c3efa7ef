"""Lead times: what receipts say of each lane, and how they vary from one sample path to the next."""

from datetime import date
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import gamma

LEAST_LINES = 5
"""Received order lines below which a lane's own history is too thin to speak for it."""

LANES = (["sku", "fc"], ["supplier", "fc"], ["supplier"])
"""From the narrowest lane to the widest; the first with enough lines counts."""


def learned_lead_times(terms: pl.DataFrame, receipts: pl.DataFrame | None, as_of: date) -> pl.DataFrame:
    """Return `terms` with lead_time_days and lead_time_sd (days) replaced where receipts know a lane, in the order given.

    Lead time of a line = received_date − ordered_date, from lines received up to `as_of`. The spread is the sample
    standard deviation. `lead_time_lines` counts the lines looked at, null where the agreed terms hold.
    """
    if receipts is None or receipts.is_empty():
        return terms.with_columns(pl.lit(None, dtype=pl.Int64).alias("lead_time_lines"))
    days = (pl.col("received_date") - pl.col("ordered_date")).dt.total_days()
    lines = (
        receipts.filter(pl.col("received_date") <= as_of)
        .select("sku", "fc", "supplier", days.alias("days"))
        .join(terms.select("sku", "fc", pl.col("supplier").alias("usual_supplier")), on=["sku", "fc"], how="left")
        .with_columns(pl.coalesce("supplier", "usual_supplier").alias("supplier"))
    )
    joined = terms.with_row_index("row")
    for number, lane in enumerate(LANES):
        n, total, squares = pl.len().cast(pl.Int64), pl.col("days").sum(), (pl.col("days") ** 2).sum()
        # Whole days: integer sums are exact in any order of rows.
        variance = (n * squares - total**2) / (n * (n - 1))
        known = (
            lines.drop_nulls(lane)
            .group_by(lane)
            .agg(n.alias(f"n{number}"), (total / n).alias(f"mean{number}"), variance.sqrt().alias(f"sd{number}"))
            .filter(pl.col(f"n{number}") >= LEAST_LINES)
        )
        joined = joined.join(known, on=lane, how="left")
    numbers = range(len(LANES))
    return (
        joined.sort("row")
        .with_columns(
            pl.coalesce(*(f"mean{i}" for i in numbers), "lead_time_days").alias("lead_time_days"),
            pl.coalesce(*(f"sd{i}" for i in numbers), "lead_time_sd").alias("lead_time_sd"),
            pl.coalesce(*(f"n{i}" for i in numbers)).alias("lead_time_lines"),
        )
        .select(*terms.columns, "lead_time_lines")
    )


def lead_time_shares(mean: float, sd: float) -> NDArray[np.float64]:
    """Return the share of lead times of at most 0, 1, 2, … days: a gamma of this mean and spread, rounded to whole days."""
    shape, scale = (mean / sd) ** 2, sd**2 / mean
    longest = int(np.ceil(gamma.ppf(0.9999, shape, scale=scale)))
    return np.asarray(gamma.cdf(np.arange(longest + 1) + 0.5, shape, scale=scale), dtype=np.float64)


def sample_lead_times(mean: NDArray[np.float64], sd: NDArray[np.float64], keys: NDArray[np.uint64], paths: int) -> NDArray[np.int64]:
    """Return lead times in whole days, shape (rows, paths); certain ones (sd 0) rounded up, the others drawn.

    Every row's draws are stratified, one from each of `paths` equal shares of the distribution, in an order that its key
    alone decides: neither the other rows nor their order can change them.
    """
    days = np.repeat(np.ceil(mean - 1e-9).astype(np.int64)[:, None], paths, axis=1)
    varying = np.flatnonzero((sd > 0) & (mean > 0))
    shares = (np.arange(paths) + 0.5) / paths
    for start in range(0, len(varying), 1024):
        rows = varying[start : start + 1024]
        ranks = _mixed(keys[rows, None] + np.arange(1, paths + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)).argsort(axis=1)
        pairs, which = np.unique(np.column_stack([mean[rows], sd[rows]]), axis=0, return_inverse=True)
        for pair, (m, s) in enumerate(pairs):
            own = np.flatnonzero(which.reshape(-1) == pair)
            quantiles = np.searchsorted(lead_time_shares(float(m), float(s)), shares)
            days[rows[own]] = quantiles[ranks[own]]
    return days


def series_keys(seed: int, skus: list[str], fcs: list[str]) -> NDArray[np.uint64]:
    """Return a 64-bit key per series from (seed, sku, fc), the same on every machine and in every order of rows."""
    names = (f"{seed}\x1f{sku}\x1f{fc}".encode() for sku, fc in zip(skus, fcs, strict=True))
    return np.array([int.from_bytes(blake2b(name, digest_size=8).digest(), "little") for name in names], dtype=np.uint64)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the splitmix64 finaliser of each number (Steele, Lea and Flood 2014): a counter becomes noise."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
