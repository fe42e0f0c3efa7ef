"""Adds up rows of one key inside a delivery, for the tables in which several rows of a day are usual."""

import numpy as np
import polars as pl

KEYS = ("date", "sku", "fc")
SUMMED = ("sales", "returns")
"""Tables whose rows of one sku × fc × day are added up; elsewhere they are a mistake."""


def sum_rows(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return one row per sku × fc × day, and the number of rows that shared a key with another.

    Units are summed; a price is the mean weighted by units (plain where no units carry a price); the source is the first row's.
    Sums run in the order of the rows, so the same input gives the same bits. Rows keep the order of their first appearance.
    """
    # A hash per row is a third of the cost of comparing three keys; rows it confuses are told apart below.
    shared = frame.select(KEYS).hash_rows(seed=0).is_duplicated()
    if not shared.any():
        return frame, 0
    rows = frame.with_row_index("order").filter(shared).sort(*KEYS, "order")
    starts = np.flatnonzero(
        rows.select(pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in KEYS)).to_series().to_numpy()
    )
    summed = rows[starts]
    sums: dict[str, pl.Series] = {name: _sums(rows[name], starts) for name in ("units", "resellable_units") if name in rows.columns}
    if "price" in rows.columns:
        sums["price"] = _weighted_mean(rows["price"], rows["units"], starts)
    summed = summed.with_columns(values.alias(name) for name, values in sums.items())
    together = pl.concat([frame.with_row_index("order").filter(~shared), summed]).sort("order").drop("order")
    lone = int((np.diff(np.append(starts, rows.height)) == 1).sum())
    return together, rows.height - lone


def _sums(values: pl.Series, starts: np.ndarray[tuple[int], np.dtype[np.intp]]) -> pl.Series:
    """Sum of each group, null where all its values are."""
    total = np.add.reduceat(values.fill_null(0.0).to_numpy(), starts)
    known = np.add.reduceat(values.is_not_null().to_numpy().astype(np.int64), starts)
    return pl.Series(np.where(known > 0, total, np.nan)).fill_nan(None)


def _weighted_mean(price: pl.Series, units: pl.Series, starts: np.ndarray[tuple[int], np.dtype[np.intp]]) -> pl.Series:
    priced = price.is_not_null().to_numpy()
    weights = np.where(priced, units.to_numpy(), 0.0)
    prices = price.fill_null(0.0).to_numpy()
    weight, count = np.add.reduceat(weights, starts), np.add.reduceat(priced.astype(np.float64), starts)
    weighted, plain = np.add.reduceat(weights * prices, starts), np.add.reduceat(prices, starts)
    with np.errstate(divide="ignore", invalid="ignore"):
        return pl.Series(np.where(weight > 0, weighted / weight, plain / count)).fill_nan(None)
