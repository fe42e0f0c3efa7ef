"""The terms that tonight's orders were decided on: packs, costs, dates, and the stock that they met."""

from typing import Any

import dataframely as dy
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from models.recommending.basis import Basis

UNITS = 3
"""Decimals of published units."""


class OrderTerms(dy.Schema):
    """What each row of recommendations was decided on. Periods are counted from the order date, which is period 0."""

    run_id = dy.String(description="run that published the row")
    region = dy.String(description="group of fcs that share a forecaster")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    unit_cost = dy.Float64(nullable=True, min=0, description="money per unit bought")
    case_pack = dy.Float64(min_exclusive=0, description="units per case")
    moq = dy.Float64(min=0, description="least units per order line")
    max_units = dy.Float64(nullable=True, min=0, description="most units per order line; null without a limit")
    lead_periods = dy.Int64(min=0, description="periods from the order to its first one on sale, as the dates of the row are told")
    review_periods = dy.Int64(min=1, description="periods to the next chance to order: the length of the order's own window")
    holding_cost = dy.Float64(nullable=True, min=0, description="money per unit left at the end of a period; null when unknown")
    shortage_cost = dy.Float64(nullable=True, min=0, description="money per unit of unmet demand; null when unknown")
    service_level = dy.Float64(min_exclusive=0, max_exclusive=1, description="target service")
    whole_units = dy.Bool(description="whether the item is sold by the piece")
    opening_stock = dy.Float64(
        nullable=True, description="stock before period 0, becoming sellable included, less units owed; null when stock is unknown"
    )
    arrival_periods = dy.List(dy.Int64(), description="periods in which open order lines are expected, in order")
    arrival_units = dy.List(dy.Float64(), description="units of each of them")


def order_terms(basis: Basis, run_id: str) -> dy.DataFrame[OrderTerms]:
    """Return the terms of every row of a decision, sorted by fc and sku."""
    rows, inbound = basis.rows, basis.inbound.tocsr()
    known = pl.col("on_hand").is_not_null()
    inbound.sort_indices()
    lines = np.diff(inbound.indptr)
    frame = rows.select(
        pl.lit(run_id).alias("run_id"),
        *("region", "fc", "sku", "unit_cost", "case_pack", "moq", "max_units"),
        pl.col("lead").alias("lead_periods"),
        pl.col("review").alias("review_periods"),
        *("holding_cost", "shortage_cost", "service_level", "whole_units"),
        pl.when(known).then(pl.Series(basis.series.start).round(UNITS)).alias("opening_stock"),
        _listed("arrival_periods", inbound.indices.astype(np.int64), lines),
        _listed("arrival_units", inbound.data.astype(np.float64).round(UNITS), lines),
    )
    return OrderTerms.validate(frame.sort("fc", "sku"), cast=True)


def _listed(name: str, values: NDArray[np.generic], counts: NDArray[np.integer[Any]]) -> pl.Series:
    """Return the values as one list per row, the first `counts[0]` of them in the first, and so on."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int64())
    return pl.Series(name, pa.LargeListArray.from_arrays(offsets, pa.array(values)))
