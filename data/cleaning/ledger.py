"""The ledger of corrections: every change that cleaning made to a period of demand, why, and how to take it back."""

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.demand import FULLY_IN_STOCK, Demand

STOCKOUT = ("stockout_inferred",)
UNUSUAL = ("bulk_order", "give_away", "set_aside")
LOST = ("lost_demand",)

IN_ORDER = (STOCKOUT, UNUSUAL, LOST)
"""Kinds in the order in which they are applied; of each group a period has one correction at most."""

KINDS = tuple(kind for group in IN_ORDER for kind in group)

KEY = ["fc", "sku", "date"]

Rows = NDArray[np.int64]


class CleanedDemand(Demand):
    """Demand after corrections, with an estimate where it is not known."""

    demand_estimate = dy.Float64(
        nullable=True,
        min=0,
        description="demand where known; what was sold and lost where out of stock; null where nothing can be said",
    )


class Corrections(dy.Schema):
    """One correction a row. What is changed depends on the kind; `before` and `after` are units.

    `bulk_order`, `give_away`, `set_aside` (by a planner): units of the period, demand and lower bound alike, become `after`.
    `stockout_inferred`: the share in stock becomes `in_stock_after`, so demand is unknown and what was sold a lower bound.
    `lost_demand`: the estimate of unknown demand becomes `after`, what was sold plus what was lost; the period stays unknown.
    Any kind that states `in_stock_after` changes the share in stock too.
    """

    region = dy.String(description="region")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    date = dy.Date(primary_key=True, description="day, or first day of the week")
    kind = dy.String(primary_key=True, regex=f"^({'|'.join(KINDS)})$", description=f"one of {', '.join(KINDS)}")
    reason = dy.String(min_length=1, description="why, in words: what was seen, or what the planner wrote")
    before = dy.Float64(min=0, description="units sold before this correction")
    after = dy.Float64(min=0, description="units after it")
    in_stock_before = dy.Float64(nullable=True, min=0, max=1, description="share in stock before; null where it is not changed")
    in_stock_after = dy.Float64(nullable=True, min=0, max=1, description="share in stock after; null where it is not changed")
    low = dy.Float64(nullable=True, min=0, description="lost units that 90% of like periods exceed")
    high = dy.Float64(nullable=True, min=0, description="lost units that 10% of like periods exceed")
    state = dy.String(
        regex="^(proposed|confirmed|rejected)$", description="proposed and confirmed corrections are applied, rejected ones change nothing"
    )
    author = dy.String(nullable=True, description="the planner who confirmed or rejected it")

    @dy.rule()
    def shares_come_in_pairs(cls) -> pl.Expr:  # noqa: D102
        return pl.col("in_stock_before").is_null() == pl.col("in_stock_after").is_null()

    @dy.rule()
    def one_unusual_order_a_period(cls) -> pl.Expr:  # noqa: D102
        unusual = pl.col("kind").is_in(UNUSUAL)
        return (~unusual | ~pl.struct("fc", "sku", "date", unusual.alias("unusual")).is_duplicated()).fill_null(False)

    @dy.rule()
    def decided_by_a_planner_unless_proposed(cls) -> pl.Expr:  # noqa: D102
        return ((pl.col("state") == "proposed") == pl.col("author").is_null()).fill_null(False)


def with_estimate(grid: pl.DataFrame) -> pl.DataFrame:
    """Return `grid` with `demand_estimate`: what is known before anything is corrected."""
    return grid.with_columns(demand_estimate="demand")


def apply_corrections(grid: pl.DataFrame, corrections: pl.DataFrame, *, rows: Rows | None = None) -> pl.DataFrame:
    """Return `grid` with the corrections that are not rejected; columns other than those of `CleanedDemand` stay as they are.

    Parameters
    ----------
    grid
        Contract `CleanedDemand`, where a period is known exactly if it was fully in stock, as `build_demand` makes it.
    corrections
        Contract `Corrections`; rows without a period in `grid` change nothing.
    rows
        Row of `grid` that each correction speaks of, where the caller knows; otherwise it is looked up.
    """
    return _written(grid, corrections, rows, undo=False)


def undo(grid: pl.DataFrame, corrections: pl.DataFrame, *, rows: Rows | None = None) -> pl.DataFrame:
    """Return `grid` as it was before `apply_corrections` with the same corrections, to the last bit."""
    return _written(grid, corrections, rows, undo=True)


def places(grid: pl.DataFrame, wanted: pl.DataFrame) -> Rows:
    """Return the row of `grid` for each row of `wanted` by fc, sku and date; -1 where there is none."""
    # Dates are quick to compare, and decisions are about few of them.
    there = grid.select(KEY).with_row_index("row").filter(pl.col("date").is_in(wanted["date"].unique().implode()))
    found = wanted.select(KEY).join(there, on=KEY, how="left", maintain_order="left")
    return found["row"].cast(pl.Int64).fill_null(-1).to_numpy()


def _written(grid: pl.DataFrame, corrections: pl.DataFrame, rows: Rows | None, *, undo: bool) -> pl.DataFrame:
    at = places(grid, corrections) if rows is None else rows
    active = (corrections["state"] != "rejected").to_numpy() & (at >= 0)
    names = ("demand", "demand_at_least", "in_stock_share", "demand_estimate")
    demand, units, share, estimate = (grid[name].to_numpy(writable=True) for name in names)
    side = "before" if undo else "after"
    for group in reversed(IN_ORDER) if undo else IN_ORDER:
        chosen = np.flatnonzero(active & corrections["kind"].is_in(group).to_numpy())
        if not len(chosen):
            continue
        part, here = corrections[chosen], at[chosen]
        value = part[side].to_numpy()
        in_stock = part[f"in_stock_{side}"].to_numpy()
        share[here] = np.where(np.isnan(in_stock), share[here], in_stock)
        if group == UNUSUAL:
            units[here] = value
        demand[here] = np.where(share[here] >= FULLY_IN_STOCK, units[here], np.nan)
        estimate[here] = value if group == LOST and not undo else demand[here]
    columns = (demand, units, share, estimate)
    return grid.with_columns(pl.Series(name, column, nan_to_null=True) for name, column in zip(names, columns, strict=True))
