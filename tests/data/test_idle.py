"""Idle series: periods in stock since the last sale, against a plain loop."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from data.demand import Demand
from data.idle import idle_series

FIRST = date(2024, 3, 1)


def demand(*series):
    """Series of (units, share in stock) from FIRST on; fc f, skus 0, 1, …"""
    rows = [
        {"fc": "f", "sku": str(sku), "date": FIRST + timedelta(days=day), "demand": units if share >= 1 else None,
         "demand_at_least": float(units), "in_stock_share": float(share)}
        for sku, days in enumerate(series) for day, (units, share) in enumerate(days)
    ]  # fmt: skip
    return Demand.validate(pl.DataFrame(rows, schema=Demand.create_empty().schema), cast=True)


def test_by_hand():
    got = idle_series(
        demand(
            [(3, 1), (0, 1), (0, 0), (0, 1), (0, 0.4)],
            [(0, 1), (0, 1)],
            [(0, 1), (2, 0.3)],
            [(0, 0)],
        )
    )
    assert got.select("sku", "last_sold", "idle_periods").rows() == [
        ("0", FIRST, 2),
        ("1", None, 2),
        ("2", FIRST + timedelta(days=1), 0),
        ("3", None, 0),
    ]


def test_against_a_plain_loop():
    rng = np.random.default_rng(3)
    series = [
        [(int(units), share) for units, share in zip(rng.poisson(0.2, days), rng.choice([0.0, 0.5, 0.7, 1.0], days), strict=True)]
        for days in rng.integers(1, 40, 30)
    ]
    expected = {}
    for sku, days in enumerate(series):
        last, idle = None, 0
        for day, (units, share) in enumerate(days):
            idle = 0 if units > 0 else idle + (share >= 0.5)
            last = FIRST + timedelta(days=day) if units > 0 else last
        expected[str(sku)] = (last, idle)
    got = idle_series(demand(*series))
    assert {row["sku"]: (row["last_sold"], row["idle_periods"]) for row in got.to_dicts()} == expected


def test_nothing_is_idle_where_there_is_nothing():
    assert idle_series(Demand.create_empty()).is_empty()
